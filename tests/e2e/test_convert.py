"""elastisim-workload convert: what is converted runs as long on its recorded size; recipes are repeated to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from elastisim_tools.workload import speedup
from hypothesis import given
from hypothesis import strategies as some
from logs import read, simulate, workload
from test_log_import import row

HEADER = '; MaxNodes: 64\n; MaxProcs: 64\n; UnixStartTime: 1700000000\n; TimeZone: 0\n'


@pytest.fixture(scope='module')
def rigid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 jobs that are submitted one a minute over 16 days, and never meet."""
    folder = tmp_path_factory.mktemp('log')
    rows = [row(number, number * 7000, 0, 100 + number, 1 + number % 8, time=4000, user=number % 5)
            for number in range(1, 201)]
    (folder / 'log.swf').write_text(HEADER + '\n'.join(rows) + '\n')
    workload('import', 'swf', 'log.swf', '-o', 'rigid', '--pfs', '8GBps,8GBps', '--bandwidth', '1GBps',
             '--latency', '0s', cwd=folder)
    return folder / 'rigid'


def converted(folder: Path, tmp_path: Path, *options: Any) -> list[dict[str, Any]]:
    workload('convert', folder, '-o', 'out', *options, cwd=tmp_path)
    return read(tmp_path / 'out')[0]


@pytest.mark.parametrize('options', [
    ('--malleable', 1), ('--moldable', 1, '--speedup', 'downey'), ('--malleable', 1, '--speedup', 'linear'),
    ('--malleable', 1, '--speedup', 'num_nodes ^ 0.8'), ('--malleable', 1, '--points', 'seconds:30'),
    ('--moldable', 1, '--speedup', 'cirne-berman'),
    ('--moldable', 1, '--speedup', 'cirne-berman', '--bounds', 'survey'),
    ('--malleable', 1, '--io', 0.2), ('--malleable', 1, '--bounds', 'efficiency:0.9,0.5', '--speedup', 'downey')])
def test_a_job_takes_as_long_as_it_did_on_its_recorded_size(options: tuple[str, ...], rigid: Path,
                                                            tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, *options)
    assert {job['type'] for job in jobs} == {options[0][2:]}
    for job in jobs:
        assert job['num_nodes_min'] <= job['num_nodes_preferred'] <= job['num_nodes_max'] <= 64
    rows = simulate(tmp_path / 'out', '--scheduler', 'builtin:keep-pref,malleable=none')
    recorded = {job['name']: job['arguments']['runtime'] for job in read(rigid)[0]}
    for ran in rows:
        assert float(ran['Makespan']) == pytest.approx(recorded[ran['Name']], rel=1e-6)


def test_shares_grow_by_jobs_that_stay(rigid: Path, tmp_path: Path) -> None:
    few = {job['name'] for job in converted(rigid, tmp_path, '--malleable', 0.2) if job['type'] == 'malleable'}
    many = {job['name'] for job in converted(rigid, tmp_path, '--malleable', 0.4) if job['type'] == 'malleable'}
    assert few < many and 25 <= len(few) <= 55 and 60 <= len(many) <= 100


