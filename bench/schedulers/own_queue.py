#!/usr/bin/env python3
"""First come, first served, for rigid jobs, in the style of one who has noticed what looking at everything costs: a
queue and a heap of free nodes of its own, brought up to date from what the invocation is about. Uses nothing that
ElastiSim's package has not."""

from __future__ import annotations

import os
import sys
from collections import deque
from heapq import heappop, heappush
from typing import Any

from elastisim_python import InvocationType, Job, Node, pass_algorithm

waiting: deque[Job] = deque()
free: list[int] = []
held: dict[int, list[int]] = {}


def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
    if not held and not free:
        free.extend(range(len(nodes)))
    job = system["job"]
    if system["invocation_type"] is InvocationType.INVOKE_JOB_SUBMIT:
        waiting.append(job)
    else:
        for identifier in held.pop(job.identifier):
            heappush(free, identifier)
    while waiting and waiting[0].num_nodes <= len(free):
        job = waiting.popleft()
        held[job.identifier] = [heappop(free) for _ in range(job.num_nodes)]
        job.assign([nodes[identifier] for identifier in held[job.identifier]])


if __name__ == "__main__":
    pass_algorithm(schedule, sys.argv[1] if len(sys.argv) > 1 else os.environ["ELASTISIM_URL"])
