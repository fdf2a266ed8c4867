"""What can be said of a few runs that differ by their seed: intervals, differences, how many seeds would do.

scipy and numpy are imported where they are needed: planning and running studies does without them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

LEVEL = 0.95
RESAMPLES = 9999
BOOTSTRAP_SEED = 1
MOST_SEEDS = 100_000

Interval = tuple[float, float]
UNKNOWN: Interval = (math.nan, math.nan)


@dataclass(frozen=True)
class Sample:
    """A metric over the seeds of a group. Intervals are of the mean, NaN where they can't be known."""

    count: int
    mean: float
    median: float
    deviation: float  # of the sample: n - 1
    t: Interval
    bca: Interval
    seeds_needed: Optional[int]


@dataclass(frozen=True)
class Difference:
    """To the baseline, seed by seed."""

    count: int
    mean: float
    t: Interval
    effect: float  # Cohen's d of the differences: their mean in their standard deviations
    p: float  # of the paired t-test, two-sided


def mean_of(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def deviation_of(values: Sequence[float]) -> float:
    if len(values) < 2:
        return math.nan
    mean = mean_of(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def t_quantile(degrees: int, level: float = LEVEL) -> float:
    from scipy import stats
    return float(stats.t.ppf((1 + level) / 2, degrees))


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Mean ± t s / √n."""
    if len(values) < 2:
        return UNKNOWN
    half = t_quantile(len(values) - 1, level) * deviation_of(values) / math.sqrt(len(values))
    return mean_of(values) - half, mean_of(values) + half


def bca_interval(values: Sequence[float], level: float = LEVEL, resamples: int = RESAMPLES) -> Interval:
    """Bias-corrected and accelerated bootstrap of the mean (Efron 1987), as scipy has it; always the same resamples."""
    if len(values) < 2:
        return UNKNOWN
    if min(values) == max(values):
        return values[0], values[0]
    import numpy
    from scipy import stats
    interval = stats.bootstrap((numpy.asarray(values, dtype=float),), numpy.mean, confidence_level=level,
                               n_resamples=resamples, method='BCa', vectorized=True,
                               random_state=numpy.random.default_rng(BOOTSTRAP_SEED)).confidence_interval
    return float(interval.low), float(interval.high)


def seeds_needed(values: Sequence[float], precision: float, level: float = LEVEL) -> Optional[int]:
    """The fewest seeds with which the half-width of the t interval is at most this share of the mean, if the standard
    deviation stays what it is; None where that can't be said."""
    mean, deviation = mean_of(values), deviation_of(values)
    if math.isnan(deviation) or mean == 0:
        return None
    if deviation == 0:
        return 2

    def is_enough(count: int) -> bool:
        return t_quantile(count - 1, level) * deviation / math.sqrt(count) <= precision * abs(mean)

    if not is_enough(MOST_SEEDS):
        return None
    low, high = 1, MOST_SEEDS  # low is not enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def describe(values: Sequence[float], precision: float) -> Sample:
    ordered = sorted(values)
    middle = len(ordered) // 2
    centre = ordered[middle:middle + 1] if len(ordered) % 2 else ordered[max(0, middle - 1):middle + 1]
    return Sample(len(values), mean_of(values), mean_of(centre), deviation_of(values), t_interval(values),
                  bca_interval(values), seeds_needed(values, precision))


def compare(values: Sequence[float], baseline: Sequence[float]) -> Difference:
    """Of values with those of the baseline under the same seeds."""
    differences = [a - b for a, b in zip(values, baseline)]
    mean, deviation = mean_of(differences), deviation_of(differences)
    if len(differences) < 2:
        return Difference(len(differences), mean, UNKNOWN, math.nan, math.nan)
    if deviation == 0:
        return Difference(len(differences), mean, (mean, mean), 0.0 if mean == 0 else math.copysign(math.inf, mean),
                          1.0 if mean == 0 else 0.0)
    from scipy import stats
    statistic = mean / (deviation / math.sqrt(len(differences)))
    p = 2 * float(stats.t.sf(abs(statistic), len(differences) - 1))
    return Difference(len(differences), mean, t_interval(differences), mean / deviation, p)


def holm(values: Sequence[float]) -> list[float]:
    """p-values of one family, corrected (Holm 1979); those that are NaN stay so and don't count."""
    order = sorted((place for place, p in enumerate(values) if not math.isnan(p)), key=lambda place: values[place])
    corrected = [math.nan] * len(values)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * values[place]))
        corrected[place] = largest
    return corrected


def mser5(series: Sequence[float]) -> int:
    """How many values at the beginning are warm-up: MSER-5 (White 1997; White, Cobb and Spratt 2000).

    Means of batches of five are cut where the variance of those left, over their number, is least, in the first half
    of them: a minimum that is later says that the series is too short, and then half of it is cut."""
    means = [mean_of(series[start:start + 5]) for start in range(0, len(series) - 4, 5)]
    best, cut = math.inf, 0
    total = squares = 0.0
    shift = mean_of(means)
    figures: list[float] = [math.inf] * len(means)
    for place in range(len(means) - 1, -1, -1):
        value = means[place] - shift
        total += value
        squares += value * value
        count = len(means) - place
        figures[place] = max(0.0, squares - total * total / count) / (count * count)
    for place in range(len(means) // 2 + 1 if means else 0):
        if figures[place] < best:
            best, cut = figures[place], place
    return 5 * cut
