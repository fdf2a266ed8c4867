"""Inputs that would run for ever, become infinite or crash SimGrid end with a sentence; idle time costs nothing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from harness import (SIMULATOR, Scenario, cpu, crossbar, document, flexible, host, link, model, phase, rigid, task,
                     wait_for, waiting)

POLICIES = Path(SIMULATOR).resolve().parent / 'tests' / 'plugins' / 'policies.so'
BOTH_MODELS = pytest.mark.parametrize('option', ['--model=flow', '--model=simgrid'])


def gpu(**keys: Any) -> dict[str, Any]:
    return task('gpu', computation_pattern='uniform', **keys)


@BOTH_MODELS
@pytest.mark.parametrize('oversubscribed', [False, True])
def test_a_gpu_task_on_no_gpus_is_refused(scenario: Scenario, option: str, oversubscribed: bool) -> None:
    scenario.platform(crossbar(num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    scenario.workload(flexible('moldable', 2, 2, model(phase(gpu(
        flops=1e9, bytes=1e6, communication_pattern='ring'))), num_gpus_per_node_min=0, num_gpus_per_node_max=2))
    scenario.configure(allow_oversubscription=oversubscribed)
    result, _ = scenario.ask(lambda peer: [{'id': 0, 'assigned_node_ids': [0, 1], 'assigned_num_gpus_per_node': 0}],
                             option, status=2)
    assert result.error == (
        'job 0 at 0 s: app0.json: phases[0].tasks[0].flops: the task is for GPUs, but the job was given 0 per node, on '
        "which the load is infinite; the scheduler has to assign some, which a 'num_gpus_per_node_min' of 1 or more "
        'enforces')


@pytest.mark.parametrize(('load', 'error'), [
    (1e201,
     'jobs.json: jobs[0].application_model: app0.json: phases[0].tasks[0].flops: must be at most 1e+200, is 1e+201'),
    ([1e201],
     'jobs.json: jobs[0].application_model: app0.json: phases[0].tasks[0].flops[0]: must be at most 1e+200, is 1e+201'),
    ('1e200 * (1 + num_nodes)', 'job 0: app0.json: phases[0].tasks[0].flops: "1e200 * (1 + num_nodes)" is 2e+200; a '
     'load must be at most 1e200'),
])
def test_loads_have_a_limit(scenario: Scenario, load: Any, error: str) -> None:
    pattern = 'vector' if isinstance(load, list) else 'uniform'
    scenario.workload(rigid(1, model(phase(task('cpu', flops=load, computation_pattern=pattern)))))
    assert scenario.run(status=2).error == error


@pytest.mark.parametrize(('element', 'what'), [
    (host('a', '1e101f'), "host 'a': its speed"),
    (host('a') + link('l', '1e101Bps'), "link 'l': its bandwidth"),
])
def test_figures_of_the_platform_have_a_limit(scenario: Scenario, element: str, what: str) -> None:
    result = scenario.platform(document('<zone id="z" routing="Full">', element, '</zone>')).run(status=2)
    assert result.error == f'platform.xml: SimGrid refuses the platform: {what} is more than 1e100'


def test_a_submission_after_endless_periods_is_told_at_the_start(scenario: Scenario) -> None:
    scenario.workload(rigid(), rigid(submit=1e300)).configure(scheduling_interval=13)
    assert scenario.run(status=2).error == (
        'config.json: scheduling_interval: job 1 is submitted at 1e+300 s, up to where an interval of 13 s means '
        "7.69e+298 invocations of the scheduler, which never end; raise the interval, or look at that 'submit_time'")


ONCE = task('idle', delay=0)
OFTEN = task('idle', delay=0, iterations=10**8)


@pytest.mark.parametrize(('application', 'steps'), [
    (model(phase(ONCE, iterations=10**15)), '2e+15'),
    (model(phase(task('idle', delay=0, iterations=10**15))), '1e+15'),
    (model(phase(task('sequence', tasks=[OFTEN], iterations=10**8))), '1e+16'),
    (model(phase(task('idle', delay=1)), on_init=phase(OFTEN, iterations=10**5)), '1e+13'),
])
def test_iterations_that_never_end_are_told_at_the_start(scenario: Scenario, application: Any, steps: str) -> None:
    assert scenario.workload(rigid(1, application, walltime=5)).run(status=2).error == (
        f'jobs.json: jobs[0]: app0.json: a phase has {steps} iterations of itself and its tasks that take no time, '
        "which never end; lower its 'iterations' or theirs")


def test_iterations_that_take_time_end_with_their_walltime(scenario: Scenario) -> None:
    scenario.workload(rigid(1, model(phase(task('idle', delay=1), OFTEN, iterations=10**15)), walltime=0.5))
    assert scenario.run().ends() == [0.5]


def test_idle_periods_of_a_policy_cost_nothing(scenario: Scenario) -> None:
    """A billion of them would take minutes."""
    scenario.workload(rigid(4, waiting(10)), rigid(4, waiting(10), submit=1e9 + 0.25)).configure(
        scheduling_interval=1, schedule_on_job_submit=False, schedule_on_job_finalize=False)
    result = scenario.run()
    assert result.starts() == [1, 1e9 + 1] and result.ends() == [11, 1e9 + 11]


@pytest.mark.parametrize('interval', [1, 0.7, 3])
def test_idle_periods_that_are_left_out_change_no_result(scenario: Scenario, interval: float) -> None:
    """min_scheduling_interval counts from the last invocation; with a journal none is left out."""
    scenario.workload(*[rigid(3, waiting(2), submit=at) for at in (0.1, 50.05, 50.1, 120, 240, 333.3)]).configure(
        scheduling_interval=interval, min_scheduling_interval=2 * interval / 3)
    short = scenario.run()
    files = {name: short.text(name) for name in ('job_statistics', 'node_utilization', 'task_times')}
    whole = scenario.configure(events='out/events.jsonl').run()
    assert files == {name: whole.text(name) for name in files}


FAR = crossbar().replace('lat="0s"', 'lat="1e20s"')


@BOTH_MODELS
def test_samples_without_end_are_told_before_they_are_taken(scenario: Scenario, option: str) -> None:
    exchange = model(phase(task('cpu', bytes=1e6, communication_pattern='ring')))
    scenario.platform(FAR).workload(rigid(2, exchange)).configure(
        sensing=True, sensing_interval=0.5, cpu_utilization='out/cpu_utilization.csv')
    error = scenario.run(option, status=2).error
    assert error.startswith('config.json: sensing_interval: the clock moves from 0.5 s to 2')
    assert error.endswith(' samples 0.5 s apart; raise the interval, or look for what takes so long')


@pytest.mark.parametrize('sent', [signal.SIGINT, signal.SIGTERM])
def test_signals_are_heeded_among_samples(scenario: Scenario, sent: signal.Signals) -> None:
    scenario.workload(rigid(1, waiting(9e8))).configure(
        sensing=True, sensing_interval=1, cpu_utilization='/dev/null')
    process = scenario.start('--scheduler', 'builtin:fcfs')
    wait_for((scenario.folder / 'out' / 'node_utilization.csv').exists)
    time.sleep(0.1)
    process.send_signal(sent)
    result = scenario.finish(process)
    assert (result.status, result.error) == (1, f'interrupted by {sent.name}; the results so far are written')


@pytest.mark.parametrize('sent', [signal.SIGINT, signal.SIGHUP])
def test_signals_are_heeded_while_jobs_are_read(scenario: Scenario, sent: signal.Signals) -> None:
    """Through a pipe, so that the signal comes before the first job."""
    jobs = scenario.workload(rigid(), rigid()).folder / 'jobs.json'
    text = jobs.read_text()
    jobs.unlink()
    os.mkfifo(jobs)
    process = scenario.start('--scheduler', 'builtin:fcfs')
    with jobs.open('w') as pipe:
        process.send_signal(sent)
        pipe.write(text)
    result = scenario.finish(process)
    assert (result.status, result.error) == (1, f'interrupted by {sent.name} while the inputs were read')
    assert not (scenario.folder / 'out').exists()


def test_a_platform_that_crashes_simgrid_is_named(scenario: Scenario) -> None:
    platform = crossbar().replace('<zoneRoute src="storage" dst="crossbar"', '<zoneRoute src="world" dst="crossbar"')
    line = platform[:platform.index('</zoneRoute>')].count('\n') + 1
    result = scenario.platform(platform).workload(rigid()).run(status=2)
    assert result.error == (
        f'platform.xml:{line}: SimGrid crashes on this platform while it reads what ends here; look for a zone, a '
        'gateway, a host or a link that is not where the file says')


def dijkstra(*routes: str) -> str:
    """Nodes a, b and c in a zone in which SimGrid looks for the shortest way at each question."""
    return document('<zone id="graph" routing="Dijkstra">', host('a'), host('b'), host('c'), link('wire'), *routes,
                    '</zone>')


def route(source: str, destination: str, symmetrical: str = 'YES') -> str:
    return f'<route src="{source}" dst="{destination}" symmetrical="{symmetrical}"><link_ctn id="wire"/></route>'


def ring_on(scenario: Scenario, platform: str) -> Scenario:
    ring = model(phase(cpu(1e9, bytes=1e9, communication_pattern='ring_clockwise')))
    return scenario.platform(platform).workload(rigid(3, ring))


@BOTH_MODELS
@pytest.mark.parametrize('scheduler', ['builtin:fcfs', f'plugin:{POLICIES},fcfs'])
def test_a_route_that_crashes_simgrid_is_named(scenario: Scenario, option: str, scheduler: str) -> None:
    """A host that no route mentions is not in the graph. Plugins have handlers of their own for crashes."""
    result = ring_on(scenario, dijkstra(route('a', 'b'))).run(option, scheduler=scheduler, status=2)
    assert result.text('job_statistics')
    assert result.error == (
        "job 0 at 0 s: platform.xml: SimGrid crashes while it looks for the route from host 'b' to host 'c'; look for "
        'a route, a zone or a gateway between them that is not where the file says')


@BOTH_MODELS
def test_a_route_that_simgrid_never_finds_is_named(scenario: Scenario, option: str) -> None:
    """Nothing leads to c, but something from it."""
    platform = dijkstra(route('a', 'b'), route('c', 'a', 'NO'))
    result = ring_on(scenario, platform).run(option, status=2)
    assert result.error == (
        "job 0 at 0 s: platform.xml: SimGrid gets lost while it looks for the route from host 'b' to host 'c'; look "
        'for a route between them that leads one way only')
