"""What comes first within one instant: what runs, then submissions, then the end of walltimes; otherwise the order in
which things arose."""

from __future__ import annotations

import itertools

import pytest
from harness import (
    COMPLETED,
    KILLED,
    PERIODIC,
    POINT,
    REQUEST,
    SUBMIT,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    flexible,
    model,
    near,
    phase,
    rigid,
    start_on,
    task,
    waiting,
)

TIE = 4

# Jobs of which something happens at the tie, planned when they start at 0.
AT_TIE: dict[int, Json] = {
    COMPLETED: rigid(1, waiting(TIE)),
    POINT: flexible('malleable', 1, 1, model(phase(busy(TIE)), phase(busy(9)))),
    REQUEST: flexible('evolving', 1, 2, model(phase(busy(TIE)), phase(busy(9), evolving_request=2))),
    KILLED: rigid(1, waiting(9), walltime=TIE),
}
NAMES = {COMPLETED: 'end', POINT: 'point', REQUEST: 'request', KILLED: 'kill', SUBMIT: 'submission',
         PERIODIC: 'periodic'}


def kinds_at_tie(peer: Peer) -> list[int]:
    return [kind for kind, time in peer.kinds() if time == TIE]


def run_tie(scenario: Scenario, *jobs: Json) -> Peer:
    """Each job starts on a node of its own when it is submitted."""
    scenario.configure(schedule_on_scheduling_point=True).workload(*jobs)
    return scenario.ask(start_on({number: [number] for number in range(len(jobs))}))[1]


@pytest.mark.parametrize('first, second', itertools.product([COMPLETED, POINT, REQUEST], repeat=2),
                         ids=lambda kind: NAMES[kind])
def test_what_running_jobs_do_comes_in_the_order_in_which_it_was_planned(
        scenario: Scenario, first: int, second: int) -> None:
    assert kinds_at_tie(run_tie(scenario, AT_TIE[first], AT_TIE[second])) == [first, second]


@pytest.mark.parametrize('kind', [COMPLETED, POINT, REQUEST], ids=lambda kind: NAMES[kind])
def test_what_running_jobs_do_comes_before_a_submission(scenario: Scenario, kind: int) -> None:
    assert kinds_at_tie(run_tie(scenario, AT_TIE[kind], rigid(submit=TIE))) == [kind, SUBMIT]


@pytest.mark.parametrize('kind', [COMPLETED, POINT, REQUEST], ids=lambda kind: NAMES[kind])
@pytest.mark.parametrize('interval', [4, 2])
def test_a_periodic_invocation_comes_before_what_the_ends_of_tasks_lead_to(
        scenario: Scenario, kind: int, interval: int) -> None:
    """Ends, points and requests arise when the last task is over, at the tie; periodic invocations are planned."""
    scenario.configure(scheduling_interval=interval)
    assert kinds_at_tie(run_tie(scenario, AT_TIE[kind])) == [PERIODIC, kind]


@pytest.mark.parametrize('interval', [4, 2])
def test_a_periodic_invocation_comes_before_a_submission(scenario: Scenario, interval: int) -> None:
    scenario.configure(scheduling_interval=interval)
    assert kinds_at_tie(run_tie(scenario, rigid(1, waiting(9)), rigid(submit=TIE))) == [PERIODIC, SUBMIT]


@pytest.mark.parametrize('kind', [COMPLETED, POINT, REQUEST], ids=lambda kind: NAMES[kind])
def test_the_end_of_a_walltime_comes_after_what_running_jobs_do(scenario: Scenario, kind: int) -> None:
    assert kinds_at_tie(run_tie(scenario, AT_TIE[KILLED], AT_TIE[kind])) == [kind, KILLED]


def test_the_end_of_a_walltime_comes_after_submissions_and_periodic_invocations(scenario: Scenario) -> None:
    scenario.configure(scheduling_interval=2)
    assert kinds_at_tie(run_tie(scenario, AT_TIE[KILLED], rigid(submit=TIE))) == [PERIODIC, SUBMIT, KILLED]


def test_ends_of_walltimes_come_in_the_order_of_the_starts(scenario: Scenario) -> None:
    peer = run_tie(scenario, AT_TIE[KILLED], AT_TIE[KILLED])
    assert [message['job_id'] for message in peer.of_kind(KILLED)] == [0, 1]


def test_submissions_of_one_instant_come_in_the_order_of_the_file(scenario: Scenario) -> None:
    peer = run_tie(scenario, rigid(submit=TIE), rigid(submit=TIE))
    assert [message['job_id'] for message in peer.of_kind(SUBMIT)] == [0, 1]


def test_what_a_kill_by_the_scheduler_leads_to_comes_before_a_submission(scenario: Scenario) -> None:
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.workload(AT_TIE[POINT], rigid(1, waiting(9)), rigid(submit=TIE))
    start = start_on({0: [0], 1: [1], 2: [2]})
    _, peer = scenario.ask(lambda peer: [change(1, kill=True)] if peer.kind == POINT else start(peer))
    assert kinds_at_tie(peer) == [POINT, KILLED, SUBMIT]


