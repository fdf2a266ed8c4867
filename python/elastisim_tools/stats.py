"""elastisim-stats: the figures of finished runs, as text, CSV or JSON."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence

from . import __version__
from .metrics import (ALL, METRICS, ONLY_WHERE_KNOWN, Figures, Metric, Statistics, count_text, format_value,
                      statistics_of)
from .run import OutputError, load_run
from .timeline import timeline_of

HELP = """Prints count, wait, turnaround, makespan, bounded slowdown (10 s), node hours, utilization, throughput,
reconfigurations, requeues, lost work and energy of finished runs, by job type and for all jobs."""

OUTPUT_HELP = """[NAME=]PATH of a run: a folder with result files, a job statistics file, or the configuration of the
run (paths in it are relative to the working directory or to its folder)"""

TABLE_NOTE = '- not known (node figures need node_utilization or events, time in reconfigurations needs events)'


def shown_metrics(columns: Sequence[Figures]) -> list[Metric]:
    """Those with something to say: a row of nothing but zeros or unknowns about failures is left out, and one of what
    is measured only where the configuration says so."""
    def says_something(metric: Metric) -> bool:
        values = [figures[metric.key] for figures in columns]
        if metric.key in ONLY_WHERE_KNOWN:
            return any(value is not None for value in values)
        return metric.key not in ('unfinished', 'killed', 'cancelled') or any(values)

    return [metric for metric in METRICS if says_something(metric)]


def _table(rows: Sequence[Sequence[str]], rules: Sequence[int] = (1,)) -> str:
    """Columns side by side, the first left-aligned, with a rule before the given rows."""
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(max(map(len, rows)))]
    lines = []
    for number, row in enumerate(rows):
        if number in rules:
            lines.append('-' * (sum(widths) + 2 * (len(widths) - 1)))
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append('  '.join(cells).rstrip())
    return '\n'.join(lines) + '\n'


def _title(statistics: Statistics) -> str:
    nodes = f' on {count_text(statistics.num_nodes, "node")}' if statistics.num_nodes else ''
    return f'{statistics.run}: {count_text(statistics.groups[ALL]["jobs"] or 0, "job")}{nodes}'


def _text_of_one(statistics: Statistics) -> str:
    columns = list(statistics.groups.values())
    rows = [['', *statistics.groups]]
    for metric in shown_metrics(columns):
        rows.append([metric.label, *(format_value(figures[metric.key], metric.unit) for figures in columns)])
    return f'{_title(statistics)}\n\n{_table(rows)}'


def _text_of_many(runs: Sequence[Statistics]) -> str:
    groups = list(dict.fromkeys(group for statistics in runs for group in statistics.groups))
    rows: list[list[str]] = [['', *(statistics.run for statistics in runs)]]
    rules = []
    for group in groups:
        there = [statistics.groups.get(group) for statistics in runs]
        rules.append(len(rows))
        rows.append([f'{group} jobs' if group != ALL else 'all jobs'])
        for metric in shown_metrics([figures for figures in there if figures]):
            rows.append([f'  {metric.label}', *(format_value(figures[metric.key] if figures else None, metric.unit)
                                               for figures in there)])
    return _table(rows, rules)


def as_text(runs: Sequence[Statistics]) -> str:
    text = _text_of_one(runs[0]) if len(runs) == 1 else _text_of_many(runs)
    unknown = any(value is None for statistics in runs for figures in statistics.groups.values()
                  for value in figures.values())
    return f'{text}\n{TABLE_NOTE}\n' if unknown else text


def as_csv(runs: Sequence[Statistics]) -> str:
    """A row per run and group; empty fields are not known. Times in seconds, utilization from 0 to 1."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['run', 'group', *(metric.key for metric in METRICS)])
    for statistics in runs:
        for group, figures in statistics.groups.items():
            values = (figures[metric.key] for metric in METRICS)
            writer.writerow([statistics.run, group, *('' if value is None else repr(value) for value in values)])
    return out.getvalue()


def as_json(runs: Sequence[Statistics]) -> str:
    return json.dumps([{'run': statistics.run, 'nodes': statistics.num_nodes, 'groups': statistics.groups}
                       for statistics in runs], indent=2) + '\n'


FORMATS = {'text': as_text, 'csv': as_csv, 'json': as_json}


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='elastisim-stats', description=HELP)
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    parser.add_argument('outputs', nargs='+', metavar='OUTPUT', help=OUTPUT_HELP)
    parser.add_argument('--format', choices=FORMATS, default='text', help='(default: %(default)s)')
    parser.add_argument('-o', '--output', metavar='FILE', help='write to FILE instead of standard output')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = parse_arguments(argv)
    try:
        runs = [load_run(output) for output in options.outputs]
        text = FORMATS[options.format]([statistics_of(run, timeline_of(run)) for run in runs])
        if options.output:
            with open(options.output, 'w', encoding='utf-8') as file:
                file.write(text)
        else:
            sys.stdout.write(text)
    except (OutputError, OSError) as error:
        print(f'elastisim-stats: error: {error}', file=sys.stderr)
        return 2
    return 0
