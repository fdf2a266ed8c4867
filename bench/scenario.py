"""What the benchmark generators share: the files of a scenario that consists of delays on one cluster.

A scenario is a folder with platform.xml, delay.json, jobs.json and config.json; the paths inside are relative to the
folder, so that the simulator runs with it as working directory. Jobs are written as they come and never held.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workloads"))

PLATFORM = """<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<!-- {comment} -->
<platform version="4.1">
  <zone id="machine" routing="Full">
    <zone id="service" routing="Full">
      <host id="batch" speed="1Gf">
        <prop id="batch_system" value="true"/>
      </host>
    </zone>
    <cluster id="partition" prefix="n" radical="{first}-{last}" suffix="" speed="2Tf" bw="12.5GBps" lat="1us"/>
  </zone>
</platform>
"""

MODEL: dict[str, Any] = {"phases": [{"tasks": [{"type": "busy_wait", "name": "run", "delay": "runtime"}]}]}

CONFIGURATION: dict[str, Any] = {
    "platform_file": "platform.xml",
    "jobs_file": "jobs.json",
    "scheduler": "builtin:fcfs",
    "schedule_on_job_submit": True,
    "schedule_on_job_finalize": True,
    "job_statistics": "job_statistics.csv",
}


def rigid_job(submit_time: float, nodes: int, runtime: float, walltime: float) -> dict[str, Any]:
    return {
        "type": "rigid",
        "submit_time": round(submit_time, 3),
        "num_nodes": nodes,
        "walltime": walltime,
        "application_model": "delay.json",
        "arguments": {"runtime": round(runtime, 3)},
    }


def write_scenario(folder: Path, nodes: int, comment: str, jobs: Iterable[dict[str, Any]]) -> None:
    """Creates the folder if need be and writes the four files. Node names have equal length."""
    folder.mkdir(parents=True, exist_ok=True)
    first = 10 ** len(str(nodes))
    platform = PLATFORM.format(comment=comment, first=first, last=first + nodes - 1)
    (folder / "platform.xml").write_text(platform, encoding="utf-8")
    (folder / "delay.json").write_text(json.dumps(MODEL, indent=2) + "\n", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIGURATION, indent=2) + "\n", encoding="utf-8")
    with open(folder / "jobs.json", "w", encoding="utf-8", newline="\n") as out:
        out.write('{"jobs": [')
        separator = "\n"
        for job in jobs:
            out.write(separator + json.dumps(job))
            separator = ",\n"
        out.write("\n]}\n")
