"""What elastisim-study says of a few seeds: against scipy, against figures worked out by hand, and by simulation."""

from __future__ import annotations

import math

import pytest

numpy = pytest.importorskip('numpy')
scipy_stats = pytest.importorskip('scipy.stats')

from elastisim_tools.study import statistics  # noqa: E402

VALUES = [4.0, 7.0, 1.0, 9.0, 4.0]


def test_figures_of_a_sample_are_those_worked_out_by_hand() -> None:
    # Mean 25/5; squares of the deviations 1 + 4 + 16 + 16 + 1 = 38, over 4; t(0.975, 4) = 2.776445.
    sample = statistics.describe(VALUES, 0.05)
    assert (sample.count, sample.mean, sample.median) == (5, 5.0, 4.0)
    assert sample.deviation == pytest.approx(math.sqrt(9.5))
    half = 2.7764451 * math.sqrt(9.5) / math.sqrt(5)
    assert sample.t == pytest.approx((5 - half, 5 + half))
    assert statistics.describe([1.0, 2.0, 5.0, 9.0], 0.05).median == 3.5


def test_t_intervals_are_those_of_scipy() -> None:
    random = numpy.random.default_rng(7)
    for count in (2, 3, 10, 50):
        values = list(random.lognormal(size=count))
        wanted = scipy_stats.t.interval(0.95, count - 1, loc=numpy.mean(values), scale=scipy_stats.sem(values))
        assert statistics.t_interval(values) == pytest.approx(wanted)


def test_bca_intervals_are_scipys_and_the_same_each_time() -> None:
    values = list(numpy.random.default_rng(3).exponential(size=12))
    wanted = scipy_stats.bootstrap((values,), numpy.mean, n_resamples=9999, method='BCa',
                                   random_state=numpy.random.default_rng(1)).confidence_interval
    assert statistics.bca_interval(values) == (wanted.low, wanted.high) == statistics.bca_interval(values)
    low, high = statistics.bca_interval(values)
    mean = sum(values) / 12
    assert mean - low < high - mean, 'of a distribution with a tail to the right, it reaches further there'


@pytest.mark.parametrize('values', [[], [3.0]])
def test_of_one_value_no_interval_is_known(values: list[float]) -> None:
    sample = statistics.describe(values, 0.05)
    assert all(map(math.isnan, (*sample.t, *sample.bca, sample.deviation))) and sample.seeds_needed is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    sample = statistics.describe([2.5] * 4, 0.05)
    assert sample.t == sample.bca == (2.5, 2.5) and sample.seeds_needed == 2


def test_differences_are_paired_by_hand_and_by_scipy() -> None:
    base = [5.0, 9.0, 2.0, 8.0, 7.0]
    # Differences -1 -2 -1 1 -3: mean -1.2, squares of deviations 0.04 + 0.64 + 0.04 + 4.84 + 3.24 = 8.8, over 4.
    difference = statistics.compare(VALUES, base)
    assert difference.count == 5 and difference.mean == pytest.approx(-1.2)
    assert difference.effect == pytest.approx(-1.2 / math.sqrt(2.2))
    half = 2.7764451 * math.sqrt(2.2 / 5)
    assert difference.t == pytest.approx((-1.2 - half, -1.2 + half))
    assert difference.p == pytest.approx(scipy_stats.ttest_rel(VALUES, base).pvalue)


def test_differences_that_are_all_equal_are_certain() -> None:
    assert statistics.compare([2.0, 3.0], [1.0, 2.0]) == statistics.Difference(2, 1.0, (1.0, 1.0), math.inf, 0.0)
    assert statistics.compare([2.0, 3.0], [2.0, 3.0]) == statistics.Difference(2, 0.0, (0.0, 0.0), 0.0, 1.0)
    assert math.isnan(statistics.compare([2.0], [1.0]).p)


def test_holm_by_hand() -> None:
    # In order: 4 * 0.005, 3 * 0.01, 2 * 0.03, then 0.04 alone, which may not be less than the one before.
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.6, 0.9]) == [1.0, 1.0]
    corrected = statistics.holm([0.02, math.nan, 0.04])
    assert corrected[0] == 0.04 and math.isnan(corrected[1]) and corrected[2] == 0.04


def test_as_many_seeds_are_needed_as_make_the_interval_narrow_enough() -> None:
    needed = statistics.seeds_needed(VALUES, 0.2)
    assert needed is not None

    def half(count: int) -> float:
        return float(scipy_stats.t.ppf(0.975, count - 1)) * math.sqrt(9.5) / math.sqrt(count)

    assert half(needed) <= 0.2 * 5 < half(needed - 1)
    assert statistics.seeds_needed([-1.0, 1.0], 0.05) is None
    assert statistics.seeds_needed([-1.0, 1.0001], 0.05) is None


def test_mser5_finds_the_end_of_a_ramp() -> None:
    noise = numpy.random.default_rng(5).normal(size=300)
    series = [max(0.0, 100.0 - i) + noise[i] for i in range(300)]
    assert 90 <= statistics.mser5(series) <= 110


def test_mser5_by_hand() -> None:
    # Means of five: 10, 0, 1, 0, 1. Without the first: squared deviations 4 * 0.25 = 1, over 16. With all of them: 74.8
    # over 25; without two: 2/3 over 9, which is 0.074.
    series = [value for mean in (10.0, 0.0, 1.0, 0.0, 1.0) for value in [mean] * 5]
    assert statistics.mser5(series) == 5
    assert statistics.mser5([1.0] * 30) == 0
    assert statistics.mser5([1.0, 2.0, 3.0, 4.0]) == statistics.mser5([]) == 0


def covered(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def test_nineteen_of_twenty_t_intervals_cover_the_mean_they_are_of() -> None:
    random = numpy.random.default_rng(2026)
    hits = sum(covered(statistics.t_interval(list(random.normal(100, 30, size=10))), 100) for _ in range(4000))
    assert 0.93 <= hits / 4000 <= 0.97


def test_nineteen_of_twenty_bca_intervals_cover_the_mean_they_are_of() -> None:
    random = numpy.random.default_rng(2026)
    hits = sum(covered(statistics.bca_interval(list(random.normal(100, 30, size=50)), resamples=999), 100)
               for _ in range(1500))
    assert 0.93 <= hits / 1500 <= 0.97


def test_nineteen_of_twenty_paired_intervals_cover_the_difference() -> None:
    random = numpy.random.default_rng(11)
    hits = 0
    for _ in range(4000):
        seeds = random.lognormal(3, 1, size=10)  # what both have in common
        difference = statistics.compare(list(seeds + random.normal(5, 2, size=10)), list(seeds))
        hits += covered(difference.t, 5)
    assert 0.93 <= hits / 4000 <= 0.97
