"""How much faster a job runs on more nodes: as figures here, and as expressions for the simulator.

An expression is over num_nodes and the job's arguments, and its value is the speed-up over one node.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, log
from random import Random
from typing import Any

from . import moldability
from .record import LogError

Parameters = dict[str, float]


def amdahl(n: float, p: Mapping[str, float]) -> float:
    """Amdahl 1967: a share `serial` of the work on one node does not get faster."""
    return 1 / (p['serial'] + (1 - p['serial']) / n)


def downey(n: float, p: Mapping[str, float]) -> float:
    """Downey 1997 ("A model for speedup of parallel programs"): average parallelism A, and sigma, which says how much
    the parallelism varies about it."""
    a, sigma = p['parallelism'], p['sigma']
    if sigma <= 1:
        if n <= a:
            return a * n / (a + sigma / 2 * (n - 1))
        if n <= 2 * a - 1:
            return a * n / (sigma * (a - 0.5) + n * (1 - sigma / 2))
        return a
    if n <= a + a * sigma - sigma:
        return n * a * (sigma + 1) / (sigma * (n + a - 1) + a)
    return a


AMDAHL = '1 / (serial + (1 - serial) / num_nodes)'
DOWNEY = ('if(sigma <= 1, if(num_nodes <= parallelism, parallelism * num_nodes / (parallelism + sigma / 2 * '
          '(num_nodes - 1)), if(num_nodes <= 2 * parallelism - 1, parallelism * num_nodes / (sigma * (parallelism - '
          '0.5) + num_nodes * (1 - sigma / 2)), parallelism)), if(num_nodes <= parallelism + parallelism * sigma - '
          'sigma, num_nodes * parallelism * (sigma + 1) / (sigma * (num_nodes + parallelism - 1) + parallelism), '
          'parallelism))')


@dataclass(frozen=True)
class Model:
    """A speed-up with parameters that are drawn for each job. `draw` is given the ranges of the parameters and the
    number of nodes that the job ran on."""

    text: str
    value: Callable[[float, Mapping[str, float]], float]
    draw: Callable[[Random, Mapping[str, tuple[float, float]], int], Parameters]
    defaults: Mapping[str, tuple[float, float]]


def _draw_amdahl(random: Random, ranges: Mapping[str, tuple[float, float]], nodes: int) -> Parameters:
    return {'serial': random.uniform(*ranges['serial'])}


def _draw_downey(random: Random, ranges: Mapping[str, tuple[float, float]], nodes: int) -> Parameters:
    """The parallelism is as many times the recorded size, with an even logarithm; sigma is even."""
    low, high = ranges['parallelism']
    factor = exp(random.uniform(log(low), log(high)))
    return {'parallelism': max(1.0, nodes * factor), 'sigma': random.uniform(*ranges['sigma'])}


def _draw_cirne_berman(random: Random, ranges: Mapping[str, tuple[float, float]], nodes: int) -> Parameters:
    """`fewest` is of no concern to the speed-up, but to the requests that users could make."""
    fewest = moldability.draw_fewest(random)
    sigma = moldability.draw_sigma(random)
    return {'parallelism': moldability.draw_parallelism(random, fewest), 'sigma': sigma, 'fewest': fewest}


# What the generator of Schäfer et al. 2026 chooses from, and the efficiency that it wants on the recorded nodes.
SERIAL_SHARES = (0.05, 0.045, 0.04, 0.035, 0.03, 0.025, 0.02, 0.015, 0.01, 0.005, 0.001)
WANTED_EFFICIENCY = 0.8


def _serial_by_size(random: Random, ranges: Mapping[str, tuple[float, float]], nodes: int) -> Parameters:
    """The largest with which the job uses its recorded nodes well enough; nothing is drawn."""
    enough = [share for share in SERIAL_SHARES if amdahl(nodes, {'serial': share}) / nodes > WANTED_EFFICIENCY]
    return {'serial': enough[0] if enough else SERIAL_SHARES[-1]}


CIRNE_BERMAN = 'cirne-berman'

MODELS: Mapping[str, Model] = {
    'amdahl': Model(AMDAHL, amdahl, _draw_amdahl, {'serial': (0.0, 0.05)}),
    'downey': Model(DOWNEY, downey, _draw_downey, {'parallelism': (1.0, 4.0), 'sigma': (0.0, 2.0)}),
    'amdahl-by-size': Model(AMDAHL, amdahl, _serial_by_size, {}),
    CIRNE_BERMAN: Model(DOWNEY, downey, _draw_cirne_berman, {}),
    'linear': Model('num_nodes', lambda n, p: n, lambda random, ranges, nodes: {}, {}),
}


def efficiency(model: Model, n: int, parameters: Mapping[str, float]) -> float:
    return model.value(n, parameters) / n


def most_nodes(model: Model, parameters: Mapping[str, float], least: float, limit: int) -> int:
    """The most nodes on which the efficiency is at least that; at least 1. Efficiency falls with the nodes."""
    low, high = 1, limit
    while low < high:
        middle = (low + high + 1) // 2
        if efficiency(model, middle, parameters) >= least:
            low = middle
        else:
            high = middle - 1
    return low


# --- Speed-ups that users write down ---------------------------------------------------------------------------------

OPERATORS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow}
FUNCTIONS: Mapping[str, Callable[..., float]] = {
    'min': min, 'max': max, 'sqrt': math.sqrt, 'log': math.log, 'log2': math.log2, 'log10': math.log10, 'exp': math.exp,
    'pow': pow, 'floor': math.floor, 'ceil': math.ceil, 'abs': abs}


def model_of(text: str) -> Model:
    """The model of that name, or the expression as one. Raises LogError for what is neither."""
    if text in MODELS:
        return MODELS[text]
    try:
        tree = ast.parse(text.replace('^', '**'), mode='eval').body
        value = _evaluate(tree, 1.0)
    except (SyntaxError, ValueError, ArithmeticError, TypeError, RecursionError, MemoryError):
        raise LogError(f"speedup: '{text[:60]}' is none of {', '.join(MODELS)}, and no expression over num_nodes "
                       f"with + - * / ^ and {', '.join(FUNCTIONS)}") from None
    if not 0 < value < math.inf:
        raise LogError(f"speedup: '{text[:60]}' is {value:g} on one node; must be a number above 0")
    return Model(text, lambda n, p: _evaluate(tree, n), lambda random, ranges, nodes: {}, {})


def _evaluate(tree: Any, n: float) -> float:
    """Numbers, num_nodes, operators and functions; ValueError for anything else."""
    if isinstance(tree, ast.Constant) and type(tree.value) in (int, float):
        return float(tree.value)
    if isinstance(tree, ast.Name) and tree.id == 'num_nodes':
        return n
    if isinstance(tree, ast.BinOp) and type(tree.op) in OPERATORS:
        return float(OPERATORS[type(tree.op)](_evaluate(tree.left, n), _evaluate(tree.right, n)))
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, (ast.USub, ast.UAdd)):
        return -_evaluate(tree.operand, n) if isinstance(tree.op, ast.USub) else _evaluate(tree.operand, n)
    called = tree.func if isinstance(tree, ast.Call) and not tree.keywords else None
    if isinstance(called, ast.Name) and called.id in FUNCTIONS:
        return float(FUNCTIONS[called.id](*(_evaluate(argument, n) for argument in tree.args)))
    raise ValueError
