"""Built-in policies that switch nodes off and on: whole schedules with their energy, worked out by hand. Each of the
four nodes draws 100 W idle, 200 W busy and 10 W off; it boots in 10 s with 150 W, and stops in 5 s with 50 W."""

from __future__ import annotations

import random
from typing import Any

import pytest
from harness import Json, Result, Scenario, crossbar, flexible, near, random_malleable, rigid, waiting

NODE: Json = {'wattage_per_state': '100:200', 'wattage_off': 10, 'boot_seconds': 10, 'boot_joules': 1500,
              'stop_seconds': 5, 'stop_joules': 250}


def estimated(nodes: int, seconds: float, submit: float = 0, **keys: Any) -> Json:
    return rigid(nodes, waiting(seconds), submit=submit, runtime_estimate=seconds, **keys)


def powered(scenario: Scenario, nodes: int = 4, **other: Any) -> Scenario:
    scenario.platform(crossbar(nodes, **{**NODE, **other}))
    return scenario.configure(energy='out/energy.csv', energy_shares='out/energy_shares.csv',
                              schedule_on_scheduling_point=True)


def joules(result: Result) -> dict[str, float]:
    """The machine's energy and that of each node."""
    rows = {row['Name'] or row['Share']: float(row['Energy (J)']) for row in result.table('energy_shares')
            if row['Share'] in ('machine', 'node')}
    return rows


def states(result: Result, node: str) -> list[tuple[float, str]]:
    """What became of a node, the last state of each instant."""
    rows = {float(row['Time']): row['State'] for row in result.nodes if row['Node'] == node}
    return list(rows.items())


# --- Idle nodes ------------------------------------------------------------------------------------------------------


def test_idle_nodes_are_switched_off_but_for_spare_ones_and_on_for_the_head_of_the_queue(scenario: Scenario) -> None:
    """n2 and n3 are idle from the beginning: n2 sleeps at 20 s, n3 is the spare one until n0 and n1 are idle, too, at
    30 s. n0 sleeps at 50 s. Job 1 lacks two nodes at 60 s: n0 and n2 boot, and when it has taken n1, n3 has to be up as
    the spare node."""
    powered(scenario).workload(estimated(2, 30), estimated(3, 10, submit=60))
    result = scenario.run(scheduler='builtin:fcfs,power=idle_timeout,idle_timeout=20,spare_nodes=1')
    assert result.starts() == [0, 70]
    assert joules(result) == near({'machine': 35000, 'n0': 11800, 'n1': 12000, 'n2': 6100, 'n3': 5100})
    assert states(result, 'n3') == [(0, 'free'), (30, 'stopping'), (35, 'off'), (70, 'booting')]


@pytest.mark.parametrize('policy', ['easy', 'conservative', 'hybrid', 'malleable-avg'])
def test_nodes_boot_ahead_of_a_reservation_and_for_jobs_that_go_before_it(scenario: Scenario, policy: str) -> None:
    """Job 1 has its place at 100 s. n2 and n3 sleep at 10 s. Job 2 comes at 50 s and ends long before: n2 boots for it,
    and sleeps again from 75 s. At 90 s both boot, and are up when job 0 leaves the others."""
    powered(scenario).workload(estimated(2, 100), estimated(4, 10, submit=1), estimated(1, 5, submit=50))
    result = scenario.run(scheduler=f'builtin:{policy},power=idle_timeout,idle_timeout=10')
    assert result.starts() == [0, 100, 60]
    assert joules(result) == near({'machine': 58450, 'n0': 22000, 'n1': 22000, 'n2': 8950, 'n3': 5500})
    assert states(result, 'n3')[:5] == [(0, 'free'), (10, 'stopping'), (15, 'off'), (90, 'booting'),
                                        (100, 'allocated')]


def test_a_node_that_is_needed_before_it_could_be_up_again_stays_on(scenario: Scenario) -> None:
    """Job 1 has its place at 20 s, and n2 and n3 would be up again at 10 + 5 + 10 s."""
    powered(scenario).workload(estimated(2, 20), estimated(4, 10, submit=1))
    result = scenario.run(scheduler='builtin:easy,power=idle_timeout,idle_timeout=10')
    assert result.starts() == [0, 20]
    assert states(result, 'n3')[:2] == [(0, 'free'), (20, 'allocated')]


def test_without_a_plan_nodes_stay_on_while_a_job_waits(scenario: Scenario) -> None:
    powered(scenario).workload(estimated(2, 100), estimated(4, 10, submit=1))
    result = scenario.run(scheduler='builtin:fcfs,power=idle_timeout,idle_timeout=10')
    assert result.starts() == [0, 100]
    assert states(result, 'n3')[:2] == [(0, 'free'), (100, 'allocated')]


