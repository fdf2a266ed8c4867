"""The built-in policies: small schedules worked out by hand, and properties over random workloads."""

from __future__ import annotations

import json
import math
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import (PYTHON, ROOT, Json, Result, Scenario, busy, crossbar, flexible, host, model, near, pairwise, phase,
                     rigid, waiting)

PRESETS = ('fcfs', 'sjf', 'easy', 'easy++', 'conservative', 'hybrid', 'malleable-min', 'malleable-avg',
           'malleable-pref', 'keep-pref', 'equipartition', 'min-agreement', 'min-steal', 'min-common-pool',
           'avg-agreement', 'avg-steal', 'avg-common-pool', 'pref-agreement', 'pref-steal', 'pref-common-pool',
           'io-aware')


def job(nodes: int, seconds: float, submit: float = 0, estimate: float | None = None, **keys: Any) -> Json:
    """A rigid job whose runtime estimate is exact unless said otherwise."""
    return rigid(nodes, waiting(seconds), submit, runtime_estimate=seconds if estimate is None else estimate, **keys)


def starts(scenario: Scenario, policy: str, *jobs: Json) -> list[float]:
    scenario.workload(*jobs)
    return scenario.run(scheduler=f'builtin:{policy}').starts()


def nodes_of(result: Result, job: int) -> set[str]:
    return {row['Node'] for row in result.nodes if row['Running jobs'] == str(job)}


def sizes_over_time(result: Result, job: int) -> list[tuple[float, int]]:
    """When the number of nodes that a job runs on changed, and what it was then."""
    running: set[str] = set()
    history: dict[float, int] = {}
    for row in result.nodes:
        (running.add if row['Running jobs'] == str(job) else running.discard)(row['Node'])
        history[float(row['Time'])] = len(running)
    changes: list[tuple[float, int]] = []
    for time, size in history.items():
        if size != (changes[-1][1] if changes else 0):
            changes.append((time, size))
    return changes


# --- Backfilling (four nodes) --------------------------------------------------------------------------------


def test_fcfs_holds_everything_back_behind_the_first_that_does_not_fit(scenario: Scenario) -> None:
    assert starts(scenario, 'fcfs', job(2, 100), job(4, 50, 1), job(1, 50, 2)) == near([0, 100, 150])


def test_first_fit_starts_whatever_fits(scenario: Scenario) -> None:
    assert starts(scenario, 'fcfs,backfilling=first_fit', job(2, 100), job(4, 50, 1), job(1, 500, 2)) == near(
        [0, 502, 2])


def test_easy_lets_a_short_narrow_job_through_but_no_long_one(scenario: Scenario) -> None:
    # Job 1 has the whole machine reserved from 100 on: 50 s fit before that, 200 s do not.
    assert starts(scenario, 'easy', job(2, 100), job(4, 50, 1), job(1, 50, 2), job(1, 200, 2)) == near(
        [0, 100, 2, 150])


def test_easy_gives_a_long_job_the_extra_nodes_only(scenario: Scenario) -> None:
    # Job 1 takes three of four nodes at 100: one is extra, and job 2 takes it.
    assert starts(scenario, 'easy', job(2, 100), job(3, 50, 1), job(1, 500, 2), job(1, 500, 2)) == near(
        [0, 100, 2, 150])


def test_a_job_that_ends_at_the_shadow_time_is_short_enough(scenario: Scenario) -> None:
    assert starts(scenario, 'easy', job(2, 100), job(4, 50, 1), job(2, 98, 2)) == near([0, 100, 2])


def test_easy_moves_the_reservation_forward_when_a_job_ends_early(scenario: Scenario) -> None:
    assert starts(scenario, 'easy', job(2, 30, estimate=100), job(4, 50, 1), job(1, 60, 2)) == near([0, 62, 2])


DELAYED_SECOND = (job(2, 10), job(3, 10), job(4, 10), job(1, 25))


@pytest.mark.parametrize(('policy', 'expected'), [
    ('easy', [0, 10, 25, 0]),
    ('hybrid,reservation_depth=1', [0, 10, 25, 0]),
    ('hybrid,reservation_depth=2', [0, 10, 20, 30]),
    ('conservative', [0, 10, 20, 30]),
    ('conservative,reservations=recomputed', [0, 10, 20, 30]),
])
def test_only_jobs_with_a_reservation_are_safe_from_delay(scenario: Scenario, policy: str,
                                                          expected: list[float]) -> None:
    # Job 3 runs for 25 s on a node that is extra to job 1, but not to job 2.
    assert starts(scenario, policy, *DELAYED_SECOND) == near(expected)


def test_conservative_moves_every_reservation_forward_when_a_job_ends_early(scenario: Scenario) -> None:
    assert starts(scenario, 'conservative', job(3, 20, estimate=50), job(4, 10), job(2, 10), job(1, 60)) == near(
        [0, 20, 30, 30])


@pytest.mark.parametrize('policy', ['conservative', 'hybrid', 'conservative,reservations=recomputed'])
@pytest.mark.parametrize('seconds', [10.5, 10 - 1e-7, 13])
def test_reservations_one_after_the_other_are_kept_late(scenario: Scenario, policy: str, seconds: float) -> None:
    """All jobs take the whole machine and end later, or by rounding earlier, than when the next one is due."""
    assert starts(scenario, policy, *[job(4, seconds, estimate=10) for _ in range(4)]) == near(
        [0, seconds, 2 * seconds, 3 * seconds])


def test_reservations_are_kept_when_kills_come_after_the_grace_period(scenario: Scenario) -> None:
    scenario.configure(job_kill_grace_period=0.5)
    assert starts(scenario, 'conservative', *[job(4, 20, walltime=10) for _ in range(3)]) == near([0, 10.5, 21])


def test_reservations_are_kept_when_nobody_looks_as_they_become_due(scenario: Scenario) -> None:
    scenario.configure(schedule_on_job_finalize=False, scheduling_interval=7)
    assert starts(scenario, 'conservative', *[job(4, 10) for _ in range(4)]) == near([0, 14, 28, 42])


def test_jobs_without_a_reservation_start_when_nodes_are_free(scenario: Scenario) -> None:
    """Job 0 might run for ever: nobody can have a reservation before it ends, and few do then."""
    assert starts(scenario, 'conservative,compression_depth=1', rigid(4, waiting(10)),
                  *[job(4, 10.5, estimate=10) for _ in range(4)]) == near([0, 10, 20.5, 31, 41.5])


def test_nodes_kept_for_one_job_and_reserved_for_another_hold_up_neither(scenario: Scenario) -> None:
    """Job 1 has all nodes reserved from 10 s on when job 2 comes before it in the queue and agrees with job 0 on a
    node, which that job takes with it when it is killed."""
    endless = model(phase(busy(100)))
    jobs = (flexible('malleable', 2, 4, endless, walltime=10), rigid(4, waiting(5), 1),
            rigid(1, waiting(5), 2, runtime_estimate=20))
    assert starts(scenario, 'easy,order=sjf,malleable=steal', *jobs) == near([0, 15, 10])


def test_conservative_backfills_into_a_hole_between_reservations(scenario: Scenario) -> None:
    # At 10 job 1 takes three nodes for 10 s: one is left, long enough for job 3 behind job 2's reservation at 20.
    assert starts(scenario, 'conservative', job(4, 10), job(3, 10), job(4, 10), job(1, 10)) == near([0, 10, 20, 10])


def test_queue_depth_bounds_how_far_backfilling_looks(scenario: Scenario) -> None:
    jobs = (job(2, 100), job(4, 50, 1), job(3, 50, 2), job(1, 50, 3))
    assert starts(scenario, 'easy', *jobs)[3] == near(3)
    assert starts(scenario, 'easy,queue_depth=2', *jobs)[3] > 100


@pytest.mark.parametrize('policy', ['easy', 'conservative', 'conservative,order=wfp3'])
def test_of_those_who_come_together_the_next_is_looked_at_in_place_of_one_that_starts(
        scenario: Scenario, policy: str) -> None:
    jobs = (job(1, 100), job(1, 50, 5), job(1, 50, 5), job(1, 50, 5))
    assert starts(scenario, f'{policy},queue_depth=1', *jobs) == near([0, 5, 5, 5])


def test_persistent_reservations_survive_a_job_that_comes_in_front(scenario: Scenario) -> None:
    # The 60 s job has the machine from 100 on; then a shorter job of the same size comes.
    jobs = (job(3, 100), job(4, 60, 1), job(4, 20, 2))
    assert starts(scenario, 'easy,order=sjf', *jobs) == near([0, 100, 160])
    assert starts(scenario, 'easy,order=sjf,reservations=recomputed', *jobs) == near([0, 120, 100])


