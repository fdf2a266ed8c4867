"""Standard Workload Format 2.2 (Chapin et al. 1999), as the Parallel Workloads Archive writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Optional

from .dates import iso_date
from .machine import Machine
from .record import CANCELLED, COMPLETED, FAILED, PARTIAL, UNKNOWN, Dependency, LogError, Record
from .report import DROPPED, MENDED, NOTED, Report, Rule

FIELDS = ('job number', 'submit time', 'wait time', 'run time', 'allocated processors', 'average CPU time',
          'used memory', 'requested processors', 'requested time', 'requested memory', 'status', 'user', 'group',
          'executable', 'queue', 'partition', 'preceding job', 'think time')

# What becomes of a job whose field is -1, for the help and the docs. The rules below do it.
UNKNOWN_FIELDS = (
    'the row is numbered by its line',
    'the row is dropped',
    'the recorded start is not known',
    'see --no-runtime',
    'the requested number counts; without it the row is dropped',
    'only wanted by --no-runtime cpu',
    'nothing: it is not used',
    'the allocated number counts; without it the row is dropped',
    'no walltime',
    'no attribute',
    'taken as completed',
    'no attribute', 'no attribute', 'no attribute', 'no attribute', 'no attribute',
    'no dependency',
    'taken as 0',
)

STATUS = {0.0: FAILED, 1.0: COMPLETED, 2.0: PARTIAL, 3.0: PARTIAL, 4.0: PARTIAL, 5.0: CANCELLED, -1.0: UNKNOWN}

MALFORMED = Rule('malformed', DROPPED, 'the row is not 18 numbers')
PARTIAL_ROW = Rule('partial_execution', DROPPED, 'one part of a job that was checkpointed (status 2 to 4); the row '
                   'with status 0 or 1 stands for all of it')
NO_SUBMIT = Rule('no_submit_time', DROPPED, 'when the job was submitted is not known')
NO_SIZE = Rule('no_processors', DROPPED, 'neither allocated nor requested processors are known')
SIZE_FROM_REQUEST = Rule('size_from_request', MENDED, 'allocated processors are not known; the requested number counts')
SIZE_FROM_USE = Rule('size_from_allocation', MENDED, 'requested processors are not known; the allocated number counts')
NEVER_STARTED = Rule('cancelled_before_start', DROPPED, 'the job was cancelled (status 5) and has no run time: it '
                     'never ran')
NO_RUNTIME = Rule('no_runtime', DROPPED, 'how long the job ran is not known')
RUNTIME_FROM_CPU = Rule('runtime_from_cpu', MENDED, 'run time is not known; the average CPU time counts')
RUNTIME_FROM_REQUEST = Rule('runtime_from_request', MENDED, 'run time is not known; the requested time counts')
NO_NUMBER = Rule('no_job_number', MENDED, 'the job has no number; its line is its name')
FRACTION = Rule('part_of_a_node', NOTED, 'the processors do not fill the last node; the job gets it whole')
BAD_STATUS = Rule('status', MENDED, 'the status is none of -1 to 5; taken as not known')

HEADER_LINE = re.compile(r';\s*(\w+):\s*(.*)')


@dataclass
class Header:
    """The comments before the first row. Values as they are there."""

    values: dict[str, str] = field(default_factory=dict)
    queues: dict[float, str] = field(default_factory=dict)
    partitions: dict[float, str] = field(default_factory=dict)

    def take(self, line: bytes) -> None:
        match = HEADER_LINE.match(line.decode('utf-8', 'replace').strip())
        if not match:
            return
        key, value = match[1], match[2].strip()
        if key in ('Queue', 'Partition'):
            number, _, name = value.partition(' ')
            if re.fullmatch(r'\d{1,9}', number) and name.strip():
                (self.queues if key == 'Queue' else self.partitions)[float(number)] = name.strip()
        else:
            self.values.setdefault(key, value)

    def number(self, key: str) -> Optional[int]:
        match = re.match(r'\d{1,15}', self.values.get(key, ''))
        return int(match[0]) if match and int(match[0]) > 0 else None

    def machine(self, nodes: Optional[int], cores: Optional[int]) -> Machine:
        """MaxNodes and MaxProcs say how many processors a node has, unless the user does. nodes is None where nobody
        knows: then the largest job fills the machine."""
        max_nodes, max_procs = self.number('MaxNodes'), self.number('MaxProcs')
        if cores is None:
            even = max_nodes and max_procs and max_procs % max_nodes == 0
            cores = max_procs // max_nodes if max_nodes and max_procs and even else 1
            max_nodes = max_nodes if even or not max_procs else max_procs
        elif max_procs:
            max_nodes = -(-max_procs // cores)
        return Machine(nodes or max_nodes, cores)

    def start_date(self) -> Optional[str]:
        start = re.match(r'-?\d{1,12}', self.values.get('UnixStartTime', ''))
        offset = re.match(r'-?\d{1,6}', self.values.get('TimeZone', ''))
        if not start:
            return None
        return iso_date(int(start[0]), self.values.get('TimeZoneString'), int(offset[0]) if offset else None)


@dataclass(frozen=True)
class Options:
    size: str = 'allocated'  # or 'requested'
    no_runtime: str = 'drop'  # or 'cpu', 'request'
    dependencies: str = 'keep'  # or 'feedback', 'ignore'


class Reader:
    """Rows of a log as records. `header` and `machine` are known as soon as the first record is."""

    def __init__(self, lines: Iterable[bytes], report: Report, options: Options, nodes: Optional[int] = None,
                 cores: Optional[int] = None) -> None:
        self.header = Header()
        self.machine = Machine(nodes, cores or 1)
        self._lines = lines
        self._report = report
        self._options = options
        self._asked = (nodes, cores)
        self._names: tuple[dict[float, str], ...] = ({}, {}, {}, self.header.queues, self.header.partitions)
        self._unknown: dict[tuple[bool, ...], int] = {}

    def __iter__(self) -> Iterator[Record]:
        report, header, unknown, started = self._report, self.header, self._unknown, False
        absent = (-1.0).__eq__
        for number, line in enumerate(self._lines, 1):
            if line.startswith(b';') or line.isspace():
                header.take(line)
                continue
            if not started:
                self.machine = header.machine(*self._asked)
                started = True
            report.read += 1
            fields = line.split()
            try:
                values = list(map(float, fields))
                total = sum(values)
                if len(values) != 18 or total - total or b'_' in line:
                    raise ValueError
            except (ValueError, OverflowError):
                report.note(MALFORMED, number, _malformation(fields))
                continue
            pattern = tuple(map(absent, values))
            unknown[pattern] = unknown.get(pattern, 0) + 1
            record = self._record(number, values)
            if record is not None:
                yield record
        self._count_unknown()

    def _record(self, line: int, v: list[float]) -> Optional[Record]:
        note = self._report.note
        status = STATUS.get(v[10])
        if status is None:
            note(BAD_STATUS, line, f'status {v[10]:g}')
            status = UNKNOWN
        elif status is PARTIAL:
            note(PARTIAL_ROW, line, f'job {v[0]:.0f}, status {v[10]:g}')
            return None
        if v[1] < 0:
            note(NO_SUBMIT, line, f'submit time {v[1]:g}')
            return None
        runtime = v[3] if v[3] >= 0 else self._runtime(line, v, status)
        if runtime is None:
            return None
        if status is CANCELLED and runtime == 0:
            note(NEVER_STARTED, line, f'job {v[0]:.0f}')
            return None
        processors = self._processors(line, v)
        if processors is None:
            return None
        if v[0] < 0:
            note(NO_NUMBER, line, f'job number {v[0]:g}')
        record = Record(line, str(int(v[0])) if v[0] >= 0 else f'line{line}', v[1])
        record.status = status
        record.runtime = runtime
        if v[2] >= 0:
            record.start = v[1] + v[2]
        cores = self.machine.cores
        record.nodes = nodes = ceil(processors / cores)
        if nodes * cores != processors:
            note(FRACTION, line, f'{processors:g} processors, {cores} in a node')
        if v[8] > 0:
            record.walltime = v[8]
        self._describe(record, v)
        if v[16] >= 0 and self._options.dependencies != 'ignore':
            record.dependencies = [Dependency('after_any', f'{v[16]:.0f}', max(0.0, v[17]))]
        return record

    def _runtime(self, line: int, v: list[float], status: str) -> Optional[float]:
        """The run time of a job whose field is -1."""
        note, choice = self._report.note, self._options.no_runtime
        if status is CANCELLED:
            note(NEVER_STARTED, line, f'job {v[0]:.0f}')
            return None
        if choice == 'cpu' and v[5] >= 0:
            note(RUNTIME_FROM_CPU, line, f'{v[5]:g} s')
            return v[5]
        if choice == 'request' and v[8] > 0:
            note(RUNTIME_FROM_REQUEST, line, f'{v[8]:g} s')
            return v[8]
        note(NO_RUNTIME, line, f'job {v[0]:.0f}, run time {v[3]:g}')
        return None

    def _processors(self, line: int, v: list[float]) -> Optional[float]:
        allocated, requested = v[4], v[7]
        if self._options.size == 'allocated':
            if allocated > 0:
                return allocated
            if requested > 0:
                self._report.note(SIZE_FROM_REQUEST, line, f'{requested:g} processors')
                return requested
        elif requested > 0:
            return requested
        elif allocated > 0:
            self._report.note(SIZE_FROM_USE, line, f'{allocated:g} processors')
            return allocated
        self._report.note(NO_SIZE, line, f'job {v[0]:.0f}')
        return None

    def _describe(self, record: Record, v: list[float]) -> None:
        attributes = record.attributes
        for key, value, names in zip(ATTRIBUTES, v[11:16], self._names):
            if value >= 0:
                attributes[key] = names.get(value) or str(int(value))
        if record.status is not UNKNOWN:
            attributes['status'] = record.status
        if v[9] > 0:
            attributes['memory_kb'] = v[9]

    def _count_unknown(self) -> None:
        for pattern, count in self._unknown.items():
            for name, absent in zip(FIELDS, pattern):
                if absent:
                    self._report.unknown[name] += count


# Fields 12 to 16.
ATTRIBUTES = ('user', 'group', 'executable', 'queue', 'partition')


def _malformation(fields: list[bytes]) -> str:
    if len(fields) != 18:
        return f'{len(fields)} fields; a row has 18'
    for text, name in zip(fields, FIELDS):
        try:
            value = float(text)
            if value - value or b'_' in text:
                raise ValueError
        except ValueError:
            return f"{name} is '{text.decode('utf-8', 'replace')[:40]}', not a number"
    return 'the numbers are too large'


def check_header(header: Header, source: str) -> None:
    """A file without rows and header is more likely not a log than an empty one."""
    if not header.values:
        raise LogError(f'{source}: neither a header nor rows of 18 numbers; is this Standard Workload Format?')
