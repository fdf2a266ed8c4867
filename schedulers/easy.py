#!/usr/bin/env python3
"""EASY backfilling of rigid jobs (Lifka 1995), in plain Python: an independent check of builtin:easy.

Jobs start in the order of submission. The first one that doesn't fit gets a reservation: at the shadow time, enough
nodes will be free if running jobs end when they are expected to; what is left then are the extra nodes. A job behind it
starts out of order if it ends before the shadow time, or needs no more than the extra nodes. How long a job is expected
to run is its runtime estimate, else its walltime; without either it may run for ever.

usage: elastisim CONFIG --scheduler "exec:python3 schedulers/easy.py"
   or: python3 schedulers/easy.py URL     beside a simulator that waits at that URL
with python/ in PYTHONPATH, and in CONFIG at least schedule_on_job_submit and schedule_on_job_finalize.
"""

import math
import sys
from typing import Any

from elastisim_python import Job, JobState, JobType, Node, NodeState, run

RUNNING = (JobState.RUNNING, JobState.PENDING_RECONFIGURATION, JobState.IN_RECONFIGURATION)


class Easy:
    """Keeps the jobs that wait and run from one invocation to the next: visiting all of them takes too long."""

    def __init__(self) -> None:
        self.known = 0
        self.waiting: list[Job] = []
        self.running: list[Job] = []

    def __call__(self, jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        self.waiting += [job for job in jobs[self.known:] if job.state is JobState.PENDING]
        self.known = len(jobs)
        self.waiting = [job for job in self.waiting if job.state is JobState.PENDING]
        self.running = [job for job in self.running if job.state in RUNNING or job.state is JobState.PENDING]
        free = [node for node in nodes if node.state is NodeState.FREE]
        now = system['time']
        while self.waiting and self.waiting[0].num_nodes <= len(free):
            self.start(self.waiting[0], free)
        if self.waiting:
            self.backfill(now, free)

    def backfill(self, now: float, free: list[Node]) -> None:
        """Starts those behind the first waiting job that don't delay it."""
        head, *others = self.waiting
        shadow, extra = self.reservation(head, now, len(free))
        for job in others:
            if job.num_nodes > len(free):
                continue
            estimate = expected_runtime(job)
            if now + estimate <= shadow and math.isfinite(estimate):
                self.start(job, free)
            elif job.num_nodes <= extra:
                extra -= job.num_nodes
                self.start(job, free)

    def reservation(self, head: Job, now: float, free: int) -> tuple[float, int]:
        """The shadow time, and the extra nodes at that time: those that end then are free together."""
        ends = sorted((max(now, expected_end(job, now)), job.num_nodes) for job in self.running)
        shadow = math.inf
        for end, count in ends:
            if end > shadow:
                break
            free += count
            if free >= head.num_nodes:
                shadow = end
        return (shadow, free - head.num_nodes) if math.isfinite(shadow) else (math.inf, 0)

    def start(self, job: Job, free: list[Node]) -> None:
        job.assign(free[:job.num_nodes])
        del free[:job.num_nodes]
        self.waiting.remove(job)
        self.running.append(job)


def expected_runtime(job: Job) -> float:
    if job.type is not JobType.RIGID:
        raise ValueError(f'job {job.identifier} is {job.type.name.lower()}; this scheduler is for rigid jobs')
    if job.runtime_estimate is not None and job.runtime_estimate >= 0:
        return min(job.runtime_estimate, job.walltime or math.inf)
    return job.walltime or math.inf


def expected_end(job: Job, now: float) -> float:
    """Jobs started in this invocation have no start time yet."""
    return (now if job.start_time is None or job.start_time < 0 else job.start_time) + expected_runtime(job)


if __name__ == '__main__':
    run(Easy(), *sys.argv[1:2])
