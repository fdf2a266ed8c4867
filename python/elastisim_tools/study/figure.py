"""Figures of a study, for papers: vector files in which text stays text, that can be read in print and without colours.

matplotlib is imported when a figure is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from .description import SEED
from .errors import StudyError, suggestion
from .measures import metric_label
from .table import Row, Tables, grouped, is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito, "Color universal design": told apart with any colour vision. Black comes first, yellow not at all: it
# can't be seen on white paper.
COLOURS = ('#000000', '#E69F00', '#56B4E9', '#009E73', '#0072B2', '#D55E00', '#CC79A7')
LINES = ('-', '--', ':', '-.')
MARKERS = ('o', 's', '^', 'D', 'v', 'P', 'X', '<', '>')
HATCHES = ('', '///', '...', 'xxx')
MOST_SERIES = len(COLOURS) * len(LINES)
SUFFIXES = ('.pdf', '.svg', '.eps', '.png')

# Width and height in inches, size of the text in points: columns of IEEE and ACM papers, and a screen.
STYLES = {'one-column': (3.5, 2.4, 8), 'two-column': (7.16, 2.8, 8), 'screen': (8.0, 5.0, 11)}


@dataclass(frozen=True)
class Request:
    kind: str
    metric: str
    x: str
    by: Optional[str]
    style: str


@dataclass(frozen=True)
class Look:
    """Of the series with this number: no two have the same."""

    colour: str
    line: str
    marker: str
    hatch: str


def look_of(number: int) -> Look:
    colour = number % len(COLOURS)
    turn = (colour + number // len(COLOURS)) % len(LINES)  # neighbours differ in more than their colour
    return Look(COLOURS[colour], LINES[turn], MARKERS[number % len(MARKERS)], HATCHES[turn])


@contextmanager
def style(name: str) -> Iterator[Any]:
    try:
        import matplotlib
        matplotlib.use('Agg')
        from matplotlib import pyplot
    except ImportError:
        raise StudyError('figures need matplotlib; install it (Debian: python3-matplotlib)') from None
    width, height, size = STYLES[name]
    with matplotlib.rc_context({
            'figure.figsize': (width, height), 'font.size': size, 'axes.titlesize': size, 'legend.fontsize': size - 1,
            'svg.fonttype': 'none', 'svg.hashsalt': 'elastisim', 'pdf.fonttype': 42, 'ps.fonttype': 42,
            'axes.spines.top': False, 'axes.spines.right': False, 'lines.linewidth': 1.2, 'lines.markersize': 4,
            'hatch.linewidth': 0.5, 'figure.constrained_layout.use': True}):
        yield pyplot


# --- What is drawn --------------------------------------------------------------------------------------


def series_of(rows: Sequence[Row], request: Request) -> dict[str, list[Row]]:
    """Rows by the values of the axis that tells the series apart; all in one without it."""
    if request.by is None:
        return {'': list(rows)}
    return {str(names[0]): members for names, members in grouped(rows, (request.by,)).items()}


def places(rows: Sequence[Row], axis: str) -> list[Any]:
    return list(dict.fromkeys(row[axis] for row in rows))


def half_widths(rows: Sequence[Row], low: str, high: str, middle: str) -> list[list[float]]:
    return [[0.0 if row[low] is None else row[middle] - row[low] for row in rows],
            [0.0 if row[high] is None else row[high] - row[middle] for row in rows]]


def draw_lines(axes: Axes, tables: Tables, request: Request) -> None:
    rows = [row for row in tables.of_metric(request.metric) if row['mean'] is not None]
    at = {value: value if is_number(value) else number for number, value in enumerate(places(rows, request.x))}
    for number, (name, members) in enumerate(series_of(rows, request).items()):
        look = look_of(number)
        members = sorted(members, key=lambda row: float(at[row[request.x]]))
        xs = [at[row[request.x]] for row in members]
        axes.plot(xs, [row['mean'] for row in members], color=look.colour, linestyle=look.line, marker=look.marker,
                  label=name or None)
        banded = [row for row in members if row['low'] is not None]
        axes.fill_between([at[row[request.x]] for row in banded], [row['low'] for row in banded],
                          [row['high'] for row in banded], color=look.colour, alpha=0.15, linewidth=0)
    axes.set_xticks(list(at.values()), [str(value) for value in at])
    axes.set_xlabel(request.x)
    axes.set_ylabel(metric_label(request.metric))


def draw_bars(axes: Axes, tables: Tables, request: Request) -> None:
    draw_bars_of(axes, [row for row in tables.of_metric(request.metric) if row['mean'] is not None], request,
                 ('mean', 'low', 'high'))
    axes.set_ylabel(metric_label(request.metric))


def draw_differences(axes: Axes, tables: Tables, request: Request) -> None:
    if not tables.study.baseline:
        raise StudyError(f"{tables.study.file}: differences need a 'baseline'")
    draw_bars_of(axes, [row for row in tables.of_metric(request.metric) if row['difference'] is not None], request,
                 ('difference', 'difference_low', 'difference_high'))
    axes.axhline(0, color='black', linewidth=0.8)
    base = ', '.join(f'{axis}={value}' for axis, value in tables.study.baseline.items())
    axes.set_ylabel(f'{metric_label(request.metric)}\nless {base}')


def draw_bars_of(axes: Axes, rows: Sequence[Row], request: Request, figures: tuple[str, str, str]) -> None:
    names = places(rows, request.x)
    series = series_of(rows, request)
    width = 0.8 / len(series) if series else 0.8
    for number, (name, members) in enumerate(series.items()):
        look = look_of(number)
        xs = [names.index(row[request.x]) - 0.4 + (number + 0.5) * width for row in members]
        axes.bar(xs, [row[figures[0]] for row in members], width, label=name or None, color=look.colour, alpha=0.75,
                 hatch=look.hatch, edgecolor='black', linewidth=0.5,
                 yerr=half_widths(members, figures[1], figures[2], figures[0]),
                 error_kw={'elinewidth': 0.8, 'capsize': 2})
    axes.set_xticks(range(len(names)), [str(name) for name in names])
    axes.set_xlabel(request.x)


def draw_boxes(axes: Axes, tables: Tables, request: Request) -> None:
    rows = [row for row in tables.runs if row[request.metric] is not None]
    names = places(rows, request.x)
    series = series_of(rows, request)
    width = 0.8 / len(series) if series else 0.8
    for number, (name, members) in enumerate(series.items()):
        look = look_of(number)
        groups = grouped(members, (request.x,))
        boxes = axes.boxplot([[row[request.metric] for row in group] for group in groups.values()], widths=0.85 * width,
                             positions=[names.index(key[0]) - 0.4 + (number + 0.5) * width for key in groups],
                             patch_artist=True, medianprops={'color': 'white' if look.colour == '#000000' else 'black'},
                             flierprops={'marker': look.marker, 'markersize': 3}, manage_ticks=False)
        for box in boxes['boxes']:
            box.set(facecolor=look.colour, hatch=look.hatch, alpha=0.75)
        if name:
            boxes['boxes'][0].set_label(name)
    axes.set_xticks(range(len(names)), [str(name) for name in names])
    axes.set_xlabel(request.x)
    axes.set_ylabel(metric_label(request.metric))


def draw_heat(axes: Axes, tables: Tables, request: Request) -> None:
    if request.by is None:
        raise StudyError('a heat map needs two axes; give --by AXIS')
    rows = [row for row in tables.of_metric(request.metric) if row['mean'] is not None]
    across, down = places(rows, request.x), places(rows, request.by)
    values = {(row[request.x], row[request.by]): row['mean'] for row in rows}
    grid = [[values.get((x, y), math.nan) for x in across] for y in down]
    image = axes.imshow(grid, aspect='auto', cmap='cividis')
    middle = (min(values.values()) + max(values.values())) / 2
    for (x, y), value in values.items():
        axes.text(across.index(x), down.index(y), f'{value:.3g}', ha='center', va='center',
                  color='black' if value > middle else 'white')
    axes.set_xticks(range(len(across)), [str(value) for value in across])
    axes.set_yticks(range(len(down)), [str(value) for value in down])
    axes.set_xlabel(request.x)
    axes.set_ylabel(request.by)
    axes.figure.colorbar(image, ax=axes, label=metric_label(request.metric))


def draw_ecdf(axes: Axes, tables: Tables, request: Request) -> None:
    """Of the metric's values over all runs of a series."""
    rows = [row for row in tables.runs if row[request.metric] is not None]
    by = replace(request, by=request.by or request.x)
    for number, (name, members) in enumerate(series_of(rows, by).items()):
        look = look_of(number)
        values = sorted(row[request.metric] for row in members)
        axes.step([values[0], *values], [0, *((place + 1) / len(values) for place in range(len(values)))], where='post',
                  color=look.colour, linestyle=look.line, label=name)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(metric_label(request.metric))
    axes.set_ylabel('share of the runs')


