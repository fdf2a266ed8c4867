"""The machine of a log, and the platform file that stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional, TextIO
from xml.sax.saxutils import quoteattr

from .hostlist import NodeRange

GPU_SPEED, GPU_LINK = '100Tf', '200GBps'


@dataclass
class NodeGroup:
    """Nodes that are alike, with names of their own."""

    names: NodeRange
    cores: int = 1
    gpus: int = 0
    properties: dict[str, str] = field(default_factory=dict)


@dataclass
class Machine:
    """`nodes` is None until somebody knows. Without groups the nodes are all alike and are named n1000, n1001...
    Speeds in the units of platform files."""

    nodes: Optional[int]
    cores: int = 1
    gpus: int = 0
    speed: str = '1Gf'
    bandwidth: str = '12.5GBps'
    latency: str = '1us'
    groups: list[NodeGroup] = field(default_factory=list)
    pfs: Optional[tuple[str, str]] = None  # bandwidths for reading and writing
    text: str = ''  # the whole platform file, where somebody else made it


def write_platform(machine: Machine, out: TextIO) -> None:
    """All nodes behind a switch that never limits."""
    if machine.text:
        out.write(machine.text)
        return
    out.write("""<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="machine" routing="Full">
    <zone id="service" routing="Full">
      <host id="batch" speed="1Gf">
        <prop id="batch_system" value="true"/>
      </host>
    </zone>
""")
    clusters = list(_clusters(machine))
    ends = [_write_cluster(machine, number, names, group, out) for number, (names, group) in enumerate(clusters)]
    if len(clusters) > 1:
        out.write('    <link id="switch" bandwidth="1e9GBps" latency="0s" sharing_policy="FATPIPE"/>\n')
    for one, (gateway, link) in enumerate(ends):
        for other, (far_gateway, far_link) in enumerate(ends[one + 1:], one + 1):
            out.write(f'    <zoneRoute src="nodes{one}" dst="nodes{other}" gw_src={quoteattr(gateway)} '
                      f'gw_dst={quoteattr(far_gateway)}>{link}<link_ctn id="switch"/>{far_link}</zoneRoute>\n')
    if machine.pfs:
        _write_pfs(machine.pfs, ends, out)
    out.write('  </zone>\n</platform>\n')


def _write_pfs(bandwidths: tuple[str, str], ends: list[tuple[str, str]], out: TextIO) -> None:
    """A file system that all nodes share."""
    read, write = bandwidths
    out.write(f"""    <zone id="storage" routing="Full">
      <host id="pfs" speed="1Gf">
        <prop id="pfs_host" value="true"/>
      </host>
    </zone>
    <link id="PFS_read" bandwidth="{read}" latency="0s"/>
    <link id="PFS_write" bandwidth="{write}" latency="0s"/>
""")
    for number, (gateway, link) in enumerate(ends):
        out.write(f'    <zoneRoute src="storage" dst="nodes{number}" gw_src="pfs" gw_dst={quoteattr(gateway)} '
                  f'symmetrical="NO"><link_ctn id="PFS_read"/>{link}</zoneRoute>\n'
                  f'    <zoneRoute src="nodes{number}" dst="storage" gw_src={quoteattr(gateway)} gw_dst="pfs" '
                  f'symmetrical="NO">{link}<link_ctn id="PFS_write"/></zoneRoute>\n')


def _clusters(machine: Machine) -> Iterator[tuple[NodeRange, NodeGroup]]:
    """Runs of nodes whose numbers have equal length, as platform files can't pad numbers with zeros."""
    if not machine.groups:
        # Names of equal length: their lexicographic order, which gives the node IDs, is the numeric one.
        nodes = machine.nodes or 1
        first = 10 ** max(3, len(str(nodes - 1)))
        names = NodeRange('n', first, first + nodes - 1, 1, '')
        yield names, NodeGroup(names, machine.cores, machine.gpus)
    for group in machine.groups:
        for names in _equal_lengths(group.names):
            yield names, group


def _equal_lengths(names: NodeRange) -> Iterator[NodeRange]:
    if names.first is None:
        yield names
        return
    first = names.first
    while first <= names.last:
        digits = len(str(first))
        last = min(names.last, 10 ** digits - 1)
        zeros = '0' * (names.width - digits)
        yield NodeRange(names.prefix + zeros, first, last, digits, names.suffix)
        first = last + 1


def _write_cluster(machine: Machine, number: int, names: NodeRange, group: NodeGroup, out: TextIO) -> tuple[str, str]:
    """Returns its gateway, and the link between the nodes and there that a route has to name."""
    properties = dict(group.properties)
    if group.gpus:
        properties.update(num_gpus=str(group.gpus), flops_per_gpu=GPU_SPEED)
    if group.gpus > 1:
        properties['gpu_to_gpu_bw'] = GPU_LINK
    inside = ''.join(f'\n      <prop id={quoteattr(key)} value={quoteattr(value)}/>'
                     for key, value in properties.items())
    prefix, radical, suffix = names.prefix, f'{names.first}-{names.last}', names.suffix
    if names.first is None:
        numbered = re.fullmatch(r'(.*?)(0|[1-9]\d{0,8})(\D*)', names.prefix)
        if not numbered:
            return _write_host(machine, number, names.prefix, group.cores, inside, out)
        prefix, radical, suffix = numbered.groups()
    out.write(f'    <cluster id="nodes{number}" prefix={quoteattr(prefix)} radical="{radical}" '
              f'suffix={quoteattr(suffix)} speed="{machine.speed}" core="{group.cores}"\n'
              f'             bw="{machine.bandwidth}" lat="{machine.latency}" sharing_policy="SPLITDUPLEX" '
              f'router_id="switch{number}"')
    out.write(f'>{inside}\n    </cluster>\n' if inside else '/>\n')
    return f'switch{number}', ''


def _write_host(machine: Machine, number: int, name: str, cores: int, inside: str, out: TextIO) -> tuple[str, str]:
    """A node whose name has no number, as those of a cluster must have."""
    out.write(f'    <zone id="nodes{number}" routing="Full">\n      <host id={quoteattr(name)} speed="{machine.speed}" '
              f'core="{cores}">{inside}</host>\n    </zone>\n'
              f'    <link id="link{number}" bandwidth="{machine.bandwidth}" latency="{machine.latency}"/>\n')
    return name, f'<link_ctn id="link{number}"/>'