def test_a_job_without_estimate_and_walltime_is_never_expected_to_end(scenario: Scenario) -> None:
    # When job 1 can start is unknown: a job with a bound goes before it, one without does not.
    endless = rigid(1, waiting(10), 2)
    assert starts(scenario, 'easy', rigid(2, waiting(100)), job(4, 50, 1), endless, job(1, 30, 3)) == near(
        [0, 100, 150, 3])


def test_a_job_that_overruns_its_estimate_delays_but_does_not_break_the_plan(scenario: Scenario) -> None:
    jobs = (job(2, 300, estimate=100), job(4, 50, 1), job(1, 60, 2), job(1, 40, 150))
    assert starts(scenario, 'easy', *jobs) == near([0, 300, 2, 150])


def of_user(user: str, nodes: int, seconds: float, submit: float, walltime: float, **attributes: Any) -> Json:
    return rigid(nodes, waiting(seconds), submit, walltime=walltime, attributes={'user': user, **attributes})


def test_a_prediction_that_proves_too_short_is_raised_step_by_step(scenario: Scenario) -> None:
    """Job 2 is expected to run ten seconds as the two before, so job 3 has a reservation at 40, which job 4 would
    delay. At 40 it still runs, and is expected to end at 100, then at 400: job 4 may start. At 130 job 2 is over."""
    jobs = (of_user('a', 1, 8, 0, 100), of_user('a', 1, 12, 10, 100), of_user('a', 2, 100, 30, 1000),
            of_user('b', 4, 10, 31, 100), of_user('b', 1, 20, 32, 50))
    assert starts(scenario, 'easy', *jobs) == near([0, 10, 30, 130, 32])
    assert starts(scenario, 'easy,predict=average2', *jobs) == near([0, 10, 30, 130, 40])


def test_walltimes_kill_whatever_was_predicted(scenario: Scenario) -> None:
    scenario.workload(of_user('a', 1, 8, 0, 100), of_user('a', 1, 8, 10, 100), of_user('a', 1, 500, 20, 90),
                      of_user('b', 4, 10, 21, 100))
    result = scenario.run(scheduler='builtin:easy++')
    assert result.ends() == near([8, 18, 110, 120])
    assert [job['Status'] for job in result.jobs] == ['completed', 'completed', 'killed', 'completed']


@pytest.mark.parametrize(('options', 'start'), [
    ('average2', 52), ('average2,predict_by=user', 65), ('percentile', 60), ('percentile,predict_by=user', 70),
    ('percentile,predict_percentile=50,predict_by=user', 60), ('ewma', 60), ('ewma,predict_by=user', 65),
    ('ewma,predict_by=user,predict_weight=0.25', 62.5),
])
def test_what_a_runtime_is_predicted_from(scenario: Scenario, options: str, start: float) -> None:
    """User a ran x for ten seconds and y for twenty. When job 2, which is of x, runs longer than predicted, job 4 may
    go before job 3; at once when nothing is predicted and its walltime counts."""
    jobs = (of_user('a', 1, 10, 0, 100, executable='x'), of_user('a', 1, 20, 20, 100, executable='y'),
            of_user('a', 2, 100, 50, 1000, executable='x'), of_user('b', 4, 10, 51, 100), of_user('b', 1, 5, 52, 30))
    assert starts(scenario, f'easy,predict={options}', *jobs) == near([0, 20, 50, 150, start])


def test_a_job_without_the_attribute_executable_is_of_the_application_of_its_name(scenario: Scenario) -> None:
    jobs = [of_user('a', 1, 10, 0, 100), of_user('a', 1, 10, 20, 100), of_user('a', 2, 100, 50, 1000),
            of_user('b', 4, 10, 51, 100), of_user('b', 1, 5, 52, 30)]
    for job, name in zip(jobs, 'xyxbb'):
        job['name'] = name
    assert starts(scenario, 'easy,predict=ewma', *jobs)[4] == near(60)
    assert starts(scenario, 'easy,predict=average2', *jobs)[4] == near(52)


def test_walltimes_can_go_before_estimates(scenario: Scenario) -> None:
    jobs = (job(2, 100, walltime=400), job(4, 50, 1), job(1, 200, 2))
    assert starts(scenario, 'easy', *jobs) == near([0, 100, 150])
    assert starts(scenario, 'easy,estimate=walltime', *jobs) == near([0, 202, 2])


# --- Where estimates and preferred sizes come from -------------------------------------------------------------


SHARED_WORK = model(phase(busy('work / num_nodes')))


def test_one_warning_says_how_many_jobs_have_no_estimate_and_what_that_means(scenario: Scenario) -> None:
    scenario.workload(rigid(1), job(1, 10), rigid(1), rigid(1, walltime=5), rigid(1, submit=3))
    hint = ('; options estimate=attribute:NAME, estimate=argument:NAME and estimate_model=EXPRESSION say what else '
            'tells how long jobs run')
    blind = ("3 of 5 jobs have neither runtime_estimate nor walltime: starts that wait for their ends can't be "
             'planned, and they are backfilled only onto nodes that no job waits for')
    last = '3 of 5 jobs have neither runtime_estimate nor walltime: they come last, by submission'
    for policy, text in (('easy', blind), ('malleable-min', blind), ('hybrid,order=sjf', blind), ('sjf', last)):
        assert scenario.run(scheduler=f'builtin:{policy}').warnings == [f'scheduler builtin:{policy}: {text}{hint}']
    assert scenario.run(scheduler='builtin:fcfs').warnings == []
    assert '3 of 5 jobs' in scenario.run('--strict', scheduler='builtin:easy', status=2).error
    scenario.workload(rigid(1))
    assert '1 of 1 job has neither' in scenario.run(scheduler='builtin:easy').warnings[0]
    scenario.workload(job(1, 10), rigid(1, walltime=5))
    assert scenario.run(scheduler='builtin:easy').warnings == []


@pytest.mark.parametrize(('policy', 'keys'), [
    ('easy,estimate=attribute:predicted', [{'attributes': {'predicted': seconds}} for seconds in (100, 50, 50, 200)]),
    ('easy,estimate=argument:limit', [{'arguments': {'limit': seconds}} for seconds in (100, 50, 50, 200)]),
    ('easy,estimate=argument:limit', [{'arguments': {'limit': 'hours * 3600', 'hours': seconds / 3600}}
                                      for seconds in (100, 50, 50, 200)]),
    ('easy,estimate_model=work/num_nodes', [{'arguments': {'work': work}} for work in (200, 200, 50, 200)]),
    ('easy,estimate_model=max(work / num_nodes, 0, 1)',
     [{'arguments': {'work': work}} for work in (200, 200, 50, 200)]),
    ('easy,estimate=attribute:t,estimate_model=work/num_nodes',
     [{'arguments': {'work': 200}}, {'attributes': {'t': 50}}, {'runtime_estimate': 50}, {'walltime': 201}]),
])
def test_estimates_come_from_what_the_options_name(scenario: Scenario, policy: str, keys: list[Json]) -> None:
    # As with runtime_estimate: job 2 ends before job 1's reservation at 100, job 3 does not.
    jobs = [rigid(nodes, waiting(seconds), submit, **more) for (nodes, seconds, submit), more in
            zip(((2, 100, 0), (4, 50, 1), (1, 50, 2), (1, 200, 2)), keys)]
    assert starts(scenario, policy, *jobs) == near([0, 100, 2, 150])


def test_a_job_is_backfilled_on_as_many_nodes_as_make_it_short_enough(scenario: Scenario) -> None:
    # Job 2 takes 190 s on one node, 95 s on both that are free: it ends at 97, before job 1's reservation at 100.
    work: list[Json] = [{'arguments': {'work': work}} for work in (200, 200, 190)]
    jobs = (rigid(2, SHARED_WORK, **work[0]), rigid(4, SHARED_WORK, 1, **work[1]),
            flexible('moldable', 1, 2, SHARED_WORK, 2, **work[2]))
    assert starts(scenario, 'easy,estimate_model=work/num_nodes', *jobs) == near([0, 100, 2])
    assert starts(scenario, 'easy,estimate_model=190', *jobs) == near([0, 100, 150])


