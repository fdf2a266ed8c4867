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
from elastisim_tools.workload import estimates, generating, models, moldability
from elastisim_tools.workload.models import LUBLIN, Drawn, HyperErlang
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


def test_downey_run_times_are_work_over_nodes() -> None:
    rng = numpy.random.default_rng(8)
    sizes = numpy.maximum(1, numpy.round(numpy.exp(rng.uniform(0, math.log(128), COUNT))))
    same([job.runtime for job in drawn('downey', models.DEFAULTS['downey'])],
         numpy.exp(rng.uniform(0, math.log(1e6), COUNT)) / sizes)


def hyper_erlang(rng: Any, values: HyperErlang, count: int) -> Any:
    """Independently: a branch for each, and a gamma variable for the sum of its stages."""
    rate = numpy.where(rng.random(count) < values.first, values.rate_1, values.rate_2)
    return rng.gamma(values.order, 1, count) / rate


def test_jann_draws_each_range_of_sizes_on_its_own() -> None:
    """What is drawn for a range of sizes is as if it were alone: pauses, run times, shares of sizes."""
    pauses, times = HyperErlang(0.8, 1 / 300, 1 / 9000, 1), HyperErlang(0.6, 1 / 40, 1 / 2000, 2)
    ranges = [{'between': list(pauses), 'runtime': list(times), 'sizes': {'1': 5}},
              {'between': list(times), 'runtime': list(pauses), 'sizes': {'3': 1, '4': 3}}]
    jobs, rng = drawn('jann', {'ranges': ranges}, 2 * COUNT), numpy.random.default_rng(11)
    assert [job.submit for job in jobs] == sorted(job.submit for job in jobs)
    for sizes, between, runtime in (((1,), pauses, times), ((3, 4), times, pauses)):
        own = [job for job in jobs if job.nodes in sizes]
        same(numpy.diff([0.0, *(job.submit for job in own)]), hyper_erlang(rng, between, COUNT))
        same([job.runtime for job in own], hyper_erlang(rng, runtime, COUNT))
    large = [job.nodes for job in jobs if job.nodes > 1]
    assert large.count(4) / len(large) == pytest.approx(0.75, abs=0.02)


# --- Cirne and Berman ------------------------------------------------------------------------------------------------


def test_cirne_sizes_and_times_have_even_logarithms() -> None:
    """Independently by numpy: 0.12 log2(n) + 0.20 and 0.10 log2(t) - 0.75 are the shares up to n nodes and t seconds,
    75 % of the sizes are rounded to powers of two, and gamma(0.6, 0.6), at most 1, is the part that a job runs."""
    jobs, rng = drawn('cirne', models.cirne_parameters('ctc'), nodes=430), numpy.random.default_rng(5)
    sizes = numpy.maximum(1, numpy.ceil(2 ** ((rng.random(COUNT) - 0.20) / 0.12)))
    powers = 2 ** numpy.floor(numpy.log2(sizes) + 0.5)
    same([job.nodes for job in jobs], numpy.where(rng.random(COUNT) < 0.75, powers, sizes))
    asked = numpy.ceil(2 ** ((rng.random(COUNT) + 0.75) / 0.10))
    same([job.walltime for job in jobs], asked)
    part = numpy.clip(rng.gamma(0.6, 0.6, COUNT), 1e-5, 1)
    same([job.runtime / (job.walltime or 1) for job in jobs], part)
    same([job.runtime for job in jobs], part * asked)
    assert max(job.nodes for job in jobs) == 128 and max(job.walltime or 0 for job in jobs) <= 2 ** 17.5 + 1


@pytest.mark.parametrize('site, nodes, a_day', [('anl', 120, 97.5), ('ctc', 430, 227.4), ('kth', 100, 37.8),
                                                ('sdsc', 128, 105.0), ('ctc', 43, 22.7)])
