"""Energy: what is drawn, worked out by hand to the last joule, for both models."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (
    MONITORING,
    PENDING,
    POINT,
    RUNNING,
    SUBMIT,
    Json,
    Peer,
    Result,
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
    task,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed import GPUS, mixed_jobs

both_models = pytest.mark.parametrize('engine', ['flow', 'simgrid'])

WATTS: Json = {'wattage_per_state': '95:120:203', 'wattage_off': 9.75}
HEAD = ['Time', 'Power (W)', 'Base (W)', 'CPUs (W)', 'GPUs (W)', 'Off (W)', 'Booting (W)', 'Stopping (W)',
        'Network (W)', 'PFS (W)', 'Jobs (W)', 'Energy (J)']


def measured(scenario: Scenario, platform: str, *jobs: Json, **keys: Any) -> Scenario:
    return scenario.platform(platform).workload(*jobs).configure(
        energy='out/energy.csv', energy_shares='out/energy_shares.csv', **keys)


def shares(result: Result, kind: str) -> dict[str, float]:
    return {row['Name']: float(row['Energy (J)']) for row in result.table('energy_shares') if row['Share'] == kind}


def joules(result: Result) -> list[float]:
    return [float(value) for value in result.column('Energy (J)')]


def rows(result: Result, *columns: str) -> list[tuple[float, ...]]:
    return [tuple(float(row[column]) for column in columns) for row in result.table('energy')]


# --- What tasks draw -------------------------------------------------------------------------------------------------


@both_models
@pytest.mark.parametrize('application, end, energy', [
    (busy(3), 3, 2 * 3 * 203),
    (idle(3), 3, 2 * 3 * 95),
    (cpu(5e9), 5, 2 * 5 * 203),
    (cpu([5e9, 2e9], 'vector'), 5, 7 * 203 + 3 * 95),  # the second waits at the barrier
    (task('cpu', bytes=4e9, communication_pattern='all_to_all'), 2, 2 * 2 * 95),
    # Half a Gflop per second on each node, as the network allows: half of what lies above epsilon.
    (cpu(1e9, bytes=4e9, communication_pattern='all_to_all', coupled=True), 2, 2 * 2 * (120 + 0.5 * 83)),
    (cpu([2e9, 1e9], 'vector', bytes=2e9, communication_pattern='all_to_all', coupled=True), 2,
     2 * (203 + 120 + 0.5 * 83)),
    # Not coupled, both begin at once.
    (cpu(1e9, bytes=4e9, communication_pattern='all_to_all'), 2, 2 * (203 + 95)),
    (task('pfs_write', bytes=2e9, pattern='all_ranks'), 2, 2 * 2 * 95),
    (task('pfs_read', bytes=2e9, pattern='uniform'), 2, 2 * 2 * 95),
], ids=str)
def test_a_task_draws_what_its_cpus_are_loaded_with(scenario: Scenario, application: Json, end: float, energy: float,
                                                    engine: str) -> None:
    measured(scenario, crossbar(3, **WATTS), rigid(2, model(phase(application))))
    result = scenario.run(f'--model={engine}')
    assert result.ends() == [near(end)]
    assert joules(result) == [near(energy)]
    assert shares(result, 'use') == {'jobs': near(energy), 'unused': near(end * 95)}
    assert shares(result, 'machine') == {'': near(energy + end * 95)}


@both_models
def test_io_that_costs_flops_loads_the_cpus_of_the_whole_team(scenario: Scenario, engine: str) -> None:
    """2 GB striped over two disks of 1 GB/s take 1 s; half a flop per byte is half a second of both CPUs, as long as
    the half of it that goes over the network."""
    buffers: Json = {'node_local_bb': 'true', 'bb_read_bw': '1GBps', 'bb_write_bw': '1GBps', 'wide_striping': 'true',
               'flops_per_byte': 0.5}
    measured(scenario, crossbar(2, **WATTS, **buffers),
             rigid(2, model(phase(task('bb_write', bytes=2e9, pattern='all_ranks')))),
             rigid(2, model(phase(task('bb_write', bytes=2e9, pattern='all_ranks', **{'async': True})))))
    result = scenario.run(f'--model={engine}')
    assert result.ends() == near([1, 2])
    assert joules(result) == near([203 + 95, 203 + 95])
    assert rows(result, 'Time', 'CPUs (W)') == [(near(time), watts) for time, watts in [
        (0, near(216)), (0.5, 0), (1, near(216)), (1.5, 0), (2, 0)]]


def wired(latency: str, **first: Any) -> str:
    """Two hosts a and b with a wire of 1 GB/s between them."""
    watts: Json = {'wattage_per_state': '100:200'}
    return document('<zone id="pairs" routing="Full">', host('a', **watts, **first), host('b', **watts),
                    f'<link id="wire" bandwidth="1GBps" latency="{latency}"/>',
                    '<route src="a" dst="b"><link_ctn id="wire"/></route>', '</zone>')


@both_models
def test_nothing_is_computed_before_the_latency_is_over(scenario: Scenario, engine: str) -> None:
    """A second of latency lets 2 MiB/s through: 500 MB each way take 238.4 s, in which 4 Gflop are a load of 1.7 %."""
    work = cpu(4e9, bytes=1e9, communication_pattern='all_to_all', coupled=True)
    measured(scenario, wired('1s'), rigid(2, model(phase(work))))
    result = scenario.run(f'--model={engine}')
    assert result.ends() == near([1 + 5e8 / 2 ** 21])
    assert rows(result, 'Time', 'CPUs (W)') == [(0, 0), (near(1), near(2 * 100 * 4 * 2 ** 21 / 5e8)),
                                                (near(1 + 5e8 / 2 ** 21), 0)]
    assert joules(result) == [near(200 * result.ends()[0] + 2 * 100 * 4)]


def test_a_host_that_becomes_slower_is_loaded_with_the_speed_that_is_left(scenario: Scenario) -> None:
    """4 Gflop: 2 s at full speed, 4 s at half of it; the other node is done after 4 s."""
    scenario.write('speed.txt', '0 1\n2 0.5\n')
    measured(scenario, wired('0s', attributes='speed_file="speed.txt"'), rigid(2, model(phase(cpu(4e9)))))
    assert rows(scenario.run(), 'Time', 'CPUs (W)', 'Energy (J)') == [
        (0, 200, 0), (2, 150, 800), (4, 50, 1500), (6, 0, 2000)]


@both_models
def test_nodes_that_differ_draw_each_its_own(scenario: Scenario, engine: str) -> None:
    """A uniform task of 4 Gflop: 2 s on one node, 4 s on the other, which the first awaits."""
    hosts = {'a': host('a', '2Gf', wattage_per_state='100:300'), 'b': host('b', '1Gf', wattage_per_state='50:60:70')}
    measured(scenario, pairwise(hosts), rigid(2, model(phase(cpu(4e9)))))
    result = scenario.run(f'--model={engine}')
    assert shares(result, 'node') == {'a': 2 * 300 + 2 * 100, 'b': 4 * 70}
    assert rows(result, 'Time', 'Power (W)', 'Base (W)', 'CPUs (W)', 'Energy (J)') == [
        (0, 370, 150, 220, 0), (2, 170, 150, 20, 740), (4, 150, 150, 0, 1080)]


@both_models
def test_the_watts_are_those_of_the_speed_that_the_host_has(scenario: Scenario, engine: str) -> None:
    hosts = {'a': host('a', '2Gf,1Gf', 'pstate="1"', wattage_per_state='95:120:203, 90:110:150'),
             'b': host('b', '2Gf,1Gf', wattage_per_state='95:120:203, 90:110:150')}
    measured(scenario, pairwise(hosts), rigid(2, model(phase(cpu(4e9)))))
    assert shares(scenario.run(f'--model={engine}'), 'node') == {'a': 4 * 150, 'b': 2 * 203 + 2 * 95}


KERNELS: Json = {'num_gpus': 2, 'flops_per_gpu': '1Tf', 'gpu_to_gpu_bw': '1GBps', 'gpu_wattage_idle': 10,
                 'gpu_wattage_busy': 100}


@both_models
@pytest.mark.parametrize('gpus, work, end, busy_seconds', [
    (2, task('gpu', flops=4e12, computation_pattern='uniform'), 2, 2 * 2),
    (1, task('gpu', flops=4e12, computation_pattern='uniform'), 4, 4),
    # The kernels end before what goes over the GPU link, 4 GB less what stays: 2 s of 3 or so.
    (2, task('gpu', flops=4e12, computation_pattern='uniform', bytes=6e9, communication_pattern='ring'), None, 2 * 2),
    (2, task('gpu', bytes=6e9, communication_pattern='ring'), None, 0),
], ids=str)
@pytest.mark.parametrize('shared', [False, True])
def test_gpus_draw_what_their_kernels_need(scenario: Scenario, gpus: int, work: Json, end: float | None,
                                           busy_seconds: float, shared: bool, engine: str) -> None:
    measured(scenario, crossbar(1, **WATTS, **KERNELS), rigid(1, model(phase(work)), num_gpus_per_node=gpus),
             allow_oversubscription=shared)
    result, _ = scenario.ask(lambda peer: [change(0, [0], gpus)] if peer.kind == SUBMIT else [], f'--model={engine}')
    length = result.ends()[0]
    assert end is None or length == near(end)
    assert joules(result) == [near(length * (95 + 2 * 10) + busy_seconds * 90)]
    assert shares(result, 'part')['gpus'] == near(busy_seconds * 90)


@both_models
def test_kernels_that_end_before_their_task_have_a_row_of_their_own(scenario: Scenario, engine: str) -> None:
    work = task('gpu', flops=2e12, computation_pattern='uniform', bytes=6e9, communication_pattern='ring')
    measured(scenario, crossbar(1, **WATTS, **KERNELS), rigid(1, model(phase(work)), num_gpus_per_node=2))
    result = scenario.run(f'--model={engine}')
    end = result.ends()[0]
    assert end > 1
    assert rows(result, 'Time', 'Power (W)', 'GPUs (W)', 'Energy (J)') == [
        (0, 295, 180, 0), (1, 115, 0, 295), (near(end), 115, 0, near(295 + 115 * (end - 1)))]


# --- Shares ----------------------------------------------------------------------------------------------------------


def together(peer: Peer) -> list[Json]:
    return [change(job['id'], [0]) for job in peer.in_state(PENDING)]


@both_models
def test_jobs_on_one_node_draw_equal_shares_of_it(scenario: Scenario, engine: str) -> None:
    """Both at half speed for 2 s; then the second has the node for 1 s, and a third that does nothing half of it."""
    measured(scenario, crossbar(1, **WATTS), rigid(1, model(phase(cpu(1e9)))), rigid(1, model(phase(cpu(2e9)))),
             rigid(1, model(phase(idle(2))), submit=2), allow_oversubscription=True)
    result, _ = scenario.ask(together, f'--model={engine}')
    assert result.ends() == near([2, 3, 4])
    assert joules(result) == near([203, 203 + 203 / 2, 203 / 2 + 95])
    assert shares(result, 'node') == {'n0': near(3 * 203 + 95)}


@both_models
def test_load_that_members_of_a_task_leave_is_no_ones(scenario: Scenario, engine: str) -> None:
    """Two jobs on two nodes, one of them on both: who computes alone is twice as fast."""
    measured(scenario, crossbar(2, **WATTS), rigid(2, model(phase(cpu(2e9)))), rigid(1, model(phase(cpu(1e9)))),
             allow_oversubscription=True)
    result, _ = scenario.ask(lambda peer: [change(job['id'], range(2 - job['id'])) for job in peer.in_state(PENDING)],
                             f'--model={engine}')
    assert result.ends() == near([3, 2])
    # n0: shared for 2 s, then the first job's alone for 1 s; n1: busy for 2 s, and awaits n0 for 1 s.
    assert joules(result) == near([203 + 203 + 2 * 203 + 95, 203])
    assert shares(result, 'node') == near({'n0': 3 * 203, 'n1': 2 * 203 + 95})


@both_models
@pytest.mark.parametrize('shared', [False, True])
def test_a_killed_job_has_drawn_energy_up_to_the_kill_on_every_one_of_its_nodes(
        scenario: Scenario, shared: bool, engine: str) -> None:
    measured(scenario, crossbar(3, **WATTS), rigid(2, model(phase(busy(10))), walltime=3),
             rigid(1, model(phase(idle(5)))), allow_oversubscription=shared)
    result, _ = scenario.ask(lambda peer: [change(job['id'], [[0, 2], [1]][job['id']])
                                           for job in peer.in_state(PENDING)], f'--model={engine}')
    assert result.column('Status') == ['killed', 'completed']
    assert joules(result) == [1218, 5 * 95]
    assert shares(result, 'node') == {'n0': 3 * 203 + 2 * 95, 'n1': 5 * 95, 'n2': 3 * 203 + 2 * 95}
    assert rows(result, 'Time', 'Power (W)', 'Jobs (W)', 'Energy (J)') == [
        (0, 501, 501, 0), (3, 285, 95, 1503), (5, 285, 0, 2073)]


@both_models
@pytest.mark.parametrize('work', [cpu(9e9, bytes=9e9, communication_pattern='all_to_all', coupled=True), cpu(9e9),
                                  idle(9)], ids=str)
def test_what_a_kill_breaks_off_draws_nothing_more(scenario: Scenario, work: Json, engine: str) -> None:
    measured(scenario, crossbar(2, **WATTS), rigid(2, model(phase(work)), walltime=3),
             rigid(2, model(phase(idle(4)))), allow_oversubscription=True)
    result, _ = scenario.ask(lambda peer: [change(job['id'], [0, 1]) for job in peer.in_state(PENDING)][:1]
                             if not peer.in_state(RUNNING) else [], f'--model={engine}')
    assert result.ends() == near([3, 7])
    assert joules(result)[1] == near(2 * 4 * 95)


def test_a_job_that_grows_and_shrinks_draws_what_the_nodes_it_has_draw(scenario: Scenario) -> None:
    """Two iterations on one node, then on three, then on two."""
    sizes = {1: [0, 1, 2], 2: [1, 2]}

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT:
            return [change(0, sizes.get(int(peer.time)))] if int(peer.time) in sizes else []
        return [change(job['id'], [0]) for job in peer.in_state(PENDING)]

    measured(scenario, crossbar(3, **WATTS), flexible('malleable', 1, 3, model(phase(busy(1), iterations=3))),
             schedule_on_scheduling_point=True)
    result, _ = scenario.ask(decide)
    assert result.ends() == [3]
    assert joules(result) == [203 + 3 * 203 + 2 * 203]
    assert shares(result, 'use') == {'jobs': 6 * 203, 'unused': 3 * 95}


def test_users_have_the_energy_of_their_jobs(scenario: Scenario) -> None:
    jobs = [{**rigid(1, model(phase(busy(seconds)))), 'attributes': {'user': user} if user else {}}
            for seconds, user in [(1, 'Zoe'), (2, 'Ann'), (4, 'Zoe'), (8, None)]]
    result = measured(scenario, crossbar(4, **WATTS), *jobs).run()
    assert shares(result, 'user') == {'': 8 * 203, 'Ann': 2 * 203, 'Zoe': 5 * 203}


# --- Nodes that are not up -------------------------------------------------------------------------------------------

SWITCHED: Json = {**WATTS, 'stop_seconds': 3, 'stop_joules': 300, 'boot_seconds': 4, 'boot_joules': 600}


def away(scenario: Scenario, *outages: Json) -> None:
    scenario.write('away.json', {'outages': list(outages)})
    scenario.configure(availability='away.json')


@both_models
def test_a_node_that_is_switched_off_draws_what_stopping_and_booting_take(scenario: Scenario, engine: str) -> None:
    """Off from 2 s to 10 s: it stops until 5 s, and boots until 14 s."""
    measured(scenario, crossbar(2, **SWITCHED), rigid(1, model(phase(idle(20)))))
    away(scenario, {'nodes': 'n1', 'from': 2, 'until': 10, 'kind': 'off'})
    result = scenario.run(f'--model={engine}')
    assert rows(result, 'Time', 'Power (W)', 'Base (W)', 'Off (W)', 'Booting (W)', 'Stopping (W)', 'Energy (J)') == [
        (0, 190, 190, 0, 0, 0, 0), (2, 195, 95, 0, 0, 100, 380), (5, 104.75, 95, 9.75, 0, 0, 965),
        (10, 245, 95, 0, 150, 0, 1488.75), (14, 190, 190, 0, 0, 0, 2468.75), (20, 190, 190, 0, 0, 0, 3608.75)]
    assert shares(result, 'node') == {'n0': 1900, 'n1': 190 + 300 + 5 * 9.75 + 600 + 6 * 95}
    assert shares(result, 'use') == {'jobs': 1900, 'unused': 8 * 95}
    check_sums(result)


@both_models
@pytest.mark.parametrize('work, watts', [(busy(10), 203), (idle(10), 95), (cpu(10e9), 203)], ids=str)
def test_a_job_that_loses_a_node_has_drawn_up_to_then_and_the_node_draws_what_one_does_that_is_off(
        scenario: Scenario, work: Json, watts: float, engine: str) -> None:
    """It runs again on two of the other nodes: the energy of both attempts is the job's."""
    measured(scenario, crossbar(3, **SWITCHED), rigid(2, model(phase(work))), on_node_loss='requeue')
    away(scenario, {'nodes': 'n0', 'from': 4, 'until': 6})
    result = scenario.run(f'--model={engine}')
    assert result.ends() == near([14])
    assert joules(result) == near([2 * 4 * watts + 2 * 10 * watts])
    assert shares(result, 'part')['off'] == near(2 * 9.75)
    check_sums(result)


