"""The flow model gives SimGrid's times: random platforms with random loads and workloads, run with both models."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT, SIMULATOR

sys.path.insert(0, str(ROOT / 'tests' / 'differential'))
import compare  # noqa: E402
import random_workload  # noqa: E402

FIRST, LAST = 1, 150  # seeds, of scripts for the port and of whole runs each
STEP = 10


@pytest.mark.parametrize('first', range(FIRST, LAST + 1, STEP))
def test_loads_of_random_scripts_end_at_the_same_times(first: int, tmp_path: Path) -> None:
    if not os.path.exists(compare.REPLAY):
        pytest.skip('ELASTISIM_REPLAY does not name the program replay')
    for seed in range(first, first + STEP):
        assert (seed, compare.compare_port(tmp_path, seed)) == (seed, None)


@pytest.mark.parametrize('first', range(FIRST, LAST + 1, 3 * STEP))
def test_storms_of_loads_end_at_the_same_times(first: int, tmp_path: Path) -> None:
    if not os.path.exists(compare.REPLAY):
        pytest.skip('ELASTISIM_REPLAY does not name the program replay')
    for seed in range(first, first + STEP):
        assert (seed, compare.compare_storms(tmp_path, seed)) == (seed, None)


@pytest.mark.parametrize('first', range(FIRST, LAST + 1, STEP))
def test_random_workloads_have_the_same_results(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + STEP):
        folder = tmp_path / str(seed)
        folder.mkdir()
        assert (seed, compare.compare_runs(folder, seed)) == (seed, None)


@pytest.mark.parametrize('first', range(1, 41, STEP))
def test_machines_that_fail_have_the_same_results(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + STEP):
        folder = tmp_path / str(seed)
        folder.mkdir()
        assert (seed, compare.compare_unsteady(folder, seed)) == (seed, None)


def test_platform_with_profiles_is_left_to_simgrid_with_a_note(tmp_path: Path) -> None:
    folder = tmp_path
    random_workload.write_workload(random.Random(1), folder, 2, compare.RESTLESS)
    text = (folder / 'platform.xml').read_text()
    text = text.replace('<host id="batch" speed="1Gf">', '<host id="batch" speed="1Gf" speed_file="speed.txt">')
    (folder / 'platform.xml').write_text(text)
    (folder / 'speed.txt').write_text('0 1\n1 0.5\n')
    done = subprocess.run([SIMULATOR, 'config.json', '--model=flow'], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'note: platform.xml: the platform changes over time' in done.stderr


def test_unknown_model_is_refused() -> None:
    done = subprocess.run([SIMULATOR, 'config.json', '--model=fast'], capture_output=True, text=True)
    assert done.returncode == 2
    assert 'command line: --model fast: must be flow or simgrid' in done.stderr
