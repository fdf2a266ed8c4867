"""elastisim-workload import slurm: every row of sacct is accounted for; logs of a real Slurm are read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from logs import read, rules, simulate, workload
from slurm_rows import ROWS, Log
from slurm_site import Slurm, slurm_of

PLAIN = {'JobID': '7', 'JobName': 'x', 'User': 'anna', 'Group': 'physics', 'Account': 'p', 'Partition': 'batch',
         'QOS': 'q', 'State': 'COMPLETED', 'Submit': '2024-07-01T10:00:00', 'Eligible': '2024-07-01T10:00:00',
         'Start': '2024-07-01T10:00:05', 'End': '2024-07-01T10:01:05', 'ElapsedRaw': '60', 'TimelimitRaw': '2',
         'AllocTRES': 'cpu=4,node=2'}


def imported(tmp_path: Path, *rows: dict[str, str], options: tuple[Any, ...] = ()) -> tuple[list[dict[str, Any]],
                                                                                            dict[str, Any]]:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ['|'.join(columns), *('|'.join(row.get(column, '') for column in columns) for row in rows)]
    (tmp_path / 'log').write_text('\n'.join(lines) + '\n')
    workload('import', 'slurm', 'log', '-o', 'out', *options, cwd=tmp_path)
    return read(tmp_path / 'out')


# --- 200 rows with every oddity --------------------------------------------------------------------------------------


@pytest.mark.parametrize('seed', [1, 2, 3])
def test_every_oddity_of_a_log_is_accounted_for(seed: int, tmp_path: Path) -> None:
    log = Log(seed)
    assert len(log.rows) == ROWS
    (tmp_path / 'sacct.txt').write_text(log.text)
    workload('import', 'slurm', 'sacct.txt', '-o', 'out', cwd=tmp_path)
    jobs, report = read(tmp_path / 'out')
    found = rules(report)
    found.pop('out_of_order', None)
    assert found == dict(log.rules)
    assert report['read'] == ROWS == report['kept'] + report['dropped'] + report['folded']
    assert [job['name'] for job in jobs] == list(log.jobs)
    for job in jobs:
        expected = dict(log.jobs[job['name']])
        seen = {**job, 'runtime': job['arguments']['runtime'], 'submit': job['submit_time'] + start_of(report)}
        assert {key: seen.get(key) for key in expected} == expected, job['name']
    assert len(simulate(tmp_path / 'out', '--scheduler', 'builtin:fcfs')) == len(jobs)


def start_of(report: dict[str, Any]) -> float:
    """Seconds from the first time of the generator to the workload's time 0."""
    from datetime import datetime, timezone

    from slurm_rows import FIRST
    return (datetime.fromisoformat(report['start_date']) - FIRST.replace(tzinfo=timezone.utc)).total_seconds()


# --- Single rows -----------------------------------------------------------------------------------------------------


def test_a_plain_row_becomes_a_rigid_job(tmp_path: Path) -> None:
    jobs, report = imported(tmp_path, PLAIN, options=('--time-zone', 'Europe/Berlin'))
    assert jobs == [{'name': '7', 'type': 'rigid', 'submit_time': 0, 'num_nodes': 2, 'walltime': 120,
                     'application_model': 'application_models/delay.json', 'arguments': {'runtime': 60},
                     'attributes': {'user': 'anna', 'group': 'physics', 'account': 'p', 'partition': 'batch',
                                    'qos': 'q', 'job_name': 'x', 'status': 'completed'}}]
    assert report['start_date'] == '2024-07-01T10:00:00+02:00'