def test_a_node_that_drains_draws_for_its_job_until_that_has_ended(scenario: Scenario) -> None:
    measured(scenario, crossbar(1, **SWITCHED), rigid(1, model(phase(busy(5)))), rigid(1, submit=20))
    away(scenario, {'nodes': 'n0', 'from': 1, 'until': 10, 'kind': 'off'})
    result = scenario.run()
    assert result.starts() == [0, 20]
    assert joules(result) == [5 * 203, 203]
    assert shares(result, 'node') == {'n0': 5 * 203 + 300 + 2 * 9.75 + 600 + 6 * 95 + 203}


def test_a_failure_ends_a_boot_and_what_it_draws(scenario: Scenario) -> None:
    measured(scenario, crossbar(2, **SWITCHED), rigid(1, model(phase(idle(20)))))
    away(scenario, {'nodes': 'n1', 'from': 0, 'until': 3, 'kind': 'off'}, {'nodes': 'n1', 'from': 5, 'until': 9})
    result = scenario.run()
    parts = shares(result, 'part')
    assert (parts['stopping'], parts['booting'], parts['off']) == (300, 2 * 150, 4 * 9.75)


# --- The file, the columns, the summary ------------------------------------------------------------------------------


def test_the_file_has_a_row_for_each_instant_at_which_power_changes(scenario: Scenario) -> None:
    """A job follows another of the same power: that is no change."""
    measured(scenario, crossbar(2, **WATTS), rigid(2, model(phase(busy(1)))), rigid(2, model(phase(busy(2)))),
             rigid(2, model(phase(idle(1)))), network_watts=30, pfs_watts=12.5)
    result = scenario.run()
    assert list(result.table('energy')[0]) == HEAD
    assert rows(result, *HEAD) == [
        (0, 448.5, 190, 216, 0, 0, 0, 0, 30, 12.5, 406, 0),
        (3, 232.5, 190, 0, 0, 0, 0, 0, 30, 12.5, 190, 3 * 448.5),
        (4, 232.5, 190, 0, 0, 0, 0, 0, 30, 12.5, 0, 3 * 448.5 + 232.5)]
    assert shares(result, 'part') == {
        'base': 4 * 190, 'cpus': 3 * 216, 'gpus': 0, 'off': 0, 'booting': 0, 'stopping': 0, 'network': 120, 'pfs': 50}
    assert shares(result, 'machine') == {'': 3 * 448.5 + 232.5}


