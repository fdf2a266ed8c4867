"""elastisim-workload generate and fit: the figures of the papers, and distributions against an independent sampling by
scipy; seeds are fixed, so that a test that holds always does."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from elastisim_tools.workload import generating, models
from elastisim_tools.workload.models import LUBLIN, Drawn, Estimates
from logs import PUBLISHED, read, simulate, workload

numpy = pytest.importorskip('numpy')
stats = pytest.importorskip('scipy.stats')

COUNT = 20000


def drawn(model: str, parameters: Any, count: int = COUNT, nodes: int = 128, seed: int = 3) -> list[Drawn]:
    return list(itertools.islice(models.MODELS[model](Random(seed), parameters, nodes, 0.0), count))


def lublin(kind: str, count: int = COUNT, seed: int = 3) -> list[Drawn]:
    return drawn('lublin', {kind: vars(LUBLIN[kind])}, count, seed=seed)


def agree(pvalue: Callable[[int], float]) -> None:
    """Of five seeds, the middle p value: one sample in a hundred is at odds with its own distribution at 1 %."""
    assert sorted(map(pvalue, range(5)))[2] > 0.05


def same(one: Any, other: Any) -> None:
    """Two samples of a distribution, by Kolmogorov and Smirnov."""
    assert stats.ks_2samp(one, other).pvalue > 0.01


# --- Lublin and Feitelson --------------------------------------------------------------------------------------------


@pytest.mark.parametrize('kind, largest, serial, power', [
    ('batch', 128, 0.2927, 0.6686), ('interactive', 45, 0.1541, 0.625), ('all', 128, 0.244, 0.576)])
def test_sizes_have_the_shares_of_the_paper(kind: str, largest: int, serial: float, power: float) -> None:
    sizes = [job.nodes for job in lublin(kind)]
    assert sizes.count(1) / COUNT == pytest.approx(serial, abs=0.01)
    assert max(sizes) == largest and min(sizes) == 1
    assert sum(size > 1 and size & (size - 1) == 0 for size in sizes) / COUNT >= power - 0.01


@pytest.mark.parametrize('kind', LUBLIN)
def test_sizes_are_two_stage_uniform(kind: str) -> None:
    """Independently: numpy draws the shares, the stage and the exponent of all jobs at once."""
    model, rng = LUBLIN[kind], numpy.random.default_rng(5)
    high, middle = 7 - model.below_high, 7 - model.below_middle
    first = rng.random(COUNT) < model.first
    exponent = numpy.where(first, rng.uniform(model.low, middle, COUNT), rng.uniform(middle, high, COUNT))
    share = rng.random(COUNT)
    exponent = numpy.where(share < model.serial + model.power_of_two, numpy.round(exponent), exponent)
    sizes = numpy.where(share < model.serial, 1, numpy.round(2 ** exponent))
    same([job.nodes for job in lublin(kind)], sizes)


@pytest.mark.parametrize('kind', LUBLIN)
def test_run_times_are_hyper_gamma(kind: str) -> None:
    model = LUBLIN[kind]

    def pvalue(seed: int) -> float:
        rng, jobs = numpy.random.default_rng(seed + 7), lublin(kind, 5000, seed)
        share = numpy.clip(model.slope * numpy.array([job.nodes for job in jobs]) + model.offset, 0, 1)
        logs = numpy.full(len(jobs), math.inf)
        while (logs > 12).any():
            first = rng.random(len(jobs)) < share
            again = rng.gamma(numpy.where(first, model.shape_1, model.shape_2),
                              numpy.where(first, model.scale_1, model.scale_2))
            logs = numpy.where(logs > 12, again, logs)
        return float(stats.ks_2samp([math.log(job.runtime) for job in jobs], logs).pvalue)

    agree(pvalue)
    mean = numpy.mean([math.log(job.runtime) for job in lublin('batch', 5000)])
    assert mean == pytest.approx(0.68 * 6.57 * 0.823 + 0.32 * 639.1 * 0.0156, abs=0.15)  # hardly any is over 12


@pytest.mark.parametrize('kind', LUBLIN)
def test_submissions_follow_the_daily_cycle(kind: str) -> None:
    """The share of each half-hour is that of the gamma distribution, whose day begins at five."""
    model = LUBLIN[kind]
    shares = stats.gamma.cdf(numpy.arange(11, 60) - 0.5, model.shape_day, scale=model.scale_day)
    expected = numpy.roll(numpy.diff(shares) / (shares[-1] - shares[0]), 10)
    assert models.lublin_day(model) == pytest.approx(48 * expected)
    places = [int(job.submit % 86400 // 1800) for seed in range(5) for job in lublin(kind, 10000, seed)]
    counted = numpy.bincount(places, minlength=48) / len(places)
    assert numpy.abs(counted - expected).max() < 0.008
    assert numpy.corrcoef(counted, expected)[0, 1] > 0.98


@pytest.mark.parametrize('kind', LUBLIN)
def test_pauses_in_rush_hours_are_gamma(kind: str) -> None:
    """Undoing the cycle: the time that the weights give to a pause is that of the rush hours."""
    model = LUBLIN[kind]
    before = numpy.concatenate([[0], numpy.cumsum(models.lublin_day(model))]) * 1800
    shape, scale = model.shape_between * model.all_to_rush, model.scale_between
    cut = stats.gamma.cdf(13, shape, scale=scale)

    def pvalue(seed: int) -> float:
        times = numpy.array([job.submit for job in lublin(kind, 5000, seed)])
        clock = times // 86400 * before[-1] + numpy.interp(times % 86400, numpy.arange(49) * 1800, before)
        pauses = numpy.log(numpy.diff(clock))
        return float(stats.kstest(pauses, lambda x: stats.gamma.cdf(x, shape, scale=scale) / cut).pvalue)

    agree(pvalue)


def test_classes_are_merged_by_time() -> None:
    jobs = drawn('lublin', models.DEFAULTS['lublin'], 2000)
    assert {job.kind for job in jobs} == {'batch', 'interactive'}
    assert [job.submit for job in jobs] == sorted(job.submit for job in jobs)


# --- Downey, Jann ----------------------------------------------------------------------------------------------------


def test_downey_is_even_in_logarithms() -> None:
    jobs = drawn('downey', models.DEFAULTS['downey'])
    work = [math.log(job.nodes * job.runtime) for job in jobs]
    assert stats.kstest(work, stats.uniform(0, math.log(1e6)).cdf).pvalue > 0.01
    pauses = numpy.diff([job.submit for job in jobs])
    assert stats.kstest(pauses, stats.expon(scale=600).cdf).pvalue > 0.01
    sizes = numpy.round(numpy.exp(numpy.random.default_rng(5).uniform(0, math.log(128), COUNT)))
    same([job.nodes for job in jobs], sizes)


@pytest.mark.parametrize('first, rate_1, rate_2, order', [
    (0.9, 1 / 50, 1 / 5000, 1), (0.7, 1 / 20, 1 / 400, 2), (0.4, 1 / 10, 1 / 90, 3)])
def test_a_hyper_erlang_distribution_is_found_by_its_moments(first: float, rate_1: float, rate_2: float,
                                                             order: int) -> None:
    """Moments of an Erlang distribution: (k + n - 1)! / (k - 1)! / rate ** n. A lower order may have them too."""
    values = []
    for power in (1, 2, 3):
        factor = math.factorial(order + power - 1) / math.factorial(order - 1)
        values.append(factor * (first / rate_1 ** power + (1 - first) / rate_2 ** power))
    found = models.hyper_erlang(values)
    assert found.order <= order
    for power, value in zip((1, 2, 3), values):
        factor = math.factorial(found.order + power - 1) / math.factorial(found.order - 1)
        assert factor * (found.first / found.rate_1 ** power + (1 - found.first) / found.rate_2 ** power) == (
            pytest.approx(value))
    if found.order == order:
        assert found == pytest.approx((first, rate_1, rate_2, order))
    random, rng = Random(2), numpy.random.default_rng(3)
    chosen = rng.random(COUNT) < found.first
    other = rng.gamma(found.order, 1, COUNT) / numpy.where(chosen, found.rate_1, found.rate_2)
    same([found.draw(random) for _ in range(COUNT)], other)


@pytest.mark.parametrize('values', [[5.0, 25.0, 125.0], [0.0, 0.0, 0.0]])
def test_values_that_are_all_equal_get_a_narrow_distribution(values: list[float]) -> None:
    found = models.hyper_erlang(values)
    assert found.order == models.MOST_STAGES and found.order / found.rate_1 == pytest.approx(max(values[0], 1e-9))


# --- Estimates -------------------------------------------------------------------------------------------------------


def test_estimates_are_modal_and_bound_run_times() -> None:
    """20 values for about 90 % of the jobs, the maximum the most popular one (Tsafrir, Etsion and Feitelson)."""
    estimates, random = Estimates(maximum=64800, at_maximum=0.2), Random(4)
    values = [estimates.draw(random, 1) for _ in range(COUNT)]
    counts = sorted(((values.count(value), value) for value in set(values)), reverse=True)
    assert counts[0][1] == 64800 and counts[0][0] / COUNT == pytest.approx(0.2, abs=0.01)
    assert sum(count for count, _ in counts[:20]) / COUNT == pytest.approx(0.9, abs=0.03)
    assert all(estimates.draw(random, runtime) >= runtime for runtime in range(1, 64801, 97))
    assert estimates.draw(random, 70000) == 64800


# --- The commands ----------------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_folder_which_runs(tmp_path: Path) -> None:
    for name, seed in (('a', 5), ('b', 5), ('c', 6)):
        workload('generate', 'lublin', '--jobs', 200, '--nodes', 32, '--seed', seed, '-o', name, cwd=tmp_path)
    a, b, c = ((tmp_path / name / 'jobs.json').read_bytes() for name in 'abc')
    assert a == b != c
    jobs, report = read(tmp_path / 'a')
    assert len(jobs) == report['kept'] == 200 and report['nodes'] == 32
    assert all(1 <= job['num_nodes'] <= 32 for job in jobs)
    assert [job['submit_time'] for job in jobs] == sorted(job['submit_time'] for job in jobs)
    assert len(simulate(tmp_path / 'a')) == 200


def test_the_load_is_as_asked_for(tmp_path: Path) -> None:
    workload('generate', 'downey', '--jobs', 500, '--nodes', 64, '--load', 0.7, '--no-estimates', '-o', 'a',
             cwd=tmp_path)
    described = json.loads(workload('describe', 'a', '--format', 'json', cwd=tmp_path))
    jobs, _ = read(tmp_path / 'a')
    span = jobs[-1]['submit_time'] - jobs[0]['submit_time']
    work = sum(job['num_nodes'] * job['arguments']['runtime'] for job in jobs)
    assert work / span / 64 == pytest.approx(0.7, rel=0.01) and described['jobs'] == 500
    assert not any('walltime' in job for job in jobs)


@pytest.mark.skipif(not (PUBLISHED / 'traces').is_dir(), reason='the published traces are not at ELASTISIM_PUBLISHED')
@pytest.mark.parametrize('model', models.MODELS)
def test_a_model_fitted_to_a_log_is_like_it(model: str, tmp_path: Path) -> None:
    trace = PUBLISHED / 'traces' / 'sdsc_sp2_head.swf'
    workload('fit', model, trace, '-o', 'fitted.json', cwd=tmp_path)
    rows = [line.split() for line in trace.read_text().splitlines() if line[:1] != ';' and line.split()[3] != '-1']
    workload('generate', model, '--parameters', 'fitted.json', '--jobs', 5000, '-o', 'a', cwd=tmp_path)
    jobs, _ = read(tmp_path / 'a')
    logged = [math.log(max(1.0, float(row[3]))) for row in rows]
    ours = [math.log(job['arguments']['runtime']) for job in jobs]
    assert numpy.mean(ours) == pytest.approx(numpy.mean(logged), abs=0.6)
    mean_size = numpy.mean([math.log2(int(row[4])) for row in rows])
    assert numpy.mean([math.log2(job['num_nodes']) for job in jobs]) == pytest.approx(mean_size, abs=0.5)
    if model == 'jann':  # which is made to have these
        pause = float(rows[-1][1]) / len(rows)
        assert jobs[-1]['submit_time'] / len(jobs) == pytest.approx(pause, rel=0.15)
        assert numpy.mean([job['arguments']['runtime'] for job in jobs]) == pytest.approx(
            numpy.mean([float(row[3]) for row in rows]), rel=0.1)


@pytest.mark.parametrize('text, told', [
    ('{', 'p.json: not JSON: '),
    ('{"model": "downey", "parameters": {"a": 1}}', "p.json: no parameters of the model jann; write them with "
     "'elastisim-workload fit jann'"),
    ('{"model": "jann", "parameters": {"ranges": [{}]}}', "p.json: the parameters are not those of the model jann "
     "(KeyError: 'between')"),
    ('{"model": "jann", "parameters": {"ranges": []}}', 'p.json: the parameters are not those of the model jann '
     '(ValueError: '),
])
def test_parameters_that_are_none_are_told(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / 'p.json').write_text(text)
    said = workload('generate', 'jann', '--parameters', 'p.json', '-o', 'a', cwd=tmp_path, status=2)
    assert said.startswith(f'elastisim-workload: error: {told}')


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    assert workload('generate', 'jann', '-o', 'a', cwd=tmp_path, status=2) == (
        "elastisim-workload: error: jann: the model has no parameters of its own here; take them from a log with "
        "'elastisim-workload fit jann LOG -o FILE' and give --parameters FILE\n")
    (tmp_path / 'short.swf').write_text('; MaxNodes: 4\n' + '1 0 0 10 1 -1 -1 1 60 -1 1 -1 -1 -1 -1 -1 -1 -1\n')
    assert workload('fit', 'jann', 'short.swf', cwd=tmp_path, status=2) == (
        'elastisim-workload: error: short.swf: 1 jobs; a model needs at least 10\n')
    assert generating.FITS.keys() == models.MODELS.keys()
