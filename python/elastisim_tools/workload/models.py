"""Published models of workloads: what they draw, by their own parameters.

What is a paper's and what is ours stands with each model. Every model draws from one seeded stream, in the order of
submission, so that a seed and parameters give the same jobs.
"""

from __future__ import annotations

import heapq
import itertools
import math
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Optional

from .moldability import UniformLog

HOUR, DAY = 3600.0, 86400.0


class Drawn(NamedTuple):
    """A job: seconds, nodes, seconds, and the kind and the time asked for, where the model knows them."""

    submit: float
    nodes: int
    runtime: float
    kind: str = ''
    walltime: Optional[float] = None


# --- Lublin and Feitelson 2003 ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lublin:
    """One class of jobs of Lublin and Feitelson, "The workload on parallel supercomputers: modeling the characteristics
    of rigid jobs", J. Parallel Distrib. Comput. 63(11), 2003.

    serial, power_of_two: shares of jobs of one node, and of those whose size is rounded to a power of two. low,
    below_middle, below_high, first: the logarithm (base 2) of the size of the others is even between low and middle
    with probability `first`, else between middle and high; middle and high lie so far below the logarithm of the
    machine's size (7 in the paper's tables). The natural logarithm of the run time is gamma (shape_1, scale_1) with
    probability slope × nodes + offset, else gamma (shape_2, scale_2), and at most 12. The natural logarithm of the time
    between submissions in the rush hours is gamma (shape_between, scale_between), at most 13; all_to_rush scales its
    shape for the whole day. The share of a half-hour in the day's submissions is that of the gamma distribution
    (shape_day, scale_day), whose day begins at five in the morning.
    """

    serial: float
    power_of_two: float
    low: float
    below_middle: float
    below_high: float
    first: float
    shape_1: float
    scale_1: float
    shape_2: float
    scale_2: float
    slope: float
    offset: float
    shape_between: float
    scale_between: float
    shape_day: float
    scale_day: float
    all_to_rush: float


# The values are those of the program that the authors published with the paper.
LUBLIN: Mapping[str, Lublin] = {
    'batch': Lublin(0.2927, 0.6686, 1.2, 2, 0, 0.875, 6.57, 0.823, 639.1, 0.0156, -0.003, 0.6986,
                    6.0415, 0.8531, 6.1271, 5.2740, 1.0519),
    'interactive': Lublin(0.1541, 0.625, 1, 4, 1.5, 0.705, 3.8351, 0.6605, 7.073, 0.6856, -0.0118, 0.9156,
                          6.5510, 0.6621, 8.9186, 3.6680, 0.9797),
    'all': Lublin(0.244, 0.576, 0.8, 2.5, 0, 0.86, 4.2, 0.94, 312, 0.03, -0.0054, 0.78,
                  10.2303, 0.4871, 8.1737, 3.9631, 1.0225),
}

LONGEST_LOG_RUNTIME, LONGEST_LOG_PAUSE = 12.0, 13.0
MOST_TRIES = 10000  # until a value is short enough; more than any sensible parameters need
HALF_HOUR, HALF_HOURS, FIRST_HALF_HOUR = 1800.0, 48, 11


def gamma_cdf(x: float, shape: float, scale: float) -> float:
    """Of the gamma distribution, by the series of the incomplete gamma function; for moderate x / scale."""
    z = x / scale
    if z <= 0:
        return 0.0
    term = total = 1 / shape
    for count in range(1, 10000):
        term *= z / (shape + count)
        total += term
        if term < total * 1e-16:
            break
    return total * math.exp(shape * math.log(z) - z - math.lgamma(shape))


def lublin_day(model: Lublin) -> list[float]:
    """The weight of each half-hour from midnight on, 1 on average."""
    weights = [0.0] * HALF_HOURS
    for place in range(FIRST_HALF_HOUR, FIRST_HALF_HOUR + HALF_HOURS):
        weights[(place - 1) % HALF_HOURS] = (gamma_cdf(place + 0.5, model.shape_day, model.scale_day)
                                             - gamma_cdf(place - 0.5, model.shape_day, model.scale_day))
    mean = sum(weights) / HALF_HOURS
    return [weight / mean for weight in weights]