def series(scenario: Scenario, **files: str) -> None:
    for name, text in files.items():
        scenario.write(f'{name}.csv', text)
        scenario.configure(**{name: f'{name}.csv'})


def test_price_and_carbon_intensity_give_cost_and_emissions(scenario: Scenario) -> None:
    """Two nodes of 3.6 kW, 1 Wh per second: the price changes in the middle of both jobs, and falls below 0."""
    measured(scenario, crossbar(2, wattage_per_state='0:3600'), rigid(2, model(phase(busy(10)))),
             rigid(1, model(phase(busy(20)))), scheduler='builtin:fcfs')
    series(scenario, energy_price='time,price\n-5,0.5\n4,0.25\n\n20,-1\n1e9,7\n', carbon_intensity='0,400\n15,100\n')
    result = scenario.run('--summary')
    assert [float(cost) for cost in result.column('Energy Cost')] == near(
        [2e-3 * (4 * 0.5 + 6 * 0.25), 1e-3 * (10 * 0.25 - 10)])
    assert [float(grams) for grams in result.column('Emissions (g)')] == near(
        [2e-3 * 10 * 400, 1e-3 * (5 * 400 + 15 * 100)])
    assert joules(result) == [72000, 72000]
    figures = [line.rstrip() for line in result.stdout.splitlines() if line.startswith(('energy', 'emissions'))]
    assert figures == ['energy                   0.040000 kWh', 'energy of jobs           0.040000 kWh',
                       'energy of idle nodes     0.000000 kWh', 'energy cost             -0.000500',
                       'emissions                0.011500 kg CO2']
    machine, = [row for row in result.table('energy_shares') if row['Share'] == 'machine']
    assert (machine['Energy (J)'], machine['Energy Cost'], machine['Emissions (g)']) == ('144000', '-0.0005', '11.5')


