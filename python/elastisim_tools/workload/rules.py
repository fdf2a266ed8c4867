"""What holds for the jobs of every log: each can run on the machine, has a name of its own, waits for jobs that are
there, and has a limit or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

from .machine import Machine
from .record import Dependency, Record
from .report import DROPPED, MENDED, NOTED, Report, Rule

TOO_LARGE = Rule('too_large', DROPPED, 'the job asks for more nodes than the machine has')
NUMBER_TWICE = Rule('number_twice', MENDED, 'an earlier row has the same job number; the line is added to the name')
OVERRUN_KILLED = Rule('overrun_killed', MENDED, 'the job ran longer than it asked for; it is killed at its walltime')
OVERRUN_RAISED = Rule('overrun_raised', MENDED, 'the job ran longer than it asked for; its walltime is its run time')
OVERRUN_KEPT = Rule('overrun_kept', MENDED, 'the job ran longer than it asked for; it has no walltime, and what it '
                    'asked for as its estimate')
LOST_PREDECESSOR = Rule('predecessor_missing', MENDED, 'the job that it depends on is not among the rows kept above '
                        'it; the dependency is left out')
FEEDBACK = Rule('feedback', MENDED, 'submitted as long after the end of the job before it as its think time says, '
                'whenever that will be')
UNORDERED = Rule('out_of_order', NOTED, 'submitted before the row above it; the simulator sorts jobs by submission')
ZERO = Rule('zero_run_time', NOTED, 'the job ran for no time')
NO_WALLTIME = Rule('no_requested_time', NOTED, 'no time was asked for; the job has no walltime')

OVERRUN = {'kill': OVERRUN_KILLED, 'raise': OVERRUN_RAISED, 'keep': OVERRUN_KEPT}


@dataclass(frozen=True)
class Options:
    overrun: str = 'kill'
    feedback: bool = False


class Names:
    """The names of jobs so far. Numbers take a byte each where they are dense, as in a log."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self._others: set[str] = set()

    def add(self, name: str) -> bool:
        """False if it was there already."""
        if not name.isdecimal() or len(name) > 15:
            there = name in self._others
            self._others.add(name)
            return not there
        number = int(name)
        table = self._pages.get(number >> 16)
        if table is None:
            table = self._pages[number >> 16] = bytearray(1 << 16)
        if table[number & 0xFFFF]:
            return False
        table[number & 0xFFFF] = 1
        return True

    def __contains__(self, name: str) -> bool:
        if not name.isdecimal() or len(name) > 15:
            return name in self._others
        number = int(name)
        table = self._pages.get(number >> 16)
        return table is not None and table[number & 0xFFFF] != 0


class Rules:
    """Passes records on, mended where need be, and counts."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self._options = options
        self._names = Names()
        self._latest = 0.0
        self.largest = 0

    def apply(self, records: Iterable[Record], machine: Optional[Machine] = None) -> Iterator[Record]:
        """machine: of known size where the number of nodes is limited; may become known with the first record."""
        report = self.report
        for record in records:
            limit = machine.nodes if machine else None
            if limit is not None and record.nodes > limit:
                report.note(TOO_LARGE, record.line, f'job {record.name}: {record.nodes} nodes; the machine has {limit}')
                continue
            self._mend(record)
            if record.nodes > self.largest:
                self.largest = record.nodes
            report.kept += 1
            if report.row_is_mended(record.line):
                report.mended += 1
            yield record

    def _mend(self, record: Record) -> None:
        note, line = self.report.note, record.line
        if not self._names.add(record.name):
            note(NUMBER_TWICE, line, f'job {record.name}')
            record.name = f'{record.name}@{line}'
            self._names.add(record.name)
        if record.submit < self._latest:
            note(UNORDERED, line, f'job {record.name}')
        else:
            self._latest = record.submit
        runtime, walltime = record.runtime, record.walltime
        if not walltime:
            note(NO_WALLTIME, line, f'job {record.name}')
        elif runtime is not None and runtime > walltime:
            self._overrun(record, runtime, walltime)
        if runtime == 0:
            note(ZERO, line, f'job {record.name}')
        if record.dependencies:
            self._check_dependencies(record)

    def _overrun(self, record: Record, runtime: float, walltime: float) -> None:
        choice = self._options.overrun
        detail = f'job {record.name}: {runtime:g} s run, {walltime:g} s asked for'
        self.report.note(OVERRUN[choice], record.line, detail)
        if choice == 'raise':
            record.walltime = runtime
        elif choice == 'keep':
            record.walltime, record.estimate = None, walltime

    def _check_dependencies(self, record: Record) -> None:
        kept: list[Dependency] = []
        for dependency in record.dependencies:
            if dependency.number in self._names and dependency.number != record.name:
                kept.append(dependency)
            else:
                detail = f'job {record.name} after job {dependency.number}'
                self.report.note(LOST_PREDECESSOR, record.line, detail)
        record.dependencies = kept
        if kept and self._options.feedback:
            self.report.note(FEEDBACK, record.line, f'job {record.name} after job {kept[0].number}')
            record.submit = 0.0
