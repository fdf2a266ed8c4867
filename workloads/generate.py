#!/usr/bin/env python3
"""Writes a synthetic workload: a jobs file for one of the example platforms.

What is drawn, and from where:

- Sizes: the batch jobs of Lublin and Feitelson ("The workload on parallel supercomputers: modeling the characteristics
  of rigid jobs", J. Parallel Distrib. Comput. 63(11), 2003). 29 % run on one node; the logarithm of the others' size is
  two-stage uniform (seven in eight below a quarter of the largest size), and 67 % of all jobs are rounded to a power of
  two.
- Runtimes: log-normal, independent of the size. Downey ("A parallel workload model and its implications for processor
  allocation", HPDC 1997) finds the logarithm of runtimes spread almost evenly over several decades; the log-normal
  distribution keeps that spread and gives it tails.
- Arrivals: Poisson, with a daily cycle (few at night, a plateau in working hours) as in both papers. Given their
  number, the arrivals of a Poisson process are independent draws from its intensity; the span they are drawn over is
  chosen so that the offered load is the one asked for.
- Walltimes: the longest runtime on the nodes and GPUs that the job accepts, times a factor, rounded up to one of the
  few values that users ask for (Tsafrir, Etsion and Feitelson, "Modeling user runtime estimates", JSSPP 2005). A few
  jobs ask for too little and are killed.
- Users: Zipf-distributed activity.

A job's size and runtime are drawn first. Its application is then given the arguments with which it takes about that
runtime on that size, alone on the machine but for a file system that it shares; see applications.py.

A seed gives the same file, byte for byte, on every machine. Job i is the same whatever the number of jobs and the load.
"""

from __future__ import annotations

import argparse
import bisect
import dataclasses
import itertools
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from applications import APPLICATIONS, Machine
from variates import LN2, Variates, exp, log

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from elastisim_tools.workload.models import LUBLIN  # noqa: E402

BATCH = LUBLIN["batch"]

HOUR = 3600.0

# Arrivals per hour of the day, relative to each other.
DAILY_CYCLE = (
    0.40, 0.35, 0.30, 0.30, 0.30, 0.40, 0.50, 0.80, 1.20, 1.50, 1.70, 1.70,
    1.50, 1.60, 1.70, 1.70, 1.60, 1.40, 1.20, 1.00, 0.90, 0.80, 0.65, 0.50,
)

# What users ask for, in minutes.
POPULAR_WALLTIMES = (15, 30, 60, 120, 180, 240, 360, 480, 720, 1080, 1440, 2160, 2880, 4320)

JOB_TYPES = ("rigid", "moldable", "malleable", "evolving", "adaptive")

SHORTEST_RUNTIME = 60.0


@dataclasses.dataclass(frozen=True)
class Preset:
    """A platform and what runs on it. `applications` holds weights; jobs that can ask for nodes themselves (evolving
    and adaptive) take `evolving_applications`. Times are in seconds."""

    machine: Machine
    jobs: int
    shares: Mapping[str, float]
    applications: Mapping[str, float]
    evolving_applications: Mapping[str, float]
    median_runtime: float
    longest_runtime: float
    load: float
    largest_job: int | None = None  # nodes; half the platform unless given


ALL_TYPES = {"rigid": 0.30, "moldable": 0.20, "malleable": 0.20, "evolving": 0.15, "adaptive": 0.15}

PRESETS: Mapping[str, Preset] = {
    "crossbar": Preset(
        machine=Machine(nodes=128, flops=2.4e12, link=12.5e9, pfs_read=40e9, pfs_write=30e9),
        jobs=500,
        shares=ALL_TYPES,
        applications={"iterative_solver": 0.60, "io_pipeline": 0.20, "delay": 0.20},
        evolving_applications={"adaptive_mesh": 0.80, "iterative_solver": 0.20},
        median_runtime=2700,
        longest_runtime=6 * HOUR,
        load=0.95,
    ),
    "gpu": Preset(
        machine=Machine(
            nodes=128, flops=2e12, link=25e9, pfs_read=80e9, pfs_write=60e9, bb_read=6e9, bb_write=3e9,
            gpus=4, gpu_flops=100e12, gpu_link=200e9,
        ),
        jobs=60,
        shares=ALL_TYPES,
        applications={
            "gpu_training": 0.35, "gpu_training_staged": 0.30, "io_pipeline_staged": 0.15, "iterative_solver": 0.20,
        },
        evolving_applications={"adaptive_mesh": 0.60, "gpu_training": 0.40},
        median_runtime=2700,
        longest_runtime=2 * HOUR,
        load=1.5,
    ),
    "burst_buffer": Preset(
        machine=Machine(
            nodes=128, flops=3e12, link=12.5e9, pfs_read=48e9, pfs_write=32e9, bb_read=5e9, bb_write=2.5e9,
        ),
        jobs=60,
        shares=ALL_TYPES,
        applications={"io_pipeline_staged": 0.55, "iterative_solver": 0.30, "io_pipeline": 0.15},
        evolving_applications={"adaptive_mesh": 0.70, "io_pipeline_staged": 0.30},
        median_runtime=2700,
        longest_runtime=2 * HOUR,
        load=1.5,
    ),
    "racks": Preset(
        machine=Machine(nodes=1000, flops=2.4e12, link=12.5e9, pfs_read=250e9, pfs_write=200e9),
        jobs=5000,
        shares={**dict.fromkeys(JOB_TYPES, 0.0), "rigid": 0.6, "malleable": 0.4},
        applications={"resilient_solver": 1.0},
        evolving_applications={"resilient_solver": 1.0},
        median_runtime=3 * HOUR,
        longest_runtime=24 * HOUR,
        load=0.75,
        largest_job=256,
    ),
}