def test_large_amounts_have_three_digits(scenario: Scenario) -> None:
    measured(scenario, crossbar(1, wattage_per_state='0:3.6e6'), rigid(1, model(phase(busy(3600)))))
    assert 'energy                   3600.000 kWh\n' in scenario.run('--summary').stdout


def test_nothing_is_written_of_energy_where_it_is_not_switched_on(scenario: Scenario) -> None:
    scenario.platform(crossbar(4, **WATTS)).workload(rigid(2), rigid(3))
    plain = scenario.run('--summary')
    assert 'energy' not in plain.stdout
    before = [plain.text(name) for name in ('job_statistics', 'node_utilization', 'task_times')]
    scenario.configure(energy='out/energy.csv')
    after = scenario.run()
    assert [after.text(name) for name in ('node_utilization', 'task_times')] == before[1:]
    assert [line.rpartition(',')[0] for line in after.text('job_statistics').splitlines()] == before[0].splitlines()


def test_a_platform_without_watts_draws_nothing(scenario: Scenario) -> None:
    result = measured(scenario, crossbar(2), rigid(2)).run()
    assert joules(result) == [0]
    assert rows(result, 'Time', 'Power (W)', 'Energy (J)') == [(0, 0, 0), (1, 0, 0)]


def test_a_run_that_breaks_off_has_measured_up_to_there(scenario: Scenario) -> None:
    measured(scenario, crossbar(2, **WATTS), rigid(1, model(phase(busy(2)))), rigid(1))
    result, _ = scenario.ask(lambda peer: [change(0, [0])] if peer.kind == SUBMIT and peer.job['id'] == 0 else [],
                             status=4)
    assert joules(result) == [2 * 203, 0]
    assert shares(result, 'machine') == {'': 2 * (203 + 95)}


