"""Where a scheduling algorithm meets the simulator."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import protocol
from .listing import Jobs, Nodes
from .records import IN_PROCESS
from .state import State

if TYPE_CHECKING:
    from .connection import Connection
    from .direct import DirectConnection

Algorithm = Callable[[Jobs, Nodes, dict[str, Any]], Any]
"""``schedule(jobs, nodes, system)``; what it returns is ignored."""

URL_VARIABLE = 'ELASTISIM_URL'
"""The environment variable by which a simulator tells a scheduler that it starts where to connect."""


def pass_algorithm(function: Algorithm | None = None, url: str | None = None, *,
                   schedule: Algorithm | None = None) -> None:
    """Connects to the simulator and lets a function decide at each invocation, until the simulation ends.

    The simulator may be started before or after. The function gets

    - ``jobs``, all jobs submitted so far, also those that have ended, as a list indexed by identifier;
    - ``nodes``, all compute nodes, as a list indexed by identifier;
    - ``system``, a dict with ``time`` (simulated seconds), ``invocation_type`` (an InvocationType), ``job``
      (the job that led to the invocation; missing if it is periodic), ``evolving_request`` (how many nodes
      that job asks for in all; only at such a request), with a power cap ``power_cap`` and ``power_committed``
      (watts), and, with forward_io_information, ``pfs_read_bw``, ``pfs_write_bw``, ``pfs_read_utilization`` and
      ``pfs_write_utilization`` (bytes/s).

    It decides by the operations of Job. The objects stay the same for the whole simulation, and the two
    lists are put back in order before each invocation, should the function have rearranged them.

    Args:
        function: The scheduling algorithm.
        url: The ZeroMQ URL that the simulator binds, such as ``ipc://scheduler.ipc``. A simulator that started this
            process says in the environment variable ELASTISIM_URL where it waits: that counts more.
        schedule: The function by another name.

    Raises:
        TypeError: The function can't be called, or the URL is no string.
        ValueError: The URL is malformed.
        ConnectionError: The simulator was connected and is gone without ending the simulation.
        ProtocolError: The simulator sent something this package doesn't understand.
        BaseException: Whatever the function raises. The simulator is told, and ends with the story.
    """
    algorithm = function if schedule is None else schedule
    if not callable(algorithm):
        raise TypeError(f'the scheduling algorithm must be a function of (jobs, nodes, system), not {algorithm!r}')
    if not isinstance(url, str):
        raise TypeError(f'the URL must be a string such as ipc://scheduler.ipc, not {url!r}')
    if IN_PROCESS:
        _run_the_simulation(algorithm)
    else:
        _serve(algorithm, _where_the_simulator_waits(url))


def run(function: Algorithm, url: str | None = None) -> None:
    """Does what pass_algorithm does, by default with the URL of the simulator that started this process.

    Args:
        function: The scheduling algorithm, as in pass_algorithm.
        url: The ZeroMQ URL that the simulator binds; not needed where the environment variable ELASTISIM_URL says it.

    Raises:
        RuntimeError: No URL is given, and ELASTISIM_URL is unset or empty.
        Exception: As pass_algorithm does.
    """
    url = url or os.environ.get(URL_VARIABLE)
    if not url:
        raise RuntimeError(f'no URL to connect to: {URL_VARIABLE} is not set. Let the simulator start this script'
                           f' (--scheduler "exec:python3 SCRIPT"), set {URL_VARIABLE}, or pass the URL')
    pass_algorithm(function, url)


def _where_the_simulator_waits(url: str) -> str:
    """The URL of the simulator that started this process; without one, the given URL."""
    told = os.environ.get(URL_VARIABLE)
    if not told:
        return url
    if told != url:
        print(f'elastisim_python: connecting to the simulator that started this process ({URL_VARIABLE}), not to {url}',
              file=sys.stderr, flush=True)
    return told


def _run_the_simulation(function: Algorithm) -> None:
    """Inside the simulator, which calls the function."""
    from . import inprocess

    inprocess.prepare()
    try:
        inprocess.simulate(function)
    except BaseException as error:
        _leave_the_traceback_to_the_simulator(error)
        raise


def _connected(url: str) -> Connection | DirectConnection:
    """A simulator that started this process is talked to directly where it knows how."""
    if os.environ.get(URL_VARIABLE) == url:
        from . import direct

        connection = direct.connect(url)
        if connection is not None:
            return connection
    # Needs pyzmq, which the rest of the package does without.
    from .connection import Connection

    return Connection(url)


def _serve(function: Algorithm, url: str) -> None:
    connection = _connected(url)
    try:
        _answer_invocations(function, connection)
    except BaseException as error:
        # A simulator that waits for an answer learns now why there will be none.
        connection.send_last(protocol.encode_failure(error))
        if os.environ.get(URL_VARIABLE):
            _leave_the_traceback_to_the_simulator(error)
        raise
    finally:
        connection.close()


def _leave_the_traceback_to_the_simulator(told: BaseException) -> None:
    """One that started this process shows it on the same terminal, with the time and the job."""
    show = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if error is not told:
            show(kind, error, traceback)

    sys.excepthook = hook


def _answer_invocations(function: Algorithm, connection: Connection | DirectConnection) -> None:
    state = State()
    if connection.introduces_itself:
        connection.send(protocol.HELLO_MESSAGE)
    while True:
        message = protocol.decode(connection.receive())
        if message['code'] == protocol.END:
            return
        system = state.update(message)
        function(state.jobs, state.nodes, system)
        connection.send(protocol.encode_answer(state.modified_jobs, state.commands))
