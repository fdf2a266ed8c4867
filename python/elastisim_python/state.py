"""The jobs and nodes that the algorithm sees, kept up to date from messages that tell only what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, TypeVar

from .invocation import InvocationType
from .job import Job, JobState, JobType
from .listing import Jobs, Listing, Nodes
from .node import Gpu, GpuState, Node, NodeAvailability, NodeState, NodeType
from .protocol import ProtocolError
from .records import Shown, Told
from .system import System

T = TypeVar('T')
Message = dict[str, Any]

_FLOATS = ('walltime', 'submit_time', 'start_time', 'end_time', 'wait_time', 'makespan', 'turnaround_time',
           'runtime_estimate')
_INTEGERS = ('num_nodes', 'num_gpus_per_node', 'num_nodes_min', 'num_nodes_max', 'num_gpus_per_node_min',
             'num_gpus_per_node_max', 'num_nodes_preferred', 'total_phase_count', 'completed_phases')
_FIGURES = ('power_cap', 'power_committed',
            'pfs_read_bw', 'pfs_write_bw', 'pfs_read_utilization', 'pfs_write_utilization')


class State:
    """All jobs and nodes the simulator has told of.

    Attributes:
        jobs: The jobs in the order of their identifiers. ``jobs[i]`` is job i, as long as the simulator
            sends jobs in the order of submission. If it left some out, the list is shorter rather than
            patched up, so that an algorithm never meets a hole in it.
        nodes: Likewise the nodes; the first message holds them all.
        modified_jobs: The jobs that the algorithm has changed since the last message.
        commands: What it has commanded nodes since then.
    """

    def __init__(self) -> None:
        self._shown = Shown()
        self.nodes = Nodes(shown=self._shown)
        self.jobs = Jobs(shown=self._shown)
        self.modified_jobs = self.nodes.modified_jobs
        self.commands = self.nodes.commands
        # Identifiers of the nodes that aren't up.
        self._away: set[int] = set()

    def update(self, message: Message) -> dict[str, Any]:
        """Takes in an invocation and returns what the algorithm gets as ``system``: besides what is meant for it, the
        message's own keys, as schedulers written for ElastiSim find them there.

        Costs what the message holds, not what is known.

        Raises:
            ProtocolError: Something is missing, malformed or unknown.
        """
        for job in self.modified_jobs:
            job._settle()
        self.modified_jobs.clear()
        self.commands.clear()
        for view in (self._shown.pending, self._shown.free):
            if view is not None:
                view._show_all()
        jobs, nodes = _entities(message, 'job'), _entities(message, 'node')
        groups = _groups(message)
        # Jobs and nodes refer to each other: first everything has to be there.
        for entity in nodes:
            if self.nodes.get(entity['id']) is None:
                node = Node(entity['id'])
                node._commands = self.commands
                self.nodes.add(entity['id'], node)
        for entity in jobs:
            if self.jobs.get(entity['id']) is None:
                _told(self._add_job, entity, 'job')
        for entity in jobs:
            _told(self._update_job, entity, 'job')
        for entity in nodes:
            _told(self._update_node, entity, 'node')
        for group in groups:
            _told(self._update_group, group, 'a group of nodes')
        self.jobs.restore()
        self.nodes.restore()
        self.jobs.tell([entity['id'] for entity in jobs])
        self.nodes.tell([entity['id'] for entity in nodes] + [i for group in groups for i in group['ids']])
        return _told(self._system, message, 'invocation')

    def _add_job(self, message: Message) -> None:
        job = Job(message['id'], JobType(message['type']))
        job._modified_jobs = self.modified_jobs
        job._all_nodes = self.nodes.known
        job._shown = self._shown
        self.jobs.add(job.identifier, job)

    def _update_job(self, message: Message) -> None:
        job = _known(self.jobs, message['id'], 'job')
        job.state = JobState(message['state'])
        for name in _FLOATS:
            if message.get(name) is not None:
                setattr(job, name, float(message[name]))
        for name in _INTEGERS:
            if message.get(name) is not None:
                setattr(job, name, int(message[name]))
        job.eligible_time = float(message.get('eligible_time', job.submit_time))
        job.name = message.get('name')
        job.suspended = bool(message.get('suspended', False))
        job.suspended_time = float(message.get('suspended_time', 0.0))
        # What is empty is left out.
        self._show_nodes(job, message.get('assigned_nodes', ()))
        if job._executing is not None or 'executing_nodes' in message:
            job._executing = message.get('executing_nodes')
        job.assigned_num_gpus_per_node = int(message.get('assigned_num_gpus_per_node', 0))
        job._chose_gpus = False
        job.arguments = dict(message.get('arguments', {}))
        job.attributes = dict(message.get('attributes', {}))
        job.runtime_arguments = dict(message.get('runtime_arguments', {}))
        self.jobs.sort_in(job)

    def _show_nodes(self, job: Job, ids: Sequence[int]) -> None:
        """Schedulers written for ElastiSim find the nodes that a job had on it when it has ended."""
        if not ids and job._ended():
            ids = list(job._told_ids)
        if not self.nodes.known.keys() >= set(ids):
            for node_id in ids:
                _known(self.nodes, node_id, 'node')
        job._show_nodes(ids)

    def _update_node(self, message: Message) -> None:
        node = _known(self.nodes, message['id'], 'node')
        node.type = NodeType(message['type'])
        node.state = NodeState(message['state'])
        node.assigned_jobs = [_known(self.jobs, job_id, 'job') for job_id in message.get('assigned_jobs', ())]
        node.assigned_job_ids = {job.identifier for job in node.assigned_jobs}
        node.gpus = [Gpu(gpu['id'], GpuState(gpu['state'])) for gpu in message.get('gpus', ())]
        node._made, node._num_gpus = True, len(node.gpus)
        self._show_availability([node.identifier], message)
        self.nodes.sort_in(node)

    def _update_group(self, message: Message) -> None:
        known, identifiers, state = self.nodes.known, message['ids'], NodeState(message['state'])
        job_ids = message['assigned_jobs']
        for job_id in job_ids:
            _known(self.jobs, job_id, 'job')
        told = Told(job_ids, int(message.get('gpus_allocated', 0)), self.jobs.known)
        for identifier in identifiers:
            node = known.get(identifier)
            if node is None:
                node = _known(self.nodes, identifier, 'node')
            node.state = state
            node._told = told
            if node._made:
                node._forget()
        self._show_availability(identifiers, message)
        self.nodes.sort_in_all(identifiers, state is NodeState.FREE)

    def _show_availability(self, identifiers: Sequence[int], message: Message) -> None:
        """Most nodes are up and are to stay so: that costs nothing."""
        availability = NodeAvailability(message.get('availability', 0))
        leaves = float(message.get('leaves', inf))
        is_plain = availability is NodeAvailability.UP and leaves == inf
        if is_plain and not self._away:
            return
        returns = float(message.get('returns', inf))
        for identifier in identifiers:
            node = self.nodes.known[identifier]
            node.availability = availability
            node.returns = returns
            node.leaves = leaves
        (self._away.difference_update if is_plain else self._away.update)(identifiers)

    def _system(self, message: Message) -> dict[str, Any]:
        system = GroupedSystem(message, self.nodes.known) if 'node_groups' in message else dict(message)
        system['time'] = float(message['time'])
        system['invocation_type'] = InvocationType(message['invocation_type'])
        if message.get('job_id') is not None:
            system['job'] = _known(self.jobs, message['job_id'], 'job')
        if message.get('evolving_request') is not None:
            system['evolving_request'] = int(message['evolving_request'])
        for name in _FIGURES:
            if message.get(name) is not None:
                system[name] = float(message[name])
        return system


class GroupedSystem(System):
    """Where a message has groups of nodes, the list of nodes, as in messages that have none, is made of them."""

    def __init__(self, message: Message, nodes: Mapping[int, Node]) -> None:
        super().__init__(message)
        self._groups = self.pop('node_groups')
        self._nodes = nodes

    def _rest(self) -> dict[str, Any]:
        entries = [self._entry(identifier, group) for group in self._groups for identifier in group['ids']]
        return {'nodes': sorted(entries, key=lambda entry: int(entry['id']))}

    def _entry(self, identifier: int, group: Message) -> Message:
        node = self._nodes[identifier]
        allocated = group.get('gpus_allocated', 0)
        away = {key: group[key] for key in ('availability', 'returns', 'leaves') if key in group}
        return {'id': identifier, 'type': node.type.value, 'state': group['state'], **away,
                'assigned_jobs': list(group['assigned_jobs']),
                'gpus': [{'id': i, 'state': int(i < allocated)} for i in range(node._num_gpus)]}


def _known(listing: Listing[T], identifier: int, what: str) -> T:
    entity = listing.get(identifier)
    if entity is None:
        raise ValueError(f'it refers to {what} {identifier!r}, which was never sent')
    return entity


def _entities(message: Message, what: str) -> list[Message]:
    """Returns the message's list of jobs or nodes, each entry an object with an integer as its id."""
    entities = message.get(f'{what}s', [])
    if not isinstance(entities, list):
        raise ProtocolError(f"{what}s in the simulator's message is not a list")
    for entity in entities:
        if not isinstance(entity, dict) or type(entity.get('id')) is not int or entity['id'] < 0:
            raise ProtocolError(f"{what}s in the simulator's message holds something without a valid id: {entity!r}")
    return entities


def _groups(message: Message) -> list[Message]:
    """Returns the message's groups of nodes, each an object with a list of identifiers."""
    groups = message.get('node_groups', [])
    if not isinstance(groups, list) or not all(
            isinstance(group, dict) and isinstance(group.get('ids'), list) and isinstance(
                group.get('assigned_jobs'), list) for group in groups):
        raise ProtocolError(f"node_groups in the simulator's message is not a list of groups: {groups!r:.200}")
    return groups


def _told(take: Callable[[Message], T], message: Message, what: str) -> T:
    """Takes in a part of a message, and names it if that fails."""
    try:
        return take(message)
    except KeyError as error:
        reason = f'it lacks {error}'
    except (TypeError, ValueError, AttributeError) as error:
        reason = str(error)
    name = f"{what} {message['id']}" if 'id' in message else what
    raise ProtocolError(f"can't understand the simulator's message about {name}: {reason}")
