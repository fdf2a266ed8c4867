"""Workloads and platforms of Batsim: jobs and profiles in one JSON file, machines in a platform file of SimGrid's."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional
from xml.sax.saxutils import quoteattr

from . import batsim_power
from .record import UNKNOWN, LogError, Record
from .report import DROPPED, NOTED, Report, Rule
from .source import read_whole

Json = dict[str, Any]

NO_JOB = Rule('malformed', DROPPED, 'the job is not an object with id, subtime, res and profile')
NO_PROFILE = Rule('no_profile', DROPPED, 'no profile has the name that the job gives')
NOT_SUPPORTED = Rule('profile_not_supported', DROPPED, 'the profile replays a trace (smpi), talks to the scheduler '
                     '(send, recv) or is of a type that has no counterpart here')
BAD_PROFILE = Rule('malformed_profile', DROPPED, 'the profile lacks what its type needs, or has it in another form')
NO_SUBMIT = Rule('no_submit_time', DROPPED, 'the submission time is below 0')
MATRIX = Rule('matrix_size', DROPPED, 'the profile is made for another number of hosts than the job asks for')
NO_LIMIT = Rule('no_walltime', NOTED, 'walltime is -1 or missing: no limit')
FAILS = Rule('fails', NOTED, 'the profile ends with a return code that is not 0: here the job completes')


class NotSupported(Exception):
    """A profile that has no counterpart: why."""


class Malformed(Exception):
    """A profile that Batsim would not take either: why."""


def number_of(value: Any) -> Optional[float]:
    """A number, or a text that is one, as Batsim takes them."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number - number == 0 else None


# --- Profiles ---------------------------------------------------------------------------------------------------------


def _needed(profile: Json, key: str) -> float:
    value = number_of(profile.get(key))
    if value is None or value < 0:
        raise Malformed(f"'{key}' is {json.dumps(profile.get(key))[:40]}; must be a number of at least 0")
    return value


def _delay(profile: Json, profiles: Json) -> list[Json]:
    return [{'type': 'idle', 'name': 'delay', 'delay': _needed(profile, 'delay')}]


def _list(profile: Json, key: str) -> Optional[list[float]]:
    values = profile.get(key)
    if values is None:
        return None
    numbers = [number_of(value) for value in values] if isinstance(values, list) else [None]
    if not numbers or any(number is None or number < 0 for number in numbers):
        raise Malformed(f"'{key}' is not a list of numbers")
    return [number for number in numbers if number is not None]


def _task(flops: Any, pattern: str, data: Any, exchange: str) -> Json:
    """A parallel task: computation and communication proceed at one rate."""
    task: Json = {'type': 'cpu', 'name': 'parallel'}
    if flops is not None:
        task.update(flops=flops, computation_pattern=pattern)
    if data is not None:
        task.update(bytes=data, communication_pattern=exchange)
    if flops is not None and data is not None:
        task['coupled'] = True
    return task


def _parallel(profile: Json, profiles: Json) -> list[Json]:
    cpu, com = _list(profile, 'cpu'), _list(profile, 'com')
    if cpu is None and com is None:
        raise Malformed("neither 'cpu' nor 'com' is given")
    if cpu is not None and com is not None and len(com) != len(cpu) ** 2:
        raise Malformed(f"'com' has {len(com)} numbers; {len(cpu)} hosts exchange {len(cpu) ** 2}")
    if com is not None and not any(com):
        com = None
    if com is not None:  # what a host sends to itself takes no network, and stays out of ours
        size = round(len(com) ** 0.5)
        com = [0 if place % (size + 1) == 0 else value for place, value in enumerate(com)]
    return [_task(cpu, 'vector', com, 'matrix')]


def _homogeneous(profile: Json, profiles: Json) -> list[Json]:
    """Each host computes cpu and sends com to each other one."""
    flops, data = number_of(profile.get('cpu')), number_of(profile.get('com'))
    if flops is None and data is None:
        raise Malformed("neither 'cpu' nor 'com' is given")
    return [_task(flops, 'uniform', f'{data!r} * num_nodes * (num_nodes - 1)' if data else None, 'all_to_all')]


def _homogeneous_total(profile: Json, profiles: Json) -> list[Json]:
    """All hosts together compute cpu and exchange com."""
    flops, data = number_of(profile.get('cpu')), number_of(profile.get('com'))
    if flops is None and data is None:
        raise Malformed("neither 'cpu' nor 'com' is given")
    return [_task(flops, 'all_ranks', data or None, 'all_to_all')]


def _file_system(profile: Json, profiles: Json) -> list[Json]:
    """Each host reads and writes as much."""
    read, write = _needed(profile, 'bytes_to_read'), _needed(profile, 'bytes_to_write')
    tasks: list[Json] = []
    if read:
        tasks.append({'type': 'pfs_read', 'name': 'read', 'bytes': read, 'pattern': 'uniform'})
    if write:
        tasks.append({'type': 'pfs_write', 'name': 'write', 'bytes': write, 'pattern': 'uniform'})
    return tasks or [{'type': 'idle', 'name': 'nothing', 'delay': 0}]


