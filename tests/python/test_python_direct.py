"""The direct connection to a simulator that started the scheduler: it takes no pyzmq, and copes with any pieces."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elastisim_python import Job, Node, direct, pass_algorithm
from elastisim_python.protocol import ProtocolError
from standin import PATIENCE, Background, Json, Script, nodes, rigid

HELLO = {'code': 0xFFEC4402, 'node_groups': True}
END = {'code': 0xFFEC44FF}


def invocation(**more: Any) -> Json:
    return {'code': 0xFFEC4400, 'time': 0, 'invocation_type': 0, **more}


class DirectSimulator:
    """The other end of the socket, and no ZeroMQ behind the URL."""

    def __init__(self, folder: Path) -> None:
        # Elsewhere the path might be too long for a socket.
        self.url = f'ipc://{folder}/s'
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f'{folder}/s.direct')
        self._listener.listen()
        self._listener.settimeout(PATIENCE)
        self.peer: socket.socket | None = None

    def accept(self) -> None:
        self.peer, _ = self._listener.accept()
        self.peer.settimeout(PATIENCE)
        self._lines = self.peer.makefile('rb')
        assert self.hear() == HELLO

    def say(self, *messages: Json) -> None:
        self.say_text(b''.join(json.dumps(message).encode() + b'\n' for message in messages))

    def say_text(self, text: bytes) -> None:
        assert self.peer
        self.peer.sendall(text)

    def hear(self) -> Json:
        line = self._lines.readline()
        assert line.endswith(b'\n'), 'the scheduler has gone'
        message: Json = json.loads(line)
        return message

    def wait_until_read(self) -> None:
        """Until the scheduler has taken what it was told so far."""
        assert self.peer
        left = b'1'
        while int.from_bytes(left, sys.byteorder):
            left = fcntl.ioctl(self.peer, termios.TIOCOUTQ, bytes(4))

    def vanish(self) -> None:
        if self.peer:
            self._lines.close()
            self.peer.close()
        self._listener.close()


@pytest.fixture
def simulator(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectSimulator]:
    simulator = DirectSimulator(tmp_path_factory.mktemp('d'))
    monkeypatch.setenv('ELASTISIM_URL', simulator.url)
    yield simulator
    simulator.vanish()


def nothing(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
    pass


def connected(simulator: DirectSimulator) -> direct.DirectConnection:
    connection = direct.connect(simulator.url)
    assert connection
    threading.Thread(target=connection.send, args=(json.dumps(HELLO).encode(),)).start()
    simulator.accept()
    return connection


def test_a_simulation_from_the_first_message_to_the_last(simulator: DirectSimulator) -> None:
    scheduler = Background(lambda jobs, nodes, system: jobs[0].assign(nodes[1]), simulator.url)
    simulator.accept()
    simulator.say(invocation(jobs=[rigid(0)], nodes=nodes(2)))
    assert simulator.hear()['jobs'][0]['assigned_node_ids'] == [1]
    simulator.say(END)
    scheduler.result()


def test_no_zeromq_is_imported(simulator: DirectSimulator, script: Script) -> None:
    process = script('import sys\nsys.modules["zmq"] = None\nfrom elastisim_python import run\n'
                     'run(lambda jobs, nodes, system: jobs[0].kill())\n', ELASTISIM_URL=simulator.url)
    simulator.accept()
    simulator.say(invocation(jobs=[rigid(0)]))
    assert simulator.hear()['jobs'][0]['kill_flag'] is True
    simulator.say(END)
    assert process.wait(PATIENCE) == 0


def test_only_a_simulator_that_started_the_scheduler_is_talked_to_so(simulator: DirectSimulator,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('ELASTISIM_URL')
    modules: dict[str, Any] = sys.modules
    monkeypatch.setitem(modules, 'zmq', None)
    with pytest.raises(ImportError):
        pass_algorithm(nothing, simulator.url)


@pytest.mark.parametrize('url', ['tcp://127.0.0.1:5555', 'ipc:///nonexistent/s', 'ipc://' + 200 * 'x', 'ipc://\0'])
def test_where_nobody_waits_there_is_no_connection(url: str) -> None:
    assert direct.connect(url) is None


def test_messages_come_in_any_pieces(simulator: DirectSimulator) -> None:
    connection = connected(simulator)
    texts = [b'1', b'', b'x' * 1_000_000, b'last']

    def say() -> None:
        for byte in b'first\nsecond\n':
            simulator.say_text(bytes((byte,)))
        simulator.say_text(b'\n'.join(texts) + b'\n')

    threading.Thread(target=say).start()
    assert [connection.receive() for _ in range(6)] == [b'first', b'second', *texts]
    connection.close()


def test_a_large_answer_leaves_whole(simulator: DirectSimulator) -> None:
    connection = connected(simulator)
    text = json.dumps({'padding': 'x' * 3_000_000}).encode()
    sending = threading.Thread(target=connection.send, args=(text,))
    sending.start()
    assert len(simulator.hear()['padding']) == 3_000_000
    sending.join()
    connection.close()


@pytest.mark.parametrize('before', [b'', b'{"code": 42'])
def test_a_simulator_that_goes_is_an_error_at_once(simulator: DirectSimulator, before: bytes) -> None:
    scheduler = Background(nothing, simulator.url)
    simulator.accept()
    simulator.say_text(before)
    simulator.vanish()
    with pytest.raises(ConnectionError, match='lost the connection to the simulator at ipc://.* before the end'):
        scheduler.result()


def test_a_simulator_that_goes_during_an_invocation_is_an_error(simulator: DirectSimulator) -> None:
    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        simulator.vanish()

    scheduler = Background(schedule, simulator.url)
    simulator.accept()
    simulator.say(invocation())
    with pytest.raises(ConnectionError, match='lost the connection'):
        scheduler.result()


def test_what_was_said_before_the_simulator_went_is_read(simulator: DirectSimulator) -> None:
    scheduler = Background(nothing, simulator.url)
    simulator.accept()
    simulator.say(END)
    simulator.vanish()
    scheduler.result()


def test_an_exception_is_told_and_its_traceback_left_to_the_simulator(simulator: DirectSimulator,
                                                                      script: Script) -> None:
    process = script('from elastisim_python import run\nrun(lambda jobs, nodes, system: jobs[0].kill())\n',
                     ELASTISIM_URL=simulator.url)
    simulator.accept()
    simulator.say(invocation())
    failure = simulator.hear()
    assert failure['code'] == 0xFFEC44EE and failure['error'] == 'IndexError: list index out of range'
    assert 'script.py' in failure['traceback']
    assert process.communicate(timeout=PATIENCE)[1] == '' and process.returncode == 1


def test_a_script_interrupted_while_it_waits_tells_the_simulator(simulator: DirectSimulator, script: Script) -> None:
    process = script('from elastisim_python import run\nrun(lambda jobs, nodes, system: None)\n',
                     ELASTISIM_URL=simulator.url)
    simulator.accept()
    simulator.say_text(b'{"code":')
    simulator.wait_until_read()
    process.send_signal(signal.SIGINT)
    assert simulator.hear()['error'] == 'KeyboardInterrupt'
    assert process.wait(PATIENCE) != 0


def test_nothing_is_said_behind_an_answer_that_was_cut_off(simulator: DirectSimulator,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    """As by Ctrl-C in the middle of a large one: what comes then would be taken for its end."""
    connection = connected(simulator)

    class Interrupted:
        def sendall(self, text: bytes) -> None:
            raise KeyboardInterrupt

        close = connection._socket.close

    monkeypatch.setattr(connection, '_socket', Interrupted())
    with pytest.raises(KeyboardInterrupt):
        connection.send(b'{}')
    connection.send_last(b'{"error": "KeyboardInterrupt"}')
    connection.close()
    assert simulator.peer and simulator.peer.recv(100) == b''


def test_a_process_that_is_started_by_the_script_does_not_hold_the_connection(simulator: DirectSimulator,
                                                                             script: Script) -> None:
    process = script('import subprocess\nfrom elastisim_python import run\n'
                     'def schedule(jobs, nodes, system):\n'
                     '    child = subprocess.Popen(["sleep", "1000"], close_fds=False)\n'
                     '    open("/dev/stderr", "w").write(f"{child.pid}\\n")\n'
                     '    raise SystemExit(3)\nrun(schedule)\n', ELASTISIM_URL=simulator.url)
    simulator.accept()
    simulator.say(invocation())
    assert simulator.hear()['error'] == 'SystemExit: 3'
    assert simulator.peer and process.stderr
    child = int(process.stderr.readline())
    assert simulator.peer.recv(100) == b''
    os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize('text, words', [
    (b'hello\n', 'not JSON'), (b'{"code": 7}\n', 'unknown code 0x7'), (b'\n', 'not JSON'),
    (b'{"code": 4293673984, "time": 0, "invocation_type": 0, "node_groups": 1}\n', 'not a list of groups'),
    (b'{"code": 4293673984, "time": 0, "invocation_type": 0, "node_groups": [{"ids": [7], "state": 0, '
     b'"assigned_jobs": []}]}\n', 'a group of nodes: it refers to node 7, which was never sent')])
def test_a_message_that_makes_no_sense_ends_both_sides(simulator: DirectSimulator, text: bytes, words: str) -> None:
    scheduler = Background(nothing, simulator.url)
    simulator.accept()
    simulator.say_text(text)
    assert simulator.hear()['error'].startswith('ProtocolError: ')
    with pytest.raises(ProtocolError, match=words):
        scheduler.result()


def test_the_whole_package_is_imported_without_zeromq() -> None:
    code = ('import sys; sys.modules["zmq"] = None\nimport elastisim_python, elastisim_python.interface, '
            'elastisim_python.types, elastisim_python.direct')
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, '-c', code], check=True, env={**os.environ, 'PYTHONPATH': str(root / 'python')})
