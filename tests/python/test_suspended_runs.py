"""Runs in which jobs are suspended: what the tools make of their results, worked out by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools import stats
from elastisim_tools.live import LiveRun
from elastisim_tools.metrics import statistics_of
from elastisim_tools.page import build_page
from elastisim_tools.perfetto import trace_of
from elastisim_tools.run import load_run
from elastisim_tools.timeline import Replay, timeline_of
from suspended import EVENTS, write_suspended_run
from test_report import data_of, unpacked

SUSPENSIONS = [(1, 3, 5), (0, 4, 9), (1, 8, 11), (0, 12, 14)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_suspended_run(tmp_path)


def test_the_journal_tells_when_jobs_were_suspended(folder: Path) -> None:
    timeline = timeline_of(load_run(str(folder)))
    assert timeline
    assert [(s.job, s.begin, s.end) for s in timeline.suspensions] == SUSPENSIONS


def test_a_replay_knows_who_is_suspended() -> None:
    replay, told = Replay(), {}
    for event in EVENTS:
        replay.apply(event)
        told[event['time']] = sorted(replay.suspended)
    assert told == {0: [], 3: [1], 4: [0, 1], 5: [0], 6: [0], 8: [0, 1], 9: [1], 10: [1], 11: [], 12: [0], 14: [],
                    20: []}


def test_a_run_that_broke_off_ends_what_is_left(folder: Path) -> None:
    (folder / 'events.jsonl').write_text(''.join(json.dumps(event) + '\n' for event in EVENTS[:11]))
    timeline = timeline_of(load_run(str(folder)))
    assert timeline
    assert [(s.job, s.begin, s.end) for s in timeline.suspensions] == [(1, 3, 5), (0, 4, 9), (1, 8, 9)]


def test_statistics_say_how_long_it_was(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = load_run(str(folder))
    assert statistics_of(run, timeline_of(run)).groups['all']['suspended_seconds'] == 12
    assert stats.main([str(folder)]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith('Time suspended'))
    assert row.split('  ')[-1].strip() == '12.0 s'


def test_a_trace_has_every_suspension(folder: Path) -> None:
    assert sorted((event['tid'], event['ts'] / 1e6, (event['ts'] + event['dur']) / 1e6)
                  for event in trace_of(load_run(str(folder))) if event['name'] == 'suspended') == sorted(SUSPENSIONS)


def test_the_page_has_them(folder: Path) -> None:
    page = build_page([load_run(str(folder))])
    run = data_of(page)['runs'][0]
    spans = run['gantt']['suspensions']
    assert list(zip(*(unpacked(spans[key]) for key in ('job', 'begin', 'end')))) == SUSPENSIONS
    assert unpacked(run['jobs']['suspended']) == [7, 5]


def test_a_suspended_job_is_one_on_the_screen() -> None:
    rich = pytest.importorskip('rich.console')
    from elastisim_tools.screen import picture
    run = LiveRun()
    told = {}
    for event in EVENTS:
        run.apply(('run.' if 'job' not in event else 'job.') + event['kind'], event)
        told[event['time']] = [job.condition for job in (*run.running.values(), *run.pending.values())]
        if event['time'] == 8:
            console = rich.Console(width=100, height=40, file=io.StringIO(), color_system=None)
            console.print(picture(run, (0, 0), 'ipc://x', True, rich.ConsoleDimensions(100, 40)))
            shown: Any = console.file.getvalue()
            assert shown.count('suspended') == 2
    assert told[3] == ['running', 'suspended'] and told[4] == ['suspended', 'suspended']
    assert told[5] == ['suspended', 'pending'] and told[6] == ['suspended', 'running']
    assert told[9] == ['running', 'suspended'] and told[14] == ['running']
