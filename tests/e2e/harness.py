"""Small worlds for the end-to-end tests: platforms, workloads and configurations from Python values, runs of the
real simulator, and schedulers at the other end of its ZeroMQ socket."""

from __future__ import annotations

import contextlib
import csv
import functools
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zmq
from elastisim_python import pass_algorithm

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
SIMULATOR = os.environ.get('ELASTISIM', str(ROOT / 'build' / 'elastisim'))
PYTHON = sys.executable

# Seconds; only waited for in full when something is broken.
PATIENCE = 120

# Invocation types.
PERIODIC, SUBMIT, COMPLETED, KILLED, POINT, REQUEST, RECONFIGURATION = range(7)

# States of jobs and nodes.
PENDING, RUNNING, PENDING_CHANGE, IN_CHANGE, DONE, ENDED_EARLY = 1, 4, 5, 6, 7, 8
FREE, ALLOCATED, RESERVED = range(3)

INVOCATION, ANSWER, FAILURE, END = 0xFFEC4400, 0xFFEC4401, 0xFFEC44EE, 0xFFEC44FF

# A script of a scheduler that starts what fits, but for its last line: run(schedule).
FITTING = '''
from elastisim_python import pass_algorithm, run

def schedule(jobs, nodes, system):
    for job in jobs.pending:
        count = job.num_nodes or job.num_nodes_min
        if count > len(nodes.free):
            break
        job.assign(nodes.free[:count])

'''

# The keys of the configuration that ElastiSim's users know, and ours.
MONITORING = ('cpu_utilization', 'network_activity', 'pfs_utilization', 'gpu_utilization')
KEYS = ['jobs_file', 'platform_file', 'zmq_url', 'scheduler', 'scheduler_timeout', 'schedule_on_job_submit',
        'schedule_on_job_finalize', 'schedule_on_scheduling_point', 'schedule_on_reconfiguration',
        'scheduling_interval', 'min_scheduling_interval', 'allow_oversubscription', 'clip_evolving_requests',
        'forward_io_information', 'job_kill_grace_period', 'show_progress_bar', 'sensing', 'sensing_interval',
        'log_task_times', 'pfs_read_links', 'pfs_write_links', 'job_statistics', 'node_utilization', 'task_times',
        *MONITORING]

JOB_COLUMNS = ['ID', 'Type', 'Submit Time', 'Start Time', 'End Time', 'Wait Time', 'Makespan', 'Turnaround Time',
               'Status', 'Name', 'Nodes At Start', 'Nodes Min', 'Nodes Max', 'Node Seconds', 'Reconfigurations',
               'Completed Phases']
NODE_COLUMNS = ['Time', 'Node', 'State', 'Running jobs', 'Expected jobs']
TASK_COLUMNS = ['Time', 'Job', 'Node', 'Task', 'Duration']

# Keys that have a run write everything down.
EVERYTHING: Json = {
    'sensing': True, 'sensing_interval': 0.37, 'log_task_times': True, 'events': 'out/events.jsonl',
    **{name: f'out/{name}.csv' for name in (*MONITORING, 'job_statistics', 'node_utilization', 'task_times')}}


def wait_for(condition: Callable[[], Any], what: str = 'it does not come to that', patience: float = PATIENCE) -> None:
    """Until something holds that another process brings about."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def near(value: Any) -> Any:
    """Equal but for the rounding of sums and of SimGrid's clock."""
    return pytest.approx(value, rel=1e-9, abs=1e-8)


# --- Platforms ----------------------------------------------------------------------------------------------


def document(*elements: str) -> str:
    """A platform file that holds these elements in one zone, beside a batch system of its own."""
    return '\n'.join([
        '<?xml version="1.0"?>', '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">',
        '<platform version="4.1">', '<zone id="world" routing="Full">',
        '<zone id="service" routing="Full">', host('batch', batch_system='true'), '</zone>',
        *elements, '</zone>', '</platform>', ''])


