"""One table of all runs and one of their groups, as CSV, as SQLite and as text."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .description import SEED, Study
from .errors import StudyError
from .materials import write_whole
from .measures import measure, metric_label, value_of
from .statistics import LEVEL, Difference, compare, describe, holm
from .worker import record_of

PRECISION = 0.05
INPUT_HASHES = ('program', 'jobs', 'platform')

Row = dict[str, Any]


@dataclass(frozen=True)
class Tables:
    study: Study
    folder: Path
    axes: tuple[str, ...]  # without the seed
    runs: list[Row]
    groups: list[Row]

    def of_metric(self, metric: str) -> list[Row]:
        return [row for row in self.groups if row['metric'] == metric]


def read_plan(study: Study, folder: Path) -> dict[str, Any]:
    """The plan as it was made last; what the study says since about metrics, baseline and cut counts all the same."""
    try:
        plan: dict[str, Any] = json.loads((folder / 'plan.json').read_text(encoding='utf-8'))
    except (OSError, ValueError):
        raise StudyError(f'{folder}: there is no plan yet; elastisim-study run {study.file} makes and carries it out') \
            from None
    if plan['axes'] != {axis.name: list(axis.values) for axis in study.all_axes}:
        raise StudyError(f'{study.file}: its axes have changed since the plan was made; elastisim-study run '
                         f'{study.file} brings it up to date')
    return plan


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def axis_value(study: Study, axis: str, name: str) -> Any:
    """A number where all values of the axis are, else the name."""
    values = next(each for each in study.all_axes if each.name == axis).values
    numbers = all(is_number(value) for value in values.values()) and all(
        str(name) == key for key, name in ((key, key) for key in values))
    named = any(not is_number(value) for value in values.values())
    return values[name] if numbers and not named else name


# --- Runs -------------------------------------------------------------------------------------------


def row_of_run(study: Study, folder: Path, run: Mapping[str, Any]) -> Row:
    place = folder / 'runs' / run['key']
    record = record_of(place)
    row: Row = {axis: axis_value(study, axis, name) for axis, name in run['names'].items()}
    row.update(key=run['key'], status='missing' if record is None else 'failed' if record['status'] else 'done',
               exit_status=record['status'] if record else None, error=record.get('error', '') if record else '')
    groups = measure(place, study.cut, record['nodes']) if record and record['status'] == 0 else None
    for metric in study.metrics:
        row[metric] = value_of(groups, metric) if groups else None
    row.update(seconds=record.get('seconds') if record else None, version=record['version'] if record else '',
               **{f'{name}_hash': run['inputs'][name] for name in INPUT_HASHES})
    return row


# --- Groups -----------------------------------------------------------------------------------------


def grouped(rows: Sequence[Row], axes: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[axis] for axis in axes), []).append(row)
    return groups


def paired(rows: Sequence[Row], base: Sequence[Row], metric: str) -> Optional[Difference]:
    """Of the seeds that both have."""
    others = {row.get(SEED): row[metric] for row in base if row[metric] is not None}
    both = [(row[metric], others[row.get(SEED)]) for row in rows
            if row[metric] is not None and row.get(SEED) in others]
    return compare([a for a, _ in both], [b for _, b in both]) if both else None


def groups_of_metric(study: Study, axes: Sequence[str], rows: Sequence[Row], metric: str,
                     precision: float) -> list[Row]:
    groups = grouped(rows, axes)
    base = {axis: axis_value(study, axis, name) for axis, name in study.baseline.items()}
    result, differences = [], []
    for group, members in groups.items():
        values = [row[metric] for row in members if row[metric] is not None]
        sample = describe(values, precision)
        against = tuple(base.get(axis, value) for axis, value in zip(axes, group))
        is_base = not base or against == group
        difference = None if is_base else paired(members, groups.get(against, []), metric)
        differences.append(difference)
        result.append({
            **dict(zip(axes, group)), 'metric': metric, 'runs': len(members), 'missing': len(members) - len(values),
            'mean': sample.mean, 'median': sample.median, 'deviation': sample.deviation, 'low': sample.t[0],
            'high': sample.t[1], 'bca_low': sample.bca[0], 'bca_high': sample.bca[1],
            'seeds_needed': sample.seeds_needed, 'is_baseline': bool(base) and is_base})
    corrected = holm([difference.p if difference else math.nan for difference in differences])
    for row, difference, p in zip(result, differences, corrected):
        row.update(difference=difference.mean if difference else math.nan,
                   difference_low=difference.t[0] if difference else math.nan,
                   difference_high=difference.t[1] if difference else math.nan,
                   pairs=difference.count if difference else 0, effect=difference.effect if difference else math.nan,
                   p=difference.p if difference else math.nan, p_holm=p)
    return [{name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
            for row in result]


def make_tables(study: Study, folder: Path, precision: float = PRECISION) -> Tables:
    plan = read_plan(study, folder)
    axes = tuple(axis.name for axis in study.axes)
    runs = [row_of_run(study, folder, run) for run in plan['runs']]
    groups = [row for metric in study.metrics for row in groups_of_metric(study, axes, runs, metric, precision)]
    return Tables(study, folder, axes, runs, groups)


# --- Files ------------------------------------------------------------------------------------------


def as_csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator='\n')
    writer.writeheader()
    for row in rows:
        writer.writerow({name: repr(value) if isinstance(value, float) else value for name, value in row.items()})
    return out.getvalue()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def put_table(database: sqlite3.Connection, name: str, rows: Sequence[Row]) -> None:
    columns = ', '.join(map(quoted, rows[0]))
    database.execute(f'CREATE TABLE {quoted(name)} ({columns})')
    places = ', '.join('?' * len(rows[0]))
    database.executemany(f'INSERT INTO {quoted(name)} VALUES ({places})', [tuple(row.values()) for row in rows])


def write_database(path: Path, tables: Tables) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix='.')
    os.close(handle)
    with closing(sqlite3.connect(name)) as database, database:
        put_table(database, 'runs', tables.runs)
        put_table(database, 'groups', tables.groups)
    os.chmod(name, 0o644)
    os.replace(name, path)


def write_tables(tables: Tables) -> None:
    write_whole(tables.folder / 'runs.csv', as_csv(tables.runs))
    write_whole(tables.folder / 'groups.csv', as_csv(tables.groups))
    write_database(tables.folder / 'study.sqlite', tables)


# --- Text -------------------------------------------------------------------------------------------


def number_text(value: Optional[float], like: Optional[float] = None) -> str:
    """Four digits of what it is compared with."""
    if value is None or math.isnan(value):
        return '-'
    size = abs(like if like else value)
    digits = max(0, 3 - math.floor(math.log10(size))) if size > 0 else 0
    return f'{value:,.{min(digits, 6)}f}'


def interval_text(row: Row) -> str:
    mean = number_text(row['mean'])
    if row['low'] is None:
        return mean
    return f'{mean} ± {number_text(row["mean"] - row["low"], row["mean"])}'


def difference_text(row: Row) -> str:
    if row['difference'] is None:
        return 'baseline' if row['is_baseline'] else '-'
    mark = '*' if row['p_holm'] is not None and row['p_holm'] < 1 - LEVEL else ''
    share = f' ({100 * row["difference"] / (row["mean"] - row["difference"]):+.0f} %)' \
        if row['mean'] != row['difference'] else ''
    return f'{number_text(row["difference"], row["mean"])}{share}{mark}'


def caption(tables: Tables) -> str:
    study = tables.study
    counts = {len(rows) for rows in grouped(tables.runs, tables.axes).values()}
    seeds = f'{min(counts)}' if len(counts) == 1 else f'{min(counts)} to {max(counts)}'
    text = f'Means over {seeds} seeds ± half-width of the 95 % t interval; {study.cut.text}.'
    if study.baseline:
        base = ', '.join(f'{axis}={value}' for axis, value in study.baseline.items())
        text += (f" Differences to {base}, paired by seed, in brackets as share of the baseline's mean; * where "
                 'p < 0.05 in a two-sided paired t-test, corrected by Holm over all comparisons of the metric.')
    missing = sum(row['status'] != 'done' for row in tables.runs)
    if missing:
        text += f' {missing} of {len(tables.runs)} runs are missing.'
    return text


def cells(tables: Tables) -> list[list[str]]:
    """A row for each group: its axes, then the metrics and their differences."""
    metrics = tables.study.metrics
    head = [*tables.axes]
    for metric in metrics:
        head += [metric_label(metric)] + (['difference'] if tables.study.baseline else [])
    by_metric = [tables.of_metric(metric) for metric in metrics]
    rows = [head]
    for parts in zip(*by_metric):
        row = [str(parts[0][axis]) for axis in tables.axes]
        for part in parts:
            row += [interval_text(part)] + ([difference_text(part)] if tables.study.baseline else [])
        rows.append(row)
    return rows


def as_text(tables: Tables) -> str:
    rows = cells(tables)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    names = len(tables.axes)
    lines = ['  '.join(cell.ljust(width) if place < names else cell.rjust(width)
                       for place, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows]
    lines.insert(1, '-' * (sum(widths) + 2 * (len(widths) - 1)))
    return '\n'.join(lines) + f'\n\n{caption(tables)}\n'


def as_markdown(tables: Tables) -> str:
    rows = cells(tables)
    lines = ['| ' + ' | '.join(row) + ' |' for row in rows]
    lines.insert(1, '|' + '---|' * len(rows[0]))
    return '\n'.join(lines) + f'\n\n{caption(tables)}\n'


FORMATS: Mapping[str, Callable[[Tables], str]] = {
    'text': as_text, 'markdown': as_markdown, 'csv': lambda tables: as_csv(tables.groups),
    'runs': lambda tables: as_csv(tables.runs),
}
