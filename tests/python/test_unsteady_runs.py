"""Runs in which nodes fail and jobs start again: what the tools make of their results, worked out by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools import stats
from elastisim_tools.live import LiveRun
from elastisim_tools.metrics import statistics_of
from elastisim_tools.perfetto import trace_of
from elastisim_tools.run import OutputError, load_run
from elastisim_tools.series import charts_of, queue_length, running_jobs
from elastisim_tools.timeline import Timeline, timeline_of
from unsteady import live_events, write_run

OUTAGES = [('stopping', 4, 6, [5]), ('draining', 5, 25, [4]), ('off', 6, 20, [5]), ('down', 8, 12, [1]),
           ('down', 10, 30, [3]), ('booting', 20, 23, [5]), ('down', 45, 50, [2])]


def timeline(folder: Path, **files: bool) -> Timeline:
    found = timeline_of(load_run(str(write_run(folder, **files))))
    assert found
    return found


@pytest.fixture(params=[{}, {'journal': False}], ids=['journal', 'node_utilization'])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Timeline:
    """By the journal and node_utilization, and by the latter alone."""
    return timeline(tmp_path, **request.param)


def test_conditions_of_nodes(told: Timeline) -> None:
    assert [(o.kind, o.begin, o.end, o.nodes) for o in told.outages] == OUTAGES
    missing = told.unavailable()
    assert list(zip(missing.times, missing.values)) == [
        (0, 0), (4, 1), (5, 2), (6, 2), (8, 3), (10, 4), (12, 3), (20, 3), (23, 2), (25, 1), (30, 0), (45, 1), (50, 0)]


def test_attempts_of_jobs(told: Timeline) -> None:
    assert {job: [(a.begin, a.end, a.lost) for a in tries] for job, tries in told.attempts.items()} == {
        0: [(0, 8, True), (12, 22, False)], 3: [(40, 45, True), (45, 58, False)]}
    assert [(a.job, a.begin, a.end, a.nodes, a.lost) for a in told.allocations] == [
        (0, 0, 8, [0, 1], True), (1, 0, 16, [2], False), (1, 0, 10, [3], False), (2, 1, 16, [4], False),
        (0, 12, 22, [0, 1], False), (3, 40, 45, [0, 1, 2, 3], True), (3, 45, 58, [0, 1, 3, 4], False)]
    assert [(change.job, change.begin) for change in told.reconfigurations] == [(1, 10)]


def test_nodes_in_use(told: Timeline) -> None:
    """A node that drains is in use while its job is there."""
    at = dict(zip(told.allocated.times, told.allocated.values))
    assert (at[1], at[8], at[10], at[12], at[16], at[22], at[40], at[45], at[58]) == (5, 3, 2, 4, 2, 0, 4, 4, 0)


def test_phases_end_with_the_attempt(tmp_path: Path) -> None:
    assert [(phase.begin, phase.end) for phase in timeline(tmp_path).phases] == [(0, 8), (13, 22)]


def test_jobs_wait_and_run_several_times(tmp_path: Path) -> None:
    run = load_run(str(write_run(tmp_path)))
    tries = timeline(tmp_path).attempts
    waiting, running = queue_length(run.jobs, tries), running_jobs(run.jobs, tries)
    assert {time: value for time, value in zip(waiting.times, waiting.values) if value} == {8: 1}
    assert waiting.values[-1] == 0
    assert list(zip(running.times, running.values)) == [
        (0, 2), (1, 3), (8, 2), (12, 3), (16, 1), (22, 0), (40, 1), (45, 1), (58, 0)]


def test_a_journal_alone_tells_of_attempts(tmp_path: Path) -> None:
    found = timeline(tmp_path, utilization=False)
    assert not found.outages and sorted(found.attempts) == [0, 3]


def test_node_utilization_of_another_run_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path)
    (tmp_path / 'node_utilization.csv').write_text('Time,Node,State,Running jobs,Expected jobs\n0,x7,free,none,none\n')
    with pytest.raises(OutputError, match="node 'x7' is not in the journal beside it; are both of one run?"):
        timeline_of(load_run(str(tmp_path)))
    (tmp_path / 'node_utilization.csv').write_text('Time,Node,State,Running jobs,Expected jobs\n0,n1\n')
    with pytest.raises(OutputError, match='not a node utilization file: line 2 has 2 fields'):
        timeline_of(load_run(str(tmp_path)))


def test_statistics_tell_of_lost_work_and_energy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = load_run(str(write_run(tmp_path)))
    figures = statistics_of(run, timeline_of(run)).groups
    assert figures['all']['requeues'] == 2 and figures['malleable']['requeues'] == 0
    assert figures['all']['lost_node_hours'] == pytest.approx(14 / 3600)
    assert figures['all']['lost_phases'] == 2
    assert figures['all']['energy'] == 30247
    assert figures['all']['energy_cost'] == pytest.approx(0.0024)
    assert figures['all']['emissions'] == pytest.approx(0.2519)
    assert stats.main([str(tmp_path)]) == 0
    rows = {line[:28].strip(): line.split('  ')[-1].strip() for line in capsys.readouterr().out.splitlines()}
    assert rows['Requeues'] == '0' and rows['Energy of jobs'] == '0.00146611 kWh'
    assert rows['Emissions of jobs'] == '4.39e-05 kg CO2' and rows['Lost node hours'] == '0.0'


def test_statistics_say_nothing_of_it_where_it_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'job_statistics.csv').write_text(
        'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status\n'
        '0,rigid,0,5,25,5,20,25,completed\n')
    assert stats.main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert 'Requeues' not in told and 'Energy' not in told and 'Lost' not in told


def test_power_over_time(tmp_path: Path) -> None:
    run = load_run(str(write_run(tmp_path)))
    chart = next(chart for chart in charts_of(run, timeline_of(run)) if chart.key == 'power')
    assert list(chart.lines) == ['machine', 'base', 'CPUs', 'off', 'stopping'] and chart.unit == 'W'
    assert chart.lines['machine'].values == [1002, 1110, 1025, 570]
    assert (chart.lines['off'].times, chart.lines['off'].values) == ([0, 6, 58], [0, 10, 0])


def test_a_trace_has_every_attempt_and_condition(tmp_path: Path) -> None:
    slices = [event for event in trace_of(load_run(str(write_run(tmp_path)))) if event['ph'] == 'X']
    told = sorted((event['name'], event['tid'], event['ts'] / 1e6, event['dur'] / 1e6) for event in slices
                  if event['pid'] == 2 and event['tid'] in (0, 3))
    assert told == [('lost its nodes', 0, 0, 8), ('lost its nodes', 3, 40, 5), ('phase 0', 0, 0, 8),
                    ('phase 0', 0, 13, 9), ('run', 0, 12, 10), ('run', 3, 45, 13), ('wait', 0, 0, 0),
                    ('wait', 0, 8, 4), ('wait', 3, 40, 0), ('wait', 3, 45, 0)]
    conditions = [(event['name'], event['ts'] / 1e6, event['tid']) for event in slices if event['pid'] == 5]
    assert conditions == [(kind, begin, nodes[0]) for kind, begin, _, nodes in OUTAGES]


def live(until: float) -> LiveRun:
    run = LiveRun()
    for topic, event in live_events():
        if event['time'] <= until:
            run.apply(topic, event)
    return run


def test_a_job_that_lost_its_nodes_waits_again_on_the_screen() -> None:
    run = live(9)
    assert sorted(run.running) == [1, 2] and list(run.pending) == [0]
    assert (run.pending[0].state, run.pending[0].started, run.pending[0].requeues) == ('pending', None, 1)
    assert run.requeues == 1
    over = live(60)
    assert not over.running and not over.pending and (over.completed, over.requeues) == (4, 2)


def test_the_screen_shows_nodes_that_are_not_up() -> None:
    rich = pytest.importorskip('rich.console')
    from elastisim_tools.screen import picture
    console = rich.Console(width=100, height=40, file=io.StringIO(), color_system=None)
    console.print(picture(live(11), (0, 0), 'ipc://x', True, rich.ConsoleDimensions(100, 40)))
    shown: Any = console.file.getvalue()
    assert '1 wait, 2 run, 0 completed, 0 killed, 1 requeued' in shown
    assert 'nodes: 2 allocated, 0 reserved of 6, 1 draining, 2 down, 1 off' in shown
    assert '# allocated, + reserved, . free, % draining, x down, o off' in shown
    assert '.x#x%o' in shown


def test_a_late_watcher_takes_a_requeued_job_as_one_that_waits() -> None:
    run = LiveRun()
    run.apply('job.requeue', json.loads(
        '{"time": 8, "kind": "requeue", "job": 7, "reason": "node loss", "completed_phases": 2}'))
    assert list(run.pending) == [7] and not run.running
