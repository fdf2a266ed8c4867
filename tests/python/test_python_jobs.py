"""What the operations of a job do within one invocation, without a simulator."""

from __future__ import annotations

import copy
import json
import operator
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
from elastisim_python import GpuState, InvocationType, Job, JobState, JobType, Node, Nodes, NodeState, NodeType
from elastisim_python.protocol import encode_answer
from hypothesis import given
from hypothesis import strategies as st

Operation = Callable[[Job], object]

NODES = [Node(i) for i in range(8)]


def ids(job: Job) -> list[int]:
    return [node.identifier for node in job.assigned_nodes]


def moldable(**more: Any) -> Job:
    return Job(0, JobType.MOLDABLE, num_nodes_min=1, num_nodes_max=8, **more)


def ended(state: JobState) -> Job:
    return Job(3, JobType.RIGID, state, num_nodes=1)


def test_enums_have_the_numbers_of_the_protocol() -> None:
    def numbers(enum: type[Enum]) -> dict[str, int]:
        return {name: member.value for name, member in enum.__members__.items()}

    assert numbers(InvocationType) == {
        'INVOKE_PERIODIC': 0, 'INVOKE_JOB_SUBMIT': 1, 'INVOKE_JOB_COMPLETED': 2, 'INVOKE_JOB_KILLED': 3,
        'INVOKE_SCHEDULING_POINT': 4, 'INVOKE_EVOLVING_REQUEST': 5, 'INVOKE_RECONFIGURATION': 6,
        'INVOKE_NODE_CHANGED': 7}
    assert numbers(JobType) == {'RIGID': 0, 'MOLDABLE': 1, 'MALLEABLE': 2, 'EVOLVING': 3, 'ADAPTIVE': 4}
    assert numbers(JobState) == {'PENDING': 1, 'RUNNING': 4, 'PENDING_RECONFIGURATION': 5, 'IN_RECONFIGURATION': 6,
                                 'COMPLETED': 7, 'KILLED': 8}
    assert numbers(NodeState) == {'FREE': 0, 'ALLOCATED': 1, 'RESERVED': 2}
    assert numbers(GpuState) == {'FREE': 0, 'ALLOCATED': 1}
    assert numbers(NodeType) == {'COMPUTE_NODE': 0, 'COMPUTE_NODE_WITH_BB': 1, 'COMPUTE_NODE_WIDE_STRIPED_BB': 2,
                                 'COMPUTE_NODE_WITH_WIDE_STRIPED_BB': 2}


def test_a_job_says_what_it_is() -> None:
    job = moldable()
    assert repr(job) == '<Job 0 MOLDABLE PENDING on 0 nodes>'
    job.assign(NODES[0])
    assert repr(job) == '<Job 0 MOLDABLE PENDING on 1 node>'


def test_assign_appends_in_the_given_order_and_skips_what_the_job_has() -> None:
    job = moldable()
    job.assign([NODES[3], NODES[1]])
    job.assign([NODES[1], NODES[0], NODES[0]])
    assert ids(job) == [3, 1, 0] and job.assigned_node_ids == {0, 1, 3}


@pytest.mark.parametrize('nodes',
                         [NODES[2], [NODES[2]], (NODES[2],), iter([NODES[2]]), (n for n in NODES[2:3]), {NODES[2]},
                                   {NODES[2]: 1}.keys(), [NODES[2], NODES[2]]],
                         ids=['node', 'list', 'tuple', 'iterator', 'generator', 'set', 'keys', 'twice'])
def test_assign_and_remove_take_a_node_or_any_iterable_of_nodes(nodes: Any) -> None:
    job = moldable()
    job.assigned(nodes)
    assert ids(job) == [2]
    job.remove(NODES[2])
    assert ids(job) == []


