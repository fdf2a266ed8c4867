"""First come first served, shortest job first, EASY, hybrid and conservative backfilling, where all times are whole
numbers: what is free at each is a row of numbers, and a place is looked for by going along it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy
import numpy.typing


@dataclass(eq=False)
class Job:
    submit: int
    nodes: int
    runtime: int
    walltime: int  # which is also how long it is expected to run
    start: int = -1
    planned: int = -1  # when its reservation begins
    number: int = 0  # in the order of the file

    @property
    def end(self) -> int:
        return self.start + min(self.runtime, self.walltime)


class Plan:
    """Free nodes by time, as far as is known now."""

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes
        self.free: numpy.typing.NDArray[numpy.int32] = numpy.full(1, nodes, dtype=numpy.int32)

    def _reach(self, end: int) -> None:
        if end > len(self.free):
            more = numpy.full(end, self.nodes, dtype=numpy.int32)
            self.free = numpy.concatenate((self.free, more))

    def take(self, nodes: int, begin: int, end: int) -> None:
        self._reach(end)
        self.free[begin:end] -= nodes

    def fits(self, job: Job, begin: int) -> bool:
        self._reach(begin + job.walltime)
        return bool(self.free[begin:begin + job.walltime].min() >= job.nodes)

    def earliest(self, job: Job, now: int) -> int:
        self._reach(now + 1)
        lacking = numpy.flatnonzero(self.free[now:] < job.nodes)
        edges: numpy.typing.NDArray[numpy.int64] = numpy.full(len(lacking) + 2, -1)
        edges[1:-1] = lacking
        edges[-1] = len(self.free) + job.walltime
        return now + 1 + int(edges[int(numpy.argmax(numpy.diff(edges) > job.walltime))])


Key = Callable[[Job, int], float]  # at a time; the lowest goes first


class Policy:
    """The first `depth` jobs that can't start, in the order of `key`, then of submission, have reservations."""

    def __init__(self, nodes: int, depth: int = 0, key: Key = lambda job, now: 0, recompute: bool = False,
                 backfill_key: Key | None = None, extra_nodes: bool = True) -> None:
        self.plan = Plan(nodes)
        self.depth = depth
        self.key = key
        self.recompute = recompute  # reservations, whenever there is a decision
        self.backfill_key = backfill_key
        self.extra_nodes = extra_nodes
        self.queue: list[Job] = []

    def wakes(self) -> float:
        return float('inf')

    def ended(self, job: Job) -> None:
        self.plan.take(-job.nodes, job.end, job.start + job.walltime)

    def start(self, job: Job, now: int) -> None:
        job.start, job.planned = now, -1
        self.plan.take(job.nodes, now, now + job.walltime)

    def drop(self, job: Job) -> None:
        if job.planned >= 0:
            self.plan.take(-job.nodes, job.planned, job.planned + job.walltime)
            job.planned = -1

    def reserve(self, job: Job, now: int) -> None:
        self.drop(job)
        job.planned = self.plan.earliest(job, now)
        self.plan.take(job.nodes, job.planned, job.planned + job.walltime)

    def line_up(self, submitted: list[Job], now: int) -> None:
        self.queue = sorted(self.queue + submitted, key=lambda job: (self.key(job, now), job.submit, job.number))

    def may_go_before(self, job: Job, now: int) -> bool:
        first = min((other.planned for other in self.queue if other.planned >= 0), default=None)
        return self.extra_nodes or first is None or now + job.walltime <= first

    def in_turn(self, now: int) -> Iterator[Job]:
        """The queue, but when all reservations are made the others in the order of their own."""
        left = list(self.queue)
        while left:
            blocked = sum(job.planned >= 0 for job in self.queue)
            if self.backfill_key and blocked == self.depth and not any(job.planned >= 0 for job in left):
                key = self.backfill_key
                left.sort(key=lambda job: key(job, now))
            yield left.pop(0)

    def decide(self, now: int, submitted: list[Job], early: bool) -> None:
        """Reservations only move forward, unless they are made anew."""
        self.line_up(submitted, now)
        for job in self.queue if self.recompute else ():
            self.drop(job)
        blocked = sum(job.planned >= 0 for job in self.queue)
        for job in self.in_turn(now):
            had = job.planned
            self.drop(job)
            if self.plan.fits(job, now) and (had >= 0 or self.may_go_before(job, now)):
                self.start(job, now)
                blocked -= had >= 0
            elif had >= 0 or blocked < self.depth:
                blocked += had < 0
                self.reserve(job, now)
        self.queue = [job for job in self.queue if job.start < 0]


class InOrder(Policy):
    """No job passes another."""

    def decide(self, now: int, submitted: list[Job], early: bool) -> None:
        self.line_up(submitted, now)
        while self.queue and self.plan.fits(self.queue[0], now):
            self.start(self.queue.pop(0), now)


class Conservative(Policy):
    """Everybody has a reservation. When a job ended early, each in turn moves to the earliest place."""

    def wakes(self) -> float:
        return min((job.planned for job in self.queue), default=float('inf'))

    def decide(self, now: int, submitted: list[Job], early: bool) -> None:
        self.line_up(submitted, now)
        for job in self.queue:
            if early or job.planned < 0:
                self.reserve(job, now)
            if job.planned == now:
                self.drop(job)
                self.start(job, now)
        self.queue = [job for job in self.queue if job.start < 0]


def simulate(jobs: list[Job], policy: Policy) -> None:
    """Gives each job its start: all that happens at one time is decided together."""
    for number, job in enumerate(jobs):
        job.start, job.planned, job.number = -1, -1, number
    coming = sorted(jobs, key=lambda job: job.submit)
    running: list[tuple[int, int]] = []  # ends, and numbers of jobs
    while coming or running or policy.queue:
        now = int(min([job.submit for job in coming[:1]] + [end for end, _ in running[:1]] + [policy.wakes()]))
        early = False
        while running and running[0][0] == now:
            job = jobs[heapq.heappop(running)[1]]
            policy.ended(job)
            early = early or job.end < job.start + job.walltime
        submitted = []
        while coming and coming[0].submit == now:
            submitted.append(coming.pop(0))
        before = policy.queue + submitted
        policy.decide(now, submitted, early)
        for job in before:
            if job.start == now:
                heapq.heappush(running, (job.end, job.number))
