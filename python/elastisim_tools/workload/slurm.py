"""What Slurm says of jobs that ended: `sacct -P` with any columns, and the file of the plugin jobcomp/filetxt."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import ceil
from typing import Optional

from . import hostlist
from .machine import Machine
from .record import CANCELLED, COMPLETED, FAILED, TIMEOUT, Dependency, LogError, Record
from .report import DROPPED, FOLDED, MENDED, NOTED, Report, Rule

# Columns without which there is no job, each with what else tells the same.
NEEDED = {'jobid': ('jobidraw',), 'submit': (), 'start': (), 'end': ('elapsedraw', 'elapsed')}

# Names of the jobcomp file -> those of sacct.
JOBCOMP = {'submittime': 'submit', 'eligibletime': 'eligible', 'starttime': 'start', 'endtime': 'end',
           'name': 'jobname', 'userid': 'user', 'groupid': 'group', 'jobstate': 'state', 'nodecnt': 'nnodes',
           'proccnt': 'alloccpus',
           'tres': 'alloctres'}

STATES = {
    'COMPLETED': COMPLETED, 'FAILED': FAILED, 'BOOT_FAIL': FAILED, 'NODE_FAIL': FAILED, 'OUT_OF_MEMORY': FAILED,
    'LAUNCH_FAILED': FAILED, 'RECONFIG_FAIL': FAILED, 'CANCELLED': CANCELLED, 'REVOKED': CANCELLED,
    'PREEMPTED': CANCELLED, 'REQUEUED': CANCELLED, 'SPECIAL_EXIT': FAILED,
    'REQUEUE_FED': CANCELLED, 'REQUEUE_HOLD': CANCELLED,
    'TIMEOUT': TIMEOUT, 'DEADLINE': TIMEOUT,
}
WAITING = ('PENDING', 'REQUEUE_HOLD', 'RESV_DEL_HOLD')
UNFINISHED = ('RUNNING', 'SUSPENDED', 'COMPLETING', 'CONFIGURING', 'RESIZING', 'SIGNALING', 'STAGE_OUT', 'STOPPED')

# What says that there is no value.
NONE = ('', 'Unknown', 'None', 'N/A', '(null)', 'None assigned', 'unknown', 'Invalid')

MALFORMED = Rule('malformed', DROPPED, 'the row has not as many fields as the header')
TEXT_WITH_BAR = Rule('text_with_bar', MENDED, 'a name or a command holds the character between the fields; its parts '
                     'are joined')
STEP = Rule('step', FOLDED, "a step of a job; the job's own row stands for it")
NO_ID = Rule('no_job_id', DROPPED, 'the row has no job ID')
NO_SUBMIT = Rule('no_submit_time', DROPPED, 'when the job was submitted is not known')
PENDING = Rule('pending', DROPPED, 'the job had not started when the log was written')
PENDING_ARRAY = Rule('pending_array', DROPPED, 'tasks of an array that never started; a row stands for all of them')
NEVER_STARTED = Rule('cancelled_before_start', DROPPED, 'the job ended without having started')
STILL_RUNNING = Rule('unfinished', DROPPED, 'the job ran when the log was written; how long it will is not known')
CUT_SHORT = Rule('unfinished_kept', MENDED, 'the job ran when the log was written; it runs for as long as it had by '
                 'then')
NO_RUNTIME = Rule('no_runtime', DROPPED, 'neither elapsed time nor end are known')
END_FROM_STEPS = Rule('end_from_steps', MENDED, 'when the job ended is not known; its last step counts')
BACKWARDS = Rule('ends_before_start', DROPPED, 'the job ends before it starts')
CLOCK = Rule('clock_change', MENDED, 'the clock was put back between submission and start: an hour is added')
STARTED_EARLY = Rule('started_before_submit', NOTED, 'the job started before it was submitted; the recorded wait is '
                     'below 0')
BAD_TIME = Rule('bad_time', DROPPED, 'a time is neither a date such as 2024-02-29T13:05:00 nor seconds since 1970')
MOST_NODES = 1 << 20  # of a job: a list of more is a slip

BAD_FIELD = Rule('bad_field', MENDED, 'a field can\'t be understood and is taken as not known')
NO_SIZE = Rule('no_nodes', DROPPED, 'how many nodes the job had is not known')
SIZE_FROM_REQUEST = Rule('size_from_request', MENDED, 'allocated nodes are not known; the requested number counts')
SIZE_FROM_CPUS = Rule('size_from_cpus', MENDED, 'nodes are not known; CPUs by CPUs per node count')
PART = Rule('part_of_a_node', NOTED, 'the CPUs do not fill the nodes; the job gets them whole')
GPUS_UNEVEN = Rule('uneven_gpus', MENDED, 'the GPUs are spread unevenly over the nodes; each gets as many as the '
                   'fullest')
REQUEUED = Rule('requeued', MENDED, 'the job was requeued: this run is a job of its own, which waits for the one '
                'before it')
ELIGIBLE_LATER = Rule('eligible_later', NOTED, 'the job could not start when it was submitted (a hold, --begin, a '
                      'dependency); it is submitted when it was eligible')
UNLIMITED = Rule('unlimited', NOTED, 'the time limit is UNLIMITED; the job has no walltime')
PARTITION_LIMIT = Rule('partition_limit', MENDED, "the time limit is that of the partition; the walltime is its "
                       'MaxTime where --slurm-conf says it, else there is none')
HET_JOB = Rule('heterogeneous', NOTED, 'a component of a heterogeneous job is a job of its own')
OTHER_PARTITION = Rule('other_partition', DROPPED, 'the job ran in a partition that --partition does not name')
DEPENDENCY_LOST = Rule('dependency_not_kept', NOTED, 'a dependency other than after, afterany, afterok or afternotok '
                       'on jobs (singleton, burst buffer...) is left out')

KINDS = {'after': 'after', 'afterany': 'after_any', 'afterok': 'after_ok', 'afternotok': 'after_not_ok',
         'aftercorr': 'after_ok'}


@dataclass(frozen=True)
class Options:
    zone: tzinfo
    delimiter: str = '|'
    submit: str = 'eligible'  # or 'recorded'
    unfinished: str = 'drop'  # or 'keep'
    dependencies: str = 'keep'  # or 'ignore'
    unit: str = 'node'  # or 'cpu'
    partitions: frozenset[str] = frozenset()


class Clock:
    """Local times as seconds since 1970."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._tens: dict[str, float] = {}  # times by all but the last four characters: ten minutes each

    def __call__(self, text: str) -> Optional[float]:
        """None for no time; raises ValueError for what is none."""
        if text in NONE:
            return None
        known = self._tens.get(text[:15])
        if known is not None and len(text) == 19 and text[15:].replace(':', '', 1).isdecimal() and text[17] < '6':
            return known + 60 * int(text[15]) + int(text[17:19])
        if text.isdecimal():
            return float(text)
        moment = datetime.fromisoformat(re.sub(r'([+-]\d\d)(\d\d)$', r'\1:\2', text.replace('Z', '+00:00')))
        if moment.tzinfo is not None:
            return moment.timestamp()
        ten = moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0, tzinfo=self._zone).timestamp()
        if len(self._tens) < 1 << 16:
            self._tens[text[:15]] = ten
        return ten + moment.minute % 10 * 60 + moment.second + moment.microsecond / 1e6

    def put_back(self, seconds: float) -> float:
        """By how much the clock is put back on that day: what an ambiguous time may be off by."""
        before, after = (datetime.fromtimestamp(seconds + hours * 3600, self._zone).utcoffset() for hours in (-12, 12))
        return max(0.0, ((before or timedelta()) - (after or timedelta())).total_seconds())


