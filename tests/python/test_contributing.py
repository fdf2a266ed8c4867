"""What CONTRIBUTING.md names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / 'CONTRIBUTING.md').read_text()


def rows(heading: str) -> 'list[str]':
    section = TEXT.partition(f'## {heading}')[2].partition('\n## ')[0]
    return [line for line in section.splitlines() if line.startswith('|')][2:]


@pytest.mark.parametrize('row', rows('Where is it decided?'))
def test_each_question_of_a_newcomer_is_answered_by_one_file(row: str) -> None:
    files = re.findall('`([^`]+)`', row)
    assert len(files) == 1 and (ROOT / files[0]).is_file()


@pytest.mark.parametrize('row', rows('Add ...'))
def test_files_to_change_are_there(row: str) -> None:
    named = [name for name in re.findall(r'`([\w/]+\.\w+)`', row.partition('|')[2]) if '/' in name]
    assert named and all((ROOT / name).is_file() for name in named), named


def test_there_are_ten_questions() -> None:
    assert len(rows('Where is it decided?')) >= 10
