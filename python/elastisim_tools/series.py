"""Figures over time: queue length, running jobs, nodes in use, and what the monitoring files hold."""

from __future__ import annotations

import bisect
import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .run import Job, OutputError, Run
from .timeline import Attempt, Series, Timeline

# More steps than this are averaged: no screen shows them.
MAX_STEPS = 40000


@dataclass(frozen=True)
class Chart:
    """A chart over time: its lines by label, in one unit ('count', 'percent', 'bytes/s', 'W')."""

    key: str
    title: str
    unit: str
    lines: dict[str, Series]
    full: float | None = None  # what the most is: the upper end of the axis


def count_changes(changes: Iterable[tuple[float, int]]) -> Series:
    """The running sum of (time, difference)."""
    series, count = Series(), 0
    for time, difference in sorted(changes):
        count += difference
        series.set(time, count)
    return series


# By job: from when to when each that was requeued has run (Timeline.attempts).
Attempts = Mapping[int, Sequence[Attempt]]


def runs_of(job: Job, attempts: Attempts | None = None) -> list[tuple[float, float]]:
    """From when to when the job has run, each time; an end that is not known is -1."""
    tries = (attempts or {}).get(job.id)
    if tries:
        return [(attempt.begin, attempt.end) for attempt in tries]
    return [(job.start, job.end)] if job.start >= 0 else []


def waits_of(job: Job, attempts: Attempts | None = None) -> list[tuple[float, float]]:
    """From when to when it has waited, each time; -1 if it still does. A job that was cancelled was in no queue."""
    if job.status == 'cancelled':
        return []
    runs = runs_of(job, attempts)
    if not runs:
        return [(job.submit, job.end)]
    waits = list(zip([job.submit, *(end for _, end in runs)], [begin for begin, _ in runs]))
    if (attempts or {}).get(job.id) and (attempts or {})[job.id][-1].lost:
        waits.append((runs[-1][1], job.end))
    return waits


def _count_spans(spans: Iterable[tuple[float, float]]) -> Series:
    changes = []
    for begin, end in spans:
        changes.append((begin, 1))
        if end >= 0:
            changes.append((end, -1))
    return count_changes(changes)


def queue_length(jobs: Iterable[Job], attempts: Attempts | None = None) -> Series:
    """Jobs submitted and not running. One that never starts leaves when it is killed, or not at all."""
    return _count_spans(span for job in jobs for span in waits_of(job, attempts))


def running_jobs(jobs: Iterable[Job], attempts: Attempts | None = None) -> Series:
    return _count_spans(span for job in jobs for span in runs_of(job, attempts))


def thin(series: Series, limit: int = MAX_STEPS) -> Series:
    """Without steps that change nothing; of what is left, means over equal spans when there is too much."""
    times, values = series.times, series.values
    kept = Series()
    for i, (time, value) in enumerate(zip(times, values)):
        if i == 0 or i == len(times) - 1 or value != kept.values[-1]:
            kept.times.append(time)
            kept.values.append(value)
    if len(kept.times) <= limit:
        return kept
    return _means(kept, limit)


def _means(series: Series, count: int) -> Series:
    first, last = series.times[0], series.times[-1]
    width = (last - first) / count
    result = Series()
    for i in range(count):
        low, high = first + i * width, first + (i + 1) * width
        at = bisect.bisect_right(series.times, low) - 1
        area, time = 0.0, low
        while time < high:
            until = min(high, series.times[at + 1]) if at + 1 < len(series.times) else high
            area += series.values[at] * (until - time)
            time, at = until, at + 1
        result.set(low, area / width)
    result.set(last, series.values[-1])
    return result


def _read_rows(path: Path, convert: Callable[[str], tuple[float, ...]]) -> tuple[list[float], list[tuple[float, ...]]]:
    """The samples of a monitoring file. Neighbouring rows are mostly alike but for the time; those are read once."""
    times: list[float] = []
    rows: list[tuple[float, ...]] = []
    try:
        with open(path, encoding='utf-8') as file:
            next(file, None)
            text: str | None = None
            row: tuple[float, ...] = ()
            for line in file:
                time, _, rest = line.partition(',')
                if rest != text:
                    text, row = rest, convert(rest)
                times.append(float(time))
                rows.append(row)
    except ValueError as error:
        raise OutputError(f'{path}:{len(times) + 2}: not a sample: {error}') from error
    return times, rows


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split(',')))


def _mean(text: str) -> tuple[float, ...]:
    values = list(map(float, text.split(',')))
    return (sum(values) / len(values),)


def _columns(path: Path, convert: Callable[[str], tuple[float, ...]], count: int) -> list[Series]:
    times, rows = _read_rows(path, convert)
    return [thin(Series(times, [row[i] for row in rows])) for i in range(count)]


def node_names(run: Run) -> list[str] | None:
    """The nodes as the header of a per-node monitoring file lists them."""
    for key in ('cpu_utilization', 'gpu_utilization'):
        if key in run.files:
            with open(run.files[key], newline='', encoding='utf-8') as file:
                return next(csv.reader(file), [''])[1:]
    return None


# Label -> column of the energy file after the time: the machine, and its parts.
POWER = {'machine': 0, 'base': 1, 'CPUs': 2, 'GPUs': 3, 'off': 4, 'booting': 5, 'stopping': 6, 'network': 7, 'PFS': 8}


def _power_lines(path: Path) -> dict[str, Series]:
    """Watts of the machine and of each part that ever draws any."""
    columns = _columns(path, _numbers, len(POWER))
    return {label: columns[i] for label, i in POWER.items() if i == 0 or any(columns[i].values)}


def charts_of(run: Run, timeline: Timeline | None) -> list[Chart]:
    """All charts over time that the run has figures for."""
    attempts = timeline.attempts if timeline else None
    charts = [
        Chart('jobs', 'Jobs', 'count', {'waiting': thin(queue_length(run.jobs, attempts)),
                                        'running': thin(running_jobs(run.jobs, attempts))}),
    ]
    if timeline:
        lines = {'allocated': thin(timeline.allocated)}
        if any(timeline.reserved.values):
            lines['reserved'] = thin(timeline.reserved)
        if timeline.outages:
            lines['not up'] = thin(timeline.unavailable())
        charts.append(Chart('nodes', 'Nodes in use', 'count', lines, len(timeline.nodes)))
    for key, title in (('cpu_utilization', 'CPU utilization'), ('gpu_utilization', 'GPU utilization')):
        if key in run.files:
            line = _columns(run.files[key], _mean, 1)[0]
            if key == 'cpu_utilization' or any(line.values):
                charts.append(Chart(key.split('_')[0], title, 'percent', {'mean of all nodes': line}, 1))
    if 'network_activity' in run.files:
        line = _columns(run.files['network_activity'], _numbers, 1)[0]
        charts.append(Chart('network', 'Network activity', 'percent', {'mean of all links': line}))
    if 'pfs_utilization' in run.files:
        read, write = _columns(run.files['pfs_utilization'], _numbers, 4)[:2]
        charts.append(Chart('pfs_read', 'File system, read', 'bytes/s', {'of all PFS links': read}))
        charts.append(Chart('pfs_write', 'File system, write', 'bytes/s', {'of all PFS links': write}))
    if 'energy' in run.files:
        charts.append(Chart('power', 'Power', 'W', _power_lines(run.files['energy'])))
    return charts
