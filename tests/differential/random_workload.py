"""Random workloads for whole runs of the simulator, from a seed: the same seed gives the same workload."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from random_world import MATRIX_PATTERNS, VECTOR_PATTERNS, Platform, amount, platform

Json = dict[str, Any]

JOB_TYPES = ['rigid', 'rigid', 'moldable', 'malleable', 'evolving', 'adaptive']
POLICIES = ['fcfs', 'sjf', 'easy', 'easy++', 'conservative', 'hybrid', 'malleable-min', 'malleable-avg',
            'malleable-pref', 'keep-pref', 'equipartition', 'min-agreement', 'min-steal', 'min-common-pool',
            'avg-agreement', 'avg-steal', 'avg-common-pool', 'pref-agreement', 'pref-steal', 'pref-common-pool',
            'io-aware']
OPTIONS = {'order': ['fcfs', 'sjf', 'largest', 'smallest', 'priority', 'fair_share', 'multifactor'],
           'backfilling': ['first_fit', 'easy', 'conservative', 'hybrid'],
           'reservations': ['recomputed'], 'estimate': ['walltime'],
           'start': ['min', 'max', 'preferred', 'fair_share'],
           'malleable': ['agreement', 'steal', 'common_pool', 'keep_preferred', 'equipartition', 'agreement_2023',
                         'steal_2023', 'common_pool_2023'],
           'towards': ['avg', 'pref'], 'evolving': ['deny', 'no_delay', 'shrink'],
           'nodes': ['highest', 'contiguous', 'near', 'fastest', 'uniform'], 'io': ['declared', 'measured'],
           'predict': ['average2', 'percentile', 'ewma'],
           'queue_depth': ['3'], 'compression_depth': ['2'], 'half_life': ['10']}


@dataclass
class Wishes:
    """What the tasks of an application may be like."""
    buffers: bool
    gpus: bool
    listed: int  # the number of nodes when payloads may be lists, which only rigid jobs can have, or 0


# --- Applications ------------------------------------------------------------------------------------------------


def vector(rng: random.Random, wishes: Wishes, keys: tuple[str, str], size: float) -> Json:
    """A payload and its pattern under the given keys: a number, now and then a performance model or a list."""
    kind = rng.random()
    if kind < 0.1 and wishes.listed:
        payload = [0 if rng.random() < 0.2 else size * rng.random() for _ in range(wishes.listed)]
        return {keys[0]: payload, keys[1]: 'vector'}
    model = f'{size!r} * (1 + num_nodes) / 3'
    return {keys[0]: model if kind > 0.85 else size, keys[1]: rng.choice(VECTOR_PATTERNS)}


def matrix(rng: random.Random, wishes: Wishes, gpus: bool) -> Json:
    size = amount(rng) * rng.choice([1, 4])
    n = wishes.listed
    if n and not gpus and rng.random() < 0.15:
        payload = [0 if i == j or rng.random() < 0.3 else size * rng.random() / n for i in range(n) for j in range(n)]
        return {'bytes': payload, 'communication_pattern': 'matrix'}
    return {'bytes': size, 'communication_pattern': rng.choice(MATRIX_PATTERNS)}


def loads(rng: random.Random, wishes: Wishes, kind: str) -> Json:
    """The two loads of a cpu or gpu task."""
    result: Json = {}
    if kind != 'exchange':
        result |= vector(rng, wishes, ('flops', 'computation_pattern'), amount(rng) * rng.choice([1, 4]))
    if kind in ('coupled', 'exchange') or rng.random() < 0.4:
        result |= matrix(rng, wishes, kind == 'gpu')
    if kind == 'coupled':
        result['coupled'] = True
    return result


def task(rng: random.Random, wishes: Wishes, depth: int = 0) -> Json:
    kinds = ['cpu', 'cpu', 'coupled', 'exchange', 'pfs_read', 'pfs_write', 'busy_wait', 'idle']
    kinds += ['bb_read', 'bb_write'] if wishes.buffers else []
    kinds += ['gpu', 'gpu'] if wishes.gpus else []
    kinds += ['sequence'] if depth < 2 else []
    kind = rng.choice(kinds)
    result: Json = {'type': 'cpu' if kind in ('coupled', 'exchange') else kind, 'name': f'{kind}{rng.randint(0, 99)}'}
    if rng.random() < 0.2:
        result['iterations'] = rng.choice([1, 2, 3, 1.5, 0, 'num_nodes % 3 + 1'])
    if rng.random() < 0.15:
        result['synchronized'] = True
    if kind == 'sequence':
        return result | {'tasks': [task(rng, wishes, depth + 1) for _ in range(rng.randint(1, 3))]}
    if kind in ('busy_wait', 'idle'):
        return result | {'delay': rng.choice([0.5, 1, rng.random() * 3]),
                         'pattern': rng.choice(['uniform', *VECTOR_PATTERNS])}
    if kind in ('cpu', 'coupled', 'exchange', 'gpu'):
        return result | loads(rng, wishes, kind)
    result |= vector(rng, wishes, ('bytes', 'pattern'), amount(rng) * rng.choice([1, 4]))
    if rng.random() < 0.4:
        result['async'] = True
    return result


def application(rng: random.Random, wishes: Wishes, job_type: str) -> Json:
    phases = []
    for _ in range(rng.randint(1, 3)):
        phase: Json = {'tasks': [task(rng, wishes) for _ in range(rng.randint(1, 4))],
                       'iterations': rng.choice([1, 2, 3, 5, 8, 2.5])}
        if job_type in ('evolving', 'adaptive') and rng.random() < 0.5:
            phase['evolving_request'] = rng.choice([rng.randint(1, 6), rng.random() * 8,
                                                    'num_nodes_min + phase_iteration * 2'])
        for key, odds in (('barrier', 0.2), ('scheduling_point', 0.1)):
            if rng.random() < odds:
                phase[key] = False
        phases.append(phase)
    model: Json = {'phases': phases}
    for name in ('on_init', 'on_reconfiguration', 'on_expansion'):
        if rng.random() < 0.4:
            # on_expansion runs on a part of the ranks, but lists are for rigid jobs, which never come to it.
            model[name] = {'tasks': [task(rng, wishes, 1) for _ in range(rng.randint(1, 2))]}
            if rng.random() < 0.2:
                model[name]['iterations'] = 2
    return model


# --- Jobs --------------------------------------------------------------------------------------------------------


def sizes(rng: random.Random, job_type: str, most: int) -> Json:
    if job_type == 'rigid':
        return {'num_nodes': rng.choice([n for n in (1, 2, 3, 4, most) if n <= most])}
    least = rng.randint(1, min(4, most))
    largest = rng.randint(least, most)
    result = {'num_nodes_min': least, 'num_nodes_max': largest}
    if rng.random() < 0.3:
        result['num_nodes_preferred'] = rng.randint(least, largest)
    return result


def gpu_sizes(rng: random.Random, job_type: str, most: int) -> Json:
    """At least one GPU per node."""
    least = rng.randint(1, most)
    if job_type == 'rigid':
        return {'num_gpus_per_node': least}
    return {'num_gpus_per_node_min': least, 'num_gpus_per_node_max': rng.randint(least, most)}


def job(rng: random.Random, world: Platform) -> tuple[Json, Json]:
    """A job and its application."""
    job_type = rng.choice(JOB_TYPES)
    wishes = Wishes(world.nodes_with(True, 0) > 0 and rng.random() < 0.8,
                    world.nodes_with(False, 1) > 0 and rng.random() < 0.7, 0)
    result: Json = {'type': job_type, 'submit_time': round(rng.random() * 20, 3)}
    gpus = 0
    if wishes.gpus:
        most = max(given.get('num_gpus', 0) for _, given in world.kinds)
        result |= gpu_sizes(rng, job_type, most)
        gpus = result.get('num_gpus_per_node', result.get('num_gpus_per_node_min'))
    if world.nodes_with(wishes.buffers, gpus) == 0:  # one cluster has the GPUs, the other one the buffers
        wishes.buffers = False
    result |= sizes(rng, job_type, world.nodes_with(wishes.buffers, gpus))
    if job_type == 'rigid' and result['num_nodes'] <= 16:
        wishes.listed = result['num_nodes']
    if rng.random() < 0.3:
        result['walltime'] = round(2 + rng.random() * 30, 3)
    if rng.random() < 0.3:
        result['runtime_estimate'] = round(2 + rng.random() * 30, 3)
    if rng.random() < 0.5:
        result['attributes'] = {'user': rng.choice('abc'), 'priority': rng.randint(0, 3),
                                'io_rate': rng.choice([0, 5e8, 4e9])}
    return result, application(rng, wishes, job_type)


# --- Configurations ----------------------------------------------------------------------------------------------


def policy(rng: random.Random) -> str:
    """A built-in policy, with options of its own now and then."""
    spec = rng.choice(POLICIES)
    if rng.random() < 0.6:
        for key in rng.sample(sorted(OPTIONS), rng.randint(1, 5)):
            spec += f',{key}={rng.choice(OPTIONS[key])}'
    return spec


def scheduling(rng: random.Random) -> Json:
    """Who schedules, and when."""
    result: Json = {key: True for key in ('schedule_on_job_submit', 'schedule_on_job_finalize')}
    result |= {'schedule_on_scheduling_point': rng.random() < 0.7, 'schedule_on_reconfiguration': rng.random() < 0.5}
    if rng.random() < 0.3:
        result['scheduling_interval'] = rng.choice([0.7, 1, 2.5])
        if rng.random() < 0.5:
            result[rng.choice(['schedule_on_job_submit', 'schedule_on_job_finalize'])] = False
    if rng.random() < 0.25:
        result['min_scheduling_interval'] = rng.choice([0.3, 1, 2])
    if rng.random() < 0.3:
        result['job_kill_grace_period'] = rng.choice([0.5, 2.25])
    kind = rng.random()
    if kind < 0.1:
        result['scheduler'] = 'builtin:fcfs'
    elif kind < 0.4:
        result |= {'scheduler': f'builtin:{policy(rng)}', 'forward_io_information': True}
    else:
        result |= {'scheduler': f'plugin:./restless.so,{rng.randint(1, 10**6)}',
                   'allow_oversubscription': rng.random() < 0.45}
        if rng.random() < 0.35:
            result['scheduler'] += ',suspend'
            result['scheduling_interval'] = rng.choice([0.7, 1, 2.5])
    return result


def write_workload(rng: random.Random, folder: Path, num_jobs: int, restless: Path, sensing: bool = False,
                   topology: str | None = None) -> Path:
    """A platform, jobs of all types and a configuration; returns the configuration's name. `restless` is the plugin
    that decides at random (tests/plugins/restless.c)."""
    world = platform(rng, topology)
    (folder / 'platform.xml').write_text(world.text)
    jobs = []
    for i in range(num_jobs):
        entry, model = job(rng, world)
        (folder / f'app{i}.json').write_text(json.dumps(model, indent=1))
        jobs.append(entry | {'application_model': f'app{i}.json'})
    (folder / 'jobs.json').write_text(json.dumps({'jobs': jobs}, indent=1))
    configuration: Json = scheduling(rng) | {
        'jobs_file': 'jobs.json', 'platform_file': 'platform.xml', 'log_task_times': True,
        'pfs_read_links': [f'P{i}_read' for i in range(len(world.pfs))],
        'pfs_write_links': [f'P{i}_write' for i in range(len(world.pfs))],
        'job_statistics': 'job_statistics.csv', 'task_times': 'task_times.csv',
        'node_utilization': 'node_utilization.csv'}
    if sensing:
        configuration |= {'sensing': True, 'sensing_interval': 0.5, 'cpu_utilization': 'cpu_utilization.csv',
                          'network_activity': 'network_activity.csv', 'pfs_utilization': 'pfs_utilization.csv',
                          'gpu_utilization': 'gpu_utilization.csv'}
    (folder / 'config.json').write_text(json.dumps(configuration, indent=1))
    (folder / 'restless.so').symlink_to(restless)
    return folder / 'config.json'
