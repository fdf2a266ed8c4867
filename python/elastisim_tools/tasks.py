"""What task_times tells of each job's tasks: how often each ran on a node, and how long that took."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .run import OutputError


@dataclass
class TaskTime:
    """A row: the task ended then, on that node, after so many seconds."""

    end: float
    seconds: float
    node: str
    job: int
    task: str


@dataclass
class TaskSum:
    """All of a job's tasks of one name."""

    times: int = 0
    seconds: float = 0.0
    longest: float = 0.0


def read_task_times(path: Path) -> Iterator[TaskTime]:
    with open(path, newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            try:
                yield TaskTime(float(row['Time']), float(row['Duration']), row['Node'], int(row['Job']),
                               row['Task'] or 'task')
            except (KeyError, TypeError, ValueError) as error:
                raise OutputError(f'{path}: is no file of task times: {error}') from error


def tasks_of(path: Path) -> dict[tuple[int, str], TaskSum]:
    """By job and name, in the order in which the first of them ended."""
    tasks: dict[tuple[int, str], TaskSum] = {}
    for row in read_task_times(path):
        task = tasks.setdefault((row.job, row.task), TaskSum())
        task.times += 1
        task.seconds += row.seconds
        task.longest = max(task.longest, row.seconds)
    return tasks