KINDS: Mapping[str, Callable[[Any, Tables, Request], None]] = {
    'lines': draw_lines, 'bars': draw_bars, 'boxes': draw_boxes, 'heat': draw_heat, 'differences': draw_differences,
    'ecdf': draw_ecdf,
}

# --- What is asked for ------------------------------------------------------------------------------------


def check_axis(tables: Tables, axis: Optional[str], option: str) -> None:
    if axis is not None and axis not in tables.axes:
        known = ', '.join(tables.axes)
        raise StudyError(f'{option} {axis}: there is no such axis; '
                         f"{suggestion(axis, tables.axes, f'axes are {known}')}")


def default_x(tables: Tables) -> str:
    """The first axis of numbers, else the first one."""
    for axis in tables.axes:
        if all(is_number(row[axis]) for row in tables.runs) and len(places(tables.runs, axis)) > 1:
            return axis
    return tables.axes[0]


def complete(tables: Tables, kind: Optional[str], metric: str, x: Optional[str], by: Optional[str],
             style_name: str) -> Request:
    """With what was not said, and checked: every other axis has to be fixed by being the series."""
    if not tables.axes:
        raise StudyError(f'{tables.study.file}: has no axis to draw a figure over')
    if metric not in tables.study.metrics:
        known = ', '.join(tables.study.metrics)
        raise StudyError(f"--metric {metric}: is no metric of the study; they are {known}")
    check_axis(tables, x, '--x')
    check_axis(tables, by, '--by')
    x = x or next((axis for axis in (default_x(tables), *tables.axes) if axis != by), None)
    if x is None or x == by:
        raise StudyError(f'--by {by}: is the axis along which the figure goes; give another one')
    others = [axis for axis in tables.axes if axis != x and len(places(tables.runs, axis)) > 1]
    by = by or (others[0] if len(others) == 1 else None)
    left = [axis for axis in others if axis != by]
    if left and kind not in ('boxes', 'ecdf'):
        raise StudyError(f'the figure has room for two axes, and {", ".join(left)} is left; fix it with --where '
                         'AXIS=VALUE')
    numbers = all(is_number(row[x]) for row in tables.runs)
    request = Request(kind or ('lines' if numbers else 'bars'), metric, x, by, style_name)
    count = len(places(tables.runs, by)) if by else 1
    if count > MOST_SERIES:
        raise StudyError(f'--by {by}: has {count} values, and no more than {MOST_SERIES} can be told apart; fix some '
                         'with --where')
    return request


