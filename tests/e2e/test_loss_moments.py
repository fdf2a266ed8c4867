"""When in the life of a job its node is lost, by what becomes of it: ends, what is lost and joules, worked out by hand.

The job takes two to four nodes, which cost 100 W idle, 200 W at work and nothing when they are down. It has 3 s of
on_init, two iterations of 4 s, whatever its size, each a checkpoint, 2 s of on_restart and 1 s of on_reconfiguration:
left alone it ends at 11 s. Without a fourth node it starts again on three at once.
"""

from __future__ import annotations

from typing import Any

import pytest
from harness import (POINT, SUBMIT, Json, Peer, Result, Scenario, busy, change, cpu, crossbar, flexible, host, idle,
                     model, near, pairwise, phase, rigid, task, waiting)
from test_availability import fails, journal, losses, outage, states

WATTS: Json = {'wattage_per_state': '100:100:200', 'wattage_off': 0}
both_models = pytest.mark.parametrize('engine', ['flow', 'simgrid'])

RESILIENT = model(phase(busy(4), iterations=2, checkpoint=True), on_init={'tasks': [busy(3)]},
                  on_restart={'tasks': [busy(2)]}, on_reconfiguration={'tasks': [busy(1)]})


def measured(scenario: Scenario, nodes: int = 4, **given: Any) -> Scenario:
    return scenario.platform(crossbar(nodes, **{**WATTS, **given})).configure(
        energy='out/energy.csv', energy_shares='out/energy_shares.csv')


def machine(result: Result) -> float:
    [row] = [row for row in result.table('energy_shares') if row['Share'] == 'machine']
    return float(row['Energy (J)'])


# --- At any moment of a job ------------------------------------------------------------------------------------------

# Time of the loss; then the end and the node-seconds lost for requeue, restart and shrink.
MOMENTS: dict[str, tuple[float, dict[str, tuple[float, float]]]] = {
    'in on_init': (2, {'requeue': (2 + 11, 8), 'restart': (2 + 11, 8), 'shrink': (2 + 3 + 8, 8)}),
    'at the end of on_init': (3, {'requeue': (3 + 11, 12), 'restart': (3 + 11, 12), 'shrink': (3 + 1 + 8, 0)}),
    'in the first iteration': (5, {'requeue': (5 + 11, 20), 'restart': (5 + 11, 20), 'shrink': (5 + 1 + 8, 8)}),
    'at the end of an iteration': (7, {'requeue': (7 + 11, 28), 'restart': (7 + 2 + 4, 0), 'shrink': (7 + 1 + 4, 0)}),
    'in the second iteration': (9, {'requeue': (9 + 11, 36), 'restart': (9 + 2 + 4, 8), 'shrink': (9 + 1 + 4, 8)}),
    'at the very end': (11, {'requeue': (11, 0), 'restart': (11, 0), 'shrink': (11, 0)}),
}


@both_models
@pytest.mark.parametrize('reaction', ['requeue', 'restart', 'shrink'])
@pytest.mark.parametrize('moment', MOMENTS)
def test_a_node_is_lost(scenario: Scenario, moment: str, reaction: str, engine: str) -> None:
    at, ends = MOMENTS[moment]
    end, lost = ends[reaction]
    measured(scenario).workload(flexible('malleable', 2, 4, RESILIENT))
    result = fails(scenario, outage('n1', at), on_node_loss=reaction).run(f'--model={engine}')
    assert result.column('Status') == ['completed']
    assert result.ends() == near([end])
    assert float(result.column('Lost Node Seconds')[0]) == near(lost)
    seconds = 4 * at + 3 * (end - at)
    assert float(result.column('Node Seconds')[0]) == near(seconds)
    assert float(result.column('Energy (J)')[0]) == machine(result) == near(200 * seconds)


@pytest.mark.parametrize('moment', MOMENTS)
def test_a_job_is_killed_whenever_it_is_unless_it_has_just_ended(scenario: Scenario, moment: str) -> None:
    at = MOMENTS[moment][0]
    measured(scenario).workload(flexible('malleable', 2, 4, RESILIENT))
    result = fails(scenario, outage('n1', at)).run()
    assert result.column('Status') == ['completed' if at == 11 else 'killed']
    assert losses(result) == [(0, 0 if at == 11 else 4 * at, 0)]
    assert machine(result) == near(4 * at * 200)