def test_assign_shows_at_once_but_leaves_the_states_to_the_simulator() -> None:
    job = moldable()
    assert not job.modified
    job.assign(NODES[:2])
    assert job.modified and job.state is JobState.PENDING
    assert NODES[0].state is NodeState.FREE and NODES[0].assigned_jobs == []


def test_remove_keeps_the_order_of_the_others_and_ignores_foreign_nodes() -> None:
    job = moldable(assigned_nodes=[NODES[5], NODES[2], NODES[7], NODES[0]])
    job.remove([NODES[2], NODES[6]])
    assert ids(job) == [5, 7, 0] and job.assigned_node_ids == {0, 5, 7}


def test_nodes_taken_from_a_job_can_be_passed_on() -> None:
    giver, taker = moldable(assigned_nodes=NODES[:3]), moldable()
    given = giver.assigned_nodes
    giver.remove(given)
    taker.assign(given)
    assert ids(giver) == [] and ids(taker) == [0, 1, 2]


@pytest.mark.parametrize('operation', [lambda job: job.assign(NODES[:2]), lambda job: job.assign([]),
                                       lambda job: job.remove(NODES[5])], ids=['same nodes', 'no node', 'foreign node'])
def test_operations_without_effect_have_the_job_sent_as_it_is(operation: Operation) -> None:
    job = moldable(assigned_nodes=NODES[:2])
    operation(job)
    assert job.modified and ids(job) == [0, 1]


@pytest.mark.parametrize('gpus', [None, 0, 1, 8, -1, 'two', 2.5])
def test_whatever_is_said_of_the_gpus_of_a_rigid_job_changes_nothing(gpus: Any) -> None:
    job = Job(0, JobType.RIGID, num_nodes=1, num_gpus_per_node=4)
    job.assign(NODES[0])
    job.assign_num_gpus_per_node(gpus)
    assert job.assigned_num_gpus_per_node == 4


@pytest.mark.parametrize('gpus, count',
                         [(2, 2), (2.0, 2), (2.9, 2), (True, 1)])
def test_numbers_of_any_kind_are_numbers_of_gpus(gpus: Any, count: int) -> None:
    job = moldable(num_gpus_per_node_min=0, num_gpus_per_node_max=4)
    job.assign_num_gpus_per_node(gpus)
    assert job.assigned_num_gpus_per_node == count and type(job.assigned_num_gpus_per_node) is int


def test_arguments_have_the_names_they_have_in_elastisim_too() -> None:
    job = moldable(num_gpus_per_node_min=0, num_gpus_per_node_max=4)
    job.assign(nodes=[NODES[1], NODES[0]])
    job.remove(nodes=NODES[0])
    job.assign_num_gpus_per_node(assigned_num_gpus_per_node=2)
    assert ids(job) == [1] and job.assigned_num_gpus_per_node == 2


def test_jobs_and_nodes_are_compared_hashed_and_ordered_by_their_identifiers() -> None:
    job, other = moldable(), Job(1, JobType.RIGID)
    twin, node = copy.deepcopy(job), copy.copy(NODES[1])
    assert job == twin and hash(job) == hash(twin) and {job: 1}[twin] == 1 and job != other and job != 0
    assert node == NODES[1] and hash(node) == hash(NODES[1]) and node in NODES and node != NODES[2] and node != job
    assert sorted([other, job]) == [job, other] and sorted([NODES[3], NODES[1]]) == [NODES[1], NODES[3]]
    assert min((5.0, other), (5.0, job)) == (5.0, job)
    with pytest.raises(TypeError):
        operator.lt(job, NODES[0])


def test_the_class_of_a_job_can_be_changed_to_one_derived_from_it() -> None:
    class Extended(Job):
        extra: int

        def wanted(self) -> int:
            return self.extra + (self.num_nodes or 0)

        def __repr__(self) -> str:
            return f'J{self.identifier}'

    job: Any = Job(2, JobType.RIGID, num_nodes=3)
    job.__class__ = Extended
    job.extra = 4
    assert isinstance(job, Job) and isinstance(job, Extended) and job.wanted() == 7 and repr([job]) == '[J2]'


