"""elastisim-workload import: a log becomes a folder that the simulator runs."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

from . import batsim, rules, slurm, slurm_conf, swf
from .arguments import Subparsers, add_machine, whole
from .dates import given_zone, iso_moment
from .machine import Machine
from .record import DELAY, LogError, Record
from .report import Report
from .source import kept, lines_of, name_of
from .writer import DELAY_MODEL, JOBS, JobWriter, write_rest

DESCRIPTION = """Reads a log and writes a workload that runs as it is: jobs file, application models, platform and
configuration, and an account of what was read, dropped and mended."""


def add_to(commands: Subparsers) -> None:
    command = commands.add_parser('import', help='from a log', description=DESCRIPTION)
    _add_auto(_add_formats(command))


def _add_formats(command: argparse.ArgumentParser) -> Subparsers:
    formats = command.add_subparsers(metavar='FORMAT', required=True)
    _add_swf(formats)
    _add_slurm(formats)
    _add_batsim(formats)
    return formats


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('file', metavar='FILE', help='log to read, gzip or not; - for standard input')
    add('-o', '--output', metavar='DIR', required=True, help='folder to write, made if need be')
    add('--overrun', choices=rules.OVERRUN, default='kill',
        help='jobs that ran longer than they asked for: kill them at their walltime, raise their walltime to their run '
        'time, or keep both, the request as an estimate (default: %(default)s)')
    add('--strict', action='store_true', help='refuse a log in which a row would be dropped or mended')
    add('--scheduler', metavar='SPEC', default='builtin:easy',
        help='scheduler in the configuration (default: %(default)s)')
    add('--report', metavar='FILE', help='write the account there, not to standard output')
    machine = parser.add_argument_group('machine')
    machine.add_argument('--nodes', type=whole(1), metavar='N',
                         help='number of nodes (default: as the log says, else that of the largest job)')
    machine.add_argument('--cores-per-node', type=whole(1), metavar='N',
                         help='processors of a node (default: as the log says, else 1)')
    add_machine(machine)


def _add_swf(formats: Subparsers) -> None:
    width = max(map(len, swf.FIELDS))
    table = '\n'.join(f'  {number:>2} {name:<{width}}  {text}' for number, (name, text)
                      in enumerate(zip(swf.FIELDS, swf.UNKNOWN_FIELDS), 1))
    parser = formats.add_parser(
        'swf', help='Standard Workload Format', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Reads Standard Workload Format (Parallel Workloads Archive), gzip or not.',
        epilog=f'What -1 in a field means:\n{table}\n\nRows with status 2 to 4 are parts of a job that was '
        'checkpointed and are dropped,\nas are jobs with status 5 that never ran.')
    _add_common(parser)
    add = parser.add_argument
    add('--size', choices=('allocated', 'requested'), default='allocated',
        help='which number of processors counts (default: %(default)s)')
    add('--no-runtime', choices=('drop', 'cpu', 'request'), default='drop',
        help='jobs without a run time: drop them, or take their average CPU time or requested time '
        '(default: %(default)s)')
    add('--dependencies', choices=('keep', 'feedback', 'ignore'), default='keep',
        help='preceding job and think time: a dependency beside the submit time, instead of it, or nothing '
        '(default: %(default)s)')
    parser.set_defaults(run=import_swf)


def import_swf(options: argparse.Namespace) -> int:
    report = Report(name_of(options.file), options.strict)
    wanted = swf.Options(options.size, options.no_runtime, options.dependencies)
    reader = swf.Reader(lines_of(options.file), report, wanted, options.nodes, options.cores_per_node)
    records = iter(reader)
    first = list(itertools.islice(records, 1))  # the header has been read by then
    if not first:
        swf.check_header(reader.header, report.source)
    date = reader.header.start_date()
    if date:
        report.facts['start_date'] = date
    metadata = {'source': report.source, **report.facts, 'log': reader.header.values}
    checks = rules.Rules(report, rules.Options(options.overrun, options.dependencies == 'feedback'))
    write_workload(checks, itertools.chain(first, records), reader.machine, metadata, {DELAY: DELAY_MODEL}, options)
    return 0


def _add_slurm(formats: Subparsers) -> None:
    parser = formats.add_parser(
        'slurm', help='sacct -P, or the file of jobcomp/filetxt', formatter_class=argparse.RawDescriptionHelpFormatter,
        description=SLURM_DESCRIPTION, epilog=SLURM_EPILOG)
    _add_common(parser)
    add = parser.add_argument
    add('--slurm-conf', metavar='FILE', help="the site's slurm.conf: nodes and partitions for the platform")
    add('--time-zone', metavar='ZONE', default='UTC', type=given_zone,
        help='of the times in the log: a name such as Europe/Berlin, or an offset such as +01:00 (default: '
        '%(default)s)')
    add('--delimiter', metavar='TEXT', default='|', help='between two fields (default: %(default)s)')
    add('--partition', metavar='NAME', action='append', default=[],
        help='only the jobs, and the nodes, of this partition; may be given several times')
    add('--submit', choices=('eligible', 'recorded'), default='eligible',
        help='when a job is submitted: when it was eligible to run, or when its user submitted it. A job with '
        'dependencies that are kept is submitted when it was (default: %(default)s)')
    add('--unfinished', choices=('drop', 'keep'), default='drop',
        help='jobs that ran when the log was written: drop them, or take the time they had run (default: %(default)s)')
    add('--dependencies', choices=('keep', 'ignore'), default='keep',
        help='those of the column Dependency, or of --dependency in SubmitLine (default: %(default)s)')
    add('--unit', choices=('node', 'cpu'), default='node',
        help='what a node of the simulator stands for: a node, which jobs never share, or a CPU (default: %(default)s)')
    parser.set_defaults(run=import_slurm)


SLURM_DESCRIPTION = """Reads what sacct -P prints, with any columns, or the file of the plugin jobcomp/filetxt; gzip
or not."""
SLURM_EPILOG = """Write the log with, for example,

    sacct -a -P -D -S 2024-01-01 -E 2024-02-01 -o JobID,JobName,User,Group,Account,\\
        Partition,QOS,State,Submit,Eligible,Start,End,ElapsedRaw,TimelimitRaw,\\
        AllocTRES,NNodes,NodeList,SubmitLine

