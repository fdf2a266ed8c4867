#!/usr/bin/env python3
"""Runs random worlds with both models and compares all times.

usage: compare.py port|storms|runs|unsteady FIRST LAST [--topology NAME] [--keep DIR]

`port` plays scripts of loads to the resource port (needs the program replay), `storms` scripts of many at once, `runs`
runs the whole simulator, and so does `unsteady`, on machines whose nodes fail, now and then under a scheduler that
preempts and suspends jobs and switches nodes off. ELASTISIM and ELASTISIM_REPLAY name the programs.
Prints a line for each seed that differs; exits 1 if any did.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import random_trouble  # noqa: E402
import random_workload  # noqa: E402
import random_world  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIMULATOR = os.environ.get('ELASTISIM', str(ROOT / 'build' / 'elastisim'))
REPLAY = os.environ.get('ELASTISIM_REPLAY', str(ROOT / 'build' / 'tests' / 'replay'))
RESTLESS = Path(SIMULATOR).resolve().parent / 'tests' / 'plugins' / 'restless.so'
TIME = 1e-5  # s, or relative
LOAD = 1e-4  # relative
PATIENCE = 60  # s
STUCK = 4  # exit status: jobs wait for nodes that never return


def near(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


# --- The port ------------------------------------------------------------------------------------------------


def replay(folder: Path, model: str) -> list[list[str]]:
    with open(folder / 'script') as script:
        try:
            done = subprocess.run([REPLAY, str(folder / 'platform.xml'), model], stdin=script, capture_output=True,
                                  text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return [['failed', 'timeout', model]]
    if done.returncode != 0:
        return [['failed', str(done.returncode), ' '.join(done.stderr.split())[:300]]]
    return [line.split() for line in done.stdout.splitlines()]


def compare_port(folder: Path, seed: int, topology: str | None = None, length: int = 25) -> str | None:
    rng = random.Random(seed)
    world = random_world.platform(rng, topology)
    (folder / 'platform.xml').write_text(world.text)
    (folder / 'script').write_text(random_world.script(rng, world, rng.choice([3, 6, 12, length])))
    return compare_replays(replay(folder, 'simgrid'), replay(folder, 'flow'))


def compare_storms(folder: Path, seed: int, topology: str | None = None) -> str | None:
    rng = random.Random(seed)
    world = random_world.platform(rng, topology or rng.choice(['wide', 'wide', None]))
    (folder / 'platform.xml').write_text(world.text)
    (folder / 'script').write_text(random_world.storm(rng, world))
    return compare_replays(replay(folder, 'simgrid'), replay(folder, 'flow'))


def compare_replays(want: list[list[str]], got: list[list[str]]) -> str | None:
    ends = [{(row[1], row[2]): float(row[3]) for row in rows if row[0] == 'end'} for rows in (want, got)]
    for rows in (want, got):
        if rows and rows[0][0] == 'failed':
            return None if want == got else f'{want[0]} but {got[0]}'
    for key in sorted(ends[0].keys() | ends[1].keys(), key=lambda key: ends[0].get(key, 0)):
        if key not in ends[0] or key not in ends[1]:
            return f'load {key[0]}, member {key[1]}: ends in one model only: {ends[0].get(key)}, {ends[1].get(key)}'
        if not near(ends[0][key], ends[1][key], TIME):
            return f'load {key[0]}, member {key[1]}: ends at {ends[0][key]}, with flow at {ends[1][key]}'
    loads = [[row for row in rows if row[0] == 'loads'] for rows in (want, got)]
    for a, b in zip(*loads):
        for i, (x, y) in enumerate(zip(a[2:], b[2:])):
            if not near(float(x), float(y), LOAD):
                return f'at {a[1]}: load {i} is {x}, with flow {y}'
    return None


# --- Whole runs ----------------------------------------------------------------------------------------------


def rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def run(folder: Path, model: str) -> tuple[int, str, dict[str, list[dict[str, str]]]]:
    done = subprocess.run([SIMULATOR, 'config.json', f'--model={model}'], cwd=folder, capture_output=True, text=True,
                          timeout=120)
    return done.returncode, done.stderr, {path.stem: rows(path) for path in sorted(folder.glob('*.csv'))}


def changes_of_power(table: list[dict[str, str]]) -> list[dict[str, str]]:
    """The last row of each instant, if power changed: rounding errors may part what comes together in the other model,
    and be a change where there is none."""
    def watts(row: dict[str, str]) -> list[float]:
        return [float(value) for column, value in row.items() if '(W)' in column]

    last = [row for row, after in zip(table, [*table[1:], None])
            if not after or not near(float(row['Time']), float(after['Time']), TIME)]
    return [row for before, row in zip([None, *last], last)
            if not before or not all(map(near, watts(before), watts(row), [TIME] * len(row)))]


def compare_tables(name: str, want: list[dict[str, str]], got: list[dict[str, str]]) -> str | None:
    tolerance = TIME if name in ('job_statistics', 'task_times', 'node_utilization') else LOAD
    if name == 'task_times':
        def key(row: dict[str, str]) -> tuple[int, str, str, float]:
            return int(row['Job']), row['Node'], row['Task'], float(row['Time'])
        want, got = sorted(want, key=key), sorted(got, key=key)
    if name == 'node_utilization':
        def order(row: dict[str, str]) -> str:
            return row['Node']
        want, got = sorted(want, key=order), sorted(got, key=order)
    if name == 'energy':
        want, got = changes_of_power(want), changes_of_power(got)
    if len(want) != len(got):
        return f'{name}: {len(want)} rows, with flow {len(got)}'
    for a, b in zip(want, got):
        for column in a:
            try:
                same = near(float(a[column]), float(b[column]), tolerance)
            except ValueError:
                same = a[column] == b[column]
            if not same:
                return f'{name}: {column}: {a}, with flow {b}'
    return None


def compare_runs(folder: Path, seed: int, topology: str | None = None) -> str | None:
    rng = random.Random(seed)
    random_workload.write_workload(rng, folder, rng.choice([8, 8, 12, 20]), RESTLESS, seed % 3 == 0, topology)
    return compare_models(folder)


def compare_unsteady(folder: Path, seed: int, topology: str | None = None) -> str | None:
    rng = random.Random(seed)
    random_workload.write_workload(rng, folder, rng.choice([4, 8, 12]), RESTLESS, seed % 3 == 0, topology)
    random_trouble.write_trouble(rng, folder)
    return compare_models(folder)


def compare_models(folder: Path) -> str | None:
    want_status, want_text, want = run(folder, 'simgrid')
    got_status, got_text, got = run(folder, 'flow')
    if want_status != got_status:
        return f'exit status {want_status}, with flow {got_status}: {want_text[-300:]} / {got_text[-300:]}'
    if want_status not in (0, STUCK):
        return f'exit status {want_status}: {want_text[-300:]}'
    if want.keys() != got.keys():
        return 'different files'
    return next((difference for name in want if (difference := compare_tables(name, want[name], got[name]))), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['port', 'storms', 'runs', 'unsteady'])
    parser.add_argument('first', type=int)
    parser.add_argument('last', type=int)
    parser.add_argument('--keep', type=Path, help='keep the worlds that differ here')
    parser.add_argument('--topology', choices=random_world.TOPOLOGIES, help='only this one')
    options = parser.parse_args()
    comparisons: dict[str, Callable[[Path, int, str | None], str | None]] = {
        'port': compare_port, 'storms': compare_storms, 'runs': compare_runs, 'unsteady': compare_unsteady}
    compare = comparisons[options.what]
    differing = 0
    for seed in range(options.first, options.last + 1):
        with tempfile.TemporaryDirectory() as folder:
            difference = compare(Path(folder), seed, options.topology)
            if difference:
                differing += 1
                print(f'seed {seed}: {difference}', flush=True)
                if options.keep:
                    shutil.copytree(folder, options.keep / str(seed), symlinks=True,
                                    dirs_exist_ok=True)
    print(f'{options.last - options.first + 1} seeds, {differing} differ')
    return 1 if differing else 0


if __name__ == '__main__':
    sys.exit(main())
