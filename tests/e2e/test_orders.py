"""What schedulers order beside starts, changes and kills, by every way of attaching one: each schedule worked out by
hand. The platform has four nodes without latency; busy tasks take their seconds on any nodes."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (ANSWER, PENDING, PERIODIC, POINT, PYTHON, REQUEST, ROOT, SUBMIT, Json, Peer, PythonScheduler,
                     Result, Scenario, busy, change, crossbar, flexible, model, near, phase, rigid, start_pending,
                     waiting)
from obedient import Obedient
from test_availability import fails, journal, losses, outage, states
from test_plugins import PLUGINS

NODE_CHANGED = 7

WAYS = {
    'plugin': f'plugin:{PLUGINS}/obedient.so',
    'program': f'exec:{PLUGINS}/obedient',
    'script': f'python:{ROOT}/tests/e2e/obedient.py',
    'process': f"exec:'{PYTHON}' '{ROOT}/tests/e2e/obedient.py'",
    'zeromq': '',
}


def obeys(scenario: Scenario, orders: str, way: str = 'plugin', status: int = 0, **keys: Any) -> Result:
    """Runs it with the scheduler that gives these orders, and is asked every second."""
    scenario.environment['ORDERS'] = orders
    scenario.configure(**{'scheduling_interval': 1, 'events': 'out/events.jsonl', **keys})
    if way == 'zeromq':
        return scenario.run_with(PythonScheduler(scenario.url, Obedient(orders).schedule), status=status)
    return scenario.run(scheduler=WAYS[way], status=status)


def commands(*given: tuple[int, str]) -> list[Json]:
    return [{'id': node, 'command': word} for node, word in given]


def at(peer: Peer, plan: dict[float, list[Json]], jobs: bool = True) -> Json:
    """An answer that starts what fits and has the commands of this time, once."""
    return {'code': ANSWER, 'jobs': start_pending(peer) if jobs else [], 'nodes': plan.pop(peer.time, [])}


# --- Commands to nodes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('way', WAYS)
def test_a_drained_node_keeps_its_job_and_takes_nothing_new_until_it_is_to_resume(
        scenario: Scenario, way: str) -> None:
    """Job 0 runs on n0 until 4 s; n0 drains from 2 s. Job 1 needs all four nodes, and n0 is back at 7 s."""
    scenario.workload(rigid(1, waiting(4)), rigid(4, waiting(2), submit=3))
    result = obeys(scenario, '2 drain 0, 7 resume 0', way)
    assert result.starts() == [0, 7]
    assert result.ends() == [4, 9]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', '0'), (4, 'draining', 'none'),
                                    (7, 'allocated', '1'), (9, 'free', 'none')]


@pytest.mark.parametrize('way', WAYS)
def test_a_node_that_is_switched_off_stops_and_boots_when_it_is_wanted_again(scenario: Scenario, way: str) -> None:
    """n0 stops from 1 s to 4 s; it is switched on at 6 s, and boots until 11 s."""
    scenario.platform(crossbar(1, boot_seconds=5, stop_seconds=3))
    scenario.workload(rigid(1, waiting(1)), rigid(1, waiting(2), submit=2))
    result = obeys(scenario, '1 switch_off 0, 6 switch_on 0', way)
    assert result.starts() == [0, 11]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (1, 'stopping', 'none'), (4, 'off', 'none'),
                                    (6, 'booting', 'none'), (11, 'allocated', '1'), (13, 'free', 'none')]


def test_a_node_that_runs_a_job_is_off_when_that_has_ended(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, stop_seconds=3))
    scenario.workload(rigid(2, waiting(4)), rigid(1, waiting(4), submit=1))
    result = obeys(scenario, '2 switch_off 0')
    assert result.starts() == [0, 4]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', '0'), (4, 'stopping', 'none'),
                                    (7, 'off', 'none')]


def test_a_node_that_is_wanted_again_before_its_job_has_ended_never_stops(scenario: Scenario) -> None:
    scenario.platform(crossbar(1, stop_seconds=3)).workload(rigid(1, waiting(4)), rigid(1, waiting(1), submit=1))
    result = obeys(scenario, '2 switch_off 0, 3 switch_on 0')
    assert result.starts() == [0, 4]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', '0'), (3, 'allocated', '0'),
                                    (4, 'allocated', '1'), (5, 'free', 'none')]


def test_commands_that_change_nothing_are_fine(scenario: Scenario) -> None:
    """n0 drains from 1 s; n1 was never drained or switched off."""
    scenario.workload(rigid(4, waiting(6)))
    result = obeys(scenario, '1 drain 0, 1 resume 1, 2 drain 0, 2 switch_on 1, 3 resume 0, 4 resume 0')
    assert states(result, 'n0') == [(0, 'allocated', '0'), (1, 'draining', '0'), (3, 'allocated', '0'),
                                    (6, 'free', 'none')]
    assert states(result, 'n1') == [(0, 'allocated', '0'), (6, 'free', 'none')]


def test_a_drain_and_a_switch_off_are_two_reasons(scenario: Scenario) -> None:
    """What resumes ends the drain alone, what switches on the other one."""
    scenario.platform(crossbar(1, boot_seconds=1)).workload(rigid(1, waiting(1), submit=9))
    result = obeys(scenario, '1 drain 0, 2 switch_off 0, 4 resume 0, 5 drain 0, 6 switch_on 0, 8 resume 0')
    assert states(result, 'n0') == [(0, 'free', 'none'), (1, 'draining', 'none'), (2, 'off', 'none'),
                                    (6, 'booting', 'none'), (7, 'draining', 'none'), (8, 'free', 'none'),
                                    (9, 'allocated', '0'), (10, 'free', 'none')]


def test_an_outage_holds_a_node_that_is_switched_on(scenario: Scenario) -> None:
    """It is off from 2 s to 8 s by the file, and by command from 1 s to 4 s."""
    scenario.platform(crossbar(1, boot_seconds=1)).workload(rigid(1, waiting(1), submit=3))
    fails(scenario, outage('n0', 2, 8, kind='off'))
    result = obeys(scenario, '1 switch_off 0, 4 switch_on 0')
    assert result.starts() == [9]
    assert states(result, 'n0') == [(0, 'free', 'none'), (1, 'off', 'none'), (8, 'booting', 'none'),
                                    (9, 'allocated', '0'), (10, 'free', 'none')]


def test_a_command_holds_a_node_whose_outage_is_over(scenario: Scenario) -> None:
    """The node fails at 1 s and is repaired at 3 s, but switched off from 2 s to 5 s."""
    scenario.platform(crossbar(1, boot_seconds=1)).workload(rigid(1, waiting(1), submit=3))
    fails(scenario, outage('n0', 1, 3))
    result = obeys(scenario, '2 switch_off 0, 5 switch_on 0')
    assert result.starts() == [6]
    assert states(result, 'n0') == [(0, 'free', 'none'), (1, 'down', 'none'), (3, 'off', 'none'),
                                    (5, 'booting', 'none'), (6, 'allocated', '0'), (7, 'free', 'none')]


def test_a_failure_takes_a_node_that_drains(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(4)), rigid(4, waiting(1), submit=1))
    fails(scenario, outage('n0', 3, 5), on_node_loss='requeue')
    result = obeys(scenario, '1 drain 0, 7 resume 0')
    assert result.starts() == [7, 11]
    assert states(result, 'n0')[1:4] == [(1, 'draining', '0'), (3, 'down', 'none'), (5, 'draining', 'none')]


def test_a_node_that_is_switched_off_by_command_draws_what_it_draws_off(scenario: Scenario) -> None:
    """It idles at 100 W up to 10 s, stops in 5 s with 400 J, is off at 10 W up to 100 s, boots in 2 s with 600 J, and
    works at 200 W for 1 s."""
    scenario.platform(crossbar(1, wattage_per_state='100:100:200', wattage_off=10, stop_seconds=5, stop_joules=400,
                               boot_seconds=2, boot_joules=600)).workload(rigid(1, waiting(1), submit=95))
    result = obeys(scenario, '10 switch_off 0, 100 switch_on 0', energy='out/energy.csv')
    assert result.starts() == [102]
    assert float(result.table('energy')[-1]['Energy (J)']) == near(10 * 100 + 400 + 85 * 10 + 600 + 200)
    assert float(result.column('Energy (J)')[0]) == near(200)


def test_what_a_scheduler_is_told_of_its_own_commands(scenario: Scenario) -> None:
    """Nothing, while nothing can be had that could not; when it can, the invocation is periodic. What becomes of nodes
    that it has switched off is the scheduler's to say: nobody knows when they return."""
    scenario.platform(crossbar(2, boot_seconds=2, stop_seconds=1)).workload(rigid(1, waiting(9)), rigid(2, submit=8))

    def decide(peer: Peer) -> Json:
        if peer.time == 0 and peer.kind == SUBMIT:
            return {'code': ANSWER, 'jobs': [change(0, [0])], 'nodes': commands((1, 'switch_off'))}
        if peer.time == 8:
            return {'code': ANSWER, 'jobs': [], 'nodes': commands((1, 'switch_on'))}
        return at(peer, {})

    result, peer = scenario.ask(decide)
    assert result.ends() == [9, 11]
    assert peer.kinds() == [(SUBMIT, 0), (SUBMIT, 8), (2, 9), (PERIODIC, 10), (2, 11)]
    told = [(message['time'], {key: node.get(key) for key in ('state', 'availability', 'returns')})
            for message in peer.messages for node in message['nodes'] if node['id'] == 1]
    assert told == [(0, {'state': 0, 'availability': None, 'returns': None}),
                    (8, {'state': 2, 'availability': 3, 'returns': None}),
                    (9, {'state': 2, 'availability': 4, 'returns': 10}),
                    (10, {'state': 0, 'availability': None, 'returns': None}),
                    (11, {'state': 0, 'availability': None, 'returns': None})]


