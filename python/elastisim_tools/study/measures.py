"""The metrics of finished runs: those of elastisim-stats, of the part of a run that is not cut away."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from ..metrics import ALL, METRICS, Figures, statistics_of
from ..run import Job, Run, load_run
from .description import Cut
from .materials import hash_of, write_whole
from .statistics import mser5

LABELS = {metric.key: metric for metric in METRICS}


def metric_label(name: str) -> str:
    group, _, key = name.rpartition('/')
    metric = LABELS[key]
    unit = {'s': ' (s)', 'percent': ' (share)', 'J': ' (J)', 'g': ' (g CO2)'}.get(metric.unit, '')
    return f'{metric.label}{f" of {group} jobs" if group else ""}{unit}'


def kept_jobs(jobs: Sequence[Job], cut: Cut) -> list[Job]:
    """Without the warm-up and the cool-down, by submission."""
    ordered = sorted(jobs, key=lambda job: (job.submit, job.id))
    if not ordered:
        return []
    first, last = ordered[0].submit, ordered[-1].submit
    begin = mser5([job.wait for job in ordered if job.has_run]) if cut.mser else cut.warm_up_jobs
    kept = ordered[begin:len(ordered) - cut.cool_down_jobs]
    return [job for job in kept if job.submit >= first + cut.warm_up and job.submit <= last - cut.cool_down]


def measure(folder: Path, cut: Cut, nodes: Optional[int]) -> dict[str, Figures]:
    """The figures of a run, by group; kept beside its results once they are known."""
    cache = folder / f'metrics-{hash_of(cut.__dict__)}.json'
    try:
        known = json.loads(cache.read_text(encoding='utf-8'))
        if isinstance(known, dict):
            return known
    except (OSError, ValueError):
        pass
    run = load_run(str(folder))
    kept = kept_jobs(run.jobs, cut)
    statistics = statistics_of(Run(run.name, kept, run.files), None)
    groups = {group: dict(figures) for group, figures in statistics.groups.items()}
    for group, figures in groups.items():
        complete(figures, groups[ALL], [job for job in kept if group in (ALL, job.type)], nodes, cut)
    for kind in {job.type for job in kept}:
        groups.setdefault(kind, groups[ALL])  # a run with jobs of one type has no group of its own for them
    write_whole(cache, json.dumps(groups) + '\n')
    return groups


def complete(figures: Figures, whole: Figures, jobs: Sequence[Job], nodes: Optional[int], cut: Cut) -> None:
    """Utilisation needs the number of nodes, which the simulator told. Of a part of a run it is not known."""
    span = whole['span']
    seconds = [job.node_seconds for job in jobs]
    known = cut.is_empty and nodes and span and all(value is not None for value in seconds)
    figures['node_utilization'] = math.fsum(value or 0 for value in seconds) / (span * nodes) \
        if known and span and nodes else None


def value_of(groups: dict[str, Figures], name: str) -> Optional[float]:
    """A metric, such as wait_mean, or malleable/wait_mean; None where it is not known."""
    group, _, key = name.rpartition('/')
    return groups.get(group or ALL, {}).get(key)
