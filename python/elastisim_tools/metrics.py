"""The figures of a run: per job type and for all jobs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from .run import Job, Run
from .shares import read_shares
from .timeline import Timeline

# Shorter runs count as this long in the slowdown, so that tiny jobs don't dominate it (seconds).
SLOWDOWN_BOUND = 10.0

ALL = 'all'


@dataclass(frozen=True)
class Metric:
    key: str
    label: str
    unit: str  # 's', 'count', 'ratio', 'percent', 'node hours', 'jobs/h', 'J', 'money', 'g'
    section: str = ''


def _distribution(key: str, label: str, unit: str) -> list[Metric]:
    return [Metric(f'{key}_{figure}', f'{label}, {text}', unit, label)
            for figure,
            text in (('mean', 'mean'), ('median', 'median'), ('p95', '95th percentile'), ('max', 'maximum'))]


METRICS: tuple[Metric, ...] = (
    Metric('jobs', 'Jobs', 'count'),
    Metric('completed', 'Jobs completed', 'count'),
    Metric('killed', 'Jobs killed', 'count'),
    Metric('cancelled', 'Jobs cancelled', 'count'),
    Metric('unfinished', 'Jobs unfinished', 'count'),
    *_distribution('wait', 'Wait', 's'),
    *_distribution('turnaround', 'Turnaround', 's'),
    *_distribution('makespan', 'Makespan of a job', 's'),
    *_distribution('slowdown', 'Bounded slowdown', 'ratio'),
    Metric('node_hours', 'Node hours', 'node hours'),
    Metric('node_utilization', 'Node utilization', 'percent'),
    Metric('span', 'Span, first submission to last end', 's'),
    Metric('throughput', 'Throughput', 'jobs/h'),
    Metric('reconfigurations', 'Reconfigurations', 'count'),
    Metric('reconfiguration_seconds', 'Time in reconfigurations', 's'),
    Metric('requeues', 'Requeues', 'count'),
    Metric('lost_node_hours', 'Lost node hours', 'node hours'),
    Metric('lost_phases', 'Lost phase iterations', 'count'),
    Metric('suspended_seconds', 'Time suspended', 's'),
    Metric('energy', 'Energy of jobs', 'J'),
    Metric('energy_cost', 'Energy cost of jobs', 'money'),
    Metric('emissions', 'Emissions of jobs', 'g'),
    Metric('machine_energy', 'Energy of the machine', 'J'),
    Metric('machine_energy_cost', 'Energy cost of the machine', 'money'),
    Metric('machine_emissions', 'Emissions of the machine', 'g'),
)

# Those that there are only with the configuration keys `availability` and `energy`, and where jobs were suspended.
ONLY_WHERE_KNOWN = frozenset({'requeues', 'lost_node_hours', 'lost_phases', 'suspended_seconds', 'energy',
                              'energy_cost', 'emissions', 'machine_energy', 'machine_energy_cost',
                              'machine_emissions'})

Figures = dict[str, Optional[float]]


@dataclass(frozen=True)
class Statistics:
    """Figures by group: 'all' first, then the job types that the run has. None where nothing is known."""

    run: str
    num_nodes: int | None
    groups: Mapping[str, Figures]


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values, with linear interpolation between the two nearest."""
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def _spread(key: str, values: Iterable[float]) -> Figures:
    ordered = sorted(values)
    if not ordered:
        return {f'{key}_{figure}': None for figure in ('mean', 'median', 'p95', 'max')}
    return {
        f'{key}_mean': math.fsum(ordered) / len(ordered), f'{key}_median': percentile(ordered, 0.5),
        f'{key}_p95': percentile(ordered, 0.95), f'{key}_max': ordered[-1],
    }


def _known_sum(values: Iterable[float | None]) -> float | None:
    """The sum, or None when a value is not known."""
    listed = list(values)
    if any(value is None for value in listed):
        return None
    return math.fsum(value for value in listed if value is not None)