def test_the_expected_end_of_a_job_follows_its_size(scenario: Scenario) -> None:
    """Job 0 (400 node-seconds in four steps) gives two of its four nodes to job 1 at 25: what is left then takes 150 s.
    Job 2 needs all nodes, at 175; job 3 ends at 170."""
    scenario.configure(schedule_on_scheduling_point=True)
    steps = model(phase(busy('work / num_nodes / 4'), iterations=4))
    jobs = (flexible('malleable', 1, 4, steps, arguments={'work': 400}),
            rigid(2, waiting(40), 5, arguments={'work': 80}), rigid(4, waiting(10), 6, arguments={'work': 40}),
            rigid(2, waiting(100), 70, arguments={'work': 200}))
    scenario.workload(*jobs)
    result = scenario.run(scheduler='builtin:easy,malleable=steal,estimate_model=work/num_nodes')
    assert result.starts() == near([0, 25, 175, 70])
    assert sizes_over_time(result, 0) == [(0, 4), (near(25), 2), (near(175), 0)]


@pytest.mark.parametrize(('policy', 'keys'), [
    ('preferred=argument:num_nodes_pref', {'arguments': {'num_nodes_pref': 2}}),
    ('preferred=attribute:wish', {'attributes': {'wish': 2}, 'num_nodes_preferred': 4}),
    ('preferred=given', {'num_nodes_preferred': 2}),
])
def test_preferred_sizes_come_from_what_the_option_names(scenario: Scenario, policy: str, keys: Json) -> None:
    scenario.workload(flexible('moldable', 1, 4, waiting(10), runtime_estimate=10, **keys),
                      flexible('moldable', 1, 2, waiting(10), runtime_estimate=10))
    assert scenario.run(scheduler=f'builtin:easy,start=preferred,{policy}').column('Nodes At Start') == ['2', '1']


def test_jobs_that_a_model_does_not_fit_are_told(scenario: Scenario) -> None:
    scenario.workload(job(1, 1, arguments={'work': 1}), job(1, 1), job(1, 1))
    assert scenario.run(scheduler='builtin:easy,estimate_model=work/num_nodes').warnings == [
        'scheduler builtin:easy,estimate_model=work/num_nodes: estimate_model does not fit 2 of 3 jobs, whose '
        "estimates stay the same on any number of nodes: job 1 has no 'work'"]


@pytest.mark.parametrize(('options', 'message'), [
    ('estimate=attribute:', "nothing follows 'estimate=attribute:'; give a name"),
    ('estimate=attribut:x', "there is no estimate 'attribut:x'; did you mean 'attribute:'?"),
    ('estimate_model=work/', 'estimate_model: '),
    ('estimate=attribute:x', 'estimate=attribute:x: no job has an attribute of that name'),
    ('preferred=argument:x', 'preferred=argument:x: no job has an argument of that name'),
    ('estimate_model=wrok', "estimate_model fits no job: job 0 has no 'wrok' among its arguments and attributes"),
    ('estimate=attribute:user', "job 0, attribute 'user': job 0 has no 'alice'"),
    ('estimate=argument:less', 'job 0: its less is -3; an estimate must be 0 s or more'),
    ('estimate=argument:circle', "job 0, argument 'circle': job 0: argument 'circle' leads to too many others, or back "
     'to itself'),
    ('estimate_model=1-num_nodes*num_nodes', 'job 0: its estimate by estimate_model is -15; an estimate must be 0 s or '
     'more'),
    ('estimate_model=sqrt(less)', 'job 0: its estimate by estimate_model is not a number'),
    ('estimate_model=circle', "job 0, estimate_model: job 0: argument 'circle' leads to too many others"),
    ('preferred=argument:half', 'job 0: its half is 2.5; a preferred size must be a whole number from 1 to 4'),
    ('preferred=argument:less', 'job 0: its less is -3; a preferred size must be a whole number from 1 to 4'),
])
def test_estimates_and_sizes_that_can_not_be_are_refused(scenario: Scenario, options: str, message: str) -> None:
    scenario.workload(flexible('moldable', 1, 4, arguments={'less': -3, 'half': '5 / 2', 'circle': 'circle + 1'},
                               attributes={'user': 'alice'}))
    assert message in scenario.run(scheduler=f'builtin:easy,{options}', status=2).error


def test_an_estimate_that_fails_for_a_size_in_between_is_told_where_it_is_needed(scenario: Scenario) -> None:
    scenario.workload(flexible('moldable', 1, 4), rigid(1))
    spec = 'builtin:easy,estimate_model=5 - 10 * (num_nodes == 2)'
    assert scenario.run(scheduler=spec, status=2).error == (
        f'scheduler {spec}: job 0: its estimate by estimate_model is -5; an estimate must be 0 s or more')


# --- One decision per instant (four nodes) -----------------------------------------------------------------------


def test_jobs_that_end_together_make_room_together(scenario: Scenario) -> None:
    """Jobs 0 and 1 end at 10. Job 3 needs all nodes and waits for job 2, job 4 takes what both leave, job 5 what one
    does: deciding after the first end alone, job 5 overtakes it."""
    scenario.platform(crossbar(8))
    jobs = (job(2, 10), job(2, 10), job(4, 100), job(8, 10, 1), job(4, 20, 1), job(2, 20, 1))
    assert starts(scenario, 'easy', *jobs) == near([0, 0, 0, 100, 10, 30])
    assert starts(scenario, 'easy,decide=event', *jobs) == near([0, 0, 0, 100, 30, 10])


def test_the_head_of_the_queue_is_not_overtaken_by_ties(scenario: Scenario) -> None:
    walltimes = [80] * 7 + [70 - 5 * i for i in range(10)]
    jobs = [rigid(nodes, waiting(20), walltime=walltime)
            for nodes, walltime in zip([4, 3, 3, 2, 2, 2, 2] + [1] * 10, walltimes)]
    assert starts(scenario, 'easy', *jobs) == near(
        [0, 20, 40, 60, 60, 80, 80, 20, 40, 100, 100, 100, 100, 120, 120, 120, 120])


def test_those_who_come_together_are_ordered_before_any_starts(scenario: Scenario) -> None:
    # Both come at 0: the shorter one goes first, though the other was submitted before it.
    jobs = (job(4, 20), job(4, 10))
    assert starts(scenario, 'sjf', *jobs) == near([10, 0])
    assert starts(scenario, 'sjf,decide=event', *jobs) == near([0, 20])


def test_what_a_walltime_ends_counts_at_that_instant(scenario: Scenario) -> None:
    # Job 0 ends at 10, and job 1 is killed then: job 2 can have all nodes, before job 3.
    jobs = (job(2, 10), rigid(2, waiting(50), walltime=10), job(4, 10, 1), job(1, 15, 1))
    assert starts(scenario, 'fcfs,backfilling=first_fit', *jobs) == near([0, 0, 10, 20])
    assert starts(scenario, 'fcfs,backfilling=first_fit,decide=event', *jobs) == near([0, 0, 25, 10])


def test_a_decision_at_the_end_of_an_instant_comes_within_the_least_interval(scenario: Scenario) -> None:
    # Put off are what comes later than 0 s, until 14 s, but not the second job.
    scenario.configure(min_scheduling_interval=7)
    jobs = (job(2, 10), job(2, 10), job(4, 10), job(1, 5, 9))
    assert starts(scenario, 'easy', *jobs) == near([0, 0, 14, 24])
    assert starts(scenario, 'easy,decide=event', *jobs) == near([0, 7, 21, 31])


# --- Order ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('order', 'expected'), [
    ('fcfs', [1, 2, 3]), ('sjf', [2, 3, 1]), ('largest', [3, 1, 2]), ('smallest', [2, 1, 3]),
    ('priority', [3, 2, 1])])
def test_the_order_of_the_queue(scenario: Scenario, order: str, expected: list[int]) -> None:
    # All wait for the first job, then run one after the other: no two of them fit beside each other.
    scenario.platform(crossbar(6))
    jobs = (job(6, 10), job(4, 30, 1), job(3, 10, 1, attributes={'priority': 5}),
            job(5, 20, 1, attributes={'priority': 9}))
    begun = starts(scenario, f'fcfs,order={order}', *jobs)
    assert sorted((1, 2, 3), key=lambda i: begun[i]) == expected


@pytest.mark.parametrize('order', ['walltime', '(walltime)', 'estimate', 'area / nodes', 'num_nodes_max * estimate'])
def test_a_name_that_every_expression_may_have_is_an_order(scenario: Scenario, order: str) -> None:
    jobs = (job(4, 10, walltime=10), job(4, 30, 1, walltime=30), job(4, 5, 2, walltime=5))
    assert starts(scenario, f'fcfs,order={order}', *jobs) == near([0, 15, 10])