def test_a_job_that_is_marked_by_hand_is_sent_once() -> None:
    job = moldable()
    sent: list[Job] = []
    job._modified_jobs = sent
    job.modified = True
    job.modified = True
    job.modified = False
    job.modified = True
    job.assigned_nodes = [NODES[2]]
    assert json.loads(encode_answer(sent))['jobs'] == [
        {'id': 0, 'assigned_node_ids': [2], 'assigned_num_gpus_per_node': 0, 'kill_flag': False,
         'modified_runtime_args': False, 'runtime_arguments': {}}]


class Wrapped:
    """A class of the user's that stands for a node."""

    def __init__(self, node: Node) -> None:
        self.identifier, self.node = node.identifier, node


def test_what_stands_for_a_node_is_one() -> None:
    job: Any = moldable()
    job.assign([Wrapped(NODES[3])])
    job.assign(Wrapped(NODES[1]))
    assert job.to_dict()['assigned_node_ids'] == [3, 1]
    with pytest.raises(TypeError, match='expected a Node or a list of Nodes, not <Job 0'):
        moldable().assign(job)


@pytest.mark.parametrize('job, gpus', [
    (Job(0, JobType.RIGID, num_nodes=1, num_gpus_per_node=4), 4),
    (Job(0, JobType.MOLDABLE, num_nodes_min=1, num_nodes_max=2, num_gpus_per_node_min=2, num_gpus_per_node_max=4), 2),
    (Job(0, JobType.RIGID, num_nodes=1, num_gpus_per_node=0), 0),
], ids=['rigid', 'moldable', 'without GPUs'])
def test_a_job_starts_with_the_gpus_it_needs_at_least(job: Job, gpus: int) -> None:
    job.assign(NODES[0])
    assert job.assigned_num_gpus_per_node == gpus


@pytest.mark.parametrize('order', ['before', 'after'])
def test_the_choice_of_gpus_holds_before_and_after_assign(order: str) -> None:
    job = moldable(num_gpus_per_node_min=1, num_gpus_per_node_max=4)
    if order == 'before':
        job.assign_num_gpus_per_node(3)
    job.assign(NODES[0])
    if order == 'after':
        job.assign_num_gpus_per_node(3)
    assert job.assigned_num_gpus_per_node == 3 and job.modified


def test_expanding_a_running_job_leaves_its_gpus_alone() -> None:
    job = moldable(state=JobState.RUNNING, num_gpus_per_node_min=1, num_gpus_per_node_max=4,
                   assigned_num_gpus_per_node=2)
    job.assign(NODES[0])
    assert job.assigned_num_gpus_per_node == 2


def test_the_answer_has_the_orders_to_jobs_and_the_commands_to_nodes() -> None:
    job, other, over = Job(0, JobType.RIGID), Job(1, JobType.RIGID), ended(JobState.COMPLETED)
    job.preempt()
    other.preempt()
    other.preempt(from_checkpoint=True)
    over.preempt()
    assert not over.modified
    nodes = Nodes([Node(0), Node(1)])
    nodes[1].drain()
    nodes[0].switch_off()
    nodes[1].resume()
    nodes[0].switch_on()
    copy.deepcopy(nodes[0]).drain()
    Node(7).drain()
    answer = json.loads(encode_answer([other, job], nodes.commands))
    assert [(entry['id'], entry['preempt']) for entry in answer['jobs']] == [(0, 'requeue'), (1, 'restart')]
    assert answer['nodes'] == [{'id': 1, 'command': 'drain'}, {'id': 0, 'command': 'switch_off'},
                               {'id': 1, 'command': 'resume'}, {'id': 0, 'command': 'switch_on'}]
    assert 'nodes' not in json.loads(encode_answer([job]))
    twice = Job(2, JobType.RIGID)
    twice.suspend()
    twice.resume()
    over.suspend()
    over.resume()
    assert not over.modified
    entry = json.loads(encode_answer([twice]))['jobs'][0]
    assert (entry['suspend'], entry['resume']) == (True, True)
    job._settle()
    job.modified = True
    assert 'preempt' not in json.loads(encode_answer([job]))['jobs'][0]


