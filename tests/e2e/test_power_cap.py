"""The power cap: what schedulers are told, what is refused, and what built-in policies make of it, worked out by hand.
Each of the four nodes draws 100 W idle and 200 W busy, so that 600 W let two of them work."""

from __future__ import annotations

import random
from typing import Any

import pytest
from harness import Json, Peer, Result, Scenario, change, crossbar, flexible, random_malleable, rigid, waiting

FALLING = 'time,watts\n0,800\n30,600\n60,800\n'


def estimated(nodes: int, seconds: float, submit: float = 0, **keys: Any) -> Json:
    return rigid(nodes, waiting(seconds), submit=submit, runtime_estimate=seconds, **keys)


def capped(scenario: Scenario, cap: float | str, nodes: int = 4, **keys: Any) -> Scenario:
    """A cap in watts, or the text of a file."""
    scenario.platform(crossbar(nodes, wattage_per_state='100:200', wattage_off=10, boot_seconds=10, boot_joules=1500,
                               stop_seconds=5, stop_joules=250))
    if isinstance(cap, str):
        scenario.write('cap.csv', cap)
        cap = 'cap.csv'
    return scenario.configure(
        **{'power_cap': cap, 'energy': 'out/energy.csv', 'schedule_on_scheduling_point': True, **keys})


def powers(result: Result) -> list[tuple[float, float]]:
    return [(float(row['Time']), float(row['Power (W)'])) for row in result.table('energy')]


# --- Built-in policies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('policy', 'starts'), [
    ('fcfs', [0, 20, 20, 30]), ('easy', [0, 20, 0, 30]), ('conservative', [0, 20, 0, 30]), ('hybrid', [0, 20, 0, 30]),
    ('easy,backfilling=first_fit', [0, 20, 0, 30])])
def test_no_more_jobs_run_than_the_cap_allows(scenario: Scenario, policy: str, starts: list[float]) -> None:
    """Job 0 leaves 100 W of 200 W until 20 s, and job 1 needs 200 W. Job 2 ends at 20 s and goes before it; job 3 would
    not leave job 1 enough."""
    capped(scenario, 600).workload(estimated(1, 20), estimated(2, 10), estimated(1, 20), estimated(1, 25))
    result = scenario.run(scheduler=f'builtin:{policy}')
    if policy == 'fcfs':  # jobs 1, 2 and 3 one after the other: 200 W, then two of 100 W
        starts = [0, 20, 30, 30]
    assert result.starts() == starts
    assert max(power for _, power in powers(result)) == 600


@pytest.mark.parametrize('policy', ['easy', 'conservative', 'hybrid'])
def test_the_shadow_time_is_that_of_the_power(scenario: Scenario, policy: str) -> None:
    """Nodes are free for job 2 as long as it likes, but at 20 s there would be no power for job 1."""
    capped(scenario, 600).workload(estimated(1, 20), estimated(2, 10), estimated(1, 25))
    assert scenario.run(scheduler=f'builtin:{policy}').starts() == [0, 20, 30]


@pytest.mark.parametrize(('policy', 'starts'), [
    ('fcfs', [60, 100, 100]), ('easy', [60, 0, 30]), ('conservative', [60, 0, 30]), ('hybrid', [60, 0, 30])])
def test_the_plan_knows_when_the_cap_falls_and_rises(scenario: Scenario, policy: str, starts: list[float]) -> None:
    """Job 0 needs 700 W for 40 s: it would still run at 30 s, and starts at 60 s, though nothing else happens then. Job
    1 needs as much for 30 s. Job 2 needs 100 W, which leaves enough for job 0."""
    capped(scenario, FALLING).workload(estimated(3, 40), estimated(3, 30), estimated(1, 50, submit=30))
    result = scenario.run(scheduler=f'builtin:{policy}')
    assert result.starts() == starts
    assert all(power <= (600 if 30 <= time < 60 else 800) for time, power in powers(result))


@pytest.mark.parametrize('policy', ['fcfs', 'easy', 'conservative'])
@pytest.mark.parametrize('timeout', [0, 5])
def test_nodes_that_go_and_come_for_a_job_beyond_the_cap_do_not_hide_that_the_run_is_stuck(
        scenario: Scenario, policy: str, timeout: float) -> None:
    """Job 1 takes 800 W of 600 W. Whatever is switched off and on for it, the run ends, and names it."""
    capped(scenario, 600).workload(estimated(1, 20), estimated(4, 20))
    result = scenario.run(scheduler=f'builtin:{policy},power=idle_timeout,idle_timeout={timeout}', status=4)
    assert 'nothing is left to happen while 1 of 2 jobs waits' in result.stderr
    assert 'job 1 waits to be started: it takes 4 nodes' in result.stderr


