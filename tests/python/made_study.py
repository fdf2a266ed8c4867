"""A small study with results that are known, for the tests of what is made of results."""

from __future__ import annotations

import json
from pathlib import Path

STUDY = '''
configuration = "config.json"
folder = "out"
metrics = ["wait_mean", "span"]
baseline = {policy = "easy"}
[axes.policy]
set = "scheduler"
values = ["easy", "min & more"]
[axes.share]
set = "scheduling_interval"
values = [0.0, 0.5, 1.0]
[replications]
set = "job_kill_grace_period"
seeds = 3
'''


def wait_of(policy: str, share: float, seed: int) -> float:
    return 100 + 10 * seed - (20 if policy == 'easy' else 40 + seed) * share


def make_study() -> None:
    """A study in the working directory that has been carried out, as far as tables, figures and reports see."""
    Path('study.toml').write_text(STUDY)
    runs = []
    for policy in ('easy', 'min & more'):
        for share in ('0', '0.5', '1'):
            for seed in ('1', '2', '3'):
                key = f'{policy[0]}{share}{seed}'
                place = Path('out', 'runs', key)
                place.mkdir(parents=True)
                wait = wait_of(policy, float(share), int(seed))
                (place / 'job_statistics.csv').write_text(
                    'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
                    f'0,rigid,0,{wait},500,{wait},1,1,completed\n')
                (place / 'run.json').write_text(json.dumps({'status': 0, 'nodes': 4, 'version': '1', 'seconds': 1}))
                runs.append({'key': key, 'names': {'policy': policy, 'share': share, 'seed': seed},
                             'inputs': {'program': '', 'jobs': '', 'platform': ''}})
    axes = {'policy': ['easy', 'min & more'], 'share': ['0', '0.5', '1'], 'seed': ['1', '2', '3']}
    Path('out/plan.json').write_text(json.dumps({'axes': axes, 'runs': runs}))
