"""elastisim-workload validate: what a run gave, against what the log says really happened."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Optional

from ..run import Job, load_run
from . import rules, slurm, swf
from .arguments import Subparsers, whole
from .convert import Json
from .dates import given_zone
from .describe import WEEK, number_text, runtime_class, size_class
from .drawing import figure_for, save_figure
from .machine import Machine
from .record import LogError, Record
from .report import Report
from .source import lines_of, name_of

RESAMPLES = 1000


@dataclass(frozen=True)
class Pair:
    """A job in the log and in the run. Times in seconds, from time 0 of the run."""

    name: str
    nodes: int
    runtime: float
    user: str
    submit: float
    recorded_start: float
    start: float

    @property
    def recorded_wait(self) -> float:
        return self.recorded_start - self.submit

    @property
    def wait(self) -> float:
        return self.start - self.submit


def recorded(options: argparse.Namespace) -> tuple[dict[str, Record], float]:
    """The jobs of the log by name, and time 0 of the workload on its clock."""
    report = Report(name_of(options.log))
    if options.format == 'swf':
        reader = swf.Reader(lines_of(options.log), report, swf.Options(), None, options.cores_per_node)
        records = rules.Rules(report, rules.Options()).apply(reader)
        return {record.name: record for record in records}, 0.0
    wanted = slurm.Options(options.time_zone)
    origin = slurm.first_submission(lines_of(options.log), report.source, wanted) or 0.0
    slurm_reader = slurm.Reader(lines_of(options.log), report, wanted, Machine(None, options.cores_per_node or 1))
    return {record.name: record for record in rules.Rules(report, rules.Options()).apply(slurm_reader)}, origin


def pairs_of(jobs: Sequence[Job], log: Mapping[str, Record], origin: float) -> tuple[list[Pair], int]:
    """Those that started in both, and how many of the run have no counterpart."""
    pairs, lost = [], 0
    for job in jobs:
        record = log.get(job.name)
        if record is None or record.start is None or job.start < 0:
            lost += 1
            continue
        pairs.append(Pair(job.name, job.nodes_at_start or record.nodes, record.runtime or 0.0,
                          str(record.attributes.get('user', '')), job.submit, record.start - origin, job.start))
    return pairs, lost


# --- Figures ---------------------------------------------------------------------------------------------------------


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """95 % interval of the mean, by bootstrap of blocks: jobs that were submitted one after the other wait alike, so
    that runs of them are drawn, not single ones."""
    count = len(values)
    block = max(1, round(count ** (1 / 3)))
    random = Random(seed)
    sums = [0.0]
    for value in [*values, *values[:block]]:
        sums.append(sums[-1] + value)
    drawn = math.ceil(count / block)
    means = sorted(sum(sums[at + block] - sums[at] for at in (random.randrange(count) for _ in range(drawn))) /
                   (drawn * block) for _ in range(RESAMPLES))
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]


def correlation(left: Sequence[float], right: Sequence[float]) -> Optional[float]:
    """Pearson's; None where one of them does not vary."""
    a, b = mean(left), mean(right)
    above = math.fsum((x - a) * (y - b) for x, y in zip(left, right))
    below = math.sqrt(math.fsum((x - a) ** 2 for x in left) * math.fsum((y - b) ** 2 for y in right))
    return above / below if below > 0 else None


def ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result, at = [0.0] * len(values), 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in range(at, end + 1):
            result[order[place]] = (at + end) / 2 + 1
        at = end + 1
    return result


def compare(pairs: Sequence[Pair], seed: int) -> Json:
    waits, logged = [pair.wait for pair in pairs], [pair.recorded_wait for pair in pairs]
    differences = [wait - other for wait, other in zip(waits, logged)]
    low, high = interval(differences, seed)
    return {'jobs': len(pairs), 'recorded_mean_wait': mean(logged), 'simulated_mean_wait': mean(waits),
            'mean_difference': mean(differences), 'interval': [low, high],
            'mean_absolute_difference': mean([abs(one) for one in differences]),
            'pearson': correlation(logged, waits), 'spearman': correlation(ranks(logged), ranks(waits)),
            'same_start': sum(1 for one in differences if abs(one) <= 60) / len(pairs)}


