"""elastisim-stats: every figure against one worked out another way, from the CSV files alone."""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools import stats
from elastisim_tools.metrics import METRICS, count_text, format_seconds, format_value, percentile, statistics_of
from elastisim_tools.run import Job, OutputError, load_run
from elastisim_tools.series import count_changes, queue_length, running_jobs, thin
from elastisim_tools.timeline import Series, from_journal, from_node_utilization, ranges, timeline_of
from synthetic import TYPES, Generator
from unsteady import write_run

ROOT = Path(__file__).resolve().parents[2]
NODES = 32


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Generator(400, NODES, seed=11).write(tmp_path_factory.mktemp('run') / 'fcfs', 600)


@pytest.fixture(scope='module')
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Generator(150, NODES, seed=12, types=('rigid', 'malleable')).write(tmp_path_factory.mktemp('run') / 'easy')


def rows_of(folder: Path, kind: str | None = None) -> list[dict[str, str]]:
    with open(folder / 'job_statistics.csv', newline='') as file:
        return [row for row in csv.DictReader(file) if kind in (None, row['Type'])]


def numbers(folder: Path, column: str, kind: str | None = None) -> list[float]:
    return [float(row[column]) for row in rows_of(folder, kind)]


def as_json(*outputs: object) -> list[dict[str, Any]]:
    runs = [load_run(str(output)) for output in outputs]
    return list(json.loads(stats.as_json([statistics_of(run, timeline_of(run)) for run in runs])))


def quantile(values: list[float], percent: int) -> float:
    """By the standard library: the inclusive method interpolates as we say we do."""
    return statistics.quantiles(values, n=100, method='inclusive')[percent - 1]


@pytest.mark.parametrize('kind', ['all', *TYPES])
@pytest.mark.parametrize('key, column',
                         [('wait', 'Wait Time'), ('turnaround', 'Turnaround Time'), ('makespan', 'Makespan')])
def test_times(folder: Path, kind: str, key: str, column: str) -> None:
    figures = as_json(folder)[0]['groups'][kind]
    values = numbers(folder, column, None if kind == 'all' else kind)
    assert figures[f'{key}_mean'] == pytest.approx(statistics.fmean(values))
    assert figures[f'{key}_median'] == pytest.approx(statistics.median(values))
    assert figures[f'{key}_p95'] == pytest.approx(quantile(values, 95))
    assert figures[f'{key}_max'] == pytest.approx(max(values))


@pytest.mark.parametrize('kind', ['all', *TYPES])
def test_slowdown(folder: Path, kind: str) -> None:
    figures = as_json(folder)[0]['groups'][kind]
    rows = rows_of(folder, None if kind == 'all' else kind)
    values = [max(1, float(row['Turnaround Time']) / max(10, float(row['Makespan']))) for row in rows]
    assert figures['slowdown_mean'] == pytest.approx(statistics.fmean(values))
    assert figures['slowdown_median'] == pytest.approx(statistics.median(values))
    assert figures['slowdown_p95'] == pytest.approx(quantile(values, 95))
    assert figures['slowdown_max'] == pytest.approx(max(values))


@pytest.mark.parametrize('kind', ['all', *TYPES])
def test_counts_and_nodes(folder: Path, kind: str) -> None:
    figures = as_json(folder)[0]['groups'][kind]
    wanted = None if kind == 'all' else kind
    rows = rows_of(folder, wanted)
    span = max(numbers(folder, 'End Time')) - min(numbers(folder, 'Submit Time'))
    node_seconds = sum(numbers(folder, 'Node Seconds', wanted))
    assert figures['jobs'] == len(rows)
    assert figures['killed'] == sum(row['Status'] == 'killed' for row in rows)
    assert figures['completed'] == len(rows) - figures['killed']
    assert figures['unfinished'] == 0
    assert figures['span'] == pytest.approx(span)
    assert figures['node_hours'] == pytest.approx(node_seconds / 3600)
    assert figures['node_utilization'] == pytest.approx(node_seconds / (NODES * span))
    assert figures['throughput'] == pytest.approx(len(rows) / span * 3600)
    assert figures['reconfigurations'] == sum(int(row['Reconfigurations']) for row in rows)


