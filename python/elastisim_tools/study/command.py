"""The command line of elastisim-study."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from .. import __version__
from ..metrics import count_text, format_seconds
from ..run import OutputError
from ..workload.arguments import real, whole
from .description import Study, read_study
from .errors import StudyError
from .figure import KINDS, STYLES, complete, draw, restrict
from .materials import remove_folder
from .plan import Plan, make_plan
from .report import write_report
from .simulator import find_simulator
from .table import FORMATS, PRECISION, make_tables, read_plan, write_tables
from .worker import FAILURE, record_of
from .workflow import Engine, carry_out, locked, waiting_runs

HELP = """Carries out many runs of the simulator that one file describes, on all cores or on a cluster, and says what
came out: tables with intervals, figures, a report."""

INTERRUPTED = 130
# What a study leaves in its folder.
LEFT = ('runs', 'workloads', 'platforms', 'parts', 'done', 'logs', 'figures', '.snakemake', 'plan.json', 'Snakefile',
        'runs.csv', 'groups.csv', 'study.sqlite', 'report.html', '.lock')


def folder_of(study: Study, options: argparse.Namespace) -> Path:
    return Path(options.output or study.folder)


# --- What is planned and done ---------------------------------------------------------------------------


def plan_text(plan: Plan, cores: int) -> str:
    axes = ' × '.join(f'{axis.name} ({len(axis.values)})' for axis in plan.study.all_axes if not axis.zipped_with)
    waiting = set(waiting_runs(plan))
    text = f'{count_text(len(plan.runs), "run")}{": " if axes else ""}{axes}; '
    text += f'{count_text(len(waiting), "run")} to do\n'
    measured = [record['seconds'] for run in plan.runs
                if (record := record_of(plan.folder / 'runs' / run.key)) and record.get('seconds')]
    if waiting and measured:
        seconds = len(waiting) * sum(measured) / len(measured) / cores
        text += f'about {format_seconds(seconds)} on {count_text(cores, "core")}, '
        text += f'by {count_text(len(measured), "run")} so far\n'
    elif waiting:
        text += 'how long they take is not known before some are done\n'
    return text


def status_text(runs: Sequence[dict[str, Any]], folder: Path) -> tuple[str, int]:
    """What is done, and what failed why; and how many runs there is no result of."""
    records = [(run, record_of(folder / 'runs' / run['key'])) for run in runs]
    failed = [(run, record) for run, record in records if record and record['status'] != 0]
    done = sum(record is not None and record['status'] == 0 for _, record in records)
    left = len(runs) - done - len(failed)
    text = f'{done} of {count_text(len(runs), "run")} done, {len(failed)} failed, {left} to do\n'
    for run, record in failed:
        names = ', '.join(f'{axis}={value}' for axis, value in run['names'].items())
        again = '; it is tried again' if record['status'] == FAILURE else ''
        text += f'failed: {names}: {record["error"]} (runs/{run["key"]}, status {record["status"]}{again})\n'
    return text, len(runs) - done


def plan_command(study: Study, options: argparse.Namespace) -> int:
    with locked(folder_of(study, options)):
        plan = make_plan(study, folder_of(study, options), find_simulator(options.elastisim), options.jobs)
    sys.stdout.write(plan_text(plan, options.jobs))
    return 0


def run_command(study: Study, options: argparse.Namespace) -> int:
    folder = folder_of(study, options)
    engine = Engine(options.jobs, options.slurm, options.profile, options.runs_per_job, tuple(options.snakemake or ()))
    with locked(folder):
        plan = make_plan(study, folder, find_simulator(options.elastisim), options.jobs)
        sys.stdout.write(plan_text(plan, options.jobs))
        sys.stdout.flush()
        status = 0
        try:
            status = carry_out(plan, engine, options.again)
        except KeyboardInterrupt:
            print('interrupted; what is done stays done', file=sys.stderr)
            status = INTERRUPTED
    text, missing = status_text(read_plan(study, folder)['runs'], folder)
    sys.stdout.write(text)
    if status not in (0, INTERRUPTED):
        print(f'elastisim-study: Snakemake ended with status {status}; what it said is in {folder}/logs/snakemake.log',
              file=sys.stderr)
    return status if status == INTERRUPTED else 1 if missing or status else 0


def status_command(study: Study, options: argparse.Namespace) -> int:
    folder = folder_of(study, options)
    sys.stdout.write(status_text(read_plan(study, folder)['runs'], folder)[0])
    return 0


def table_command(study: Study, options: argparse.Namespace) -> int:
    tables = make_tables(study, folder_of(study, options), options.precision)
    write_tables(tables)
    text: str = FORMATS[options.format](tables)
    sys.stdout.write(text)
    return 0


def figure_command(study: Study, options: argparse.Namespace) -> int:
    """One figure, or one for each metric."""
    folder = folder_of(study, options)
    tables = restrict(make_tables(study, folder), options.where or ())
    for metric in [options.metric] if options.metric else study.metrics:
        request = complete(tables, options.kind, metric, options.x, options.by, options.style)
        path = Path(options.figure or folder / 'figures' / f'{metric.replace("/", "-")}.pdf')
        if options.figure and not options.metric and len(study.metrics) > 1:
            path = path.with_name(f'{path.stem}-{metric.replace("/", "-")}{path.suffix}')
        draw(tables, request, path)
        print(path)
    return 0


def report_command(study: Study, options: argparse.Namespace) -> int:
    folder = folder_of(study, options)
    path = Path(options.report or folder / 'report.html')
    write_report(make_tables(study, folder), path, options.gantt)
    print(path)
    return 0


def clean_command(study: Study, options: argparse.Namespace) -> int:
    folder = folder_of(study, options)
    if not (folder / 'plan.json').is_file():
        raise StudyError(f'{folder}: is no folder of a study; nothing is removed')
    with locked(folder):
        if options.unused:
            return clean_unused(study, folder)
        for name in LEFT:
            remove_folder(folder / name)
            (folder / name).unlink(missing_ok=True)
    if not os.listdir(folder):
        folder.rmdir()
    return 0


def clean_unused(study: Study, folder: Path) -> int:
    """Runs that the plan names no longer, and workloads and platforms of which none of its runs is made."""
    plan = read_plan(study, folder)
    settings = [run['description']['set'] for run in plan['runs']]
    files = [str(each.get(key, '')) for each in settings for key in ('jobs_file', 'platform_file')]
    used = {run['key'] for run in plan['runs']} | {part for file in files for part in Path(file).parts}
    removed = 0
    for kind in ('runs', 'workloads', 'platforms'):
        for path in sorted((folder / kind).glob('*')):
            if path.name not in used:
                remove_folder(path)
                path.unlink(missing_ok=True)
                removed += 1
    print(f'{count_text(removed, "entry")} removed' if removed != 1 else '1 entry removed')
    return 0


# --- The command line -----------------------------------------------------------------------------------


def add_command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + '.')
    parser.set_defaults(run=run)
    parser.add_argument('file', metavar='FILE.toml', help='the study')
    parser.add_argument('-o', '--output', metavar='DIR',
                        help="folder of the study (default: what its 'folder' says, else runs/FILE)")
    return parser


def add_simulator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('-j', '--jobs', type=whole(1), default=1, metavar='N',
                        help='cores, or with --slurm jobs at a time (default: %(default)s)')
    parser.add_argument('--elastisim', metavar='PROGRAM',
                        help='the simulator (default: $ELASTISIM, else elastisim on the path)')


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog='elastisim-study', description=HELP)
    top.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    commands = top.add_subparsers(metavar='COMMAND', required=True)
    add_simulator(add_command(commands, 'plan', plan_command, 'make and check the plan, and say what would run'))
    run = add_command(commands, 'run', run_command, 'carry out the runs that are not done')
    add_simulator(run)
    run.add_argument('--slurm', action='store_true', help='on a cluster, with sbatch')
    run.add_argument('--profile', metavar='NAME', help='on what a Snakemake profile says')
    run.add_argument('--runs-per-job', type=whole(1), metavar='N',
                     help='runs that share a job (default: four jobs for each core, of at most 200 runs)')
    run.add_argument('--again', action='store_true', help='do failed runs once more')
    run.add_argument('--snakemake', action='append', metavar='OPTION',
                     help='passed on to Snakemake; any number of times')
    add_command(commands, 'status', status_command, 'say what is done, and what failed why')
    table = add_command(commands, 'table', table_command,
                        'write runs.csv, groups.csv and study.sqlite, and print the groups')
    table.add_argument('--format', choices=FORMATS, default='text', help='(default: %(default)s)')
    table.add_argument('--precision', type=real(0.0001, 1), default=PRECISION, metavar='X',
                       help='half-width of the interval for seeds_needed, as share of the mean (default: %(default)s)')
    figure = add_command(commands, 'figure', figure_command, 'draw a metric over an axis, or all of them')
    figure.add_argument('--kind', choices=KINDS, help='(default: lines over numbers, bars over names)')
    figure.add_argument('--metric', metavar='NAME', help='(default: a figure for each metric of the study)')
    figure.add_argument('--x', metavar='AXIS', help='the axis along which it goes (default: the first one of numbers)')
    figure.add_argument('--by', metavar='AXIS', help='the axis that tells its series apart (default: the other one)')
    figure.add_argument('--where', action='append', metavar='AXIS=VALUE', help='only these runs; any number of times')
    figure.add_argument('--style', choices=STYLES, default='one-column', help='width and text (default: %(default)s)')
    figure.add_argument('--figure', metavar='FILE',
                        help=".pdf, .svg, .eps or .png (default: figures/METRIC.pdf in the study's folder)")
    report = add_command(commands, 'report', report_command, 'make one page of the groups, figures and runs')
    report.add_argument('--report', metavar='FILE', help="(default: report.html in the study's folder)")
    report.add_argument('--gantt', action='append', metavar='AXIS=VALUE,...',
                        help='runs that get a page of their own, which shows who ran where; any number of times')
    clean = add_command(commands, 'clean', clean_command, 'remove all that the study left')
    clean.add_argument('--unused', action='store_true', help='only what the plan does not name any longer')
    return top


def main(argv: Optional[Sequence[str]] = None) -> int:
    options = parser().parse_args(argv)
    try:
        status: int = options.run(read_study(options.file), options)
        return status
    except (StudyError, OutputError) as error:
        message = str(error)
    except OSError as error:
        message = f'{error.filename}: {(error.strerror or str(error)).lower()}' if error.filename else str(error)
    except KeyboardInterrupt:
        print('elastisim-study: interrupted', file=sys.stderr)
        return INTERRUPTED
    print(f'elastisim-study: error: {message}', file=sys.stderr)
    return 2
