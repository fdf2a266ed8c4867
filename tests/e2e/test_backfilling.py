"""Built-in policies against independent implementations (backfilling.py), start by start, on workloads in which much
happens at the same time."""

import functools
import json
import math
import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import backfilling
from backfilling import Conservative, InOrder, Job, Policy, Predicting, PredictingConservative
from harness import PATIENCE, SIMULATOR, Scenario, crossbar, model, phase

SEEDS, TOGETHER = 200, 25
SIZES = (4, 13, 32, 100)
PLATFORMS = (8, *SIZES)

Make = Callable[[int], Policy]


def sjf(job: Job, now: int) -> float:
    return job.walltime


def saf(job: Job, now: int) -> float:
    return job.walltime * job.nodes


def lxf(job: Job, now: int) -> float:
    return -(now - job.submit + job.walltime) / job.walltime


def wfp3(job: Job, now: int) -> float:
    return -((now - job.submit) / job.walltime) ** 3 * job.nodes


def unicef(job: Job, now: int) -> float:
    """One node, where the formula divides by zero: those that wait come first, others last."""
    wait = now - job.submit
    if job.nodes == 1:
        return -math.inf if wait > 0 else math.inf
    return -wait / (math.log2(job.nodes) * job.walltime)


def f_order(size: Callable[[Job], float], weight: float) -> backfilling.Key:
    return lambda job, now: size(job) + weight * math.log10(job.submit) if job.submit > 0 else -math.inf


f1 = f_order(lambda job: math.log10(job.walltime) * job.nodes, 870)
f2 = f_order(lambda job: math.sqrt(job.walltime) * job.nodes, 25600)
f3 = f_order(lambda job: job.walltime * job.nodes, 6860000)
f4 = f_order(lambda job: job.walltime * math.sqrt(job.nodes), 530000)

REFERENCES: dict[str, Make] = {
    'fcfs': InOrder,
    'sjf': functools.partial(InOrder, key=sjf),
    'easy': functools.partial(Policy, depth=1),
    'easy,order=sjf': functools.partial(Policy, depth=1, key=sjf),
    'easy,extra_nodes=no': functools.partial(Policy, depth=1, extra_nodes=False),
    'easy,backfill_order=sjf': functools.partial(Policy, depth=1, backfill_key=sjf),
    'hybrid,reservation_depth=3': functools.partial(Policy, depth=3),
    'hybrid,reservation_depth=3,order=sjf': functools.partial(Policy, depth=3, key=sjf),
    'conservative': Conservative,
}

# Orders by expressions, those that change with time among them.
ORDERS: dict[str, Make] = {
    'fcfs,order=f1': functools.partial(InOrder, key=f1),
    'easy,order=f2': functools.partial(Policy, depth=1, key=f2),
    'easy,order=f3': functools.partial(Policy, depth=1, key=f3),
    'hybrid,reservation_depth=2,order=f4': functools.partial(Policy, depth=2, key=f4),
    'conservative,order=saf': functools.partial(Conservative, key=saf),
    'fcfs,order=unicef': functools.partial(InOrder, key=unicef),
    'easy,order=wfp3': functools.partial(Policy, depth=1, key=wfp3, recompute=True),
    'hybrid,reservation_depth=2,order=lxf': functools.partial(Policy, depth=2, key=lxf, recompute=True),
    'conservative,order=wfp3': functools.partial(Conservative, key=wfp3, recompute=True),
    'conservative,order=lxf,queue_depth=2000': functools.partial(Conservative, key=lxf, recompute=True),
    'conservative,reservations=recomputed': functools.partial(Conservative, recompute=True),
    'conservative,order=sjf,reservations=recomputed': functools.partial(Conservative, key=sjf, recompute=True),
    'easy,order=-min(wait, 30) - 2 * nodes': functools.partial(
        Policy, depth=1, key=lambda job, now: -min(now - job.submit, 30) - 2 * job.nodes, recompute=True),
}


def average2(runtimes: list[int]) -> float:
    return sum(runtimes[-2:]) / 2 if len(runtimes) >= 2 else math.inf


def percentile(percent: int) -> backfilling.Predict:
    """The least of the last 32 that so many per cent of them are not above."""
    def predict(runtimes: list[int]) -> float:
        last = sorted(runtimes[-32:])
        return next((value for value in last if 100 * sum(other <= value for other in last) >= percent * len(last)),
                    math.inf)
    return predict


