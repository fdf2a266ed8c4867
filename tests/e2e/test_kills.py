"""Kills: by walltime, with and without grace, and by the scheduler, at any moment of a job's life; and that
nothing of a killed job stays behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from harness import (
    COMPLETED,
    FREE,
    KILLED,
    PERIODIC,
    POINT,
    RECONFIGURATION,
    REQUEST,
    SUBMIT,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    cpu,
    crossbar,
    flexible,
    idle,
    model,
    near,
    phase,
    rigid,
    start_on,
    start_pending,
    task,
    waiting,
)

# What a job may be in the middle of after a second, on two nodes.
WORK: dict[str, Json] = {
    'computing': model(phase(cpu(9e9))),
    'sleeping': model(phase(idle(9))),
    'exchanging': model(phase(task('cpu', bytes=20e9, communication_pattern='all_to_all'))),
    'coupled': model(phase(cpu(9e9, bytes=20e9, communication_pattern='ring', coupled=True))),
    'reading': model(phase(task('pfs_read', bytes=20e9, pattern='all_ranks'))),
    'writing': model(phase(task('pfs_write', bytes=20e9, pattern='all_ranks'))),
    'writing in the background': model(phase(task('pfs_write', bytes=20e9, pattern='all_ranks', **{'async': True}),
                                             busy(9))),
    'awaiting background I/O': model(phase(task('pfs_write', bytes=20e9, pattern='all_ranks', **{'async': True}))),
    'using the burst buffer': model(phase(task('bb_write', bytes=20e9, pattern='uniform'))),
    'using GPUs': model(phase(task('gpu', flops=18e9, computation_pattern='uniform', bytes=20e9,
                                   communication_pattern='all_to_all'))),
    'meeting': model(phase(busy([0.5, 9], pattern='vector'))),
    'initializing': model(phase(busy(1)), on_init=phase(busy(9))),
    'in a sequence': model(phase(task('sequence', iterations=9, tasks=[busy(0.3), idle(0.4)]))),
    'between phases': model(phase(busy(0.001), iterations=9000)),
}

# A job that needs everything, and finds it free or not.
EVERYTHING = model(phase(
    cpu(1e9, bytes=2e9, communication_pattern='all_to_all'),
    task('pfs_write', bytes=1e9, pattern='all_ranks'), task('pfs_read', bytes=2e9, pattern='all_ranks'),
    task('bb_write', bytes=1e9, pattern='uniform'), task('bb_read', bytes=1e9, pattern='uniform'),
    task('gpu', flops=2e9, computation_pattern='uniform', bytes=6e9, communication_pattern='all_to_all')))


def equipped(scenario: Scenario) -> Scenario:
    return scenario.platform(crossbar(2, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps', node_local_bb='true',
                                      bb_read_bw='1GBps', bb_write_bw='1GBps'))


def undisturbed(scenario: Scenario) -> float:
    """How long the job that needs everything takes on its own."""
    result = equipped(scenario).workload(rigid(2, EVERYTHING, num_gpus_per_node=2)).run()
    return result.ends()[0]


# --- Walltime --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('walltime, grace, end, status', [
    (0, 0, 5, 'completed'), (6, 0, 5, 'completed'), (4, 0, 4, 'killed'), (2.5, 0, 2.5, 'killed'),
    (4, 0.5, 4.5, 'killed'), (4, 2, 5, 'completed'), (0, 2, 5, 'completed'),
    # A job that completes at the very instant is complete.
    (5, 0, 5, 'completed'), (4, 1, 5, 'completed'),
])
def test_a_job_is_killed_when_walltime_and_grace_are_over(
        scenario: Scenario, walltime: float, grace: float, end: float, status: str) -> None:
    scenario.workload(rigid(2, waiting(1, 5), walltime=walltime)).configure(job_kill_grace_period=grace)
    result = scenario.run()
    assert (result.ends(), result.column('Status')) == ([end], [status])


@pytest.mark.parametrize('submit', [0, 0.1, 1e6])
@pytest.mark.parametrize('seconds, iterations', [(0.1, 10), (1 / 3, 3), (0.7, 30)])
def test_rounding_of_sums_of_times_does_not_get_a_job_killed_at_its_end(
        scenario: Scenario, submit: float, seconds: float, iterations: int) -> None:
    scenario.workload(rigid(1, waiting(seconds, iterations), submit, walltime=round(seconds * iterations, 6)))
    assert scenario.run().column('Status') == ['completed']


@pytest.mark.parametrize('bytes_', [1e9, 3e9, 7.7e9])
def test_a_transfer_that_ends_at_the_walltime_completes(scenario: Scenario, bytes_: float) -> None:
    write = model(phase(task('pfs_write', bytes=bytes_, pattern='uniform')))
    scenario.workload(rigid(1, write, 0.3, walltime=bytes_ / 1e9))
    assert scenario.run().column('Status') == ['completed']


def test_the_walltime_counts_from_the_start(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(10)), rigid(4, waiting(9), walltime=3))
    assert scenario.run().ends() == [10, 13]


def test_a_walltime_kill_is_told_and_gives_the_nodes_back(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(9), walltime=3), rigid(4, waiting(1), 1))
    result, peer = scenario.ask(start_pending)
    assert peer.kinds() == [(SUBMIT, 0), (SUBMIT, 1), (KILLED, 3), (COMPLETED, 4)]
    message, = peer.of_kind(KILLED)
    assert message['job_id'] == 0 and {job['id']: job['state'] for job in message['jobs']}[0] == 8
    assert result.starts() == [0, 3] and result.column('Status') == ['killed', 'completed']


@pytest.mark.parametrize('told', [True, False])
def test_a_kill_invokes_the_scheduler_only_with_schedule_on_job_finalize(scenario: Scenario, told: bool) -> None:
    scenario.workload(rigid(1, waiting(9), walltime=3), rigid(1, waiting(1), 5))
    scenario.configure(schedule_on_job_finalize=told, scheduling_interval=100)
    _, peer = scenario.ask(start_pending)
    assert len(peer.of_kind(KILLED)) == int(told)


@pytest.mark.parametrize('doing', WORK)
def test_nothing_of_a_job_killed_by_its_walltime_stays_behind(scenario: Scenario, doing: str) -> None:
    """Whatever it was doing, the next job takes as long as on its own."""
    alone = undisturbed(scenario)
    scenario.workload(rigid(2, WORK[doing], walltime=1, num_gpus_per_node=2),
                      rigid(2, EVERYTHING, num_gpus_per_node=2))
    result = scenario.run()
    assert result.column('Status') == ['killed', 'completed']
    assert result.starts() == near([0, 1]) and result.ends() == near([1, 1 + alone])


@pytest.mark.parametrize('doing', WORK)
def test_nothing_of_a_killed_job_stays_behind_on_oversubscribed_nodes(scenario: Scenario, doing: str) -> None:
    """The second job starts on the same nodes in the instant of the kill."""
    alone = undisturbed(scenario)
    scenario.workload(rigid(2, WORK[doing], num_gpus_per_node=2), rigid(2, EVERYTHING, submit=1, num_gpus_per_node=2))
    scenario.configure(allow_oversubscription=True)
    result, _ = scenario.ask(lambda peer: [change(0, [0, 1])] if peer.message['job_id'] == 0 and peer.time == 0
                             else [change(0, kill=True), change(1, [0, 1])] if peer.time == 1 and peer.kind == SUBMIT
                             else [])
    assert result.ends() == near([1, 1 + alone])


# --- By the scheduler ------------------------------------------------------------------------------------------


def killing(times: dict[tuple[int, float], list[int]], start: dict[int, list[int]] | None = None
            ) -> Callable[[Peer], list[Json]]:
    """A function for a Peer that kills jobs at invocations of these types and times."""
    def decide(peer: Peer) -> list[Json]:
        for (kind, time), jobs in times.items():
            if kind == peer.kind and time == peer.time:
                return [change(job, kill=True) for job in jobs]
        return start_on(start or {0: [0, 1]})(peer)
    return decide


@pytest.mark.parametrize('doing', WORK)
def test_a_kill_acts_at_once_whatever_the_job_is_doing(scenario: Scenario, doing: str) -> None:
    equipped(scenario).workload(rigid(2, WORK[doing], num_gpus_per_node=2)).configure(scheduling_interval=1)
    result, peer = scenario.ask(killing({(PERIODIC, 1): [0]}))
    assert result.column('Status') == ['killed'] and result.ends() == [1]
    assert float(result.column('Node Seconds')[0]) == 2


def test_a_kill_is_followed_by_an_invocation_in_the_same_instant(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(9)), rigid(1, waiting(9), 5)).configure(scheduling_interval=3)
    _, peer = scenario.ask(killing({(PERIODIC, 3): [0]}, {0: [0, 1], 1: [0]}))
    assert peer.kinds()[:3] == [(SUBMIT, 0), (PERIODIC, 3), (KILLED, 3)]
    message, = peer.of_kind(KILLED)[:1]
    assert message['job_id'] == 0
    assert [(job['id'], job['state'], job['end_time'], job['assigned_nodes']) for job in message['jobs']] == [
        (0, 8, 3, [])]
    assert {node['id']: node['state'] for node in message['nodes']} == {0: FREE, 1: FREE}


def test_a_pending_job_can_be_killed_and_was_never_started(scenario: Scenario) -> None:
    scenario.workload(rigid(2), rigid(2))
    result, peer = scenario.ask(lambda peer: [change(1, kill=True)] if peer.message['job_id'] == 1 and peer.kind ==
                                SUBMIT else start_on({0: [0, 1]})(peer))
    assert result.column('Status') == ['completed', 'killed']
    assert result.jobs[1] == {
        'ID': '1', 'Type': 'rigid', 'Submit Time': '0', 'Start Time': '-1', 'End Time': '0', 'Wait Time': '-1',
        'Makespan': '-1', 'Turnaround Time': '0', 'Status': 'killed', 'Name': '', 'Nodes At Start': '0',
        'Nodes Min': '0', 'Nodes Max': '0', 'Node Seconds': '0', 'Reconfigurations': '0', 'Completed Phases': '0'}


def test_killing_a_job_at_its_own_scheduling_point_frees_its_nodes(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 5)), rigid(4, waiting(1), 1))
    scenario.configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(lambda peer: [change(0, kill=True), change(1, [3, 2, 1, 0])] if peer.kind == POINT
                             else start_on({0: [0, 1, 2, 3]})(peer))
    assert result.starts() == [0, 2] and result.ends() == [2, 3]


def test_killing_a_job_at_its_own_evolving_request_frees_its_nodes(scenario: Scenario) -> None:
    asking = model(phase(busy(2), iterations=5, evolving_request='num_nodes + 1'))
    scenario.workload(flexible('evolving', 1, 4, asking), rigid(4, waiting(1), 1))
    result, _ = scenario.ask(lambda peer: [change(0, kill=True), change(1, [3, 2, 1, 0])] if peer.kind == REQUEST
                             else start_on({0: [0, 1]})(peer))
    assert result.starts() == [0, 2] and result.ends() == [2, 3]


def test_killing_a_job_with_a_waiting_change_frees_its_reservation(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(10, 2)), rigid(4, waiting(1), 2.5))
    scenario.configure(scheduling_interval=1)

    def decide(peer: Peer) -> list[Json]:
        plan: dict[float, list[Json]] = {1: [change(0, [0, 1, 2, 3])], 2: [change(0, kill=True)]}
        return plan.get(peer.time, start_on({0: [0, 1], 1: [0, 1, 2, 3]})(peer))

    result, peer = scenario.ask(decide)
    assert result.ends() == [2, 3.5]
    assert [row['Time'] for row in result.nodes if row['Node'] == 'n3'] == ['0', '1', '2', '2.5', '3.5']


@pytest.mark.parametrize('moment', [4, 9])
def test_killing_a_job_in_the_middle_of_a_reconfiguration_frees_all_nodes(scenario: Scenario, moment: float) -> None:
    """It reconfigures from 2 s to 7 s and its new nodes expand until 12 s."""
    application = model(phase(busy(2), iterations=5), on_reconfiguration=phase(busy(5)), on_expansion=phase(busy(5)))
    scenario.workload(flexible('malleable', 1, 4, application), rigid(4, waiting(1), moment + 0.5))
    scenario.configure(scheduling_interval=1, schedule_on_scheduling_point=True)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 2:
            return [change(0, [0, 1, 2, 3])]
        if peer.kind == PERIODIC and peer.time == moment:
            return [change(0, kill=True)]
        return start_on({0: [0, 1], 1: [0, 1, 2, 3]})(peer)

    result, peer = scenario.ask(decide)
    assert result.ends() == [moment, moment + 1.5]
    message, = peer.of_kind(KILLED)
    assert [node['state'] for node in message['nodes']] == [FREE] * 4


def test_the_kill_of_the_last_job_is_told_like_any_other(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(9))).configure(scheduling_interval=3)
    _, peer = scenario.ask(killing({(PERIODIC, 3): [0]}))
    assert peer.kinds() == [(SUBMIT, 0), (PERIODIC, 3), (KILLED, 3)]


def test_killing_a_job_when_its_reconfiguration_is_announced_frees_all_nodes(scenario: Scenario) -> None:
    application = model(phase(busy(2), iterations=5), on_reconfiguration=phase(busy(5)))
    scenario.workload(flexible('malleable', 1, 4, application), rigid(4, waiting(1), 1))
    scenario.configure(schedule_on_reconfiguration=True)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == SUBMIT and peer.time == 1:
            return [change(0, [1, 2])]
        if peer.kind == RECONFIGURATION:
            return [change(0, kill=True), change(1, [0, 1, 2, 3])]
        return start_on({0: [0, 1]})(peer)

    result, _ = scenario.ask(decide)
    assert result.starts() == [0, 2] and result.ends() == [2, 3]


@pytest.mark.parametrize('walltime, nodes', [(3, 4), (5, 4), (8, 4)])
def test_a_walltime_that_ends_in_a_reconfiguration_frees_all_nodes(
        scenario: Scenario, walltime: float, nodes: int) -> None:
    """It reconfigures from 2 s to 4 s, its new nodes expand until 7 s."""
    application = model(phase(busy(2), iterations=9), on_reconfiguration=phase(busy(2)), on_expansion=phase(busy(3)))
    scenario.workload(flexible('malleable', 1, 4, application, walltime=walltime), rigid(4, waiting(1), 1))
    scenario.configure(schedule_on_scheduling_point=True)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 2:
            return [change(0, [0, 1, 2, 3])]
        return start_on({0: [0, 1]})(peer) if peer.kind != KILLED else [change(1, [0, 1, 2, 3])]

    result, _ = scenario.ask(decide)
    assert result.column('Status') == ['killed', 'completed'] and result.ends() == [walltime, walltime + 1]
    assert result.column('Nodes Max')[0] == str(nodes)


def test_a_walltime_that_ends_while_a_change_waits_frees_the_reservation(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(9, 2), walltime=3), rigid(4, waiting(1), 1))
    result, _ = scenario.ask(lambda peer: [change(0, [0, 1, 2, 3])] if peer.time == 1
                             else [change(1, [0, 1, 2, 3])] if peer.kind == KILLED else start_on({0: [0]})(peer))
    assert result.ends() == [3, 4]


def test_jobs_that_end_in_the_same_instant_can_be_killed_and_resized_meanwhile(scenario: Scenario) -> None:
    """When the end of the first is told, the others are at their ends, too; whatever counts, nobody crashes."""
    scenario.workload(*[flexible('malleable', 1, 4, waiting(2))] * 3, rigid(4, waiting(1), 1))

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == COMPLETED and peer.job['id'] == 0:
            return [change(1, kill=True), change(2, [2, 3])]
        return start_pending(peer) if peer.time >= 2 else start_on({0: [0], 1: [1], 2: [2]})(peer)

    result, _ = scenario.ask(decide)
    assert result.ends() == [2, 2, 2, 3]
    assert result.column('Status')[::2] == ['completed', 'completed'] and result.column('Status')[3] == 'completed'


def test_killing_a_job_twice_or_after_its_end_changes_nothing(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(1)), rigid(1, waiting(9)), rigid(1, waiting(1), 4))
    scenario.configure(scheduling_interval=2)

    def decide(peer: Peer) -> list[Json]:
        ended = [change(job['id'], kill=True) for job in peer.in_state(7, 8)]
        if peer.kind == PERIODIC and peer.time == 2:
            return [*ended, change(1, kill=True)]
        return [*ended, *start_on({0: [0], 1: [1], 2: [0]})(peer)]

    result, peer = scenario.ask(decide)
    assert result.column('Status') == ['completed', 'killed', 'completed'] and result.ends() == [1, 2, 5]
    assert [message['job_id'] for message in peer.of_kind(KILLED)] == [1]


def test_a_kill_beats_everything_else_that_is_said_of_the_job(scenario: Scenario) -> None:
    scenario.workload(rigid(2), rigid(2))
    result, _ = scenario.ask(lambda peer: [{**change(0, [0, 1]), 'kill_flag': True}, *start_on({1: [0, 1]})(peer)])
    assert result.column('Status') == ['killed', 'completed']


def test_nodes_of_a_killed_job_can_be_given_away_in_the_same_answer(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(9)), rigid(4, waiting(1), 2))
    result, _ = scenario.ask(lambda peer: [change(0, kill=True), change(1, [0, 1, 2, 3])]
                             if peer.kind == SUBMIT and peer.time == 2 else start_on({0: [0, 1, 2, 3]})(peer))
    assert result.ends() == [2, 3]


def test_a_killed_job_still_counts_as_a_success_of_the_run(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(9), walltime=1))
    assert scenario.run(status=0).column('Status') == ['killed']


def test_the_progress_of_a_killed_job_is_what_it_had_finished(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(2, 10), walltime=7))
    assert scenario.run().column('Completed Phases') == ['3']
