"""A Slurm of four nodes on this machine, with or without accounting in a database: all on loopback, in a folder and on
ports of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import wait_for

PROGRAMS = ('slurmctld', 'slurmd', 'munged', 'sbatch', 'sacct')
ACCOUNTING = ('slurmdbd', 'sacctmgr', 'mariadbd', 'mariadb-install-db')
PATH = os.environ['PATH'] + ':/usr/sbin'
NODES = 4


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def slurm_configuration(folder: Path, accounting: str) -> str:
    controller, *ports = free_ports(1 + NODES)
    gpus = ' Gres=gpu:2' if accounting else ''
    nodes = '\n'.join(f'NodeName=cn{number:03d} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={port} '
                      f'CPUs=2{gpus}' for number, port in enumerate(ports, 1))
    return f"""ClusterName=test
SlurmctldHost={socket.gethostname()}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.txt
ReturnToService=2
KillWait=1
{accounting}{nodes}
PartitionName=batch Nodes=ALL Default=YES MaxTime=60
PartitionName=debug Nodes=cn[001-002] MaxTime=10
"""


class Slurm:
    """`start` and `stop` it; commands of Slurm that are `run` go to it."""

    def __init__(self, folder: Path, accounting: bool = False) -> None:
        self.folder = folder
        self.environment = {**os.environ, 'PATH': PATH, 'SLURM_CONF': str(folder / 'slurm.conf')}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.database, self.daemon = free_ports(2) if accounting else (0, 0)
        (folder / 'state').mkdir()
        (folder / 'munge.key').write_bytes(os.urandom(128))
        (folder / 'munge.key').chmod(0o400)
        storage = f"""AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={self.daemon}
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
GresTypes=gpu
"""
        (folder / 'slurm.conf').write_text(slurm_configuration(folder, storage if accounting else ''))
        if accounting:
            for gpu in ('gpu0', 'gpu1'):  # which stand for devices
                (folder / gpu).touch()
            (folder / 'gres.conf').write_text(f'Name=gpu File={folder}/gpu[0-1]\n')
            (folder / 'slurmdbd.conf').write_text(f"""AuthInfo=socket={folder}/munge.socket
DbdHost={socket.gethostname()}
DbdAddr=127.0.0.1
DbdPort={self.daemon}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={self.database}
StorageUser=root
StorageLoc=slurm
""")
            (folder / 'slurmdbd.conf').chmod(0o600)

    def start(self) -> None:
        folder = self.folder
        self._start('munged', '--foreground', '--force', f'--key-file={folder}/munge.key',
                    f'--socket={folder}/munge.socket', f'--pid-file={folder}/munged.pid',
                    f'--log-file={folder}/munged.log', f'--seed-file={folder}/munged.seed')
        self.wait_until((folder / 'munge.socket').exists)
        if self.daemon:
            self._start_accounting()
        self._start('slurmctld', '-D')
        for number in range(1, NODES + 1):
            self._start('slurmd', '-D', '-N', f'cn{number:03d}')
        self.wait_until(lambda: self.run('sinfo', '-h', '-o', '%D %t').split() == [str(NODES), 'idle'])

    def _start_accounting(self) -> None:
        """A database that nobody but this machine can ask, and Slurm's daemon before it."""
        data = self.folder / 'database'
        subprocess.run(['mariadb-install-db', '--no-defaults', '--user=root', f'--datadir={data}', '--skip-test-db',
                        '--auth-root-authentication-method=normal'], env=self.environment, check=True,
                       capture_output=True)
        self._start('mariadbd', '--no-defaults', '--user=root', f'--datadir={data}', f'--port={self.database}',
                    '--bind-address=127.0.0.1', f'--socket={self.folder}/database.socket',
                    f'--pid-file={self.folder}/database.pid', f'--log-error={self.folder}/database.log',
                    '--innodb-flush-log-at-trx-commit=0', '--innodb-lock-wait-timeout=900')
        self.wait_until((self.folder / 'database.socket').exists)
        self._start('slurmdbd', '-D')
        self.wait_until(lambda: 'test' in self.run('sacctmgr', '-i', 'add', 'cluster', 'test')
                        or 'test' in self.run('sacctmgr', '-nP', 'show', 'cluster'))
        self.run('sacctmgr', '-i', 'add', 'account', 'physics')
        self.run('sacctmgr', '-i', 'add', 'user', 'root', 'account=physics')

    def _start(self, *command: str) -> None:
        self.processes.append(subprocess.Popen(
            command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        wait_for(condition, 'Slurm is not what it should be by now')

    def run(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True).stdout

    def submit(self, *options: str, command: str = 'sleep 1') -> str:
        return self.run('sbatch', '--parsable', '-o', '/dev/null', *options, '--wrap', command).strip()

    def state(self, job: str) -> str:
        return self.run('squeue', '-h', '-j', job, '-o', '%T').strip()

    def wait_until_it_runs(self, job: str) -> None:
        """For a second at least: the accounting of one that ran for none looks as if it had never started."""
        def runs() -> bool:
            state, _, elapsed = self.run('squeue', '-h', '-j', job, '-o', '%T %M').strip().partition(' ')
            return state == 'RUNNING' and elapsed != '0:00'

        self.wait_until(runs)

    def wait_for_jobs(self) -> None:
        self.wait_until(lambda: not self.run('squeue', '-h').strip())

    def stop(self) -> None:
        """All that was started; what is in the database is nobody's any more."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def slurm_of(folder: Path, accounting: bool = False) -> Iterator[Slurm]:
    """One that runs, in a folder of that folder."""
    missing = [name for name in (*PROGRAMS, *(ACCOUNTING if accounting else ())) if not shutil.which(name, path=PATH)]
    if missing:
        pytest.skip(f'{", ".join(missing)} are missing (Debian: slurm-wlm munge slurmdbd '
                    'mariadb-server-core mariadb-client-core)')
    if os.geteuid() != 0:
        pytest.skip('only root can run a Slurm for itself')
    own = folder / 'slurm'
    own.mkdir()
    running = Slurm(own, accounting)
    try:
        running.start()
        yield running
    finally:
        running.stop()