def test_a_scheduler_that_is_told_of_changes_of_nodes_is_told_of_those_it_has_commanded(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, stop_seconds=1)).workload(rigid(1, waiting(5)))
    scenario.configure(schedule_on_node_change=True)
    plan = {0.0: commands((1, 'switch_off'))}
    _, peer = scenario.ask(lambda peer: at(peer, plan))
    assert peer.kinds() == [(SUBMIT, 0), (NODE_CHANGED, 0), (NODE_CHANGED, 1), (2, 5)]


def test_commands_come_after_kills_and_before_starts(scenario: Scenario) -> None:
    """Job 0 is killed and its node drained in one answer: the others can be had in it."""
    scenario.workload(rigid(2, waiting(9)), rigid(1, waiting(2), submit=1))

    def decide(peer: Peer) -> Json:
        if peer.time == 1:
            return {'code': ANSWER, 'jobs': [change(1, [1]), change(0, kill=True)], 'nodes': commands((0, 'drain'))}
        return {'code': ANSWER, 'jobs': [change(0, [0, 1])] if peer.kind == SUBMIT else []}

    result, _ = scenario.ask(decide)
    assert result.starts() == [0, 1]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (1, 'draining', 'none')]
    assert states(result, 'n1') == [(0, 'allocated', '0'), (1, 'allocated', '1'), (3, 'free', 'none')]


