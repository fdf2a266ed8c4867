"""Carries out some runs of a plan; Snakemake starts it. What is done already is not done again.

usage: python3 -m elastisim_tools.study.worker PLAN RUNS [--jobs N]     (RUNS: a file with a key on each line)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from .errors import StudyError
from .materials import write_whole
from .simulator import run_batch

# Another attempt may end otherwise: a signal, a full disk, no memory.
FAILURE = 1


def record_of(folder: Path) -> Optional[dict[str, Any]]:
    """How a run ended; None for one that has not."""
    try:
        record = json.loads((folder / 'run.json').read_text(encoding='utf-8'))
        return record if isinstance(record, dict) else None
    except (OSError, ValueError):
        return None


def is_done(folder: Path) -> bool:
    record = record_of(folder)
    return record is not None and record['status'] != FAILURE


def carry_out(plan_file: Path, keys: Sequence[str], jobs: int) -> int:
    plan = json.loads(plan_file.read_text(encoding='utf-8'))
    folder = plan_file.resolve().parent
    runs = {run['key']: run for run in plan['runs']}
    waiting = [runs[key] for key in keys if key in runs and not is_done(folder / 'runs' / key)]
    descriptions = []
    for run in waiting:
        place = folder / 'runs' / run['key']
        place.mkdir(parents=True, exist_ok=True)
        descriptions.append({**run['description'], 'id': run['key'], 'output': str(place)})
    broken = 0
    for answer in run_batch(plan['program'], descriptions, jobs, plan['directory']):
        run = runs[answer.pop('id')]
        broken += answer['status'] == FAILURE
        record = {**answer, 'names': run['names'], 'inputs': run['inputs'], 'version': plan['version'],
                  'description': run['description']}
        write_whole(folder / 'runs' / run['key'] / 'run.json', json.dumps(record, indent=1) + '\n')
    done = sum(is_done(folder / 'runs' / run['key']) or record_of(folder / 'runs' / run['key']) is not None
               for run in waiting)
    return 1 if broken or done < len(waiting) else 0


def main(argv: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(description='Carries out some runs of a plan.')
    parser.add_argument('plan', type=Path)
    parser.add_argument('runs', type=Path)
    parser.add_argument('--jobs', type=int, default=1)
    options = parser.parse_args(argv)
    try:
        return carry_out(options.plan, options.runs.read_text().split(), options.jobs)
    except (StudyError, OSError) as error:
        print(f'elastisim-study: error: {error}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    sys.exit(main())
