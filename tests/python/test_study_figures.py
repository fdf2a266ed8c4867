"""Figures of elastisim-study: what they show, that text stays text, that no two series look the same."""

from __future__ import annotations

import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('matplotlib')
pytest.importorskip('scipy')

from made_study import STUDY, make_study  # noqa: E402

from elastisim_tools.study import load_run, load_study  # noqa: E402
from elastisim_tools.study.command import main  # noqa: E402
from elastisim_tools.study.errors import StudyError  # noqa: E402
from elastisim_tools.study.figure import COLOURS, KINDS, MOST_SERIES, Request, look_of, style  # noqa: E402
from elastisim_tools.study.figure import draw_bars, draw_lines  # noqa: E402
from elastisim_tools.study.table import make_tables  # noqa: E402
from elastisim_tools.study.description import read_study  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_study()
    return tmp_path


def test_no_two_series_look_the_same() -> None:
    looks = [look_of(number) for number in range(MOST_SERIES)]
    assert len({(look.colour, look.line) for look in looks}) == MOST_SERIES == 28
    assert len({(look.colour, look.hatch) for look in looks}) == MOST_SERIES
    assert len({look.marker for look in looks[:len(COLOURS)]}) == len(COLOURS)


def test_lines_go_through_the_means_and_bands_are_the_intervals(folder: Path) -> None:
    tables = make_tables(read_study('study.toml'), Path('out'))
    with style('one-column') as pyplot:
        figure, axes = pyplot.subplots()
        draw_lines(axes, tables, Request('lines', 'wait_mean', 'share', 'policy', 'one-column'))
        easy, least = axes.get_lines()
        # Means over the seeds 1, 2, 3: 120 less 20 and 42 times the share.
        assert list(easy.get_xdata()) == [0, 0.5, 1] and list(easy.get_ydata()) == pytest.approx([120, 110, 100])
        assert list(least.get_ydata()) == pytest.approx([120, 99, 78])
        band = axes.collections[0].get_paths()[0].get_extents()
        half = 4.302653 * 10 / 3 ** 0.5
        assert (band.ymin, band.ymax) == pytest.approx((100 - half, 120 + half), abs=1e-4)
        assert [text.get_text() for text in axes.get_xticklabels()] == ['0.0', '0.5', '1.0']
        pyplot.close(figure)


