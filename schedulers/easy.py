#!/usr/bin/env python3
"""EASY backfilling of rigid jobs (Lifka 1995), in plain Python: an independent check of builtin:easy.

Jobs start in the order of submission. The first one that doesn't fit gets a reservation: at the shadow time, enough
nodes will be free if running jobs end when they are expected to; what is left then are the extra nodes. A job behind it
starts out of order if it ends before the shadow time, or needs no more than the extra nodes. How long a job is expected
to run is its runtime estimate, else its walltime; without either it may run for ever.

usage: elastisim CONFIG --scheduler python:schedulers/easy.py
   or: elastisim CONFIG --scheduler "exec:python3 schedulers/easy.py"
   or: python3 schedulers/easy.py URL     beside a simulator that waits at that URL
with python/ in PYTHONPATH, and in CONFIG at least schedule_on_job_submit and schedule_on_job_finalize.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from elastisim_python import Job, Jobs, JobType, Nodes, run


def schedule(jobs: Jobs, nodes: Nodes, system: dict[str, Any]) -> None:
    """Starts waiting jobs in order, and behind the first that doesn't fit those that don't delay it."""
    now, started = system['time'], list[Job]()
    for job in jobs.pending:
        if nodes_of(job) > len(nodes.free):
            break
        start(job, nodes, started)
    if jobs.pending and nodes.free:
        shadow, extra = reservation(jobs.pending[0], now, len(nodes.free), [*jobs.running, *started])
        backfill(jobs, nodes, now, shadow, extra)


def backfill(jobs: Jobs, nodes: Nodes, now: float, shadow: float, extra: int) -> None:
    """Starts those behind the first waiting job that end before the shadow time, or need none but the extra nodes."""
    others = iter(jobs.pending)
    next(others)
    for job in others:
        if nodes_of(job) > len(nodes.free):
            continue
        estimate = expected_runtime(job)
        if now + estimate <= shadow and math.isfinite(estimate):
            start(job, nodes)
        elif job.num_nodes <= extra:
            extra -= job.num_nodes
            start(job, nodes)
        if not nodes.free:
            break


def reservation(head: Job, now: float, free: int, running: list[Job]) -> tuple[float, int]:
    """The shadow time, and the extra nodes at that time: those that end then are free together."""
    ends = sorted((max(now, expected_end(job, now)), job.num_nodes) for job in running)
    shadow = math.inf
    for end, count in ends:
        if end > shadow:
            break
        free += count
        if free >= head.num_nodes:
            shadow = end
    return (shadow, free - head.num_nodes) if math.isfinite(shadow) else (math.inf, 0)


def nodes_of(job: Job) -> int:
    if job.type is not JobType.RIGID:
        raise ValueError(f'job {job.identifier} is {job.type.name.lower()}; this scheduler is for rigid jobs')
    return job.num_nodes


def start(job: Job, nodes: Nodes, started: list[Job] | None = None) -> None:
    job.assign(nodes.free[:job.num_nodes])
    if started is not None:
        started.append(job)


def expected_runtime(job: Job) -> float:
    if job.runtime_estimate is not None and job.runtime_estimate >= 0:
        return min(job.runtime_estimate, job.walltime or math.inf)
    return job.walltime or math.inf


def expected_end(job: Job, now: float) -> float:
    """Jobs started in this invocation have no start time yet."""
    return (now if job.start_time is None or job.start_time < 0 else job.start_time) + expected_runtime(job)


if __name__ == '__main__':
    run(schedule, *sys.argv[1:2])
