"""The simulator as a study uses it: which program it is, what it knows, and runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

from .errors import StudyError

Result = dict[str, Any]


def find_simulator(given: Optional[str]) -> str:
    """The program that was asked for, that of ELASTISIM, the one on the path, or the build beside this package."""
    wanted = given or os.environ.get('ELASTISIM')
    built = Path(__file__).resolve().parents[3] / 'build' / 'elastisim'
    found = shutil.which(wanted or 'elastisim') or (str(built) if not wanted and os.access(built, os.X_OK) else None)
    if not found:
        raise StudyError(f"there is no program '{wanted}'; give --elastisim PROGRAM" if wanted else
                         'elastisim is not on the path; give --elastisim PROGRAM, or set ELASTISIM')
    return os.path.abspath(found)


def said_by(program: str, *arguments: str) -> str:
    try:
        return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise StudyError(f'{program}: cannot be run: {error}') from error


@lru_cache
def version_of(program: str) -> str:
    return said_by(program, '--version').split('\n')[0].removeprefix('elastisim ')


@lru_cache
def hash_of_program(program: str) -> str:
    return hashlib.sha256(Path(program).read_bytes()).hexdigest()[:16]


@lru_cache
def configuration_keys(program: str) -> tuple[str, ...]:
    rows = said_by(program, '--help-configuration').splitlines()[1:]
    return tuple(match.group() for row in rows if (match := re.match(r'\w+', row)))


def run_batch(program: str, descriptions: Sequence[dict[str, Any]], jobs: int, directory: str) -> Iterator[Result]:
    """Hands runs to `elastisim --batch`; gives its answers as they come, one for each run that it could end."""
    if not descriptions:
        return
    with tempfile.TemporaryFile('w+', encoding='utf-8') as lines:
        for description in descriptions:
            lines.write(json.dumps(description) + '\n')
        lines.seek(0)
        with subprocess.Popen([program, '--batch', '--jobs', str(jobs)], cwd=directory, stdin=lines, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout
            for line in process.stdout:
                yield json.loads(line)
