"""Schedulers: the ways to name one and which name counts, the Python package at the real simulator, scripts written
for ElastiSim, and that the built-in policy and its Python twin decide alike."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from typing import Any

import pytest
from elastisim_python import (
    GpuState,
    InvocationType,
    Job,
    JobState,
    JobType,
    Node,
    NodeState,
    NodeType,
)
from harness import (
    PATIENCE,
    PYTHON,
    ROOT,
    Peer,
    PythonScheduler,
    Scenario,
    busy,
    crossbar,
    flexible,
    host,
    model,
    pairwise,
    phase,
    rigid,
    start_pending,
    task,
    waiting,
)
from mixed import mixed_world

# A script that notes that it decided, and how its process was started.
NOTING = '''
import os, sys
from elastisim_python import JobState, run

def schedule(jobs, nodes, system):
    open('decided', 'w').write(' '.join(sys.argv[1:]))
    for job in jobs:
        if job.state is JobState.PENDING:
            job.assign(nodes[:1])

run(schedule)
'''

# As in ElastiSim's documentation, but for the URL.
OLD_STYLE = '''
from elastisim_python import JobState, JobType, NodeState, pass_algorithm

def schedule(jobs, nodes, system):
    free_nodes = [node for node in nodes if node.state == NodeState.FREE]

    for job in jobs:
        if (job.type == JobType.MOLDABLE or job.type == JobType.MALLEABLE) and job.state == JobState.PENDING:
            num_nodes_to_assign = min(len(free_nodes), job.num_nodes_max)
            if num_nodes_to_assign >= job.num_nodes_min:
                job.assign(free_nodes[:num_nodes_to_assign])
                del free_nodes[:num_nodes_to_assign]
        elif job.type == JobType.MALLEABLE and job.state == JobState.RUNNING:
            num_nodes_to_expand = min(len(free_nodes), job.num_nodes_max - len(job.assigned_nodes))
            if num_nodes_to_expand > 0:
                job.assign(free_nodes[:num_nodes_to_expand])
                del free_nodes[:num_nodes_to_expand]
        elif job.type == JobType.RIGID and job.state == JobState.PENDING:
            if job.num_nodes <= len(free_nodes):
                job.assign(free_nodes[:job.num_nodes])
                del free_nodes[:job.num_nodes]

if __name__ == '__main__':
    url = 'ipc://s.ipc'
    pass_algorithm(schedule, url)
'''


def decided(scenario: Scenario) -> bool:
    return (scenario.folder / 'decided').exists()


# --- Ways to name a scheduler ----------------------------------------------------------------------------------


def test_builtin_needs_no_second_process(scenario: Scenario) -> None:
    scenario.environment['PATH'] = '/nonexistent'
    assert scenario.workload(rigid(), rigid(4)).run(scheduler='builtin:fcfs').ends() == [1, 2]


def test_exec_starts_a_command_with_the_url_and_ends_it_afterwards(scenario: Scenario) -> None:
    spec = scenario.script('import os\nopen("url", "w").write(os.environ["ELASTISIM_URL"])\n'
                           'open("pid", "w").write(str(os.getpid()))\n' + NOTING)
    assert scenario.workload(rigid()).run(scheduler=spec).ends() == [1]
    url = (scenario.folder / 'url').read_text()
    assert url.startswith('ipc://') and not os.path.exists(url.removeprefix('ipc://'))
    with pytest.raises(ProcessLookupError):
        os.kill(int((scenario.folder / 'pid').read_text()), 0)


def test_a_started_scheduler_that_does_not_connect_is_told_about(scenario: Scenario) -> None:
    """As a script does that waits at a URL of its own with another package."""
    spec = scenario.script('import time\ntime.sleep(60)\n')
    result = scenario.workload(rigid()).configure(scheduler_timeout=10.5).run(scheduler=spec, status=3)
    command = spec.removeprefix('exec:')
    waiting, wrong, error = result.stderr.splitlines()
    assert waiting == f"elastisim: waiting for the scheduler command '{command}' to connect"
    assert re.fullmatch(
        f"elastisim: the scheduler command '{re.escape(command)}' runs but has not connected for 10 s; it has to "
        r'connect to the URL in its environment variable ELASTISIM_URL \(ipc://\S+\)\. The elastisim_python of this '
        r'simulator does, whatever URL the script names; another one may be in its way \(PYTHONPATH\)', wrong)
    assert 'did not connect within 10.5 s' in error


def test_zmq_says_where_it_waits(scenario: Scenario) -> None:
    result = scenario.workload(rigid()).configure(scheduler_timeout=2.5).run(
        scheduler=f'zmq:{scenario.url}', status=3)
    assert result.stderr.splitlines()[0] == f'elastisim: waiting for a scheduler to connect at {scenario.url}'


def test_exec_takes_arguments_and_anything_that_a_shell_does(scenario: Scenario) -> None:
    spec = scenario.script(NOTING)
    scenario.workload(rigid()).run(scheduler=f'exec:cd . && {spec[5:]} "two words" $((1 + 2))')
    assert (scenario.folder / 'decided').read_text() == 'two words 3'


def test_what_a_scheduler_prints_is_seen(scenario: Scenario) -> None:
    spec = scenario.script('import sys\nprint("hello")\nprint("trouble", file=sys.stderr)\n' + NOTING)
    result = scenario.workload(rigid()).run(scheduler=spec)
    assert (result.stdout, result.stderr) == ('hello\n', 'trouble\n')


def test_exec_can_be_given_in_the_configuration(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(scheduler=scenario.script(NOTING)).run(scheduler=None)
    assert decided(scenario)


@pytest.mark.parametrize('transport', ['ipc', 'tcp'])
def test_zmq_waits_for_a_process_to_connect(scenario: Scenario, transport: str) -> None:
    if transport == 'tcp':
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            scenario.url = f'tcp://127.0.0.1:{probe.getsockname()[1]}'
    result, peer = scenario.workload(rigid(2, waiting(3))).ask(start_pending)
    assert peer.ended and result.ends() == [3]


def test_a_socket_file_is_gone_after_the_run(scenario: Scenario) -> None:
    scenario.workload(rigid()).ask(start_pending)
    assert not (scenario.folder / 's.ipc').exists()


@pytest.mark.parametrize('option, scheduler, url, expected', [
    ('builtin:fcfs', None, None, 'builtin'), ('builtin:fcfs', 'exec', None, 'builtin'),
    ('builtin:fcfs', None, 'url', 'builtin'), ('builtin:fcfs', 'exec', 'url', 'builtin'),
    ('exec', 'builtin:fcfs', 'url', 'exec'), ('url', 'builtin:fcfs', None, 'url'),
    (None, 'exec', None, 'exec'), (None, 'exec', 'url', 'exec'), (None, 'builtin:fcfs', 'url', 'builtin'),
    (None, None, 'url', 'url'),
])
def test_the_option_counts_more_than_scheduler_and_that_more_than_zmq_url(
        scenario: Scenario, option: str | None, scheduler: str | None, url: str | None, expected: str) -> None:
    spec = {'exec': scenario.script(NOTING), 'url': f'zmq:{scenario.url}'}
    scenario.workload(rigid()).configure(scheduler=spec.get(scheduler or '', scheduler),
                                         zmq_url=url and scenario.url)
    peer = Peer(scenario.url, start_pending)
    peer.start()
    result = scenario.run(scheduler=spec.get(option or '', option))
    peer.stop()
    assert result.ends() == [1]
    assert {'exec': decided(scenario), 'url': peer.ended, 'builtin': not decided(scenario) and not peer.ended}[expected]
    assert decided(scenario) + peer.ended == (expected != 'builtin')


# --- The Python package ----------------------------------------------------------------------------------------


def test_a_scheduling_function_sees_jobs_nodes_and_system_as_documented(scenario: Scenario) -> None:
    scenario.platform(crossbar(3, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps', node_local_bb='true',
                               bb_read_bw='1GBps', bb_write_bw='1GBps'))
    scenario.workload(rigid(2, waiting(4), 0.5, num_gpus_per_node=1, name='first', walltime=99.5,
                            arguments={'x': 1.5}, attributes={'priority': 3, 'urgent': True}),
                      flexible('adaptive', 1, 2, waiting(1), 1, num_nodes_preferred=2, runtime_estimate=2.5))
    scenario.configure(forward_io_information=True, pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    seen: list[Any] = []

    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        seen.append((system['time'], system['invocation_type']))
        assert [job.identifier for job in jobs] == list(range(len(jobs)))
        assert [node.identifier for node in nodes] == [0, 1, 2]
        assert all(node.type is NodeType.COMPUTE_NODE_WITH_BB and len(node.gpus) == 2 for node in nodes)
        assert system['job'] in jobs and system['pfs_read_bw'] == 2e9 and system['pfs_write_utilization'] == 0
        job = jobs[0]
        if len(seen) == 1:
            assert (job.type, job.state) == (JobType.RIGID, JobState.PENDING)
            assert (job.num_nodes, job.num_gpus_per_node) == (2, 1)
            assert (job.walltime, job.submit_time, job.start_time, job.name) == (99.5, 0.5, -1, 'first')
            assert (job.arguments, job.attributes) == ({'x': '1.5'}, {'priority': '3', 'urgent': 'true'})
            assert (job.total_phase_count, job.completed_phases, job.assigned_nodes) == (1, 0, [])
            job.assign(nodes[1:])
        elif len(seen) == 2:
            assert (job.state, job.start_time, job.wait_time) == (JobState.RUNNING, 0.5, 0)
            assert [node.state for node in nodes] == [NodeState.FREE, NodeState.ALLOCATED, NodeState.ALLOCATED]
            assert nodes[2].assigned_jobs == [job] and nodes[0].assigned_jobs == []
            assert [gpu.state for gpu in nodes[1].gpus] == [GpuState.ALLOCATED, GpuState.FREE]
            other = jobs[1]
            assert (other.num_nodes_min, other.num_nodes_max, other.num_nodes_preferred, other.runtime_estimate) == (
                1, 2, 2, 2.5)
            other.assign(nodes[0])
        else:
            assert jobs[1].state is JobState.COMPLETED and jobs[1].makespan == 1

    peer = PythonScheduler(scenario.url, schedule)
    result = scenario.run_with(peer)
    assert result.ends() == [4.5, 2]
    assert seen == [(0.5, InvocationType.INVOKE_JOB_SUBMIT), (1, InvocationType.INVOKE_JOB_SUBMIT),
                    (2, InvocationType.INVOKE_JOB_COMPLETED), (4.5, InvocationType.INVOKE_JOB_COMPLETED)]


def test_all_operations_of_a_job_reach_the_simulator(scenario: Scenario) -> None:
    scenario.platform(crossbar(4, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    step = model(phase(task('gpu', flops='4e9 * pace', computation_pattern='all_ranks'), iterations=3))
    scenario.workload(flexible('malleable', 1, 4, step, num_gpus_per_node_min=1, num_gpus_per_node_max=2),
                      rigid(1, waiting(99)))
    scenario.configure(schedule_on_scheduling_point=True)

    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        job = jobs[0]
        if system['invocation_type'] is InvocationType.INVOKE_JOB_SUBMIT and job.state is JobState.PENDING:
            job.update_runtime_argument('pace', 2)
            job.assign(nodes[:2])
            job.remove(nodes[0])
        elif system['invocation_type'] is InvocationType.INVOKE_JOB_SUBMIT:
            jobs[1].kill()
        elif system['invocation_type'] is InvocationType.INVOKE_SCHEDULING_POINT and system['time'] == 8:
            job.assign([nodes[2], nodes[3], nodes[0]])
            job.assign_num_gpus_per_node(2)
        elif system['invocation_type'] is InvocationType.INVOKE_SCHEDULING_POINT:
            job.update_runtime_argument('pace', '1 / 2')
            job.remove(nodes[2:])

    result = scenario.run_with(PythonScheduler(scenario.url, schedule))
    # 8e9 flops on one GPU, then on four nodes with two each, then half of the work on two nodes.
    assert result.ends()[0] == pytest.approx(8 + 1 + 2e9 / 4e9)
    assert result.column('Status') == ['completed', 'killed']


def test_a_script_written_for_elastisim_runs_unchanged(scenario: Scenario) -> None:
    """Started before the simulator, which binds zmq_url."""
    scenario.write('scheduler.py', OLD_STYLE)
    scenario.workload(rigid(3, waiting(3.8)), flexible('malleable', 1, 4, waiting(2.9, 3), 0.5),
                      flexible('moldable', 1, 2, waiting(2), 5.5))
    scenario.configure(zmq_url='ipc://s.ipc', scheduling_interval=1, schedule_on_job_submit=False,
                       schedule_on_job_finalize=False)
    script = subprocess.Popen([PYTHON, 'scheduler.py'], cwd=scenario.folder, env=scenario.environment)
    result = scenario.run(scheduler=None)
    assert script.wait(PATIENCE) == 0
    assert result.starts() == [1, 1, 10] and result.column('Nodes Max') == ['3', '4', '2']


def test_a_script_written_for_elastisim_may_be_started_after_the_simulator(scenario: Scenario) -> None:
    scenario.write('scheduler.py', OLD_STYLE)
    scenario.workload(rigid()).configure(zmq_url='ipc://s.ipc')
    process = scenario.start()
    script = subprocess.Popen([PYTHON, 'scheduler.py'], cwd=scenario.folder, env=scenario.environment)
    assert scenario.finish(process).status == 0
    assert script.wait(PATIENCE) == 0


def test_an_exception_in_an_external_script_ends_both_with_the_story(scenario: Scenario) -> None:
    scenario.write('scheduler.py', OLD_STYLE.replace('    for job in jobs:', '    raise LookupError("no such queue")'
                                                     '\n    for job in jobs:', 1))
    scenario.workload(rigid()).configure(zmq_url='ipc://s.ipc')
    script = subprocess.Popen([PYTHON, 'scheduler.py'], cwd=scenario.folder, env=scenario.environment,
                              stderr=subprocess.PIPE, text=True)
    result = scenario.run(scheduler=None, status=3)
    _, printed = script.communicate(timeout=PATIENCE)
    assert result.error.startswith('at 0 s (job submit of job 0): the scheduler raised LookupError: no such queue\n'
                                   'Traceback (most recent call last):\n')
    assert result.error.endswith('\nLookupError: no such queue')
    assert script.returncode == 1 and printed.endswith('LookupError: no such queue\n')


def test_a_misuse_of_the_package_is_told_by_the_simulator(scenario: Scenario) -> None:
    def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        jobs[0].assign(0)  # type: ignore[arg-type]

    peer = PythonScheduler(scenario.url, schedule)
    with pytest.raises(TypeError):
        scenario.workload(rigid()).run_with(peer, status=3)
    assert 'expected a Node or a list of Nodes, not 0' in str(peer.failure)


# --- Policies --------------------------------------------------------------------------------------------------


def example(name: str) -> str:
    """The SPEC of an example scheduler of the tree."""
    return f"exec:'{sys.executable}' '{ROOT / 'schedulers' / name}'"


@pytest.mark.parametrize('seed', [7, 8])
@pytest.mark.parametrize('points', [True, False])
def test_the_python_fcfs_and_the_built_in_one_decide_alike(scenario: Scenario, seed: int, points: bool) -> None:
    mixed_world(scenario, seed).configure(schedule_on_scheduling_point=points)
    builtin = scenario.run(scheduler='builtin:fcfs')
    python = scenario.run(scheduler=example('fcfs.py'))
    assert [job['Status'] for job in builtin.jobs].count('completed') > 30
    assert python.text('job_statistics') == builtin.text('job_statistics')
    assert any(int(job['Reconfigurations']) for job in builtin.jobs)


def test_the_malleable_example_finishes_a_mixed_workload(scenario: Scenario) -> None:
    result = mixed_world(scenario).run(scheduler=example('malleable.py'))
    assert set(result.column('Status')) <= {'completed', 'killed'}


def test_fcfs_starts_strictly_in_order_at_the_largest_size_that_fits(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(4)), flexible('moldable', 1, 3, waiting(2)), flexible('moldable', 1, 3),
                      rigid(1))
    result = scenario.run()
    assert result.starts() == [0, 0, 2, 3] and result.column('Nodes At Start') == ['2', '2', '2', '1']


def test_fcfs_accepts_evolving_requests_that_fit(scenario: Scenario) -> None:
    """It starts on three of four nodes. A fourth is not free at 1 s, but at 2 s; at 3 s it gives two back."""
    asking = model(phase(busy(1), iterations=4, evolving_request='phase_iteration < 3 ? 4 : 2'))
    scenario.workload(rigid(1, waiting(1.5)), flexible('evolving', 1, 4, asking))
    result = scenario.run()
    assert [(row['Time'], row['Node'], row['Running jobs']) for row in result.nodes if row['Time'] in ('1', '2', '3')
            and row['State'] != 'reserved'] == [('2', 'n0', '1'), ('3', 'n3', 'none'), ('3', 'n0', 'none')]
    assert result.column('Reconfigurations') == ['0', '2']


def test_fcfs_grows_malleable_jobs_into_idle_nodes_at_scheduling_points(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(1.5)), flexible('malleable', 1, 4, waiting(1, 3)))
    result = scenario.configure(schedule_on_scheduling_point=True).run()
    assert [(row['Time'], row['Node']) for row in result.nodes if row['Running jobs'] == '1'] == [
        ('0', 'n2'), ('0', 'n3'), ('2', 'n0'), ('2', 'n1')]


def test_fcfs_gives_gpu_jobs_nodes_that_have_enough(scenario: Scenario) -> None:
    gpus = {'flops_per_gpu': '1Gf', 'gpu_to_gpu_bw': '1GBps'}
    scenario.platform(pairwise({'a': host('a'), 'b': host('b', num_gpus=1, **gpus),
                                'c': host('c', num_gpus=2, **gpus)}))
    kernel = model(phase(task('gpu', flops=2e9, computation_pattern='uniform')))
    scenario.workload(rigid(1, kernel, num_gpus_per_node=2), rigid(1, kernel, num_gpus_per_node=1), rigid())
    result = scenario.run()
    assert result.ends() == [1, 2, 1]


def test_fcfs_gives_burst_buffer_jobs_nodes_that_have_one(scenario: Scenario) -> None:
    scenario.platform(pairwise({'a': host('a'), 'b': host('b', node_local_bb='true', bb_read_bw='1GBps',
                                                         bb_write_bw='1GBps')}))
    scenario.workload(rigid(1, model(phase(task('bb_write', bytes=2e9, pattern='uniform')))))
    assert scenario.run().ends() == pytest.approx([2])


def test_fcfs_gets_through_thousands_of_jobs_in_no_time(scenario: Scenario) -> None:
    scenario.workload(*[rigid(1 + i % 4, waiting(1), i / 4) for i in range(5000)])
    result = scenario.configure(log_task_times=False).run()
    assert set(result.column('Status')) == {'completed'} and len(result.jobs) == 5000


def test_fcfs_works_with_oversubscription_without_using_it(scenario: Scenario) -> None:
    scenario.workload(rigid(4), rigid(4)).configure(allow_oversubscription=True)
    assert scenario.run().ends() == [1, 2]