def expected(job: Job, now: int) -> float:
    return job.expected


def expanded(job: Job, now: int) -> float:
    return -(now - job.submit + job.expected) / job.expected


PREDICTING: dict[str, Make] = {
    'easy,predict=average2,predict_by=user': functools.partial(Predicting, depth=1, predict=average2),
    'easy++': functools.partial(Predicting, depth=1, predict=average2, backfill_key=expected),
    'hybrid,reservation_depth=3,predict=percentile,predict_percentile=50,predict_by=user': functools.partial(
        Predicting, depth=3, predict=percentile(50)),
    'conservative,predict=percentile,predict_by=user': functools.partial(
        PredictingConservative, predict=percentile(90)),
    'conservative,order=lxf,predict=average2,predict_by=user': functools.partial(
        PredictingConservative, key=expanded, recompute=True, predict=average2),
    'easy,order=sjf,predict=ewma,predict_weight=1': functools.partial(
        Predicting, depth=1, key=expected, predict=lambda runtimes: runtimes[-1] if runtimes else math.inf),
}


def random_jobs(rng: random.Random, count: int, nodes: int, load: float) -> list[Job]:
    """Times are small numbers, so that many are equal; some jobs are killed at their walltime."""
    jobs, now = [], 0.0
    for _ in range(count):
        size = min(nodes, int(2 ** rng.uniform(0, rng.choice([1, 3, nodes.bit_length()]))))
        runtime = rng.randint(1, rng.choice([3, 20]))
        walltime = max(1, round(runtime * rng.choice([0.5, 1, 1, 1.5, 3, 10])))
        jobs.append(Job(int(now), size, runtime, walltime))
        now += rng.choice([0, 0, 2]) * size * min(runtime, walltime) / nodes / load
    return jobs


def write_jobs(path: Path, jobs: Sequence[Job], unit: float = 1) -> None:
    """All times are in units of so many seconds."""
    path.write_text(json.dumps({'jobs': [
        {'type': 'rigid', 'submit_time': unit * job.submit, 'num_nodes': job.nodes, 'walltime': unit * job.walltime,
         'application_model': 'wait.json', 'arguments': {'seconds': unit * job.runtime},
         'attributes': {'user': job.user}} for job in jobs]}))


def simulate_all(scenario: Scenario, runs: list[tuple[str, str, int]]) -> None:
    """Runs of a jobs file under a policy on so many nodes, with their results in folders of the same names."""
    descriptions = ''.join(json.dumps({
        'id': f'{jobs} {policy}', 'configuration': 'config.json', 'scheduler': f'builtin:{policy}',
        'output': f'out/{jobs}-{policy}', 'set': {'jobs_file': jobs, 'platform_file': f'{nodes}.xml'}}) + '\n'
        for jobs, policy, nodes in runs)
    done = subprocess.run([SIMULATOR, '--batch'], cwd=scenario.folder, input=descriptions, capture_output=True,
                          text=True, timeout=PATIENCE)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer for answer in answers if answer['status'] != 0] == [] and len(answers) == len(runs), done.stderr


def starts(folder: Path) -> list[float]:
    lines = (folder / 'job_statistics.csv').read_text().splitlines()[1:]
    return [float(line.split(',')[3]) for line in lines]


@pytest.fixture
def world(scenario: Scenario) -> Scenario:
    """The platforms, and an application that waits for the argument `seconds`."""
    for nodes in PLATFORMS:
        scenario.write(f'{nodes}.xml', crossbar(nodes, pfs_read=None))
    scenario.write('wait.json', json.dumps(model(phase({'type': 'busy_wait', 'delay': 'seconds'}))))
    scenario.workload()
    scenario.configure(node_utilization=None, task_times=None, log_task_times=None, schedule_on_scheduling_point=False)
    scenario.command()
    return scenario


def check(world: Scenario, workloads: dict[str, tuple[int, list[Job]]], references: dict[str, Make]) -> None:
    for name, (_, jobs) in workloads.items():
        write_jobs(world.folder / name, jobs)
    simulate_all(world, [(name, policy, nodes) for name, (nodes, _) in workloads.items() for policy in references])
    for name, (nodes, jobs) in workloads.items():
        for policy, make in references.items():
            backfilling.simulate(jobs, make(nodes))
            expected = [job.start for job in jobs]
            assert starts(world.folder / 'out' / f'{name}-{policy}') == expected, f'{policy}, {name}'