def test_a_change_that_waits_for_a_node_is_dropped_when_the_node_is_drained(scenario: Scenario) -> None:
    """The job is to grow onto n1 at its point at 4 s, which is drained at 2 s, in an answer that repeats the wish."""
    scenario.platform(crossbar(2)).configure(scheduling_interval=1)
    scenario.workload(flexible('malleable', 1, 2, waiting(4, 2)))

    def decide(peer: Peer) -> Json:
        jobs = {0.0: [change(0, [0])], 1.0: [change(0, [0, 1])], 2.0: [change(0, [0, 1])]}
        orders = {2.0: commands((1, 'drain'))}
        first = peer.kind == PERIODIC or peer.kind == SUBMIT
        return {'code': ANSWER, 'jobs': jobs.get(peer.time, []) if first else [], 'nodes': orders.get(peer.time, [])}

    result, peer = scenario.ask(decide)
    assert result.ends() == [8]
    assert states(result, 'n1') == [(0, 'free', 'none'), (1, 'reserved', 'none'), (2, 'draining', 'none')]
    assert [job['assigned_nodes'] for message in peer.messages for job in message['jobs'] if message['time'] == 3] == [
        [0]]


@pytest.mark.parametrize(('word', 'does'), [('drain', 'drains it'), ('switch_off', 'switches it off')])
def test_a_node_that_is_commanded_away_can_not_be_assigned_in_the_same_answer(
        scenario: Scenario, word: str, does: str) -> None:
    scenario.workload(rigid(2))
    answer = {'code': ANSWER, 'jobs': [change(0, [0, 1])], 'nodes': commands((1, word))}
    result, _ = scenario.ask(lambda peer: answer, status=3)
    assert result.error == ("scheduler's answer at 0 s (job submit of job 0): job 0: node 1 (n1) can't be had: the same"
                            f' answer {does}')


def test_several_commands_to_a_node_count_in_their_order(scenario: Scenario) -> None:
    scenario.workload(rigid(2))
    answer = {'code': ANSWER, 'jobs': [change(0, [0, 1])],
              'nodes': commands((1, 'drain'), (1, 'switch_off'), (1, 'resume'), (1, 'switch_on'))}
    result, _ = scenario.ask(lambda peer: answer if peer.kind == SUBMIT else [])
    assert result.starts() == [0]


def test_a_command_to_a_node_that_does_not_exist_is_an_error(scenario: Scenario) -> None:
    scenario.workload(rigid(1))
    result, _ = scenario.ask(lambda peer: {'code': ANSWER, 'jobs': [], 'nodes': commands((4, 'drain'))}, status=3)
    assert result.error == ("scheduler's answer at 0 s (job submit of job 0): node 4: there is no such node; node IDs"
                            ' are 0 to 3')


def test_nodes_that_a_scheduler_never_switches_on_again_leave_the_run_stuck_and_are_named(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, stop_seconds=2)).workload(rigid(2, waiting(1), submit=5))
    plan = {5.0: commands((0, 'switch_off'), (1, 'drain'))}
    result, _ = scenario.ask(lambda peer: at(peer, plan, jobs=False), status=4)
    assert result.error == (
        'the simulation is stuck at 7 s: nothing is left to happen while 1 of 1 job waits; the scheduler starts none of'
        ' them; nodes that are not up: n0 (off, as the scheduler commanded), n1 (draining, as the scheduler'
        ' commanded):\n  job 0 waits to be started: it takes 2 nodes, 0 of 2 are free')


def test_a_boot_that_takes_longer_than_a_hundred_thousand_invocations_is_waited_for(scenario: Scenario) -> None:
    scenario.platform(crossbar(1, boot_seconds=150000)).workload(rigid(1, waiting(1), submit=3))
    result = obeys(scenario, '1 switch_off 0, 4 switch_on 0', events=None)
    assert result.starts() == [150004]


