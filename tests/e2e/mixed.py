"""A workload of sixty jobs that has something of everything."""

from __future__ import annotations

import random

from harness import Json, Scenario, busy, crossbar, flexible, model, phase, rigid, task

GPUS: Json = {'num_gpus': 4, 'flops_per_gpu': '3Gf', 'gpu_to_gpu_bw': '2GBps'}

SOLVER = model(
    phase(task('pfs_read', bytes='0.2 * work', pattern='root_only'),
          task('cpu', bytes='0.1 * work', communication_pattern='scatter', name='spread'), barrier=False),
    phase({'type': 'cpu', 'flops': 'work / num_nodes^0.9', 'computation_pattern': 'uniform', 'bytes': 'work / 20',
           'communication_pattern': 'all_to_all', 'coupled': True, 'name': 'step'},
          task('pfs_write', bytes='work / 30', pattern='all_ranks', **{'async': True, 'name': 'checkpoint'}),
          iterations='steps', evolving_request='num_nodes_min + (phase_iteration * 3) % 5'),
    phase(task('pfs_write', bytes='0.1 * work', pattern='even_ranks', name='out')),
    on_init=phase(busy(0.5)), on_expansion=phase(busy(0.7)),
    on_reconfiguration=phase(task('cpu', bytes='0.1 * work', communication_pattern='ring', name='move')))

TRAINING = model(
    phase(task('gpu', flops='work * 3', computation_pattern='all_ranks', bytes='work / 5',
               communication_pattern='ring', name='train'), busy(0.3, pattern='odd_ranks'), iterations='steps'),
    on_reconfiguration=phase(task('idle', delay=0.4)))


def mixed_jobs(seed: int = 7, count: int = 60) -> list[Json]:
    """Jobs of all types with the solver, and with GPUs the training; some with walltimes that kill them."""
    choose = random.Random(seed)
    jobs = []
    for number in range(count):
        least = choose.randint(1, 4)
        keys: Json = {'arguments': {'work': choose.uniform(1e9, 2e10), 'steps': choose.randint(1, 6)},
                      'submit': round(choose.uniform(0, 200), 3), 'name': f'job {number}, seed {seed}'}
        if choose.random() < 0.2:
            keys['walltime'] = round(choose.uniform(5, 40), 2)
        kind = choose.choice(['rigid', 'moldable', 'malleable', 'evolving', 'adaptive'])
        trains = choose.random() < 0.3
        application = TRAINING if trains else SOLVER
        if kind == 'rigid':
            # Requests know the bounds of flexible jobs only, and rigid ones never make any.
            jobs.append(rigid(least, application, num_gpus_per_node=2 if trains else 0, **keys))
        else:
            gpus = {'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': choose.randint(1, 4)} if trains else {}
            jobs.append(flexible(kind, least, least + choose.randint(0, 5), application, **gpus, **keys))
    return jobs


def mixed_world(scenario: Scenario, seed: int = 7, count: int = 60) -> Scenario:
    scenario.platform(crossbar(12, **GPUS)).workload(*mixed_jobs(seed, count))
    return scenario.configure(schedule_on_scheduling_point=True, pfs_read_links=['PFS_read'],
                              pfs_write_links=['PFS_write'])
