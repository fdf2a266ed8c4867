"""Malleable strategies as they were published: schedules worked out by hand, and against an independent implementation
(agreements.py)."""

import random
from pathlib import Path

import pytest

from harness import PYTHON, Json, Scenario, crossbar, model, near, phase, rigid, waiting
from test_policies import malleable, sizes, sizes_over_time

MEASURES, KINDS = ('min', 'avg', 'pref'), ('agreement', 'steal', 'common-pool')


@pytest.mark.parametrize('kind', KINDS)
def test_min_takes_all_it_can_from_the_job_most_above_its_minimum(scenario: Scenario, kind: str) -> None:
    """They start on one node, and grow at their points at 10. For the third, the first gives four at 20."""
    jobs = (malleable(1, 5, 10), malleable(1, 3, 10), rigid(4, waiting(25), 15))
    first, second, third = sizes(scenario, f'min-{kind}', *jobs)
    assert first == [(0, 1), (near(10), 5), (near(20), 1), (near(50), 5), (near(100), 0)]
    assert second == [(0, 1), (near(10), 3), (near(100), 0)]
    assert third == [(near(20), 4), (near(45), 0)]


def test_avg_takes_from_the_job_that_stands_highest_between_its_bounds(scenario: Scenario) -> None:
    """At 10 the lowest, which of two equals is the first, takes all that is free; at 50 the second. At 55 they have 7
    of 1 to 9 and 3 of 1 to 3 nodes: for the fourth, the second gives two."""
    jobs = (malleable(1, 9, 10), malleable(1, 3, 10), rigid(2, waiting(25), 15), rigid(2, waiting(15), 55))
    first, second, third, fourth = sizes(scenario, 'avg-agreement', *jobs, nodes=10)
    assert first == [(0, 1), (near(10), 9), (near(20), 7), (near(100), 0)]
    assert second == [(0, 1), (near(50), 3), (near(60), 1), (near(80), 3), (near(100), 0)]
    assert third == [(near(20), 2), (near(45), 0)]
    assert fourth == [(near(60), 2), (near(75), 0)]


def test_pref_leaves_others_what_they_prefer_if_it_can(scenario: Scenario) -> None:
    """Both prefer four of eight nodes; the third then needs two more than anybody has beyond that."""
    wishes = {'num_nodes_preferred': 4}
    jobs = (malleable(1, 8, 10, **wishes), malleable(1, 8, 10, 15, **wishes), rigid(2, waiting(25), 35))
    first, second, third = sizes(scenario, 'pref-agreement', *jobs)
    assert first == [(0, 4), (near(10), 8), (near(20), 4), (near(40), 2), (near(70), 4), (near(100), 0)]
    assert second == [(near(20), 4), (near(110), 8), (near(120), 0)]
    assert third == [(near(40), 2), (near(65), 0)]


@pytest.mark.parametrize(('kind', 'starts'), [('agreement', [50, 80]), ('steal', [80, 45]), ('common-pool', [65, 45])])
def test_what_a_job_with_an_agreement_starts_on(scenario: Scenario, kind: str, starts: list[float]) -> None:
    """Job 3 is promised a node of job 0, which gives it at 45, and one of job 1, which does at 50; job 4 is promised
    one of job 2, which comes at 80. At 45, job 4 can start with what is idle for job 3; it leaves its node at 65."""
    jobs = (malleable(1, 2, 12, seconds=9), malleable(1, 2, 6, seconds=25), malleable(1, 2, 6, seconds=40),
            rigid(2, waiting(10), 42), rigid(1, waiting(20), 43))
    histories = sizes(scenario, f'min-{kind}', *jobs, nodes=6)
    assert [history[0] for history in histories[3:]] == [(near(starts[0]), 2), (near(starts[1]), 1)]


def test_a_job_that_nobody_can_help_holds_up_none(scenario: Scenario) -> None:
    """Job 0 can give two nodes: too few for the second job, and one more than enough for the third."""
    jobs = (malleable(1, 3, 6), rigid(3, waiting(10), 12), rigid(1, waiting(10), 13))
    first, second, third = sizes(scenario, 'min-agreement', *jobs, nodes=3)
    assert first == [(0, 1), (near(10), 3), (near(20), 2), (near(30), 3), (near(60), 0)]
    assert second == [(near(60), 3), (near(70), 0)]
    assert third == [(near(20), 1), (near(30), 0)]


def random_jobs(draw: random.Random, count: int, nodes: int) -> list[Json]:
    """No two things happen at the same time."""
    jobs: list[Json] = []
    submit = 0.0
    for _ in range(count):
        submit += draw.expovariate(1 / 12)
        least = draw.randint(1, nodes // 3)
        most = draw.randint(least + 1, nodes)
        job: Json = {'submit_time': round(submit, 4), 'application_model': 'steps.json',
                     'arguments': {'seconds': round(draw.uniform(2, 15), 4)}}
        job.update(draw.choice(({'type': 'rigid', 'num_nodes': least},
                                {'type': 'malleable', 'num_nodes_min': least, 'num_nodes_max': most,
                                 'num_nodes_preferred': draw.randint(least, most)})))
        jobs.append(job)
    return jobs


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('measure', MEASURES)
def test_sizes_over_time_are_those_of_an_independent_implementation(scenario: Scenario, measure: str,
                                                                    kind: str) -> None:
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.write('steps.json', model(phase({'type': 'busy_wait', 'delay': 'seconds'}, iterations=6)))
    for seed in range(5):
        draw = random.Random(seed)
        nodes = draw.choice((6, 9, 16))
        scenario.platform(crossbar(nodes))
        jobs = random_jobs(draw, 40, nodes)
        scenario.write('jobs.json', {'jobs': jobs})
        plain = f"exec:{PYTHON} '{Path(__file__).parent / 'agreements.py'}' {measure} {kind}"
        found = [scenario.run(scheduler=scheduler)
                 for scheduler in (plain, f'builtin:{measure}-{kind},decide=event')]
        expected, ours = ([sizes_over_time(result, job) for job in range(len(jobs))] for result in found)
        assert ours == expected, f'seed {seed}'
