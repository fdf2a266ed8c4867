"""Studies and runs as pandas frames."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Union

from ..run import FILES
from .errors import StudyError

if TYPE_CHECKING:
    from pandas import DataFrame

PathLike = Union[str, Path]


@dataclass(frozen=True)
class StudyFrames:
    runs: DataFrame  # a row for each run: axes, seed, status, metrics, hashes
    groups: DataFrame  # a row for each group and metric: mean, intervals, differences


@dataclass(frozen=True)
class RunFrames:
    """A frame for each result file that is there, else None."""

    jobs: DataFrame
    nodes: Optional[DataFrame]
    tasks: Optional[DataFrame]
    events: Optional[DataFrame]


def load_study(folder: PathLike) -> StudyFrames:
    """The tables that `elastisim-study table` left in the folder of a study."""
    import pandas
    database = Path(folder) / 'study.sqlite'
    if not database.is_file():
        raise StudyError(f'{folder}: there is no study.sqlite; elastisim-study table makes it')
    with closing(sqlite3.connect(f'{database.resolve().as_uri()}?mode=ro', uri=True)) as connection:
        return StudyFrames(*(pandas.read_sql_query(f'SELECT * FROM {name}', connection) for name in ('runs', 'groups')))


def load_run(folder: PathLike) -> RunFrames:
    """The results in a folder of a run: of a study (runs/KEY), or of elastisim --output."""
    import pandas
    place = Path(folder)
    jobs = place / FILES['job_statistics']
    if not jobs.is_file():
        raise StudyError(f'{folder}: there is no {FILES["job_statistics"]}; give the folder of a run')

    def table(key: str) -> Optional[DataFrame]:
        path = place / FILES[key]
        return pandas.read_csv(path) if path.is_file() else None

    events = place / FILES['events']
    listed = None
    if events.is_file():
        listed = [json.loads(line) for line in events.read_text(encoding='utf-8').splitlines()]
    return RunFrames(pandas.read_csv(jobs), table('node_utilization'), table('task_times'),
                     pandas.DataFrame(listed) if listed is not None else None)
