#!/usr/bin/env python3
"""First come, first served, for rigid jobs, in the style of most published scripts: at each invocation it looks at all
nodes and all jobs there are. Uses nothing that ElastiSim's package has not."""

from __future__ import annotations

import os
import sys
from typing import Any

from elastisim_python import Job, JobState, JobType, Node, NodeState, pass_algorithm


def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
    free_nodes = [node for node in nodes if node.state == NodeState.FREE]
    for job in jobs:
        if job.type == JobType.RIGID and job.state == JobState.PENDING:
            if job.num_nodes > len(free_nodes):
                break
            job.assign(free_nodes[:job.num_nodes])
            del free_nodes[:job.num_nodes]


if __name__ == "__main__":
    pass_algorithm(schedule, sys.argv[1] if len(sys.argv) > 1 else os.environ["ELASTISIM_URL"])