@pytest.mark.parametrize('told', [False, True])
def test_a_scheduler_that_has_nodes_come_and_go_for_ever_leaves_the_run_stuck(scenario: Scenario, told: bool) -> None:
    scenario.platform(crossbar(2, boot_seconds=1)).workload(rigid(2, submit=0.5))
    result = obeys(scenario, '0 drain 1, 1 cycle 0', events=None, status=4, schedule_on_node_change=told)
    assert 'the scheduler starts none of them; nodes that are not up: ' in result.error
    assert 'n1 (draining, as the scheduler commanded)' in result.error


def test_a_scheduler_that_commands_in_circles_within_an_instant_ends_the_run(scenario: Scenario) -> None:
    """Four nodes and a job: the fifty-first answer in a row is too many."""
    scenario.configure(schedule_on_node_change=True).workload(rigid(1))
    words = ['resume', 'drain']

    def decide(peer: Peer) -> Json:
        return {'code': ANSWER, 'jobs': [], 'nodes': commands((0, words[len(peer.messages) % 2]))}

    result, peer = scenario.ask(decide, status=3)
    assert result.error == (
        "scheduler's answer at 0 s: it is the one after 50 others at this instant that give orders to jobs or nodes,"
        ' each of which leads to the next; what one of them orders, another one takes back')
    assert len(peer.messages) <= 53


# --- Preemption ------------------------------------------------------------------------------------------------------


# Five iterations of 3 s, each a checkpoint; 1 s of on_init, or 2 s of on_restart.
STEPS = model(phase(busy(3), iterations=5, checkpoint=True), on_init={'tasks': [busy(1)]},
              on_restart={'tasks': [busy(2)]})
KINDS = ('rigid', 'moldable', 'malleable', 'evolving', 'adaptive')


def sized(kind: str, nodes: int, application: Json) -> Json:
    return rigid(nodes, application) if kind == 'rigid' else flexible(kind, nodes, nodes, application)


def preempt(job: int, how: str = 'requeue', **keys: Any) -> Json:
    return {'id': job, 'preempt': how, **keys}


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize(('how', 'end', 'lost'), [
    ('requeue', 12 + 16, (1, 32, 2)), ('restart', 12 + 2 + 9, (1, 4, 0))])
def test_a_preempted_job_makes_way_at_once_and_starts_again(
        scenario: Scenario, way: str, how: str, end: float, lost: tuple[int, float, int]) -> None:
    """Job 0 has all four nodes from 1 s on; it is preempted at 9 s, one second into its third iteration. Job 1 gets
    them in the same answer, since the next one is that of 10 s. It ends at 12 s."""
    scenario.workload(rigid(4, STEPS), rigid(4, waiting(3), submit=2))
    result = obeys(scenario, f'9 {how} 0', way, schedule_on_job_submit=False)
    assert result.starts() == [12, 9]
    assert result.ends() == [end, 12]
    assert losses(result) == [lost, (0, 0, 0)]
    assert [(event['time'], event['job'], event['reason']) for event in journal(result, 'requeue')] == [
        (9, 0, 'preemption')]


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(('how', 'end'), [('requeue', 11 + 16), ('restart', 11 + 2 + 9)])
def test_jobs_of_every_type_are_preempted(scenario: Scenario, kind: str, how: str, end: float) -> None:
    scenario.workload(sized(kind, 4, STEPS), rigid(4, waiting(3), submit=1))
    result = obeys(scenario, f'8 {how} 0')
    assert result.starts() == [11, 8]
    assert result.ends() == [end, 11]
    assert result.column('Completed Phases') == ['5', '1']


def test_a_preempted_job_keeps_its_place_and_its_walltime_counts_again(scenario: Scenario) -> None:
    """Job 0 may run for 7 s and needs 6; it is preempted at 5 s, and stands before job 2 once job 1 has ended."""
    scenario.workload(rigid(4, waiting(6), walltime=7), rigid(4, waiting(2), submit=1), rigid(4, submit=2))
    result = obeys(scenario, '5 requeue 0')
    assert result.column('Status') == ['completed'] * 3
    assert result.starts() == [7, 5, 13]


def test_a_preempted_job_may_start_again_in_the_same_instant_elsewhere(scenario: Scenario) -> None:
    """The scheduler is told of it as of any job that waits from now on."""
    scenario.workload(rigid(1, waiting(5)))
    result = obeys(scenario, '2 requeue 0, 2 drain 0', schedule_on_job_submit=True)
    assert result.starts() == [2]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', 'none')]
    assert states(result, 'n1') == [(0, 'free', 'none'), (2, 'allocated', '0'), (7, 'free', 'none')]
    assert [event['invocation'] for event in journal(result, 'invocation') if event['time'] == 2] == [
        'periodic', 'job_submit']