def significant(value: float, digits: int = 4) -> float:
    """The value rounded to so many significant digits, as an integer where it is one."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded


def draw_size(variates: Variates, largest: int) -> int:
    """Lublin and Feitelson's batch jobs, for any largest size."""
    kind, stage, place = variates.uniform01(), variates.uniform01(), variates.uniform01()
    high = log(largest) / LN2
    low = min(BATCH.low, high)
    middle = max(low, high - BATCH.below_middle)
    if kind < BATCH.serial or largest == 1:
        return 1
    exponent = low + place * (middle - low) if stage < BATCH.first else middle + place * (high - middle)
    is_power = kind < BATCH.serial + BATCH.power_of_two
    size = 1 << math.floor(exponent + 0.5) if is_power else math.floor(exp(exponent * LN2) + 0.5)
    return min(size, largest)


def draw_arrivals(variates: Variates, count: int, span: float, start_hour: float) -> list[float]:
    """Sorted arrival times from 0 to span, with a daily cycle that stands at start_hour at time 0."""
    bounds, weights, time = [0.0], [], 0.0
    while time < span:
        hour = math.floor(start_hour + time / HOUR + 1e-9)
        end = min((hour + 1 - start_hour) * HOUR, span)
        weights.append((end - time) * DAILY_CYCLE[hour % 24])
        bounds.append(end)
        time = end
    cumulated = [0.0, *itertools.accumulate(weights)]
    arrivals = []
    for _ in range(count):
        value = variates.uniform01() * cumulated[-1]
        slot = min(bisect.bisect_right(cumulated, value) - 1, len(weights) - 1)
        part = (value - cumulated[slot]) / weights[slot] if weights[slot] > 0 else 0.0
        arrivals.append(bounds[slot] + part * (bounds[slot + 1] - bounds[slot]))
    return sorted(arrivals)


def popular_walltime(seconds: float) -> float:
    for minutes in POPULAR_WALLTIMES:
        if seconds <= minutes * 60:
            return minutes * 60
    return math.ceil(seconds / (24 * HOUR)) * 24 * HOUR


def draw_walltime(options: argparse.Namespace, variates: Variates, longest: float) -> float:
    """The walltime of a job that takes at most `longest` on the nodes it accepts; 0 for none."""
    factor = variates.uniform(*options.walltime_factor)
    overrun, too_little = variates.chance(options.overrun), variates.uniform(0.5, 0.9)
    if options.walltimes == "none":
        return 0
    if overrun:
        return max(60, math.floor(too_little * longest / 60) * 60)
    seconds = factor * longest
    return popular_walltime(seconds) if options.walltimes == "popular" else math.ceil(seconds / 60) * 60


