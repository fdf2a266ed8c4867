"""Compute nodes and their GPUs, as the simulator last told of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from .enumerations import quick
from .records import IN_PROCESS, Commands, NodeRecord, make_when_looked_at

if TYPE_CHECKING:
    from .job import Job


@quick
class GpuState(Enum):
    """Whether a GPU computes."""

    FREE = 0
    ALLOCATED = 1


@quick
class NodeState(Enum):
    """What a node is doing."""

    FREE = 0
    """No job runs on it and none is expected."""
    ALLOCATED = 1
    """At least one job runs on it."""
    RESERVED = 2
    """No job runs on it, but one will expand onto it at its next scheduling point, or it can't be had."""


@quick
class NodeAvailability(Enum):
    """Whether a node can be had, whatever runs on it. One that isn't up is never FREE and can't be assigned."""

    UP = 0
    """It can."""
    DRAINING = 1
    """It keeps its jobs and takes nothing new."""
    DOWN = 2
    """It has failed."""
    OFF = 3
    """It is switched off."""
    BOOTING = 4
    """It is being switched on."""
    STOPPING = 5
    """It is being switched off."""


@quick
class NodeType(Enum):
    """Which burst buffer a node has."""

    COMPUTE_NODE = 0
    """None."""
    COMPUTE_NODE_WITH_BB = 1
    """One that the node uses alone."""
    COMPUTE_NODE_WIDE_STRIPED_BB = 2
    """One that the data of a job is striped over, together with those of the job's other nodes."""
    COMPUTE_NODE_WITH_WIDE_STRIPED_BB = 2
    """Another spelling of COMPUTE_NODE_WIDE_STRIPED_BB."""


@dataclass(eq=False)
class Gpu:
    """A GPU of a node.

    Attributes:
        identifier: Counts from 0 within the node.
        state: Whether it computes.
    """

    identifier: int
    state: GpuState = GpuState.FREE


class Node(NodeRecord):
    """A compute node. It shows what the simulator last said: assigning it to a job, or a command, doesn't change it.

    There is one object per node for the whole simulation, brought up to date before each invocation. Nodes are equal,
    hashed and ordered by their identifiers, so that a copy stands for the same node.

    Attributes:
        identifier: The node's index in ``nodes``.
        type: Which burst buffer it has.
        state: Whether it is free, runs a job or waits for one.
        gpus: Its GPUs, by identifier; empty if it has none.
        assigned_jobs: The jobs on it; more than one only with oversubscription.
        assigned_job_ids: Their identifiers.
        availability: Whether it can be had.
        returns: When it will be up again, in simulated seconds; ``math.inf`` while it is up or that isn't known.
        leaves: When the next outage that was announced begins, in simulated seconds; ``math.inf`` without one.
    """

    def __init__(self, identifier: int, type: NodeType = NodeType.COMPUTE_NODE, state: NodeState = NodeState.FREE,
                 gpus: Iterable[Gpu] = (), assigned_jobs: Iterable[Job] = (),
                 availability: NodeAvailability = NodeAvailability.UP, returns: float = math.inf,
                 leaves: float = math.inf) -> None:
        self.identifier = identifier
        self.type = type
        self.state = state
        self.gpus: list[Gpu] = list(gpus)
        self.assigned_jobs: list[Job] = list(assigned_jobs)
        self.assigned_job_ids: set[int] = {job.identifier for job in self.assigned_jobs}
        self.availability = availability
        self.returns = returns
        self.leaves = leaves
        self._commands = None

    def drain(self) -> None:
        """Has the node keep its jobs and take nothing new, until resume."""
        self._command('drain')

    def resume(self) -> None:
        """Ends what drain has begun. An outage of the availability file goes on."""
        self._command('resume')

    def switch_off(self) -> None:
        """Has the node switched off as soon as no job runs there, until switch_on."""
        self._command('switch_off')

    def switch_on(self) -> None:
        """Ends what switch_off has begun: the node boots. An outage of the availability file goes on."""
        self._command('switch_on')

    def _command(self, word: str) -> None:
        """A copy, and a node of no list, can be commanded what one likes."""
        commands: Commands | None = getattr(self, '_commands', None)
        if commands is not None:
            commands.give(self.identifier, word)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self.identifier == other.identifier

    def __hash__(self) -> int:
        return hash(self.identifier)

    def __lt__(self, other: Node) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self.identifier < other.identifier

    def __repr__(self) -> str:
        return f'<Node {self.identifier} {self.state.name}>'

    def __getstate__(self) -> dict[str, Any]:
        own = {name: value for name, value in vars(self).items() if name not in _OF_THE_ORIGINAL}
        return {**own, **{name: getattr(self, name) for name in _ATTRIBUTES}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


_ATTRIBUTES = ('identifier', 'type', 'state', 'gpus', 'assigned_jobs', 'assigned_job_ids', 'availability', 'returns',
               'leaves')
_OF_THE_ORIGINAL = ('_told', '_made', '_num_gpus')


def _gpus(node: Any) -> list[Gpu]:
    allocated = node._told.gpus_allocated
    return [Gpu(i, GpuState.ALLOCATED if i < allocated else GpuState.FREE) for i in range(node._num_gpus)]


if not IN_PROCESS:
    make_when_looked_at(Node, _gpus)
