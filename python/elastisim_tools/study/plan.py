"""The plan of a study: its runs, each with a key that is the hash of all that its results depend on.

Everything that is wrong with a study is found here, before anything runs: every run is checked by the simulator itself.
"""

from __future__ import annotations

import itertools
import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..run import FILES
from .description import SEED, Axis, Study
from .errors import StudyError, suggestion
from .materials import Recipe, Workshop, find_input, hash_of, hash_of_file, option_words, words_of_files, write_whole
from .simulator import configuration_keys, hash_of_program, run_batch, version_of

MONITORING = ('cpu_utilization', 'network_activity', 'pfs_utilization', 'gpu_utilization')
# Keys that say something about energy, and nothing where no result of a run is about it.
SERIES = ('energy_price', 'carbon_intensity')  # files
ENERGY = (*SERIES, 'network_watts', 'pfs_watts')
# Keys that a study sets itself, or that two runs side by side can't share.
OWN_KEYS = {**{key: "it goes to the folder of the run; name it in 'results'" for key in FILES},
            'zmq_url': 'runs side by side cannot share a URL; use a scheduler with exec:',
            'events_url': 'runs side by side cannot share a URL; watch a run of its own',
            'show_progress_bar': 'runs of a study have none'}

Names = dict[str, str]  # of values, by axis


@dataclass
class PlannedRun:
    names: Names
    description: dict[str, Any]  # of elastisim --batch, without id and output
    inputs: dict[str, Any]  # what the key is the hash of
    key: str = ''

    @property
    def label(self) -> str:
        return label_of(self.names)


