"""What holds for any workload and any scheduler that keeps the rules: random ones look for what does not."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from harness import (
    ALLOCATED,
    FREE,
    IN_CHANGE,
    PENDING,
    PENDING_CHANGE,
    POINT,
    REQUEST,
    RESERVED,
    RUNNING,
    Json,
    Peer,
    Result,
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
    task,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed import GPUS, mixed_jobs

NODES = 6

# --- Random workloads ------------------------------------------------------------------------------------------

times = st.floats(0, 20, allow_nan=False).map(lambda value: round(value, 3))
tasks = st.recursive(
    st.one_of(
        times.map(busy), times.map(idle), times.map(lambda s: cpu(s * 1e9, 'all_ranks')),
        st.builds(lambda seconds, pattern: task('cpu', bytes=seconds * 1e8, communication_pattern=pattern), times,
                  st.sampled_from(['all_to_all', 'gather', 'scatter', 'ring', 'master_worker'])),
        st.builds(lambda kind, seconds, later: task(kind, bytes=seconds * 1e8, pattern='all_ranks', **{'async': later}),
                  st.sampled_from(['pfs_read', 'pfs_write']), times, st.booleans())),
    lambda inner: st.builds(lambda children, n: task('sequence', tasks=children, iterations=n),
                            st.lists(inner, min_size=1, max_size=3), st.integers(0, 2)), max_leaves=4)
phases = st.builds(
    lambda parts, n, barrier, point, request: {
        **phase(*parts, iterations=n, barrier=barrier, scheduling_point=point),
        **({} if request is None else {'evolving_request': request})},
    st.lists(tasks, min_size=1, max_size=3), st.integers(0, 3), st.booleans(), st.booleans(),
    st.sampled_from([None, 'num_nodes + 1', 'num_nodes_min', 'num_nodes_max', 3]))
applications = st.builds(
    lambda main, extra: model(*main, **extra), st.lists(phases, min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(['on_init', 'on_reconfiguration', 'on_expansion']),
                    st.lists(tasks, min_size=1, max_size=2).map(lambda parts: phase(*parts)), max_size=3))


@st.composite
def jobs(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(['rigid', 'moldable', 'malleable', 'evolving', 'adaptive']))
    least = draw(st.integers(1, NODES))
    keys: Json = {'submit': draw(times), 'application': draw(applications),
                  'walltime': draw(st.sampled_from([0, 0, 0, 1, 7.5, 40]))}
    if kind == 'rigid':
        return rigid(least, **keys)
    return flexible(kind, least, draw(st.integers(least, NODES + 2)), **keys)


def occupations(result: Result) -> dict[str, list[tuple[float, float, str]]]:
    """Per node: from when until when which jobs ran there, from node_utilization."""
    spans: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    last: dict[str, tuple[float, str]] = {}
    for row in result.nodes:
        since, running = last.get(row['Node'], (0, 'none'))
        if running != 'none' and float(row['Time']) > since:
            spans[row['Node']].append((since, float(row['Time']), running))
        last[row['Node']] = (float(row['Time']), row['Running jobs'])
    assert all(running == 'none' for _, running in last.values()), 'a node is busy after the end'
    return spans


def check_results(result: Result, bounds: dict[str, tuple[int, int]], oversubscribed: bool = False) -> None:
    """What the three files must agree in."""
    seconds: dict[str, float] = defaultdict(float)
    for spans in occupations(result).values():
        for since, until, running in spans:
            assert oversubscribed or ';' not in running
            for name in running.split(';'):
                seconds[name] += until - since
    for job in result.jobs:
        submit, start, end = (float(job[f'{what} Time']) for what in ('Submit', 'Start', 'End'))
        assert job['Status'] in ('completed', 'killed') and end >= max(submit, start)
        assert float(job['Turnaround Time']) == near(end - submit)
        if start < 0:
            assert job['Status'] == 'killed' and job['ID'] not in seconds
            continue
        assert submit <= start
        assert float(job['Wait Time']) == near(start - submit) and float(job['Makespan']) == near(end - start)
        least, most = bounds[job['ID']]
        assert least <= int(job['Nodes Min']) <= int(job['Nodes At Start']) <= int(job['Nodes Max']) <= most
        assert float(job['Node Seconds']) == pytest.approx(seconds[job['ID']], rel=1e-9, abs=1e-5)
    times_of_rows = [float(row['Time']) for row in result.nodes]
    assert times_of_rows == sorted(times_of_rows)
    for row in result.tasks:
        job = result.jobs[int(row['Job'])]
        began = float(row['Time']) - float(row['Duration'])
        assert float(job['Start Time']) - 1e-6 <= began and float(row['Time']) <= float(job['End Time']) + 1e-6


def bounds_of(workload: list[Json]) -> dict[str, tuple[int, int]]:
    """Least and greatest numbers of nodes by job ID."""
    def submission(job: Json) -> float:
        return float(job['submit_time'])

    ordered = sorted(workload, key=submission)
    return {str(i): (job.get('num_nodes', job.get('num_nodes_min')), job.get('num_nodes', job.get('num_nodes_max')))
            for i, job in enumerate(ordered)}


@settings(max_examples=30)
@given(st.lists(jobs(), min_size=1, max_size=6), st.booleans(), st.booleans())
def test_any_workload_ends_under_fcfs_and_its_results_agree(
        workload: list[Json], points: bool, coarse: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario(Path(folder)).platform(crossbar(NODES)).workload(*workload)
        scenario.configure(schedule_on_scheduling_point=points, min_scheduling_interval=3 if coarse else 0,
                           scheduling_interval=5 if coarse else 0)
        result = scenario.run()
        check_results(result, bounds_of(workload))
        starts = result.starts()
        assert starts == sorted(starts), 'first come, first served'


# --- Random schedulers -----------------------------------------------------------------------------------------


class Capricious:
    """Decides at random whatever the rules allow, and checks that what it is told makes sense."""

    def __init__(self, seed: int, oversubscribed: bool) -> None:
        self.choose = random.Random(seed)
        self.oversubscribed = oversubscribed

    def __call__(self, peer: Peer) -> list[Json]:
        self.check(peer)
        self.taken: set[int] = set()
        entries = []
        for job in self.choose.sample(sorted(peer.jobs), len(peer.jobs)):
            entry = self.decide(peer, peer.jobs[job])
            if entry:
                entries.append(entry)
        return entries

    def check(self, peer: Peer) -> None:
        running: dict[int, list[int]] = defaultdict(list)
        for node, entry in peer.nodes.items():
            assert entry['state'] == (ALLOCATED if entry['assigned_jobs'] else entry['state'])
            assert entry['assigned_jobs'] or entry['state'] in (FREE, RESERVED)
            assert self.oversubscribed or len(entry['assigned_jobs']) <= 1
            for job in entry['assigned_jobs']:
                running[job].append(node)
        for number, job in peer.jobs.items():
            alive = job['state'] in (RUNNING, PENDING_CHANGE, IN_CHANGE)
            assert bool(running[number]) == alive and job['completed_phases'] <= job['total_phase_count']
            assert (job['start_time'] >= 0 or not alive) and (job['end_time'] >= 0) == (job['state'] > IN_CHANGE)
            if job['state'] == RUNNING:
                assert sorted(job['assigned_nodes']) == sorted(running[number])
        if peer.kind in (POINT, REQUEST):
            assert peer.job['state'] in (RUNNING, PENDING_CHANGE)

    def available(self, peer: Peer, job: Json) -> list[int]:
        """Nodes that the job may have: its own, free ones and, with oversubscription, all."""
        own = set(job['assigned_nodes']) | {node for node, entry in peer.nodes.items()
                                            if job['id'] in entry['assigned_jobs']}
        nodes = [node for node, entry in sorted(peer.nodes.items())
                 if self.oversubscribed or (node not in self.taken and (node in own or entry['state'] == FREE))]
        self.choose.shuffle(nodes)
        return nodes

    def decide(self, peer: Peer, job: Json) -> Json | None:
        state = job['state']
        if state > IN_CHANGE or self.choose.random() < 0.4:
            return change(job['id'], kill=True) if self.choose.random() < 0.05 and state > IN_CHANGE else None
        if self.choose.random() < 0.03:
            return change(job['id'], kill=True)
        may_resize = job['type'] in (2, 4) or (peer.kind == REQUEST and job['id'] == peer.message['job_id']
                                               and job['type'] == 3)
        if state != PENDING and not may_resize:
            return None
        least, most = (job['num_nodes'],) * 2 if job['type'] == 0 else (job['num_nodes_min'], job['num_nodes_max'])
        nodes = self.available(peer, job)
        if len(nodes) < least:
            return None
        nodes = nodes[:self.choose.randint(least, min(most, len(nodes)))]
        self.taken.update(nodes)
        gpus = (job['num_gpus_per_node'] if job['type'] == 0 else
                self.choose.randint(job['num_gpus_per_node_min'], job['num_gpus_per_node_max']))
        return change(job['id'], nodes, gpus)


@pytest.mark.parametrize('oversubscribed', [False, True])
@pytest.mark.parametrize('points', [True, False])
@pytest.mark.parametrize('seed', range(5))
def test_any_scheduler_that_keeps_the_rules_brings_a_mixed_workload_to_its_end(
        scenario: Scenario, seed: int, points: bool, oversubscribed: bool) -> None:
    workload = mixed_jobs(seed, 25)
    scenario.platform(crossbar(9, **GPUS)).workload(*workload)
    scenario.configure(allow_oversubscription=oversubscribed, schedule_on_scheduling_point=points,
                       schedule_on_reconfiguration=seed % 2 == 0, scheduling_interval=4,
                       min_scheduling_interval=1.5 if seed % 3 == 0 else 0, forward_io_information=True,
                       pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    result, peer = scenario.ask(Capricious(seed, oversubscribed))
    assert peer.ended
    check_results(result, bounds_of(workload), oversubscribed)
    assert sum(int(job['Reconfigurations']) for job in result.jobs) > 5
