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


def read_internal(text: str) -> dict[str, str]:
    """Internal headers and the headers they belong to, without endings."""
    return dict(re.findall(r'^\| `(\w+/\w+)\.h` \| `(\w+/\w+)\.h` \|$', text, re.MULTILINE))


def file_includes(root: Path, internal: dict[str, str]) -> Plan:
    """What each module includes: files of one name are one, and an internal header belongs to another."""
    found: Plan = {}
    for path in sorted((root / 'src').glob('**/*')):
        if path.suffix in ('.c', '.h', '.cpp', '.hpp'):
            name = str(path.relative_to(root / 'src').with_suffix(''))
            others = {str(Path(other).with_suffix(''))
                      for other in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE)}
            found.setdefault(internal.get(name, name), set()).update(internal.get(other, other) for other in others)
    return {name: (others & found.keys()) - {name} for name, others in found.items()}


def file_circles(root: Path, internal: dict[str, str]) -> list[str]:
    """Modules in circles: those that are left when what is above all circles has been taken away as well."""
    left = file_includes(root, internal)
    left = {name: left[name] & set(circles(left)) for name in circles(left)}
    while above := left.keys() - {other for others in left.values() for other in others}:
        left = {name: others for name, others in left.items() if name not in above}
    return sorted(left)


def words_of(root: Path, room: str) -> set[str]:
    """What a name of a room may begin with: the room, its files and types, types of base and application, and what a
    record is one of; of many, one or all."""
    words = {room, 'elastisim'}
    for path in (root / 'src' / room).glob('**/*'):
        words.add(path.stem)
    for folder in (room, 'base', 'application'):
        for path in (root / 'src' / folder).glob('**/*.h'):
            words |= set(re.findall(r'^(?:struct|enum|typedef struct|extern) (?:const struct )?(\w+)', path.read_text(),
                                    re.MULTILINE))
    words |= {word.removesuffix('_record') for word in words}
    return words | {re.sub('ies$', 'y', word) for word in words} | {re.sub('s$', '', word) for word in words} | {
        word + 's' for word in words}


def strange_names(root: Path) -> list[str]:
    """Functions that headers declare in C whose names don't begin with a word of their room."""
    found = []
    for path in sorted((root / 'src').glob('*/**/*.h')):
        room = path.relative_to(root / 'src').parts[0]
        words = words_of(root, room)
        for name in re.findall(r'^(?!static|typedef|#|return)[a-z][\w *]*?\b(\w+)\(', path.read_text(), re.MULTILINE):
            if not any(name == word or name.startswith(word + '_') for word in words) and name != '__attribute__':
                found.append(f'{path.relative_to(root)}: {name}')
    return found


INTERNAL = read_internal((ROOT / 'docs' / 'architecture.md').read_text())
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


def test_no_circle_leads_from_a_file_back_to_it() -> None:
    assert file_circles(ROOT, INTERNAL) == []


def test_internal_headers_stay_in_their_room() -> None:
    assert len(INTERNAL) == 5
    for header, owner in INTERNAL.items():
        room = header.partition('/')[0]
        assert owner.partition('/')[0] == room
        users = [path for path in (ROOT / 'src').glob('**/*') if path.suffix in ('.c', '.h', '.cpp', '.hpp')
                 and f'#include "{header}.h"' in path.read_text()]
        assert users and {path.relative_to(ROOT / 'src').parts[0] for path in users} == {room}


def test_a_circle_between_files_is_found(tmp_path: Path) -> None:
    room = tmp_path / 'src' / 'room'
    room.mkdir(parents=True)
    for name, text in {'top.c': '#include "room/a.h"\n', 'a.h': '', 'a.c': '#include "room/b.h"\n',
                       'b.h': '#include "room/a.h"\n#include "room/low.h"\n', 'low.h': ''}.items():
        (room / name).write_text(text)
    assert file_circles(tmp_path, {}) == ['room/a', 'room/b']
    assert file_circles(tmp_path, {'room/b': 'room/a'}) == []


def test_names_of_functions_begin_with_a_word_of_their_room() -> None:
    assert strange_names(ROOT) == []


def test_a_name_without_a_word_of_its_room_is_found(tmp_path: Path) -> None:
    room = tmp_path / 'src' / 'room'
    room.mkdir(parents=True)
    (room / 'door.h').write_text('struct window;\nint door_open(int x);\nvoid windows_close(void);\n'
                                 'const char *room_name(void);\nbool\tslam(void);\nbool slam(struct window *window);\n')
    assert strange_names(tmp_path) == ['src/room/door.h: slam']
