"""elastisim-workload convert: rigid jobs become moldable, malleable, evolving or adaptive ones, by a recipe."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Optional

from . import moldability, speedup
from .arguments import Subparsers, real, whole
from .machine import Machine, write_platform
from .record import LogError
from .writer import CONFIGURATION, JOBS, PLATFORM, REPORT, model_path

Json = dict[str, Any]

KINDS = ('moldable', 'malleable', 'evolving', 'adaptive')

DAY, WEEK = 86400.0, 7 * 86400.0

# Keys of a recipe -> the value that changes nothing. They are the options of the command, by the same names.
DEFAULTS: Json = {
    'seed': 1, 'moldable': 0.0, 'malleable': 0.0, 'evolving': 0.0, 'adaptive': 0.0, 'share_by': 'job', 'sizes': None,
    'users': None, 'speedup': 'amdahl', 'serial': None, 'parallelism': None, 'sigma': None, 'bounds': 'factors:4,4',
    'preferred': 'recorded', 'points': 'iterations:10', 'state_bytes': 0.0, 'io': 0.0, 'io_bandwidth': 1e9,
    'walltime': 'scaled', 'walltime_factor': 1.0, 'load': None, 'stretch': 1.0, 'from': None, 'to': None, 'weeks': None,
}


# Recipes that come with it, by name.
RECIPES: Mapping[str, Json] = {
    # Schäfer, Roth, Arzt, Krull, Krenz, Wolf and Posner, "Saving energy costs and time on supercomputers:
    # scheduler-integrated recurring node shutdown exploiting malleable jobs", EESP 2026: the values of their program.
    'schaefer-2026': {'speedup': 'amdahl-by-size', 'bounds': 'mixed:5,0.5', 'points': 'seconds:1', 'walltime': 'none'},
}

# Bounds by numbers, so many each; and by requests that users could make for the job, whose sizes obey what the
# recorded size says, or what the survey says.
REQUESTS = ('requests', 'survey')
BOUNDS = {'factors': 2, 'powers': 2, 'efficiency': 2, 'mixed': 2, **dict.fromkeys(REQUESTS, 0)}


class Recipe:
    """What is done to a workload; `values` is all of it, as it is in the metadata of what comes out."""

    def __init__(self, values: Mapping[str, Any], source: str) -> None:
        values = {key: value for key, value in values.items() if key != '$schema'}  # which is for editors
        unknown = sorted(set(values) - set(DEFAULTS))
        if unknown:
            raise LogError(f"{source}: unknown key '{unknown[0]}' in the recipe; known are {', '.join(DEFAULTS)}")
        self.values: Json = {**DEFAULTS, **values}
        self.shares = {kind: float(self.values[kind]) for kind in KINDS}
        if sum(self.shares.values()) > 1 + 1e-9:
            raise LogError(f'{source}: the shares of the types add up to {sum(self.shares.values()):g}; 1 is all jobs')
        self.model = speedup.model_of(str(self.values['speedup']))
        self.ranges = {key: pair(self.values[key], key) if self.values[key] is not None else default
                       for key, default in self.model.defaults.items()}
        self.bounds = _named(self.values['bounds'], BOUNDS, 'bounds')
        if self.bounds[0] in REQUESTS and self.values['speedup'] != speedup.CIRNE_BERMAN:
            raise LogError(f"bounds: '{self.bounds[0]}' are those of the speed-up {speedup.CIRNE_BERMAN}; give it, too")
        self.points = _named(self.values['points'], {'seconds': 1, 'iterations': 1}, 'points')
        self.sizes = pair(self.values['sizes'], 'sizes') if self.values['sizes'] else None
        self.users = set(str(self.values['users']).split(',')) if self.values['users'] else None


def pair(text: Any, key: str) -> tuple[float, float]:
    """Of LOW,HIGH, or one number for both."""
    parts = list(text) if isinstance(text, (list, tuple)) else str(text).split(',')
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1] < math.inf:
        raise LogError(f"{key}: '{text}' is not a range; give LOW,HIGH or one number")
    return numbers[0], numbers[1]


def _named(text: str, kinds: Mapping[str, int], key: str) -> tuple[str, tuple[float, ...]]:
    """Of NAME:NUMBER,NUMBER."""
    name, _, rest = str(text).partition(':')
    try:
        numbers = tuple(float(part) for part in rest.split(',')) if rest else ()
    except ValueError:
        numbers = ()
    if name not in kinds or len(numbers) != kinds[name] or not all(0 < one < math.inf for one in numbers):
        forms = ', '.join(f"{kind}:{','.join('XY'[:count])}".rstrip(':') for kind, count in kinds.items())
        raise LogError(f"{key}: '{text}' is none of {forms} with numbers above 0")
    return name, numbers


# --- Time: window and load -------------------------------------------------------------------------------------------


def moment(text: Any, start: Optional[str], key: str) -> float:
    """Seconds of the workload: a number, a number of days as 3d, or a date where the workload has a start date."""
    try:
        return float(str(text)[:-1]) * DAY if str(text).endswith('d') else float(text)
    except ValueError:
        pass
    if start is None:
        raise LogError(f"--{key} {text}: the workload has no start_date; give seconds, or days as 3d")
    try:
        date, origin = datetime.fromisoformat(str(text)), datetime.fromisoformat(start)
    except ValueError:
        raise LogError(f"--{key} {text}: neither seconds nor days (3d) nor a date such as 2024-02-29") from None
    if date.tzinfo is None:
        date = date.replace(tzinfo=origin.tzinfo)
    return (date - origin).total_seconds()


def window_of(recipe: Recipe, start: Optional[str]) -> tuple[float, float]:
    if recipe.values['weeks'] is not None:
        first, _, last = str(recipe.values['weeks']).partition('-')
        last = last or first
        if not first.isdecimal() or not last.isdecimal() or not 1 <= int(first) <= int(last):
            raise LogError(f"--weeks {recipe.values['weeks']}: must be FIRST or FIRST-LAST, counted from 1")
        return (int(first) - 1) * WEEK, int(last) * WEEK
    low = 0.0 if recipe.values['from'] is None else moment(recipe.values['from'], start, 'from')
    high = math.inf if recipe.values['to'] is None else moment(recipe.values['to'], start, 'to')
    return low, high


def size_of(job: Json) -> int:
    return int(job.get('num_nodes') or job.get('num_nodes_preferred') or job.get('num_nodes_max') or 1)


def offered_load(jobs: Sequence[Json], nodes: int) -> float:
    """Node seconds asked for per node second between the first and the last submission."""
    times = [float(job['submit_time']) for job in jobs]
    span = max(times) - min(times) if times else 0.0
    work = sum(size_of(job) * runtime_of(job) for job in jobs)
    return work / (span * nodes) if span > 0 else math.inf


def runtime_of(job: Json) -> float:
    value = job.get('arguments', {}).get('runtime')
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    walltime = float(job.get('walltime') or math.inf)
    return min(float(value), walltime)


def cut_and_scale(jobs: list[Json], recipe: Recipe, start: Optional[str], nodes: int) -> list[Json]:
    low, high = window_of(recipe, start)
    jobs = [job for job in jobs if low <= float(job['submit_time']) < high]
    if not jobs:
        raise LogError('no job is submitted in the window')
    stretch = float(recipe.values['stretch'])
    if recipe.values['load'] is not None:
        load = offered_load(jobs, nodes)
        if not 0 < load < math.inf:
            raise LogError("the offered load can't be scaled: run times, or the times between submissions, are not "
                           'known')
        stretch *= load / float(recipe.values['load'])
    for job in jobs:
        job['submit_time'] = _tidy((float(job['submit_time']) - low) * stretch)
    _drop_lost_dependencies(jobs)
    return jobs


def _drop_lost_dependencies(jobs: list[Json]) -> None:
    names = {job.get('name') for job in jobs}
    for job in jobs:
        kept = [one for one in job.pop('dependencies', [])
                if all(value in names for key, value in one.items() if key != 'delay')]
        if kept:
            job['dependencies'] = kept


def _tidy(value: float) -> float:
    return int(value) if value == value // 1 else round(value, 6)


# --- Types -----------------------------------------------------------------------------------------------------------


def kind_of(recipe: Recipe, job: Json, index: int) -> str:
    """The type that the job gets: drawn by its name, or by its user's, so that it is the same whatever the other jobs
    are, and a job that is malleable at 20 % is so at 40 % too."""
    user = str(job.get('attributes', {}).get('user', ''))
    if recipe.sizes and not recipe.sizes[0] <= size_of(job) <= recipe.sizes[1]:
        return 'rigid'
    if recipe.users and user not in recipe.users:
        return 'rigid'
    key = user if recipe.values['share_by'] == 'user' else str(job.get('name', index))
    value = Random(f"{recipe.values['seed']} type {key}").random()
    for kind in reversed(KINDS):
        if value < recipe.shares[kind]:
            return kind
        value -= recipe.shares[kind]
    return 'rigid'


def requests_of(recipe: Recipe, random: Random, size: int, parameters: Mapping[str, float], nodes: int) -> list[int]:
    """The sizes that users could ask for, as far as the machine has them; none where bounds are by numbers."""
    if recipe.bounds[0] not in REQUESTS:
        return []
    constraint = (moldability.constraint_of(size) if recipe.bounds[0] == 'requests'
                  else moldability.draw_constraint(random))
    most = min(nodes, moldability.most_useful(parameters['parallelism'], parameters['sigma']))
    drawn = moldability.draw_requests(random, constraint, size, int(parameters['fewest']), most)
    return [request for request in drawn if request <= nodes]


def bounds_of(recipe: Recipe, size: int, parameters: Mapping[str, float], nodes: int) -> tuple[int, int]:
    kind, (down, up) = recipe.bounds
    if kind == 'factors':
        low, high = math.ceil(size / down), math.floor(size * up)
    elif kind == 'powers':
        exponent = math.log2(size)
        low, high = 2 ** max(0, math.ceil(exponent - down)), 2 ** math.floor(exponent + up)
    elif kind == 'mixed':
        low, high = math.floor(size / down), speedup.most_nodes(recipe.model, parameters, up * (1 + 1e-9), nodes)
    else:
        low = speedup.most_nodes(recipe.model, parameters, max(down, up), nodes)
        high = speedup.most_nodes(recipe.model, parameters, min(down, up), nodes)
    low, high = max(1, min(low, size)), min(nodes, max(high, size))
    return low, high


def application_of(recipe: Recipe, kind: str) -> Json:
    """The application model of a converted job. Its arguments: work (seconds on one node), points (phase iterations),
    and those of the speed-up."""
    share = 1 - float(recipe.values['io'])
    tasks: list[Json] = [{'type': 'busy_wait', 'name': 'compute',
                          'delay': f'{share!r} * work / points / ({recipe.model.text})'}]
    if recipe.values['io']:
        tasks.append({'type': 'pfs_write', 'name': 'output', 'bytes': 'output / points', 'pattern': 'all_ranks'})
    phase: Json = {'iterations': 'points', 'tasks': tasks, 'scheduling_point': kind in ('malleable', 'adaptive')}
    if kind in ('evolving', 'adaptive'):
        phase['evolving_request'] = 'if(phase_iteration < points / 2, request_first, request_second)'
    model: Json = {'phases': [phase]}
    if recipe.values['state_bytes']:
        model['on_reconfiguration'] = {'tasks': [{'type': 'cpu', 'name': 'redistribute', 'bytes': 'state',
                                                  'communication_pattern': 'all_to_all'}]}
    return model


def convert_job(recipe: Recipe, job: Json, kind: str, index: int, nodes: int) -> None:
    """Makes a rigid job that is a delay one of that type. On its recorded size it takes as long as it did."""
    random = Random(f"{recipe.values['seed']} job {job.get('name', index)}")
    size, runtime = int(job.pop('num_nodes')), float(job['arguments'].pop('runtime'))
    parameters = recipe.model.draw(random, recipe.ranges, size)
    requests = requests_of(recipe, random, size, parameters, nodes)
    low, high = (requests[0], requests[-1]) if requests else bounds_of(recipe, size, parameters, nodes)
    parameters.pop('fewest', None)
    points = recipe.points[1][0] if recipe.points[0] == 'iterations' else runtime / recipe.points[1][0]
    work = runtime * recipe.model.value(size, parameters)
    arguments: Json = {'work': work, 'points': max(1, round(points)), **parameters}
    if recipe.values['io']:
        arguments['output'] = float(recipe.values['io']) * runtime * float(recipe.values['io_bandwidth']) * size
    if recipe.values['state_bytes']:
        arguments['state'] = float(recipe.values['state_bytes']) * size
    if kind in ('evolving', 'adaptive'):
        arguments['request_first'], arguments['request_second'] = sorted(
            (random.randint(low, high), random.randint(low, high)), reverse=random.random() < 0.5)
    if requests:
        job.setdefault('attributes', {})['requests'] = ','.join(map(str, requests))
    job['type'], job['num_nodes_min'], job['num_nodes_max'] = kind, low, high
    if recipe.values['preferred'] == 'recorded':
        job['num_nodes_preferred'] = size
    elif recipe.values['preferred'].startswith('efficiency:'):
        wanted = speedup.most_nodes(recipe.model, parameters, float(recipe.values['preferred'][11:]), nodes)
        job['num_nodes_preferred'] = min(max(wanted, low), high)
    if 'num_gpus_per_node' in job:
        gpus = job.pop('num_gpus_per_node')
        job['num_gpus_per_node_min'] = job['num_gpus_per_node_max'] = gpus
    job['application_model'] = model_path(f'converted_{kind}')
    job['arguments'] = {**job['arguments'], **arguments}
    if job.get('walltime') and recipe.values['walltime'] == 'scaled':
        slowest = recipe.model.value(size, parameters) / recipe.model.value(low, parameters)
        job['walltime'] = math.ceil(float(job['walltime']) * max(1.0, slowest))


def convert(jobs: list[Json], recipe: Recipe, nodes: int) -> tuple[dict[str, int], dict[str, Json]]:
    """Converts in place. Returns how many jobs of each type there are, and the application models that they need."""
    counts: dict[str, int] = {}
    models: dict[str, Json] = {}
    for index, job in enumerate(jobs):
        kind = kind_of(recipe, job, index) if job.get('type') == 'rigid' else 'rigid'
        if kind != 'rigid' and 'runtime' in job.get('arguments', {}):
            convert_job(recipe, job, kind, index, nodes)
            models[f'converted_{kind}'] = application_of(recipe, kind)
        if job.get('walltime'):
            job['walltime'] = _tidy(float(job['walltime']) * float(recipe.values['walltime_factor']))
            if recipe.values['walltime'] == 'none':
                job.setdefault('runtime_estimate', job['walltime'])
                del job['walltime']
        counts[str(job.get('type'))] = counts.get(str(job.get('type')), 0) + 1
    return counts, models


# --- The command -----------------------------------------------------------------------------------------------------


def read_json(path: Path) -> Json:
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
    except (ValueError, RecursionError) as error:
        raise LogError(f'{path}: not JSON: {error}') from None
    if not isinstance(value, dict):
        raise LogError(f'{path}: must be an object')
    return value


def load(folder: Path) -> tuple[Json, list[Json]]:
    """The metadata and the jobs of a folder that import or convert wrote."""
    if not (folder / JOBS).is_file():
        raise LogError(f'{folder}: no {JOBS}; give a folder that elastisim-workload wrote')
    data = read_json(folder / JOBS)
    jobs = data.pop('jobs', None)
    if not isinstance(jobs, list) or not all(isinstance(job, dict) and isinstance(job.get('submit_time'), (int, float))
                                             for job in jobs):
        raise LogError(f"{folder / JOBS}: no list of jobs with a submit_time each")
    return data, jobs


def merge(folders: Sequence[Path]) -> tuple[Json, list[Json]]:
    """The jobs of all folders, sorted by submission. Start dates put the sites on one clock."""
    loaded = [(folder, *load(folder)) for folder in folders]
    starts = [str(data['start_date']) for _, data, _ in loaded if data.get('start_date')]
    dated = len(starts) == len(loaded)
    first = min(map(datetime.fromisoformat, starts)) if dated else None
    jobs: list[Json] = []
    for folder, data, own in loaded:
        if len(loaded) > 1:
            site = folder.resolve().name
            shift = (datetime.fromisoformat(data['start_date']) - first).total_seconds() if first else 0.0
            for job in own:
                job['submit_time'] = _tidy(float(job['submit_time']) + shift)
                if 'name' in job:
                    job['name'] = f"{site}/{job['name']}"
                for one in job.get('dependencies', []):
                    one.update({key: f'{site}/{name}' for key, name in one.items() if key != 'delay'})
                job.setdefault('attributes', {})['site'] = site
        jobs += own
    if len(loaded) > 1:
        jobs.sort(key=lambda job: float(job['submit_time']))
    metadata = dict(loaded[0][1])
    if first:
        metadata['start_date'] = first.isoformat()
    if len(loaded) > 1:
        metadata = {'source': list(map(str, folders)), **({'start_date': first.isoformat()} if first else {})}
    return metadata, jobs


def nodes_of(folder: Path) -> int:
    report = folder / 'report.json'
    nodes = read_json(report).get('nodes') if report.is_file() else None
    if not isinstance(nodes, int) or nodes < 1:
        raise LogError(f'{report}: does not say how many nodes the machine has; give --nodes')
    return nodes


DESCRIPTION = """Makes moldable, malleable, evolving or adaptive jobs of the rigid ones of a workload, cuts a window
out of it, scales its load, merges the workloads of several sites. The recipe is written into the jobs file."""

EPILOG = """A job on its recorded number of nodes runs as long as it did. On n nodes it takes that
time × S(recorded) / S(n), with the speed-up S of --speedup. What is drawn for a job (its type, its
parameters) depends on the seed and its name alone: a job that is malleable at 20 % is so at 40 % too."""


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser('convert', help='rigid jobs into malleable ones, windows, load', epilog=EPILOG,
                                 description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('folders', nargs='+', metavar='DIR', type=Path, help='folder that import or convert wrote; several are merged')
    add('-o', '--output', metavar='DIR', required=True, type=Path, help='folder to write')
    add('--recipe', metavar='FILE', type=Path, help='take the settings from there: a JSON object with the names of '
        f"these options, a jobs file that was made by a recipe, or {', '.join(RECIPES)} (a study's, by name); options "
        'given beside it go first')
    add('--nodes', type=whole(1), metavar='N', help='nodes of the machine (default: as the folder says)')
    own = parser.add_argument_group('recipe').add_argument

    def recipe(name: str, **keys: Any) -> None:
        keys.setdefault('metavar', 'X')
        own(f"--{name.replace('_', '-')}", dest=f'recipe_{name}', default=None, **keys)

    recipe('seed', type=int, metavar='N', help='same seed, same choices (default: 1)')
    for kind in KINDS:
        recipe(kind, type=real(0, 1), help=f'share of the jobs that become {kind} (default: 0)')
    recipe('share_by', choices=('job', 'user'), metavar=None, help='whether jobs are drawn or users with all they '
           'submit (default: job)')
    recipe('sizes', metavar='LOW,HIGH', help='only jobs of that many nodes')
    recipe('users', metavar='NAME,...', help='only jobs of these users')
    recipe('speedup', help="how jobs scale: amdahl, amdahl-by-size, downey, cirne-berman, linear, or an "
           "expression over num_nodes, such as 'num_nodes ^ 0.9' (default: amdahl)")
    recipe('serial', metavar='LOW,HIGH', help='amdahl: serial share of the work on one node (default: 0,0.05)')
    recipe('parallelism', metavar='LOW,HIGH', help='downey: average parallelism, times the recorded size (default: '
           '1,4)')
    recipe('sigma', metavar='LOW,HIGH', help="downey: variance of the parallelism (default: 0,2)")
    recipe('bounds', help='fewest and most nodes: factors:X,Y (recorded size / X and × Y), powers:X,Y (powers of '
           'two, up to X below and Y above), efficiency:X,Y (the most nodes with at least these efficiencies), '
           'mixed:X,Y (recorded size / X, and the most nodes with more than that efficiency), with '
           'cirne-berman also requests (that users could make) or survey (the same, with sizes as users said they '
           'need; default: factors:4,4)')
    recipe('preferred', help='preferred size: recorded, none, or efficiency:X (default: recorded)')
    recipe('points', help='scheduling points: iterations:N per job, or one each seconds:X (default: iterations:10)')
    recipe('state_bytes', type=real(0), help='bytes per node, at the recorded size, that a reconfiguration sends '
           '(default: 0)')
    recipe('io', type=real(0, 0.99), help='share of the run time in writing to the file system (default: 0)')
    recipe('io_bandwidth', type=real(1), help='bytes/s of a node that writes alone (default: 1e9)')
    recipe('walltime', choices=('scaled', 'recorded', 'none'), metavar=None, help='walltimes of converted jobs: as '
           'much longer as the job is on its fewest nodes, as recorded, or none (default: scaled)')
    recipe('walltime_factor', type=real(0.001), help='all walltimes times this (default: 1)')
    recipe('load', type=real(0.001), help='offered load: times between submissions are stretched or shrunk to it')
    recipe('stretch', type=real(0.000001), help='times between submissions times this (default: 1)')
    recipe('from', metavar='TIME', help='jobs submitted from then on: seconds, days (3d), or a date')
    recipe('to', metavar='TIME', help='jobs submitted before then')
    recipe('weeks', metavar='FIRST-LAST', help='whole weeks of the workload, counted from 1')
    parser.set_defaults(run=run)


def read_recipe(path: Path) -> Json:
    """A file goes before a recipe of the same name."""
    if path.exists():
        return read_json(path)
    if str(path) not in RECIPES:
        raise LogError(f"{path}: no such file, and no recipe of that name; known are {', '.join(RECIPES)}")
    return dict(RECIPES[str(path)])


def recipe_of(options: argparse.Namespace) -> Recipe:
    values: Json = {}
    source = 'recipe'
    if options.recipe:
        source = str(options.recipe)
        values = read_recipe(options.recipe)
        values = dict(values.get('recipe', values)) if 'jobs' in values else values
    given = {name[7:]: value for name, value in vars(options).items()
             if name.startswith('recipe_') and value is not None}
    return Recipe({**values, **given}, source)


def write(options: argparse.Namespace, metadata: Json, jobs: list[Json], models: Mapping[str, Json],
          nodes: int) -> None:
    """The folder: what was converted, and what stays of the first folder given."""
    first, output = options.folders[0], options.output
    output.mkdir(parents=True, exist_ok=True)
    if output.resolve() in [folder.resolve() for folder in options.folders]:
        raise LogError(f'{output}: that is the folder that is read; give another one')
    for folder in options.folders:
        shutil.copytree(folder / 'application_models', output / 'application_models', dirs_exist_ok=True)
    for name, model in models.items():
        (output / model_path(name)).write_text(json.dumps(model, indent=2) + '\n', encoding='utf-8')
    if len(options.folders) > 1 or options.nodes:
        with open(output / PLATFORM, 'w', encoding='utf-8') as out:
            write_platform(Machine(nodes), out)
    else:
        shutil.copy(first / PLATFORM, output / PLATFORM)
    shutil.copy(first / CONFIGURATION, output / CONFIGURATION)
    (output / REPORT).write_text(json.dumps({'nodes': nodes, **metadata}, indent=2) + '\n', encoding='utf-8')
    with open(output / JOBS, 'w', encoding='utf-8') as out:
        head = ''.join(f'{json.dumps(key)}: {json.dumps(value)},\n' for key, value in metadata.items())
        out.write('{' + head + '"jobs": [\n' + ',\n'.join(map(json.dumps, jobs)) + '\n]}\n')


def check_file_system(recipe: Recipe, folder: Path) -> None:
    if recipe.values['io'] and 'pfs_host' not in (folder / PLATFORM).read_text(encoding='utf-8'):
        raise LogError(f'{folder / PLATFORM}: no file system, which --io needs; import the log with --pfs READ,WRITE')


def run(options: argparse.Namespace) -> int:
    recipe = recipe_of(options)
    metadata, jobs = merge(options.folders)
    nodes = options.nodes or sum(map(nodes_of, options.folders))
    largest = max(map(size_of, jobs), default=0)
    if largest > nodes:
        raise LogError(f'a job asks for {largest} nodes; the machine has {nodes}')
    jobs = cut_and_scale(jobs, recipe, metadata.get('start_date'), nodes)
    check_file_system(recipe, options.folders[0])
    counts, models = convert(jobs, recipe, nodes)
    metadata['recipe'] = {key: value for key, value in recipe.values.items() if value != DEFAULTS[key] or key == 'seed'}
    write(options, metadata, jobs, models, nodes)
    told = ', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))
    sys.stdout.write(f'{len(jobs)} jobs: {told}; offered load {offered_load(jobs, nodes):.3g} on {nodes} nodes\n'
                     if all(runtime_of(job) for job in jobs) else f'{len(jobs)} jobs: {told}\n')
    return 0
