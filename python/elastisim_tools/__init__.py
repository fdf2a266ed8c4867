"""Looks at finished runs of the simulator: statistics (elastisim-stats) and a report (elastisim-report)."""
