"""elastisim-study --slurm on a real Slurm, which the test starts on this machine and ends again: the table is that of a
run on local cores, and a job that is cancelled half-way is made up for."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import PATIENCE, PYTHON, SIMULATOR, Scenario, flexible, rigid, wait_for, waiting

from elastisim_tools.study.command import main
from elastisim_tools.study.slurm_status import status_of

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ('snakemake', 'munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'scancel', 'squeue')
MISSING = [name for name in PROGRAMS if not shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin')]

STUDY = '''
configuration = "config.json"
metrics = ["wait_mean", "turnaround_max"]
baseline = {policy = "builtin:fcfs"}
[axes.policy]
set = "scheduler"
values = ["builtin:fcfs", "builtin:sjf", "builtin:easy"]
[replications]
set = "job_kill_grace_period"
seeds = 2
'''


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        port: int = listening.getsockname()[1]
        return port


@dataclass
class Slurm:
    folder: Path
    environment: dict[str, str]

    def said_by(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE).stdout

    def jobs(self) -> list[str]:
        return self.said_by('squeue', '-h', '-t', 'RUNNING', '-o', '%i').split()


def configuration(folder: Path) -> str:
    host = socket.gethostname().partition('.')[0]
    user = subprocess.run(['id', '-un'], capture_output=True, text=True, check=True).stdout.strip()
    return f'''ClusterName=elastisim
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmctldTimeout=300
SlurmdTimeout=300
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
'''


def start(stack: ExitStack, *command: str, **environment: str) -> None:
    """A process that ends with the test."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end() -> None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(end)


@pytest.fixture(scope='module')
def slurm() -> Iterator[Slurm]:
    if MISSING:
        pytest.skip(f'no Slurm to test with: {", ".join(MISSING)} are missing (Debian: slurm-wlm munge snakemake)')
    with ExitStack() as stack:
        # A short path, for sockets, that no one else may write to.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='slurm-', dir='/tmp')))
        folder.chmod(0o755)
        for name in ('state', 'spool'):
            (folder / name).mkdir()
        (folder / 'munge.key').write_bytes(os.urandom(1024))
        (folder / 'munge.key').chmod(0o600)
        (folder / 'slurm.conf').write_text(configuration(folder))
        path = os.environ['PATH'] + ':/usr/sbin'
        environment = {**os.environ, 'SLURM_CONF': str(folder / 'slurm.conf'), 'PATH': path}
        start(stack, 'munged', '--foreground', '--force', f'--key-file={folder}/munge.key',
              f'--socket={folder}/munge.socket', f'--pid-file={folder}/munged.pid', f'--log-file={folder}/munged.log',
              f'--seed-file={folder}/munged.seed', PATH=path)
        wait_for((folder / 'munge.socket').exists, 'munged does not start')
        start(stack, 'slurmctld', '-D', '-f', str(folder / 'slurm.conf'), **environment)
        start(stack, 'slurmd', '-D', '-f', str(folder / 'slurm.conf'), **environment)
        running = Slurm(folder, environment)
        wait_for(lambda: 'idle' in running.said_by('sinfo', '-h', '-o', '%T'), 'no node of Slurm gets idle')
        yield running


