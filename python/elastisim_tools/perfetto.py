"""elastisim-report --perfetto: a run as a trace that ui.perfetto.dev and chrome://tracing open.

The format is the JSON of trace events ("Trace Event Format", Google): slices with begin and length in microseconds,
here of simulated time, on threads of processes. There are these processes: nodes (a thread each, with the jobs on it),
jobs (a thread each: waiting, running, phases, reconfigurations), tasks (a thread for each node, where task_times were
written), the machine (counters: jobs that wait, nodes in use), and the conditions of nodes that are not always up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .run import Job, Run, read_journal
from .series import Attempts, queue_length, runs_of, waits_of
from .tasks import read_task_times
from .timeline import Timeline, timeline_of

NODES, JOBS, TASKS, MACHINE, CONDITIONS = range(1, 6)
PROCESSES = {NODES: 'nodes', JOBS: 'jobs', TASKS: 'tasks', MACHINE: 'machine'}
# Apart from the jobs on nodes, which a node that drains still has: slices of a thread can't overlap.
OF_CONDITIONS = {CONDITIONS: 'conditions of nodes'}

Event = dict[str, Any]


def _time(seconds: float) -> float:
    """In microseconds, to the nanosecond."""
    return round(seconds * 1e6, 3)


def _slice(process: int, thread: int, name: str, begin: float, end: float, **facts: Any) -> Event:
    return {'ph': 'X', 'pid': process, 'tid': thread, 'name': name, 'ts': _time(begin),
            'dur': round(_time(end) - _time(begin), 3), 'args': facts}


def _name(kind: str, process: int, thread: int, name: str) -> Event:
    return {'ph': 'M', 'pid': process, 'tid': thread, 'name': kind, 'args': {'name': name}}


def _title(job: Job) -> str:
    return f'{job.id} {job.name}' if job.name else f'job {job.id}'


# --- Jobs -------------------------------------------------------------------------------------------


def _of_jobs(run: Run, attempts: Attempts) -> Iterator[Event]:
    for job in run.jobs:
        yield _name('thread_name', JOBS, job.id, f'{_title(job)} ({job.type})')
        runs = runs_of(job, attempts)
        for (begin, end), _ in zip(waits_of(job, attempts), runs):
            yield _slice(JOBS, job.id, 'wait', begin, end)
        for number, (begin, end) in enumerate(runs, 1):
            if end < 0:
                continue
            if number <= len(tries := attempts.get(job.id, ())) and tries[number - 1].lost:
                yield _slice(JOBS, job.id, 'lost its nodes', begin, end, attempt=number)
            else:
                yield _slice(JOBS, job.id, 'run', begin, end, status=job.status, nodes_at_start=job.nodes_at_start,
                             node_seconds=job.node_seconds)


def _of_phases(journal: Path, end: float) -> Iterator[Event]:
    """Phases and reconfigurations as the journal has them; what a run that broke off left open ends with it."""
    phases: dict[int, tuple[float, int]] = {}
    changes: dict[int, float] = {}

    def close(job: int, time: float) -> Iterator[Event]:
        if job in changes:
            yield _slice(JOBS, job, 'reconfiguration', changes.pop(job), time)
        if job in phases:
            begin, phase = phases.pop(job)
            yield _slice(JOBS, job, f'phase {phase}', begin, time)

    for event in read_journal(journal):
        job, time = event.get('job', -1), event['time']
        if event['kind'] == 'phase':
            yield from close(job, time)
            phases[job] = (time, event['phase'])
        elif event['kind'] == 'reconfiguration_begin':
            changes[job] = time
        elif event['kind'] == 'reconfiguration_end' and job in changes:
            yield _slice(JOBS, job, 'reconfiguration', changes.pop(job), time)
        elif event['kind'] in ('requeue', 'complete', 'kill'):
            yield from close(job, time)
    for job in sorted({*phases, *changes}):
        yield from close(job, end)


def _of_suspensions(timeline: Timeline) -> Iterator[Event]:
    for suspension in timeline.suspensions:
        yield _slice(JOBS, suspension.job, 'suspended', suspension.begin, suspension.end)


# --- Nodes and tasks ----------------------------------------------------------------------------------


def _of_nodes(run: Run, timeline: Timeline) -> Iterator[Event]:
    jobs = {job.id: job for job in run.jobs}
    for number, name in enumerate(timeline.nodes):
        yield _name('thread_name', NODES, number, name)
    for allocation in timeline.allocations:
        job = jobs.get(allocation.job)
        name = _title(job) if job else f'job {allocation.job}'
        for node in allocation.nodes:
            yield _slice(NODES, node, name, allocation.begin, allocation.end, job=allocation.job,
                         type=job.type if job else '', nodes=len(allocation.nodes))


def _of_conditions(timeline: Timeline) -> Iterator[Event]:
    for node in sorted({node for outage in timeline.outages for node in outage.nodes}):
        yield _name('thread_name', CONDITIONS, node, timeline.nodes[node])
    for outage in timeline.outages:
        for node in outage.nodes:
            yield _slice(CONDITIONS, node, outage.kind, outage.begin, outage.end)


def _of_tasks(path: Path, nodes: list[str]) -> Iterator[Event]:
    """The rows of task_times say when a task ended, and how long it took."""
    numbers = {name: number for number, name in enumerate(nodes)}
    named = set()
    for row in read_task_times(path):
        node = numbers.setdefault(row.node, len(numbers))
        if node not in named:
            named.add(node)
            yield _name('thread_name', TASKS, node, row.node)
        yield _slice(TASKS, node, row.task, row.end - row.seconds, row.end, job=row.job)


# --- The machine ----------------------------------------------------------------------------------------


def _of_machine(run: Run, timeline: Timeline | None) -> Iterator[Event]:
    waiting = queue_length(run.jobs, timeline.attempts if timeline else None)
    for time, value in zip(waiting.times, waiting.values):
        yield _counter('waiting jobs', time, value)
    if timeline:
        for time, value in zip(timeline.allocated.times, timeline.allocated.values):
            yield _counter('allocated nodes', time, value)


def _counter(name: str, time: float, value: float) -> Event:
    return {'ph': 'C', 'pid': MACHINE, 'tid': 0, 'name': name, 'ts': _time(time), 'args': {name: value}}


# --- All of it --------------------------------------------------------------------------------------------


def trace_of(run: Run) -> Iterator[Event]:
    """The events of the trace: names first, then what happened, from whatever result files there are."""
    timeline = timeline_of(run)
    processes = PROCESSES | (OF_CONDITIONS if timeline and timeline.outages else {})
    for process, name in processes.items():
        yield {'ph': 'M', 'pid': process, 'tid': 0, 'name': 'process_name', 'args': {'name': name}}
        yield {'ph': 'M', 'pid': process, 'tid': 0, 'name': 'process_sort_index', 'args': {'sort_index': process}}
    if timeline:
        yield from _of_nodes(run, timeline)
        yield from _of_conditions(timeline)
    yield from _of_jobs(run, timeline.attempts if timeline else {})
    if timeline:
        yield from _of_suspensions(timeline)
    if 'events' in run.files:
        yield from _of_phases(run.files['events'], run.last_end)
    if 'task_times' in run.files:
        yield from _of_tasks(run.files['task_times'], list(timeline.nodes) if timeline else [])
    yield from _of_machine(run, timeline)


def write_trace(run: Run, path: Path) -> None:
    with open(path, 'w', encoding='utf-8') as file:
        file.write('{"displayTimeUnit":"ms","traceEvents":[\n')
        _write_all(trace_of(run), file.write)
        file.write('\n]}\n')


def _write_all(events: Iterable[Event], write: Any) -> None:
    separator = ''
    for event in events:
        write(separator + json.dumps(event, separators=(',', ':')))
        separator = ',\n'