def test_a_node_that_is_wanted_while_it_stops_is_up_when_it_has_stopped_and_booted(scenario: Scenario) -> None:
    """All sleep from 20 s, 10 s after job 0; job 1 comes at 22 s, 3 s before n0 is off."""
    powered(scenario).workload(estimated(4, 10), estimated(4, 10, submit=22))
    for policy in ('fcfs', 'easy', 'conservative'):
        result = scenario.run(scheduler=f'builtin:{policy},power=idle_timeout,idle_timeout=10')
        assert result.starts() == [0, 35]
        assert states(result, 'n0')[:5] == [(0, 'allocated'), (10, 'free'), (20, 'stopping'), (25, 'booting'),
                                            (35, 'allocated')]


def test_nobody_shrinks_while_nodes_sleep_that_would_do(scenario: Scenario) -> None:
    """Job 1 comes at 32 s; n2 and n3 have been asleep since 20 s, and are up at 42 s."""
    powered(scenario).workload(
        flexible('malleable', 1, 2, waiting(5, 20), runtime_estimate=100), estimated(2, 10, submit=32))
    result = scenario.run(scheduler='builtin:malleable-min,start=max,power=idle_timeout,idle_timeout=20')
    assert result.starts() == [0, 42]
    assert result.column('Reconfigurations') == ['0', '0']


@pytest.mark.parametrize(('submit', 'then'), [
    # Nobody looked at it meanwhile.
    (55, [(50, 'off'), (55, 'booting'), (65, 'allocated')]),
    # At 40 s, nobody knows when n0 is back, since its sleep ends when the scheduler says so; it says so then, and n1
    # is woken when n0 is up.
    (40, [(50, 'free'), (60, 'allocated')])])
def test_a_sleeping_node_that_fails_is_counted_on_once_it_is_repaired(
        scenario: Scenario, submit: float, then: list[tuple[float, str]]) -> None:
    """n0 sleeps from 15 s and is down from 30 to 50 s."""
    powered(scenario, 2).workload(estimated(1, 5), estimated(2, 10, submit=submit))
    scenario.write('availability.json', {'outages': [{'nodes': 'n0', 'from': 30, 'until': 50}]})
    scenario.configure(availability='availability.json')
    result = scenario.run(scheduler='builtin:easy,power=idle_timeout,idle_timeout=10')
    found = states(result, 'n0')
    assert found[:5] == [(0, 'allocated'), (5, 'free'), (15, 'stopping'), (20, 'off'), (30, 'down')]
    assert found[5:5 + len(then)] == then


def test_no_more_nodes_are_switched_on_than_a_job_needs(scenario: Scenario) -> None:
    """Without timeout, all nodes sleep when job 0 has ended; job 1 needs one."""
    powered(scenario, num_gpus=1, flops_per_gpu='1Tf').workload(
        estimated(4, 10), estimated(1, 10, submit=50, num_gpus_per_node=1))
    result = scenario.run(scheduler='builtin:easy,power=idle_timeout,idle_timeout=0')
    assert result.starts() == [0, 60]
    assert [states(result, f'n{i}')[-1] for i in range(1, 4)] == [(15, 'off')] * 3


def test_a_machine_that_switches_at_once_decides_in_each_instant_what_it_needs(scenario: Scenario) -> None:
    """Switching takes no time: jobs start as on a machine that is always on, and with a plan nothing is idle."""
    powered(scenario, boot_seconds=0, boot_joules=0, stop_seconds=0, stop_joules=0).workload(
        *(estimated(1 + i % 4, 10, submit=7 * i) for i in range(20)))
    for policy in ('fcfs', 'easy', 'conservative', 'malleable-avg', 'min-steal'):
        starts = scenario.run(scheduler=f'builtin:{policy}').starts()
        result = scenario.run(scheduler=f'builtin:{policy},power=idle_timeout,idle_timeout=0')
        assert result.starts() == starts
        busy = sum(float(job['Node Seconds']) for job in result.jobs)
        end = max(result.ends())
        if policy not in ('fcfs', 'min-steal'):
            assert joules(result)['machine'] == near(busy * 200 + (4 * end - busy) * 10)


# --- Windows ---------------------------------------------------------------------------------------------------------

WINDOW = 'power=windows,power_from=0.01,power_until=0.02,power_share=0.5'  # n2 and n3, from 36 to 72 s


