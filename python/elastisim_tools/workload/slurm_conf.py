"""Nodes and partitions of slurm.conf."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from . import hostlist
from .machine import NodeGroup
from .record import LogError
from .slurm import span

DEEPEST_INCLUDE = 10


@dataclass
class Partition:
    nodes: str  # a list of nodes, or ALL
    limit: Optional[float]  # seconds, None for no limit


@dataclass
class Configuration:
    groups: list[NodeGroup] = field(default_factory=list)
    partitions: dict[str, Partition] = field(default_factory=dict)

    @property
    def limits(self) -> dict[str, Optional[float]]:
        return {name: partition.limit for name, partition in self.partitions.items()}


def read(path: str) -> Configuration:
    """Raises LogError with FILE:LINE for what is not a line of slurm.conf."""
    configuration = Configuration()
    node_defaults: dict[str, str] = {}
    partition_defaults: dict[str, str] = {}
    for place, text in _lines(Path(path), 0):
        pairs = dict((key.lower(), value.strip('"')) for key, value in re.findall(r'(\w+)\s*=\s*("[^"]*"|\S+)', text))
        try:
            if 'nodename' in pairs and text.lower().startswith('nodename'):
                _take(pairs, 'nodename', node_defaults, lambda values: _add_nodes(configuration, values))
            elif text.lower().startswith('partitionname'):
                _take(pairs, 'partitionname', partition_defaults, lambda values: _add_partition(configuration, values))
        except (LogError, ValueError) as error:
            raise LogError(f'{place}: {error}') from None
    if not configuration.groups:
        raise LogError(f'{path}: no NodeName line; is this slurm.conf?')
    return configuration


def _take(pairs: dict[str, str], key: str, defaults: dict[str, str],
          add: Callable[[dict[str, str]], None]) -> None:
    if pairs[key].upper() == 'DEFAULT':
        defaults.update(pairs)
    else:
        add({**defaults, **pairs})


def _lines(path: Path, depth: int) -> Iterator[tuple[str, str]]:
    """Lines without comments, continued ones joined, included files in their place."""
    held, start = '', 0
    for number, line in enumerate(path.read_text(encoding='utf-8', errors='replace').splitlines(), 1):
        text = re.sub(r'(?<!\\)#.*', '', line).rstrip()
        start = start or number
        if text.endswith('\\'):
            held += text[:-1] + ' '
            continue
        text, held, place, start = (held + text).strip(), '', f'{path}:{start}', 0
        include = re.fullmatch(r'include\s+(\S+)', text, re.IGNORECASE)
        if include:
            if depth == DEEPEST_INCLUDE:
                raise LogError(f'{place}: files include each other more than {DEEPEST_INCLUDE} deep')
            yield from _lines(path.parent / include[1], depth + 1)
        elif text:
            yield place, text


def _add_nodes(configuration: Configuration, values: dict[str, str]) -> None:
    for names in hostlist.parse(values['nodename']):
        group = NodeGroup(names, _cores(values), _gpus(values.get('gres', '')))
        for key in ('feature', 'features'):
            if key in values:
                group.properties['features'] = values[key]
        configuration.groups.append(group)


def _whole(values: dict[str, str], key: str, default: int) -> int:
    text = values.get(key, str(default))
    if not re.fullmatch(r'\d{1,9}', text) or int(text) < 1:
        raise LogError(f"{key} is '{text[:40]}'; must be a whole number of at least 1")
    return int(text)


def _cores(values: dict[str, str]) -> int:
    if 'cpus' in values or 'procs' in values:
        return _whole(values, 'cpus' if 'cpus' in values else 'procs', 1)
    per_socket = _whole(values, 'corespersocket', 1) * _whole(values, 'threadspercore', 1)
    return per_socket * _whole(values, 'sockets', _whole(values, 'boards', 1) * _whole(values, 'socketsperboard', 1))


def _gpus(gres: str) -> int:
    """Of gpu:a100:4,gpu:2(S:0-1),nvme:1."""
    total = 0
    for part in gres.split(','):
        match = re.fullmatch(r'gpu(?::[^:()]+)*?(?::(\d+))?(?:\([^)]*\))?', part.strip())
        if match:
            total += int(match[1] or 1)
    return total


def _add_partition(configuration: Configuration, values: dict[str, str]) -> None:
    limit = values.get('maxtime', 'UNLIMITED')
    seconds: Optional[float] = None
    if limit.upper() not in ('UNLIMITED', 'INFINITE'):
        try:
            seconds = float(limit) * 60 if limit.isdecimal() else span(limit)
        except ValueError:
            raise LogError(f"MaxTime is '{limit[:40]}'; must be minutes, D-HH:MM:SS or UNLIMITED") from None
    configuration.partitions[values['partitionname']] = Partition(values.get('nodes', ''), seconds)


def groups_of(configuration: Configuration, partitions: frozenset[str], path: str) -> list[NodeGroup]:
    """The nodes, those of some partitions where any are named; each group knows its partitions."""
    for name in partitions:
        if name not in configuration.partitions:
            known = ', '.join(configuration.partitions) or 'none'
            raise LogError(f"{path}: no partition '{name}'; there are {known}")
    members = {name: None if partition.nodes.upper() == 'ALL' else
               {one for names in hostlist.parse(partition.nodes) for one in names.names}
               for name, partition in configuration.partitions.items()}
    groups: list[NodeGroup] = []
    for group in configuration.groups:
        for names in _parts(group, members):
            inside = [name for name, nodes in members.items() if nodes is None or names.names[0] in nodes]
            if partitions and not partitions.intersection(inside):
                continue
            properties = {**group.properties, **({'partitions': ','.join(inside)} if inside else {})}
            groups.append(NodeGroup(names, group.cores, group.gpus, properties))
    return groups


def _parts(group: NodeGroup, members: dict[str, Optional[set[str]]]) -> Iterator[hostlist.NodeRange]:
    """Runs of the group's nodes that are in the same partitions."""
    if group.names.first is None:
        yield group.names
        return
    first, before = group.names.first, None
    for number, name in enumerate(group.names.names, group.names.first):
        inside = tuple(nodes is None or name in nodes for nodes in members.values())
        if before is not None and inside != before:
            yield group.names._replace(first=first, last=number - 1)
            first = number
        before = inside
    yield group.names._replace(first=first)
