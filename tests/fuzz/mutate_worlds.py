#!/usr/bin/env python3
"""Runs the whole simulator on inputs with slips in them and checks that it ends as it promises.

usage: mutate_worlds.py FIRST LAST [--keep DIR] [--jobs N]

Each seed makes a random world (platform, jobs, application models, configuration), changes a few places of one or two
of its files as a slip would, and runs it. Whatever the slip: the exit status is one of those documented, an error is
said in a sentence, policies inside the simulator answer what can be done, what takes long ends at a signal, result
files hold whole rows, and no sanitizer complains.
ELASTISIM names the program; one built with ELASTISIM_SANITIZE finds more. Prints a line for each seed that breaks a
promise; exits 1 if any did.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import copy
import csv
import functools
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'differential'))
import random_trouble  # noqa: E402
import random_workload  # noqa: E402

SIMULATOR = os.environ.get('ELASTISIM', str(ROOT / 'build' / 'elastisim'))
RESTLESS = Path(SIMULATOR).resolve().parent / 'tests' / 'plugins' / 'restless.so'
# What SimGrid leaks when it gives up is no fault of ours.
os.environ.setdefault('LSAN_OPTIONS', f'suppressions={ROOT / "tests" / "lsan.supp"}:print_suppressions=0')
LONG = 2  # s of CPU time: a run that takes more is asked to end by SIGXCPU...
HANGS = 20  # s of CPU time: ... and what takes this long does not heed it
PATIENCE = 300  # s on the wall: what takes this long waits for something that never comes
LARGEST_FILE = 1 << 24
MEMORY = 1 << 32  # bytes; a sanitizer reserves far more
COMPLAINTS = re.compile('Sanitizer|runtime error:|Assertion|terminate called|core dumped')
OUTPUTS = ['job_statistics.csv', 'node_utilization.csv', 'task_times.csv', 'cpu_utilization.csv',
           'network_activity.csv', 'pfs_utilization.csv', 'gpu_utilization.csv', 'events.jsonl', 'energy.csv',
           'energy_shares.csv']

ODD_NUMBERS = [0, -1, 1, 2, 0.5, 1e-9, 1e-300, 1e9, 1e15, 1e20, 1e300, 2**31, 2**32, 2**53, 2**64]
ODD_VALUES: list[Any] = [*ODD_NUMBERS, None, True, False, '', 'x', '1/0', '0/0', 'num_nodes', 'num_gpus ^ 99',
                         '-num_nodes',
                         '1e200 * num_nodes', 'phase_iteration % 2', [], {}, [1], [1, 'x'], {'a': 1}]
ODD_TEXTS = ['', '0', '-1', '1', '0.5', '1e300', '99999999999999999999', 'nan', 'inf', 'x', '1Gf', '1GBps', '1s', '0-3',
             'true',
             'NO', 'YES', 'SHARED', 'FATPIPE', 'SPLITDUPLEX', 'TORUS', 'FAT_TREE', 'DRAGONFLY', 'Full', 'Floyd',
             'Dijkstra',
             'None', 'Cluster', 'Vivaldi', '2,2', '1;2;1;2', '2,1;2,1;2,1;2']


# --- JSON ----------------------------------------------------------------------------------------------------


Place = tuple[Any, Any]  # a container and a key or an index of it


def places(value: Any) -> list[Place]:
    """Every place in the tree."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