def test_time_in_reconfigurations(folder: Path) -> None:
    taken = dict.fromkeys(TYPES, 0.0)
    types = {row['ID']: row['Type'] for row in rows_of(folder)}
    for line in (folder / 'events.jsonl').read_text().splitlines():
        event = json.loads(line)
        sign = {'reconfiguration_begin': -1, 'reconfiguration_end': 1}.get(event['kind'], 0)
        if sign:
            taken[types[str(event['job'])]] += sign * event['time']
    groups = as_json(folder)[0]['groups']
    for kind in TYPES:
        assert groups[kind]['reconfiguration_seconds'] == pytest.approx(taken[kind])
    assert groups['all']['reconfiguration_seconds'] == pytest.approx(sum(taken.values())) != 0


def test_without_node_seconds_they_are_worked_out(folder: Path, tmp_path: Path) -> None:
    """ElastiSim's files have no columns after Status; node_utilization tells as well."""
    generator = Generator(400, NODES, seed=11)
    generator.write_job_statistics(tmp_path / 'job_statistics.csv', extended=False)
    bare = as_json(tmp_path)[0]['groups']['all']
    assert bare['node_hours'] is None and bare['reconfigurations'] is None and bare['node_utilization'] is None
    generator.write_node_utilization(tmp_path / 'node_utilization.csv')
    figures, whole = as_json(tmp_path)[0], as_json(folder)[0]
    assert figures['nodes'] == NODES
    assert figures['groups']['all']['node_hours'] == pytest.approx(whole['groups']['all']['node_hours'])
    assert figures['groups']['all']['wait_p95'] == whole['groups']['all']['wait_p95']


def test_jobs_that_did_not_run_count_but_have_no_times(tmp_path: Path) -> None:
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
        '0,rigid,0,5,25,5,20,25,completed\n1,rigid,1,-1,-1,-1,-1,-1,unfinished\n2,rigid,2,-1,9,-1,-1,7,killed\n')
    figures = as_json(tmp_path)[0]['groups']['all']
    assert (figures['jobs'], figures['completed'], figures['killed'], figures['unfinished']) == (3, 1, 1, 1)
    assert figures['wait_mean'] == figures['wait_max'] == 5
    assert figures['span'] == 25


def test_a_run_without_jobs(tmp_path: Path) -> None:
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n')
    figures = as_json(tmp_path)[0]['groups']['all']
    assert figures['jobs'] == 0 and figures['wait_mean'] is None and figures['throughput'] is None
    assert stats.main([str(tmp_path)]) == 0


# --- Timelines ------------------------------------------------------------------------------------------------


def test_journal_and_node_utilization_tell_the_same(folder: Path) -> None:
    journal, rows = from_journal(folder / 'events.jsonl'), from_node_utilization(folder / 'node_utilization.csv')
    assert journal.nodes == rows.nodes
    assert journal.allocations == rows.allocations
    assert thin(journal.allocated).values == thin(rows.allocated).values
    begun = {(change.job, change.begin) for change in journal.reconfigurations}
    noticed = {(change.job, change.begin) for change in rows.reconfigurations}
    assert noticed <= begun  # one that changed no node shows in the journal alone
    assert noticed


def test_several_jobs_on_a_node(tmp_path: Path) -> None:
    (tmp_path / 'n.csv').write_text(
        'Time,Node,State,Running jobs,Expected jobs\n0,a,free,none,none\n0,b,free,none,none\n'
        '1,a,allocated,0,none\n2,a,allocated,0;1,none\n2,b,reserved,none,0\n3,a,allocated,1,none\n'
        '3,b,allocated,0,none\n'
        '5,a,free,none,none\n6,b,free,none,none\n')
    timeline = from_node_utilization(tmp_path / 'n.csv')
    assert timeline.overlaps
    assert [(a.job, a.begin, a.end, a.nodes) for a in timeline.allocations] == [
        (0, 1, 3, [0]), (1, 2, 5, [0]), (0, 3, 6, [1])]
    assert (thin(timeline.reserved).times, thin(timeline.reserved).values) == ([0, 2, 3, 6], [0, 1, 0, 0])