def span(text: str) -> Optional[float]:
    """Seconds of [DAYS-][[HOURS:]MINUTES:]SECONDS; None for no value. Raises ValueError for what is none."""
    if text in NONE:
        return None
    match = re.fullmatch(r'(?:(\d+)-)?(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d+)?)', text)
    if not match:
        raise ValueError(text)
    days, first, second, last = match.groups()
    if days and first is None:  # D-HH
        return int(days) * 86400 + float(last) * 3600
    if days and second is None:  # D-HH:MM
        return int(days) * 86400 + int(first) * 3600 + float(last) * 60
    hours, minutes = (first, second) if second is not None else (None, first)
    return int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(last)


def tres(text: str) -> dict[str, float]:
    """cpu=4,mem=8G,node=2,gres/gpu=4: those that are plain numbers."""
    found = {}
    for part in text.split(','):
        key, _, value = part.partition('=')
        if re.fullmatch(r'\d+(\.\d+)?', value):
            found[key.strip().lower()] = float(value)
    return found


def gpus_of(resources: Mapping[str, float]) -> int:
    if 'gres/gpu' in resources:
        return int(resources['gres/gpu'])
    return int(sum(value for key, value in resources.items() if key.startswith('gres/gpu:')))


@dataclass
class Pending:
    """The job whose steps may follow."""

    line: int
    row: dict[str, str]
    last_step: Optional[float] = None