def test_what_was_saved_is_lost_with_a_requeue_but_not_with_a_restart(scenario: Scenario) -> None:
    """Preempted three times: at 5 s (one iteration is saved), at 8 s (6 s: on_restart until 7 s), and at 9 s from the
    start."""
    scenario.workload(rigid(4, STEPS))
    result = obeys(scenario, '5 restart 0, 8 restart 0, 9 requeue 0')
    assert result.starts() == [9]
    assert result.ends() == [9 + 16]
    assert losses(result) == [(3, 36, 1)]


@pytest.mark.parametrize('way', WAYS)
def test_preempting_a_job_that_has_ended_changes_nothing(scenario: Scenario, way: str) -> None:
    scenario.workload(rigid(4, waiting(2)), rigid(4, waiting(3), submit=1))
    result = obeys(scenario, '4 requeue 0', way)
    assert result.ends() == [2, 5]
    assert 'Requeues' not in result.jobs[0]


def test_a_job_is_preempted_at_its_scheduling_point(scenario: Scenario) -> None:
    """At 4 s job 0 stands at its point; its nodes go to job 1 in the same answer. It has no checkpoint."""
    scenario.workload(flexible('malleable', 2, 4, waiting(4, 2)), rigid(4, waiting(3), submit=1))
    scenario.configure(schedule_on_scheduling_point=True)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 4:
            return [preempt(0, 'restart'), change(1, [0, 1, 2, 3])]
        return start_pending(peer)

    result, peer = scenario.ask(decide)
    assert result.starts() == [7, 4]
    assert result.ends() == [15, 7]
    assert losses(result)[0] == (1, 16, 1)
    assert (SUBMIT, 4) in peer.kinds()


@pytest.mark.parametrize('kind', ['evolving', 'adaptive'])
def test_a_job_is_preempted_in_answer_to_its_own_request(scenario: Scenario, kind: str) -> None:
    """It asks for two nodes after its first iteration, has none then, and asks again when it runs again from the
    start: then it gets them."""
    application = model(phase(busy(4), iterations=2, evolving_request='num_nodes_max'))
    scenario.workload(flexible(kind, 1, 2, application), rigid(1, waiting(3), submit=1)).platform(crossbar(2))
    asked: list[float] = []

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == REQUEST:
            asked.append(peer.time)
            return [preempt(0), change(1, [0])] if len(asked) == 1 else [change(0, [0, 1])]
        if peer.kind == SUBMIT and peer.time == 0:
            return [change(0, [0])]
        return [change(0, [0])] if peer.job['id'] == 1 and peer.time > 1 else []

    result, _ = scenario.ask(decide)
    first = asked[0]
    assert result.starts() == [first + 3, first]
    assert len(asked) == 2
    assert result.column('Nodes Max')[0] == '2'


def test_a_change_that_waits_is_dropped_when_the_job_is_preempted(scenario: Scenario) -> None:
    """Job 0 is to grow onto n1 at 8 s. It is preempted at 2 s, and its node and the reserved one are free at once."""
    scenario.platform(crossbar(2)).workload(flexible('malleable', 1, 2, waiting(8, 2)), rigid(2, waiting(1), submit=1),
                                            rigid(1, waiting(1), submit=2))

    def decide(peer: Peer) -> list[Json]:
        if peer.time == 0:
            return [change(0, [0])]
        if peer.time == 1 and peer.kind == SUBMIT:
            return [change(0, [0, 1])]
        if peer.time == 2 and peer.job['id'] == 2:
            return [preempt(0), change(1, [0, 1])]
        return start_pending(peer)

    result, peer = scenario.ask(decide)
    assert result.starts() == [3, 2, 19]
    assert [job['state'] for message in peer.messages for job in message['jobs'] if job['id'] == 0][:4] == [1, 4, 5, 1]


def test_a_job_is_preempted_during_its_reconfiguration(scenario: Scenario) -> None:
    """It grows at 4 s and runs on_reconfiguration until 6 s; at 5 s it is preempted, and goes on with the second of
    three iterations of 4 s, on one node."""
    application = model(phase(busy(4), iterations=3, checkpoint=True), on_reconfiguration={'tasks': [busy(2)]},
                        on_restart={'tasks': [busy(1)]})
    scenario.platform(crossbar(2)).workload(flexible('malleable', 1, 2, application))
    scenario.configure(schedule_on_scheduling_point=True, scheduling_interval=5)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 4:
            return [change(0, [0, 1])]
        if peer.kind == PERIODIC and peer.time == 5:
            return [preempt(0, 'restart')]
        return [change(0, [1])] if peer.jobs[0]['state'] == PENDING else []

    result, _ = scenario.ask(decide)
    assert result.starts() == [5]
    assert result.ends() == [5 + 1 + 8]
    assert losses(result) == [(1, 2, 0)]
    assert states(result, 'n0')[-1] == (5, 'free', 'none')


