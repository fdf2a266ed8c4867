"""The machine of a log, and the platform file that stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, TextIO


@dataclass
class Machine:
    """`nodes` is None until somebody knows. Speeds in the units of platform files."""

    nodes: Optional[int]
    cores: int = 1
    gpus: int = 0
    speed: str = '1Gf'
    bandwidth: str = '12.5GBps'
    latency: str = '1us'


def write_platform(machine: Machine, out: TextIO) -> None:
    """Equal nodes behind a switch that never limits. Names have equal length, so that their lexicographic order, which
    gives the node IDs, is the numeric one."""
    nodes = machine.nodes or 1
    first = 10 ** len(str(nodes - 1))
    gpus = f'\n      <prop id="num_gpus" value="{machine.gpus}"/>\n      <prop id="flops_per_gpu" value="100Tf"/>'
    if machine.gpus > 1:
        gpus += '\n      <prop id="gpu_to_gpu_bw" value="200GBps"/>'
    body = f'>{gpus}\n    </cluster>' if machine.gpus else '/>'
    out.write(f"""<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="machine" routing="Full">
    <zone id="service" routing="Full">
      <host id="batch" speed="1Gf">
        <prop id="batch_system" value="true"/>
      </host>
    </zone>
    <cluster id="nodes" prefix="n" radical="{first}-{first + nodes - 1}" suffix="" speed="{machine.speed}"\
 core="{machine.cores}"
             bw="{machine.bandwidth}" lat="{machine.latency}" sharing_policy="SPLITDUPLEX" router_id="switch"{body}
  </zone>
</platform>
""")
