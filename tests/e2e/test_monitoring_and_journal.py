"""What a run says about itself: monitoring files, the journal and messages."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from harness import (EVERYTHING, MONITORING, Json, Peer, Scenario, busy, change, cpu, crossbar, flexible, idle, model,
                     near,
                     phase, rigid, task, waiting)


def events_of(folder: Path) -> list[Json]:
    return [json.loads(line) for line in (folder / 'out' / 'events.jsonl').read_text().splitlines()]


def watched(scenario: Scenario, interval: float = 1) -> Scenario:
    return scenario.configure(**EVERYTHING).configure(sensing_interval=interval)


def table(folder: Path, name: str) -> list[dict[str, float]]:
    with open(folder / 'out' / f'{name}.csv', newline='') as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def column(folder: Path, name: str, key: str) -> list[float]:
    return [row[key] for row in table(folder, name)]


# --- Monitoring ----------------------------------------------------------------------------------------------


def test_cpus_are_busy_while_ranks_compute(scenario: Scenario) -> None:
    application = model(phase(busy(2.5), idle(2), cpu(2e9)))
    watched(scenario.workload(rigid(2, application))).run()
    assert column(scenario.folder, 'cpu_utilization', 'Time') == [0, 1, 2, 3, 4, 5, 6]
    assert column(scenario.folder, 'cpu_utilization', 'n0') == [0, 1, 1, 0, 0, 1, 1]
    assert column(scenario.folder, 'cpu_utilization', 'n2') == [0] * 7


def test_a_kill_leaves_nothing_busy(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(100), walltime=2.5), rigid(1, waiting(6)))
    watched(scenario).run()
    assert column(scenario.folder, 'cpu_utilization', 'n0') == [0, 1, 1, 0, 0, 0, 0]
    assert column(scenario.folder, 'cpu_utilization', 'n1') == [0, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize('shared', [False, True])
def test_gpus_are_busy_while_kernels_run(scenario: Scenario, shared: bool) -> None:
    """Two of four GPUs compute for 2.5 s, while the exchange between them takes 5 s."""
    application = model(phase(task('gpu', flops=5e9, computation_pattern='uniform', bytes=1e10,
                                   communication_pattern='all_to_all')))
    scenario.platform(crossbar(num_gpus=4, flops_per_gpu='1Gf', gpu_to_gpu_bw='2GBps'))
    scenario.workload(rigid(1, application, num_gpus_per_node=2))
    watched(scenario).configure(allow_oversubscription=shared).run()
    times = column(scenario.folder, 'gpu_utilization', 'Time')
    assert times == [0, 1, 2, 3, 4, 5]
    assert column(scenario.folder, 'gpu_utilization', 'n0') == [0, 0.5, 0.5, 0, 0, 0]


def test_shared_cpus_count_what_they_compute(scenario: Scenario) -> None:
    def decide(peer: Peer) -> Any:
        return [change(job['id'], [0]) for job in peer.message['jobs'] if job['state'] == 1]

    scenario.workload(rigid(1, waiting(2)), rigid(1, waiting(3)))
    watched(scenario).configure(allow_oversubscription=True).ask(decide)
    assert column(scenario.folder, 'cpu_utilization', 'n0') == near([0, 1, 1, 1, 1, 1])


def test_network_and_file_system(scenario: Scenario) -> None:
    """Four nodes, eight links of 1 GB/s; 3 s of a scatter to one other node, 2 s of reading at 1 GB/s each of 2."""
    application = model(phase(cpu(0, bytes=6e9, communication_pattern='scatter'),
                              task('pfs_read', bytes=2e9, pattern='uniform')))
    scenario.workload(rigid(2, application))
    watched(scenario).configure(pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write']).run()
    assert column(scenario.folder, 'network_activity', 'Utilization') == near([0, .25, .25, .25, .25, .25])
    assert column(scenario.folder, 'pfs_utilization', 'Read') == near([0, 0, 0, 0, 2e9, 2e9])
    assert column(scenario.folder, 'pfs_utilization', 'Read (rel.)') == near([0, 0, 0, 0, 1, 1])
    assert column(scenario.folder, 'pfs_utilization', 'Write') == [0] * 6


@pytest.mark.parametrize('model_of_sharing', ['simgrid', 'flow'])
def test_samples_between_the_end_of_a_part_of_a_load_and_the_next_event(scenario: Scenario,
                                                                       model_of_sharing: str) -> None:
    """Of a striped read the disks are done after 1 s, the network after 4 s; another job begins to compute at 3.5 s."""
    reading = model(phase(task('bb_read', bytes=8e9, pattern='root_only')))
    scenario.platform(crossbar(node_local_bb='true', wide_striping='true', bb_read_bw='4GBps', bb_write_bw='4GBps'))
    scenario.workload(rigid(2, reading), rigid(1, model(phase(idle(3.5), busy(2)))))
    watched(scenario).run(f'--model={model_of_sharing}')
    assert column(scenario.folder, 'cpu_utilization', 'n2') == [0, 0, 0, 0, 1, 1]


def test_files_that_are_not_named_are_not_written(scenario: Scenario) -> None:
    scenario.workload(rigid(1)).configure(sensing=True, sensing_interval=1,
                                          cpu_utilization='out/cpu_utilization.csv').run()
    assert {path.name for path in (scenario.folder / 'out').iterdir()} == {
        'job_statistics.csv', 'node_utilization.csv', 'task_times.csv', 'cpu_utilization.csv'}


@pytest.mark.parametrize('key', [*MONITORING, 'events'])
def test_a_file_that_cannot_be_made_is_named(scenario: Scenario, key: str) -> None:
    (scenario.folder / 'taken').mkdir()
    watched(scenario.workload(rigid(1))).configure(**{key: 'taken'})
    result = scenario.run(status=2)
    assert result.error == f"config.json: {key}: cannot write 'taken': Is a directory"


@pytest.mark.parametrize('key', ['cpu_utilization', 'events'])
def test_a_full_disk_ends_the_run(scenario: Scenario, key: str) -> None:
    watched(scenario.workload(rigid(1, waiting(20))), 1e-4 if key != 'events' else 100).configure(**{key: '/dev/full'})
    assert scenario.run(status=1).error == '/dev/full: cannot write all of it: No space left on device'


# --- The journal ---------------------------------------------------------------------------------------------


def kinds(events: list[Json], *wanted: str) -> list[tuple[float, str]]:
    return [(event['time'], event['kind']) for event in events if not wanted or event['kind'] in wanted]


def test_the_journal_tells_a_life(scenario: Scenario) -> None:
    scenario.workload(rigid(2, model(phase(busy(1), iterations=2), phase(busy(3))), submit=1, name='a "b"'))
    scenario.configure(events='out/events.jsonl').run()
    events = events_of(scenario.folder)
    assert events[0]['kind'] == 'begin' and events[0]['time'] == 0
    assert events[0]['nodes'] == ['n0', 'n1', 'n2', 'n3']
    assert events[0]['scheduler'] == 'builtin:fcfs'
    assert events[0]['configuration'] == scenario.configuration
    assert kinds(events[1:]) == [
        (1, 'submit'), (1, 'invocation'), (1, 'start'), (1, 'phase'), (1, 'iteration'), (2, 'iteration'), (3, 'phase'),
        (3, 'iteration'), (6, 'complete'), (6, 'invocation'), (6, 'end')]
    submit, invocation, start = events[1:4]
    assert submit == {'time': 1, 'kind': 'submit', 'job': 0, 'type': 'rigid', 'name': 'a "b"', 'num_nodes_min': 2,
                      'num_nodes_max': 2}
    assert invocation.pop('wall_seconds') >= 0
    assert invocation == {'time': 1, 'kind': 'invocation', 'invocation': 'job_submit', 'job': 0, 'decisions': 1}
    assert start == {'time': 1, 'kind': 'start', 'job': 0, 'nodes': [0, 1], 'gpus_per_node': 0}
    assert [(event['phase'], event.get('iteration'), event.get('iterations')) for event in events[4:9]] == [
        (0, None, 2), (0, 0, None), (0, 1, None), (1, None, 1), (1, 0, None)]
    assert events[-1] == {'time': 6, 'kind': 'end', 'completed': 1, 'killed': 0, 'unfinished': 0}


def test_a_change_that_waits(scenario: Scenario) -> None:
    """Decided at 2 s, applied at the scheduling point at 4 s, through after 5 s more."""
    application = model(phase(busy(4), iterations=2), on_reconfiguration=phase(idle(5)))
    scenario.workload(flexible('malleable', application=application), rigid(1, waiting(1), submit=2))

    def decide(peer: Peer) -> Any:
        time = peer.message['time']
        return [change(0, [2, 1])] if time == 0 else [change(0, [1, 3])] if time == 2 else []

    scenario.configure(events='out/events.jsonl', schedule_on_scheduling_point=False)
    scenario.ask(decide, status=4)
    events = [event for event in events_of(scenario.folder) if event.get('job') == 0]
    changes = [event for event in events if event['kind'] in (
        'reserve', 'shrink', 'grow', 'reconfiguration_begin', 'reconfiguration_end', 'scheduling_point')]
    assert changes == [
        {'time': 2, 'kind': 'reserve', 'job': 0, 'nodes': [3], 'assigned': [1, 3], 'gpus_per_node': 0},
        {'time': 4, 'kind': 'scheduling_point', 'job': 0, 'phase': 0, 'iteration': 1},
        {'time': 4, 'kind': 'shrink', 'job': 0, 'nodes': [2]},
        {'time': 4, 'kind': 'grow', 'job': 0, 'nodes': [3]},
        {'time': 4, 'kind': 'reconfiguration_begin', 'job': 0, 'nodes': [1, 3], 'gpus_per_node': 0},
        {'time': 9, 'kind': 'reconfiguration_end', 'job': 0}]


def test_requests_and_their_answers(scenario: Scenario) -> None:
    application = model(phase(busy(1), iterations=3, evolving_request='phase_iteration + 1'))
    scenario.workload(flexible('evolving', application=application))

    def decide(peer: Peer) -> Any:
        if peer.message['time'] == 0:
            return [change(0, [0])]
        return [change(0, [0, 1])] if peer.message.get('evolving_request') == 2 else []

    scenario.configure(events='out/events.jsonl').ask(decide)
    answers = [event for event in events_of(scenario.folder) if event['kind'].startswith('evolving')]
    assert answers == [
        {'time': 1, 'kind': 'evolving_request', 'job': 0, 'requested': 2},
        {'time': 1, 'kind': 'evolving_answer', 'job': 0, 'requested': 2, 'num_nodes': 2, 'accepted': True},
        {'time': 2, 'kind': 'evolving_request', 'job': 0, 'requested': 3},
        {'time': 2, 'kind': 'evolving_answer', 'job': 0, 'requested': 3, 'num_nodes': 2, 'accepted': False}]


def test_kills_have_a_reason(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(9), walltime=2), rigid(1, waiting(9)), rigid(1, waiting(1), submit=3))

    def decide(peer: Peer) -> Any:
        if peer.message['time'] == 3:
            return [change(1, kill=True), change(2, kill=True)]
        return [change(job['id'], [job['id']]) for job in peer.message['jobs'] if job['state'] == 1]

    scenario.configure(events='out/events.jsonl').ask(decide)
    assert [(event['time'], event['job'], event['reason']) for event in events_of(scenario.folder)
            if event['kind'] == 'kill'] == [(2, 0, 'walltime'), (3, 1, 'scheduler'), (3, 2, 'scheduler')]


def test_a_run_that_breaks_off_leaves_a_whole_journal(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(2)), rigid(1))
    scenario.configure(events='out/events.jsonl')
    scenario.ask(lambda peer: [change(0, [0])] if peer.message['time'] == 0 else [], status=4)
    assert events_of(scenario.folder)[-1] == {'time': 2, 'kind': 'end', 'completed': 1, 'killed': 0, 'unfinished': 1}


# --- Messages ------------------------------------------------------------------------------------------------


def test_messages_are_off_unless_asked_for(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(3), submit=1, name='x'))
    assert scenario.run().stderr == ''
    lines = scenario.run('--log=elastisim.thresh:info').stderr.splitlines()
    assert [line.split() for line in lines] == [
        '1.000 s job 0 (x) is submitted: rigid, 2 nodes'.split(),
        '1.000 s job 0 (x) starts on 2 nodes after a wait of 0.000 s'.split(),
        '4.000 s job 0 (x) is complete after 3.000 s'.split()]
