"""Nodes that fail, drain, are switched off and return, and the jobs that lose them: each case worked out by hand. The
platform has four nodes without latency; busy tasks take their seconds on any nodes."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from harness import (FREE, PERIODIC, RESERVED, Json, Peer, Result, Scenario, busy, change, crossbar, flexible, model,
                     near, phase, rigid, task, waiting)


def outage(nodes: str | list[str], begin: float, end: float | None = None, **keys: Any) -> Json:
    given: Json = {'nodes': nodes, 'from': begin, **keys}
    if end is not None:
        given['until'] = end
    return given


def fails(scenario: Scenario, *outages: Json, **keys: Any) -> Scenario:
    """The nodes of the scenario have these outages."""
    scenario.write('availability.json', {'outages': list(outages)})
    return scenario.configure(availability='availability.json', **keys)


def losses(result: Result) -> list[tuple[int, float, int]]:
    """Requeues, lost node-seconds and lost phases of each job."""
    return [(int(job['Requeues']), float(job['Lost Node Seconds']), int(job['Lost Phases'])) for job in result.jobs]


def states(result: Result, node: str) -> list[tuple[float, str, str]]:
    """What became of a node: time, state and jobs, the last of each instant only."""
    rows = {float(row['Time']): (row['State'], row['Running jobs']) for row in result.nodes if row['Node'] == node}
    return [(time, *state) for time, state in rows.items()]


def journal(result: Result, *kinds: str) -> list[Json]:
    lines = (result.folder / 'out' / 'events.jsonl').read_text().splitlines()
    return [event for event in map(json.loads, lines) if event['kind'] in kinds]


# --- What becomes of a job that loses a node -------------------------------------------------------------------------


def test_a_job_that_loses_a_node_is_killed_unless_told_otherwise(scenario: Scenario) -> None:
    """Job 0 has n0 and n1 from 0 s; n1 fails at 4 s. Job 1 waits for three nodes, which are n0, n2 and n3."""
    scenario.workload(rigid(2, waiting(10)), rigid(3, waiting(5), submit=1))
    result = fails(scenario, outage('n1', 4, 20)).run()
    assert result.column('Status') == ['killed', 'completed']
    assert result.starts() == [0, 4]
    assert result.ends() == [4, 9]
    assert losses(result) == [(0, 8, 0), (0, 0, 0)]
    assert states(result, 'n1') == [(0, 'allocated', '0'), (4, 'down', 'none')]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (4, 'allocated', '1'), (9, 'free', 'none')]


def test_a_requeued_job_runs_from_the_start_before_those_that_came_later(scenario: Scenario) -> None:
    """Job 0 wants all four nodes and loses one at 4 s, which returns at 6 s. Job 1, which came later, waits for all
    four, too, and job 0 has kept its place."""
    scenario.workload(rigid(4, waiting(10)), rigid(4, waiting(3), submit=1))
    result = fails(scenario, outage('n2', 4, 6), on_node_loss='requeue').run()
    assert result.column('Status') == ['completed', 'completed']
    assert result.starts() == [6, 16]
    assert result.ends() == [16, 19]
    assert losses(result) == [(1, 16, 0), (0, 0, 0)]
    assert result.column('Node Seconds') == ['56', '12']


def test_a_restarted_job_goes_on_from_its_last_checkpoint(scenario: Scenario) -> None:
    """Five iterations of 3 s, of which each is a checkpoint, and 2 s of reading at a restart. It loses a node at 8 s,
    with two iterations done, and has it back at 10 s: 2 s of on_restart, and three iterations."""
    application = model(phase(busy(3), iterations=5, checkpoint=True), on_init={'tasks': [busy(1)]},
                        on_restart={'tasks': [busy(2)]})
    scenario.workload(rigid(4, application))
    result = fails(scenario, outage('n3', 8, 10), on_node_loss='restart').run()
    assert result.starts() == [10]
    assert result.ends() == [10 + 2 + 3 * 3]
    assert losses(result) == [(1, 4, 0)]
    assert result.column('Completed Phases') == ['5']


def test_without_a_checkpoint_a_restart_is_from_the_start(scenario: Scenario) -> None:
    application = model(phase(busy(3), iterations=5), on_restart={'tasks': [busy(2)]})
    scenario.workload(rigid(4, application))
    result = fails(scenario, outage('n3', 8, 10), on_node_loss='restart').run()
    assert result.ends() == [10 + 15]
    assert losses(result) == [(1, 32, 2)]


def test_a_task_may_be_the_checkpoint_after_which_the_iteration_goes_on(scenario: Scenario) -> None:
    """Tasks of 2, 1 (the checkpoint) and 4 s, twice. A node is lost at 5 s: the first checkpoint was complete at 3 s,
    so that what is left is 4 s, and the second iteration of 7 s."""
    application = model(phase(busy(2), busy(1, checkpoint=True), busy(4), iterations=2))
    scenario.workload(rigid(4, application))
    result = fails(scenario, outage('n0', 5, 6), on_node_loss='restart').run()
    assert result.starts() == [6]
    assert result.ends() == [6 + 4 + 7]
    assert losses(result) == [(1, 8, 0)]


def test_a_checkpoint_counts_once_all_ranks_have_written_it(scenario: Scenario) -> None:
    """Without barriers rank 0 is through an iteration, and the checkpoint at its end, after 1 s; rank 1 needs 4 s. The
    loss at 3 s is before the job has a checkpoint: it starts again at once, on other nodes. That at 8 s is one second
    after: 4 s are left."""
    application = model(phase(busy([1, 4], pattern='vector'), busy(0, checkpoint=True), iterations=2, barrier=False))
    scenario.workload(rigid(2, application))
    result = fails(scenario, outage('n0', 3), outage('n1', 8), on_node_loss='restart').run()
    assert result.starts() == [8]
    assert result.ends() == [8 + 4]
    assert losses(result) == [(2, 6 + 2, 0)]


def test_a_malleable_job_goes_on_with_the_rest_at_once(scenario: Scenario) -> None:
    """12 s of work on one node, four times over, on four nodes 3 s each time; a node is lost at 4 s, one second into
    the second iteration: 1 s of on_reconfiguration, and three iterations of 4 s on three nodes."""
    application = model(phase(task('busy_wait', delay='12 / num_nodes'), iterations=4),
                        on_reconfiguration={'tasks': [busy(1)]})
    scenario.workload(flexible('malleable', 2, 4, application))
    result = fails(scenario, outage('n1', 4), on_node_loss='shrink').run(scheduler='builtin:malleable-pref')
    assert result.starts() == [0]
    assert result.ends() == near([4 + 1 + 3 * 4])
    assert losses(result) == [(0, 4, 0)]
    assert result.column('Reconfigurations') == ['1']
    assert result.column('Nodes Min') == ['3']


@pytest.mark.parametrize(('reaction', 'status', 'end'), [
    ('shrink', 'killed', 4), ('shrink_or_requeue', 'completed', 10 + 4 * 3),
    ('shrink_or_restart', 'completed', 10 + 9)])
def test_a_job_that_would_fall_below_its_minimum_does_what_the_second_word_says(
        scenario: Scenario, reaction: str, status: str, end: float) -> None:
    application = model(phase(busy(3), iterations=4, checkpoint=True))
    scenario.workload(flexible('malleable', 4, 4, application))
    result = fails(scenario, outage('n1', 4, 10), on_node_loss=reaction).run()
    assert result.column('Status') == [status]
    assert result.ends() == [end]


@pytest.mark.parametrize('kind', ['moldable', 'evolving'])
def test_a_job_that_is_not_resized_by_schedulers_does_not_shrink(scenario: Scenario, kind: str) -> None:
    scenario.workload(flexible(kind, 1, 4, waiting(10)))
    result = fails(scenario, outage('n0', 4, 5), on_node_loss='shrink_or_requeue').run()
    assert result.column('Status') == ['completed']
    assert losses(result)[0][0] == 1
    assert result.column('Reconfigurations') == ['0']


def test_an_adaptive_job_shrinks(scenario: Scenario) -> None:
    scenario.workload(flexible('adaptive', 1, 4, waiting(10)))
    result = fails(scenario, outage('n0', 4, 5), on_node_loss='shrink').run(scheduler='builtin:malleable-pref')
    assert result.column('Status') == ['completed']
    assert result.ends() == [4 + 10]
    assert result.column('Reconfigurations') == ['1']


def test_attempts_have_a_limit(scenario: Scenario) -> None:
    """Lost at 4 s and again at 10 s: the second start was the last."""
    scenario.workload(rigid(4, waiting(10)))
    result = fails(scenario, outage('n0', 4, 6), outage('n0', 10, 12), on_node_loss='requeue', max_attempts=2,
                   events='out/events.jsonl').run()
    assert result.column('Status') == ['killed']
    assert result.ends() == [10]
    assert losses(result) == [(1, 32, 0)]
    assert [event['reason'] for event in journal(result, 'requeue', 'kill')] == ['node loss', 'attempts']


def test_the_walltime_counts_from_each_start(scenario: Scenario) -> None:
    """6 s of work with a walltime of 7 s, lost after 4 s: what is left of the walltime is whole again."""
    scenario.workload(rigid(4, waiting(6), walltime=7))
    result = fails(scenario, outage('n0', 4, 6), on_node_loss='requeue').run()
    assert result.column('Status') == ['completed']
    assert result.ends() == [12]


# --- Whenever it comes -----------------------------------------------------------------------------------------------


def test_a_node_lost_during_on_init_has_it_run_again(scenario: Scenario) -> None:
    """on_init takes 5 s and is lost after 3 s; on the rest it runs again."""
    application = model(phase(busy(2)), on_init={'tasks': [busy(5)]}, on_reconfiguration={'tasks': [busy(100)]})
    scenario.workload(flexible('malleable', 1, 4, application))
    result = fails(scenario, outage('n0', 3), on_node_loss='shrink').run(scheduler='builtin:malleable-pref')
    assert result.ends() == [3 + 5 + 2]
    assert losses(result) == [(0, 12, 0)]


def test_a_node_lost_during_a_reconfiguration_has_it_run_again(scenario: Scenario) -> None:
    """Two losses, of which the second comes 2 s into the 4 s of on_reconfiguration after the first."""
    application = model(phase(busy(3), iterations=2), on_reconfiguration={'tasks': [busy(4)]})
    scenario.workload(flexible('malleable', 1, 4, application))
    result = fails(scenario, outage('n0', 4), outage('n1', 6), on_node_loss='shrink').run(
        scheduler='builtin:malleable-pref')
    assert result.ends() == [6 + 4 + 3]
    assert result.column('Reconfigurations') == ['2']
    assert result.column('Nodes Min') == ['2']


@pytest.mark.parametrize('kind', ['pfs_write', 'exchange', 'gpu', 'async'])
def test_whatever_is_under_way_is_given_up_and_leaves_nothing_busy(scenario: Scenario, kind: str) -> None:
    """A task of 4 s at the file system, the network or the GPUs, twice; n0 is lost 2 s into the second: on three nodes
    it is done again. Job 1 does the same on the same nodes afterwards, in as long as if nothing had been."""
    tasks: dict[str, list[Json]] = {
        'pfs_write': [task('pfs_write', bytes=4e9, pattern='all_ranks')],
        'exchange': [task('cpu', bytes='4e9 * num_nodes * (num_nodes - 1) / (num_nodes - 1)',
                          communication_pattern='all_to_all')],
        'gpu': [task('gpu', flops='4e9 * num_gpus', computation_pattern='all_ranks')],
        'async': [task('pfs_write', bytes=4e9, pattern='all_ranks', **{'async': True})],
    }
    scenario.platform(crossbar(num_gpus=1, flops_per_gpu='1Gf'))
    gpus = {'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': 1} if kind == 'gpu' else {}
    application = model(phase(*tasks[kind], iterations=2))
    scenario.workload(flexible('malleable', 3, 4, application, **gpus),
                      flexible('malleable', 3, 3, application, submit=1, **gpus))
    result = fails(scenario, outage('n0', 6), on_node_loss='shrink').run(scheduler='builtin:malleable-pref')
    assert result.ends() == near([6 + 4, 6 + 4 + 8])


def test_two_nodes_lost_in_one_instant_are_one_loss(scenario: Scenario) -> None:
    application = model(phase(busy(3), iterations=2), on_reconfiguration={'tasks': [busy(1)]})
    scenario.workload(flexible('malleable', 1, 4, application))
    result = fails(scenario, outage('n0', 4), outage('n1', 4), on_node_loss='shrink').run(
        scheduler='builtin:malleable-pref')
    assert result.column('Reconfigurations') == ['1']
    assert result.ends() == [4 + 1 + 3]


def test_a_job_that_ends_in_the_instant_of_the_loss_is_complete(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(4)))
    result = fails(scenario, outage('n0', 4)).run()
    assert result.column('Status') == ['completed']


def test_a_submission_in_the_instant_of_a_loss_comes_after_it(scenario: Scenario) -> None:
    """The job is submitted at 4 s, when n0 fails: it has n1."""
    scenario.workload(rigid(1, waiting(1), submit=4))
    result = fails(scenario, outage('n0', 4)).run()
    assert result.ends() == [5]
    assert states(result, 'n0') == [(0, 'free', 'none'), (4, 'down', 'none')]


def test_a_change_that_waits_for_a_lost_node_is_dropped(scenario: Scenario) -> None:
    """Job 0 has n0 and is told at 1 s to grow to n1 at its point at 10 s. n1 fails at 4 s."""
    def decide(peer: Peer) -> list[Json]:
        decisions = {0.0: [change(0, [0])], 1.0: [change(0, [0, 1])], 4.0: [change(1, [2]), change(2, [3])]}
        return decisions.get(peer.time, [])

    application = model(phase(busy(10), iterations=2))
    scenario.workload(flexible('malleable', 1, 4, application), rigid(1, waiting(1), submit=1),
                      rigid(1, waiting(1), submit=4))
    scenario.configure(events='out/events.jsonl')
    fails(scenario, outage('n1', 4))
    result, _ = scenario.ask(decide)
    assert [(event['time'], event['kind']) for event in journal(result, 'reserve', 'withdraw')] == [
        (1, 'reserve'), (4, 'withdraw')]
    assert result.column('Nodes Max')[0] == '1'


# --- Drains, switching off, overlaps ---------------------------------------------------------------------------------


def test_a_draining_node_keeps_its_job_and_takes_nothing_new(scenario: Scenario) -> None:
    """n0 drains from 2 to 20 s. Job 0 stays there; job 1 wants four nodes, and has them from 20 s."""
    scenario.workload(rigid(1, waiting(10)), rigid(4, waiting(1), submit=3))
    result = fails(scenario, outage('n0', 2, 20, kind='drain')).run()
    assert result.starts() == [0, 20]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', '0'), (10, 'draining', 'none'),
                                    (20, 'allocated', '1'), (21, 'free', 'none')]


def test_a_node_is_switched_off_when_its_job_has_left_and_boots_when_it_is_to_be_on_again(scenario: Scenario) -> None:
    """n0 is to be off from 2 to 30 s; its job ends at 10 s, stopping takes 3 s, booting 5 s. n3 is idle and stops at
    once."""
    scenario.platform(crossbar(boot_seconds=5, stop_seconds=3))
    scenario.workload(rigid(1, waiting(10)), rigid(4, waiting(1), submit=3))
    result = fails(scenario, outage(['n0', 'n3'], 2, 30, kind='off')).run()
    assert result.starts() == [0, 35]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', '0'), (10, 'stopping', 'none'),
                                    (13, 'off', 'none'), (30, 'booting', 'none'), (35, 'allocated', '1'),
                                    (36, 'free', 'none')]
    assert states(result, 'n3')[1:3] == [(2, 'stopping', 'none'), (5, 'off', 'none')]


def test_a_node_that_is_still_stopping_when_it_is_wanted_stops_and_boots(scenario: Scenario) -> None:
    scenario.platform(crossbar(boot_seconds=5, stop_seconds=3))
    scenario.workload(rigid(4, waiting(1), submit=3))
    result = fails(scenario, outage('n0', 2, 4, kind='off')).run()
    assert result.starts() == [10]
    assert states(result, 'n0')[:4] == [(0, 'free', 'none'), (2, 'stopping', 'none'), (5, 'booting', 'none'),
                                        (10, 'allocated', '0')]


def test_a_failure_during_a_boot_ends_it(scenario: Scenario) -> None:
    """n0 is off from 0 to 4 s and boots until 9 s; at 6 s it fails, and it is repaired at 7 s, and on."""
    scenario.platform(crossbar(boot_seconds=5, stop_seconds=0))
    scenario.workload(rigid(4, waiting(1)))
    result = fails(scenario, outage('n0', 0, 4, kind='off'), outage('n0', 6, 7)).run()
    assert result.starts() == [7]
    assert states(result, 'n0')[1:] == [(4, 'booting', 'none'), (6, 'down', 'none'), (7, 'allocated', '0'),
                                        (8, 'free', 'none')]


def test_a_node_is_back_when_the_last_of_its_outages_is_over(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(1), submit=1))
    result = fails(scenario, outage('n0', 0, 10), outage('n0', 5, 15), outage('n0', 12, 20, kind='drain')).run()
    assert result.starts() == [20]
    assert states(result, 'n0')[:3] == [(0, 'down', 'none'), (15, 'draining', 'none'), (20, 'allocated', '0')]


# --- What schedulers see ---------------------------------------------------------------------------------------------


def test_a_scheduler_that_knows_nothing_of_it_sees_a_node_that_is_not_free(scenario: Scenario) -> None:
    seen = []

    def decide(peer: Peer) -> list[Json]:
        seen.append((peer.time, peer.kind, peer.nodes[1]['state']))
        return [change(0, [0, 1])] if peer.time == 6 else []

    scenario.workload(rigid(2, waiting(1), submit=5))
    fails(scenario, outage('n1', 4, 6))
    result, _ = scenario.ask(decide)
    assert seen == [(5, 1, RESERVED), (6, PERIODIC, FREE), (7, 2, FREE)]
    assert result.ends() == [7]


def test_a_scheduler_may_be_told_why_nodes_change(scenario: Scenario) -> None:
    seen = []

    def decide(peer: Peer) -> list[Json]:
        seen.append((peer.time, peer.kind))
        return [change(0, [0, 1])] if peer.time == 6 else []

    scenario.workload(rigid(2, waiting(1), submit=5))
    fails(scenario, outage('n1', 4, 6), schedule_on_node_change=True)
    scenario.ask(decide)
    assert seen == [(4, 7), (5, 1), (6, 7), (7, 2)]


LOOKING = """
import os
from elastisim_python import pass_algorithm