def _figures(jobs: Sequence[Job], num_nodes: int | None, span: float, node_seconds: Mapping[int, float] | None,
             reconfiguration_seconds: Mapping[int, float] | None) -> Figures:
    ran = [job for job in jobs if job.has_run]
    ended = sum(job.status in ('completed', 'killed') for job in jobs)
    used = _known_sum(job.node_seconds if job.node_seconds is not None
                      else node_seconds.get(job.id, 0.0) if node_seconds is not None else None for job in jobs)
    lost = _known_sum(job.lost_node_seconds for job in jobs)
    figures: Figures = {
        'jobs': len(jobs), **{status: sum(job.status == status for job in jobs)
                              for status in ('completed', 'killed', 'cancelled', 'unfinished')},
        **_spread('wait', (job.wait for job in ran)),
        **_spread('turnaround', (job.turnaround for job in ran)),
        **_spread('makespan', (job.runtime for job in ran)),
        **_spread('slowdown', (job.bounded_slowdown(SLOWDOWN_BOUND) for job in ran)),
        'node_hours': used / 3600 if used is not None else None,
        'node_utilization': used / (span * num_nodes) if used is not None and num_nodes and span > 0 else None,
        'span': span,
        'throughput': ended * 3600 / span if span > 0 else None,
        'reconfigurations': _known_sum(job.reconfigurations for job in jobs),
        'reconfiguration_seconds':
            math.fsum(reconfiguration_seconds.get(job.id, 0.0) for job in jobs)
            if reconfiguration_seconds is not None else None,
        'requeues': _known_sum(job.requeues for job in jobs),
        'lost_node_hours': lost / 3600 if lost is not None else None,
        'lost_phases': _known_sum(job.lost_phases for job in jobs),
        'suspended_seconds': _known_sum(job.suspended for job in jobs),
        'energy': _known_sum(job.energy for job in jobs),
        'energy_cost': _known_sum(job.cost for job in jobs),
        'emissions': _known_sum(job.emissions for job in jobs),
        'machine_energy': None, 'machine_energy_cost': None, 'machine_emissions': None,
    }
    return figures


def _of_machine(run: Run) -> Figures:
    """The energy of the machine, which is no group of jobs'; None where it is not known."""
    shares = read_shares(run.files['energy_shares']) if 'energy_shares' in run.files else []
    machine = next((share for share in shares if share.kind == 'machine'), None)
    return {'machine_energy': machine.energy if machine else None,
            'machine_energy_cost': machine.cost if machine else None,
            'machine_emissions': machine.emissions if machine else None}


def statistics_of(run: Run, timeline: Timeline | None) -> Statistics:
    """Works out the figures. Times are over the jobs that started and ended; node utilization, span and throughput of
    a job type refer to the span of the whole run, so that those of all types add up to that of the run."""
    num_nodes = len(timeline.nodes) if timeline else None
    span = max(0.0, run.last_end - run.first_submit)
    node_seconds: dict[int, float] | None = None
    reconfiguration_seconds: dict[int, float] | None = None
    if timeline:
        node_seconds = {}
        for allocation in timeline.allocations:
            length = (allocation.end - allocation.begin) * len(allocation.nodes)
            node_seconds[allocation.job] = node_seconds.get(allocation.job, 0.0) + length
    if timeline and timeline.has_journal:
        reconfiguration_seconds = {}
        for change in timeline.reconfigurations:
            taken = reconfiguration_seconds.get(change.job, 0.0)
            reconfiguration_seconds[change.job] = taken + change.end - change.begin
    types = run.types if len(run.types) > 1 else []  # one type alone would say the same twice
    groups = {ALL: run.jobs, **{kind: [job for job in run.jobs if job.type == kind] for kind in types}}
    figures = {name: _figures(jobs, num_nodes, span, node_seconds, reconfiguration_seconds)
               for name, jobs in groups.items()}
    figures[ALL].update(_of_machine(run))
    return Statistics(run.name, num_nodes, figures)


def format_seconds(value: float) -> str:
    """Short and readable: '47.3 s', '12 min 05 s', '3 h 07 min', '2 d 04 h'."""
    if value < 0:
        return f'-{format_seconds(-value)}'
    if value < 99.95:
        return f'{value:.1f} s'
    seconds = round(value)
    if seconds < 3600:
        return f'{seconds // 60} min {seconds % 60:02d} s'
    minutes = round(value / 60)
    if minutes < 24 * 60:
        return f'{minutes // 60} h {minutes % 60:02d} min'
    hours = round(value / 3600)
    return f'{hours // 24} d {hours % 24:02d} h'


def count_text(number: float, noun: str) -> str:
    """"1 job", "1,200 jobs"."""
    return f'{number:,.0f} {noun}' if number == 1 else f'{number:,.0f} {noun}s'


_FORMATS: dict[str, Callable[[float], str]] = {
    's': format_seconds, 'count': '{:,.0f}'.format, 'ratio': '{:,.2f}'.format,
    'percent': lambda value: f'{100 * value:.1f} %', 'J': lambda value: f'{value / 3.6e6:,.6g} kWh',
    'money': '{:,.6g}'.format, 'g': lambda value: f'{value / 1000:,.6g} kg CO2'}


def format_value(value: float | None, unit: str) -> str:
    return '-' if value is None else _FORMATS.get(unit, '{:,.1f}'.format)(value)
