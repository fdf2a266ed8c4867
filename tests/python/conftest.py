"""Fixtures: a simulator to talk to, and schedulers in threads and processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'python'), str(ROOT / 'schedulers')]

from standin import Background, Script, Simulator, Start  # noqa: E402

# No time limits per example and no shared files: the tests may run side by side on a busy machine.
settings.register_profile('side-by-side', database=None, deadline=None)
settings.load_profile('side-by-side')


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f'ipc://{tmp_path}/s.ipc'


@pytest.fixture
def simulator(url: str) -> Iterator[Simulator]:
    simulator = Simulator(url)
    yield simulator
    simulator.vanish()


@pytest.fixture
def start(simulator: Simulator) -> Start:
    """Starts a scheduling function beside the simulator."""
    return lambda function: Background(function, simulator.url)


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    """Starts a script, given as a path or as a text, in a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def start(source: Path | str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        path = source
        if not isinstance(source, Path):
            path = tmp_path / 'script.py'
            path.write_text(source)
        inherited = {k: v for k, v in os.environ.items() if k != 'ELASTISIM_URL'}
        process = subprocess.Popen(
            [sys.executable, str(path), *arguments], stderr=subprocess.PIPE, text=True,
            env={**inherited, 'PYTHONPATH': str(ROOT / 'python'), **environment})
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
