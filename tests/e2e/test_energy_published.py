"""What Batsim's published runs drew, and what the same nodes draw here."""

from __future__ import annotations

import bisect
import csv
import heapq
import json
import math
import re
import shutil
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from logs import MEDIUM, needs_medium, simulate

NODES = 32

pytestmark = needs_medium


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def test_under_easy_delays_draw_idle_power_up_to_the_end_of_the_last_job(medium: Path) -> None:
    """48,909,070.4 J: 32 nodes of 95 W."""
    jobs = simulate(medium, '--scheduler', 'builtin:easy', '--set', 'energy=energy.csv')
    published, = rows_of(MEDIUM / 'easy_out_schedule.csv')
    assert float(rows_of(medium / 'energy.csv')[-1]['Energy (J)']) == pytest.approx(
        float(published['consumed_joules']), rel=1e-12)
    assert math.fsum(float(job['Energy (J)']) for job in jobs) == pytest.approx(
        95 * float(published['time_computing']), rel=1e-9)


# --- Nodes that are switched off whenever they have nothing to do -----------------------------------------------------

UP, OFF, STOPPING, BOOTING = range(4)
# Watts of these states, and how long switching takes.
WATTS = (95, 9.75, 100.996721311, 125.1743849)
STOP, BOOT = 1 / 0.16393442623, 1 / 0.00659978880676
Counts = tuple[int, int, int, int]


@dataclass
class Span:
    """How many nodes were in each state up to `until`, and the energy up to then: all times and energies are published
    with six digits."""

    until: float
    counts: Counts
    energy: float


def spans() -> Iterator[Span]:
    """Out of the power that Batsim tells of, which is another one for each mixture of states."""
    mixtures = [(NODES - off - stopping - booting, off, stopping, booting) for off in range(NODES + 1)
                for stopping in range(NODES + 1 - off) for booting in range(NODES + 1 - off - stopping)]
    powers = [(sum(watts * count for watts, count in zip(WATTS, mixture)), mixture) for mixture in mixtures]
    before: Counts = (0, 0, NODES, 0)
    for row in rows_of(MEDIUM / 'opportunistic_shutdown_out_consumed_energy.csv'):
        if row['epower'] == 'NA':
            continue
        power = float(row['epower'])
        near = [mixture for watts, mixture in powers if abs(watts - power) <= 5e-6 * power]
        before = min(near, key=lambda mixture: sum(abs(a - b) for a, b in zip(mixture, before)))
        yield Span(float(row['time']), before, float(row['energy']))


def through(begun: deque[float], length: float, time: float) -> range:
    """How many of the switchings that have begun are through: at least and at most, for all that rounded times tell."""
    step = 1.01 * 10 ** (math.floor(math.log10(max(time, 1))) - 5)
    least, most = (sum(begin + length <= time + slack for begin in begun) for slack in (-step, step))
    return range(least, most + 1)


def outages() -> list[dict[str, float]]:
    """When nodes are off, from the begin of stopping to that of booting, for nodes that nobody can tell apart."""
    found = [{'from': 0.0} for _ in range(NODES)]
    stopping, asleep, booting = deque(found), deque[dict[str, float]](), deque[float]()
    before, time = (0, 0, NODES, 0), 0.0
    for span in spans():
        change = [after - count for after, count in zip(span.counts, before)]
        # With so many that have stopped, so many begin to boot, and so many are through with that.
        stopped, booted = next(
            (stopped, stopped - change[OFF] - change[BOOTING])
            for stopped in reversed(through(deque(one['from'] for one in stopping), STOP, time))
            if stopped - change[OFF] >= 0 and change[STOPPING] + stopped >= 0
            and stopped - change[OFF] - change[BOOTING] in through(booting, BOOT, time))
        asleep.extend(stopping.popleft() for _ in range(stopped))
        for _ in range(booted):
            booting.popleft()
        for _ in range(stopped - change[OFF]):
            asleep.popleft()['until'] = time
            booting.append(time)
        for _ in range(change[STOPPING] + stopped):
            found.append({'from': time})
            stopping.append(found[-1])
        before, time = span.counts, span.until
    return found