@pytest.mark.parametrize('fields, options, rule, expected', [
    ({'State': 'RUNNING', 'End': 'Unknown'}, ('--unfinished', 'keep'), 'unfinished_kept',
     {'arguments': {'runtime': 60}}),
    ({'ElapsedRaw': '', 'Elapsed': '1-02:03:04'}, (), 'overrun_killed', {'arguments': {'runtime': 93784}}),
    ({'TimelimitRaw': '1-00:00:00'}, (), None, {'walltime': 86400}),
    ({'TimelimitRaw': 'soon'}, (), 'bad_field', {'walltime': None}),
    ({'ElapsedRaw': 'x', 'Elapsed': '00:05'}, (), 'bad_field', {'arguments': {'runtime': 5}}),
    ({'AllocTRES': 'cpu=6,node=2'}, ('--cores-per-node', '4'), 'part_of_a_node', {'num_nodes': 2}),
    ({'AllocTRES': 'cpu=6,node=2'}, ('--unit', 'cpu'), None, {'num_nodes': 6}),
    ({'AllocTRES': '', 'NCPUS': '8'}, ('--cores-per-node', '4'), 'size_from_cpus', {'num_nodes': 2}),
    ({'AllocTRES': '', 'ReqTRES': 'cpu=1,node=3'}, (), 'size_from_request', {'num_nodes': 3}),
    ({'Start': '2024-07-01T09:59:00'}, (), 'started_before_submit', {'submit_time': 0}),
    ({'Submit': '1719828000', 'Eligible': '1719828000'}, (), None, {'submit_time': 0}),
    ({'Submit': '2024-07-01T10:00:00+0000', 'Eligible': ''}, (), None, {'submit_time': 0}),
    ({'Eligible': '2024-07-01T10:00:03'}, ('--submit', 'recorded'), None, {'submit_time': 0}),
])
def test_a_rule_says_what_becomes_of_a_row(fields: dict[str, Any], options: tuple[str, ...], rule: str | None,
                                           expected: Any, tmp_path: Path) -> None:
    jobs, report = imported(tmp_path, {**PLAIN, **fields}, options=options)
    assert set(rules(report)) - {'no_requested_time', 'zero_run_time'} == {rule} - {None}
    assert {key: jobs[0].get(key) for key in expected} == expected


def test_an_hour_that_comes_twice_does_not_make_a_wait_negative(tmp_path: Path) -> None:
    _, report = imported(tmp_path, {**PLAIN, 'Submit': '2024-10-27T02:50:00', 'Eligible': '2024-10-27T02:50:00',
                                    'Start': '2024-10-27T02:10:00', 'End': '2024-10-27T02:11:00'},
                         options=('--time-zone', 'Europe/Berlin'))
    assert rules(report) == {'clock_change': 1}


def test_only_the_jobs_of_a_partition_are_taken_if_asked(tmp_path: Path) -> None:
    other = {**PLAIN, 'JobID': '8', 'Partition': 'gpu'}
    jobs, report = imported(tmp_path, PLAIN, other, options=('--partition', 'gpu'))
    assert [job['name'] for job in jobs] == ['8'] and rules(report) == {'other_partition': 1}


@pytest.mark.parametrize('text, told', [
    ('JobID|State\n1|COMPLETED\n', 'log:1: no column submit, start, end; the first line names the columns'),
    ('', 'log: no job is left of 0 rows'),
])
def test_what_is_no_log_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / 'log').write_text(text)
    said = workload('import', 'slurm', 'log', '-o', 'out', cwd=tmp_path, status=2)
    assert said.startswith(f'elastisim-workload: error: {told}')


def test_a_time_zone_that_nobody_knows_is_told(tmp_path: Path) -> None:
    said = workload('import', 'slurm', 'log', '-o', 'out', '--time-zone', 'Europe/Nowhere', cwd=tmp_path, status=2)
    assert said.endswith("'Europe/Nowhere': no time zone is called so; give a name such as Europe/Berlin, UTC, or an "
                         'offset such as +01:00\n')


# --- slurm.conf ------------------------------------------------------------------------------------------------------


CONF = """# A site
NodeName=DEFAULT CPUs=48 RealMemory=1000
NodeName=cn[008-012] Feature="fast,ib"
NodeName=gpu[1-2] Sockets=2 CoresPerSocket=8 ThreadsPerCore=2 CPUs=32 \\
    Gres=gpu:a100:4(S:0-1),nvme:1
NodeName=login
PartitionName=DEFAULT MaxTime=1-0
PartitionName=batch Nodes=cn[008-012] Default=YES
PartitionName=small Nodes=cn[008-009] MaxTime=30
PartitionName=gpu Nodes=gpu[1-2] MaxTime=UNLIMITED
"""


