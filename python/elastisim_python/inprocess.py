"""Where the script runs inside the simulator: how it is run, and what takes the place of messages there."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from typing import Any

import _elastisim

from . import protocol
from .invocation import InvocationType
from .job import Job, JobState, JobType
from .listing import Jobs, Nodes
from .node import Gpu, GpuState, Node, NodeAvailability, NodeState, NodeType
from .records import Shown, View
from .system import System

# How much of a traceback is told: its end says what happened.
_SHOWN = 3000

URL = 'inproc://elastisim'
"""What the environment variable ELASTISIM_URL says inside the simulator."""


class InProcessSystem(System):
    """The message is not written unless somebody asks."""

    def _rest(self) -> dict[str, Any]:
        message = _elastisim.message()
        return protocol.decode(message) if message else {}


class _Run:
    """How far the script has come."""

    simulated = False


_run = _Run()


def prepare() -> None:
    """Makes ready what the simulation is shown in.

    Raises:
        RuntimeError: It has been run, or this is another thread than the first one.
    """
    if _run.simulated:
        raise RuntimeError('the simulation has been run: a script inside the simulator calls pass_algorithm or run '
                           'once')
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError('inside the simulator, pass_algorithm and run are called in the first thread of the script;'
                           ' run a script that calls them in another one as a process (exec:)')
    _run.simulated = True
    jobs, nodes = _lists()
    _elastisim.prepare(Job, Node, Gpu, JobState, JobType, NodeState, NodeType, NodeAvailability, GpuState,
                       InvocationType, InProcessSystem, protocol.encode_answer, protocol.encode_failure)
    _elastisim.connect(jobs, nodes, nodes.modified_jobs, nodes.commands, jobs._shown, jobs.pending, jobs.running,
                       jobs.changed, nodes.free, nodes.changed)


def simulate(function: Callable[..., Any]) -> None:
    """Runs the simulation with a function as its scheduler, after prepare.

    Raises:
        BaseException: What the function raised.
    """
    _elastisim.simulate(function)


def _lists() -> tuple[Jobs, Nodes]:
    shown = Shown()
    shown.pending, shown.free = View(), View()
    return Jobs(shown=shown), Nodes(shown=shown)


# --- The script ---------------------------------------------------------------------------------------------------


def run_script(file: str, options: str, package: str, interpreter: str) -> str | None:
    """Runs a script as ``python3 FILE OPTIONS`` would, until its threads have ended, too.

    Returns:
        Why it did not get as far as the simulation, as far as it is known; the rest of a sentence about the script.
    """
    wrong = _whose_packages(interpreter)
    if wrong:
        return wrong
    try:
        main = _prepare(file, options, package)
        with open(file, 'rb') as source:
            text = source.read()
    except (OSError, ValueError) as error:
        return f'cannot be run: {error}'
    story = _execute(text, file, main)
    _flush()
    if not story:
        _await_threads()
    return story


def _whose_packages(interpreter: str) -> str | None:
    """What is wrong with the packages of another Python, or of a virtual environment: those of another version are not
    for this one."""
    ours = '%d.%d' % sys.version_info[:2]
    if not interpreter:
        theirs = _version_of_environment(os.environ.get('VIRTUAL_ENV', ''))
        if theirs not in ('', ours):
            print(f'elastisim: warning: packages of VIRTUAL_ENV, which has Python {theirs}, are not found: the'
                  f' simulator has Python {ours}; use exec: for them', file=sys.stderr)
        return None
    asked = subprocess.run([interpreter, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    theirs = asked.stdout.strip()
    if theirs == ours:
        return None
    return (f"cannot have the packages of {interpreter}, {f'a Python {theirs}' if theirs else 'which is no Python'}: "
            f'the simulator has Python {ours}; run the script as a process: exec:')


def _version_of_environment(folder: str) -> str:
    """Like 3.11; empty when it is not known."""
    try:
        with open(os.path.join(folder, 'pyvenv.cfg'), encoding='utf-8') as file:
            found = re.search(r'^version(?:_info)?\s*=\s*(\d+\.\d+)', file.read(), re.MULTILINE)
    except OSError:
        return ''
    return found[1] if found else ''


def _prepare(file: str, options: str, package: str) -> dict[str, Any]:
    os.environ['ELASTISIM_URL'] = URL
    sys.argv = [file, *shlex.split(options)]
    given = os.environ.get('PYTHONPATH', '')
    sys.path.insert(len(given.split(os.pathsep)) if given else 0, package)
    sys.path.insert(0, os.path.dirname(os.path.realpath(file)))
    # The simulator's handlers call this one when the script is to stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _elastisim.take_signals()
    os.register_at_fork(after_in_child=_elastisim.forked)
    _keep_the_process()
    main = sys.modules['__main__'].__dict__
    main.update(__file__=file, __spec__=None, __loader__=SourceFileLoader('__main__', file))
    return main


def _keep_the_process() -> None:
    """What ends a process ends the script: the simulator has results to write."""
    end, process = os._exit, os.getpid()

    def leave(status: int) -> None:
        if os.getpid() != process:
            end(status)
        _flush()
        _elastisim.leave()

    os._exit = leave  # type: ignore[assignment]


def _execute(text: bytes, file: str, main: dict[str, Any]) -> str | None:
    try:
        exec(compile(text, file, 'exec', dont_inherit=True), main)
    except SystemExit as end:
        return _ended(end)
    except BaseException as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        if not _run.simulated:
            return 'raised ' + _told(error)
        # One who is interrupted or late is told of by the simulator.
        if not isinstance(error, KeyboardInterrupt):
            sys.excepthook(type(error), error, error.__traceback__)
    return None


def _await_threads() -> None:
    """Those that go on for ever are left behind, as those of a process would be ended."""
    _elastisim.end()
    try:
        threading._shutdown()  # type: ignore[attr-defined]
    except KeyboardInterrupt:
        _flush()
        _elastisim.leave()


def _ended(end: SystemExit) -> str | None:
    if end.code is not None and not isinstance(end.code, int):
        print(end.code, file=sys.stderr)
    return None


def _told(error: BaseException) -> str:
    story = f'{type(error).__name__}: {error}'.removesuffix(': ')
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return f"{story}\n{''.join(lines).rstrip()[-_SHOWN:]}"


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
