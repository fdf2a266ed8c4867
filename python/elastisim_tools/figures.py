"""Single figures for a paper, drawn with matplotlib: vector formats stay vectors as far as that makes sense."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import numpy as np  # noqa: E402
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.collections import LineCollection, PolyCollection  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

from .metrics import SLOWDOWN_BOUND  # noqa: E402
from .page import Story, story_of  # noqa: E402
from .run import JOB_TYPES, Job, OutputError, Run  # noqa: E402
from .series import thin  # noqa: E402
from .timeline import ranges  # noqa: E402

# Told apart in grey and by the colour-blind, too: neighbours in lightness differ in hue.
COLOURS = dict(zip(JOB_TYPES, ('#3f1fb3', '#b199f8', '#0b9347', '#f7bb00', '#963e79')))
OTHER_COLOUR = '#5b8db8'
LINE_COLOURS = ('#3f1fb3', '#c4671b', '#0b8543', '#963e79', '#5b8db8', '#8a6d00', '#16161a')
DASHES = ('-', '--', ':', '-.')
# Seven colours and four dashes go on by one each: no pair comes twice, and neighbours differ in both.
LINE_STYLES = tuple((LINE_COLOURS[i % len(LINE_COLOURS)], DASHES[i % len(DASHES)])
                    for i in range(len(LINE_COLOURS) * len(DASHES)))

# Of nodes that are not up.
HATCHES = {'draining': '...', 'down': 'xxxx', 'off': '---', 'booting': '|||', 'stopping': '++'}

# More rectangles than this make a vector file that no viewer likes: they become an image inside it.
MAX_VECTORS = 20000

# A line of more steps than this is drawn as means over equal spans.
MAX_STEPS = 800

STYLE = {
    'font.size': 8, 'axes.titlesize': 9, 'axes.spines.top': False, 'axes.spines.right': False, 'legend.frameon': False,
    'svg.fonttype': 'none', 'pdf.fonttype': 42, 'savefig.dpi': 300, 'svg.hashsalt': 'elastisim',
}


def _time_unit(end: float) -> tuple[float, str]:
    for length, name, least in ((86400, 'days', 5), (3600, 'hours', 3), (60, 'minutes', 5)):
        if end >= least * length:
            return length, name
    return 1, 'seconds'


def _time_axis(axes: Axes, end: float) -> float:
    unit, name = _time_unit(end)
    axes.set_xlim(0, end / unit)
    axes.set_xlabel(f'time ({name})')
    return unit


def _rectangle(left: float, right: float, first: int, count: int) -> list[tuple[float, float]]:
    return [(left, first), (right, first), (right, first + count), (left, first + count)]


def _polygons(story: Story, kind: str, unit: float) -> list[list[tuple[float, float]]]:
    types = {job.id: job.type for job in story.run.jobs}
    shapes: list[list[tuple[float, float]]] = []
    assert story.timeline
    for allocation in story.timeline.allocations:
        if types.get(allocation.job) != kind:
            continue
        left, right = allocation.begin / unit, allocation.end / unit
        for first, count in ranges(allocation.nodes):
            shapes.append(_rectangle(left, right, first, count))
    return shapes


def _gantt_of(axes: Axes, story: Story) -> None:
    timeline = story.timeline
    if timeline is None:
        raise OutputError(f'{story.run.name}: who ran where is not known; a Gantt chart needs node_utilization or '
                          'events')
    end = max(timeline.end, story.run.last_end)
    unit = _time_axis(axes, end)
    handles = []
    for kind in story.run.types:
        shapes = _polygons(story, kind, unit)
        colour = COLOURS.get(kind, OTHER_COLOUR)
        many = len(shapes) * len(story.run.types) > MAX_VECTORS
        axes.add_collection(PolyCollection(shapes, facecolors=colour, edgecolors='white', linewidths=0 if many else 0.2,
                                           rasterized=many))
        handles.append(Patch(color=colour, label=kind))
    for condition, hatch in HATCHES.items():
        shapes = [_rectangle(outage.begin / unit, outage.end / unit, first, count) for outage in timeline.outages
                  if outage.kind == condition for first, count in ranges(outage.nodes)]
        if shapes:
            axes.add_collection(PolyCollection(shapes, facecolors='none', edgecolors='#16161a', hatch=hatch,
                                               linewidths=0, rasterized=len(shapes) > MAX_VECTORS))
            handles.append(Patch(facecolor='none', edgecolor='#16161a', hatch=hatch, linewidth=0, label=condition))
    places: dict[int, list[tuple[float, float, int, int]]] = {}
    for allocation in timeline.allocations:
        for first, count in ranges(allocation.nodes):
            places.setdefault(allocation.job, []).append((allocation.begin, allocation.end, first, count))
    marks = [[(change.begin / unit, first), (change.begin / unit, first + count)]
             for change in timeline.reconfigurations for begin, until, first, count in places.get(change.job, ())
             if begin <= change.end and until >= change.begin and until - begin > end / 200]
    axes.add_collection(LineCollection(marks, colors='#16161a', linewidths=0.5, rasterized=len(marks) > MAX_VECTORS))
    axes.set_ylim(len(timeline.nodes), 0)
    axes.set_ylabel('node')
    axes.legend(handles=handles, loc='lower left', bbox_to_anchor=(0, 1), ncol=len(handles), borderaxespad=0.2,
                handlelength=1.2, columnspacing=1.2)


def _gantt(stories: Sequence[Story], width: float) -> Figure:
    figure, panels = plt.subplots(len(stories), 1, figsize=(width, 2.9 * len(stories)), squeeze=False,
                                  layout='constrained')
    for axes, story in zip(panels[:, 0], stories):
        _gantt_of(axes, story)
        if len(stories) > 1:
            axes.set_title(story.run.name, loc='right')
    return figure


def _check_number(stories: Sequence[Story]) -> None:
    """Lines that look alike would be taken for each other, and left out they would not be missed."""
    if len(stories) > len(LINE_STYLES):
        raise OutputError(f'{len(stories)} runs: lines of more than {len(LINE_STYLES)} can\'t be told apart in one '
                          'figure; give fewer')


def _panels(stories: Sequence[Story], width: float, wanted: Callable[[str], bool]) -> Figure:
    """A panel per figure over time; one line per run, or per label of a single run."""
    titles: dict[str, tuple[str, float | None]] = {}
    lines: dict[str, list[tuple[str, Sequence[float], Sequence[float]]]] = {}
    for story in stories:
        for chart in story.charts:
            for label, series in chart.lines.items() if wanted(chart.key) else ():
                own_panel = len(stories) > 1 and len(chart.lines) > 1
                title = f'{chart.title}: {label}' if own_panel else chart.title
                titles[title] = (chart.unit, chart.full)
                name = story.run.name if len(stories) > 1 else label
                shown = thin(series, MAX_STEPS)
                lines.setdefault(title, []).append((name, shown.times, shown.values))
    _check_number(stories)
    if not titles:
        raise OutputError('there is nothing to draw: the run wrote no monitoring files (sensing) and no '
                          'node_utilization')
    end = max(story.run.last_end for story in stories)
    figure, panels = plt.subplots(len(titles), 1, figsize=(width, 0.5 + 1.15 * len(titles)), squeeze=False, sharex=True,
                                  layout='constrained')
    for axes, (title, (unit, full)) in zip(panels[:, 0], titles.items()):
        time_unit = _time_unit(end)[0]
        for (label, times, values), (colour, dash) in zip(lines[title], LINE_STYLES):
            axes.step(np.asarray(times) / time_unit, values, where='post', color=colour, linestyle=dash, linewidth=0.8,
                      label=label)
        axes.set_ylim(0, full)
        axes.set_title(title, loc='left')
        if unit == 'percent':
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{100 * value:g} %'))
        elif unit == 'bytes/s':
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value / 1e9:g} GB/s'))
        elif unit == 'W':
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value / 1000:g} kW'))
        if len(lines[title]) > 1:
            axes.legend(loc='lower right', bbox_to_anchor=(1, 1), ncol=4, borderaxespad=0)
    _time_axis(panels[-1, 0], end)
    return figure


def _jobs(stories: Sequence[Story], width: float) -> Figure:
    return _panels(stories, width, lambda key: key == 'jobs')


def _utilization(stories: Sequence[Story], width: float) -> Figure:
    return _panels(stories, width, lambda key: key != 'jobs')


def _shares(axes: Axes, values: Sequence[float], label: str, colour: str, dash: str) -> None:
    ordered = np.maximum(1, np.sort(np.asarray(values)))
    if len(ordered):
        axes.step(np.insert(ordered, 0, 1), np.arange(len(ordered) + 1) / len(ordered), where='post', label=label,
                  color=colour, linestyle=dash, linewidth=1.2)


def _distribution(stories: Sequence[Story], width: float, value: Callable[[Job], float], label: str) -> Figure:
    figure, axes = plt.subplots(figsize=(width / 2, 2.5))
    _check_number(stories)
    if len(stories) > 1:
        groups = [(story.run.name, story.run.jobs, *style) for story, style in zip(stories, LINE_STYLES)]
    else:
        jobs = stories[0].run.jobs
        groups = [('all', jobs, '#16161a', '--')]
        groups += [(kind, [job for job in jobs if job.type == kind], COLOURS.get(kind, OTHER_COLOUR), '-')
                   for kind in stories[0].run.types]
    for name, jobs, colour, dash in groups:
        _shares(axes, [value(job) for job in jobs if job.has_run], name, colour, dash)
    axes.set_xscale('log')
    axes.set_xlim(left=1)
    axes.set_ylim(0, 1.01)
    axes.set_xlabel(label)
    axes.set_ylabel('share of jobs')
    axes.grid(color='#e4e4e0', linewidth=0.5)
    axes.legend(loc='best')
    return figure


def _wait(stories: Sequence[Story], width: float) -> Figure:
    return _distribution(stories, width, lambda job: job.wait, 'wait (seconds)')


def _slowdown(stories: Sequence[Story], width: float) -> Figure:
    return _distribution(stories, width, lambda job: job.bounded_slowdown(SLOWDOWN_BOUND), 'bounded slowdown')


KINDS: dict[str, Callable[[Sequence[Story], float], Figure]] = {
    'gantt': _gantt, 'jobs': _jobs, 'utilization': _utilization, 'wait': _wait, 'slowdown': _slowdown,
}


def draw(text: str, runs: Sequence[Run], width: float) -> None:
    """Draws [KIND=]FILE."""
    kind, equals, name = text.partition('=')
    if not equals:
        kind, name = Path(text).stem, text
    if kind not in KINDS:
        raise OutputError(f"--figure {text}: no figure is called '{kind}'; there are {', '.join(KINDS)}: name the file "
                          'like one of them, or give KIND=FILE')
    path = Path(name)
    if path.suffix not in ('.svg', '.pdf', '.png'):
        raise OutputError(f"--figure {text}: '{path.suffix}' is not a format; end the name in .svg, .pdf or .png")
    if len(runs) > len(LINE_STYLES):
        raise OutputError(f'--figure {text}: {len(runs)} runs are too many for one figure; give '
                          f'{len(LINE_STYLES)} at most')
    with matplotlib.rc_context(STYLE):
        figure = KINDS[kind]([story_of(run) for run in runs], width)
        dates = {'.svg': 'Date', '.pdf': 'CreationDate'}
        metadata = {dates[path.suffix]: None} if path.suffix in dates else None
        figure.savefig(path, bbox_inches='tight', metadata=metadata)
        plt.close(figure)
