"""Every key of the configuration has the effect that the docs say, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import (
    COMPLETED,
    KEYS,
    MONITORING,
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

MINIMAL: Json = {'jobs_file': 'jobs.json', 'platform_file': 'platform.xml', 'schedule_on_job_submit': True,
                 'schedule_on_job_finalize': True}


def only(scenario: Scenario, **keys: Any) -> Scenario:
    """The least that a configuration must have, and these keys."""
    scenario.configuration = {**MINIMAL, **keys}
    return scenario


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


# --- Inputs ----------------------------------------------------------------------------------------------------


def test_jobs_file_and_platform_file_name_the_inputs_relative_to_the_working_directory(scenario: Scenario) -> None:
    (scenario.folder / 'in').mkdir()
    for name in ('jobs.json', 'platform.xml'):
        (scenario.folder / name).rename(scenario.folder / 'in' / f'my_{name}')
    scenario.write('app.json', waiting(3))
    scenario.write('in/my_jobs.json', {'jobs': [rigid(1, 'app.json')]})
    only(scenario, jobs_file='in/my_jobs.json', platform_file='in/my_platform.xml', job_statistics='jobs.csv')
    scenario.run()
    assert ',3,' in (scenario.folder / 'jobs.csv').read_text()


def test_the_least_configuration_runs_and_writes_nothing(scenario: Scenario) -> None:
    only(scenario.workload(rigid()))
    before = files(scenario.folder)
    result = scenario.run()
    assert files(scenario.folder) == sorted([*before, 'config.json'])
    assert (result.stdout, result.stderr) == ('', '')


# --- The scheduler ---------------------------------------------------------------------------------------------


def test_zmq_url_is_where_an_external_scheduler_connects(scenario: Scenario) -> None:
    peer = Peer(scenario.url, start_pending)
    peer.start()
    scenario.workload(rigid()).configure(zmq_url=scenario.url).run(scheduler=None)
    peer.stop()
    assert peer.ended and peer.kinds() == [(SUBMIT, 0), (COMPLETED, 1)]


def test_scheduler_goes_before_zmq_url(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(scheduler='builtin:fcfs', zmq_url=scenario.url)
    assert scenario.run(scheduler=None).ends() == [1]
    assert not (scenario.folder / 's.ipc').exists()


def test_scheduler_timeout_bounds_the_wait_for_an_answer(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(scheduler_timeout=0.3)
    result, _ = scenario.ask(lambda peer: None, status=3)
    assert result.error == (f'at 0 s (job submit of job 0): the scheduler at {scenario.url} did not answer within '
                            '0.3 s; raise scheduler_timeout if it needs longer')


# --- Invocations -----------------------------------------------------------------------------------------------


def invoked(scenario: Scenario, **keys: Any) -> list[tuple[int, float]]:
    """Invocations when a job of two iterations of 2 s is submitted at 1 s and killed or completed at its end."""
    scenario.workload(flexible('malleable', 1, 1, waiting(2, 2), 1))
    only(scenario, **{'schedule_on_job_submit': False, 'schedule_on_job_finalize': False, **keys})
    _, peer = scenario.ask(start_pending)
    return peer.kinds()


@pytest.mark.parametrize('keys, expected', [
    ({'scheduling_interval': 1.5}, [(PERIODIC, 1.5), (PERIODIC, 3), (PERIODIC, 4.5)]),
    ({'scheduling_interval': 3}, [(PERIODIC, 3), (PERIODIC, 6)]),
    ({'scheduling_interval': 90, 'schedule_on_job_submit': True}, [(SUBMIT, 1)]),
    ({'scheduling_interval': 3.5, 'schedule_on_job_finalize': True}, [(PERIODIC, 3.5), (PERIODIC, 7),
                                                                     (COMPLETED, 7.5)]),
    ({'schedule_on_job_submit': True, 'schedule_on_job_finalize': True}, [(SUBMIT, 1), (COMPLETED, 5)]),
    ({'schedule_on_job_submit': True, 'schedule_on_job_finalize': True, 'schedule_on_scheduling_point': True},
     [(SUBMIT, 1), (POINT, 3), (COMPLETED, 5)]),
    ({'schedule_on_job_submit': True, 'scheduling_interval': 2, 'min_scheduling_interval': 3},
     [(SUBMIT, 1), (PERIODIC, 4)]),
])
def test_keys_about_invocations_say_when_the_scheduler_is_invoked(
        scenario: Scenario, keys: Json, expected: list[tuple[int, float]]) -> None:
    assert invoked(scenario, **keys) == expected


@pytest.mark.parametrize('enabled', [True, False])
def test_schedule_on_reconfiguration_announces_waiting_changes(scenario: Scenario, enabled: bool) -> None:
    scenario.workload(flexible('malleable', 1, 2, waiting(2, 2)))
    scenario.configure(scheduling_interval=1.5, schedule_on_reconfiguration=enabled)
    _, peer = scenario.ask(lambda peer: [change(0, [0, 1])] if peer.time == 1.5 else start_on({0: [0]})(peer))
    assert [message['time'] for message in peer.of_kind(RECONFIGURATION)] == [2] * enabled


# --- Rules of the simulation -----------------------------------------------------------------------------------


@pytest.mark.parametrize('enabled, status', [(True, 0), (False, 3)])
def test_allow_oversubscription_lets_several_jobs_run_on_a_node(
        scenario: Scenario, enabled: bool, status: int) -> None:
    scenario.workload(rigid(), rigid()).configure(allow_oversubscription=enabled)
    result, _ = scenario.ask(start_on({0: [0], 1: [0]}), status=status)
    assert result.ends() == ([2, 2] if enabled else [-1, -1])


@pytest.mark.parametrize('enabled, asked', [(True, [4]), (None, [4])])
def test_clip_evolving_requests_brings_a_request_into_the_bounds(
        scenario: Scenario, enabled: bool | None, asked: list[int]) -> None:
    scenario.workload(flexible('evolving', 1, 4, model(phase(busy(1), iterations=2, evolving_request=9))))
    scenario.configure(clip_evolving_requests=enabled)
    _, peer = scenario.ask(start_on({0: [0]}))
    assert [message['evolving_request'] for message in peer.of_kind(REQUEST)] == asked


@pytest.mark.parametrize('request_, number', [(9, '9'), ('num_nodes - 1', '0'), (-2, '-2')])
def test_without_clip_evolving_requests_a_request_out_of_bounds_is_an_error(
        scenario: Scenario, request_: int | str, number: str) -> None:
    scenario.workload(flexible('evolving', 1, 4, model(phase(busy(1), iterations=2, evolving_request=request_))))
    scenario.configure(clip_evolving_requests=False)
    result, _ = scenario.ask(start_on({0: [0]}), status=2)
    assert result.error == (
        f"job 0: app0.json: phases[0].evolving_request: the evolving request for {number} nodes is outside of the "
        "job's bounds 1 to 4; change the model, or set clip_evolving_requests to true")


def test_without_clip_evolving_requests_a_request_within_bounds_is_made(scenario: Scenario) -> None:
    scenario.workload(flexible('evolving', 1, 4, model(phase(busy(1), iterations=2, evolving_request=4))))
    scenario.configure(clip_evolving_requests=False)
    _, peer = scenario.ask(start_on({0: [0]}))
    assert [message['evolving_request'] for message in peer.of_kind(REQUEST)] == [4]


@pytest.mark.parametrize('enabled', [True, False])
def test_forward_io_information_adds_the_figures_of_the_named_links(scenario: Scenario, enabled: bool) -> None:
    scenario.workload(rigid()).configure(forward_io_information=enabled, pfs_read_links=['PFS_read'],
                                         pfs_write_links=['PFS_write'])
    _, peer = scenario.ask(start_pending)
    told = {key: value for key, value in peer.messages[0].items() if key.startswith('pfs_')}
    assert told == ({'pfs_read_bw': 2e9, 'pfs_write_bw': 1e9, 'pfs_read_utilization': 0, 'pfs_write_utilization': 0}
                    if enabled else {})


def test_job_kill_grace_period_is_added_to_the_walltime(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(9), walltime=3)).configure(job_kill_grace_period=2.5)
    assert scenario.run().ends() == [5.5]


# --- Results and monitoring ------------------------------------------------------------------------------------


@pytest.mark.parametrize('name', ['job_statistics', 'node_utilization', 'task_times'])
def test_each_result_file_is_written_when_it_is_named_and_its_folders_are_made(scenario: Scenario, name: str) -> None:
    only(scenario.workload(rigid()), log_task_times=True, **{name: f'a/b/{name}.csv'})
    scenario.run()
    written = [file for file in files(scenario.folder) if file.endswith('.csv')]
    assert written == [f'a/b/{name}.csv']


def test_task_times_are_written_only_with_log_task_times(scenario: Scenario) -> None:
    only(scenario.workload(rigid()), task_times='tasks.csv', log_task_times=False)
    scenario.run()
    assert not (scenario.folder / 'tasks.csv').exists()


def busy_world(scenario: Scenario) -> Scenario:
    """Something of everything."""
    scenario.platform(crossbar(4, num_gpus=2, flops_per_gpu='3Gf', gpu_to_gpu_bw='1GBps', node_local_bb='true',
                               bb_read_bw='1GBps', bb_write_bw='0.7GBps'))
    mixed = model(phase(
        {'type': 'cpu', 'flops': 'work / 3', 'computation_pattern': 'all_ranks', 'bytes': 'work / 7',
         'communication_pattern': 'ring'}, task('pfs_write', bytes='work / 9', pattern='all_ranks', **{'async': True}),
        task('gpu', flops='work', computation_pattern='uniform', bytes='work / 5', communication_pattern='gather'),
        task('bb_write', bytes='work / 11', pattern='even_ranks'), task('pfs_read', bytes='work / 13',
                                                                       pattern='uniform'), iterations=3))
    gpus = {'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': 2}
    scenario.workload(*[
        rigid(2, mixed, i / 3, num_gpus_per_node=2, walltime=40, arguments={'work': (i + 1) * 1e9}) if i % 3 == 0 else
        flexible('malleable', 1, 4, mixed, i / 3, arguments={'work': (i + 1) * 1e9}, **gpus) for i in range(9)])
    return scenario.configure(schedule_on_scheduling_point=True, pfs_read_links=['PFS_read'],
                              pfs_write_links=['PFS_write'])


def test_sensing_and_task_times_change_no_byte_of_job_statistics(scenario: Scenario) -> None:
    busy_world(scenario)
    written = []
    variants: list[Json] = [{'sensing': False, 'log_task_times': False}, {'sensing': True, 'log_task_times': True},
                            {'sensing': True, 'log_task_times': False, 'sensing_interval': 0.01}]
    for keys in variants:
        monitors: Json = {name: f'out/{name}.csv' for name in MONITORING}
        scenario.configure(**{'sensing_interval': 0.37, **monitors, **keys})
        result = scenario.run()
        written.append((result.text('job_statistics'), result.text('node_utilization')))
    assert written[0] == written[1] == written[2]
    assert len(written[0][0].splitlines()) == 10


@pytest.mark.parametrize('key', MONITORING)
def test_monitoring_files_may_be_named_without_sensing(scenario: Scenario, key: str) -> None:
    only(scenario.workload(rigid()), sensing=False, **{key: 'monitor.csv'})
    assert scenario.run().stderr == ''
    assert not (scenario.folder / 'monitor.csv').exists()


# --- Forms -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('interval', [2, 2.0, 2.5])
def test_numbers_may_be_integer_or_fractional(scenario: Scenario, interval: float) -> None:
    assert invoked(scenario, scheduling_interval=interval)[0] == (PERIODIC, interval)


def test_all_keys_of_an_elastisim_configuration_are_accepted_without_a_warning(scenario: Scenario) -> None:
    scenario.configure(
        zmq_url=scenario.url, schedule_on_scheduling_point=False, schedule_on_reconfiguration=False,
        scheduling_interval=0, min_scheduling_interval=0, allow_oversubscription=False, clip_evolving_requests=True,
        forward_io_information=False, job_kill_grace_period=0, show_progress_bar=True, sensing=True,
        sensing_interval=10, pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'],
        **{name: f'out/{name}.csv' for name in MONITORING})
    assert set(KEYS) - set(scenario.configuration) == {'scheduler', 'scheduler_timeout'}
    assert scenario.workload(rigid()).run().stderr == ''


@pytest.mark.parametrize('wrong, right', [
    ('job_file', 'jobs_file'), ('schedule_on_job_sumbit', 'schedule_on_job_submit'),
    ('scheduling_intervall', 'scheduling_interval'), ('Sensing', 'sensing'), ('log_tasks_times', 'log_task_times'),
    ('allow_over_subscription', 'allow_oversubscription'),
])
def test_an_unknown_key_is_a_warning_with_the_nearest_known_one(scenario: Scenario, wrong: str, right: str) -> None:
    result = scenario.workload(rigid()).configure(**{wrong: 1}).run()
    assert result.warnings == [f"config.json: unknown key '{wrong}', did you mean '{right}'?"]
    assert result.ends() == [1]


def test_strict_makes_an_unknown_key_an_error(scenario: Scenario) -> None:
    result = scenario.workload(rigid()).configure(job_file='x').run('--strict', status=2)
    assert result.stderr == "elastisim: error: config.json: unknown key 'job_file', did you mean 'jobs_file'?\n"


def test_several_unknown_keys_are_one_short_warning(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(outputs_trace='x', num_threads=4, sensin=True, rng_seed=7)
    warning, = scenario.run().warnings
    assert warning == ("config.json: unknown keys 'outputs_trace', 'num_threads', 'sensin' (did you mean 'sensing'?), "
                       "'rng_seed'; elastisim --help-configuration lists the known ones")


def test_node_ids_and_pfs_links_may_come_from_any_zone(scenario: Scenario) -> None:
    scenario.platform(pairwise({'a': host('a'), 'fs': host('fs', pfs_host='true')}))
    scenario.configure(pfs_read_links=['fs-a'], pfs_write_links=['a-fs'])
    read = model(phase(task('pfs_read', bytes=2e9, pattern='uniform')))
    assert scenario.workload(rigid(1, read)).run().ends() == near([2])