def test_a_node_lost_during_on_restart_has_it_run_again(scenario: Scenario) -> None:
    """n1 is lost at 8 s, with one iteration done; on three nodes on_restart would take until 10 s, but n2 is lost at
    9 s. What is lost: 4 nodes for 1 s, and 3 for 1 s."""
    measured(scenario).workload(flexible('malleable', 2, 4, RESILIENT))
    result = fails(scenario, outage('n1', 8), outage('n2', 9), on_node_loss='restart').run()
    assert result.ends() == [9 + 2 + 4]
    assert losses(result) == [(2, 4 + 3, 0)]
    assert machine(result) == near(200 * (4 * 8 + 3 * 1 + 2 * 6))


def test_a_job_that_shrinks_during_on_restart_runs_that_again_in_place_of_on_reconfiguration(
        scenario: Scenario) -> None:
    """Of five nodes it loses two at 8 s, which leaves less than its minimum: it starts again at 10 s. The next loss
    leaves four."""
    measured(scenario, 5).workload(flexible('malleable', 4, 5, RESILIENT))
    result = fails(scenario, outage(['n1', 'n2'], 8, 10), outage('n4', 11), on_node_loss='shrink_or_restart').run()
    assert result.starts() == [10]
    assert result.ends() == [11 + 2 + 4]
    assert losses(result) == [(1, 5 + 5, 0)]
    assert result.column('Nodes Min') == ['4']


def test_after_on_restart_a_job_that_shrinks_does_not_run_it_again(scenario: Scenario) -> None:
    """The same with the second loss at 13 s, 1 s after the end of on_restart."""
    measured(scenario, 5).workload(flexible('malleable', 4, 5, RESILIENT))
    result = fails(scenario, outage(['n1', 'n2'], 8, 10), outage('n4', 13), on_node_loss='shrink_or_restart').run()
    assert result.ends() == [13 + 1 + 4]
    assert losses(result) == [(1, 5 + 5, 0)]


def test_a_job_of_which_one_rank_is_ahead_has_lost_what_not_all_have_done(scenario: Scenario) -> None:
    """n0 is twice as fast, and there are neither barriers nor points: it is through the first iteration at 4 s, the
    others at 8 s. n2 is lost at 6 s, when no iteration is complete: all of 3 nodes for 6 s is lost."""
    hosts = {f'n{i}': host(f'n{i}', '2Gf' if i == 0 else '1Gf', **WATTS) for i in range(3)}
    scenario.platform(pairwise(hosts))
    scenario.workload(flexible('malleable', 1, 3, model(phase(cpu(8e9), iterations=2, barrier=False,
                                                                     scheduling_point=False))))
    result = fails(scenario, outage('n2', 6), on_node_loss='shrink').run()
    assert losses(result) == [(0, 18, 0)]
    assert result.ends() == [6 + 2 * 8]


UNDER_WAY: dict[str, Json] = {
    'pfs_write': task('pfs_write', bytes=4e9, pattern='all_ranks'),
    'exchange': task('cpu', bytes='4e9 * num_nodes', communication_pattern='all_to_all'),
    'gpu': task('gpu', flops='4e9 * num_gpus', computation_pattern='all_ranks'),
    'async': task('pfs_write', bytes=4e9, pattern='all_ranks', **{'async': True}),
}


@both_models
@pytest.mark.parametrize(('reaction', 'left'), [('requeue', 8), ('restart', 4), ('kill', 0)])
@pytest.mark.parametrize('kind', UNDER_WAY)
def test_what_is_under_way_is_broken_off_and_does_not_slow_down_what_follows(
        scenario: Scenario, kind: str, reaction: str, left: int, engine: str) -> None:
    """A task of 4 s, twice, each iteration a checkpoint, on three of four nodes: n0 is lost 2 s into the second, and
    the job starts again on the others at once. Job 1 does the same on them afterwards, in 8 s. CPUs have nothing to do
    in all of that; GPUs draw 10 W, and 60 W in kernels."""
    measured(scenario, num_gpus=1, flops_per_gpu='1Gf', gpu_wattage_idle=10, gpu_wattage_busy=60)
    gpus = {'num_gpus_per_node': 1} if kind == 'gpu' else {}
    application = model(phase(UNDER_WAY[kind], iterations=2, checkpoint=True))
    scenario.workload(rigid(3, application, **gpus), rigid(3, application, submit=1, **gpus))
    result = fails(scenario, outage('n0', 6), on_node_loss=reaction).run(f'--model={engine}')
    end = 6 + left + 8
    assert result.ends() == near([6 + left, end])
    assert losses(result) == [near(lost) for lost in [
        (int(left > 0), 6 if left == 4 else 18, int(left == 8)), (0, 0, 0)]]
    kernels = 50 * 3 * end if kind == 'gpu' else 0
    assert machine(result) == near(110 * (4 * 6 + 3 * (end - 6)) + kernels)


