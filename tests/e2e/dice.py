"""A scheduler that decides by dice: the same as tests/plugins/dice.c, draw by draw. SEED is in the environment.

The Python package says nothing of the nodes that an answer frees for others; this keeps account of them by the rules
of the C API.
"""

from __future__ import annotations

import os
from typing import Any

from elastisim_python import InvocationType, Job, JobState, JobType, Node, NodeAvailability, NodeState, pass_algorithm

WORD = (1 << 64) - 1
ENDED = (JobState.COMPLETED, JobState.KILLED)


class Dice:
    def __init__(self, seed: int) -> None:
        self.random = seed
        self.kills_left = 3
        self.free: set[int] = set()
        self.nodes: list[Node] = []
        self.system: dict[str, Any] = {}

    def draw(self, limit: int) -> int:
        self.random = (self.random + 0x9e3779b97f4a7c15) & WORD
        z = self.random
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & WORD
        z = (z ^ z >> 27) * 0x94d049bb133111eb & WORD
        return (z ^ z >> 31) % limit

    def at_point(self, job: Job) -> bool:
        return job is self.system.get('job') and self.system['invocation_type'] in (
            InvocationType.INVOKE_SCHEDULING_POINT, InvocationType.INVOKE_EVOLVING_REQUEST)

    def bounds(self, job: Job) -> tuple[int, int]:
        if job.type == JobType.RIGID:
            return job.num_nodes, job.num_nodes
        return job.num_nodes_min, job.num_nodes_max

    def resize(self, job: Job, count: int) -> None:
        had = sorted(node.identifier for node in job.assigned_nodes)
        # Free for others are those on which no job runs, and at its own point all of the job's.
        given_up = [node for node in had if self.nodes[node].availability == NodeAvailability.UP
                    and (self.nodes[node].state != NodeState.ALLOCATED or self.at_point(job))]
        kept = had[:count]
        self.free.update(given_up)
        self.free.difference_update(kept)
        new = [node for node in sorted(self.free) if node not in had][:count - len(kept)]
        self.free.difference_update(new)
        job.remove(list(job.assigned_nodes))
        job.assign([self.nodes[node] for node in sorted(kept + new)])

    def change(self, job: Job) -> None:
        least, most = self.bounds(job)
        is_trigger = job is self.system.get('job')
        if is_trigger and self.system['invocation_type'] == InvocationType.INVOKE_EVOLVING_REQUEST:
            if self.draw(4):
                self.resize(job, self.system['evolving_request'])
            return
        if job.type not in (JobType.MALLEABLE, JobType.ADAPTIVE) or self.draw(2 if is_trigger else 5):
            return
        self.resize(job, least + self.draw(most - least + 1))

    def start(self, job: Job) -> None:
        least, most = self.bounds(job)
        if len(self.free) < least or not self.draw(4):
            return
        self.resize(job, least + self.draw(min(most, len(self.free)) - least + 1))

    def kill(self, job: Job) -> None:
        self.kills_left -= 1
        self.free.update(
            node.identifier for node in self.nodes
            if node.state == NodeState.ALLOCATED and node.availability == NodeAvailability.UP
            and [one.identifier for one in node.assigned_jobs] == [job.identifier])
        job.kill()

    def decide(self, job: Job) -> None:
        if job.state in ENDED:
            return
        if self.kills_left > 0 and self.draw(200) == 0:
            self.kill(job)
        elif job.state == JobState.PENDING:
            self.start(job)
        else:
            self.change(job)

    def schedule(self, jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        self.nodes, self.system = nodes, system
        self.free = {node.identifier for node in nodes if node.state == NodeState.FREE}
        trigger = system.get('job')
        for job in [trigger, *(job for job in jobs if job is not trigger)] if trigger else jobs:
            self.decide(job)


if __name__ == '__main__':
    pass_algorithm(Dice(int(os.environ['SEED'])).schedule, os.environ['ELASTISIM_URL'])
