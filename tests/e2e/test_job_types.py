"""The five types of jobs: small schedules computed by hand, resizes at points and while they wait, evolving
requests, migration of nodes, GPU-only changes and runtime arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest
from harness import (
    ALLOCATED,
    COMPLETED,
    DONE,
    FREE,
    IN_CHANGE,
    PENDING,
    PENDING_CHANGE,
    PERIODIC,
    POINT,
    RECONFIGURATION,
    REQUEST,
    RESERVED,
    RUNNING,
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


def steps(iterations: int = 3, **keys: Any) -> Json:
    """Each iteration takes 8 s divided by the number of nodes."""
    return model(phase(cpu(8e9, 'all_ranks', name='step'), iterations=iterations, **keys))


# Whole seconds and others.
Time = TypeVar('Time', bound=float)


def at(plan: Mapping[tuple[int, Time], list[Json]] | None, start: dict[int, list[int]] | None = None
       ) -> Callable[[Peer], list[Json]]:
    """A function for a Peer that decides by a plan: at an invocation of this type and time, these entries; at
    all others it starts the jobs on the nodes given."""
    left = dict(plan or {})

    def decide(peer: Peer) -> list[Json]:
        for kind, time in left:
            if kind == peer.kind and time == near(peer.time):
                return left.pop((kind, time))
        return start_on(start if start is not None else {0: [0, 1]})(peer)

    return decide


def states(peer: Peer, job: int = 0) -> list[tuple[float, int]]:
    """The states of a job as the scheduler was told of them, with the time, repetitions left out."""
    told: list[tuple[float, int]] = []
    for message in peer.messages:
        for entry in message['jobs']:
            if entry['id'] == job and (not told or told[-1][1] != entry['state']):
                told.append((message['time'], entry['state']))
    return told


def node_states(peer: Peer, node: int) -> list[tuple[float, int]]:
    told: list[tuple[float, int]] = []
    for message in peer.messages:
        told += [(message['time'], entry['state']) for entry in message['nodes'] if entry['id'] == node]
    return told


# --- Rigid and moldable ----------------------------------------------------------------------------------------


def test_rigid_jobs_are_served_in_order_on_the_nodes_they_ask_for(scenario: Scenario) -> None:
    scenario.workload(rigid(3, waiting(5)), rigid(2, waiting(4), 1), rigid(1, waiting(1), 2), rigid(4, waiting(1), 3))
    result = scenario.run()
    # The second blocks those behind it until 5 s; the third then fits beside it.
    assert result.starts() == [0, 5, 5, 9]
    assert result.ends() == [5, 9, 6, 10]
    assert result.column('Nodes Max') == ['3', '2', '1', '4']


def test_a_job_that_takes_no_time_at_all_ends_when_it_starts(scenario: Scenario) -> None:
    assert scenario.workload(rigid(2, waiting(0), 3)).run().ends() == [3]


def test_jobs_are_submitted_by_time_and_ties_in_the_order_of_the_file(scenario: Scenario) -> None:
    scenario.workload(rigid(1, submit=5, name='c'), rigid(1, submit=1, name='a'), rigid(1, submit=5, name='d'),
                      rigid(1, submit=2.5, name='b'))
    result = scenario.run()
    assert result.column('Name') == ['a', 'b', 'c', 'd']
    assert result.column('Submit Time') == ['1', '2.5', '5', '5']


@pytest.mark.parametrize('nodes, end', [(1, 24), (2, 12), (4, 6)])
def test_a_moldable_job_runs_on_as_many_nodes_as_the_scheduler_chose_at_the_start(
        scenario: Scenario, nodes: int, end: float) -> None:
    scenario.workload(flexible('moldable', 1, 4, steps())).configure(schedule_on_scheduling_point=True)
    result, peer = scenario.ask(at(None, {0: list(range(nodes))}))
    assert result.ends() == near([end])
    assert peer.kinds() == [(SUBMIT, 0), (COMPLETED, near(end))]


def test_ranks_follow_the_order_of_the_assignment(scenario: Scenario) -> None:
    scenario.workload(rigid(3, model(phase(busy([1, 2, 3], pattern='vector', name='t')))))
    result, _ = scenario.ask(at(None, {0: [2, 3, 0]}))
    assert result.durations('t') == {'n2': 1, 'n3': 2, 'n0': 3}


@pytest.mark.parametrize('kind', ['moldable', 'malleable', 'evolving', 'adaptive'])
def test_a_job_that_is_not_rigid_starts_with_its_least_gpus_unless_told_otherwise(
        scenario: Scenario, kind: str) -> None:
    scenario.platform(crossbar(2, num_gpus=4, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    kernel = model(phase(task('gpu', flops=12e9, computation_pattern='uniform')))
    scenario.workload(*[flexible(kind, 1, 1, kernel, num_gpus_per_node_min=2, num_gpus_per_node_max=4)] * 2)
    both = [change(0, [0]), change(1, [1], 3)]
    result, _ = scenario.ask(lambda peer: both if (peer.kind, peer.message['job_id']) == (SUBMIT, 1) else [])
    assert result.ends() == near([6, 4])


# --- Malleable -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('nodes, end', [([0, 1, 2, 3], 4 + 2 + 2), ([1], 4 + 8 + 8), ([0, 1], 12), ([1, 0], 12),
                                        ([2, 3], 12)])
def test_a_malleable_job_is_resized_at_once_at_a_scheduling_point(
        scenario: Scenario, nodes: list[int], end: float) -> None:
    scenario.workload(flexible('malleable', 1, 4, steps())).configure(schedule_on_scheduling_point=True)
    result, peer = scenario.ask(at({(POINT, 4): [change(0, nodes)]}))
    assert result.ends() == near([end])
    assert states(peer) == [(0, PENDING), (near(4), RUNNING), (near(end), DONE)]
    assert result.column('Reconfigurations') == [str(int(nodes != [0, 1]))]
    assert result.column('Nodes At Start') == ['2']
    assert result.column('Nodes Min') == [str(min(2, len(nodes)))]
    assert result.column('Nodes Max') == [str(max(2, len(nodes)))]
    assert float(result.column('Node Seconds')[0]) == near(2 * 4 + len(nodes) * (end - 4))


@pytest.mark.parametrize('kind', ['malleable', 'adaptive'])
def test_another_order_of_the_same_nodes_is_a_reconfiguration(scenario: Scenario, kind: str) -> None:
    """Rank 0, the only one that works in the second half, moves from node 0 to node 1; that takes 3 s."""
    application = model(phase(busy(4)), phase(busy(8, pattern='root_only')), on_reconfiguration=phase(busy(3)))
    scenario.workload(flexible(kind, 1, 4, application)).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(at({(POINT, 4): [change(0, [1, 0])]}))
    assert result.ends() == near([4 + 3 + 8]) and result.column('Reconfigurations') == ['1']
    assert result.rows_of('') == [] or [(row['Node'], float(row['Duration'])) for row in result.tasks][-2:] == [
        ('n0', 0), ('n1', near(8))]


def test_scheduling_points_lie_between_iterations_and_phases_and_never_before_the_first(scenario: Scenario) -> None:
    application = model(phase(busy(1), iterations=2), phase(busy(2)), phase(busy(4), scheduling_point=False),
                        phase(busy(8)), on_init=phase(busy(16)))
    scenario.workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    _, peer = scenario.ask(start_pending)
    # A point belongs to the phase that follows it.
    assert [message['time'] for message in peer.of_kind(POINT)] == [17, 18, 24]


def test_nodes_dropped_at_a_point_are_free_at_once_for_a_waiting_job(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, steps()), rigid(3, waiting(1), 1))
    scenario.configure(schedule_on_scheduling_point=True)
    result, peer = scenario.ask(at({(POINT, 2): [change(0, [0]), change(1, [1, 2, 3])]}, {0: [0, 1, 2, 3]}))
    assert result.starts() == near([0, 2]) and result.ends() == near([2 + 8 + 8, 3])


def test_nodes_dropped_at_a_point_can_go_to_another_running_job(scenario: Scenario) -> None:
    """Job 1 is at its second iteration when it is promised the nodes; it takes them at its next point."""
    scenario.workload(flexible('malleable', 1, 4, steps()), flexible('malleable', 1, 4, steps()))
    scenario.configure(schedule_on_scheduling_point=True)
    plan = {(POINT, 4): [change(0, [0]), change(1, [2, 3, 1])]}
    result, peer = scenario.ask(at(plan, {0: [0, 1], 1: [2, 3]}))
    assert result.ends() == near([4 + 8 + 8, 4 + 8 / 3 + 8 / 3])


@pytest.mark.parametrize('own_point', [True, False])
def test_a_change_that_waits_reserves_nodes_until_the_next_scheduling_point(
        scenario: Scenario, own_point: bool) -> None:
    """Decided at 3 s, applied at 4 s, whether the scheduler is invoked there or not."""
    scenario.workload(flexible('malleable', 1, 4, steps()))
    scenario.configure(schedule_on_scheduling_point=own_point, scheduling_interval=3)
    result, peer = scenario.ask(at({(PERIODIC, 3): [change(0, [0, 1, 2, 3])]}))
    assert result.ends() == near([4 + 2 + 2])
    rows = [(row['Time'], row['State'], row['Running jobs'], row['Expected jobs']) for row in result.nodes
            if row['Node'] == 'n3']
    assert rows == [('0', 'free', 'none', 'none'), ('3', 'reserved', 'none', '0'), ('4', 'allocated', '0', 'none'),
                    ('8', 'free', 'none', 'none')]
    if own_point:
        assert (near(4), PENDING_CHANGE) in states(peer)
        assert node_states(peer, 3) == [(0, FREE), (near(4), RESERVED), (near(6), ALLOCATED), (near(8), FREE)]


def test_a_pending_change_is_sent_with_the_new_assignment(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, steps())).configure(scheduling_interval=1)
    _, peer = scenario.ask(at({(PERIODIC, 1): [change(0, [0, 1, 3])]}))
    told = next(message for message in peer.messages if message['time'] == 2)
    assert [(job['state'], job['assigned_nodes']) for job in told['jobs']] == [(PENDING_CHANGE, [0, 1, 3])]
    assert [(node['id'], node['state'], node['assigned_jobs']) for node in told['nodes']] == [(3, RESERVED, [])]


@pytest.mark.parametrize('later, end', [([0, 1], 12), ([1, 0], 12), ([0], 4 + 8 + 8), ([0, 1, 3], 4 + 16 / 3)])
def test_a_waiting_change_can_be_changed_again_and_taken_back(
        scenario: Scenario, later: list[int], end: float) -> None:
    scenario.workload(flexible('malleable', 1, 4, steps())).configure(scheduling_interval=1)
    plan = {(PERIODIC, 1): [change(0, [0, 1, 2])], (PERIODIC, 2): [change(0, later)]}
    result, peer = scenario.ask(at(plan))
    assert result.ends() == near([end])
    told = next(message for message in peer.messages if message['time'] == 3)
    assert told['jobs'][0]['state'] == (RUNNING if later == [0, 1] else PENDING_CHANGE)
    assert {node['id']: node['state'] for node in told['nodes']}[2] == FREE


def test_a_change_decided_during_on_init_waits_for_the_first_point(scenario: Scenario) -> None:
    application = {**steps(), 'on_init': phase(busy(2))}
    scenario.workload(flexible('malleable', 1, 4, application)).configure(scheduling_interval=1)
    result, _ = scenario.ask(at({(PERIODIC, 1): [change(0, [0, 1, 2, 3])]}))
    assert result.ends() == near([2 + 4 + 2 + 2])


def test_a_change_decided_during_a_reconfiguration_is_not_lost(scenario: Scenario) -> None:
    """At 4 s the job gets a third node and reconfigures until 9 s; at 5 s it is promised a fourth one."""
    application = {**steps(), 'on_reconfiguration': phase(busy(5))}
    scenario.workload(flexible('malleable', 1, 4, application))
    scenario.configure(scheduling_interval=5, schedule_on_scheduling_point=True)
    plan = {(POINT, 4): [change(0, [0, 1, 2])], (PERIODIC, 5): [change(0, [0, 1, 2, 3])]}
    result, peer = scenario.ask(at(plan))
    assert result.ends() == near([4 + 5 + 8 / 3 + 5 + 2])
    assert (5, IN_CHANGE) in states(peer)
    assert result.column('Reconfigurations') == ['2']
    # While it reconfigures it stays so for the scheduler, with what it will get.
    told = next(message for message in peer.messages if message['time'] == 10)
    assert [(job['state'], job['assigned_nodes']) for job in told['jobs']] == [(PENDING_CHANGE, [0, 1, 2, 3])]


def test_a_change_waits_through_phases_without_scheduling_points(scenario: Scenario) -> None:
    application = model(phase(busy(2)), phase(busy(2), scheduling_point=False), phase(busy(2)))
    scenario.workload(flexible('malleable', 1, 4, application)).configure(scheduling_interval=1)
    result, _ = scenario.ask(at({(PERIODIC, 1): [change(0, [0, 1, 2])]}))
    assert [row['Time'] for row in result.nodes if row['Node'] == 'n2'] == ['0', '1', '4', '6']


def test_a_change_that_comes_too_late_leaves_nothing_behind(scenario: Scenario) -> None:
    """The job ends without another scheduling point; its reservation goes with it."""
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 2)), rigid(4, waiting(1), 5))
    scenario.configure(scheduling_interval=3)
    result, _ = scenario.ask(at({(PERIODIC, 3): [change(0, [0, 1, 2, 3])]}, {0: [0, 1], 1: [0, 1, 2, 3]}))
    assert result.ends() == [4, 6] and result.column('Reconfigurations') == ['0', '0']
    assert [(row['Time'], row['State']) for row in result.nodes if row['Node'] == 'n3'] == [
        ('0', 'free'), ('3', 'reserved'), ('4', 'free'), ('5', 'allocated'), ('6', 'free')]


def test_two_jobs_at_their_points_in_the_same_instant_pass_nodes_from_one_to_the_other(scenario: Scenario) -> None:
    """The first gives up a node, which the second takes at its own point right after that."""
    scenario.workload(flexible('malleable', 1, 4, steps()), flexible('malleable', 1, 4, steps()))
    scenario.configure(schedule_on_scheduling_point=True)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind != POINT or peer.time != near(4):
            return start_on({0: [0, 1], 1: [2, 3]})(peer)
        return [change(0, [0])] if peer.job['id'] == 0 else [change(1, [1, 2, 3])]

    result, peer = scenario.ask(decide)
    assert [message['job_id'] for message in peer.of_kind(POINT)[:2]] == [0, 1]
    assert result.ends() == near([4 + 8 + 8, 4 + 8 / 3 + 8 / 3])


def test_assigned_nodes_are_sent_in_the_order_of_ranks(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 3))).configure(schedule_on_scheduling_point=True)
    plan = {(POINT, 2): [change(0, [3, 1, 2])]}
    _, peer = scenario.ask(at(plan, {0: [2, 0]}))
    told = [job['assigned_nodes'] for message in peer.of_kind(POINT) for job in message['jobs']]
    assert told == [[2, 0], [3, 1, 2]]


def test_a_job_whose_phases_have_no_iterations_ends_when_it_starts(scenario: Scenario) -> None:
    empty = model(phase(busy(9), iterations=0))
    scenario.workload(rigid(1, empty, 1), flexible('malleable', 1, 2, empty, 2),
                      rigid(1, {**empty, 'on_init': phase(busy(2))}, 3))
    result = scenario.run()
    assert result.ends() == [1, 2, 5] and result.column('Completed Phases') == ['0', '0', '0']


def test_a_resize_that_also_reorders_kept_nodes_gives_them_ranks_in_the_new_order(scenario: Scenario) -> None:
    application = model(phase(busy(1), busy(6, pattern='root_only', name='root'), iterations=2))
    scenario.workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(at({(POINT, 7): [change(0, [2, 1, 0])]}))
    assert [node for _, node, duration in result.rows_of('root') if duration > 0] == ['n0', 'n2']


@pytest.mark.parametrize('told', [True, False])
def test_schedule_on_reconfiguration_tells_when_a_waiting_change_is_applied(scenario: Scenario, told: bool) -> None:
    """Before on_reconfiguration runs; what is decided then for the job waits."""
    application = {**steps(), 'on_reconfiguration': phase(busy(1))}
    scenario.workload(flexible('malleable', 1, 4, application), rigid(1, waiting(1), 1))
    scenario.configure(schedule_on_reconfiguration=told)
    plan = {(SUBMIT, 1): [change(0, [0])], (RECONFIGURATION, 4): [change(1, [1])]}
    result, peer = scenario.ask(at(plan) if told else at({**plan, (COMPLETED, 21): [change(1, [1])]}))
    assert result.ends()[0] == near(4 + 1 + 8 + 8)
    assert [message['time'] for message in peer.of_kind(RECONFIGURATION)] == ([near(4)] if told else [])
    if told:
        message, = peer.of_kind(RECONFIGURATION)
        assert message['job_id'] == 0 and {job['id']: job['state'] for job in message['jobs']}[0] == IN_CHANGE
        assert result.ends()[1] == near(5)


def test_a_change_of_the_gpus_alone_is_a_reconfiguration(scenario: Scenario) -> None:
    scenario.platform(crossbar(1, num_gpus=4, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    kernel = phase(task('gpu', flops=8e9, computation_pattern='uniform'), iterations=3)
    scenario.workload(flexible('malleable', 1, 1, model(kernel, on_reconfiguration=phase(busy(1)),
                                                        on_expansion=phase(busy(100))),
                               num_gpus_per_node_min=1, num_gpus_per_node_max=4))
    scenario.configure(schedule_on_scheduling_point=True)
    result, peer = scenario.ask(at({(POINT, 8): [change(0, gpus=4)]}, {0: [0]}))
    assert result.ends() == near([8 + 1 + 2 + 2])
    assert result.column('Reconfigurations') == ['1']
    told = next(message for message in peer.messages if message['time'] > 9)
    assert told['jobs'][0]['assigned_num_gpus_per_node'] == 4
    assert [gpu['state'] for gpu in told['nodes'][0]['gpus']] == [1, 1, 1, 1]


def test_a_waiting_change_of_the_gpus_is_applied_at_the_next_point(scenario: Scenario) -> None:
    scenario.platform(crossbar(1, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    kernel = phase(task('gpu', flops=8e9, computation_pattern='uniform'), iterations=3)
    scenario.workload(flexible('malleable', 1, 1, model(kernel), num_gpus_per_node_min=1, num_gpus_per_node_max=2))
    scenario.configure(scheduling_interval=5)
    result, peer = scenario.ask(at({(PERIODIC, 5): [change(0, [0], 2)]}, {0: [0]}))
    assert result.ends() == near([8 + 4 + 4])
    told = [(job['state'], job['assigned_num_gpus_per_node']) for message in peer.messages for job in message['jobs']]
    assert told == [(PENDING, 0), (RUNNING, 1), (RUNNING, 2), (RUNNING, 2), (DONE, 2)]


def test_a_job_that_leaves_all_its_nodes_for_new_ones_goes_on_there(scenario: Scenario) -> None:
    application = {**steps(), 'on_expansion': phase(busy(1))}
    scenario.workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(at({(POINT, 4): [change(0, [2, 3])]}))
    assert result.ends() == near([4 + 1 + 4 + 4])
    assert [node for time, node, _ in result.rows_of('step') if time > 5] == ['n2', 'n3', 'n2', 'n3']


# --- Evolving --------------------------------------------------------------------------------------------------


def grant(peer: Peer) -> list[Json]:
    """Gives a job what it asks for."""
    if peer.kind != REQUEST:
        return start_on({0: [0, 1]})(peer)
    wanted = peer.message['evolving_request']
    nodes = peer.job['assigned_nodes']
    return [change(peer.job['id'], (nodes + [node for node in peer.free() if node not in nodes])[:wanted])]


def decline(peer: Peer) -> list[Json]:
    return [] if peer.kind == REQUEST else start_on({0: [0, 1]})(peer)


@pytest.mark.parametrize('request_, asked, end', [
    (4, [(near(4), 4)], 4 + 2 + 2),
    (4.9, [(near(4), 4)], 4 + 2 + 2),
    ('num_nodes + 1', [(near(4), 3), (near(4 + 8 / 3), 4)], 4 + 8 / 3 + 2),
    ('num_nodes_max', [(near(4), 4)], 4 + 2 + 2),
    ('num_nodes_min', [(near(4), 1)], 4 + 8 + 8),
    ('phase_iteration + 1', [(near(8), 3)], 4 + 4 + 8 / 3),
    ('want', [(near(4), 3)], 4 + 16 / 3),
    # Clipped to the bounds.
    (100, [(near(4), 4)], 4 + 2 + 2),
    (0, [(near(4), 1)], 4 + 8 + 8),
    (-5, [(near(4), 1)], 4 + 8 + 8),
    # An equal number is no request.
    (2, [], 12), ('num_nodes', [], 12), (2.7, [], 12),
])
def test_an_evolving_job_asks_before_each_iteration_but_the_first_and_gets_it_at_once(
        scenario: Scenario, request_: float | str, asked: list[Any], end: float) -> None:
    scenario.workload(flexible('evolving', 1, 4, steps(evolving_request=request_), arguments={'want': 3}))
    # The scheduler is invoked whatever the configuration says, and evolving jobs have no scheduling points.
    scenario.configure(schedule_on_scheduling_point=True)
    result, peer = scenario.ask(grant)
    assert [(message['time'], message['evolving_request']) for message in peer.of_kind(REQUEST)] == asked
    assert peer.of_kind(POINT) == []
    assert result.ends() == near([end])


def test_a_declined_request_changes_nothing_and_is_made_again(scenario: Scenario) -> None:
    scenario.workload(flexible('evolving', 1, 4, steps(evolving_request=4)))
    result, peer = scenario.ask(decline)
    assert [message['time'] for message in peer.of_kind(REQUEST)] == near([4, 8])
    assert result.ends() == near([12])


def test_a_request_can_be_answered_with_another_number_of_nodes(scenario: Scenario) -> None:
    scenario.workload(flexible('evolving', 1, 4, steps(2, evolving_request=4)))
    result, _ = scenario.ask(at({(REQUEST, 4): [change(0, [0, 1, 2])]}))
    assert result.ends() == near([4 + 8 / 3])


def test_nodes_given_up_at_a_request_can_go_to_a_waiting_job_in_the_same_answer(scenario: Scenario) -> None:
    scenario.workload(flexible('evolving', 1, 4, steps(2, evolving_request=1)), rigid(3, waiting(1), 1))
    result, _ = scenario.ask(at({(REQUEST, 2): [change(0, [3]), change(1, [0, 1, 2])]}, {0: [0, 1, 2, 3]}))
    assert result.starts() == near([0, 2]) and result.ends() == near([2 + 8, 3])


def test_requests_of_jobs_that_can_not_ask_have_no_effect(scenario: Scenario) -> None:
    asking = steps(evolving_request=4)
    scenario.workload(rigid(2, asking), flexible('moldable', 2, 2, asking, 20), flexible('malleable', 2, 2, asking, 40))
    result, peer = scenario.ask(start_pending)
    assert peer.of_kind(REQUEST) == [] and result.ends() == near([12, 32, 52])


# --- Adaptive --------------------------------------------------------------------------------------------------


def test_an_adaptive_job_asks_and_where_it_asks_for_nothing_new_is_at_a_scheduling_point(scenario: Scenario) -> None:
    scenario.workload(flexible('adaptive', 1, 4, steps(4, evolving_request='phase_iteration < 3 ? num_nodes : 4')))
    scenario.configure(schedule_on_scheduling_point=True)
    plan = {(POINT, 4): [change(0, [0])], (POINT, 4 + 8): [change(0, [0, 1])], (REQUEST, 4 + 8 + 4):
            [change(0, [0, 1, 2, 3])]}
    result, peer = scenario.ask(at(plan))
    assert [kind for kind, _ in peer.kinds()] == [SUBMIT, POINT, POINT, REQUEST, COMPLETED]
    assert result.ends() == near([4 + 8 + 4 + 2])


def test_an_adaptive_job_takes_a_waiting_change_at_its_points_too(scenario: Scenario) -> None:
    scenario.workload(flexible('adaptive', 1, 4, steps())).configure(scheduling_interval=1)
    result, _ = scenario.ask(at({(PERIODIC, 1): [change(0, [0, 1, 2, 3])]}))
    assert result.ends() == near([4 + 2 + 2])


def test_a_waiting_change_is_applied_at_a_request_that_the_scheduler_leaves_unanswered(scenario: Scenario) -> None:
    scenario.workload(flexible('adaptive', 1, 4, steps(2, evolving_request=4))).configure(scheduling_interval=1)
    result, peer = scenario.ask(at({(PERIODIC, 1): [change(0, [0])]}))
    assert [message['time'] for message in peer.of_kind(REQUEST)] == near([4])
    assert result.ends() == near([4 + 8])


# --- Arguments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('kind', ['rigid', 'moldable', 'malleable', 'evolving', 'adaptive'])
def test_runtime_arguments_of_the_scheduler_count_in_models_at_the_start(scenario: Scenario, kind: str) -> None:
    application = model(phase(idle('base * factor')))
    scenario.workload(rigid(1, application, arguments={'base': 3}) if kind == 'rigid' else
                      flexible(kind, 1, 1, application, arguments={'base': 3}))
    result, _ = scenario.ask(at({(SUBMIT, 0): [change(0, [0], arguments={'factor': '2 + base'})]}))
    assert result.ends() == [15]


def test_a_runtime_argument_goes_before_an_argument_of_the_same_name(scenario: Scenario) -> None:
    scenario.workload(rigid(1, model(phase(idle('x'))), arguments={'x': 3}))
    result, peer = scenario.ask(at({(SUBMIT, 0): [change(0, [0], arguments={'x': 7})]}))
    assert result.ends() == [7]
    assert peer.jobs[0]['arguments'] == {'x': '3'} and peer.jobs[0]['runtime_arguments'] == {'x': '7'}


def test_iterations_of_phases_see_the_arguments_of_the_job_alone(scenario: Scenario) -> None:
    scenario.workload(rigid(1, model(phase(idle(2), iterations='steps')), arguments={'steps': 3}))
    result, peer = scenario.ask(at({(SUBMIT, 0): [change(0, [0], arguments={'steps': 1})]}))
    assert result.ends() == [6]
    assert peer.jobs[0]['completed_phases'] == peer.jobs[0]['total_phase_count'] == 3


def test_a_new_runtime_argument_counts_from_the_next_reconfiguration_on(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, model(phase(busy('pace'), iterations=4)), arguments={'pace': 4}))
    scenario.configure(schedule_on_scheduling_point=True)
    plan = {(POINT, 4): [change(0, arguments={'pace': 1})], (POINT, 8): [change(0, [0])]}
    result, peer = scenario.ask(at(plan))
    assert result.ends() == [4 + 4 + 1 + 1]
    assert peer.jobs[0]['runtime_arguments'] == {'pace': '1'}


def test_string_arguments_are_expressions_over_other_arguments(scenario: Scenario) -> None:
    scenario.workload(rigid(2, model(phase(idle('total / 2'))), arguments={
        'total': 'max(each, 1) * num_nodes', 'each': '-x^2 + 100', 'x': -3}))
    # -3 keeps its value under a power: -9 + 100 = 91.
    assert scenario.run().ends() == [91]


@pytest.mark.parametrize('text, value', [
    ('1 + 2 * 3 - 4 / 8', 6.5), ('2 ^ 3 ^ 2', 512), ('7 % 4', 3), ('(1 + 2) * 3', 9), ('5 = 5', 1), ('5 == 4', 0),
    ('5 != 4', 1), ('5 <> 5', 0), ('(1 < 2) + (2 <= 2) + (3 > 2) + (2 >= 3)', 3), ('1 and 0', 0), ('1 or 0', 1),
    ('not 0', 1), ('1 && 1', 1), ('0 || 0', 0), ('!1', 0), ('n > 2 ? 10 : 20', 10), ('if(n < 2, 10, 20)', 20),
    ('min(4, 2, 9)', 2), ('max(4, 2, 9)', 9), ('avg(1, 2, 6)', 3), ('sum(1, 2, 6)', 9), ('abs(-2)', 2),
    ('sqrt(16)', 4), ('cbrt(27)', 3), ('exp(0)', 1), ('log(exp(2))', 2), ('log2(8)', 3), ('log10(1000)', 3),
    ('pow(2, 5)', 32), ('floor(2.7)', 2), ('ceil(2.1)', 3), ('round(2.5)', 3), ('trunc(2.9)', 2), ('sin(0)', 0),
    ('cos(0)', 1), ('tan(0)', 0), ('asin(0)', 0), ('acos(1)', 0), ('atan(0)', 0), ('clamp(9, 1, 5)', 5),
    ('pi', 3.141592653589793), ('MAX(1, 2) + Floor(1.5)', 3), ('n + num_nodes', 5), ('max_n', 11),
])
def test_performance_models_know_these_expressions(scenario: Scenario, text: str, value: float) -> None:
    scenario.workload(rigid(2, model(phase(idle(text))), arguments={'n': 3, 'max_n': 11}))
    assert scenario.run().ends() == near([value])


# --- States ----------------------------------------------------------------------------------------------------


def test_a_job_is_running_while_on_init_runs_and_told_so(scenario: Scenario) -> None:
    scenario.workload(rigid(2, model(phase(busy(2)), on_init=phase(busy(2))))).configure(scheduling_interval=1)
    _, peer = scenario.ask(at(None))
    assert states(peer) == [(0, PENDING), (1, RUNNING), (4, DONE)]
    assert node_states(peer, 0) == [(0, FREE), (1, ALLOCATED), (4, FREE)]


@pytest.mark.parametrize('kind', ['rigid', 'moldable', 'malleable', 'evolving', 'adaptive'])
def test_progress_is_current_whenever_it_is_sent(scenario: Scenario, kind: str) -> None:
    application = model(phase(busy(2), iterations=2), phase(busy(2), barrier=False, iterations=2),
                        on_init=phase(busy(1)))
    scenario.workload(rigid(1, application) if kind == 'rigid' else flexible(kind, 1, 1, application))
    scenario.configure(scheduling_interval=2)
    _, peer = scenario.ask(at(None, {0: [0]}))
    told = [(message['time'], job['completed_phases'], job['total_phase_count']) for message in peer.messages
            for job in message['jobs']]
    assert told == [(0, 0, 4), (2, 0, 4), (4, 1, 4), (6, 2, 4), (8, 3, 4), (9, 4, 4)]
