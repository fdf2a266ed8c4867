"""elastisim-workload and the simulator on what it wrote, for the tests of workloads from logs."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import references
from elastisim_tools.workload.command import main
from harness import PYTHON, ROOT, SIMULATOR

PUBLISHED = Path(os.environ.get('ELASTISIM_PUBLISHED', ROOT.parent / 'shared' / 'published'))

# What Batsim published of a workload, and the mark of tests that need it.
MEDIUM = PUBLISHED / 'batsim_medium_late'
needs_medium = pytest.mark.skipif(not MEDIUM.is_dir(), reason='the published runs are not at ELASTISIM_PUBLISHED')


def workload(*arguments: Any, cwd: Path, status: int = 0) -> str:
    """What elastisim-workload prints with these arguments, run in this process; on standard error where it fails."""
    here, out, err = os.getcwd(), io.StringIO(), io.StringIO()
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = main([str(argument) for argument in arguments])
    except SystemExit as refused:  # argparse
        ended = int(refused.code or 0)
    finally:
        os.chdir(here)
    assert ended == status, err.getvalue()
    return err.getvalue() if status else out.getvalue()


def program(*arguments: str, cwd: Path, stdin: bytes = b'') -> None:
    subprocess.run([PYTHON, ROOT / 'python' / 'elastisim-workload', *arguments], cwd=cwd, input=stdin, check=True,
                   capture_output=True, timeout=60)


def simulate(folder: Path, *arguments: str) -> list[dict[str, str]]:
    run = subprocess.run([SIMULATOR, 'configuration.json', *arguments], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    with open(folder / 'output' / 'job_statistics.csv', newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def read(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    jobs = json.loads((folder / 'jobs.json').read_text())
    return jobs['jobs'], json.loads((folder / 'report.json').read_text())


def rules(report: dict[str, Any]) -> dict[str, int]:
    return {rule['rule']: rule['count'] for rule in report['rules']}


def reference(name: str, jobs: list[dict[str, Any]], nodes: int) -> list[float]:
    """The starts that the policy written down in references.py gives."""
    rigid = [references.RigidJob(job['submit_time'], job['num_nodes'], job['arguments']['runtime'],
                                 job.get('walltime', float('inf'))) for job in jobs]
    if name == 'conservative':
        policy = references.Conservative(nodes)
        references.simulate(rigid, nodes, policy, policy.wakes)
    else:
        references.simulate(rigid, nodes, getattr(references, name))
    return [job.start for job in rigid]