@dataclass
class Plan:
    study: Study
    folder: Path
    program: str
    runs: list[PlannedRun] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What the workflow needs, and what tells later what the study was."""
        return json.dumps({
            'study': os.path.abspath(self.study.file), 'directory': os.getcwd(), 'program': self.program,
            'version': version_of(self.program), 'program_hash': hash_of_program(self.program),
            'axes': {axis.name: list(axis.values) for axis in self.study.all_axes},
            'metrics': self.study.metrics, 'baseline': self.study.baseline, 'cut': self.study.cut.__dict__,
            'runs': [{'key': run.key, 'names': run.names, 'description': run.description, 'inputs': run.inputs}
                     for run in self.runs]}, indent=1) + '\n'


def label_of(names: Mapping[str, str]) -> str:
    return ', '.join(f'{axis}={value}' for axis, value in names.items()) or 'the only run'


# --- Which combinations there are ---------------------------------------------------------------------


def combinations(study: Study) -> Iterator[Names]:
    """Crossed axes, the last one changing fastest; a zipped one goes along with the other. Without exclusions."""
    leading = [axis for axis in study.all_axes if axis.zipped_with is None]
    for choice in itertools.product(*(range(len(axis.values)) for axis in leading)):
        places = {axis.name: place for axis, place in zip(leading, choice)}
        names = {axis.name: list(axis.values)[places[axis.zipped_with or axis.name]] for axis in study.all_axes}
        if not any(all(names[axis] in values for axis, values in rule.items()) for rule in study.exclusions):
            yield names


# --- What a combination means -------------------------------------------------------------------------


class Planner:
    def __init__(self, study: Study, folder: Path, program: str) -> None:
        self.study = study
        self.folder = folder
        self.program = program
        self.workshop = Workshop(study.file, folder)
        self.configuration = self._find(study.configuration, 'configuration')
        self.base = self._read_configuration()
        self.models: dict[str, dict[str, str]] = {}

    def _find(self, path: str, place: str) -> str:
        found = find_input(path, self.study.file)
        if not found:
            raise StudyError(f"{self.study.file}: {place}: there is no '{path}' (from the working directory, or beside "
                             'the study)')
        return found

    def _read_configuration(self) -> dict[str, Any]:
        try:
            base = json.loads(Path(self.configuration).read_text(encoding='utf-8'))
        except (OSError, ValueError) as error:
            raise StudyError(f'{self.study.file}: configuration: {self.study.configuration}: {error}') from error
        if not isinstance(base, dict):
            raise StudyError(f'{self.study.file}: configuration: {self.study.configuration}: is no object')
        return base

    def check_keys(self) -> None:
        """Keys of the configuration that are set, by axes or for all."""
        known = configuration_keys(self.program)
        places = {f'settings.{key}': key for key in self.study.settings}
        places.update({f'axes.{axis.name}.set' if axis is not self.study.seeds else 'replications.set': axis.subject
                       for axis in self.study.all_axes if axis.target == 'set'})
        for place, key in places.items():
            if key not in known:
                raise StudyError(f"{self.study.file}: {place}: the configuration has no key '{key}'; "
                                 f'{suggestion(key, known, "elastisim --help-configuration lists them")}')
            if key in OWN_KEYS:
                raise StudyError(f"{self.study.file}: {place}: '{key}' is not for a study to set: {OWN_KEYS[key]}")

    def check_subjects(self) -> None:
        """Two axes that change the same thing: the later one would win."""
        seen: dict[tuple[Any, ...], str] = {}
        for axis in self.study.all_axes:
            subject = (axis.target, axis.subject, axis.step)
            if subject in seen:
                raise StudyError(f"{self.study.file}: axes '{seen[subject]}' and '{axis.name}' both change "
                                 f"'{axis.subject}'; make one of them")
            seen[subject] = axis.name

    def chosen(self, names: Names, target: str, step: Optional[str] = None) -> dict[str, Any]:
        """Subjects of a kind, with the values that this combination gives them."""
        return {axis.subject: axis.values[names[axis.name]] for axis in self.study.all_axes
                if axis.target == target and axis.step == step}

    def recipe(self, names: Names) -> Optional[Recipe]:
        recipe = None
        for step in self.study.steps:
            options: list[str] = []
            for option, value in self.chosen(names, 'option', step.name).items():
                options += option_words(option, value)
            recipe = Recipe(step, tuple(options), recipe)
        return recipe

    def scheduler(self, names: Names, settings: Mapping[str, Any]) -> Optional[str]:
        """With the options that axes give it."""
        scheduler = settings.get('scheduler', self.base.get('scheduler'))
        options = self.chosen(names, 'scheduler_option')
        if not options:
            return scheduler if isinstance(scheduler, str) else None
        if not isinstance(scheduler, str) or not scheduler.startswith(('builtin:', 'exec:')):
            raise StudyError(f'{self.study.file}: scheduler_option {", ".join(options)}: only builtin: and exec: '
                             f"schedulers take options, and here it is '{scheduler}'")
        for option, value in options.items():
            text = ('true' if value else 'false') if isinstance(value, bool) else str(value)
            scheduler += f',{option}={text}' if scheduler.startswith('builtin:') else \
                f' --{option}={shlex.quote(text)}'
        return scheduler

    def settings(self, names: Names) -> dict[str, Any]:
        """What is set, beside the results: those that are wanted, and no others."""
        results = self.study.results
        settings: dict[str, Any] = {key: f'{key}.csv' if key in results else None for key in FILES
                                    if key != 'job_statistics'}
        settings.update(sensing=any(key in results for key in MONITORING), log_task_times='task_times' in results,
                        show_progress_bar=False)
        if 'energy' not in results:
            settings.update({key: None for key in ENERGY})
        return {**settings, **self.study.settings, **self.chosen(names, 'set')}

    def plan_run(self, names: Names) -> PlannedRun:
        settings = self.settings(names)
        recipe = self.recipe(names)
        step = self.study.steps[-1] if recipe else None
        if recipe and step:
            made = self.workshop.folder_of(recipe)
            settings['jobs_file'] = str(made / step.jobs)
            if step.platform and 'platform_file' not in self.chosen(names, 'set'):
                settings['platform_file'] = str(made / step.platform)
        changes = self.chosen(names, 'platform')
        if changes:
            settings['platform_file'] = self.workshop.make_platform(self.input_of('platform_file', settings), changes)
        scheduler = self.scheduler(names, settings)
        if scheduler is not None:
            settings['scheduler'] = scheduler
        description = {'configuration': self.configuration, 'set': settings}
        inputs = self.inputs(settings)
        return PlannedRun(names, description, inputs, hash_of(inputs))

    def input_of(self, key: str, settings: Mapping[str, Any]) -> str:
        path = settings.get(key, self.base.get(key))
        if not isinstance(path, str):
            raise StudyError(f"{self.study.configuration}: '{key}' is missing; add it, or set it in the study")
        found = find_input(path, self.configuration)
        if not found:
            raise StudyError(f"{self.study.file}: {key}: there is no '{path}'")
        return found

    def inputs(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Of what the results of a run depend; paths don't count, contents do."""
        merged = {key: value for key, value in {**self.base, **settings}.items() if value is not None}
        jobs = self.input_of('jobs_file', settings)
        values = {key: value for key, value in merged.items() if key not in FILES
                  and key not in ('jobs_file', 'platform_file', *SERIES)}
        series = {key: hash_of_file(self.input_of(key, settings)) for key in SERIES if key in merged}
        scheduler = str(merged.get('scheduler', ''))
        words = scheduler.partition(':')[2].replace(',', ' ') if not scheduler.startswith('builtin:') else ''
        files = words_of_files(split_words(words)) + [self._find(name, 'inputs') for name in self.study.inputs]
        inputs = {'program': hash_of_program(self.program), 'configuration': values,
                  'results': sorted(self.study.results),
                  'jobs': hash_of_file(jobs), 'models': self.models_of(jobs),
                  'platform': hash_of_file(self.input_of('platform_file', settings)),
                  'files': {name: hash_of_file(os.path.abspath(name)) for name in files}}
        return {**inputs, 'series': series} if series else inputs

    def models_of(self, jobs: str) -> dict[str, str]:
        """The application models that a jobs file names, with their hashes. What is wrong with it, its check says."""
        if jobs not in self.models:
            try:
                listed = json.loads(Path(jobs).read_text(encoding='utf-8')).get('jobs', [])
                names = {job['application_model'] for job in listed if isinstance(job.get('application_model'), str)}
            except (ValueError, AttributeError, TypeError):
                names = set()
            found = {name: find_input(name, jobs) or find_input(name, self.configuration) for name in sorted(names)}
            self.models[jobs] = {name: hash_of_file(path) for name, path in found.items() if path}
        return self.models[jobs]