def properties(given: Mapping[str, Any]) -> str:
    return ''.join(f'<prop id="{key}" value="{value}"/>' for key, value in given.items())


def host(name: str, speed: str = '1Gf', attributes: str = '', **given: Any) -> str:
    return f'<host id="{name}" speed="{speed}" {attributes}>{properties(given)}</host>'


def link(name: str, bandwidth: str = '1GBps') -> str:
    return f'<link id="{name}" bandwidth="{bandwidth}" latency="0s"/>'


def crossbar(nodes: int = 4, *, speed: str = '1Gf', cores: int = 1, bandwidth: str = '1GBps',
             pfs_read: str | None = '2GBps', pfs_write: str = '1GBps', **given: Any) -> str:
    """Nodes n0, n1... with a full-duplex port each on a switch that never limits, and a PFS unless pfs_read is
    None. No link has latency; the keywords left are properties of all nodes."""
    cluster = (f'<cluster id="crossbar" prefix="n" radical="0-{nodes - 1}" suffix="" speed="{speed}" core="{cores}"'
               f' bw="{bandwidth}" lat="0s" sharing_policy="SPLITDUPLEX" router_id="switch">{properties(given)}'
               '</cluster>')
    if pfs_read is None:
        return document(cluster)
    return document(
        cluster, '<zone id="storage" routing="Full">', host('pfs', pfs_host='true'), '</zone>',
        link('PFS_read', pfs_read), link('PFS_write', pfs_write),
        '<zoneRoute src="storage" dst="crossbar" gw_src="pfs" gw_dst="switch" symmetrical="NO">'
        '<link_ctn id="PFS_read"/></zoneRoute>',
        '<zoneRoute src="crossbar" dst="storage" gw_src="switch" gw_dst="pfs" symmetrical="NO">'
        '<link_ctn id="PFS_write"/></zoneRoute>')


def pairwise(hosts: Mapping[str, str], bandwidths: Mapping[tuple[str, str], str] | None = None) -> str:
    """Hosts, given as name and element, with a link of its own from each to each other one (1 GB/s unless said
    otherwise), named FROM-TO."""
    bandwidths = bandwidths or {}
    pairs = [(a, b) for a in hosts for b in hosts if a != b]
    routes = [f'<route src="{a}" dst="{b}" symmetrical="NO"><link_ctn id="{a}-{b}"/></route>' for a, b in pairs]
    links = [link(f'{a}-{b}', bandwidths.get((a, b), '1GBps')) for a, b in pairs]
    return document('<zone id="pairs" routing="Full">', *hosts.values(), *links, *routes, '</zone>')


# --- Application models and jobs -----------------------------------------------------------------------------


def model(*phases: Json, **one_time: Json) -> Json:
    return {'phases': list(phases), **one_time}


def phase(*tasks: Json, **keys: Any) -> Json:
    return {'tasks': list(tasks), **keys}


def task(kind: str, **keys: Any) -> Json:
    return {'type': kind, **keys}


def busy(seconds: float | str | list[float], **keys: Any) -> Json:
    return task('busy_wait', delay=seconds, **keys)


def idle(seconds: float | str | list[float], **keys: Any) -> Json:
    return task('idle', delay=seconds, **keys)


def cpu(flops: float | str | list[float], pattern: str = 'uniform', **keys: Any) -> Json:
    return task('cpu', flops=flops, computation_pattern=pattern, **keys)


def waiting(seconds: float = 1, iterations: int = 1) -> Json:
    """The model of a job that takes so long on any nodes, `iterations` times."""
    return model(phase(busy(seconds), iterations=iterations))


def rigid(nodes: int = 1, application: Json | str | None = None, submit: float = 0, **keys: Any) -> Json:
    return {'type': 'rigid', 'num_nodes': nodes, 'submit_time': submit,
            'application_model': application or waiting(), **keys}


