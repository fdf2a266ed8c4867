"""Jobs that are suspended: what they do stands still, and what becomes of them meanwhile; worked out by hand. On nodes
without latency, busy tasks take their seconds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import (SUBMIT, Json, Peer, Result, Scenario, busy, change, cpu, crossbar, document, flexible, idle,
                     model, near, phase, rigid, task, waiting)
from hypothesis import given, settings
from hypothesis import strategies as st
from test_availability import fails, journal, losses, outage, states
from test_energy import KERNELS, WATTS, joules, measured, rows
from test_plugins import PLUGINS

both_models = pytest.mark.parametrize('engine', ['flow', 'simgrid'])

# Four nodes on a backbone that all traffic between them shares.
BACKBONE = document(
    '<cluster id="bus" prefix="n" radical="0-3" suffix="" speed="1Gf" bw="10GBps" lat="0s" bb_bw="1GBps" bb_lat="0s"'
    ' bb_sharing_policy="SHARED"/>')
BUFFERS: Json = {'node_local_bb': 'true', 'bb_read_bw': '1GBps', 'bb_write_bw': '1GBps'}


def obeys(scenario: Scenario, orders: str, *options: str, status: int = 0, **keys: Any) -> Result:
    """Runs it with a plugin that starts jobs in order and gives these orders; it is asked every second."""
    scenario.environment['ORDERS'] = orders
    scenario.configure(**{'scheduling_interval': 1, 'events': 'out/events.jsonl', **keys})
    return scenario.run(*options, scheduler=f'plugin:{PLUGINS}/obedient.so', status=status)


def asked(scenario: Scenario, nodes: list[int], orders: dict[float, Json], *options: str, gpus: int | None = None,
          **keys: Any) -> Result:
    """Runs it with a scheduler that starts job 0 on these nodes, and says this of it at these times."""
    scenario.configure(**{'scheduling_interval': 0.5, 'events': 'out/events.jsonl', **keys})

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == SUBMIT:
            return [change(0, nodes, gpus)]
        order = orders.pop(peer.time, None)
        return [{'id': 0, **order}] if order else []

    return scenario.ask(decide, *options)[0]


SUSPEND: Json = {'suspend': True}
RESUME: Json = {'resume': True}


def suspended(result: Result) -> list[float]:
    return [float(seconds) for seconds in result.column('Suspended')]


# --- What stands still ------------------------------------------------------------------------------------------------


@both_models
@pytest.mark.parametrize('work', [
    cpu(4e9), busy(4), idle(4), task('bb_read', bytes=4e9, pattern='uniform'),
    task('bb_write', bytes=4e9, pattern='uniform'), task('pfs_write', bytes=4e9, pattern='uniform'),
    task('pfs_write', bytes=4e9, pattern='uniform', **{'async': True}),
    task('cpu', flops=4e9, computation_pattern='uniform', bytes=1e9, communication_pattern='scatter', coupled=True)],
    ids=['cpu', 'busy_wait', 'idle', 'bb_read', 'bb_write', 'pfs_write', 'async', 'coupled'])
def test_what_takes_4_s_alone_takes_as_long_beside_two_suspensions(scenario: Scenario, engine: str, work: Json) -> None:
    scenario.platform(crossbar(1, **BUFFERS)).workload(rigid(1, model(phase(work))))
    result = obeys(scenario, '1 suspend 0, 3 continue 0, 5 suspend 0, 6 continue 0', f'--model={engine}')
    assert result.ends() == near([7])
    assert suspended(result) == [3]


@both_models
@pytest.mark.parametrize('work, platform', [
    (task('pfs_write', bytes=4e9, pattern='uniform'), crossbar(2)),
    (task('pfs_read', bytes=4e9, pattern='uniform'), crossbar(2, pfs_read='1GBps')),
    (task('pfs_read', bytes=4e9, pattern='uniform', **{'async': True}), crossbar(2, pfs_read='1GBps'))],
    ids=['pfs_write', 'pfs_read', 'async'])
def test_the_file_system_is_for_others_while_a_job_is_suspended(
        scenario: Scenario, engine: str, work: Json, platform: str) -> None:
    """Each has moved 1 GB at 2 s; job 1 moves another one until 3 s, and 2 GB until 7 s. Then job 0 has 1 GB left."""
    scenario.platform(platform).workload(*[rigid(1, model(phase(work)))] * 2)
    assert obeys(scenario, '2 suspend 0, 3 continue 0', f'--model={engine}').ends() == near([8, 7])


@both_models
def test_an_exchange_leaves_the_link_to_that_of_another_job(scenario: Scenario, engine: str) -> None:
    """Each sends 4 GB over the same link of 1 GB/s. Job 1 has it alone until it ends at 5 s."""
    work = task('cpu', bytes=8e9, communication_pattern='scatter')
    scenario.platform(BACKBONE).workload(*[rigid(2, model(phase(work)))] * 2)
    assert obeys(scenario, '2 suspend 0, 6 continue 0', f'--model={engine}').ends() == near([9, 5])


@both_models
def test_ranks_that_wait_for_others_go_on_waiting(scenario: Scenario, engine: str) -> None:
    """Rank 1 waits for rank 0, which needs 4 s; then 1 GB goes from the one to the other."""
    work = [busy(4, pattern='root_only'), task('cpu', bytes=2e9, communication_pattern='scatter')]
    scenario.workload(rigid(2, model(phase(*work))))
    assert obeys(scenario, '2 suspend 0, 5 continue 0', f'--model={engine}').ends() == near([8])


def test_task_times_have_the_time_that_a_task_stood_still(scenario: Scenario) -> None:
    scenario.workload(rigid(1, model(phase(busy(2, name='a'), busy(2, name='b')))))
    result = obeys(scenario, '1 suspend 0, 3 continue 0')
    assert [(row['Task'], float(row['Duration'])) for row in result.table('task_times')] == [('a', 4), ('b', 2)]


# --- What becomes of it meanwhile -------------------------------------------------------------------------------------


def test_a_suspended_job_that_loses_a_node_is_killed(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(10)))
    result = obeys(fails(scenario, outage('n1', 3)), '2 suspend 0')
    assert result.column('Status') == ['killed']
    assert result.ends() == [3]
    assert suspended(result) == [1]
    assert losses(result) == [(0, 6, 0)]


@pytest.mark.parametrize('reaction', ['requeue', 'restart'])
def test_one_that_goes_back_to_the_queue_is_not_suspended_any_more(scenario: Scenario, reaction: str) -> None:
    """It starts again at once on n0 and n2, with its whole walltime, and is suspended for 3 s more. Of five iterations
    of 2 s one was a checkpoint at 3 s."""
    application = model(phase(busy(2), iterations=5, checkpoint=True))
    scenario.workload(rigid(2, application, walltime=10.5))
    result = obeys(fails(scenario, outage('n1', 4), on_node_loss=reaction), '3 suspend 0, 5 suspend 0, 8 continue 0')
    left = 10 if reaction == 'requeue' else 8
    assert result.starts() == [4]
    assert result.ends() == [4 + left + 3]
    assert suspended(result) == [1 + 3]
    assert losses(result) == [(1, 8 if reaction == 'requeue' else 4, 1 if reaction == 'requeue' else 0)]
    assert [(event['time'], event['kind']) for event in journal(result, 'suspend', 'continue', 'requeue', 'start')] == [
        (0, 'start'), (3, 'suspend'), (4, 'requeue'), (4, 'start'), (5, 'suspend'), (8, 'continue')]


@pytest.mark.parametrize('application, end, told', [
    # Two iterations of 4 s after on_reconfiguration, or without it
    (model(phase(busy(4), iterations=2), on_reconfiguration={'tasks': [busy(1)]}), 6 + 1 + 8,
     [(2, 'suspend'), (3, 'shrink'), (3, 'reconfiguration_begin'), (6, 'continue'), (7, 'reconfiguration_end')]),
    (model(phase(busy(4), iterations=2)), 6 + 8,
     [(2, 'suspend'), (3, 'shrink'), (3, 'reconfiguration_begin'), (3, 'reconfiguration_end'), (6, 'continue')]),
    # on_init again
    (model(phase(busy(4), iterations=2), on_init={'tasks': [busy(4)]}), 6 + 4 + 8,
     [(2, 'suspend'), (3, 'shrink'), (3, 'reconfiguration_begin'), (3, 'reconfiguration_end'), (6, 'continue')])],
    ids=['on_reconfiguration', 'none', 'on_init'])
def test_one_that_shrinks_stays_suspended_and_begins_again_when_it_goes_on(
        scenario: Scenario, application: Json, end: float, told: list[tuple[float, str]]) -> None:
    scenario.workload(flexible('malleable', 1, 2, application, walltime=end - 4 + 0.5))
    fails(scenario, outage('n1', 3), on_node_loss='shrink')
    result = asked(scenario, [0, 1], {2: SUSPEND, 6: RESUME})
    assert result.ends() == [end]
    assert result.column('Status') == ['completed']
    assert suspended(result) == [4]
    assert losses(result) == [(0, 6, 0)]
    assert [(event['time'], event['kind']) for event in journal(
        result, 'suspend', 'continue', 'shrink', 'reconfiguration_begin', 'reconfiguration_end')] == told


def test_a_change_that_waits_waits_for_it(scenario: Scenario) -> None:
    """n1 is wanted at 1 s and reserved until the first iteration ends at 8 s; on_reconfiguration takes 1 s."""
    application = model(phase(busy(4), iterations=2), on_reconfiguration={'tasks': [busy(1)]})
    scenario.workload(flexible('malleable', 1, 2, application))
    result = asked(scenario, [0], {1: {'assigned_node_ids': [0, 1]}, 2: SUSPEND, 6: RESUME})
    assert result.ends() == [8 + 1 + 4]
    assert states(result, 'n1') == [(0, 'free', 'none'), (1, 'reserved', 'none'), (8, 'allocated', '0'),
                                    (13, 'free', 'none')]


def test_a_reconfiguration_stands_still_too(scenario: Scenario) -> None:
    """From 4 s on it reconfigures for 2 s, and is suspended from 5 s to 8 s."""
    application = model(phase(busy(4), iterations=2), on_reconfiguration={'tasks': [busy(2)]})
    scenario.workload(flexible('malleable', 1, 2, application))
    result = asked(scenario, [0], {1: {'assigned_node_ids': [0, 1]}, 5: SUSPEND, 8: RESUME})
    assert [(event['time'], event['kind']) for event in journal(result, 'reconfiguration_end')] == [
        (9, 'reconfiguration_end')]
    assert result.ends() == [13]


def test_a_node_that_drains_waits_for_a_suspended_job(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4)))
    fails(scenario, outage('n0', 2, 20, kind='drain'))
    result = obeys(scenario, '1 suspend 0, 5 continue 0')
    assert result.ends() == [8]
    assert states(result, 'n0') == [(0, 'allocated', '0'), (2, 'draining', '0'), (8, 'draining', 'none')]


# --- Energy and monitoring --------------------------------------------------------------------------------------------


@both_models
@pytest.mark.parametrize('work, nodes, keys', [
    (busy(4), 1, {}), (cpu(4e9), 1, {}), (cpu(4e9), 1, {'allow_oversubscription': True}),
    (task('cpu', flops=4e9, computation_pattern='uniform', bytes=4e9, communication_pattern='scatter', coupled=True), 2,
     {})],
    ids=['timers', 'compute', 'loads', 'coupled'])
def test_a_suspended_job_draws_what_idle_nodes_do(
        scenario: Scenario, engine: str, work: Json, nodes: int, keys: Json) -> None:
    measured(scenario, crossbar(nodes, **WATTS), rigid(nodes, model(phase(work))))
    result = obeys(scenario, '1 suspend 0, 4 continue 0', f'--model={engine}', **keys)
    assert rows(result, 'Time', 'Power (W)') == near([(0, nodes * 203), (1, nodes * 95), (4, nodes * 203),
                                                      (7, nodes * 95)])
    assert joules(result) == near([nodes * (4 * 203 + 3 * 95)])


def gpu_rows(result: Result) -> list[tuple[float, ...]]:
    """Those in which what GPUs draw beyond idle ones is another figure."""
    told = rows(result, 'Time', 'GPUs (W)')
    return [row for before, row in zip([(0.0, -1.0), *told], told) if row[1] != before[1]]


@pytest.mark.parametrize('keys', [{}, {'allow_oversubscription': True}], ids=['own', 'shared'])
def test_kernels_of_a_suspended_job_draw_nothing(scenario: Scenario, keys: Json) -> None:
    """Kernels of 2 s on two GPUs; 10 W idle and 100 W busy each."""
    work = task('gpu', flops=4e12, computation_pattern='uniform')
    measured(scenario, crossbar(1, **WATTS, **KERNELS), rigid(1, model(phase(work)), num_gpus_per_node=2))
    result = asked(scenario, [0], {0.5: SUSPEND, 3: RESUME, 4: SUSPEND, 5: RESUME}, gpus=2, **keys)
    assert result.ends() == [5.5]
    assert gpu_rows(result) == [(0, 180), (0.5, 0), (3, 180), (4, 0), (5, 180), (5.5, 0)]
    assert joules(result) == [5.5 * (95 + 2 * 10) + 2 * 2 * 90]


def test_kernels_shorter_than_the_exchange_between_gpus_have_their_time_left(scenario: Scenario) -> None:
    """Kernels of 1 s and 3 s on the link; suspended within the kernels, and after them."""
    work = task('gpu', flops=2e12, computation_pattern='uniform', bytes=3e9, communication_pattern='ring')
    measured(scenario, crossbar(1, **WATTS, **KERNELS), rigid(1, model(phase(work)), num_gpus_per_node=2))
    alone = asked(scenario, [0], {}, gpus=2).ends()[0]
    assert alone > 1.5
    result = asked(scenario, [0], {0.5: SUSPEND, 2.5: RESUME, 3.5: SUSPEND, 5: RESUME}, gpus=2)
    assert result.ends() == near([alone + 2 + 1.5])
    assert gpu_rows(result) == [(0, 180), (0.5, 0), (2.5, 180), (3, 0)]


def test_samples_see_an_idle_node(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4)))
    result = obeys(scenario, '1 suspend 0, 3 continue 0', sensing=True, sensing_interval=1,
                   cpu_utilization='out/cpu_utilization.csv')
    assert [float(row['n0']) for row in result.table('cpu_utilization')] == [0, 1, 0, 0, 1, 1, 1]


# --- Results ----------------------------------------------------------------------------------------------------------


def test_results_tell_how_long_it_was(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4)), rigid(1, waiting(4)))
    result = obeys(scenario, '1 suspend 1, 2 continue 1, 3 suspend 1, 5 continue 1', '--summary')
    assert suspended(result) == [0, 3]
    assert result.column('Makespan') == ['4', '7']
    assert result.column('Node Seconds') == ['4', '7']
    assert re.search(r'^suspended time +3\.0 s$', result.stdout, re.MULTILINE)


def test_results_of_a_run_without_suspensions_are_as_ever(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4)))
    result = obeys(scenario, '', '--summary')
    assert 'Suspended' not in result.jobs[0]
    assert 'suspended' not in result.stdout


def test_a_job_that_is_left_suspended_was_so_up_to_the_end(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4)))
    result = obeys(scenario, '1 suspend 0', status=4)
    end = re.search(r'stuck at (\d+) s', result.error)
    assert end and suspended(result) == [float(end[1]) - 1]


def test_jobs_that_wait_for_a_suspended_one_wait_for_its_end(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(4), name='first'), rigid(1, waiting(1), dependencies=[{'after_ok': 'first'}]))
    result = obeys(scenario, '1 suspend 0, 3 continue 0')
    assert result.starts() == [0, 6]


def test_a_scheduling_point_of_the_same_instant_comes_when_the_job_goes_on(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 2, waiting(4, 2)))
    result = asked(scenario, [0], {4: SUSPEND, 6: RESUME}, schedule_on_scheduling_point=True)
    assert [(event['time'], event['iteration']) for event in journal(result, 'scheduling_point')] == [(6, 1)]
    assert result.ends() == [10]


# --- Any job, suspended at any time -----------------------------------------------------------------------------------

IO = ('bb_read', 'bb_write', 'pfs_read', 'pfs_write')
PATTERNS = ('all_to_all', 'ring', 'gather')
computations = st.builds(cpu, st.sampled_from([0.7e9, 2e9, 3.1e9]), st.sampled_from(['all_ranks', 'root_only']))
waits = st.builds(task, st.sampled_from(['busy_wait', 'idle']), delay=st.sampled_from([0.5, 1, 2.25]))
transfers = st.builds(lambda apart, **keys: task(pattern='all_ranks', **keys, **{'async': apart}), st.booleans(),
                      kind=st.sampled_from(IO), bytes=st.sampled_from([1e9, 2.5e9]))
exchanges = st.builds(cpu, st.sampled_from([1e9, 2e9]), bytes=st.sampled_from([1e9, 3e9]),
                      communication_pattern=st.sampled_from(PATTERNS), coupled=st.booleans())


@settings(max_examples=20)
@given(tasks=st.lists(computations | waits | transfers | exchanges, min_size=1, max_size=4),
       iterations=st.integers(1, 3), engine=st.sampled_from(['flow', 'simgrid']),
       pauses=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=1, max_size=5))
def test_a_job_ends_later_by_as_long_as_it_was_suspended_and_draws_idle_power_meanwhile(
        tmp_path_factory: pytest.TempPathFactory, tasks: list[Json], iterations: int, engine: str,
        pauses: list[tuple[int, int]]) -> None:
    scenario = Scenario(tmp_path_factory.mktemp('world'))
    measured(scenario, crossbar(3, **BUFFERS, **WATTS), rigid(3, model(phase(*tasks, iterations=iterations))))
    alone = obeys(scenario, '', f'--model={engine}')
    end, drawn = alone.ends()[0], joules(alone)[0]
    orders, time = [], 0
    for gap, length in pauses:
        orders += [f'{time + gap} suspend 0', f'{time + gap + length} continue 0']
        time += gap + length
    result = obeys(scenario, ', '.join(orders), f'--model={engine}')
    stood = suspended(result)[0] if 'Suspended' in result.jobs[0] else 0
    assert result.ends() == pytest.approx([end + stood], rel=1e-7)
    assert joules(result) == pytest.approx([drawn + 3 * 95 * stood], rel=1e-7)
    if end > pauses[0][0]:
        assert stood >= pauses[0][1]
