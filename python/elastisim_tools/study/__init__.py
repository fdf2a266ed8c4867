"""elastisim-study: many runs of the simulator, described in one file, and what can be said of them.

`load_study` and `load_run` give what is known as pandas frames:

    from elastisim_tools.study import load_run, load_study
"""

from __future__ import annotations

from .frames import load_run, load_study

__all__ = ['load_run', 'load_study']
