"""Jobs: what the simulator says about them, and the operations by which a scheduler decides."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from enum import Enum
from typing import Any, SupportsIndex, Union

from .enumerations import quick
from .node import Node, NodeAvailability
from .records import JobRecord, listed

# None where a figure doesn't apply to the job's type. The union with Any rather than None lets
# type-checked schedulers look at job.type instead of asserting before every use.
Figure = Union[int, Any]


@quick
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


@quick
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


class Job(JobRecord):
    """A job, from its submission on.

    There is one object per job for the whole simulation, brought up to date before each invocation.
    The operations change the object at once (except its state) and reach the simulator when the
    scheduling function returns. They raise TypeError or ValueError where they make no sense whatever
    the platform is; the bounds of the job and the availability of nodes are checked by the simulator,
    against all decisions of the invocation together.

    Jobs are equal, hashed and ordered by their identifiers, so that a copy stands for the same job.

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
        eligible_time: When all that it waited for held; its submit time, if it waited for nothing.
        wait_time: From submission to start.
        makespan: From start to end.
        turnaround_time: From submission to end.
        assigned_nodes: Its nodes, including the changes of this invocation; after its end those it had last. What
            the simulator sent comes first, in the iteration order of a set of the identifiers, as schedulers
            written for ElastiSim know it; a list that is sent back decides the order of the ranks.
        assigned_node_ids: Their identifiers.
        assigned_num_gpus_per_node: How many GPUs it uses on each node.
        arguments: What performance models know of, by name; values as strings.
        attributes: What the workload says to the scheduler, by name; values as strings.
        runtime_arguments: The arguments set by the scheduler, by name; values as strings.
        total_phase_count: Phase iterations in all, without the one-time phases.
        completed_phases: Phase iterations done.
        suspended: Whether it runs and is suspended.
        suspended_time: How long it has been suspended since its start, up to when it last went on: its walltime ends
            that much later.
        name: The name the workload gives it, or None.
        num_nodes_preferred: How many nodes it would like, or None.
        runtime_estimate: How long its owner expects it to run, or None.
        modified: Whether the scheduler has changed it in this invocation; set to True, the job is sent as it is.
        kill_flag: Whether the scheduler has killed it in this invocation.
        modified_runtime_args: Whether the scheduler has set runtime arguments in this invocation.
    """

    def __init__(self, identifier: int, type: JobType, state: JobState = JobState.PENDING, walltime: float = 0.0,
                 num_nodes: Figure = None, num_gpus_per_node: Figure = None, num_nodes_min: Figure = None,
                 num_nodes_max: Figure = None, num_gpus_per_node_min: Figure = None,
                 num_gpus_per_node_max: Figure = None, submit_time: float = 0.0, start_time: float = -1.0,
                 end_time: float = -1.0, wait_time: float = -1.0, makespan: float = -1.0,
                 turnaround_time: float = -1.0, assigned_nodes: Iterable[Node] = (),
                 assigned_num_gpus_per_node: int = 0, arguments: dict[str, str] | None = None,
                 attributes: dict[str, str] | None = None, runtime_arguments: dict[str, str] | None = None,
                 total_phase_count: int = 0, completed_phases: int = 0, name: str | None = None,
                 num_nodes_preferred: int | None = None, runtime_estimate: float | None = None,
                 eligible_time: float | None = None, suspended: bool = False,
                 suspended_time: float = 0.0) -> None:
        self.identifier = identifier
        self.type = type
        self.state = state
        self.walltime = walltime
        self.num_nodes = num_nodes
        self.num_gpus_per_node = num_gpus_per_node
        self.num_nodes_min = num_nodes_min
        self.num_nodes_max = num_nodes_max
        self.num_gpus_per_node_min = num_gpus_per_node_min
        self.num_gpus_per_node_max = num_gpus_per_node_max
        self.submit_time = submit_time
        self.eligible_time = submit_time if eligible_time is None else eligible_time
        self.start_time = start_time
        self.end_time = end_time
        self.wait_time = wait_time
        self.makespan = makespan
        self.turnaround_time = turnaround_time
        self.assigned_num_gpus_per_node = assigned_num_gpus_per_node
        self.arguments: dict[str, str] = {} if arguments is None else arguments
        self.attributes: dict[str, str] = {} if attributes is None else attributes
        self.runtime_arguments: dict[str, str] = {} if runtime_arguments is None else runtime_arguments
        self.total_phase_count = total_phase_count
        self.completed_phases = completed_phases
        self.name = name
        self.num_nodes_preferred = num_nodes_preferred
        self.runtime_estimate = runtime_estimate
        self.suspended = suspended
        self.suspended_time = suspended_time
        self.kill_flag = False
        self.modified_runtime_args = False
        self.assigned_nodes = list(assigned_nodes)
        # Whether the scheduler chose the GPUs per node since the simulator last told of the job.
        self._chose_gpus = False

    def __repr__(self) -> str:
        count = len(self.assigned_nodes)
        return f'<Job {self.identifier} {self.type.name} {self.state.name} on {count} node{"s" * (count != 1)}>'

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Job):
            return NotImplemented
        return self.identifier == other.identifier

    def __hash__(self) -> int:
        return hash(self.identifier)

    def __lt__(self, other: Job) -> bool:
        if not isinstance(other, Job):
            return NotImplemented
        return self.identifier < other.identifier

    def __getstate__(self) -> dict[str, Any]:
        """A copy is the scheduler's own: what is done to it isn't sent, and it doesn't hold all nodes."""
        own = {name: value for name, value in vars(self).items() if name not in _OF_THE_ORIGINAL}
        return {**own, **{name: getattr(self, name) for name in _ATTRIBUTES}, '_modified': self.modified}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def assign(self, nodes: Node | Iterable[Node]) -> None:
        """Appends nodes, in the given order, to those of the job. Nodes it already has stay where they are.

        A pending job that gets nodes starts. It uses its fixed or minimum number of GPUs per node unless
        assign_num_gpus_per_node says otherwise.

        Args:
            nodes: A node or an iterable of nodes; of a generator, set or array too.

        Raises:
            TypeError: One of them isn't a Node; nothing is assigned then.
            ValueError: The job has ended.
        """
        given = listed(nodes)
        if given is None:
            given = _listed(nodes)
        if self._ended():
            if not given:
                return
            raise ValueError(f"job {self.identifier} has ended ({self.state.name}): can't assign nodes to it;"
                             f' look at job.state first')
        self._append(given)
        if given and self.state is JobState.PENDING:
            if not self._chose_gpus:
                least = self.num_gpus_per_node or self.num_gpus_per_node_min or 0
                if least:
                    self.assigned_num_gpus_per_node = max(self.assigned_num_gpus_per_node, least)
            if self._shown.pending is not None:
                self._shown.pending._hide(self.identifier)
        self._modify()

    assigned = assign

    def remove(self, nodes: Node | Iterable[Node]) -> None:
        """Takes nodes away from the job; the others keep their order. Nodes it doesn't have are ignored.

        Nothing happens to a job that has ended.

        Args:
            nodes: A node or an iterable of nodes.

        Raises:
            TypeError: One of them isn't a Node; nothing is removed then.
        """
        gone = {node.identifier for node in _listed(nodes)}
        if self._ended():
            return
        ids = self.assigned_node_ids
        if gone & ids:
            # A new list: one that the algorithm took before, to pass the nodes on, keeps them.
            self.assigned_nodes = [node for node in self.assigned_nodes if node.identifier not in gone]
            ids -= gone
            self._show_again(gone)
        self._modify()

    def assign_num_gpus_per_node(self, gpus_per_node: SupportsIndex | float | None = None, *,
                                 assigned_num_gpus_per_node: SupportsIndex | float | None = None) -> None:
        """Sets how many GPUs the job uses on each of its nodes.

        A rigid job has those it asked for: whatever is said about its GPUs, None included, changes nothing. Nor does
        it for a job that has ended.

        Args:
            gpus_per_node: At least 0, and within the job's bounds; a fraction is rounded down.
            assigned_num_gpus_per_node: The same by another name.

        Raises:
            TypeError: The number isn't a number.
            ValueError: The number is negative or not finite.
        """
        if self.type is JobType.RIGID or self._ended():
            return
        given = assigned_num_gpus_per_node if gpus_per_node is None else gpus_per_node
        count = _whole_number(given, self)
        if count < 0:
            raise ValueError(f"the number of GPUs per node of job {self.identifier} can't be negative: {count}")
        self.assigned_num_gpus_per_node = count
        self._chose_gpus = True
        self._modify()

    def kill(self) -> None:
        """Ends the job at once, running or pending. Killing a job that has ended changes nothing."""
        if not self._ended():
            self.kill_flag = True
            if self._shown.pending is not None:
                self._shown.pending._hide(self.identifier)
            self._show_left()
            self._modify()

    def preempt(self, from_checkpoint: bool = False) -> None:
        """Takes the running job off its nodes at once: it is pending again, in its old place in the queue.

        Others can be given its nodes in the same invocation; the job itself can be started again in a later one.
        Preempting a job that has ended changes nothing.

        Args:
            from_checkpoint: Whether it goes on from its last checkpoint, if it has one; else it runs from the start.
        """
        if not self._ended():
            self._order('preempt', 'restart' if from_checkpoint else 'requeue')
            self._show_left()

    def suspend(self) -> None:
        """Has the running job stand still, on its nodes; its walltime stands still with it.

        The simulator refuses that for a job that does not run or is suspended. Suspending one that has ended changes
        nothing.
        """
        if not self._ended():
            self._order('suspend', True)

    def resume(self) -> None:
        """Has the suspended job go on. Nothing happens to a job that has ended."""
        if not self._ended():
            self._order('resume', True)

    def update_runtime_argument(self, key: str, value: Any) -> None:
        """Sets a variable of the job's performance models, as of the next time they are evaluated.

        That is at the job's start and at every reconfiguration. Nothing happens to a job that has ended.

        Args:
            key: The variable's name; anything but a string is taken as its text.
            value: A number, a truth value (taken as 1 or 0) or the text of an expression; anything else is taken as
                its text. A text that is not an expression is an error when a model uses it.

        Raises:
            ValueError: The name is empty.
        """
        if self._ended():
            return
        if not str(key):
            raise ValueError("the name of a runtime argument can't be empty")
        self.runtime_arguments[str(key)] = _expression(value)
        self.modified_runtime_args = True
        self._modify()

    def to_dict(self) -> dict[str, Any]:
        """Returns what is sent to the simulator about the job if it is modified."""
        return {
            'id': self.identifier,
            'assigned_node_ids': [node.identifier for node in self.assigned_nodes],
            'assigned_num_gpus_per_node': self.assigned_num_gpus_per_node,
            'kill_flag': self.kill_flag,
            'modified_runtime_args': self.modified_runtime_args,
            'runtime_arguments': self.runtime_arguments,
            **(self._orders or {}),
        }

    def _order(self, key: str, value: str | bool) -> None:
        self._orders = {**(self._orders or {}), key: value}
        self._modify()

    def _leaves_nodes(self) -> bool:
        """Whether it leaves all of its nodes when this invocation is over."""
        return self.kill_flag or 'preempt' in (self._orders or {})

    def _show_left(self) -> None:
        """Shows as free those of its nodes where nobody else is, and which can be had."""
        free = self._shown.free
        if free is None:
            return
        for node in self._executing_nodes:
            if node.availability is NodeAvailability.UP and node.assigned_job_ids == {self.identifier}:
                free._mark(node.identifier, True)

    def _ended(self) -> bool:
        return self.state is JobState.COMPLETED or self.state is JobState.KILLED

    def _show_again(self, gone: set[int]) -> None:
        """What was given and taken back in one invocation is as it was."""
        if self._shown.free is not None:
            for identifier in gone:
                self._shown.free._show(identifier)
        if self._shown.pending is not None and not self.assigned_nodes and not self.kill_flag:
            self._shown.pending._show(self.identifier)

    def _settle(self) -> None:
        """Forgets what the scheduler did in the invocation that is over, but for the nodes it assigned."""
        if not self.kill_flag and self._node_list is not None:
            self._told_ids = [node.identifier for node in self._node_list]
        self._modified = self.kill_flag = self.modified_runtime_args = False
        if self._orders:
            self._orders = None