def schedule(jobs, nodes, system):
    with open('seen', 'a') as file:
        print(system['time'], [node.leaves for node in nodes], [node.returns for node in nodes], file=file)
    for job in jobs:
        if job.state.name == 'PENDING':
            job.assign(nodes[:1])

if __name__ == '__main__':
    pass_algorithm(schedule, os.environ['ELASTISIM_URL'])
"""


@pytest.mark.parametrize('way', ['python', 'exec', 'zmq'])
def test_a_scheduler_knows_of_an_outage_from_when_it_is_announced(scenario: Scenario, way: str) -> None:
    """That of n1 from 10 to 12 s is announced at 5 s, that of n2 at 20 s not before. At 12 s a job ends before n1
    returns."""
    scenario.platform(crossbar(3))
    scenario.workload(*(rigid(1, waiting(1), submit=at) for at in (1, 6, 11, 21)))
    fails(scenario, outage('n1', 10, 12, announced=5, kind='drain'), outage('n2', 20, 30))
    if way == 'zmq':
        # Without the other way, nodes are told of one by one.
        never: list[tuple[float, list[float | None]]] = []

        def decide(peer: Peer) -> list[Json]:
            never.append((peer.time, [node.get('leaves') for _, node in sorted(peer.nodes.items())]))
            return [change(job['id'], [0]) for job in peer.in_state(1)]
        scenario.ask(decide)
        assert never[:4] == [(1, [None] * 3), (2, [None] * 3), (6, [None, 10, None]), (7, [None, 10, None])]
        assert all(leaves == [None] * 3 for _, leaves in never[4:])
        return
    script = scenario.write('scheduler.py', LOOKING)
    scenario.run(scheduler=f'python:{script}' if way == 'python' else scenario.script(LOOKING))
    inf = 'inf'
    assert (scenario.folder / 'seen').read_text().splitlines() == [
        f'{time} [{inf}, {leaves}, {inf}] [{inf}, {returns}, {n2}]' for time, leaves, returns, n2 in [
            (1.0, inf, inf, inf), (2.0, inf, inf, inf), (6.0, 10.0, inf, inf), (7.0, 10.0, inf, inf),
            (11.0, inf, 12.0, inf), (12.0, inf, 12.0, inf), (12.0, inf, inf, inf),
            (21.0, inf, inf, 30.0), (22.0, inf, inf, 30.0)]]


def test_a_node_that_is_down_can_not_be_assigned(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(1), submit=5))
    fails(scenario, outage('n1', 4, 6))
    result, _ = scenario.ask(lambda peer: [change(0, [0, 1])], status=3)
    assert result.error == ("scheduler's answer at 5 s (job submit of job 0): job 0: node 1 (n1) can't be had: it is "
                            'down')


# --- Runs that can't end ---------------------------------------------------------------------------------------------


def test_nodes_that_never_return_leave_the_run_stuck_and_are_named(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(1), submit=5))
    result = fails(scenario, outage('n1', 4, reason='burnt')).run(status=4)
    assert result.error == (
        'the simulation is stuck at 5 s: nothing is left to happen while 1 of 1 job waits; the scheduler starts none '
        'of them; nodes that are not up: n1 (down):\n'
        '  job 0 waits to be started: it takes 4 nodes, 3 of 4 are free')


# --- What backfilling promises ---------------------------------------------------------------------------------------


def waits_for_all(scenario: Scenario, *others: Json) -> Scenario:
    """Job 0 has two of four nodes until 10 s; job 1 wants all four from 3 s on, for 5 s; then others come."""
    return scenario.workload(rigid(2, waiting(10), walltime=10), rigid(4, waiting(5), submit=3, walltime=5), *others)


@pytest.mark.parametrize(('policy', 'last'), [('easy', 35), ('conservative', 10), ('hybrid', 10)])
def test_a_job_whose_start_nobody_can_foresee_does_not_hold_up_the_queue(
        scenario: Scenario, policy: str, last: float) -> None:
    """n3 is down from 2 to 30 s, and nobody knows how long. Job 2 goes on before job 1, which starts when its nodes are
    there. Job 3 might run for ever: behind job 1 EASY does not start it; where it may have a reservation, it has one as
    soon as job 0 is over."""
    waits_for_all(scenario, rigid(1, waiting(20), submit=4, walltime=20), rigid(1, waiting(1), submit=5))
    result = fails(scenario, outage('n3', 2, 30, end_known=False)).run(scheduler=f'builtin:{policy}')
    assert result.starts() == [0, 30, 4, last]


@pytest.mark.parametrize('policy', ['easy', 'conservative', 'hybrid'])
def test_a_job_that_waits_for_a_node_that_returns_has_a_reservation_then(scenario: Scenario, policy: str) -> None:
    """n3 is down from 2 to 30 s, as everybody knows: job 1 is to start at 30 s. Jobs 2 and 4 end before that; job 3
    would not, and waits."""
    waits_for_all(scenario, rigid(1, waiting(20), submit=4, walltime=20), rigid(1, waiting(25), submit=6, walltime=25),
                  rigid(1, waiting(15), submit=7, walltime=15))
    result = fails(scenario, outage('n3', 2, 30)).run(scheduler=f'builtin:{policy}')
    assert result.starts() == [0, 30, 4, 35, 10]


def test_a_node_that_boots_is_planned_with_from_when_it_is_up(scenario: Scenario) -> None:
    """n3 is off until 20 s and takes 10 s to boot: the same with 30 s."""
    scenario.platform(crossbar(boot_seconds=10))
    waits_for_all(scenario, rigid(1, waiting(20), submit=4, walltime=20), rigid(1, waiting(25), submit=6, walltime=25),
                  rigid(1, waiting(15), submit=7, walltime=15))
    result = fails(scenario, outage('n3', 2, 20, kind='off')).run(scheduler='builtin:easy')
    assert result.starts() == [0, 30, 4, 35, 10]


def test_without_backfilling_the_head_of_the_queue_holds_up_all_others(scenario: Scenario) -> None:
    waits_for_all(scenario, rigid(1, waiting(20), submit=4, walltime=20))
    result = fails(scenario, outage('n3', 2, 30, end_known=False)).run(scheduler='builtin:fcfs')
    assert result.starts() == [0, 30, 35]


def test_a_run_that_waits_for_a_node_to_return_is_not_stuck_however_often_the_scheduler_is_asked(
        scenario: Scenario) -> None:
    """Two days in which the scheduler is asked each second and can do nothing."""
    scenario.workload(rigid(4, waiting(10)))
    result = fails(scenario, outage('n0', 0, 172800), scheduling_interval=1).run()
    assert result.starts() == [172800]
    assert result.ends() == [172810]


# --- Promises of built-in policies -------------------------------------------------------------------------------


def test_a_draining_node_that_was_promised_is_not_passed_on(scenario: Scenario) -> None:
    """Job 0 is to give its last node, n3, to job 1 at 10 s. n3 drains from 5 s on: job 0 gives it up and n2, too, on
    which job 1 starts."""
    scenario.workload(flexible('malleable', 2, 4, model(phase(busy(10), iterations=4))),
                      rigid(1, waiting(5), submit=3))
    fails(scenario, outage('n3', 5, kind='drain'), schedule_on_scheduling_point=True)
    result = scenario.run(scheduler='builtin:malleable-min,start=max')
    assert result.starts() == [0, 10]
    assert result.ends() == [40, 15]
    assert states(result, 'n2')[:2] == [(0, 'allocated', '0'), (10, 'allocated', '1')]
    assert states(result, 'n3') == [(0, 'allocated', '0'), (5, 'draining', '0'), (10, 'draining', 'none')]


@pytest.mark.parametrize('preset', ['min-agreement', 'min-steal', 'min-common-pool'])
@pytest.mark.parametrize(('is_told', 'start'), [(True, 40), (False, 45)])
def test_an_agreement_that_lost_a_node_to_a_failure_is_void(scenario: Scenario, preset: str, is_told: bool,
                                                           start: float) -> None:
    """Two jobs have two nodes each and are to give one each, at 20 s. That of job 0 fails at 15 s, and the job repeats
    the iteration with the other one. Job 2 needs two, which the others can't give any more. If the policy hears of it
    then, job 1 keeps its node, and job 2 starts when it has ended. Else job 1 has given its node when the policy is
    asked next, at 20 s; job 0 takes it, and job 2 waits for the end of job 0."""
    scenario.workload(flexible('malleable', 1, 2, model(phase(busy(10), iterations=4))),
                      flexible('malleable', 1, 2, model(phase(busy(10), iterations=4))),
                      rigid(2, waiting(5), submit=13))
    fails(scenario, outage('n2', 15), on_node_loss='shrink', schedule_on_scheduling_point=True,
          schedule_on_node_change=is_told)
    result = scenario.run(scheduler=f'builtin:{preset}')
    assert result.starts() == [0, 0, start]
    assert result.ends() == [45, 40, start + 5]


# --- Random worlds ---------------------------------------------------------------------------------------------------

REACTIONS = ['kill', 'requeue', 'restart', 'shrink', 'shrink_or_requeue', 'shrink_or_restart']
POLICIES = ['easy', 'conservative', 'malleable-avg', 'equipartition', 'fcfs', 'malleable-pref', 'sjf']


def random_job(dice: random.Random) -> Json:
    work, iterations = dice.randint(1, 30), dice.randint(1, 6)
    application = model(
        phase(busy(f'{work} / num_nodes'), task('pfs_write', bytes=1e8 * dice.randint(0, 9), pattern='all_ranks',
                                                checkpoint=dice.random() < 0.5),
              iterations=iterations, barrier=dice.random() < 0.7, checkpoint=dice.random() < 0.3),
        on_init={'tasks': [busy(dice.randint(0, 3))]}, on_restart={'tasks': [busy(dice.randint(0, 3))]},
        on_reconfiguration={'tasks': [task('cpu', bytes=1e8, communication_pattern='all_to_all')]},
        on_expansion={'tasks': [busy(1)]})
    kind, submit = dice.choice(['rigid', 'moldable', 'malleable', 'malleable', 'adaptive']), dice.randint(0, 200)
    keys: Json = {'walltime': 400} if dice.random() < 0.8 else {}
    if kind == 'rigid':
        return rigid(dice.randint(1, 6), application, submit, **keys)
    least = dice.randint(1, 4)
    return flexible(kind, least, dice.randint(least, 6), application, submit, **keys)


def random_world(scenario: Scenario, seed: int) -> Scenario:
    dice = random.Random(seed)
    scenario.platform(crossbar(6, boot_seconds=dice.choice([0, 7]), stop_seconds=dice.choice([0, 3])))
    scenario.workload(*(random_job(dice) for _ in range(25)))
    outages = [outage(f'n{dice.randrange(6)}', begin := dice.randint(0, 300), begin + dice.randint(1, 80),
                      kind=dice.choice(['down', 'drain', 'off']), end_known=dice.random() < 0.5) for _ in range(12)]
    failures = {'between': 150, 'repair': {'distribution': 'exponential', 'mean': 20}, 'until': 3000, 'seed': seed,
                'burst': {'probability': 0.2, 'nodes': 1, 'within': 5}, 'repair_known': seed % 2 == 0}
    windows = {'first': 100, 'every': 150, 'duration': 40, 'share': 0.34, 'kind': 'off', 'until': 1000}
    scenario.write('availability.json', {'outages': outages, 'failures': [failures], 'windows': [windows]})
    return scenario.configure(availability='availability.json', on_node_loss=REACTIONS[seed % len(REACTIONS)],
                              schedule_on_scheduling_point=True, schedule_on_node_change=seed % 3 == 0,
                              events='out/events.jsonl', max_attempts=20)


def node_seconds(result: Result) -> dict[str, float]:
    """What each job had of the nodes, by the rows of node_utilization; no row may have a job on a node that does not
    run."""
    used: dict[str, float] = defaultdict(float)
    now: dict[str, tuple[float, list[str]]] = {}
    for row in [*result.nodes, *({'Time': '1e9', 'Node': f'n{i}', 'Running jobs': 'none', 'State': 'free'}
                                 for i in range(6))]:
        since, jobs = now.get(row['Node'], (0, []))
        for job in jobs:
            used[job] += float(row['Time']) - since
        jobs = [] if row['Running jobs'] == 'none' else row['Running jobs'].split(';')
        assert not jobs or row['State'] in ('allocated', 'draining'), row
        assert row.get('Expected jobs', 'none') == 'none' or row['State'] in ('reserved', 'allocated'), row
        now[row['Node']] = float(row['Time']), jobs
    return used


@pytest.mark.parametrize('seed', range(28))
def test_in_a_random_world_every_job_ends_and_node_time_adds_up(scenario: Scenario, seed: int) -> None:
    """With both models of the network, which agree on when."""
    random_world(scenario, seed)
    ends = []
    for option in ('--model=flow', '--model=simgrid'):
        result = scenario.run(option, scheduler=f'builtin:{POLICIES[seed % len(POLICIES)]}')
        assert set(result.column('Status')) <= {'completed', 'killed'}
        used = node_seconds(result)
        for job in result.jobs:
            assert float(job['Node Seconds']) == pytest.approx(used[job['ID']], rel=1e-9, abs=1e-6)
            assert -1e-9 <= float(job['Lost Node Seconds']) <= float(job['Node Seconds']) * (1 + 1e-12)
        requeues = Counter(event['job'] for event in journal(result, 'requeue'))
        assert [int(job['Requeues']) for job in result.jobs] == [requeues[i] for i in range(25)]
        ends.append(result.ends())
    assert ends[0] == pytest.approx(ends[1], rel=1e-5, abs=1e-3)


@pytest.mark.parametrize('reaction', ['requeue', 'restart'])
def test_work_done_and_work_lost_are_the_node_time_used(scenario: Scenario, reaction: str) -> None:
    """Rigid jobs of known work, each iteration a checkpoint, without anything to do at a restart."""
    dice = random.Random(5)
    work = [(dice.randint(1, 6), dice.randint(1, 9), dice.randint(1, 8)) for _ in range(40)]
    scenario.platform(crossbar(6))
    scenario.workload(*(rigid(nodes, model(phase(busy(seconds), iterations=n, checkpoint=True)), submit=3 * i)
                        for i, (nodes, seconds, n) in enumerate(work)))
    scenario.write('availability.json', {'failures': [{'between': 100, 'repair': 5, 'seed': 3}]})
    scenario.configure(availability='availability.json', on_node_loss=reaction)
    result = scenario.run(scheduler='builtin:easy')
    assert sum(int(job['Requeues']) for job in result.jobs) > 10
    for job, (nodes, seconds, n) in zip(result.jobs, work):
        assert job['Status'] == 'completed'
        done = float(job['Node Seconds']) - float(job['Lost Node Seconds'])
        assert done == pytest.approx(nodes * seconds * n, rel=1e-9)
