#!/usr/bin/env python3
"""Runs the benchmarks and prints one line for each: wall-clock time, peak memory, jobs per second, time per job.

Each scenario is made in a temporary folder outside the tree, which is removed afterwards; making it is not measured.
What is measured is one run of the simulator from start to exit, reading the input and writing job_statistics included.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent

BENCHMARKS = ("partition", "partition-easy", "partition-conservative", "deep-queue", "deep-queue-easy",
              "deep-queue-wfp3", "deep-queue-predict", "load-85", "malleable-month", "malleable-month-avg",
              "wide-torus", "wide-dragonfly", "million", "mixed", "sensing", "journal")

# The 500-job example, and what is added to its configuration to see what that costs.
MONITORING = ("cpu_utilization", "network_activity", "pfs_utilization", "gpu_utilization")
VARIANTS: dict[str, dict[str, Any]] = {
    "mixed": {},
    "sensing": {"sensing": True, "sensing_interval": 1, **{key: f"output/{key}.csv" for key in MONITORING}},
    "journal": {"events": "output/events.jsonl"},
}
# What watching may add to mixed, in seconds: 162,000 samples of 128 nodes, and 19,000 lines.
COST_AIMS = {"sensing": 0.5, "journal": 0.1}
# How many times as long as another these may take.
POLICY_AIMS = {"partition-easy": ("partition", 2.0), "partition-conservative": ("partition", 5.0),
               "malleable-month-avg": ("malleable-month", 1.2)}

# What the project wants to stay under, on a current server core: (seconds, MB).
AIMS = {"partition": (5.0, 300.0), "million-1000000": (60.0, 1500.0), "deep-queue": (10.0, 300.0),
        "deep-queue-easy": (1.5, 300.0), "deep-queue-wfp3": (8.0, 300.0), "deep-queue-predict": (8.0, 300.0),
        "load-85": (0.4, 300.0),
        "malleable-month": (25.0, 500.0), "malleable-month-avg": (25.0, 500.0),
        "wide-torus": (1.5, 300.0), "wide-dragonfly": (1.5, 300.0)}
# The policies of the benchmarks that are about one.
POLICIES = {"partition-easy": "easy", "partition-conservative": "conservative", "deep-queue": "conservative",
            "deep-queue-easy": "easy", "deep-queue-wfp3": "conservative,order=wfp3",
            "deep-queue-predict": "conservative,predict=ewma", "load-85": "easy", "malleable-month": "fcfs",
            "malleable-month-avg": "malleable-avg"}
# Those with fewer jobs than the generator makes otherwise, as each of them costs all that wait.
FEWER_JOBS = {"deep-queue-wfp3": 8000, "deep-queue-predict": 8000}
# Time per job of the largest million benchmark, relative to that of the smallest.
GROWTH_AIM = 1.2

TIMING = re.compile(r"^timing: total ([0-9.e+-]+) s, \w+ ([0-9.e+-]+) s, scheduler ([0-9.e+-]+) s$", re.MULTILINE)


class BenchmarkError(Exception):
    """The simulator could not be run, failed, or left jobs out of its results."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    benchmark: str
    jobs: int
    wall_seconds: float
    peak_mb: float
    # As the simulator reports them; None when it did not.
    total_seconds: float | None = None
    model_seconds: float | None = None
    scheduler_seconds: float | None = None
    # Of another build of the simulator, run in turn with this one; None without, or when it failed.
    before_seconds: float | None = None

    @property
    def jobs_per_second(self) -> float:
        return self.jobs / self.wall_seconds

    @property
    def us_per_job(self) -> float:
        return 1e6 * self.wall_seconds / self.jobs

    @property
    def model_share(self) -> float | None:
        if self.total_seconds is None or self.model_seconds is None:
            return None
        return self.model_seconds / self.total_seconds if self.total_seconds > 0 else 0.0

    def line(self) -> str:
        text = (
            f"{self.benchmark:<22} {self.wall_seconds:9.3f} s {self.peak_mb:8.1f} MB "
            f"{self.jobs_per_second:10.0f} jobs/s {self.us_per_job:9.2f} us/job"
        )
        if self.before_seconds is not None:
            factor = self.before_seconds / self.wall_seconds
            text += f"   before {self.before_seconds:9.3f} s, {factor:.2f} times as long"
        if self.benchmark in VARIANTS:
            share = self.model_share
            text += "   no timing line" if share is None else f"   model {100 * share:.1f} %"
        return text

    def missed_aims(self) -> list[str]:
        if self.benchmark not in AIMS:
            return []
        seconds, megabytes = AIMS[self.benchmark]
        missed = []
        if self.wall_seconds > seconds:
            missed.append(f"{self.benchmark}: {self.wall_seconds:.3f} s, the aim is {seconds:g} s")
        if self.peak_mb > megabytes:
            missed.append(f"{self.benchmark}: {self.peak_mb:.1f} MB, the aim is {megabytes:g} MB")
        return missed

    def record(self) -> dict[str, Any]:
        derived = {
            "jobs_per_second": self.jobs_per_second,
            "us_per_job": self.us_per_job,
            "model_share": self.model_share,
        }
        return dataclasses.asdict(self) | derived