@pytest.mark.parametrize(('at', 'end'), [(10.5, 10.5 + 1 + 2 + 5), (11.5, 11.5 + 1 + 2 + 5)])
def test_nodes_that_had_not_got_through_on_expansion_run_it_again(scenario: Scenario, at: float, end: float) -> None:
    """The job has n0 and is told to have n1 and n2, too, at its point at 5 s: 5 s of on_reconfiguration, 2 s of
    on_expansion on the two until 12 s, beside which n0 waits for them. n2 is lost in it, and n1 runs all of it again
    after 1 s of on_reconfiguration."""
    def decide(peer: Peer) -> list[Json]:
        return [change(0, [0])] if peer.kind == SUBMIT else [change(0, [0, 1, 2])] if peer.time == 5 else []

    # on_reconfiguration takes 5 s on three nodes, and 1 s on two.
    application = model(phase(busy(5), iterations=2), on_reconfiguration={'tasks': [busy('4 * num_nodes - 7')]},
                        on_expansion={'tasks': [busy(2)]})
    measured(scenario).workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    fails(scenario, outage('n2', at), on_node_loss='shrink')
    result, _ = scenario.ask(decide)
    assert result.ends() == [end]
    # n0 waits, without work, for n1 to be through on_expansion.
    assert float(result.column('Energy (J)')[0]) == near(
        200 * (5 + 3 * 5 + 2 * (at - 10) + 2 * 1 + 1 * 2 + 2 * 5) + 100 * (at - 10 + 2))


# --- Changes that wait, and nodes that are only reserved -------------------------------------------------------------


@pytest.mark.parametrize('kind', ['down', 'drain', 'off'])
def test_a_node_that_is_only_reserved_is_lost_without_loss_of_work(scenario: Scenario, kind: str) -> None:
    """Job 0 has n0 and is to have n1, too, from its point at 10 s. n1 is gone at 4 s: the change is dropped, and
    nothing else. n1 has drawn 100 W until then, and with `drain` goes on."""
    def decide(peer: Peer) -> list[Json]:
        if peer.kind == SUBMIT and peer.time == 0:
            return [change(0, [0])]
        return [change(0, [0, 1])] if peer.time == 1 else []

    measured(scenario, 2).workload(flexible('malleable', 1, 2, model(phase(busy(10), iterations=2))))
    scenario.configure(scheduling_interval=1, events='out/events.jsonl')
    fails(scenario, outage('n1', 4, kind=kind), on_node_loss='requeue')
    result, _ = scenario.ask(decide)
    assert [(event['time'], event['kind']) for event in journal(result, 'reserve', 'withdraw', 'requeue')] == [
        (1, 'reserve'), (4, 'withdraw')]
    assert (result.ends(), losses(result)) == ([20], [(0, 0, 0)])
    assert machine(result) == near(200 * 20 + 100 * (20 if kind == 'drain' else 4))


def test_a_job_that_shrinks_drops_its_own_change_and_frees_what_was_reserved_for_it(scenario: Scenario) -> None:
    """Job 0 has n0 and n1 and is to have n2, too, at its point at 10 s. It loses n1 at 4 s and goes on with n0: n2 is
    free again, which job 1 has at once."""
    def decide(peer: Peer) -> list[Json]:
        if peer.kind == SUBMIT and peer.job['id'] == 0:
            return [change(0, [0, 1])]
        if peer.kind == SUBMIT:
            return [change(0, [0, 1, 2])]
        return [change(1, [2])] if peer.time == 5 else []

    measured(scenario, 3).workload(flexible('malleable', 1, 4, waiting(10)), rigid(1, waiting(2), submit=1))
    fails(scenario, outage('n1', 4), on_node_loss='shrink', scheduling_interval=5)
    result, _ = scenario.ask(decide)
    assert result.starts() == [0, 5]
    assert result.ends() == [14, 7]
    assert losses(result) == [(0, 8, 0), (0, 0, 0)]
    # n0 works to the end, n1 for 4 s, n2 for 2 s of 14.
    assert machine(result) == near(200 * (14 + 4 + 2) + 100 * 12)