def test_bars_stand_beside_each_other_and_have_whiskers(folder: Path) -> None:
    tables = make_tables(read_study('study.toml'), Path('out'))
    with style('two-column') as pyplot:
        figure, axes = pyplot.subplots()
        draw_bars(axes, tables, Request('bars', 'wait_mean', 'policy', 'share', 'two-column'))
        bars = list(axes.patches)
        assert [bar.get_height() for bar in bars] == pytest.approx([120, 120, 110, 99, 100, 78])
        lefts = sorted(bar.get_x() for bar in bars)
        assert all(b - a > 0.2 for a, b in zip(lefts, lefts[1:])), 'none covers another'
        pyplot.close(figure)


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_is_drawn_with_text_as_text(folder: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    by = ['--by', 'policy'] if kind == 'heat' else []
    command = ['figure', 'study.toml', '--kind', kind, '--metric', 'wait_mean', *by, '--figure', f'{kind}.svg']
    assert main(command) == 0
    assert capsys.readouterr().out == f'{kind}.svg\n'
    drawn = Path(f'{kind}.svg').read_text()
    words = re.findall(r'<text[^>]*>([^<]*)</text>', drawn)
    assert 'Wait, mean (s)' in words
    assert main(command) == 0 and Path(f'{kind}.svg').read_text() == drawn, 'the same each time'


def test_there_is_a_figure_for_each_metric(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['figure', 'study.toml', '--where', 'policy=easy']) == 0
    assert capsys.readouterr().out == 'out/figures/wait_mean.pdf\nout/figures/span.pdf\n'
    assert Path('out/figures/span.pdf').read_bytes().startswith(b'%PDF')
    assert main(['figure', 'study.toml', '--figure', 'all.svg', '--style', 'screen']) == 0
    assert capsys.readouterr().out == 'all-wait_mean.svg\nall-span.svg\n'


ERRORS = [
    (('--metric', 'wait_max'), '--metric wait_max: is no metric of the study; they are wait_mean, span'),
    (('--x', 'shar'), "--x shar: there is no such axis; did you mean 'share'?"),
    (('--by', 'zzz'), '--by zzz: there is no such axis; axes are policy, share'),
    (('--x', 'share', '--by', 'share'),
     '--by share: is the axis along which the figure goes; give another one'),
    (('--where', 'policy'), '--where policy: must be AXIS=VALUE'),
    (('--where', 'policy=sjf'), '--where policy=sjf: no run has that value; there are easy, min & more'),
    (('--figure', 'a.gif', '--metric', 'span'), 'a.gif: must end in .pdf, .svg, .eps, .png'),
    (('--kind', 'heat', '--where', 'policy=easy'), 'a heat map needs two axes; give --by AXIS'),
]


@pytest.mark.parametrize(('options', 'message'), ERRORS, ids=range(len(ERRORS)))
def test_what_cannot_be_drawn_is_told(folder: Path, capsys: pytest.CaptureFixture[str], options: 'tuple[str, ...]',
                                      message: str) -> None:
    assert main(['figure', 'study.toml', *options]) == 2
    assert capsys.readouterr().err == f'elastisim-study: error: {message}\n'


def test_differences_need_a_baseline_and_something_to_draw(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path('study.toml').write_text(STUDY.replace('baseline', '# '))
    assert main(['figure', 'study.toml', '--kind', 'differences']) == 2
    assert capsys.readouterr().err == "elastisim-study: error: study.toml: differences need a 'baseline'\n"
    Path('study.toml').write_text(STUDY.replace('"span"', '"node_utilization"'))
    assert main(['figure', 'study.toml', '--metric', 'node_utilization']) == 2
    assert capsys.readouterr().err == ('elastisim-study: error: node_utilization: no run has a value of it, so there '
                                       'is nothing to draw\n')


def test_a_figure_needs_an_axis_and_has_room_for_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said_of(axes: dict[str, list[str]], *options: str) -> str:
        text = STUDY.partition('[axes')[0].replace('baseline', '# ')
        for number, (name, values) in enumerate(axes.items()):
            text += f'[axes.{name}]\nset = "key{number}"\nvalues = {json.dumps(values)}\n'
        Path('study.toml').write_text(text)
        runs = [{'key': 'e01', 'names': dict(zip(axes, names)), 'inputs': {'program': '', 'jobs': '', 'platform': ''}}
                for names in itertools.product(*axes.values())]
        Path('out/plan.json').write_text(json.dumps({'axes': axes, 'runs': runs}))
        assert main(['figure', 'study.toml', '--metric', 'span', *options]) == 2
        return capsys.readouterr().err.removeprefix('elastisim-study: error: ').rstrip('\n')

    assert said_of({}) == 'study.toml: has no axis to draw a figure over'
    assert said_of({'a': ['1', '2'], 'b': ['x', 'y'], 'c': ['z', 'w']}, '--x', 'a', '--by', 'b') == \
        'the figure has room for two axes, and c is left; fix it with --where AXIS=VALUE'
    many = [f'v{i}' for i in range(MOST_SERIES + 1)]
    assert said_of({'a': ['1', '2'], 'b': many}) == (
        f'--by b: has {len(many)} values, and no more than {MOST_SERIES} can be told apart; fix some with --where')


def test_frames_are_of_folders_that_have_them(tmp_path: Path) -> None:
    pytest.importorskip('pandas')
    with pytest.raises(StudyError) as error:
        load_study(tmp_path)
    assert str(error.value) == f'{tmp_path}: there is no study.sqlite; elastisim-study table makes it'
    with pytest.raises(StudyError) as error:
        load_run(tmp_path)
    assert str(error.value) == f'{tmp_path}: there is no job_statistics.csv; give the folder of a run'


def test_figures_without_matplotlib_say_so(folder: Path, capsys: pytest.CaptureFixture[str],
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    modules: dict[str, Any] = sys.modules
    monkeypatch.setitem(modules, 'matplotlib', None)
    assert main(['figure', 'study.toml', '--metric', 'span']) == 2
    assert capsys.readouterr().err == \
        'elastisim-study: error: figures need matplotlib; install it (Debian: python3-matplotlib)\n'


def test_a_table_is_that_of_the_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['table', 'study.toml', '--format', 'markdown']) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == ('| policy | share | Wait, mean (s) | difference | Span, first submission to last end (s) | '
                       'difference |')
    # Seeds 1, 2, 3: differences to easy are -10.5, -11, -11.5 at 0.5, of 110.
    assert said[6] == '| min & more | 0.5 | 99.00 ± 23.60 | -11.00 (-10 %)* | 500.0 ± 0.0 | 0.0 (+0 %) |'
    caption = said[-1]
    assert caption.startswith('Means over 3 seeds ± half-width of the 95 % t interval; nothing cut. Differences to '
                              'policy=easy, paired by seed')