def test_slurm_conf_gives_the_nodes_and_the_limits_of_partitions(tmp_path: Path) -> None:
    (tmp_path / 'slurm.conf').write_text(CONF)
    rows = [{**PLAIN, 'JobID': str(number), 'Partition': partition, 'TimelimitRaw': 'Partition_Limit',
             'AllocTRES': 'cpu=4,node=2,gres/gpu=8' if partition == 'gpu' else 'cpu=4,node=2'}
            for number, partition in enumerate(('batch', 'small', 'gpu'), 1)]
    jobs, report = imported(tmp_path, *rows, options=('--slurm-conf', 'slurm.conf'))
    assert [job.get('walltime') for job in jobs] == [86400, 1800, None]
    assert report['nodes'] == 8
    simulate(tmp_path / 'out')
    nodes = (tmp_path / 'out' / 'output' / 'node_utilization.csv').read_text().splitlines()[1:9]
    assert [line.split(',')[1] for line in nodes] == [*(f'cn{number:03d}' for number in range(8, 13)), 'gpu1', 'gpu2',
                                                      'login']
    platform = (tmp_path / 'out' / 'platform.xml').read_text()
    assert '<prop id="partitions" value="batch,small"/>' in platform and '<prop id="num_gpus" value="4"/>' in platform


@pytest.mark.parametrize('text, told', [
    ('NodeName=cn[1-\n', "slurm.conf:1: 'cn[1-' is not a list of nodes"),
    ('NodeName=cn1 CPUs=many\n', "slurm.conf:1: cpus is 'many'; must be a whole number of at least 1"),
    ('NodeName=a\nPartitionName=p Nodes=a MaxTime=x\n',
     "slurm.conf:2: MaxTime is 'x'; must be minutes, D-HH:MM:SS or UNLIMITED"),
    ('ClusterName=x\n', 'slurm.conf: no NodeName line; is this slurm.conf?'),
    ('Include slurm.conf\n', 'slurm.conf:1: files include each other more than 10 deep'),
])
def test_what_is_no_slurm_conf_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / 'slurm.conf').write_text(text)
    (tmp_path / 'log').write_text('JobID|Submit|Start|End\n')
    said = workload('import', 'slurm', 'log', '-o', 'out', '--slurm-conf', 'slurm.conf', cwd=tmp_path, status=2)
    assert said == f'elastisim-workload: error: {told}\n'


# --- A real Slurm ----------------------------------------------------------------------------------------------------


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Slurm]:
    with slurm_of(tmp_path) as running:
        yield running


def test_the_log_of_a_real_slurm_is_read_in_both_its_forms(slurm: Slurm, tmp_path: Path) -> None:
    first = slurm.submit('-N2', '-t', '5', '-J', 'my|job')
    array = slurm.submit('-n1', '--array=1-3')
    failing = slurm.submit('-N1', '-p', 'debug', f'--dependency=afterok:{first}', command='false')
    never = slurm.submit('-N4', '-H')
    cut = slurm.submit('-N1', command='sleep 100')
    slurm.run('scancel', never)
    slurm.wait_until_it_runs(cut)
    slurm.run('scancel', cut)
    slurm.wait_for_jobs()
    slurm.wait_until(lambda: (slurm.folder / 'jobcomp.txt').read_text().count('\n') == 7)

    shutil.copy(slurm.folder / 'jobcomp.txt', tmp_path / 'jobcomp.txt')
    columns = 'JobID,JobName,User,Group,Partition,State,Submit,Eligible,Start,End,ElapsedRaw,Timelimit,NNodes,NodeList'
    (tmp_path / 'sacct.txt').write_text(slurm.run('sacct', '-c', '-P', '-o', columns))
    expected = {first: (2, 300, 'completed'), failing: (1, 600, 'failed'), cut: (1, 3600, 'cancelled')}
    for log, tasks in (('jobcomp.txt', [f'{array}_{task}' for task in (1, 2, 3)]),
                       ('sacct.txt', [str(int(array) + task) for task in (1, 2)] + [array])):
        workload('import', 'slurm', log, '-o', 'out', '--slurm-conf', slurm.folder / 'slurm.conf', cwd=tmp_path)
        jobs, report = read(tmp_path / 'out')
        assert (report['read'], report['kept'], rules(report)['cancelled_before_start']) == (7, 6, 1)
        seen = {job['name']: (job['num_nodes'], job['walltime'], job['attributes']['status']) for job in jobs}
        if log == 'jobcomp.txt':
            assert seen == {**expected, **{name: (1, 3600, 'completed') for name in tasks}}
        else:
            assert {name: seen[name] for name in expected} == expected and len(seen) == 6
        assert next(job for job in jobs if job['name'] == first)['attributes']['job_name'] == 'my|job'
        assert len(simulate(tmp_path / 'out')) == 6