def test_kill_is_a_flag_and_changes_nothing_about_an_ended_job() -> None:
    job, over = moldable(), ended(JobState.COMPLETED)
    job.kill()
    over.kill()
    assert job.kill_flag and job.modified and job.state is JobState.PENDING
    assert not over.kill_flag and not over.modified


@pytest.mark.parametrize('value, text', [
    (1, '1'), (0.1, '0.1'), ('2*num_nodes', '2*num_nodes'), (True, '1'), (float('inf'), 'inf'), (None, 'None')])
def test_runtime_arguments_become_texts(value: Any, text: str) -> None:
    job = moldable()
    job.update_runtime_argument('scale', value)
    assert job.runtime_arguments == {'scale': text} and job.modified


@pytest.mark.parametrize('misuse, error, words', [
    (lambda job: job.assign(3), TypeError, 'expected a Node or a list of Nodes, not 3'),
    (lambda job: job.assign([NODES[0], 3]), TypeError, 'found 3 in the list'),
    (lambda job: job.assign(None), TypeError, 'not None'),
    (lambda job: job.remove([None]), TypeError, 'found None'),
    (lambda job: job.assign_num_gpus_per_node(-1), ValueError, "can't be negative: -1"),
    (lambda job: job.assign_num_gpus_per_node(None), TypeError, 'must be an integer, not None'),
    (lambda job: job.assign_num_gpus_per_node('2'), TypeError, "must be an integer, not '2'"),
    (lambda job: job.assign_num_gpus_per_node(float('inf')), ValueError, 'must be finite, not inf'),
    (lambda job: job.update_runtime_argument('', 2), ValueError, "can't be empty"),
])
def test_misuse_is_told_and_changes_nothing(misuse: Operation, error: type[Exception], words: str) -> None:
    job = moldable()
    with pytest.raises(error, match=words):
        misuse(job)
    assert not job.modified and not job.assigned_nodes and not job.runtime_arguments


@pytest.mark.parametrize('state', [JobState.COMPLETED, JobState.KILLED])
def test_an_ended_job_gets_no_nodes(state: JobState) -> None:
    with pytest.raises(ValueError, match=rf"job 3 has ended \({state.name}\): can't assign nodes to it"):
        ended(state).assign(NODES[0])


@pytest.mark.parametrize('state', [JobState.COMPLETED, JobState.KILLED])
@pytest.mark.parametrize('operation', [
    lambda job: job.remove(NODES[0]), lambda job: job.assign_num_gpus_per_node(1), lambda job: job.kill(),
    lambda job: job.update_runtime_argument('x', 1)], ids=['remove', 'gpus', 'kill', 'argument'])
def test_whatever_else_is_done_to_an_ended_job_changes_nothing(state: JobState, operation: Operation) -> None:
    job = Job(3, JobType.MALLEABLE, state, assigned_nodes=NODES[:2])
    operation(job)
    assert not job.modified and ids(job) == [0, 1] and not job.runtime_arguments


@given(st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(range(8))))))
def test_any_sequence_of_assign_and_remove_keeps_order_and_uniqueness(steps: list[tuple[bool, list[int]]]) -> None:
    job = moldable()
    model: list[int] = []
    for assigning, chosen in steps:
        if assigning:
            job.assign([NODES[i] for i in chosen])
            model += [i for i in dict.fromkeys(chosen) if i not in model]
        else:
            job.remove([NODES[i] for i in chosen])
            model = [i for i in model if i not in chosen]
        assert ids(job) == model and job.assigned_node_ids == set(model)
