"""elastisim-watch: a run as it goes, on a real terminal and as lines."""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from elastisim_tools.live import LiveRun, duration_text, event_line, range_text
from elastisim_tools.screen import picture
from harness import (PATIENCE, PYTHON, ROOT, SIMULATOR, Scenario, busy, crossbar, flexible, idle, model, phase, rigid,
                     waiting)
from rich.console import Console, ConsoleDimensions

WATCH = str(ROOT / 'python' / 'elastisim-watch')
OPTIONS = ('--events-wait', '--scheduler', 'builtin:fcfs')

CONTROL = re.compile(r'\x1b\[[0-9;?]*[a-zA-Z]')
HOME = '\x1b[H'
ENTERS_SCREEN, LEAVES_SCREEN = '\x1b[?1049h', '\x1b[?1049l'


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f'ipc://{tmp_path}/events.ipc'


def small(scenario: Scenario) -> Scenario:
    """A job of two nodes for 3 s, and a malleable one that grows from two nodes to four at 6 s; nobody can start the
    third one."""
    growing = model(phase(busy(5), iterations=2), on_reconfiguration={'tasks': [idle(1)]})
    return scenario.platform(crossbar(4)).workload(
        rigid(2, waiting(3)), flexible('malleable', 1, 4, growing, submit=1, name='solver')).configure(
            schedule_on_scheduling_point=True)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, 'TERM': 'xterm-256color', **more}


class Terminal:
    """A terminal of a size that a watcher draws on."""

    def __init__(self, url: str, columns: int = 80, lines: int = 24) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', lines, columns, 0, 0))
        modes = termios.tcgetattr(theirs)
        # An echoed key would stand somewhere in the picture, and an interrupt would drop what is not read yet of it.
        modes[3] = modes[3] & ~termios.ECHO | termios.NOFLSH
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        self.shown = ''
        # An interrupt may come between the bytes of a character.
        self._decode = codecs.getincrementaldecoder('utf-8')('replace').decode
        self.process = subprocess.Popen([PYTHON, WATCH, url], stdin=theirs, stdout=theirs, stderr=theirs,
                                        env=environment(), start_new_session=True, preexec_fn=self._own)
        os.close(theirs)

    @staticmethod
    def _own() -> None:
        """Makes it the terminal of the new session, so that its keys are signals."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read_until(self, there: Callable[[str], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not there(self.shown):
            assert time.monotonic() < end, self.shown
            self.shown += self._decode(os.read(self.ours, 65536))

    def press(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def end(self) -> int:
        """Reads all that is left; returns the exit status."""
        try:
            while text := os.read(self.ours, 65536):
                self.shown += self._decode(text)
        except OSError:  # Linux says EIO when the other end is closed
            pass
        os.close(self.ours)
        return self.process.wait(timeout=PATIENCE)

    def frames(self) -> list[list[str]]:
        """The lines of each picture, without colours."""
        drawn = self.shown.partition(ENTERS_SCREEN)[2].rpartition(LEAVES_SCREEN)[0].split(HOME)[1:]
        return [CONTROL.sub('', frame).replace('\r', '').rstrip('\n').split('\n') for frame in drawn
                if CONTROL.sub('', frame).strip()]


@pytest.mark.parametrize('columns, lines', [(80, 24), (132, 50), (40, 12)])
def test_a_picture_fills_the_terminal_and_ends_with_the_run(scenario: Scenario, url: str, columns: int,
                                                            lines: int) -> None:
    terminal = Terminal(url, columns, lines)
    result = scenario.finish(small(scenario).start('--events-url', url, *OPTIONS))
    assert (result.status, result.stderr) == (0, '')
    assert terminal.end() == 0
    assert [line for frame in terminal.frames() for line in frame if len(line) not in (0, columns)] == []
    assert {len(frame) for frame in terminal.frames()} == {lines}
    last = '\n'.join(terminal.frames()[-1])
    assert '00:00:12' in last and '2 completed, 0 kil' in last
    after = CONTROL.sub('', terminal.shown.rpartition(LEAVES_SCREEN)[2])
    assert after.strip() == 'run over at 00:00:12: 2 jobs completed, 0 killed, 0 unfinished'


HOLDING = """
import pathlib, time
from elastisim_python import run