def test_preempted_attempts_count_but_only_a_node_loss_has_a_job_killed_for_them(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(10)))
    fails(scenario, outage('n0', 6, 7), on_node_loss='requeue', max_attempts=2)
    result = obeys(scenario, '2 requeue 0, 3 requeue 0, 4 requeue 0')
    assert result.column('Status') == ['killed']
    assert [event['reason'] for event in journal(result, 'requeue')] == ['preemption'] * 3
    assert [event['reason'] for event in journal(result, 'kill')] == ['attempts']


def test_jobs_that_wait_for_a_start_are_not_submitted_again_by_the_next_one(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(4), name='first'),
                      rigid(1, submit=0, dependencies=[{'after': 'first'}]))
    result = obeys(scenario, '2 requeue 0')
    assert len(journal(result, 'submit')) == 2
    assert result.column('Status') == ['completed'] * 2


def test_the_columns_of_losses_are_there_where_a_job_was_preempted(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(4)))
    assert 'Requeues' not in obeys(scenario, '9 requeue 0').jobs[0]
    assert losses(obeys(scenario, '2 requeue 0')) == [(1, 8, 0)]


@pytest.mark.parametrize(('entries', 'rule'), [
    ([preempt(1)], 'job 1: it is pending; only a running job can be preempted'),
    ([preempt(0, kill_flag=True)], 'job 0: kill and requeue in the same answer exclude each other'),
    ([preempt(0, 'restart', assigned_node_ids=[1])],
     'job 0: it is preempted, and given other nodes or GPUs in the same answer; it can be started again in a later'
     ' one'),
    ([preempt(2)], 'job 2: there is no such job; 2 jobs are submitted so far'),
    ([preempt(0, assigned_node_ids=[0]), change(1, [0, 0])], 'job 1: node 0 (n0) is assigned twice'),
])
def test_what_can_not_be_preempted(scenario: Scenario, entries: list[Json], rule: str) -> None:
    scenario.workload(rigid(1, waiting(9)), rigid(1, submit=1))
    result, _ = scenario.ask(lambda peer: entries if peer.time == 1 else start_pending(peer), status=3)
    assert result.error == f"scheduler's answer at 1 s (job submit of job 1): {rule}"


def test_the_nodes_of_a_preempted_job_go_to_one_other_job(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(9)), rigid(1, submit=1), rigid(1, submit=2))
    entries = [preempt(0, assigned_node_ids=[0]), change(1, [0]), change(2, [0])]
    result, _ = scenario.ask(lambda peer: entries if peer.time == 2 else start_pending(peer)[:1] if peer.time == 0
                             else [], status=3)
    assert result.error == (
        "scheduler's answer at 2 s (job submit of job 2): job 2: node 0 (n0) is assigned to job 1 in the same answer;"
        ' without allow_oversubscription a node takes one job')


def test_a_job_that_is_preempted_may_be_told_what_it_has_already(scenario: Scenario) -> None:
    """As packages do that always send the list of nodes. Its runtime arguments count at the next start."""
    scenario.workload(rigid(1, model(phase(busy('seconds')))))

    def decide(peer: Peer) -> list[Json]:
        if peer.jobs[0]['state'] == PENDING:
            first = {'runtime_arguments': {'seconds': 5}} if peer.kind == SUBMIT and len(peer.messages) == 1 else {}
            return [{'id': 0, 'assigned_node_ids': [0], **first}]
        if peer.time == 2:
            return [preempt(0, assigned_node_ids=[0], assigned_num_gpus_per_node=0, kill_flag=False,
                            runtime_arguments={'seconds': 3})]
        return []

    result, _ = scenario.configure(scheduling_interval=2).ask(decide)
    assert result.ends() == [5]


def test_a_scheduler_that_preempts_in_circles_within_an_instant_ends_the_run(scenario: Scenario) -> None:
    """Two jobs take turns on one node: each is preempted for the other as soon as that waits."""
    scenario.platform(crossbar(1)).workload(rigid(1, waiting(5)), rigid(1, waiting(5), submit=1))

    def decide(peer: Peer) -> list[Json]:
        waits = [job['id'] for job in peer.in_state(PENDING)]
        runs = [job['id'] for job in peer.jobs.values() if job['assigned_nodes']]
        return [*map(preempt, runs), *(change(job, [0]) for job in waits[:1])] if waits else []

    result, peer = scenario.ask(decide, status=3)
    assert result.error == (
        "scheduler's answer at 1 s: it is the one after 30 others at this instant that give orders to jobs or nodes,"
        ' each of which leads to the next; what one of them orders, another one takes back')
    assert len(peer.messages) == 2 + 31 - 1


# --- Suspension ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('way', WAYS)
def test_a_suspended_job_keeps_its_nodes_and_goes_on_with_what_it_had_left(scenario: Scenario, way: str) -> None:
    """Job 0 needs 10 s, of which 3 s are over; its walltime of 12 s stands still for 4 s, too. Job 1 waits for it."""
    scenario.workload(rigid(4, waiting(10), walltime=12), rigid(4, waiting(1), submit=1))
    result = obeys(scenario, '3 suspend 0, 7 continue 0', way)
    assert result.column('Status') == ['completed'] * 2
    assert result.starts() == [0, 14]
    assert result.ends() == [14, 15]
    assert [(event['time'], event['kind']) for event in journal(result, 'suspend', 'continue')] == [
        (3, 'suspend'), (7, 'continue')]


