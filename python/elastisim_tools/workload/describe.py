"""elastisim-workload describe: what a workload looks like, as text, JSON and figures."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Optional

from .arguments import Subparsers
from .convert import Json, load, nodes_of, runtime_of, size_of
from .drawing import figure_for, save_figure

WEEK, DAY, HOUR = 7 * 86400.0, 86400.0, 3600.0

# Upper ends of classes; the last one has none.
SIZE_CLASSES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
RUNTIME_CLASSES = ((60.0, '1 min'), (600.0, '10 min'), (3600.0, '1 h'), (6 * 3600.0, '6 h'), (86400.0, '1 d'))
DAYS = ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of sorted values, linear between two of them."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def spread(values: Sequence[float]) -> Optional[Json]:
    if not values:
        return None
    ordered = sorted(values)
    return {'count': len(ordered), 'mean': math.fsum(ordered) / len(ordered), 'min': ordered[0],
            **{f'q{round(100 * share):02d}': quantile(ordered, share) for share in QUANTILES}, 'max': ordered[-1]}


def size_class(size: int) -> str:
    low = 1
    for high in SIZE_CLASSES:
        if size <= high:
            return f'{low}' if low == high else f'{low}-{high}'
        low = high + 1
    return f'{low}+'


def runtime_class(seconds: float) -> str:
    low = '0'
    for high, name in RUNTIME_CLASSES:
        if seconds <= high:
            return f'{low} to {name}'
        low = name
    return f'over {low}'


@dataclass
class Description:
    """Figures of a workload; times in seconds."""

    values: Json
    runtimes: list[float]
    sizes: list[int]
    arrivals: list[float]


def describe(jobs: Sequence[Json], nodes: Optional[int], start: Optional[str]) -> Description:
    times = [float(job['submit_time']) for job in jobs]
    sizes = [size_of(job) for job in jobs]
    runtimes = [runtime_of(job) for job in jobs if runtime_of(job) > 0]
    origin = datetime.fromisoformat(start) if start else None
    accuracy = [runtime_of(job) / float(job['walltime']) for job in jobs if job.get('walltime') and runtime_of(job) > 0]
    ordered = sorted(times)
    users = Counter(str(job['attributes']['user']) for job in jobs if job.get('attributes', {}).get('user') is not None)
    values: Json = {
        'jobs': len(jobs), 'nodes': nodes, 'start_date': start,
        'types': dict(sorted(Counter(str(job.get('type')) for job in jobs).items())),
        'span': ordered[-1] - ordered[0] if ordered else 0.0,
        'sizes': spread(sizes), 'runtimes': spread(runtimes),
        'power_of_two': sum(1 for size in sizes if size & (size - 1) == 0) / len(sizes) if sizes else None,
        'inter_arrivals': spread([later - earlier for earlier, later in zip(ordered, ordered[1:])]),
        'estimate_accuracy': spread(accuracy),
        'without_walltime': sum(1 for job in jobs if not job.get('walltime')),
        'jobs_by_size': in_order(Counter(map(size_class, sizes)), lambda name: int(name.split('-')[0].rstrip('+'))),
        'jobs_by_hour': by_hour(times, origin), 'jobs_by_weekday': by_weekday(times, origin),
        'load_by_week': load_by_week(jobs, nodes),
        'users': len(users), 'busiest_users': dict(users.most_common(10)),
        'dependent_jobs': sum(1 for job in jobs if job.get('dependencies')),
    }
    return Description(values, runtimes, sizes, times)


def in_order(counts: Counter[str], key: Any) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts, key=key)}


def by_hour(times: Sequence[float], origin: Optional[datetime]) -> list[int]:
    """Submissions by hour of the day: of the site's day where the workload has a start date, else of time 0's."""
    first = origin.hour * HOUR + origin.minute * 60 + origin.second if origin else 0.0
    counts = [0] * 24
    for time in times:
        counts[int((first + time) % DAY // HOUR)] += 1
    return counts


def by_weekday(times: Sequence[float], origin: Optional[datetime]) -> Optional[list[int]]:
    """From Monday on; None without a start date."""
    if origin is None:
        return None
    counts = [0] * 7
    for time in times:
        counts[(origin + timedelta(seconds=time)).weekday()] += 1
    return counts


def load_by_week(jobs: Sequence[Json], nodes: Optional[int]) -> list[float]:
    """Node seconds submitted in each week, per node second of it."""
    if not jobs or not nodes:
        return []
    work = [0.0] * (int(max(float(job['submit_time']) for job in jobs) // WEEK) + 1)
    for job in jobs:
        work[int(float(job['submit_time']) // WEEK)] += size_of(job) * runtime_of(job)
    return [amount / (nodes * WEEK) for amount in work]


# --- Text ------------------------------------------------------------------------------------------------------------


def number_text(value: float) -> str:
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:.3g}'


def bars(rows: Sequence[tuple[str, float]], unit: str = '') -> list[str]:
    """A bar of at most 40 characters for each value."""
    most = max((value for _, value in rows), default=0.0) or 1.0
    width = max((len(name) for name, _ in rows), default=0)
    return [f'  {name:>{width}} {number_text(value) + unit:>9} {"#" * round(40 * value / most)}'.rstrip()
            for name, value in rows]


def as_text(values: Json, title: str) -> str:
    on = f" on {values['nodes']} nodes" if values['nodes'] else ''
    types = ', '.join(f'{count} {name}' for name, count in values['types'].items())
    lines = [f"{title}: {values['jobs']} jobs{on} ({types}), submitted over {values['span'] / DAY:.1f} days"
             + (f" from {values['start_date']}" if values['start_date'] else ''), '']
    heads = ('', 'mean', 'min', '5 %', '25 %', 'median', '75 %', '95 %', 'max')
    lines.append(''.join(f'{head:>10}' if head else f'{"":<22}' for head in heads))
    for name, key in (('nodes', 'sizes'), ('run time (s)', 'runtimes'), ('between submissions', 'inter_arrivals'),
                      ('run time / walltime', 'estimate_accuracy')):
        one = values[key]
        if one:
            figures = [one['mean'], one['min'], *(one[f'q{round(100 * share):02d}'] for share in QUANTILES), one['max']]
            lines.append(f'{name:<22}' + ''.join(f'{number_text(figure):>10}' for figure in figures))
    lines += ['', f"powers of two {100 * (values['power_of_two'] or 0):.1f} %, without walltime "
              f"{values['without_walltime']}, with dependencies {values['dependent_jobs']}, users {values['users']}"]
    lines += ['', 'jobs by nodes', *bars(list(values['jobs_by_size'].items()))]
    lines += ['', 'jobs by hour of the day', *bars([(f'{hour:02d}', count) for hour, count
                                                    in enumerate(values['jobs_by_hour'])])]
    if values['jobs_by_weekday']:
        lines += ['', 'jobs by day of the week', *bars(list(zip(DAYS, values['jobs_by_weekday'])))]
    if values['load_by_week']:
        lines += ['', 'offered load by week', *bars([(str(week), 100 * load) for week, load
                                                     in enumerate(values['load_by_week'], 1)], ' %')]
    if values['busiest_users']:
        lines += ['', 'jobs of the busiest users', *bars(list(values['busiest_users'].items()))]
    return '\n'.join(lines) + '\n'


# --- The command -----------------------------------------------------------------------------------------------------


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser('describe', help='sizes, run times, arrivals, load', description='Describes a '
                                 'workload: sizes, run times, arrivals by hour and weekday, offered load per week, '
                                 'how good the '
                                 "users' estimates are, users, dependencies.")
    parser.add_argument('folder', metavar='DIR', type=Path, help='folder that elastisim-workload wrote')
    parser.add_argument('--format', choices=('text', 'json'), default='text', help='(default: %(default)s)')
    parser.add_argument('--figure', metavar='FILE', type=Path, help='draw distributions, arrivals and load: .svg, '
                        '.pdf, .png')
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    metadata, jobs = load(options.folder)
    nodes = nodes_of(options.folder) if (options.folder / 'report.json').is_file() else None
    description = describe(jobs, nodes, metadata.get('start_date'))
    if options.format == 'json':
        sys.stdout.write(json.dumps(description.values, indent=2) + '\n')
    else:
        sys.stdout.write(as_text(description.values, str(options.folder)))
    if options.figure:
        draw(description, options.figure)
    return 0


def draw(description: Description, path: Path) -> None:
    """Four panels: sizes, run times, arrivals by hour, load by week."""
    values, figure = description.values, figure_for(path)
    (top_left, top_right), (left, right) = figure.subplots(2, 2)
    sizes = [float(size) for size in description.sizes]
    for panel, data, label in ((top_left, sizes, 'nodes'), (top_right, description.runtimes, 'run time (seconds)')):
        ordered = sorted(max(1.0, value) for value in data)
        panel.step(ordered, [(i + 1) / len(ordered) for i in range(len(ordered))], where='post', linewidth=1)
        panel.set(xscale='log', xlabel=label, ylabel='share of jobs')
    left.bar(range(24), values['jobs_by_hour'])
    left.set(xlabel='hour of the day', ylabel='jobs')
    right.bar(range(1, len(values['load_by_week']) + 1), values['load_by_week'])
    right.set(xlabel='week', ylabel='offered load')
    save_figure(figure, path)