def test_queue_and_running_jobs(folder: Path) -> None:
    """By counting at each instant in place of summing changes."""
    jobs = load_run(str(folder)).jobs

    def waits(job: Job, time: float) -> bool:
        return job.submit <= time < job.start

    def runs(job: Job, time: float) -> bool:
        return job.start <= time < job.end

    for series, inside in ((queue_length(jobs), waits), (running_jobs(jobs), runs)):
        for time, value in list(zip(series.times, series.values))[::7]:
            assert value == sum(inside(job, time) for job in jobs)


def test_thinning_keeps_the_mean() -> None:
    series = count_changes((i * 0.37, 1 if i % 3 else -1) for i in range(9000))
    thinned = thin(series, 500)

    def area(steps: Series) -> float:
        return sum(value * (end - begin) for value, begin, end in zip(steps.values, steps.times, steps.times[1:]))

    assert len(thinned.times) <= 501
    assert thinned.times[0] == series.times[0] and thinned.times[-1] == series.times[-1]
    assert area(thinned) == pytest.approx(area(series))


@pytest.mark.parametrize('number, text', [(0, '0 jobs'), (1, '1 job'), (1.0, '1 job'), (1200, '1,200 jobs')])
def test_count_text(number: float, text: str) -> None:
    assert count_text(number, 'job') == text


def test_ranges() -> None:
    assert ranges([]) == []
    assert ranges([3]) == [(3, 1)]
    assert ranges([0, 1, 2, 5, 7, 8]) == [(0, 3), (5, 1), (7, 2)]


# --- The command ----------------------------------------------------------------------------------------------


def test_text_of_one_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stats.main([str(folder)]) == 0
    text = capsys.readouterr().out
    assert text.startswith('fcfs: 400 jobs on 32 nodes\n')
    header = next(line for line in text.splitlines() if 'rigid' in line)
    assert header.split() == ['all', *TYPES]
    mean = next(line for line in text.splitlines() if line.startswith('Wait, mean'))
    assert format_seconds(statistics.fmean(numbers(folder, 'Wait Time'))) in mean


