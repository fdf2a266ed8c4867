"""The picture that elastisim-watch draws on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich import box
from rich.console import ConsoleDimensions, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .live import LiveJob, LiveNode, LiveRun, duration_text

# Of the nodes that run jobs, by the ID of the first one.
COLOURS = ('cyan', 'green', 'yellow', 'magenta', 'blue', 'red', 'bright_cyan', 'bright_green', 'bright_yellow',
           'bright_magenta', 'bright_blue', 'bright_red')

# Sign and colour of nodes that are not up.
NOT_UP = {'draining': ('%', 'yellow'), 'down': ('x', 'red'), 'off': ('o', 'dim'), 'booting': ('^', 'dim'),
          'stopping': ('v', 'dim')}

# Lines: of the header, of a panel's border, and of the least that is shown in a panel.
HEADER = 3
BORDER = 2
EVENTS = 6
LEAST = 3


def picture(run: LiveRun, rates: tuple[float, float], url: str, connected: bool,
            size: ConsoleDimensions) -> RenderableType:
    """All of it, for a terminal of that size."""
    inner = max(1, size.width - 2 * BORDER)
    room = max(1, size.height - HEADER - 3 * BORDER - EVENTS - LEAST)
    cells, per_cell = _grid(run, inner, room)
    layout = Layout()
    layout.split_column(
        Layout(_header(run, rates, url, connected), size=HEADER),
        Layout(_panel(cells, _grid_title(run, per_cell)), size=-(-max(1, len(cells)) // inner) + BORDER),
        Layout(name='jobs', minimum_size=LEAST),
        Layout(_panel(_Last(run.last), 'Last events'), size=EVENTS + BORDER))
    layout['jobs'].split_row(
        Layout(_panel(_Rows(list(run.pending.values()), lambda job: _pending_row(job, run.time)),
                      f'Queue: {len(run.pending)}')),
        Layout(_panel(_Rows(list(run.running.values()), lambda job: _running_row(job, run.time)),
                      f'Running: {len(run.running)}')))
    return layout


def summary(run: LiveRun) -> str:
    """How the run ended, in a line."""
    end = run.end or {'completed': run.completed, 'killed': run.killed, 'unfinished': 0}
    cancelled = f' {end["cancelled"]} cancelled,' if end.get('cancelled') else ''
    return (f'run over at {duration_text(run.time)}: {end["completed"]} jobs completed, {end["killed"]} killed,'
            f'{cancelled} {end["unfinished"]} unfinished')


def _panel(content: RenderableType, title: str) -> Panel:
    return Panel(content, title=Text(title), title_align='left', box=box.ROUNDED)


# --- The head ------------------------------------------------------------------------------------------------


def _header(run: LiveRun, rates: tuple[float, float], url: str, connected: bool) -> RenderableType:
    if run.events == 0:
        state = 'waits for events' if connected else 'no run there yet'
        return Text(f'{url}: {state}', no_wrap=True, overflow='ellipsis')
    lines = [
        f'{duration_text(run.time)}  {run.scheduler or url}',
        f'jobs: {len(run.pending)} wait, {len(run.running)} run, {run.completed} completed, {run.killed} killed'
        + (f', {run.requeues} requeued' if run.requeues else ''),
        f'nodes: {run.count_busy()} allocated, {run.count_nodes("reserved")} reserved of {run.num_nodes}'
        f'{_not_up(run)};'
        f'  {rates[0]:.0f} events/s, {rates[1]:.4g} s/s',
    ]
    return Group(*(Text(line, no_wrap=True, overflow='ellipsis', style='bold' if i == 0 else '')
                   for i, line in enumerate(lines)))


# --- Nodes ---------------------------------------------------------------------------------------------------


def _grid(run: LiveRun, width: int, height: int) -> tuple[Text, int]:
    """A character for each node, or for so many that all have room."""
    per_cell = max(1, -(-run.num_nodes // (width * height)))
    cells = Text(overflow='fold')
    for first in range(0, run.num_nodes, per_cell):
        cells.append(*_cell([run.nodes.get(node, LiveNode()) for node in range(first, first + per_cell)]))
    return cells, per_cell


def _not_up(run: LiveRun) -> str:
    counts = [(run.count_nodes(state), state) for state in NOT_UP]
    return ''.join(f', {count} {state}' for count, state in counts if count)


def _grid_title(run: LiveRun, per_cell: int) -> str:
    of = f', {per_cell} to a cell' if per_cell > 1 else ''
    more = ''.join(f', {sign} {state}' for state, (sign, _) in NOT_UP.items() if run.count_nodes(state))
    return f'Nodes{of}: # allocated, + reserved, . free{more}'


def _cell(nodes: Sequence[LiveNode]) -> tuple[str, str]:
    """Character and colour: of the state that most of them have."""
    states = [node.state for node in nodes]
    state = max(('allocated', 'reserved', 'free', *NOT_UP), key=states.count)
    if state in NOT_UP:
        return NOT_UP[state]
    if state == 'allocated':
        job = next(node.running[0] for node in nodes if node.running)
        return '#', COLOURS[job % len(COLOURS)]
    return ('+', 'white') if state == 'reserved' else ('.', 'dim')


# --- Jobs and events -----------------------------------------------------------------------------------------


class _Rows:
    """As many jobs as there is room for, and how many more there are."""

    def __init__(self, jobs: Sequence[LiveJob], row: Callable[[LiveJob], Sequence[RenderableType]]) -> None:
        self.jobs = jobs
        self.row = row

    def __rich_console__(self, _: object, options: ConsoleOptions) -> RenderResult:
        room = options.height or len(self.jobs)
        shown = self.jobs if len(self.jobs) <= room else self.jobs[:max(0, room - 1)]
        table = Table.grid(padding=(0, 1), expand=True)
        for ratio in (0, 1, 0, 0):
            table.add_column(no_wrap=True, overflow='ellipsis', ratio=ratio or None,
                             justify='left' if ratio else 'right')
        for job in shown:
            table.add_row(*self.row(job))
        yield table
        if len(shown) < len(self.jobs):
            yield Text(f'... {len(self.jobs) - len(shown)} more', style='dim')


class _Last:
    """The last events, as many as there is room for."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    def __rich_console__(self, _: object, options: ConsoleOptions) -> RenderResult:
        for line in list(self.lines)[-(options.height or EVENTS):]:
            yield Text(line, no_wrap=True, overflow='ellipsis')


def _since(then: float | None, now: float) -> str:
    return duration_text(now - then) if then is not None else '?'


def _pending_row(job: LiveJob, now: float) -> Sequence[RenderableType]:
    wants = f'{job.nodes_min}' if job.nodes_min == job.nodes_max else f'{job.nodes_min}-{job.nodes_max}'
    return (Text(str(job.id)), Text(job.name or job.type), Text(wants, style='bold'), Text(_since(job.submitted, now)))


def _running_row(job: LiveJob, now: float) -> Sequence[RenderableType]:
    place = '' if job.iteration is None else f' {job.phase}:{job.iteration}'
    what = (job.name or job.type) + place if job.condition == 'running' else job.condition
    return (Text(str(job.id), style=COLOURS[job.id % len(COLOURS)]), Text(what),
            Text('?' if job.num_nodes is None else str(job.num_nodes), style='bold'), Text(_since(job.started, now)))
