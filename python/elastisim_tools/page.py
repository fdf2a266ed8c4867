"""Builds the report: one HTML file that carries its data, its charting library and nothing that is fetched."""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .metrics import ALL, Figures, Metric, Statistics, count_text, format_seconds, format_value, statistics_of
from .run import JOB_TYPES, Run
from .series import Chart, charts_of
from .shares import read_shares
from .stats import shown_metrics
from .tasks import tasks_of
from .timeline import CONDITIONS, Series, Timeline, ranges, timeline_of

HERE = Path(__file__).resolve().parent

UPLOT_VERSION = '1.6.32'

DAY = 86400
STATUSES = ('completed', 'killed', 'unfinished', 'cancelled')


@dataclass
class Story:
    """A run with all that is worked out from it."""

    run: Run
    timeline: Timeline | None
    statistics: Statistics
    charts: list[Chart]


def story_of(run: Run) -> Story:
    timeline = timeline_of(run)
    return Story(run, timeline, statistics_of(run, timeline), charts_of(run, timeline))


# --- Data for the charts ------------------------------------------------------------------------

def _packed(code: str, values: Iterable[float]) -> dict[str, str]:
    """Numbers as base64 of little-endian binary: 'd' float64, 'I' uint32, 'B' uint8."""
    numbers = array(code, values)
    if sys.byteorder == 'big':
        numbers.byteswap()
    return {'type': code, 'data': base64.b64encode(numbers.tobytes()).decode('ascii')}


def _indices(values: Sequence[str], names: Sequence[str]) -> list[int]:
    return [names.index(value) for value in values]


def _jobs_data(run: Run, types: Sequence[str]) -> dict[str, Any]:
    jobs = run.jobs
    data: dict[str, Any] = {
        'id': _packed('I', (job.id for job in jobs)),
        'type': _packed('B', _indices([job.type for job in jobs], types)),
        'status': _packed('B', _indices([job.status if job.status in STATUSES else 'unfinished' for job in jobs],
                                        STATUSES)),
        'submit': _packed('d', (job.submit for job in jobs)),
        'start': _packed('d', (job.start for job in jobs)),
        'end': _packed('d', (job.end for job in jobs)),
    }
    if any(job.name for job in jobs):
        data['name'] = [job.name for job in jobs]
    if any(job.eligible is not None for job in jobs):
        data['eligible'] = _packed('d', (job.submit if job.eligible is None else job.eligible for job in jobs))
    if any(job.reason for job in jobs):
        data['reason'] = [job.reason for job in jobs]
    if all(job.node_seconds is not None for job in jobs):
        data['nodeSeconds'] = _packed('d', (job.node_seconds or 0.0 for job in jobs))
    if all(job.nodes_at_start is not None for job in jobs):
        data['nodesAtStart'] = _packed('I', (job.nodes_at_start or 0 for job in jobs))
        data['nodesMin'] = _packed('I', (job.nodes_min or 0 for job in jobs))
        data['nodesMax'] = _packed('I', (job.nodes_max or 0 for job in jobs))
    if all(job.reconfigurations is not None for job in jobs):
        data['reconfigurations'] = _packed('I', (job.reconfigurations or 0 for job in jobs))
    amounts: list[tuple[str, str, list[float | None]]] = [
        ('requeues', 'I', [job.requeues for job in jobs]),
        ('lostNodeSeconds', 'd', [job.lost_node_seconds for job in jobs]),
        ('lostPhases', 'I', [job.lost_phases for job in jobs]), ('energy', 'd', [job.energy for job in jobs]),
        ('suspended', 'd', [job.suspended for job in jobs]),
        ('cost', 'd', [job.cost for job in jobs]), ('emissions', 'd', [job.emissions for job in jobs])]
    for key, code, values in amounts:
        known = [value for value in values if value is not None]
        if known and len(known) == len(jobs):
            data[key] = _packed(code, known)
    return data


def _lanes(timeline: Timeline) -> tuple[list[int], int]:
    """Where several jobs share a node each gets a lane of it: per allocation and node, and how many lanes there are."""
    ends: list[list[float]] = [[] for _ in timeline.nodes]  # per node: when each lane is free again
    lanes = []
    for allocation in timeline.allocations:
        for node in allocation.nodes:
            free = next((i for i, end in enumerate(ends[node]) if end <= allocation.begin), len(ends[node]))
            if free == len(ends[node]):
                ends[node].append(0)
            ends[node][free] = allocation.end
            lanes.append(free)
    return lanes, max(map(len, ends), default=1)


