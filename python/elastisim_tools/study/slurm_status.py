#!/usr/bin/env python3
"""Says to Snakemake how a job of Slurm stands: running, success or failed. With and without an accounting database.

usage: slurm_status.py JOB
"""

from __future__ import annotations

import re
import subprocess
import sys

RUNNING = {'PENDING', 'CONFIGURING', 'RUNNING', 'COMPLETING', 'SUSPENDED', 'REQUEUED', 'REQUEUE_HOLD', 'RESIZING',
           'SPECIAL_EXIT', 'STAGE_OUT', 'STOPPED', 'SIGNALING'}


def said_by(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ''


def state_of(job: str) -> str:
    """What the controller says; of a job that it has forgotten, what the accounting says; '' when nobody knows."""
    found = re.search(r'JobState=(\w+)', said_by('scontrol', 'show', 'job', '-o', job))
    if found:
        return found[1]
    states = said_by('sacct', '-X', '-n', '-P', '-o', 'State', '-j', job).split()
    return states[0] if states else ''


def status_of(state: str) -> str:
    """A job of which nobody knows has failed: what it did is found when it is submitted again."""
    if state == 'COMPLETED':
        return 'success'
    return 'running' if state in RUNNING else 'failed'


if __name__ == '__main__':
    print(status_of(state_of(sys.argv[1])))
