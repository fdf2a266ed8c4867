"""elastisim-workload checkpoint-interval: how often a job should write a checkpoint, by the formulas of Young and Daly.

Both look for the time of computing between two checkpoints that makes a job end soonest, when failures come at random
with a mean time M between them (exponentially distributed) and a checkpoint takes C to write.
"""

from __future__ import annotations

import argparse
import json
import math
import sys

from .arguments import Subparsers, positive, whole


def young(write_cost: float, mtbf: float) -> float:
    """Young 1974 ("A first order approximation to the optimum checkpoint interval"): sqrt(2 C M)."""
    return math.sqrt(2) * math.sqrt(write_cost) * math.sqrt(mtbf)


def daly(write_cost: float, mtbf: float) -> float:
    """Daly 2006 ("A higher order estimate of the optimum checkpoint interval for restart dumps"): for C < 2 M,
    sqrt(2 C M) (1 + sqrt(C / 2 M) / 3 + (C / 2 M) / 9) - C; for longer ones, M."""
    if write_cost >= 2 * mtbf:
        return mtbf
    ratio = write_cost / mtbf / 2
    return young(write_cost, mtbf) * (1 + math.sqrt(ratio) / 3 + ratio / 9) - write_cost


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser(
        'checkpoint-interval', help='how often to write a checkpoint',
        description='Prints after how many seconds of computing a job should write a checkpoint, so that what it '
        "writes and what failures make it compute again cost least: Young's estimate of 1974, and Daly's of 2006, "
        'which holds also where a checkpoint takes long for the time between failures.')
    add = parser.add_argument
    add('--write-cost', type=positive, required=True, metavar='S', help='seconds that a checkpoint takes to write')
    add('--mtbf', type=positive, required=True, metavar='S', help='mean seconds between two failures of a node')
    add('--nodes', type=whole(1), default=1, metavar='N', help='of the job, which ends when any of them fails '
        '(default: %(default)s)')
    add('--json', action='store_true', help='print JSON')
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    mtbf = options.mtbf / options.nodes
    values = {'mtbf': mtbf, 'young': young(options.write_cost, mtbf), 'daly': daly(options.write_cost, mtbf)}
    if options.json:
        text = json.dumps(values, indent=2)
    else:
        told = {key: f'{value:.6g} s' for key, value in values.items()}
        text = (f"A failure of the job every {told['mtbf']} on average; a checkpoint after each\n"
                f"  {told['young']} of computing (Young 1974)\n  {told['daly']} of computing (Daly 2006)")
    sys.stdout.write(text + '\n')
    return 0
