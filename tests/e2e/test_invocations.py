"""What the simulator says to the scheduler and when: the messages field by field, the seven types of invocation,
what counts as changed, the least interval between invocations and the figures of the file system."""

from __future__ import annotations

import pytest
from harness import (
    COMPLETED,
    END,
    INVOCATION,
    KILLED,
    PENDING,
    PERIODIC,
    POINT,
    RECONFIGURATION,
    REQUEST,
    RUNNING,
    SUBMIT,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    crossbar,
    flexible,
    host,
    model,
    near,
    pairwise,
    phase,
    rigid,
    start_on,
    start_pending,
    task,
    waiting,
)

NODE: Json = {'type': 0, 'state': 0, 'assigned_jobs': [], 'gpus': []}


# --- Messages --------------------------------------------------------------------------------------------------


def test_the_first_message_holds_all_nodes_and_every_field_of_a_rigid_job(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(1, 3), 1.5, walltime=100.25))
    _, peer = scenario.ask(start_pending)
    assert peer.messages[0] == {
        'code': INVOCATION, 'time': 1.5, 'invocation_type': SUBMIT, 'job_id': 0,
        'jobs': [{'id': 0, 'state': PENDING, 'type': 0, 'walltime': 100.25, 'submit_time': 1.5, 'start_time': -1,
                  'end_time': -1, 'wait_time': -1, 'makespan': -1, 'turnaround_time': -1, 'num_nodes': 2,
                  'num_gpus_per_node': 0, 'assigned_nodes': [], 'assigned_num_gpus_per_node': 0,
                  'total_phase_count': 3, 'completed_phases': 0}],
        'nodes': [{'id': i, **NODE, 'name': f'n{i}', 'speed': 1e9} for i in range(4)],
        'schedule_on_scheduling_point': False, 'allow_oversubscription': False}


def test_the_message_of_the_end_tells_all_times_and_gives_the_nodes_back(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4)), rigid(3, waiting(2, 3), 1.5), rigid(1, submit=9))
    _, peer = scenario.ask(start_on({0: [2], 1: [3, 0, 1], 2: [2]}))
    message = next(message for message in peer.messages if message.get('job_id') == 1 and message['time'] > 2)
    assert message == {
        'code': INVOCATION, 'time': 7.5, 'invocation_type': COMPLETED, 'job_id': 1,
        'jobs': [{'id': 1, 'state': 7, 'type': 0, 'walltime': 0, 'submit_time': 1.5, 'start_time': 1.5,
                  'end_time': 7.5, 'wait_time': 0, 'makespan': 6, 'turnaround_time': 6, 'num_nodes': 3,
                  'num_gpus_per_node': 0, 'assigned_nodes': [], 'assigned_num_gpus_per_node': 0,
                  'total_phase_count': 3, 'completed_phases': 3}],
        'nodes': [{'id': i, **NODE} for i in (0, 1, 3)]}