class Reader:
    """Rows as records; times are seconds since 1970. `limits` are those of the partitions, in seconds."""

    def __init__(self, lines: Iterable[bytes], report: Report, options: Options, machine: Machine,
                 limits: Optional[Mapping[str, Optional[float]]] = None) -> None:
        self._lines = lines
        self._report = report
        self._options = options
        self._limits = limits or {}
        self.machine = machine
        self._clock = Clock(options.zone)
        self._last_id = ''
        self._last_name = ''
        self._hosts: Optional[set[str]] = set() if machine.nodes is None else None
        self._arrays: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator[Record]:
        pending: Optional[Pending] = None
        for line, row in self.rows():
            identifier = row.get('jobid') or row.get('jobidraw') or ''
            if '.' in identifier:
                self._report.note(STEP, line, f'step {identifier}')
                if pending is not None and _job_of(identifier) == _job_of(pending.row.get('jobid', '')):
                    self._take_step(pending, row)
                continue
            if pending is not None:
                yield from self._finish(pending)
            pending = Pending(line, row)
        if pending is not None:
            yield from self._finish(pending)

    def _finish(self, pending: Pending) -> Iterator[Record]:
        try:
            record = self._record(pending)
        except ValueError as error:
            self._report.note(BAD_TIME, pending.line, str(error))
            return
        if record is not None:
            yield record

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Lines and rows by column, in small letters."""
        columns: Optional[list[str]] = None
        report = self._report
        for line, raw in enumerate(self._lines, 1):
            text = raw.decode('utf-8', 'replace').rstrip('\r\n')
            if not text.strip():
                continue
            if columns is None:
                if text.startswith('JobId='):
                    yield from self._jobcomp_row(line, text)
                    continue
                columns = self._header(text)
                continue
            report.read += 1
            fields = self._fields(line, columns, text)
            if fields is not None:
                yield line, dict(zip(columns, fields))

    def _header(self, text: str) -> list[str]:
        columns = [name.strip().lower() for name in text.split(self._options.delimiter)]
        if columns[-1] == '':
            columns.pop()
        missing = [name for name, others in NEEDED.items() if not any(one in columns for one in (name, *others))]
        if missing:
            wanted = ', '.join(missing)
            raise LogError(f'{self._report.source}:1: no column {wanted}; the first line names the columns: write '
                           'the log '
                           'with sacct -P -o JobID,Submit,Start,ElapsedRaw,TimelimitRaw,AllocTRES,... and no -n')
        return columns

    def _fields(self, line: int, columns: list[str], text: str) -> Optional[list[str]]:
        fields = text.split(self._options.delimiter)
        if len(fields) == len(columns) + 1 and fields[-1] == '':
            fields.pop()  # sacct -p
        if len(fields) != len(columns):
            joined = next((one for one in _joined(fields, columns, self._options.delimiter)
                           if _plausible(dict(zip(columns, one)))), None)
            if joined is None:
                self._report.note(MALFORMED, line, f'{len(fields)} fields; the header has {len(columns)}')
                return None
            self._report.note(TEXT_WITH_BAR, line, f'{len(fields)} fields; the header has {len(columns)}')
            fields = joined
        return [one.strip() for one in fields]

    def _jobcomp_row(self, line: int, text: str) -> Iterator[tuple[int, dict[str, str]]]:
        """KEY=VALUE pairs between spaces; a name may hold both."""
        self._report.read += 1
        found = re.findall(r'(\w+)=(.*?)(?= \w+=|\s*$)', text)
        row = {JOBCOMP.get(key.lower(), key.lower()): value.strip() for key, value in found}
        if 'arrayjobid' in row and 'arraytaskid' in row:
            row['jobid'] = f"{row['arrayjobid']}_{row['arraytaskid']}"
        row['user'] = re.sub(r'\(\d+\)$', '', row.get('user', ''))
        row['group'] = re.sub(r'\(\d+\)$', '', row.get('group', ''))
        yield line, row

    def _take_step(self, pending: Pending, row: Mapping[str, str]) -> None:
        try:
            end = self._clock(row.get('end', ''))
        except ValueError:
            return
        if end is not None and (pending.last_step is None or end > pending.last_step):
            pending.last_step = end

    @property
    def num_hosts(self) -> int:
        """How many nodes the rows so far name, where the machine was not known."""
        return len(self._hosts or ())

    # --- A row that is a job ------------------------------------------------------------------------------------------

    def _record(self, pending: Pending) -> Optional[Record]:
        line, row, note = pending.line, pending.row, self._report.note
        name = row.get('jobid') or row.get('jobidraw') or ''
        state = row.get('state', '').split(' ')[0].rstrip('+').upper()
        if name in NONE:
            note(NO_ID, line)
            return None
        if self._options.partitions and row.get('partition') not in self._options.partitions:
            note(OTHER_PARTITION, line, f"job {name}: {row.get('partition')}")
            return None
        if '[' in name:
            note(PENDING_ARRAY, line, f'job {name}')
            return None
        submit = self._clock(row.get('submit', ''))
        if submit is None:
            note(NO_SUBMIT, line, f'job {name}')
            return None
        start = self._clock(row.get('start', ''))
        runtime = self._runtime(pending, name, state, start)
        if runtime is None or start is None:
            return None
        record = Record(line, name, submit)
        record.status = STATES.get(state, COMPLETED)
        record.runtime = runtime
        if not self._set_size(record, row):
            return None
        self._set_start(record, start)
        self._set_walltime(record, row)
        self._describe(record, row)
        self._set_dependencies(record, row)
        return record

    def _runtime(self, pending: Pending, name: str, state: str, start: Optional[float]) -> Optional[float]:
        line, row, note = pending.line, pending.row, self._report.note
        if state in WAITING:
            note(PENDING, line, f'job {name}')
            return None
        if start is None or row.get('nodelist') in NONE[1:]:
            note(NEVER_STARTED, line, f'job {name}')
            return None
        runtime = self._number(line, row, 'elapsedraw')
        if runtime is None and row.get('elapsed') is not None:
            runtime = span(row['elapsed'])
        if state in UNFINISHED:
            if self._options.unfinished == 'drop' or runtime is None:
                note(STILL_RUNNING, line, f'job {name}')
                return None
            note(CUT_SHORT, line, f'job {name}')
            return runtime
        return runtime if runtime is not None else self._from_end(pending, name, start)

    def _from_end(self, pending: Pending, name: str, start: float) -> Optional[float]:
        line, note = pending.line, self._report.note
        end = self._clock(pending.row.get('end', ''))
        if end is None:
            if pending.last_step is None:
                note(NO_RUNTIME, line, f'job {name}')
                return None
            note(END_FROM_STEPS, line, f'job {name}')
            end = pending.last_step
        if end < start:
            note(BACKWARDS, line, f'job {name}')
            return None
        return end - start

    def _number(self, line: int, row: Mapping[str, str], key: str) -> Optional[float]:
        text = row.get(key, '')
        if text in NONE:
            return None
        if not re.fullmatch(r'\d{1,15}(\.\d{1,9})?', text):
            self._report.note(BAD_FIELD, line, f"{key} is '{text[:40]}'")
            return None
        return float(text)

    def _node_list(self, line: int, row: Mapping[str, str]) -> list[hostlist.NodeRange]:
        text = row.get('nodelist', '')
        if text in NONE:
            return []
        try:
            ranges = list(hostlist.parse(text))
        except LogError:
            ranges = []
        if not ranges or sum(one.size for one in ranges) > MOST_NODES:
            self._report.note(BAD_FIELD, line, f"nodelist is '{text[:40]}'")
            return []
        return ranges

    def _set_size(self, record: Record, row: Mapping[str, str]) -> bool:
        note, line, cores = self._report.note, record.line, self.machine.cores
        resources = tres(row.get('alloctres', ''))
        cpus = resources.get('cpu') or self._number(line, row, 'alloccpus') or self._number(line, row, 'ncpus')
        nodes = resources.get('node') or self._number(line, row, 'allocnodes') or self._number(line, row, 'nnodes')
        listed = self._node_list(line, row)
        if not nodes and listed:
            nodes = float(sum(one.size for one in listed))
        if not nodes and cpus:
            nodes = float(ceil(cpus / cores))
            note(SIZE_FROM_CPUS, line, f'job {record.name}: {cpus:g} CPUs')
        if not nodes:
            nodes = tres(row.get('reqtres', '')).get('node') or self._number(line, row, 'reqnodes')
            if not nodes:
                note(NO_SIZE, line, f'job {record.name}')
                return False
            note(SIZE_FROM_REQUEST, line, f'job {record.name}')
        record.nodes = int(nodes)
        if self._hosts is not None:
            self._hosts.update(name for one in listed for name in one.names)
        self._set_gpus(record, gpus_of(resources))
        if self._options.unit == 'cpu':
            record.nodes = int(cpus or nodes * cores)
        elif cpus and cores > 1 and cpus < nodes * cores:
            note(PART, line, f'job {record.name}: {cpus:g} CPUs on {nodes:g} nodes of {cores}')
        return True

    def _set_gpus(self, record: Record, gpus: int) -> None:
        if not gpus:
            return
        record.gpus = ceil(gpus / record.nodes)
        if record.gpus * record.nodes != gpus:
            self._report.note(GPUS_UNEVEN, record.line, f'job {record.name}: {gpus} GPUs on {record.nodes} nodes')
        if not self.machine.groups:
            self.machine.gpus = max(self.machine.gpus, record.gpus)

    def _set_start(self, record: Record, start: float) -> None:
        if start < record.submit:
            hour = self._clock.put_back(record.submit)
            if hour and start + hour >= record.submit:
                self._report.note(CLOCK, record.line, f'job {record.name}')
                start += hour
            else:
                self._report.note(STARTED_EARLY, record.line, f'job {record.name}')
        record.start = start

    def _set_walltime(self, record: Record, row: Mapping[str, str]) -> None:
        note, line = self._report.note, record.line
        text = row.get('timelimitraw', row.get('timelimit', ''))
        if text.upper() in ('UNLIMITED', 'INFINITE'):
            note(UNLIMITED, line, f'job {record.name}')
        elif text.lower() == 'partition_limit':
            note(PARTITION_LIMIT, line, f'job {record.name}')
            record.walltime = self._limits.get(row.get('partition', ''))
        elif text not in NONE:
            try:
                minutes = float(text) * 60 if text.isdecimal() else span(text)
            except ValueError:
                note(BAD_FIELD, line, f"time limit is '{text[:40]}'")
            else:
                record.walltime = minutes or None

    def _describe(self, record: Record, row: Mapping[str, str]) -> None:
        attributes = record.attributes
        for key, column in ATTRIBUTES:
            value = row.get(column, '')
            if value not in NONE:
                attributes[key] = value
        attributes['status'] = record.status

    def _set_dependencies(self, record: Record, row: Mapping[str, str]) -> None:
        note, line = self._report.note, record.line
        if self._options.dependencies == 'keep':
            text = row.get('dependency', '') or _dependency_option(row.get('submitline', ''))
            found, lost = dependencies(text)
            if lost:
                note(DEPENDENCY_LOST, line, f'job {record.name}: {lost[:60]}')
            record.dependencies = [Dependency(one.kind, name, one.delay) for one in found
                                   for name in self._arrays.get(one.number, (one.number,))]
            array, underscore, _ = record.name.partition('_')
            if underscore:
                self._arrays.setdefault(array, []).append(record.name)
        if '+' in record.name:
            note(HET_JOB, line, f'job {record.name}')
        if record.name == self._last_id:
            note(REQUEUED, line, f'job {record.name}')
            record.dependencies.append(Dependency('after_any', self._last_name))
            self._last_name = record.name = f'{record.name}@{line}'
        else:
            self._last_id = self._last_name = record.name
        self._set_submit(record, row)

    def _set_submit(self, record: Record, row: Mapping[str, str]) -> None:
        """Jobs with a dependency of their own are submitted when they were; what they wait for is told beside."""
        if self._options.submit != 'eligible' or record.dependencies:
            return
        try:
            eligible = self._clock(row.get('eligible', ''))
        except ValueError:
            eligible = None
        if eligible is not None and record.submit < eligible <= (record.start or eligible):
            self._report.note(ELIGIBLE_LATER, record.line, f'job {record.name}: {eligible - record.submit:g} s')
            record.submit = eligible


ATTRIBUTES = (('user', 'user'), ('group', 'group'), ('account', 'account'), ('partition', 'partition'), ('qos', 'qos'),
              ('job_name', 'jobname'))


# Columns that may hold anything, and how many times the delimiter may stand in them.
FREE_TEXTS = ('jobname', 'submitline', 'comment', 'admincomment', 'systemcomment', 'workdir', 'reason', 'constraints')
MOST_BARS = 6


def _job_of(identifier: str) -> str:
    return identifier.partition('.')[0]


def _joined(fields: list[str], columns: list[str], delimiter: str) -> Iterator[list[str]]:
    """The ways to make of too many fields as many as there are columns, by joining those of free texts."""
    texts = [at for at, name in enumerate(columns) if name in FREE_TEXTS]
    extra = len(fields) - len(columns)
    if extra < 0 or extra > MOST_BARS or not texts:
        return
    for places in itertools.combinations_with_replacement(texts, extra):
        row, at = [], 0
        for column in range(len(columns)):
            width = 1 + places.count(column)
            row.append(delimiter.join(fields[at:at + width]))
            at += width
        yield row


def _plausible(row: Mapping[str, str]) -> bool:
    """Whether the fields stand where they belong."""
    state = row.get('state', '').split(' ')[0].rstrip('+').upper()
    if 'state' in row and state not in STATES and state not in WAITING and state not in UNFINISHED:
        return False
    return all(row.get(key, '') in NONE or re.fullmatch(r'\d{4}-\d\d-\d\dT\S+|\d+', row[key])
               for key in ('submit', 'eligible', 'start', 'end'))


def _dependency_option(line: str) -> str:
    """The dependency of a command line, for sites that record those (SubmitLine)."""
    match = re.search(r'\s(?:--dependency[= ]|-d ?)[\'"]?((?:after\w*:|singleton)[^\s\'"]*)', line)
    return match[1] if match else ''


def dependencies(text: str) -> tuple[list[Dependency], str]:
    """Of afterok:12:13_4,after:14+5(unfulfilled): the jobs, and what else it says."""
    found, lost = [], ''
    for part in re.split(r'[,?]', text):
        part = re.sub(r'\([^)]*\)', '', part.strip())
        kind, *jobs = part.split(':')
        if kind.lower() not in KINDS:
            lost = lost or part
            continue
        for job in jobs:
            match = re.fullmatch(r'(\d+(?:_(?:\d+|\*))?(?:\+\d+)?)', job)
            if not match:
                lost = lost or part
                continue
            name, _, minutes = job.partition('+')
            found.append(Dependency(KINDS[kind.lower()], name.removesuffix('_*'), 60.0 * int(minutes or 0)))
    return found, lost if lost not in NONE else ''


def first_submission(lines: Iterable[bytes], source: str, options: Options) -> Optional[float]:
    """The earliest time at which a row was submitted: time 0 of the workload."""
    clock, first = Clock(options.zone), None
    for _, row in Reader(lines, Report(source), options, Machine(None)).rows():
        try:
            time = clock(row.get('submit', ''))
        except ValueError:
            continue
        if time is not None and (first is None or time < first):
            first = time
    return first