def test_a_loss_at_a_point_comes_after_the_change_that_is_applied_there(scenario: Scenario) -> None:
    """n1 comes to job 0 at its point at 10 s, and fails in that instant: it is lost."""
    def decide(peer: Peer) -> list[Json]:
        return [change(0, [0])] if peer.kind == SUBMIT else [change(0, [0, 1])] if peer.kind == POINT else []

    measured(scenario, 2).workload(flexible('malleable', 1, 2, model(phase(busy(10), iterations=2))))
    scenario.configure(schedule_on_scheduling_point=True, events='out/events.jsonl')
    fails(scenario, outage('n1', 10), on_node_loss='shrink')
    result, _ = scenario.ask(decide)
    assert result.ends() == [20]
    assert [event['nodes'] for event in journal(result, 'reconfiguration_begin')] == [[0, 1], [0]]
    assert machine(result) == near(200 * 20 + 100 * 10)


# --- One instant -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('reaction', 'ends'), [
    ('kill', [5, 5]), ('requeue', [5 + 10, 5 + 10 + 8]), ('restart', [15, 23])])
def test_two_jobs_that_lose_nodes_in_one_instant_react_in_the_order_of_their_ids(
        scenario: Scenario, reaction: str, ends: list[float]) -> None:
    """Two jobs of two nodes each lose one at 5 s: for the one that goes first two are left."""
    measured(scenario).workload(rigid(2, waiting(10)), rigid(2, waiting(8)))
    result = fails(scenario, outage('n0', 5), outage('n3', 5), on_node_loss=reaction).run()
    assert result.ends() == ends
    assert [lost for _, lost, _ in losses(result)] == [10, 10]


@pytest.mark.parametrize(('reaction', 'status', 'end'), [('kill', 'killed', 6), ('restart', 'completed', 6 + 5)])
def test_a_loss_at_the_instant_of_the_walltime_comes_before_it(
        scenario: Scenario, reaction: str, status: str, end: float) -> None:
    """The job would be killed at 6 s, when it loses a node. One that starts again has the whole walltime again, and
    needs 5 s of it from its checkpoint on."""
    measured(scenario, 3).workload(rigid(2, model(phase(busy(5), iterations=2, checkpoint=True)), walltime=6))
    result = fails(scenario, outage('n0', 6), on_node_loss=reaction, events='out/events.jsonl').run()
    assert result.column('Status') == [status]
    assert journal(result, 'kill', 'requeue')[0]['reason'] == 'node loss'
    assert result.ends() == [end]


def test_a_node_that_returns_at_the_instant_of_a_submission_is_there_for_it(scenario: Scenario) -> None:
    measured(scenario).workload(rigid(4, waiting(2), submit=7))
    result = fails(scenario, outage('n2', 3, 7)).run()
    assert result.starts() == [7]
    assert machine(result) == near(100 * (4 * 3 + 3 * 4) + 200 * 4 * 2)


def test_an_outage_that_ends_when_the_next_begins_is_no_return(scenario: Scenario) -> None:
    measured(scenario).workload(rigid(4, waiting(1), submit=1))
    result = fails(scenario, outage('n0', 0, 5), outage('n0', 5, 9)).run()
    assert result.starts() == [9]
    assert states(result, 'n0')[:2] == [(0, 'down', 'none'), (9, 'allocated', '0')]


# --- Nodes that stop, boot and drain ---------------------------------------------------------------------------------

SWITCHED: Json = {'stop_seconds': 3, 'stop_joules': 90, 'boot_seconds': 4, 'boot_joules': 800}


def test_a_failure_while_a_node_stops_ends_that(scenario: Scenario) -> None:
    """n0 stops from 2 s, at 30 W, and fails at 3 s. It is repaired at 4 s: off, for it is to be until 10 s. Then it
    boots for 4 s, at 200 W."""
    measured(scenario, 1, **SWITCHED).workload(rigid(1, waiting(5), submit=1))
    result = fails(scenario, outage('n0', 0.5, 10, kind='off'), outage('n0', 3, 4)).run()
    assert result.starts() == [14]
    assert states(result, 'n0')[1:5] == [(0.5, 'stopping', 'none'), (3, 'down', 'none'), (4, 'off', 'none'),
                                         (10, 'booting', 'none')]
    assert machine(result) == near(100 * 0.5 + 30 * 2.5 + 800 + 200 * 5)