JobID, Submit, Start and one of End, ElapsedRaw, Elapsed must be there. Job steps are
folded into their jobs; of an array, each task that ran is a job; with -D, each run of a
job that was requeued is one, which waits for the run before it."""


def import_slurm(options: argparse.Namespace) -> int:
    report = Report(name_of(options.file), options.strict)
    wanted = slurm.Options(options.time_zone, options.delimiter, options.submit, options.unfinished,
                           options.dependencies, options.unit, frozenset(options.partition))
    machine, limits = _slurm_machine(options)
    with kept(options.file) as path:
        origin = slurm.first_submission(lines_of(path, report.source), report.source, wanted) or 0.0
        date = iso_moment(origin, options.time_zone)
        report.facts['start_date'] = date
        reader = slurm.Reader(lines_of(path, report.source), report, wanted, machine, limits)
        checks = rules.Rules(report, rules.Options(options.overrun))
        metadata = {'source': report.source, 'start_date': date}
        write_workload(checks, reader, machine, metadata, {DELAY: DELAY_MODEL}, options, origin)
    return 0


def _add_batsim(formats: Subparsers) -> None:
    parser = formats.add_parser(
        'batsim', help='jobs and profiles of Batsim', description='Reads a workload of Batsim: delay, parallel, '
        'parallel_homogeneous, parallel_homogeneous_total, parallel_homogeneous_pfs and composed profiles; jobs with '
        'others (smpi, traces, messages) are dropped with the reason.')
    _add_common(parser)
    parser.add_argument('--platform', metavar='FILE', help="Batsim's platform: its compute hosts, as many as the "
                        "workload "
                        'says (nb_res) or --nodes does, with their power states')
    parser.set_defaults(run=import_batsim)


def _add_auto(formats: Subparsers) -> None:
    parser = formats.add_parser('auto', help='any of these, by its beginning', description='Reads a log of any of the '
                                'formats as its own command does without further options.')
    _add_common(parser)
    parser.set_defaults(run=import_auto)


def import_auto(options: argparse.Namespace) -> int:
    """As the command of the log's format would, which gets what this one has been given."""
    parser = argparse.ArgumentParser()
    _add_formats(parser)
    with kept(options.file) as path:
        chosen = parser.parse_args([format_of(path, name_of(options.file)), path, '-o', options.output])
        given = {key: value for key, value in vars(options).items() if key not in ('run', 'file')}
        for key, value in given.items():
            setattr(chosen, key, value)
        status: int = chosen.run(chosen)
        return status


