"""Lists of nodes as Slurm writes them: cn[001-004,9],gpu1."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from .record import LogError

MOST_NODES = 1_000_000


class NodeRange(NamedTuple):
    """Nodes prefix + number + suffix, numbers from first to last with at least `width` digits. A single node without a
    number has first None."""

    prefix: str
    first: Optional[int]
    last: int
    width: int
    suffix: str

    @property
    def size(self) -> int:
        return 1 if self.first is None else self.last - self.first + 1

    @property
    def names(self) -> list[str]:
        if self.first is None:
            return [self.prefix]
        return [f'{self.prefix}{number:0{self.width}d}{self.suffix}' for number in range(self.first, self.last + 1)]


def split(text: str) -> list[str]:
    """At the commas outside of brackets."""
    parts, depth, begin = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == '[') - (character == ']')
        if character == ',' and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
    return [part.strip() for part in (*parts, text[begin:]) if part.strip()]


def parse(text: str) -> list[NodeRange]:
    """Raises LogError for text that is not a list of nodes."""
    return [one for part in split(text) for one in _part(part)]


def _part(part: str) -> list[NodeRange]:
    match = re.fullmatch(r'([^\[\],]*)\[([0-9,\- ]+)\]((?:\[[0-9,\- ]+\]|[^\[\],])*)', part)
    if not match:
        if '[' in part or ']' in part:
            raise LogError(f"'{part[:60]}' is not a list of nodes")
        return [NodeRange(part, None, 0, 0, '')]
    prefix, inside, rest = match.groups()
    ranges = [_range(prefix, one.strip(), rest) for one in inside.split(',')]
    if '[' not in rest:
        return ranges
    # More brackets: each name so far, with all that the rest stands for.
    heads = [name for one in ranges for name in one._replace(suffix='').names]
    return [one for head in heads for one in _part(head + rest)]


def _range(prefix: str, text: str, suffix: str) -> NodeRange:
    low, dash, high = text.partition('-')
    high = high if dash else low
    if not low.isdecimal() or not high.isdecimal() or int(high) < int(low) or int(high) - int(low) >= MOST_NODES:
        raise LogError(f"'{prefix}[{text[:60]}]' is not a list of nodes")
    return NodeRange(prefix, int(low), int(high), len(low), suffix)
