"""The strategies that Posner, Hupfeld and Finnerty published in 2023, in plain Python, as docs/policies.md tells them:
a scheduler for elastisim_python, whose arguments are the measure (min, avg, pref) and the kind of agreement (agreement,
steal, common-pool)."""

from __future__ import annotations

import sys
from typing import Any

from elastisim_python import InvocationType, Job, JobState, JobType, Node, NodeState, run

MEASURE, KIND = sys.argv[1:3]

# Nodes that are kept for waiting jobs, by job, in the order in which the agreements were made.
kept: dict[int, list[Node]] = {}


def least(job: Job) -> int:
    return job.num_nodes if job.type is JobType.RIGID else job.num_nodes_min


def preferred(job: Job) -> int:
    size = None if job.type is JobType.RIGID else job.num_nodes_preferred
    return size or least(job)


def height(job: Job) -> float:
    size = len(job.assigned_nodes)
    if MEASURE == 'avg':
        return (size - job.num_nodes_min) / (job.num_nodes_max - job.num_nodes_min)
    return size - (least(job) if MEASURE == 'min' else preferred(job))


class Decision:
    def __init__(self, jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
        at_point = system['invocation_type'] is InvocationType.INVOKE_SCHEDULING_POINT
        self.here: Job | None = system['job'] if at_point else None
        self.waiting = [job for job in jobs if job.state is JobState.PENDING]
        self.running = [job for job in jobs if job.state is JobState.RUNNING and job.type is JobType.MALLEABLE]
        self.idle = {node for node in nodes if node.state is NodeState.FREE or self.is_given_up(node)}

    def is_given_up(self, node: Node) -> bool:
        here = self.here
        return here is not None and here in node.assigned_jobs and node not in here.assigned_nodes

    def free(self) -> list[Node]:
        promised = {node for nodes in kept.values() for node in nodes}
        return sorted(self.idle - promised, key=lambda node: node.identifier)

    def start(self, job: Job, nodes: list[Node]) -> None:
        job.assign(nodes)
        job.assign_num_gpus_per_node(job.num_gpus_per_node_max)
        self.waiting.remove(job)
        self.idle -= set(nodes)

    def swap(self, job: int, own: Node, idle: bool) -> bool:
        """Exchanges a node to come for an idle one, or one to come, of the last other agreement that has one."""
        for other in reversed([other for other in kept if other != job]):
            for node in reversed(kept[other]):
                if (node in self.idle) == idle:
                    for giver, taker, given in ((job, other, own), (other, job, node)):
                        kept[giver].remove(given)
                        kept[taker].append(given)
                    return True
        return False

    def start_agreed(self) -> None:
        for job in [job for job in self.waiting if job.identifier in kept]:
            own = kept[job.identifier]
            usable = sum(node in self.idle for node in own)
            if KIND != 'agreement':
                usable = sum(node in self.idle for nodes in kept.values() for node in nodes)
            if usable + (len(self.free()) if KIND == 'common-pool' else 0) < len(own):
                continue
            while coming := [node for node in own if node not in self.idle]:
                if not self.swap(job.identifier, coming[-1], True):
                    self.swap(job.identifier, coming[-1], False)
                    lost = next(node for node in reversed(own) if node not in self.idle)
                    own.remove(lost)
                    own.append(self.free()[0])
            self.start(job, kept.pop(job.identifier))

    def start_others(self) -> None:
        for job in [job for job in self.waiting if job.identifier not in kept]:
            free = self.free()
            if least(job) <= len(free):
                self.start(job, free[:preferred(job) if MEASURE == 'pref' else least(job)])

    def agree(self, job: Job, need: int, leave_preferred: bool) -> bool:
        gifts: list[tuple[Job, int]] = []
        for donor in sorted(self.running, key=height, reverse=True):
            spare = len(donor.assigned_nodes) - (preferred(donor) if leave_preferred else least(donor))
            gifts.append((donor, max(0, min(spare, need - sum(gift for _, gift in gifts)))))
        if sum(gift for _, gift in gifts) < need:
            return False
        kept[job.identifier] = []
        for donor, gift in [(donor, gift) for donor, gift in gifts if gift > 0]:
            nodes = list(donor.assigned_nodes[len(donor.assigned_nodes) - gift:])
            donor.remove(nodes)
            kept[job.identifier] += reversed(nodes)
            self.idle |= set(nodes) if donor is self.here else set()
        return True

    def make_agreements(self) -> None:
        for job in [job for job in self.waiting if job.identifier not in kept]:
            if MEASURE == 'pref' and (self.agree(job, preferred(job), True) or self.agree(job, least(job), True)):
                continue
            self.agree(job, least(job), False)

    def grow(self, jobs: list[Job], to_preferred: bool) -> None:
        for job in jobs:
            room = (preferred(job) if to_preferred else job.num_nodes_max) - len(job.assigned_nodes)
            nodes = self.free()[:max(0, room)]
            if nodes:
                job.assign(nodes)
                self.idle -= set(nodes)

    def decide(self) -> None:
        self.start_agreed()
        self.start_others()
        self.make_agreements()
        self.start_agreed()
        self.start_others()
        if MEASURE == 'pref':
            self.grow(sorted(self.running, key=height), True)
        self.grow(sorted(self.running, key=height)[:1 if MEASURE == 'avg' else None], False)


def schedule(jobs: list[Job], nodes: list[Node], system: dict[str, Any]) -> None:
    Decision(jobs, nodes, system).decide()


if __name__ == '__main__':
    run(schedule)
