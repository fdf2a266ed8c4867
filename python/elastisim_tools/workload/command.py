"""The command line of elastisim-workload."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Optional

from .. import __version__
from ..run import OutputError
from . import checkpoints, convert, describe, generating, importing, validate
from .record import LogError

HELP = 'Makes workloads for the simulator from the logs of real machines and from published models.'


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog='elastisim-workload', description=HELP)
    top.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    commands = top.add_subparsers(metavar='COMMAND', required=True)
    importing.add_to(commands)
    convert.add_to(commands)
    generating.add_to(commands)
    describe.add_to(commands)
    validate.add_to(commands)
    checkpoints.add_to(commands)
    return top


def main(argv: Optional[Sequence[str]] = None) -> int:
    options = parser().parse_args(argv)
    try:
        status: int = options.run(options)
        return status
    except (LogError, OutputError, OSError) as error:
        print(f'elastisim-workload: error: {_told(error)}', file=sys.stderr)
        return 2


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f'{error.filename}: {(error.strerror or str(error)).lower()}'
    return str(error)