# --- Invocations that were put off: at 1 s, to the tie ---------------------------------------------------------


@pytest.mark.parametrize('kind', [COMPLETED, POINT, REQUEST, SUBMIT], ids=lambda kind: NAMES[kind])
def test_what_else_happens_when_a_put_off_invocation_is_due_gets_it(scenario: Scenario, kind: int) -> None:
    """The one put off then has nothing new to tell and follows after the least interval."""
    scenario.configure(min_scheduling_interval=TIE)
    third = [rigid(submit=TIE)] if kind == SUBMIT else []
    peer = run_tie(scenario, AT_TIE.get(kind, rigid(1, waiting(9))), rigid(1, waiting(9), 1), *third)
    assert peer.kinds()[:3] == [(SUBMIT, 0), (kind, TIE), (PERIODIC, 2 * TIE)]


def test_a_put_off_invocation_comes_before_the_end_of_a_walltime(scenario: Scenario) -> None:
    scenario.configure(min_scheduling_interval=TIE)
    peer = run_tie(scenario, AT_TIE[KILLED], rigid(1, waiting(9), 1))
    assert peer.kinds() == [(SUBMIT, 0), (PERIODIC, TIE), (PERIODIC, 2 * TIE), (COMPLETED, 13)]


def test_a_put_off_invocation_comes_after_a_periodic_one(scenario: Scenario) -> None:
    """Its jobs are seen by the periodic one, and started at the tie."""
    scenario.configure(min_scheduling_interval=TIE, scheduling_interval=TIE)
    peer = run_tie(scenario, rigid(1, waiting(9)), rigid(1, waiting(7), 1))
    assert peer.kinds()[:3] == [(SUBMIT, 0), (PERIODIC, TIE), (PERIODIC, 2 * TIE)]
    assert peer.jobs[1]['start_time'] == TIE


# --- Whole schedules ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize('model_name', ['flow', 'simgrid'])
@pytest.mark.parametrize('application', [
    waiting(TIE), model(phase(task('cpu', bytes=8e9, communication_pattern='all_to_all')))],
    ids=['timer', 'exchange'])
def test_a_moldable_job_submitted_when_another_ends_gets_its_nodes(
        scenario: Scenario, application: Json, model_name: str) -> None:
    """The exchange moves 4 GB each way over links of 1 GB/s."""
    scenario.workload(rigid(2, application), flexible('moldable', 1, 4, waiting(1), submit=TIE))
    result = scenario.run(f'--model={model_name}', scheduler='builtin:fcfs')
    assert result.starts() == near([0, TIE]) and result.ends() == near([TIE, TIE + 1])
    assert result.column('Nodes At Start') == ['2', '4']


def test_loads_that_take_no_time_are_over_before_a_submission_of_their_instant(scenario: Scenario) -> None:
    """Ten exchanges of nothing follow the compute that ends with the submission."""
    nothing = task('cpu', bytes=0, communication_pattern='all_to_all', iterations=10)
    scenario.workload(rigid(4, model(phase(busy(TIE), nothing))),
                      flexible('moldable', 1, 4, waiting(1), submit=TIE))
    assert kinds_at_tie(scenario.ask(start_on({0: range(4), 1: range(4)}))[1]) == [COMPLETED, SUBMIT]


# --- Progress ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('kind, keys, asked', [
    ('malleable', {}, POINT), ('adaptive', {}, POINT),
    ('adaptive', {'evolving_request': '1 + (phase_iteration + 1) % 2'}, REQUEST),
    ('evolving', {'evolving_request': '1 + phase_iteration % 2'}, REQUEST)])
def test_after_iteration_k_the_scheduler_is_told_that_k_are_completed(
        scenario: Scenario, kind: str, keys: Json, asked: int) -> None:
    """Also of the second phase, and after a reconfiguration."""
    scenario.configure(schedule_on_scheduling_point=True)
    scenario.workload(flexible(kind, 1, 2, model(phase(busy(1), iterations=3, **keys), phase(busy(1), **keys))))
    told: list[tuple[float, int]] = []

    def decide(peer: Peer) -> list[Json]:
        if peer.kind != asked:
            return start_on({0: [0]})(peer)
        assert [job['id'] for job in peer.message['jobs']] == [0]
        told.append((peer.time, peer.job['completed_phases']))
        return [change(0, [0, 1] if len(peer.job['assigned_nodes']) == 1 else [0])]

    scenario.ask(decide)
    assert told and told == [(time, time) for time, _ in told]


def test_the_progress_of_rigid_jobs_is_current_at_periodic_invocations(scenario: Scenario) -> None:
    scenario.configure(scheduling_interval=1.6)
    scenario.workload(rigid(2, waiting(1, 5)))
    _, peer = scenario.ask(start_on({0: [0, 1]}))
    assert [(message['time'], job['completed_phases']) for message in peer.messages for job in message['jobs']] == \
        [(0, 0), (1.6, 1), (3.2, 3), (near(4.8), 4), (5, 5)]