def test_jobs_for_which_an_order_is_not_a_number_go_last_and_are_told(scenario: Scenario) -> None:
    scenario.workload(job(4, 10), job(4, 10, 1), job(4, 10, 2, attributes={'rank': 4}), job(2, 10, 3))
    for key in ('order', 'backfill_order'):
        text = f'{key} sqrt(3 - nodes) is not a number for 3 of 4 jobs: they go last, by submission'
        policy = f'easy,{key}=sqrt(3 - nodes)'
        assert scenario.run(scheduler=f'builtin:{policy}').warnings == [f'scheduler builtin:{policy}: {text}']
    result = scenario.run(scheduler='builtin:fcfs,order=sqrt(3 - nodes)')
    assert result.starts() == near([0, 20, 30, 10])
    # What it comes to during the run is not known before.
    assert scenario.run(scheduler='builtin:easy,order=unicef').warnings == []
    assert scenario.run(scheduler='builtin:easy,order=log10(submit - 2)').warnings == []


def test_fair_share_prefers_the_user_who_used_least(scenario: Scenario) -> None:
    a, b = {'user': 'a'}, {'user': 'b'}
    jobs = [job(4, 10, attributes=a), job(4, 10, 1, attributes=a), job(4, 10, 2, attributes=b)]
    assert starts(scenario, 'fcfs,order=fair_share', *jobs) == near([0, 20, 10])
    # User a used more, but long ago.
    jobs = [job(4, 10, attributes=a), job(4, 5, 100, attributes=b), job(4, 10, 101, attributes=a),
            job(4, 10, 102, attributes=b)]
    assert starts(scenario, 'fcfs,order=fair_share', *jobs) == near([0, 100, 115, 105])
    assert starts(scenario, 'fcfs,order=fair_share,half_life=10', *jobs) == near([0, 100, 105, 115])


WEIGHTS = ('age', 'size', 'partition', 'qos', 'fair_tree')


def multifactor(**weights: float) -> str:
    """Weights that are not given are 0."""
    return 'fcfs,order=multifactor,max_age=100,' + ','.join(
        f'weight_{name}={weights.get(name, 0):g}' for name in WEIGHTS)


@pytest.mark.parametrize(('weights', 'expected'), [
    ({'age': 100, 'size': 100, 'partition': 100, 'qos': 100}, [110, 120, 100]),  # 200, 190, 240
    ({'age': 100, 'size': 100, 'partition': 100}, [100, 110, 120]),              # 200, 190, 140
    ({'age': 100, 'size': -100, 'partition': 100, 'qos': 100}, [110, 120, 100]),  # 80, -10, 100
    ({'age': 100, 'size': 100}, [110, 100, 120]),                                # 150, 190, 140
    ({'age': 1, 'size': 2}, [100, 110, 120]),                                    # 2.1, 2.9, 2.1: cut to 2, 2, 2
    ({'qos': 1}, [110, 120, 100]),
    ({}, [100, 110, 120]),
])
def test_multifactor_is_a_weighted_sum(scenario: Scenario, weights: dict[str, float], expected: list[float]) -> None:
    """Six, ten and seven of ten nodes; two jobs have waited 90 s and the third 70 s when the first one ends."""
    scenario.platform(crossbar(10))
    jobs = (job(10, 100), job(6, 10, 10, attributes={'partition_factor': 0.5}), job(10, 10, 10),
            job(7, 10, 30, attributes={'qos_factor': 1}))
    assert starts(scenario, multifactor(**weights), *jobs)[1:] == near(expected)


def of_account(user: str, account: str, submit: float, seconds: float, **shares: float) -> Json:
    return job(4, seconds, submit, attributes={'user': user, 'account': account, **shares})


@pytest.mark.parametrize(('accounts', 'shares', 'expected'), [
    (('a', 'a', 'b'), 1, [0, 100, 170, 160, 150]),
    (('lab/a', 'lab/b', 'c'), 1, [0, 100, 170, 160, 150]),
    (('a', 'a', 'b'), 3, [0, 100, 160, 150, 170]),
])
def test_the_fair_tree_puts_account_before_user(scenario: Scenario, accounts: tuple[str, str, str], shares: float,
                                                expected: list[float]) -> None:
    """User u1 has 400 node-seconds and u2 of the same account none, u3 has 200 at 150 and 240 at 160. At 100 u3 goes
    first, as its account has used nothing; at 150 that has used a third, of which it is entitled to a half or, with
    three shares for the other one, to a quarter."""
    jobs = (of_account('u1', accounts[0], 0, 100, account_shares=shares),
            of_account('u3', accounts[2], 0, 50), of_account('u1', accounts[0], 20, 10, account_shares=shares),
            of_account('u2', accounts[1], 20, 10, account_shares=shares), of_account('u3', accounts[2], 20, 10))
    assert starts(scenario, multifactor(fair_tree=1000), *jobs) == near(expected)


# --- Start sizes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('start', 'size'), [('min', 2), ('max', 6), ('preferred', 3), ('fair_share', 4)])
def test_the_size_a_flexible_job_starts_on(scenario: Scenario, start: str, size: int) -> None:
    scenario.platform(crossbar(8))
    # Two jobs at most are there when job 1 is submitted: a fair share of 8 nodes is 4.
    scenario.workload(job(1, 100), flexible('moldable', 2, 6, waiting(10), 1, num_nodes_preferred=3))
    result = scenario.run(scheduler=f'builtin:easy,start={start}')
    assert result.column('Nodes At Start')[1] == str(size)


# --- Malleable jobs ------------------------------------------------------------------------------------------


def malleable(least: int, most: int, iterations: int, submit: float = 0, seconds: float = 10, **keys: Any) -> Json:
    return flexible('malleable', least, most, waiting(seconds, iterations), submit, **keys)


@pytest.mark.parametrize('strategy', ['agreement', 'steal', 'common_pool'])
@pytest.mark.parametrize('towards', ['min', 'avg', 'pref'])
def test_a_running_job_shrinks_another_starts_and_it_grows_again(scenario: Scenario, strategy: str,
                                                                towards: str) -> None:
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.workload(malleable(1, 4, 6), rigid(2, waiting(15), 5, runtime_estimate=15))
    result = scenario.run(scheduler=f'builtin:easy,malleable={strategy},towards={towards}')
    # Asked at 5, it gives two nodes at its point at 10; they are free again at 25, and its at the next point.
    assert result.starts() == near([0, 10])
    assert sizes_over_time(result, 0) == [(0, 4), (near(10), 2), (near(30), 4), (near(60), 0)]


def test_without_invocations_at_scheduling_points_changes_wait_there(scenario: Scenario) -> None:
    scenario.configure(schedule_on_reconfiguration=True)
    scenario.workload(malleable(1, 4, 6), rigid(2, waiting(15), 5, runtime_estimate=15))
    result = scenario.run(scheduler='builtin:easy,malleable=steal')
    assert result.starts() == near([0, 10])
    assert sizes_over_time(result, 0) == [(0, 4), (near(10), 2), (near(30), 4), (near(60), 0)]
    assert {row['Expected jobs'] for row in result.nodes if float(row['Time']) == near(25)} >= {'0'}


def test_nodes_are_kept_until_enough_have_come(scenario: Scenario) -> None:
    # Job 2 needs two nodes; job 0 gives one at 10, job 1 one at 25. Meanwhile job 3 gets none of them.
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.workload(malleable(1, 2, 6), malleable(1, 2, 3, seconds=25), rigid(2, waiting(10), 5),
                      rigid(1, waiting(5), 6, runtime_estimate=5))
    result = scenario.run(scheduler='builtin:easy,malleable=agreement')
    assert result.starts() == near([0, 0, 25, 35])


def test_stealing_takes_what_is_kept_for_jobs_behind(scenario: Scenario) -> None:
    # As before, but at 12 a shorter job comes to the front: it takes the node that is kept for job 2.
    scenario.configure(schedule_on_scheduling_point=True)
    jobs = (malleable(1, 2, 12), malleable(1, 2, 6, seconds=25), rigid(2, waiting(10), 5, runtime_estimate=50),
            rigid(1, waiting(5), 12, runtime_estimate=5))
    options = 'order=sjf,towards=min'
    assert starts(scenario, f'easy,malleable=agreement,{options}', *jobs)[3] == near(35)
    assert starts(scenario, f'easy,malleable=steal,{options}', *jobs)[3] == near(12)


def test_what_is_no_longer_needed_stays_with_its_owner(scenario: Scenario) -> None:
    # Job 1 ends at 7, before job 0 gave anything: job 2 starts on its nodes, and job 0 never shrinks.
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.workload(malleable(1, 2, 3), rigid(2, waiting(7), runtime_estimate=50), rigid(1, waiting(5), 5))
    result = scenario.run(scheduler='builtin:easy,malleable=steal')
    assert result.starts() == near([0, 0, 7])
    assert sizes_over_time(result, 0)[:1] == [(0, 2)]
    assert all(size >= 2 for _, size in sizes_over_time(result, 0)[:-1])