def test_cirne_submissions_follow_the_day_of_a_site(site: str, nodes: int, a_day: float) -> None:
    """By the integral of the polynomial, which scales with the machine."""
    rate = models.CIRNE_SITES[site][1]
    hours = [numpy.polyval(rate, numpy.linspace(hour / 24 - 0.5, (hour + 1) / 24 - 0.5, 3601)).mean() * 1800
             for hour in range(24)]
    jobs = drawn('cirne', models.cirne_parameters(site), 5000, nodes)
    assert jobs[-1].submit / 86400 == pytest.approx(5000 / a_day, rel=0.005)
    counted = numpy.bincount([int(job.submit % 86400 // 3600) for job in jobs], minlength=24) / 5000
    assert counted == pytest.approx(numpy.maximum(0, hours) / sum(hours), abs=0.004)


def test_cirne_counts_hours_from_the_start_hour(tmp_path: Path) -> None:
    counts = []
    for number, hour in enumerate((0, 12)):
        workload('generate', 'cirne', '--jobs', 40, '--nodes', 430, '--start-hour', hour, '-o', number, cwd=tmp_path)
        counts.append(sum(job['submit_time'] < 4 * 3600 for job in read(tmp_path / str(number))[0]))
    assert counts[0] < 20 and counts[1] == 40  # four jobs an hour in the night, seventeen at noon


def test_fewest_nodes_parallelism_and_sigma_have_the_distributions_of_the_model() -> None:
    random, rng = Random(3), numpy.random.default_rng(4)
    fewest = [moldability.draw_fewest(random) for _ in range(COUNT)]
    same(fewest, numpy.maximum(1, numpy.ceil(2 ** ((rng.random(COUNT) - 0.6279) / 0.0692))))
    same([moldability.draw_sigma(random) for _ in range(COUNT)], numpy.maximum(0, rng.normal(1.209, 1.132, COUNT)))
    for nodes in (1, 8, 32):
        low = numpy.log2(nodes)
        logs = (rng.random(COUNT) + 0.01877 * low + 0.009198) / (0.009548 * low + 0.07468)
        same([moldability.draw_parallelism(random, nodes) for _ in range(COUNT)], 2 ** logs)


@pytest.mark.parametrize('constraint, fewest, most, sizes', [
    ('powers of two', 3, 40, [4, 8, 16, 32]), ('powers of two', 3, 3, [4]), ('squares', 2, 30, [4, 9, 16, 25]),
    ('squares', 1, 3, [1]), ('even', 3, 9, [4, 6, 8]), ('even', 3, 3, [4]), ('multiples of four', 1, 12, [4, 8, 12]),
    ('any', 3, 6, [3, 4, 5, 6]), ('rigid', 5, 9, [5])])
def test_possible_sizes_obey_what_the_job_needs(constraint: str, fewest: int, most: int, sizes: list[int]) -> None:
    assert list(moldability.possible_sizes(constraint, fewest, most)) == sizes


def test_a_user_could_make_2_to_19_requests() -> None:
    """0.1918 log2(v) + 0.1876 is the share of jobs with up to v of them; the recorded size is one."""
    random = Random(6)
    counts = []
    for _ in range(COUNT):
        requests = moldability.draw_requests(random, 'any', 5000, 1, 4000)
        assert requests == sorted(set(requests)) and requests[-1] == 5000
        counts.append(len(requests))
    assert min(counts) == 2 and max(counts) == 19
    for most in (2, 4, 8, 16):
        assert sum(count <= most for count in counts) / COUNT == pytest.approx(
            0.1918 * math.log2(most) + 0.1876, abs=0.012)


def test_the_survey_says_what_sizes_jobs_need() -> None:
    random = Random(6)
    found = [moldability.draw_constraint(random) for _ in range(COUNT)]
    assert {kind: round(found.count(kind) / COUNT, 2) for kind in sorted(set(found))} == {
        'any': 0.7, 'even': 0.08, 'multiples of four': 0.08, 'powers of two': 0.1, 'rigid': 0.02, 'squares': 0.02}


# --- Estimates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('jobs, values', [(0, 0), (20, 10), (110, 15), (1000, 35), (5500, 63), (70000, 340),
                                          (10 ** 6, 565)])
def test_more_jobs_use_more_values(jobs: int, values: int) -> None:
    assert estimates.number_of_values(jobs) == values


@pytest.mark.parametrize('longest, values', [
    (18 * 3600, [1080, 5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 720, 780, 840, 900, 960, 1020]),
    (36 * 3600, [2160, 5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 720, 1080, 1200, 1500, 1800, 2100]),
    (3600, [60, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]), (60, [1])])
def test_the_head_has_the_values_of_four_logs_and_round_ones_from_the_longest_down(longest: int,
                                                                                  values: list[int]) -> None:
    assert estimates.head_values(longest) == [60 * minutes for minutes in values]


def test_popularity_falls_as_in_the_paper() -> None:
    """89 % of the jobs with the 20 most popular of 90 values, the longest one the first of them with 21.73 %; then
    14.0491 exp(-0.177531 x) + 0.462513 %; from the 21st on by x ^ -2.267 (Tsafrir, Etsion and Feitelson)."""
    found = estimates.distribution(Random(4), 10000, 64800)
    shares = sorted((share for _, share in found), reverse=True)
    ranks = numpy.arange(2, 21)
    head = 0.140491 * numpy.exp(-0.177531 * ranks) + 0.00462513
    assert len(found) == 90 and found[-1].seconds == 64800 and found[-1].share == pytest.approx(0.2173, abs=5e-5)
    assert shares[1:20] == pytest.approx(head) and sum(shares[:20]) == pytest.approx(0.89)
    tail = numpy.arange(21, 91) ** -2.267
    assert shares[20:] == pytest.approx(0.11 * tail / tail.sum())
    assert estimates.distribution(Random(4), 10000, 64800, 0.4)[-1].share == pytest.approx(0.4)


@pytest.mark.parametrize('seed', range(20))
def test_each_popularity_is_had_once_and_not_before_it_is_in_any_log(seed: int) -> None:
    ranks = estimates.head_ranks(Random(seed))
    assert sorted(ranks) == list(range(1, 21)) and ranks[0] == 1
    for place, rank in enumerate(ranks):
        assert any(rank in row for row in estimates.POPULARITY[:place + 1])


def test_values_beyond_the_head_grow_denser_towards_short_ones() -> None:
    """(a - 1) x / (a - x) of the longest, to a minute and not one of the head."""
    head = estimates.head_values(64800)
    found = estimates.tail_values(64800, head, 70, 90)
    a, x = 1 + 12.1039 * 90 ** -0.6026, numpy.arange(1, 71) / 70
    expected = 64800 * (a - 1) * x / (a - x)
    assert numpy.abs(numpy.array(found) - expected).max() <= 60 and not set(found) & set(head)
    assert len(set(found)) == 70 and max(found) < 64800


def test_an_estimate_is_drawn_from_those_that_hold_the_run_time() -> None:
    """Where all jobs are short, any has any; else there are as many of each value, as long as these suffice."""
    random, rng = Random(4), numpy.random.default_rng(9)
    found = estimates.distribution(random, COUNT, 64800)
    values, shares = zip(*found)
    given = estimates.assign(random, [1] * COUNT, found)
    assert [given.count(value) / COUNT for value in values] == pytest.approx(shares, abs=1 / COUNT)
    same(given[:COUNT // 2], rng.choice(values, COUNT // 2, p=shares))
    runtimes = list(numpy.exp(rng.uniform(0, math.log(30000), COUNT)))
    longer = estimates.assign(random, runtimes, found)
    assert sorted(longer) == sorted(given) and all(map(lambda one, other: one >= other, longer, runtimes))


def test_where_long_estimates_do_not_suffice_jobs_get_the_next_longer_value() -> None:
    found = [estimates.Estimate(100, 0.8), estimates.Estimate(200, 0.1), estimates.Estimate(300, 0.1)]
    runtimes = [150.0] * 5 + [10.0] * 4 + [400.0]
    given = estimates.assign(Random(1), runtimes, found)
    assert given[9] == 300 and sorted(given[:5]) == [200] * 5 and given[5:9] == [100] * 4


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
    if model == 'cirne':  # whose own values were found in such logs
        found = json.loads((tmp_path / 'fitted.json').read_text())['parameters']
        assert found['power_of_two'] == pytest.approx(0.75, abs=0.02)
        assert found['walltimes'] == pytest.approx([0.11, -0.894], abs=0.002)  # of the model: 0.10, -0.75
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
     '(ValueError: no job comes of them)'),
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