@pytest.mark.parametrize('kind', KINDS)
def test_jobs_of_every_type_are_suspended(scenario: Scenario, kind: str) -> None:
    """After 1 s of on_init, and again in an iteration; the second time, it is preempted, and goes on at once from what
    was saved at 10 s: 2 s of on_restart, and three iterations."""
    scenario.workload(sized(kind, 4, STEPS))
    result = obeys(scenario, '1 suspend 0, 4 continue 0, 11 suspend 0, 12 restart 0')
    assert result.starts() == [12]
    assert result.ends() == [12 + 2 + 9]


def test_what_is_told_of_a_suspended_job(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(10))).configure(scheduling_interval=1)
    orders = {2.0: 'suspend', 5.0: 'resume', 6.0: 'suspend', 8.0: 'resume'}

    def decide(peer: Peer) -> list[Json]:
        word = orders.pop(peer.time, None)
        return [{'id': 0, word: True}] if word else start_pending(peer)

    result, peer = scenario.ask(decide)
    assert result.ends() == [15]
    told = [(message['time'], job['state'], job.get('suspended'), job.get('suspended_time'))
            for message in peer.messages for job in message['jobs'] if message['time'] < 15]
    assert told == [(0, 1, None, None), (1, 4, None, None), (3, 4, True, None), (6, 4, None, 3), (7, 4, True, 3),
                    (9, 4, None, 5)]


@pytest.mark.parametrize('way', ['plugin', 'program', 'script', 'process'])
def test_schedulers_see_who_is_suspended(scenario: Scenario, way: str) -> None:
    """All that are suspended go on at 5 s and at 8 s, which is an error where job 0 has been for more than 3 s before:
    it has not. At 12 s it has."""
    scenario.workload(rigid(1, waiting(10)), rigid(1, waiting(10)))
    orders = '2 suspend 0, 5 continue_all 0, 6 suspend 0, 8 continue_all 0'
    assert obeys(scenario, orders, way).ends() == [15, 10]
    assert 'for too long' in obeys(scenario, f'{orders}, 12 continue_all 0', way, status=3).error


def test_a_job_is_suspended_at_its_scheduling_point_with_the_change_that_it_gets_there(scenario: Scenario) -> None:
    """At 4 s it grows onto n1, and is suspended until 9 s: then it runs on_reconfiguration for 1 s, and 4 s more."""
    scenario.platform(crossbar(2)).configure(schedule_on_scheduling_point=True, scheduling_interval=9)
    application = model(phase(busy(4), iterations=2), on_reconfiguration={'tasks': [busy(1)]})
    scenario.workload(flexible('malleable', 1, 2, application))

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 4:
            return [{**change(0, [0, 1]), 'suspend': True}]
        if peer.time == 9:
            return [{'id': 0, 'resume': True}]
        return [change(0, [0])] if peer.jobs[0]['state'] == PENDING else []

    result, _ = scenario.ask(decide)
    assert result.ends() == [14]
    assert result.column('Reconfigurations') == ['1']
    assert states(result, 'n1') == [(0, 'free', 'none'), (4, 'allocated', '0'), (14, 'free', 'none')]


def test_a_job_that_is_suspended_at_its_point_goes_on_there(scenario: Scenario) -> None:
    scenario.configure(schedule_on_scheduling_point=True, scheduling_interval=9)
    scenario.workload(flexible('adaptive', 1, 2, waiting(4, 2)))

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 4:
            return [{'id': 0, 'suspend': True}]
        if peer.time == 9:
            return [{'id': 0, 'resume': True}]
        return [change(0, [0])] if peer.jobs[0]['state'] == PENDING else []

    result, _ = scenario.ask(decide)
    assert result.ends() == [13]


def test_a_suspended_job_is_killed_as_any_other(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(10))).configure(scheduling_interval=1)

    def decide(peer: Peer) -> list[Json]:
        orders = {2.0: [{'id': 0, 'suspend': True}], 4.0: [change(0, kill=True)]}
        return orders.get(peer.time, start_pending(peer))

    result, _ = scenario.ask(decide)
    assert result.column('Status') == ['killed']
    assert result.ends() == [4]


def test_a_job_that_nobody_lets_go_on_leaves_the_run_stuck_and_is_named(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(10)), rigid(1, submit=3))
    result = obeys(scenario, '2 suspend 0', status=4, scheduling_interval=2)
    assert result.error.endswith(
        'nothing is left to happen while 2 of 2 jobs wait; the scheduler starts none of the pending ones, continues'
        ' none of the suspended ones:\n  job 0, started at 0 s, is suspended since 2 s\n  job 1 waits to be started: it'
        ' takes 1 node, 0 of 4 are free')


