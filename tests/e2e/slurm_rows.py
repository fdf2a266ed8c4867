"""A log as sacct -P writes it, made by hand: 200 rows with every oddity that such logs have.

usage: python3 slurm_rows.py [SEED]
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from datetime import datetime, timedelta

COLUMNS = ('JobID', 'JobName', 'User', 'Group', 'Account', 'Partition', 'QOS', 'State', 'Submit', 'Eligible', 'Start',
           'End', 'ElapsedRaw', 'TimelimitRaw', 'AllocTRES', 'NNodes', 'NodeList', 'Dependency', 'SubmitLine')

ROWS = 200
FIRST = datetime(2024, 3, 1, 8, 0, 0)


class Log:
    """Rows, and what a reader is to make of them: how many jobs, and how often each rule applies."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows: list[list[str]] = []
        self.rules: Counter[str] = Counter()
        self.jobs: dict[str, dict[str, object]] = {}
        self.time = FIRST
        self.number = 100
        kinds = [getattr(self, name) for name in dir(self) if name.startswith('add_')]
        at = 0
        while len(self.rows) < ROWS - 6:
            kinds[at % len(kinds)]()
            at += 1
        while len(self.rows) < ROWS:
            self.add_plain()

    @property
    def text(self) -> str:
        return '\n'.join('|'.join(row) for row in [list(COLUMNS), *self.rows]) + '\n'

    def job(self, *rules: str, kept: bool = True, expected: dict[str, object] | None = None, **fields: str) -> str:
        """Adds a row of plain values but for the fields given; returns its ID."""
        self.number += 1
        self.time += timedelta(seconds=self.random.randint(1, 900))
        nodes, wait, run = self.random.randint(1, 8), self.random.randint(0, 3600), self.random.randint(1, 7200)
        start = self.time + timedelta(seconds=wait)
        values = {
            'JobID': str(self.number), 'JobName': 'solver', 'User': self.random.choice(['anna', 'ben', 'chloe']),
            'Group': 'physics', 'Account': 'p1', 'Partition': 'batch', 'QOS': 'normal', 'State': 'COMPLETED',
            'Submit': self.time.isoformat(), 'Eligible': self.time.isoformat(), 'Start': start.isoformat(),
            'End': (start + timedelta(seconds=run)).isoformat(), 'ElapsedRaw': str(run), 'TimelimitRaw': '240',
            'AllocTRES': f'billing={nodes * 4},cpu={nodes * 4},mem={nodes}G,node={nodes}', 'NNodes': str(nodes),
            'NodeList': f'cn[001-{nodes:03d}]' if nodes > 1 else 'cn001', 'Dependency': '',
            'SubmitLine': 'sbatch run.sh',
        }
        values.update(fields)
        self.rows.append([values[name] for name in COLUMNS])
        self.rules.update(rules)
        if kept:
            name = f"{values['JobID']}@{len(self.rows) + 1}" if 'requeued' in rules else values['JobID']
            submit = datetime.fromisoformat(values['Submit'])
            self.jobs[name] = {'runtime': run, 'num_nodes': nodes, 'submit': (submit - FIRST).total_seconds(),
                               **(expected or {})}
        return values['JobID']

    def step(self, job: str, name: str, **fields: str) -> None:
        row = dict(zip(COLUMNS, self.rows[-1]))
        row.update({'JobID': f'{job}.{name}', 'JobName': name, 'User': '', 'Partition': '', 'TimelimitRaw': '',
                    **fields})
        self.rows.append([row[column] for column in COLUMNS])
        self.rules['step'] += 1

    def add_plain(self) -> None:
        self.job()

    def add_steps(self) -> None:
        job = self.job()
        for name in ('batch', 'extern', '0'):
            self.step(job, name)

    def add_array(self) -> None:
        array = str(self.number + 1)
        for task in (1, 2):
            self.job(JobID=f'{array}_{task}')
        self.job('pending_array', kept=False, JobID=f'{array}_[3-9%2]', State='PENDING', Start='Unknown', End='Unknown',
                 NodeList='None assigned', AllocTRES='')
        second = f'{array}_2'
        self.job(Dependency=f'afterok:{array}_*(fulfilled)', JobID=str(self.number + 1),
                 expected={'dependencies': [{'after_ok': f'{array}_1'}, {'after_ok': second}]})

    def add_requeue(self) -> None:
        job = self.job(State='REQUEUED')
        self.job('requeued', JobID=job, expected={'dependencies': [{'after_any': job}]})

    def add_unlimited(self) -> None:
        self.job('unlimited', 'no_requested_time', TimelimitRaw='UNLIMITED', expected={'walltime': None})

    def add_partition_limit(self) -> None:
        self.job('partition_limit', 'no_requested_time', TimelimitRaw='Partition_Limit', expected={'walltime': None})

    def add_gpus(self) -> None:
        self.job(AllocTRES='billing=8,cpu=8,gres/gpu:a100=4,gres/gpu=4,mem=2G,node=2', NNodes='2',
                 expected={'num_nodes': 2, 'num_gpus_per_node': 2})
        self.job('uneven_gpus', AllocTRES='cpu=8,gres/gpu:v100=3,node=2', NNodes='2',
                 expected={'num_nodes': 2, 'num_gpus_per_node': 2})

    def add_node_list(self) -> None:
        self.job(AllocTRES='', NNodes='', NodeList='cn[001-003,007],gpu1', expected={'num_nodes': 5})

    def add_no_nodes(self) -> None:
        self.job('no_nodes', kept=False, AllocTRES='', NNodes='', NodeList='')

    def add_cancelled(self) -> None:
        self.job(State='CANCELLED by 1001')
        self.job('cancelled_before_start', kept=False, State='CANCELLED by 1001', Start='None',
                 NodeList='None assigned', ElapsedRaw='0', AllocTRES='')

    def add_states(self) -> None:
        for state in ('TIMEOUT', 'FAILED', 'NODE_FAIL', 'OUT_OF_MEMORY', 'PREEMPTED'):
            self.job(State=state)

    def add_unfinished(self) -> None:
        self.job('unfinished', kept=False, State='RUNNING', End='Unknown')
        self.job('pending', kept=False, State='PENDING', Start='Unknown', End='Unknown', NodeList='None assigned')

    def add_overrun(self) -> None:
        self.job('overrun_killed', ElapsedRaw='14435', expected={'runtime': 14435, 'walltime': 14400})

    def add_late(self) -> None:
        eligible = self.time + timedelta(hours=1)
        self.job('eligible_later', Submit=self.time.isoformat(), Eligible=eligible.isoformat(),
                 Start=(eligible + timedelta(seconds=9)).isoformat(),
                 expected={'submit': (eligible - FIRST).total_seconds()})

    def add_bars(self) -> None:
        self.job('text_with_bar', JobName='a|b', SubmitLine='sbatch -J a|b run.sh')

    def add_no_end(self) -> None:
        end = (self.time + timedelta(hours=3)).isoformat()
        start = (self.time + timedelta(hours=2)).isoformat()
        job = self.job('end_from_steps', Start=start, End='Unknown', ElapsedRaw='', Submit=self.time.isoformat(),
                       Eligible=self.time.isoformat(), expected={'runtime': 3600})
        self.step(job, 'batch', End=end)

    def add_broken(self) -> None:
        self.job('bad_time', kept=False, Submit='yesterday')
        self.job('no_submit_time', kept=False, Submit='Unknown')
        self.job('ends_before_start', kept=False, ElapsedRaw='', End='2024-01-01T00:00:00')
        self.rows.append(['truncated', 'row'])
        self.rules['malformed'] += 1

    def add_dependencies(self) -> None:
        first = self.job()
        self.job(Dependency=f'after:{first}+5(unfulfilled),afternotok:{first}',
                 expected={'dependencies': [{'after': first, 'delay': 300}, {'after_not_ok': first}]})
        self.job(SubmitLine=f'sbatch --dependency=afterany:{first} run.sh', expected={
            'dependencies': [{'after_any': first}]})
        self.job('dependency_not_kept', Dependency='singleton', expected={'dependencies': None})
        self.job('predecessor_missing', Dependency='afterok:1', expected={'dependencies': None})

    def add_heterogeneous(self) -> None:
        number = self.number + 1
        for component in (0, 1):
            self.job('heterogeneous', JobID=f'{number}+{component}')


if __name__ == '__main__':
    sys.stdout.write(Log(int(sys.argv[1]) if len(sys.argv) > 1 else 1).text)