def test_keep_preferred_gives_up_no_more_than_what_is_beyond_it(scenario: Scenario) -> None:
    scenario.configure(schedule_on_scheduling_point=True)
    # Both jobs start small enough, and the first grows to four nodes before the others come.
    scenario.workload(malleable(1, 4, 10, num_nodes_preferred=3), rigid(1, waiting(10), 15), rigid(2, waiting(10), 25))
    result = scenario.run(scheduler='builtin:keep-pref')
    assert result.starts() == near([0, 20, 100])
    assert sizes_over_time(result, 0)[:3] == [(0, 3), (near(10), 4), (near(20), 3)]


def test_preferred_sizes_are_met_before_any_job_grows_beyond_its_own(scenario: Scenario) -> None:
    scenario.platform(crossbar(8)).configure(schedule_on_scheduling_point=True)
    wishes = {'num_nodes_preferred': 3}
    scenario.workload(rigid(5, waiting(15)), malleable(1, 8, 10, **wishes), malleable(1, 8, 10, 1, **wishes))
    result = scenario.run(scheduler='builtin:malleable-pref')
    # Job 1 has 3 nodes; job 2 waits for one of them, at 10. At 20 five are free: job 1 takes one, with two left for
    # job 2, which reaches its own point at the same time.
    assert result.column('Nodes At Start') == ['5', '3', '1']


def test_equipartition_brings_all_to_the_same_size(scenario: Scenario) -> None:
    scenario.platform(crossbar(6)).configure(schedule_on_scheduling_point=True)
    scenario.workload(malleable(1, 6, 20), malleable(2, 6, 20, 5))
    result = scenario.run(scheduler='builtin:equipartition')
    assert sizes_over_time(result, 0)[0] == (0, 6)
    assert int(result.jobs[1]['Nodes At Start']) >= 2
    assert all(job['Status'] == 'completed' for job in result.jobs)


def test_malleable_jobs_shrink_only_for_jobs_they_can_help(scenario: Scenario) -> None:
    # Ten nodes can never come from job 0, which keeps four of twelve: it goes on as it is.
    scenario.platform(crossbar(12)).configure(schedule_on_scheduling_point=True)
    scenario.workload(malleable(4, 12, 5), rigid(10, waiting(5), 5))
    result = scenario.run(scheduler='builtin:malleable-min,start=max')
    assert sizes_over_time(result, 0) == [(0, 12), (near(50), 0)]


# --- Evolving jobs -------------------------------------------------------------------------------------------


def evolving(least: int, most: int, request: str, iterations: int = 3, **keys: Any) -> Json:
    return flexible('evolving', least, most,
                    model(phase(busy(10), iterations=iterations, evolving_request=request)), **keys)


@pytest.mark.parametrize(('answer', 'history'), [
    ('deny', [(0, 2), (near(30), 0)]),
    ('if_free', [(0, 2), (near(10), 3), (near(30), 0)]),
])
def test_requests_are_denied_or_granted_from_what_is_free(scenario: Scenario, answer: str,
                                                          history: list[tuple[float, int]]) -> None:
    scenario.workload(evolving(2, 4, '3'))
    result = scenario.run(scheduler=f'builtin:easy,start=min,evolving={answer}')
    assert sizes_over_time(result, 0) == history


def test_a_request_is_denied_where_it_would_delay_a_reservation(scenario: Scenario) -> None:
    # Three nodes run the evolving job (estimated to 40) and a job to 15; then job 2 wants all four.
    jobs = (evolving(2, 4, '3', runtime_estimate=40), job(1, 15), job(2, 10, 1))
    scenario.workload(*jobs)
    granted = scenario.run(scheduler='builtin:easy,start=min,evolving=if_free')
    assert granted.starts() == near([0, 0, 30])
    denied = scenario.run(scheduler='builtin:easy,start=min,evolving=no_delay')
    assert denied.starts() == near([0, 0, 15])


def test_malleable_jobs_shrink_for_an_evolving_one(scenario: Scenario) -> None:
    # Asked at 10; job 1 gives a node at its point at 15; it is kept until job 0 asks again at 20.
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.workload(evolving(2, 4, '3'), malleable(1, 2, 6, seconds=15))
    result = scenario.run(scheduler='builtin:malleable-min,evolving=shrink,start=max')
    # Both start at 0: job 0 on as many as it may have, so it asks for less at first.
    assert result.status == 0
    scenario.workload(malleable(2, 3, 6, seconds=15), rigid(1, waiting(1)), evolving(1, 4, '2', submit=2))
    result = scenario.run(scheduler='builtin:easy,malleable=steal,evolving=shrink')
    assert sizes_over_time(result, 2)[:2] == [(2, 1), (near(22), 2)]
    assert sizes_over_time(result, 0)[:2] == [(0, 3), (near(15), 2)]


# --- Balance among running jobs ----------------------------------------------------------------------------------


SHARING = ('equipartition', 'malleable-avg', 'malleable-pref', 'keep-pref')


def sizes(scenario: Scenario, policy: str, *jobs: Json, nodes: int = 8) -> list[list[tuple[float, int]]]:
    scenario.platform(crossbar(nodes)).configure(schedule_on_scheduling_point=True)
    scenario.workload(*jobs)
    result = scenario.run(scheduler=f'builtin:{policy}')
    return [sizes_over_time(result, i) for i in range(len(jobs))]


def equal(submit: float = 0, steps: int = 10, **keys: Any) -> Json:
    return malleable(1, 8, steps, submit, num_nodes_preferred=4, runtime_estimate=100, **keys)


@pytest.mark.parametrize('policy', SHARING)
def test_a_newcomer_gets_its_share_at_once(scenario: Scenario, policy: str) -> None:
    """Job 0 has grown to eight nodes, and gives four at its point at 20."""
    first, second = sizes(scenario, policy, equal(), equal(15))
    assert first[-2:] == [(near(20), 4), (near(100), 0)]
    assert second == [(near(20), 4), (near(110), 8), (near(120), 0)]


def test_equipartition_follows_arrivals_and_ends(scenario: Scenario) -> None:
    """Nine nodes. Job 1 asks at 5 and gets four at 10; job 2 (two or three nodes) asks at 33. At 40 job 0 gives it two,
    at 42 job 1 one, which it takes at its point at 47. What job 2 leaves at 61 is taken at 70 and 74."""
    jobs = (malleable(1, 9, 10), malleable(1, 9, 10, 5, seconds=16), malleable(2, 3, 3, 33, seconds=7))
    first, second, third = sizes(scenario, 'equipartition', *jobs, nodes=9)
    assert first == [(0, 9), (near(10), 5), (near(40), 3), (near(70), 5), (near(100), 0)]
    assert second == [(near(10), 4), (near(42), 3), (near(74), 4), (near(106), 9), (near(170), 0)]
    assert third == [(near(40), 2), (near(47), 3), (near(61), 0)]


@pytest.mark.parametrize(('rebalance', 'moves'), [
    ('always', True), ('arrivals', True), ('never', False), ('always,least_change=2', True),
    ('always,least_change=3', False), ('always,least_share=0.33', True), ('always,least_share=0.34', False),
])
@pytest.mark.parametrize('told', [True, False])
def test_running_jobs_shrink_for_running_ones(scenario: Scenario, rebalance: str, moves: bool, told: bool) -> None:
    """Job 0 starts on six of eight nodes, job 1 on what is left. Job 0 gives two at its point at 10, and job 1 has them
    from its point at 13 on."""
    scenario.platform(crossbar(8)).configure(schedule_on_scheduling_point=told,
                                             schedule_on_reconfiguration=not told)
    scenario.workload(malleable(1, 6, 3), malleable(1, 6, 6, 1, seconds=6))
    result = scenario.run(scheduler=f'builtin:equipartition,start=max,rebalance={rebalance}')
    first, second = sizes_over_time(result, 0), sizes_over_time(result, 1)
    assert first == [(0, 6), *([(near(10), 4)] if moves else []), (near(30), 0)]
    assert second == [(1, 2), *([(near(13), 4)] if moves else []), (near(31), 6), (near(37), 0)]