def steps(seconds: float, iterations: int, submit: float = 0) -> Json:
    return flexible('malleable', 1, 4, waiting(seconds, iterations), submit=submit,
                    runtime_estimate=seconds * iterations)


@pytest.mark.parametrize(('cap', 'node_seconds'), [
    (600, 80),
    ('0,600\n20,800\n', 2 * 20 + 4 * 20),
    # It starts with what it may have to its end, grows at 5 s, and gives two nodes up at 20 s, before it stands at a
    # point again at 25 s.
    ('0,800\n22,600\n', 2 * 5 + 4 * 15 + 2 * 20)])
def test_a_malleable_job_grows_and_shrinks_with_the_cap(
        scenario: Scenario, cap: float | str, node_seconds: float) -> None:
    capped(scenario, cap).workload(steps(5, 8))
    result = scenario.run(scheduler='builtin:malleable-avg')
    assert result.ends() == [40]
    assert result.column('Node Seconds') == [str(node_seconds)]


def test_sleeping_nodes_leave_power_to_others_and_are_woken_as_far_as_there_is_some(scenario: Scenario) -> None:
    """450 W: with all nodes up there is no power for a job. They sleep at 5 s, and the job's boots with 150 W."""
    capped(scenario, 450).workload(estimated(1, 10), estimated(1, 10, submit=2))
    result = scenario.run(scheduler='builtin:easy,power=idle_timeout,idle_timeout=5')
    assert set(result.column('Status')) == {'completed'}
    assert max(power for _, power in powers(result)) <= 450


def test_a_cap_that_leaves_nothing_for_a_job_is_named(scenario: Scenario) -> None:
    capped(scenario, 450).workload(estimated(1, 10))
    assert scenario.run(status=4).error == (
        'the simulation is stuck at 0 s: nothing is left to happen while 1 of 1 job waits; the scheduler starts none '
        'of them; of the power cap of 450 W, 400 W are committed:\n  job 0 waits to be started: it takes 1 node, 4 of '
        '4 are free')


# --- Other schedulers ------------------------------------------------------------------------------------------------


def test_schedulers_are_told_of_the_cap_and_of_what_is_committed(scenario: Scenario) -> None:
    """Job 0 has two nodes from 0 to 10 s."""
    seen = []

    def decide(peer: Peer) -> list[Json]:
        seen.append((peer.time, peer.message['power_cap'], peer.message['power_committed']))
        return [change(job['id'], [2 * job['id'], 2 * job['id'] + 1]) for job in peer.in_state(1)]
    capped(scenario, '0,800\n5,500\n', network_watts=50).workload(estimated(2, 10), estimated(2, 10, submit=6))
    scenario.ask(decide)
    assert seen[0] == (0, 800, 450)
    assert seen[1][:2] == (6, 500)


LOOKING = """
import os
from elastisim_python import pass_algorithm

def schedule(jobs, nodes, system):
    with open('seen', 'a') as file:
        print(system['time'], system['power_cap'], system['power_committed'], file=file)
    for job in jobs:
        if job.state.name == 'PENDING':
            job.assign(nodes[:3])

if __name__ == '__main__':
    pass_algorithm(schedule, os.environ['ELASTISIM_URL'])
"""


@pytest.mark.parametrize('way', ['python', 'exec'])
def test_schedulers_in_python_are_told_too(scenario: Scenario, way: str) -> None:
    capped(scenario, 700).workload(estimated(3, 10))
    script = scenario.write('scheduler.py', LOOKING)
    scenario.run(scheduler=f'python:{script}' if way == 'python' else scenario.script(LOOKING))
    assert (scenario.folder / 'seen').read_text() == '0.0 700.0 400.0\n10.0 700.0 400.0\n'