def test_a_failure_that_outlasts_the_night_has_the_node_up_at_its_repair(scenario: Scenario) -> None:
    measured(scenario, 1, **SWITCHED).workload(rigid(1, waiting(5), submit=1))
    result = fails(scenario, outage('n0', 0.5, 10, kind='off'), outage('n0', 12, 13)).run()
    assert result.starts() == [13]
    assert machine(result) == near(50 + 90 + 200 * 2 + 200 * 5)


@pytest.mark.parametrize('kind', ['drain', 'off'])
def test_a_failure_of_a_node_that_drains_takes_its_job(scenario: Scenario, kind: str) -> None:
    """n0 drains from 2 s on and is lost with its job at 5 s; that starts again on n1. n0 is repaired at 6 s, and
    drains, or is off, until 30 s."""
    measured(scenario, 2, **SWITCHED).workload(rigid(1, waiting(10)))
    result = fails(scenario, outage('n0', 2, 30, kind=kind), outage('n0', 5, 6), on_node_loss='requeue').run()
    assert (result.starts(), result.ends()) == ([5], [15])
    assert losses(result) == [(1, 5, 0)]
    assert states(result, 'n0')[1:] == [(2, 'draining', '0'), (5, 'down', 'none'),
                                        (6, 'draining' if kind == 'drain' else 'off', 'none')]
    assert machine(result) == near(200 * 15 + 100 * 5 + (100 * 9 if kind == 'drain' else 0))


# --- All nodes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('kind', 'end'), [('rigid', 20 + 11), ('moldable', 31), ('malleable', 31), ('adaptive', 31),
                                           ('evolving', 31)])
@pytest.mark.parametrize('reaction', ['requeue', 'shrink_or_requeue', 'restart', 'shrink_or_restart'])
def test_when_all_nodes_are_lost_jobs_wait_for_their_repair(
        scenario: Scenario, kind: str, end: float, reaction: str) -> None:
    """At 8 s, with one iteration done, until 20 s."""
    job = rigid(4, RESILIENT) if kind == 'rigid' else flexible(kind, 2, 4, RESILIENT)
    measured(scenario).workload(job)
    result = fails(scenario, outage('all', 8, 20), on_node_loss=reaction).run()
    keeps = reaction.endswith('restart')
    assert result.starts() == [20]
    assert result.ends() == [20 + 2 + 4 if keeps else end]
    assert losses(result) == [(1, 4 if keeps else 32, 0 if keeps else 1)]
    assert machine(result) == near(200 * 4 * (8 + (6 if keeps else 11)))


@pytest.mark.parametrize('reaction', ['requeue', 'restart', 'shrink_or_requeue'])
def test_when_all_nodes_are_lost_for_ever_the_run_is_stuck_and_names_them(scenario: Scenario, reaction: str) -> None:
    measured(scenario).workload(flexible('malleable', 2, 4, RESILIENT))
    result = fails(scenario, outage('all', 8), on_node_loss=reaction).run(status=4)
    assert result.error == (
        'the simulation is stuck at 8 s: nothing is left to happen while 1 of 1 job waits; the scheduler starts none '
        'of them; nodes that are not up: n0 (down), n1 (down), n2 (down), n3 (down):\n'
        '  job 0 waits to be started: it takes 2 to 4 nodes, 0 of 4 are free')
    assert result.column('Status') == ['unfinished']


@pytest.mark.parametrize('reaction', ['kill', 'shrink'])
def test_when_all_nodes_are_lost_for_ever_a_job_that_is_killed_ends_the_run(scenario: Scenario, reaction: str) -> None:
    measured(scenario).workload(flexible('malleable', 2, 4, RESILIENT))
    result = fails(scenario, outage('all', 8), on_node_loss=reaction).run()
    assert (result.column('Status'), result.ends()) == (['killed'], [8])
    assert machine(result) == near(200 * 4 * 8)


def test_idle_ranks_that_lose_a_node_have_drawn_what_idle_nodes_draw(scenario: Scenario) -> None:
    measured(scenario).workload(flexible('malleable', 2, 4, model(phase(idle(4), iterations=2))))
    result = fails(scenario, outage('n3', 6), on_node_loss='shrink').run()
    assert result.ends() == [10]
    assert machine(result) == near(100 * (4 * 6 + 3 * 4))
