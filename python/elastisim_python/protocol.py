"""The simulator's messages: JSON texts, told apart by the number in ``code``."""

from __future__ import annotations

import json
import operator
import traceback
from collections.abc import Iterable
from typing import Any

from .job import Job

INVOCATION = 0xFFEC4400
"""Simulator to scheduler: the jobs and nodes that changed, and why it asks."""
ANSWER = 0xFFEC4401
"""Scheduler to simulator: the jobs changed by the algorithm."""
HELLO = 0xFFEC4402
"""Scheduler to simulator, first of all over a direct connection: how it wants to be told."""
FAILURE = 0xFFEC44EE
"""Scheduler to simulator, in place of an answer: why there will be none."""
END = 0xFFEC44FF
"""Simulator to scheduler: there will be no further invocation."""


class ProtocolError(Exception):
    """The simulator sent what the package can't make sense of."""


def decode(text: bytes) -> dict[str, Any]:
    """Returns a message of the simulator, whose code is INVOCATION or END.

    Raises:
        ProtocolError: The text is no JSON object, or has another code or none.
    """
    try:
        message = json.loads(text)
    except ValueError as error:
        raise ProtocolError(f"the simulator's message is not JSON ({error}): {text[:200]!r}") from None
    if not isinstance(message, dict) or 'code' not in message:
        raise ProtocolError(f"the simulator's message is not an object with a code: {text[:200]!r}")
    code = message['code']
    if code not in (INVOCATION, END):
        shown = f'{code:#x}' if isinstance(code, int) else repr(code)
        raise ProtocolError(f"unknown code {shown} in the simulator's message; this package understands"
                            f' {INVOCATION:#x} (invocation) and {END:#x} (end)')
    return message


def encode_answer(modified_jobs: Iterable[Job], commands: Iterable[tuple[int, str]] = ()) -> bytes:
    """Returns the answer to an invocation, its jobs in the order of their identifiers; commands to nodes are an
    identifier and a word each."""
    modified = {job.identifier: job for job in modified_jobs if job.modified}
    answer: dict[str, Any] = {'code': ANSWER, 'jobs': [job.to_dict() for _, job in sorted(modified.items())]}
    if nodes := [{'id': identifier, 'command': word} for identifier, word in commands]:
        answer['nodes'] = nodes
    return _encode(answer)


def encode_failure(error: BaseException) -> bytes:
    """Returns what tells the simulator that an exception ended the scheduler."""
    return _encode({
        'code': FAILURE,
        'error': f'{type(error).__name__}: {error}'.removesuffix(': '),
        'traceback': ''.join(traceback.format_exception(type(error), error, error.__traceback__)),
    })


HELLO_MESSAGE = b'{"code":%d,"node_groups":true}' % HELLO
"""That nodes which changed alike are to be told of together."""


def _plain(thing: Any) -> Any:
    """What json can't write by itself: the numbers of numpy, where a scheduler has put them in by hand."""
    try:
        return operator.index(thing)
    except TypeError:
        return float(thing)


def _encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(',', ':'), default=_plain).encode()
