#!/usr/bin/env python3
"""Measures what the ways to attach a scheduler cost, for scripts of each style and for a program in C: the processor
time of simulator and scheduler together, and how many times that of the built-in policy it is.

All scripts in schedulers/ decide the same, first come, first served: a run counts only if its job_statistics is that of
the built-in policy. What is compared runs one after the other, as a machine is not the same from one minute to the
next: the built-in policy, and the earlier version, before each case. The least of --repeat runs counts.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent

STYLES = ("scan", "views", "own_queue")
WAYS = ("python", "exec", "zmq")
# How many times the time of the built-in policy a way may take on the benchmark partition; of the program in C, 2 s on
# a machine where that takes 0.37 s.
AIMS = {("views", "python"): 2.0, ("own_queue", "python"): 3.0, ("first_fit", "exec"): 5.4}
# How many times as fast as before a way is to be, by a simulator given as --before.
AIMS_BEFORE = {("scan", "python"): 4.0, ("scan", "exec"): 1.6, ("own_queue", "exec"): 3.0}


class BenchmarkError(Exception):
    """A run failed, or decided otherwise."""


@dataclasses.dataclass(frozen=True)
class Build:
    """A simulator with what belongs to it."""

    simulator: Path
    package: Path

    def program(self, suffix: str = "") -> Path:
        return self.simulator.parent / "schedulers" / f"first_fit{suffix}"


def processor_seconds(process: subprocess.Popen[bytes], patience: float) -> float:
    """Waits for a process; its time with that of all it waited for."""
    deadline = time.monotonic() + patience
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.005)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchmarkError(f"exit status {process.returncode}: {process.args!r}")
    seconds: float = usage.ru_utime + usage.ru_stime
    return seconds


def run(build: Build, folder: Path, scheduler: str, beside: Sequence[str] = (), timeout: float = 600) -> float:
    """Runs a scenario, with a scheduler beside the simulator if one is given; returns their processor time."""
    environment = {**os.environ, "PYTHONPATH": str(build.package)}
    environment.pop("ELASTISIM_URL", None)
    command = [str(build.simulator), "config.json", "--scheduler", scheduler]
    processes = [subprocess.Popen(command, cwd=folder, env=environment)]
    if beside:
        processes.append(subprocess.Popen(beside, cwd=folder, env=environment))
    try:
        return sum(processor_seconds(process, timeout) for process in processes)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()


def spec(build: Build, style: str, way: str) -> tuple[str, list[str]]:
    """The SPEC of a scheduler, and the command that is to run beside the simulator."""
    url = "ipc://scheduler.ipc"
    script = str(BENCH / "schedulers" / f"{style}.py")
    command = [str(build.program())] if style == "first_fit" else [sys.executable, script]
    if way == "zmq":
        return f"zmq:{url}", [*command, url]
    if way == "exec":
        return "exec:" + " ".join(f"'{part}'" for part in command), []
    return (f"plugin:{build.program('.so')}" if way == "plugin" else f"python:{command[-1]}"), []


class Scenario:
    """A folder with the inputs, and what each policy decided there first."""

    def __init__(self, folder: Path, jobs: str, options: argparse.Namespace) -> None:
        self.folder, self.options = folder, options
        self.decided: dict[str, bytes] = {}
        generator = ["generate_partition.py"] if jobs == "partition" else ["generate_million.py", jobs]
        subprocess.run([sys.executable, str(BENCH / generator[0]), *generator[1:], str(folder)], check=True,
                       stdout=subprocess.DEVNULL)

    def measure(self, build: Build, style: str, way: str) -> float:
        scheduler, beside = ("builtin:fcfs", []) if way == "builtin" else spec(build, style, way)
        times = []
        for _ in range(self.options.repeat):
            times.append(run(build, self.folder, scheduler, beside, self.options.timeout))
            policy = style if style == "first_fit" else "fcfs"
            # Names and new columns at the end may differ from one version to another: what is compared are times.
            rows = (self.folder / "job_statistics.csv").read_bytes().splitlines()
            found = b"\n".join(b",".join(row.split(b",")[:9]) for row in rows)
            if self.decided.setdefault(policy, found) != found:
                raise BenchmarkError(f"{style} by {way} decides otherwise than {policy} did before")
        return min(times)


def cases(options: argparse.Namespace, build: Build) -> Iterator[tuple[str, str]]:
    for style in options.styles:
        for way in options.ways:
            yield style, way
    if not options.no_program:
        for way in ("plugin", "exec", "zmq"):
            yield "first_fit", way


def print_row(style: str, way: str, seconds: float, builtin: float, before: float | None) -> None:
    line = f"{style:<10} {way:<8} {seconds:9.2f} s {seconds / builtin:8.1f} x builtin ({builtin:.2f} s)"
    print(line + (f" {before:9.2f} s before, {before / seconds:6.1f} x as fast" if before else ""), flush=True)


def compare(scenario: Scenario, jobs: str, options: argparse.Namespace) -> list[str]:
    """Measures all cases; returns what misses an aim."""
    build = Build(options.simulator, ROOT / "python")
    old = options.before and Build(options.before, options.before.parent.parent / "python")
    missed = []
    before: dict[tuple[str, str], float] = {}
    for style, way in cases(options, build):
        builtin = scenario.measure(build, "fcfs", "builtin")
        seconds = scenario.measure(build, style, way)
        # What there was before: a process, whatever the way now.
        if old and style != "views" and way in ("exec", "python"):
            if (style, "exec") not in before:
                before[style, "exec"] = scenario.measure(old, style, "exec")
        earlier = before.get((style, "exec")) if way in ("exec", "python") else None
        print_row(style, way, seconds, builtin, earlier)
        if jobs != "partition":
            continue
        if seconds > AIMS.get((style, way), float("inf")) * builtin:
            missed.append(f"{style} by {way}: {seconds / builtin:.2f} times builtin, the aim is {AIMS[style, way]:g}")
        if earlier and earlier < AIMS_BEFORE.get((style, way), 0) * seconds:
            missed.append(f"{style} by {way}: {earlier / seconds:.2f} times as fast as before, the aim is "
                          f"{AIMS_BEFORE[style, way]:g}")
    return missed


def growth(folder: Path, options: argparse.Namespace) -> None:
    """schedulers/easy.py inside the simulator: the time per job as there are more of them."""
    build = Build(options.simulator, ROOT / "python")
    for jobs in options.growth:
        scenario = Scenario(folder / f"million-{jobs}", str(jobs), options)
        seconds = min(run(build, scenario.folder, f"python:{ROOT / 'schedulers' / 'easy.py'}", (), options.timeout)
                      for _ in range(options.repeat))
        print(f"easy.py    python   {seconds:9.2f} s {1e6 * seconds / jobs:9.1f} us/job, {jobs} jobs on 1000 nodes",
              flush=True)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("scenarios", nargs="*", metavar="SCENARIO", default=["partition"],
        help="'partition', or a number of jobs of the benchmark million (default: partition)")
    add("--simulator", type=Path, default=ROOT / "build" / "elastisim", metavar="FILE",
        help="(default: build/elastisim in the tree)")
    add("--before", type=Path, metavar="FILE", help="the simulator in the build folder of an earlier version's tree")
    add("--styles", nargs="*", choices=STYLES, default=list(STYLES), help="(default: all)")
    add("--ways", nargs="+", choices=WAYS, default=["exec", "python"], help="(default: exec python)")
    add("--no-program", action="store_true", help="leave the program in C out")
    add("--growth", type=int, nargs="*", default=[], metavar="N", help="also measure schedulers/easy.py with N jobs")
    add("--repeat", type=int, default=1, metavar="N", help="runs of each; the fastest counts (default: %(default)s)")
    add("--timeout", type=float, default=600, metavar="S",
        help="end a run after so many seconds (default: %(default)s)")
    add("--check", action="store_true", help="exit 1 also if an aim is missed")
    options = parser.parse_args(argv)
    options.simulator = options.simulator.resolve()
    options.before = options.before and options.before.resolve()
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = parse_arguments(argv)
    missed = []
    folder = Path(tempfile.mkdtemp(prefix="elastisim-attach-"))
    try:
        for jobs in options.scenarios:
            print(f"{jobs}:")
            missed += compare(Scenario(folder / jobs, jobs, options), jobs, options)
        growth(folder, options)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder)
    for miss in missed:
        print(f"missed: {miss}", file=sys.stderr)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