# --- Inputs with mistakes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize('text, complaint', [
    ('', 'price.csv: there is no row; give a time in seconds and a value per row, the first at 0'),
    ('time,price\n', 'price.csv: there is no row; give a time in seconds and a value per row, the first at 0'),
    ('0;1\n', "price.csv:1: must be a time and a value with a comma between them, is '0;1'"),
    ('0,1\nnoon,2\n', "price.csv:2: the time must be a number of seconds, is 'noon'"),
    ('time,1\n', "price.csv:1: the time must be a number of seconds, is 'time'"),
    ('time,price\n0,cheap\n', "price.csv:2: the value must be a number, is 'cheap'"),
    ('0,1,2\n', "price.csv:1: the value must be a number, is '1,2'"),
    ('0,inf\n', "price.csv:1: the value must be a number, is 'inf'"),
    ('5,1\n', "price.csv:1: the first time must be at or before 0, where the run begins, is '5'"),
    ('0,1\n1e101,2\n', "price.csv:2: time and value must be at most 1e100, is '1e101'"),
    ('0,-1e101\n', "price.csv:1: time and value must be at most 1e100, is '-1e101'"),
    ('0,1\n7,2\0\n', 'price.csv:2: there is a zero byte; is it text?'),
    ('0,1\n\n7,2\n7,3\n', "price.csv:4: the time must be after that of the row before, is '7'"),
])
def test_a_series_with_a_mistake_is_refused(scenario: Scenario, text: str, complaint: str) -> None:
    measured(scenario, crossbar(1), rigid(), energy_price='price.csv').write('price.csv', text)
    assert scenario.run('--check', status=2).error == complaint


