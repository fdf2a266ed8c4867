"""A scheduler that decides by dice: the same as tests/plugins/dice.c, draw by draw. SEED is in the environment, and in
DICE_ORDERS is how many orders it gives to jobs and nodes.

The Python package says nothing of the nodes that a job at its point frees for others; this keeps account of them by the
rules of the C API.
"""

from __future__ import annotations

import os
from typing import Any

from elastisim_python import InvocationType, Job, JobState, JobType, Node, NodeAvailability, NodeState, pass_algorithm

WORD = (1 << 64) - 1
ENDED = (JobState.COMPLETED, JobState.KILLED)


class Dice:
    def __init__(self, seed: int, orders: int | None = None) -> None:
        self.random = seed
        self.gives_orders = orders is not None
        self.orders_left = orders or 0
        self.away: set[int] = set()
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
                    and node not in self.away
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

    def free_nodes_of(self, job: Job) -> None:
        self.free.update(
            node.identifier for node in self.nodes
            if node.state == NodeState.ALLOCATED and node.availability == NodeAvailability.UP
            and node.identifier not in self.away
            and [one.identifier for one in node.assigned_jobs] == [job.identifier])

    def kill(self, job: Job) -> None:
        self.kills_left -= 1
        self.free_nodes_of(job)
        job.kill()

    def order(self, job: Job) -> bool:
        if job.suspended:
            if not self.draw(3):
                job.resume()
            return True
        if self.orders_left == 0 or self.draw(12):
            return False
        self.orders_left -= 1
        what = self.draw(3)
        if what == 2:
            job.suspend()
        else:
            job.preempt(from_checkpoint=what == 1)
            self.free_nodes_of(job)
        return True

    def command(self) -> None:
        node, what = self.nodes[self.draw(len(self.nodes))], self.draw(4)
        if self.orders_left == 0:
            for each in self.nodes:
                each.resume()
                each.switch_on()
            return
        self.orders_left -= 1
        if what >= 2:
            (node.resume if what == 2 else node.switch_on)()
        elif node.state != NodeState.RESERVED:
            (node.switch_off if what else node.drain)()
            self.away.add(node.identifier)
            self.free.discard(node.identifier)

    def decide(self, job: Job) -> None:
        if job.state in ENDED:
            return
        if self.kills_left > 0 and self.draw(200) == 0:
            self.kill(job)
        elif job.state == JobState.PENDING:
            self.start(job)
        elif not self.gives_orders or not self.order(job):
            self.change(job)

    def schedule(self, jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        self.nodes, self.system = nodes, system
        self.free = {node.identifier for node in nodes if node.state == NodeState.FREE}
        self.away = set()
        if self.gives_orders:
            self.command()
        trigger = None if self.gives_orders else system.get('job')
        for job in [trigger, *(job for job in jobs if job is not trigger)] if trigger else jobs:
            self.decide(job)


if __name__ == '__main__':
    given = os.environ.get('DICE_ORDERS')
    pass_algorithm(Dice(int(os.environ['SEED']), int(given) if given else None).schedule, os.environ['ELASTISIM_URL'])
