"""What happened on the nodes: which job held which nodes when, and how many nodes were allocated or reserved.

Both the journal and node_utilization tell it; `timeline_of` takes the journal when there is one. `Replay` is the
journal's meaning in code: it keeps the state of every job and node while events are applied.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .run import OutputError, Run, read_journal

# What node_utilization calls a node that is not up (docs/availability.md).
CONDITIONS = ('draining', 'down', 'off', 'booting', 'stopping')


@dataclass
class Allocation:
    """Nodes that a job held from begin to end, as sorted indices into Timeline.nodes."""

    job: int
    begin: float
    end: float
    nodes: list[int]
    lost: bool = False  # the job lost its nodes before it was done, and went back to the queue


@dataclass
class Attempt:
    """From a start of a job to when it ended or lost its nodes."""

    begin: float
    end: float
    lost: bool = False


@dataclass
class Suspension:
    """From when a job was suspended to when it went on, ended, or went back to the queue."""

    job: int
    begin: float
    end: float


@dataclass
class Outage:
    """Nodes that were in one of CONDITIONS from begin to end, as sorted indices into Timeline.nodes."""

    kind: str
    begin: float
    end: float
    nodes: list[int]


@dataclass
class Reconfiguration:
    job: int
    begin: float
    end: float


@dataclass
class Phase:
    """From when a job's first ranks begin a phase to when they begin the next, or the job ends."""

    job: int
    number: int
    iterations: int
    begin: float
    end: float


@dataclass
class Series:
    """A figure that changes in steps: values[i] holds from times[i] on."""

    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def set(self, time: float, value: float) -> None:
        """The value from `time` on; of several at one instant the last counts."""
        if self.times and self.times[-1] == time:
            self.values[-1] = value
        else:
            self.times.append(time)
            self.values.append(value)


@dataclass
class Timeline:
    nodes: list[str]
    allocations: list[Allocation]  # by begin, then job
    allocated: Series
    reserved: Series
    end: float
    # From the journal alone; without it, the instants at which a running job's nodes changed.
    reconfigurations: list[Reconfiguration] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)  # from the journal alone; by begin
    has_journal: bool = False
    overlaps: bool = False  # some node ran several jobs at once
    attempts: dict[int, list[Attempt]] = field(default_factory=dict)  # of the jobs that were requeued, in order
    outages: list[Outage] = field(default_factory=list)  # from node_utilization alone; by begin
    suspensions: list[Suspension] = field(default_factory=list)  # from the journal alone; by begin

    def unavailable(self) -> Series:
        """How many nodes were not up."""
        changes: dict[float, int] = {}
        for outage in self.outages:
            changes[outage.begin] = changes.get(outage.begin, 0) + len(outage.nodes)
            changes[outage.end] = changes.get(outage.end, 0) - len(outage.nodes)
        series, count = Series([0.0], [0.0]), 0
        for time in sorted(changes):
            count += changes[time]
            series.set(time, count)
        return series


