"""Watching a run changes nothing: the recorded cases and the examples, with everything on and with nothing on; and
replaying the journal gives what the other files say."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from elastisim_tools.run import read_journal
from elastisim_tools.timeline import Replay
from harness import EVERYTHING, PATIENCE, PYTHON, ROOT, SIMULATOR, Json, near

CASES = Path(os.environ.get('ELASTISIM_CONFORMANCE', 'none')) / 'cases'

# Of an example: enough for every type of job to be resized, and for the sanitizers not to take minutes.
JOBS = 40


def check_replay(folder: Path) -> None:
    """Replays the journal and compares every node after every instant, and every job at the end."""
    events = list(read_journal(folder / 'out' / 'events.jsonl'))
    with open(folder / 'out' / 'node_utilization.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    replay, at = Replay(), 0
    said: dict[str, tuple[str, str, str]] = {}  # what node_utilization said last of each node
    for i, event in enumerate(events):
        replay.apply(event)
        if i + 1 < len(events) and events[i + 1]['time'] == event['time']:
            continue
        while at < len(rows) and float(rows[at]['Time']) <= event['time']:
            row = rows[at]
            said[row['Node']] = (row['State'], row['Running jobs'], row['Expected jobs'])
            at += 1
        for number, name in enumerate(replay.node_names):
            running, expected = (';'.join(map(str, jobs[number])) or 'none'
                                 for jobs in (replay.running, replay.expected))
            assert said[name] == (replay.node_state(number), running, expected), (event, name)
    assert at == len(rows)
    with open(folder / 'out' / 'job_statistics.csv', newline='') as file:
        jobs = {int(row['ID']): row for row in csv.DictReader(file)}
    assert replay.job_states == {job: row['Status'] for job, row in jobs.items()}
    first = {kind: {event['job']: event['time'] for event in events if event['kind'] == kind}
             for kind in ('submit', 'start', 'complete', 'kill')}
    ends = first['complete'] | first['kill']
    for job, row in jobs.items():
        assert first['submit'][job] == near(float(row['Submit Time']))
        assert first['start'].get(job, -1) == float(row['Start Time'])
        assert ends.get(job, -1) == float(row['End Time'])
        begun = sum(event['kind'] == 'reconfiguration_begin' and event['job'] == job for event in events)
        assert begun == int(row['Reconfigurations'])


def run_case(source: Path, folder: Path, more: Json | None) -> bytes:
    """Runs a recorded case as it was recorded, or with more keys; returns its job statistics."""
    shutil.copytree(source, folder)
    (folder / 'out').mkdir(exist_ok=True)
    configuration = json.loads((folder / 'config.json').read_text())
    quiet: Json = {'sensing': False, 'log_task_times': False}
    (folder / 'config.json').write_text(json.dumps(configuration | (quiet if more is None else more)))
    environment = {**os.environ, 'PYTHONPATH': str(ROOT / 'python')}
    scheduler = subprocess.Popen([PYTHON, 'scheduler.py'], cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
    options = ['--log=elastisim.thresh:info'] if more else []
    try:
        subprocess.run([SIMULATOR, 'config.json', *options], cwd=folder, check=True, timeout=2 * PATIENCE,
                       stderr=subprocess.DEVNULL)
    finally:
        scheduler.kill()
        scheduler.wait()
    return (folder / 'out' / 'job_statistics.csv').read_bytes()


@pytest.mark.parametrize('case', sorted(path.name for path in CASES.glob('*') if (path / 'config.json').exists()))
def test_watching_changes_nothing_in_recorded_cases(tmp_path: Path, case: str) -> None:
    plain = run_case(CASES / case, tmp_path / 'plain', None)
    assert run_case(CASES / case, tmp_path / 'watched', EVERYTHING) == plain
    check_replay(tmp_path / 'watched')


@pytest.mark.parametrize('name', ['example', 'gpu', 'burst_buffer'])
def test_watching_changes_nothing_in_the_examples(tmp_path: Path, name: str) -> None:
    for folder in ('platforms', 'application_models', 'workloads'):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns('__pycache__'))
    configuration = json.loads((ROOT / 'configurations' / f'{name}.json').read_text())
    workload = tmp_path / configuration['jobs_file']
    workload.write_text(json.dumps({'jobs': json.loads(workload.read_text())['jobs'][:JOBS]}))
    statistics = []
    for more in ({'sensing': False}, EVERYTHING | {'sensing_interval': 17}):
        (tmp_path / 'config.json').write_text(json.dumps(
            configuration | {'job_statistics': 'out/job_statistics.csv'} | more))
        subprocess.run([SIMULATOR, 'config.json', '--scheduler', 'builtin:fcfs'], cwd=tmp_path, check=True,
                       stderr=sys.stderr, timeout=10 * PATIENCE)
        statistics.append((tmp_path / 'out' / 'job_statistics.csv').read_bytes())
    assert statistics[0] == statistics[1]
    check_replay(tmp_path)
