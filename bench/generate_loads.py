#!/usr/bin/env python3
"""Generates the scenarios in which the network and the file system are what costs time.

usage: generate_loads.py SCENARIO FOLDER [--scale F] [--seed N]

Scenarios: storm, gale, wide, wide-torus, wide-dragonfly, campaign, malleable-month.
--scale makes a smaller scenario of the same kind: that share of the rounds, iterations or jobs.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLATFORM = """<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="machine" routing="Full">
    <zone id="service" routing="Full">
      <host id="batch" speed="1Gf"><prop id="batch_system" value="true"/></host>
    </zone>
    {cluster}
    {storage}
  </zone>
</platform>
"""

STORAGE = """<zone id="storage" routing="Full">
      <host id="pfs" speed="1Gf"><prop id="pfs_host" value="true"/></host>
    </zone>
    <link id="PFS_read" bandwidth="400GBps" latency="5us"/>
    <link id="PFS_write" bandwidth="300GBps" latency="5us"/>
    <zoneRoute src="storage" dst="nodes" gw_src="pfs" gw_dst="{router}" symmetrical="NO"><link_ctn id="PFS_read"/>
    </zoneRoute>
    <zoneRoute src="nodes" dst="storage" gw_src="{router}" gw_dst="pfs" symmetrical="NO"><link_ctn id="PFS_write"/>
    </zoneRoute>"""

CROSSBAR = ('<cluster id="nodes" prefix="n" suffix="" radical="{first}-{last}" speed="2Tf" bw="12.5GBps" lat="1us" '
            'sharing_policy="SPLITDUPLEX" router_id="switch">{properties}</cluster>')

TREE = ('<cluster id="nodes" prefix="n" suffix="" radical="10000-13999" speed="2Tf" bw="12.5GBps" lat="1us" '
        'sharing_policy="SPLITDUPLEX" topology="FAT_TREE" topo_parameters="3;20,20,10;1,10,10;1,1,1"/>')

# 10,000 nodes each. They have no router that the route to the file system could end at: it ends at the first node.
TORUS = ('<cluster id="nodes" prefix="n" suffix="" radical="10000-19999" speed="2Tf" bw="12.5GBps" lat="1us" '
         'sharing_policy="SPLITDUPLEX" topology="TORUS" topo_parameters="25,20,20"/>')

DRAGONFLY = ('<cluster id="nodes" prefix="n" suffix="" radical="10000-19999" speed="2Tf" bw="12.5GBps" lat="1us" '
             'sharing_policy="SPLITDUPLEX" topology="DRAGONFLY" topo_parameters="10,4;10,2;25,1;4"/>')

BUFFERS = ('<prop id="node_local_bb" value="true"/><prop id="bb_read_bw" value="4GBps"/>'
           '<prop id="bb_write_bw" value="2GBps"/>')


def write(folder: Path, name: str, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content) + '\n'
    (folder / name).write_text(text, encoding='utf-8')


def write_scenario(folder: Path, platform: str, models: dict[str, Any], jobs: list[dict[str, Any]],
                   has_pfs: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, 'platform.xml', platform)
    for name, model in models.items():
        write(folder, name, model)
    write(folder, 'jobs.json', '{"jobs": [\n' + ',\n'.join(json.dumps(job) for job in jobs) + '\n]}\n')
    write(folder, 'config.json', {
        'platform_file': 'platform.xml', 'jobs_file': 'jobs.json', 'scheduler': 'builtin:fcfs',
        'schedule_on_job_submit': True, 'schedule_on_job_finalize': True, 'schedule_on_scheduling_point': True,
        'pfs_read_links': ['PFS_read'] if has_pfs else [], 'pfs_write_links': ['PFS_write'] if has_pfs else [],
        'job_statistics': 'job_statistics.csv'})


def crossbar(nodes: int, properties: str = '') -> str:
    first = 10 ** len(str(nodes))
    return PLATFORM.format(cluster=CROSSBAR.format(first=first, last=first + nodes - 1, properties=properties),
                           storage=STORAGE.format(router='switch'))


def storm(folder: Path, scale: float, rng: random.Random, num_jobs: int = 200) -> None:
    """1,000 nodes; 200 jobs of 5 nodes write different amounts to one file system at once, in 20 rounds."""
    rounds = max(1, round(20 * scale))
    models = {'storm.json': {'phases': [{'iterations': rounds, 'tasks': [
        {'type': 'busy_wait', 'name': 'step', 'delay': 10},
        {'type': 'pfs_write', 'name': 'dump', 'bytes': 'size', 'pattern': 'all_ranks'}]}]}}
    jobs = [{'type': 'rigid', 'submit_time': 0, 'num_nodes': 5, 'application_model': 'storm.json',
             'arguments': {'size': rng.randint(10, 100) * 10**9}} for _ in range(num_jobs)]
    write_scenario(folder, crossbar(5 * num_jobs), models, jobs, True)


def gale(folder: Path, scale: float, rng: random.Random) -> None:
    """A storm of ten times the size: 10,000 nodes, 2,000 jobs, 20 rounds."""
    storm(folder, scale, rng, 2000)


def wide(folder: Path, scale: float, rng: random.Random) -> None:
    """One job on all 4,000 nodes of a fat tree: an all-to-all in each of 100 iterations."""
    del rng
    models = {'wide.json': {'phases': [{'iterations': max(1, round(100 * scale)), 'tasks': [
        {'type': 'cpu', 'name': 'step', 'flops': 4e15, 'computation_pattern': 'all_ranks', 'bytes': 4e13,
         'communication_pattern': 'all_to_all'}]}]}}
    jobs = [{'type': 'rigid', 'submit_time': 0, 'num_nodes': 4000, 'application_model': 'wide.json'}]
    write_scenario(folder, PLATFORM.format(cluster=TREE, storage=''), models, jobs, False)


def wide_write(folder: Path, scale: float, rng: random.Random, cluster: str) -> None:
    """One job on all 10,000 nodes: 10 iterations of a computation with an all-to-all, and of a write of all nodes to
    the file system. Amounts have a uniform logarithm within a factor of two."""
    flops, size = 1e16 * 2 ** rng.random(), 1e14 * 2 ** rng.random()
    models = {'wide.json': {'phases': [{'iterations': max(1, round(10 * scale)), 'tasks': [
        {'type': 'cpu', 'name': 'step', 'flops': flops, 'computation_pattern': 'all_ranks', 'bytes': size,
         'communication_pattern': 'all_to_all'},
        {'type': 'pfs_write', 'name': 'state', 'bytes': size, 'pattern': 'all_ranks'}]}]}}
    jobs = [{'type': 'rigid', 'submit_time': 0, 'num_nodes': 10_000, 'application_model': 'wide.json'}]
    write_scenario(folder, PLATFORM.format(cluster=cluster, storage=STORAGE.format(router='n10000')), models, jobs,
                   True)


def wide_torus(folder: Path, scale: float, rng: random.Random) -> None:
    """On a torus of 25 x 20 x 20 nodes."""
    wide_write(folder, scale, rng, TORUS)


def wide_dragonfly(folder: Path, scale: float, rng: random.Random) -> None:
    """On a dragonfly of ten groups, ten chassis in each, 25 blades in each, four nodes on each."""
    wide_write(folder, scale, rng, DRAGONFLY)


def campaign_models() -> dict[str, Any]:
    """A solver that exchanges and dumps, an analysis that reads, a pipeline through the burst buffer."""
    return {
        'solver.json': {
            'on_init': {'tasks': [{'type': 'pfs_read', 'name': 'load', 'bytes': 'size', 'pattern': 'all_ranks'}]},
            'phases': [{'iterations': 'steps', 'tasks': [
                {'type': 'cpu', 'name': 'step', 'flops': 'work', 'computation_pattern': 'all_ranks', 'bytes': 'size',
                 'communication_pattern': 'all_to_all'},
                {'type': 'pfs_write', 'name': 'dump', 'bytes': 'size', 'pattern': 'all_ranks', 'async': True}]}]},
        'analysis.json': {'phases': [{'iterations': 'steps', 'tasks': [
            {'type': 'pfs_read', 'name': 'chunk', 'bytes': 'size', 'pattern': 'all_ranks'},
            {'type': 'cpu', 'name': 'reduce', 'flops': 'work', 'computation_pattern': 'all_ranks', 'bytes': 'size / 10',
             'communication_pattern': 'gather'}]}]},
        'pipeline.json': {'phases': [{'iterations': 'steps', 'tasks': [
            {'type': 'bb_read', 'name': 'stage', 'bytes': 'size', 'pattern': 'all_ranks'},
            {'type': 'busy_wait', 'name': 'run', 'delay': 30},
            {'type': 'cpu', 'name': 'halo', 'bytes': 'size / 10', 'communication_pattern': 'ring'},
            {'type': 'bb_write', 'name': 'store', 'bytes': 'size', 'pattern': 'all_ranks'}]}]},
    }


def campaign(folder: Path, scale: float, rng: random.Random) -> None:
    """1,000 nodes, 100,000 jobs of all types that compute, exchange and do I/O."""
    models, jobs, time = campaign_models(), [], 0.0
    for _ in range(max(10, round(100_000 * scale))):
        time += rng.expovariate(1 / 6.0)
        kind = rng.choice(['rigid', 'rigid', 'moldable', 'malleable', 'evolving', 'adaptive'])
        nodes = rng.choice([2, 4, 4, 8, 8, 16, 32])
        job: dict[str, Any] = {
            'type': kind, 'submit_time': round(time, 3), 'application_model': rng.choice(sorted(models)),
            'arguments': {'steps': rng.randint(2, 6), 'size': nodes * rng.randint(1, 20) * 10**9,
                          'work': nodes * rng.randint(40, 400) * 10**12}}
        job |= {'num_nodes': nodes} if kind == 'rigid' else {'num_nodes_min': max(1, nodes // 2),
                                                             'num_nodes_max': 2 * nodes}
        jobs.append(job)
    write_scenario(folder, crossbar(1000, BUFFERS), models, jobs, True)


def malleable_month(folder: Path, scale: float, rng: random.Random) -> None:
    """4,000 nodes, 50,000 malleable jobs, which iterate 100 times on average: they compute, exchange and write. At the
    size that a job prefers, sizes of 1 to 128 and steps of 10 to 180 s have a uniform logarithm; it takes half to twice
    as many nodes. The offered load is 0.85 over four weeks."""
    nodes, load, flops = 4000, 0.85, 2e12
    models = {'solver.json': {'phases': [{'iterations': 'steps', 'tasks': [
        {'type': 'cpu', 'name': 'step', 'flops': 'work', 'computation_pattern': 'all_ranks', 'bytes': 'halo',
         'communication_pattern': 'ring'},
        {'type': 'pfs_write', 'name': 'state', 'bytes': 'size', 'pattern': 'all_ranks'}]}]}}
    jobs: list[dict[str, Any]] = []
    node_seconds = []
    for _ in range(max(10, round(50_000 * scale))):
        size, steps, seconds = int(2 ** rng.uniform(0, 7)), rng.randint(50, 150), 10 * 18 ** rng.random()
        node_seconds.append(size * steps * seconds)
        jobs.append({'type': 'malleable', 'num_nodes_min': max(1, size // 2), 'num_nodes_max': 2 * size,
                     'num_nodes_preferred': size, 'walltime': round(4 * steps * seconds) + 600,
                     'application_model': 'solver.json',
                     'arguments': {'steps': steps, 'work': size * seconds * flops, 'halo': size * 10**8,
                                   'size': size * 10**8}})
    time, gap = 0.0, sum(node_seconds) / len(jobs) / (load * nodes)
    for job in jobs:
        time += rng.expovariate(1 / gap)
        job['submit_time'] = round(time, 3)
    write_scenario(folder, crossbar(nodes), models, jobs, True)


SCENARIOS: dict[str, Callable[[Path, float, random.Random], None]] = {
    'storm': storm, 'gale': gale, 'wide': wide, 'wide-torus': wide_torus, 'wide-dragonfly': wide_dragonfly,
    'campaign': campaign, 'malleable-month': malleable_month}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('scenario', choices=SCENARIOS)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--scale', type=float, default=1)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    SCENARIOS[options.scenario](options.folder, options.scale, random.Random(options.seed))
    return 0


if __name__ == '__main__':
    sys.exit(main())