def test_emissions_are_not_negative(scenario: Scenario) -> None:
    measured(scenario, crossbar(1), rigid(), carbon_intensity='co2.csv').write('co2.csv', '0,-1\n')
    assert scenario.run(status=2).error == "co2.csv:1: the value must be at least 0, is '-1'"


def test_a_series_that_is_not_there_is_refused(scenario: Scenario) -> None:
    measured(scenario, crossbar(1), rigid(), energy_price='none.csv')
    assert scenario.run(status=2).error == 'none.csv: cannot open it: No such file or directory'
    (scenario.folder / 'none.csv').mkdir()
    assert scenario.run(status=2).error == 'none.csv: cannot read it'


@pytest.mark.parametrize('key, value', [('energy_shares', 'x.csv'), ('energy_price', 'x.csv'), ('pfs_watts', 3),
                                        ('carbon_intensity', 'x.csv'), ('network_watts', 3)])
def test_what_is_about_energy_needs_energy(scenario: Scenario, key: str, value: Any) -> None:
    scenario.workload(rigid()).configure(**{key: value})
    assert scenario.run(status=2).error == (
        f"config.json: {key}: has no effect without the key 'energy', a file for what the machine draws; add that, or "
        'leave this out')


def test_watts_are_not_negative(scenario: Scenario) -> None:
    measured(scenario, crossbar(1), rigid(), network_watts=-1)
    assert scenario.run(status=2).error == 'config.json: network_watts: must be at least 0, is -1'


