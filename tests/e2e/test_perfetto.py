"""elastisim-report --perfetto: what the trace of a run says, worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from harness import Scenario, busy, flexible, model, phase, rigid, waiting

from elastisim_tools.report import main

Event = dict[str, Any]


@pytest.fixture
def world(scenario: Scenario) -> Scenario:
    # On four nodes: job 0 has two of them for 10 s; job 1 comes at 2 s, needs all, and waits until then.
    scenario.workload(rigid(2, application=model(phase(busy(4, name='first')), phase(busy(6, name='second'))),
                            name='short'), rigid(4, application=waiting(5), submit=2))
    scenario.configure(events='out/events.jsonl')
    scenario.run()
    return scenario


def trace(world: Scenario) -> list[Event]:
    path = world.folder / 'trace.json'
    assert main([str(world.folder / 'out'), '--perfetto', str(path)]) == 0
    events: list[Event] = json.loads(path.read_text())['traceEvents']
    return events


def slices(events: list[Event], process: str) -> list[tuple[str, str, float, float]]:
    """Thread, name, begin and end in seconds."""
    number = next(event['pid'] for event in events
                  if event['name'] == 'process_name' and event['args']['name'] == process)
    threads = {event['tid']: event['args']['name'] for event in events
               if event['name'] == 'thread_name' and event['pid'] == number}
    return [(threads[event['tid']], event['name'], event['ts'] / 1e6, (event['ts'] + event['dur']) / 1e6)
            for event in events if event['ph'] == 'X' and event['pid'] == number]


def test_nodes_show_the_jobs_on_them(world: Scenario) -> None:
    assert sorted(slices(trace(world), 'nodes')) == [
        ('n0', '0 short', 0, 10), ('n0', 'job 1', 10, 15), ('n1', '0 short', 0, 10), ('n1', 'job 1', 10, 15),
        ('n2', 'job 1', 10, 15), ('n3', 'job 1', 10, 15)]


def test_jobs_show_their_wait_and_phases(world: Scenario) -> None:
    assert slices(trace(world), 'jobs') == [
        ('0 short (rigid)', 'wait', 0, 0), ('0 short (rigid)', 'run', 0, 10),
        ('job 1 (rigid)', 'wait', 2, 10), ('job 1 (rigid)', 'run', 10, 15),
        ('0 short (rigid)', 'phase 0', 0, 4), ('0 short (rigid)', 'phase 1', 4, 10),
        ('job 1 (rigid)', 'phase 0', 10, 15)]


def test_tasks_end_when_their_row_says(world: Scenario) -> None:
    tasks = [task for task in slices(trace(world), 'tasks') if task[0] == 'n1']
    assert tasks == [('n1', 'first', 0, 4), ('n1', 'second', 4, 10), ('n1', 'task', 10, 15)]


def test_counters_are_the_queue_and_the_nodes_in_use(world: Scenario) -> None:
    counted = [(event['name'], event['ts'] / 1e6, event['args'][event['name']]) for event in trace(world)
               if event['ph'] == 'C']
    assert [each for each in counted if each[0] == 'waiting jobs'] == [
        ('waiting jobs', 0, 0), ('waiting jobs', 2, 1), ('waiting jobs', 10, 0)]
    assert [each[1:] for each in counted if each[0] == 'allocated nodes'] == [(0, 2), (10, 4), (15, 0)]


def test_a_reconfiguration_is_a_slice_of_its_job(scenario: Scenario) -> None:
    # Alone it has all four nodes from its first scheduling point on, and takes a second for that.
    scenario.workload(rigid(2, application=waiting(3)),
                      flexible('malleable', submit=1, application=model(phase(busy(5), iterations=2),
                                                                        on_reconfiguration={'tasks': [busy(1)]})))
    scenario.configure(events='out/events.jsonl', schedule_on_scheduling_point=True)
    scenario.run()
    assert [each for each in slices(trace(scenario), 'jobs') if each[0].startswith('job 1')] == [
        ('job 1 (malleable)', 'wait', 1, 1), ('job 1 (malleable)', 'run', 1, 12),
        ('job 1 (malleable)', 'reconfiguration', 6, 7), ('job 1 (malleable)', 'phase 0', 1, 12)]


def test_job_statistics_alone_are_enough(world: Scenario, tmp_path: Path) -> None:
    for name in ('events.jsonl', 'node_utilization.csv', 'task_times.csv'):
        (world.folder / 'out' / name).unlink()
    assert [each[1] for each in slices(trace(world), 'jobs')] == ['wait', 'run'] * 2


def test_what_cannot_be_is_told(world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(world.folder / 'out')
    assert main([out, out, '--perfetto', 'x.json']) == 2
    assert capsys.readouterr().err == 'elastisim-report: error: --perfetto: a trace is of one run; give one OUTPUT\n'
    (world.folder / 'out' / 'task_times.csv').write_text('a,b\n1,2\n')
    assert main([out, '--perfetto', str(world.folder / 'x.json')]) == 2
    assert 'task_times.csv: is no file of task times: ' in capsys.readouterr().err