def test_flexible_jobs_are_sent_with_their_bounds_wishes_arguments_and_attributes(scenario: Scenario) -> None:
    scenario.platform(crossbar(3, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    for number, kind in enumerate(['moldable', 'malleable', 'evolving', 'adaptive'], start=1):
        scenario.workload(flexible(
            kind, 2, 3, num_gpus_per_node_min=1, num_gpus_per_node_max=2, name='Jürgen "J"', num_nodes_preferred=3,
            runtime_estimate=2.5, arguments={'x': 3, 'y': 'x + 0.5', 'z': 1e300},
            attributes={'priority': 50, 'queue': 'long', 'exclusive': True, 'shared': False, 'share': 0.1}))
        _, peer = scenario.ask(start_pending)
        job = peer.messages[0]['jobs'][0]
        assert job == {
            'id': 0, 'state': PENDING, 'type': number, 'walltime': 0, 'submit_time': 0, 'start_time': -1,
            'end_time': -1, 'wait_time': -1, 'makespan': -1, 'turnaround_time': -1, 'num_nodes_min': 2,
            'num_nodes_max': 3, 'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': 2, 'name': 'Jürgen "J"',
            'num_nodes_preferred': 3, 'runtime_estimate': 2.5, 'assigned_nodes': [], 'assigned_num_gpus_per_node': 0,
            'arguments': {'x': '3', 'y': 'x + 0.5', 'z': '1e+300'},
            'attributes': {'priority': '50', 'queue': 'long', 'exclusive': 'true', 'shared': 'false', 'share': '0.1'},
            'total_phase_count': 1, 'completed_phases': 0}


def test_nodes_are_sent_with_type_state_jobs_and_gpus(scenario: Scenario) -> None:
    gpus: Json = {'num_gpus': 3, 'flops_per_gpu': '1Gf', 'gpu_to_gpu_bw': '1GBps'}
    buffer: Json = {'node_local_bb': 'true', 'bb_read_bw': '1GBps', 'bb_write_bw': '1GBps'}
    scenario.platform(pairwise({'a': host('a', **gpus), 'b': host('b', **buffer),
                                'c': host('c', wide_striping='true', **buffer)}))
    scenario.workload(rigid(1, num_gpus_per_node=2), rigid(2, submit=0.5))
    _, peer = scenario.ask(start_pending)
    free = [{'id': 0, 'state': 0}, {'id': 1, 'state': 0}, {'id': 2, 'state': 0}]
    told = peer.messages[0]['nodes']
    assert [(node.pop('name'), node.pop('speed')) for node in told] == [('a', 1e9), ('b', 1e9), ('c', 1e9)]
    properties = [node.pop('properties') for node in told]
    assert properties[0] == {key: str(value) for key, value in gpus.items()} and properties[1] == buffer
    assert told == [{**NODE, 'id': 0, 'gpus': free}, {**NODE, 'id': 1, 'type': 1}, {**NODE, 'id': 2, 'type': 2}]
    busy_gpus = [{'id': 0, 'state': 1}, {'id': 1, 'state': 1}, {'id': 2, 'state': 0}]
    assert peer.messages[1]['nodes'] == [{'id': 0, 'type': 0, 'state': 1, 'assigned_jobs': [0], 'gpus': busy_gpus}]


def test_oversubscribed_nodes_are_sent_with_all_their_jobs(scenario: Scenario) -> None:
    scenario.configure(allow_oversubscription=True, scheduling_interval=1)
    scenario.workload(rigid(2), rigid(2), rigid(1))
    _, peer = scenario.ask(start_on({0: [0, 1], 1: [1, 2], 2: [1]}))
    told = {message['time']: message['nodes'] for message in peer.messages}
    assert [[(node['id'], node['state'], node['assigned_jobs']) for node in nodes] for nodes in told.values()][:2] == [
        [(1, 1, [0, 1]), (2, 1, [1])], [(1, 1, [0, 1, 2])]]


def test_the_scheduler_is_told_of_the_end(scenario: Scenario) -> None:
    _, peer = scenario.workload(rigid()).ask(start_pending)
    assert peer.ended


def test_a_workload_without_jobs_ends_at_once_and_the_scheduler_is_told(scenario: Scenario) -> None:
    result, peer = scenario.ask(start_pending)
    assert peer.ended and peer.messages == [] and result.jobs == []


def test_the_codes_of_the_protocol_are_these() -> None:
    assert (INVOCATION, END) == (4293673984, 4293674239)


# --- What changed ----------------------------------------------------------------------------------------------


def test_each_message_holds_what_changed_once_and_in_the_order_of_ids(scenario: Scenario) -> None:
    """Jobs come and go and are resized; each message lists each job and node at most once, sorted."""
    scenario.configure(schedule_on_scheduling_point=True, scheduling_interval=0.7)
    growing = model(phase(busy(0.5), iterations=8))
    scenario.workload(*[flexible('malleable', 1, 4, growing, 0.3 * i) for i in range(6)], rigid(1, submit=1))

    def decide(peer: Peer) -> list[Json]:
        entries = start_pending(peer, 1)
        if peer.kind == POINT and not entries:
            entries.append(change(peer.job['id'], [*peer.job['assigned_nodes'], *peer.free()][:4]))
        return entries

    _, peer = scenario.ask(decide)
    for message in peer.messages:
        for key in ('jobs', 'nodes'):
            ids = [entry['id'] for entry in message[key]]
            assert ids == sorted(set(ids))
    assert len(peer.messages[0]['nodes']) == 4
    assert sum(len(message['jobs']) for message in peer.messages) > 20


def test_jobs_and_nodes_that_did_not_change_are_not_sent_again(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(10))).configure(scheduling_interval=3)
    _, peer = scenario.ask(start_pending)
    assert [(message['time'], len(message['jobs']), len(message['nodes'])) for message in peer.messages] == [
        (0, 1, 4), (3, 1, 2), (6, 0, 0), (9, 0, 0), (10, 1, 2)]


def test_jobs_submitted_at_one_instant_are_told_of_one_after_the_other(scenario: Scenario) -> None:
    scenario.workload(rigid(submit=1), rigid(submit=1))
    _, peer = scenario.ask(start_pending)
    assert [(message['time'], message['job_id'], [job['id'] for job in message['jobs']])
            for message in peer.of_kind(SUBMIT)] == [(1, 0, [0]), (1, 1, [0, 1])]


# --- Types of invocations --------------------------------------------------------------------------------------


def test_all_seven_types_of_invocation_come_with_their_fields(scenario: Scenario) -> None:
    """Six of them in one run: job 0 asks at 2 s, and is resized at 4 s as it was told to at 3 s; job 1 is killed
    by its walltime. (Scheduling points come instead of announced reconfigurations: see the next test.)"""
    asking = model(phase(busy(2)), phase(busy(2), evolving_request=3), phase(busy(1.5)))
    scenario.workload(flexible('adaptive', 1, 3, asking), rigid(1, waiting(9), walltime=5))
    scenario.configure(schedule_on_reconfiguration=True, scheduling_interval=3)

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == PERIODIC and peer.time == 3:
            return [change(0, [0, 1])]
        return start_on({0: [0], 1: [3]})(peer)

    _, peer = scenario.ask(decide)
    shown = [{key: value for key, value in message.items() if key not in ('code', 'jobs', 'nodes')}
             for message in peer.messages]
    assert shown == [
        {'time': 0, 'invocation_type': SUBMIT, 'job_id': 0,
         'schedule_on_scheduling_point': False, 'allow_oversubscription': False},
        {'time': 0, 'invocation_type': SUBMIT, 'job_id': 1},
        {'time': 2, 'invocation_type': REQUEST, 'job_id': 0, 'evolving_request': 3},
        {'time': 3, 'invocation_type': PERIODIC},
        {'time': 4, 'invocation_type': RECONFIGURATION, 'job_id': 0},
        {'time': 5, 'invocation_type': KILLED, 'job_id': 1},
        {'time': 5.5, 'invocation_type': COMPLETED, 'job_id': 0}]


def test_a_scheduling_point_comes_with_its_job(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 1, waiting(2, 2))).configure(schedule_on_scheduling_point=True)
    _, peer = scenario.ask(start_pending)
    message, = peer.of_kind(POINT)
    assert {key: value for key, value in message.items() if key not in ('jobs', 'nodes')} == {
        'code': INVOCATION, 'time': 2, 'invocation_type': POINT, 'job_id': 0}