def _composed(profile: Json, profiles: Json) -> list[Json]:
    parts = profile.get('seq')
    if not isinstance(parts, list) or not parts:
        raise Malformed("'seq' is not a list of names of profiles")
    repeat = number_of(profile.get('repeat', profile.get('nb', 1)))
    if repeat is None or repeat < 0:
        raise Malformed("'repeat' is not a number")
    tasks: list[Json] = []
    for part in parts:
        if part not in profiles:
            raise Malformed(f'it names a profile {json.dumps(part)[:40]}, which does not exist')
        tasks += tasks_of(profiles[part], profiles)
    return [{'type': 'sequence', 'name': 'composed', 'iterations': int(repeat), 'tasks': tasks}]


TYPES = {
    'delay': _delay,
    'parallel': _parallel, 'msg_par': _parallel, 'ptask': _parallel,
    'parallel_homogeneous': _homogeneous, 'msg_par_hg': _homogeneous, 'ptask_homogeneous': _homogeneous,
    'parallel_homogeneous_total': _homogeneous_total, 'msg_par_hg_tot': _homogeneous_total,
    'parallel_homogeneous_pfs': _file_system, 'msg_par_hg_pfs': _file_system,
    'parallel_homogeneous_pfs_multiple_tiers': _file_system, 'msg_par_hg_pfs_tiers': _file_system,
    'composed': _composed, 'sequential_composition': _composed,
}
NO_COUNTERPART = {
    'smpi': 'an smpi profile replays a time-independent trace, rank by rank',
    'replay_smpi': 'an smpi profile replays a time-independent trace, rank by rank',
    'usage_trace': 'a usage trace replays shares of hosts over time', 'replay_usage': 'a usage trace replays shares of '
    'hosts over time', 'data_staging': 'data staging moves files between storages of its own',
    'send': 'the profile sends a message to the scheduler', 'recv': 'the profile waits for a message of the scheduler',
    'scheduler_send': 'the profile sends a message to the scheduler',
    'scheduler_recv': 'the profile waits for a message of the scheduler',
}


def tasks_of(profile: Any, profiles: Json, depth: int = 0) -> list[Json]:
    """The tasks of an application model. Raises NotSupported or Malformed."""
    if not isinstance(profile, dict):
        raise Malformed('it is not an object')
    kind = profile.get('type')
    if kind in NO_COUNTERPART:
        raise NotSupported(NO_COUNTERPART[kind])
    handler = TYPES.get(kind) if isinstance(kind, str) else None
    if handler is None:
        raise NotSupported(f'the type is {json.dumps(kind)[:40]}')
    try:
        return handler(profile, profiles)
    except RecursionError:
        raise Malformed('composed profiles contain each other') from None


def file_name_of(profile: str) -> str:
    """What the model of a profile is called: letters, digits, points and dashes of its name."""
    return re.sub(r'[^\w.-]', '_', profile)


# --- Workloads --------------------------------------------------------------------------------------------------------


@dataclass
class Workload:
    jobs: list[Any]
    profiles: Json
    resources: Optional[int]
    metadata: Json = field(default_factory=dict)


def load(path: str, name: str) -> Workload:
    text = read_whole(path, name)
    try:
        data = json.loads(text)
    except RecursionError:
        raise LogError(f'{name}: nested too deep for a workload of Batsim') from None
    except ValueError as error:
        raise LogError(f'{name}: not JSON: {error}') from None
    if not (isinstance(data, dict) and isinstance(data.get('jobs'), list) and isinstance(data.get('profiles'), dict)):
        raise LogError(f"{name}: no lists 'jobs' and 'profiles'; is this a workload of Batsim?")
    resources = number_of(data.get('nb_res'))
    metadata = {key: value for key, value in data.items() if isinstance(value, str)}
    return Workload(data['jobs'], data['profiles'], int(resources) if resources and resources >= 1 else None, metadata)


