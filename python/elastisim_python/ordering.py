"""The order in which CPython iterates over a set of non-negative integers, on any interpreter.

Schedulers written for ElastiSim see the nodes of a job in that order, and which node ``assigned_nodes[-1]`` is
depends on it. PyPy's sets keep the order of insertion instead; there the order is worked out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

# CPython's hash table of a set: slots in a row that are tried before the next jump, least size, and how many bits of
# the hash each further jump takes in.
_LINEAR_PROBES = 9
_LEAST_SIZE = 8
_PERTURB_SHIFT = 5


def _slot_for(table: list[int], key: int) -> int:
    """The slot that a key which isn't in the table goes to."""
    mask = len(table) - 1
    perturb, slot = key, key & mask
    while True:
        last = slot + (_LINEAR_PROBES if slot + _LINEAR_PROBES <= mask else 0)
        for tried in range(slot, last + 1):
            if table[tried] < 0:
                return tried
        perturb >>= _PERTURB_SHIFT
        slot = (slot * 5 + 1 + perturb) & mask


def _grown(table: list[int], used: int) -> list[int]:
    least = used * 2 if used > 50000 else used * 4
    size = _LEAST_SIZE
    while size <= least:
        size *= 2
    grown = [-1] * size
    for key in table:
        if key >= 0:
            grown[_slot_for(grown, key)] = key
    return grown


def worked_out(identifiers: Iterable[int]) -> list[int]:
    """Returns the identifiers, each once, in the order in which ``set(identifiers)`` has them in CPython."""
    table, used = [-1] * _LEAST_SIZE, 0
    for key in dict.fromkeys(identifiers):
        table[_slot_for(table, key)] = key
        used += 1
        if used * 5 >= (len(table) - 1) * 3:
            table = _grown(table, used)
    return [key for key in table if key >= 0]


in_order_of_a_set: Callable[[Iterable[int]], Iterable[int]] = set
if sys.implementation.name != 'cpython':
    in_order_of_a_set = worked_out
