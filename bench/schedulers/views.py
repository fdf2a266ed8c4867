#!/usr/bin/env python3
"""First come, first served, for rigid jobs, by the views of the jobs that wait and the nodes that are free."""

from __future__ import annotations

import os
import sys
from typing import Any

from elastisim_python import Jobs, Nodes, pass_algorithm


def schedule(jobs: Jobs, nodes: Nodes, system: dict[str, Any]) -> None:
    for job in jobs.pending:
        if job.num_nodes > len(nodes.free):
            break
        job.assign(nodes.free[:job.num_nodes])


if __name__ == "__main__":
    pass_algorithm(schedule, sys.argv[1] if len(sys.argv) > 1 else os.environ["ELASTISIM_URL"])