@pytest.fixture
def world(slurm: Slurm, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    scenario.workload(rigid(3, application=waiting(30)), rigid(4, application=waiting(20), walltime=10),
                      flexible('malleable', application=waiting(70)))
    scenario.configure(scheduler='builtin:fcfs', log_task_times=None)
    scenario.command()
    scenario.write('study.toml', STUDY)
    monkeypatch.chdir(scenario.folder)
    for name, value in {**slurm.environment, 'ELASTISIM': SIMULATOR}.items():
        monkeypatch.setenv(name, value)
    return scenario


def table_of(folder: str) -> str:
    assert main(['table', 'study.toml', '-o', folder]) == 0
    return Path(folder, 'groups.csv').read_text()


def test_a_study_on_slurm_gives_the_table_of_local_cores(world: Scenario) -> None:
    assert main(['run', 'study.toml', '-o', 'local']) == 0
    assert main(['run', 'study.toml', '-o', 'slurm', '-j2', '--slurm', '--runs-per-job=3']) == 0, \
        Path('slurm/logs/snakemake.log').read_text()
    assert table_of('slurm') == table_of('local')
    assert list(Path('slurm/logs').glob('[0-9]*.log')), 'jobs went through Slurm'


def test_a_job_that_is_cancelled_half_way_is_made_up_for(slurm: Slurm, world: Scenario) -> None:
    waits = world.script('import runpy, time\nfrom pathlib import Path\n'
                         'Path("waiting").touch()\n'
                         'while not Path("go").exists(): time.sleep(0.05)\n'
                         f'runpy.run_path("{ROOT / "schedulers" / "fcfs.py"}", run_name="__main__")\n')
    world.write('study.toml', f'configuration = "config.json"\n[axes.policy]\nset = "scheduler"\n'
                f'values = {{fcfs = "builtin:fcfs", sjf = "builtin:sjf", waits = "{waits}"}}\n')
    process = subprocess.Popen([PYTHON, str(ROOT / 'python' / 'elastisim-study'), 'run', 'study.toml', '--slurm'],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        # One job with all three runs, of which the third waits.
        wait_for(lambda: (world.folder / 'waiting').exists() and bool(slurm.jobs()), 'nothing runs')
        cancelled = slurm.jobs()
        done = {path: path.stat().st_mtime_ns for path in world.folder.glob('runs/study/runs/*/run.json')}
        slurm.said_by('scancel', *cancelled)
        wait_for(lambda: not set(cancelled) & set(slurm.jobs()), 'the job is not cancelled')
        (world.folder / 'go').touch()
        out, error = process.communicate(timeout=4 * PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, (out, error, Path('runs/study/logs/snakemake.log').read_text())
    assert out.endswith('3 of 3 runs done, 0 failed, 0 to do\n')
    assert {path: path.stat().st_mtime_ns for path in done} == done, 'what was done is not done again'


@pytest.mark.parametrize(('state', 'status'), [
    ('COMPLETED', 'success'), ('RUNNING', 'running'), ('PENDING', 'running'), ('COMPLETING', 'running'),
    ('CANCELLED', 'failed'), ('NODE_FAIL', 'failed'), ('TIMEOUT', 'failed'), ('OUT_OF_MEMORY', 'failed'),
    ('', 'failed')])
def test_states_of_slurm_are_told_to_snakemake(state: str, status: str) -> None:
    assert status_of(state) == status


def test_the_accounting_is_asked_when_the_controller_has_forgotten_the_job(tmp_path: Path) -> None:
    answers = {'scontrol': 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1',
               'sacct': 'test "$*" = "-X -n -P -o State -j 17" && echo "CANCELLED by 1000"'}
    for name, script in answers.items():
        (tmp_path / name).write_text(f'#!/bin/sh\n{script}\n')
        (tmp_path / name).chmod(0o755)
    program = ROOT / 'python' / 'elastisim_tools' / 'study' / 'slurm_status.py'

    def said(job: str) -> str:
        return subprocess.run([sys.executable, str(program), job], capture_output=True, text=True, check=True,
                              env={'PATH': f'{tmp_path}:/usr/bin:/bin'}).stdout

    assert said('17') == 'failed\n'
    (tmp_path / 'sacct').write_text('#!/bin/sh\necho COMPLETED\n')
    assert said('17') == 'success\n'
    (tmp_path / 'sacct').write_text('#!/bin/sh\necho "Slurm accounting storage is disabled" >&2; exit 1\n')
    assert said('17') == 'failed\n'
    (tmp_path / 'scontrol').write_text('#!/bin/sh\necho "JobId=17 JobName=x JobState=RUNNING Reason=None"\n')
    assert said('17') == 'running\n'
