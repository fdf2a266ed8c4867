"""Nodes that are told of in groups are, to the algorithm, what they are when they are told of one by one."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from elastisim_python import GpuState, Node, NodeState
from elastisim_python.state import State
from hypothesis import given
from hypothesis import strategies as st
from standin import Json, node, nodes, rigid

NODES, GPUS, JOBS = 6, 2, 4


def first_message() -> Json:
    gpus = [{'id': i, 'state': 0} for i in range(GPUS)]
    return {'time': 0, 'invocation_type': 0, 'jobs': [rigid(i) for i in range(JOBS)],
            'nodes': [node(i, gpus=gpus, type=i % 2) for i in range(NODES)]}


def one_by_one(groups: list[Json]) -> Json:
    entries = [node(i, type=i % 2, state=group['state'], assigned_jobs=group['assigned_jobs'],
                    gpus=[{'id': g, 'state': int(g < group.get('gpus_allocated', 0))} for g in range(GPUS)])
               for group in groups for i in group['ids']]
    return {'time': 1, 'invocation_type': 0, 'jobs': [], 'nodes': sorted(entries, key=lambda entry: int(entry['id']))}


def grouped(groups: list[Json]) -> Json:
    return {'time': 1, 'invocation_type': 0, 'jobs': [], 'node_groups': groups}


def seen(state: State, which: set[str]) -> list[Any]:
    """What is looked at; the rest stays as it was told."""
    looks: dict[str, Any] = {
        'state': lambda node: node.state, 'type': lambda node: node.type,
        'gpus': lambda node: [(gpu.identifier, gpu.state) for gpu in node.gpus],
        'assigned_jobs': lambda node: [job.identifier for job in node.assigned_jobs],
        'assigned_job_ids': lambda node: node.assigned_job_ids,
    }
    shown = [[(name, look(node)) for name, look in looks.items() if name in which] for node in state.nodes]
    return [shown, [node.identifier for node in state.nodes.free], [node.identifier for node in state.nodes.changed]]


Group: st.SearchStrategy[Json] = st.fixed_dictionaries({
    'state': st.integers(0, 2), 'assigned_jobs': st.lists(st.integers(0, JOBS - 1), unique=True),
    'gpus_allocated': st.integers(0, GPUS)})


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[Json], set[str]]:
    """Groups that share no node, and what the algorithm looks at."""
    ids = draw(st.permutations(range(NODES)))
    groups = []
    for group in draw(st.lists(Group, max_size=3)):
        size = draw(st.integers(0, len(ids)))
        groups.append({**group, 'ids': sorted(ids[:size])})
        ids = ids[size:]
    names = ('state', 'type', 'gpus', 'assigned_jobs', 'assigned_job_ids')
    return groups, draw(st.sets(st.sampled_from(names)))


@given(st.lists(rounds(), max_size=5))
def test_groups_are_as_good_as_their_nodes(history: list[tuple[list[Json], set[str]]]) -> None:
    plain, quick = State(), State()
    for state in (plain, quick):
        state.update(first_message())
    for groups, looks in history:
        systems = plain.update(one_by_one(groups)), quick.update(grouped(groups))
        assert seen(plain, looks) == seen(quick, looks)
        assert dict(systems[0]) == dict(systems[1].items())


def test_the_message_has_its_nodes_for_those_who_look_there() -> None:
    state = State()
    state.update({'time': 0, 'invocation_type': 0, 'jobs': [rigid(0)], 'nodes': nodes(3)})
    system = state.update(grouped([{'ids': [0, 2], 'state': 1, 'assigned_jobs': [0]},
                                   {'ids': [1], 'state': 2, 'assigned_jobs': []}]))
    assert 'nodes' in system and 'node_groups' not in system
    assert system['nodes'] == [node(0, state=1, assigned_jobs=[0]), node(1, state=2),
                               node(2, state=1, assigned_jobs=[0])]
    assert system['time'] == 1 and system.get('job') is None
    with pytest.raises(KeyError):
        system['anything']


def told(**group: Any) -> Node:
    state = State()
    state.update(first_message())
    state.update(grouped([{'ids': [0], 'state': 1, 'assigned_jobs': [2], **group}]))
    return state.nodes[0]


def test_what_was_made_stays_until_the_node_changes_and_can_be_set() -> None:
    it = told(gpus_allocated=1)
    gpus, jobs = it.gpus, it.assigned_jobs
    assert [gpu.state for gpu in gpus] == [GpuState.ALLOCATED, GpuState.FREE]
    assert it.gpus is gpus and it.assigned_jobs is jobs
    it.gpus = []
    assert it.gpus == []


def test_a_copy_has_everything() -> None:
    it = told(gpus_allocated=2)
    for twin in (copy.deepcopy(it), pickle.loads(pickle.dumps(it)), copy.copy(it)):
        assert (twin.state, len(twin.gpus), twin.assigned_job_ids) == (NodeState.ALLOCATED, 2, {2})
        assert [job.identifier for job in twin.assigned_jobs] == [2]
        assert '_told' not in vars(twin)


def test_a_node_has_no_attributes_that_nobody_set() -> None:
    it = Node(0)
    del it.gpus
    with pytest.raises(AttributeError, match="'Node' object has no attribute 'gpus'"):
        it.gpus
