#!/usr/bin/env python3
"""Times elastisim-workload import on a log of a million rows, and prints a line: rows, seconds, rows per second, peak
memory. With --check, a missed aim (10 s, 100 MB) is an error. The log is made in a temporary folder, which is removed
afterwards; making it is not measured.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS, MEGABYTES = 10.0, 100.0


def write_log(path: Path, rows: int) -> None:
    """Jobs with runtimes, sizes and requests of all kinds; one in a hundred rows needs mending or is dropped."""
    draw = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        out.write("; MaxNodes: 1024\n; MaxProcs: 1024\n; UnixStartTime: 0\n")
        time_now = 0
        for number in range(1, rows + 1):
            time_now += draw.randrange(60)
            run, size = draw.randrange(1, 86400), 1 << draw.randrange(10)
            status = 5 if draw.random() < 0.01 else 1
            out.write(f"{number} {time_now} {draw.randrange(3600)} {-1 if status == 5 else run} {size} -1 -1 {size} "
                      f"{run + 600} -1 {status} {draw.randrange(300)} 1 {draw.randrange(90)} 1 -1 -1 -1\n")


def measure(rows: int) -> tuple[float, float]:
    """Seconds, and megabytes at the peak."""
    with tempfile.TemporaryDirectory(prefix="elastisim-bench-") as folder:
        log = Path(folder) / "log.swf"
        write_log(log, rows)
        program = [sys.executable, str(ROOT / "python" / "elastisim-workload"), "import", "swf", str(log), "-o",
                   str(Path(folder) / "out"), "--report", str(Path(folder) / "report.txt")]
        started = time.monotonic()
        child = os.posix_spawn(program[0], program, os.environ)
        _, status, usage = os.wait4(child, 0)
        if status:
            sys.exit(f"elastisim-workload failed with status {os.waitstatus_to_exitcode(status)}")
        return time.monotonic() - started, usage.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description="Times the import of a large log.")
    parser.add_argument("--rows", type=int, default=1000000, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="a missed aim is an error")
    options = parser.parse_args()
    seconds, megabytes = measure(options.rows)
    print(f"{options.rows} rows: {seconds:.2f} s, {options.rows / seconds:.0f} rows/s, {megabytes:.0f} MB")
    missed = seconds > SECONDS * options.rows / 1e6 or megabytes > MEGABYTES
    return int(options.check and missed)


if __name__ == "__main__":
    sys.exit(main())
