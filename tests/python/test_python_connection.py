"""The dialogue with the simulator over a real ZeroMQ socket, and how it ends."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from elastisim_python import Job, Node, pass_algorithm, run
from elastisim_python.connection import Connection
from elastisim_python.protocol import ProtocolError
from standin import Background, Script, Simulator, Start, nodes, rigid


def nothing(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
    """Decides nothing."""


def fail(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
    raise LookupError('no such partition')


KILL_FIRST = 'from elastisim_python import run\nrun(lambda jobs, nodes, system: jobs[0].kill())\n'


def test_the_answer_holds_exactly_the_modified_jobs_in_the_order_of_their_ids(simulator: Simulator,
                                                                              start: Start) -> None:
    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        jobs[3].update_runtime_argument('scale', 2)
        jobs[2].kill()
        jobs[0].assign([nodes[2], nodes[0]])

    scheduler = start(schedule)
    answer = simulator.invoke([rigid(i, num_nodes=2, num_gpus_per_node=i) for i in range(4)], nodes(3))
    assert answer == {'code': 0xFFEC4401, 'jobs': [
        {'id': 0, 'assigned_node_ids': [2, 0], 'assigned_num_gpus_per_node': 0, 'kill_flag': False,
         'modified_runtime_args': False, 'runtime_arguments': {}},
        {'id': 2, 'assigned_node_ids': [], 'assigned_num_gpus_per_node': 0, 'kill_flag': True,
         'modified_runtime_args': False, 'runtime_arguments': {}},
        {'id': 3, 'assigned_node_ids': [], 'assigned_num_gpus_per_node': 0, 'kill_flag': False,
         'modified_runtime_args': True, 'runtime_arguments': {'scale': '2'}}]}
    simulator.end()
    scheduler.result()


def test_a_resize_is_sent_as_the_whole_new_list(simulator: Simulator, start: Start) -> None:
    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        jobs[0].remove(nodes[1])
        jobs[0].assign(nodes[3])

    start(schedule)
    running = rigid(0, type=2, state=4, assigned_nodes=[1, 0, 2])
    answer = simulator.invoke([running], nodes(4), kind=4, job_id=0)
    assert answer['jobs'][0]['assigned_node_ids'] == [0, 2, 3]


def test_without_changes_the_list_of_the_answer_is_empty(simulator: Simulator, start: Start) -> None:
    scheduler = start(nothing)
    for _ in range(3):
        assert simulator.invoke() == {'code': 0xFFEC4401, 'jobs': []}
    simulator.end()
    scheduler.result()


def test_the_scheduler_waits_for_a_simulator_that_comes_later(url: str) -> None:
    scheduler = Background(nothing, url)
    scheduler.join(0.3)
    assert scheduler.is_alive()
    simulator = Simulator(url)
    assert simulator.invoke()['jobs'] == []
    simulator.end()
    scheduler.result()
    simulator.vanish()


def test_tcp_works_like_ipc() -> None:
    simulator = Simulator('tcp://127.0.0.1:*')
    scheduler = Background(nothing, simulator.url)
    assert simulator.invoke()['jobs'] == []
    simulator.vanish()
    with pytest.raises(ConnectionError):
        scheduler.result()


def test_one_process_can_run_one_simulation_after_another(tmp_path: Path) -> None:
    seen: list[int] = []
    for run_number in range(2):
        simulator = Simulator(f'ipc://{tmp_path}/{run_number}.ipc')
        scheduler = Background(lambda jobs, nodes, system: seen.append(len(jobs)), simulator.url)
        simulator.invoke([rigid(run_number)])
        simulator.end()
        scheduler.result()
        simulator.vanish()
    assert seen == [1, 1]


def test_what_arrived_before_the_simulator_left_is_still_read(simulator: Simulator) -> None:
    connection = Connection(simulator.url)
    simulator.send_text(b'first')
    assert connection.receive() == b'first'
    simulator.send_text(b'last')
    simulator.vanish(linger=5000)
    time.sleep(0.2)
    assert connection.receive() == b'last'
    with pytest.raises(ConnectionError):
        connection.receive()
    connection.close()


def test_a_simulator_that_vanishes_between_invocations_is_an_error(simulator: Simulator, start: Start) -> None:
    scheduler = start(nothing)
    simulator.invoke()
    simulator.vanish()
    with pytest.raises(ConnectionError, match='lost the connection to the simulator at ipc://.* before the end'):
        scheduler.result()


def test_a_simulator_that_vanishes_during_an_invocation_is_an_error(simulator: Simulator, start: Start) -> None:
    asked, going_on = threading.Event(), threading.Event()

    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        asked.set()
        going_on.wait()

    scheduler = start(schedule)
    simulator.send({'code': 0xFFEC4400, 'time': 0, 'invocation_type': 0})
    assert asked.wait(10)
    simulator.vanish()
    going_on.set()
    with pytest.raises(ConnectionError):
        scheduler.result()


def test_a_second_scheduler_does_no_harm_and_ends_with_the_simulator(simulator: Simulator, start: Start) -> None:
    first = start(nothing)
    simulator.invoke()
    second = start(fail)
    second.join(0.2)
    assert simulator.invoke()['jobs'] == []
    simulator.end()
    first.result()
    simulator.vanish()
    with pytest.raises(ConnectionError, match='another scheduler was there first'):
        second.result()


def test_an_exception_is_told_to_the_simulator_and_raised_again(simulator: Simulator, start: Start) -> None:
    scheduler = start(fail)
    failure = simulator.invoke()
    assert failure['code'] == 0xFFEC44EE and failure['error'] == 'LookupError: no such partition'
    assert failure['traceback'].startswith('Traceback') and 'in fail\n' in failure['traceback']
    with pytest.raises(LookupError, match='no such partition'):
        scheduler.result()


def test_misuse_of_a_job_reaches_the_simulator_as_a_sentence(simulator: Simulator, start: Start) -> None:
    start(lambda jobs, nodes, system: jobs[0].assign(nodes[0]))
    failure = simulator.invoke([rigid(0, state=7)], nodes(1))
    assert failure['error'].startswith("ValueError: job 0 has ended (COMPLETED): can't assign nodes to it")


def test_an_exception_after_the_simulator_vanished_ends_the_scheduler_all_the_same(simulator: Simulator,
                                                                                   start: Start) -> None:
    asked, going_on = threading.Event(), threading.Event()

    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        asked.set()
        going_on.wait()
        raise LookupError('too late')

    scheduler = start(schedule)
    simulator.send({'code': 0xFFEC4400, 'time': 0, 'invocation_type': 0})
    assert asked.wait(10)
    simulator.vanish()
    going_on.set()
    with pytest.raises(LookupError):
        scheduler.result()


@pytest.mark.parametrize('text, words', [
    (b'hello', 'not JSON'), (b'\xff', 'not JSON'), (b'[]', 'not an object with a code'), (b'{}', 'not an object'),
    (b'{"code": 4293673985}', 'unknown code 0xffec4401'), (b'{"code": "x"}', "unknown code 'x'"),
    (b'{"code": 4293673984}', "lacks 'time'")])
def test_a_message_that_makes_no_sense_ends_both_sides(simulator: Simulator, start: Start, text: bytes,
                                                       words: str) -> None:
    scheduler = start(nothing)
    simulator.send_text(text)
    failure = simulator.receive()
    assert failure['code'] == 0xFFEC44EE and failure['error'].startswith('ProtocolError: ')
    with pytest.raises(ProtocolError, match=words):
        scheduler.result()


def test_a_script_finds_the_url_of_the_simulator_that_started_it(simulator: Simulator, script: Script) -> None:
    process = script(KILL_FIRST, ELASTISIM_URL=simulator.url)
    assert simulator.invoke([rigid(0)])['jobs'][0]['kill_flag'] is True
    simulator.end()
    assert process.wait(10) == 0


def test_a_failing_script_tells_the_simulator_before_it_ends_with_its_traceback(simulator: Simulator,
                                                                                script: Script) -> None:
    process = script(KILL_FIRST.replace('.kill()', f'.kill(), {simulator.url!r}'))
    assert simulator.invoke()['error'] == 'IndexError: list index out of range'
    _, printed = process.communicate(timeout=10)
    assert process.returncode == 1 and printed.endswith('IndexError: list index out of range\n')


def test_the_traceback_is_left_to_the_simulator_that_started_the_script(simulator: Simulator, script: Script) -> None:
    process = script(KILL_FIRST, ELASTISIM_URL=simulator.url)
    assert 'IndexError' in simulator.invoke()['traceback']
    _, printed = process.communicate(timeout=10)
    assert (process.returncode, printed) == (1, '')


def test_a_script_may_go_on_after_what_the_simulator_was_told_and_its_own_traceback_is_shown(simulator: Simulator,
                                                                                             script: Script) -> None:
    process = script('from elastisim_python import run\n\n\ndef fail(*_):\n    raise LookupError\n\n\n'
                     'try:\n    run(fail)\nexcept LookupError:\n    1 / 0\n', ELASTISIM_URL=simulator.url)
    simulator.invoke()
    _, printed = process.communicate(timeout=10)
    assert process.returncode == 1 and printed.endswith('ZeroDivisionError: division by zero\n')


def test_a_script_interrupted_while_it_waits_tells_the_simulator(simulator: Simulator, script: Script) -> None:
    process = script(KILL_FIRST, ELASTISIM_URL=simulator.url)
    simulator.invoke([rigid(0)])
    process.send_signal(signal.SIGINT)
    assert simulator.receive()['error'] == 'KeyboardInterrupt'
    assert process.wait(10) != 0


OWN_URL = ('from elastisim_python import pass_algorithm, run\n'
           "{call}(lambda jobs, nodes, system: None, 'ipc:///tmp/elastisim.ipc')\n")


@pytest.mark.parametrize('call', ['pass_algorithm', 'run'])
def test_the_url_of_the_simulator_that_started_a_script_counts_more_than_its_own(simulator: Simulator, script: Script,
                                                                                 call: str) -> None:
    process = script(OWN_URL.format(call=call), ELASTISIM_URL=simulator.url)
    assert simulator.invoke()['jobs'] == []
    simulator.end()
    assert process.wait(10) == 0
    assert process.stderr and process.stderr.read() == (
        'elastisim_python: connecting to the simulator that started this process (ELASTISIM_URL), not to '
        'ipc:///tmp/elastisim.ipc\n')


def test_nothing_is_said_of_a_url_that_is_the_same(simulator: Simulator, monkeypatch: pytest.MonkeyPatch,
                                                   capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv('ELASTISIM_URL', simulator.url)
    scheduler = Background(nothing, simulator.url)
    assert simulator.invoke()['jobs'] == []
    simulator.end()
    scheduler.result()
    assert capfd.readouterr().err == ''


def test_the_function_can_be_given_by_the_name_that_it_has_in_elastisim(simulator: Simulator) -> None:
    scheduler = threading.Thread(target=pass_algorithm, kwargs={'schedule': nothing, 'url': simulator.url}, daemon=True)
    scheduler.start()
    assert simulator.invoke()['jobs'] == []
    simulator.end()
    scheduler.join(10)
    assert not scheduler.is_alive()


@pytest.mark.parametrize('value', [None, ''])
def test_without_a_url_run_says_what_to_do(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv('ELASTISIM_URL', raising=False)
    if value is not None:
        monkeypatch.setenv('ELASTISIM_URL', value)
    with pytest.raises(RuntimeError, match='ELASTISIM_URL is not set'):
        run(nothing)


@pytest.mark.parametrize('function, url, error, words', [
    (3, 'ipc://x', TypeError, 'must be a function'),
    (nothing, None, TypeError, 'must be a string'),
    (nothing, 'localhost:5555', ValueError, "can't connect to 'localhost:5555'"),
    (nothing, 'ftp://x', ValueError, "can't connect to 'ftp://x'"),
])
def test_wrong_arguments_are_told_at_once(function: Any, url: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        pass_algorithm(function, url)
