"""The results of a small run on three nodes in which jobs are suspended, as a simulator writes them.

Job 0 has two nodes for 20 s and is suspended from 4 s to 9 s and from 12 s to 14 s; job 1 has the third, is suspended
at 3 s, loses it at 5 s, starts again at 6 s, is suspended at 8 s and killed at 11 s.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

JOB_STATISTICS = """\
ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status,Name,Nodes At Start,Nodes Min,\
Nodes Max,Node Seconds,Reconfigurations,Completed Phases,Requeues,Lost Node Seconds,Lost Phases,Suspended
0,rigid,0,0,20,0,20,20,completed,,2,2,2,40,0,1,0,0,0,7
1,rigid,0,6,11,6,5,11,killed,,1,1,1,10,0,0,1,10,0,5
"""

EVENTS: list[dict[str, Any]] = [
    {'time': 0, 'kind': 'begin', 'version': '1', 'scheduler': 'plugin:p.so', 'configuration': {},
     'nodes': ['n0', 'n1', 'n2']},
    *({'time': 0, 'kind': 'submit', 'job': job, 'type': 'rigid', 'num_nodes_min': 2 - job, 'num_nodes_max': 2 - job}
      for job in (0, 1)),
    {'time': 0, 'kind': 'start', 'job': 0, 'nodes': [0, 1], 'gpus_per_node': 0},
    {'time': 0, 'kind': 'start', 'job': 1, 'nodes': [2], 'gpus_per_node': 0},
    {'time': 3, 'kind': 'suspend', 'job': 1},
    {'time': 4, 'kind': 'suspend', 'job': 0},
    {'time': 5, 'kind': 'requeue', 'job': 1, 'reason': 'node loss', 'completed_phases': 0},
    {'time': 6, 'kind': 'start', 'job': 1, 'nodes': [2], 'gpus_per_node': 0},
    {'time': 8, 'kind': 'suspend', 'job': 1},
    {'time': 9, 'kind': 'continue', 'job': 0},
    {'time': 10, 'kind': 'suspend', 'job': 0},
    {'time': 10, 'kind': 'continue', 'job': 0},
    {'time': 11, 'kind': 'kill', 'job': 1, 'reason': 'scheduler'},
    {'time': 12, 'kind': 'suspend', 'job': 0},
    {'time': 14, 'kind': 'continue', 'job': 0},
    {'time': 20, 'kind': 'complete', 'job': 0},
    {'time': 20, 'kind': 'end', 'completed': 1, 'killed': 1, 'unfinished': 0},
]


def write_suspended_run(folder: Path) -> Path:
    """The folder, with the files of the run in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'job_statistics.csv').write_text(JOB_STATISTICS)
    (folder / 'events.jsonl').write_text(''.join(json.dumps(event) + '\n' for event in EVENTS))
    return folder
