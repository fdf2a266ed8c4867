"""Jobs that wait for others: when each kind of dependency holds, when it never can, who is told what of it, and what is
refused at the start. All schedules are worked out by hand; a job takes as long as its model waits."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from harness import (
    COMPLETED,
    KILLED,
    PENDING,
    SUBMIT,
    Json,
    Peer,
    Result,
    Scenario,
    change,
    flexible,
    rigid,
    start_pending,
    waiting,
)

KINDS = ('after', 'after_ok', 'after_not_ok', 'after_any')


def after(kind: str, other: str | int, delay: float | None = None) -> Json:
    return {kind: other} if delay is None else {kind: other, 'delay': delay}


def dependent(*dependencies: Json, nodes: int = 1, seconds: float = 1, **keys: Any) -> Json:
    return rigid(nodes, waiting(seconds), dependencies=list(dependencies), **keys)


def rows(result: Result) -> list[tuple[str, float, float, float]]:
    """Status, eligible, start and end time of each job."""
    return [(job['Status'], float(job['Eligible Time']), float(job['Start Time']), float(job['End Time']))
            for job in result.jobs]


# --- Each kind, and how the other ends -------------------------------------------------------------------------------

# The job waited for is submitted at 1, runs from 1 and ends at 5: complete, killed by its walltime, killed by the
# scheduler as it runs, killed by the scheduler before it starts (at 5 also), or it is cancelled at its submit time, 1.
ENDS = {'complete': 5, 'walltime': 5, 'killed': 5, 'killed pending': 5, 'cancelled': 1}
HOLDS = {
    'after': {'complete': 1, 'walltime': 1, 'killed': 1, 'killed pending': 5, 'cancelled': 1},
    'after_ok': {'complete': 5},
    'after_not_ok': {'walltime': 5, 'killed': 5, 'killed pending': 5, 'cancelled': 1},
    'after_any': ENDS,
}


def other_job(end: str) -> list[Json]:
    """The job that is waited for, and one that the test needs beside it."""
    application = waiting(4 if end == 'complete' else 50)
    keys: Json = {'name': 'other', 'submit': 1}
    if end == 'walltime':
        keys['walltime'] = 4
    if end == 'cancelled':
        keys['dependencies'] = [{'after_not_ok': 'first'}]
    first = rigid(1, waiting(1), name='first')
    clock = rigid(1, waiting(4), submit=1, name='clock')  # ends at 5
    return [first, rigid(1, application, **keys), clock]


def decide(end: str) -> object:
    def answer(peer: Peer) -> list[Json]:
        kills = []
        if end.startswith('killed') and peer.kind == COMPLETED and peer.job['name'] == 'clock':
            kills = [change(1, kill=True)]
        held = {1} if end == 'killed pending' else set()
        free = peer.free()
        return kills + [change(job['id'], [free.pop(0)]) for job in peer.in_state(PENDING) if job['id'] not in held]
    return answer


@pytest.mark.parametrize('delay', [None, 2.5])
@pytest.mark.parametrize('end', ENDS)
@pytest.mark.parametrize('kind', KINDS)
def test_when_a_dependency_holds(scenario: Scenario, kind: str, end: str, delay: float | None) -> None:
    scenario.workload(*other_job(end), dependent(after(kind, 'other', delay), submit=1, name='last'))
    result, peer = scenario.ask(decide(end))  # type: ignore[arg-type]
    last = rows(result)[3]
    if end in HOLDS[kind]:
        eligible = HOLDS[kind][end] + (delay or 0)
        assert last == ('completed', eligible, eligible, eligible + 1)
        assert peer.jobs[3].get('eligible_time', 1) == eligible and peer.jobs[3]['submit_time'] == 1
    else:
        how = {'complete': 'is complete', 'cancelled': 'was cancelled'}.get(end, 'was killed')
        assert last == ('cancelled', -1, -1, ENDS[end])
        assert result.jobs[3]['Reason'] == f'{kind} of job 1, which {how}'
        assert 3 not in peer.jobs
    assert (1 in peer.jobs) == (end != 'cancelled')


@pytest.mark.parametrize('kind', KINDS)
def test_what_holds_before_the_submit_time_changes_nothing(scenario: Scenario, kind: str) -> None:
    walltime = {'walltime': 2} if kind == 'after_not_ok' else {}
    scenario.workload(rigid(1, waiting(3), **walltime), dependent(after(kind, 0, 1), submit=9))
    result = scenario.run()
    assert rows(result)[1] == ('completed', 9, 9, 10)


@pytest.mark.parametrize('kind, walltime', [('after_ok', 2), ('after_not_ok', 9)])
def test_what_can_never_hold_cancels_at_the_submit_time_if_that_is_later(
        scenario: Scenario, kind: str, walltime: float) -> None:
    scenario.workload(rigid(1, waiting(3), walltime=walltime), dependent(after(kind, 0, 100), submit=9))
    result = scenario.run('--summary')
    assert rows(result)[1] == ('cancelled', -1, -1, 9)
    assert 'jobs cancelled                  1\n' in result.stdout


def test_all_of_several_dependencies_have_to_hold(scenario: Scenario) -> None:
    """After the start of 0 (0) by 4, the end of 1 (3), and the end of 2 (2) by 1.5: at 4."""
    scenario.workload(rigid(1, waiting(5)), rigid(1, waiting(3)), rigid(1, waiting(2)),
                      dependent(after('after', 0, 4), after('after_ok', 1), after('after_any', 2, 1.5)))
    assert rows(scenario.run())[3] == ('completed', 4, 4, 5)


def test_the_first_dependency_that_can_never_hold_cancels_at_once(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(5)), rigid(1, waiting(9), walltime=3),
                      dependent(after('after_ok', 0), after('after_ok', 1)))
    result = scenario.run()
    assert rows(result)[2] == ('cancelled', -1, -1, 3)
    assert result.jobs[2]['Reason'] == 'after_ok of job 1, which was killed'


def test_a_chain_runs_link_by_link(scenario: Scenario) -> None:
    jobs = [rigid(4, waiting(2))] + [dependent(after('after_ok', i, 1), nodes=4, seconds=2) for i in range(3)]
    scenario.workload(*jobs)
    assert rows(scenario.run()) == [('completed', 3 * i, 3 * i, 3 * i + 2) for i in range(4)]


def test_a_chain_is_cancelled_to_its_end(scenario: Scenario) -> None:
    """Its last link waits for any end, and runs."""
    scenario.workload(rigid(1, waiting(9), walltime=2), *[dependent(after('after_ok', i)) for i in range(3)],
                      dependent(after('after_any', 3, 2)))
    result = scenario.run()
    assert rows(result) == [('killed', 0, 0, 2), *[('cancelled', -1, -1, 2)] * 3, ('completed', 4, 4, 5)]
    assert [job['Reason'] for job in result.jobs] == [
        '', 'after_ok of job 0, which was killed', 'after_ok of job 1, which was cancelled',
        'after_ok of job 2, which was cancelled', '']


def test_a_diamond_closes_with_the_later_side(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(1), name='top'), dependent(after('after_ok', 'top'), seconds=2, name='left'),
                      dependent(after('after_ok', 'top'), seconds=5, name='right'),
                      dependent(after('after_ok', 'left'), after('after_ok', 'right')))
    assert rows(scenario.run()) == [('completed', 0, 0, 1), ('completed', 1, 1, 3), ('completed', 1, 1, 6),
                                    ('completed', 6, 6, 7)]


def test_a_long_chain_is_no_chain_of_calls(scenario: Scenario) -> None:
    """In the order of the file against that of the dependencies; all but the first are cancelled."""
    count = 50000
    model = waiting(1)
    jobs = [rigid(1, model, dependencies=[after('after_not_ok' if i == count - 2 else 'after_ok', i + 1)])
            for i in range(count - 1)]
    scenario.workload()
    scenario.write('a.json', model)
    scenario.write('jobs.json', {'jobs': [{**job, 'application_model': 'a.json'} for job in [*jobs, rigid(1, model)]]})
    result = scenario.run('--summary')
    assert f'jobs cancelled       {count - 1:12}\n' in result.stdout


# --- Order within an instant -----------------------------------------------------------------------------------------


def submissions(peer: Peer) -> list[int]:
    return [message['job_id'] for message in peer.of_kind(SUBMIT)]


def test_what_becomes_eligible_is_submitted_after_what_was_to_be_submitted_then(scenario: Scenario) -> None:
    """At 4, job 0 ends, of which the scheduler hears first; job 3 was to be submitted since 1; job 2, which had its
    delay since 1, too, was planned before it; job 1 follows from the end."""
    scenario.workload(rigid(1, waiting(4)), dependent(after('after_any', 0)),
                      dependent(after('after', 0, 4)), rigid(1, waiting(1), submit=4))
    _, peer = scenario.ask(start_pending)
    assert [kind for kind, time in peer.kinds() if time == 4] == [COMPLETED, SUBMIT, SUBMIT, SUBMIT]
    assert sorted(submissions(peer)[1:]) == [1, 2, 3] and submissions(peer)[-1] == 1


def test_dependents_of_one_end_are_submitted_in_the_order_of_their_ids(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(4)), *[dependent(after('after_any', 0)) for _ in range(5)])
    _, peer = scenario.ask(start_pending)
    assert submissions(peer) == [0, 1, 2, 3, 4, 5]


def test_a_submission_at_the_instant_of_a_walltime_comes_before_the_kill_and_its_dependents_after_it(
        scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(9), walltime=4), dependent(after('after_not_ok', 0)), rigid(submit=4))
    _, peer = scenario.ask(start_pending)
    at_tie = [(kind, message.get('job_id')) for (kind, time), message in zip(peer.kinds(), peer.messages) if time == 4]
    assert at_tie == [(SUBMIT, 2), (KILLED, 0), (SUBMIT, 1)]


def test_who_became_eligible_later_comes_later_whatever_its_id(scenario: Scenario) -> None:
    """All four nodes are taken until 10. Job 1 becomes eligible at 5, job 2 was submitted at 3."""
    scenario.workload(rigid(4, waiting(10)), dependent(after('after', 0, 5), nodes=4), rigid(4, waiting(2), submit=3))
    for policy in ('fcfs', 'easy', 'conservative', 'easy,decide=instant'):
        assert [row[2] for row in rows(scenario.run(scheduler=f'builtin:{policy}'))] == [0, 12, 10], policy


# --- Who is told what ------------------------------------------------------------------------------------------------

FIRST_COME = '''
import os

from elastisim_python import JobState, NodeState, pass_algorithm


def schedule(jobs, nodes, system):
    waiting = sorted((job for job in jobs if job.state == JobState.PENDING),
                     key=lambda job: (job.eligible_time, job.identifier))
    free = [node for node in nodes if node.state == NodeState.FREE]
    for job in waiting:
        if job.num_nodes > len(free):
            break
        job.assign(free[:job.num_nodes])
        del free[:job.num_nodes]


pass_algorithm(schedule, os.environ['ELASTISIM_URL'])
'''


def test_schedulers_in_python_and_c_give_the_same_schedule(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(10)), dependent(after('after', 0, 5), nodes=4, seconds=3),
                      rigid(2, waiting(2), submit=3), dependent(after('after_ok', 2), submit=1, seconds=4),
                      dependent(after('after_not_ok', 2)), dependent(after('after_any', 4, 1)))
    builtin = scenario.run().text('job_statistics')
    assert rows(scenario.run(scheduler=scenario.script(FIRST_COME))) == [
        ('completed', 0, 0, 10), ('completed', 5, 12, 15), ('cancelled', -1, -1, 12), ('completed', 13, 15, 16),
        ('completed', 12, 15, 19), ('completed', 3, 10, 12)]
    assert scenario.run(scheduler=scenario.script(FIRST_COME)).text('job_statistics') == builtin


def test_journal_and_log_tell_of_a_cancelled_job(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(9), walltime=2), dependent(after('after_ok', 0), name='late'))
    scenario.configure(events='out/events.jsonl')
    result = scenario.run('--log=elastisim.thresh:info')
    events = [json.loads(line) for line in (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines()]
    assert {'time': 2, 'kind': 'cancel', 'job': 1, 'reason': 'after_ok of job 0, which was killed'} in events
    assert not any(event['kind'] == 'submit' and event['job'] == 1 for event in events)
    assert events[-1] == {'time': 2, 'kind': 'end', 'completed': 0, 'killed': 1, 'unfinished': 0, 'cancelled': 1}
    assert 'job 1 (late) is cancelled: after_ok of job 0, which was killed' in result.stderr + result.stdout


def test_without_dependencies_results_have_no_columns_for_them(scenario: Scenario) -> None:
    scenario.workload(rigid(), rigid(dependencies=[]), rigid(dependencies=None))
    assert 'Eligible Time' not in scenario.run().jobs[0]


# --- What is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('cancelled, rule', [(False, 'it is not submitted: it waits for other jobs'),
                                             (True, 'it is not submitted: it was cancelled')])
def test_a_scheduler_may_not_start_what_is_not_submitted(scenario: Scenario, cancelled: bool, rule: str) -> None:
    kind = 'after_not_ok' if cancelled else 'after_ok'
    scenario.workload(rigid(1, waiting(2)), dependent(after(kind, 0)), rigid(1, waiting(9)), rigid(submit=3))

    def answer(peer: Peer) -> list[Json]:
        if peer.time == (3 if cancelled else 0) and peer.message['job_id'] == (3 if cancelled else 2):
            return [change(1, [3])]
        return start_pending(peer)

    result, _ = scenario.ask(answer, status=3)
    assert result.error.endswith(f'job 1: {rule}')


def test_what_waits_for_a_job_that_is_never_started_is_named(scenario: Scenario) -> None:
    scenario.workload(rigid(name='first'), dependent(after('after_ok', 'first')))
    result, _ = scenario.ask(lambda peer: [], status=4)
    assert result.error == (
        'the simulation is stuck at 0 s: nothing is left to happen while 2 of 2 jobs wait; the scheduler starts none '
        'of them:\n  job 0 waits to be started: it takes 1 node, 4 of 4 are free\n'
        '  job 1 is not submitted: it waits for job 0 (after_ok)')


BAD = [
    ([{'after_ok': 'nobody'}], "dependencies[0]: there is no job named 'nobody'"),
    ([{'after': 0}, {'after_ok': 7}], 'dependencies[1]: there is no jobs[7]; positions are 0 to 3'),
    ([{'after_ok': 'twin'}],
     "dependencies[0]: jobs[1] and jobs[2] are both named 'twin'; give the position instead"),
    ([{'after_ok': 3}], 'dependencies[0]: waits for itself: it could never be submitted'),
    ([{'after': 1.5}], 'dependencies[0].after: must be an integer, is 1.5'),
    ([{'after': None}],
     "dependencies[0].after: must be the name of a job, or its position in 'jobs' (from 0), is null"),
    ([{'after': 0, 'after_ok': 0}],
     "dependencies[0]: has both 'after' and 'after_ok'; write two dependencies, one of each"),
    ([{'delay': 3}], "dependencies[0]: a dependency needs one of 'after', 'after_ok', 'after_not_ok' and 'after_any' "
                     'with the name or position of a job'),
    ([{'after': 0, 'delay': -1}], 'dependencies[0].delay: must be'),
    (['first'], 'dependencies[0]: must be an object, is a string'),
    ({'after': 0}, 'dependencies: must be a list, is an object'),
]


@pytest.mark.parametrize('dependencies, message', BAD, ids=[message[:40] for _, message in BAD])
def test_what_a_dependency_must_be(scenario: Scenario, dependencies: object, message: str) -> None:
    scenario.workload(rigid(), rigid(name='twin'), rigid(name='twin'), rigid(dependencies=dependencies))
    error = scenario.run(status=2).error
    assert error.startswith('jobs.json: jobs[3].') and message in error


def test_a_circle_is_told_with_its_jobs_in_the_order_of_the_file(scenario: Scenario) -> None:
    """Sorted by their submit times, they stand the other way round."""
    scenario.workload(dependent(after('after_any', 1, 5), submit=3), dependent(after('after', 2), submit=2),
                      dependent(after('after_ok', 0), submit=1), rigid())
    assert scenario.run(status=2).error == (
        'jobs.json: jobs[2].dependencies[0]: waits for jobs[0], which waits for jobs[1], which waits for jobs[2] '
        'again: none of them could ever be submitted')


def test_delays_that_add_up_beyond_numbers_are_refused(scenario: Scenario) -> None:
    scenario.workload(rigid(), dependent(after('after', 0, 1.5e308)), dependent(after('after', 1, 1.5e308)))
    assert scenario.run(status=2).error == (
        'jobs.json: jobs[2]: the delays of its dependencies and of those it waits for add up to more than a number can '
        'hold')


def test_delays_through_which_periodic_invocations_never_end_are_refused(scenario: Scenario) -> None:
    scenario.workload(rigid(), dependent(after('after', 0, 1e15))).configure(scheduling_interval=1)
    assert "look at that 'delay'" in scenario.run(status=2).error


def test_an_unknown_key_of_a_dependency_is_a_warning(scenario: Scenario) -> None:
    scenario.workload(rigid(), dependent({'after': 0, 'dely': 3}))
    assert "did you mean 'delay'" in scenario.run().warnings[0]


def test_a_malleable_job_may_wait_as_well(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(3)), {**flexible('malleable'), 'dependencies': [{'after_ok': 0}]})
    assert rows(scenario.run())[1] == ('completed', 3, 3, 4)


# --- Any workload ----------------------------------------------------------------------------------------------------


def random_jobs(seed: int, count: int = 120) -> list[Json]:
    dice = random.Random(seed)
    jobs = []
    for i in range(count):
        job = rigid(dice.randint(1, 3), waiting(3), dice.choice([0, i // 4]), name=f'j{i}',
                    walltime=dice.choice([0, 2, 9]))
        others = dice.sample(range(i), min(i, dice.randint(0, 3)))
        job['dependencies'] = [after(dice.choice(KINDS), k if dice.random() < 0.5 else f'j{k}',
                                     dice.choice([None, 0, 1, 2.5])) for k in others]
        jobs.append(job)
    return jobs


def holds_at(kind: str, other: dict[str, str]) -> float | None:
    """When a dependency held, by what job_statistics says of the other job; None if it never did."""
    start, end, status = float(other['Start Time']), float(other['End Time']), other['Status']
    if kind == 'after':
        return start if start >= 0 else end
    return end if kind == 'after_any' or (kind == 'after_ok') == (status == 'completed') else None


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('policy', ['fcfs', 'easy', 'conservative', 'easy,decide=instant', 'sjf'])
def test_each_job_is_submitted_or_cancelled_when_its_dependencies_say_so(
        scenario: Scenario, policy: str, seed: int) -> None:
    jobs = random_jobs(seed)
    scenario.workload(*jobs)
    told = {row['Name']: row for row in scenario.run(scheduler=f'builtin:{policy}').jobs}
    for job in jobs:
        row, submit = told[job['name']], job['submit_time']
        eligible, never = [submit], []
        for dependency in job['dependencies']:
            kind = next(key for key in dependency if key != 'delay')
            name = dependency[kind] if isinstance(dependency[kind], str) else f'j{dependency[kind]}'
            time = holds_at(kind, told[name])
            if time is None:
                never.append(float(told[name]['End Time']))
            else:
                eligible.append(time + dependency.get('delay', 0))
        if never:
            assert (row['Status'], float(row['End Time'])) == ('cancelled', max(submit, min(never))), job
        else:
            assert row['Status'] in ('completed', 'killed'), job
            assert float(row['Eligible Time']) == max(eligible) <= float(row['Start Time']), job