class Reader:
    """Jobs as records; `models` are the application models that they use, by name."""

    def __init__(self, workload: Workload, report: Report) -> None:
        self._workload = workload
        self._report = report
        self._tasks: dict[str, Any] = {}
        self.models: dict[str, Json] = {}

    def __iter__(self) -> Iterator[Record]:
        for place, job in enumerate(self._workload.jobs):
            self._report.read += 1
            record = self._record(place, job)
            if record is not None:
                yield record

    def _record(self, place: int, job: Any) -> Optional[Record]:
        note = self._report.note
        submit = number_of(job.get('subtime')) if isinstance(job, dict) else None
        size = number_of(job.get('res')) if isinstance(job, dict) else None
        if submit is None or size is None or size < 1 or size != size // 1 or 'id' not in job:
            note(NO_JOB, place, 'no such object')
            return None
        name = str(job['id']).rpartition('!')[2]
        if submit < 0:
            note(NO_SUBMIT, place, f'job {name}')
            return None
        application = self._application(place, name, job.get('profile'), int(size))
        if application is None:
            return None
        record = Record(place, name, submit)
        record.nodes, record.application, record.status = int(size), application, UNKNOWN
        walltime = number_of(job.get('walltime'))
        if walltime is None or walltime < 0:
            note(NO_LIMIT, place, f'job {name}')
        else:
            record.walltime = walltime
        record.attributes['profile'] = str(job['profile'])
        return record

    def _application(self, place: int, name: str, profile: Any, size: int) -> Optional[str]:
        note = self._report.note
        if not isinstance(profile, str) or profile not in self._workload.profiles:
            note(NO_PROFILE, place, f'job {name}: {json.dumps(profile)[:60]}')
            return None
        if profile not in self._tasks:
            try:
                self._tasks[profile] = tasks_of(self._workload.profiles[profile], self._workload.profiles)
            except (NotSupported, Malformed) as error:
                self._tasks[profile] = error
        tasks = self._tasks[profile]
        if isinstance(tasks, Exception):
            rule = NOT_SUPPORTED if isinstance(tasks, NotSupported) else BAD_PROFILE
            note(rule, place, f"job {name}, profile '{profile}': {tasks}")
            return None
        wanted = _hosts_of(tasks)
        if wanted - {size}:
            note(MATRIX, place, f"job {name}, profile '{profile}': made for {min(wanted - {size})} hosts, asks for "
                 f"{size}")
            return None
        if number_of(self._workload.profiles[profile].get('ret', 0)):
            note(FAILS, place, f'job {name}')
        application = file_name_of(profile)
        self.models.setdefault(application, {'phases': [{'tasks': tasks}]})
        return application


def _hosts_of(tasks: list[Json]) -> set[int]:
    """For how many hosts the lists in the tasks are made."""
    sizes: set[int] = set()
    for task in tasks:
        sizes |= _hosts_of(task.get('tasks', []))
        if isinstance(task.get('flops'), list):
            sizes.add(len(task['flops']))
        if isinstance(task.get('bytes'), list):
            sizes.add(round(len(task['bytes']) ** 0.5))
    return sizes


# --- Platforms --------------------------------------------------------------------------------------------------------


PFS_NAMES = ('pfs', 'pfs_host', 'lcst_host', 'hpst_host')


def convert_platform(path: str, nodes: Optional[int], report: Report, bandwidth: str, latency: str) -> tuple[str, int]:
    """The hosts of a platform of Batsim's on a network of ours, with their power states as properties, and how many
    compute nodes there are: the first `nodes` in Batsim's order where that is less. The network is a switch that never
    limits: Batsim's platforms are often made of coordinates (Vivaldi), which say nothing of bandwidths."""
    try:
        tree = ElementTree.fromstring(read_whole(path, path).lstrip())  # SimGrid takes blank lines at the top
    except ElementTree.ParseError as error:
        raise LogError(f'{path}: not XML: {error}') from None
    hosts = [element for element in tree.iter() if element.tag == 'host']
    compute = [host for host in hosts if not _is_special(host)]
    if not compute:
        raise LogError(f'{path}: no compute hosts')
    kept = sorted(compute, key=lambda host: host.get('id', ''))[:nodes]
    report.facts['platform'] = f'{len(kept)} of {len(compute)} hosts of {path}'
    lines = ["<?xml version='1.0'?>", '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">',
             '<platform version="4.1">', '  <zone id="machine" routing="Full">', '    <zone id="service" '
             'routing="Full">',
             '      <host id="master_host" speed="1Gf">', '        <prop id="batch_system" '
             'value="true"/>', '      </host>',
             '    </zone>', '    <zone id="nodes" routing="Cluster">']
    for host in kept:
        lines += _host_lines(host, batsim_power.properties_of(path, host), bandwidth, latency)
    lines += ['      <router id="switch"/>', '    </zone>', '  </zone>', '</platform>', '']
    return '\n'.join(lines), len(kept)


def _is_special(host: ElementTree.Element) -> bool:
    name, role = host.get('id', '').lower(), batsim_power.given(host).get('role', '').lower()
    return 'master' in (role, name.partition('_')[0]) or role == 'storage' or name in PFS_NAMES


def _host_lines(host: ElementTree.Element, properties: Mapping[str, str], bandwidth: str, latency: str) -> list[str]:
    """A node with all its power states, as Batsim has it."""
    name, link = quoteattr(host.get('id', '')), quoteattr('link_' + host.get('id', ''))
    speeds, state = quoteattr(host.get('speed', host.get('power', '1Gf'))), quoteattr(host.get('pstate', '0'))
    return [f'      <host id={name} speed={speeds} pstate={state}>',
            *(f'        <prop id={quoteattr(key)} value={quoteattr(value)}/>' for key, value in properties.items()),
            '      </host>',
            f'      <link id={link} bandwidth="{bandwidth}" latency="{latency}" sharing_policy="SPLITDUPLEX"/>',
            f'      <host_link id={name} up={quoteattr("link_" + host.get("id", "") + "_UP")} '
            f'down={quoteattr("link_" + host.get("id", "") + "_DOWN")}/>']
