"""elastisim-workload import: every row of a log is accounted for, and what comes out runs as it is."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from logs import PUBLISHED, program, read, reference, rules, simulate, workload

TRACES = PUBLISHED / 'traces'

needs_traces = pytest.mark.skipif(not TRACES.is_dir(), reason='the published traces are not at ELASTISIM_PUBLISHED')


def row(number: int = 1, submit: float = 0, wait: float | str = 0, run: float | str = 10, procs: float | str = 1,
        cpu: float = -1, memory: float = -1, asked: float = 1, time: float = 60, asked_memory: float = -1,
        status: float = 1, user: int | str = -1, group: int = -1, executable: int = -1, queue: int = -1,
        partition: int = -1, preceding: int = -1, think: float = -1) -> str:
    return ' '.join(map(str, (number, submit, wait, run, procs, cpu, memory, asked, time, asked_memory, status, user,
                              group, executable, queue, partition, preceding, think)))


def imported(tmp_path: Path, *rows: str, options: tuple[Any, ...] = (), header: str = '; MaxNodes: 4\n; MaxProcs: 8\n',
             ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    (tmp_path / 'log.swf').write_text(header + '\n'.join(rows) + '\n')
    workload('import', 'swf', 'log.swf', '-o', 'out', *options, cwd=tmp_path)
    return read(tmp_path / 'out')


# --- The published traces --------------------------------------------------------------------------------------------


def independent_count(path: Path) -> Counter[str]:
    """Counts the rows by field positions of the format's definition alone."""
    counts: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        if line.startswith(';') or not line.strip():
            continue
        fields = line.split()
        counts['read'] += 1
        if fields[10] == '5' and float(fields[3]) <= 0:
            counts['cancelled_before_start'] += 1
        elif fields[3] == '-1':
            counts['no_runtime'] += 1
        else:
            counts['kept'] += 1
            if float(fields[3]) > float(fields[8]):
                counts['overrun_killed'] += 1
    return counts


@needs_traces
@pytest.mark.parametrize('trace, expected', [
    ('hpc2n_head', {'read': 3170, 'kept': 3145, 'no_runtime': 25, 'overrun_killed': 320}),
    ('sdsc_sp2_head', {'read': 4961, 'kept': 4606, 'cancelled_before_start': 355, 'overrun_killed': 309})])
def test_every_row_of_a_published_trace_is_accounted_for(trace: str, expected: dict[str, int], tmp_path: Path) -> None:
    path = TRACES / f'{trace}.swf'
    assert independent_count(path) == expected
    workload('import', 'swf', path, '-o', 'out', cwd=tmp_path)
    jobs, report = read(tmp_path / 'out')
    assert {'read': report['read'], 'kept': report['kept'], **rules(report)} == expected
    assert report['read'] == report['kept'] + report['dropped']
    assert len(jobs) == report['kept']
    assert report['mended'] == expected['overrun_killed']


@needs_traces
def test_the_jobs_of_a_trace_run_for_as_long_as_they_did_or_asked_for(tmp_path: Path) -> None:
    path = TRACES / 'sdsc_sp2_head.swf'
    workload('import', 'swf', path, '-o', 'out', cwd=tmp_path)
    ran = {job['Name']: job for job in simulate(tmp_path / 'out')}
    logged = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        if fields and fields[0] != ';' and not line.startswith(';') and fields[3] != '-1':
            logged[fields[0]] = fields
    assert ran.keys() == logged.keys()
    for name, fields in logged.items():
        run, asked = float(fields[3]), float(fields[8])
        assert float(ran[name]['Submit Time']) == float(fields[1])
        assert float(ran[name]['Makespan']) == min(run, asked)
        assert ran[name]['Status'] == ('killed' if run > asked else 'completed')
        assert ran[name]['Nodes At Start'] == fields[4]


