"""The readers of logs on whatever is not quite a log: what is refused is refused in a sentence, what is read is
accounted for, and memory does not grow with the log."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import PYTHON, ROOT
from hypothesis import given
from hypothesis import strategies as some
from logs import read, workload
from slurm_rows import Log

SWF = '; MaxNodes: 64\n; MaxProcs: 128\n; UnixStartTime: 1027839845\n; TimeZoneString: Europe/Berlin\n' + ''.join(
    f'{number} {number * 7} 3 {number * 11 % 500} {number % 9 + 1} -1 -1 {number % 9 + 1} 400 -1 {number % 6} '
    f'{number % 4} 1 2 1 1 {number - 1 if number % 5 == 0 else -1} {number % 3}\n' for number in range(1, 40))
BATSIM = json.dumps({
    'nb_res': 8,
    'jobs': [{'id': number, 'subtime': number, 'walltime': 50, 'res': number % 8 + 1, 'profile': profile}
             for number, profile in enumerate(['d', 'p', 'h', 'c', 's'] * 3)],
    'profiles': {'d': {'type': 'delay', 'delay': 10}, 'p': {'type': 'parallel', 'cpu': [1e9], 'com': [0]},
                 'h': {'type': 'parallel_homogeneous', 'cpu': 1e9, 'com': 1e6},
                 'c': {'type': 'composed', 'repeat': 2, 'seq': ['d', 'h']}, 's': {'type': 'smpi', 'trace': 'x'}}})
LOGS = {'swf': SWF, 'slurm': Log(1).text, 'batsim': BATSIM}

ODD = [b'', b'-1', b'0', b'1e308', b'nan', b'inf', b'-0', b'1e-320', b'99999999999999999999', b'\xff', b'\0', b'\n',
       b'|', b';', b'"', b'{', b']', b'UNLIMITED', b'Unknown', b'None', b'1-00:00:00', b'cn[1-', b'[0-4294967295]',
       b'2024-03-31T02:30:00', b'9999-12-31T23:59:59', b'cpu=1e99', b'null', b'true', b'"c"', b'_1']


def damaged(data: bytes, draw: random.Random) -> bytes:
    """With a few slips: a field or some bytes replaced, a line or a piece gone, twice or cut short."""
    for _ in range(draw.randint(1, 4)):
        low = draw.randrange(len(data) + 1)
        high = min(len(data), low + draw.choice((0, 1, 2, 8, 100)))
        kind = draw.randrange(5)
        if kind == 0:
            data = data[:low] + draw.choice(ODD) + data[high:]
        elif kind == 1:
            data = data[:low] + bytes([draw.randrange(256)]) + data[low + 1:]
        elif kind == 2:
            data = data[:low] + data[low:high] * 3 + data[high:]
        elif kind == 3:
            data = data[:low] if draw.random() < 0.2 else data[:low] + data[high:]
        else:
            lines = data.split(b'\n')
            place = draw.randrange(len(lines))
            fields = lines[place].split(b'|' if b'|' in lines[place] else b' ')
            fields[draw.randrange(len(fields))] = draw.choice(ODD)
            lines[place] = (b'|' if b'|' in lines[place] else b' ').join(fields)
            data = b'\n'.join(lines)
    return data


def told(folder: Path, kind: str, data: bytes) -> str:
    """Imports it; raises whatever the reader does not catch itself."""
    (folder / 'log').write_bytes(data)
    arguments = ('import', kind, 'log', '-o', 'out', '--report', 'account.txt')
    try:
        workload(*arguments, cwd=folder)
    except AssertionError:
        error = workload(*arguments, cwd=folder, status=2)
        assert error.startswith('elastisim-workload: error: log') and 'Traceback' not in error
        return error
    return ''


@pytest.mark.parametrize('kind', LOGS)
@pytest.mark.parametrize('part', range(4))
def test_a_log_with_slips_is_read_or_refused_in_a_sentence(kind: str, part: int, tmp_path: Path) -> None:
    whole = LOGS[kind].encode()
    assert told(tmp_path, kind, whole) == ''
    for seed in range(40):
        draw = random.Random(f'{kind} {part} {seed}')
        data = damaged(whole, draw)
        if draw.random() < 0.1:
            data = damaged(gzip.compress(data, mtime=0), draw)
        try:
            error = told(tmp_path, kind, data)
        except Exception as unexpected:
            raise AssertionError(f'seed {kind} {part} {seed}') from unexpected
        if error:
            continue
        jobs, report = read(tmp_path / 'out')
        assert report['read'] == report['kept'] + report['dropped'] + report['folded'], seed
        assert len(jobs) == report['kept'] == len({job['name'] for job in jobs}), seed
        assert all(1 <= job['num_nodes'] <= report['nodes'] and job['submit_time'] >= 0 for job in jobs), seed


Row = some.tuples(some.integers(-1, 1000), some.integers(-1, 10 ** 6), some.integers(-1, 9999),
                  some.integers(-1, 10 ** 5), some.integers(-1, 40), some.integers(-1, 40), some.integers(-1, 10 ** 5),
                  some.integers(-1, 6), some.integers(-1, 1000))


@given(rows=some.lists(Row, min_size=1, max_size=30), nodes=some.integers(1, 32), overrun=some.sampled_from(
    ['kill', 'raise', 'keep']))
def test_no_row_is_lost_and_every_job_fits(rows: list[Any], nodes: int, overrun: str,
                                           tmp_path_factory: pytest.TempPathFactory) -> None:
    """Jobs stand in the order of the rows, so that those of the same time are submitted in it; each has the submit time
    of its row, and fits the machine."""
    folder = tmp_path_factory.mktemp('rows')
    lines = [f'{number} {submit} {wait} {run} {procs} -1 -1 {asked} {time} -1 {status} 1 1 1 1 1 {before} 5'
             for number, submit, wait, run, procs, asked, time, status, before in rows]
    (folder / 'log').write_text('\n'.join(lines) + '\n')
    usable = [row for row in rows if row[1] >= 0 and row[3] >= 0 and row[7] not in (2, 3, 4)
              and not (row[7] == 5 and row[3] == 0)]
    fitting = [row for row in usable if 0 < (row[4] if row[4] > 0 else row[5]) <= nodes]
    arguments = ('import', 'swf', 'log', '-o', 'out', '--nodes', nodes, '--overrun', overrun)
    if not fitting:
        workload(*arguments, cwd=folder, status=2)
        return
    workload(*arguments, cwd=folder)
    jobs, report = read(folder / 'out')
    assert report['read'] == len(rows) and report['dropped'] == len(rows) - len(fitting)
    assert [job['submit_time'] for job in jobs] == [row[1] for row in fitting]
    assert [job['num_nodes'] for job in jobs] == [row[4] if row[4] > 0 else row[5] for row in fitting]
    names = [job['name'] for job in jobs]
    assert len(set(names)) == len(names)
    for place, job in enumerate(jobs):
        assert all(one['after_any'] in names[:place] for one in job.get('dependencies', []))


def peak(folder: Path, rows: int) -> int:
    """Kilobytes that importing so many rows takes at most."""
    with open(folder / 'log.swf', 'w', encoding='utf-8') as log:
        log.write('; MaxNodes: 64\n')
        log.writelines(f'{number} {number * 3} 1 {number % 999} {number % 64 + 1} -1 -1 1 1000 -1 1 '
                       f'{number % 50} 1 1 1 1 {number - 7} 9\n' for number in range(1, rows + 1))
    code = ('import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); '
            'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)')
    done = subprocess.run([PYTHON, '-c', code, PYTHON, str(ROOT / 'python' / 'elastisim-workload'), 'import', 'swf',
                           'log.swf', '-o', 'out', '--report', os.devnull], cwd=folder, capture_output=True, text=True,
                          check=True)
    return int(done.stdout)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Fifty times as many rows may take a byte each more for their numbers, not a record's hundreds."""
    assert peak(tmp_path, 100000) - peak(tmp_path, 2000) < 4096
