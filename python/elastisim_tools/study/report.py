"""The report of a study: one page with the groups and their intervals, any two of them side by side, figures, all runs,
and links to the pages of chosen runs. It needs nothing but a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ..page import build_page, embedded, script_of
from ..run import OutputError
from ..run import load_run as load_results
from .description import SEED
from .errors import StudyError
from .figure import complete, draw
from .materials import write_whole
from .measures import metric_label
from .statistics import t_quantile
from .table import Row, Tables, caption, difference_text, interval_text, number_text

ASSETS = Path(__file__).with_name('assets')


def escape(text: Any) -> str:
    return html.escape(str(text))


def cell(text: str, value: Any = None, tag: str = 'td') -> str:
    """What is shown, and what the column is sorted by."""
    key = '' if value is None else f' data-key="{escape(value)}"'
    return f'<{tag}{key}>{escape(text)}</{tag}>'


def table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = ''.join(f'<th scope="col"><button type="button">{escape(title)}</button></th>' for title in head)
    body = '\n'.join(f'<tr>{"".join(row)}</tr>' for row in rows)
    return (f'<div class="wide" tabindex="0"><table class="sortable" id="{name}"><thead><tr>{titles}</tr></thead>\n'
            f'<tbody>\n{body}\n</tbody></table></div>')


def group_name(tables: Tables, row: Row) -> str:
    return ', '.join(f'{axis}={row[axis]}' for axis in tables.axes) or 'all runs'


# --- Parts ----------------------------------------------------------------------------------------------


def groups_table(tables: Tables) -> str:
    metrics = tables.study.metrics
    head = ['group'] + [title for metric in metrics
                        for title in ([metric_label(metric)] + (['difference'] if tables.study.baseline else []))]
    rows = []
    for parts in zip(*(tables.of_metric(metric) for metric in metrics)):
        row = [f'<th scope="row">{escape(group_name(tables, parts[0]))}</th>']
        for part in parts:
            row.append(cell(interval_text(part), part['mean']))
            if tables.study.baseline:
                row.append(cell(difference_text(part), part['difference']))
        rows.append(row)
    return table('groups', head, rows)


def run_name(tables: Tables, row: Row) -> str:
    names = [f'{axis}={row[axis]}' for axis in (*tables.axes, SEED) if axis in row]
    return ', '.join(names) or row['key']


def runs_table(tables: Tables, pages: Mapping[str, str]) -> str:
    metrics = tables.study.metrics
    rows = []
    for row in tables.runs:
        name = escape(run_name(tables, row))
        if row['key'] in pages:
            name = f'<a href="{escape(pages[row["key"]])}">{name}</a>'
        rows.append([f'<th scope="row">{name}</th>',
                     cell(row['status'] + (f': {row["error"]}' if row['error'] else '')),
                     *(cell(number_text(row[metric]), row[metric]) for metric in metrics)])
    return table('runs', ['run', 'status', *map(metric_label, metrics)], rows)


def figures(tables: Tables, folder: Path) -> str:
    """A figure for each metric, where two axes are enough for it."""
    shown = []
    for metric in tables.study.metrics:
        try:
            request = complete(tables, None, metric, None, None, 'two-column')
            path = folder / f'{metric.replace("/", "-")}.svg'
            draw(tables, request, path)
        except StudyError as error:
            shown.append(f'<p class="note">{escape(metric_label(metric))}: {escape(error)}</p>')
            continue
        drawn = path.read_text(encoding='utf-8')
        shown.append(f'<figure id="{escape(path.stem)}">{drawn[drawn.index("<svg"):]}'
                     f'<figcaption>{escape(metric_label(metric))}. Bands and '
                     'whiskers are 95 % t intervals.</figcaption></figure>')
    return '\n'.join(shown)


def comparison_data(tables: Tables) -> dict[str, Any]:
    """For comparing any two groups: values by seed."""
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for row in tables.runs:
        values = groups.setdefault(group_name(tables, row), {})
        values[str(row.get(SEED, ''))] = {metric: row[metric] for metric in tables.study.metrics}
    most = max(len(values) for values in groups.values())
    return {'metrics': [[metric, metric_label(metric)] for metric in tables.study.metrics], 'groups': groups,
            't': [None, *(t_quantile(degrees) for degrees in range(1, most))]}


# --- Pages of runs ------------------------------------------------------------------------------------------


def chosen_runs(tables: Tables, wanted: Sequence[str]) -> list[Row]:
    """Runs that have all values of one of the choices, AXIS=VALUE,AXIS=VALUE."""
    chosen: dict[str, Row] = {}
    for each in wanted:
        pairs = [pair.partition('=') for pair in each.split(',')]
        for axis, equals, _ in pairs:
            if not equals or axis not in (*tables.axes, SEED):
                raise StudyError(f'--gantt {each}: must be AXIS=VALUE,AXIS=VALUE...; axes are '
                                 f'{", ".join((*tables.axes, SEED))}')
        found = [row for row in tables.runs if row['status'] == 'done'
                 and all(str(row.get(axis)) == value for axis, _, value in pairs)]
        if not found:
            raise StudyError(f'--gantt {each}: no run that is done has these values')
        chosen.update((row['key'], row) for row in found)
    return list(chosen.values())


def write_run_pages(tables: Tables, wanted: Sequence[str], beside: Path) -> dict[str, str]:
    """The page of each chosen run, as elastisim-report makes it; their places by key."""
    pages = {}
    for row in chosen_runs(tables, wanted):
        run = load_results(str(tables.folder / 'runs' / row['key']))
        if not {'node_utilization', 'events'} & run.files.keys():
            raise OutputError(f'{run_name(tables, row)}: who ran where is not known; add results = '
                              '["node_utilization"] to the study')
        run.name = run_name(tables, row)
        name = f'{beside.stem}-{row["key"]}.html'
        write_whole(beside.with_name(name), build_page([run], run.name))
        pages[row['key']] = name
    return pages


# --- The page --------------------------------------------------------------------------------------------------


def build_report(tables: Tables, figure_folder: Path, pages: Mapping[str, str]) -> str:
    names = list(dict.fromkeys(group_name(tables, row) for row in tables.runs))
    options = ''.join(f'<option>{escape(name)}</option>' for name in names)
    done = sum(row['status'] == 'done' for row in tables.runs)
    versions = ', '.join(sorted({row['version'] for row in tables.runs if row['version']}))
    parts = {
        'title': escape(Path(tables.study.file).stem),
        'style': (ASSETS / 'report.css').read_text(encoding='utf-8'),
        'facts': escape(f'{done} of {len(tables.runs)} runs done; elastisim {versions or "-"}'),
        'groups': groups_table(tables), 'caption': escape(caption(tables)), 'options': options,
        'figures': figures(tables, figure_folder), 'runs': runs_table(tables, pages),
        'data': embedded(comparison_data(tables)),
        'script': script_of('study.js'),
    }
    page = (ASSETS / 'report.html').read_text(encoding='utf-8')
    return re.sub(r'\{\{(\w+)\}\}', lambda found: parts[found[1]], page)


def write_report(tables: Tables, path: Path, wanted: Optional[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pages = write_run_pages(tables, wanted or (), path)
    write_whole(path, build_report(tables, tables.folder / 'figures', pages))