def test_several_runs_stand_side_by_side(folder: Path, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stats.main([f'first={folder}', f'second={other}']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ['first', 'second']
    assert next(line for line in lines if line.strip().startswith('Jobs ')).split() == ['Jobs', '400', '150']
    evolving = lines[lines.index('evolving jobs') + 1]
    assert evolving.split()[0] == 'Jobs' and evolving.split()[-1] == '-'


def test_csv(folder: Path, other: Path, tmp_path: Path) -> None:
    target = tmp_path / 'stats.csv'
    assert stats.main([str(folder), str(other), '--format', 'csv', '-o', str(target)]) == 0
    with open(target, newline='') as file:
        rows = list(csv.DictReader(file))
    assert [(row['run'], row['group']) for row in rows] == [
        *(('fcfs', kind) for kind in ('all', *TYPES)), ('easy', 'all'), ('easy', 'rigid'), ('easy', 'malleable')]
    assert list(rows[0]) == ['run', 'group', *(metric.key for metric in METRICS)]
    assert float(rows[0]['wait_mean']) == pytest.approx(statistics.fmean(numbers(folder, 'Wait Time')))


def test_output_may_be_a_file_or_a_configuration(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in a configuration are relative to the working directory, or else to the configuration."""
    for name in ('job_statistics.csv', 'events.jsonl'):
        (tmp_path / f'a_{name}').write_bytes((folder / name).read_bytes())
    beside = load_run(str(tmp_path / 'a_job_statistics.csv'))
    assert beside.name == 'a' and set(beside.files) == {'job_statistics', 'events'}
    assert beside.configuration == {'platform_file': 'synthetic.xml', 'schedule_on_job_submit': True,
                                    'pfs_read_links': ['r1', 'r2']}
    configuration = tmp_path / 'run.json'
    configuration.write_text(json.dumps({'job_statistics': 'a_job_statistics.csv', 'events': 'a_events.jsonl'}))
    assert set(load_run(str(configuration)).files) == {'job_statistics', 'events'}
    monkeypatch.chdir(folder.parent)
    configuration.write_text(json.dumps({'job_statistics': 'fcfs/job_statistics.csv'}))
    assert load_run(str(configuration)).files == {'job_statistics': Path('fcfs/job_statistics.csv')}


@pytest.mark.parametrize('make, message', [
    (lambda path: None, 'no such file or folder'),
    (lambda path: path.mkdir(), 'no job statistics'),
    (lambda path: path.write_text('a,b\n1,2\n'), "no column 'ID'"),
    (lambda path: path.write_text('ID,Type,Submit Time,Start Time,End Time,Status\n0,rigid,x,1,2,completed\n'),
     'job 0: could not convert'),
])
def test_what_is_wrong_is_said(tmp_path: Path, make: Callable[[Path], object], message: str,
                               capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / 'output'
    make(path)
    assert stats.main([str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'elastisim-stats: error: {path}: ') and message in error


@pytest.mark.parametrize('text, message', [
    ('Share,Energy (J)\nmachine,1\n', "no column 'Name'; is this a file of energy shares?"),
    ('Share,Name,Energy (J)\nmachine,,1\nuser,ada,x\n', "3: could not convert string to float: 'x'"),
])
def test_energy_shares_that_can_not_be_read_are_told(tmp_path: Path, text: str, message: str,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(tmp_path)
    (folder / 'energy_shares.csv').write_text(text)
    assert stats.main([str(folder)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'elastisim-stats: error: {folder / "energy_shares.csv"}:') and message in error


def test_the_machine_has_energy_of_its_own(tmp_path: Path) -> None:
    """Idle nodes, network and file system included, and not by type of jobs."""
    run = load_run(str(write_run(tmp_path)))
    groups = statistics_of(run, timeline_of(run)).groups
    assert [groups['all'][key] for key in ('machine_energy', 'machine_energy_cost', 'machine_emissions', 'energy')] == [
        45500, 0.0036, 0.379, pytest.approx(30247)]
    assert groups['rigid']['machine_energy'] is None


def test_a_broken_journal_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    for name in ('job_statistics.csv', 'events.jsonl'):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    journal = tmp_path / 'events.jsonl'
    lines = journal.read_text().splitlines()
    journal.write_text('\n'.join(lines[:50] + ['{"time"'] + lines[50:]))
    with pytest.raises(OutputError, match='events.jsonl:51: not an event'):
        timeline_of(load_run(str(tmp_path)))
    journal.write_text('\n'.join(lines[:50]) + '\n{"time":')  # cut short: what is whole is read
    timeline = timeline_of(load_run(str(tmp_path)))
    assert timeline is not None and timeline.allocations


def test_the_command_runs_from_the_tree(folder: Path) -> None:
    result = subprocess.run([sys.executable, str(ROOT / 'python' / 'elastisim-stats'), str(folder), '--format', 'json'],
                            capture_output=True, text=True, check=True, env=dict[str, str]())
    assert json.loads(result.stdout)[0]['groups']['all']['jobs'] == 400


@pytest.mark.parametrize('value, text', [
    (0, '0.0 s'), (99.94, '99.9 s'), (99.96, '1 min 40 s'), (3599.4, '59 min 59 s'), (3599.6, '1 h 00 min'),
    (86399, '1 d 00 h'), (100000, '1 d 04 h'), (-5, '-5.0 s')])
def test_seconds_are_readable(value: float, text: str) -> None:
    assert format_seconds(value) == text


def test_values_are_readable() -> None:
    assert [format_value(1234.5, unit) for unit in ('count', 'ratio', 'node hours', 'percent')] == [
        '1,234', '1,234.50', '1,234.5', '123450.0 %']
    assert format_value(None, 's') == '-'


def test_percentiles_interpolate() -> None:
    assert percentile([1], 0.95) == 1
    assert percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile([0, 10], 0.95) == 9.5
