"""Results of runs that never were: what a simulator would write for a random first-come-first-served schedule.

Small, seeded and independent of the simulator, so that the tools can be tested on any size of run. The schedule is
made in the simplest way that gives plausible pictures; malleable, evolving and adaptive jobs change size midway.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

TYPES = ('rigid', 'moldable', 'malleable', 'evolving', 'adaptive')


@dataclass
class SyntheticJob:
    id: int
    type: str
    submit: float
    size: int
    runtime: float
    start: float = -1.0
    end: float = -1.0
    status: str = 'unfinished'
    nodes: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    node_seconds: float = 0.0
    since: float = 0.0
    reconfigurations: int = 0


# What is next of a running job: when, of which, what.
Due = tuple[float, int, str, SyntheticJob]


class Generator:
    """Writes job_statistics, node_utilization, the journal and the monitoring files of a run."""

    def __init__(self, jobs: int, nodes: int, seed: int = 1, largest: int | None = None, load: float = 0.9,
                 types: tuple[str, ...] = TYPES, median_runtime: float = 2700.0, reconfiguration: float = 20.0) -> None:
        self.random = random.Random(seed)
        self.num_nodes = nodes
        self.node_names = [f'node-{i:0{len(str(nodes - 1))}d}' for i in range(nodes)]
        self.reconfiguration = reconfiguration
        self.events: list[dict[str, object]] = []
        self.rows: list[tuple[float, int, str]] = []  # of node_utilization: time, node, job or none
        self.jobs = self._draw_jobs(jobs, largest or max(1, nodes // 2), load, types, median_runtime)
        self._schedule()

    def _draw_jobs(self, count: int, largest: int, load: float, types: tuple[str, ...],
                   median: float) -> list[SyntheticJob]:
        jobs, time = [], 0.0
        for i in range(count):
            size = min(largest, 2 ** int(self.random.triangular(0, largest.bit_length(), 2)))
            runtime = min(20 * median, self.random.lognormvariate(0, 0.9) * median)
            time += self.random.expovariate(load * self.num_nodes / (size * runtime))
            jobs.append(SyntheticJob(i, self.random.choice(types), round(time, 1), size, runtime))
        return jobs

    def _emit(self, time: float, kind: str, **facts: object) -> None:
        self.events.append({'time': time, 'kind': kind, **facts})

    def _schedule(self) -> None:
        free = list(range(self.num_nodes))
        pending: list[SyntheticJob] = []
        running: list[Due] = []
        arrivals = list(reversed(self.jobs))
        self._emit(0, 'begin', version='0',
                   configuration={'platform_file': 'synthetic.xml', 'schedule_on_job_submit': True,
                                 'pfs_read_links': ['r1', 'r2']},
                  scheduler='builtin:fcfs', nodes=self.node_names)
        self.rows += [(0.0, node, 'none') for node in range(self.num_nodes)]
        while arrivals or running:
            running.sort(key=lambda item: (item[0], item[1]), reverse=True)
            if arrivals and (not running or arrivals[-1].submit <= running[-1][0]):
                job = arrivals.pop()
                now = job.submit
                pending.append(job)
                self._emit(now, 'submit', job=job.id, type=job.type, name=f'{job.type}-{job.id}')
            else:
                now, _, what, job = running.pop()
                self._step(job, now, what, free, running)
            while pending and pending[0].size <= len(free):
                self._start(pending.pop(0), now, free, running)

    def _start(self, job: SyntheticJob, now: float, free: list[int], running: list[Due]) -> None:
        job.nodes, free[:job.size] = free[:job.size], []
        job.start = job.since = now
        job.sizes.append(job.size)
        self._emit(now, 'start', job=job.id, nodes=list(job.nodes), gpus_per_node=0)
        self.rows += [(now, node, str(job.id)) for node in job.nodes]
        changes = job.type in ('malleable', 'evolving', 'adaptive') and job.size > 1 and self.random.random() < 0.6
        if changes:
            running.append((now + 0.4 * job.runtime, job.id, 'resize', job))
        else:
            running.append((now + job.runtime, job.id, 'end', job))

    def _step(self, job: SyntheticJob, now: float, what: str, free: list[int], running: list[Due]) -> None:
        if what == 'resize':
            self._resize(job, now, free)
            running.append((now + self.reconfiguration, job.id, 'resume', job))
        elif what == 'resume':
            self._emit(now, 'reconfiguration_end', job=job.id)
            running.append((now + 0.6 * job.runtime, job.id, 'end', job))
        else:
            self._end(job, now, free)

    def _account(self, job: SyntheticJob, now: float) -> None:
        job.node_seconds += len(job.nodes) * (now - job.since)
        job.since = now

    def _resize(self, job: SyntheticJob, now: float, free: list[int]) -> None:
        self._account(job, now)
        grow = min(len(free), job.size) if self.random.random() < 0.5 else 0
        dropped = [] if grow else job.nodes[len(job.nodes) // 2:]
        added, free[:grow] = free[:grow], []
        job.nodes = [node for node in job.nodes if node not in dropped] + added
        free += dropped
        free.sort()
        if dropped:
            self._emit(now, 'shrink', job=job.id, nodes=dropped)
            self.rows += [(now, node, 'none') for node in dropped]
        if added:
            self._emit(now, 'grow', job=job.id, nodes=added)
            self.rows += [(now, node, str(job.id)) for node in added]
        self._emit(now, 'reconfiguration_begin', job=job.id, nodes=list(job.nodes), gpus_per_node=0)
        job.sizes.append(len(job.nodes))
        job.reconfigurations += 1

    def _end(self, job: SyntheticJob, now: float, free: list[int]) -> None:
        self._account(job, now)
        job.end = now
        job.status = 'killed' if self.random.random() < 0.03 else 'completed'
        if job.status == 'killed':
            self._emit(now, 'kill', job=job.id, reason='walltime')
        else:
            self._emit(now, 'complete', job=job.id)
        self.rows += [(now, node, 'none') for node in job.nodes]
        free += job.nodes
        free.sort()

    # --- Files ----------------------------------------------------------------------------------

    def write_job_statistics(self, path: Path, extended: bool = True) -> None:
        columns = 'ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround Time,Status'
        more = ',Name,Nodes At Start,Nodes Min,Nodes Max,Node Seconds,Reconfigurations,Completed Phases'
        with open(path, 'w', encoding='utf-8') as file:
            file.write(columns + (more if extended else '') + '\n')
            for job in self.jobs:
                file.write(f'{job.id},{job.type},{job.submit!r},{job.start!r},{job.end!r},{job.start - job.submit!r},'
                           f'{job.end - job.start!r},{job.end - job.submit!r},{job.status}')
                if extended:
                    file.write(f',{job.type}-{job.id},{job.sizes[0]},{min(job.sizes)},{max(job.sizes)},'
                               f'{job.node_seconds!r},{job.reconfigurations},1')
                file.write('\n')

    def write_node_utilization(self, path: Path) -> None:
        with open(path, 'w', encoding='utf-8') as file:
            file.write('Time,Node,State,Running jobs,Expected jobs\n')
            for time, node, job in self.rows:
                state = 'free' if job == 'none' else 'allocated'
                file.write(f'{time!r},{self.node_names[node]},{state},{job},none\n')

    def write_events(self, path: Path) -> None:
        with open(path, 'w', encoding='utf-8') as file:
            for event in self.events:
                file.write(json.dumps(event, separators=(',', ':')) + '\n')

    def write_monitoring(self, folder: Path, interval: float) -> None:
        busy = [0.0] * self.num_nodes
        end = max(job.end for job in self.jobs)
        rows = iter([*self.rows, (float('inf'), 0, 'none')])
        following = next(rows)
        with open(folder / 'cpu_utilization.csv', 'w') as cpu, open(folder / 'network_activity.csv', 'w') as network, \
                open(folder / 'pfs_utilization.csv', 'w') as pfs:
            cpu.write(','.join(['Time', *self.node_names]) + '\n')
            network.write('Time,Utilization\n')
            pfs.write('Time,Read,Write,Read (rel.),Write (rel.)\n')
            for i in range(int(end / interval) + 1):
                time = i * interval
                while following[0] < time:
                    busy[following[1]] = 0.0 if following[2] == 'none' else 1.0
                    following = next(rows)
                share = sum(busy) / self.num_nodes
                cpu.write(f'{time:g},' + ','.join(f'{value:g}' for value in busy) + '\n')
                network.write(f'{time:g},{0.3 * share * self.random.random():.15g}\n')
                read = 80e9 * share * (self.random.random() < 0.2)
                pfs.write(f'{time:g},{read:g},{read / 2:g},{read / 80e9:g},{read / 1e11:g}\n')

    def write(self, folder: Path, monitoring: float | None = None) -> Path:
        """All files, monitoring at an interval when one is given."""
        folder.mkdir(parents=True, exist_ok=True)
        self.write_job_statistics(folder / 'job_statistics.csv')
        self.write_node_utilization(folder / 'node_utilization.csv')
        self.write_events(folder / 'events.jsonl')
        if monitoring:
            self.write_monitoring(folder, monitoring)
        return folder


def large_run(folder: Path) -> Path:
    """A quarter of a year of a large machine, for which a report has more than 50,000 rectangles to draw."""
    generator = Generator(12000, 13249, seed=3, largest=756, load=0.85, median_runtime=25000)
    generator.write_job_statistics(folder / 'job_statistics.csv')
    generator.write_events(folder / 'events.jsonl')
    return folder
