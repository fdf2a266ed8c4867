"""Built-in policies plan with outages that are announced: whole schedules worked out by hand, and random worlds in
which no job is lost. The platform has four nodes without latency; waiting tasks take their seconds on any nodes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from harness import Json, Result, Scenario, crossbar, flexible, random_malleable, rigid, waiting

POLICIES = ('fcfs', 'easy', 'conservative', 'hybrid')


def announced(nodes: str | list[str], begin: float, end: float | None = None, at: float = 0, **keys: Any) -> Json:
    given: Json = {'nodes': nodes, 'from': begin, 'announced': at, **keys}
    if end is not None:
        given['until'] = end
    return given


def estimated(nodes: int, seconds: float, submit: float = 0, **keys: Any) -> Json:
    return rigid(nodes, waiting(seconds), submit=submit, runtime_estimate=seconds, **keys)


def plan(scenario: Scenario, *outages: Json, **lists: Any) -> Scenario:
    scenario.write('availability.json', {'outages': list(outages), **lists})
    return scenario.configure(availability='availability.json', schedule_on_scheduling_point=True)


def nodes_of(result: Result, job: int) -> list[str]:
    """The nodes that ever had the job."""
    return sorted({row['Node'] for row in result.nodes if str(job) in row['Running jobs'].split()})


# --- Where jobs start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('policy', POLICIES)
def test_a_job_gets_no_node_that_is_taken_away_before_its_end(scenario: Scenario, policy: str) -> None:
    """n3 is down from 10 s on. Job 0 ends then and gets it, job 1 takes longer and has the others. Job 2 would end at
    16 s on n3: it waits for job 1."""
    scenario.workload(estimated(1, 10), estimated(3, 12), estimated(1, 5, submit=11))
    result = plan(scenario, announced('n3', 10, 20)).run(scheduler=f'builtin:{policy}')
    assert result.starts() == [0, 0, 12]
    assert result.column('Status') == ['completed'] * 3
    assert nodes_of(result, 0) == ['n3']
    assert nodes_of(result, 1) == ['n0', 'n1', 'n2']


def test_announcements_can_be_ignored(scenario: Scenario) -> None:
    """Job 0 has n0 then, and job 1 loses n3 at 10 s."""
    scenario.workload(estimated(1, 10), estimated(3, 12), estimated(1, 5, submit=11))
    result = plan(scenario, announced('n3', 10, 20)).run(scheduler='builtin:easy,announced=ignore')
    assert result.starts() == [0, 0, 11]
    assert result.column('Status') == ['completed', 'killed', 'completed']


@pytest.mark.parametrize(('policy', 'starts'), [
    ('fcfs', [30, 50, 50, 58]), ('sjf', [30, 0, 50, 9]), ('easy', [30, 0, 0, 50]), ('conservative', [30, 0, 0, 50]),
    ('hybrid', [30, 0, 0, 50]), ('conservative,reservations=recomputed', [30, 0, 0, 50]),
    ('easy,malleable=grow', [30, 0, 0, 50])])
def test_the_plan_is_without_nodes_that_will_be_away(scenario: Scenario, policy: str, starts: list[float]) -> None:
    """n3 is down from 10 to 30 s. Job 0 wants all nodes for 20 s: it has its place at 30 s. With backfilling, jobs 1
    and 2 end before that, on n3 and on the others; job 3 comes at 9 s, when n3 is there for one second more, and has to
    wait for job 0. Shortest first, job 3 has n0 at 9 s, where job 0 waits."""
    scenario.workload(estimated(4, 20), estimated(1, 8), estimated(3, 30), estimated(1, 5, submit=9))
    result = plan(scenario, announced('n3', 10, 30)).run(scheduler=f'builtin:{policy}')
    assert result.starts() == starts
    assert result.column('Status') == ['completed'] * 4


def test_a_job_runs_on_into_a_drain(scenario: Scenario) -> None:
    """Job 1 has to wait until the drain is over."""
    scenario.workload(estimated(4, 12), estimated(4, 5, submit=11))
    result = plan(scenario, announced('n3', 10, 20, kind='drain')).run(scheduler='builtin:easy')
    assert result.starts() == [0, 20]
    assert result.ends() == [12, 25]


@pytest.mark.parametrize('policy', POLICIES)
def test_a_node_that_is_to_be_off_is_empty_by_then(scenario: Scenario, policy: str) -> None:
    """Job 0 would be on n3 a second too long and waits for 20 s, job 1 ends in time, where it may go first. After job
    0, n3 is away for job 1, or the others are enough for job 2."""
    scenario.workload(estimated(4, 12), estimated(4, 10, submit=1), estimated(3, 10, submit=1))
    result = plan(scenario, announced('n3', 11, 20, kind='off'), announced('n3', 32, 40)).run(
        scheduler=f'builtin:{policy}')
    assert result.starts() == {'fcfs': [20, 40, 50]}.get(policy, [20, 1, 32])


def test_what_is_announced_later_moves_reservations(scenario: Scenario) -> None:
    """Job 1 has a reservation for all nodes at 20 s. At 5 s it becomes known that n0 is away from 25 to 40 s; the next
    invocation, at 6 s, has it at 40 s, and job 2, of 20 s, goes before it."""
    scenario.workload(estimated(3, 20), estimated(4, 10, submit=1), estimated(1, 20, submit=6))
    result = plan(scenario, announced('n0', 25, 40, at=5)).run(scheduler='builtin:conservative')
    assert result.starts() == [0, 40, 6]


def test_the_plan_counts_a_node_once_that_has_a_job_when_it_is_to_go(scenario: Scenario) -> None:
    """Job 0 has n0 and n1 until 20 s. At 5 s it is announced that n1 is to be off from 10 to 30 s; it lets job 0 end.
    Job 1 wants three nodes at 6 s, of which n1 is none before 30 s: n0, n2 and n3 are free at 20 s. Job 2 needs one
    until 20 s."""
    scenario.workload(estimated(2, 20), estimated(3, 10, submit=6), estimated(1, 14, submit=6))
    result = plan(scenario, announced('n1', 10, 30, at=5, kind='off')).run(scheduler='builtin:easy')
    assert result.starts() == [0, 20, 6]


# --- Malleable jobs --------------------------------------------------------------------------------------------------


def steps(least: int, most: int, seconds: float, iterations: int, submit: float = 0) -> Json:
    return flexible('malleable', least, most, waiting(seconds, iterations), submit=submit,
                    runtime_estimate=seconds * iterations)


def test_a_malleable_job_starts_on_nodes_that_stay_and_grows_when_the_others_return(scenario: Scenario) -> None:
    scenario.workload(steps(1, 4, 5, 8))
    result = plan(scenario, announced(['n2', 'n3'], 10, 20)).run(scheduler='builtin:malleable-avg')
    assert result.ends() == [40]
    assert result.column('Node Seconds') == [str(2 * 25 + 4 * 15)]


@pytest.mark.parametrize(('announcements', 'seconds'), [
    ('plan', 2 * 5 + 3 * 30), ('ignore', 2 * 5 + 3 * 10 + 4 * 15)])
def test_a_malleable_job_does_not_grow_into_what_will_be_taken_away(
        scenario: Scenario, announcements: str, seconds: float) -> None:
    """Job 0 leaves n0 at 11 s, and at 12 s it is announced that it is down from 30 s on. Job 1 has half of the machine
    up to 5 s, then three nodes; at 15 s it would have four, and lose n0."""
    scenario.workload(estimated(1, 11), steps(1, 4, 5, 7))
    result = plan(scenario, announced('n0', 30, at=12)).run(
        scheduler=f'builtin:malleable-avg,announced={announcements}')
    assert result.column('Node Seconds')[1] == str(seconds)
    assert result.column('Status')[1] == ('completed' if announcements == 'plan' else 'killed')


def test_a_malleable_job_gives_a_node_that_stays(scenario: Scenario) -> None:
    """At 6 s it is announced that n3 is down from 50 s on. Job 1 needs a node from 10 to 70 s: it is n2."""
    scenario.workload(steps(1, 4, 5, 8), estimated(1, 60, submit=7))
    result = plan(scenario, announced('n3', 50, at=6)).run(scheduler='builtin:malleable-min,start=max')
    assert result.starts() == [0, 10]
    assert nodes_of(result, 1) == ['n2']


def test_published_strategies_give_a_node_that_stays(scenario: Scenario) -> None:
    scenario.workload(steps(1, 4, 5, 8), estimated(1, 60, submit=7))
    result = plan(scenario, announced('n3', 50, at=6)).run(scheduler='builtin:min-agreement,start=preferred')
    assert result.column('Status') == ['completed'] * 2
    assert nodes_of(result, 1) != ['n3']


# --- Nobody starves --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('policy', [*POLICIES, 'malleable-avg', 'min-steal'])
def test_a_job_that_fits_between_no_two_outages_starts_after_one(scenario: Scenario, policy: str) -> None:
    """All nodes are off from 10 to 15 s, and for 5 s every 20 s from then on, which is known 40 s ahead. The job, of
    30 s, waits for the end of the two that it knows of; then it starts, and nodes that are to be off let it end."""
    scenario.workload(estimated(4, 30))
    plan(scenario, windows=[{'first': 10, 'every': 20, 'duration': 5, 'kind': 'off', 'lead': 40}])
    result = scenario.run(scheduler=f'builtin:{policy}')
    assert result.starts() == [35]
    assert result.ends() == [65]


@pytest.mark.parametrize('policy', [*POLICIES, 'malleable-avg', 'min-steal'])
def test_a_job_of_unknown_length_does_not_wait_for_nodes_that_never_return(scenario: Scenario, policy: str) -> None:
    scenario.workload(rigid(4, waiting(30)))
    result = plan(scenario, announced('all', 50)).run(scheduler=f'builtin:{policy}')
    assert result.starts() == [0]
    assert result.ends() == [30]


def test_a_job_that_would_be_lost_for_sure_does_not_start(scenario: Scenario) -> None:
    scenario.workload(estimated(4, 60))
    result = plan(scenario, announced('all', 50)).run(status=4)
    assert 'job 0' in result.error and 'n0' in result.error


# --- Random worlds ---------------------------------------------------------------------------------------------------


RANDOM = (*POLICIES, 'easy++', 'malleable-min', 'malleable-avg', 'malleable-pref', 'equipartition', 'min-agreement',
          'pref-steal', 'conservative,nodes=contiguous', 'easy,nodes=near', 'easy,backfill_order=sjf',
          'conservative,compression_depth=2', 'hybrid,reservations=recomputed')


def random_job(draw: random.Random) -> Json:
    seconds, submit = draw.randint(1, 20), draw.randint(0, 100)
    if draw.random() < 0.3:
        return random_malleable(draw, seconds, submit, 4)
    return estimated(draw.randint(1, 6), seconds, submit=submit)


@pytest.mark.parametrize('seed', range(len(RANDOM)))
def test_no_job_is_lost_to_an_announced_outage(scenario: Scenario, seed: int) -> None:
    """With exact estimates, whatever is announced from the beginning. Every job ends."""
    draw = random.Random(seed)
    scenario.platform(crossbar(6))
    outages = []
    for _ in range(draw.randint(3, 8)):
        begin = draw.randint(10, 150)
        nodes = [f'n{node}' for node in sorted(draw.sample(range(6), draw.randint(1, 5)))]
        outages.append(announced(nodes, begin, begin + draw.randint(1, 40), kind=draw.choice(('down', 'down', 'off'))))
    scenario.workload(*sorted((random_job(draw) for _ in range(25)), key=lambda job: float(job['submit_time'])))
    result = plan(scenario, *outages).run(scheduler=f'builtin:{RANDOM[seed]}')
    assert result.column('Status') == ['completed'] * 25
    for time, node in ((float(row['Time']), row['Node']) for row in result.nodes
                       if row['Running jobs'] not in ('none', '')):
        assert not any(node in one['nodes'] and one['from'] <= time < one['until'] for one in outages)
