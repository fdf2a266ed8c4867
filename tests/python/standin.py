"""A stand-in for the simulator: the other end of the ZeroMQ socket, speaking the raw protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import Popen
from typing import Any, Protocol

try:
    import zmq
except ImportError:  # Debian has none for PyPy, where only what takes no connection is tested
    pass

from elastisim_python import pass_algorithm
from elastisim_python.scheduler import Algorithm

Json = dict[str, Any]

# Only waited for in full when something is broken.
PATIENCE = 10


class Simulator:
    def __init__(self, url: str) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PAIR)
        self.socket.bind(url)
        self.url = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def send(self, message: Json) -> None:
        self.send_text(json.dumps(message).encode())

    def send_text(self, text: bytes) -> None:
        self.socket.send(text)

    def receive(self) -> Json:
        assert self.socket.poll(PATIENCE * 1000), 'the scheduler sent nothing'
        message: Json = json.loads(self.socket.recv())
        return message

    def invoke(self, jobs: Iterable[Json] = (), nodes: Iterable[Json] = (), kind: int = 0, time: float = 0,
               **more: Any) -> Json:
        """Returns the answer to an invocation."""
        self.send({'code': 0xFFEC4400, 'time': time, 'invocation_type': kind, 'jobs': list(jobs),
                   'nodes': list(nodes), **more})
        return self.receive()

    def end(self) -> None:
        self.send({'code': 0xFFEC44FF})

    def vanish(self, linger: int = 0) -> None:
        if not self.context.closed:
            self.socket.close(linger)
            self.context.term()


class Background(threading.Thread):
    """A scheduler in a thread of this process."""

    def __init__(self, function: Algorithm, url: str) -> None:
        super().__init__(daemon=True)
        self.function, self.url = function, url
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            pass_algorithm(self.function, self.url)
        except BaseException as error:
            self.error = error

    def result(self) -> None:
        """Waits for the end of pass_algorithm; raises what it raised."""
        self.join(PATIENCE)
        assert not self.is_alive(), 'the scheduler hangs'
        if self.error:
            raise self.error


# Starts a scheduling function beside the simulator.
Start = Callable[[Algorithm], Background]


class Script(Protocol):
    """Starts a script, given as a path or as a text, in a process of its own."""

    def __call__(self, source: Path | str, *arguments: str, **environment: str) -> Popen[str]:
        ...


def rigid(identifier: int, **more: Any) -> Json:
    """The simulator's message about a pending rigid job."""
    return {'id': identifier, 'state': 1, 'type': 0, 'walltime': 0, 'submit_time': 0, 'start_time': -1,
            'end_time': -1, 'wait_time': -1, 'makespan': -1, 'turnaround_time': -1, 'num_nodes': 1,
            'num_gpus_per_node': 0, 'assigned_num_gpus_per_node': 0, 'total_phase_count': 1,
            'completed_phases': 0, **more}


def node(identifier: int, **more: Any) -> Json:
    """The simulator's message about a free node."""
    return {'id': identifier, 'type': 0, 'state': 0, 'assigned_jobs': [], 'gpus': [], **more}


def nodes(count: int) -> list[Json]:
    return [node(i) for i in range(count)]