def lublin_size(random: Random, model: Lublin, nodes: int) -> int:
    machine = math.log2(nodes)
    kind = random.random()
    if kind < model.serial or nodes == 1:
        return 1
    high = max(model.low, machine - model.below_high)
    middle = max(model.low, machine - model.below_middle)
    bounds = (model.low, middle) if random.random() < model.first else (middle, high)
    exponent: float = random.uniform(*bounds)
    if kind < model.serial + model.power_of_two:
        exponent = math.floor(exponent + 0.5)
    return max(1, min(nodes, math.floor(2 ** exponent + 0.5)))


def lublin_runtime(random: Random, model: Lublin, nodes: int) -> float:
    share = min(1.0, max(0.0, model.slope * nodes + model.offset))
    for _ in range(MOST_TRIES):
        shape, scale = ((model.shape_1, model.scale_1) if random.random() < share else (model.shape_2, model.scale_2))
        logarithm = random.gammavariate(shape, scale)
        if logarithm <= LONGEST_LOG_RUNTIME:
            return math.exp(logarithm)
    raise ValueError('run times are far beyond the longest of the model')


def lublin_arrivals(random: Random, model: Lublin, start: float) -> Iterator[float]:
    """Seconds from the time of the day `start` (seconds after midnight) on. A pause of rush-hour seconds is spent on
    the half-hours that it goes through, which take the more of it the more is submitted in them."""
    weights = lublin_day(model)
    bucket, spent = divmod(start, HALF_HOUR)
    place, begin = int(bucket), bucket * HALF_HOUR
    spent = spent / HALF_HOUR * weights[place % HALF_HOURS]
    while True:
        left = math.exp(_log_pause(random, model)) / HALF_HOUR
        while left > weights[place % HALF_HOURS] - spent:
            left -= weights[place % HALF_HOURS] - spent
            place, begin, spent = place + 1, begin + HALF_HOUR, 0.0
        spent += left
        yield begin + HALF_HOUR * spent / weights[place % HALF_HOURS] - start


def _log_pause(random: Random, model: Lublin) -> float:
    for _ in range(MOST_TRIES):
        logarithm = random.gammavariate(model.shape_between * model.all_to_rush, model.scale_between)
        if logarithm <= LONGEST_LOG_PAUSE:
            return logarithm
    raise ValueError('times between submissions are far beyond the longest of the model')


def lublin(random: Random, parameters: Mapping[str, Any], nodes: int, start: float) -> Iterator[Drawn]:
    """The classes of jobs are streams of their own, merged by their times."""
    streams = []
    for kind, values in parameters.items():
        own, model = Random(f'{random.random()} {kind}'), Lublin(**values)
        streams.append(_lublin_class(own, model, nodes, start, kind))
    yield from heapq.merge(*streams, key=_submission)


def _submission(job: Drawn) -> float:
    return job.submit


def _lublin_class(random: Random, model: Lublin, nodes: int, start: float, kind: str) -> Iterator[Drawn]:
    for submit in lublin_arrivals(random, model, start):
        size = lublin_size(random, model, nodes)
        yield Drawn(submit, size, lublin_runtime(random, model, size), kind)


# --- Downey 1997 -----------------------------------------------------------------------------------------------------


