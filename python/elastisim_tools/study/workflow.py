"""The workflow of a study: a Snakefile, and Snakemake, which carries it out.

A rule carries out a number of runs with one `elastisim --batch`. Which runs are done says each run's own folder; what
Snakemake sees are the files done/NAME, of which NAME is the hash of the keys of its runs.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .errors import StudyError
from .materials import hash_of, remove_folder, write_whole
from .plan import Plan
from .worker import is_done, record_of

# Enough to keep all cores busy to the end, few enough to start a batch seldom.
JOBS_PER_CORE = 4
MOST_RUNS_PER_JOB = 200
RETRIES = 2
SLURM = 'sbatch --parsable --job-name=elastisim-study --output=logs/%j.log'

SNAKEFILE = '''# Written by elastisim-study for {study}; by hand: snakemake --snakefile Snakefile --cores N
PARTS = {parts!r}
WORKER = {worker!r}

rule all:
    input: expand("done/{{part}}", part=PARTS)

rule simulate:
    input: "parts/{{part}}"
    output: touch("done/{{part}}")
    threads: 1
    shell: WORKER + " plan.json {{input}}"
'''


@dataclass(frozen=True)
class Engine:
    """How Snakemake is to carry the workflow out."""

    cores: int = 1
    slurm: bool = False
    profile: Optional[str] = None
    runs_per_job: Optional[int] = None
    options: tuple[str, ...] = ()  # passed on as they are


def find_snakemake() -> str:
    found = shutil.which('snakemake')
    if not found:
        raise StudyError('snakemake is not on the path; install it (Debian: snakemake)')
    return found


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time carries a study out; a lock goes with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / '.lock', 'w', encoding='utf-8') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StudyError(f'{folder}: another elastisim-study is at work there; wait for it') from None
        yield


def waiting_runs(plan: Plan, again: bool = False) -> list[str]:
    """Keys of runs that are not done; `again`: of those that failed, too."""
    keys = []
    for run in plan.runs:
        record = record_of(plan.folder / 'runs' / run.key)
        if record is None or not is_done(plan.folder / 'runs' / run.key) or (again and record['status'] != 0):
            keys.append(run.key)
    return keys


def runs_per_job(engine: Engine, waiting: int) -> int:
    if engine.runs_per_job:
        return engine.runs_per_job
    return max(1, min(MOST_RUNS_PER_JOB, -(-waiting // (engine.cores * JOBS_PER_CORE))))


def write_workflow(plan: Plan, engine: Engine, waiting: Sequence[str]) -> list[str]:
    """Writes the Snakefile and the parts; returns their names."""
    size = runs_per_job(engine, len(waiting))
    # Dealt out, so that runs that are long for the same reason don't stand in one part.
    count = -(-len(waiting) // size)
    parts = {hash_of(part): part for part in (list(waiting[i::count]) for i in range(count))}
    for name in ('parts', 'done', 'logs'):
        (plan.folder / name).mkdir(parents=True, exist_ok=True)
    for name, keys in parts.items():
        write_whole(plan.folder / 'parts' / name, '\n'.join(keys) + '\n')
        (plan.folder / 'done' / name).unlink(missing_ok=True)
    package = Path(__file__).resolve().parents[2]
    worker = f'PYTHONPATH={shlex.quote(str(package))} {shlex.quote(sys.executable)} -m elastisim_tools.study.worker'
    write_whole(plan.folder / 'Snakefile',
                SNAKEFILE.format(study=os.path.basename(plan.study.file), parts=sorted(parts), worker=worker))
    return sorted(parts)


def command(plan: Plan, engine: Engine) -> list[str]:
    words = [find_snakemake(), '--snakefile', 'Snakefile', '--directory', str(plan.folder), '--nolock', '--keep-going',
             '--rerun-triggers', 'mtime', '--rerun-incomplete', '--latency-wait', '30']
    if engine.profile:
        words += ['--profile', engine.profile]
    if engine.slurm:
        status = f'{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).with_name("slurm_status.py")))}'
        words += ['--cluster', SLURM, '--cluster-status', status, '--cluster-cancel', 'scancel', '--jobs',
                  str(engine.cores), '--restart-times', str(RETRIES)]
    elif not engine.profile:
        words += ['--cores', str(engine.cores)]
    return [*words, *engine.options]


def carry_out(plan: Plan, engine: Engine, again: bool = False) -> int:
    """Carries out what is not done. Returns Snakemake's status."""
    waiting = waiting_runs(plan, again)
    if again:
        for key in waiting:
            remove_folder(plan.folder / 'runs' / key)
    if not waiting:
        return 0
    write_workflow(plan, engine, waiting)
    words = command(plan, engine)
    words[2] = str(plan.folder / 'Snakefile')
    with open(plan.folder / 'logs' / 'snakemake.log', 'ab') as log:
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
            stop = threading.Event()
            watcher = threading.Thread(target=show_progress, args=(plan, waiting, stop), daemon=True)
            watcher.start()
            try:
                return process.wait()
            except KeyboardInterrupt:
                process.wait()  # it has got the signal, too, and ends its jobs
                raise
            finally:
                stop.set()
                watcher.join()


def show_progress(plan: Plan, waiting: Sequence[str], stop: threading.Event) -> None:
    """On a terminal: how many are done."""
    if not sys.stderr.isatty():
        return
    while not stop.wait(1):
        done = sum(is_done(plan.folder / 'runs' / key) for key in waiting)
        print(f'\r{done} of {len(waiting)} runs', end='', file=sys.stderr, flush=True)
    print('\r\033[K', end='', file=sys.stderr, flush=True)