def _outages_data(timeline: Timeline) -> dict[str, Any]:
    of, first, count = array('I'), array('I'), array('I')
    for i, outage in enumerate(timeline.outages):
        for start, length in ranges(outage.nodes):
            of.append(i)
            first.append(start)
            count.append(length)
    return {
        'kind': _packed('B', (CONDITIONS.index(outage.kind) for outage in timeline.outages)),
        'begin': _packed('d', (outage.begin for outage in timeline.outages)),
        'end': _packed('d', (outage.end for outage in timeline.outages)),
        'outage': _packed('I', of), 'first': _packed('I', first), 'count': _packed('I', count),
    }


def _attempts_data(timeline: Timeline, place: Mapping[int, int]) -> dict[str, Any]:
    tries = [(place[job], attempt) for job, attempts in timeline.attempts.items() if job in place
             for attempt in attempts]
    return {
        'job': _packed('I', (job for job, _ in tries)),
        'begin': _packed('d', (attempt.begin for _, attempt in tries)),
        'end': _packed('d', (attempt.end for _, attempt in tries)),
        'lost': _packed('B', (attempt.lost for _, attempt in tries)),
    }


def _gantt_data(run: Run, timeline: Timeline) -> dict[str, Any]:
    place = {job.id: i for i, job in enumerate(run.jobs)}
    allocations = [allocation for allocation in timeline.allocations if allocation.job in place]
    of, first, count = array('I'), array('I'), array('I')
    data: dict[str, Any] = {}
    if timeline.overlaps:
        lanes, most = _lanes(timeline)
        for i, allocation in enumerate(allocations):
            for node in allocation.nodes:
                of.append(i)
                first.append(node)
                count.append(1)
        data.update(lane=_packed('I', lanes), lanes=most)
    else:
        for i, allocation in enumerate(allocations):
            for start, length in ranges(allocation.nodes):
                of.append(i)
                first.append(start)
                count.append(length)
    changes = [change for change in timeline.reconfigurations if change.job in place]
    suspensions = [suspension for suspension in timeline.suspensions if suspension.job in place]
    return data | {
        'nodes': timeline.nodes,
        'job': _packed('I', (place[allocation.job] for allocation in allocations)),
        'begin': _packed('d', (allocation.begin for allocation in allocations)),
        'end': _packed('d', (allocation.end for allocation in allocations)),
        'lost': _packed('B', (allocation.lost for allocation in allocations)),
        'allocation': _packed('I', of), 'first': _packed('I', first), 'count': _packed('I', count),
        'outages': _outages_data(timeline), 'attempts': _attempts_data(timeline, place),
        'changes': {
            'job': _packed('I', (place[change.job] for change in changes)),
            'begin': _packed('d', (change.begin for change in changes)),
            'end': _packed('d', (change.end for change in changes)),
        },
        'suspensions': {
            'job': _packed('I', (place[suspension.job] for suspension in suspensions)),
            'begin': _packed('d', (suspension.begin for suspension in suspensions)),
            'end': _packed('d', (suspension.end for suspension in suspensions)),
        },
    }


def _phases_data(run: Run, timeline: Timeline | None) -> dict[str, Any] | None:
    if timeline is None or not timeline.has_journal:
        return None
    place = {job.id: i for i, job in enumerate(run.jobs)}
    phases = [phase for phase in timeline.phases if phase.job in place]
    return {
        'job': _packed('I', (place[phase.job] for phase in phases)),
        'number': _packed('I', (phase.number for phase in phases)),
        'iterations': _packed('I', (phase.iterations for phase in phases)),
        'begin': _packed('d', (phase.begin for phase in phases)),
        'end': _packed('d', (phase.end for phase in phases)),
    }


