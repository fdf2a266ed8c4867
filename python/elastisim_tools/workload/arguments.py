"""Kinds of command-line arguments."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from typing import Any

Subparsers = Any  # what add_subparsers returns has no public name


def whole(low: int) -> Callable[[str], int]:
    """A whole number of at least low."""

    def convert(text: str) -> int:
        if not re.fullmatch(r'[+-]?\d{1,15}', text) or int(text) < low:
            raise argparse.ArgumentTypeError(f"'{text}': must be a whole number of at least {low}")
        return int(text)

    return convert


def real(low: float, high: float = math.inf) -> Callable[[str], float]:
    """A number from low to high."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or math.isinf(value):
            limits = f'from {low:g} to {high:g}' if high < math.inf else f'of at least {low:g}'
            raise argparse.ArgumentTypeError(f"'{text}': must be a number {limits}")
        return value

    return convert


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}': must be a number above 0")
    return value


def quantity(text: str) -> str:
    """A figure of a platform file, such as 12.5GBps."""
    if not re.fullmatch(r'\d+(\.\d+)?(e[+-]?\d+)?[A-Za-z]+', text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number with a unit, such as 1Gf, 12.5GBps or 1us")
    return text


def quantities(text: str) -> tuple[str, str]:
    """Two of them: READ,WRITE."""
    read, comma, write = text.partition(',')
    return quantity(read), quantity(write if comma else read)


def add_machine(group: argparse._ArgumentGroup) -> None:
    """What nodes, their links and the file system of the platform can do."""
    add = group.add_argument
    add('--speed', type=quantity, default='1Gf', metavar='X', help='speed of a processor (default: %(default)s)')
    add('--bandwidth', type=quantity, default='12.5GBps', metavar='X', help="of a node's link (default: %(default)s)")
    add('--latency', type=quantity, default='1us', metavar='X', help="of a node's link (default: %(default)s)")
    add('--pfs', type=quantities, metavar='READ,WRITE', help='a parallel file system with these bandwidths')