def test_what_is_reserved_for_a_job_and_not_wanted_any_more_counts(scenario: Scenario) -> None:
    """Job 0 is to have n1 at its next point, and job 1 gets it instead."""
    def decide(peer: Peer) -> list[Json]:
        if peer.time < 1:
            return [change(0, [0])]
        if peer.time < 2:
            return [change(0, [0, 1])]
        return [change(0, [0]), change(1, [1])] if peer.in_state(1) else []
    capped(scenario, 600, power_cap_enforced=True, scheduling_interval=1, schedule_on_scheduling_point=False).workload(
        flexible('malleable', 1, 4, waiting(10)), estimated(1, 5, submit=2))
    result, _ = scenario.ask(decide)
    assert result.starts() == [0, 2]


def test_an_answer_that_commits_more_than_the_cap_is_refused(scenario: Scenario) -> None:
    capped(scenario, 600, power_cap_enforced=True).workload(estimated(3, 10))
    result, _ = scenario.ask(lambda peer: [change(0, [0, 1, 2])], status=3)
    assert result.error == ("scheduler's answer at 0 s (job submit of job 0): it commits the machine to 700 W, 300 W "
                            'more than before; the power cap is 600 W')


def test_what_a_job_gives_up_in_the_same_answer_counts(scenario: Scenario) -> None:
    """Job 1 gets the two nodes of job 0, which is killed."""
    def decide(peer: Peer) -> list[Json]:
        if peer.time < 1:
            return [change(0, [0, 1])]
        return [change(0, kill=True), change(1, [0, 1])] if peer.in_state(1) else []
    capped(scenario, 600, power_cap_enforced=True).workload(estimated(2, 10), estimated(2, 10, submit=1))
    result, _ = scenario.ask(decide)
    assert result.column('Status') == ['killed', 'completed']


@pytest.mark.parametrize(('cap', 'message'), [
    (-1, 'power_cap: must be at least 0, is -1'),
    (True, 'power_cap: must be watts as a number, or the path of a file'),
    ('600', "power_cap: must be watts as a number, or the path of a file, is '600'")])
def test_a_cap_that_is_none_is_an_error(scenario: Scenario, cap: Any, message: str) -> None:
    scenario.configure(power_cap=cap).workload(estimated(1, 10))
    assert message in scenario.run(status=2).error


def test_what_is_not_followed_is_an_error(scenario: Scenario) -> None:
    scenario.configure(power_cap_enforced=True).workload(estimated(1, 10))
    assert ("power_cap_enforced: has no effect without the key 'power_cap'; add that, or leave this out"
            in scenario.run(status=2).error)


def test_a_series_that_begins_too_late_is_an_error(scenario: Scenario) -> None:
    capped(scenario, '5,800\n').workload(estimated(1, 10))
    assert 'cap.csv:1: the first time must be at or before 0, where the run begins' in scenario.run(status=2).error


# --- Random worlds ---------------------------------------------------------------------------------------------------

RANDOM = ('fcfs', 'sjf', 'easy', 'conservative', 'hybrid', 'easy,backfilling=first_fit', 'malleable-min',
          'malleable-avg', 'malleable-pref', 'equipartition', 'min-agreement', 'pref-steal', 'easy,decide=event',
          'conservative,reservations=recomputed', 'easy,backfill_order=sjf', 'keep-pref')


def random_job(draw: random.Random) -> Json:
    seconds, submit = draw.randint(1, 60), draw.randint(0, 1000)
    if draw.random() < 0.4:
        return random_malleable(draw, seconds, submit, 3)
    return estimated(draw.randint(1, 4), seconds, submit=submit)


@pytest.mark.parametrize('seed', range(len(RANDOM)))
def test_with_exact_estimates_never_more_is_drawn_than_the_cap_and_every_job_ends(
        scenario: Scenario, seed: int) -> None:
    """Six nodes, of which the cap lets four work at least. Every answer is checked as well."""
    draw = random.Random(seed)
    cap, time = [(0, draw.randint(10, 12) * 100)], 0
    for _ in range(draw.randint(0, 10)):
        time += draw.randint(20, 200)
        cap.append((time, draw.randint(10, 12) * 100))
    power = ',power=idle_timeout,idle_timeout=20' if draw.random() < 0.3 else ''
    rows = ''.join(f'{begin},{watts}\n' for begin, watts in cap)
    capped(scenario, rows, 6, power_cap_enforced=True).workload(*(random_job(draw) for _ in range(30)))
    result = scenario.run(scheduler=f'builtin:{RANDOM[seed]}{power}')
    assert result.column('Status') == ['completed'] * 30
    for at, watts in powers(result)[:-1]:
        assert watts <= [limit for begin, limit in cap if begin <= at][-1] + 1e-6
