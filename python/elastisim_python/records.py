"""What jobs and nodes are made of: in Python here, in C where the script runs inside the simulator.

There, the module ``_elastisim`` has classes of the same behaviour, whose attributes come from the simulator's own
state.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .ordering import in_order_of_a_set
from .views import PlainView

if TYPE_CHECKING:
    from .job import Job
    from .node import Node


class Shown:
    """The views in which decisions show at once; None as long as nobody looks."""

    def __init__(self) -> None:
        self.pending: PlainView[Job] | None = None
        self.free: PlainView[Node] | None = None


# The commands that end others.
_ENDS = {'resume': 'drain', 'switch_on': 'switch_off'}


class Commands(list[tuple[int, str]]):
    """What nodes are commanded in an invocation: identifiers and words, in their order."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self._shown = shown

    def give(self, identifier: int, word: str) -> None:
        """A node that is to go leaves the view of free nodes at once."""
        self.append((identifier, word))
        free = self._shown.free
        if free is not None and self.sends_away(identifier):
            free._hide(identifier)
        elif free is not None:
            free._show(identifier)

    def sends_away(self, identifier: int) -> bool:
        """Whether the commands so far have the node take nothing new."""
        reasons: set[str] = set()
        for node, word in self:
            if node == identifier and word in _ENDS:
                reasons.discard(_ENDS[word])
            elif node == identifier:
                reasons.add(word)
        return bool(reasons)


class _JobFigures:
    """What scripts look at in every job of every invocation stands in the object itself: one with many attributes has
    a dictionary of its own otherwise, and what is far apart in memory takes longer to look at than to compare."""

    __slots__ = (
        'state', 'type', 'identifier', 'num_nodes', 'num_nodes_min', 'num_nodes_max', 'submit_time', 'walltime',
        'start_time', 'end_time', 'num_gpus_per_node', 'num_gpus_per_node_min', 'num_gpus_per_node_max',
        'eligible_time', 'wait_time', 'makespan', 'turnaround_time', 'assigned_num_gpus_per_node', 'arguments',
        'attributes', 'runtime_arguments', 'total_phase_count', 'completed_phases', 'name', 'num_nodes_preferred',
        'runtime_estimate', 'kill_flag', 'modified_runtime_args', 'suspended', 'suspended_time')

    identifier: int


class PlainJob(_JobFigures):
    """The nodes of a job, and whether the scheduler has changed it."""

    # The nodes as the simulator last told of them, by identifier, and where to find them. The lists that
    # the scheduler sees are made when it first looks: most jobs of most invocations are never looked at.
    _told_ids: Sequence[int] = ()
    _all_nodes: Mapping[int, Node] = {}
    _node_ids: set[int] | None = None
    _node_list: list[Node] | None = None
    _modified = False
    # Where a job enters itself when it is first modified, so that an answer costs only what it says.
    _modified_jobs: list[Any] | None = None
    _shown = Shown()
    # What it is ordered beside changes of its nodes, as it is sent.
    _orders: dict[str, Any] | None = None
    # Where it runs while a change waits; else those told.
    _executing: Sequence[int] | None = None

    @property
    def assigned_nodes(self) -> list[Node]:
        nodes = self._node_list
        if nodes is None:
            known = self._all_nodes
            nodes = self._node_list = [known[i] for i in in_order_of_a_set(self._told_ids)]
        return nodes

    @assigned_nodes.setter
    def assigned_nodes(self, nodes: list[Node]) -> None:
        self._node_list = nodes

    @property
    def assigned_node_ids(self) -> set[int]:
        ids = self._node_ids
        if ids is None:
            nodes = self._node_list
            ids = self._node_ids = set(self._told_ids) if nodes is None else {node.identifier for node in nodes}
        return ids

    @assigned_node_ids.setter
    def assigned_node_ids(self, ids: set[int]) -> None:
        self._node_ids = ids

    @property
    def _executing_nodes(self) -> list[Node]:
        """Where it runs; of one that belongs to no simulation, what it was given."""
        known = self._all_nodes
        if not known:
            return self.assigned_nodes
        return [known[i] for i in (self._told_ids if self._executing is None else self._executing)]

    @property
    def modified(self) -> bool:
        return self._modified

    @modified.setter
    def modified(self, modified: bool) -> None:
        if modified:
            self._modify()
        self._modified = bool(modified)

    def _modify(self) -> None:
        if not self._modified:
            self._modified = True
            if self._modified_jobs is not None:
                self._modified_jobs.append(self)

    def _append(self, nodes: Iterable[Node]) -> None:
        """Appends the nodes that it hasn't yet."""
        ids, assigned, free = self.assigned_node_ids, self.assigned_nodes, self._shown.free
        for node in nodes:
            if node.identifier not in ids:
                assigned.append(node)
                ids.add(node.identifier)
                if free is not None:
                    free._hide(node.identifier)

    def _show_nodes(self, ids: Sequence[int]) -> None:
        """Takes over the identifiers of the nodes that the simulator tells of."""
        self._told_ids = ids
        self._node_ids = self._node_list = None


