#!/usr/bin/env python3
"""First come, first served: the baseline that other policies are compared with, as an external scheduler.

Jobs start strictly in the order of submission: the first one that doesn't fit holds back all behind it. A job
gets as many free nodes as it may use, lowest identifiers first, and on each of them as many GPUs as it may use.
An evolving request is granted if enough nodes are free, otherwise declined. A malleable or adaptive job grows
into idle nodes at its scheduling points as long as no job waits.

usage: elastisim CONFIG --scheduler python:schedulers/fcfs.py
   or: elastisim CONFIG --scheduler "exec:python3 schedulers/fcfs.py"
   or: python3 schedulers/fcfs.py URL     beside a simulator that waits at that URL
with python/ in PYTHONPATH, and in CONFIG at least schedule_on_job_submit and schedule_on_job_finalize.
"""

import sys
from collections.abc import Sequence
from typing import Any

from elastisim_python import InvocationType, Job, Jobs, JobType, Node, Nodes, run


def schedule(jobs: Jobs, nodes: Nodes, system: dict[str, Any]) -> None:
    """Answers the request if there is one, then starts what fits, then grows the job if nothing waits."""
    free = list(nodes.free)
    if system['invocation_type'] is InvocationType.INVOKE_EVOLVING_REQUEST:
        answer_request(system['job'], system['evolving_request'], free)
    waiting = start_waiting(jobs, nodes, free)
    if system['invocation_type'] is InvocationType.INVOKE_SCHEDULING_POINT and not waiting:
        grow(system['job'], free)


def with_gpus(nodes: list[Node], gpus: int) -> list[Node]:
    """The nodes that have so many GPUs."""
    return [node for node in nodes if len(node.gpus) >= gpus] if gpus else nodes


def bounds(job: Job) -> tuple[int, int]:
    """The least and the greatest number of nodes of a job."""
    if job.type is JobType.RIGID:
        return job.num_nodes, job.num_nodes
    return job.num_nodes_min, job.num_nodes_max


def gpus_for(job: Job, nodes: list[Node]) -> int:
    """The most GPUs per node that the job may use and that enough nodes of the platform have."""
    if job.type is JobType.RIGID:
        return job.num_gpus_per_node
    if job.num_gpus_per_node_max == 0:
        return 0
    counts = sorted((len(node.gpus) for node in nodes), reverse=True)
    return max(job.num_gpus_per_node_min, min(job.num_gpus_per_node_max, counts[job.num_nodes_min - 1]))


def start_waiting(jobs: Jobs, nodes: list[Node], free: list[Node]) -> Sequence[Job]:
    """Starts waiting jobs in order until one doesn't fit, and takes their nodes out of free.

    Returns those that still wait.
    """
    for job in jobs.pending:
        least, most = bounds(job)
        gpus = gpus_for(job, nodes)
        usable = with_gpus(free, gpus)
        if len(usable) < least:
            break
        job.assign_num_gpus_per_node(gpus)
        give(job, usable[:most], free)
    return jobs.pending


def answer_request(job: Job, request: int, free: list[Node]) -> None:
    """Gives an evolving job the nodes it asks for, if there are enough, or takes back what it no longer wants."""
    change = request - len(job.assigned_nodes)
    if change < 0:
        take(job, by_rank(job)[change:], free)
    else:
        usable = with_gpus(free, job.assigned_num_gpus_per_node)
        if len(usable) >= change:
            give(job, usable[:change], free)


def grow(job: Job, free: list[Node]) -> None:
    """Lets a job expand into the free nodes."""
    room = job.num_nodes_max - len(job.assigned_nodes)
    give(job, with_gpus(free, job.assigned_num_gpus_per_node)[:room], free)


def by_rank(job: Job) -> list[Node]:
    """The nodes of a job in the order of its ranks: the package lists them in that of a set, as ElastiSim's does."""
    # A job that lost nodes has fewer than were given to it, or none.
    identifiers = set(job.assigned_node_ids)
    job.assigned_nodes = [node for node in getattr(job, 'ranks', job.assigned_nodes) if node.identifier in identifiers]
    return job.assigned_nodes


def note_ranks(job: Job) -> None:
    """An attribute of our own stays on a job."""
    setattr(job, 'ranks', list(job.assigned_nodes))


def give(job: Job, given: list[Node], free: list[Node]) -> None:
    by_rank(job)
    job.assign(given)
    note_ranks(job)
    if free[:len(given)] == given:
        del free[:len(given)]
    else:
        free[:] = [node for node in free if node.identifier not in job.assigned_node_ids]


def take(job: Job, taken: list[Node], free: list[Node]) -> None:
    """Takes nodes from the job that the invocation is about: others may have them in the same answer."""
    by_rank(job)
    job.remove(taken)
    note_ranks(job)
    free[:] = sorted(free + taken, key=lambda node: node.identifier)


if __name__ == '__main__':
    run(schedule, *sys.argv[1:2])