def split_words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


# --- What is wrong with all of them together -------------------------------------------------------------


def check_differences(study: Study, runs: Sequence[PlannedRun]) -> None:
    """No axis is there for nothing, and no run is there twice."""
    keys = {tuple(run.names.items()): run.key for run in runs}
    for axis in study.all_axes:
        if len(axis.values) > 1 and axis.zipped_with is None and changes_nothing(study, axis, keys):
            place = 'replications' if axis.name == SEED else f'axes.{axis.name}'
            raise StudyError(f"{study.file}: {place}: changes nothing: runs are the same with each of its values; is "
                             f"'{axis.subject}' what it should change?")
    first: dict[str, PlannedRun] = {}
    for run in runs:
        if run.key in first:
            raise StudyError(f'{study.file}: two runs have equal inputs: {first[run.key].label}; and {run.label}; take '
                             'one out, by a value or with [[exclude]]')
        first[run.key] = run


def changes_nothing(study: Study, axis: Axis, keys: Mapping[tuple[Any, ...], str]) -> bool:
    """Whether all runs that differ in this axis alone (and those zipped with it) are the same."""
    moving = {axis.name} | {other.name for other in study.axes if other.zipped_with == axis.name}
    groups: dict[tuple[Any, ...], set[str]] = {}
    sizes: dict[tuple[Any, ...], int] = {}
    for names, key in keys.items():
        rest = tuple(item for item in names if item[0] not in moving)
        groups.setdefault(rest, set()).add(key)
        sizes[rest] = sizes.get(rest, 0) + 1
    return any(size > 1 for size in sizes.values()) and all(len(group) == 1 for group in groups.values())


def check_baseline(study: Study, runs: Sequence[PlannedRun]) -> None:
    if study.baseline and not any(all(run.names[axis] == value for axis, value in study.baseline.items())
                                  for run in runs):
        raise StudyError(f'{study.file}: baseline: {label_of(study.baseline)} is excluded; no run is left to compare '
                         'with')


def check_runs(plan: Plan, jobs: int) -> None:
    """Has the simulator check the inputs of each run that is not done."""
    waiting = [run for run in plan.runs if not (plan.folder / 'runs' / run.key / 'run.json').exists()]
    by_id = {run.key: run for run in waiting}
    answers = run_batch(plan.program, [{**run.description, 'id': run.key, 'check': True} for run in waiting], jobs,
                        os.getcwd())
    refused = {answer['id']: answer['error'] for answer in answers if answer['status'] != 0}
    for key in by_id:
        if key in refused:
            others = f' (and {len(refused) - 1} more)' if len(refused) > 1 else ''
            raise StudyError(f'{plan.study.file}: the simulator refuses {by_id[key].label}{others}: {refused[key]}')


def make_plan(study: Study, folder: Path, program: str, jobs: int = 1) -> Plan:
    """Makes the workloads and platforms, and the plan; checks all of it. Raises StudyError."""
    planner = Planner(study, folder, program)
    planner.check_keys()
    planner.check_subjects()
    combined = list(combinations(study))
    if not combined:
        raise StudyError(f'{study.file}: every run is excluded')
    folder.mkdir(parents=True, exist_ok=True)
    recipes = [recipe for names in combined if (recipe := planner.recipe(names))]
    planner.workshop.make_workloads(recipes, jobs)
    plan = Plan(study, folder, program, [planner.plan_run(names) for names in combined])
    check_differences(study, plan.runs)
    check_baseline(study, plan.runs)
    check_runs(plan, jobs)
    write_whole(folder / 'plan.json', plan.text)
    return plan