def test_a_series_is_not_overwritten(scenario: Scenario) -> None:
    measured(scenario, crossbar(1), rigid(), energy_price='p.csv').configure(energy='p.csv').write('p.csv', '0,1\n')
    assert scenario.run(status=2).error == (
        "config.json: energy: 'p.csv' is given as energy_price too; choose another path")


# --- What holds for any workload -------------------------------------------------------------------------------------


def check_sums(result: Result) -> None:
    """The whole is the sum of its parts, of what nodes drew, and of what it was drawn for."""
    whole = shares(result, 'machine')['']
    parts, use = shares(result, 'part'), shares(result, 'use')
    network = parts['network'] + parts['pfs']
    assert sum(parts.values()) == near(whole)
    assert sum(shares(result, 'node').values()) + network == near(whole)
    assert sum(use.values()) + parts['off'] + parts['booting'] + parts['stopping'] + network == near(whole)
    assert sum(joules(result)) == near(use['jobs'])
    assert sum(shares(result, 'user').values()) == near(use['jobs'])
    table = [{name: float(value) for name, value in row.items()} for row in result.table('energy')]
    energy = 0.0
    for row, following in zip(table, [*table[1:], None]):
        assert row['Energy (J)'] == near(energy)
        assert sum(row[name] for name in HEAD[2:10]) == near(row['Power (W)'])
        assert following is None or following['Time'] > row['Time']
        energy += row['Power (W)'] * (following['Time'] - row['Time']) if following else 0
    assert energy == near(whole)
    assert sum(row['Jobs (W)'] * (following['Time'] - row['Time']) for row, following in zip(table, table[1:])
               ) == near(use['jobs'])


