"""A scheduler that does as it is told: the environment variable ORDERS is a list such as "2 switch_off 1, 5 requeue 0"
of time, order and node or job, and each is given at the first invocation from its time on. Besides, waiting jobs start
in their order on the first free nodes, with as few as they need, until one does not fit.

tests/plugins/obedient.c does the same in C.
"""

from __future__ import annotations

import os
from typing import Any, Callable

from elastisim_python import Job, Jobs, Node, Nodes, run

OF_NODES: dict[str, Callable[[Node], None]] = {
    'drain': Node.drain, 'resume': Node.resume, 'switch_off': Node.switch_off, 'switch_on': Node.switch_on}
OF_JOBS: dict[str, Callable[[Job], None]] = {
    'requeue': Job.preempt, 'restart': lambda job: job.preempt(from_checkpoint=True), 'suspend': Job.suspend,
    'continue': Job.resume}


class Obedient:
    def __init__(self, orders: str) -> None:
        self.orders = [entry.split() for entry in orders.split(',')]

    def give(self, word: str, identifier: int, jobs: Jobs, nodes: Nodes) -> None:
        if word == 'continue_all':
            for job in jobs.running:
                if job.suspended:
                    job.resume()
            if jobs[identifier].suspended_time > 3:
                raise ValueError('for too long')
        elif word in OF_NODES:
            OF_NODES[word](nodes[identifier])
        else:
            OF_JOBS[word](jobs[identifier])

    def schedule(self, jobs: Jobs, nodes: Nodes, system: dict[str, Any]) -> None:
        while self.orders and float(self.orders[0][0]) <= system['time']:
            _, word, identifier = self.orders.pop(0)
            self.give(word, int(identifier), jobs, nodes)
        for job in jobs.pending:
            count = job.num_nodes or job.num_nodes_min
            if len(nodes.free) < count:
                return
            job.assign(nodes.free[:count])


if __name__ == '__main__':
    run(Obedient(os.environ['ORDERS']).schedule)