def _tasks_data(run: Run) -> dict[str, Any] | None:
    if 'task_times' not in run.files:
        return None
    place = {job.id: i for i, job in enumerate(run.jobs)}
    tasks = {key: task for key, task in tasks_of(run.files['task_times']).items() if key[0] in place}
    names = list(dict.fromkeys(name for _, name in tasks))
    numbers = {name: i for i, name in enumerate(names)}
    return {
        'names': names,
        'job': _packed('I', (place[job] for job, _ in tasks)),
        'name': _packed('I', (numbers[name] for _, name in tasks)),
        'times': _packed('I', (task.times for task in tasks.values())),
        'seconds': _packed('d', (task.seconds for task in tasks.values())),
        'longest': _packed('d', (task.longest for task in tasks.values())),
    }


def _shares_data(run: Run) -> list[dict[str, Any]] | None:
    """But for those of nodes, of which there may be very many."""
    if 'energy_shares' not in run.files:
        return None
    return [{'kind': share.kind, 'name': share.name, 'energy': share.energy, 'cost': share.cost,
             'emissions': share.emissions} for share in read_shares(run.files['energy_shares'])
            if share.kind != 'node']


def _series_data(series: Series) -> dict[str, Any]:
    return {'times': _packed('d', series.times), 'values': _packed('d', series.values)}


def _chart_data(chart: Chart) -> dict[str, Any]:
    return {'key': chart.key, 'title': chart.title, 'unit': chart.unit, 'full': chart.full,
            'lines': {label: _series_data(series) for label, series in chart.lines.items()}}


def _run_data(story: Story, types: Sequence[str]) -> dict[str, Any]:
    run, timeline = story.run, story.timeline
    return {
        'name': run.name,
        'end': max(run.last_end, timeline.end if timeline else 0.0),
        'jobs': _jobs_data(run, types),
        'gantt': _gantt_data(run, timeline) if timeline else None,
        'phases': _phases_data(run, timeline),
        'tasks': _tasks_data(run),
        'shares': _shares_data(run),
        'charts': [_chart_data(chart) for chart in story.charts],
    }


def _calendar(runs: Sequence[Run]) -> datetime | None:
    """What the clock of the site says at time 0, where all runs agree on it and the calendar goes on to their ends."""
    starts = {run.start_date for run in runs}
    start = starts.pop() if len(starts) == 1 else None
    last = max((run.last_end for run in runs), default=0.0)
    return start if start and last < (datetime.max - start.replace(tzinfo=None)).total_seconds() - DAY else None


def _calendar_data(start: datetime | None) -> dict[str, Any] | None:
    return {'seconds': start.replace(tzinfo=timezone.utc).timestamp()} if start else None


def report_data(stories: Sequence[Story]) -> dict[str, Any]:
    present = {kind for story in stories for kind in story.run.types}
    types = [kind for kind in JOB_TYPES if kind in present] + sorted(present - set(JOB_TYPES))
    return {'types': types, 'statuses': STATUSES, 'conditions': CONDITIONS,
            'calendar': _calendar_data(_calendar([story.run for story in stories])),
            'runs': [_run_data(story, types) for story in stories]}


# --- Text ---------------------------------------------------------------------------------------

def _escape(text: object) -> str:
    return html.escape(str(text))


def _tile(label: str, value: str, note: str = '') -> str:
    note = f'<span class="note">{_escape(note)}</span>' if note else ''
    return f'<div class="tile"><span class="label">{_escape(label)}</span><b>{_escape(value)}</b>{note}</div>'


def _tiles_of_losses(figures: Figures) -> list[str]:
    if figures['requeues'] is None:
        return []
    lost = figures['lost_node_hours'] or 0
    of = f', {lost / figures["node_hours"]:.1%} of all used' if figures['node_hours'] else ''
    return [_tile('Requeues', format_value(figures['requeues'], 'count'), f'{lost:,.4g} node hours lost{of}')]


def _tile_of_energy(figures: Figures, label: str, prefix: str, note: str = '') -> str:
    cost, emissions = figures[f'{prefix}energy_cost'], figures[f'{prefix}emissions']
    notes = [note, f'cost {cost:,.4g}' if cost is not None else '',
             format_value(emissions, 'g') if emissions is not None else '']
    return _tile(label, f'{(figures[f"{prefix}energy"] or 0) / 3.6e6:,.4g} kWh', ', '.join(filter(None, notes)))


