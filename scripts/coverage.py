#!/usr/bin/env python3
"""Prints what gcovr found, by folder, and the messages that no test reaches.

usage: coverage.py COVERAGE.json
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

# What makes a message for the user; those about memory have no place to be tried from.
MESSAGE = re.compile(r'\b(error_set|json_error|error_file|warnings_add)\b')


class Count:
    """How many there are, and how many were reached."""

    def __init__(self) -> None:
        self.all = self.reached = 0

    def add(self, reached: bool) -> None:
        self.all += 1
        self.reached += reached

    def __str__(self) -> str:
        return f'{self.reached} of {self.all} | {100 * self.reached / max(1, self.all):.1f} %'


def table(files: list[dict[str, Any]]) -> None:
    lines: dict[str, Count] = defaultdict(Count)
    branches: dict[str, Count] = defaultdict(Count)
    for file in files:
        for folder in (str(Path(file['file']).parent), 'all'):
            for line in file['lines']:
                if line.get('gcovr/noncode'):
                    continue
                lines[folder].add(line['count'] > 0)
                for branch in line['branches']:
                    branches[folder].add(branch['count'] > 0)
    print('| folder | lines | | branches | |\n|---|---|---|---|---|')
    for folder in sorted(lines, key=lambda name: (name == 'all', name)):
        print(f'| `{folder}` | {lines[folder]} | {branches[folder]} |' if folder != 'all' else
              f'| all | {lines[folder]} | {branches[folder]} |')


def unreached_messages(files: list[dict[str, Any]]) -> None:
    for file in files:
        text = Path(file['file']).read_text(encoding='utf-8').splitlines()
        for line in file['lines']:
            if line['count'] == 0 and MESSAGE.search(text[line['line_number'] - 1]):
                print(f'{file["file"]}:{line["line_number"]}: {text[line["line_number"] - 1].strip()}')


def main() -> int:
    files = json.loads(Path(sys.argv[1]).read_text(encoding='utf-8'))['files']
    table(files)
    print('\nmessages that no test reaches:')
    unreached_messages(files)
    return 0


if __name__ == '__main__':
    sys.exit(main())
