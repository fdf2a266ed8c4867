"""What a study loses when a node is killed or a disk is full: nothing that was done; and Snakemake's own profiles."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from harness import PATIENCE, PYTHON, SIMULATOR, Scenario, flexible, rigid, wait_for, waiting

from elastisim_tools.study.command import main

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [PYTHON, str(ROOT / 'python' / 'elastisim-study')]
STUDY = '''
configuration = "config.json"
metrics = ["wait_mean"]
[axes.policy]
set = "scheduler"
values = {values}
'''
FCFS = f'runpy.run_path("{ROOT / "schedulers" / "fcfs.py"}", run_name="__main__")\n'

pytestmark = pytest.mark.skipif(not shutil.which('snakemake'), reason='snakemake is not installed')


@pytest.fixture
def world(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    scenario.workload(rigid(2, application=waiting(30)), flexible('malleable', application=waiting(70)))
    scenario.configure(scheduler='builtin:fcfs', log_task_times=None)
    scenario.command()
    monkeypatch.chdir(scenario.folder)
    monkeypatch.setenv('ELASTISIM', SIMULATOR)
    return scenario


def study_of(**policies: str) -> str:
    return STUDY.format(values='{' + ', '.join(f'{name} = {json.dumps(spec)}' for name, spec in policies.items()) + '}')


def records(folder: Path) -> dict[Path, int]:
    """When each run was done."""
    return {path: path.stat().st_mtime_ns for path in folder.glob('runs/study/runs/*/run.json')}


# --- A profile ------------------------------------------------------------------------------------------


def test_a_profile_of_snakemake_says_where_jobs_run(world: Scenario) -> None:
    """Here a cluster that is a script: it notes each job that is submitted, and has it run."""
    world.write('study.toml', study_of(fcfs='builtin:fcfs', sjf='builtin:sjf', easy='builtin:easy'))
    submit = Path(world.write('submit.sh', '#!/bin/sh\n'
                              f'echo "$1" >> "{world.folder}/submitted"\nsetsid sh "$1" > /dev/null 2>&1 &\necho $!\n'))
    submit.chmod(0o755)
    (world.folder / 'profile').mkdir()
    world.write('profile/config.yaml', f'cluster: "{submit}"\njobs: 2\n')
    assert main(['run', 'study.toml', '--profile', str(world.folder / 'profile'), '--runs-per-job=2']) == 0, \
        Path('runs/study/logs/snakemake.log').read_text()
    assert len(records(world.folder)) == 3
    jobs = Path('submitted').read_text().splitlines()
    assert len([job for job in jobs if 'simulate' in job]) == 2, 'two jobs, of two runs and one'


# --- A node that is killed ------------------------------------------------------------------------------


def processes_below(top: int) -> dict[int, str]:
    """Process ID and command line of all descendants."""
    parents, commands = {}, {}
    for place in Path('/proc').glob('[0-9]*'):
        try:
            parents[int(place.name)] = int((place / 'stat').read_text().rpartition(')')[2].split()[1])
            commands[int(place.name)] = (place / 'cmdline').read_text().replace('\0', ' ')
        except OSError:
            continue  # it has ended
    found = {top}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return {child: commands[child] for child in found - {top}}
        found |= more


def test_what_was_done_stays_done_when_the_worker_is_killed(world: Scenario) -> None:
    waits = world.script('import runpy, time\nfrom pathlib import Path\n'
                         'Path("waiting").touch()\n'
                         f'while not Path("go").exists(): time.sleep(0.05)\n{FCFS}')
    world.write('study.toml', study_of(fcfs='builtin:fcfs', sjf='builtin:sjf', waits=waits, easy='builtin:easy'))
    process = subprocess.Popen([*COMMAND, 'run', 'study.toml', '--runs-per-job=4'], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        wait_for(lambda: len(records(world.folder)) == 2 and (world.folder / 'waiting').exists(), 'nothing goes on')
        before = records(world.folder)
        [worker] = [child for child, command in processes_below(process.pid).items()
                    if 'study.worker' in command and ' -c ' not in command]
        for child in [worker, *processes_below(worker)]:
            os.kill(child, signal.SIGKILL)
        out, error = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 1 and 'Snakemake ended with status 1' in error
    assert out.endswith('2 of 4 runs done, 0 failed, 2 to do\n')
    world.write('go', '')
    assert main(['run', 'study.toml']) == 0
    after = records(world.folder)
    assert len(after) == 4 and {path: after[path] for path in before} == before


# --- A full disk ----------------------------------------------------------------------------------------

# Runs in a mount namespace of its own, where `runs` is a disk of two megabytes.
ON_A_SMALL_DISK = '''
import json, subprocess, sys
from pathlib import Path
subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', 'runs'], check=True)
def study():
    done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
    runs = {path.parent.name: (json.loads(path.read_text())['status'], path.stat().st_mtime_ns)
            for path in Path('runs').glob('study/runs/*/run.json')}
    return {'status': done.returncode, 'said': done.stdout + done.stderr, 'runs': runs}
full = study()
Path('runs/filler').unlink()
print(json.dumps([full, study()]))
'''
MAY_MOUNT = ['unshare', '--mount', '--map-root-user']


def may_mount() -> bool:
    return subprocess.run([*MAY_MOUNT, 'mount', '-t', 'tmpfs', 'none', '/mnt'], capture_output=True).returncode == 0


@pytest.mark.skipif(not (shutil.which('unshare') and may_mount()), reason='no small disk may be mounted here')
def test_a_full_disk_loses_nothing_that_was_done(world: Scenario) -> None:
    fills = world.script('import os, runpy\nfrom pathlib import Path\n'
                         'if not Path("filled").exists():\n'
                         '    Path("filled").touch()\n'
                         '    handle = os.open("runs/filler", os.O_CREAT | os.O_WRONLY)\n'
                         '    try:\n'
                         '        while True: os.write(handle, bytes(4096))\n'
                         '    except OSError: pass\n'
                         f'{FCFS}')
    world.write('study.toml', study_of(fcfs='builtin:fcfs', sjf='builtin:sjf', fills=fills, easy='builtin:easy'))
    (world.folder / 'runs').mkdir()
    done = subprocess.run([*MAY_MOUNT, PYTHON, '-c', ON_A_SMALL_DISK, *COMMAND, 'run', 'study.toml',
                           '--runs-per-job=4'], capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done.stderr
    full, freed = json.loads(done.stdout)
    fine = {key: run for key, run in full['runs'].items() if run[0] == 0}
    assert full['status'] == 1 and len(fine) >= 2, full
    assert freed['status'] == 0 and len(freed['runs']) == 4, freed
    assert {key: freed['runs'][key] for key in fine} == fine, 'what was done is not done again'