def make_partition(folder: Path, seed: int) -> str:
    run_generator("generate_partition.py", str(folder), "--seed", str(seed))
    return "config.json"


def make_queue(folder: Path, seed: int, name: str) -> str:
    kind = "deep-queue" if name.startswith("deep-queue") else name
    jobs = ["--jobs", str(FEWER_JOBS[name])] if name in FEWER_JOBS else []
    run_generator("generate_queue.py", kind, str(folder), "--seed", str(seed), *jobs)
    return "config.json"


def make_loads(folder: Path, seed: int, kind: str) -> str:
    run_generator("generate_loads.py", kind, str(folder), "--seed", str(seed))
    return "config.json"


def make_million(folder: Path, seed: int, jobs: int) -> str:
    run_generator("generate_million.py", str(jobs), str(folder), "--seed", str(seed))
    return "config.json"


def make_variant(folder: Path, keys: dict[str, Any]) -> str:
    """The 500-job example without monitoring, and with other keys instead."""
    for name in ("platforms", "application_models", "workloads", "configurations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    configuration = json.loads((folder / "configurations" / "example.json").read_text(encoding="utf-8"))
    for key in ("sensing", "sensing_interval", "events", *MONITORING):
        configuration.pop(key, None)
    (folder / "config.json").write_text(json.dumps(configuration | keys), encoding="utf-8")
    return "config.json"


def run_generator(script: str, *arguments: str) -> None:
    subprocess.run([sys.executable, str(BENCH / script), *arguments], check=True, stdout=subprocess.DEVNULL)


def count_rows(path: Path) -> int:
    """Rows of a CSV file, the header not counted."""
    with open(path, encoding="utf-8") as file:
        return sum(1 for _ in file) - 1


def run_simulator(
    simulator: Path, options: Sequence[str], folder: Path, config: str, timeout: float
) -> tuple[float, float, str]:
    """Wall seconds, peak resident set size in MB, and what the simulator wrote to standard error."""
    log_path = folder / "stderr.txt"
    with open(log_path, "wb") as log:
        start = time.perf_counter()
        try:
            child = subprocess.Popen(
                [str(simulator), config, *options], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log,
            )
        except OSError as error:
            raise BenchmarkError(f"{simulator}: {error.strerror}") from error
        # The usage of this one child is wanted, hence wait4 in place of child.wait().
        alarm = threading.Timer(timeout, os.kill, (child.pid, signal.SIGKILL))
        alarm.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        finally:
            alarm.cancel()
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    text = log_path.read_text(encoding="utf-8", errors="replace")
    if child.returncode != 0:
        reason = f"exit status {child.returncode}"
        if child.returncode == -signal.SIGKILL and seconds >= timeout:
            reason = f"not done after {timeout:g} s"
        raise BenchmarkError("\n".join([reason, *text.splitlines()[-10:]]))
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return seconds, usage.ru_maxrss * unit / 1e6, text


def seconds_of_before(name: str, before: Path, arguments: Sequence[str], folder: Path, config: str,
                   options: argparse.Namespace) -> float | None:
    """Seconds that the other build takes; None, with a message, when it fails."""
    try:
        return run_simulator(before, arguments, folder, config, options.timeout)[0]
    except BenchmarkError as error:
        print(f"{name}, before: {error}", file=sys.stderr)
        return None


def measure(name: str, jobs: int | None, options: argparse.Namespace) -> Measurement:
    """Makes and runs one scenario; the fastest of options.repeat runs counts, of either build."""
    with tempfile.TemporaryDirectory(prefix="elastisim-bench-", dir=options.directory) as temporary:
        folder = Path(temporary) / "scenario"
        if name.startswith("partition"):
            config = make_partition(folder, options.seed)
        elif name.startswith("malleable-month"):
            config = make_loads(folder, options.seed, "malleable-month")
        elif name.startswith("wide"):
            config = make_loads(folder, options.seed, name)
        elif name in POLICIES:
            config = make_queue(folder, options.seed, name)
        elif name == "million":
            assert jobs is not None
            config = make_million(folder, options.seed, jobs)
        else:
            folder.mkdir()
            config = make_variant(folder, VARIANTS[name])
        results = folder / ("output" if name in VARIANTS else ".") / "job_statistics.csv"
        if jobs is None:
            jobs = count_jobs(folder / json.loads((folder / config).read_text(encoding="utf-8"))["jobs_file"])
        best: Measurement | None = None
        before: float | None = None
        arguments = ["--timing"] if name in VARIANTS else []
        if name in POLICIES:
            arguments = ["--scheduler", f"builtin:{POLICIES[name]}"]
        arguments += options.simulator_options
        for _ in range(options.repeat):
            if options.before:
                seconds_before = seconds_of_before(name, options.before, arguments, folder, config, options)
                before = min((s for s in (before, seconds_before) if s is not None), default=None)
            seconds, megabytes, text = run_simulator(
                options.simulator, arguments, folder, config, options.timeout
            )
            rows = count_rows(results) if results.exists() else 0
            if rows != jobs:
                raise BenchmarkError(f"job_statistics holds {rows} jobs instead of {jobs}")
            timing = TIMING.search(text)
            measurement = Measurement(
                f"million-{jobs}" if name == "million" else name, jobs, seconds, megabytes,
                *(float(group) for group in (timing.groups() if timing else ())),
            )
            if best is None or measurement.wall_seconds < best.wall_seconds:
                best = measurement
        assert best is not None
        return dataclasses.replace(best, before_seconds=before)


def count_jobs(path: Path) -> int:
    """The generators write one job per line. (Reading the file whole would raise the peak that a child inherits.)"""
    with open(path, encoding="utf-8") as file:
        return sum('"type"' in line for line in file)


def growth(measurements: Sequence[Measurement]) -> tuple[str, float] | None:
    """A sentence on how the time per job grows with the number of jobs, and the factor."""
    million = sorted((m for m in measurements if m.benchmark.startswith("million")), key=lambda m: m.jobs)
    if len(million) < 2:
        return None
    small, large = million[0], million[-1]
    factor = large.us_per_job / small.us_per_job
    return f"million: time per job at {large.jobs} jobs is {factor:.2f} times that at {small.jobs}", factor


def costs(measurements: Sequence[Measurement]) -> list[tuple[str, float, float]]:
    """Sentences on what watching the example and what a policy costs, the figure in them, and the aim."""
    seconds = {measurement.benchmark: measurement.wall_seconds for measurement in measurements}
    found = []
    for name, aim in COST_AIMS.items():
        if name in seconds and "mixed" in seconds:
            added = seconds[name] - seconds["mixed"]
            found.append((f"{name}: {added:.3f} s more than mixed", added, aim))
    for name, (other, aim) in POLICY_AIMS.items():
        if name in seconds and other in seconds:
            factor = seconds[name] / seconds[other]
            found.append((f"{name}: {factor:.2f} times {other}", factor, aim))
    return found


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Runs the benchmarks and prints one line for each. Exits 1 if a run fails.",
        epilog="What follows '--' goes to the simulator, e.g. -- --scheduler builtin:easy",
    )
    add = parser.add_argument
    add("benchmarks", nargs="*", metavar="BENCHMARK", help=f"any of {', '.join(BENCHMARKS)} (default: all)")
    add("--simulator", type=Path, default=ROOT / "build" / "elastisim", metavar="FILE",
        help="(default: build/elastisim in the tree)")
    add("--before", type=Path, metavar="FILE",
        help="another build of the simulator, which is run in turn with it and whose times are printed beside")
    add("--sizes", default="10000,100000,1000000", metavar="N,...",
        help="numbers of jobs of the benchmark million (default: %(default)s)")
    add("--seed", type=int, default=1, metavar="N", help="seed of the generators (default: %(default)s)")
    add("--repeat", type=int, default=1, metavar="N", help="runs of each; the fastest counts (default: %(default)s)")
    add("--timeout", type=float, default=600, metavar="S",
        help="end a run after so many seconds (default: %(default)s)")
    add("--directory", metavar="DIR", help="where to make the temporary folder (default: the system's)")
    add("--check", action="store_true", help="exit 1 also if an aim on time, memory or growth is missed")
    add("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    arguments = list(sys.argv[1:] if argv is None else argv)
    passed_on: list[str] = []
    if "--" in arguments:
        split = arguments.index("--")
        arguments, passed_on = arguments[:split], arguments[split + 1:]
    options = parser.parse_args(arguments)
    options.simulator_options = passed_on
    options.benchmarks = options.benchmarks or list(BENCHMARKS)
    for name in options.benchmarks:
        if name not in BENCHMARKS:
            parser.error(f"{name}: no such benchmark; there are {', '.join(BENCHMARKS)}")
    try:
        options.sizes = [int(size) for size in options.sizes.split(",")]
    except ValueError:
        parser.error(f"--sizes {options.sizes}: numbers separated by commas are wanted")
    if min(options.sizes) < 1 or options.repeat < 1:
        parser.error("sizes and repetitions are at least 1")
    options.simulator = options.simulator.resolve()
    options.before = options.before.resolve() if options.before else None
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = parse_arguments(argv)
    measurements: list[Measurement] = []
    failed = False
    for name in options.benchmarks:
        for jobs in options.sizes if name == "million" else [None]:
            try:
                measurement = measure(name, jobs, options)
            except BenchmarkError as error:
                failed = True
                print(f"{name if jobs is None else f'{name}-{jobs}'}: {error}", file=sys.stderr)
                continue
            measurements.append(measurement)
            print(measurement.line(), flush=True)
    missed = [aim for measurement in measurements for aim in measurement.missed_aims()]
    grown = growth(measurements)
    if grown:
        print(grown[0])
        if grown[1] > GROWTH_AIM:
            missed.append(f"{grown[0]}, the aim is {GROWTH_AIM:g}")
    for sentence, figure, aim in costs(measurements):
        print(sentence)
        if figure > aim:
            missed.append(f"{sentence}, the aim is {aim:g}")
    if options.check:
        for miss in missed:
            print(f"missed: {miss}", file=sys.stderr)
    if options.json:
        records = [measurement.record() for measurement in measurements]
        options.json.write_text(json.dumps({"results": records}, indent=2) + "\n", encoding="utf-8")
    return 1 if failed or (options.check and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
