"""First come first served, shortest job first, EASY, hybrid and conservative backfilling, where all times are whole
numbers: what is free at each is a row of numbers, and a place is looked for by going along it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy
import numpy.typing


@dataclass(eq=False)
class Job:
    submit: int
    nodes: int
    runtime: int
    walltime: int
    user: int = 0
    start: int = -1
    expected: int = -1  # how long it is expected to run: the walltime, unless that is predicted
    corrections: int = 0  # how often that was raised
    planned: int = -1  # when its reservation begins
    number: int = 0  # in the order of the file

    @property
    def end(self) -> int:
        return self.start + min(self.runtime, self.walltime)

    @property
    def is_killed(self) -> bool:
        return self.runtime > self.walltime


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
        self._reach(begin + job.expected)
        return bool(self.free[begin:begin + job.expected].min() >= job.nodes)

    def earliest(self, job: Job, now: int) -> int:
        self._reach(now + 1)
        lacking = numpy.flatnonzero(self.free[now:] < job.nodes)
        edges: numpy.typing.NDArray[numpy.int64] = numpy.full(len(lacking) + 2, -1)
        edges[1:-1] = lacking
        edges[-1] = len(self.free) + job.expected
        return now + 1 + int(edges[int(numpy.argmax(numpy.diff(edges) > job.expected))])


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

    def submitted(self, job: Job) -> None:
        job.expected = job.walltime

    def ended(self, job: Job) -> None:
        self.plan.take(-job.nodes, job.end, job.start + job.expected)

    def start(self, job: Job, now: int) -> None:
        job.start, job.planned = now, -1
        self.plan.take(job.nodes, now, now + job.expected)

    def drop(self, job: Job) -> None:
        if job.planned >= 0:
            self.plan.take(-job.nodes, job.planned, job.planned + job.expected)
            job.planned = -1

    def reserve(self, job: Job, now: int) -> None:
        self.drop(job)
        job.planned = self.plan.earliest(job, now)
        self.plan.take(job.nodes, job.planned, job.planned + job.expected)

    def line_up(self, submitted: list[Job], now: int) -> None:
        self.queue = sorted(self.queue + submitted, key=lambda job: (self.key(job, now), job.submit, job.number))

    def may_go_before(self, job: Job, now: int) -> bool:
        first = min((other.planned for other in self.queue if other.planned >= 0), default=None)
        return self.extra_nodes or first is None or now + job.expected <= first

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
        """At each decision, in order, reservations move forward, unless they are made anew."""
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
    """Everybody has a reservation. When a job ended early, each in turn moves to the earliest place; or all are made
    anew at each decision."""

    def wakes(self) -> float:
        return min((job.planned for job in self.queue), default=float('inf'))

    def decide(self, now: int, submitted: list[Job], early: bool) -> None:
        self.line_up(submitted, now)
        for job in self.queue if self.recompute else ():
            self.drop(job)
        for job in self.queue:
            if early or job.planned < 0:
                self.reserve(job, now)
            if job.planned == now:
                self.drop(job)
                self.start(job, now)
        self.queue = [job for job in self.queue if job.start < 0]


STEPS = [60 * minutes for minutes in (1, 5, 15, 30, 60, 120, 300, 600, 1200, 3000, 6000)]

Predict = Callable[[list[int]], float]  # from the runtimes so far, the newest last


class Predicting(Policy):
    """Jobs are expected to run as long as those of the same user before. When one runs longer, that is raised step by
    step up to the walltime, and all reservations are made anew."""

    predict: Predict

    def __init__(self, nodes: int, predict: Predict, **keys: Any) -> None:
        super().__init__(nodes, **keys)
        self.predict = predict
        self.runtimes: dict[int, list[int]] = {}
        self.running: list[Job] = []

    def submitted(self, job: Job) -> None:
        super().submitted(job)
        predicted = self.predict(self.runtimes.get(job.user, []))
        if predicted < job.walltime:
            job.expected = int(predicted)
            assert job.expected == predicted

    def ended(self, job: Job) -> None:
        super().ended(job)
        self.running.remove(job)
        self.runtimes.setdefault(job.user, []).append(job.end - job.start)

    def start(self, job: Job, now: int) -> None:
        super().start(job, now)
        self.running.append(job)

    def wakes(self) -> float:
        ends = [job.start + job.expected for job in self.running if job.expected < job.walltime]
        return min([super().wakes(), *ends])

    def correct(self, now: int) -> bool:
        late = [job for job in self.running if job.start + job.expected <= now and job.expected < job.walltime]
        for job in late:
            before = job.expected
            while job.start + job.expected <= now and job.expected < job.walltime:
                job.expected += STEPS[job.corrections]
                job.corrections += 1
            job.expected = min(job.expected, job.walltime)
            self.plan.take(job.nodes, job.start + before, job.start + job.expected)
        return bool(late)

    def decide(self, now: int, submitted: list[Job], early: bool) -> None:
        if self.correct(now):
            early = True
            for job in self.queue:
                self.drop(job)
        super().decide(now, submitted, early)


class PredictingConservative(Predicting, Conservative):
    pass


def simulate(jobs: list[Job], policy: Policy) -> None:
    """Gives each job its start: all that happens at one time is decided together."""
    for number, job in enumerate(jobs):
        job.start, job.planned, job.corrections, job.number = -1, -1, 0, number
    coming = sorted(jobs, key=lambda job: job.submit)
    running: list[tuple[int, bool, int, int]] = []  # ends, kills after all else, as started, numbers of jobs
    started = 0
    while coming or running or policy.queue:
        now = int(min([job.submit for job in coming[:1]] + [end for end, *_ in running[:1]] + [policy.wakes()]))
        early = False
        submitted = []
        for killed in (False, True):
            while running and running[0][:2] == (now, killed):
                job = jobs[heapq.heappop(running)[-1]]
                policy.ended(job)
                early = early or job.end < job.start + job.expected
            while coming and coming[0].submit == now:
                policy.submitted(coming[0])
                submitted.append(coming.pop(0))
        before = policy.queue + submitted
        policy.decide(now, submitted, early)
        for job in before:
            if job.start == now:
                started += 1
                heapq.heappush(running, (job.end, job.is_killed, started, job.number))
