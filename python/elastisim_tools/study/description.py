"""Reads the file of a study: a TOML document becomes a `Study`, of which every key and type is checked.

What can be seen only with the simulator and the inputs at hand is left to plan.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..metrics import METRICS
from ..run import FILES, JOB_TYPES
from .errors import StudyError, suggestion

DEFAULT_METRICS = ('wait_mean', 'turnaround_mean', 'slowdown_mean', 'node_utilization', 'span')
SEED = 'seed'

# What an axis can change, by the key that says so.
TARGETS = ('set', 'option', 'platform', 'scheduler_option')
AXIS_KEYS = (*TARGETS, 'step', 'values', 'zip')
STUDY_KEYS = ('configuration', 'folder', 'settings', 'results', 'inputs', 'metrics', 'baseline', 'workload', 'axes',
              'replications', 'exclude', 'cut')
REPLICATION_KEYS = (*TARGETS, 'step', 'seeds', 'first')
STEP_KEYS = ('name', 'command', 'jobs', 'platform', 'inputs')
CUT_KEYS = ('warm_up', 'warm_up_jobs', 'cool_down', 'cool_down_jobs', 'method')


@dataclass(frozen=True)
class Step:
    """A command that makes a workload, or goes on with what the step before it made."""

    name: str
    command: tuple[str, ...]
    jobs: str = 'jobs.json'
    platform: Optional[str] = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Axis:
    name: str
    target: str  # one of TARGETS
    subject: str  # the key, option, attribute or scheduler option that is changed
    values: Mapping[str, Any]  # by name, in the order of the file
    step: Optional[str] = None
    zipped_with: Optional[str] = None


@dataclass(frozen=True)
class Cut:
    """What is left out at the beginning and the end: seconds, or numbers of jobs, or what MSER-5 finds."""

    warm_up: float = 0
    warm_up_jobs: int = 0
    cool_down: float = 0
    cool_down_jobs: int = 0
    mser: bool = False

    @property
    def is_empty(self) -> bool:
        return self == Cut()

    @property
    def text(self) -> str:
        """As the caption of a table has it."""
        parts = [f'the first {self.warm_up:g} s'] if self.warm_up else []
        parts += [f'the first {self.warm_up_jobs} jobs'] if self.warm_up_jobs else []
        parts += ['a warm-up found by MSER-5 of the waits'] if self.mser else []
        parts += [f'the last {self.cool_down:g} s'] if self.cool_down else []
        parts += [f'the last {self.cool_down_jobs} jobs'] if self.cool_down_jobs else []
        return 'without ' + ' and '.join(parts) if parts else 'nothing cut'


@dataclass(frozen=True)
class Study:
    file: str
    configuration: str
    folder: str
    settings: Mapping[str, Any]
    results: tuple[str, ...]
    inputs: tuple[str, ...]
    metrics: tuple[str, ...]
    baseline: Mapping[str, str]
    steps: tuple[Step, ...]
    axes: tuple[Axis, ...]
    seeds: Optional[Axis]  # replications: an axis like the others, but for the statistics
    exclusions: tuple[Mapping[str, tuple[str, ...]], ...]
    cut: Cut = field(default_factory=Cut)

    @property
    def all_axes(self) -> tuple[Axis, ...]:
        return (*self.axes, self.seeds) if self.seeds else self.axes


def value_name(value: Any) -> str:
    """What a value without a name of its own is called."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, float):
        return f'{value:.12g}'
    return str(value)


def parse_toml(path: Path) -> dict[str, Any]:
    try:
        import tomllib as toml
    except ImportError:
        try:
            import tomli as toml
        except ImportError:
            raise StudyError('this Python reads no TOML: use Python 3.11 or newer, or install tomli (Debian: '
                             'python3-tomli)') from None
    try:
        with open(path, 'rb') as file:
            document: dict[str, Any] = toml.load(file)
            return document
    except (toml.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f'{path}: not TOML: {error}') from error