def downey(random: Random, parameters: Mapping[str, Any], nodes: int, start: float) -> Iterator[Drawn]:
    """Downey, "A parallel workload model and its implications for processor allocation", HPDC 1997: the logarithms of
    the number of nodes and of the node seconds are even; submissions are a Poisson process.

    The paper's numbers depend on the site: work_low and work_high (node seconds) and between (mean seconds between two
    submissions) here are ours, or come from a log. A size is the nearest whole number.
    """
    low, high = math.log(parameters['work_low']), math.log(parameters['work_high'])
    smallest, largest = math.log(parameters['nodes_low']), math.log(min(nodes, parameters['nodes_high'] or nodes))
    submit = 0.0
    while True:
        submit += random.expovariate(1 / parameters['between'])
        size = math.exp(random.uniform(smallest, max(smallest, largest)))
        whole = max(1, min(nodes, math.floor(size + 0.5)))
        yield Drawn(submit, whole, math.exp(random.uniform(low, high)) / whole)


# --- Cirne and Berman 2001 -------------------------------------------------------------------------------------------

# The values are those of the program that the authors gave to the Parallel Workloads Archive. For each site: its nodes,
# and a polynomial, from the highest power down, over the time of the day from -0.5 to 0.5, whose value is twice the
# jobs submitted per second.
CIRNE_SITES: Mapping[str, tuple[int, tuple[float, ...]]] = {
    'anl': (120, (0, 119.4417, 1069.567, 14.435, -755.2833, -48.715, 196.0167, 14.91917, -22.48333, -1.554433, 1.041417,
                  0.03766833, -0.01102533, 0.002865167)),
    'ctc': (430, (4.234, -0.4303333, -4.3085, 0.1407367, 1.3602, -0.06104667, -0.160515, 0.0127425, 0.009416833)),
    'kth': (100, (-544.7167, -1024.067, 542.55, 823.4333, -210.1833, -251.8833, 39.68167, 35.9, -3.694167, -2.247,
                  0.1383983, 0.03195833, 0.0003734333, 0.001618433)),
    'sdsc': (128, (-91.66, 25.45, 50.265, -15.86583, -9.551333, 3.322, 0.8097167, -0.2601833, -0.04313167, 0.0061125,
                   0.003543667)),
}
CIRNE: Mapping[str, Any] = {'sizes': [0.12, 0.20], 'power_of_two': 0.75, 'walltimes': [0.10, -0.75],
                            'accuracy': [0.6, 0.6]}
DAY_MINUTES = 1440


def cirne_parameters(site: str) -> dict[str, Any]:
    machine, rate = CIRNE_SITES[site]
    return {**CIRNE, 'machine': machine, 'rate': list(rate)}


def cirne_day(rate: Sequence[float]) -> list[float]:
    """How many jobs a day has up to each of its minutes; where the polynomial is negative, none."""
    def submitted(minute: float) -> float:
        value = 0.0
        for factor in rate:
            value = value * (minute / DAY_MINUTES - 0.5) + factor
        return max(0.0, value) / 2 * 60
    return [0.0, *itertools.accumulate(submitted(minute + 0.5) for minute in range(DAY_MINUTES))]


def cirne_arrivals(random: Random, parameters: Mapping[str, Any], nodes: int, start: float) -> Iterator[float]:
    """One whenever the rate of the day, scaled to the machine, adds up to one more; the first after a part of that."""
    day = [jobs * nodes / parameters['machine'] for jobs in cirne_day(parameters['rate'])]
    minute, rest = divmod(start, 60)
    place = int(minute) % DAY_MINUTES
    done = day[place] + (day[place + 1] - day[place]) * rest / 60 + random.random()
    while True:
        days, left = divmod(done, day[-1])
        place = min(DAY_MINUTES, max(1, bisect(day, left))) - 1
        share = (left - day[place]) / (day[place + 1] - day[place])
        yield days * DAY + (place + share) * 60 - start
        done += 1


