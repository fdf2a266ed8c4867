"""EASY and conservative backfilling that reserve particular machines, not just a number of them, as Batsim's do.

A reservation is made on the machines with the lowest numbers that are all free for the whole walltime of the job. So a
job may have to wait although enough machines are free at every moment of its walltime: other ones, not the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from references import RigidJob

ENDLESS = 1e12


@dataclass
class Plan:
    """Which machines are free from when on. Steps are sorted by time; the last one has no end."""

    times: list[float]
    free: list[set[int]]
    places: dict[int, tuple[float, float, frozenset[int]]] = field(default_factory=dict)  # by the job's index

    def _split(self, time: float) -> int:
        at = next((i for i, other in enumerate(self.times) if other >= time), len(self.times))
        if at == len(self.times) or self.times[at] > time:
            self.times.insert(at, time)
            self.free.insert(at, set(self.free[at - 1]))
        return at

    def forget(self, now: float) -> None:
        at = self._split(now)
        del self.times[:at], self.free[:at]

    def remove(self, index: int, now: float) -> None:
        begin, end, machines = self.places.pop(index)
        if end <= now:
            return
        first, last = self._split(max(begin, now)), self._split(end)
        for at in range(first, last):
            self.free[at] |= machines

    def add(self, index: int, job: RigidJob) -> float:
        """Reserves the earliest time there is for the job, and returns it."""
        for first, begin in enumerate(self.times):
            common, at = set(self.free[first]), first
            while len(common) >= job.nodes and at + 1 < len(self.times) and self.times[at + 1] < begin + job.walltime:
                at += 1
                common &= self.free[at]
            if len(common) >= job.nodes:
                machines = frozenset(sorted(common)[:job.nodes])
                end = begin + job.walltime
                last = self._split(end)
                for step in range(first, last):
                    self.free[step] -= machines
                self.places[index] = (begin, end, machines)
                return begin
        raise AssertionError('a job larger than the machine')


def simulate(jobs: Sequence[RigidJob], nodes: int, conservative: bool) -> None:
    """Gives each job its start. The queue is looked at anew when a job has ended; otherwise only new jobs are."""
    plan = Plan([0.0], [set(range(nodes))])
    coming = sorted(range(len(jobs)), key=lambda i: jobs[i].submit)
    running: dict[int, float] = {}
    queue: list[int] = []
    at = 0
    while at < len(coming) or running or queue:
        starts = [plan.places[i][0] for i in queue if i in plan.places]
        now = min([jobs[i].submit for i in coming[at:at + 1]] + list(running.values()) + starts)
        ended = [i for i, end in running.items() if end <= now]
        for i in ended:
            plan.remove(i, now)
            del running[i]
        plan.forget(now)
        new = []
        while at < len(coming) and jobs[coming[at]].submit <= now:
            new.append(coming[at])
            at += 1
        queue += new
        for i in list(queue) if ended or starts and min(starts) <= now else new:
            if i in plan.places:
                plan.remove(i, now)
            if plan.add(i, jobs[i]) <= now:
                jobs[i].start = now
                running[i] = jobs[i].end
                queue.remove(i)
            elif not conservative and i != queue[0]:
                plan.remove(i, now)
