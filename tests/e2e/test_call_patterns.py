"""The ways in which schedulers written for ElastiSim use its package, each as a script that names a URL of its own:
started by the simulator, and beside it. The schedules are worked out by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from harness import (
    PATIENCE,
    PYTHON,
    Result,
    Scenario,
    busy,
    cpu,
    crossbar,
    flexible,
    model,
    near,
    phase,
    rigid,
    task,
    waiting,
)

# The URL that nearly every published scheduler names.
USUAL_URL = 'ipc:///tmp/elastisim.ipc'

HEAD = '''
from elastisim_python import InvocationType, Job, JobState, JobType, Node, NodeState, pass_algorithm
'''

TAIL = f'''
if __name__ == '__main__':
    url = '{USUAL_URL}'
    pass_algorithm(schedule, url)
'''

Play = Callable[[Scenario, str], Result]


def play_started(scenario: Scenario, text: str) -> Result:
    result = scenario.run(scheduler=scenario.script(text))
    assert result.stderr.count('elastisim_python: connecting to the simulator that started this process') == 1
    return result


def play_beside(scenario: Scenario, text: str) -> Result:
    path = scenario.write('scheduler.py', text.replace(USUAL_URL, scenario.url))
    process = subprocess.Popen([PYTHON, str(path)], cwd=scenario.folder, env=scenario.environment)
    try:
        result = scenario.run(scheduler=f'zmq:{scenario.url}')
        assert process.wait(PATIENCE) == 0
        return result
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=[play_started, play_beside], ids=['exec', 'zmq'])
def play(request: pytest.FixtureRequest) -> Play:
    chosen: Play = request.param
    return chosen


def schedule_of(result: Result) -> list[tuple[float, float]]:
    return list(zip(result.starts(), result.ends()))


# --- Scans ---------------------------------------------------------------------------------------------------

SORT_EVERYTHING = '''
def schedule(jobs, nodes, system):
    by_state = {state: [job for job in jobs if job.state == state] for state in JobState}
    free = [node for node in nodes if node.state == NodeState.FREE]
    allocated = [node for node in nodes if node.state == NodeState.ALLOCATED]
    reserved = [node for node in nodes if node.state == NodeState.RESERVED]
    assert len(free) + len(allocated) + len(reserved) == len(nodes)
    kind = system['invocation_type']
    if kind == InvocationType.INVOKE_SCHEDULING_POINT:
        job = system['job']
        more = min(len(free), job.num_nodes_max - len(job.assigned_nodes))
        if more > 0:
            job.assign(free[:more])
    elif kind == InvocationType.INVOKE_EVOLVING_REQUEST:
        job = system['job']
        more = system['evolving_request'] - len(job.assigned_nodes)
        if more < 0:
            job.remove(job.assigned_nodes[more:])
        elif more <= len(free):
            job.assign(free[:more])
    else:
        for job in by_state[JobState.PENDING]:
            least, most = ((job.num_nodes, job.num_nodes) if job.type == JobType.RIGID
                           else (job.num_nodes_min, job.num_nodes_max))
            count = min(most, len(free))
            if count < least:
                break
            job.assign(free[:count])
            del free[:count]
'''


def test_all_jobs_and_nodes_are_sorted_by_their_states(scenario: Scenario, play: Play) -> None:
    """The second job lacks a node until the first one ends, and holds back the third one."""
    scenario.workload(rigid(3, waiting(4)), rigid(2, waiting(2)), rigid(1, waiting(1), 1))
    result = play(scenario, HEAD + SORT_EVERYTHING + TAIL)
    assert schedule_of(result) == [(0, 4), (4, 6), (4, 5)]


def test_a_malleable_job_takes_what_is_free_at_its_points(scenario: Scenario, play: Play) -> None:
    """Two nodes for 4 s; the others are free since 3 s, so the second and third iteration take 2 s each."""
    shrinking = model(phase(busy('8 / num_nodes'), iterations=3))
    scenario.workload(rigid(2, waiting(3)), flexible('malleable', 1, 4, shrinking))
    scenario.configure(schedule_on_scheduling_point=True)
    result = play(scenario, HEAD + SORT_EVERYTHING + TAIL)
    assert schedule_of(result) == [(0, 3), (0, near(8))] and result.column('Nodes Max') == ['2', '4']


def test_requests_are_granted_when_there_is_room(scenario: Scenario, play: Play) -> None:
    """From 1 node to 3 at 12 s, back to 1 at 16 s: 12 / 1 + 12 / 3 + 12 / 1."""
    asking = model(phase(busy('12 / num_nodes'), evolving_request='phase_iteration = 1 ? 3 : 1', iterations=3))
    scenario.workload(flexible('evolving', 1, 3, asking))
    one_at_first = SORT_EVERYTHING.replace('least, most = (', 'least, most = (1, 1) if 1 else (')
    result = play(scenario, HEAD + one_at_first + TAIL)
    assert schedule_of(result) == [(0, near(28))] and result.column('Reconfigurations') == ['2']


def test_periodic_invocations_have_no_job(scenario: Scenario, play: Play) -> None:
    """Looked at every 2 s only, from 2 s on."""
    script = SORT_EVERYTHING.replace("    kind =",
                                     "    assert 'job' not in system and system.get('job') is None\n    kind =")
    scenario.workload(rigid(1, waiting(3)), rigid(4, waiting(1), 1))
    scenario.configure(schedule_on_job_submit=False, schedule_on_job_finalize=False, scheduling_interval=2)
    assert schedule_of(play(scenario, HEAD + script + TAIL)) == [(2, 5), (6, 7)]


# --- Assigning -----------------------------------------------------------------------------------------------

REVERSED = '''
def schedule(jobs, nodes, system):
    free = [node for node in nodes if node.state == NodeState.FREE]
    for job in jobs:
        if job.state is JobState.PENDING and job.num_nodes <= len(free):
            chosen = free[-job.num_nodes:]
            chosen.reverse()
            for node in chosen:
                job.assign(node)
            free = free[:-job.num_nodes]
'''


def test_the_order_of_assignment_is_that_of_the_ranks(scenario: Scenario, play: Play) -> None:
    """Rank 0 works: the last node for the first job, the second one for the second job."""
    leading = model(phase(busy(3, pattern='root_only', name='lead')))
    scenario.workload(rigid(2, leading), rigid(2, leading))
    result = play(scenario, HEAD + REVERSED + TAIL)
    assert result.durations('lead', 0) == {'n3': 3, 'n2': 0} and result.durations('lead', 1) == {'n1': 3, 'n0': 0}


PASS_IT_ON = '''
kept = {}

def schedule(jobs, nodes, system):
    kind = system['invocation_type']
    if kind == InvocationType.INVOKE_JOB_SUBMIT:
        system['job'].assign(nodes=[nodes[3], nodes[0]])
    elif kind == InvocationType.INVOKE_SCHEDULING_POINT:
        job = system['job']
        if str(job.identifier) not in kept:
            kept[str(job.identifier)] = min(list(job.assigned_node_ids))
            job.remove(nodes[3])
        else:
            again = [nodes[kept[str(job.identifier)]]]
            again.insert(0, nodes[3])
            job.remove(job.assigned_nodes)
            assert job.assigned_nodes == [] and len(job.assigned_node_ids) == 0
            job.assign(nodes=again)
'''


def test_all_nodes_are_removed_and_assigned_again_at_a_point(scenario: Scenario, play: Play) -> None:
    """Nodes 3 and 0, then 0 alone, then 3 and 0 again, rank 0 on the first of each, 2 s each. At the third point the
    same nodes come in the same order: no change."""
    leading = model(phase(busy(2, pattern='root_only', name='lead'), iterations=4))
    scenario.workload(flexible('malleable', 1, 2, leading)).configure(schedule_on_scheduling_point=True)
    result = play(scenario, HEAD + PASS_IT_ON + TAIL)
    assert schedule_of(result) == [(0, 8)]
    assert [(end, node) for end, node, length in result.rows_of('lead') if length] == [
        (2, 'n3'), (4, 'n0'), (6, 'n3'), (8, 'n3')]
    assert result.column('Reconfigurations') == ['2'] and result.column('Node Seconds') == ['14']


SWAP = '''
def schedule(jobs, nodes, system):
    if system['invocation_type'] == InvocationType.INVOKE_JOB_SUBMIT:
        system['job'].assign(nodes[:2])
    elif system['invocation_type'] == InvocationType.INVOKE_SCHEDULING_POINT:
        job = system['job']
        turned = list(reversed(job.assigned_nodes))
        job.remove(job.assigned_nodes)
        job.assign(turned)
'''


def test_ranks_are_moved_by_another_order_of_the_same_nodes(scenario: Scenario, play: Play) -> None:
    """What the scheduler sees is in the order of the identifiers, whatever the ranks: so n1 leads from the first
    point on. Changing over takes 1 s, once."""
    leading = model(phase(busy(2, pattern='root_only', name='lead'), iterations=3), on_reconfiguration=phase(busy(1)))
    scenario.workload(flexible('malleable', 2, 2, leading)).configure(schedule_on_scheduling_point=True)
    result = play(scenario, HEAD + SWAP + TAIL)
    assert [(end, node) for end, node, length in result.rows_of('lead') if length] == [
        (2, 'n0'), (5, 'n1'), (7, 'n1')]
    assert result.column('Reconfigurations') == ['1']


# --- Killing -------------------------------------------------------------------------------------------------

FULL_QUEUE = '''
LENGTH = 2

def schedule(jobs, nodes, system):
    global LENGTH
    pending = [job for job in jobs if job.state == JobState.PENDING]
    kind = system['invocation_type']
    if kind == InvocationType.INVOKE_JOB_SUBMIT and len(pending) > LENGTH:
        pending[-1].kill()
        assert pending[-1].kill_flag
    elif kind in (InvocationType.INVOKE_JOB_SUBMIT, InvocationType.INVOKE_JOB_COMPLETED):
        if nodes[0].state == NodeState.FREE:
            for job in pending:
                if len(job.assigned_node_ids) == 0 and not job.kill_flag:
                    job.assign([nodes[0], nodes[1]])
                    break
    else:
        assert kind == InvocationType.INVOKE_JOB_KILLED and system['job'].state == JobState.KILLED
'''


def test_a_job_is_killed_on_submission_when_the_queue_is_full(scenario: Scenario, play: Play) -> None:
    scenario.workload(*(rigid(2, waiting(2), i / 8) for i in range(5)))
    result = play(scenario, HEAD + FULL_QUEUE + TAIL)
    assert schedule_of(result) == [(0, 2), (2, 4), (4, 6), (-1, 0.375), (-1, 0.5)]
    assert result.column('Status') == ['completed'] * 3 + ['killed'] * 2


AFTER_THE_END = '''
def schedule(jobs, nodes, system):
    job = system['job']
    if job.state in (JobState.COMPLETED, JobState.KILLED):
        assert [node.identifier for node in job.assigned_nodes] == [0, 1], job.assigned_nodes
        job.assign_num_gpus_per_node(1)
        job.remove(job.assigned_nodes)
        job.kill()
        job.assign([])
    free = [node for node in nodes if node.state == NodeState.FREE]
    for job in jobs:
        if job.state == JobState.PENDING and len(free) >= 2:
            job.assign(free[:2])
            del free[:2]
'''


@pytest.mark.parametrize('walltime, end', [(0, 3), (1, 1)])
def test_a_job_is_handled_once_more_when_it_has_just_ended(
        scenario: Scenario, play: Play, walltime: float, end: float) -> None:
    scenario.platform(crossbar(2)).workload(flexible('malleable', 1, 2, waiting(3), walltime=walltime),
                                            flexible('malleable', 1, 2, waiting(1)))
    assert schedule_of(play(scenario, HEAD + AFTER_THE_END + TAIL)) == [(0, end), (end, end + 1)]


# --- GPUs and arguments --------------------------------------------------------------------------------------

ALL_GPUS = '''
def schedule(jobs, nodes, system):
    free = [node for node in nodes if node.state == NodeState.FREE]
    assert all(gpu.identifier == i for node in nodes for i, gpu in enumerate(node.gpus))
    for job in jobs:
        if job.state == JobState.PENDING and free:
            job.assign(free.pop(0))
            job.assign_num_gpus_per_node(job.num_gpus_per_node_max)
'''


def test_the_most_gpus_are_assigned_to_every_job_rigid_ones_included(scenario: Scenario, play: Play) -> None:
    """8e9 flops on 2 GPUs of 1 Gf, and on 4 of them. The third job has no GPU and waits for the second one's node."""
    kernel = model(phase(task('gpu', flops=8e9, computation_pattern='uniform')))
    scenario.platform(crossbar(2, num_gpus=4, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    scenario.workload(rigid(1, kernel, num_gpus_per_node=2),
                      flexible('moldable', 1, 2, kernel, num_gpus_per_node_min=1, num_gpus_per_node_max=4),
                      rigid(1, waiting(5), 1))
    assert schedule_of(play(scenario, HEAD + ALL_GPUS + TAIL)) == [(0, 4), (0, 2), (2, 7)]


SHORTEST = '''
def length(job):
    if 'runtime' not in job.arguments:
        job.arguments['runtime'] = 2 * float(job.arguments['scale']) / float(job.attributes.get('speed', 1))
    return float(job.arguments['runtime'])

def schedule(jobs, nodes, system):
    free = [node for node in nodes if node.state == NodeState.FREE]
    for job in sorted([job for job in jobs if job.state is JobState.PENDING], key=lambda job: length(job)):
        if len(free) < job.num_nodes:
            break
        job.assign(free[:job.num_nodes])
        del free[:job.num_nodes]
'''


def test_arguments_are_texts_and_may_be_formulas(scenario: Scenario, play: Play) -> None:
    """Lengths 6, 4 and 2; the shorter of the two that wait comes first."""
    application = model(phase(busy('length')))
    scenario.workload(*(rigid(4, application, arguments={'scale': scale, 'length': '2 * scale'},
                              attributes={'speed': '1', 'user': 'ann'}) for scale in ('3', 2, '1.0')))
    assert schedule_of(play(scenario, HEAD + SHORTEST + TAIL)) == [(0, 6), (8, 12), (6, 8)]


def test_total_is_divided_and_uniform_is_not(scenario: Scenario, play: Play) -> None:
    """8e9 flops over 4 nodes of 1 Gf, 1e9 flops on each, and 1 s on each."""
    application = model(phase(cpu(8e9, 'total'), cpu(1e9, 'uniform'), busy(1, pattern='uniform')))
    scenario.workload(flexible('moldable', 1, 4, application))
    assert schedule_of(play(scenario, HEAD + SORT_EVERYTHING + TAIL)) == [(0, near(4))]


TUNE = '''
import numpy as np

def schedule(jobs, nodes, system):
    if system['invocation_type'] == InvocationType.INVOKE_JOB_SUBMIT:
        job = system['job']
        job.update_runtime_argument('factor', np.float64(1.5))
        job.update_runtime_argument('note', None)
        job.assign(node for node in nodes if node.identifier < np.int64(2))
    elif system['invocation_type'] == InvocationType.INVOKE_SCHEDULING_POINT:
        job = system['job']
        assert job.runtime_arguments['factor'] == '1.5'
        job.update_runtime_argument('factor', np.int64(2))
        job.assign({nodes[2], nodes[3]})
'''


def test_runtime_arguments_and_nodes_come_out_of_numpy_and_sets(scenario: Scenario, play: Play) -> None:
    """1.5 * 4 s, then 2 * 4 s on all four nodes."""
    scenario.workload(flexible('malleable', 2, 4, model(phase(busy('4 * factor'), iterations=2))))
    scenario.configure(schedule_on_scheduling_point=True)
    result = play(scenario, HEAD + TUNE + TAIL)
    assert schedule_of(result) == [(0, near(14))] and result.column('Nodes Max') == ['4']


# --- State of the scheduler's own ------------------------------------------------------------------------------

EXTENDED = '''
import csv
from enum import Enum

class Event(Enum):
    START = 0
    SHRINK = 1

class Task(Job):
    def __enter(self):
        if self.type == JobType.RIGID:
            self.num_nodes_min = self.num_nodes_max = self.wish = self.num_nodes
        else:
            self.wish = int(self.arguments.get('wish', (self.num_nodes_min + self.num_nodes_max) // 2))

    def __repr__(self):
        return f'J{self.identifier}'

    @staticmethod
    def inject(jobs):
        for job in jobs:
            job.__class__ = Task
            job._Task__enter()

class Place(Node):
    def __repr__(self):
        return f'N{self.identifier}'

class Log:
    def note(time, event, job, nodes):
        with open('log.csv', 'a') as file:
            csv.writer(file).writerow([int(time), event.name, job.__repr__(), f'{nodes}'])

promises = {}

def schedule(jobs, nodes, system):
    Task.inject(jobs)
    for node in nodes:
        node.__class__ = Place
    pending = [job for job in jobs if job.state is JobState.PENDING]
    resizable = [job for job in jobs if job.state is JobState.RUNNING and job.type is JobType.MALLEABLE]
    free = [node for node in nodes if node.state is NodeState.FREE]
    for job in list(pending):
        count = min(job.wish, len(free))
        if job.num_nodes_min <= count:
            job.assign(free[:count])
            job.assign_num_gpus_per_node(job.num_gpus_per_node_max)
            del free[:count]
            pending.remove(job)
            Log.note(system['time'], Event.START, job, job.assigned_nodes)
    if pending:
        taken = {}
        for job in sorted(resizable, key=lambda job: len(job.assigned_nodes) - job.wish, reverse=True):
            taken[job] = job.assigned_nodes[job.num_nodes_min:]
        for job, spare in taken.items():
            if spare and job.identifier not in promises:
                promises[job.identifier] = {node.identifier for node in spare}
                job.remove(spare)
                Log.note(system['time'], Event.SHRINK, job, spare)
'''


def test_jobs_and_nodes_are_given_classes_of_the_schedulers_own(scenario: Scenario, play: Play) -> None:
    """Four nodes for the malleable job; at 1 s a job of two nodes comes and it is told to go down to two. At 4 s, its
    point, it does: 4 + 8 s, and the other one starts when it is looked at next, with the periodic invocation at 5 s."""
    shrinking = model(phase(busy('16 / num_nodes'), iterations=2))
    scenario.workload(flexible('malleable', 2, 4, shrinking, arguments={'wish': 4}), rigid(2, waiting(2), 1))
    scenario.configure(scheduling_interval=5)
    result = play(scenario, HEAD + EXTENDED + TAIL)
    assert schedule_of(result) == [(0, near(12)), (5, 7)]
    assert (scenario.folder / 'log.csv').read_text().splitlines() == [
        '0,START,J0,"[N0, N1, N2, N3]"', '1,SHRINK,J0,"[N2, N3]"', '5,START,J1,"[N2, N3]"']


CALLABLES = {
    'instance': 'class Fcfs:\n    def __init__(self):\n        self.calls = 0\n'
                '    def __call__(self, jobs, nodes, system):\n        self.calls += 1\n'
                '        return scan(jobs, nodes, system)\nschedule = Fcfs()\n',
    'bound method': 'class Fcfs:\n    def decide(self, jobs, nodes, system):\n'
                    '        return scan(jobs, nodes, system)\n'
                    'schedule = Fcfs().decide\n',
    'partial': 'import functools\ndef fcfs(policy, jobs, nodes, system):\n    return policy(jobs, nodes, system)\n'
               'schedule = functools.partial(fcfs, scan)\n',
    'lambda': 'schedule = lambda jobs, nodes, system: scan(jobs, nodes, system) or jobs\n',
}


@pytest.mark.parametrize('kind', CALLABLES)
def test_whatever_can_be_called_is_a_scheduler(scenario: Scenario, play: Play, kind: str) -> None:
    scenario.workload(rigid(3, waiting(4)), rigid(2, waiting(2)))
    script = SORT_EVERYTHING.replace('def schedule', 'def scan') + CALLABLES[kind]
    assert schedule_of(play(scenario, HEAD + script + TAIL)) == [(0, 4), (4, 6)]


PRIORITIES = '''
import copy
import heapq

queue = []

def schedule(jobs, nodes, system):
    if system['invocation_type'] == InvocationType.INVOKE_JOB_SUBMIT:
        assert system['job'] == jobs[system['job_id']] == copy.deepcopy(system['job'])
        heapq.heappush(queue, (-int(system['job'].attributes['priority']), system['job']))
    free = [node for node in nodes if node.state == NodeState.FREE]
    while queue and queue[0][1].num_nodes <= len(free):
        job = heapq.heappop(queue)[1]
        job.assign(free[:job.num_nodes])
        free = [node for node in free if node not in job.assigned_nodes]
'''


def test_a_queue_of_its_own_is_kept_as_a_heap_of_priorities_and_jobs(scenario: Scenario, play: Play) -> None:
    """Behind the first job, priority 7 comes before the two of priority 5, and these in the order of submission."""
    scenario.workload(*(rigid(4, waiting(1), attributes={'priority': priority}) for priority in (1, 5, 5, 7)))
    assert schedule_of(play(scenario, HEAD + PRIORITIES + TAIL)) == [(0, 1), (2, 3), (3, 4), (1, 2)]


REPORTING = '''
import json
import logging
import sys

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(levelname)s %(message)s')
rows = []

def schedule(jobs, nodes, system):
    logging.info('%s at %g', system['invocation_type'], system['time'])
    print(f"Pending = {[job.identifier for job in jobs if job.state == JobState.PENDING]}")
    rows.append([system['time'], str(system['invocation_type']), f"job{system['job'].identifier}"])
    try:
        input()
    except EOFError:
        pass
    for job in jobs:
        if job.state == JobState.PENDING:
            job.assign(nodes[:job.num_nodes])

if __name__ == '__main__':
    url = 'ipc:///tmp/elastisim.ipc'
    try:
        pass_algorithm(schedule, url)
    except Exception as e:
        print('scheduler error')
        raise e
    json.dump(rows, open('rows.json', 'w'))
'''


def test_the_script_goes_on_when_the_simulation_is_over(scenario: Scenario, play: Play) -> None:
    scenario.workload(rigid(2, waiting(2)))
    assert schedule_of(play(scenario, HEAD + REPORTING)) == [(0, 2)]
    assert (scenario.folder / 'rows.json').read_text() == (
        '[[0.0, "InvocationType.INVOKE_JOB_SUBMIT", "job0"], [2.0, "InvocationType.INVOKE_JOB_COMPLETED", "job0"]]')


@pytest.mark.parametrize('line', [
    'from elastisim_python.interface import InvocationType, CommunicationCode, pass_algorithm',
    'from elastisim_python.types import Job, JobState, JobType, Node, NodeState, NodeType, Gpu, GpuState',
    'from elastisim_python.job import *; from elastisim_python.node import *',
    'import elastisim_python as es; JobState = es.JobState',
])
def test_names_are_imported_from_the_modules_that_elastisim_has_them_in(
        scenario: Scenario, play: Play, line: str) -> None:
    scenario.workload(rigid(1, waiting(1)))
    assert schedule_of(play(scenario, HEAD + line + SORT_EVERYTHING + TAIL)) == [(0, 1)]


# --- Inputs --------------------------------------------------------------------------------------------------


def jobs_file_with(scenario: Scenario, **metadata: str) -> None:
    """Writes a jobs file with further keys, given as JSON."""
    scenario.workload(rigid(2, waiting(2)))
    text = (scenario.folder / 'jobs.json').read_text()
    scenario.write('jobs.json', '{' + ','.join(f'"{key}": {value}' for key, value in metadata.items()) + ',' + text[1:])


def test_a_jobs_file_has_metadata_and_the_configuration_intervals_that_are_not_used(
        scenario: Scenario, play: Play) -> None:
    jobs_file_with(scenario, generator='"a script"', seed='7', nodes_total='[1, 2]')
    scenario.configure(sensing=False, sensing_interval=0, min_scheduling_interval=0, scheduling_interval=0,
                       pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    assert schedule_of(play(scenario, HEAD + SORT_EVERYTHING + TAIL)) == [(0, 2)]