def cirne(random: Random, parameters: Mapping[str, Any], nodes: int, start: float) -> Iterator[Drawn]:
    """Cirne and Berman, "A comprehensive model of the supercomputer workload", 4th Workshop on Workload
    Characterization, 2001: the logarithms of sizes and of the times asked for are even, most sizes are rounded to a
    power of two, a gamma distribution says which part of the time asked for a job runs, and the hour of the day how
    many are submitted. Cancellations are left out."""
    sizes, walltimes = UniformLog(*parameters['sizes']), UniformLog(*parameters['walltimes'])
    for submit in cirne_arrivals(random, parameters, nodes, start):
        size = max(1, math.ceil(sizes.draw(random)))
        if random.random() < parameters['power_of_two']:
            size = 2 ** math.floor(math.log2(size) + 0.5)
        walltime = float(max(1, math.ceil(walltimes.draw(random))))
        accuracy = min(1.0, max(1e-5, random.gammavariate(*parameters['accuracy'])))
        yield Drawn(submit, min(nodes, size), accuracy * walltime, '', walltime)


# --- Jann et al. 1997 ------------------------------------------------------------------------------------------------


class HyperErlang(NamedTuple):
    """With probability `first` the sum of `order` exponential times of rate rate_1, else of rate rate_2 (per second).
    """

    first: float
    rate_1: float
    rate_2: float
    order: int

    def draw(self, random: Random) -> float:
        rate = self.rate_1 if random.random() < self.first else self.rate_2
        return sum(random.expovariate(rate) for _ in range(self.order))


MOST_STAGES = 50


def hyper_erlang(moments: Sequence[float]) -> HyperErlang:
    """The hyper-Erlang distribution of the lowest common order that has these first three moments about 0, as in Jann,
    Pattnaik, Franke, Wang, Skovira and Riordan, "Modeling of workload in MPPs", JSSPP 1997. Where none has (all values
    are equal, say), the Erlang distribution of the highest order with the first moment."""
    for order in range(1, MOST_STAGES + 1):
        # The moments of a variable that is the mean of a stage of either branch.
        one = moments[0] / order
        two = moments[1] / (order * (order + 1))
        three = moments[2] / (order * (order + 1) * (order + 2))
        spread = two - one * one
        if spread <= 1e-12 * two:
            continue
        total = (three - one * two) / spread
        product = total * one - two
        root = total * total - 4 * product
        if product <= 0 or root < 0:
            continue
        small, large = (total - math.sqrt(root)) / 2, (total + math.sqrt(root)) / 2
        if small <= 0 or large <= small:
            continue
        first = (large - one) / (large - small)
        if 0 <= first <= 1:
            return HyperErlang(first, 1 / small, 1 / large, order)
    rate = MOST_STAGES / max(moments[0], 1e-9)
    return HyperErlang(1.0, rate, rate, MOST_STAGES)


def jann(random: Random, parameters: Mapping[str, Any], nodes: int, start: float) -> Iterator[Drawn]:
    """For each range of sizes, times between submissions and run times are hyper-Erlang. Sizes within a range are drawn
    with the shares that they have in the log; the parameters come from a log (`fit`), as the paper's do from CTC's."""
    streams = [_jann_range(Random(f'{random.random()} {number}'), one, nodes)
               for number, one in enumerate(parameters['ranges'])]
    yield from heapq.merge(*streams, key=_submission)


def _jann_range(random: Random, one: Mapping[str, Any], nodes: int) -> Iterator[Drawn]:
    between, runtime = HyperErlang(*one['between']), HyperErlang(*one['runtime'])
    sizes, weights = [int(size) for size in one['sizes']], list(itertools.accumulate(one['sizes'].values()))
    submit = 0.0
    while True:
        submit += between.draw(random)
        size = random.choices(sizes, cum_weights=weights)[0]
        yield Drawn(submit, min(nodes, size), runtime.draw(random))


# --- All of them -----------------------------------------------------------------------------------------------------

DEFAULTS: Mapping[str, dict[str, Any]] = {
    'lublin': {kind: vars(LUBLIN[kind]) for kind in ('batch', 'interactive')},
    'downey': {'work_low': 1.0, 'work_high': 1e6, 'nodes_low': 1.0, 'nodes_high': None, 'between': 600.0},
    'cirne': cirne_parameters('ctc'),
    'jann': {},
}
MODELS = {'lublin': lublin, 'downey': downey, 'cirne': cirne, 'jann': jann}
