"""What makes a rigid job a moldable one, after Cirne and Berman, "A model for moldable supercomputer jobs", IPDPS 2001.

From a survey among users the model draws the fewest nodes on which a job can run, Downey's average parallelism, given
these, and his sigma; then how many requests a user could make for the job, and which. The values are those of the
program that the authors gave to the Parallel Workloads Archive; they were not held against the paper's text.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from random import Random
from typing import NamedTuple, Union


class UniformLog(NamedTuple):
    """slope × log2(x) + offset is the share of the values up to x, between 0 and 1."""

    slope: float
    offset: float

    def draw(self, random: Random) -> float:
        value: float = 2 ** ((random.random() - self.offset) / self.slope)
        return value


FEWEST = UniformLog(0.0692, 0.6279)
REQUESTS = UniformLog(0.1918, 0.1876)
SIGMA_MEAN, SIGMA_DEVIATION = 1.209, 1.132

# Which sizes a job can have, and the shares of such jobs in the survey.
RIGID, POWERS, SQUARES, EVEN, FOURS, ANY = 'rigid', 'powers of two', 'squares', 'even', 'multiples of four', 'any'
SURVEY = {RIGID: 0.02, POWERS: 0.10, SQUARES: 0.02, EVEN: 0.08, FOURS: 0.08, ANY: 0.70}


def draw_fewest(random: Random) -> int:
    return max(1, math.ceil(FEWEST.draw(random)))


def draw_parallelism(random: Random, fewest: int) -> float:
    """Even in its logarithm, with bounds that grow with the logarithm of the fewest nodes."""
    logarithm = math.log2(fewest)
    own = UniformLog(0.009548 * logarithm + 0.07468, -0.01877 * logarithm - 0.009198)
    return max(1.0, own.draw(random))


def draw_sigma(random: Random) -> float:
    return max(0.0, random.gauss(SIGMA_MEAN, SIGMA_DEVIATION))


def most_useful(parallelism: float, sigma: float) -> int:
    """The nodes beyond which Downey's speed-up does not grow."""
    return math.ceil(2 * parallelism - 1 if sigma <= 1 else parallelism + parallelism * sigma - sigma)


def constraint_of(size: int) -> str:
    """By the size that was recorded: the model that the authors' program goes by."""
    return POWERS if size & (size - 1) == 0 else ANY


def draw_constraint(random: Random) -> str:
    return random.choices(list(SURVEY), weights=list(SURVEY.values()))[0]


def possible_sizes(constraint: str, fewest: int, most: int) -> Union[Sequence[int], range]:
    """Those from the fewest nodes to the most; if there is none, the next one above."""
    if constraint == ANY:
        return range(fewest, max(fewest, most) + 1)
    if constraint == RIGID:
        return [fewest]
    if constraint in (EVEN, FOURS):
        step = 2 if constraint == EVEN else 4
        first = -(-fewest // step) * step
        return range(first, max(first, most) + 1, step)
    every = (2 ** number if constraint == POWERS else (number + 1) ** 2 for number in itertools.count())
    large = itertools.dropwhile(lambda size: size < fewest, every)
    return [next(large), *itertools.takewhile(lambda size: size <= most, large)]


def draw_requests(random: Random, constraint: str, size: int, fewest: int, most: int) -> list[int]:
    """The numbers of nodes that the user could ask for, sorted: the recorded one, and others out of those possible."""
    sizes = possible_sizes(constraint, min(fewest, most), most)
    count = 1 if constraint == RIGID else max(2, math.ceil(REQUESTS.draw(random)))
    drawn = random.sample(sizes, min(count, len(sizes)))
    return sorted({size, *drawn[1:]})