def _tiles_of_energy(figures: Figures) -> list[str]:
    """Of the machine, where its shares are known, and of the jobs."""
    tiles = []
    machine, jobs = figures['machine_energy'], figures['energy']
    if machine is not None:
        tiles.append(_tile_of_energy(figures, 'Energy of the machine', 'machine_'))
    if jobs is not None:
        share = f'{jobs / machine:.1%} of all' if machine else ''
        tiles.append(_tile_of_energy(figures, 'Energy of jobs', '', share))
    return tiles


def _tiles(story: Story) -> str:
    figures = story.statistics.groups[ALL]
    killed = figures['killed'] or 0
    unfinished = figures['unfinished'] or 0
    troubles = [f'{number:,.0f} {name}' for number, name in (
        (killed, 'killed'), (figures['cancelled'] or 0, 'cancelled'), (unfinished, 'unfinished')) if number]
    nodes = story.statistics.num_nodes
    span = figures['span'] or 0
    tiles = [
        _tile('Jobs', format_value(figures['jobs'], 'count'), ', '.join(troubles) or 'all completed'),
        _tile('Span', format_seconds(span), f'{span:,.0f} s'),
        _tile('Mean wait', format_value(figures['wait_mean'], 's'),
              f'95 % within {format_value(figures["wait_p95"], "s")}'),
        _tile('Bounded slowdown', format_value(figures['slowdown_mean'], 'ratio'),
              f'median {format_value(figures["slowdown_median"], "ratio")}'),
        _tile('Node utilization', format_value(figures['node_utilization'], 'percent'),
              count_text(nodes, 'node') if nodes else 'nodes not known'),
        _tile('Throughput', f'{format_value(figures["throughput"], "jobs/h")} jobs/h'),
        _tile('Reconfigurations', format_value(figures['reconfigurations'], 'count'),
              f'{format_value(figures["reconfiguration_seconds"], "s")} in all'
              if figures['reconfiguration_seconds'] is not None else ''),
    ]
    tiles += _tiles_of_losses(figures) + _tiles_of_energy(figures)
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _row(cells: Sequence[str], tag: str = 'td') -> str:
    head, *rest = cells
    return f'<tr><th scope="row">{head}</th>{"".join(f"<{tag}>{cell}</{tag}>" for cell in rest)}</tr>'


def _statistics_of_one(statistics: Statistics) -> str:
    columns = list(statistics.groups.values())
    rows = [_row([_escape(metric.label),
                  *(_escape(format_value(figures[metric.key], metric.unit)) for figures in columns)])
            for metric in shown_metrics(columns)]
    heads = ''.join(f'<th scope="col">{_escape(group)}</th>' for group in statistics.groups)
    return f'<table class="figures"><thead><tr><td></td>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _difference(first: float | None, value: float | None, metric: Metric) -> str:
    """How a figure differs from the first run's, in per cent of that."""
    if first is None or value is None or not first or metric.key == 'jobs':
        return ''
    change = 100 * (value - first) / first
    return '' if abs(change) < 0.05 else f' <small>({change:+.1f} %)</small>'


def _statistics_of_many(runs: Sequence[Statistics]) -> str:
    """A table of all jobs, and one of each job type to unfold."""
    tables = []
    for group in dict.fromkeys(group for statistics in runs for group in statistics.groups):
        there = [statistics.groups.get(group) for statistics in runs]
        rows = []
        for metric in shown_metrics([figures for figures in there if figures]):
            values = [figures[metric.key] if figures else None for figures in there]
            cells = [_escape(format_value(value, metric.unit)) + (_difference(values[0], value, metric) if i else '')
                     for i, value in enumerate(values)]
            rows.append(_row([_escape(metric.label), *cells]))
        heads = ''.join(f'<th scope="col">{_escape(statistics.run)}</th>' for statistics in runs)
        table = (f'<table class="figures"><thead><tr><th scope="row"></th>{heads}</tr></thead>'
                 f'<tbody>{"".join(rows)}</tbody></table>')
        who, state = ('All', ' open') if group == ALL else (_escape(group.title()), '')
        tables.append(f'<details{state}><summary>{who} jobs</summary>{table}</details>')
    return f'<div class="compared">{"".join(tables)}</div>'


def _statistics(stories: Sequence[Story]) -> str:
    if len(stories) == 1:
        return _statistics_of_one(stories[0].statistics)
    return _statistics_of_many([story.statistics for story in stories])


