"""Random variates that are the same on every machine.

Python's random() is reproducible everywhere, but the mathematical library behind log, exp and the variates built on
them may differ in the last digit from one system to the next. Everything here uses only the basic operations and the
square root, which IEEE 754 defines to the last bit, so that a seed always gives the same workload, byte for byte.
"""

import bisect
import itertools
import math
import random
from collections.abc import Sequence

LN2 = 0.6931471805599453


def exp(x: float) -> float:
    """e to the x, by range reduction to [-ln 2 / 2, ln 2 / 2] and the Taylor series."""
    power = math.floor(x / LN2 + 0.5)
    r = x - power * LN2
    term = total = 1.0
    for i in range(1, 18):
        term *= r / i
        total += term
    return math.ldexp(total, power)


def log(x: float) -> float:
    """Natural logarithm of x > 0, by the series of artanh on the mantissa."""
    mantissa, power = math.frexp(x)
    if mantissa < 0.7071067811865476:
        mantissa, power = 2 * mantissa, power - 1
    f = (mantissa - 1) / (mantissa + 1)
    square, term, total = f * f, f, 0.0
    for i in range(1, 24, 2):
        total += term / i
        term *= square
    return 2 * total + power * LN2


class Variates:
    """A stream of random variates. Streams with different labels are independent of each other."""

    def __init__(self, seed: int, label: str) -> None:
        self.uniform01 = random.Random(f"{seed} {label}").random

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.uniform01()

    def log_uniform(self, low: float, high: float) -> float:
        """The logarithm is uniform: each decade is as likely as the next."""
        return exp(self.uniform(log(low), log(high)))

    def normal(self) -> float:
        """Standard normal, as the sum of twelve uniform variates: close up to 3, never beyond 6."""
        total = -6.0
        for _ in range(12):  # not sum(), which rounds differently from Python 3.12 on
            total += self.uniform01()
        return total

    def lognormal(self, median: float, sigma: float) -> float:
        """sigma is the standard deviation of the logarithm."""
        return median * exp(sigma * self.normal())

    def exponential(self, mean: float) -> float:
        return -mean * log(1.0 - self.uniform01())

    def chance(self, probability: float) -> bool:
        return self.uniform01() < probability

    def choice(self, weights: Sequence[float]) -> int:
        """An index, drawn with these weights (not all of them 0)."""
        cumulated = list(itertools.accumulate(weights))
        return bisect.bisect_right(cumulated, self.uniform01() * cumulated[-1])
