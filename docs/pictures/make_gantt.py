#!/usr/bin/env python3
"""Draws the Gantt chart of the README out of the result files of a run.

usage: python3 docs/pictures/make_gantt.py [RESULTS [PICTURE]]

RESULTS is the folder that holds job_statistics.csv and node_utilization.csv (by default output, where
configurations/example.json has them written), PICTURE the file to write (by default docs/pictures/gantt.png; its
ending chooses the format). Above, each node is a row and each job a block on the nodes it ran on, coloured by the type
of the job; white is idle. Below is the number of jobs that waited. The colours keep their order of lightness in
black and white. The same results give the same bytes.

Needs matplotlib (Debian: python3-matplotlib).
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "elastisim", "font.size": 9, "axes.linewidth": 0.6})

from matplotlib import pyplot  # noqa: E402 (the backend is chosen before)
from matplotlib.patches import Patch, PathPatch  # noqa: E402
from matplotlib.path import Path as Outline  # noqa: E402

COLOURS = {
    "rigid": "#0d0887",
    "moldable": "#7e03a8",
    "malleable": "#cc4778",
    "evolving": "#f89540",
    "adaptive": "#fcce25",
}
HOUR = 3600.0


@dataclass(frozen=True)
class Block:
    """A job on neighbouring nodes, from `first` to before `last`, for a span of time in hours."""

    job: str
    start: float
    end: float
    first: int
    last: int


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def spans(table: list[dict[str, str]]) -> tuple[dict[tuple[str, float, float], list[int]], int]:
    """The nodes, in ascending order, of each job and span of time in which they ran it; and the number of nodes."""
    numbers: dict[str, int] = {}
    running: dict[str, tuple[str, float]] = {}
    nodes = defaultdict(list)
    for row in table:
        number = numbers.setdefault(row["Node"], len(numbers))
        time, job = float(row["Time"]) / HOUR, row["Running jobs"]
        before = running.get(row["Node"], ("none", 0.0))
        if job == before[0]:
            continue
        if before[0] != "none" and time > before[1]:
            nodes[(before[0], before[1], time)].append(number)
        running[row["Node"]] = (job, time)
    for numbers_of_span in nodes.values():
        numbers_of_span.sort()
    return nodes, len(numbers)


def blocks(nodes: dict[tuple[str, float, float], list[int]]) -> Iterator[Block]:
    for (job, start, end), numbers in nodes.items():
        first = 0
        for i, number in enumerate(numbers):
            if i + 1 == len(numbers) or numbers[i + 1] != number + 1:
                yield Block(job, start, end, numbers[first], number + 1)
                first = i + 1


def rectangle(block: Block) -> Outline:
    left, right, bottom, top = block.start, block.end, block.first, block.last
    return Outline([(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)], closed=True)


def draw_nodes(axes: pyplot.Axes, table: list[dict[str, str]], types: dict[str, str]) -> None:
    nodes, count = spans(table)
    outlines = defaultdict(list)
    for block in blocks(nodes):
        outlines[types[block.job]].append(rectangle(block))
    for kind, colour in COLOURS.items():
        if outlines[kind]:
            axes.add_patch(PathPatch(Outline.make_compound_path(*outlines[kind]), facecolor=colour,
                                     edgecolor="white", linewidth=0.3))
    axes.set_ylim(0, count)
    axes.set_ylabel("node")
    axes.set_yticks([*range(0, count, 32), count])


def draw_waiting(axes: pyplot.Axes, jobs: list[dict[str, str]]) -> None:
    """How many jobs are submitted and not started, over time."""
    changes: dict[float, int] = defaultdict(int)
    for job in jobs:
        changes[float(job["Submit Time"]) / HOUR] += 1
        left = job["Start Time"] if float(job["Start Time"]) >= 0 else job["End Time"]
        if float(left) >= 0:
            changes[float(left) / HOUR] -= 1
    times, waiting = [0.0], [0]
    for time in sorted(changes):
        if changes[time]:
            times.append(time)
            waiting.append(waiting[-1] + changes[time])
    axes.fill_between(times, waiting, step="post", color="0.45", linewidth=0)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("jobs waiting")


def draw(results: Path, picture: Path) -> None:
    jobs = rows(results / "job_statistics.csv")
    table = rows(results / "node_utilization.csv")
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(9, 4.6), height_ratios=(4, 1),
                                             layout="constrained")
    draw_nodes(above, table, {job["ID"]: job["Type"] for job in jobs})
    draw_waiting(below, jobs)
    end = max(float(row["Time"]) for row in table) / HOUR
    below.set_xlim(0, end)
    below.set_xticks([hour for hour in range(0, int(end) + 1, 6)])
    below.set_xlabel("simulated time (hours)")
    above.legend(handles=[Patch(color=colour, label=kind) for kind, colour in COLOURS.items()],
                 loc="lower center", bbox_to_anchor=(0.5, 1), ncol=len(COLOURS), frameon=False)
    figure.savefig(picture, dpi=150, metadata={"Date": None} if picture.suffix == ".svg" else {})


def main(arguments: list[str]) -> None:
    results = Path(arguments[0]) if arguments else Path("output")
    picture = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).resolve().parent / "gantt.png"
    draw(results, picture)


if __name__ == "__main__":
    main(sys.argv[1:])