class Reader:
    """Takes values out of a document and says where one is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file

    def error(self, place: str, text: str) -> StudyError:
        return StudyError(f'{self.file}: {place}: {text}')

    def keys(self, table: Any, known: Sequence[str], place: str) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise self.error(place, f'must be a table, is {kind_of(table)}')
        for key in table:
            if key not in known:
                at = f'{place}.{key}' if place else key
                raise self.error(at, f'unknown key; {suggestion(key, known, "known are " + ", ".join(known))}')
        return table

    def text(self, table: Mapping[str, Any], key: str, place: str, default: Optional[str] = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.error(f'{place}.{key}' if place else key, f'must be a text, is {kind_of(value)}')
        return value

    def texts(self, table: Mapping[str, Any], key: str, place: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        value = table.get(key, default)
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and item for item in value):
            raise self.error(f'{place}.{key}' if place else key, 'must be a list of texts')
        return tuple(value)

    def number(self, table: Mapping[str, Any], key: str, place: str, kind: type, least: float = 0) -> Any:
        value = table.get(key, 0)
        fine = isinstance(value, (int, float) if kind is float else int) and not isinstance(value, bool)
        if not fine or not least <= value < 1e15:
            what = 'a whole number' if kind is int else 'a number'
            shown = value if fine else kind_of(value)
            raise self.error(f'{place}.{key}', f'must be {what} of at least {least:g}, is {shown}')
        return kind(value)

    # --- Parts of a study ---------------------------------------------------------------------------

    def steps(self, document: Mapping[str, Any]) -> tuple[Step, ...]:
        given = document.get('workload', [])
        tables = [given] if isinstance(given, dict) else given
        if not isinstance(tables, list):
            raise self.error('workload', f'must be a table or a list of tables, is {kind_of(tables)}')
        steps: list[Step] = []
        for number, entry in enumerate(tables):
            place = 'workload' if isinstance(given, dict) else f'workload[{number}]'
            table = self.keys(entry, STEP_KEYS, place)
            command = self.texts(table, 'command', place)
            if not any('{folder}' in word for word in command):
                raise self.error(f'{place}.command', "must name '{folder}', the folder for what it makes, e.g. "
                                                     "'{folder}/jobs.json'")
            if number > 0 and not any('{previous}' in word for word in command):
                raise self.error(f'{place}.command', "must name '{previous}', the folder that the step before it made")
            name = self.text(table, 'name', place, f'step{number + 1}')
            if name in (step.name for step in steps):
                raise self.error(f'{place}.name', f"'{name}' is the name of a step before; choose another one")
            platform = self.text(table, 'platform', place) if 'platform' in table else None
            steps.append(Step(name, command, self.text(table, 'jobs', place, 'jobs.json'), platform,
                              self.texts(table, 'inputs', place)))
        return tuple(steps)

    def target(self, table: Mapping[str, Any], place: str, steps: Sequence[Step]) -> tuple[str, str, Optional[str]]:
        """What an axis changes: the kind, its subject, and the step of the workload."""
        given = [key for key in TARGETS if key in table]
        if len(given) != 1:
            what = f'has {" and ".join(given)}' if given else 'says nothing that it changes'
            raise self.error(place, f'{what}; give one of {", ".join(TARGETS)}')
        kind, subject = given[0], self.text(table, given[0], place)
        step = self.text(table, 'step', place) if 'step' in table else None
        if kind != 'option':
            if step is not None:
                raise self.error(f'{place}.step', "only an 'option' has a step; leave it out")
            return kind, subject, None
        if not steps:
            raise self.error(f'{place}.option', 'there is no [workload] whose command could take it; add one')
        names = [one.name for one in steps]
        if step is not None and step not in names:
            raise self.error(f'{place}.step', f"there is no step '{step}'; steps are {', '.join(names)}")
        if not re.fullmatch(r'--?\w[\w-]*', subject):
            raise self.error(f'{place}.option', f"'{subject}' is no option; write it as in the command, e.g. --load")
        return kind, subject, step or names[-1]

    def named_values(self, table: Mapping[str, Any], place: str) -> dict[str, Any]:
        values = table.get('values')
        if isinstance(values, dict):
            named = dict(values)
        elif isinstance(values, list):
            named = {}
            for value in values:
                if value_name(value) in named:
                    raise self.error(f'{place}.values', f"'{value_name(value)}' is there twice; leave one out")
                named[value_name(value)] = value
        else:
            raise self.error(place, "'values' must be a list of values or a table of named ones")
        if not named:
            raise self.error(f'{place}.values', 'there is no value; give at least one')
        return named

    def axes(self, document: Mapping[str, Any], steps: Sequence[Step]) -> tuple[Axis, ...]:
        tables = document.get('axes', {})
        if not isinstance(tables, dict):
            raise self.error('axes', f'must be a table, is {kind_of(tables)}')
        axes: list[Axis] = []
        for name, entry in tables.items():
            place = f'axes.{name}'
            if name == SEED or not re.fullmatch(r'[A-Za-z]\w*', name):
                raise self.error(place, "a name of an axis is of letters, digits and _, and not 'seed', which is that "
                                        'of the replications')
            table = self.keys(entry, AXIS_KEYS, place)
            kind, subject, step = self.target(table, place, steps)
            zipped = self.text(table, 'zip', place) if 'zip' in table else None
            axes.append(Axis(name, kind, subject, self.named_values(table, place), step, zipped))
        for axis in axes:
            self.check_zip(axis, {other.name: other for other in axes})
        return tuple(axes)

    def check_zip(self, axis: Axis, axes: Mapping[str, Axis]) -> None:
        if axis.zipped_with is None:
            return
        place = f'axes.{axis.name}.zip'
        other = axes.get(axis.zipped_with)
        if other is None or other is axis:
            raise self.error(place, f"there is no other axis '{axis.zipped_with}'")
        if other.zipped_with is not None:
            raise self.error(place, f"'{other.name}' is zipped itself; zip both with '{other.zipped_with}'")
        if len(other.values) != len(axis.values):
            raise self.error(place, f'has {len(axis.values)} values and {other.name} has {len(other.values)}; '
                                    'zipped axes have as many')

    def replications(self, document: Mapping[str, Any], steps: Sequence[Step]) -> Optional[Axis]:
        if 'replications' not in document:
            return None
        place = 'replications'
        table = self.keys(document[place], REPLICATION_KEYS, place)
        kind, subject, step = self.target(table, place, steps)
        seeds = table.get('seeds')
        if isinstance(seeds, list):
            if not seeds or not all(isinstance(seed, int) and not isinstance(seed, bool) for seed in seeds):
                raise self.error(f'{place}.seeds', 'must be a number of seeds or a list of whole numbers')
            if len(set(seeds)) < len(seeds):
                raise self.error(f'{place}.seeds', 'a seed is there twice; leave one out')
        else:
            count = self.number(table, 'seeds', place, int, 1)
            first = self.number(table, 'first', place, int) if 'first' in table else 1
            seeds = list(range(first, first + count))
        return Axis(SEED, kind, subject, {str(seed): seed for seed in seeds}, step)

    def choice(self, table: Any, place: str, axes: Mapping[str, Axis]) -> dict[str, tuple[str, ...]]:
        """Names of values by axis, for an exclusion or the baseline."""
        if not isinstance(table, dict) or not table:
            raise self.error(place, 'must be a table of axes and values')
        chosen = {}
        for name, given in table.items():
            if name not in axes:
                raise self.error(f'{place}.{name}', f'there is no such axis; '
                                                    f'{suggestion(name, axes, "axes are " + ", ".join(axes))}')
            names = tuple(value_name(value) for value in (given if isinstance(given, list) else [given]))
            for value in names:
                if value not in axes[name].values:
                    known = ', '.join(axes[name].values)
                    raise self.error(f'{place}.{name}', f"there is no value '{value}'; values are {known}")
            chosen[name] = names
        return chosen

    def baseline(self, document: Mapping[str, Any], axes: Mapping[str, Axis]) -> dict[str, str]:
        if 'baseline' not in document:
            return {}
        chosen = self.choice(document['baseline'], 'baseline', axes)
        for name, values in chosen.items():
            if len(values) != 1 or name == SEED:
                raise self.error(f'baseline.{name}', 'must be one value of an axis')
        return {name: values[0] for name, values in chosen.items()}

    def cut(self, document: Mapping[str, Any]) -> Cut:
        table = self.keys(document.get('cut', {}), CUT_KEYS, 'cut')
        method = table.get('method')
        if method not in (None, 'mser-5'):
            raise self.error('cut.method', f"'{method}' is not known; it is 'mser-5' or left out")
        numbers = {key: self.number(table, key, 'cut', int if key.endswith('jobs') else float) for key in CUT_KEYS
                   if key != 'method'}
        if method and (numbers['warm_up'] or numbers['warm_up_jobs']):
            raise self.error('cut.method', 'finds the warm-up; leave warm_up and warm_up_jobs out')
        return Cut(**numbers, mser=method is not None)

    def metrics(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        metrics = self.texts(document, 'metrics', '', DEFAULT_METRICS)
        known = [metric.key for metric in METRICS]
        for name in metrics:
            group, slash, key = name.rpartition('/')
            if slash and group not in JOB_TYPES:
                raise self.error('metrics', f"'{name}': '{group}' is no type of jobs; types are {', '.join(JOB_TYPES)}")
            if key not in known:
                raise self.error('metrics', f"there is no metric '{key}'; "
                                            f'{suggestion(key, known, "they are " + ", ".join(known))}')
        if not metrics or len(set(metrics)) < len(metrics):
            raise self.error('metrics', 'must be different metrics, at least one')
        return metrics

    def results(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        results = self.texts(document, 'results', '')
        for name in results:
            if name not in FILES:
                raise self.error('results', f"there is no result '{name}'; "
                                            f'{suggestion(name, FILES, "they are " + ", ".join(FILES))}')
        return results


def kind_of(value: Any) -> str:
    kinds: dict[type, str] = {bool: 'a boolean', int: 'a number', float: 'a number', str: 'a text', list: 'a list',
                              dict: 'a table'}
    return 'an empty text' if value == '' else kinds.get(type(value), 'a date or time')


def read_study(path: str) -> Study:
    """Raises StudyError, or OSError where the file can't be read."""
    reader = Reader(path)
    document = reader.keys(parse_toml(Path(path)), STUDY_KEYS, '')
    steps = reader.steps(document)
    axes = reader.axes(document, steps)
    seeds = reader.replications(document, steps)
    by_name = {axis.name: axis for axis in ((*axes, seeds) if seeds else axes)}
    exclusions = document.get('exclude', [])
    if not isinstance(exclusions, list):
        raise reader.error('exclude', 'must be a list of tables: [[exclude]]')
    settings = document.get('settings', {})
    if not isinstance(settings, dict):
        raise reader.error('settings', f'must be a table, is {kind_of(settings)}')
    if 'configuration' not in document:
        raise StudyError(f"{path}: 'configuration' is missing; name the configuration that all runs start from")
    return Study(
        path, reader.text(document, 'configuration', ''),
        reader.text(document, 'folder', '', f'runs/{Path(path).stem}'), settings, reader.results(document),
        reader.texts(document, 'inputs', ''), reader.metrics(document), reader.baseline(document, by_name), steps, axes,
        seeds, tuple(reader.choice(table, f'exclude[{number}]', by_name) for number, table in enumerate(exclusions)),
        reader.cut(document))
