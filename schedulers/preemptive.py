#!/usr/bin/env python3
"""Priorities with preemption: an urgent job takes the nodes of less urgent ones, which go on later.

A job's priority is the number in its attribute "priority", 0 without one. Jobs start in the order of their priorities,
then of their submission, with as few nodes as they need. For the first one that doesn't fit, running jobs of lower
priority are preempted, if that makes enough room: those of the lowest priority first, and among these the one that has
started last, which loses least. They go on from their last checkpoint, or from the start without one.

usage: elastisim CONFIG --scheduler python:schedulers/preemptive.py
   or: elastisim CONFIG --scheduler "exec:python3 schedulers/preemptive.py"
   or: python3 schedulers/preemptive.py URL     beside a simulator that waits at that URL
with python/ in PYTHONPATH, and in CONFIG at least schedule_on_job_submit and schedule_on_job_finalize.
"""

from __future__ import annotations

import sys
from typing import Any

from elastisim_python import Job, Jobs, Node, NodeAvailability, Nodes, run


def schedule(jobs: Jobs, nodes: Nodes, system: dict[str, Any]) -> None:
    preempted: set[Job] = set()
    for job in sorted(jobs.pending, key=lambda job: (-priority(job), job.eligible_time, job.identifier)):
        count = job.num_nodes or job.num_nodes_min
        missing = count - len(nodes.free)
        if missing > 0:
            for victim in victims(job, missing, [other for other in jobs.running if other not in preempted]):
                # Its nodes are among the free ones from here on.
                victim.preempt(from_checkpoint=True)
                preempted.add(victim)
        if count > len(nodes.free):
            break
        job.assign(nodes.free[:count])


def victims(job: Job, missing: int, running: list[Job]) -> list[Job]:
    """The jobs that have to go for so many nodes; none if all that may go are not enough."""
    chosen: list[Job] = []
    lower = [other for other in running if priority(other) < priority(job)]
    for other in sorted(lower, key=lambda other: (priority(other), -other.start_time, -other.identifier)):
        chosen.append(other)
        missing -= sum(map(can_be_had, other.assigned_nodes))
        if missing <= 0:
            return chosen
    return []


def priority(job: Job) -> float:
    return float(job.attributes.get('priority', 0))


def can_be_had(node: Node) -> bool:
    return node.availability is NodeAvailability.UP


if __name__ == '__main__':
    run(schedule, *sys.argv[1:2])
