"""Finds and reads the result files of a run.

A run is named by a folder that holds result files, by one job statistics file, or by the configuration of the run:
`load_run` says how the other files are found from there. Only job statistics must be there; what else is missing is
None, and whoever needs it says so.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

JOB_TYPES = ('rigid', 'moldable', 'malleable', 'evolving', 'adaptive')

# Configuration key -> the name that the file has when a folder is all that is known.
FILES = {
    'job_statistics': 'job_statistics.csv',
    'node_utilization': 'node_utilization.csv',
    'cpu_utilization': 'cpu_utilization.csv',
    'gpu_utilization': 'gpu_utilization.csv',
    'network_activity': 'network_activity.csv',
    'pfs_utilization': 'pfs_utilization.csv',
    'task_times': 'task_times.csv',
    'events': 'events.jsonl',
    'energy': 'energy.csv',
    'energy_shares': 'energy_shares.csv',
}


class OutputError(Exception):
    """A run can't be read: where, what and what to do, in one sentence."""


@dataclass
class Job:
    """A row of job_statistics. Times in simulated seconds, -1 where not known."""

    id: int
    type: str
    submit: float
    start: float
    end: float
    status: str
    name: str = ''
    nodes_at_start: int | None = None
    nodes_min: int | None = None
    nodes_max: int | None = None
    node_seconds: float | None = None
    reconfigurations: int | None = None
    completed_phases: int | None = None
    eligible: float | None = None  # when it no longer waited for other jobs; only where some do
    reason: str = ''  # why it was cancelled
    # Only where nodes are not always there:
    requeues: int | None = None
    lost_node_seconds: float | None = None
    lost_phases: int | None = None
    suspended: float | None = None  # seconds; only where some job was
    # Only where energy is measured, has a price, and a carbon intensity:
    energy: float | None = None  # joules
    cost: float | None = None
    emissions: float | None = None  # grams of carbon dioxide

    @property
    def has_run(self) -> bool:
        """Whether it started and ended: only then are its times figures."""
        return self.start >= 0 and self.end >= 0

    @property
    def wait(self) -> float:
        return self.start - self.submit

    @property
    def runtime(self) -> float:
        return self.end - self.start

    @property
    def turnaround(self) -> float:
        return self.end - self.submit

    def bounded_slowdown(self, bound: float) -> float:
        """max(1, turnaround / max(runtime, bound)): Feitelson and Rudolph, JSSPP 1998."""
        return max(1.0, self.turnaround / max(self.runtime, bound))


@dataclass
class Run:
    name: str
    jobs: list[Job]
    files: dict[str, Path]  # by configuration key: those that exist
    configuration: dict[str, Any] | None = None
    header: dict[str, Any] = field(default_factory=dict)  # the journal's first object
    start_date: datetime | None = None  # the date of time 0, with the offset of its zone

    @property
    def first_submit(self) -> float:
        return min((job.submit for job in self.jobs), default=0.0)

    @property
    def last_end(self) -> float:
        """The last end; of a run that broke off without any, the last thing known of a job."""
        return max((max(job.end, job.start, job.submit) for job in self.jobs), default=0.0)

    @property
    def types(self) -> list[str]:
        present = {job.type for job in self.jobs}
        return [kind for kind in JOB_TYPES if kind in present] + sorted(present - set(JOB_TYPES))


def load_run(text: str) -> Run:
    """Reads the run that an argument names: [NAME=]OUTPUT.

    OUTPUT is a folder (files have the names of FILES; a config.json or configuration.json in it is the configuration),
    a CSV file of job statistics (the others are beside it, named alike: 'a_job_statistics.csv', 'a_events.jsonl'), or a
    configuration file (the paths in it count, relative to the working directory or else to the file's folder).
    """
    name, equals, output = text.partition('=')
    if not equals or Path(text).exists():
        name, output = '', text
    path = Path(output)
    if not path.exists():
        raise OutputError(f'{output}: no such file or folder; give a folder with result files, a job statistics file '
                          'or a configuration')
    if path.is_dir():
        files, configuration = _files_in_folder(path)
    elif path.suffix == '.json':
        configuration = _read_configuration(path)
        files = _files_of_configuration(path, configuration)
    else:
        files, configuration = _files_beside(path)
    if 'job_statistics' not in files:
        raise OutputError(f'{output}: no job statistics; name them in the configuration ("job_statistics": '
                          f'"{FILES["job_statistics"]}") and run the simulation again')
    header = _read_header(files.get('events'))
    return Run(name or _name_of(path), read_jobs(files['job_statistics']), files,
               configuration or header.get('configuration'), header, _start_date(files.get('events'), header))


