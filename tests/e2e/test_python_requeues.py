"""Scripts in Python on a machine that fails: ElastiSim's run unchanged, and what the package shows is the same however
a script is attached."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import PATIENCE, PYTHON, ROOT, SIMULATOR, Scenario, flexible, rigid, waiting
from test_python_inside import HAS_PYTHON

pytestmark = pytest.mark.skipif(not HAS_PYTHON, reason='this simulator was built without a Python of its own')

# A scan of all jobs and nodes, as ElastiSim's examples have it.
FULL_SCAN = '''
from elastisim_python import JobState, NodeState, pass_algorithm

def schedule(jobs, nodes, system):
    free = [node for node in nodes if node.state == NodeState.FREE]
    for job in jobs:
        if job.state == JobState.PENDING and job.num_nodes <= len(free):
            job.assign(free[:job.num_nodes])
            free = free[job.num_nodes:]

if __name__ == '__main__':
    pass_algorithm(schedule, 'URL')
'''

# Writes down what it sees, and holds the views against a scan.
WATCHING = '''
from elastisim_python import JobState, NodeState, pass_algorithm

log = open('seen.txt', 'w')

def schedule(jobs, nodes, system):
    assert list(jobs.pending) == [job for job in jobs if job.state is JobState.PENDING]
    assert list(jobs.running) == [job for job in jobs if job.state is JobState.RUNNING]
    assert list(nodes.free) == [node for node in nodes if node.state is NodeState.FREE]
    assert list(nodes.column('returns')) == [node.returns for node in nodes]
    away = {node.identifier: (node.availability.name, node.returns) for node in nodes if node.availability.value}
    waiting = [(job.identifier, job.start_time, job.assigned_nodes) for job in jobs.pending]
    told = sorted((entry['id'], entry['availability'], entry.get('returns')) for entry in system['nodes']
                  if 'availability' in entry)
    print(system['time'], system['invocation_type'].name, away, waiting, told, file=log, flush=True)
    for job in jobs.pending:
        if job.num_nodes <= len(nodes.free):
            job.assign(nodes.free[:job.num_nodes])

if __name__ == '__main__':
    pass_algorithm(schedule, 'URL')
'''


def failing(scenario: Scenario) -> Scenario:
    """Job 0 wants four nodes, jobs 1 and 2 two; n1 fails from 4 to 6 s, n0 drains from 12 s until nobody knows when."""
    scenario.workload(rigid(4, waiting(10)), rigid(2, waiting(3), submit=1), rigid(2, waiting(3), submit=2))
    scenario.write('availability.json', {'outages': [
        {'nodes': 'n1', 'from': 4, 'until': 6}, {'nodes': 'n0', 'from': 12, 'kind': 'drain'}]})
    return scenario.configure(availability='availability.json', on_node_loss='requeue', events='out/events.jsonl')


def journal(scenario: Scenario) -> list[Any]:
    events = [json.loads(line) for line in (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines()]
    return [{key: value for key, value in event.items() if key not in ('scheduler', 'wall_seconds')}
            for event in events]


def attached(scenario: Scenario, text: str, way: str) -> tuple[list[float], list[Any]]:
    """Starts, and the journal."""
    path = scenario.write('scheduler.py', text.replace('URL', scenario.url))
    if way != 'zmq':
        spec = f"exec:'{PYTHON}' '{path}'" if way == 'exec' else f'python:{path}'
        return scenario.run(scheduler=spec).starts(), journal(scenario)
    process = subprocess.Popen([PYTHON, str(path)], cwd=scenario.folder, env=scenario.environment)
    try:
        result = scenario.run(scheduler=f'zmq:{scenario.url}')
        assert process.wait(PATIENCE) == 0
        return result.starts(), journal(scenario)
    finally:
        process.kill()
        process.wait()


def test_a_script_for_elastisim_runs_unchanged_on_a_machine_that_fails(scenario: Scenario) -> None:
    """Job 0 loses n1 at 4 s and is requeued; jobs 1 and 2 come behind it and fit on three nodes one after the other:
    job 1 at 4 s until 7 s, job 2 when n1 returns at 6 s until 9 s. Job 0 has all four nodes from 9 to 19 s, though n0
    drains from 12 s."""
    failing(scenario)
    told = [attached(scenario, FULL_SCAN, way) for way in ('zmq', 'exec', 'python')]
    assert told[0][0] == [9, 4, 6]
    assert told[1] == told[0]
    assert told[2] == told[0]


@pytest.mark.parametrize('changes', [False, True])
def test_what_python_sees_of_nodes_and_requeued_jobs_is_so_in_every_way(scenario: Scenario, changes: bool) -> None:
    failing(scenario).configure(schedule_on_node_change=changes)
    seen = []
    for way in ('zmq', 'exec', 'python'):
        attached(scenario, WATCHING, way)
        seen.append((scenario.folder / 'seen.txt').read_text().splitlines())
    assert seen[1] == seen[0] and seen[2] == seen[0]
    lost = "{1: ('DOWN', 6.0)} [(0, -1.0, []), (1, -1.0, []), (2, -1.0, [])] [(1, 2, 6)]"
    expected = ['0.0 INVOKE_JOB_SUBMIT {} [(0, -1.0, [])] []', '1.0 INVOKE_JOB_SUBMIT {} [(1, -1.0, [])] []',
                '2.0 INVOKE_JOB_SUBMIT {} [(1, -1.0, []), (2, -1.0, [])] []', f'4.0 INVOKE_JOB_SUBMIT {lost}']
    assert seen[0][:4] == expected
    kind = 'INVOKE_NODE_CHANGED' if changes else 'INVOKE_PERIODIC'
    assert f'6.0 {kind} {{}} [(0, -1.0, []), (2, -1.0, [])] []' in seen[0]
    drained = "12.0 INVOKE_NODE_CHANGED {0: ('DRAINING', inf)} [] [(0, 1, None)]"
    assert (drained in seen[0]) == changes


@pytest.mark.parametrize('script', ['fcfs.py', 'malleable.py', 'preemptive.py'])
def test_the_schedulers_of_the_examples_get_through_a_machine_that_fails(script: str, tmp_path: Path) -> None:
    done = subprocess.run([SIMULATOR, 'configurations/failing.json', '--scheduler', f'python:schedulers/{script}',
                           '--output', str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with open(tmp_path / 'job_statistics.csv', newline='') as file:
        jobs = list(csv.DictReader(file))
    assert len(jobs) == 500 and {job['Status'] for job in jobs} == {'completed', 'killed'}
    assert sum(int(job['Requeues']) for job in jobs) > 0


def test_the_example_for_rigid_jobs_says_so(scenario: Scenario) -> None:
    scenario.workload(flexible('moldable', 1, 2))
    result = scenario.run(scheduler=f'python:{ROOT}/schedulers/easy.py', status=3)
    assert 'ValueError: job 0 is moldable; this scheduler is for rigid jobs' in result.error