# What a copy has of a job, and what it hasn't.
_ATTRIBUTES = (
    'identifier', 'type', 'state', 'walltime', 'num_nodes', 'num_gpus_per_node', 'num_nodes_min', 'num_nodes_max',
    'num_gpus_per_node_min', 'num_gpus_per_node_max', 'submit_time', 'start_time', 'end_time', 'wait_time', 'makespan',
    'turnaround_time', 'assigned_nodes', 'assigned_node_ids', 'assigned_num_gpus_per_node', 'arguments', 'attributes',
    'runtime_arguments', 'total_phase_count', 'completed_phases', 'name', 'num_nodes_preferred', 'runtime_estimate',
    'eligible_time', 'kill_flag', 'modified_runtime_args', '_chose_gpus', '_orders',
    'suspended', 'suspended_time')
_OF_THE_ORIGINAL = ('_told_ids', '_all_nodes', '_node_ids', '_node_list', '_modified_jobs', '_shown', '_executing')


def _listed(nodes: Node | Iterable[Node]) -> list[Node]:
    if isinstance(nodes, Node):
        return [nodes]
    if not isinstance(nodes, Iterable):
        if _is_like_a_node(nodes):
            return [nodes]
        raise TypeError(f'expected a Node or a list of Nodes, not {nodes!r}')
    listed = list(nodes)
    for node in listed:
        if not isinstance(node, Node) and not _is_like_a_node(node):
            raise TypeError(f'expected a Node or a list of Nodes, but found {node!r} in the list;'
                            f' nodes[i] is the node with identifier i')
    return listed


def _is_like_a_node(thing: object) -> bool:
    """Whether something else stands for a node: a class of the user's that wraps one, say."""
    return isinstance(getattr(thing, 'identifier', None), int) and not isinstance(thing, Job)


def _whole_number(number: Any, job: Job) -> int:
    try:
        return int(operator.index(number))  # which is a bool for one in PyPy
    except TypeError:
        if not isinstance(number, float):
            raise TypeError(f'the number of GPUs per node of job {job.identifier} must be an integer,'
                            f' not {number!r}') from None
    if not math.isfinite(number):
        raise ValueError(f'the number of GPUs per node of job {job.identifier} must be finite, not {number}')
    return int(number)


def _expression(value: Any) -> str:
    """The text of a runtime argument. Truth values, numpy's too, are numbers to performance models."""
    if isinstance(value, bool) or type(value).__name__ in ('bool_', 'bool'):
        return str(int(value))
    return str(value)
