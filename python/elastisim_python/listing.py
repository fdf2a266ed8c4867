"""The lists of jobs and nodes that the scheduling algorithm gets."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from .job import Job, JobState
from .node import Node, NodeState
from .records import Commands, Shown, View

T = TypeVar('T')

RUNNING = frozenset((JobState.RUNNING, JobState.PENDING_RECONFIGURATION, JobState.IN_RECONFIGURATION))
"""The states of a job that runs."""


class Listing(list[T]):
    """Everything known, in the order of identifiers.

    The algorithm may sort or shorten the list as it likes. That is noticed rather than copied against, as
    a copy per invocation would cost more than most invocations.
    """

    def __init__(self, entities: Iterable[T] = (), *, shown: Shown | None = None) -> None:
        super().__init__()
        self.known: dict[int, T] = {}
        self._shown = shown or Shown()
        self._last_id = -1
        self._disordered = False
        self._changed: View[T] | None = None
        self._changed_ids: list[int] = []
        self._columns: dict[str, tuple[Any, list[int]]] = {}
        for entity in entities:
            self.add(entity.identifier, entity)  # type: ignore[attr-defined]
        self.restore()

    def get(self, identifier: int) -> T | None:
        """Returns the entity with an identifier, or None."""
        return self.known.get(identifier)

    def add(self, identifier: int, entity: T) -> None:
        """Adds an entity that isn't known yet."""
        self.known[identifier] = entity
        if identifier > self._last_id:
            self._last_id = identifier
            super().append(entity)
        else:
            self._disordered = True

    def restore(self) -> None:
        """Puts back in order what the algorithm rearranged or what was added out of order."""
        if self._disordered:
            super().__setitem__(slice(None), [self.known[identifier] for identifier in sorted(self.known)])
            self._disordered = False

    @property
    def changed(self) -> View[T]:
        """Those that the simulator told of in this invocation: what changed since the last one."""
        if self._changed is None:
            self._changed = self._view(())
            self._mark_changed()
        return self._changed

    def column(self, name: str) -> memoryview:
        """An attribute of all, by identifier, as doubles in a buffer that can't be written to, for this invocation.

        ``numpy.asarray(jobs.column('submit_time'))`` is an array without a copy. Enumerations are their values, and
        what is None or isn't known is NaN. What changes between two invocations is all that a call costs.

        Raises:
            AttributeError: There is no such attribute.
            TypeError: It is no number.
        """
        values, old = self._columns.get(name, (None, []))
        count = self._last_id + 1
        if values is None:
            old = list(self.known)
        if values is None or len(values) < count:
            # A new one: somebody may still look at the former.
            grown = array('d', values or ())
            grown.extend(array('d', [float('nan')]) * (2 * count - len(grown)))
            values = grown
        for identifier in old:
            values[identifier] = _number(getattr(self.known[identifier], name))
        self._columns[name] = values, []
        return memoryview(values)[:count].toreadonly()

    def tell(self, identifiers: list[int]) -> None:
        """Which ones the simulator told of in this invocation."""
        if self._changed is not None:
            for identifier in self._changed_ids:
                self._changed._mark(identifier, False)
        self._changed_ids = identifiers
        if self._changed is not None:
            self._mark_changed()
        self._note(identifiers)

    def note(self, changed: Iterable[Any]) -> None:
        """The same, where the view of what has changed is kept by the simulator."""
        self._note([entity.identifier for entity in changed])

    def _note(self, identifiers: list[int]) -> None:
        for _, old in self._columns.values():
            old += identifiers

    def _mark_changed(self) -> None:
        assert self._changed is not None
        for identifier in self._changed_ids:
            self._changed._put(identifier, self.known[identifier])
            self._changed._mark(identifier, True)

    def _view(self, members: Iterable[T]) -> View[T]:
        """A view of all that is known, in which these are let in."""
        view: View[T] = View()
        for identifier, entity in self.known.items():
            view._put(identifier, entity)
        for member in members:
            view._mark(member.identifier, True)  # type: ignore[attr-defined]
        return view


