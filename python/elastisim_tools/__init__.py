"""Commands around the simulator: statistics (elastisim-stats) and a report (elastisim-report) of finished runs, and
workloads (elastisim-workload)."""

__version__ = '1.0.0'
