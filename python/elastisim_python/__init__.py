"""Write a scheduler for the elastisim batch-system simulator in Python.

A scheduler is a function ``schedule(jobs, nodes, system)`` that the simulator invokes at submissions,
completions, scheduling points and so on, while simulated time stands still. It decides by calling
methods of the jobs; the simulator carries the decisions out when the function has returned. Hand it to
`run` (or to `pass_algorithm`, with the URL) and the package does the rest.
"""

from .invocation import InvocationType
from .job import Job, JobState, JobType
from .listing import Jobs, Nodes
from .node import Gpu, GpuState, Node, NodeAvailability, NodeState, NodeType
from .scheduler import pass_algorithm, run

__all__ = [
    'Gpu', 'GpuState', 'InvocationType', 'Job', 'JobState', 'JobType', 'Jobs', 'Node', 'NodeAvailability', 'NodeState',
    'NodeType', 'Nodes', 'pass_algorithm', 'run',
]
