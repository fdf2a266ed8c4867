"""Why the simulator invokes the scheduler."""

from enum import Enum

from .enumerations import quick


@quick
class InvocationType(Enum):
    """The event behind an invocation; found as ``system['invocation_type']``."""

    INVOKE_PERIODIC = 0
    """The scheduling interval has passed, or an invocation that was put off is made up for. No job stands for it."""
    INVOKE_JOB_SUBMIT = 1
    """A job was submitted."""
    INVOKE_JOB_COMPLETED = 2
    """A job ended by itself."""
    INVOKE_JOB_KILLED = 3
    """A job was killed, by its walltime or by the scheduler."""
    INVOKE_SCHEDULING_POINT = 4
    """A malleable or adaptive job can be reconfigured at once."""
    INVOKE_EVOLVING_REQUEST = 5
    """An evolving or adaptive job asks for ``system['evolving_request']`` nodes in all."""
    INVOKE_RECONFIGURATION = 6
    """A job has begun to apply a reconfiguration that was waiting."""
    INVOKE_NODE_CHANGED = 7
    """Nodes can be had that could not, or the other way round; only with ``schedule_on_node_change``. No job stands for
    it."""
