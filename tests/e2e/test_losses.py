"""Each source of outages, by each reaction, by each type of job: whole schedules and joules.

One machine of four nodes and one workload of two jobs serve all of it, so that what has to come out follows from a few
formulas (`expected`), which share nothing with the simulator:

- Job 0 wants four nodes; where it is not rigid, two will do, and it runs on as many as are free. It has 1 s of on_init,
  and five iterations of 12 s of work on one node, each a checkpoint; 2 s of on_restart; 0.5 s of on_reconfiguration.
- Job 1 comes at 2 s and wants one node for 20 s: first come, first served, it starts when job 0 leaves a node free
  that is up.
- n1 is lost in the fourth iteration, after 10 s, and is back some time after 20 s.
- Nodes draw 100 W, those with a job 200 W, as all that jobs do here is busy waiting; stopping, off and booting ones
  what POWER says.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness import PATIENCE, SIMULATOR, Json, Result, Scenario, busy, crossbar, flexible, model, near, phase, rigid
from harness import waiting

TYPES = ['rigid', 'moldable', 'malleable', 'adaptive', 'evolving']
REACTIONS = ['kill', 'requeue', 'restart', 'shrink', 'shrink_or_requeue', 'shrink_or_restart']
MODELS = ['flow', 'simgrid']

POWER: Json = {'wattage_per_state': '100:100:200', 'wattage_off': 10, 'stop_seconds': 1, 'stop_joules': 50,
               'boot_seconds': 2, 'boot_joules': 300}
IDLE, BUSY, OFF, STOPPING, BOOTING = 100, 200, 10, 50, 150


# --- Sources ---------------------------------------------------------------------------------------------------------


def scrambled(state: int) -> int:
    """One step of SplitMix64 from this state."""
    mask = (1 << 64) - 1
    z = (state + 0x9e3779b97f4a7c15) & mask
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & mask
    z = (z ^ z >> 27) * 0x94d049bb133111eb & mask
    return z ^ z >> 31


def first_failure(node: str, seed: int, between: float) -> float:
    """An exponential draw from the stream of the node, made as src/base/random.c does."""
    state = scrambled(seed)
    for letter in [*node.encode(), 0]:
        state = scrambled(state) ^ letter
    fraction = ((scrambled(state) >> 11) + 1) * 2**-53
    return round(-between * math.log(fraction) * 2**24) / 2**24


SEED, BETWEEN = 16, 15.0
FAILS = first_failure('n1', SEED, BETWEEN)


@dataclass(frozen=True)
class Source:
    """An availability file, and what it comes to: what n1 is from when until when."""

    file: Json
    kind: str
    begin: float
    end: float


def planned(kind: str) -> Source:
    return Source({'outages': [{'nodes': 'n1', 'from': 11, 'until': 30, 'kind': kind}]}, kind, 11, 30)


def recurring(kind: str) -> Source:
    window = {'nodes': 'n1', 'first': 12.5, 'every': 1000, 'duration': 15, 'kind': kind, 'lead': 5}
    return Source({'windows': [window]}, kind, 12.5, 27.5)


SOURCES = {
    'down': planned('down'), 'drain': planned('drain'), 'off': planned('off'),
    'failure': Source({'failures': [{'nodes': 'n1', 'between': BETWEEN, 'repair': 17, 'seed': SEED,
                                     'until': FAILS + 1}]}, 'down', FAILS, FAILS + 17),
    'window-down': recurring('down'), 'window-drain': recurring('drain'), 'window-off': recurring('off'),
}


# --- What has to come out --------------------------------------------------------------------------------------------

NUM_ITERATIONS, NODES = 5, 4


def iteration(nodes: int) -> float:
    return 12 / nodes


@dataclass(frozen=True)
class Outcome:
    """Of job 0, and when job 1 starts."""

    status: str
    start: float  # the last one
    end: float
    node_seconds: float
    lost: float
    lost_phases: int
    other_starts: float
    requeues: int = 0
    resizes: int = 0


def undisturbed() -> Outcome:
    """Whoever drains or is to be off keeps its job. Job 1 has another node afterwards."""
    end = 1 + NUM_ITERATIONS * iteration(4)
    return Outcome('completed', 0, end, 4 * end, 0, 0, end)


def killed(at: float) -> Outcome:
    return Outcome('killed', 0, at, 4 * at, 4 * at, 0, at)


def shrunk(at: float, back: float, done: int) -> Outcome:
    """What was begun after the last whole iteration is lost; the rest goes on with three nodes. Job 1 starts on n1, or
    when job 0 is through."""
    end = at + 0.5 + (NUM_ITERATIONS - done) * iteration(3)
    return Outcome('completed', 0, end, 4 * at + 3 * (end - at), 4 * (at - 1 - done * iteration(4)), 0,
                   min(end, back), resizes=1)


def again(at: float, back: float, done: int, kind: str, keeps: bool) -> Outcome:
    """A rigid job waits for the fourth node; the others start on three at once. `keeps` is from the checkpoint."""
    nodes, start = (4, back) if kind == 'rigid' else (3, at)
    end = start + (2 + (NUM_ITERATIONS - done) * iteration(nodes) if keeps else 1 + NUM_ITERATIONS * iteration(nodes))
    lost = 4 * (at - 1 - done * iteration(4)) if keeps else 4 * at
    other = end if nodes == 4 else min(end, back)
    return Outcome('completed', start, end, 4 * at + nodes * (end - start), lost, 0 if keeps else done, other,
                   requeues=1)


def expected(source: Source, reaction: str, kind: str) -> Outcome:
    if source.kind != 'down':
        return undisturbed()
    done = int((source.begin - 1) // iteration(4))
    first, _, second = reaction.partition('_or_')
    if first == 'shrink' and kind in ('malleable', 'adaptive'):
        return shrunk(source.begin, source.end, done)
    word = second or first
    if word in ('kill', 'shrink'):
        return killed(source.begin)
    return again(source.begin, source.end, done, kind, word == 'restart')


def energy(source: Source, outcome: Outcome) -> float:
    """Of the machine, until job 1 ends: nodes draw what idle ones do, and 100 W more with a job, but for n1."""
    last = max(outcome.end, outcome.other_starts + 20)
    working = outcome.node_seconds + 20
    away: list[tuple[float, float, float]] = []
    if source.kind == 'down':
        away = [(source.begin, source.end, OFF)]
    elif source.kind == 'off':  # from when its job has left
        stops, boots = outcome.end, source.end
        away = [(stops, stops + 1, STOPPING), (stops + 1, boots, OFF), (boots, boots + 2, BOOTING)]
    return NODES * IDLE * last + (BUSY - IDLE) * working + sum(
        (watts - IDLE) * (min(end, last) - min(begin, last)) for begin, end, watts in away)


def test_the_failure_that_is_drawn_comes_in_the_fourth_iteration() -> None:
    assert 10 < FAILS < 13


# --- Runs ------------------------------------------------------------------------------------------------------------


def jobs_of(kind: str, **keys: Any) -> list[Json]:
    application = model(phase(busy('12 / num_nodes'), iterations=NUM_ITERATIONS, checkpoint=True),
                        on_init={'tasks': [busy(1)]}, on_restart={'tasks': [busy(2)]},
                        on_reconfiguration={'tasks': [busy(0.5)]})
    first = rigid(4, application, **keys) if kind == 'rigid' else flexible(kind, 2, 4, application, **keys)
    return [first, rigid(1, waiting(20), submit=2)]


Cell = tuple[str, str, str]  # source, reaction, type
CELLS = [(source, reaction, kind) for source in SOURCES for reaction in REACTIONS for kind in TYPES]


def line(cell: Cell, model: str, by_job: bool) -> Json:
    """A run of a batch. Where the job says the reaction, the configuration says another."""
    source, reaction, kind = cell
    return {'id': str(len(cell)), 'configuration': 'config.json', 'output': folder_of(cell, model, by_job),
            'set': {'availability': f'{source}.json', 'jobs_file': f'{kind}-{reaction if by_job else ""}.json',
                    'on_node_loss': ('kill' if reaction != 'kill' else 'requeue') if by_job else reaction}}


def folder_of(cell: Cell, model: str, by_job: bool) -> str:
    return '-'.join([*cell, model, 'job' if by_job else 'all'])


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All runs, a process for each model; those of planned failures once more where jobs say what becomes of them."""
    scenario = Scenario(tmp_path_factory.mktemp('losses'))
    scenario.platform(crossbar(NODES, **POWER))
    for name, source in SOURCES.items():
        scenario.write(f'{name}.json', source.file)
    for kind in TYPES:
        for reaction in ['', *REACTIONS]:
            scenario.workload(*jobs_of(kind, **({'on_node_loss': reaction} if reaction else {})))
            (scenario.folder / 'jobs.json').rename(scenario.folder / f'{kind}-{reaction}.json')
    scenario.configure(scheduler='builtin:fcfs', energy='out/energy.csv', energy_shares='out/energy_shares.csv')
    scenario.command()
    for engine in MODELS:
        lines = [line(cell, engine, False) for cell in CELLS]
        if engine == 'flow':
            lines += [line(cell, engine, True) for cell in CELLS if cell[0] == 'down']
        done = subprocess.run([SIMULATOR, '--batch', f'--model={engine}', '--jobs=2'], cwd=scenario.folder,
                              input=''.join(json.dumps(given) + '\n' for given in lines), capture_output=True,
                              text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
    yield scenario.folder


def result_in(folder: Path, name: str) -> Result:
    if not (folder / name / 'out').exists():
        (folder / name / 'out').symlink_to('.')
    return Result(0, '', '', folder / name)


def check(result: Result, source: Source, outcome: Outcome) -> None:
    job, other = result.jobs
    assert (job['Status'], other['Status']) == (outcome.status, 'completed')
    assert result.starts() == near([outcome.start, outcome.other_starts])
    assert result.ends() == near([outcome.end, outcome.other_starts + 20])
    assert [float(job[column]) for column in ('Node Seconds', 'Lost Node Seconds')] == near(
        [outcome.node_seconds, outcome.lost])
    assert [int(job[column]) for column in ('Requeues', 'Lost Phases', 'Reconfigurations')] == [
        outcome.requeues, outcome.lost_phases, outcome.resizes]
    assert [float(value) for value in result.column('Energy (J)')] == near([BUSY * outcome.node_seconds, BUSY * 20])
    [machine] = [row for row in result.table('energy_shares') if row['Share'] == 'machine']
    assert float(machine['Energy (J)']) == near(energy(source, outcome))


@pytest.mark.parametrize('engine', MODELS)
@pytest.mark.parametrize('cell', CELLS, ids='-'.join)
def test_schedule_and_joules(folder: Path, cell: Cell, engine: str) -> None:
    source, reaction, kind = cell
    check(result_in(folder, folder_of(cell, engine, False)), SOURCES[source],
          expected(SOURCES[source], reaction, kind))


@pytest.mark.parametrize('reaction', REACTIONS)
@pytest.mark.parametrize('kind', TYPES)
def test_what_a_job_says_itself_goes_before_the_configuration(folder: Path, reaction: str, kind: str) -> None:
    check(result_in(folder, folder_of(('down', reaction, kind), 'flow', True)), SOURCES['down'],
          expected(SOURCES['down'], reaction, kind))


@pytest.mark.parametrize(('cell', 'end', 'last', 'energy'), [
    (('down', 'kill', 'rigid'), 11, 31, 400 * 31 + 100 * (44 + 20) - 90 * 19),
    (('down', 'requeue', 'rigid'), 46, 66, 400 * 66 + 100 * (44 + 64 + 20) - 90 * 19),
    (('down', 'restart', 'moldable'), 21, 41, 400 * 41 + 100 * (44 + 30 + 20) - 90 * 19),
    (('down', 'shrink', 'malleable'), 19.5, 39.5, 400 * 39.5 + 100 * (44 + 25.5 + 20) - 90 * 19),
    (('off', 'kill', 'evolving'), 16, 36, 400 * 36 + 100 * (64 + 20) - 50 - 90 * 13 + 50 * 2),
    (('window-drain', 'requeue', 'adaptive'), 16, 36, 400 * 36 + 100 * (64 + 20)),
], ids=lambda value: '-'.join(value) if isinstance(value, tuple) else '')
def test_cells_that_were_worked_out_one_by_one(folder: Path, cell: Cell, end: float, last: float,
                                               energy: float) -> None:
    """Four nodes idle to the end, 100 W more for each with a job; n1 draws 90 W less for the 19 s that it is down, and
    what it is switched off with for 13 s."""
    result = result_in(folder, folder_of(cell, 'flow', False))
    assert result.ends() == near([end, last])
    [machine] = [row for row in result.table('energy_shares') if row['Share'] == 'machine']
    assert float(machine['Energy (J)']) == near(energy)
