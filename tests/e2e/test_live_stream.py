"""The live stream (--events-url): subscribers get the journal as it grows, and none of them holds the run up."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from harness import (PATIENCE, PYTHON, ROOT, Json, Scenario, busy, crossbar, flexible, idle, model, phase, rigid,
                     wait_for, waiting)

Message = tuple[str, str]  # topic, object

WALL_CLOCK = re.compile('"wall_seconds":[^,}]*')


class Subscriber:
    """A SUB socket; what it reads is kept for `messages`."""

    def __init__(self, url: str, *topics: str, room: int = 0) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 5)
        self.socket.setsockopt(zmq.RCVHWM, room)
        for topic in topics or ['']:
            self.socket.setsockopt_string(zmq.SUBSCRIBE, topic)
        self.socket.connect(url)

    def close(self) -> None:
        self.socket.close(linger=0)
        self.context.term()

    def messages(self) -> Iterator[Message]:
        """Up to the one that says that the run is over."""
        topic = ''
        while topic != 'run.end':
            assert self.socket.poll(1000 * PATIENCE), 'nothing comes'
            topic, text = (frame.decode() for frame in self.socket.recv_multipart())
            yield topic, text


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f'ipc://{tmp_path}/events.ipc'


def journal(scenario: Scenario) -> list[str]:
    return (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines()


def timeless(text: str) -> str:
    return WALL_CLOCK.sub('', text)


def of_jobs(messages: list[Message]) -> list[str]:
    return [text for topic, text in messages if topic != 'node.changed']


def listen(scenario: Scenario, url: str, *topics: str, options: tuple[str, ...] = ()) -> list[Message]:
    """Runs with a subscriber from the start; returns all that it got."""
    subscriber = Subscriber(url, *topics)
    try:
        process = scenario.start('--events-url', url, '--events-wait', '--scheduler', 'builtin:fcfs', *options)
        messages = list(subscriber.messages())
        result = scenario.finish(process)
        assert (result.status, result.stderr) == (0, '')
        return messages
    finally:
        subscriber.close()


def example(scenario: Scenario) -> Scenario:
    configuration: Json = json.loads((ROOT / 'configurations' / 'example.json').read_text())
    inputs = {key: str(ROOT / configuration[key]) for key in ('jobs_file', 'platform_file')}
    jobs: Json = json.loads(Path(inputs['jobs_file']).read_text())
    for job in jobs['jobs']:
        job['application_model'] = str(ROOT / job['application_model'])
    configuration.update(inputs, jobs_file='jobs.json', sensing=False, job_statistics=None, task_times=None,
                         log_task_times=False, schedule_on_scheduling_point=True, events='out/events.jsonl',
                         node_utilization='out/node_utilization.csv')
    scenario.write('jobs.json', jobs)
    return scenario.configure(**configuration)


def test_a_subscriber_sees_the_journal_of_the_example_event_by_event(scenario: Scenario, url: str) -> None:
    messages = listen(example(scenario), url)
    lines = journal(scenario)
    assert len(lines) > 2000
    assert of_jobs(messages) == lines
    kinds = {topic.partition('.')[2]: json.loads(text)['kind'] for topic, text in messages}
    assert all(topic == kind for topic, kind in kinds.items())


def test_node_changes_are_those_of_node_utilization(scenario: Scenario, url: str) -> None:
    messages = listen(example(scenario), url, 'node.', 'run.')
    names = json.loads(messages[0][1])['nodes']
    rows = [[f'{event["time"]:.15g}', names[event['node']], event['state'],
             *(';'.join(map(str, event[key])) or 'none' for key in ('running', 'expected'))]
            for event in (json.loads(text) for topic, text in messages if topic == 'node.changed')]
    with open(scenario.folder / 'out' / 'node_utilization.csv') as file:
        assert rows == [line.rstrip('\n').split(',') for line in list(file)[1:]]


def small(scenario: Scenario) -> Scenario:
    """A job of two nodes for 3 s, and a malleable one that grows from two nodes to four at 6 s."""
    growing = model(phase(busy(5), iterations=2), on_reconfiguration={'tasks': [idle(1)]})
    return scenario.platform(crossbar(4)).workload(
        rigid(2, waiting(3)), flexible('malleable', 1, 4, growing, submit=1)).configure(
            schedule_on_scheduling_point=True, events='out/events.jsonl')


EXPECTED = [
    ('run.begin', None),
    *(('node.changed', {'time': 0, 'kind': 'changed', 'node': i, 'state': 'free', 'running': [], 'expected': []})
      for i in range(4)),
    ('job.submit', {'time': 0, 'kind': 'submit', 'job': 0, 'type': 'rigid', 'num_nodes_min': 2, 'num_nodes_max': 2}),
    ('scheduler.invocation', None),
    ('job.start', {'time': 0, 'kind': 'start', 'job': 0, 'nodes': [0, 1], 'gpus_per_node': 0}),
    *(('node.changed', {'time': 0, 'kind': 'changed', 'node': i, 'state': 'allocated', 'running': [0], 'expected': []})
      for i in range(2)),
]


def test_the_messages_of_a_small_run_are_as_documented(scenario: Scenario, url: str) -> None:
    messages = listen(small(scenario), url)
    for (topic, text), (expected, event) in zip(messages, EXPECTED):
        assert topic == expected
        assert event is None or json.loads(text) == event
    assert messages[-1] == ('run.end', '{"time":12,"kind":"end","completed":2,"killed":0,"unfinished":0}')
    assert list(dict.fromkeys(topic for topic, _ in messages)) == [
        'run.begin', 'node.changed', 'job.submit', 'scheduler.invocation', 'job.start', 'job.phase', 'job.iteration',
        'job.complete', 'job.scheduling_point', 'job.grow', 'job.reconfiguration_begin', 'job.reconfiguration_end',
        'run.end']


def test_a_topic_is_subscribed_to_by_its_beginning(scenario: Scenario, url: str) -> None:
    messages = listen(small(scenario), url, 'job.start', 'run.end')
    assert [(topic, json.loads(text).get('job')) for topic, text in messages] == [
        ('job.start', 0), ('job.start', 1), ('run.end', None)]


def test_the_url_may_be_in_the_configuration_and_the_option_goes_before_it(scenario: Scenario, url: str) -> None:
    small(scenario).configure(events_url=f'ipc://{scenario.folder}/other.ipc')
    assert of_jobs(listen(scenario, url)) == journal(scenario)
    scenario.configure(events_url=url)
    subscriber = Subscriber(url)
    process = scenario.start('--events-wait', '--scheduler', 'builtin:fcfs')
    assert of_jobs(list(subscriber.messages())) == journal(scenario)
    assert scenario.finish(process).status == 0
    subscriber.close()


def test_a_tcp_port_will_do(scenario: Scenario) -> None:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    messages = listen(small(scenario), f'tcp://127.0.0.1:{port}')
    assert of_jobs(messages) == journal(scenario)


def test_without_a_subscriber_the_run_is_the_same_and_leaves_no_socket(scenario: Scenario, url: str) -> None:
    small(scenario).run()
    lines = journal(scenario)
    result = scenario.run('--events-url', url)
    assert result.stderr == ''
    assert list(map(timeless, journal(scenario))) == list(map(timeless, lines))
    assert not (scenario.folder / 'events.ipc').exists()


LATE = """
import pathlib, time
from elastisim_python import run