def utilization(starts: Sequence[tuple[float, float, int]], nodes: int) -> list[float]:
    """Of each week: node seconds in use, per node second. Starts with run times and nodes."""
    last = max((start + runtime for start, runtime, _ in starts), default=0.0)
    weeks = [0.0] * (int(last // WEEK) + 1)
    for start, runtime, size in starts:
        for week in range(int(max(0.0, start) // WEEK), int((start + runtime) // WEEK) + 1):
            weeks[week] += size * max(0.0, min(start + runtime, (week + 1) * WEEK) - max(start, week * WEEK))
    return [used / (nodes * WEEK) for used in weeks]


GROUPS: Mapping[str, Callable[[Pair], str]] = {
    'nodes': lambda pair: size_class(pair.nodes), 'run time': lambda pair: runtime_class(pair.runtime),
    'user': lambda pair: pair.user or '-', 'week': lambda pair: str(int(pair.submit // WEEK) + 1),
}


def validate(pairs: Sequence[Pair], nodes: int, seed: int, most_users: int) -> Json:
    result: Json = {'all': compare(pairs, seed), 'groups': {}, 'nodes': nodes}
    for title, key in GROUPS.items():
        members: dict[str, list[Pair]] = {}
        for pair in pairs:
            members.setdefault(key(pair), []).append(pair)
        names = sorted(members, key=lambda name: (-len(members[name]), name))
        if title == 'user':
            names = names[:most_users]
        else:
            names.sort(key=lambda name: members[name][0].nodes if title == 'nodes' else
                       members[name][0].runtime if title == 'run time' else members[name][0].submit)
        result['groups'][title] = {name: compare(members[name], seed) for name in names}
    result['utilization_by_week'] = {
        'recorded': utilization([(pair.recorded_start, pair.runtime, pair.nodes) for pair in pairs], nodes),
        'simulated': utilization([(pair.start, pair.runtime, pair.nodes) for pair in pairs], nodes)}
    return result


# --- Text ------------------------------------------------------------------------------------------------------------

COLUMNS = ('jobs', 'recorded', 'simulated', 'difference', '95 % interval', '|difference|', 'Pearson', 'Spearman')


def _row(name: str, one: Json) -> list[str]:
    def coefficient(value: Optional[float]) -> str:
        return '-' if value is None else f'{value:.2f}'

    low, high = one['interval']
    return [name, str(one['jobs']), number_text(one['recorded_mean_wait']), number_text(one['simulated_mean_wait']),
            number_text(one['mean_difference']), f'{number_text(low)} to {number_text(high)}',
            number_text(one['mean_absolute_difference']), coefficient(one['pearson']), coefficient(one['spearman'])]


def as_text(result: Json, lost: int) -> str:
    whole_run = result['all']
    lines = [f"{whole_run['jobs']} jobs are in both, {lost} of the run are not in the log; "
             f"{100 * whole_run['same_start']:.1f} % start within a minute of what is recorded", '']
    rows = [['mean wait (s)', *COLUMNS], _row('all', whole_run)]
    for title, groups in result['groups'].items():
        rows += [[f'by {title}'], *(_row(name, one) for name, one in groups.items())]
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(len(COLUMNS) + 1)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append('  '.join([row[0].ljust(widths[0]), *cells]).rstrip())
    weeks = result['utilization_by_week']
    lines += ['', 'utilization by week: recorded, simulated']
    for week in range(max(map(len, weeks.values()))):
        both = [f'{100 * values[week]:6.1f} %' if week < len(values) else '       -' for values in weeks.values()]
        lines.append(f'  {week + 1:>4} {both[0]} {both[1]}')
    return '\n'.join(lines) + '\n'


# --- The command -----------------------------------------------------------------------------------------------------


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser('validate', help='a run against the log', description='Compares the waits and '
                                 'starts of a run with those that the log records: by job, size, run time, user and '
                                 'week.')
    add = parser.add_argument
    add('run_output', metavar='RUN', help='folder with the result files of the run, or its job_statistics')
    add('--log', required=True, metavar='FILE', help='the log that the workload was imported from')
    add('--format', choices=('swf', 'slurm'), default='swf', help='of the log (default: %(default)s)')
    add('--nodes', type=whole(1), required=True, metavar='N', help='of the machine, for the utilization')
    add('--cores-per-node', type=whole(1), metavar='N', help='as in the import')
    add('--time-zone', metavar='ZONE', default='UTC', type=given_zone, help='as in the import (default: UTC)')
    add('--users', type=whole(1), default=10, metavar='N', help='show the N busiest users (default: %(default)s)')
    add('--json', action='store_true', help='print JSON')
    add('--jobs', metavar='FILE', type=Path, help='also write a CSV file with a row for each job')
    add('--figure', metavar='FILE', type=Path, help='draw waits against each other and the utilization: .svg, .pdf, '
        '.png')
    add('--seed', type=int, default=1, metavar='N', help='of the intervals (default: %(default)s)')
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    log, origin = recorded(options)
    pairs, lost = pairs_of(load_run(options.run_output).jobs, log, origin)
    if not pairs:
        raise LogError(f'{options.run_output}: none of its jobs is in {options.log} with a start; was the workload '
                       'imported from another log?')
    result = validate(pairs, options.nodes, options.seed, options.users)
    sys.stdout.write(json.dumps(result, indent=2) + '\n' if options.json else as_text(result, lost))
    if options.jobs:
        lines = ['Name,Nodes,Submit Time,Recorded Start,Simulated Start,Recorded Wait,Simulated Wait']
        lines += [f'{pair.name},{pair.nodes},{pair.submit:.15g},{pair.recorded_start:.15g},{pair.start:.15g},'
                  f'{pair.recorded_wait:.15g},{pair.wait:.15g}' for pair in pairs]
        options.jobs.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    if options.figure:
        draw(pairs, result, options.figure)
    return 0


def draw(pairs: Sequence[Pair], result: Json, path: Path) -> None:
    figure = figure_for(path, 2.8)
    left, right = figure.subplots(1, 2)
    left.scatter([max(1.0, pair.recorded_wait) for pair in pairs], [max(1.0, pair.wait) for pair in pairs], s=2,
                 rasterized=len(pairs) > 5000)
    left.set(xscale='log', yscale='log', xlabel='recorded wait (seconds)', ylabel='simulated wait (seconds)')
    for name, values in result['utilization_by_week'].items():
        right.step(range(1, len(values) + 1), values, where='mid', label=name)
    right.set(xlabel='week', ylabel='utilization')
    right.legend()
    save_figure(figure, path)
