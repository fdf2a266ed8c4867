"""Random platforms, and scripts of loads for the port, from a seed: the same seed gives the same world."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

COMPUTE, EXCHANGE, PFS_READ, PFS_WRITE, DISK_READ, DISK_WRITE, STRIPED_READ, STRIPED_WRITE = range(8)

MATRIX_PATTERNS = ['all_to_all', 'gather', 'scatter', 'master_worker', 'ring', 'ring_clockwise',
                   'ring_counter_clockwise']
NUM_MATRIX_PATTERNS = len(MATRIX_PATTERNS)
VECTOR_PATTERNS = ['all_ranks', 'root_only', 'even_ranks', 'odd_ranks', 'uniform']
TOPOLOGIES = ['crossbar', 'star', 'fat_tree', 'torus', 'dragonfly', 'hand_routed', 'nested', 'large']
LARGE = 96  # nodes of a large fat tree, torus or dragonfly: so many that routes are not looked at one by one


Properties = dict[str, Any]


@dataclass
class Platform:
    text: str
    hosts: list[str]  # all of them, sorted
    compute: list[int]  # their numbers
    pfs: list[int]
    kinds: list[tuple[int, Properties]]  # so many nodes with these properties each

    def nodes_with(self, buffers: bool, gpus: int) -> int:
        return sum(count for count, given in self.kinds
                   if given.get('num_gpus', 0) >= gpus and ('node_local_bb' in given or not buffers))


def bandwidth(rng: random.Random) -> str:
    return rng.choice(['1GBps', '1.25GBps', '2GBps', '10Gbps', '3GBps', '800MBps', '12.5GBps'])


def pipe(rng: random.Random) -> str:
    """Attributes of a link: shared, or a fat pipe that limits nobody. (What SimGrid gives to tasks that a fat pipe does
    limit depends on rounding errors: docs/flow_model.md.)"""
    if rng.random() < 0.3:
        return 'bandwidth="2TBps" sharing_policy="FATPIPE"'
    return f'bandwidth="{bandwidth(rng)}"'


def latency(rng: random.Random) -> str:
    return rng.choice(['0s', '1us', '50us', '1ms', '1us'])


def properties(given: Properties) -> str:
    return ''.join(f'<prop id="{key}" value="{value}"/>' for key, value in given.items())


def cluster(rng: random.Random, name: str, first: int, count: int, topology: str, given: Properties,
            speeds: tuple[str, ...] = ('1Gf', '2.5Gf', '100Mf')) -> str:
    speed = rng.choice(speeds)
    core = rng.choice(['', '', '', ' core="4"', ' core="3"'])
    extra = ''
    if topology == 'torus':
        extra = ' topology="TORUS" topo_parameters="4,2,2"'
    elif topology == 'fat_tree':
        extra = ' topology="FAT_TREE" topo_parameters="2;4,4;1,2;1,2"'
    elif topology == 'dragonfly':
        extra = ' topology="DRAGONFLY" topo_parameters="2,2;2,1;2,1;2"'
    elif topology == 'large':
        extra = rng.choice([' topology="FAT_TREE" topo_parameters="2;16,6;1,3;1,2"',
                            ' topology="FAT_TREE" topo_parameters="2;16,6;2,2;1,1"',
                            ' topology="TORUS" topo_parameters="6,4,4"',
                            ' topology="DRAGONFLY" topo_parameters="3,2;4,1;4,2;2"'])
    elif rng.random() < 0.5:
        backbone = rng.choice([f'bb_bw="{bandwidth(rng)}"', 'bb_bw="2TBps" bb_sharing_policy="FATPIPE"',
                               f'bb_bw="{bandwidth(rng)}" bb_sharing_policy="SHARED"'])
        extra = f' {backbone} bb_lat="{latency(rng)}"'
    if rng.random() < 0.4:
        extra += f' loopback_bw="{bandwidth(rng)}" loopback_lat="0s"'
    if rng.random() < 0.3 and 'TORUS' not in extra:
        extra += f' limiter_link="{bandwidth(rng)}"'
    sharing = rng.choice(['', ' sharing_policy="SPLITDUPLEX"', ' sharing_policy="SHARED"', ' sharing_policy="FATPIPE"']
                         if topology in ('crossbar', 'star') else [' sharing_policy="SPLITDUPLEX"', ''])
    return (f'<cluster id="{name}" prefix="n" suffix="" radical="{first}-{first + count - 1}" speed="{speed}"{core}'
            f' bw="{bandwidth(rng)}" lat="{latency(rng)}"{sharing}{extra}>{properties(given)}</cluster>')


def pfs_zones(rng: random.Random, count: int, gateways: list[tuple[str, str]]) -> str:
    """PFS hosts, each with links of its own to and from all zones with compute nodes."""
    text = ''
    for i in range(count):
        text += (f'<zone id="Z{i}" routing="Full"><host id="pfs{i}" speed="1Gf">'
                 f'<prop id="pfs_host" value="true"/></host></zone>')
        for direction in ('read', 'write'):
            # A node that is the gateway itself has no other link on its way.
            limit = pipe(rng) if 'router' in gateways[0][1] else f'bandwidth="{bandwidth(rng)}"'
            text += f'<link id="P{i}_{direction}" {limit} latency="{latency(rng)}"/>'
    for i in range(count):
        for zone, gateway in gateways:
            text += (f'<zoneRoute src="Z{i}" dst="{zone}" gw_src="pfs{i}" gw_dst="{gateway}" symmetrical="NO">'
                     f'<link_ctn id="P{i}_read"/></zoneRoute>'
                     f'<zoneRoute src="{zone}" dst="Z{i}" gw_src="{gateway}" gw_dst="pfs{i}" symmetrical="NO">'
                     f'<link_ctn id="P{i}_write"/></zoneRoute>')
    return text


def hand_routed(rng: random.Random, nodes: list[Properties]) -> str:
    """Hosts of different speed on a line of shared links, all routes written out."""
    count = len(nodes)
    text = '<zone id="C" routing="Full">'
    for i, given in enumerate(nodes):
        speed = rng.choice(['1Gf', '2Gf', '500Mf'])
        text += f'<host id="n{100 + i}" speed="{speed}">{properties(given)}</host>'
    for i in range(count):
        text += f'<link id="seg{i}" {pipe(rng)} latency="{latency(rng)}"/>'
    for i in range(count):
        for j in range(i + 1, count):
            links = ''.join(f'<link_ctn id="seg{k}"/>' for k in range(i, j))
            text += f'<route src="n{100 + i}" dst="n{100 + j}">{links}</route>'
    return text + '</zone>'


def equipment(rng: random.Random, num_pfs: int) -> Properties:
    """Burst buffers, GPUs and the part of the file system that is used, as properties of a node."""
    given: Properties = {}
    kind = rng.choice(['none', 'local', 'striped', 'striped'])
    if kind != 'none':
        given = {'node_local_bb': 'true', 'bb_read_bw': rng.choice(['1GBps', '400MBps']),
                 'bb_write_bw': rng.choice(['1GBps', '700MBps', '200MBps'])}
    if kind == 'striped':
        given |= {'wide_striping': 'true', 'flops_per_byte': rng.choice(['0f', '0.5f', '2f'])}
    if rng.random() < 0.4:
        given |= {'num_gpus': rng.choice([1, 2, 4]), 'flops_per_gpu': rng.choice(['1Gf', '3Gf', '10Gf']),
                  'gpu_to_gpu_bw': rng.choice(['1GBps', '5GBps'])}
    if num_pfs > 1 and rng.random() < 0.3:
        given['pfs_targets'] = rng.choice(['pfs0', 'pfs1', 'pfs1;pfs0'])
    return given


def platform(rng: random.Random, topology: str | None = None) -> Platform:
    topology = topology or rng.choice(TOPOLOGIES)
    num_pfs = rng.choice([1, 1, 2])
    given = equipment(rng, num_pfs)
    other = equipment(rng, num_pfs) if rng.random() < 0.5 else given
    count = LARGE if topology in ('large', 'wide') else 16
    # Names of different length: hosts of one switch are not neighbours in the order of names.
    first = rng.choice([5, 100]) if topology == 'large' else 100
    if topology == 'hand_routed':
        count = 6
        kinds = [(1, rng.choice([given, other])) for _ in range(count)]
        body, gateways = hand_routed(rng, [node for _, node in kinds]), [('C', 'n100')]
    elif topology == 'nested':
        kinds = [(8, given), (8, other)]
        body = '<zone id="N" routing="Full">' + cluster(rng, 'C', 100, 8, 'crossbar', given)
        body += cluster(rng, 'D', 108, 8, 'star', other, ('500Mf', '2Gf'))
        body += (f'<link id="trunk" bandwidth="{bandwidth(rng)}" latency="{latency(rng)}"/>'
                 '<zoneRoute src="C" dst="D" gw_src="nC_router" gw_dst="nD_router"><link_ctn id="trunk"/></zoneRoute>'
                 '</zone>')
        gateways = [('N', 'nC_router')]
    else:
        kinds = [(count, given)]
        flat = topology in ('crossbar', 'star', 'wide')
        body = cluster(rng, 'C', first, count, 'crossbar' if topology == 'wide' else topology, given)
        # Only flat clusters have a router that outside routes can end at.
        gateways = [('C', 'nC_router' if flat else f'n{first}')]
    text = ("<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
            '<platform version="4.1"><zone id="world" routing="Full"><zone id="S" routing="Full">'
            '<host id="batch" speed="1Gf"><prop id="batch_system" value="true"/></host></zone>'
            f'{body}{pfs_zones(rng, num_pfs, gateways)}</zone></platform>\n').replace('><', '>\n<')
    hosts = sorted(['batch'] + [f'n{first + i}' for i in range(count)] + [f'pfs{i}' for i in range(num_pfs)])
    return Platform(text, hosts, [i for i, name in enumerate(hosts) if name[0] == 'n'],
                    [i for i, name in enumerate(hosts) if name.startswith('pfs')], kinds)


# --- Scripts for the port: loads on any hosts at any time, cancels, readings -------------------------------------


def amount(rng: random.Random) -> float:
    return rng.choice([1e8, 1e9, 3.3e9, 2.5e8, float(rng.randint(1, 10**9)), rng.random() * 1e9])


def load(rng: random.Random, world: Platform, disks: bool) -> list[Any]:
    kinds = [COMPUTE, EXCHANGE, EXCHANGE, EXCHANGE, PFS_READ, PFS_READ, PFS_WRITE, PFS_WRITE]
    if disks:
        kinds += [DISK_READ, DISK_WRITE, STRIPED_READ, STRIPED_WRITE]
    kind = rng.choice(kinds)
    n = rng.choice([1, 2, 3, 4, 6, min(70, len(world.compute)), len(world.compute)])
    nodes = rng.sample(world.compute, min(n, len(world.compute)))
    if rng.random() < 0.5:
        nodes.sort()
    n = len(nodes)
    members: list[Any] = []
    if kind != EXCHANGE:
        ranks = list(range(n)) if rng.random() < 0.7 else sorted(rng.sample(range(n), rng.randint(1, n)))
        same = amount(rng)
        for rank in ranks:
            members += [rank, same if rng.random() < 0.8 else amount(rng)]
    targets = rng.sample(world.pfs, rng.randint(1, len(world.pfs))) if kind in (PFS_READ, PFS_WRITE) else []
    pattern, size, flops, matrix = 0, 0.0, [], []
    if kind == EXCHANGE:
        pattern = rng.randint(0, NUM_MATRIX_PATTERNS)
        size = amount(rng)
        if pattern == NUM_MATRIX_PATTERNS:
            matrix = [0 if i == j or rng.random() < 0.3 else amount(rng) / n for i in range(n) for j in range(n)]
        if rng.random() < 0.3 or n == 1:
            same = amount(rng)
            flops = [same if rng.random() < 0.8 else amount(rng) for _ in range(n)]
    per_byte = rng.choice([0, 0.5, 2]) if kind in (STRIPED_READ, STRIPED_WRITE) else 0
    return [kind, n, *nodes, len(members) // 2, *members, len(targets), *targets, per_byte, pattern, size,
            len(flops), *flops, len(matrix), *matrix]


def pause(rng: random.Random, time: float, started: int, paused: list[int]) -> list[Any]:
    """A load stands still, or one that does goes on."""
    if paused and rng.random() < 0.5:
        return ['go_on', time, paused.pop(rng.randrange(len(paused)))]
    which = rng.randrange(started)
    if which in paused:
        return ['loads', time]
    paused.append(which)
    return ['pause', time, which]


def script(rng: random.Random, world: Platform, length: int) -> str:
    lines = []
    paused: list[int] = []
    disks, pauses = rng.random() < 0.5, rng.random() < 0.5
    for host in world.compute if disks else []:
        lines.append(['disk', host, rng.choice([1e9, 4e8]), rng.choice([1e9, 7e8, 2e8])])
    time, started = 0.0, 0
    for _ in range(length):
        if rng.random() < 0.6:
            time += rng.choice([0.5, 1.0, rng.random(), rng.random() * 5, 1e-5])
        what = rng.random()
        if what < 0.12 and started:
            lines.append(['cancel', time, rng.randrange(started)])
        elif what < 0.2:
            lines.append(['loads', time])
        elif what < 0.4 and pauses and started:
            lines.append(pause(rng, time, started, paused))
        else:
            lines.append(['start', time, started, *load(rng, world, disks)])
            started += 1
    lines += [['go_on', time, which] for which in paused]
    return '\n'.join(' '.join(map(repr_number, line)) for line in lines) + '\n'


def io(kind: int, nodes: list[int], size: float, targets: list[int], per_byte: float) -> list[Any]:
    """All nodes read or write as much."""
    n = len(nodes)
    members = [value for rank in range(n) for value in (rank, size)]
    return [kind, n, *nodes, n, *members, len(targets), *targets, per_byte, 0, 0.0, 0, 0]


def storm(rng: random.Random, world: Platform) -> str:
    """Many reads and writes at once: of the file system by nodes that do little else, or of striped burst buffers by
    the same groups of nodes over and over."""
    kinds = rng.choice([[PFS_WRITE], [PFS_READ, PFS_WRITE], 6 * [PFS_WRITE] + [EXCHANGE], [STRIPED_WRITE],
                        [STRIPED_READ, STRIPED_WRITE, STRIPED_WRITE, EXCHANGE, PFS_WRITE]])
    lines: list[list[Any]] = []
    groups, sizes, length = [], [1, 1, 2, 3], rng.choice([30, 60, 120])
    if STRIPED_WRITE in kinds:
        lines = [['disk', host, 1e9, 7e8] for host in world.compute]
        sizes, length = [2, 3, 5, 8], rng.choice([10, 20])
    pool: list[int] = []
    for _ in range(length):
        n = min(rng.choice(sizes), len(world.compute))
        if len(pool) < n:
            pool = rng.sample(world.compute, len(world.compute))
        groups.append([pool.pop() for _ in range(n)])
    if STRIPED_WRITE in kinds:
        groups = groups[:4] + [rng.sample(world.compute, min(6, len(world.compute)))]
    time, started, pauses = 0.0, 0, rng.random() < 0.5
    paused: list[int] = []
    for i in range(length):
        if rng.random() < 0.4:
            time += rng.choice([0.01, 0.1, rng.random() * 0.3])
        what = rng.random()
        if what < 0.08 and started:
            lines.append(['cancel', time, rng.randrange(started)])
        elif what < 0.14:
            lines.append(['loads', time])
        elif what < 0.3 and pauses and started:
            lines.append(pause(rng, time, started, paused))
        else:
            kind, nodes = rng.choice(kinds), groups[i % len(groups)]
            targets = world.pfs if kind in (PFS_READ, PFS_WRITE) else []
            if kind == EXCHANGE:
                what_starts = [kind, len(nodes), *nodes, 0, 0, 0, rng.randrange(NUM_MATRIX_PATTERNS), amount(rng), 0, 0]
            else:
                what_starts = io(kind, nodes, amount(rng), targets, rng.choice([0, 0.5]))
            lines.append(['start', time, started, *what_starts])
            started += 1
    lines += [['go_on', time, which] for which in paused]
    return '\n'.join(' '.join(map(repr_number, line)) for line in lines) + '\n'


def repr_number(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
