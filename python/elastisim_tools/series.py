"""Figures over time: queue length, running jobs, nodes in use, and what the monitoring files hold."""

from __future__ import annotations

import bisect
import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .run import Job, OutputError, Run
from .timeline import Series, Timeline

# More steps than this are averaged: no screen shows them.
MAX_STEPS = 40000


@dataclass(frozen=True)
class Chart:
    """A chart over time: its lines by label, in one unit ('count', 'percent', 'bytes/s')."""

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


def queue_length(jobs: Iterable[Job]) -> Series:
    """Jobs submitted and not started. One that never starts leaves when it is killed, or not at all; one that was
    cancelled has never been in any queue."""
    changes = []
    for job in jobs:
        if job.status == 'cancelled':
            continue
        changes.append((job.submit, 1))
        leaves = job.start if job.start >= 0 else job.end
        if leaves >= 0:
            changes.append((leaves, -1))
    return count_changes(changes)


def running_jobs(jobs: Iterable[Job]) -> Series:
    changes = []
    for job in jobs:
        if job.start >= 0:
            changes.append((job.start, 1))
            if job.end >= 0:
                changes.append((job.end, -1))
    return count_changes(changes)


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


def charts_of(run: Run, timeline: Timeline | None) -> list[Chart]:
    """All charts over time that the run has figures for."""
    charts = [
        Chart('jobs', 'Jobs', 'count',
              {'waiting': thin(queue_length(run.jobs)), 'running': thin(running_jobs(run.jobs))}),
    ]
    if timeline:
        lines = {'allocated': thin(timeline.allocated)}
        if any(timeline.reserved.values):
            lines['reserved'] = thin(timeline.reserved)
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
    return charts