def schedule(*_):
    pathlib.Path("asked").touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.01)

run(schedule)
"""


def test_who_subscribes_late_sees_the_rest(scenario: Scenario, url: str) -> None:
    """The scheduler answers its first invocation, and then never starts anything, when the subscriber is there."""
    small(scenario).configure(schedule_on_job_finalize=True)
    process = scenario.start('--events-url', url, '--scheduler', scenario.script(LATE))
    wait_for((scenario.folder / 'asked').exists)
    subscriber = Subscriber(url)
    try:
        time.sleep(1)
        (scenario.folder / 'go').touch()
        messages = list(subscriber.messages())
        assert scenario.finish(process).status == 4
        assert of_jobs(messages) == journal(scenario)[2:]
    finally:
        subscriber.close()


# Messages that are kept for a subscriber, and more iterations than that.
KEPT = 100_000
MANY = 150_000


def many(scenario: Scenario) -> Scenario:
    return scenario.workload(rigid(1, waiting(1, MANY))).configure(events='out/events.jsonl', log_task_times=False)


def dropped(url: str, stderr: str) -> tuple[int, int]:
    found = re.fullmatch(r'elastisim: note: (\d+) of (\d+) events were dropped, as a subscriber at (\S+) did not '
                         r'keep up\n'
                         r'(elastisim: note: a subscriber at (\S+) did not take the last events within 1 s\n)?', stderr)
    assert found and {found[3], found[5] or url} == {url}, stderr
    return int(found[1]), int(found[2])


def test_a_subscriber_that_never_reads_loses_its_own_events_only(scenario: Scenario, url: str) -> None:
    """Its queue is full when the run ends, and so is the simulator's; what it missed is counted."""
    many(scenario).run()
    lines = journal(scenario)
    subscriber = Subscriber(url, room=1)
    try:
        result = scenario.run('--events-url', url, '--events-wait')
    finally:
        subscriber.close()
    assert list(map(timeless, journal(scenario))) == list(map(timeless, lines))
    missed, total = dropped(url, result.stderr)
    assert total == len(lines) + 4 + 1 + 1  # of four nodes, one of which changed twice
    assert total - 20_000 < missed < total, 'no more are under way than fit the queues of ZeroMQ and the system'