def _setting(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ', '.join(map(_setting, value))
    return json.dumps(value)


def _configuration(stories: Sequence[Story]) -> str:
    settings: list[dict[str, Any]] = []
    for story in stories:
        mine = dict(story.run.configuration or {})
        if story.run.header.get('scheduler'):
            mine['scheduler'] = story.run.header['scheduler']
        settings.append(mine)
    if not any(settings):
        return ('<p class="missing">The configuration is not known: write a journal (configuration key '
                '<code>events</code>), or name the configuration file in place of the folder.</p>')
    keys = list(dict.fromkeys(key for mine in settings for key in mine))
    rows = []
    for key in keys:
        values = [_setting(mine[key]) if key in mine else '-' for mine in settings]
        differs = ' class="differs"' if len(set(values)) > 1 else ''
        cells = ''.join(f'<td>{_escape(value)}</td>' for value in values)
        rows.append(f'<tr{differs}><th scope="row">{_escape(key)}</th>{cells}</tr>')
    heads = ''.join(f'<th scope="col">{_escape(story.run.name)}</th>' for story in stories)
    head = f'<thead><tr><td></td>{heads}</tr></thead>' if len(stories) > 1 else ''
    return f'<table class="settings">{head}<tbody>{"".join(rows)}</tbody></table>'


def _whose_time(runs: Sequence[Run]) -> str:
    """What the times on the page are, where there is anything to tell."""
    start = _calendar(runs)
    if start:
        text = start.isoformat(' ')
        return (f'  <p class="hint">Dates and times are those of the site, at UTC{text[19:]}; time 0 is '
                f'{text[:19]}.</p>\n')
    if len(runs) > 1 and any(run.start_date for run in runs):
        return '  <p class="hint">Times are simulated ones: time 0 is not the same date in all runs.</p>\n'
    return ''


def _summary(stories: Sequence[Story]) -> str:
    if len(stories) == 1:
        return _tiles(stories[0])
    return ''.join(f'<h3>{_escape(story.run.name)}</h3>{_tiles(story)}' for story in stories)


# --- The page -----------------------------------------------------------------------------------

def embedded(value: Any) -> str:
    """JSON that can stand inside a script element."""
    return json.dumps(value, separators=(',', ':'), allow_nan=False).replace('<', '\\u003c')


def _asset(*path: str) -> str:
    return (HERE.joinpath(*path)).read_text(encoding='utf-8')


def _library() -> str:
    """The charting library with its licence and version, as a comment that stays in the page."""
    licence = _asset('vendor', 'uplot', 'LICENSE').replace('*/', '* /')
    return f'/* uPlot {UPLOT_VERSION}\n\n{licence} */\n{_asset("vendor", "uplot", "uPlot.iife.min.js")}'


def script_of(page: str) -> str:
    """The modules of a page as one script: each after those it imports from, within one function.

    What a module exports keeps its name there, which is why no two modules of a page have a name in common.
    """
    parts: dict[str, str] = {}

    def add(name: str) -> None:
        text = _asset('assets', 'report', name)
        for needed in re.findall(r"^import .* from '\./(.*)';$", text, re.MULTILINE):
            if needed not in parts:
                add(needed)
        text = re.sub(r"^(// @ts-check|import .*)\n", '', text, flags=re.MULTILINE)
        parts[name] = re.sub('^export ', '', text, flags=re.MULTILINE)

    add(page)
    return "(function () {\n'use strict';\n\n" + '\n'.join(parts.values()) + '})();\n'


def build_page(runs: Sequence[Run], title: str | None = None) -> str:
    """The report of one run, or of several compared."""
    stories = [story_of(run) for run in runs]
    parts = {
        'TITLE': _escape(title or ' and '.join(run.name for run in runs)),
        'STYLE': f'{_asset("vendor", "uplot", "uPlot.min.css")}\n{_asset("assets", "report.css")}',
        'SUMMARY': _summary(stories),
        'WHOSE_TIME': _whose_time(runs),
        'STATISTICS': _statistics(stories),
        'CONFIGURATION': _configuration(stories),
        'LIBRARY': _library(),
        'DATA': embedded(report_data(stories)),
        'SCRIPT': script_of('page.js'),
    }
    page = _asset('assets', 'report.html')
    pieces = page.split('{{')
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition('}}')
        filled += [parts[name], rest]
    return ''.join(filled)