def _name_of(path: Path) -> str:
    resolved = path.resolve()
    if path.is_dir():
        return resolved.name
    prefix = resolved.stem.removesuffix('job_statistics').strip('_-.')
    return prefix or resolved.parent.name or resolved.stem


def _files_in_folder(folder: Path) -> tuple[dict[str, Path], dict[str, Any] | None]:
    files = {key: folder / name for key, name in FILES.items() if (folder / name).is_file()}
    for name in ('config.json', 'configuration.json'):
        if (folder / name).is_file():
            return files, _read_configuration(folder / name)
    return files, None


def _files_beside(path: Path) -> tuple[dict[str, Path], dict[str, Any] | None]:
    if 'job_statistics' not in path.name:
        return {'job_statistics': path}, None
    files = {'job_statistics': path}
    for key, name in FILES.items():
        beside = path.with_name(path.name.removesuffix('.csv').replace('job_statistics', key) + Path(name).suffix)
        if key != 'job_statistics' and beside.is_file():
            files[key] = beside
    return files, None


def _read_configuration(path: Path) -> dict[str, Any]:
    try:
        configuration = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise OutputError(f'{path}: not a configuration: {error}') from error
    if not isinstance(configuration, dict):
        raise OutputError(f'{path}: not a configuration, which is an object')
    return configuration


def _files_of_configuration(path: Path, configuration: dict[str, Any]) -> dict[str, Path]:
    files = {}
    for key in FILES:
        named = configuration.get(key)
        if not isinstance(named, str):
            continue
        for candidate in (Path(named), path.parent / named):
            if candidate.is_file():
                files[key] = candidate
                break
    return files


def _read_header(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    for event in read_journal(path):
        return event if event.get('kind') == 'begin' else {}
    return {}


def _start_date(path: Path | None, header: dict[str, Any]) -> datetime | None:
    if not header.get('start_date'):
        return None
    try:
        start = datetime.fromisoformat(header['start_date'])
    except (TypeError, ValueError):
        start = None
    if start is None or start.tzinfo is None:
        raise OutputError(f'{path}:1: start_date: {header["start_date"]!r} is not a date with a time zone; must be '
                          'like "2024-02-29 12:30:00+01:00"')
    return start


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a journal in order. A last line that was cut short is left out."""
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            try:
                event = json.loads(line)
            except ValueError as error:
                if not line.endswith('\n'):
                    return
                raise OutputError(f'{path}:{number}: not an event: {error}') from error
            if not isinstance(event, dict) or 'time' not in event or 'kind' not in event:
                raise OutputError(f'{path}:{number}: not an event, which is an object with time and kind')
            yield event


def _whole(text: str | None) -> int | None:
    return int(float(text)) if text else None


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def read_jobs(path: Path) -> list[Job]:
    """Reads job statistics; the columns after Status may be missing (ElastiSim writes none of them)."""
    jobs = []
    with open(path, newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            try:
                jobs.append(Job(
                    int(row['ID']), row['Type'], float(row['Submit Time']), float(row['Start Time']),
                    float(row['End Time']), row['Status'], row.get('Name') or '', _whole(row.get('Nodes At Start')),
                    _whole(row.get('Nodes Min')), _whole(row.get('Nodes Max')), _number(row.get('Node Seconds')),
                    _whole(row.get('Reconfigurations')), _whole(row.get('Completed Phases')),
                    _number(row.get('Eligible Time')), row.get('Reason') or '', _whole(row.get('Requeues')),
                    _number(row.get('Lost Node Seconds')), _whole(row.get('Lost Phases')),
                    _number(row.get('Suspended')), _number(row.get('Energy (J)')),
                    _number(row.get('Energy Cost')), _number(row.get('Emissions (g)'))))
            except KeyError as error:
                raise OutputError(f'{path}: no column {error}; is this a job statistics file?') from error
            except (TypeError, ValueError) as error:
                raise OutputError(f'{path}: job {len(jobs)}: {error}') from error
    return jobs