def flexible(kind: str, least: int = 1, most: int = 4, application: Json | str | None = None, submit: float = 0,
             **keys: Any) -> Json:
    return {'type': kind, 'num_nodes_min': least, 'num_nodes_max': most, 'submit_time': submit,
            'application_model': application or waiting(), **keys}


def random_malleable(draw: random.Random, seconds: int, submit: float, least_at_most: int) -> Json:
    """Three iterations of so many seconds, estimated exactly, on up to six nodes."""
    least = draw.randint(1, least_at_most)
    return flexible('malleable', least, draw.randint(least, 6), waiting(seconds, 3), submit=submit,
                    runtime_estimate=3 * seconds)


# --- Runs ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What a run of the simulator left behind."""

    status: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def error(self) -> str:
        """The message of the error that ended it; '' without one."""
        return self.stderr.partition('elastisim: error: ')[2].rstrip('\n')

    @property
    def warnings(self) -> list[str]:
        return re.findall('^elastisim: warning: (.*)$', self.stderr, re.MULTILINE)

    def text(self, name: str) -> str:
        return (self.folder / 'out' / f'{name}.csv').read_text()

    def table(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(self.text(name).splitlines()))

    @functools.cached_property
    def jobs(self) -> list[dict[str, str]]:
        return self.table('job_statistics')

    @functools.cached_property
    def nodes(self) -> list[dict[str, str]]:
        return self.table('node_utilization')

    @functools.cached_property
    def tasks(self) -> list[dict[str, str]]:
        return self.table('task_times')

    def column(self, name: str) -> list[str]:
        """A column of job_statistics."""
        return [job[name] for job in self.jobs]

    def ends(self) -> list[float]:
        return [float(end) for end in self.column('End Time')]

    def starts(self) -> list[float]:
        return [float(start) for start in self.column('Start Time')]

    def durations(self, name: str = '', job: int = 0) -> dict[str, float]:
        """How long the task of a job took on each node, for one that ran there once."""
        rows = [row for row in self.tasks if row['Task'] == name and row['Job'] == str(job)]
        assert len(rows) == len({row['Node'] for row in rows}), rows
        return {row['Node']: float(row['Duration']) for row in rows}

    def rows_of(self, name: str, job: int = 0) -> list[tuple[float, str, float]]:
        """Time, node and duration of each row of a task, in the order of the file."""
        return [(float(row['Time']), row['Node'], float(row['Duration'])) for row in self.tasks
                if row['Task'] == name and row['Job'] == str(job)]


