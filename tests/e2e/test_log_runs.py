"""A log in place of the configuration: it is read and run, nothing of it is left behind, and what cannot be is told."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from harness import SIMULATOR
from logs import workload
from test_log_readers import LOGS, SWF


def elastisim(folder: Path, *arguments: str, status: int = 0, **environment: str) -> str:
    """What it prints, after which the folder for temporary files is as empty as before; the error where it fails."""
    (folder / 'tmp').mkdir(exist_ok=True)
    done = subprocess.run([SIMULATOR, *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={**os.environ, 'TMPDIR': str(folder / 'tmp'), **environment})
    assert done.returncode == status, done.stderr
    assert list((folder / 'tmp').iterdir()) == []
    return done.stderr if status else done.stdout


@pytest.mark.parametrize('kind', LOGS)
@pytest.mark.parametrize('packed', [False, True])
def test_a_log_runs_as_what_is_imported_of_it_does(kind: str, packed: bool, tmp_path: Path) -> None:
    data = LOGS[kind].encode()
    (tmp_path / 'trace').write_bytes(gzip.compress(data) if packed else data)
    told = elastisim(tmp_path, 'trace', '--scheduler', 'builtin:fcfs', '--summary', '--output', 'kept')
    workload('import', kind, 'trace', '-o', 'folder', cwd=tmp_path)
    whole = elastisim(tmp_path / 'folder', 'configuration.json', '--scheduler', 'builtin:fcfs', '--summary')
    assert told.splitlines()[:-1] == whole.splitlines()[:-1]
    assert (tmp_path / 'kept' / 'job_statistics.csv').read_bytes() == (
        tmp_path / 'folder' / 'output' / 'job_statistics.csv').read_bytes()


def test_results_are_kept_only_where_somebody_asks(tmp_path: Path) -> None:
    (tmp_path / 'trace.swf').write_text(SWF)
    elastisim(tmp_path, 'trace.swf', '--nodes', '128', '--scheduler', 'builtin:easy', '--summary')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['tmp', 'trace.swf']


def test_nodes_are_those_asked_for(tmp_path: Path) -> None:
    (tmp_path / 'trace.swf').write_text(SWF)
    assert ': 77 nodes, ' in elastisim(tmp_path, 'trace.swf', '--nodes', '77', '--check')


@pytest.mark.parametrize('name, text, arguments, told', [
    ('log.swf', 'no log', (), 'elastisim-workload: error: log.swf: none of the logs that can be read: Standard '
     'Workload Format, what sacct -P prints, the file of jobcomp/filetxt, a workload of Batsim\n'
     'elastisim: error: log.swf: this log cannot be run; elastisim-workload says above why\n'),
    ('log', '; MaxNodes: 4\n1 2 3\n', (), 'elastisim: error: log: this log cannot be run; elastisim-workload says '
     'above why\n'),
    ('log.swf', SWF, ('--nodes', '0'),
     'elastisim: error: command line: --nodes 0: must be a whole number from 1 to 9999999\n'),
    ('c.json', '{}', ('--nodes', '5'), 'elastisim: error: command line: --nodes: c.json is no log; the platform file '
     'says how many nodes there are\n'),
])
def test_what_cannot_be_run_is_told(name: str, text: str, arguments: tuple[str, ...], told: str,
                                    tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert elastisim(tmp_path, name, '--scheduler', 'builtin:fcfs', *arguments, status=2).endswith(told)


def beside(folder: Path, program: str) -> Path:
    """A simulator that finds this program, or none, as elastisim-workload."""
    (folder / 'bin').mkdir()
    shutil.copy(SIMULATOR, folder / 'bin' / 'elastisim')
    if program:
        (folder / 'bin' / 'elastisim-workload').write_text(program)
        (folder / 'bin' / 'elastisim-workload').chmod(0o755)
    (folder / 'log.swf').write_text(SWF)
    (folder / 'tmp').mkdir()
    return folder / 'bin' / 'elastisim'


@pytest.mark.parametrize('program, told', [
    ('', 'log.swf: this is a log, and elastisim-workload, which reads logs, cannot be started: No such file or '
     "directory; install elastisim's Python tools"),
    ('#!/bin/sh\nexit 127\n', 'log.swf: this is a log, and reading it needs Python: elastisim-workload does not start; '
     'install python3'),
])
def test_without_python_that_is_told(program: str, told: str, tmp_path: Path) -> None:
    run = subprocess.run([beside(tmp_path, program), 'log.swf'], cwd=tmp_path, capture_output=True, text=True,
                         env={**os.environ, 'TMPDIR': str(tmp_path / 'tmp'), 'PATH': str(tmp_path)})
    assert (run.returncode, run.stderr) == (2, f'elastisim: error: {told}\n')
    assert list((tmp_path / 'tmp').iterdir()) == []


def test_a_place_for_temporary_files_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / 'log.swf').write_text('; a log\n')
    run = subprocess.run([SIMULATOR, 'log.swf'], cwd=tmp_path, capture_output=True, text=True,
                         env={**os.environ, 'TMPDIR': '/nowhere'})
    assert run.returncode == 1
    assert re.fullmatch(r"elastisim: error: cannot make a temporary folder '/nowhere/elastisim-log-\w{6}': No such "
                        r'file or directory\n', run.stderr)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_log_is_read_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    """The program that reads it here never ends by itself."""
    simulator = beside(tmp_path, f'#!/bin/sh\ntouch {tmp_path}/began\nexec sleep 100\n')
    run = subprocess.Popen([simulator, 'log.swf'], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                           env={**os.environ, 'TMPDIR': str(tmp_path / 'tmp')})
    while not (tmp_path / 'began').exists():
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(number)
    error = run.communicate(timeout=60)[1]
    assert error == f'elastisim: error: interrupted by {number.name} while the inputs were read\n'
    assert list((tmp_path / 'tmp').iterdir()) == []


def test_a_configuration_is_no_log(tmp_path: Path) -> None:
    (tmp_path / 'c.json').write_text(json.dumps({'jobs_file': 'nothing.json', 'platform_file': 'x'}))
    assert 'elastisim-workload' not in elastisim(tmp_path, 'c.json', '--scheduler', 'builtin:fcfs', status=2)