def schedule(jobs, nodes, system):
    first = [job for job in jobs if job.identifier == 0]
    if first and first[0].state.name == 'PENDING':
        first[0].assign(nodes[:2])
        return
    while not pathlib.Path("go").exists():
        time.sleep(0.01)

run(schedule)
"""


def held(scenario: Scenario, url: str) -> subprocess.Popen[str]:
    """A run that stands still at 1 s, while job 0 runs and job 1 waits, until there is a file 'go'."""
    return small(scenario).start('--events-url', url, '--events-wait', '--scheduler', scenario.script(HOLDING))


def test_the_picture_shows_queue_running_jobs_nodes_and_events(scenario: Scenario, url: str) -> None:
    terminal = Terminal(url)
    process = held(scenario, url)
    terminal.read_until(lambda shown: all(words in CONTROL.sub('', shown.rpartition(HOME)[2]) for words in (
        'Queue: 1', 'Running: 1', 'job.submit job=1')) and shown.endswith('╯'))
    terminal.press(b'\x03')
    assert terminal.end() == 130
    (scenario.folder / 'go').touch()
    scenario.finish(process)
    lines = terminal.frames()[-1]
    assert lines[0].startswith('00:00:01  exec:')
    assert lines[1].rstrip() == 'jobs: 1 wait, 1 run, 0 completed, 0 killed'
    assert lines[2].startswith('nodes: 2 allocated, 0 reserved of 4;')
    assert lines[4].startswith('│ ##.. ')
    assert re.match(r'╭─ Queue: 1 ─+╮╭─ Running: 1 ─+╮$', lines[6])
    assert re.match(r'│ 1 solver +1-4 00:00:00 ││ 0 rigid 0:0 +2 00:00:01 │$', lines[7])
    assert lines[-2].startswith('│ 1.000 job.submit job=1 type=malleable name=solver num_nodes_min=1 num_nodes')


def test_an_interrupt_gives_the_terminal_back_and_leaves_the_run_alone(scenario: Scenario, url: str) -> None:
    terminal = Terminal(url)
    process = held(scenario, url)
    terminal.read_until(lambda shown: 'Running: 1' in shown)
    terminal.press(b'\x03')
    assert terminal.end() == 130
    assert LEAVES_SCREEN in terminal.shown and 'Traceback' not in terminal.shown
    (scenario.folder / 'go').touch()
    assert scenario.finish(process).status == 4


def end_of(watcher: subprocess.Popen[str], url: str) -> tuple[int, str, str]:
    """Exit status and output, without the note that a simulator which is slow to start is waited for."""
    stdout, stderr = watcher.communicate(timeout=PATIENCE)
    return watcher.returncode, stdout, stderr.replace(f'elastisim-watch: waiting for a run at {url}\n', '')


def watch_lines(url: str, *options: str, **keys: str) -> subprocess.Popen[str]:
    return subprocess.Popen([PYTHON, WATCH, url, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=environment(**keys))


@pytest.mark.parametrize('options', [('--plain',), ()])
def test_plain_lines_are_the_events_also_where_there_is_no_terminal(scenario: Scenario, url: str,
                                                                   options: tuple[str, ...]) -> None:
    watcher = watch_lines(url, *options)
    small(scenario).configure(events='out/events.jsonl')
    assert scenario.finish(scenario.start('--events-url', url, *OPTIONS)).status == 0
    status, stdout, stderr = end_of(watcher, url)
    assert (status, stderr) == (0, '')
    lines = stdout.splitlines()
    assert lines[0] == '0.000 run.begin version=1.0.0 scheduler=builtin:fcfs num_nodes=4'
    assert lines[1] == '0.000 node.changed node=0 state=free running=none expected=none'
    assert '0.000 job.start job=0 nodes=0-1 gpus_per_node=0' in lines
    assert '6.000 job.reconfiguration_begin job=1 nodes=2-3,0-1 gpus_per_node=0' in lines
    assert lines[-1] == '12.000 run.end completed=2 killed=0 unfinished=0'
    journal = (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines()
    assert [line.split()[1].partition('.')[2] for line in lines if 'node.changed' not in line] == [
        json.loads(line)['kind'] for line in journal]


def test_a_simulator_that_is_killed_is_told(scenario: Scenario, url: str) -> None:
    watcher = watch_lines(url)
    process = scenario.workload(rigid(1, waiting(1, 100_000_000))).start('--events-url', url, *OPTIONS)
    assert watcher.stdout is not None and watcher.stdout.readline()
    process.kill()
    status, _, stderr = end_of(watcher, url)
    process.communicate(timeout=PATIENCE)
    assert (status, stderr) == (
        1, f'elastisim-watch: error: the simulator at {url} is gone before the run was over\n')


def test_a_run_that_is_not_there_yet_is_waited_for(url: str) -> None:
    watcher = watch_lines(url)
    assert watcher.stderr is not None
    assert watcher.stderr.readline() == f'elastisim-watch: waiting for a run at {url}\n'
    watcher.terminate()
    assert watcher.communicate(timeout=PATIENCE) == ('', '')
    assert watcher.returncode == 128 + 15


def test_the_version_is_that_of_the_simulator() -> None:
    said = [subprocess.run([*command, '--version'], check=True, capture_output=True, text=True).stdout
            for command in ([PYTHON, WATCH], [SIMULATOR])]
    assert said[0] == said[1].replace('elastisim', 'elastisim-watch')


def test_a_url_that_is_none_is_told() -> None:
    watcher = watch_lines('nowhere')
    _, stderr = watcher.communicate(timeout=PATIENCE)
    assert (watcher.returncode, stderr) == (
        2, "elastisim-watch: error: can't connect to 'nowhere': Invalid argument; use ipc://PATH or tcp://HOST:PORT\n")


def test_a_missing_package_is_named(tmp_path: Path, url: str) -> None:
    (tmp_path / 'zmq.py').write_text("raise ModuleNotFoundError('gone', name='zmq')\n")
    watcher = watch_lines(url, PYTHONPATH=str(tmp_path))
    _, stderr = watcher.communicate(timeout=PATIENCE)
    assert (watcher.returncode, stderr) == (
        1, "elastisim-watch: error: Python's zmq is missing; install the package python3-zmq\n")


# --- Pieces --------------------------------------------------------------------------------------------------


def drawn(run: LiveRun, columns: int, lines: int) -> list[str]:
    size = ConsoleDimensions(columns, lines)
    console = Console(width=columns, height=lines, color_system=None)
    with console.capture() as capture:
        console.print(picture(run, (0, 0), 'ipc://x', True, size), end='')
    return capture.get().rstrip('\n').split('\n')


def test_many_nodes_share_cells() -> None:
    run = LiveRun(events=1, num_nodes=5000)
    for node in range(2500):
        run.apply('node.changed', {'time': 1, 'kind': 'changed', 'node': node, 'state': 'allocated', 'running': [7],
                                   'expected': []})
    lines = drawn(run, 80, 24)
    assert lines[3].startswith('╭─ Nodes, 11 to a cell: # allocated, + reserved, . free ─')
    grid = ''.join(line for line in lines[4:] if set(line) <= set('│ #.')).replace('│', '').replace(' ', '')
    assert grid == '#' * 227 + '.' * 228  # the one in the middle has 3 and 8


def test_who_comes_late_knows_what_was_mentioned_since() -> None:
    run = LiveRun()
    run.apply('job.iteration', {'time': 50, 'kind': 'iteration', 'job': 3, 'phase': 1, 'iteration': 4})
    run.apply('node.changed', {'time': 50, 'kind': 'changed', 'node': 9, 'state': 'reserved', 'running': [],
                               'expected': [3]})
    assert (list(run.running), list(run.pending), run.num_nodes) == ([3], [], 10)
    run.apply('job.complete', {'time': 60, 'kind': 'complete', 'job': 3})
    run.apply('job.kill', {'time': 60, 'kind': 'kill', 'job': 4, 'reason': 'walltime'})
    assert (run.running, run.completed, run.killed) == ({}, 1, 1)


def test_times_ranges_and_events_are_short() -> None:
    assert [duration_text(time) for time in (0, 3725.9, 277445)] == ['00:00:00', '01:02:05', '3 d 05:04:05']
    lists: list[list[int]] = [[], [3], [0, 1, 2, 7, 5], list(range(0, 20, 2))]
    assert [range_text(ids) for ids in lists] == [
        'none', '3', '0-2,7,5', '0,2,4,6,8,10,...']
    assert event_line('job.submit', {'time': 1.5, 'kind': 'submit', 'job': 2, 'name': 'a b'}) == (
        '1.500 job.submit job=2 name="a b"')