class Scenario:
    """A folder with the inputs of a run; by default a crossbar of four nodes and no job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f'ipc://{folder}/s.ipc'
        self.environment = {**os.environ, 'PYTHONPATH': str(ROOT / 'python')}
        self.environment.pop('ELASTISIM_URL', None)
        self._started: list[subprocess.Popen[str]] = []
        self.configuration: Json = {
            'jobs_file': 'jobs.json', 'platform_file': 'platform.xml',
            'schedule_on_job_submit': True, 'schedule_on_job_finalize': True, 'log_task_times': True,
            **{name: f'out/{name}.csv' for name in ('job_statistics', 'node_utilization', 'task_times')}}
        self.platform(crossbar())
        self.workload()

    def write(self, name: str, content: Any) -> Path:
        """Writes a file: text as it is, anything else as JSON."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    def platform(self, text: str) -> Scenario:
        self.write('platform.xml', text)
        return self

    def workload(self, *jobs: Json, **notes: Any) -> Scenario:
        """Writes the jobs, and notes beside them; application models given as objects become files app0.json..."""
        models: list[Json] = []
        written = []
        for job in jobs:
            application = job.get('application_model')
            if isinstance(application, dict):
                if application not in models:
                    models.append(application)
                    self.write(f'app{len(models) - 1}.json', application)
                job = {**job, 'application_model': f'app{models.index(application)}.json'}
            written.append(job)
        self.write('jobs.json', {**notes, 'jobs': written})
        return self

    def configure(self, **keys: Any) -> Scenario:
        """Sets keys of the configuration; None takes one out."""
        self.configuration.update(keys)
        self.configuration = {key: value for key, value in self.configuration.items() if value is not None}
        return self

    def command(self, *options: str) -> list[str]:
        self.write('config.json', self.configuration)
        return [SIMULATOR, 'config.json', *options]

    def start(self, *options: str, **keys: Any) -> subprocess.Popen[str]:
        """Starts the simulator without waiting for it."""
        streams: dict[str, Any] = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE,
                                   **keys}
        process: subprocess.Popen[str] = subprocess.Popen(
            self.command(*options), cwd=self.folder, env=self.environment, text=True, **streams)
        self._started.append(process)
        return process

    def end(self) -> None:
        """Ends what a test that failed has left running; a simulator that is told to end does so with its scheduler."""
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()

    def finish(self, process: subprocess.Popen[str]) -> Result:
        stdout = stderr = ''
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            # A scheduler that it started may still hold its streams.
            with contextlib.suppress(subprocess.TimeoutExpired):
                stdout, stderr = process.communicate(timeout=5)
            pytest.fail(f'the simulator hangs; it said: {stdout}{stderr}')
        return Result(process.returncode, stdout or '', stderr or '', self.folder)

    def run(self, *options: str, scheduler: str | None = 'builtin:fcfs', status: int = 0) -> Result:
        """Runs the simulator to its end, which must be with this status."""
        if scheduler is not None:
            options = (*options, '--scheduler', scheduler)
        result = self.finish(self.start(*options))
        assert result.status == status, f'exit status {result.status}: {result.stderr}{result.stdout}'
        return result

    def script(self, text: str, name: str = 'scheduler.py') -> str:
        """Writes a scheduler; returns the SPEC that has the simulator start it."""
        return f"exec:'{PYTHON}' '{self.write(name, text)}'"

    def run_with(self, peer: Peer, *options: str, status: int = 0) -> Result:
        """Runs the simulator beside a scheduler that waits at the scenario's URL."""
        peer.start()
        try:
            return self.run(*options, scheduler=f'zmq:{self.url}', status=status)
        finally:
            peer.stop()

    def ask(self, decide: Callable[[Peer], Any], *options: str, status: int = 0) -> tuple[Result, Peer]:
        """Runs the simulator beside a Peer that decides so."""
        peer = Peer(self.url, decide)
        return self.run_with(peer, *options, status=status), peer


# --- Schedulers ----------------------------------------------------------------------------------------------


class Vanish(Exception):
    """Raised by a Peer's function: the peer closes its socket without an answer."""


def change(job: int, nodes: Sequence[int] | None = None, gpus: int | None = None, *, kill: bool = False,
           arguments: Mapping[str, Any] | None = None) -> Json:
    """An entry of an answer, with the keys that are given alone."""
    entry: Json = {'id': job}
    if nodes is not None:
        entry['assigned_node_ids'] = list(nodes)
    if gpus is not None:
        entry['assigned_num_gpus_per_node'] = gpus
    if kill:
        entry['kill_flag'] = True
    if arguments is not None:
        entry.update(modified_runtime_args=True, runtime_arguments=dict(arguments))
    return entry