def restrict(tables: Tables, wanted: Sequence[str]) -> Tables:
    """Only runs and groups that have these values, AXIS=VALUE."""
    runs, groups = tables.runs, tables.groups
    for each in wanted:
        axis, equals, value = each.partition('=')
        if not equals or axis == SEED:
            raise StudyError(f'--where {each}: must be AXIS=VALUE')
        check_axis(tables, axis, '--where')
        runs = [row for row in runs if str(row[axis]) == value]
        groups = [row for row in groups if str(row[axis]) == value]
        if not runs:
            raise StudyError(f"--where {each}: no run has that value; there are "
                             f'{", ".join(map(str, places(tables.runs, axis)))}')
    return Tables(tables.study, tables.folder, tables.axes, runs, groups)


def draw(tables: Tables, request: Request, path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise StudyError(f'{path}: must end in {", ".join(SUFFIXES)}')
    if all(row[request.metric] is None for row in tables.runs):
        raise StudyError(f'{request.metric}: no run has a value of it, so there is nothing to draw')
    with style(request.style) as pyplot:
        figure, axes = pyplot.subplots()
        try:
            KINDS[request.kind](axes, tables, request)
            if axes.get_legend_handles_labels()[1]:
                axes.legend(title=request.by or (request.x if request.kind == 'ecdf' else None), frameon=False)
            path.parent.mkdir(parents=True, exist_ok=True)
            metadata: Any = {'.svg': {'Date': None}, '.pdf': {'CreationDate': None}}.get(path.suffix)
            figure.savefig(path, metadata=metadata, dpi=200)
        finally:
            pyplot.close(figure)
