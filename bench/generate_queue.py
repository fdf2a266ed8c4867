#!/usr/bin/env python3
"""Generates 100,000 rigid jobs for a cluster of 1,024 nodes, to see what a policy costs.

usage: generate_queue.py deep-queue|load-85 FOLDER [--jobs N] [--seed N]

deep-queue: 4,000 jobs at the beginning and an offered load of 1, so that thousands wait for a long time; walltimes are
up to ten times the runtimes. load-85: an offered load of 0.85, where few wait.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenario import rigid_job, write_scenario

NODES = 1024
AT_ONCE = {'deep-queue': 4000, 'load-85': 0}
LOAD = {'deep-queue': 1.0, 'load-85': 0.85}
LONGEST = 3 * 86400  # s, of a walltime


def make_jobs(kind: str, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Sizes of 1 to 256 nodes and runtimes of 10 s to 9 h, both with a uniform logarithm."""
    sizes = [int(2 ** rng.uniform(0, 8)) for _ in range(count)]
    runtimes = [round(10 ** rng.uniform(1, 4.5)) for _ in range(count)]
    rate = count * NODES * LOAD[kind] / sum(size * runtime for size, runtime in zip(sizes, runtimes))
    now = 0.0
    for i, (size, runtime) in enumerate(zip(sizes, runtimes)):
        now += rng.expovariate(rate) if i >= AT_ONCE[kind] else 0
        walltime = min(LONGEST, round(runtime * rng.choice([1, 1.1, 1.5, 2, 3, 5, 10])))
        yield rigid_job(round(now), size, runtime, walltime)


def main() -> None:
    parser = argparse.ArgumentParser(description='Generates jobs for a cluster of 1,024 nodes.')
    parser.add_argument('kind', choices=list(LOAD))
    parser.add_argument('folder', type=Path, metavar='FOLDER')
    parser.add_argument('--jobs', type=int, default=100000, metavar='N', help='(default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1, metavar='N', help='(default: %(default)s)')
    arguments = parser.parse_args()
    write_scenario(arguments.folder, NODES, f'{arguments.kind}, see generate_queue.py',
                   make_jobs(arguments.kind, arguments.jobs, random.Random(arguments.seed)))


if __name__ == '__main__':
    main()