@pytest.mark.parametrize('first', range(0, SEEDS, TOGETHER))
def test_every_start_is_that_of_an_independent_implementation(world: Scenario, first: int) -> None:
    workloads = {}
    for seed in range(first, first + TOGETHER):
        rng = random.Random(seed)
        nodes = rng.choice(SIZES)
        workloads[f'{seed}.json'] = (nodes, random_jobs(rng, rng.randint(10, 150), nodes,
                                                        rng.choice([0.9, 1.5, 5])))
    check(world, workloads, REFERENCES)


def test_every_start_is_that_of_an_independent_implementation_under_other_orders(world: Scenario) -> None:
    workloads = {}
    for seed in range(25):
        rng = random.Random(1000 + seed)
        nodes = rng.choice(SIZES)
        workloads[f'{seed}.json'] = (nodes, random_jobs(rng, rng.randint(10, 80), nodes, rng.choice([0.9, 1.5, 5])))
    check(world, workloads, ORDERS)


def test_every_start_is_that_of_an_independent_implementation_with_predictions(world: Scenario) -> None:
    """Of four users. Runtimes are even, so that the mean of two is a whole number."""
    workloads = {}
    for seed in range(20):
        rng = random.Random(2000 + seed)
        nodes = rng.choice(SIZES)
        jobs = random_jobs(rng, rng.randint(20, 80), nodes, rng.choice([0.9, 1.5, 5]))
        scale = rng.choice([2, 20, 60])
        for job in jobs:
            job.submit, job.runtime, job.walltime = scale * job.submit, scale * job.runtime, scale * job.walltime
            job.user = rng.randint(1, 4)
        workloads[f'{seed}.json'] = (nodes, jobs)
    check(world, workloads, PREDICTING)


def test_hybrid_fills_a_gap_between_reservations_at_a_submission(world: Scenario) -> None:
    """At 12, the second job moves from 15 to 12 and starts, when two others before it in the queue were looked at. At
    the submission at 15 these move forward into what it left, from 27 and 33 to 24 and 30, though nothing has ended,
    and the fifth, which is behind them, from 41 to 38: so there is no room before it for the seventh."""
    jobs = [Job(submit, nodes, runtime, walltime) for submit, nodes, runtime, walltime in (
        (3, 5, 6, 12), (6, 8, 6, 12), (8, 7, 3, 6), (8, 8, 8, 8), (9, 8, 8, 16), (9, 4, 3, 6), (12, 4, 8, 8),
        (15, 1, 9, 18))]
    policy = 'hybrid,reservation_depth=3,order=sjf'
    write_jobs(world.folder / 'gap.json', jobs)
    simulate_all(world, [('gap.json', policy, 8)])
    assert starts(world.folder / 'out' / f'gap.json-{policy}') == [3, 12, 9, 21, 29, 18, 37, 37]


def test_rounded_times_keep_no_reservation_from_moving_forward(world: Scenario) -> None:
    """Those that could move are visited as if all were, which compression_depth does; times are not whole numbers."""
    policies = ('conservative', 'conservative,compression_depth=1000')
    for seed in range(12):
        rng = random.Random(3000 + seed)
        jobs = random_jobs(rng, 150, 13, rng.choice([1.5, 5]))
        write_jobs(world.folder / f'{seed}.json', jobs, 1.37)
    simulate_all(world, [(f'{seed}.json', policy, 13) for seed in range(12) for policy in policies])
    for seed in range(12):
        exact, all_visited = (starts(world.folder / 'out' / f'{seed}.json-{policy}') for policy in policies)
        assert exact == all_visited, seed


def test_conservative_is_exact_with_two_thousand_waiting_jobs(world: Scenario) -> None:
    rng = random.Random(1)
    jobs = random_jobs(rng, 2300, 100, 40)
    backfilling.simulate(jobs, Conservative(100))
    most = max(sum(job.submit <= at < job.start for job in jobs) for at in range(jobs[-1].submit + 1))
    assert most >= 2000
    write_jobs(world.folder / 'deep.json', jobs)
    policies = ('conservative', 'conservative,queue_depth=5000')
    simulate_all(world, [('deep.json', policy, 100) for policy in policies])
    for policy in policies:
        assert starts(world.folder / 'out' / f'deep.json-{policy}') == [job.start for job in jobs]
