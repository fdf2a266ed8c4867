"""The views of jobs and nodes, and columns, without a simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import Any, cast

import pytest
from elastisim_python import Job
from elastisim_python.records import View
from elastisim_python.state import State
from hypothesis import given
from hypothesis import strategies as st
from standin import Json, node, nodes, rigid


def told(state: State, jobs: Iterable[Json] = (), nodes: Iterable[Json] = ()) -> State:
    state.update({'time': 0, 'invocation_type': 0, 'jobs': list(jobs), 'nodes': list(nodes)})
    return state


def ids(view: Iterable[Any]) -> list[int]:
    return [entity.identifier for entity in view]


@pytest.fixture(params=['looked at before', 'looked at after'])
def state(request: pytest.FixtureRequest) -> State:
    """Three jobs, of which 1 runs, and four nodes, of which 0 is taken."""
    state = State()
    if request.param == 'looked at before':
        look_at_all(state)
    return told(state, [rigid(0), rigid(1, state=4, assigned_nodes=[0]), rigid(2)],
                [node(0, state=1, assigned_jobs=[1]), *nodes(4)[1:]])


def look_at_all(state: State) -> list[list[int]]:
    jobs, nodes = state.jobs, state.nodes
    views: list[Iterable[Any]] = [jobs.pending, jobs.running, jobs.changed, nodes.free, nodes.changed]
    return [ids(view) for view in views]


def test_views_show_what_the_simulator_tells(state: State) -> None:
    assert look_at_all(state) == [[0, 2], [1], [0, 1, 2], [1, 2, 3], [0, 1, 2, 3]]
    told(state, [rigid(0, state=4, assigned_nodes=[2]), rigid(1, state=7)],
         [node(0), node(2, state=1, assigned_jobs=[0])])
    assert look_at_all(state) == [[2], [0], [0, 1], [0, 1, 3], [0, 2]]
    told(state)
    assert look_at_all(state) == [[2], [0], [], [0, 1, 3], []]


def test_decisions_show_at_once_and_the_next_message_counts(state: State) -> None:
    state.jobs[0].assign(state.nodes.free[:2])
    assert look_at_all(state) == [[2], [1], [0, 1, 2], [3], [0, 1, 2, 3]]
    assert state.nodes[1] not in state.nodes.free and state.jobs[0] not in state.jobs.pending
    state.jobs[0].remove(state.nodes[1])
    assert (ids(state.jobs.pending), ids(state.nodes.free)) == ([2], [1, 3])
    state.jobs[0].remove(state.nodes[2])
    assert (ids(state.jobs.pending), ids(state.nodes.free)) == ([0, 2], [1, 2, 3])
    state.jobs[2].kill()
    state.jobs[0].assign(state.nodes[3])
    assert (ids(state.jobs.pending), ids(state.nodes.free)) == ([], [1, 2])
    told(state)
    assert (ids(state.jobs.pending), ids(state.nodes.free)) == ([0, 2], [1, 2, 3])


@pytest.mark.parametrize('leave', [Job.kill, Job.preempt])
def test_the_nodes_of_a_job_that_leaves_them_can_be_given_on(state: State, leave: Callable[[Job], None]) -> None:
    leave(state.jobs[1])
    assert ids(state.nodes.free) == [0, 1, 2, 3]
    state.jobs[0].assign(state.nodes[0])
    assert ids(state.nodes.free) == [1, 2, 3]
    told(state, [rigid(0, state=4, assigned_nodes=[0]), rigid(1)], [node(0, state=1, assigned_jobs=[0])])
    assert ids(state.nodes.free) == [1, 2, 3] and ids(state.jobs.running) == [0]


def test_nodes_that_are_shared_drain_or_are_only_expected_are_not_free_when_a_job_leaves(state: State) -> None:
    """Job 1 runs on 0, 1 and 2, and is to run on 3, too. Job 2 is on 1, and 2 drains."""
    told(state, [rigid(1, state=5, executing_nodes=[0, 1, 2], assigned_nodes=[0, 1, 2, 3]),
                 rigid(2, state=4, assigned_nodes=[1])],
         [node(0, state=1, assigned_jobs=[1]), node(1, state=1, assigned_jobs=[1, 2]),
          node(2, state=1, assigned_jobs=[1], availability=1), node(3, state=2)])
    state.jobs[1].preempt()
    assert ids(state.nodes.free) == [0]
    told(state, [rigid(1, state=4, assigned_nodes=[3])], [node(0), node(3, state=1, assigned_jobs=[1])])
    state.jobs[1].preempt()
    assert ids(state.nodes.free) == [0, 3]


def test_a_job_says_whether_it_is_suspended_and_for_how_long_it_was(state: State) -> None:
    job = state.jobs[1]
    assert (job.suspended, job.suspended_time) == (False, 0.0)
    told(state, [rigid(1, state=4, suspended=True, suspended_time=2)])
    assert (job.suspended, job.suspended_time) == (True, 2.0)
    told(state, [rigid(1, state=4, suspended_time=5.5)])
    assert (job.suspended, job.suspended_time) == (False, 5.5)


def test_nodes_that_are_to_go_are_not_free_unless_that_is_taken_back(state: State) -> None:
    first, second, third = state.nodes[1:]
    first.drain()
    second.switch_off()
    assert ids(state.nodes.free) == [3]
    first.switch_off()
    first.resume()
    second.switch_on()
    third.resume()
    assert ids(state.nodes.free) == [2, 3]
    assert state.commands == [(1, 'drain'), (2, 'switch_off'), (1, 'switch_off'), (1, 'resume'), (2, 'switch_on'),
                              (3, 'resume')]
    told(state)
    assert state.commands == [] and ids(state.nodes.free) == [1, 2, 3]


def test_one_may_decide_while_one_iterates(state: State) -> None:
    seen = []
    for job in state.jobs.pending:
        job.assign(state.nodes.free[0])
        seen.append(job.identifier)
    assert seen == [0, 2] and ids(state.nodes.free) == [3]
    for first in state.nodes.free:
        state.jobs[1].assign(state.nodes[3])
    assert not state.nodes.free and not state.jobs.pending


def test_a_view_is_a_sequence(state: State) -> None:
    free = state.nodes.free
    assert isinstance(free, Sequence) and len(free) == 3 and bool(free)
    assert (free[0], free[-1], free[1:], free[:-1], free[::2], free[::-1]) == (
        state.nodes[1], state.nodes[3], state.nodes[2:], state.nodes[1:3], state.nodes[1::2], state.nodes[:0:-1])
    assert state.nodes[2] in free and state.nodes[0] not in free and 2 not in free
    assert free.index(state.nodes[3]) == 2 and list(reversed(free)) == state.nodes[:0:-1]
    assert repr(free) == '[<Node 1 FREE>, <Node 2 FREE>, <Node 3 FREE>]'
    with pytest.raises(IndexError, match='there are 3, none at 3'):
        free[3]
    with pytest.raises(TypeError):
        free[cast(Any, 'a')]


class Item:
    def __init__(self, identifier: int) -> None:
        self.identifier = identifier


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(['in', 'out', 'hide', 'show', 'all']))),
       st.slices(12))
def test_a_view_is_the_list_of_its_members(steps: list[tuple[int, str]], part: slice) -> None:
    view: View[Any] = View()
    items = [Item(i) for i in range(31)]
    members: set[int] = set()
    hidden: set[int] = set()
    for item in items:
        view._put(item.identifier, item)
    for at, step in steps:
        if step in ('in', 'out'):
            view._mark(at, step == 'in')
            (members.add if step == 'in' else members.discard)(at)
            hidden.discard(at)
        elif step == 'hide':
            view._hide(at)
            if at in members:
                members.discard(at)
                hidden.add(at)
        elif step == 'show':
            view._show(at)
            if at in hidden:
                hidden.discard(at)
                members.add(at)
        else:
            view._show_all()
            members |= hidden
            hidden.clear()
        assert len(view) == len(members)
    expected = [items[at] for at in sorted(members)]
    assert list(view) == expected and view[part] == expected[part]
    assert [item for item in items if item in view] == expected


def test_columns_are_buffers_that_follow_what_changes(state: State) -> None:
    submitted, states = state.jobs.column('submit_time'), state.jobs.column('state')
    assert (submitted.readonly, submitted.format, list(submitted), list(states)) == (True, 'd', [0, 0, 0], [1, 4, 1])
    told(state, [rigid(1, state=7), rigid(3, submit_time=2.5), rigid(5)])
    assert list(state.jobs.column('state')) == [1, 7, 1, 1, pytest.approx(float('nan'), nan_ok=True), 1]
    assert state.jobs.column('submit_time')[3] == 2.5 and isnan(state.jobs.column('runtime_estimate')[0])
    assert list(submitted) == [0, 0, 0] and list(state.nodes.column('identifier')) == [0, 1, 2, 3]
    with pytest.raises(AttributeError):
        state.jobs.column('mood')
    with pytest.raises(TypeError):
        state.jobs.column('arguments')


def test_sorted_lists_leave_views_and_columns_alone(state: State) -> None:
    state.nodes.reverse()
    assert ids(state.nodes.free) == [1, 2, 3] and list(state.nodes.column('identifier')) == [0, 1, 2, 3]
