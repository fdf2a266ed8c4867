#!/usr/bin/env python3
"""Writes the benchmark "partition": 13,249 nodes and 11,635 rigid jobs of up to 756 nodes, about a quarter of a year.

It has the shape of a capacity partition's accounting log, not any machine's data. Sizes are heavy-tailed: their
logarithm is two-stage uniform with most of the weight above 64 nodes, two thirds of them are rounded to a power of two,
and none exceeds 756. Runtimes are log-normal with a median of 7 hours, between 2 minutes and 48 hours. The walltime is
what users of such machines ask for: the next of 1, 6, 12, 24 or 48 hours above the runtime. Arrivals are Poisson; given
their number, they are independent of each other, over a span chosen for an offered load of 0.85. All a job does is a
busy wait, so that nothing but events, the queue and the policy is measured.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenario import rigid_job, write_scenario

from variates import LN2, Variates, exp, log  # isort: skip (scenario adds its folder to the path)

NODES, JOBS, LARGEST = 13_249, 11_635, 756
HOUR = 3600.0
SHORTEST, MEDIAN, LONGEST, SIGMA = 120.0, 7 * HOUR, 48 * HOUR, 1.3
WALLTIMES = (1 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR)


def draw_size(variates: Variates) -> int:
    high = log(LARGEST) / LN2
    low, upper = variates.uniform(0, 6), variates.uniform(6, high)
    exponent = low if variates.chance(0.45) else upper
    power_of_two = variates.chance(2 / 3)
    size = 1 << math.floor(exponent + 0.5) if power_of_two else math.floor(exp(exponent * LN2) + 0.5)
    return min(size, LARGEST)


def draw_runtime(variates: Variates) -> float:
    return min(max(variates.lognormal(MEDIAN, SIGMA), SHORTEST), LONGEST)


def draw(seed: int) -> Iterator[tuple[float, int, float]]:
    """For each job the time since the one before (in units of its mean), the nodes and the runtime."""
    gaps, shapes = Variates(seed, "partition arrivals"), Variates(seed, "partition jobs")
    for _ in range(JOBS):
        yield gaps.exponential(1.0), draw_size(shapes), draw_runtime(shapes)


def jobs(seed: int, load: float) -> Iterator[dict[str, Any]]:
    # Two passes over the same draws: the first one measures, so that the load is met exactly.
    work = span = 0.0
    for gap, nodes, runtime in draw(seed):
        span += gap
        work += nodes * runtime
    scale = work / (load * NODES) / span
    time = 0.0
    for gap, nodes, runtime in draw(seed):
        time += gap * scale
        walltime = next((limit for limit in WALLTIMES if runtime < limit), LONGEST + HOUR)
        yield rigid_job(time, nodes, runtime, walltime)
    print(f"{JOBS} jobs over {time / (24 * HOUR):.1f} days on {NODES} nodes, offered load {load:g}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the benchmark 'partition'; see the top of this file.")
    parser.add_argument("folder", type=Path, help="where to write platform.xml, delay.json, jobs.json and config.json")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same files (default: %(default)s)")
    parser.add_argument("--load", type=float, default=0.85, help="offered load (default: %(default)s)")
    options = parser.parse_args()
    comment = f"Benchmark: a partition of {NODES} equal nodes; jobs only wait, so the network is never used."
    write_scenario(options.folder, NODES, comment, jobs(options.seed, options.load))


if __name__ == "__main__":
    main()
