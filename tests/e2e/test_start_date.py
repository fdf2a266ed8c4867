"""start_date of the jobs file: the log, the journal and the report have dates, schedulers know them, and a text that is
no date is told."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from elastisim_tools.page import build_page
from elastisim_tools.run import load_run
from harness import ROOT, Peer, Scenario, rigid, start_pending, waiting

DATE = '2024-02-28T23:59:58+01:00'


def dated(scenario: Scenario, date: Any) -> None:
    scenario.workload(rigid(1, waiting(3)), start_date=date)


def test_the_log_the_journal_and_the_report_have_dates(scenario: Scenario) -> None:
    scenario.configuration['events'] = 'events.jsonl'
    dated(scenario, DATE)
    lines = [line for line in scenario.run('--log=elastisim.thresh:info').stderr.splitlines() if ' job 0 ' in line]
    assert [line[line.index('s  2024') + 3:] for line in lines] == [
        '2024-02-28 23:59:58+01:00  job 0 is submitted: rigid, 1 node',
        '2024-02-28 23:59:58+01:00  job 0 starts on 1 node after a wait of 0.000 s',
        '2024-02-29 00:00:01+01:00  job 0 is complete after 3.000 s']
    head = json.loads((scenario.folder / 'events.jsonl').read_text().splitlines()[0])
    assert head['start_date'] == '2024-02-28 23:59:58+01:00'
    page = build_page([load_run(str(scenario.folder / 'config.json'))])
    assert 'Dates and times are those of the site, at UTC+01:00; time 0 is 2024-02-28 23:59:58.' in page


@pytest.mark.parametrize('date, told', [
    (5, 'jobs.json: start_date: must be a string, is a number'),
    (None, 'jobs.json: start_date: must be a string, is null'),
    ('2024-02-28T10:00:00', "jobs.json: start_date: 2024-02-28T10:00:00 is not a date with a time zone; must be like "
     '"2024-02-29T12:30:00+01:00", or end in Z for UTC'),
    ('2023-02-29T10:00:00Z', "jobs.json: start_date: 2023-02-29T10:00:00Z is not a date with a time zone; must be "
     'like "2024-02-29T12:30:00+01:00", or end in Z for UTC'),
])
def test_what_is_no_date_is_told_with_its_place(scenario: Scenario, date: Any, told: str) -> None:
    dated(scenario, date)
    assert scenario.run(status=2).stderr.strip() == f'elastisim: error: {told}'


WIDE_FIRST, NARROW_FIRST = [0, 10, 15], [0, 15, 10]


@pytest.mark.parametrize('date, order, starts', [
    ('2024-02-28T06:59:00+01:00', 'nodes * (hour < 7)', NARROW_FIRST),
    ('2024-02-28T06:59:55+01:00', 'nodes * (hour < 7)', WIDE_FIRST),
    ('2024-03-03T23:59:00-05:00', 'nodes * (day == 6)', NARROW_FIRST),  # on Sunday
    ('2024-03-03T23:59:55-05:00', 'nodes * (day == 6)', WIDE_FIRST),
    (None, 'nodes * (day == 0 && hour == 0)', NARROW_FIRST),
    (None, 'nodes * (day == 3)', WIDE_FIRST),
])
def test_an_order_knows_the_hour_and_the_day(scenario: Scenario, date: str | None, order: str,
                                             starts: list[float]) -> None:
    """Job 0 has all nodes until 10 s; then one of the others goes first, and as submitted where that makes none."""
    jobs = [rigid(4, waiting(10)), rigid(4, waiting(5)), rigid(1, waiting(5), 1)]
    scenario.workload(*jobs, **({'start_date': date} if date else {}))
    assert scenario.run(scheduler=f'builtin:fcfs,order={order}').starts() == starts


SOURCE = """
#include <elastisim/scheduler.h>
#include <stdio.h>

static int schedule(struct elastisim_view *view, void *data)
{
    double seconds = 7;
    int zone = 8;
    bool known = elastisim_start_date(view, &seconds, &zone);
    (void)data;
    elastisim_start_date(view, NULL, NULL);
    if (elastisim_time(view) == 0)
        fprintf(stderr, "dates: %d %.0f %d\\n", known, seconds, zone);
    return -1;
}

ELASTISIM_SCHEDULER(NULL, schedule, NULL);
"""


@pytest.mark.parametrize('date, told', [(DATE, 'dates: 1 1709161198 3600\n'), ('', 'dates: 0 7 8\n')])
def test_schedulers_in_c_are_told(scenario: Scenario, date: str, told: str) -> None:
    scenario.write('dates.c', SOURCE)
    subprocess.run(['cc', '-shared', '-fPIC', f'-I{ROOT / "include"}', 'dates.c', '-o', 'dates.so'],
                   cwd=scenario.folder, check=True)
    if date:
        dated(scenario, date)
    else:
        scenario.workload(rigid(1, waiting(3)))
    assert told in scenario.run(scheduler='plugin:dates.so', status=3).stderr


@pytest.mark.parametrize('date, told', [(DATE, (1709161198, 3600)), ('', (None, None))])
def test_schedulers_behind_messages_are_told_with_the_first_one(scenario: Scenario, date: str, told: Any) -> None:
    heard = []

    def answer(peer: Peer) -> Any:
        heard.append((peer.message.get('start_date'), peer.message.get('start_date_zone')))
        return start_pending(peer)

    if date:
        dated(scenario, date)
    else:
        scenario.workload(rigid(1, waiting(3)))
    scenario.ask(answer)
    assert heard[0] == told and set(heard[1:]) <= {(None, None)}
