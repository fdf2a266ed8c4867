"""Jobs: what the simulator says about them, and the operations by which a scheduler decides."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, SupportsIndex

from .node import Node

# None where a figure doesn't apply to the job's type. The union with Any rather than None lets
# type-checked schedulers look at job.type instead of asserting before every use.
Figure = int | Any


class JobType(Enum):
    """How a job's number of nodes comes about."""

    RIGID = 0
    """Fixed."""
    MOLDABLE = 1
    """The scheduler chooses it at the start."""
    MALLEABLE = 2
    """The scheduler can change it while the job runs."""
    EVOLVING = 3
    """The job can ask for another one while it runs."""
    ADAPTIVE = 4
    """Both malleable and evolving."""


class JobState(Enum):
    """Where a job is in its life."""

    PENDING = 1
    """Waiting in the queue."""
    RUNNING = 4
    """Running."""
    PENDING_RECONFIGURATION = 5
    """Running, with a reconfiguration waiting for the next scheduling point."""
    IN_RECONFIGURATION = 6
    """Running its on_reconfiguration phase."""
    COMPLETED = 7
    """Ended by itself."""
    KILLED = 8
    """Ended by its walltime or by the scheduler."""


@dataclass(eq=False, repr=False)
class Job:
    """A job, from its submission on.

    There is one object per job for the whole simulation, brought up to date before each invocation.
    The operations change the object at once (except its state) and reach the simulator when the
    scheduling function returns. They raise TypeError or ValueError where they make no sense whatever
    the platform is; the bounds of the job and the availability of nodes are checked by the simulator,
    against all decisions of the invocation together.

    Times are in seconds of simulated time; -1 stands for one that isn't known yet.

    Attributes:
        identifier: The job's index in ``jobs``; jobs are numbered in the order of submission.
        type: How the number of nodes comes about.
        state: Where the job is in its life.
        walltime: How long the job may run, 0 for no limit.
        num_nodes, num_gpus_per_node: What a rigid job needs; None for other types.
        num_nodes_min, num_nodes_max, num_gpus_per_node_min, num_gpus_per_node_max: The inclusive bounds of a
            job that isn't rigid; None for rigid ones.
        submit_time, start_time, end_time: When it was submitted, started and ended.
        wait_time: From submission to start.
        makespan: From start to end.
        turnaround_time: From submission to end.
        assigned_nodes: Its nodes, including the changes of this invocation. What the simulator sent comes first,
            in the iteration order of a set of the identifiers, as schedulers written for ElastiSim know it; a list
            that is sent back decides the order of the ranks.
        assigned_node_ids: Their identifiers.
        assigned_num_gpus_per_node: How many GPUs it uses on each node.
        arguments: What performance models know of, by name; values as strings.
        attributes: What the workload says to the scheduler, by name; values as strings.
        runtime_arguments: The arguments set by the scheduler, by name; values as strings.
        total_phase_count: Phase iterations in all, without the one-time phases.
        completed_phases: Phase iterations done.
        name: The name the workload gives it, or None.
        num_nodes_preferred: How many nodes it would like, or None.
        runtime_estimate: How long its owner expects it to run, or None.
        modified: Whether the scheduler has changed it in this invocation.
        kill_flag: Whether the scheduler has killed it in this invocation.
    """

    identifier: int
    type: JobType
    state: JobState = JobState.PENDING
    walltime: float = 0.0
    num_nodes: Figure = None
    num_gpus_per_node: Figure = None
    num_nodes_min: Figure = None
    num_nodes_max: Figure = None
    num_gpus_per_node_min: Figure = None
    num_gpus_per_node_max: Figure = None
    submit_time: float = 0.0
    start_time: float = -1.0
    end_time: float = -1.0
    wait_time: float = -1.0
    makespan: float = -1.0
    turnaround_time: float = -1.0
    assigned_nodes: list[Node] = field(default_factory=list)
    assigned_num_gpus_per_node: int = 0
    arguments: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    runtime_arguments: dict[str, str] = field(default_factory=dict)
    total_phase_count: int = 0
    completed_phases: int = 0
    name: str | None = None
    num_nodes_preferred: int | None = None
    runtime_estimate: float | None = None
    assigned_node_ids: set[int] = field(init=False)
    modified: bool = field(default=False, init=False)
    kill_flag: bool = field(default=False, init=False)

    # Whether update_runtime_argument was used in this invocation.
    _modified_runtime_args: bool = field(default=False, init=False)
    # Whether the scheduler chose the GPUs per node since the simulator last told of the job.
    _chose_gpus: bool = field(default=False, init=False)
    # Where a job enters itself when it is first modified, so that an answer costs only what it says.
    _modified_jobs: list[Job] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.assigned_node_ids = {node.identifier for node in self.assigned_nodes}

    def __repr__(self) -> str:
        count = len(self.assigned_nodes)
        return f'<Job {self.identifier} {self.type.name} {self.state.name} on {count} node{"s" * (count != 1)}>'

    def assign(self, nodes: Node | Iterable[Node]) -> None:
        """Appends nodes, in the given order, to those of the job. Nodes it already has stay where they are.

        A pending job that gets nodes starts. It uses its fixed or minimum number of GPUs per node unless
        assign_num_gpus_per_node says otherwise.

        Args:
            nodes: A node or an iterable of nodes.

        Raises:
            TypeError: One of them isn't a Node; nothing is assigned then.
            ValueError: The job has ended.
        """
        self._require_alive('assign nodes to it')
        before = len(self.assigned_nodes)
        for node in _listed(nodes):
            if node.identifier not in self.assigned_node_ids:
                self.assigned_nodes.append(node)
                self.assigned_node_ids.add(node.identifier)
        if len(self.assigned_nodes) == before:
            return
        if self.state is JobState.PENDING and not self._chose_gpus:
            least = self.num_gpus_per_node or self.num_gpus_per_node_min or 0
            self.assigned_num_gpus_per_node = max(self.assigned_num_gpus_per_node, least)
        self._modify()

    assigned = assign

    def remove(self, nodes: Node | Iterable[Node]) -> None:
        """Takes nodes away from the job; the others keep their order. Nodes it doesn't have are ignored.

        Args:
            nodes: A node or an iterable of nodes.

        Raises:
            TypeError: One of them isn't a Node; nothing is removed then.
            ValueError: The job has ended.
        """
        self._require_alive('remove nodes from it')
        gone = {node.identifier for node in _listed(nodes)} & self.assigned_node_ids
        if gone:
            # A new list: one that the algorithm took before, to pass the nodes on, keeps them.
            self.assigned_nodes = [node for node in self.assigned_nodes if node.identifier not in gone]
            self.assigned_node_ids -= gone
            self._modify()

    def assign_num_gpus_per_node(self, gpus_per_node: SupportsIndex) -> None:
        """Sets how many GPUs the job uses on each of its nodes.

        Args:
            gpus_per_node: At least 0, and within the job's bounds.

        Raises:
            TypeError: The number isn't an integer.
            ValueError: The number is negative, or the job has ended.
        """
        self._require_alive('assign GPUs to it')
        try:
            count = operator.index(gpus_per_node)
        except TypeError:
            raise TypeError(f'the number of GPUs per node of job {self.identifier} must be an integer,'
                            f' not {gpus_per_node!r}') from None
        if count < 0:
            raise ValueError(f"the number of GPUs per node of job {self.identifier} can't be negative: {count}")
        self.assigned_num_gpus_per_node = count
        self._chose_gpus = True
        self._modify()

    def kill(self) -> None:
        """Ends the job at once, running or pending. Killing a job that has ended changes nothing."""
        if not self._ended():
            self.kill_flag = True
            self._modify()

    def update_runtime_argument(self, key: str, value: Any) -> None:
        """Sets a variable of the job's performance models, as of the next time they are evaluated.

        That is at the job's start and at every reconfiguration.

        Args:
            key: The variable's name.
            value: A finite number, a truth value (taken as 1 or 0) or the text of an expression.

        Raises:
            TypeError: The name isn't a string.
            ValueError: The name is empty, the number isn't finite, or the job has ended.
        """
        self._require_alive('update its runtime arguments')
        if not isinstance(key, str):
            raise TypeError(f'the name of a runtime argument must be a string, not {key!r}')
        if not key:
            raise ValueError("the name of a runtime argument can't be empty")
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f'runtime argument {key} of job {self.identifier} must be finite, not {value}')
        self.runtime_arguments[key] = str(value)
        self._modified_runtime_args = True
        self._modify()

    def _ended(self) -> bool:
        return self.state is JobState.COMPLETED or self.state is JobState.KILLED

    def _require_alive(self, action: str) -> None:
        if self._ended():
            raise ValueError(f"job {self.identifier} has ended ({self.state.name}): can't {action};"
                             f' look at job.state first')

    def _modify(self) -> None:
        if not self.modified:
            self.modified = True
            self._modified_jobs.append(self)

    def _settle(self) -> None:
        """Forgets what the scheduler did in the invocation that is over."""
        self.modified = self.kill_flag = self._modified_runtime_args = False


def _listed(nodes: Node | Iterable[Node]) -> list[Node]:
    if isinstance(nodes, Node):
        return [nodes]
    if not isinstance(nodes, Iterable):
        raise TypeError(f'expected a Node or a list of Nodes, not {nodes!r}')
    listed = list(nodes)
    for node in listed:
        if not isinstance(node, Node):
            raise TypeError(f'expected a Node or a list of Nodes, but found {node!r} in the list;'
                            f' nodes[i] is the node with identifier i')
    return listed
