"""The rooms of src/ include each other as the table in docs/architecture.md allows, and in no circle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Plan = dict[str, set[str]]


def read_plan(text: str) -> Plan:
    rows = re.findall(r'^\| `(?:src|include)/(\w+)` \|[^|]*\|([^|]*)\|', text, re.MULTILINE)
    return {room: set(re.findall(r'\w+', allowed)) for room, allowed in rows}


def includes(root: Path) -> Iterator[tuple[str, str, str]]:
    """File, its room, and the room of each header that it includes; the files beside main.c are in none."""
    for path in sorted(root.glob('src/*/**/*')):
        if path.suffix in ('.c', '.h', '.cpp'):
            room = path.relative_to(root / 'src').parts[0]
            for other in re.findall(r'^#include [<"](\w+)/', path.read_text(), re.MULTILINE):
                if (root / 'src' / other).is_dir() or other == 'elastisim':
                    yield str(path.relative_to(root)), room, other


def violations(plan: Plan, root: Path) -> list[str]:
    return [f'{path}: {room} may not include {other}' for path, room, other in includes(root)
            if other != room and other not in plan.get(room, set())]


def circles(plan: Plan) -> list[str]:
    """Rooms that are left when those whose rooms are all below them have been taken away again and again."""
    left = dict(plan)
    while ground := [room for room, allowed in left.items() if not allowed & left.keys()]:
        for room in ground:
            del left[room]
    return sorted(left)


PLAN = read_plan((ROOT / 'docs' / 'architecture.md').read_text())


def test_the_plan_names_every_room() -> None:
    rooms = {path.name for path in (ROOT / 'src').iterdir() if path.is_dir()}
    assert set(PLAN) == rooms | {'elastisim'}


def test_rooms_include_only_what_the_plan_allows() -> None:
    assert violations(PLAN, ROOT) == []


def test_the_plan_allows_nothing_that_is_not_used() -> None:
    used = {(room, other) for _, room, other in includes(ROOT) if room != other}
    assert {(room, other) for room, allowed in PLAN.items() for other in allowed} - used == set()


def test_no_circle_leads_from_a_room_back_to_it() -> None:
    assert circles(PLAN) == []


@pytest.mark.parametrize(('room', 'header'), [('system', 'results/results.h'), ('policies', 'system/state.h'),
                                              ('base', 'elastisim/scheduler.h')])
def test_a_violation_is_found(tmp_path: Path, room: str, header: str) -> None:
    for name in PLAN:
        (tmp_path / 'src' / name).mkdir(parents=True)
    (tmp_path / 'src' / room / 'planted.c').write_text(f'#include "{header}"\n')
    other = header.partition('/')[0]
    assert violations(PLAN, tmp_path) == [f'src/{room}/planted.c: {room} may not include {other}']


def test_a_circle_is_found() -> None:
    assert circles({'a': set(), 'b': {'a', 'c'}, 'c': {'b'}}) == ['b', 'c']
