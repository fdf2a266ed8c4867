"""Fixtures: a simulator to talk to, and schedulers in threads and processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'python'), str(ROOT / 'schedulers')]

from standin import Background, Simulator  # noqa: E402

# No time limits per example and no shared files: the tests may run side by side on a busy machine.
settings.register_profile('side-by-side', database=None, deadline=None)
settings.load_profile('side-by-side')


@pytest.fixture
def url(tmp_path):
    return f'ipc://{tmp_path}/s.ipc'


@pytest.fixture
def simulator(url):
    simulator = Simulator(url)
    yield simulator
    simulator.vanish()


@pytest.fixture
def start(simulator):
    """Starts a scheduling function beside the simulator."""
    return lambda function: Background(function, simulator.url)


@pytest.fixture
def script(tmp_path):
    """Starts a script, given as a path or as a text, in a process of its own."""
    processes = []

    def start(source, *arguments, **environment):
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
