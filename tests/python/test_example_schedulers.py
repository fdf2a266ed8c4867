"""The policies in schedulers/: what they decide, and that they run as scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import fcfs
import malleable
import preemptive
import pytest
from elastisim_python import Gpu, InvocationType, Job, Jobs, JobState, JobType, Node, Nodes, NodeState
from standin import Script, Simulator, nodes, rigid

BOTH = pytest.mark.parametrize('policy', [fcfs, malleable], ids=['fcfs', 'malleable'])


class Machine:
    """Nodes and jobs as they would be at an invocation."""

    def __init__(self, *gpus_of_nodes: int) -> None:
        self.jobs: list[Job] = []
        self.nodes = [Node(i, gpus=[Gpu(g) for g in range(count)]) for i, count in enumerate(gpus_of_nodes)]

    def add(self, job_type: JobType, **more: Any) -> Job:
        job = Job(len(self.jobs), job_type, **more)
        self.jobs.append(job)
        return job

    def rigid(self, num_nodes: int, gpus: int = 0) -> Job:
        return self.add(JobType.RIGID, num_nodes=num_nodes, num_gpus_per_node=gpus)

    def flexible(self, job_type: JobType, least: int, most: int, gpus: tuple[int, int] = (0, 0),
                 running_on: Sequence[int] = ()) -> Job:
        """A pending job, or one that runs on the given nodes."""
        on = [self.nodes[i] for i in running_on]
        for node in on:
            node.state = NodeState.ALLOCATED
        return self.add(job_type, num_nodes_min=least, num_nodes_max=most, num_gpus_per_node_min=gpus[0],
                        num_gpus_per_node_max=gpus[1], assigned_nodes=on,
                        state=JobState.RUNNING if on else JobState.PENDING)

    def running(self, on: Sequence[int], start: float, **more: Any) -> Job:
        """A rigid job."""
        job = self.add(JobType.RIGID, num_nodes=len(on), assigned_nodes=[self.nodes[i] for i in on], start_time=start,
                       state=JobState.RUNNING, **more)
        for node in job.assigned_nodes:
            node.state, node.assigned_jobs, node.assigned_job_ids = NodeState.ALLOCATED, [job], {job.identifier}
        return job

    def invoke(self, policy: ModuleType, kind: InvocationType = InvocationType.INVOKE_JOB_SUBMIT,
               **more: Any) -> dict[int, list[int]]:
        """Returns the nodes of the modified jobs, by job."""
        nodes = Nodes(self.nodes)
        policy.schedule(Jobs(self.jobs, nodes), nodes, {'time': 0.0, 'invocation_type': kind, **more})
        return {job.identifier: [node.identifier for node in job.assigned_nodes] for job in self.jobs if job.modified}

    def scheduling_point(self, policy: ModuleType, job: Job) -> dict[int, list[int]]:
        return self.invoke(policy, InvocationType.INVOKE_SCHEDULING_POINT, job=job)

    def request(self, policy: ModuleType, job: Job, count: int) -> dict[int, list[int]]:
        return self.invoke(policy, InvocationType.INVOKE_EVOLVING_REQUEST, job=job, evolving_request=count)


def machine(count: int) -> Machine:
    return Machine(*[0] * count)


@BOTH
def test_jobs_start_in_order_and_the_first_that_does_not_fit_blocks(policy: ModuleType) -> None:
    m = machine(6)
    m.rigid(2), m.rigid(3), m.rigid(2), m.rigid(1)
    assert m.invoke(policy) == {0: [0, 1], 1: [2, 3, 4]}


@BOTH
def test_a_flexible_job_gets_what_is_free_between_its_bounds(policy: ModuleType) -> None:
    m = machine(6)
    m.flexible(JobType.MOLDABLE, 1, 4), m.flexible(JobType.EVOLVING, 2, 8), m.flexible(JobType.MALLEABLE, 1, 1)
    assert m.invoke(policy) == {0: [0, 1, 2, 3], 1: [4, 5]}


@BOTH
def test_nodes_with_too_few_gpus_are_skipped(policy: ModuleType) -> None:
    m = Machine(0, 2, 1, 2, 4)
    job = m.rigid(2, gpus=2)
    flexible = m.flexible(JobType.MOLDABLE, 1, 2, gpus=(1, 2))
    assert m.invoke(policy) == {0: [1, 3], 1: [4]}
    assert (job.assigned_num_gpus_per_node, flexible.assigned_num_gpus_per_node) == (2, 2)


@BOTH
def test_gpus_are_limited_by_what_enough_nodes_have(policy: ModuleType) -> None:
    m = Machine(0, 2, 1, 2)
    job = m.flexible(JobType.MOLDABLE, 2, 4, gpus=(1, 8))
    assert m.invoke(policy) == {0: [1, 3]} and job.assigned_num_gpus_per_node == 2


@BOTH
@pytest.mark.parametrize('count, result', [(3, [0, 1, 2]), (4, [0, 1, 2, 3]), (5, None), (1, [0])])
def test_requests_are_granted_if_they_fit(policy: ModuleType, count: int, result: list[int] | None) -> None:
    m = machine(4)
    job = m.flexible(JobType.EVOLVING, 1, 8, running_on=[0, 1])
    assert m.request(policy, job, count) == ({} if result is None else {0: result})


@BOTH
def test_nodes_given_up_in_a_request_go_to_the_queue_at_once(policy: ModuleType) -> None:
    m = machine(3)
    job = m.flexible(JobType.EVOLVING, 1, 3, running_on=[0, 2, 1])
    m.rigid(2)
    assert m.request(policy, job, 1) == {0: [0], 1: [1, 2]}


@BOTH
def test_an_idle_machine_lets_a_job_grow_at_its_scheduling_point(policy: ModuleType) -> None:
    m = machine(5)
    job = m.flexible(JobType.MALLEABLE, 1, 4, running_on=[3])
    assert m.scheduling_point(policy, job) == {0: [3, 0, 1, 2]}


@BOTH
def test_no_job_grows_at_another_invocation(policy: ModuleType) -> None:
    m = machine(3)
    m.flexible(JobType.MALLEABLE, 1, 3, running_on=[0])
    assert m.invoke(policy) == {}


def test_fcfs_does_not_grow_a_job_while_another_waits() -> None:
    m = machine(3)
    job = m.flexible(JobType.MALLEABLE, 1, 3, running_on=[0])
    m.rigid(3)
    assert m.scheduling_point(fcfs, job) == {}


def test_malleable_hands_over_just_the_missing_nodes_in_the_same_answer() -> None:
    m = machine(6)
    job = m.flexible(JobType.MALLEABLE, 1, 8, running_on=[0, 1, 2, 3])
    m.rigid(4)
    assert m.scheduling_point(malleable, job) == {0: [0, 1], 1: [2, 3, 4, 5]}


def test_malleable_goes_on_with_the_queue_as_far_as_the_minimum_allows() -> None:
    m = machine(5)
    job = m.flexible(JobType.ADAPTIVE, 2, 8, running_on=[0, 1, 2, 3, 4])
    m.rigid(1), m.rigid(2), m.rigid(1)
    assert m.scheduling_point(malleable, job) == {0: [0, 1], 1: [4], 2: [2, 3]}


def test_malleable_shrinks_one_job_after_the_other_if_together_they_make_room() -> None:
    m = machine(4)
    job = m.flexible(JobType.MALLEABLE, 1, 2, running_on=[0, 1])
    m.flexible(JobType.MALLEABLE, 1, 2, running_on=[2, 3])
    m.rigid(2)
    assert m.scheduling_point(malleable, job) == {0: [0]}


def test_malleable_keeps_nodes_busy_if_shrinking_cannot_help() -> None:
    m = machine(4)
    job = m.flexible(JobType.MALLEABLE, 1, 2, running_on=[0, 1])
    m.flexible(JobType.MOLDABLE, 1, 2, running_on=[2, 3])
    m.rigid(2)
    assert m.scheduling_point(malleable, job) == {}


def test_malleable_gives_only_nodes_that_the_waiting_job_can_use() -> None:
    m = Machine(2, 0, 2, 0)
    job = m.flexible(JobType.MALLEABLE, 2, 4, running_on=[0, 1, 2, 3])
    m.rigid(1, gpus=1)
    assert m.scheduling_point(malleable, job) == {0: [0, 1, 3], 1: [2]}


def test_preemptive_takes_from_the_least_urgent_that_started_last_and_no_more_than_it_needs() -> None:
    m = machine(6)
    urgent = {'priority': '2'}
    running = [m.running([0, 1], start=0), m.running([2, 3], start=5), m.running([4], start=9, attributes=urgent)]
    m.rigid(3).attributes = urgent
    assert m.invoke(preemptive) == {1: [2, 3], 3: [2, 3, 5]}
    assert [job.to_dict().get('preempt') for job in running] == [None, 'restart', None]


def test_preemptive_preempts_none_where_that_is_not_enough() -> None:
    m = machine(4)
    m.running([0, 1], start=0), m.running([2], start=0, attributes={'priority': '1'})
    m.rigid(4).attributes = {'priority': '1'}
    assert m.invoke(preemptive) == {}


@BOTH
@pytest.mark.parametrize('how', ['argument', 'environment'])
def test_as_a_script_it_takes_the_url_from_the_command_line_or_the_simulator(
        policy: ModuleType, how: str, simulator: Simulator, script: Script) -> None:
    path = Path(str(policy.__file__))
    process = script(path, simulator.url) if how == 'argument' else script(path, ELASTISIM_URL=simulator.url)
    answer = simulator.invoke([rigid(0, num_nodes=2)], nodes(2), kind=1, job_id=0)
    assert answer['jobs'][0]['assigned_node_ids'] == [0, 1]
    simulator.end()
    assert process.wait(10) == 0
