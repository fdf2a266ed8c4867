#!/usr/bin/env python3
"""Writes the benchmark "million": any number of small jobs on 1,000 nodes, to see how the time per job grows.

Jobs take one to four nodes (40, 30, 10 and 20 %) and wait for one minute to one hour (logarithm uniform). Arrivals are
Poisson with a rate for an offered load of 0.9. As no job takes more than four of 1,000 nodes, the queue stays short and
the machine is in the same state, on average, at any time: with more jobs the simulated time grows and nothing else, and
so should the time per job not grow.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenario import rigid_job, write_scenario

from variates import Variates, log  # isort: skip (scenario adds its folder to the path)

NODES = 1_000
SIZES = ((1, 0.4), (2, 0.3), (3, 0.1), (4, 0.2))
SHORTEST, LONGEST = 60.0, 3600.0


def mean_gap(load: float) -> float:
    """Seconds between two arrivals for this offered load."""
    mean_size = math.fsum(size * share for size, share in SIZES)
    mean_runtime = (LONGEST - SHORTEST) / log(LONGEST / SHORTEST)
    return mean_size * mean_runtime / (load * NODES)


def jobs(count: int, seed: int, load: float) -> Iterator[dict[str, Any]]:
    variates = Variates(seed, "million")
    gap, weights, time = mean_gap(load), [share for _, share in SIZES], 0.0
    for _ in range(count):
        time += variates.exponential(gap)
        nodes = SIZES[variates.choice(weights)][0]
        runtime = variates.log_uniform(SHORTEST, LONGEST)
        yield rigid_job(time, nodes, runtime, 60 * math.ceil(1.5 * runtime / 60))
    print(f"{count} jobs over {time / 86400:.1f} days on {NODES} nodes, offered load {load:g}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the benchmark 'million'; see the top of this file.")
    parser.add_argument("jobs", type=int, help="number of jobs")
    parser.add_argument("folder", type=Path, help="where to write platform.xml, delay.json, jobs.json and config.json")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same files (default: %(default)s)")
    parser.add_argument("--load", type=float, default=0.9, help="offered load (default: %(default)s)")
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error("at least one job is wanted")
    comment = f"Benchmark: {NODES} equal nodes; jobs only wait, so the network is never used."
    write_scenario(options.folder, NODES, comment, jobs(options.jobs, options.seed, options.load))


if __name__ == "__main__":
    main()