@pytest.mark.parametrize('policy', ['easy', 'conservative', 'hybrid'])
def test_a_share_of_the_nodes_is_off_by_the_clock_and_the_plan_knows(scenario: Scenario, policy: str) -> None:
    """Job 0 wants all nodes for 50 s: they are up again at 82 s. Job 1 ends before that on n0 and n1, job 2 before 36 s
    on the others."""
    powered(scenario).workload(estimated(4, 50), estimated(2, 60), estimated(2, 30))
    result = scenario.run(scheduler=f'builtin:{policy},{WINDOW}')
    assert result.starts() == [82, 0, 0]
    assert joules(result) == near({'machine': 85720, 'n0': 24200, 'n1': 24200, 'n2': 18660, 'n3': 18660})
    assert states(result, 'n3')[:6] == [(0, 'allocated'), (30, 'free'), (36, 'stopping'), (41, 'off'), (72, 'booting'),
                                        (82, 'allocated')]


def test_a_malleable_job_shrinks_off_nodes_that_are_to_sleep(scenario: Scenario) -> None:
    """It was to be over at 30 s. At 40 s it stands at its first point in the window."""
    powered(scenario).workload(flexible('malleable', 1, 4, waiting(5, 16), runtime_estimate=30))
    result = scenario.run(scheduler=f'builtin:malleable-min,start=max,{WINDOW}')
    assert result.ends() == [80]
    assert result.column('Node Seconds') == ['240']
    assert joules(result) == near({'machine': 51440, 'n0': 16000, 'n1': 16000, 'n2': 9720, 'n3': 9720})


def test_a_rigid_job_that_still_runs_in_the_window_ends_before_its_nodes_sleep(scenario: Scenario) -> None:
    powered(scenario).workload(rigid(4, waiting(50), runtime_estimate=30))
    result = scenario.run(scheduler=f'builtin:fcfs,{WINDOW}')
    assert result.column('Status') == ['completed']
    assert states(result, 'n3')[:2] == [(0, 'allocated'), (36, 'draining')]


def test_windows_come_every_day_and_a_job_that_fits_between_none_starts_after_one(scenario: Scenario) -> None:
    """Off but for an hour a day: the job, of two hours, starts on all nodes once they have booted, and they let it end.
    A short one that comes in the second window waits for its end."""
    powered(scenario).workload(estimated(4, 7200), estimated(4, 60, submit=90000))
    result = scenario.run(scheduler='builtin:easy,power=windows,power_from=1,power_until=0,power_share=1')
    assert result.starts()[0] == 86410
    assert result.starts()[1] >= 86410 + 7200
    assert result.column('Status') == ['completed'] * 2


def test_a_run_whose_jobs_never_start_is_stuck_though_windows_come_for_ever(scenario: Scenario) -> None:
    powered(scenario).workload(estimated(4, 10, submit=5))
    scenario.write('availability.json', {'outages': [{'nodes': 'n0', 'from': 1}]})
    scenario.configure(availability='availability.json')
    assert 'n0 (down' in scenario.run(scheduler=f'builtin:easy,{WINDOW}', status=4).error


# --- Random worlds ---------------------------------------------------------------------------------------------------


RANDOM = ('fcfs', 'sjf', 'easy', 'easy++', 'conservative', 'hybrid', 'malleable-min', 'malleable-avg', 'equipartition',
          'min-agreement', 'pref-steal', 'easy,backfill_order=sjf', 'easy,extra_nodes=no', 'easy,decide=event',
          'conservative,reservations=recomputed', 'easy,backfilling=first_fit')


def random_job(draw: random.Random) -> Json:
    seconds, submit = draw.randint(1, 60), draw.randint(0, 2000)
    if draw.random() < 0.3:
        return random_malleable(draw, seconds, submit, 4)
    keys = {'runtime_estimate': seconds} if draw.random() < 0.8 else {}
    return rigid(draw.randint(1, 6), waiting(seconds), submit=submit, **keys)


@pytest.mark.parametrize('seed', range(len(RANDOM)))
def test_with_nodes_that_sleep_every_job_ends_and_energy_is_saved(scenario: Scenario, seed: int) -> None:
    draw = random.Random(seed)
    powered(scenario, 6).workload(*(random_job(draw) for _ in range(30)))
    timeout, spare = draw.choice((0, 5, 50)), draw.choice((0, 0, 1, 3))
    awake = joules(scenario.run(scheduler=f'builtin:{RANDOM[seed]}'))['machine']
    power = f'power=idle_timeout,idle_timeout={timeout},spare_nodes={spare}'
    if draw.random() < 0.3:
        power = f'power=windows,power_from=0.1,power_until={draw.choice((0.2, 0.4))},power_share={draw.random():.2f}'
    result = scenario.run(scheduler=f'builtin:{RANDOM[seed]},{power}')
    assert result.column('Status') == ['completed'] * 30
    assert joules(result)['machine'] < awake or 'windows' in power
