"""Users' estimates after Tsafrir, Etsion and Feitelson, "Modeling user runtime estimates", JSSPP 2005.

Most jobs share a few round values, of which the longest that the site allows is the most popular one. The values and
the tables are those of the program that the authors gave to the Parallel Workloads Archive. What is ours: where the
longest estimate leaves room for fewer than 20 round values, their popularity keeps its order; with so few jobs that
there are no values beyond those, they serve all jobs; and where more jobs run long than long estimates are to be had,
such jobs get the next longer value, and those that run longer than any get the longest.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from random import Random
from typing import NamedTuple, Optional

MINUTE = 60

HEAD = 20
HEAD_SHARE = 0.89  # of the jobs, whose estimates are one of the HEAD most popular values

# Round values that the head of each of four logs has, and what makes it complete: multiples, of the largest first.
ROUND_VALUES = tuple(MINUTE * minutes for minutes in (5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 720,
                                                      1080))
ROUND_STEPS = tuple(MINUTE * minutes for minutes in (12000, 6000, 3000, 600, 300, 120, 60, 20, 10, 5))

# How popular (1 is the most) the longest value, and those of the head from the shortest on, are in each of four logs.
POPULARITY = (
    (3, 1, 1, 1), (1, 3, 4, 6), (4, 4, 10, 5), (17, 2, 14, 3), (13, 12, 20, 7), (7, 9, 2, 2), (8, 8, 3, 18),
    (18, 18, 7, 19), (2, 6, 12, 4), (6, 7, 6, 11), (16, 11, 19, 20), (10, 20, 5, 9), (5, 16, 18, 10), (15, 5, 16, 14),
    (14, 14, 9, 13), (19, 13, 17, 16), (11, 10, 15, 15), (12, 15, 13, 17), (9, 17, 8, 8), (20, 19, 11, 12))

# How many values so many jobs use; linear in between.
VALUES = ((0, 0), (20, 10), (200, 20), (1000, 35), (10000, 90), (70000, 340), (250000, 565))


class Estimate(NamedTuple):
    seconds: int
    share: float


def number_of_values(jobs: int) -> int:
    for (fewer, low), (more, high) in zip(VALUES, VALUES[1:]):
        if jobs <= more:
            return low + math.floor((jobs - fewer) * (high - low) / (more - fewer) + 0.5)
    return VALUES[-1][1]


def head_values(longest: int) -> list[int]:
    """The longest one, then the others from the shortest on."""
    others = {value for value in ROUND_VALUES if value < longest}
    multiples = (value for step in ROUND_STEPS for value in range(longest // step * step, 0, -step))
    for value in multiples:
        if len(others) == HEAD - 1:
            break
        if value < longest:
            others.add(value)
    return [longest, *sorted(others)]


def head_shares(count: int, at_longest: Optional[float]) -> list[float]:
    """By popularity, the longest value first: 14.0491 exp(-0.177531 rank) + 0.462513 per cent from the second on."""
    others = [(14.0491 * math.exp(-0.177531 * rank) + 0.462513) / 100 for rank in range(2, count + 1)]
    if at_longest is None:
        return [HEAD_SHARE - sum(others), *others]
    factor = max(0.0, HEAD_SHARE - at_longest) / max(1e-9, sum(others))
    return [at_longest, *(factor * share for share in others)]


def head_ranks(random: Random) -> list[int]:
    """The popularity of each value of the head: one that the logs have at its place or before, of two that are drawn
    the more popular one. One that has come to its last place in all of them goes before."""
    last = {rank: place for place, row in enumerate(POPULARITY) for rank in row}
    chosen, pool = [1], [rank for rank in POPULARITY[0] if rank != 1]
    for place, row in itertools.islice(enumerate(POPULARITY), 1, None):
        pool += [rank for rank in row if rank not in chosen]
        due = [rank for rank in range(1, HEAD + 1) if last[rank] <= place and rank not in chosen]
        rank = due[0] if due else min(random.choice(pool), random.choice(pool))
        chosen.append(rank)
        pool = [other for other in pool if other != rank]
    return chosen


def tail_values(longest: int, head: Sequence[int], count: int, values: int) -> list[int]:
    """So many others, in whole minutes where they are free: (a - 1) x / (a - x) of the longest at their share x of the
    ranks, with a = 1 + 12.1039 values ^ -0.6026."""
    a, taken, found = 1 + 12.1039 * values ** -0.6026, set(head), []
    for rank in range(1, count + 1):
        minutes = math.floor((a - 1) * rank / (a * count - rank) * longest / MINUTE + 0.5)
        near = (minutes * MINUTE + offset for offset in (0, 30, -30, 20, -20, 10, -10))
        value = next((value for value in near if 0 < value < longest and value not in taken), None)
        if value is not None:
            taken.add(value)
            found.append(value)
    return found


def tail_shares(count: int, head_share: float) -> list[float]:
    """rank ^ -2.267, from the rank after the head on."""
    weights = [(HEAD + 1 + rank) ** -2.267 for rank in range(count)]
    return [(1 - head_share) * weight / sum(weights) for weight in weights]


def distribution(random: Random, jobs: int, longest: int, at_longest: Optional[float] = None) -> list[Estimate]:
    """All values that the users of a site have, with the shares of the jobs; sorted by value."""
    head = head_values(longest)
    ranks = head_ranks(random)[:len(head)]
    shares = head_shares(len(head), at_longest)
    head_share = max(HEAD_SHARE, at_longest or 0.0)
    order = sorted(ranks)
    found = [Estimate(value, shares[order.index(rank)]) for value, rank in zip(head, ranks)]
    values = number_of_values(jobs)
    tail = tail_values(longest, head, values - len(head), values)
    if tail:
        random.shuffle(tail)
        found += map(Estimate, tail, tail_shares(len(tail), head_share))
    total = sum(share for _, share in found)
    return sorted(Estimate(value, share / total) for value, share in found)


def numbers_of(estimates: Sequence[Estimate], jobs: int) -> list[int]:
    """Of jobs with each; what is left by rounding down goes to those that lost the most."""
    exact = [estimate.share * jobs for estimate in estimates]
    counts = [math.floor(number) for number in exact]
    order = sorted(range(len(exact)), key=lambda place: counts[place] - exact[place])
    for place in order[:jobs - sum(counts)]:
        counts[place] += 1
    return counts


def assign(random: Random, runtimes: Sequence[float], estimates: Sequence[Estimate]) -> list[float]:
    """An estimate for each job, none below its run time unless that is longer than the longest one. From the longest
    job on, each draws one of those that are left and long enough."""
    values = [estimate.seconds for estimate in estimates]
    left = [value for value, count in zip(values, numbers_of(estimates, len(runtimes))) for _ in range(count)]
    left.reverse()
    found = [0.0] * len(runtimes)
    jobs = sorted(range(len(runtimes)), key=lambda job: -runtimes[job])
    needed = [values[min(bisect_left(values, runtimes[job]), len(values) - 1)] for job in jobs]
    left = [max(value, least) for value, least in zip(left, needed)]
    enough = 0  # so many of them are long enough for the job
    for place, job in enumerate(jobs):
        while enough < len(left) and left[enough] >= needed[place]:
            enough += 1
        other = random.randrange(place, enough)
        left[place], left[other] = left[other], left[place]
        found[job] = float(left[place])
    return found
