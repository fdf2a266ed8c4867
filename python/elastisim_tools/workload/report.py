"""What was read, dropped, mended and noted on the way from a log to a workload, and why.

A rule is a row of the report: it counts what it did, and keeps the first rows that it did it to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Optional

from .record import LogError

DROPPED, FOLDED, MENDED, NOTED = 'dropped', 'folded', 'mended', 'noted'

EXAMPLES = 3


@dataclass(frozen=True)
class Rule:
    """What is done to rows of one kind. `text` says which rows and what becomes of them."""

    key: str
    verb: str
    text: str


@dataclass
class Finding:
    """The rows that a rule was applied to: how many, and the first of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


class Report:
    """The account of a log: read = kept + dropped + folded (into another row). A kept row may have been mended by
    several rules."""

    def __init__(self, source: str, strict: bool = False, place: str = '{source}:{line}') -> None:
        self.source = source
        self._place = place  # where a row stands
        self.strict = strict
        self.read = 0
        self.kept = 0
        self.mended = 0
        self.findings: dict[Rule, Finding] = {}
        self.unknown: Counter[str] = Counter()  # fields without a value, by name
        self.facts: dict[str, Any] = {}  # what the workload is made for: nodes, start date...
        self._mended_line = -1

    def note(self, rule: Rule, line: int, detail: str = '') -> None:
        """Counts a row. Raises LogError in strict mode if it is dropped or mended."""
        place = self._place.format(source=self.source, line=line)
        if self.strict and rule.verb in (DROPPED, MENDED):
            raise LogError(f'{place}: {detail}: {rule.text}; without --strict the row would be {rule.verb}')
        finding = self.findings.get(rule)
        if finding is None:
            finding = self.findings[rule] = Finding()
        finding.count += 1
        if len(finding.examples) < EXAMPLES:
            finding.examples.append(f'{place}: {detail}' if detail else place)
        if rule.verb == MENDED and line != self._mended_line:
            self._mended_line = line

    def row_is_mended(self, line: int) -> bool:
        """Whether a rule has mended the row at this line, the last one that was looked at."""
        return self._mended_line == line

    def count(self, verb: str) -> int:
        return sum(finding.count for rule, finding in self.findings.items() if rule.verb == verb)

    def rows(self, verb: Optional[str] = None) -> list[tuple[Rule, Finding]]:
        """The rules that were applied, those that drop first, the most frequent first."""
        order = (DROPPED, FOLDED, MENDED, NOTED)
        rows = [(rule, finding) for rule, finding in self.findings.items() if verb in (None, rule.verb)]
        return sorted(rows, key=lambda row: (order.index(row[0].verb), -row[1].count, row[0].key))

    def as_json(self) -> dict[str, Any]:
        return {
            'source': self.source, 'read': self.read, 'kept': self.kept, 'dropped': self.count(DROPPED),
            'folded': self.count(FOLDED), 'mended': self.mended, **self.facts,
            'rules': [{'rule': rule.key, 'verb': rule.verb, 'text': rule.text, 'count': finding.count,
                       'first': finding.examples} for rule, finding in self.rows()],
            'fields_without_value': dict(sorted(self.unknown.items())),
        }

    def as_text(self) -> str:
        folded = f', {self.count(FOLDED)} folded into others' if self.count(FOLDED) else ''
        lines = [f'{self.source}: {self.read} rows read, {self.kept} jobs written, {self.count(DROPPED)} '
                 f'dropped{folded}; '
                 f'{self.mended} of the jobs mended']
        for rule, finding in self.rows():
            lines.append(f'{finding.count:>9} {rule.verb:<7} {rule.key}: {rule.text}')
            lines.extend(f'{"":>19}{example}' for example in finding.examples)
        for name, count in sorted(self.unknown.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f'{count:>9} without {name}')
        for name, fact in self.facts.items():
            lines.append(f'{name}: {fact}')
        return '\n'.join(lines) + '\n'