def draw_bounds(variates: Variates, nodes: int, runtime: float, largest: int) -> tuple[int, int]:
    """The fewest and the most nodes of a flexible job that takes `runtime` on `nodes`: half or a quarter, two or four
    times as many. Long jobs do not go below half, so that none runs for days."""
    down, up = 2 ** (1 + variates.choice((1, 1))), 2 ** (1 + variates.choice((1, 1)))
    if runtime > HOUR:
        down = 2
    return max(1, nodes // down), min(largest, nodes * up)


def draw_job(options: argparse.Namespace, index: int) -> tuple[dict[str, Any], float]:
    """A job without its submission time, and its node-seconds."""
    preset, machine = PRESETS[options.preset], options.machine
    variates = Variates(options.seed, f"{options.preset} job {index}")
    job_type = JOB_TYPES[variates.choice([options.shares[name] for name in JOB_TYPES])]
    mix = preset.evolving_applications if job_type in ("evolving", "adaptive") else preset.applications
    name = list(mix)[variates.choice(list(mix.values()))]
    application = APPLICATIONS[name]
    largest = min(options.largest_job, application.largest)
    nodes = draw_size(variates, largest)
    runtime = variates.lognormal(options.median_runtime, options.runtime_sigma)
    runtime = min(max(runtime, SHORTEST_RUNTIME), options.longest_runtime)
    node_min, node_max = draw_bounds(variates, nodes, runtime, largest)
    # Jobs on several nodes take all GPUs of each; a flexible job is content with half of them.
    gpus = 0
    if application.uses_gpus:
        gpus = machine.gpus if nodes > 1 else 2 ** variates.choice((1, 1, 2))
    gpus_min = max(1, gpus // 2) if gpus else 0

    drawn = application.design(machine, nodes, gpus, runtime, variates)
    arguments = {key: significant(value) for key, value in drawn.items()}
    walltime_variates = Variates(options.seed, f"{options.preset} walltime {index}")
    rigid = job_type == "rigid"
    if rigid:
        node_min = node_max = nodes
        gpus_min = gpus
    longest = max(application.predict(machine, size, gpus_min, arguments) for size in (node_min, node_max))
    walltime = draw_walltime(options, walltime_variates, longest)
    user = walltime_variates.choice([1 / rank for rank in range(1, options.users + 1)])
    priority = (10, 50, 100)[walltime_variates.choice((2, 7, 1))]

    job: dict[str, Any] = {}
    if options.names:
        job["name"] = f"{name}-{index:0{len(str(options.jobs - 1))}d}"
    job["type"] = job_type
    job["submit_time"] = 0
    if rigid:
        job["num_nodes"] = nodes
        if gpus:
            job["num_gpus_per_node"] = gpus
    else:
        job["num_nodes_min"] = node_min
        job["num_nodes_max"] = node_max
        if options.preferred:
            job["num_nodes_preferred"] = nodes
        if gpus:
            job["num_gpus_per_node_min"] = gpus_min
            job["num_gpus_per_node_max"] = gpus
    if walltime:
        job["walltime"] = walltime
    predicted = application.predict(machine, nodes, gpus, arguments)
    if options.estimates:
        job["runtime_estimate"] = significant(predicted, 3)
    job["application_model"] = f"{options.models}/{name}.json"
    job["arguments"] = arguments
    if options.attributes:
        job["attributes"] = {"user": f"user{user + 1:02d}", "priority": priority}
    return job, nodes * predicted


def generate(options: argparse.Namespace, out: TextIO) -> None:
    jobs, work = [], 0.0
    for index in range(options.jobs):
        job, node_seconds = draw_job(options, index)
        jobs.append(job)
        work += node_seconds
    span = work / (options.load * options.nodes)
    variates = Variates(options.seed, f"{options.preset} arrivals")
    arrivals = draw_arrivals(variates, options.jobs, span, options.start_hour)
    for job, arrival in zip(jobs, arrivals):
        job["submit_time"] = round(arrival, 1)
    out.write('{"jobs": [\n')
    out.write(",\n".join(json.dumps(job) for job in jobs))
    out.write("\n]}\n")
    print(
        f"{options.jobs} jobs, {work / HOUR:.0f} node hours, arrivals over {span / HOUR:.1f} h "
        f"on {options.nodes} nodes: offered load {options.load:g}",
        file=sys.stderr,
    )


def resolve_shares(given: Mapping[str, float | None], default: Mapping[str, float]) -> dict[str, float]:
    """The shares as given; what is left to 1 goes to the other types, in the proportions of the default."""
    fixed = {name: share for name, share in given.items() if share is not None}
    total = 0.0
    for share in fixed.values():
        total += share
    free = [name for name in JOB_TYPES if name not in fixed]
    weight = 0.0
    for name in free:
        weight += default[name]
    if total > 1 + 1e-9 or (not weight and total < 1 - 1e-9):
        raise ValueError(f"the shares of the job types add up to {total:g} instead of 1")
    left = max(0.0, 1 - total)
    return {name: fixed[name] if name in fixed else left * default[name] / weight if weight else 0.0
            for name in JOB_TYPES}


def bounded(kind: Callable[[str], Any], low: float, high: float = math.inf) -> Callable[[str], Any]:
    """A converter for argparse that accepts values from low to high."""

    def convert(text: str) -> Any:
        value = kind(text)
        if not low <= value <= high:
            limit = f"from {low:g} to {high:g}" if high < math.inf else f"of at least {low:g}"
            raise argparse.ArgumentTypeError(f"{text}: a value {limit} is wanted")
        return value

    convert.__name__ = kind.__name__
    return convert


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Writes a synthetic workload for one of the example platforms. Without options: the 500 jobs of "
        "workloads/example.json.",
        epilog="Paths of application models are relative to the working directory of the simulator. The sources of the "
        "distributions stand at the top of this file.",
    )
    add = parser.add_argument
    add("-o", "--output", metavar="FILE", help="file to write (default: standard output)")
    add("--preset", choices=PRESETS, default="crossbar", help="platform and applications (default: %(default)s)")
    add("--seed", type=int, default=2003, metavar="N", help="same seed, same workload (default: %(default)s)")
    add("--jobs", type=bounded(int, 1), metavar="N",
        help="number of jobs (default: 500; 5000 with racks, 60 with the other presets)")
    add("--nodes", type=bounded(int, 1), metavar="N", help="nodes of the platform (default: 128; 1000 with racks)")
    add("--largest-job", type=bounded(int, 1), metavar="N",
        help="most nodes of a job (default: half the platform; 256 with racks)")
    add("--load", type=bounded(float, 0.01, 10), metavar="X",
        help="offered load: node seconds asked for per node second of the time of arrivals (default: 0.95; 0.75 "
        "with racks, 1.5 with the other presets, whose few jobs would else hardly meet)")
    add("--start-hour", type=bounded(float, 0, 24), default=8, metavar="H",
        help="hour of the day at simulated time 0 (default: %(default)s)")

    group = parser.add_argument_group(
        "job types", "Shares of the jobs, 0 to 1. The types that are not given share the rest as they do by default."
    )
    for name in JOB_TYPES:
        group.add_argument(f"--{name}", type=bounded(float, 0, 1), metavar="X",
                           help=f"default: {ALL_TYPES[name]:g}; {PRESETS['racks'].shares[name]:g} with racks")

    group = parser.add_argument_group("runtimes and walltimes")
    add = group.add_argument
    add("--median-runtime", type=bounded(float, 1), metavar="S",
        help="seconds (default: 2700; 10800 with racks)")
    add("--longest-runtime", type=bounded(float, SHORTEST_RUNTIME), metavar="S",
        help="seconds; longer runtimes are cut to it (default: 21600; 86400 with racks, 7200 with the other presets)")
    add("--runtime-sigma", type=bounded(float, 0, 5), default=0.9, metavar="X",
        help="standard deviation of the natural logarithm of the runtime (default: %(default)s)")
    add("--walltimes", choices=("popular", "exact", "none"), default="popular",
        help="rounded up to a value that users ask for, to a minute, or no walltime at all (default: %(default)s)")
    add("--walltime-factor", type=bounded(float, 0), nargs=2, default=(1.3, 3.0), metavar=("LOW", "HIGH"),
        help="the walltime is the longest predicted runtime times a factor between these (default: 1.3 3)")
    add("--overrun", type=bounded(float, 0, 1), default=0.02, metavar="X",
        help="share of jobs whose walltime is too short (default: %(default)s)")

    group = parser.add_argument_group("optional keys")
    add = group.add_argument
    add("--models", default="application_models", metavar="DIR",
        help="folder of the application models, as written to the file (default: %(default)s)")
    add("--users", type=bounded(int, 1), default=12, metavar="N", help="number of users (default: %(default)s)")
    for key, text in (
        ("names", "name"),
        ("estimates", "runtime_estimate"),
        ("preferred", "num_nodes_preferred"),
        ("attributes", "the attributes user and priority"),
    ):
        add(f"--no-{key}", dest=key, action="store_false", help=f"leave out {text}")

    options = parser.parse_args(argv)
    preset = PRESETS[options.preset]
    try:
        options.shares = resolve_shares({name: getattr(options, name) for name in JOB_TYPES}, preset.shares)
    except ValueError as error:
        parser.error(str(error))
    if options.walltime_factor[0] > options.walltime_factor[1]:
        parser.error("--walltime-factor: LOW is larger than HIGH")
    options.jobs = options.jobs or preset.jobs
    options.nodes = options.nodes or preset.machine.nodes
    options.machine = dataclasses.replace(preset.machine, nodes=options.nodes)
    options.largest_job = options.largest_job or preset.largest_job or max(1, options.nodes // 2)
    if options.largest_job > options.nodes:
        parser.error(f"--largest-job {options.largest_job}: the platform has only {options.nodes} nodes")
    for key in ("median_runtime", "longest_runtime", "load"):
        if getattr(options, key) is None:
            setattr(options, key, getattr(preset, key))
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = parse_arguments(argv)
    if options.output is None:
        generate(options, sys.stdout)
        return 0
    try:
        with open(options.output, "w", encoding="utf-8", newline="\n") as out:
            generate(options, out)
    except OSError as error:
        print(f"{options.output}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
