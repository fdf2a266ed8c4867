"""elastisim-report: a page to look at, and figures for a paper."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .page import build_page
from .perfetto import write_trace
from .run import OutputError, load_run
from .stats import OUTPUT_HELP

HELP = """Makes one self-contained HTML file of a finished run (or of several, compared): who ran where, queue and use
over time, distributions, statistics, configuration. With --figure it draws single figures for a paper instead."""

FIGURE_HELP = """[KIND=]FILE: draw a figure into FILE (.svg, .pdf, .png), with KIND one of gantt, jobs, utilization,
wait, slowdown (default: what FILE is called); may be given several times; needs matplotlib"""

PERFETTO_HELP = """write the run as a trace, with jobs, phases, tasks and nodes, that ui.perfetto.dev opens (one run)"""


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='elastisim-report', description=HELP)
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    parser.add_argument('outputs', nargs='+', metavar='OUTPUT', help=OUTPUT_HELP)
    parser.add_argument('-o', '--output', metavar='FILE',
                        help='the page to write (default: report.html without --figure and --perfetto)')
    parser.add_argument('--title', help="(default: the runs' names)")
    parser.add_argument('--figure', action='append', default=[], metavar='[KIND=]FILE', help=FIGURE_HELP)
    parser.add_argument('--perfetto', metavar='FILE', help=PERFETTO_HELP)
    parser.add_argument('--width', type=float, default=7.0, metavar='INCHES', help='of a figure (default: %(default)s)')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = parse_arguments(argv)
    try:
        runs = [load_run(output) for output in options.outputs]
        if options.figure:
            try:
                from .figures import draw
            except ImportError as error:
                raise OutputError(f'--figure needs matplotlib (Debian: python3-matplotlib): {error}') from error
            for figure in options.figure:
                draw(figure, runs, options.width)
        if options.perfetto:
            if len(runs) > 1:
                raise OutputError('--perfetto: a trace is of one run; give one OUTPUT')
            write_trace(runs[0], Path(options.perfetto))
        if options.output or not (options.figure or options.perfetto):
            Path(options.output or 'report.html').write_text(build_page(runs, options.title), encoding='utf-8')
    except (OutputError, OSError) as error:
        print(f'elastisim-report: error: {error}', file=sys.stderr)
        return 2
    return 0