@pytest.mark.parametrize('keys, kinds', [
    ({}, [SUBMIT, COMPLETED]),
    ({'schedule_on_job_finalize': False, 'scheduling_interval': 100}, [SUBMIT]),
    ({'schedule_on_job_submit': False, 'scheduling_interval': 1}, [PERIODIC, COMPLETED]),
    ({'schedule_on_scheduling_point': True}, [SUBMIT, POINT, COMPLETED]),
])
def test_the_configuration_says_which_events_invoke_the_scheduler(
        scenario: Scenario, keys: Json, kinds: list[int]) -> None:
    """The job takes 0.8 s and starts at 0 or, when only asked periodically, at 1 s."""
    scenario.workload(flexible('malleable', 1, 1, waiting(0.4, 2))).configure(**keys)
    _, peer = scenario.ask(start_pending)
    assert [kind for kind, _ in peer.kinds()] == kinds


def test_periodic_invocations_come_at_multiples_of_the_interval(scenario: Scenario) -> None:
    """Not at sums of it, whose rounding errors would grow."""
    scenario.workload(rigid(1, waiting(100.05)))
    scenario.configure(schedule_on_job_submit=False, schedule_on_job_finalize=False, scheduling_interval=0.1)
    _, peer = scenario.ask(start_pending)
    assert len(peer.messages) == 1001
    assert [message['time'] for message in peer.messages] == near([0.1 * (i + 1) for i in range(1001)])
    assert {message['invocation_type'] for message in peer.messages} == {PERIODIC}


# --- The least interval ----------------------------------------------------------------------------------------


def test_invocations_within_the_least_interval_are_put_off_and_become_one_periodic_one(scenario: Scenario) -> None:
    scenario.workload(*[rigid(1, waiting(12.5), i) for i in range(3)], rigid(1, waiting(12.5), 9))
    scenario.configure(min_scheduling_interval=5)
    result, peer = scenario.ask(start_pending)
    assert peer.kinds() == [(SUBMIT, 0), (PERIODIC, 5), (PERIODIC, 10), (PERIODIC, 15), (PERIODIC, 20)]
    assert result.starts() == [0, 5, 5, 10]


def test_nothing_is_lost_that_happened_while_invocations_were_put_off(scenario: Scenario) -> None:
    scenario.workload(*[rigid(1, waiting(1), i) for i in range(3)]).configure(min_scheduling_interval=5)
    _, peer = scenario.ask(start_pending)
    assert [(job['id'], job['state']) for job in peer.messages[1]['jobs']] == [(0, 7), (1, PENDING), (2, PENDING)]


@pytest.mark.parametrize('second, kind, time', [
    (4.9, PERIODIC, 5), (4.9985, PERIODIC, 5), (4.9995, SUBMIT, 4.9995), (5, SUBMIT, 5)])