def _noticing(name: str) -> Callable[..., Any]:
    change = getattr(list, name)

    def method(self: Listing[Any], *args: Any, **kwargs: Any) -> Any:
        self._disordered = True
        return change(self, *args, **kwargs)

    return method


for _name in ('__delitem__', '__iadd__', '__imul__', '__setitem__', 'append', 'clear', 'extend', 'insert', 'pop',
              'remove', 'reverse', 'sort'):
    setattr(Listing, _name, _noticing(_name))


class Jobs(Listing[Job]):
    """The jobs, and those of them that one looks for most: ``pending``, ``running`` and ``changed``.

    To try a policy without a simulator, ``Jobs([Job(...), ...], nodes)`` makes one, beside
    ``nodes = Nodes([Node(0), ...])``.
    """

    _running: View[Job] | None = None

    def __init__(self, jobs: Iterable[Job] = (), nodes: Nodes | None = None, *, shown: Shown | None = None) -> None:
        super().__init__(jobs, shown=nodes._shown if nodes is not None else shown)
        for job in self:
            job._shown = self._shown
            if nodes is not None:
                job._modified_jobs = nodes.modified_jobs

    @property
    def pending(self) -> View[Job]:
        """Those that wait, but for those that were given nodes or killed in this invocation."""
        view = self._shown.pending
        if view is None:
            jobs = self.known.values()
            view = self._shown.pending = self._view(job for job in jobs if job.state is JobState.PENDING)
            for job in jobs:
                if job.modified and (job.assigned_nodes or job.kill_flag):
                    view._hide(job.identifier)
        return view

    @property
    def running(self) -> View[Job]:
        """Those that run, reconfigurations included."""
        if self._running is None:
            self._running = self._view(job for job in self.known.values() if job.state in RUNNING)
        return self._running

    def sort_in(self, job: Job) -> None:
        """Takes a job's state over into the views."""
        identifier = job.identifier
        if self._shown.pending is not None:
            self._shown.pending._put(identifier, job)
            self._shown.pending._mark(identifier, job.state is JobState.PENDING)
        if self._running is not None:
            self._running._put(identifier, job)
            self._running._mark(identifier, job.state in RUNNING)


class Nodes(Listing[Node]):
    """The nodes, and those of them that one looks for most: ``free`` and ``changed``."""

    def __init__(self, nodes: Iterable[Node] = (), *, shown: Shown | None = None) -> None:
        super().__init__(nodes, shown=shown)
        self.modified_jobs: list[Job] = []
        self.commands = Commands(self._shown)
        """What the nodes are commanded in this invocation: identifiers and words."""
        for node in self:
            node._commands = self.commands

    @property
    def free(self) -> View[Node]:
        """Those that can be assigned: the FREE ones and those that a job which is killed or preempted in this
        invocation leaves, but for those that a job was given or that are to go in it."""
        view = self._shown.free
        if view is None:
            nodes = self.known.values()
            view = self._shown.free = self._view(node for node in nodes if node.state is NodeState.FREE)
            for job in self.modified_jobs:
                if job._leaves_nodes():
                    job._show_left()
            for job in self.modified_jobs:
                for identifier in job.assigned_node_ids if not job._leaves_nodes() else ():
                    view._hide(identifier)
            for identifier, _ in self.commands:
                if self.commands.sends_away(identifier):
                    view._hide(identifier)
        return view

    def sort_in_all(self, identifiers: Sequence[int], free: bool) -> None:
        """The same for nodes that are all known, and all free or all not."""
        if self._shown.free is not None:
            self._shown.free._mark_all(identifiers, free)

    def sort_in(self, node: Node) -> None:
        """Takes a node's state over into the view."""
        if self._shown.free is not None:
            self._shown.free._put(node.identifier, node)
            self._shown.free._mark(node.identifier, node.state is NodeState.FREE)


def _number(value: Any) -> float:
    return float('nan') if value is None else float(getattr(value, 'value', value))
