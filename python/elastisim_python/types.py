"""What schedulers written for early versions of ElastiSim import from a module of this name."""

from .job import Job, JobState, JobType
from .node import Gpu, GpuState, Node, NodeState, NodeType

__all__ = ['Gpu', 'GpuState', 'Job', 'JobState', 'JobType', 'Node', 'NodeState', 'NodeType']
