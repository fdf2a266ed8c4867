"""elastisim-workload describe and validate: figures worked out by hand on small logs, and of independent libraries."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from elastisim_tools.workload import describe, validate
from hypothesis import given
from hypothesis import strategies as some
from logs import simulate, workload
from scipy import stats
from test_log_import import row

HEADER = '; MaxNodes: 4\n; MaxProcs: 4\n; UnixStartTime: 1704067200\n; TimeZone: 0\n'  # Monday 2024-01-01, 0 h
WEEK = 7 * 86400


def run(tmp_path: Path, *rows: str) -> Path:
    (tmp_path / 'log.swf').write_text(HEADER + '\n'.join(rows) + '\n')
    workload('import', 'swf', 'log.swf', '-o', 'run', cwd=tmp_path)
    simulate(tmp_path / 'run')
    return tmp_path / 'run'


def test_a_workload_is_described_by_figures_worked_out_by_hand(tmp_path: Path) -> None:
    run(tmp_path, row(1, 0, run=100, procs=1, time=200, user=7), row(2, 3600, run=300, procs=4, time=400, user=7),
        row(3, WEEK + 7200, run=200, procs=3, time=800, user=8))
    values = json.loads(workload('describe', 'run', '--format', 'json', cwd=tmp_path))
    assert (values['jobs'], values['nodes'], values['span'], values['users']) == (3, 4, WEEK + 7200, 2)
    assert values['runtimes']['mean'] == 200 and values['runtimes']['q50'] == 200 and values['runtimes']['q25'] == 150
    assert values['estimate_accuracy']['mean'] == pytest.approx((0.5 + 0.75 + 0.25) / 3)
    assert values['jobs_by_size'] == {'1': 1, '3-4': 2} and values['power_of_two'] == pytest.approx(2 / 3)
    assert values['jobs_by_hour'][:4] == [1, 1, 1, 0] and values['jobs_by_weekday'] == [3, 0, 0, 0, 0, 0, 0]
    assert values['load_by_week'] == pytest.approx([1300 / (4 * WEEK), 600 / (4 * WEEK)])
    assert values['busiest_users'] == {'7': 2, '8': 1}
    text = workload('describe', 'run', cwd=tmp_path)
    assert text.startswith('run: 3 jobs on 4 nodes (3 rigid), submitted over 7.1 days from 2024-01-01T00:00:00+00:00\n')


def test_waits_are_compared_with_those_of_the_log(tmp_path: Path) -> None:
    # The log has job 2 start at 50, the simulator when job 1 has ended.
    run(tmp_path, row(1, 0, 0, 100, 4, time=100, user=1), row(2, 10, 40, 100, 4, time=100, user=2))
    told = json.loads(workload('validate', 'run/output', '--log', 'log.swf', '--nodes', 4, '--json', '--jobs',
                               'jobs.csv', cwd=tmp_path))
    assert told['all']['recorded_mean_wait'] == 20 and told['all']['simulated_mean_wait'] == 45
    assert told['all']['mean_difference'] == 25 and told['all']['mean_absolute_difference'] == 25
    assert told['groups']['user']['2']['mean_difference'] == 50 and told['all']['pearson'] == pytest.approx(1)
    assert told['utilization_by_week'] == {'recorded': [800 / (4 * WEEK)], 'simulated': [800 / (4 * WEEK)]}
    assert (tmp_path / 'jobs.csv').read_text().splitlines()[2] == '2,4,10,50,100,40,90'
    text = workload('validate', 'run/output', '--log', 'log.swf', '--nodes', 4, cwd=tmp_path)
    assert text.startswith('2 jobs are in both, 0 of the run are not in the log; 100.0 % start within a minute')


def test_a_run_of_another_log_is_told(tmp_path: Path) -> None:
    run(tmp_path, row(1))
    (tmp_path / 'other.swf').write_text(HEADER + row(9) + '\n')
    said = workload('validate', 'run/output', '--log', 'other.swf', '--nodes', 4, cwd=tmp_path, status=2)
    assert said == ('elastisim-workload: error: run/output: none of its jobs is in other.swf with a start; was the '
                    'workload imported from another log?\n')


@pytest.mark.parametrize('suffix', ['svg', 'pdf', 'png'])
def test_figures_are_drawn_alike_each_time(suffix: str, tmp_path: Path) -> None:
    run(tmp_path, row(1), row(2, 5))
    for command in (('describe', 'run'), ('validate', 'run/output', '--log', 'log.swf', '--nodes', 4)):
        for name in 'ab':
            workload(*command, '--figure', f'{name}.{suffix}', cwd=tmp_path)
        assert (tmp_path / f'a.{suffix}').read_bytes() == (tmp_path / f'b.{suffix}').read_bytes() != b''
        said = workload(*command, '--figure', 'a.gif', cwd=tmp_path, status=2)
        assert "--figure a.gif: '.gif' is not a format; end the name in .svg, .pdf or .png" in said


numbers = some.lists(some.integers(0, 20).map(float), min_size=3, max_size=30)


@given(numbers, some.randoms())
def test_correlations_are_those_of_scipy(left: list[float], random: Random) -> None:
    right = [value + random.randint(0, 5) for value in left]
    if len(set(left)) == 1 or len(set(right)) == 1:
        return
    assert validate.correlation(left, right) == pytest.approx(stats.pearsonr(left, right)[0])
    ranked = validate.correlation(validate.ranks(left), validate.ranks(right))
    assert ranked == pytest.approx(stats.spearmanr(left, right)[0])


@given(numbers, some.floats(0, 1))
def test_quantiles_are_those_of_scipy(values: list[float], share: float) -> None:
    expected = stats.mstats.mquantiles(values, [share], alphap=1, betap=1)[0]
    assert describe.quantile(sorted(values), share) == pytest.approx(expected)


def test_the_interval_holds_the_mean_in_19_of_20_cases() -> None:
    random = Random(5)
    held = 0
    for seed in range(100):
        low, high = validate.interval([random.gauss(3, 2) for _ in range(200)], seed)
        held += low <= 3 <= high
    assert 85 <= held <= 99
