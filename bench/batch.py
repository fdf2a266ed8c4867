#!/usr/bin/env python3
"""Trivial runs per second of `elastisim --batch`: ten jobs on four nodes, results written.

usage: python3 bench/batch.py [--simulator FILE] [--runs N] [--jobs N]

Prints the wall time, the runs per second, and those per second of CPU time, all processes together. The aim is 300
on each core.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = '''<?xml version="1.0"?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="all" routing="Full">
<cluster id="nodes" prefix="n" suffix="" radical="0-3" speed="1Gf" bw="1GBps" lat="0s"/>
</zone></platform>
'''


def write_world(folder: Path) -> None:
    (folder / 'platform.xml').write_text(PLATFORM)
    (folder / 'app.json').write_text(json.dumps({'phases': [{'tasks': [{'type': 'busy_wait', 'delay': 10}]}]}))
    jobs = [{'type': 'rigid', 'num_nodes': 1 + i % 4, 'submit_time': i, 'application_model': 'app.json'}
            for i in range(10)]
    (folder / 'jobs.json').write_text(json.dumps({'jobs': jobs}))
    (folder / 'config.json').write_text(json.dumps(
        {'jobs_file': 'jobs.json', 'platform_file': 'platform.xml', 'scheduler': 'builtin:easy',
         'schedule_on_job_submit': True, 'schedule_on_job_finalize': True, 'show_progress_bar': False}))


def main() -> int:
    parser = argparse.ArgumentParser(description='Measures elastisim --batch.')
    parser.add_argument('--simulator', default=str(ROOT / 'build' / 'elastisim'))
    parser.add_argument('--runs', type=int, default=3000)
    parser.add_argument('--jobs', type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_world(folder)
        lines = ''.join(json.dumps({'id': str(i), 'configuration': 'config.json', 'output': f'r{i}'}) + '\n'
                        for i in range(options.runs))
        begin = time.monotonic()
        done = subprocess.run([options.simulator, '--batch', '-j', str(options.jobs)], cwd=folder, input=lines,
                              capture_output=True, text=True, check=True)
        wall = time.monotonic() - begin
    bad = [line for line in done.stdout.splitlines() if json.loads(line)['status'] != 0]
    if bad:
        print(bad[0])
        return 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(f'{options.runs} runs, {options.jobs} at a time: {wall:.2f} s, {options.runs / wall:.0f} per second; '
          f'{options.runs / cpu:.0f} per second of CPU')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