class Replay:
    """The states of jobs and nodes, as the events of a journal make them.

    After each `apply`, `changed` holds the nodes whose jobs changed with it.
    """

    def __init__(self) -> None:
        self.node_names: list[str] = []
        self.running: list[list[int]] = []  # jobs per node, in order of arrival
        self.expected: list[list[int]] = []
        self.job_states: dict[int, str] = {}
        self.job_nodes: dict[int, list[int]] = {}  # of running jobs, in rank order
        self.waiting: dict[int, list[int]] = {}  # the change that waits: the nodes reserved for it
        self.suspended: set[int] = set()  # jobs that run, but stand still
        self.allocated = 0
        self.reserved = 0
        self.changed: list[int] = []
        self._apply = {
            'begin': self._begin, 'submit': self._submit, 'start': self._start, 'reserve': self._reserve,
            'withdraw': self._withdraw, 'shrink': self._shrink, 'grow': self._grow,
            'reconfiguration_begin': self._reconfigure, 'reconfiguration_end': self._resume,
            'suspend': self._suspend, 'continue': self._continue,
            'requeue': self._requeue, 'complete': self._complete, 'kill': self._kill, 'cancel': self._cancel,
        }

    def apply(self, event: dict[str, Any]) -> None:
        self.changed = []
        apply = self._apply.get(event['kind'])
        if apply:
            apply(event)

    def node_state(self, node: int) -> str:
        return 'allocated' if self.running[node] else 'reserved' if self.expected[node] else 'free'

    def _move(self, nodes: Iterable[int], job: int, running: bool | None, expected: bool | None) -> None:
        """Puts a job on nodes (True), takes it off (False) or leaves it as it is (None)."""
        for node in nodes:
            before = self.node_state(node)
            for jobs, there in ((self.running[node], running), (self.expected[node], expected)):
                if there and job not in jobs:
                    jobs.append(job)
                elif there is False and job in jobs:
                    jobs.remove(job)
            after = self.node_state(node)
            self.allocated += (after == 'allocated') - (before == 'allocated')
            self.reserved += (after == 'reserved') - (before == 'reserved')
            self.changed.append(node)

    def _begin(self, event: dict[str, Any]) -> None:
        self.node_names = event['nodes']
        self.running = [[] for _ in self.node_names]
        self.expected = [[] for _ in self.node_names]

    def _submit(self, event: dict[str, Any]) -> None:
        self.job_states[event['job']] = 'pending'

    def _start(self, event: dict[str, Any]) -> None:
        job = event['job']
        self.job_states[job] = 'running'
        self.job_nodes[job] = event['nodes']
        self._move(event['nodes'], job, True, None)

    def _reserve(self, event: dict[str, Any]) -> None:
        job = event['job']
        self._move(self.waiting.pop(job, []), job, None, False)
        self.waiting[job] = event['nodes']
        self._move(event['nodes'], job, None, True)
        if self.job_states[job] == 'running':
            self.job_states[job] = 'pending reconfiguration'

    def _withdraw(self, event: dict[str, Any]) -> None:
        job = event['job']
        self._move(self.waiting.pop(job, []), job, None, False)
        if self.job_states[job] == 'pending reconfiguration':
            self.job_states[job] = 'running'

    def _shrink(self, event: dict[str, Any]) -> None:
        self._move(event['nodes'], event['job'], False, None)

    def _grow(self, event: dict[str, Any]) -> None:
        self._move(event['nodes'], event['job'], True, False)

    def _reconfigure(self, event: dict[str, Any]) -> None:
        job = event['job']
        self.waiting.pop(job, None)
        self.job_states[job] = 'in reconfiguration'
        self.job_nodes[job] = event['nodes']

    def _resume(self, event: dict[str, Any]) -> None:
        job = event['job']
        self.job_states[job] = 'pending reconfiguration' if job in self.waiting else 'running'

    def _suspend(self, event: dict[str, Any]) -> None:
        self.suspended.add(event['job'])

    def _continue(self, event: dict[str, Any]) -> None:
        self.suspended.discard(event['job'])

    def _requeue(self, event: dict[str, Any]) -> None:
        self._end(event['job'], 'pending')

    def _complete(self, event: dict[str, Any]) -> None:
        self._end(event['job'], 'completed')

    def _kill(self, event: dict[str, Any]) -> None:
        self._end(event['job'], 'killed')

    def _cancel(self, event: dict[str, Any]) -> None:
        self._end(event['job'], 'cancelled')

    def _end(self, job: int, state: str) -> None:
        self._move(self.job_nodes.pop(job, []), job, False, False)
        self._move(self.waiting.pop(job, []), job, None, False)
        self.suspended.discard(job)
        self.job_states[job] = state


