"""What a log says of a job, whatever the format of the log."""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

Value = Union[str, int, float, bool]

# How a job ended, in words that all logs share.
COMPLETED, FAILED, CANCELLED, TIMEOUT, PARTIAL, UNKNOWN = (
    'completed', 'failed', 'cancelled', 'timeout', 'partial', 'unknown')


class LogError(Exception):
    """A log can't be read: where (FILE:LINE), what is wrong and what to do, in one sentence."""


class Dependency(NamedTuple):
    """On the job of that number: 'after' its start, 'after_ok', 'after_not_ok' or 'after_any' of its ends, and that
    many seconds later."""

    kind: str
    number: str
    delay: float = 0.0


class Record:
    """A job as the log has it. Times in seconds; submit and start on the log's clock; None for what is not known.

    `name` is the job's number in the log. `nodes` is the number of nodes that it is to run on, `walltime` the time that
    was asked for (0 for no limit, None for not known). `application` names the model that it runs, a delay of `runtime`
    seconds unless a reader says otherwise; `arguments` are that model's.
    """

    __slots__ = ('line', 'name', 'submit', 'start', 'runtime', 'nodes', 'gpus', 'walltime', 'estimate', 'status',
                 'attributes', 'dependencies', 'application', 'arguments')

    line: int
    name: str
    submit: float
    start: Optional[float]
    runtime: Optional[float]
    nodes: int
    gpus: int
    walltime: Optional[float]
    estimate: Optional[float]
    status: str
    attributes: dict[str, Value]
    dependencies: list[Dependency]
    application: str
    arguments: dict[str, Value]

    def __init__(self, line: int, name: str, submit: float) -> None:
        self.line = line
        self.name = name
        self.submit = submit
        self.start = self.runtime = self.walltime = self.estimate = None
        self.nodes = self.gpus = 0
        self.status = UNKNOWN
        self.attributes = {}
        self.dependencies = []
        self.application = DELAY
        self.arguments = {}


DELAY = 'delay'
