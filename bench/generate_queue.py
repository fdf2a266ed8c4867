#!/usr/bin/env python3
"""Generates 100,000 rigid jobs for a cluster of 1,024 nodes, to see what a policy costs.

usage: generate_queue.py deep-queue|load-85 FOLDER [--jobs N] [--seed N]

deep-queue: 4,000 jobs at the beginning and an offered load of 1, so that thousands wait for a long time; walltimes are
up to ten times the runtimes. load-85: an offered load of 0.85, where few wait.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

NODES = 1024
AT_ONCE = {'deep-queue': 4000, 'load-85': 0}
LOAD = {'deep-queue': 1.0, 'load-85': 0.85}
LONGEST = 3 * 86400  # s, of a walltime

PLATFORM = f"""<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="machine" routing="Full">
    <zone id="service" routing="Full">
      <host id="batch" speed="1Gf"><prop id="batch_system" value="true"/></host>
    </zone>
    <cluster id="nodes" prefix="n" suffix="" radical="1000-{1000 + NODES - 1}" speed="2Tf" bw="12.5GBps" lat="1us"/>
  </zone>
</platform>
"""


def make_jobs(kind: str, count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Sizes of 1 to 256 nodes and runtimes of 10 s to 9 h, both with a uniform logarithm."""
    sizes = [int(2 ** rng.uniform(0, 8)) for _ in range(count)]
    runtimes = [round(10 ** rng.uniform(1, 4.5)) for _ in range(count)]
    rate = count * NODES * LOAD[kind] / sum(size * runtime for size, runtime in zip(sizes, runtimes))
    jobs, now = [], 0.0
    for i, (size, runtime) in enumerate(zip(sizes, runtimes)):
        now += rng.expovariate(rate) if i >= AT_ONCE[kind] else 0
        walltime = min(LONGEST, round(runtime * rng.choice([1, 1.1, 1.5, 2, 3, 5, 10])))
        jobs.append({'type': 'rigid', 'submit_time': round(now), 'num_nodes': size, 'walltime': walltime,
                     'application_model': 'wait.json', 'arguments': {'seconds': runtime}})
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser(description='Generates jobs for a cluster of 1,024 nodes.')
    parser.add_argument('kind', choices=list(LOAD))
    parser.add_argument('folder', type=Path, metavar='FOLDER')
    parser.add_argument('--jobs', type=int, default=100000, metavar='N', help='(default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1, metavar='N', help='(default: %(default)s)')
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    jobs = make_jobs(arguments.kind, arguments.jobs, random.Random(arguments.seed))
    (folder / 'platform.xml').write_text(PLATFORM, encoding='utf-8')
    (folder / 'wait.json').write_text(json.dumps({'phases': [{'tasks': [{'type': 'busy_wait', 'delay': 'seconds'}]}]}),
                                      encoding='utf-8')
    (folder / 'jobs.json').write_text('{"jobs": [\n' + ',\n'.join(json.dumps(job) for job in jobs) + '\n]}\n',
                                      encoding='utf-8')
    (folder / 'config.json').write_text(json.dumps({
        'platform_file': 'platform.xml', 'jobs_file': 'jobs.json', 'scheduler': 'builtin:fcfs',
        'schedule_on_job_submit': True, 'schedule_on_job_finalize': True, 'job_statistics': 'job_statistics.csv'}),
        encoding='utf-8')


if __name__ == '__main__':
    main()
