"""What the algorithm sees of the simulator's messages, and what becomes of its decisions."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import pytest
from elastisim_python import GpuState, InvocationType, Job, JobState, JobType, Node, NodeState, NodeType
from elastisim_python.protocol import ProtocolError, encode_answer
from elastisim_python.state import State
from hypothesis import given
from hypothesis import strategies as st
from standin import Json, node, nodes, rigid


def message(jobs: Iterable[Any] = (), nodes: Iterable[Any] = (), **more: Any) -> Json:
    return {'time': 0, 'invocation_type': 0, 'jobs': list(jobs), 'nodes': list(nodes), **more}


def test_assigned_nodes_come_in_the_order_of_a_set_of_identifiers_as_in_elastisim() -> None:
    state = State()
    state.update(message(nodes=nodes(9), jobs=[{'id': 0, 'state': 4, 'type': 2, 'assigned_nodes': [5, 6, 7, 8]}]))
    job, = state.jobs
    assert [node.identifier for node in job.assigned_nodes] == [8, 5, 6, 7]


def test_every_documented_figure_of_a_job_arrives() -> None:
    state = State()
    state.update(message(nodes=nodes(3), jobs=[{
        'id': 0, 'state': 4, 'type': 4, 'walltime': 60, 'submit_time': 1, 'start_time': 2.5, 'end_time': -1,
        'wait_time': 1.5, 'makespan': -1, 'turnaround_time': -1, 'num_nodes_min': 1, 'num_nodes_max': 3,
        'num_gpus_per_node_min': 0, 'num_gpus_per_node_max': 2, 'assigned_nodes': [2, 0],
        'assigned_num_gpus_per_node': 1, 'arguments': {'x': '20'}, 'attributes': {'priority': '50'},
        'runtime_arguments': {'y': '1'}, 'total_phase_count': 7, 'completed_phases': 3, 'name': 'lulesh',
        'num_nodes_preferred': 2, 'runtime_estimate': 30}]))
    job, = state.jobs
    assert (job.identifier, job.type, job.state) == (0, JobType.ADAPTIVE, JobState.RUNNING)
    assert (job.walltime, job.submit_time, job.start_time, job.end_time) == (60, 1, 2.5, -1)
    assert (job.wait_time, job.makespan, job.turnaround_time) == (1.5, -1, -1)
    assert (job.num_nodes, job.num_gpus_per_node) == (None, None)
    assert (job.num_nodes_min, job.num_nodes_max) == (1, 3)
    assert (job.num_gpus_per_node_min, job.num_gpus_per_node_max) == (0, 2)
    assert job.assigned_nodes == [state.nodes[0], state.nodes[2]] and job.assigned_node_ids == {0, 2}
    assert job.assigned_num_gpus_per_node == 1
    assert (job.arguments, job.attributes, job.runtime_arguments) == ({'x': '20'}, {'priority': '50'}, {'y': '1'})
    assert (job.total_phase_count, job.completed_phases) == (7, 3)
    assert (job.name, job.num_nodes_preferred, job.runtime_estimate) == ('lulesh', 2, 30)


def test_every_documented_figure_of_a_node_arrives() -> None:
    state = State()
    state.update(message(jobs=[rigid(0), rigid(1)], nodes=[
        node(0, type=2, state=1, assigned_jobs=[1, 0], gpus=[{'id': 0, 'state': 0}, {'id': 1, 'state': 1}])]))
    it, = state.nodes
    assert (it.identifier, it.type, it.state) == (0, NodeType.COMPUTE_NODE_WITH_WIDE_STRIPED_BB, NodeState.ALLOCATED)
    assert it.assigned_jobs == [state.jobs[1], state.jobs[0]] and it.assigned_job_ids == {0, 1}
    assert [(gpu.identifier, gpu.state) for gpu in it.gpus] == [(0, GpuState.FREE), (1, GpuState.ALLOCATED)]


def test_optional_figures_are_none_and_what_is_left_out_is_empty() -> None:
    state = State()
    state.update(message(jobs=[{'id': 0, 'state': 1, 'type': 0}], nodes=[{'id': 0, 'state': 0, 'type': 0}]))
    job, = state.jobs
    assert (job.name, job.num_nodes_preferred, job.runtime_estimate, job.num_nodes) == (None, None, None, None)
    assert (job.assigned_nodes, job.arguments, job.attributes, job.runtime_arguments) == ([], {}, {}, {})
    assert (state.nodes[0].assigned_jobs, state.nodes[0].gpus) == ([], [])


def meant_for_the_algorithm(system: dict[str, Any]) -> Json:
    return {key: value for key, value in system.items() if key not in ('code', 'job_id', 'jobs', 'nodes')}


def test_system_holds_what_the_invocation_has() -> None:
    state = State()
    assert meant_for_the_algorithm(state.update(message(time=2, jobs=[rigid(0)]))) == {
        'time': 2.0, 'invocation_type': InvocationType.INVOKE_PERIODIC}
    assert meant_for_the_algorithm(state.update(message(time=3.5, invocation_type=5, job_id=0,
                                                        evolving_request=4))) == {
        'time': 3.5, 'invocation_type': InvocationType.INVOKE_EVOLVING_REQUEST, 'job': state.jobs[0],
        'evolving_request': 4}
    figures: Json = {'pfs_read_bw': 1e9, 'pfs_write_bw': 2e9, 'pfs_read_utilization': 0.0, 'pfs_write_utilization': 5e8}
    assert meant_for_the_algorithm(state.update(message(**figures))) == {
        'time': 0.0, 'invocation_type': InvocationType.INVOKE_PERIODIC, **figures}


def test_system_holds_the_keys_of_the_message_as_schedulers_for_elastisim_find_them() -> None:
    told = message(time=2, jobs=[rigid(0)], nodes=nodes(2), job_id=0, invocation_type=1, weather='fine')
    system = State().update(told)
    assert (system['job_id'], system['jobs'], system['nodes'], system['weather']) == (
        0, told['jobs'], told['nodes'], 'fine')


def test_unknown_fields_of_jobs_and_nodes_are_ignored() -> None:
    state = State()
    state.update(message(jobs=[rigid(0, mood='good')], nodes=[node(0, rack=3)]))
    assert not hasattr(state.jobs[0], 'mood') and not hasattr(state.nodes[0], 'rack')


def test_jobs_and_nodes_remain_the_same_objects_and_refer_to_each_other() -> None:
    state = State()
    state.update(message(jobs=[rigid(0)], nodes=nodes(2)))
    job, first = state.jobs[0], state.nodes[0]
    state.update(message(jobs=[rigid(0, state=4, assigned_nodes=[0])], nodes=[node(0, state=1, assigned_jobs=[0])]))
    assert state.jobs == [job] and state.nodes[0] is first
    assert job.assigned_nodes == [first] and first.assigned_jobs == [job]
    state.update(message(jobs=[rigid(0, state=7)], nodes=[node(0)]))
    assert job.state is JobState.COMPLETED and first.assigned_jobs == [] and first.assigned_job_ids == set()


@pytest.mark.parametrize('end', [7, 8])
@pytest.mark.parametrize('change, left', [
    (lambda job, nodes: None, [8, 5]), (lambda job, nodes: job.assign([nodes[2], nodes[0]]), [8, 0, 2, 5]),
    (lambda job, nodes: job.remove(nodes[5]), [8]), (lambda job, nodes: (job.remove(nodes[5]), job.kill()), [8, 5]),
], ids=['as told', 'after an assignment', 'after a removal', 'killed'])
def test_a_job_that_has_ended_shows_the_nodes_it_had_last(end: int, change: Callable[[Job, list[Node]], object],
                                                          left: list[int]) -> None:
    state = State()
    state.update(message(jobs=[rigid(0, type=2, state=4, assigned_nodes=[5, 8])], nodes=nodes(9)))
    job = state.jobs[0]
    change(job, state.nodes)
    state.update(message(jobs=[rigid(0, type=2, state=end)]))
    assert [node.identifier for node in job.assigned_nodes] == left and job.assigned_node_ids == set(left)


def test_a_copy_of_a_job_is_the_schedulers_own() -> None:
    state = State()
    state.update(message(jobs=[rigid(0, type=2, state=4, assigned_nodes=[1, 0])], nodes=nodes(3)))
    for twin in (copy.copy(state.jobs[0]), copy.deepcopy(state.jobs[0]), pickle.loads(pickle.dumps(state.jobs[0]))):
        assert twin == state.jobs[0] and twin.assigned_nodes == [state.nodes[0], state.nodes[1]]
        twin.kill()
    assert state.modified_jobs == [] and not state.jobs[0].kill_flag


def test_the_algorithm_may_rearrange_its_lists() -> None:
    state = State()
    state.update(message(jobs=[rigid(i) for i in range(4)], nodes=nodes(3)))
    spoils: list[Callable[[], object]] = [
        lambda: state.jobs.sort(key=lambda job: -job.identifier), lambda: state.jobs.pop(0),
        lambda: state.nodes.clear(), lambda: state.jobs.__setitem__(slice(0, 2), []),
        lambda: state.nodes.reverse(), lambda: state.nodes.append(state.nodes[0])]
    for spoil in spoils:
        spoil()
        state.update(message())
        assert [job.identifier for job in state.jobs] == [0, 1, 2, 3]
        assert [it.identifier for it in state.nodes] == [0, 1, 2]


def test_jobs_that_were_left_out_leave_no_hole_and_find_their_place_later() -> None:
    state = State()
    state.update(message(jobs=[rigid(0), rigid(3)]))
    assert [job.identifier for job in state.jobs] == [0, 3]
    state.update(message(jobs=[rigid(1)]))
    assert [job.identifier for job in state.jobs] == [0, 1, 3]


def job_of(entry: tuple[int, int]) -> int:
    return entry[0]


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([1, 4, 5, 6, 7, 8])), unique_by=job_of)))
def test_after_any_messages_the_jobs_are_those_sent_with_their_last_state(messages: list[list[tuple[int,
                                                                                                    int]]]) -> None:
    state = State()
    model: dict[int, int] = {}
    for entries in messages:
        state.update(message(jobs=[rigid(i, state=s) for i, s in entries]))
        model.update(entries)
        assert [(job.identifier, job.state.value) for job in state.jobs] == sorted(model.items())


def test_a_choice_of_gpus_does_not_outlive_the_next_word_of_the_simulator() -> None:
    state = State()
    told = rigid(0, num_gpus_per_node=2)
    state.update(message(jobs=[told], nodes=nodes(1)))
    state.jobs[0].assign_num_gpus_per_node(0)
    state.update(message(jobs=[told]))
    state.jobs[0].assign(state.nodes[0])
    assert state.jobs[0].assigned_num_gpus_per_node == 2


def test_modifications_are_forgotten_at_the_next_invocation() -> None:
    state = State()
    state.update(message(jobs=[rigid(0), rigid(1)], nodes=nodes(1)))
    job, other = state.jobs
    job.kill()
    other.update_runtime_argument('x', 1)
    state.update(message())
    assert not job.modified and not job.kill_flag and not other.modified
    assert encode_answer(state.modified_jobs) == b'{"code":4293673985,"jobs":[]}'
    other.assign(state.nodes[0])
    assert b'"modified_runtime_args":false,"runtime_arguments":{"x":"1"}' in encode_answer(state.modified_jobs)


@pytest.mark.parametrize('bad, words', [
    (message(jobs=[{'id': 0, 'type': 0}]), "job 0: it lacks 'state'"),
    (message(jobs=[{'id': 0, 'state': 1}]), "job 0: it lacks 'type'"),
    (message(jobs=[rigid(0, state=2)]), 'job 0: 2 is not a valid JobState'),
    (message(jobs=[rigid(0, type=9)]), 'job 0: 9 is not a valid JobType'),
    (message(jobs=[rigid(0, walltime='long')]), 'job 0: could not convert'),
    (message(jobs=[rigid(0, assigned_nodes=[5])]), 'job 0: it refers to node 5, which was never sent'),
    (message(jobs=[rigid(0, assigned_nodes=5)]), 'job 0: .*int'),
    (message(jobs=[rigid(0, attributes='x')]), 'job 0: '),
    (message(jobs=[{'state': 1}]), 'jobs .* without a valid id'),
    (message(jobs=[rigid(-1)]), 'jobs .* without a valid id'),
    (message(jobs=['x']), "jobs .* without a valid id: 'x'"),
    ({**message(), 'jobs': {}}, 'jobs .* is not a list'),
    (message(nodes=[node(0, state=3)]), 'node 0: 3 is not a valid NodeState'),
    (message(nodes=[node(0, assigned_jobs=[1])]), 'node 0: it refers to job 1'),
    (message(nodes=[node(0, gpus=[{'id': 0}])]), "node 0: it lacks 'state'"),
    (message(nodes=[node(0, gpus=[1])]), 'node 0: '),
    (message(job_id=7), 'invocation: it refers to job 7'),
    (message(invocation_type=8), 'invocation: 8 is not a valid InvocationType'),
    ({'invocation_type': 0}, "invocation: it lacks 'time'"),
])
def test_a_malformed_message_is_told_with_its_place(bad: Json, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        State().update(bad)


# What sys.settrace takes.
TraceFunction = Callable[[FrameType, str, Any], Any]


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python an invocation takes; each round of a loop within one line counts, too."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == 'line'
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


def test_an_invocation_costs_what_changed_and_not_what_is_there() -> None:
    def cost(jobs: int, others: int) -> int:
        state = State()
        state.update(message(jobs=[rigid(i) for i in range(jobs)], nodes=nodes(others)))

        def invocation() -> None:
            state.update(message(jobs=[rigid(7, state=4, assigned_nodes=[3])], nodes=[node(3, state=1)]))
            state.jobs[jobs - 1].kill()
            encode_answer(state.modified_jobs)

        return lines_run(invocation)

    assert cost(20_000, 5_000) == cost(20, 10) > 50
