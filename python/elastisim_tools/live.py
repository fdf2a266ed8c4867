"""A run as its live stream tells it: what is known of jobs, nodes and time so far.

Who subscribes late has missed the beginning: whatever an event mentions is then taken to have been there.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]  # an object of docs/events.md

# Longest list of nodes or jobs that is written out, in ranges.
SHOWN_RANGES = 6


@dataclass
class LiveJob:
    """A job that waits or runs. Times in simulated seconds; None where the stream did not tell."""

    id: int
    type: str = ''
    name: str = ''
    nodes_min: int | None = None
    nodes_max: int | None = None
    submitted: float | None = None
    started: float | None = None
    num_nodes: int | None = None
    phase: int | None = None
    iteration: int | None = None
    state: str = 'pending'
    is_suspended: bool = False
    requeues: int = 0

    @property
    def condition(self) -> str:
        """What it does, in a word or two."""
        return 'suspended' if self.is_suspended else self.state


@dataclass
class LiveNode:
    """A node: its state, and the jobs that run there and are expected there. One that drains may run jobs."""

    state: str = 'free'
    running: list[int] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)


@dataclass
class LiveRun:
    """What the events so far add up to."""

    time: float = 0
    events: int = 0
    scheduler: str = ''
    num_nodes: int = 0  # at least so many
    nodes: dict[int, LiveNode] = field(default_factory=dict)
    pending: dict[int, LiveJob] = field(default_factory=dict)
    running: dict[int, LiveJob] = field(default_factory=dict)
    completed: int = 0
    killed: int = 0
    cancelled: int = 0
    requeues: int = 0
    invocations: int = 0
    end: Event | None = None
    last: deque[str] = field(default_factory=lambda: deque(maxlen=100))  # events but those of nodes, as lines

    def apply(self, topic: str, event: Event) -> None:
        """Takes one event in."""
        self.time = event['time']
        self.events += 1
        if topic == 'node.changed':
            self._node(event)
            return
        self.last.append(event_line(topic, event))
        kind = event['kind']
        if topic.startswith('job.'):
            self._job(kind, event)
        elif topic == 'scheduler.invocation':
            self.invocations += 1
        elif topic == 'run.begin':
            self.scheduler = event['scheduler']
            self.num_nodes = len(event['nodes'])
        elif topic == 'run.end':
            self.completed, self.killed, self.end = event['completed'], event['killed'], event

    def count_nodes(self, state: str) -> int:
        return sum(node.state == state for node in self.nodes.values())

    def count_busy(self) -> int:
        """Nodes that run jobs: one that drains may."""
        return sum(bool(node.running) for node in self.nodes.values())

    def _node(self, event: Event) -> None:
        number = event['node']
        self.nodes[number] = LiveNode(event['state'], event['running'], event['expected'])
        self.num_nodes = max(self.num_nodes, number + 1)

    def _job(self, kind: str, event: Event) -> None:
        number = event['job']
        if kind == 'submit':
            self.pending[number] = LiveJob(number, event['type'], event.get('name', ''), event['num_nodes_min'],
                                           event['num_nodes_max'], event['time'])
        elif kind == 'cancel':
            self.cancelled += 1
        elif kind == 'requeue':
            self._requeue(number)
        elif kind in ('complete', 'kill'):
            self.pending.pop(number, None)
            self.running.pop(number, None)
            self.completed += kind == 'complete'
            self.killed += kind == 'kill'
        else:
            self._goes_on(kind, self._running(number), event)

    def _requeue(self, number: int) -> None:
        """The job has lost its nodes and waits again."""
        job = self._running(number)
        self.pending[number] = self.running.pop(number)
        job.state, job.started, job.num_nodes, job.phase, job.iteration = 'pending', None, None, None, None
        job.is_suspended = False
        job.requeues += 1
        self.requeues += 1

    def _running(self, number: int) -> LiveJob:
        """The job, which runs if anything but its submission and its end is told."""
        if number not in self.running:
            self.running[number] = self.pending.pop(number, LiveJob(number))
            self.running[number].state = 'running'
        return self.running[number]

    def _goes_on(self, kind: str, job: LiveJob, event: Event) -> None:
        if kind == 'start':
            job.started, job.num_nodes = event['time'], len(event['nodes'])
        elif kind == 'phase':
            job.phase = event['phase']
        elif kind == 'iteration':
            job.phase, job.iteration = event['phase'], event['iteration']
        elif kind == 'reserve':
            job.state = 'change waits'
        elif kind == 'reconfiguration_begin':
            job.state, job.num_nodes = 'reconfigures', len(event['nodes'])
        elif kind in ('withdraw', 'reconfiguration_end'):
            job.state = 'running'
        elif kind in ('suspend', 'continue'):
            job.is_suspended = kind == 'suspend'


# --- Events as text ------------------------------------------------------------------------------------------


def duration_text(seconds: float) -> str:
    """As the progress bar of the simulator has it: 04:05:06, or 3 d 04:05:06."""
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    clock = f'{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}'
    return f'{days} d {clock}' if days else clock


def range_text(numbers: Iterable[int]) -> str:
    """0-3,7,9-12, in the order given; what is long is cut."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    parts = [f'{first}-{last}' if last > first else str(first) for first, last in ranges[:SHOWN_RANGES]]
    return ','.join(parts + ['...'] * (len(ranges) > SHOWN_RANGES)) or 'none'


def _value_text(value: Any) -> str:
    if isinstance(value, list):
        return range_text(value)
    return value if isinstance(value, str) and value and ' ' not in value else json.dumps(value, ensure_ascii=False)


def event_line(topic: str, event: Event) -> str:
    """Time, topic and fields of an event on one line."""
    if topic == 'run.begin':
        event = {'time': event['time'], 'version': event['version'], 'scheduler': event['scheduler'],
                 'num_nodes': len(event['nodes'])}
    fields = ' '.join(f'{key}={_value_text(value)}' for key, value in event.items() if key not in ('time', 'kind'))
    return f'{event["time"]:.3f} {topic} {fields}'.rstrip()