@needs_traces
def test_processors_share_nodes_as_the_user_says_where_the_header_is_wrong(tmp_path: Path) -> None:
    workload('import', 'swf', TRACES / 'hpc2n_head.swf', '-o', 'out', '--cores-per-node', '2', cwd=tmp_path)
    jobs, report = read(tmp_path / 'out')
    assert report['nodes'] == 120 and report['cores_per_node'] == 2
    sizes = {line.split()[0]: -(-int(line.split()[4]) // 2)
             for line in (TRACES / 'hpc2n_head.swf').read_text().splitlines() if line.strip() and line[0] != ';'}
    assert all(job['num_nodes'] == sizes[job['name']] for job in jobs)


# --- Rows of every kind ----------------------------------------------------------------------------------------------


def test_a_plain_row_becomes_a_rigid_job(tmp_path: Path) -> None:
    jobs, report = imported(
        tmp_path, row(7, 5.5, 3, 552.21, 6, user=3, group=4, executable=9, queue=1, partition=2, asked_memory=1024),
        header='; MaxNodes: 4\n; MaxProcs: 8\n; UnixStartTime: 1027839845\n; TimeZone: 3600\n'
        '; TimeZoneString: Europe/Stockholm\n; Queue: 1 short jobs\n; Partition: 2 ALL\n')
    assert jobs == [{'name': '7', 'type': 'rigid', 'submit_time': 5.5, 'num_nodes': 3,
                     'application_model': 'application_models/delay.json', 'arguments': {'runtime': 552.21},
                     'walltime': 60, 'attributes': {'user': '3', 'group': '4', 'executable': '9', 'queue': 'short jobs',
                                                    'partition': 'ALL', 'status': 'completed', 'memory_kb': 1024}}]
    assert report['start_date'] == '2002-07-28T09:04:05+02:00'
    assert (report['nodes'], report['cores_per_node']) == (4, 2)


@pytest.mark.parametrize('fields, options, rule, expected', [
    ({'run': -1, 'status': 5}, (), 'cancelled_before_start', None),
    ({'run': 0, 'status': 5}, (), 'cancelled_before_start', None),
    ({'run': 5, 'status': 5}, (), None, {'arguments': {'runtime': 5}}),
    ({'status': 3}, (), 'partial_execution', None),
    ({'run': -1}, (), 'no_runtime', None),
    ({'run': -1, 'cpu': 7.5}, ('--no-runtime', 'cpu'), 'runtime_from_cpu', {'arguments': {'runtime': 7.5}}),
    ({'run': -1}, ('--no-runtime', 'cpu'), 'no_runtime', None),
    ({'run': -1}, ('--no-runtime', 'request'), 'runtime_from_request', {'arguments': {'runtime': 60}}),
    ({'run': 0}, (), 'zero_run_time', {'arguments': {'runtime': 0}}),
    ({'submit': -1}, (), 'no_submit_time', None),
    ({'procs': -1, 'asked': 5}, (), 'size_from_request', {'num_nodes': 3}),
    ({'procs': 2, 'asked': 8}, (), None, {'num_nodes': 1}),
    ({'procs': 2, 'asked': 8}, ('--size', 'requested'), None, {'num_nodes': 4}),
    ({'procs': 2, 'asked': -1}, ('--size', 'requested'), 'size_from_allocation', {'num_nodes': 1}),
    ({'procs': 0, 'asked': -1}, (), 'no_processors', None),
    ({'procs': 9}, (), 'too_large', None),
    ({'procs': 3}, (), 'part_of_a_node', {'num_nodes': 2}),
    ({'time': -1}, (), 'no_requested_time', {'walltime': None}),
    ({'run': 90}, (), 'overrun_killed', {'walltime': 60, 'arguments': {'runtime': 90}}),
    ({'run': 90}, ('--overrun', 'raise'), 'overrun_raised', {'walltime': 90}),
    ({'run': 90}, ('--overrun', 'keep'), 'overrun_kept', {'walltime': None, 'runtime_estimate': 60}),
    ({'number': -1}, (), 'no_job_number', {'name': 'line3'}),
    ({'status': 9}, (), 'status', {'arguments': {'runtime': 10}}),
    ({'preceding': 3}, (), 'predecessor_missing', {'dependencies': None}),
])
def test_a_rule_says_what_becomes_of_a_row(fields: dict[str, Any], options: tuple[str, ...], rule: str | None,
                                           expected: Any, tmp_path: Path) -> None:
    plain = row(2, procs=2)
    jobs, report = imported(tmp_path, row(**{'procs': 2, 'asked': 2, **fields}), plain, options=options)
    assert set(rules(report)) - {'part_of_a_node'} == {rule} - {None, 'part_of_a_node'}
    if expected is None:
        assert [job['name'] for job in jobs] == ['2']
        assert (report['read'], report['kept'], report['dropped']) == (2, 1, 1)
    else:
        assert len(jobs) == 2
        assert {key: jobs[0].get(key) for key in expected} == expected


def test_a_preceding_job_is_a_dependency_with_its_think_time(tmp_path: Path) -> None:
    rows = row(1), row(2, 5, preceding=1, think=30), row(3, 6, preceding=2)
    jobs, _ = imported(tmp_path, *rows)
    assert [job.get('dependencies') for job in jobs] == [None, [{'after_any': '1', 'delay': 30}], [{'after_any': '2'}]]
    assert [job['submit_time'] for job in jobs] == [0, 5, 6]
    jobs, report = imported(tmp_path, *rows, options=('--dependencies', 'feedback'))
    assert [job['submit_time'] for job in jobs] == [0, 0, 0] and rules(report)['feedback'] == 2
    jobs, _ = imported(tmp_path, *rows, options=('--dependencies', 'ignore'))
    assert not any('dependencies' in job for job in jobs)


def test_think_times_hold_jobs_back_in_the_run(tmp_path: Path) -> None:
    """Job 1 runs for 10 s. Job 2 follows 30 s after its end, job 3 as soon as job 2 has ended, at 50 s."""
    rows = row(1), row(2, 5, preceding=1, think=30), row(3, 6, preceding=2)
    for options, submitted in (((), ['0', '5', '6']), (('--dependencies', 'feedback'), ['0', '0', '0'])):
        imported(tmp_path, *rows, options=options)
        told = simulate(tmp_path / 'out')
        assert [job['Submit Time'] for job in told] == submitted
        assert [job['Eligible Time'] for job in told] == [job['Start Time'] for job in told] == ['0', '40', '50']


def test_names_are_unique(tmp_path: Path) -> None:
    jobs, report = imported(tmp_path, row(5), row(5), row(6, 3), row(7, 1))
    assert [job['name'] for job in jobs] == ['5', '5@4', '6', '7']
    assert rules(report)['number_twice'] == 1 and rules(report)['out_of_order'] == 1


@pytest.mark.parametrize('line, told', [
    ('1 2 3', '3 fields; a row has 18'),
    (row() + ' 4', '19 fields; a row has 18'),
    (row(user='anna'), "user is 'anna', not a number"),
    (row(run='nan'), "run time is 'nan', not a number"),
    (row(run='1e999'), "run time is '1e999', not a number"),
    (row(run='1_0'), "run time is '1_0', not a number"),
    (row(run='1e308', wait='1e308', procs='1e308'), 'the numbers are too large'),
])
def test_a_row_that_is_no_row_is_told_with_its_line(line: str, told: str, tmp_path: Path) -> None:
    _, report = imported(tmp_path, row(), line, header='; MaxNodes: 4\n; MaxProcs: 4\n')
    assert report['rules'] == [{'rule': 'malformed', 'verb': 'dropped', 'text': 'the row is not 18 numbers', 'count': 1,
                                'first': [f'log.swf:4: {told}']}]


def test_without_header_the_largest_job_fills_the_machine(tmp_path: Path) -> None:
    _, report = imported(tmp_path, row(procs=3), row(2, procs=17), header='')
    assert (report['nodes'], report['cores_per_node']) == (17, 1)
    assert len(simulate(tmp_path / 'out')) == 2


def test_gzip_and_standard_input_are_read(tmp_path: Path) -> None:
    text = ('; MaxNodes: 4\n' + row() + '\n').encode()
    (tmp_path / 'log.swf.gz').write_bytes(gzip.compress(text))
    workload('import', 'swf', 'log.swf.gz', '-o', 'a', cwd=tmp_path)
    program('import', 'swf', '-', '-o', 'b', cwd=tmp_path, stdin=gzip.compress(text))
    program('import', 'swf', '-', '-o', 'c', cwd=tmp_path, stdin=text)
    assert read(tmp_path / 'a')[0] == read(tmp_path / 'b')[0] == read(tmp_path / 'c')[0] != []


@pytest.mark.parametrize('content, arguments, told', [
    (b'', (), 'log.swf: neither a header nor rows of 18 numbers; is this Standard Workload Format?'),
    (b'; MaxNodes: 4\n' + row(run=-1).encode(), (), 'log.swf: no job is left of 1 rows'),
    (b'; MaxNodes: 4\n' + row(run=90).encode(), ('--strict',),
     'log.swf:2: job 1: 90 s run, 60 s asked for: the job ran longer than it asked for; it is killed at its walltime; '
     'without --strict the row would be mended'),
    (gzip.compress(row().encode() * 1000)[:-20], (), 'log.swf:1: the gzip file is damaged here'),
    (b'1' * (1 << 20), (), 'log.swf:1: more than 1048576 bytes in a line; is this a log?'),
], ids=['empty', 'no job left', 'strict', 'gzip cut short', 'endless line'])
def test_what_is_no_log_is_refused_and_leaves_no_jobs_file(content: bytes, arguments: tuple[str, ...], told: str,
                                                           tmp_path: Path) -> None:
    (tmp_path / 'log.swf').write_bytes(content)
    said = workload('import', 'swf', 'log.swf', '-o', 'out', *arguments, cwd=tmp_path, status=2)
    assert said.startswith(f'elastisim-workload: error: {told}')
    assert not (tmp_path / 'out' / 'jobs.json').exists()


@pytest.mark.parametrize('arguments, told', [
    (('nothing.swf', '-o', 'out'), 'elastisim-workload: error: nothing.swf: no such file or directory\n'),
    (('.', '-o', 'out'), 'elastisim-workload: error: .: a folder; give a file\n'),
    (('log.swf', '-o', 'out', '--nodes', '0'), "argument --nodes: '0': must be a whole number of at least 1\n"),
    (('log.swf', '-o', 'out', '--speed', 'fast'),
     "argument --speed: 'fast' is not a number with a unit, such as 1Gf, 12.5GBps or 1us\n"),
])
def test_arguments_that_make_no_sense_are_told(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    assert workload('import', 'swf', *arguments, cwd=tmp_path, status=2).endswith(told)


# --- What the simulator makes of them --------------------------------------------------------------------------------


@needs_traces
@pytest.mark.parametrize('trace, policy', [
    (trace, policy) for trace in ('hpc2n_head', 'sdsc_sp2_head') for policy in ('fcfs', 'easy,decide=instant',
                                                                               'conservative')])
def test_jobs_start_when_the_policy_written_down_plainly_starts_them(trace: str, policy: str, tmp_path: Path) -> None:
    workload('import', 'swf', TRACES / f'{trace}.swf', '-o', 'out', cwd=tmp_path)
    jobs, report = read(tmp_path / 'out')
    starts = {row['Name']: float(row['Start Time']) for row in simulate(tmp_path / 'out', '--scheduler',
                                                                        f'builtin:{policy}')}
    assert [starts[job['name']] for job in jobs] == reference(policy.partition(',')[0], jobs, report['nodes'])
