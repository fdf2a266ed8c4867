"""The results of a small run on six nodes that fail, drain and are switched off, as a simulator writes them.

Job 0 loses n1 at 8 s, waits for it until 12 s and goes on from a checkpoint; job 1 shrinks off n3 at 10 s; n4 drains
under job 2; n5 is switched off, and on; job 3 loses n2 at 45 s and starts again in that instant with n4 in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NODES = [f'n{i}' for i in range(6)]

JOB_STATISTICS = """\
ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status,Name,Nodes At Start,Nodes Min,\
Nodes Max,Node Seconds,Reconfigurations,Completed Phases,Requeues,Lost Node Seconds,Lost Phases,Energy (J),Energy Cost,\
Emissions (g)
0,rigid,0,12,22,12,10,22,completed,,2,2,2,36,0,5,1,4,0,7308,0.0006,0.0609
1,malleable,0,0,16,0,16,16,completed,,2,1,2,26,1,5,0,2,0,5278,0.0004,0.0439
2,rigid,1,1,16,0,15,15,completed,,1,1,1,15,0,5,0,0,0,3045,0.0002,0.0253
3,rigid,40,45,58,5,13,18,completed,,4,4,4,72,0,5,1,8,2,14616,0.0012,0.1218
"""

EVENTS: list[dict[str, Any]] = [
    {'time': 0, 'kind': 'begin', 'version': '1', 'scheduler': 'builtin:fcfs', 'configuration': {}, 'nodes': NODES},
    *({'time': 0, 'kind': 'submit', 'job': job, 'type': kind, 'num_nodes_min': least, 'num_nodes_max': 2}
      for job, kind, least in ((0, 'rigid', 2), (1, 'malleable', 1))),
    {'time': 0, 'kind': 'start', 'job': 0, 'nodes': [0, 1], 'gpus_per_node': 0},
    {'time': 0, 'kind': 'phase', 'job': 0, 'phase': 0, 'iterations': 5},
    {'time': 0, 'kind': 'start', 'job': 1, 'nodes': [2, 3], 'gpus_per_node': 0},
    {'time': 1, 'kind': 'submit', 'job': 2, 'type': 'rigid', 'num_nodes_min': 1, 'num_nodes_max': 1},
    {'time': 1, 'kind': 'start', 'job': 2, 'nodes': [4], 'gpus_per_node': 0},
    {'time': 6, 'kind': 'checkpoint', 'job': 0, 'completed_phases': 2},
    {'time': 8, 'kind': 'requeue', 'job': 0, 'reason': 'node loss', 'completed_phases': 2},
    {'time': 10, 'kind': 'shrink', 'job': 1, 'nodes': [3]},
    {'time': 10, 'kind': 'reconfiguration_begin', 'job': 1, 'nodes': [2], 'gpus_per_node': 0},
    {'time': 10, 'kind': 'reconfiguration_end', 'job': 1},
    {'time': 12, 'kind': 'start', 'job': 0, 'nodes': [0, 1], 'gpus_per_node': 0},
    {'time': 13, 'kind': 'phase', 'job': 0, 'phase': 0, 'iterations': 5},
    {'time': 16, 'kind': 'complete', 'job': 2},
    {'time': 16, 'kind': 'complete', 'job': 1},
    {'time': 22, 'kind': 'complete', 'job': 0},
    {'time': 40, 'kind': 'submit', 'job': 3, 'type': 'rigid', 'num_nodes_min': 4, 'num_nodes_max': 4},
    {'time': 40, 'kind': 'start', 'job': 3, 'nodes': [0, 1, 2, 3], 'gpus_per_node': 0},
    {'time': 45, 'kind': 'requeue', 'job': 3, 'reason': 'node loss', 'completed_phases': 1},
    {'time': 45, 'kind': 'start', 'job': 3, 'nodes': [0, 1, 3, 4], 'gpus_per_node': 0},
    {'time': 58, 'kind': 'complete', 'job': 3},
    {'time': 58, 'kind': 'end', 'completed': 4, 'killed': 0, 'unfinished': 0},
]

# Time, nodes, state, and the job that runs there.
CHANGES = [
    (0, '012345', 'free', 'none'), (0, '01', 'allocated', '0'), (0, '23', 'allocated', '1'), (1, '4', 'allocated', '2'),
    (4, '5', 'stopping', 'none'), (5, '4', 'draining', '2'), (6, '5', 'off', 'none'), (8, '01', 'free', 'none'),
    (8, '1', 'down', 'none'), (10, '3', 'free', 'none'), (10, '3', 'down', 'none'), (12, '1', 'free', 'none'),
    (12, '01', 'allocated', '0'), (16, '4', 'draining', 'none'), (16, '2', 'free', 'none'),
    (20, '5', 'booting', 'none'),
    (22, '01', 'free', 'none'), (23, '5', 'free', 'none'), (25, '4', 'free', 'none'), (30, '3', 'free', 'none'),
    (40, '0123', 'allocated', '3'), (45, '0123', 'free', 'none'), (45, '2', 'down', 'none'),
    (45, '0134', 'allocated', '3'), (50, '2', 'free', 'none'), (58, '0134', 'free', 'none'),
]

ENERGY = """\
Time,Power (W),Base (W),CPUs (W),GPUs (W),Off (W),Booting (W),Stopping (W),Network (W),PFS (W),Jobs (W),Energy (J)
0,1002,570,432,0,0,0,0,0,0,812,0
4,1110,475,540,0,0,0,95,0,0,1015,4008
6,1025,475,540,0,10,0,0,0,0,1015,6228
58,570,570,0,0,0,0,0,0,0,0,45500
"""


ENERGY_SHARES = """\
Share,Name,Energy (J),Energy Cost,Emissions (g)
machine,,45500,0.0036,0.379
part,base,27200,0.002,0.2
part,cpus,18000,0.0015,0.17
part,gpus,0,0,0
part,off,140,0.00005,0.005
part,booting,0,0,0
part,stopping,160,0.00005,0.004
part,network,0,0,0
part,pfs,0,0,0
use,jobs,30247,0.0024,0.2519
use,unused,14953,0.0011,0.1181
node,n0,45500,0.0036,0.379
user,,3045,0.0002,0.0253
user,ada,27202,0.0022,0.2266
"""


def write_run(folder: Path, *, journal: bool = True, utilization: bool = True) -> Path:
    """The folder, with the files of the run in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'job_statistics.csv').write_text(JOB_STATISTICS)
    (folder / 'energy.csv').write_text(ENERGY)
    (folder / 'energy_shares.csv').write_text(ENERGY_SHARES)
    if journal:
        (folder / 'events.jsonl').write_text(''.join(json.dumps(event) + '\n' for event in EVENTS))
    if utilization:
        rows = [f'{time},n{node},{state},{job},none' for time, nodes, state, job in CHANGES for node in nodes]
        (folder / 'node_utilization.csv').write_text('\n'.join(
            ['Time,Node,State,Running jobs,Expected jobs', *rows]) + '\n')
    return folder


def live_events() -> list[tuple[str, dict[str, Any]]]:
    """Topic and object of what the live stream tells of the run."""
    events = [(('run.' if 'job' not in event else 'job.') + event['kind'], event) for event in EVENTS]
    events += [('node.changed', {'time': time, 'kind': 'changed', 'node': int(node), 'state': state,
                                 'running': [] if job == 'none' else [int(job)], 'expected': []})
               for time, nodes, state, job in CHANGES for node in nodes]
    return sorted(events, key=lambda event: float(event[1]['time']))