class _Holdings:
    """Collects allocations while jobs take and leave nodes."""

    def __init__(self) -> None:
        self.open: dict[tuple[int, float], set[int]] = {}  # (job, since) -> nodes
        self.since: dict[int, list[float]] = {}  # job -> its keys in `open`
        self.done: list[Allocation] = []

    def take(self, job: int, time: float, nodes: Iterable[int]) -> None:
        key = (job, time)
        if key not in self.open:
            self.open[key] = set()
            self.since.setdefault(job, []).append(time)
        self.open[key].update(nodes)

    def leave(self, job: int, time: float, nodes: Iterable[int] | None = None) -> None:
        """The job leaves some nodes, or (None) all of them."""
        leaving = None if nodes is None else set(nodes)
        for since in list(self.since.get(job, ())):
            held = self.open[job, since]
            gone = held if leaving is None else held & leaving
            if gone and time > since:
                self.done.append(Allocation(job, since, time, sorted(gone)))
            left = held - gone
            if left:
                self.open[job, since] = left
            else:
                del self.open[job, since]
                self.since[job].remove(since)
        if not self.since.get(job):
            self.since.pop(job, None)

    def finish(self, time: float) -> list[Allocation]:
        for job in list(self.since):
            self.leave(job, time)
        return sorted(self.done, key=lambda allocation: (allocation.begin, allocation.job, allocation.nodes[0]))


def timeline_of(run: Run) -> Timeline | None:
    """What happened on the nodes, or None when neither journal nor node_utilization were written."""
    if run.header.get('nodes'):
        timeline = from_journal(run.files['events'])
        if 'node_utilization' in run.files:
            timeline.outages = outages_of(run.files['node_utilization'], timeline)
        return timeline
    if 'node_utilization' in run.files:
        return from_node_utilization(run.files['node_utilization'],
                                     {job.id: job.requeues for job in run.jobs if job.requeues})
    return None


def _mark_lost(allocations: list[Allocation], attempts: Mapping[int, Sequence[Attempt]]) -> list[Allocation]:
    for allocation in allocations:
        allocation.lost = any(attempt.lost and attempt.begin <= allocation.begin < attempt.end
                              for attempt in attempts.get(allocation.job, ()))
    return allocations


class _Conditions:
    """Collects the spans in which nodes are not up; those of nodes that go and return together are one."""

    def __init__(self) -> None:
        self.open: dict[int, tuple[str, float]] = {}  # node -> condition, since
        self.done: dict[tuple[float, float, str], list[int]] = {}

    def set(self, node: int, time: float, state: str) -> None:
        kind, since = self.open.get(node, ('', time))
        if state == kind:
            return
        if kind and time > since:
            self.done.setdefault((since, time, kind), []).append(node)
        if state in CONDITIONS:
            self.open[node] = (state, time)
        else:
            self.open.pop(node, None)

    def finish(self, time: float) -> list[Outage]:
        for node in list(self.open):
            self.set(node, time, 'free')
        return [Outage(kind, begin, end, sorted(nodes)) for (begin, end, kind), nodes in sorted(self.done.items())]


def _utilization_rows(path: Path) -> Iterator[list[str]]:
    """Time, node, state, running jobs, expected jobs."""
    try:
        with open(path, newline='', encoding='utf-8') as file:
            rows = csv.reader(file)
            next(rows, None)
            for row in rows:
                if len(row) != 5:
                    raise ValueError(f'line {rows.line_num} has {len(row)} fields')
                yield row
    except (ValueError, KeyError) as error:
        raise OutputError(f'{path}: not a node utilization file: {error}') from error


def outages_of(path: Path, timeline: Timeline) -> list[Outage]:
    """When nodes were not up. The journal does not tell it."""
    numbers = {name: number for number, name in enumerate(timeline.nodes)}
    conditions = _Conditions()
    for time, name, state, _, _ in _utilization_rows(path):
        if name not in numbers:
            raise OutputError(f"{path}: node '{name}' is not in the journal beside it; are both of one run?")
        try:
            conditions.set(numbers[name], float(time), state)
        except ValueError as error:
            raise OutputError(f'{path}: not a node utilization file: {error}') from error
    return conditions.finish(timeline.end)


