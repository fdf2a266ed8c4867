"""Writes what the simulator runs: jobs file, application models, platform, configuration; a job at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from .machine import Machine, write_platform
from .record import DELAY, Record, Value
from .report import Report

JOBS, PLATFORM, CONFIGURATION, REPORT = 'jobs.json', 'platform.xml', 'configuration.json', 'report.json'

# What a job does of which only the runtime is known.
DELAY_MODEL: dict[str, Any] = {'phases': [{'tasks': [{'type': 'busy_wait', 'name': 'run', 'delay': 'runtime'}]}]}


def model_path(name: str) -> str:
    return f'application_models/{name}.json'


class Members(dict[tuple[str, Value], str]):
    """JSON of members of objects, those that come again and again kept."""

    LIMIT = 65536

    def __missing__(self, member: tuple[str, Value]) -> str:
        key, value = member
        text = f'{json.dumps(key)}: {json.dumps(value) if isinstance(value, str) else number(value)}'
        if len(self) < self.LIMIT:
            self[member] = text
        return text


class JobWriter:
    """The jobs file. `metadata` stands before the jobs."""

    def __init__(self, out: TextIO, metadata: Mapping[str, Any], origin: float = 0.0) -> None:
        self._write = out.write
        self._origin = origin
        self._members = Members()
        head = ''.join(f'{json.dumps(key)}: {json.dumps(value)},\n' for key, value in metadata.items())
        self._write('{' + head + '"jobs": [\n')
        self._separator = ''

    def write_all(self, records: Iterable[Record]) -> None:
        for record in records:
            self.write(record)

    def write(self, record: Record) -> None:
        self._write(self._separator + self._text(record))
        self._separator = ',\n'

    def close(self) -> None:
        self._write('\n]}\n' if self._separator else ']}\n')

    def _text(self, record: Record) -> str:
        name, submit = record.name, record.submit - self._origin
        text = (f'"{name}"' if name.isdecimal() else json.dumps(name)), (int(submit) if submit.is_integer() else submit)
        return (f'{{"name": {text[0]}, "type": "rigid", "submit_time": {text[1]}, "num_nodes": {record.nodes}, '
                f'"application_model": "application_models/{record.application}.json", {self._rest(record)}}}')

    def _rest(self, record: Record) -> str:
        members, runtime, walltime = self._members, record.runtime or 0.0, record.walltime
        if record.application is DELAY:
            text = f'"arguments": {{"runtime": {int(runtime) if runtime.is_integer() else runtime}}}'
        else:
            text = f'"arguments": {{{", ".join([members[member] for member in record.arguments.items()])}}}'
        if walltime:
            text += f', "walltime": {int(walltime) if walltime.is_integer() else walltime}'
        if record.gpus:
            text += f', "num_gpus_per_node": {record.gpus}'
        if record.estimate:
            text += f', "runtime_estimate": {number(record.estimate)}'
        if record.attributes:
            text += f', "attributes": {{{", ".join([members[member] for member in record.attributes.items()])}}}'
        if record.dependencies:
            text += f', "dependencies": {json.dumps([_dependency(*one) for one in record.dependencies])}'
        return text


def number(value: float) -> str:
    """JSON of a number, whole ones without a point."""
    if value is True or value is False:
        return 'true' if value else 'false'
    return repr(int(value)) if value == value // 1 else repr(value)


def _dependency(kind: str, name: str, delay: float) -> dict[str, Any]:
    return {kind: name, 'delay': int(delay) if delay == delay // 1 else delay} if delay else {kind: name}


def configuration(scheduler: str, machine: Machine) -> dict[str, Any]:
    links = {'pfs_read_links': ['PFS_read'], 'pfs_write_links': ['PFS_write']} if machine.pfs else {}
    return {
        'jobs_file': JOBS,
        'platform_file': PLATFORM,
        'scheduler': scheduler,
        'schedule_on_job_submit': True,
        'schedule_on_job_finalize': True,
        'schedule_on_scheduling_point': True,
        **links,
        'job_statistics': 'output/job_statistics.csv',
        'node_utilization': 'output/node_utilization.csv',
    }


def write_rest(folder: Path, models: Mapping[str, Any], machine: Machine, scheduler: str, report: Report) -> None:
    """Everything but the jobs."""
    for name, model in models.items():
        path = folder / model_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(model, indent=2) + '\n', encoding='utf-8')
    with open(folder / PLATFORM, 'w', encoding='utf-8') as out:
        write_platform(machine, out)
    for name, value in ((CONFIGURATION, configuration(scheduler, machine)), (REPORT, report.as_json())):
        (folder / name).write_text(json.dumps(value, indent=2) + '\n', encoding='utf-8')
