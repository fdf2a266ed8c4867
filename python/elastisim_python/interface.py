"""What schedulers written for ElastiSim import from a module of this name."""

from enum import Enum

from . import protocol
from .invocation import InvocationType
from .job import Job
from .node import Node
from .scheduler import pass_algorithm

__all__ = ['CommunicationCode', 'InvocationType', 'Job', 'Node', 'pass_algorithm']


class CommunicationCode(Enum):
    """The codes of the protocol's messages."""

    ZMQ_INVOKE_SCHEDULING = protocol.INVOCATION
    ZMQ_SCHEDULED = protocol.ANSWER
    ZMQ_FINALIZE = protocol.END