class Peer(threading.Thread):
    """A scheduler that speaks the protocol raw and records every message.

    Its function decides on each invocation: a list of entries (see change) is the answer's list of jobs, an
    object the whole answer, bytes are sent as they are (a tuple: one after the other), and after None nothing is.
    """

    def __init__(self, url: str, decide: Callable[[Peer], Any]) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.decide = decide
        self.messages: list[Json] = []
        self.jobs: dict[int, Json] = {}
        self.nodes: dict[int, Json] = {}
        self.ended = False
        self.failure: BaseException | None = None
        self._stopped = threading.Event()

    @property
    def message(self) -> Json:
        """The last invocation."""
        return self.messages[-1]

    @property
    def kind(self) -> int:
        kind: int = self.message['invocation_type']
        return kind

    @property
    def time(self) -> float:
        time: float = self.message['time']
        return time

    @property
    def job(self) -> Json:
        """The job that the invocation is about."""
        return self.jobs[self.message['job_id']]

    def in_state(self, *states: int) -> list[Json]:
        return [job for _, job in sorted(self.jobs.items()) if job['state'] in states]

    def free(self) -> list[int]:
        return [node for node, entry in sorted(self.nodes.items()) if entry['state'] == FREE]

    def kinds(self) -> list[tuple[int, float]]:
        """Type and time of each invocation so far."""
        return [(message['invocation_type'], message['time']) for message in self.messages]

    def of_kind(self, kind: int) -> list[Json]:
        return [message for message in self.messages if message['invocation_type'] == kind]

    def run(self) -> None:
        with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
            socket.setsockopt(zmq.RECONNECT_IVL, 5)
            socket.connect(self.url)
            try:
                while not self.ended:
                    # What the simulator sent last may still be on its way when it is gone.
                    stopped = self._stopped.is_set()
                    if socket.poll(500 if stopped else 20):
                        self._take(socket)
                    elif stopped:
                        break
                socket.close(linger=1000)
            except Vanish:
                socket.close(linger=0)
            except BaseException as failure:
                self.failure = failure
                socket.close(linger=0)

    def _take(self, socket: zmq.Socket[bytes]) -> None:
        message = json.loads(socket.recv())
        if message['code'] == END:
            self.ended = True
            return
        assert message['code'] == INVOCATION
        self.messages.append(message)
        self.jobs.update((job['id'], job) for job in message['jobs'])
        self.nodes.update((node['id'], node) for node in message['nodes'])
        answer = self.decide(self)
        if isinstance(answer, list):
            answer = {'code': ANSWER, 'jobs': answer}
        if isinstance(answer, dict):
            answer = json.dumps(answer).encode()
        for text in answer if isinstance(answer, tuple) else [answer] if answer is not None else []:
            socket.send(text)

    def stop(self) -> None:
        """Ends the thread; raises what its function raised."""
        self._stopped.set()
        self.join(PATIENCE)
        assert not self.is_alive(), 'the scheduler hangs'
        if self.failure:
            raise self.failure


class PythonScheduler(Peer):
    """A scheduling function behind the Python package."""

    def __init__(self, url: str, schedule: Callable[..., Any]) -> None:
        super().__init__(url, lambda peer: None)
        self.schedule = schedule

    def run(self) -> None:
        try:
            pass_algorithm(self.schedule, self.url)
        except BaseException as failure:
            self.failure = failure

    def stop(self) -> None:
        self.join(PATIENCE)
        super().stop()


def start_pending(peer: Peer, limit: int | None = None) -> list[Json]:
    """Entries that start waiting jobs in order on the free nodes, as large as they may be (but not larger than
    the limit, if the job allows), until one does not fit."""
    free, entries = peer.free(), []
    for job in peer.in_state(PENDING):
        least = job.get('num_nodes', job.get('num_nodes_min'))
        most = job.get('num_nodes', job.get('num_nodes_max'))
        count = min(most, len(free), max(least, limit or most))
        if count < least:
            break
        entries.append(change(job['id'], free[:count]))
        del free[:count]
    return entries


def start_on(nodes: Mapping[int, Iterable[int]], gpus: int | None = None) -> Callable[[Peer], list[Json]]:
    """A function for a Peer that starts each job on the given nodes as soon as it is submitted."""
    return lambda peer: [change(job['id'], list(nodes[job['id']]), gpus) for job in peer.in_state(PENDING)
                         if job['id'] in nodes]