def test_a_thousandth_of_a_second_too_early_is_late_enough(
        scenario: Scenario, second: float, kind: int, time: float) -> None:
    scenario.workload(rigid(1, waiting(100)), rigid(1, waiting(1), second)).configure(min_scheduling_interval=5)
    _, peer = scenario.ask(start_pending)
    assert peer.kinds()[1] == (kind, time)


def test_periodic_invocations_keep_the_least_interval_too(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(15)))
    scenario.configure(scheduling_interval=2, min_scheduling_interval=3, schedule_on_job_submit=False,
                       schedule_on_job_finalize=False)
    _, peer = scenario.ask(start_pending)
    times = [message['time'] for message in peer.messages]
    assert times[:2] == [2, 5]
    assert all(later - earlier >= 3 - 1e-3 for earlier, later in zip(times, times[1:]))


def test_the_least_interval_never_holds_a_job_up(scenario: Scenario) -> None:
    """A job's points and requests within the interval pass; the request counts as declined."""
    scenario.configure(min_scheduling_interval=100, schedule_on_scheduling_point=True)
    asking = model(phase(busy(1), iterations=5, evolving_request='num_nodes + 1'))
    scenario.workload(flexible('malleable', 1, 2, waiting(1, 5)), flexible('evolving', 1, 4, asking))
    result, peer = scenario.ask(lambda peer: start_pending(peer, 1))
    assert result.starts() == [0, 100] and result.ends() == [5, 105]
    assert peer.of_kind(POINT) == []


def test_a_waiting_change_is_applied_at_a_point_that_invokes_nobody_within_the_least_interval(
        scenario: Scenario) -> None:
    scenario.configure(min_scheduling_interval=5, schedule_on_scheduling_point=True)
    scenario.workload(flexible('malleable', 1, 2, model(phase(busy(2), iterations=5))), rigid(1, waiting(1), 5))

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == SUBMIT and peer.time == 5:
            return [change(0, [0, 1]), change(1, [3])]
        return start_on({0: [0]})(peer)

    result, _ = scenario.ask(decide)
    rows = [row['Time'] for row in result.nodes if row['Node'] == 'n1' and row['Running jobs'] == '0']
    assert rows == ['6']


# --- Figures of the file system --------------------------------------------------------------------------------


def figures(message: Json) -> tuple[float, ...]:
    return tuple(message[f'pfs_{what}'] for what in ('read_bw', 'write_bw', 'read_utilization', 'write_utilization'))


def test_forward_io_information_adds_bandwidth_and_load_of_the_file_system(scenario: Scenario) -> None:
    """Two jobs write and a third one reads; the ports of the nodes take 1 GB/s each."""
    def moves(kind: str) -> Json:
        return model(phase(busy(1), task(kind, bytes=2e9, pattern='uniform')))

    scenario.platform(crossbar(4, pfs_read='8GBps', pfs_write='4GBps'))
    scenario.workload(rigid(1, moves('pfs_write')), rigid(1, moves('pfs_write')), rigid(1, moves('pfs_read'), 1))
    scenario.configure(forward_io_information=True, pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'],
                       scheduling_interval=0.7)
    _, peer = scenario.ask(start_pending)
    told = {message['time']: figures(message) for message in peer.of_kind(PERIODIC)}
    assert list(told) == near([0.7, 1.4, 2.1, 2.8, 3.5])
    assert list(told.values()) == [near((8e9, 4e9, *loads)) for loads in (
        (0, 0), (0, 2e9), (1e9, 2e9), (1e9, 2e9), (1e9, 0))]


def test_the_bandwidth_of_the_file_system_is_the_sum_of_its_links(scenario: Scenario) -> None:
    scenario.platform(pairwise({'a': host('a'), 'fs': host('fs', pfs_host='true')},
                               {('a', 'fs'): '3GBps', ('fs', 'a'): '5GBps'}))
    scenario.configure(forward_io_information=True, pfs_read_links=['a-fs', 'fs-a'], pfs_write_links=[])
    _, peer = scenario.workload(rigid()).ask(start_pending)
    assert figures(peer.messages[0]) == near((8e9, 0, 0, 0))


def test_without_forward_io_information_no_figure_is_sent(scenario: Scenario) -> None:
    scenario.configure(pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    _, peer = scenario.workload(rigid()).ask(start_pending)
    assert not [key for message in peer.messages for key in message if key.startswith('pfs_')]


def test_a_job_is_told_as_running_with_its_start(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(10), 1.25)).configure(scheduling_interval=3)
    _, peer = scenario.ask(start_pending)
    told = next(message for message in peer.messages if message['time'] == 3)
    job, = told['jobs']
    assert (job['state'], job['start_time'], job['wait_time'], job['end_time'], job['assigned_nodes']) == (
        RUNNING, 1.25, 0, -1, [0, 1])