def format_of(path: str, name: str) -> str:
    """By the first line with anything in it."""
    for line in lines_of(path, name):
        text = line.decode('utf-8', 'replace').strip()
        if not text:
            continue
        if text.startswith(';') or len(text.split()) == 18:
            return 'swf'
        if text.startswith(('{', '[')):
            return 'batsim'
        if text.startswith('JobId=') or '|' in text:
            return 'slurm'
        break
    raise LogError(f'{name}: none of the logs that can be read: Standard Workload Format, what sacct -P prints, the '
                   'file of jobcomp/filetxt, a workload of Batsim')


def import_batsim(options: argparse.Namespace) -> int:
    report = Report(name_of(options.file), options.strict, '{source}: jobs[{line}]')
    workload = batsim.load(options.file, report.source)
    reader = batsim.Reader(workload, report)
    machine = Machine(options.nodes or workload.resources, options.cores_per_node or 1)
    if options.platform:
        machine.text, machine.nodes = batsim.convert_platform(options.platform, machine.nodes, report,
                                                              options.bandwidth, options.latency)
    checks = rules.Rules(report, rules.Options(options.overrun))
    metadata = {'source': report.source, 'log': workload.metadata}
    write_workload(checks, reader, machine, metadata, reader.models, options)
    return 0


def _slurm_machine(options: argparse.Namespace) -> tuple[Machine, dict[str, Optional[float]]]:
    if not options.slurm_conf:
        return Machine(options.nodes, options.cores_per_node or 1), {}
    for name in ('nodes', 'cores_per_node'):
        if getattr(options, name):
            raise LogError(f"--{name.replace('_', '-')}: --slurm-conf says that already; leave one of them out")
    configuration = slurm_conf.read(options.slurm_conf)
    groups = slurm_conf.groups_of(configuration, frozenset(options.partition), options.slurm_conf)
    nodes, cores = sum(group.names.size for group in groups), max((group.cores for group in groups), default=1)
    if options.unit == 'cpu':
        return Machine(sum(group.names.size * group.cores for group in groups)), configuration.limits
    return Machine(nodes, cores, groups=groups), configuration.limits


def write_workload(checks: rules.Rules, records: Iterable[Record], machine: Machine, metadata: Mapping[str, Any],
                   models: Mapping[str, Any], options: argparse.Namespace, origin: float = 0.0) -> None:
    """Writes the folder, and tells how it went. Leaves no jobs file behind if it raises."""
    report, folder = checks.report, Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / JOBS
    try:
        with open(path, 'w', encoding='utf-8') as out:
            writer = JobWriter(out, metadata, origin)
            writer.write_all(checks.apply(records, machine))
            writer.close()
        if not report.kept:
            raise LogError(f'{report.source}: no job is left of {report.read} rows\n{report.as_text()}'.rstrip())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    machine.nodes = machine.nodes or max(checks.largest, getattr(records, 'num_hosts', 0))
    machine.pfs = options.pfs
    machine.speed, machine.bandwidth, machine.latency = options.speed, options.bandwidth, options.latency
    report.facts['nodes'] = machine.nodes
    report.facts['cores_per_node'] = machine.cores
    write_rest(folder, models, machine, options.scheduler, report)
    tell(report, options)


def tell(report: Report, options: argparse.Namespace) -> None:
    if options.report:
        Path(options.report).write_text(report.as_text(), encoding='utf-8')
    else:
        sys.stdout.write(report.as_text())
