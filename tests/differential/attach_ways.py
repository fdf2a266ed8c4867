"""Runs the recorded cases with their scheduler attached in each way, and holds all results to those of the first one:
job statistics, node utilization and the journal, to the last byte.

usage: attach_ways.py CASES SIMULATOR PYTHONPATH [WAY...]      (ways: exec, zmq, python)
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RESULTS = {'job_statistics': 'out/job_statistics.csv', 'node_utilization': 'out/node_utilization.csv',
           'events': 'out/events.jsonl'}
# What names the scheduler, and what the clock on the wall says.
OTHER = re.compile(rb'"scheduler":"(?:[^"\\]|\\.)*"|"wall_seconds":[^,}]*')
PYTHON = '/usr/bin/python3'

SPECS = {'exec': f'exec:{PYTHON} scheduler.py', 'zmq': 'zmq:ipc://attached', 'python': 'python:scheduler.py'}


def run(case: Path, way: str, simulator: str, package: str) -> dict[str, bytes]:
    """The results of a case with its scheduler attached so."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / 'case'
        shutil.copytree(case, folder)
        (folder / 'out').mkdir()
        configuration = json.loads((folder / 'config.json').read_text()) | RESULTS
        (folder / 'config.json').write_text(json.dumps(configuration))
        environment = {**os.environ, 'PYTHONPATH': package}
        script = None
        if way == 'zmq':
            script = subprocess.Popen([PYTHON, 'scheduler.py'], cwd=folder,
                                      env={**environment, 'ELASTISIM_URL': 'ipc://attached'}, stderr=subprocess.DEVNULL)
        try:
            subprocess.run([simulator, 'config.json', '--scheduler', SPECS[way]], cwd=folder, env=environment,
                           timeout=120, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        finally:
            if script:
                script.kill()
                script.wait()
        return {name: OTHER.sub(b'', (folder / file).read_bytes()) for name, file in RESULTS.items()}


def compare(case: Path, ways: list[str], simulator: str, package: str) -> list[str]:
    """Which results of a case differ from one way to another."""
    first, *others = (run(case, way, simulator, package) for way in ways)
    return [f'{name} by {way} differs from that by {ways[0]}' for way, results in zip(ways[1:], others)
            for name in RESULTS if results[name] != first[name]]


def main(folder: str, simulator: str, package: str, *chosen: str) -> int:
    ways = list(chosen) or list(SPECS)
    cases = sorted(path.parent for path in Path(folder).glob('*/config.json'))
    failed = 0
    for case in cases:
        try:
            wrong = compare(case, ways, os.path.abspath(simulator), os.path.abspath(package))
        except (OSError, subprocess.SubprocessError) as error:
            wrong = [str(error)]
        failed += bool(wrong)
        print(f'{"FAILED" if wrong else "equal "} {case.name}', *wrong, sep='\n    ', flush=True)
    print(f'{len(cases) - failed} cases are equal by {", ".join(ways)}; {failed} are not')
    return 0 if cases and not failed else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