@settings(max_examples=6)
@given(seed=st.integers(0, 10 ** 6), reaction=st.sampled_from(['kill', 'requeue', 'shrink_or_requeue']))
def test_energy_is_the_sum_of_its_parts_on_a_machine_that_fails(
        tmp_path_factory: pytest.TempPathFactory, seed: int, reaction: str) -> None:
    scenario = Scenario(tmp_path_factory.mktemp('world'))
    watts: Json = {**GPUS, **SWITCHED, 'gpu_wattage_idle': 7, 'gpu_wattage_busy': 55.5}
    measured(scenario, crossbar(8, **watts), *mixed_jobs(seed, 12), schedule_on_scheduling_point=True,
             availability='away.json', on_node_loss=reaction)
    scenario.write('away.json', {
        'failures': [{'between': 300, 'repair': {'distribution': 'exponential', 'mean': 20}, 'seed': seed}],
        'windows': [{'share': 0.4, 'first': 20, 'every': 100, 'duration': 30, 'kind': 'off'}]})
    ours, simgrids = (scenario.run(f'--model={engine}') for engine in ('flow', 'simgrid'))
    check_sums(ours)
    parts, others = shares(ours, 'part'), shares(simgrids, 'part')
    assert parts['off'] > 0 and parts['stopping'] > 0
    assert parts == pytest.approx(others, rel=1e-6, abs=1e-3)


@settings(max_examples=6)
@given(seed=st.integers(0, 10 ** 6), shared=st.booleans())
def test_energy_is_the_sum_of_its_parts_and_both_models_agree(
        tmp_path_factory: pytest.TempPathFactory, seed: int, shared: bool) -> None:
    scenario = Scenario(tmp_path_factory.mktemp('world'))
    watts: Json = {**GPUS, **WATTS, 'gpu_wattage_idle': 7, 'gpu_wattage_busy': 55.5}
    measured(scenario, crossbar(8, **watts),
             *mixed_jobs(seed, 12), schedule_on_scheduling_point=True, allow_oversubscription=shared,
             network_watts=12, pfs_watts=3)
    results = [scenario.run(f'--model={engine}') for engine in ('flow', 'simgrid')]
    for result in results:
        check_sums(result)
    ours, simgrids = (joules(result) for result in results)
    assert ours == pytest.approx(simgrids, rel=1e-6, abs=1e-3)


def test_monitoring_beside_it_changes_nothing(scenario: Scenario) -> None:
    measured(scenario, crossbar(4, **WATTS), rigid(2, model(phase(cpu(1e9, bytes=1e9, communication_pattern='ring')))))
    before = scenario.run().text('energy')
    scenario.configure(sensing=True, sensing_interval=0.1, **{name: f'out/{name}.csv' for name in MONITORING})
    assert scenario.run().text('energy') == before