class _Suspensions:
    """Collects the spans in which jobs are suspended."""

    def __init__(self) -> None:
        self.since: dict[int, float] = {}
        self.done: list[Suspension] = []

    def note(self, job: int, time: float, is_suspended: bool) -> None:
        if is_suspended:
            self.since.setdefault(job, time)
        elif job in self.since:
            begin = self.since.pop(job)
            if time > begin:
                self.done.append(Suspension(job, begin, time))

    def finish(self, time: float) -> list[Suspension]:
        for job in list(self.since):
            self.note(job, time, False)
        return sorted(self.done, key=lambda suspension: (suspension.begin, suspension.job))


def from_journal(path: Path) -> Timeline:
    replay, holdings = Replay(), _Holdings()
    allocated, reserved = Series(), Series()
    reconfigurations: list[Reconfiguration] = []
    under_way: dict[int, float] = {}
    phases: list[Phase] = []
    in_phase: dict[int, Phase] = {}
    attempts: dict[int, list[Attempt]] = {}
    suspensions = _Suspensions()
    overlaps = False
    time = 0.0
    for event in read_journal(path):
        time, kind = event['time'], event['kind']
        job: int = event.get('job', -1)
        replay.apply(event)
        suspensions.note(job, time, job in replay.suspended)
        if kind == 'start':
            attempts.setdefault(job, []).append(Attempt(time, -1))
        if kind in ('start', 'grow'):
            holdings.take(job, time, event['nodes'])
            overlaps = overlaps or any(len(replay.running[node]) > 1 for node in event['nodes'])
        elif kind == 'shrink':
            holdings.leave(job, time, event['nodes'])
        elif kind == 'phase':
            if job in in_phase:
                in_phase[job].end = time
            in_phase[job] = Phase(job, event['phase'], event['iterations'], time, -1)
            phases.append(in_phase[job])
        elif kind == 'reconfiguration_begin':
            under_way[job] = time
        elif kind in ('reconfiguration_end', 'requeue', 'complete', 'kill'):
            if job in under_way:
                reconfigurations.append(Reconfiguration(job, under_way.pop(job), time))
            if kind != 'reconfiguration_end':
                holdings.leave(job, time)
                if job in attempts:
                    attempts[job][-1] = Attempt(attempts[job][-1].begin, time, kind == 'requeue')
                if job in in_phase:
                    in_phase.pop(job).end = time
        if replay.changed or kind == 'begin':
            allocated.set(time, replay.allocated)
            reserved.set(time, replay.reserved)
    reconfigurations += [Reconfiguration(job, begin, time) for job, begin in under_way.items()]
    for phase in in_phase.values():
        phase.end = time
    attempts = {job: tries for job, tries in attempts.items() if tries[0].lost}
    return Timeline(replay.node_names, _mark_lost(holdings.finish(time), attempts), allocated, reserved, time,
                    sorted(reconfigurations, key=lambda change: (change.begin, change.job)), phases, True, overlaps,
                    attempts, [], suspensions.finish(time))


def _jobs_in(text: str) -> list[int]:
    return [] if text in ('none', '') else [int(job) for job in text.split(';')]


