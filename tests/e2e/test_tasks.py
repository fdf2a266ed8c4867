"""What tasks do and how long they take, against hand-computed figures: types, patterns, iterations, meetings,
sequences, asynchronous I/O, one-time phases, contention and hardware."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (
    PENDING,
    POINT,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    cpu,
    crossbar,
    document,
    flexible,
    host,
    idle,
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

# What each rank of three does with a payload of 6.
SHARES = {'all_ranks': [2, 2, 2], 'total': [2, 2, 2], 'root_only': [6, 0, 0], 'even_ranks': [3, 0, 3],
          'odd_ranks': [0, 6, 0], 'uniform': [6, 6, 6], 'vector': [1, 2, 3]}


def payload(pattern: str, scale: float = 1) -> Any:
    return [scale, 2 * scale, 3 * scale] if pattern == 'vector' else 6 * scale


def by_rank(durations: dict[str, float]) -> list[float]:
    """Durations in the order of the nodes n0, n1..., which is that of the ranks."""
    return [durations[node] for node in sorted(durations)]


def run_alone(scenario: Scenario, nodes: int, *tasks: Json, **job: Any) -> Any:
    return scenario.workload(rigid(nodes, model(phase(*tasks)), **job)).run()


# --- Vector patterns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize('pattern', SHARES)
@pytest.mark.parametrize('kind, key, pattern_key, scale', [
    ('cpu', 'flops', 'computation_pattern', 1e9),
    ('gpu', 'flops', 'computation_pattern', 4e9),
    ('busy_wait', 'delay', 'pattern', 1),
    ('idle', 'delay', 'pattern', 1),
    ('bb_read', 'bytes', 'pattern', 4e9),
    ('bb_write', 'bytes', 'pattern', 2e9),
])
def test_vector_patterns_share_a_payload_out_over_the_ranks(
        scenario: Scenario, kind: str, key: str, pattern_key: str, scale: float, pattern: str) -> None:
    scenario.platform(crossbar(3, num_gpus=2, flops_per_gpu='2Gf', gpu_to_gpu_bw='1GBps', node_local_bb='true',
                               bb_read_bw='4GBps', bb_write_bw='2GBps'))
    result = run_alone(scenario, 3, task(kind, name='t', **{key: payload(pattern, scale), pattern_key: pattern}),
                       num_gpus_per_node=2)
    assert by_rank(result.durations('t')) == near(SHARES[pattern])


@pytest.mark.parametrize('pattern', SHARES)
@pytest.mark.parametrize('kind', ['pfs_read', 'pfs_write'])
def test_vector_patterns_of_pfs_tasks_with_a_file_system_that_does_not_limit(
        scenario: Scenario, kind: str, pattern: str) -> None:
    scenario.platform(crossbar(3, pfs_read='100GBps', pfs_write='100GBps'))
    result = run_alone(scenario, 3, task(kind, name='t', bytes=payload(pattern, 1e9), pattern=pattern))
    assert by_rank(result.durations('t')) == near(SHARES[pattern])


def test_odd_ranks_of_a_single_rank_do_nothing(scenario: Scenario) -> None:
    assert run_alone(scenario, 1, busy(6, pattern='odd_ranks')).ends() == [0]


def test_patterns_ignore_letter_case(scenario: Scenario) -> None:
    result = run_alone(scenario, 2, busy(6, pattern='Root_Only', name='t'))
    assert by_rank(result.durations('t')) == [6, 0]


# --- Matrix patterns -------------------------------------------------------------------------------------------


def matrix_of(pattern: str, size: float, n: int) -> list[list[float]]:
    """Who sends how much to whom, as docs/application_model.md lays it out."""
    rows = [[0.0] * n for _ in range(n)]
    if n == 1:
        return rows
    for other in range(1, n):
        if pattern in ('gather', 'master_worker'):
            rows[other][0] += size / n if pattern == 'gather' else size / (2 * (n - 1))
        if pattern in ('scatter', 'master_worker'):
            rows[0][other] += size / n if pattern == 'scatter' else size / (2 * (n - 1))
    for rank in range(n):
        if pattern == 'all_to_all':
            for other in range(n):
                rows[rank][other] += size / (n * (n - 1)) if other != rank else 0
        if pattern in ('ring', 'ring_clockwise'):
            rows[rank][(rank + 1) % n] += size / (2 * n) if pattern == 'ring' else size / n
        if pattern in ('ring', 'ring_counter_clockwise'):
            rows[rank][(rank - 1) % n] += size / (2 * n) if pattern == 'ring' else size / n
    return rows


MATRIX_PATTERNS = ['all_to_all', 'gather', 'scatter', 'master_worker', 'ring', 'ring_clockwise',
                   'ring_counter_clockwise']


def bandwidth(sender: int, receiver: int) -> float:
    """Of the link from one host to another, in GB/s: different for each pair."""
    return 1 + 0.37 * sender + 0.11 * receiver * receiver


def slowest(matrix: list[list[float]]) -> float:
    """How long the exchange takes when each pair has a link of its own."""
    n = range(len(matrix))
    return max((matrix[i][j] / bandwidth(i, j) / 1e9 for i in n for j in n if matrix[i][j]), default=0)


def fully_connected(n: int, **given: Any) -> str:
    names = [f'n{i}' for i in range(n)]
    return pairwise({name: host(name, **given) for name in names},
                    {(a, b): f'{bandwidth(i, j)}GBps' for i, a in enumerate(names) for j, b in enumerate(names)})


@pytest.mark.parametrize('n', [1, 2, 3, 5])
@pytest.mark.parametrize('pattern', MATRIX_PATTERNS)
def test_matrix_patterns_send_what_they_say_between_each_pair_of_ranks(
        scenario: Scenario, pattern: str, n: int) -> None:
    scenario.platform(fully_connected(n))
    result = run_alone(scenario, n, task('cpu', bytes=12e9, communication_pattern=pattern))
    assert result.ends() == near([slowest(matrix_of(pattern, 12e9, n))])


def test_a_listed_matrix_is_read_row_by_row_from_sender_to_receiver(scenario: Scenario) -> None:
    scenario.platform(fully_connected(3))
    matrix = [[0, 1e9, 2e9], [3e9, 0, 9e9], [5e9, 6e9, 0]]
    result = run_alone(scenario, 3, task('cpu', bytes=[b for row in matrix for b in row],
                                         communication_pattern='matrix'))
    assert result.ends() == near([slowest(matrix)])


def test_an_exchange_shares_the_ports_of_its_nodes(scenario: Scenario) -> None:
    """In a gather of 12 GB the root takes in 9 GB through its port of 1 GB/s."""
    result = run_alone(scenario, 4, task('cpu', bytes=12e9, communication_pattern='gather'))
    assert result.ends() == near([9])


def gpu_seconds(pattern: str, size: float, n: int, gpus: int, link: float) -> float:
    """The exchange of a GPU task: the GPU link of each node beside the network."""
    matrix = matrix_of(pattern, size, n * gpus)
    inside = max((matrix[a][b] + matrix[b][a] for a in range(n * gpus) for b in range(n * gpus)
                  if a != b and a // gpus == b // gpus), default=0)
    between = [[sum(matrix[i * gpus + a][j * gpus + b] for a in range(gpus) for b in range(gpus)) if i != j else 0
                for j in range(n)] for i in range(n)]
    return max(inside / link, slowest(between))


@pytest.mark.parametrize('n, gpus', [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (3, 4)])
@pytest.mark.parametrize('link', [0.25, 100])
@pytest.mark.parametrize('pattern', MATRIX_PATTERNS)
def test_gpu_tasks_exchange_between_all_their_gpus_by_link_and_network(
        scenario: Scenario, pattern: str, link: float, n: int, gpus: int) -> None:
    scenario.platform(fully_connected(n, num_gpus=4, flops_per_gpu='1Gf', gpu_to_gpu_bw=f'{link}GBps'))
    result = run_alone(scenario, n, task('gpu', bytes=12e9, communication_pattern=pattern), num_gpus_per_node=gpus)
    assert result.ends() == near([gpu_seconds(pattern, 12e9, n, gpus, link * 1e9)])


# --- Compute and exchange together -----------------------------------------------------------------------------


@pytest.mark.parametrize('coupled, seconds', [(False, [5, 3]), (True, [5, 5])])
def test_ranks_compute_while_they_exchange_and_part_afterwards_unless_both_are_coupled(
        scenario: Scenario, coupled: bool, seconds: list[float]) -> None:
    """Rank 0 computes for 5 s and rank 1 for 1 s, beside an exchange of 3 s."""
    both = cpu([5e9, 1e9], 'vector', bytes=6e9, communication_pattern='all_to_all', coupled=coupled, name='t')
    assert by_rank(run_alone(scenario, 2, both).durations('t')) == near(seconds)


def test_an_exchange_begins_when_all_ranks_have_arrived(scenario: Scenario) -> None:
    exchange = task('cpu', bytes=6e9, communication_pattern='all_to_all', name='t')
    result = run_alone(scenario, 2, busy([5, 1], pattern='vector'), exchange)
    assert by_rank(result.durations('t')) == near([3, 7])


def test_a_gpu_task_computes_and_exchanges_at_once(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    both = task('gpu', flops=10e9, computation_pattern='uniform', bytes=6e9, communication_pattern='all_to_all')
    # 5 s of kernels; 1 s on the GPU links; 2 s on the network.
    assert run_alone(scenario, 2, both, num_gpus_per_node=2).ends() == near([5])


def test_a_gpu_task_uses_as_many_gpus_as_the_job_has_per_node(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, num_gpus=4, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    kernel = model(phase(task('gpu', flops='4e9 * num_gpus_per_node ^ 0', computation_pattern='uniform')))
    scenario.workload(*(rigid(1, kernel, submit=10 * n, num_gpus_per_node=n) for n in (1, 2, 4)))
    assert [float(m) for m in scenario.run().column('Makespan')] == near([4, 2, 1])


# --- Iterations, meetings, sequences ---------------------------------------------------------------------------


@pytest.mark.parametrize('iterations, seconds', [(1, 2), (3, 6), (2.9, 4), (0, 0), (0.7, 0), ('n + 1', 8),
                                                 ('n * 0.9', 4)])
def test_iterations_of_a_task_may_be_models_and_are_rounded_down(
        scenario: Scenario, iterations: float | str, seconds: float) -> None:
    assert run_alone(scenario, 1, busy(2, iterations=iterations), arguments={'n': 3}).ends() == [seconds]


@pytest.mark.parametrize('iterations, seconds', [(1, 2), (3, 6), (2.9, 4), (0, 0), ('n', 6), ('n / 2', 2)])
def test_iterations_of_a_phase_may_be_models_over_the_arguments_and_are_rounded_down(
        scenario: Scenario, iterations: float | str, seconds: float) -> None:
    result = scenario.workload(rigid(1, model(phase(busy(2), iterations=iterations)), arguments={'n': 3})).run()
    assert result.ends() == [seconds]
    assert result.column('Completed Phases') == [str(int(seconds // 2))]


def test_phases_without_iterations_are_skipped(scenario: Scenario) -> None:
    never = phase(busy(100), iterations=0)
    result = scenario.workload(rigid(1, model(never, phase(busy(2)), never, phase(busy(3)), never))).run()
    assert result.ends() == [5]
    assert result.column('Completed Phases') == ['2']


@pytest.mark.parametrize('synchronized, first, second', [(False, 3, 9), (True, 7, 9)])
def test_ranks_of_a_synchronized_task_meet_before_each_iteration(
        scenario: Scenario, synchronized: bool, first: float, second: float) -> None:
    result = run_alone(scenario, 2, busy([1, 3], pattern='vector', iterations=3, synchronized=synchronized, name='t'))
    assert by_rank(result.durations('t')) == [first, second]


@pytest.mark.parametrize('barrier, start', [(True, [4, 4]), (False, [1, 4])])
def test_without_a_barrier_ranks_enter_the_next_phase_on_their_own(
        scenario: Scenario, barrier: bool, start: list[float]) -> None:
    result = scenario.workload(rigid(2, model(phase(busy([1, 4], pattern='vector')),
                                              phase(busy(2, name='next'), barrier=barrier)))).run()
    assert sorted(time for time, _, _ in result.rows_of('next')) == [time + 2 for time in start]


def test_a_sequence_repeats_its_tasks_in_order_and_nests(scenario: Scenario) -> None:
    inner = task('sequence', name='inner', iterations=2, tasks=[busy(1, name='a'), idle(2, name='b')])
    outer = task('sequence', name='outer', iterations=2, tasks=[inner, busy(3, name='c')])
    result = run_alone(scenario, 1, outer)
    order = sorted((float(row['Time']), row['Task'], float(row['Duration'])) for row in result.tasks)
    assert order == [(1, 'a', 1), (3, 'b', 2), (4, 'a', 1), (6, 'b', 2), (6, 'inner', 6), (9, 'c', 3),
                     (10, 'a', 1), (12, 'b', 2), (13, 'a', 1), (15, 'b', 2), (15, 'inner', 6), (18, 'c', 3),
                     (18, 'outer', 18)]


def test_a_sequence_without_iterations_runs_nothing(scenario: Scenario) -> None:
    nothing = task('sequence', iterations=0, tasks=[busy(100, name='inside')])
    result = run_alone(scenario, 1, nothing, busy(1))
    assert result.ends() == [1] and result.rows_of('inside') == []


# --- Asynchronous I/O ------------------------------------------------------------------------------------------


def background(gigabytes: float, **keys: Any) -> Json:
    """A write that takes a second per GB on a PFS of its own."""
    return task('pfs_write', **{'bytes': gigabytes * 1e9, 'pattern': 'uniform', 'async': True, 'name': 'io', **keys})


@pytest.mark.parametrize('application, end', [
    # The barrier before the next phase, which is there unless that phase switches it off, awaits it.
    (model(phase(background(4), busy(1)), phase(busy(2))), 6),
    (model(phase(background(4), busy(1), barrier=False), phase(busy(2))), 6),
    (model(phase(background(4), busy(1)), phase(busy(2), barrier=False)), 4),
    # The end of the job awaits it.
    (model(phase(background(4), busy(1))), 4),
    # A synchronized task does not.
    (model(phase(background(4), busy(1), busy(2, synchronized=True), busy(3))), 6),
    # The end of its sequence does, each time.
    (model(phase(task('sequence', iterations=2, tasks=[background(4), busy(1)]), busy(2))), 10),
    # But not that of an inner sequence.
    (model(phase(task('sequence', tasks=[background(4), task('sequence', tasks=[busy(1)]), busy(1)]), busy(2))), 6),
    # The end of a one-time phase awaits it.
    (model(phase(busy(1)), on_init=phase(background(4), busy(1))), 5),
])
def test_asynchronous_io_goes_on_beside_its_rank_until_it_is_awaited(
        scenario: Scenario, application: Json, end: float) -> None:
    assert scenario.workload(rigid(1, application)).run().ends() == near([end])


def test_a_scheduling_point_and_an_evolving_request_await_asynchronous_io(scenario: Scenario) -> None:
    steps = [phase(background(4), busy(1)), phase(busy(1), barrier=False, evolving_request='num_nodes')]
    scenario.workload(flexible('malleable', 1, 1, model(*steps)), flexible('evolving', 1, 1, model(*steps), 100),
                      rigid(1, model(*steps), 200))
    scenario.configure(schedule_on_scheduling_point=True)
    assert [float(span) for span in scenario.run().column('Makespan')] == near([5, 5, 4])


def test_the_row_of_an_asynchronous_task_comes_when_its_io_ends(scenario: Scenario) -> None:
    result = run_alone(scenario, 1, busy(1), background(4), busy(1, name='meanwhile'))
    assert result.rows_of('io') == [(near(5), 'n0', near(4))]
    assert result.rows_of('meanwhile') == [(2, 'n0', 1)]


def test_an_asynchronous_task_without_bytes_has_its_row_at_once(scenario: Scenario) -> None:
    result = run_alone(scenario, 2, background(4, pattern='root_only'), busy(1))
    assert sorted(result.rows_of('io')) == [(0, 'n1', 0), (near(4), 'n0', near(4))]


def test_writes_started_one_after_the_other_share_the_file_system(scenario: Scenario) -> None:
    """Three writes of 2 GB, started at 0, 1 and 2 s, need 6 s in all at 1 GB/s."""
    result = run_alone(scenario, 1, background(2, name='a'), busy(1), background(2, name='b'), busy(1),
                       background(2, name='c'))
    # The first has 0.5 GB left at 2 s and gets a third, the second then has 1 GB left and gets half.
    assert result.ends() == near([6])
    assert [result.rows_of(name)[0][0] for name in 'abc'] == near([3.5, 5.5, 6])


# --- One-time phases -------------------------------------------------------------------------------------------


@pytest.mark.parametrize('iterations, end', [(1, 5), (3, 9), (0, 3), ('n', 7)])
def test_on_init_runs_before_the_phases_as_often_as_it_says(
        scenario: Scenario, iterations: int | str, end: float) -> None:
    application = model(phase(busy(3)), on_init=phase(busy(2), iterations=iterations))
    result = scenario.workload(rigid(2, application, arguments={'n': 2})).run()
    assert result.ends() == [end]
    assert result.column('Completed Phases') == ['1']


def test_ranks_meet_between_on_init_and_the_phases_even_without_barriers(scenario: Scenario) -> None:
    application = model(phase(busy(1, name='t'), barrier=False),
                        on_init=phase(busy([1, 4], pattern='vector'), barrier=False))
    assert [time for time, _, _ in scenario.workload(rigid(2, application)).run().rows_of('t')] == [5, 5]


def expanding(**one_time: Json) -> Json:
    return model(phase(cpu('8e9', 'all_ranks', name='step'), iterations=3), **one_time)


@pytest.mark.parametrize('one_time, end', [
    ({}, 4 + 2 + 2),
    ({'on_reconfiguration': phase(busy(1))}, 4 + 1 + 2 + 2),
    ({'on_reconfiguration': phase(busy(1), iterations=2)}, 4 + 2 + 2 + 2),
    # Those that stay wait at the barrier of the next iteration until the new ones are through.
    ({'on_expansion': phase(busy(5))}, 4 + (5 + 2) + 2),
    ({'on_reconfiguration': phase(busy(1)), 'on_expansion': phase(busy(5))}, 4 + 1 + (5 + 2) + 2),
    ({'on_expansion': phase(busy(5), iterations=0)}, 4 + 2 + 2),
])
def test_on_reconfiguration_runs_on_all_and_on_expansion_on_new_nodes_alone(
        scenario: Scenario, one_time: Json, end: float) -> None:
    """From two nodes (4 s per iteration) to four (2 s) after the first of three iterations."""
    def grow_once(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == near(4):
            return [change(0, [0, 1, 2, 3])]
        return start_on({0: [0, 1]})(peer)

    scenario.workload(flexible('malleable', 1, 4, expanding(**one_time)))
    scenario.configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(grow_once)
    assert result.ends() == near([end])


@pytest.mark.parametrize('barrier, kept', [(True, 9 + 2), (False, 4 + 2)])
def test_kept_nodes_await_new_ones_at_the_barrier_of_the_next_iteration(
        scenario: Scenario, barrier: bool, kept: float) -> None:
    """New nodes prepare from 4 s to 9 s."""
    work = cpu(8e9, 'all_ranks', name='step')
    application = model(phase(work), phase(work, barrier=barrier), on_expansion=phase(busy(5)))

    def grow_once(peer: Peer) -> list[Json]:
        return [change(0, [0, 1, 2, 3])] if peer.kind == POINT else start_on({0: [0, 1]})(peer)

    scenario.workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(grow_once)
    assert {node: time for time, node, _ in result.rows_of('step')} == near(
        {'n0': kept, 'n1': kept, 'n2': 11, 'n3': 11})


def test_on_expansion_ranks_the_new_nodes_among_themselves(scenario: Scenario) -> None:
    """Of two new nodes the first is the root, and each gets half of what is for all ranks."""
    application = expanding(on_expansion=phase(busy(6, pattern='root_only', name='root'),
                                               busy(6, pattern='all_ranks', name='all')))

    def grow_once(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == near(4):
            return [change(0, [3, 0, 1, 2])]
        return start_on({0: [0, 1]})(peer)

    scenario.workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(grow_once)
    assert result.durations('root') == near({'n3': 6, 'n2': 0})
    assert result.durations('all') == near({'n3': 3, 'n2': 3})


def test_on_reconfiguration_sees_the_new_number_of_nodes_and_all_ranks(scenario: Scenario) -> None:
    application = expanding(on_reconfiguration=phase(busy('num_nodes', pattern='root_only', name='change')))

    def grow_once(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == near(4):
            return [change(0, [3, 0, 1])]
        return start_on({0: [0, 1]})(peer)

    scenario.workload(flexible('malleable', 1, 4, application)).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(grow_once)
    assert result.durations('change') == near({'n3': 3, 'n0': 0, 'n1': 0})


# --- The parallel file system ----------------------------------------------------------------------------------


@pytest.mark.parametrize('kind, seconds', [('pfs_read', 2), ('pfs_write', 4)])
def test_ranks_share_the_links_of_the_file_system(scenario: Scenario, kind: str, seconds: float) -> None:
    result = run_alone(scenario, 4, task(kind, bytes=1e9, pattern='uniform'))
    assert result.ends() == near([seconds])


def test_two_jobs_share_the_file_system_evenly(scenario: Scenario) -> None:
    write = task('pfs_write', bytes=3e9, pattern='all_ranks')
    scenario.workload(rigid(1, model(phase(write))), rigid(1, model(phase(write)), submit=2))
    # 2 s alone, then half of 1 GB/s each: 1 GB left takes 2 s; the second then has 2 GB left.
    assert scenario.run().ends() == near([4, 6])


def test_a_job_that_ends_early_leaves_the_whole_file_system_to_the_other(scenario: Scenario) -> None:
    write = model(phase(task('pfs_write', bytes='size', pattern='all_ranks')))
    scenario.workload(rigid(1, write, arguments={'size': 1e9}), rigid(1, write, arguments={'size': 3e9}))
    assert scenario.run().ends() == near([2, 4])


def test_reading_and_writing_do_not_disturb_each_other(scenario: Scenario) -> None:
    read = model(phase(task('pfs_read', bytes=3e9, pattern='uniform')))
    write = model(phase(task('pfs_write', bytes=3e9, pattern='uniform')))
    assert scenario.workload(rigid(1, read), rigid(1, write)).run().ends() == near([3, 3])


@pytest.mark.parametrize('targets, seconds', [
    (None, 4), ('fs0', 6), ('fs1', 12), ('fs0;fs1', 6), ('fs0,fs1', 6), ('fs1, fs2', 6), ('fs0;fs1;fs2', 4),
])
def test_bytes_are_split_evenly_over_the_file_system_hosts_of_a_node(
        scenario: Scenario, targets: str | None, seconds: float) -> None:
    """12 GB to hosts behind links of 2, 1 and 4 GB/s: the slowest sets the pace."""
    given = {} if targets is None else {'pfs_targets': targets}
    hosts = {'n0': host('n0', **given), **{name: host(name, pfs_host='true') for name in ('fs0', 'fs1', 'fs2')}}
    scenario.platform(pairwise(hosts, {('n0', 'fs0'): '2GBps', ('n0', 'fs1'): '1GBps', ('n0', 'fs2'): '4GBps'}))
    assert run_alone(scenario, 1, task('pfs_write', bytes=12e9, pattern='uniform')).ends() == near([seconds])


# --- Burst buffers ---------------------------------------------------------------------------------------------


def test_node_local_burst_buffers_do_not_disturb_each_other(scenario: Scenario) -> None:
    scenario.platform(crossbar(4, node_local_bb='true', bb_read_bw='4GBps', bb_write_bw='2GBps'))
    both = [task('bb_write', bytes=6e9, pattern='uniform', name='w'), task('bb_read', bytes=6e9, pattern='uniform',
                                                                          name='r')]
    result = run_alone(scenario, 4, *both)
    assert by_rank(result.durations('w')) == near([3] * 4) and by_rank(result.durations('r')) == near([1.5] * 4)


@pytest.mark.parametrize('disk, network, flops_per_byte, seconds', [
    ('1GBps', '100GBps', '0f', 4), ('100GBps', '1GBps', '0f', 4), ('100GBps', '100GBps', '2f', 8),
    ('0.5GBps', '1GBps', '1f', 8),
])
@pytest.mark.parametrize('kind', ['bb_read', 'bb_write'])
def test_a_striped_burst_buffer_uses_disk_network_and_cpu_of_all_nodes_at_once(
        scenario: Scenario, kind: str, disk: str, network: str, flops_per_byte: str, seconds: float) -> None:
    """One rank of two moves 8 GB: 4 GB per disk, 4 GB between the nodes, 4 G times flops_per_byte on each CPU."""
    scenario.platform(crossbar(2, bandwidth=network, node_local_bb='true', bb_read_bw=disk, bb_write_bw=disk,
                               wide_striping='true', flops_per_byte=flops_per_byte))
    result = run_alone(scenario, 2, task(kind, bytes=8e9, pattern='root_only', name='t'))
    assert by_rank(result.durations('t')) == near([seconds, 0])


def test_striped_ranks_share_the_disks(scenario: Scenario) -> None:
    """Each of two ranks writes 4 GB, half of it on each disk."""
    scenario.platform(crossbar(2, bandwidth='100GBps', node_local_bb='true', bb_read_bw='1GBps', bb_write_bw='1GBps',
                               wide_striping='true'))
    assert run_alone(scenario, 2, task('bb_write', bytes=4e9, pattern='uniform')).ends() == near([4])


# --- Hosts -----------------------------------------------------------------------------------------------------


def test_a_node_is_as_fast_as_all_its_cores_together(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, cores=4))
    coupled = cpu(8e9, bytes=2, communication_pattern='all_to_all', coupled=True)
    scenario.workload(rigid(2, model(phase(cpu(8e9)))), rigid(2, model(phase(coupled)), submit=10))
    assert [float(span) for span in scenario.run().column('Makespan')] == near([2, 2])


def test_nodes_of_different_speed_take_their_own_time(scenario: Scenario) -> None:
    scenario.platform(pairwise({f'n{i}': host(f'n{i}', f'{speed}Gf') for i, speed in enumerate([1, 2, 4])}))
    result = run_alone(scenario, 3, cpu(8e9, name='flops'), busy(3, name='busy'))
    assert by_rank(result.durations('flops')) == near([8, 4, 2])
    assert by_rank(result.durations('busy')) == near([3, 3, 3])


@pytest.mark.parametrize('work, end', [(cpu(10e9), 15), (idle(10), 10), (busy(10), 15),
                                       (cpu(10e9, bytes=2, communication_pattern='all_to_all', coupled=True), 15)])
def test_a_speed_profile_slows_computing_down_and_not_sleeping(scenario: Scenario, work: Json, end: float) -> None:
    """Half the speed from 5 s on."""
    hosts = {name: host(name, attributes=f'speed_file="{name}.txt"') for name in ('n0', 'n1')}
    for name in hosts:
        scenario.write(f'{name}.txt', '0 1.0\n5 0.5\n')
    scenario.platform(pairwise(hosts))
    assert run_alone(scenario, 2, work).ends() == near([end])


def test_oversubscribed_jobs_share_a_cpu_evenly(scenario: Scenario) -> None:
    scenario.platform(crossbar(1)).configure(allow_oversubscription=True)
    work = model(phase(cpu('work')))
    scenario.workload(rigid(1, work, arguments={'work': 1e9}), rigid(1, work, arguments={'work': 2e9}),
                      rigid(1, model(phase(idle(1)))), rigid(1, waiting(1), submit=10))
    result, _ = scenario.ask(start_on(dict.fromkeys(range(4), [0])))
    assert result.ends() == near([2, 3, 1, 11])


@pytest.mark.parametrize('gpus, ends', [(1, [2, 4, 6]), (2, [2, 2, 4]), (3, [2, 2, 2])])
def test_oversubscribed_jobs_queue_for_gpus_and_take_free_ones_first(
        scenario: Scenario, gpus: int, ends: list[float]) -> None:
    scenario.platform(crossbar(1, num_gpus=gpus, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    scenario.configure(allow_oversubscription=True)
    kernel = model(phase(task('gpu', flops=2e9, computation_pattern='uniform')))
    scenario.workload(*[rigid(1, kernel, num_gpus_per_node=1)] * 3)
    result, _ = scenario.ask(start_on(dict.fromkeys(range(3), [0]), 1))
    assert result.ends() == near(ends)


def test_oversubscribed_jobs_queue_for_the_gpu_link(scenario: Scenario) -> None:
    """Each exchange passes 2 GB between two GPUs at 1 GB/s."""
    scenario.platform(crossbar(1, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    scenario.configure(allow_oversubscription=True)
    exchange = model(phase(task('gpu', bytes=2e9, communication_pattern='all_to_all')))
    scenario.workload(*[rigid(1, exchange, num_gpus_per_node=2)] * 2)
    result, _ = scenario.ask(start_on(dict.fromkeys(range(2), [0]), 2))
    assert result.ends() == near([2, 4])


def test_oversubscribed_jobs_share_a_disk_evenly(scenario: Scenario) -> None:
    scenario.platform(crossbar(1, node_local_bb='true', bb_read_bw='1GBps', bb_write_bw='1GBps'))
    scenario.configure(allow_oversubscription=True)
    scenario.workload(*[rigid(1, model(phase(task('bb_write', bytes=2e9, pattern='uniform'))))] * 2)
    result, _ = scenario.ask(start_on(dict.fromkeys(range(2), [0])))
    assert result.ends() == near([4, 4])


def test_jobs_that_exchange_over_the_same_port_share_it(scenario: Scenario) -> None:
    scenario.platform(crossbar(2)).configure(allow_oversubscription=True)
    scenario.workload(*[rigid(2, model(phase(task('cpu', bytes=2e9, communication_pattern='gather'))))] * 2)
    result, _ = scenario.ask(start_on(dict.fromkeys(range(2), [0, 1])))
    assert result.ends() == near([2, 2])


# --- Platforms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('topology, parameters, nodes', [
    ('FAT_TREE', '2;2,4;1,2;1,2', 8), ('TORUS', '2,2,2', 8), ('DRAGONFLY', '2,2;2,1;2,1;1', 8)])
def test_any_simgrid_topology_serves_as_a_platform(
        scenario: Scenario, topology: str, parameters: str, nodes: int) -> None:
    """A coupled exchange of little data hides behind 2 s of computing."""
    scenario.platform(document(
        f'<cluster id="net" prefix="n" radical="0-{nodes - 1}" suffix="" speed="1Gf" bw="10GBps" lat="1us"'
        f' topology="{topology}" topo_parameters="{parameters}" sharing_policy="SPLITDUPLEX"/>'))
    exchange = cpu(2e9, bytes=1e6, communication_pattern='all_to_all', coupled=True)
    result = run_alone(scenario, nodes, exchange)
    assert result.ends()[0] == pytest.approx(2, rel=1e-3)


def test_the_first_host_takes_part_in_computing_when_no_host_is_the_batch_system(scenario: Scenario) -> None:
    scenario.platform(pairwise({name: host(name) for name in ('a', 'b')}).replace(
        '<prop id="batch_system" value="true"/>', ''))
    result = scenario.workload(rigid(3)).run()
    assert sorted({row['Node'] for row in result.nodes}) == ['a', 'b', 'batch']


def test_node_ids_follow_the_lexicographic_order_of_names(scenario: Scenario) -> None:
    scenario.platform(crossbar(11)).workload(*[rigid(1)] * 3)
    result, _ = scenario.ask(start_on({0: [0], 1: [1], 2: [2]}))
    started = [row['Node'] for row in result.nodes if row['Running jobs'] != 'none']
    assert started == ['n0', 'n1', 'n10']


def test_a_waiting_job_starts_as_soon_as_an_ended_one_leaves_its_nodes(scenario: Scenario) -> None:
    scenario.workload(rigid(3, waiting(5)), rigid(2, waiting(1), submit=1))
    result, peer = scenario.ask(start_pending)
    assert result.starts() == [0, 5] and result.ends() == [5, 6]
    assert all(job['state'] != PENDING for job in peer.jobs.values())