STOPPING = """
import pathlib, time
from elastisim_python import run

def wait_for(name):
    pathlib.Path("asked for " + name).touch()
    while not pathlib.Path(name).exists():
        time.sleep(0.01)

def schedule(jobs, nodes, system):
    if len(jobs) == 1:
        wait_for("stop")
        jobs[0].assign(nodes[:1])
    else:
        wait_for("go")

run(schedule)
"""

READER = """
import sys, zmq
socket = zmq.Context().socket(zmq.SUB)
socket.rcvhwm = 0
socket.subscribe('')
socket.connect(sys.argv[1])
topic = b''
while topic != b'run.end':
    topic, text = socket.recv_multipart()
    print(topic.decode(), text.decode(), flush=True)
"""


def test_a_subscriber_that_was_stopped_gets_what_was_kept_and_all_that_follows(scenario: Scenario, url: str) -> None:
    """It stands still from the start of the first job on. When the scheduler is asked about the second one, more has
    happened than is kept."""
    many(scenario).workload(rigid(1, waiting(1, MANY)), rigid(1, waiting(1), submit=MANY - 0.5))
    folder, seen = scenario.folder, scenario.folder / 'seen'
    with seen.open('w') as out:
        reader = subprocess.Popen([PYTHON, '-c', READER, url], stdout=out)
    try:
        process = scenario.start('--events-url', url, '--events-wait', '--scheduler', scenario.script(STOPPING))
        wait_for((folder / 'asked for stop').exists)
        reader.send_signal(signal.SIGSTOP)
        (folder / 'stop').touch()
        wait_for((folder / 'asked for go').exists)
        reader.send_signal(signal.SIGCONT)
        wait_for(lambda: seen.read_text().count('\n') > 800)  # there is room again when the next event comes
        (folder / 'go').touch()
        result = scenario.finish(process)
        assert reader.wait(timeout=PATIENCE) == 0
    finally:
        reader.kill()
        reader.wait()
    missed, total = dropped(url, result.stderr.partition('elastisim: error')[0])
    messages = [line.split(' ', 1) for line in seen.read_text().splitlines()]
    assert len(messages) == total - missed > KEPT
    iterations = [json.loads(text)['iteration'] for topic, text in messages if topic == 'job.iteration']
    assert iterations == list(range(len(iterations))), 'all that was kept is from before the first one that was not'
    assert messages[-1][0] == 'run.end'


def test_a_run_that_waits_for_a_subscriber_says_so_and_can_be_interrupted(scenario: Scenario, url: str) -> None:
    process = small(scenario).start('--events-url', url, '--events-wait', '--scheduler', 'builtin:fcfs')
    assert process.stderr is not None
    assert process.stderr.readline() == f'elastisim: waiting for a subscriber at {url}\n'
    process.terminate()
    result = scenario.finish(process)
    assert (result.status, result.error) == (1, 'interrupted by SIGTERM; the results so far are written')
    assert not (scenario.folder / 'events.ipc').exists()


@pytest.mark.parametrize('given, message', [
    ('udp://x', "can't send events at 'udp://x': use ipc://PATH or tcp://HOST:PORT"),
    ('tcp://127.0.0.1:0', "can't send events at 'tcp://127.0.0.1:0': use tcp://HOST:PORT with a port from 1 to 65535"),
    ('tcp://192.0.2.1:7001', "can't send events at 'tcp://192.0.2.1:7001': this machine has no such address or "
     'interface; use tcp://127.0.0.1:PORT for subscribers on this machine or tcp://*:PORT for all'),
    ('ipc://none/e.ipc', "can't send events at 'ipc://none/e.ipc': its folder does not exist; create it or use another "
     'path'),
    ('ipc://config.json', "can't send events at 'ipc://config.json': there is already a file that is not a "
     'socket; use another path'),
])
def test_a_url_that_can_not_be_bound_is_told_with_who_gave_it(scenario: Scenario, given: str, message: str) -> None:
    scenario.workload(rigid())
    assert scenario.run('--events-url', given, status=2).error == f'command line: --events-url: {message}'
    assert scenario.configure(events_url=given).run(status=2).error == f'config.json: events_url: {message}'


def test_a_port_that_another_program_has_is_told(scenario: Scenario) -> None:
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        given = f'tcp://127.0.0.1:{other.getsockname()[1]}'
        assert scenario.workload(rigid()).run('--events-url', given, status=2).error == (
            f"command line: --events-url: can't send events at '{given}': the address is in use, maybe by another "
            'simulation; end it or use another address')


def test_there_is_no_waiting_without_a_url(scenario: Scenario) -> None:
    assert scenario.workload(rigid()).run('--events-wait', status=2).error == (
        'command line: --events-wait: there is no URL to wait at; give --events-url URL too')