class Told:
    """What a message said of a group of nodes."""

    __slots__ = ('job_ids', 'gpus_allocated', 'known_jobs')

    def __init__(self, job_ids: Sequence[int], gpus_allocated: int, known_jobs: Mapping[int, Job]) -> None:
        self.job_ids = job_ids
        self.gpus_allocated = gpus_allocated
        self.known_jobs = known_jobs


class _NodeFigures:
    """The same for nodes, and where commands to them are noted."""

    __slots__ = ('state', 'identifier', 'type', '_commands')

    _commands: Commands | None


class PlainNode(_NodeFigures):
    """What a node has besides its state, made when somebody looks: most nodes are never looked at."""

    _told: Told | None = None
    # Whether it has anything that was made from what was told before.
    _made = True
    _num_gpus = 0

    def _forget(self) -> None:
        # Not by way of __dict__, which makes a dictionary of what needs none.
        for name in ('assigned_jobs', 'assigned_job_ids', 'gpus'):
            try:
                delattr(self, name)
            except AttributeError:
                pass
        self._made = False


class _Made:
    """An attribute that stands on the node from the first look on, as one that was set does."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, node: Any, owner: type) -> Any:
        if node is None:
            return self
        if node._told is None:
            raise AttributeError(f'{owner.__name__!r} object has no attribute {self._name!r}')
        made = self._make(node)
        setattr(node, self._name, made)
        node._made = True
        return made


def make_when_looked_at(node_class: type, gpus: Callable[[Any], Any]) -> None:
    """Gives a class of nodes the attributes that are made from what was told."""
    makes: dict[str, Callable[[Any], Any]] = {
        'assigned_jobs': lambda node: [node._told.known_jobs[identifier] for identifier in node._told.job_ids],
        'assigned_job_ids': lambda node: set(node._told.job_ids),
        'gpus': gpus,
    }
    for name, make in makes.items():
        attribute = _Made(make)
        attribute.__set_name__(node_class, name)
        setattr(node_class, name, attribute)


def plain_listed(nodes: object) -> list[Any] | None:
    """A node or a list of them as a list; None where it takes a closer look."""
    return None


__all__ = ['IN_PROCESS', 'Commands', 'JobRecord', 'NodeRecord', 'Shown', 'Told', 'View', 'listed',
           'make_when_looked_at']

IN_PROCESS = '_elastisim' in sys.builtin_module_names
"""Whether this is the simulator's own process."""

if TYPE_CHECKING or not IN_PROCESS:
    JobRecord = PlainJob
    NodeRecord = PlainNode
    View = PlainView
    listed = plain_listed
else:
    from _elastisim import JobRecord, NodeRecord, ViewRecord, listed, set_nobody

    set_nobody(Shown())

    class View(ViewRecord, Sequence):
        __doc__ = PlainView.__doc__