@pytest.fixture(scope='module')
def switched(tmp_path_factory: pytest.TempPathFactory, medium: Path) -> Path:
    """The same machine, whose nodes are off at the same times; the last job is all that runs."""
    folder = tmp_path_factory.mktemp('switched')
    end = float(rows_of(MEDIUM / 'opportunistic_shutdown_out_schedule.csv')[0]['makespan'])
    names = re.findall('<host id="([^"]+)" speed="[^"]+" pstate', (medium / 'platform.xml').read_text())
    assert len(names) == NODES
    ready = [(0.0, name) for name in sorted(names)]
    listed = []
    for outage in outages():
        _, name = heapq.heappop(ready)
        listed.append({'nodes': name, 'kind': 'off', **outage})
        heapq.heappush(ready, (outage.get('until', math.inf) + BOOT, name))
    (folder / 'away.json').write_text(json.dumps({'outages': listed}))
    (folder / 'last.json').write_text(json.dumps({'phases': [{'tasks': [{'type': 'idle', 'delay': 1}]}]}))
    (folder / 'jobs.json').write_text(json.dumps({'jobs': [
        {'type': 'rigid', 'submit_time': end - 1, 'num_nodes': 1, 'application_model': 'last.json'}]}))
    shutil.copy(medium / 'platform.xml', folder)
    (folder / 'configuration.json').write_text(json.dumps({
        'jobs_file': 'jobs.json', 'platform_file': 'platform.xml', 'schedule_on_job_submit': True,
        'schedule_on_job_finalize': True, 'job_statistics': 'output/job_statistics.csv', 'availability': 'away.json',
        'energy': 'energy.csv', 'energy_shares': 'energy_shares.csv'}))
    job, = simulate(folder, '--scheduler', 'builtin:fcfs')
    assert float(job['End Time']) == pytest.approx(end, rel=1e-12)
    return folder


def test_the_published_summary_is_the_time_in_each_state_by_its_power() -> None:
    """To the cent of a joule. Its time asleep counts only what was over before the end, so it is what is left here; its
    last switching off has not begun at the end."""
    summary = {key: float(value) for key, value in rows_of(
        MEDIUM / 'opportunistic_shutdown_out_schedule.csv')[0].items()}
    up = summary['time_computing'] + summary['time_idle']
    stopping, booting = summary['time_switching_off'] - STOP, summary['time_switching_on']
    asleep = NODES * summary['makespan'] - up - stopping - booting
    assert math.fsum(watts * time for watts, time in zip(WATTS, (up, asleep, stopping, booting))) == pytest.approx(
        summary['consumed_joules'], abs=0.01)


def test_the_same_switching_draws_the_same_energy(switched: Path) -> None:
    """As exactly as its published times, which have six digits, allow: to 10 J of 35,848,025.1 J."""
    published, = rows_of(MEDIUM / 'opportunistic_shutdown_out_schedule.csv')
    drawn = float(rows_of(switched / 'energy.csv')[-1]['Energy (J)'])
    assert drawn == pytest.approx(float(published['consumed_joules']), abs=10)
    parts = {row['Name']: float(row['Energy (J)']) for row in rows_of(switched / 'energy_shares.csv')
             if row['Share'] == 'part'}
    assert parts['stopping'] == pytest.approx(384 * WATTS[STOPPING] * STOP, abs=10)
    assert parts['booting'] == pytest.approx(WATTS[BOOTING] * float(published['time_switching_on']), rel=1e-5)


def test_as_many_nodes_are_in_each_state_at_each_time(switched: Path) -> None:
    """In the middle of each span that is longer than its times are exact."""
    rows = [[float(row[name]) for name in ('Time', 'Base (W)', 'Off (W)', 'Stopping (W)', 'Booting (W)')]
            for row in rows_of(switched / 'energy.csv')]
    times = [row[0] for row in rows]
    begin, compared = 0.0, 0
    for span in spans():
        if span.until - begin > 0.25 and span.until <= times[-1]:
            _, *watts = rows[bisect.bisect(times, (begin + span.until) / 2) - 1]
            assert [one / each for one, each in zip(watts, WATTS)] == pytest.approx(list(span.counts), abs=1e-6), span
            compared += 1
        begin = span.until
    assert compared > 1000


def test_the_energy_up_to_each_event_is_the_published_one(switched: Path) -> None:
    rows = [(float(row['Time']), float(row['Power (W)']), float(row['Energy (J)']))
            for row in rows_of(switched / 'energy.csv')]
    times = [time for time, _, _ in rows]
    for span in spans():
        time, power, energy = rows[bisect.bisect(times, span.until) - 1]
        if span.until < times[-1]:
            assert energy + power * (span.until - time) == pytest.approx(span.energy, rel=1e-5, abs=500), span


def test_easy_that_switches_idle_nodes_off_at_once_ends_as_the_published_run_does(medium: Path) -> None:
    """Decided live: the last job ends at the published time, after the last boot. Jobs take whichever nodes are there
    first: less energy and fewer switches than the published ones (docs/policies.md)."""
    jobs = simulate(medium, '--scheduler', 'builtin:easy,power=idle_timeout,idle_timeout=0',
                    '--set', 'energy=energy.csv', '--set', 'node_utilization=nodes.csv')
    published, = rows_of(MEDIUM / 'opportunistic_shutdown_out_schedule.csv')
    assert max(float(job['End Time']) for job in jobs) == pytest.approx(float(published['makespan']), abs=1e-3)
    assert float(rows_of(medium / 'energy.csv')[-1]['Energy (J)']) == pytest.approx(33_963_690.7, abs=0.1)
    assert sum(row['State'] == 'stopping' for row in rows_of(medium / 'nodes.csv')) == 345
