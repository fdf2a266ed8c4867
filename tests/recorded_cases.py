"""Runs the recorded cases and holds the result to what is known of them.

usage: recorded_cases.py CHECKER SIMULATOR PYTHONPATH

Every case must agree with its record, but for those below: their records contradict what is specified, so the
simulator must differ from them, and in exactly this way. Once such a record is mended, agreeing is right, too.
"""

from __future__ import annotations

import re
import subprocess
import sys

# The scheduler kills the job at the first scheduling point at which two iterations are completed. That is the second
# one; the record has ElastiSim's progress of one iteration less, and so the third.
CONTRADICTIONS = {
    'scheduler_kill': 'job_statistics.csv: job 1: End Time expected 550.03994, got 367.92696',
}

LINE = re.compile(r'^(ok|FAILED)\s+(\S+) \([\d.]+ s\)(?:: (.*))?$')


def judge(line: str) -> bool | None:
    """Whether a line of the checker's tells what is expected; None when it tells of no case."""
    match = LINE.match(line)
    if not match:
        return None
    result, case, why = match.groups()
    return result == 'ok' or why == CONTRADICTIONS.get(case)


def main(checker: str, simulator: str, package: str) -> int:
    run = subprocess.run([sys.executable, checker, simulator, '--python', package], text=True, stdout=subprocess.PIPE)
    print(run.stdout, end='')
    judged = [judge(line) for line in run.stdout.splitlines()]
    cases = [good for good in judged if good is not None]
    print(f'{cases.count(True)} as specified, {cases.count(False)} not')
    return 0 if cases and all(cases) else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