@pytest.mark.parametrize(('entry', 'rule'), [
    ({'id': 2, 'suspend': True}, 'job 2: it is pending; only a running job can be suspended'),
    ({'id': 2, 'resume': True}, 'job 2: it is pending; only a running job can be resumed'),
    ({'id': 0, 'suspend': True}, 'job 0: it is suspended already'),
    ({'id': 1, 'resume': True}, "job 1: it is not suspended, and can't be resumed"),
    ({'id': 0, 'resume': True, 'suspend': True}, 'job 0: suspend and resume in the same answer exclude each other'),
    ({'id': 1, 'suspend': True, 'preempt': 'restart'},
     'job 1: restart and suspend in the same answer exclude each other'),
    ({'id': 1, 'suspend': True, 'kill_flag': True}, 'job 1: kill and suspend in the same answer exclude each other')])
def test_what_can_not_be_suspended_or_resumed(scenario: Scenario, entry: Json, rule: str) -> None:
    scenario.workload(rigid(1, waiting(9)), rigid(1, waiting(9)), rigid(4, submit=1))

    def decide(peer: Peer) -> list[Json]:
        if peer.time == 0:
            return start_pending(peer) + [{'id': 0, 'suspend': True}] * (peer.jobs[0]['state'] == 4)
        return [entry]

    result, _ = scenario.ask(decide, status=3)
    assert result.error == f"scheduler's answer at 1 s (job submit of job 2): {rule}"


def test_orders_that_are_not_given_are_as_good_as_none(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(2)))
    result, _ = scenario.ask(lambda peer: [{**entry, 'suspend': False, 'resume': False}
                                           for entry in start_pending(peer)])
    assert result.ends() == [2]


SET_ORDER = """
from elastisim_python import run

def schedule(jobs, nodes, system):
    job, time = jobs[0], system['time']
    ranks = {0: [nodes[3], nodes[1]], 4: [nodes[2], nodes[0]]}
    orders = {1: job.suspend, 2: job.resume, 3: job.preempt}
    if job.state.name == 'PENDING' and time in ranks:
        job.assign(ranks[time])
    elif job.state.name == 'RUNNING' and time in orders:
        assert [node.identifier for node in job.assigned_nodes] == [1, 3]
        orders[time]()

run(schedule)
"""


@pytest.mark.parametrize('way', ['python:script.py', f"exec:'{PYTHON}' script.py"])
def test_nodes_that_a_script_saw_in_another_order_than_the_ranks_are_not_changed_by_an_order(
        scenario: Scenario, way: str) -> None:
    """The package lists nodes as a set does, and sends them with each job of which anything is said. Job 0 stands still
    from 1 to 2 s, is preempted at 3 s, starts anew at 4 s, and is never reconfigured."""
    scenario.workload(flexible('malleable', 2, 4, waiting(2, 2)))
    scenario.write('script.py', SET_ORDER)
    scenario.configure(events='out/events.jsonl', scheduling_interval=1)
    result = scenario.run(scheduler=way)
    kinds = ('start', 'reserve', 'shrink', 'grow', 'suspend', 'continue', 'requeue', 'complete')
    assert [(event['time'], event['kind'], event.get('nodes')) for event in journal(result, *kinds)] == [
        (0, 'start', [3, 1]), (1, 'suspend', None), (2, 'continue', None), (3, 'requeue', None), (4, 'start', [2, 0]),
        (8, 'complete', None)]
    assert result.column('Reconfigurations') == ['0']


# --- An example ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('way', ['python:{}', f"exec:'{PYTHON}' '{{}}'"])
def test_the_example_preempts_for_jobs_of_higher_priority(scenario: Scenario, way: str) -> None:
    """Job 0 has four nodes and has saved two iterations by 7 s. Job 1, at 8 s, takes them: two for itself, two for job
    2, which comes at 9 s. Job 3 is less urgent than job 0, and waits behind it, though a node is free from 10 s on. Job
    4, at 12 s, would be as urgent as job 0: no reason to preempt."""
    jobs = [rigid(4, STEPS), rigid(2, waiting(3), submit=8, attributes={'priority': 5}),
            rigid(2, waiting(1), submit=9, attributes={'priority': 0.5}),
            rigid(1, submit=9, attributes={'priority': -1}), rigid(4, waiting(2), submit=12)]
    result = scenario.workload(*jobs).run(scheduler=way.format(ROOT / 'schedulers' / 'preemptive.py'))
    assert result.starts() == [11, 8, 9, 24, 22]
    assert result.ends() == [22, 11, 10, 25, 24]
    assert losses(result)[0] == (1, 4, 0)


def test_the_example_preempts_none_where_that_does_not_make_enough_room(scenario: Scenario) -> None:
    """Job 2 needs four nodes; one of them has job 0, which is as urgent. When it has ended at 6 s, job 1 has to go."""
    scenario.workload(rigid(1, waiting(6), attributes={'priority': 2}), rigid(3, waiting(9)),
                      rigid(4, waiting(2), submit=1, attributes={'priority': 2}))
    result = scenario.run(scheduler=f'python:{ROOT}/schedulers/preemptive.py')
    assert result.starts() == [0, 8, 6]
