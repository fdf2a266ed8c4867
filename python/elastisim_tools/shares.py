"""Who has had how much of a run's energy: the file energy_shares."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from .run import OutputError


@dataclass(frozen=True)
class Share:
    """A row: of a part of the machine, a use, a user, a node, or of all of it."""

    kind: str  # 'machine', 'part', 'use', 'node', 'user'
    name: str
    energy: float  # joules
    cost: float | None = None  # where energy has a price
    emissions: float | None = None  # grams of carbon dioxide, where there is a carbon intensity


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def read_shares(path: Path) -> list[Share]:
    """In the order of the file."""
    shares = []
    with open(path, newline='', encoding='utf-8') as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                shares.append(Share(row['Share'], row['Name'], float(row['Energy (J)']),
                                    _number(row.get('Energy Cost')), _number(row.get('Emissions (g)'))))
            except KeyError as error:
                raise OutputError(f'{path}: no column {error}; is this a file of energy shares?') from error
            except (TypeError, ValueError) as error:
                raise OutputError(f'{path}:{number}: {error}') from error
    return shares
