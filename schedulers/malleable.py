#!/usr/bin/env python3
"""First come, first served with malleable jobs that make room: what malleability is worth to those who wait.

Jobs start, grow and get their requests answered as in fcfs.py. But when the first waiting job doesn't fit, a
malleable or adaptive job that comes to a scheduling point hands nodes over to it at once: as many as are missing,
and never below its own minimum. It keeps them if all such jobs together can't make room for the waiting one, as
the nodes would lie idle until others end.

usage: elastisim CONFIG --scheduler python:schedulers/malleable.py
   or: elastisim CONFIG --scheduler "exec:python3 schedulers/malleable.py"
   or: python3 schedulers/malleable.py URL     beside a simulator that waits at that URL
with python/ in PYTHONPATH, and in CONFIG at least schedule_on_job_submit, schedule_on_job_finalize and
schedule_on_scheduling_point. Needs fcfs.py beside it.
"""

import sys
from typing import Any

from elastisim_python import InvocationType, Job, Jobs, JobType, Node, Nodes, run
from fcfs import answer_request, bounds, by_rank, gpus_for, grow, start_waiting, take, with_gpus


def schedule(jobs: Jobs, nodes: Nodes, system: dict[str, Any]) -> None:
    """Answers the request if there is one, starts what fits, then resizes the job at its scheduling point."""
    free = list(nodes.free)
    if system['invocation_type'] is InvocationType.INVOKE_EVOLVING_REQUEST:
        answer_request(system['job'], system['evolving_request'], free)
    waiting = start_waiting(jobs, nodes, free)
    if system['invocation_type'] is InvocationType.INVOKE_SCHEDULING_POINT:
        if not waiting:
            grow(system['job'], free)
        while waiting and make_room(system['job'], waiting[0], jobs, nodes, free):
            waiting = start_waiting(jobs, nodes, free)


def make_room(job: Job, head: Job, jobs: Jobs, nodes: list[Node], free: list[Node]) -> bool:
    """Frees nodes of a job for the first waiting one. Returns whether it freed any."""
    gpus = gpus_for(head, nodes)
    missing = bounds(head)[0] - len(with_gpus(free, gpus))
    if sum(len(spare(other, gpus)) for other in jobs.running) < missing:
        return False
    handed_over = spare(job, gpus)[-missing:]
    take(job, handed_over, free)
    return bool(handed_over)


def spare(job: Job, gpus: int) -> list[Node]:
    """The nodes with so many GPUs that a job could do without, or none if it can't shrink."""
    if job.type not in (JobType.MALLEABLE, JobType.ADAPTIVE):
        return []
    surplus = max(0, len(job.assigned_nodes) - job.num_nodes_min)
    usable = with_gpus(by_rank(job), gpus)
    return usable[max(0, len(usable) - surplus):]


if __name__ == '__main__':
    run(schedule, *sys.argv[1:2])