def test_whole_users_sizes_and_names_can_be_chosen(rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--malleable', 0.5, '--share-by', 'user', '--seed', 3)
    kinds = {user: {job['type'] for job in jobs if job['attributes']['user'] == user} for user in '01234'}
    assert all(len(kind) == 1 for kind in kinds.values()) and len(set(map(str, kinds.values()))) == 2
    jobs = converted(rigid, tmp_path, '--malleable', 1, '--sizes', '4,6', '--users', '1,2')
    for job in jobs:
        chosen = job['attributes']['user'] in '12' and 4 <= job.get('num_nodes', job.get('num_nodes_preferred')) <= 6
        assert (job['type'] == 'malleable') == chosen


@pytest.mark.parametrize('bounds, size, expected', [
    ('factors:2,4', 6, (3, 24)), ('factors:4,4', 1, (1, 4)), ('factors:1,100', 8, (8, 64)), ('powers:1,2', 6, (4, 16)),
    ('powers:1,1', 8, (4, 16))])
def test_bounds_by_factors_and_powers(bounds: str, size: int, expected: Any, rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--malleable', 1, '--bounds', bounds)
    seen = {(job['num_nodes_min'], job['num_nodes_max']) for job in jobs if job['num_nodes_preferred'] == size}
    assert seen == {expected}


def test_bounds_by_efficiency_are_the_most_nodes_that_reach_it(rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--malleable', 1, '--bounds', 'efficiency:0.9,0.5', '--serial', '0.1',
                     '--preferred', 'efficiency:0.7')
    # 1 / (0.1 n + 0.9) is 0.9 up to n = 2.1, 0.7 up to 5.3, 0.5 up to 11.
    assert {(job['num_nodes_min'], job['num_nodes_preferred'], job['num_nodes_max'])
            for job in jobs if job['arguments']['points'] and job['attributes']['user'] == '1'
            } <= {(1, 5, 11), (2, 5, 11)}


@pytest.mark.parametrize('bounds', ['requests', 'survey'])
def test_bounds_by_requests_are_the_fewest_and_the_most_that_users_could_make(bounds: str, rigid: Path,
                                                                              tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--moldable', 1, '--speedup', 'cirne-berman', '--bounds', bounds)
    shapes = set()
    for job in jobs:
        requests = [int(size) for size in job['attributes']['requests'].split(',')]
        size = job['num_nodes_preferred']
        assert (job['num_nodes_min'], job['num_nodes_max']) == (requests[0], requests[-1])
        assert size in requests and 'fewest' not in job['arguments']
        powers = all(request & (request - 1) == 0 for request in requests)
        shapes.add(powers)
        assert bounds == 'survey' or powers or size & (size - 1)
    assert shapes == {False, True}
    assert len({job['attributes']['requests'] for job in jobs}) > 50


def test_a_reconfiguration_sends_the_state_over_the_network(rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--malleable', 1, '--state-bytes', 1e9)
    assert all(job['arguments']['state'] == job['num_nodes_preferred'] * 1e9 for job in jobs)
    rows = simulate(tmp_path / 'out', '--scheduler', 'builtin:malleable-min')
    assert any(int(ran['Reconfigurations']) for ran in rows)


def test_evolving_jobs_ask_for_nodes_within_their_bounds(rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--evolving', 0.5, '--adaptive', 0.5)
    assert {job['type'] for job in jobs} == {'evolving', 'adaptive'}
    for job in jobs:
        for key in ('request_first', 'request_second'):
            assert job['num_nodes_min'] <= job['arguments'][key] <= job['num_nodes_max']
    assert len(simulate(tmp_path / 'out')) == 200


def test_walltimes_are_scaled_to_the_fewest_nodes(rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--malleable', 1, '--speedup', 'linear', '--bounds', 'factors:2,2')
    assert all(job['walltime'] == 8000 for job in jobs if job['num_nodes_preferred'] % 2 == 0)
    jobs = converted(rigid, tmp_path, '--malleable', 1, '--walltime', 'recorded', '--walltime-factor', 0.5)
    assert {job['walltime'] for job in jobs} == {2000}
    jobs = converted(rigid, tmp_path, '--walltime', 'none')
    assert all('walltime' not in job and job['runtime_estimate'] == 4000 for job in jobs)


def test_a_window_begins_at_time_0(rigid: Path, tmp_path: Path) -> None:
    jobs = converted(rigid, tmp_path, '--from', '1d', '--to', '2d')
    assert [job['name'] for job in jobs] == [str(number) for number in range(13, 25)]
    assert jobs[0]['submit_time'] == 13 * 7000 - 86400
    by_date = converted(rigid, tmp_path, '--from', '2023-11-15T22:13:20', '--to', '2023-11-16T22:13:20+00:00')
    assert by_date == jobs
    assert len(converted(rigid, tmp_path, '--weeks', '2')) == 86


def test_the_offered_load_is_scaled_by_the_times_between_submissions(rigid: Path, tmp_path: Path) -> None:
    said = workload('convert', rigid, '-o', 'out', '--load', 0.75, cwd=tmp_path)
    assert 'offered load 0.75 on 64 nodes' in said
    jobs = converted(rigid, tmp_path, '--stretch', 0.5)
    assert [job['submit_time'] for job in jobs[:2]] == [3500, 7000]


def test_a_recipe_is_repeated_from_the_jobs_file_it_made(rigid: Path, tmp_path: Path) -> None:
    first = converted(rigid, tmp_path, '--malleable', 0.3, '--speedup', 'downey', '--seed', 9, '--load', 0.5)
    made = (tmp_path / 'out' / 'jobs.json')
    made.rename(tmp_path / 'made.json')
    assert converted(rigid, tmp_path, '--recipe', 'made.json') == first
    (tmp_path / 'r.json').write_text(json.dumps({'malleable': 0.3, 'speedup': 'downey', 'seed': 9}))
    assert converted(rigid, tmp_path, '--recipe', 'r.json', '--load', 0.5) == first


def of_the_study(nodes: int, machine: int) -> tuple[float, int, int]:
    """Serial share, fewest and most nodes as the program of Schäfer et al. finds them: step by step."""
    def efficiency(parallel: float, on: int) -> float:
        return 1 / ((1 - parallel) + parallel / on) / on
    best, distance = 0.999 if nodes > 1 else 0.95, 1.0 if nodes > 1 else 0.0
    for parallel in (0.999, 0.995, 0.99, 0.985, 0.98, 0.975, 0.97, 0.965, 0.96, 0.955, 0.95):
        above = efficiency(parallel, nodes) - 0.8
        if 0 < above < distance:
            best, distance = parallel, above
    most = nodes
    while efficiency(best, most + 1) > 0.5:
        most += 1
    return 1 - best, max(1, int(nodes * 0.2)), min(machine, most)


def test_the_recipe_of_a_study_goes_by_its_name(tmp_path: Path) -> None:
    """None of the sizes has an efficiency of 0.8 but for rounding, as 6 and 251 would."""
    sizes = [1, 2, 3, 5, 7, 10, 16, 25, 33, 64, 100, 128, 200, 252, 400, 900]
    rows = [row(number, number * 7000, 0, 100, size, time=4000) for number, size in enumerate(sizes, 1)]
    (tmp_path / 'log.swf').write_text('; MaxNodes: 900\n; MaxProcs: 900\n' + '\n'.join(rows) + '\n')
    workload('import', 'swf', 'log.swf', '-o', 'in', cwd=tmp_path)
    jobs = converted(tmp_path / 'in', tmp_path, '--recipe', 'schaefer-2026', '--malleable', 1)
    for job, size in zip(jobs, sizes):
        serial, fewest, most = of_the_study(size, 900)
        assert job['arguments']['serial'] == pytest.approx(serial), size
        assert (job['num_nodes_min'], job['num_nodes_preferred'], job['num_nodes_max']) == (fewest, size, most)
        assert job['arguments']['points'] == 100 and 'walltime' not in job
    recipe = json.loads((tmp_path / 'out' / 'jobs.json').read_text())['recipe']
    assert recipe == {'seed': 1, 'malleable': 1.0, 'speedup': 'amdahl-by-size', 'bounds': 'mixed:5,0.5',
                      'points': 'seconds:1', 'walltime': 'none'}
    assert workload('convert', 'in', '-o', 'b', '--recipe', 'zojer-2026', cwd=tmp_path, status=2) == (
        'elastisim-workload: error: zojer-2026: no such file, and no recipe of that name; known are schaefer-2026\n')


def test_sites_are_merged_on_one_clock(rigid: Path, tmp_path: Path) -> None:
    rows = '; MaxNodes: 8\n; UnixStartTime: 1700003600\n; TimeZone: 0\n' + row(1) + '\n' + row(2, preceding=1) + '\n'
    (tmp_path / 'b.swf').write_text(rows)
    workload('import', 'swf', 'b.swf', '-o', 'b', cwd=tmp_path)
    workload('convert', rigid, 'b', '-o', 'out', cwd=tmp_path)
    jobs, report = read(tmp_path / 'out')
    assert report['nodes'] == 72 and len(jobs) == 202
    assert [(job['name'], job['submit_time']) for job in jobs[:2]] == [('b/1', 3600), ('b/2', 3600)]
    assert jobs[1]['dependencies'] == [{'after_any': 'b/1'}] and jobs[0]['attributes']['site'] == 'b'
    assert [job['submit_time'] for job in jobs] == sorted(job['submit_time'] for job in jobs)


@pytest.mark.parametrize('options, told', [
    (('--malleable', 0.7, '--moldable', 0.7), 'recipe: the shares of the types add up to 1.4; 1 is all jobs'),
    (('--bounds', 'factors:4'), "bounds: 'factors:4' is none of factors:X,Y, powers:X,Y, efficiency:X,Y, mixed:X,Y, "
     'requests, survey with numbers above 0'),
    (('--bounds', 'requests'), "bounds: 'requests' are those of the speed-up cirne-berman; give it, too"),
    (('--serial', '0.5,0.1'), "serial: '0.5,0.1' is not a range; give LOW,HIGH or one number"),
    (('--speedup', 'import os'),
     "speedup: 'import os' is none of amdahl, downey, amdahl-by-size, cirne-berman, linear, and no "
     "expression"),
    (('--speedup', '0 - num_nodes'), "speedup: '0 - num_nodes' is -1 on one node; must be a number above 0"),
    (('--weeks', '3-1'), '--weeks 3-1: must be FIRST or FIRST-LAST, counted from 1'),
    (('--from', 'monday'), '--from monday: neither seconds nor days (3d) nor a date such as 2024-02-29'),
    (('--from', '900d'), 'no job is submitted in the window'),
    (('--nodes', '4'), 'a job asks for 8 nodes; the machine has 4'),
])
def test_what_makes_no_sense_is_told(options: tuple[str, ...], told: str, rigid: Path, tmp_path: Path) -> None:
    said = workload('convert', rigid, '-o', 'out', *options, cwd=tmp_path, status=2)
    assert said.startswith(f'elastisim-workload: error: {told}')


def test_io_needs_a_file_system(rigid: Path, tmp_path: Path) -> None:
    (tmp_path / 'log.swf').write_text(HEADER + row() + '\n')
    workload('import', 'swf', 'log.swf', '-o', 'in', cwd=tmp_path)
    said = workload('convert', 'in', '-o', 'out', '--malleable', 1, '--io', 0.1, cwd=tmp_path, status=2)
    assert said == ('elastisim-workload: error: in/platform.xml: no file system, which --io needs; import the log with '
                    '--pfs READ,WRITE\n')


# --- Speed-ups -------------------------------------------------------------------------------------------------------


@given(some.integers(1, 1000), some.floats(0, 1))
def test_amdahl_lies_between_one_and_linear(n: int, serial: float) -> None:
    assert 1 - 1e-9 <= speedup.amdahl(n, {'serial': serial}) <= n + 1e-9


@given(some.integers(1, 1000), some.floats(1, 500), some.floats(0, 4))
def test_downey_grows_to_the_average_parallelism(n: int, parallelism: float, sigma: float) -> None:
    parameters = {'parallelism': parallelism, 'sigma': sigma}
    value = speedup.downey(n, parameters)
    assert value <= min(n, parallelism) * (1 + 1e-9)
    assert value <= speedup.downey(n + 1, parameters) * (1 + 1e-9)
    assert speedup.downey(1, parameters) == pytest.approx(1)


def test_downey_has_no_jump_where_its_formulas_meet() -> None:
    for sigma in (0.0, 0.5, 1.0, 1.5, 2.0):
        parameters = {'parallelism': 20.0, 'sigma': sigma}
        for edge in (20.0, 39.0, 20 + 20 * sigma - sigma):
            below, above = speedup.downey(edge - 1e-9, parameters), speedup.downey(edge + 1e-9, parameters)
            assert below == pytest.approx(above, abs=1e-6)