def misspell(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return rng.choice([text[:at] + rng.choice('ax_0. ') + text[at:], text[:at] + text[at + 1:], text.upper()])


def replace(rng: random.Random, place: Place, others: list[Place]) -> None:
    place[0][place[1]] = copy.deepcopy(rng.choice(ODD_VALUES))


def scale(rng: random.Random, place: Place, others: list[Place]) -> None:
    value = place[0][place[1]]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        place[0][place[1]] = value * rng.choice([-1, 0.1, 1.5, 1e3, 1e6, 1e12, 1e-6])


def value_at(place: Place) -> Any:
    return place[0][place[1]]


def exchange(rng: random.Random, place: Place, others: list[Place]) -> None:
    place[0][place[1]] = copy.deepcopy(value_at(rng.choice(others)))


def remove(rng: random.Random, place: Place, others: list[Place]) -> None:
    del place[0][place[1]]


def rename(rng: random.Random, place: Place, others: list[Place]) -> None:
    if isinstance(place[0], dict):
        place[0][misspell(rng, place[1])] = place[0].pop(place[1])


def repeat(rng: random.Random, place: Place, others: list[Place]) -> None:
    if isinstance(place[0], list):
        place[0].insert(place[1], copy.deepcopy(value_at(place)))


def slip_in_json(rng: random.Random, text: str) -> str:
    tree = json.loads(text)
    for _ in range(rng.choice([1, 1, 2, 4])):
        every = places(tree)
        if every:
            rng.choice([replace, replace, scale, exchange, remove, rename, repeat])(rng, rng.choice(every), every)
    return json.dumps(tree, indent=1)


# --- Platforms -----------------------------------------------------------------------------------------------


def slip_in_attribute(rng: random.Random, text: str) -> str:
    """Another value, which may be one that stands elsewhere in the file, or none."""
    values = list(re.finditer(r' (\w+)="([^"]*)"', text))
    value = rng.choice(values)
    kind = rng.random()
    if kind < 0.15:
        return text[:value.start()] + text[value.end():]
    new = rng.choice(values)[2] if kind < 0.6 else rng.choice(ODD_TEXTS) if kind < 0.85 else misspell(rng, value[2])
    return text[:value.start(2)] + new + text[value.end(2):]


def slip_in_lines(rng: random.Random, text: str) -> str:
    """Elements stand on lines of their own."""
    lines = text.splitlines(keepends=True)
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    line = lines[at]
    if rng.random() < 0.6:
        del lines[at]
    if rng.random() < 0.6:
        lines.insert(min(to, len(lines)), line)
    return ''.join(lines)


def slip_in_platform(rng: random.Random, text: str) -> str:
    for _ in range(rng.choice([1, 1, 2, 3])):
        text = rng.choice([slip_in_attribute, slip_in_attribute, slip_in_lines])(rng, text)
        if '="' not in text:
            break
    return text


def slip_in_bytes(rng: random.Random, text: str) -> str:
    """A key that was hit, a file that was cut."""
    at = rng.randrange(len(text))
    return rng.choice([text[:at], text[:at] + text[at + 1:], text[:at] + rng.choice('{}[]",:<>/=&0e-\t\0') + text[at:],
                       text[:at] + text[at:at + 40] + text[at:]])


USUAL_SLIPS: dict[str, Callable[[random.Random, str], str]] = {'.xml': slip_in_platform, '.json': slip_in_json,
                                                                '.csv': slip_in_bytes}


# --- Runs ----------------------------------------------------------------------------------------------------


def make_world(rng: random.Random, folder: Path) -> None:
    random_workload.write_workload(rng, folder, rng.choice([2, 4, 8]), RESTLESS, rng.random() < 0.4)
    path = folder / 'config.json'
    if rng.random() < 0.4:
        path.write_text(json.dumps(json.loads(path.read_text()) | {'events': 'events.jsonl'}))
    if rng.random() < 0.5:
        random_trouble.write_trouble(rng, folder)


def slip(rng: random.Random, folder: Path) -> str:
    """Changes a file or two; returns which."""
    names = ['platform.xml'] * 4 + ['config.json'] * 2 + ['jobs.json'] * 3
    names += ['availability.json'] * 4 * (folder / 'availability.json').exists()
    names += sorted(path.name for path in [*folder.glob('app*.json'), *folder.glob('price.csv')])
    chosen = sorted({rng.choice(names) for _ in range(rng.choice([1, 1, 2]))})
    for name in chosen:
        text = (folder / name).read_text()
        usual = USUAL_SLIPS[Path(name).suffix]
        (folder / name).write_text((slip_in_bytes if rng.random() < 0.1 else usual)(rng, text))
    return ' '.join(chosen)


@functools.cache
def is_sanitized() -> bool:
    return b'__asan_init' in Path(SIMULATOR).read_bytes()


def limit() -> None:
    if not is_sanitized():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LONG, HANGS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(folder: Path, options: list[str]) -> tuple[int | None, str]:
    """Exit status (None: it hangs) and what was said."""
    is_sanitized()
    process = subprocess.Popen([SIMULATOR, 'config.json', *options], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit)
    try:
        said = process.communicate(timeout=PATIENCE)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        said = process.communicate()[1]
    status = None if process.returncode == -signal.SIGKILL else process.returncode
    return status, said.decode(errors='replace')


def check_file(path: Path) -> str | None:
    text = path.read_text(errors='replace')
    if text and not text.endswith('\n'):
        return f'{path.name} ends with half a row'
    if path.suffix == '.csv' and len({len(row) for row in csv.reader(text.splitlines(keepends=True))}) > 1:
        return f'{path.name} has rows of different lengths'
    if path.suffix == '.jsonl':
        for line in text.splitlines():
            json.loads(line)
    return None


def has_built_in_policy(folder: Path) -> bool:
    return '"builtin:' in (folder / 'config.json').read_text(errors='replace')


def check(folder: Path, status: int | None, said: str) -> str | None:
    """The promise that was broken, or None."""
    tail = ' '.join(said.split())[-400:]
    if status is None:
        return f'hangs: {tail}'
    if status not in range(5):
        return f'status {status}: {tail}'
    if COMPLAINTS.search(said):
        return f'complaint: {tail}'
    if status == 3 and has_built_in_policy(folder):
        return f'invalid answer: {tail}'
    if (status == 0) == ('elastisim: error: ' in said):
        return f'status {status} and: {tail}'
    return next((wrong for name in OUTPUTS if (folder / name).is_file() and (wrong := check_file(folder / name))), None)


def try_seed(seed: int, keep: Path | None = None) -> str | None:
    """What is wrong with the run of that seed, or None."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_world(rng, folder)
        changed = slip(rng, folder)
        choices: list[list[str]] = [[], [], ['--model=simgrid'], ['--check']]
        options = rng.choice(choices)
        wrong = check(folder, *run(folder, options))
        if wrong and keep:
            shutil.copytree(folder, keep / str(seed), symlinks=True, dirs_exist_ok=True)
    return f'seed {seed} ({changed}{" " if options else ""}{" ".join(options)}): {wrong}' if wrong else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('first', type=int)
    parser.add_argument('last', type=int)
    parser.add_argument('--keep', type=Path, help='keep the worlds of these seeds here')
    parser.add_argument('--jobs', type=int, default=2, help='runs at a time')
    options = parser.parse_args()
    seeds = range(options.first, options.last + 1)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        wrong = 0
        for line in pool.map(lambda seed: try_seed(seed, options.keep), seeds):
            if line:
                wrong += 1
                print(line, flush=True)
    print(f'{len(seeds)} seeds, {wrong} wrong')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