@pytest.mark.parametrize('seed', range(6))
def test_under_equipartition_sizes_differ_by_one_at_most(scenario: Scenario, seed: int) -> None:
    """After the last arrival, each job has passed a point at which it gives and one at which it takes."""
    draw = random.Random(seed)
    nodes, count = draw.randint(7, 23), draw.randint(2, 6)
    jobs = [malleable(1, nodes, 40, round(draw.uniform(0, 20), 3), round(draw.uniform(3, 9), 3)) for _ in range(count)]
    histories = sizes(scenario, 'equipartition', *jobs, nodes=nodes)
    final = [[size for time, size in history if time <= 50][-1] for history in histories]
    assert sum(final) == nodes
    assert max(final) - min(final) <= 1


@pytest.mark.parametrize('policy', ['malleable-avg', 'malleable-pref', 'equipartition'])
def test_a_job_of_few_sizes_does_not_keep_others_from_balancing(scenario: Scenario, policy: str) -> None:
    """Job 0 has one node or two and is the highest or the lowest of all; the others come to the same size."""
    few, first, second = sizes(scenario, policy, malleable(1, 2, 60), malleable(1, 64, 60), malleable(1, 64, 60, 15),
                               nodes=64)
    few_final, first_final, second_final = ([size for time, size in history if time <= 40][-1]
                                            for history in (few, first, second))
    assert few_final + first_final + second_final == 64
    assert abs(first_final - second_final) <= 1


def standing(policy: str, request: Json, size: int) -> float:
    low, high, preferred = (int(str(request[f'num_nodes_{bound}'])) for bound in ('min', 'max', 'preferred'))
    if policy == 'equipartition':
        return size
    if policy == 'malleable-avg':
        return (size - low) / (high - low) if high > low else 0
    if size > preferred:
        return 1 + (size - preferred) / (high - preferred)
    return (size - low) / (preferred - low) if preferred > low else 0