class _Utilization:
    """What the rows of node_utilization add up to.

    A job that loses its nodes and starts again leaves all of them first. `requeues` says of which jobs that is to be
    told from a change of all their nodes, and how often.
    """

    def __init__(self, requeues: Mapping[int, int]) -> None:
        self.requeues = requeues
        self.numbers: dict[str, int] = {}
        self.running: list[str] = []
        self.uses: list[str] = []
        self.counts = {'allocated': 0, 'reserved': 0, 'free': 0}
        self.allocated, self.reserved = Series(), Series()
        self.holdings, self.conditions = _Holdings(), _Conditions()
        self.changes: dict[int, tuple[list[int], list[int]]] = {}  # of one instant: job -> nodes it left and took
        self.started: set[int] = set()
        self.reconfigurations: list[Reconfiguration] = []
        self.attempts: dict[int, list[Attempt]] = {}
        self.held: dict[int, int] = {}  # nodes of the jobs in `requeues`
        self.overlaps = False
        self.time = 0.0

    def settle(self) -> None:
        """What has changed in the instant that is over."""
        for job, (left, taken) in self.changes.items():
            if (job in self.started and taken) or (
                    left and job in self.holdings.since and _keeps(self.holdings, job, left)):
                self.reconfigurations.append(Reconfiguration(job, self.time, self.time))
            if left:
                self.holdings.leave(job, self.time, left)
            if taken:
                self.holdings.take(job, self.time, taken)
                self.started.add(job)
        self.changes.clear()
        self.allocated.set(self.time, self.counts['allocated'])
        self.reserved.set(self.time, self.counts['reserved'])

    def apply(self, time: float, name: str, state: str, jobs: str, expected: str) -> None:
        if time > self.time:
            self.settle()
            self.time = time
        node = self.numbers.get(name)
        if node is None:
            node = self.numbers[name] = len(self.numbers)
            self.running.append('none')
            self.uses.append('free')
            self.counts['free'] += 1
        if jobs != self.running[node]:
            self._run(node, jobs)
        self.conditions.set(node, time, state)
        use = state if state not in CONDITIONS else 'allocated' if jobs != 'none' else (
            'reserved' if expected != 'none' else 'free')
        if use != self.uses[node]:
            self.counts[self.uses[node]] -= 1
            self.counts[use] += 1
            self.uses[node] = use

    def _run(self, node: int, jobs: str) -> None:
        before, after = _jobs_in(self.running[node]), _jobs_in(jobs)
        self.running[node] = jobs
        self.overlaps = self.overlaps or len(after) > 1
        for job in before:
            if job not in after:
                _note(self.changes, job, node, 0)
                if job in self.requeues:
                    self._count(job, -1)
        for job in after:
            if job not in before:
                _note(self.changes, job, node, 1)
                if job in self.requeues:
                    self._count(job, 1)

    def _count(self, job: int, difference: int) -> None:
        self.held[job] = self.held.get(job, 0) + difference
        tries = self.attempts.setdefault(job, [])
        if difference > 0 and self.held[job] == 1:
            tries.append(Attempt(self.time, -1))
        elif self.held[job] == 0:
            tries[-1] = Attempt(tries[-1].begin, self.time, len(tries) <= self.requeues[job])
            self.changes.pop(job, None)
            self.holdings.leave(job, self.time)
            self.started.discard(job)

    def finish(self) -> Timeline:
        self.settle()
        return Timeline(list(self.numbers), _mark_lost(self.holdings.finish(self.time), self.attempts), self.allocated,
                        self.reserved, self.time, self.reconfigurations, [], False, self.overlaps, self.attempts,
                        self.conditions.finish(self.time))


def from_node_utilization(path: Path, requeues: Mapping[int, int] | None = None) -> Timeline:
    """`requeues` says how often which jobs lost their nodes, where it is known."""
    utilization = _Utilization(requeues or {})
    try:
        for time, name, state, jobs, expected in _utilization_rows(path):
            utilization.apply(float(time), name, state, jobs, expected)
    except (ValueError, KeyError) as error:
        raise OutputError(f'{path}: not a node utilization file: {error}') from error
    return utilization.finish()


def _keeps(holdings: _Holdings, job: int, left: Sequence[int]) -> bool:
    """Whether the job has nodes beside those it leaves."""
    return sum(len(holdings.open[job, since]) for since in holdings.since[job]) > len(left)


def _note(changes: dict[int, tuple[list[int], list[int]]], job: int, node: int, side: int) -> None:
    """Remembers that a job left (0) or took (1) a node; the one undoes the other."""
    sides = changes.get(job)
    if sides is None:
        sides = changes[job] = ([], [])
    if node in sides[1 - side]:
        sides[1 - side].remove(node)
    else:
        sides[side].append(node)


def ranges(nodes: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted numbers as (first, count) of contiguous ranges."""
    result: list[tuple[int, int]] = []
    for node in nodes:
        if result and result[-1][0] + result[-1][1] == node:
            result[-1] = (result[-1][0], result[-1][1] + 1)
        else:
            result.append((node, 1))
    return result
