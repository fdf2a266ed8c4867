"""elastisim-workload generate and fit: workloads of published models, and their parameters from a log."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Optional

from . import estimates, models, rules, swf
from .arguments import Subparsers, add_machine, real, whole
from .importing import write_workload
from .machine import Machine
from .models import Drawn
from .record import DELAY, LogError, Record
from .report import Report
from .source import lines_of, name_of
from .writer import DELAY_MODEL

Json = dict[str, Any]

DESCRIPTION = """Draws rigid jobs from a published model, and writes a folder that the simulator runs and convert
reads. The same seed gives the same jobs."""
EPILOG = """lublin  Lublin and Feitelson 2003: batch and interactive jobs with a daily cycle
downey  Downey 1997: sizes and node seconds with even logarithms, Poisson arrivals
cirne   Cirne and Berman 2001: requested times with even logarithms, the daily cycle of a site
jann    Jann et al. 1997: hyper-Erlang times by ranges of sizes; needs --parameters

Estimates are those of Tsafrir, Etsion and Feitelson 2005. docs/workloads_from_logs.md says what of each
model is its paper's and what is not."""


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser('generate', help='from a published model', description=DESCRIPTION, epilog=EPILOG,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('model', choices=models.MODELS, metavar='MODEL', help=', '.join(models.MODELS))
    add('-o', '--output', metavar='DIR', required=True, help='folder to write, made if need be')
    add('--jobs', type=whole(1), default=1000, metavar='N', help='number of jobs (default: %(default)s)')
    add('--nodes', type=whole(1), default=128, metavar='N', help='nodes of the machine (default: %(default)s)')
    add('--seed', type=int, default=1, metavar='N', help='same seed, same jobs (default: %(default)s)')
    add('--parameters', metavar='FILE', type=Path, help='what fit wrote (default: those of the model)')
    add('--classes', choices=('both', 'batch', 'interactive', 'all'), default='both', help='lublin: which jobs; all is '
        "the model's one class of jobs of any kind (default: %(default)s)")
    add('--site', choices=models.CIRNE_SITES, default='ctc', help='cirne: whose daily cycle (default: %(default)s)')
    add('--start-hour', type=real(0, 24), default=0.0, metavar='H', help='lublin, cirne: hour of the day at time 0 '
        '(default: %(default)g)')
    add('--load', type=real(0.001), metavar='X', help='stretch or shrink the times between submissions to this offered '
        'load')
    add('--no-estimates', action='store_true', help='no walltimes')
    add('--longest', type=real(60), default=64800.0, metavar='S', help='longest walltime that users may ask for '
        '(default: %(default)g)')
    add('--at-longest', type=real(0, 0.9), metavar='X', help='share of jobs that ask for it (default: as the model of '
        'the estimates has it, about 0.22)')
    add('--scheduler', metavar='SPEC', default='builtin:easy', help='in the configuration (default: %(default)s)')
    add('--report', metavar='FILE', help='write the account there, not to standard output')
    parser.set_defaults(run=generate)
    add_machine(parser.add_argument_group('machine'))
    _add_fit(commands)


def _add_fit(commands: Subparsers) -> None:
    parser = commands.add_parser('fit', help="a model's parameters from a log", description='Takes the parameters of a '
                                 'model from a log in Standard Workload Format, for generate --parameters.')
    parser.add_argument('model', choices=models.MODELS, metavar='MODEL', help=', '.join(models.MODELS))
    parser.add_argument('file', metavar='FILE', help='log, gzip or not; - for standard input')
    parser.add_argument('-o', '--output', metavar='FILE', type=Path, help='file to write (default: standard output)')
    parser.set_defaults(run=fit)


# --- generate --------------------------------------------------------------------------------------------------------


def parameters_of(options: argparse.Namespace) -> Json:
    if options.parameters:
        return read_parameters(options.parameters, options.model)
    if options.model == 'lublin':
        kinds = ('batch', 'interactive') if options.classes == 'both' else (options.classes,)
        return {kind: vars(models.LUBLIN[kind]) for kind in kinds}
    if options.model == 'cirne':
        return models.cirne_parameters(options.site)
    values = models.DEFAULTS[options.model]
    if not values:
        raise LogError(f"{options.model}: the model has no parameters of its own here; take them from a log with "
                       f"'elastisim-workload fit {options.model} LOG -o FILE' and give --parameters FILE")
    return dict(values)


def read_parameters(path: Path, model: str) -> Json:
    try:
        data = json.loads(path.read_text(encoding='utf-8'))
    except (ValueError, RecursionError) as error:
        raise LogError(f'{path}: not JSON: {error}') from None
    values = data.get('parameters') if isinstance(data, dict) and data.get('model') == model else None
    if not isinstance(values, dict) or not values:
        raise LogError(f"{path}: no parameters of the model {model}; write them with 'elastisim-workload fit {model}'")
    try:
        if not list(itertools.islice(models.MODELS[model](Random(1), values, 8, 0.0), 3)):
            raise ValueError('no job comes of them')
    except (KeyError, TypeError, ValueError, ArithmeticError, IndexError, AttributeError) as error:
        raise LogError(f'{path}: the parameters are not those of the model {model} '
                       f'({type(error).__name__}: {error})') from None
    return values


def draw(options: argparse.Namespace, parameters: Mapping[str, Any]) -> list[Drawn]:
    source = models.MODELS[options.model](Random(f'{options.seed} jobs'), parameters, options.nodes,
                                          options.start_hour % 24 * models.HOUR)
    try:
        jobs = list(itertools.islice(source, options.jobs))
    except (ValueError, ArithmeticError) as error:
        raise LogError(f'{options.parameters or options.model}: nothing can be drawn with these parameters ({error})'
                       ) from None
    if not all(math.isfinite(job.submit) and math.isfinite(job.runtime) for job in jobs):
        raise LogError(f'{options.parameters or options.model}: the parameters give times that are no numbers')
    if options.load is None:
        return jobs
    span = jobs[-1].submit - jobs[0].submit
    if span <= 0:
        raise LogError('--load: all jobs are submitted at once; give --jobs more of them')
    factor = sum(job.nodes * job.runtime for job in jobs) / (span * options.nodes) / options.load
    return [job._replace(submit=job.submit * factor) for job in jobs]


def runtime_of(job: Drawn) -> float:
    return float(max(1, round(job.runtime)))


def walltimes_of(options: argparse.Namespace, jobs: Sequence[Drawn]) -> Sequence[Optional[float]]:
    """Those of the model, where it has any."""
    if options.no_estimates:
        return [None] * len(jobs)
    if jobs[0].walltime is not None:
        return [job.walltime for job in jobs]
    random = Random(f'{options.seed} estimates')
    values = estimates.distribution(random, len(jobs), int(options.longest), options.at_longest)
    return estimates.assign(random, [runtime_of(job) for job in jobs], values)


def records_of(jobs: Sequence[Drawn], walltimes: Sequence[Optional[float]]) -> Iterator[Record]:
    for number, (job, walltime) in enumerate(zip(jobs, walltimes), 1):
        record = Record(number, str(number), float(round(job.submit)))
        record.nodes, record.runtime, record.walltime = job.nodes, runtime_of(job), walltime
        if job.kind:
            record.attributes['queue'] = job.kind
        yield record


def generate(options: argparse.Namespace) -> int:
    parameters = parameters_of(options)
    report = Report(f'{options.model}, seed {options.seed}', place='job {line}')
    jobs = draw(options, parameters)
    report.read = len(jobs)
    metadata = {'model': options.model, 'seed': options.seed, 'parameters': parameters}
    write_workload(rules.Rules(report, rules.Options()), records_of(jobs, walltimes_of(options, jobs)),
                   Machine(options.nodes), metadata, {DELAY: DELAY_MODEL}, options)
    return 0


# --- fit -------------------------------------------------------------------------------------------------------------


def fit(options: argparse.Namespace) -> int:
    report = Report(name_of(options.file))
    reader = swf.Reader(lines_of(options.file), report, swf.Options())
    jobs = [Drawn(record.submit, record.nodes, record.runtime or 0.0, walltime=record.walltime) for record in reader]
    if len(jobs) < 10:
        raise LogError(f'{report.source}: {len(jobs)} jobs; a model needs at least 10')
    shift = _time_of_day(reader.header.start_date())
    jobs = sorted((job._replace(submit=job.submit + shift) for job in jobs), key=lambda job: job[:3])
    values = {'model': options.model, 'source': report.source, 'jobs': len(jobs),
              'parameters': FITS[options.model](jobs)}
    text = json.dumps(values, indent=2) + '\n'
    if options.output:
        options.output.write_text(text, encoding='utf-8')
    else:
        sys.stdout.write(text)
    return 0


def _time_of_day(date: Optional[str]) -> float:
    """Seconds after midnight, where the machine stands."""
    if date is None:
        return 0.0
    start = datetime.fromisoformat(date)
    return start.hour * 3600.0 + start.minute * 60.0 + start.second


def fit_downey(jobs: Sequence[Drawn]) -> Json:
    """The line through the distribution of the logarithm, by its mean and deviation: an even one from mean − √3 d to
    mean + √3 d."""
    work = _even([math.log(max(1.0, job.nodes * job.runtime)) for job in jobs])
    sizes = _even([math.log(job.nodes) for job in jobs])
    return {'work_low': math.exp(work[0]), 'work_high': math.exp(work[1]), 'nodes_low': max(1.0, math.exp(sizes[0])),
            'nodes_high': math.exp(sizes[1]),
            'between': max(1e-3, (jobs[-1].submit - jobs[0].submit) / (len(jobs) - 1))}


def _even(values: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return mean - math.sqrt(3) * deviation, mean + math.sqrt(3) * deviation


def fit_cirne(jobs: Sequence[Drawn]) -> Json:
    """Even logarithms and gamma distributions by mean and deviation; what no time was asked for counts as asked for its
    run time. The rate is the polynomial of degree RATE_DEGREE that is nearest to the submissions."""
    sizes = _even([math.log2(job.nodes) for job in jobs])
    asked = [(job.runtime, max(1.0, job.walltime or job.runtime)) for job in jobs]
    parallel = [job.nodes for job in jobs if job.nodes > 1]
    powers = sum(size & (size - 1) == 0 for size in parallel) / max(1, len(parallel))
    return {'sizes': _uniform_log(*sizes), 'power_of_two': powers,
            'walltimes': _uniform_log(*_even([math.log2(walltime) for _, walltime in asked])),
            'accuracy': list(_gamma([min(1.0, max(1e-5, runtime / walltime)) for runtime, walltime in asked])),
            'machine': max(job.nodes for job in jobs), 'rate': _rate(jobs)}


def _uniform_log(low: float, high: float) -> list[float]:
    """Slope and offset."""
    slope = 1 / max(1e-6, high - low)
    return [slope, -low * slope]


RATE_DEGREE = 8


def _rate(jobs: Sequence[Drawn]) -> list[float]:
    """By Legendre's polynomials, with which the best factor of each is its mean over the submissions."""
    per_second = len(jobs) / max(1.0, jobs[-1].submit - jobs[0].submit)
    times = [2 * (job.submit % models.DAY / models.DAY) - 1 for job in jobs]
    below, current = [0.0], [1.0]  # polynomials from the lowest power up
    total = [0.0] * (RATE_DEGREE + 1)
    for degree in range(RATE_DEGREE + 1):
        values = [math.fsum(factor * time ** power for power, factor in enumerate(current)) for time in times]
        mean = math.fsum(values) / len(values)
        for power, factor in enumerate(current):
            total[power] += (2 * degree + 1) * mean * factor * per_second
        above = [0.0, *((2 * degree + 1) / (degree + 1) * factor for factor in current)]
        for power, factor in enumerate(below):
            above[power] -= degree / (degree + 1) * factor
        below, current = current, above
    # Over half of that argument, and twice the rate.
    return [2 * factor * 2 ** power for power, factor in reversed(list(enumerate(total)))]


def fit_jann(jobs: Sequence[Drawn]) -> Json:
    """Ranges of sizes by powers of two: 1, 2, 3 to 4, 5 to 8... with at least 3 jobs each."""
    ranges: dict[int, list[Drawn]] = {}
    for job in jobs:
        ranges.setdefault(math.ceil(math.log2(job.nodes)), []).append(job)
    return {'ranges': [_jann_range(own) for _, own in sorted(ranges.items()) if len(own) >= 3]}


def _jann_range(jobs: Sequence[Drawn]) -> Json:
    pauses = [later.submit - job.submit for job, later in zip(jobs, jobs[1:])]
    sizes = Counter(job.nodes for job in jobs)
    return {'between': list(models.hyper_erlang(moments(pauses))),
            'runtime': list(models.hyper_erlang(moments([job.runtime for job in jobs]))),
            'sizes': {str(size): count for size, count in sorted(sizes.items())}}


def moments(values: Sequence[float]) -> list[float]:
    return [math.fsum(value ** power for value in values) / len(values) for power in (1, 2, 3)]


def fit_lublin(jobs: Sequence[Drawn]) -> Json:
    """One class of jobs. Shares and the two stages of sizes are counted. Run times and the hour of submissions get the
    gamma distributions with the mean and variance of the logarithm, those of run times for both halves of the jobs
    (below and above the median); times between submissions that with those of the busiest hours."""
    largest = max(job.nodes for job in jobs)
    parallel = [job.nodes for job in jobs if job.nodes > 1]
    powers = sum(size & (size - 1) == 0 for size in parallel)
    machine = math.log2(max(2, largest))
    below = min(2.5, max(0.0, machine - 0.8) / 2)
    first = sum(math.log2(size) <= machine - below for size in parallel) / max(1, len(parallel))
    logs = sorted(math.log(max(math.e, job.runtime)) for job in jobs)
    (shape_1, scale_1), (shape_2, scale_2) = _gamma(logs[:len(logs) // 2]), _gamma(logs[len(logs) // 2:])
    pauses = [math.log(max(math.e, later.submit - job.submit)) for job, later in zip(jobs, jobs[1:])]
    shape_between, scale_between = _gamma(pauses)
    return {'all': {
        'serial': 1 - len(parallel) / len(jobs), 'power_of_two': powers / len(jobs), 'low': 0.8, 'below_middle': below,
        'below_high': 0.0, 'first': first, 'shape_1': shape_1, 'scale_1': scale_1, 'shape_2': shape_2,
        'scale_2': scale_2, 'slope': 0.0, 'offset': 0.5, 'shape_between': shape_between,
        'scale_between': scale_between, **dict(zip(('shape_day', 'scale_day'), _day(jobs))), 'all_to_rush': 1.0}}


def _gamma(values: Sequence[float]) -> tuple[float, float]:
    """Shape and scale, by mean and variance."""
    mean = math.fsum(values) / len(values)
    variance = max(1e-3, math.fsum((value - mean) ** 2 for value in values) / len(values))
    return mean * mean / variance, variance / mean


def _day(jobs: Sequence[Drawn]) -> tuple[float, float]:
    """Of half-hours counted on from half past five, as the model has it."""
    first = models.FIRST_HALF_HOUR
    places = [(job.submit // models.HALF_HOUR - first + 1) % models.HALF_HOURS + first for job in jobs]
    return _gamma([float(place) for place in places])


FITS = {'lublin': fit_lublin, 'downey': fit_downey, 'cirne': fit_cirne, 'jann': fit_jann}