@pytest.mark.parametrize('policy', ['malleable-avg', 'malleable-pref', 'equipartition'])
def test_no_move_of_a_node_would_bring_jobs_nearer_to_each_other(scenario: Scenario, policy: str) -> None:
    """Jobs with all kinds of bounds, after each has passed points at which it gives and takes."""
    for seed in range(15):
        draw = random.Random(seed)
        nodes, jobs = draw.choice([9, 16, 40, 100]), []
        for submit in sorted(draw.choice([0, 0, 3, 15, 42]) for _ in range(draw.randint(2, 9))):
            low = draw.randint(1, max(1, nodes // 10))
            high = min(nodes, low + draw.choice([0, 1, 2, 5, nodes]))
            jobs.append(malleable(low, high, 60, submit, draw.choice([7, 10, 13]),
                                  num_nodes_preferred=draw.randint(low, high)))
        histories = sizes(scenario, policy, *jobs, nodes=nodes)
        final = [[size for time, size in history if time <= 300][-1] for history in histories]
        most = sum(int(str(request['num_nodes_max'])) for request in jobs)
        assert sum(final) == min(nodes, most), seed
        less = [standing(policy, request, size - 1) for request, size in zip(jobs, final)
                if size > int(str(request['num_nodes_min']))]
        more = [standing(policy, request, size + 1) for request, size in zip(jobs, final)
                if size < int(str(request['num_nodes_max']))]
        assert max(less, default=-math.inf) < min(more, default=math.inf), seed


def test_the_strategy_min_takes_all_it_can_from_the_job_most_above_its_minimum(scenario: Scenario) -> None:
    jobs = (malleable(1, 5, 10, runtime_estimate=100), malleable(1, 3, 10, runtime_estimate=100), job(4, 30, 5))
    first, second, third = sizes(scenario, 'malleable-min,start=max', *jobs)
    assert first == [(0, 5), (near(10), 1), (near(40), 5), (near(100), 0)]
    assert second == [(0, 3), (near(100), 0)]
    assert third == [(near(10), 4), (near(40), 0)]


# --- Nodes ---------------------------------------------------------------------------------------------------


def test_lowest_highest_and_contiguous_nodes(scenario: Scenario) -> None:
    # While jobs 0 and 2 hold n1 and n3 of eight nodes, the runs are n0, n2 and n4 to n7.
    scenario.platform(crossbar(8))
    jobs = (rigid(1, waiting(10)), rigid(1, waiting(50)), rigid(1, waiting(10)), rigid(1, waiting(50)),
            rigid(3, waiting(5), 20))
    expected = {'lowest': {'n0', 'n2', 'n4'}, 'highest': {'n7', 'n5', 'n3'}, 'contiguous': {'n4', 'n5', 'n6'}}
    for choice, nodes in expected.items():
        scenario.workload(*jobs)
        assert nodes_of(scenario.run(scheduler=f'builtin:easy,nodes={choice}'), 4) == nodes, choice


def test_contiguous_takes_the_shortest_run_that_is_enough(scenario: Scenario) -> None:
    # One job per node; those on n1, n2 and n6, n7 end: the second run is no longer, the first is taken.
    scenario.platform(crossbar(9))
    long = {0, 4, 5, 8}
    scenario.workload(*(rigid(1, waiting(50 if i in long else 10)) for i in range(9)), rigid(2, waiting(5), 20))
    result = scenario.run(scheduler='builtin:easy,nodes=contiguous')
    assert nodes_of(result, 9) == {'n6', 'n7'}


def two_switches() -> str:
    """Nodes a0 to a2 and b0 to b2, each set on a switch of its own."""
    return '\n'.join([
        '<?xml version="1.0"?>', '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">',
        '<platform version="4.1">', '<zone id="world" routing="Full">',
        '<zone id="service" routing="Full">', host('batch', batch_system='true'), '</zone>',
        *(f'<cluster id="{name}" prefix="{name}" radical="0-2" suffix="" speed="1Gf" bw="1GBps" lat="0s" '
          f'router_id="switch_{name}"/>' for name in 'ab'),
        '<link id="uplink" bandwidth="1GBps" latency="0s"/>',
        '<zoneRoute src="a" dst="b" gw_src="switch_a" gw_dst="switch_b"><link_ctn id="uplink"/></zoneRoute>',
        '</zone>', '</platform>', ''])


def test_near_nodes_hang_on_one_switch(scenario: Scenario) -> None:
    # Two of switch a are free and three of switch b: a pair fits on a best, three on b alone.
    scenario.platform(two_switches()).workload(
        rigid(1, waiting(50)), rigid(3, waiting(10), 1), rigid(2, waiting(10), 2), rigid(4, waiting(10), 20))
    result = scenario.run(scheduler='builtin:easy,nodes=near')
    assert nodes_of(result, 1) == {'b0', 'b1', 'b2'}
    assert nodes_of(result, 2) == {'a1', 'a2'}
    assert nodes_of(result, 3) >= {'b0', 'b1', 'b2'}


def test_fastest_and_most_uniform_nodes(scenario: Scenario) -> None:
    speeds = {'h0': '1Gf', 'h1': '5Gf', 'h2': '2.1Gf', 'h3': '2Gf'}
    scenario.platform(pairwise({name: host(name, speed) for name, speed in speeds.items()}))
    scenario.workload(rigid(2))
    assert nodes_of(scenario.run(scheduler='builtin:easy,nodes=fastest'), 0) == {'h1', 'h2'}
    assert nodes_of(scenario.run(scheduler='builtin:easy,nodes=uniform'), 0) == {'h2', 'h3'}


def test_perf_class_goes_before_speed(scenario: Scenario) -> None:
    classes = {'h0': 3, 'h1': 1, 'h2': 2, 'h3': 1}
    scenario.platform(pairwise({name: host(name, perf_class=rank) for name, rank in classes.items()}))
    scenario.workload(rigid(2))
    assert nodes_of(scenario.run(scheduler='builtin:easy,nodes=fastest'), 0) == {'h1', 'h3'}


def with_gpus() -> str:
    """h0 and h2 have two GPUs, h1 and h3 none."""
    gpus: Json = {'num_gpus': 2, 'flops_per_gpu': '1Gf', 'gpu_to_gpu_bw': '1GBps'}
    return pairwise({f'h{i}': host(f'h{i}', **(gpus if i % 2 == 0 else {})) for i in range(4)})


@pytest.mark.parametrize('policy', ['easy', 'conservative', 'hybrid'])
def test_nodes_with_gpus_are_spared_and_count_for_those_who_need_them(scenario: Scenario, policy: str) -> None:
    scenario.platform(with_gpus())
    jobs = (job(1, 100), job(1, 30, num_gpus_per_node=2), job(2, 50, 1, num_gpus_per_node=1),
            job(1, 20, 2), job(1, 200, 3))
    scenario.workload(*jobs)
    result = scenario.run(scheduler=f'builtin:{policy}')
    # Job 2 has both nodes with GPUs at 30. Job 3 ends before that; job 4 waits for a node without.
    assert result.starts() == near([0, 0, 30, 2, 22])
    assert nodes_of(result, 0) == {'h1'} and nodes_of(result, 2) == {'h0', 'h2'} and nodes_of(result, 4) <= {'h1', 'h3'}


def test_a_job_that_writes_to_burst_buffers_waits_for_nodes_that_have_one(scenario: Scenario) -> None:
    bb: Json = {'node_local_bb': 'true', 'bb_read_bw': '1GBps', 'bb_write_bw': '1GBps'}
    scenario.platform(pairwise({f'h{i}': host(f'h{i}', **(bb if i == 3 else {})) for i in range(4)}))
    staged = model(phase({'type': 'bb_write', 'bytes': 1e9, 'pattern': 'uniform'}))
    scenario.workload(rigid(1, waiting(10)), rigid(1, staged, 0), rigid(1, staged, 0))
    result = scenario.run(scheduler='builtin:easy')
    assert result.starts() == near([0, 0, 1])
    assert nodes_of(result, 0) == {'h0'} and nodes_of(result, 2) == {'h3'}


# --- I/O -----------------------------------------------------------------------------------------------------


def test_jobs_wait_for_file_system_bandwidth(scenario: Scenario) -> None:
    scenario.configure(forward_io_information=True, pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    busy_io: Json = {'attributes': {'io_rate': 1.5e9}}
    # The PFS does 3 GB/s; 80 % of that is less than two such jobs need.
    jobs = (job(1, 10, **busy_io), job(1, 10, **busy_io), job(1, 10, 1))
    assert starts(scenario, 'easy', *jobs) == near([0, 0, 1])
    assert starts(scenario, 'io-aware', *jobs) == near([0, 10, 1])
    assert starts(scenario, 'io-aware,io_share=1', *jobs) == near([0, 0, 1])
    assert starts(scenario, 'io-aware,io_bandwidth=1e10', *jobs) == near([0, 0, 1])


def test_measured_use_of_the_file_system_holds_jobs_back(scenario: Scenario) -> None:
    scenario.configure(forward_io_information=True, pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    reads = model(phase({'type': 'pfs_read', 'bytes': 20e9, 'pattern': 'uniform'}))
    # Job 0 reads at 1 GB/s for 20 s. Job 2 declares what fits beside that, job 1 does not.
    scenario.workload(rigid(1, reads), job(1, 1, 5, attributes={'io_rate': 2e9}),
                      job(1, 1, 6, attributes={'io_rate': 1e9}))
    result = scenario.run(scheduler='builtin:easy,io=measured')
    assert result.starts() == near([0, 20, 6])


# --- Options -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('spec', 'message'), [
    ('easi', "there is no policy 'easi'; did you mean 'easy'?"),
    ('easy,oder=sjf', "there is no option 'oder'; did you mean 'order'?"),
    ('easy,order=sjff', "there is no order 'sjff'; did you mean 'sjf'?"),
    ('easy,queue_depth=1.5', 'queue_depth must be an integer'),
    ('easy,io_share=lots', 'io_share must be a number'),
    ('easy,order', "'order' has no value; write key=value"),
    ('easy,order=1/(', 'order: "1/(": column 4: a value is missing at the end'),
    ('easy,order=wait*urgency', "order wait*urgency: job 0 has no 'urgency'"),
    ('easy,backfill_order=urgency+1', "order urgency+1: job 0 has no 'urgency'"),
    ('easy,order=queue', "there is no order 'queue'; known: fcfs, sjf, largest"),
    ('easy,order=urgency', 'multifactor, and expressions; an attribute or argument alone stands in parentheses'),
    ('easy,order=(urgency)', "order (urgency): job 0 has no 'urgency'"),
    ('easy,order=1/0', 'order 1/0 is the same for all jobs: it has to name something of them, e.g. wait or nodes'),
])
def test_unknown_options_are_refused_with_the_nearest_known(scenario: Scenario, spec: str, message: str) -> None:
    result = scenario.workload(rigid()).run(scheduler=f'builtin:{spec}', status=2)
    assert message in result.error
    assert '\n' not in result.error


def test_every_policy_is_listed(scenario: Scenario) -> None:
    listed = scenario.run('--list-schedulers', scheduler=None).stdout
    for name in PRESETS:
        assert f'builtin:{name}\n' in listed
    for key in ('order', 'backfill_order', 'backfilling', 'extra_nodes', 'start', 'malleable', 'towards', 'evolving',
                'nodes', 'io'):
        assert f'\n{key}=' in listed


# --- Properties ----------------------------------------------------------------------------------------------


def random_rigid(seed: int, count: int, nodes: int, exact: bool = True) -> list[Json]:
    """Jobs with estimates that are exact, or up to three times too long."""
    draw = random.Random(seed)
    jobs, submit = [], 0.0
    for _ in range(count):
        submit += round(draw.expovariate(1 / 20), 3)
        seconds = round(draw.uniform(1, 200), 3)
        estimate = seconds if exact else round(seconds * draw.uniform(1, 3), 3)
        jobs.append({'type': 'rigid', 'num_nodes': draw.choice((1, 1, 2, 3, 4, nodes // 2, nodes)),
                     'submit_time': round(submit, 3), 'application_model': 'delay.json',
                     'arguments': {'seconds': seconds}, 'runtime_estimate': estimate})
    return jobs


def write_random(scenario: Scenario, jobs: list[Json]) -> None:
    scenario.write('delay.json', model(phase(busy('seconds'))))
    scenario.write('jobs.json', {'jobs': jobs})


Interval = tuple[float, float, int]


def earliest(intervals: list[Interval], nodes: int, need: int, duration: float, since: float) -> float:
    """When `need` nodes are free for so long, beside jobs that take some in these intervals."""
    def used(time: float) -> int:
        return sum(count for begin, end, count in intervals if begin <= time + 1e-6 < end)
    for time in sorted({since, *(end for _, end, _ in intervals if end > since)}):
        moments = {time, *(begin for begin, _, _ in intervals if time < begin < time + duration - 1e-6)}
        if all(used(moment) + need <= nodes for moment in moments):
            return time
    raise AssertionError('never')


@pytest.mark.parametrize('seed', range(4))
def test_easy_never_delays_the_head_beyond_its_reservation(scenario: Scenario, seed: int) -> None:
    nodes = 8
    scenario.platform(crossbar(nodes, pfs_read=None))
    jobs = random_rigid(seed, 120, nodes)
    write_random(scenario, jobs)
    result = scenario.run(scheduler='builtin:easy')
    begun = result.starts()
    runs = [(start, end, job['num_nodes']) for start, end, job in zip(begun, result.ends(), jobs)]
    latest = 0.0
    for i, job in enumerate(jobs):
        became_head = max(job['submit_time'], latest)
        latest = max(latest, begun[i])
        running = [run for k, run in enumerate(runs) if k != i and run[1] > became_head and
                   (run[0] < became_head - 1e-6 or (k < i and run[0] <= became_head + 1e-6))]
        reservation = earliest(running, nodes, job['num_nodes'], 0, became_head)
        assert begun[i] <= reservation + 1e-3, f'job {i}'


@pytest.mark.parametrize('seed', range(4))
def test_conservative_never_delays_any_job(scenario: Scenario, seed: int) -> None:
    nodes = 8
    scenario.platform(crossbar(nodes, pfs_read=None))
    jobs = random_rigid(seed + 100, 120, nodes)
    write_random(scenario, jobs)
    begun = scenario.run(scheduler='builtin:conservative').starts()
    plan: list[Interval] = []
    for i, job in enumerate(jobs):
        # With exact estimates every job starts exactly when it was told at its submission.
        seconds = job['arguments']['seconds']
        start = earliest(plan, nodes, job['num_nodes'], seconds, job['submit_time'])
        plan.append((start, start + seconds, job['num_nodes']))
        assert begun[i] == pytest.approx(start, abs=1e-3), f'job {i}'


def conservative(jobs: list[Json], nodes: int) -> list[float]:
    """Start times under conservative backfilling: at each end, reservations move forward in order of submission."""
    plan: dict[int, float] = {}
    ends: dict[int, float] = {}
    begun: dict[int, float] = {}

    def place(job: int, now: float) -> float:
        others = [(begun[k], ends[k] if ends[k] <= now else begun[k] + jobs[k]['runtime_estimate'],
                   jobs[k]['num_nodes']) for k in begun]
        others += [(start, start + jobs[k]['runtime_estimate'], jobs[k]['num_nodes'])
                   for k, start in plan.items() if k != job]
        return earliest(others, nodes, jobs[job]['num_nodes'], jobs[job]['runtime_estimate'], now)

    def start_due(now: float) -> None:
        for job in [job for job in sorted(plan) if plan[job] <= now + 1e-6]:
            del plan[job]
            begun[job], ends[job] = now, now + jobs[job]['arguments']['seconds']

    arrivals, last = list(range(len(jobs))), -1.0
    while arrivals or plan:
        arrival = jobs[arrivals[0]]['submit_time'] if arrivals else float('inf')
        now = min([arrival, *(end for end in ends.values() if end > last)])
        last = now
        for job in sorted(plan) if now < arrival else ():
            plan[job] = min(plan[job], place(job, now))
            start_due(now)
        if now == arrival:
            job = arrivals.pop(0)
            plan[job] = float('inf')
            plan[job] = place(job, now)
            start_due(now)
    return [begun[job] for job in range(len(jobs))]


@pytest.mark.parametrize('seed', range(3))
def test_conservative_moves_reservations_forward_as_a_plain_model_does(scenario: Scenario, seed: int) -> None:
    nodes = 8
    scenario.platform(crossbar(nodes, pfs_read=None))
    jobs = random_rigid(seed + 200, 80, nodes, exact=False)
    write_random(scenario, jobs)
    assert scenario.run(scheduler='builtin:conservative').starts() == pytest.approx(conservative(jobs, nodes), abs=1e-3)


def test_the_python_easy_scheduler_agrees_on_two_thousand_jobs(scenario: Scenario) -> None:
    nodes = 16
    scenario.platform(crossbar(nodes, pfs_read=None)).configure(node_utilization=None, task_times=None,
                                                                log_task_times=None)
    jobs = random_rigid(7, 2000, nodes, exact=False)
    for job in jobs:
        job['submit_time'] *= 2.5
    write_random(scenario, jobs)
    builtin = scenario.run(scheduler='builtin:easy').starts()
    external = scenario.run(scheduler=f"exec:/usr/bin/python3 '{ROOT / 'schedulers' / 'easy.py'}'").starts()
    assert builtin == external
    assert sum(start > job['submit_time'] + 1 for start, job in zip(builtin, jobs)) > 200


def random_mix(seed: int, count: int, nodes: int) -> list[Json]:
    """Jobs of all types, some with walltimes, estimates, preferred sizes, priorities and I/O rates."""
    draw = random.Random(seed)
    jobs: list[Json] = []
    submit = 0.0
    for _ in range(count):
        submit += round(draw.expovariate(1 / 15), 3)
        kind = draw.choice(('rigid', 'moldable', 'malleable', 'malleable', 'evolving', 'adaptive'))
        least = draw.randint(1, nodes // 2)
        most = draw.randint(least, nodes)
        evolves = kind in ('evolving', 'adaptive')
        job: Json = {'type': kind, 'submit_time': round(submit, 3),
                     'application_model': 'evolving.json' if evolves else 'steps.json',
                     'arguments': {'seconds': round(draw.uniform(1, 30), 3)},
                     'attributes': {'user': draw.choice('abc'), 'priority': draw.randint(0, 3),
                                    'io_rate': draw.choice((0, 0, 5e8, 4e9))}}
        job.update({'num_nodes': least} if kind == 'rigid' else {'num_nodes_min': least, 'num_nodes_max': most})
        gpus = draw.choice((0, 0, 0, 1))
        if gpus and least <= nodes // 2:
            job.update({'num_gpus_per_node': 1} if kind == 'rigid' else
                       {'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': 2})
        if draw.random() < 0.5:
            job['walltime'] = round(draw.uniform(20, 400), 3)
        if draw.random() < 0.5:
            job['runtime_estimate'] = round(draw.uniform(5, 300), 3)
        if kind != 'rigid' and draw.random() < 0.5:
            job['num_nodes_preferred'] = draw.randint(least, most)
        jobs.append(job)
    return jobs


VARIANTS = (
    *PRESETS,
    'fcfs,backfilling=first_fit,order=smallest', 'conservative,reservations=recomputed,order=priority',
    'hybrid,order=fair_share,half_life=100,reservation_depth=3', 'easy,order=multifactor,half_life=100',
    'conservative,order=multifactor,backfill_order=multifactor',
    'easy,order=largest,evolving=no_delay,nodes=contiguous',
    'easy,malleable=agreement,towards=avg,evolving=shrink,nodes=near', 'conservative,malleable=steal,evolving=shrink',
    'easy,malleable=common_pool,towards=pref,evolving=shrink,nodes=highest', 'fcfs,malleable=common_pool,start=min',
    'hybrid,malleable=steal,order=sjf,queue_depth=5,nodes=uniform', 'conservative,queue_depth=4',
    'equipartition,evolving=shrink,nodes=fastest', 'keep-pref,backfilling=first_fit,evolving=deny',
    'malleable-min,io=declared,io_bandwidth=5e9,order=sjf',
)


@pytest.mark.parametrize('policy', VARIANTS)
@pytest.mark.parametrize('seed', range(3))
def test_no_policy_ever_decides_anything_impossible(scenario: Scenario, policy: str, seed: int) -> None:
    nodes = 8
    gpus: Json = {'num_gpus': 2, 'flops_per_gpu': '1Gf', 'gpu_to_gpu_bw': '1GBps'}
    scenario.platform(pairwise({f'h{i}': host(f'h{i}', **(gpus if i % 2 else {})) for i in range(nodes)}))
    # All that the validator refuses (a node given twice, a job outside its bounds...) ends a run with status 3.
    scenario.configure(schedule_on_scheduling_point=seed != 1, schedule_on_reconfiguration=seed == 1,
                       min_scheduling_interval=7 if seed == 2 else 0)
    scenario.write('steps.json', model(phase(busy('seconds'), iterations=4)))
    scenario.write('evolving.json', model(phase(
        busy('seconds'), iterations=6,
        evolving_request='num_nodes_min + (phase_iteration * 3) % (num_nodes_max - num_nodes_min + 1)')))
    scenario.write('jobs.json', {'jobs': random_mix(seed, 60, nodes)})
    result = scenario.run(scheduler=f'builtin:{policy}')
    assert {job['Status'] for job in result.jobs} <= {'completed', 'killed'}


def test_equal_runs_are_equal(scenario: Scenario, tmp_path: Path) -> None:
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.write('steps.json', model(phase(busy('seconds'), iterations=4)))
    scenario.write('evolving.json', model(phase(busy('seconds'), iterations=6, evolving_request='num_nodes_max')))
    jobs = [job for job in random_mix(5, 60, 4) if not job.get('num_gpus_per_node', job.get('num_gpus_per_node_min'))]
    scenario.write('jobs.json', {'jobs': jobs})
    first = scenario.run(scheduler='builtin:malleable-avg').text('node_utilization')
    assert scenario.run(scheduler='builtin:malleable-avg').text('node_utilization') == first


@pytest.mark.parametrize('policy', ['equipartition', 'malleable-avg', 'malleable-pref', 'malleable-min'])
def test_a_job_that_gets_nodes_back_and_others_delivered_has_no_more_than_it_takes(scenario: Scenario,
                                                                                   policy: str) -> None:
    """In this workload job 279 is to lose eight nodes, which it gets back in the very invocation that brings it five
    more; it takes 32 at the most."""
    configuration: Json = json.loads((ROOT / 'configurations' / 'example.json').read_text())
    path = scenario.folder / 'jobs.json'
    generate = [PYTHON, str(ROOT / 'workloads' / 'generate.py'), '--malleable', '1.0', '--seed', '9', '-o', str(path)]
    subprocess.run(generate, check=True, capture_output=True)
    jobs: Json = json.loads(path.read_text())
    for job in jobs['jobs']:
        job['application_model'] = str(ROOT / job['application_model'])
    scenario.write('jobs.json', jobs)
    bounds = [job.get('num_nodes_max', job.get('num_nodes')) for job in jobs['jobs']]
    configuration.update(jobs_file='jobs.json', platform_file=str(ROOT / configuration['platform_file']), sensing=False,
                         events='out/events.jsonl', job_statistics='out/job_statistics.csv', task_times=None,
                         node_utilization=None, log_task_times=False)
    result = scenario.configure(**configuration).run(scheduler=f'builtin:{policy}')
    assert len(result.jobs) == len(bounds)
    for line in (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines():
        event = json.loads(line)
        if event['kind'] in ('start', 'reconfiguration_begin'):
            assert len(event['nodes']) <= bounds[event['job']]
