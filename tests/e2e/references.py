"""FCFS, EASY and conservative backfilling for rigid jobs, written as plainly as they are told.

All decide once per instant, after everything that ends and is submitted at it. A job runs for min(runtime, walltime)
and is expected to run for its walltime.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class RigidJob:
    submit: float
    nodes: int
    runtime: float
    walltime: float
    start: float = -1.0

    @property
    def end(self) -> float:
        return self.start + min(self.runtime, self.walltime)

    @property
    def expected_end(self) -> float:
        return self.start + self.walltime


@dataclass
class Machine:
    nodes: int
    free: int
    now: float = 0.0
    running: list[RigidJob] = field(default_factory=list)
    queue: list[RigidJob] = field(default_factory=list)

    def start(self, job: RigidJob) -> None:
        job.start = self.now
        self.free -= job.nodes
        self.running.append(job)


Policy = Callable[[Machine, bool], None]  # with whether a job has just ended before it was expected to


def simulate(jobs: Sequence[RigidJob], nodes: int, policy: Policy, wakes: Callable[[], float] = lambda: float('inf'),
             ) -> None:
    """Gives each job its start. `wakes` says when the policy wants to be asked next though nothing happens."""
    coming = sorted(range(len(jobs)), key=lambda i: jobs[i].submit)
    ends: list[float] = []
    machine, at = Machine(nodes, nodes), 0
    while at < len(coming) or machine.running or machine.queue:
        times = [jobs[coming[at]].submit] if at < len(coming) else []
        machine.now = min(times + ends[:1] + [wakes()])
        while ends and ends[0] == machine.now:
            heapq.heappop(ends)
        over = [job for job in machine.running if job.end <= machine.now]
        machine.running = [job for job in machine.running if job.end > machine.now]
        machine.free += sum(job.nodes for job in over)
        while at < len(coming) and jobs[coming[at]].submit <= machine.now:
            machine.queue.append(jobs[coming[at]])
            at += 1
        policy(machine, any(job.end < job.expected_end for job in over))
        machine.queue = [job for job in machine.queue if job.start < 0]
        for job in machine.running:
            if job.start == machine.now:
                heapq.heappush(ends, job.end)


def fcfs(machine: Machine, early: bool) -> None:
    for job in machine.queue:
        if job.nodes > machine.free:
            return
        machine.start(job)


def easy(machine: Machine, early: bool, extra_counts: bool = True) -> None:
    """The first job that has to wait gets a reservation; others may start that don't put it off: they end by then, or
    take none of the nodes that it needs (unless extra_counts is False)."""
    waiting = list(machine.queue)
    while waiting and waiting[0].nodes <= machine.free:
        machine.start(waiting.pop(0))
    if not waiting:
        return
    head = waiting.pop(0)
    free, shadow = machine.free, machine.now
    for job in sorted(machine.running, key=lambda job: job.expected_end):
        if free >= head.nodes and job.expected_end > shadow:
            break
        free += job.nodes
        shadow = job.expected_end
    extra = free - head.nodes if extra_counts else 0
    for job in waiting:
        in_time = machine.now + job.walltime <= shadow
        if job.nodes <= machine.free and (in_time or job.nodes <= extra):
            machine.start(job)
            extra -= 0 if in_time else job.nodes


class Conservative:
    """Everybody gets a reservation at once; when a job ends early, each waiting job in turn moves to the earliest time
    there is for it."""

    def __init__(self, nodes: int) -> None:
        self.steps: list[list[float]] = [[0.0, nodes]]  # from this time on, so many nodes are free
        self.reserved: dict[int, float] = {}  # by id() of the job, which the machine's queue keeps alive

    def wakes(self) -> float:
        return min(self.reserved.values(), default=float('inf'))

    def __call__(self, machine: Machine, early: bool) -> None:
        if early:
            self._rebuild(machine)
        for job in machine.queue:
            if early or id(job) not in self.reserved:
                if id(job) in self.reserved:
                    self._take(self.reserved[id(job)], job, -1)
                start = self._earliest(machine.now, job)
                self.reserved[id(job)] = start
                self._take(start, job, 1)
        for job in machine.queue:
            if self.reserved[id(job)] <= machine.now:
                machine.start(job)
                del self.reserved[id(job)]
        self._forget(machine.now)

    def _rebuild(self, machine: Machine) -> None:
        self.steps = [[machine.now, machine.nodes]]
        for job in machine.running:
            self._use(machine.now, job.expected_end, job.nodes)
        for job in machine.queue:
            if id(job) in self.reserved:
                self._take(self.reserved[id(job)], job, 1)

    def _take(self, start: float, job: RigidJob, sign: int) -> None:
        self._use(start, start + job.walltime, sign * job.nodes)

    def _use(self, begin: float, end: float, nodes: int) -> None:
        for time in (begin, end):
            at = next((i for i, step in enumerate(self.steps) if step[0] >= time), len(self.steps))
            if at == len(self.steps) or self.steps[at][0] != time:
                self.steps.insert(at, [time, self.steps[at - 1][1]])
        for step in self.steps:
            if begin <= step[0] < end:
                step[1] -= nodes

    def _earliest(self, now: float, job: RigidJob) -> float:
        start: float | None = None
        for i, (time, free) in enumerate(self.steps):
            until = self.steps[i + 1][0] if i + 1 < len(self.steps) else float('inf')
            if free < job.nodes:
                start = None
            elif until > now:
                start = max(time, now) if start is None else start
                if until - start >= job.walltime:
                    return start
        raise AssertionError('a job larger than the machine')

    def _forget(self, now: float) -> None:
        while len(self.steps) > 1 and self.steps[1][0] <= now:
            self.steps.pop(0)
