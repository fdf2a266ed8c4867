"""elastisim-workload checkpoint-interval: values worked out by hand, and the least of what they estimate."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from elastisim_tools.workload.checkpoints import daly, young
from logs import workload


@pytest.mark.parametrize('write_cost, mtbf, by_young, by_daly', [
    (50, 10000, 1000, 1000 * (1 + 0.05 / 3 + 0.0025 / 9) - 50),  # sqrt(50 / 20000) = 0.05
    (8, 16, 16, 16 * (1 + 1 / 6 + 1 / 36) - 8),
    (9, 4.5, 9, 4.5),
    (8, 1, 4, 1),
    (1e308, 1e308, math.sqrt(2) * 1e308, math.sqrt(2) * (1 + math.sqrt(0.5) / 3 + 1 / 18) * 1e308 - 1e308),
    (1e-300, 1e-320, math.sqrt(2e-300) * math.sqrt(1e-320), 1e-320)])
def test_intervals_are_those_worked_out_by_hand(write_cost: float, mtbf: float, by_young: float,
                                                by_daly: float) -> None:
    assert young(write_cost, mtbf) == pytest.approx(by_young)
    assert daly(write_cost, mtbf) == pytest.approx(by_daly)


def expected_time(interval: float, write_cost: float, mtbf: float) -> float:
    """Of a second of work, by Daly's complete model: a segment of interval + write_cost seconds is begun again at
    each failure, and takes mtbf (e^(segment / mtbf) - 1) on average."""
    return mtbf * math.expm1((interval + write_cost) / mtbf) / interval


@pytest.mark.parametrize('write_cost, mtbf', [(10, 1e6), (60, 86400), (600, 14400), (600, 3600)])
def test_daly_is_nearer_to_the_best_interval_than_young(write_cost: float, mtbf: float) -> None:
    candidates = [young(write_cost, mtbf) * step / 10000 for step in range(2000, 12000)]
    best = min(candidates, key=lambda interval: expected_time(interval, write_cost, mtbf))
    assert daly(write_cost, mtbf) == pytest.approx(best, rel=0.003)
    assert abs(daly(write_cost, mtbf) - best) < abs(young(write_cost, mtbf) - best)


def test_the_nodes_of_a_job_share_its_failures(tmp_path: Path) -> None:
    assert workload('checkpoint-interval', '--write-cost', 50, '--mtbf', 1e6, '--nodes', 100, cwd=tmp_path) == (
        'A failure of the job every 10000 s on average; a checkpoint after each\n'
        '  1000 s of computing (Young 1974)\n  966.944 s of computing (Daly 2006)\n')
    told = workload('checkpoint-interval', '--write-cost', 50, '--mtbf', 10000, '--json', cwd=tmp_path)
    assert json.loads(told) == {'mtbf': 10000, 'young': pytest.approx(1000), 'daly': pytest.approx(966.9444444)}


@pytest.mark.parametrize('arguments, told', [
    (('--mtbf', '1'), 'the following arguments are required: --write-cost'),
    (('--write-cost', '0', '--mtbf', '1'), "argument --write-cost: '0': must be a number above 0"),
    (('--write-cost', '1', '--mtbf', '-1'), "argument --mtbf: '-1': must be a number above 0"),
    (('--write-cost', 'inf', '--mtbf', '1'), "argument --write-cost: 'inf': must be a number above 0"),
    (('--write-cost', '1', '--mtbf', 'nan'), "argument --mtbf: 'nan': must be a number above 0"),
    (('--write-cost', '1', '--mtbf', 'x'), "argument --mtbf: 'x': must be a number above 0"),
    (('--write-cost', '1', '--mtbf', '1', '--nodes', '0'),
     "argument --nodes: '0': must be a whole number of at least 1"),
])
def test_other_values_are_refused(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    said = workload('checkpoint-interval', *arguments, cwd=tmp_path, status=2)
    assert said.endswith(f'elastisim-workload checkpoint-interval: error: {told}\n')
