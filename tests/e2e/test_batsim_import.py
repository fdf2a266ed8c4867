"""elastisim-workload import batsim: profiles become application models; a published experiment is done again."""

from __future__ import annotations

import csv
import functools
import json
import re
from pathlib import Path
from typing import Any

import batsched
import pytest
import references
from logs import MEDIUM, needs_medium, read, rules, simulate, workload


def imported(tmp_path: Path, profiles: dict[str, Any], *jobs: Any, options: tuple[Any, ...] = ()
             ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    (tmp_path / 'w.json').write_text(json.dumps({'nb_res': 8, 'jobs': jobs, 'profiles': profiles}))
    workload('import', 'batsim', 'w.json', '-o', 'out', *options, cwd=tmp_path)
    return read(tmp_path / 'out')


def job(**fields: Any) -> dict[str, Any]:
    return {'id': 1, 'subtime': 0, 'res': 2, 'walltime': 100, 'profile': 'p', **fields}


# --- A published experiment ------------------------------------------------------------------------------------------


def rigid_jobs(folder: Path) -> dict[str, references.RigidJob]:
    jobs = {}
    for one in read(folder)[0]:
        model = json.loads((folder / one['application_model']).read_text())
        delay = model['phases'][0]['tasks'][0]['delay']
        jobs[one['name']] = references.RigidJob(one['submit_time'], one['num_nodes'], delay, one['walltime'])
    return jobs


def batsim_starts(policy: str) -> dict[str, float]:
    with open(MEDIUM / f'{policy.partition(",")[0]}_out_jobs.csv', newline='') as file:
        return {row['job_id']: float(row['starting_time']) for row in csv.DictReader(file)}


def plain_starts(policy: str, folder: Path) -> dict[str, float]:
    jobs = rigid_jobs(folder)
    if policy == 'conservative':
        conservative = references.Conservative(32)
        references.simulate(list(jobs.values()), 32, conservative, conservative.wakes)
    else:
        easy = functools.partial(references.easy, extra_counts=policy == 'easy')
        references.simulate(list(jobs.values()), 32, easy)
    return {name: one.start for name, one in jobs.items()}


@needs_medium
def test_the_published_workload_is_read_whole_with_its_power_states(medium: Path) -> None:
    jobs, report = read(medium)
    assert (report['read'], report['kept'], report['dropped'], report['mended']) == (801, 801, 0, 0)
    assert report['nodes'] == 32 and len(jobs) == 801
    platform = (medium / 'platform.xml').read_text()
    assert platform.count('wattage_per_state') == 32 and platform.count('sleep_pstates') == 32
    # What the scheduler that switched nodes off was told: 6.1 s, 620 J and 152 s, 19,030 J, rounded.
    properties = dict(re.findall(r'<prop id="(\w+)" value="([\d.]+)"/>', platform.partition('id="host1"')[0]))
    assert {key: float(value) for key, value in properties.items()} == {
        'wattage_off': 9.75, 'stop_seconds': pytest.approx(6.1), 'stop_joules': pytest.approx(616.08),
        'boot_seconds': pytest.approx(151.52), 'boot_joules': pytest.approx(18966.423)}


@needs_medium
@pytest.mark.parametrize('policy', ['easy', 'easy,extra_nodes=no', 'conservative'])
def test_starts_are_those_of_the_policy_written_down_plainly(policy: str, medium: Path) -> None:
    starts = {row['Name']: float(row['Start Time']) for row in simulate(medium, '--scheduler', f'builtin:{policy}')}
    assert starts == pytest.approx(plain_starts(policy, medium), abs=1e-6)


@needs_medium
@pytest.mark.parametrize('policy', ['easy', 'conservative'])
def test_batsim_differs_because_it_reserves_particular_machines(policy: str, medium: Path) -> None:
    """With reservations of that kind, and nothing else changed, all 801 jobs start when Batsim started them."""
    jobs = rigid_jobs(medium)
    batsched.simulate(list(jobs.values()), 32, policy == 'conservative')
    assert {name: one.start for name, one in jobs.items()} == pytest.approx(batsim_starts(policy), abs=2e-6)


@needs_medium
@pytest.mark.parametrize('policy, differing', [('easy', 76), ('easy,extra_nodes=no', 92), ('conservative', 66)])
def test_most_jobs_start_when_batsim_started_them(policy: str, differing: int, medium: Path) -> None:
    starts = {row['Name']: float(row['Start Time']) for row in simulate(medium, '--scheduler', f'builtin:{policy}')}
    batsim = batsim_starts(policy)
    assert sum(1 for name in batsim if abs(starts[name] - batsim[name]) > 1e-3) == differing


# --- Power states ----------------------------------------------------------------------------------------------------


SLEEPER = """<platform version="4"><AS id="a" routing="Full"><host id="master_host" speed="1f"/>
<host id="h" speed="{speed}"><prop id="watt_per_state" value="{watts}"/>
<prop id="sleep_pstates" value="{states}"/></host>
</AS></platform>"""
FIGURES = {'speed': '1Mf, 1e-3f, 0.5f, 0.25f', 'watts': '9:20:30, 2:2:2, 5:8, 6:6:7', 'states': '1:2:3'}


def platform_of(tmp_path: Path, status: int = 0, **figures: str) -> str:
    (tmp_path / 'p.xml').write_text(SLEEPER.format(**{**FIGURES, **figures}))
    (tmp_path / 'w.json').write_text(json.dumps({'nb_res': 1, 'jobs': [job(res=1)],
                                                 'profiles': {'p': {'type': 'delay', 'delay': 1}}}))
    told = workload('import', 'batsim', 'w.json', '--platform', 'p.xml', '-o', 'out', cwd=tmp_path, status=status)
    return told if status else (tmp_path / 'out' / 'platform.xml').read_text()


@pytest.mark.parametrize('states', ['1:2:3', ' 1 : 2 :3, 0:2:3'])
def test_states_of_sleep_become_what_switching_takes(states: str, tmp_path: Path) -> None:
    """Off is the idle power of the first one; switching is one flop, at full power."""
    properties = dict(re.findall(r'<prop id="(\w+)" value="([\d.]+)"/>', platform_of(tmp_path, states=states)))
    assert properties == {'wattage_off': '2.0', 'stop_seconds': '2.0', 'stop_joules': '16.0', 'boot_seconds': '4.0',
                          'boot_joules': '28.0'}
    simulate(tmp_path / 'out', '--strict', '--set', 'energy=energy.csv')


@pytest.mark.parametrize('figures, complaint', [
    ({'states': '1:2'}, "must be three states, 'SLEEP:OFF:ON', is '1:2'"),
    ({'states': '1:2:x'}, "must be three states, 'SLEEP:OFF:ON', is '1:2:x'"),
    ({'states': '1:2:4'}, 'state 4 has no speed, or no watts'),
    ({'watts': '9:20:30, 2:2:2, 5:8'}, 'state 3 has no speed, or no watts'),
    ({'speed': '1Mf, 1f, 0f, 1f'}, 'the states must have watts IDLE:ALL or IDLE:EPSILON:ALL, and those of switching a '
                                   'speed above 0'),
    ({'watts': '9:20:30, 2, 5:8, 6:7'}, 'the states must have watts IDLE:ALL or IDLE:EPSILON:ALL, and those of '
                                        'switching a speed above 0'),
])
def test_states_of_sleep_with_a_mistake_are_refused(figures: dict[str, str], complaint: str, tmp_path: Path) -> None:
    assert f"p.xml: host 'h': property 'sleep_pstates': {complaint}\n" in platform_of(tmp_path, 2, **figures)


# --- Profiles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('profiles, end', [
    ({'p': {'type': 'delay', 'delay': 12.5}}, 12.5),
    ({'p': {'type': 'parallel_homogeneous', 'cpu': 5e9, 'com': 0}}, 5),
    ({'p': {'type': 'msg_par_hg', 'cpu': 5e9, 'com': 0}}, 5),
    ({'p': {'type': 'parallel_homogeneous', 'cpu': 0, 'com': 25e9}}, 2),
    ({'p': {'type': 'parallel_homogeneous_total', 'cpu': 4e9, 'com': 0}}, 2),
    ({'p': {'type': 'parallel', 'cpu': [3e9, 7e9], 'com': [0, 0, 0, 0]}}, 7),
    ({'p': {'type': 'parallel', 'cpu': [0, 0], 'com': [9e9, 12.5e9, 0, 0]}}, 1),
    ({'p': {'type': 'composed', 'repeat': 3, 'seq': ['d', 'd', 'c']}, 'd': {'type': 'delay', 'delay': 1},
      'c': {'type': 'parallel_homogeneous', 'cpu': 2e9, 'com': 0}}, 12),
])
def test_a_profile_takes_as_long_as_it_says(profiles: dict[str, Any], end: float, tmp_path: Path) -> None:
    imported(tmp_path, profiles, job(), options=('--latency', '0s'))
    assert float(simulate(tmp_path / 'out')[0]['End Time']) == pytest.approx(end, rel=1e-6)


@pytest.mark.parametrize('profile, rule, told', [
    ({'type': 'smpi', 'trace': 't'}, 'profile_not_supported',
     "job 1, profile 'p': an smpi profile replays a time-independent trace, rank by rank"),
    ({'type': 'dance'}, 'profile_not_supported', "job 1, profile 'p': the type is \"dance\""),
    ({'type': 'delay'}, 'malformed_profile',
     "job 1, profile 'p': 'delay' is null; must be a number of at least 0"),
    ({'type': 'composed', 'seq': ['p']}, 'malformed_profile', "job 1, profile 'p': composed profiles contain each "
     "other"),
    ({'type': 'composed', 'seq': ['q']}, 'malformed_profile',
     "job 1, profile 'p': it names a profile \"q\", which does not exist"),
    ({'type': 'parallel', 'cpu': [1, 2, 3]}, 'matrix_size', "job 1, profile 'p': made for 3 hosts, asks for 2"),
    ({'type': 'parallel', 'cpu': [1, 2], 'com': [1]}, 'malformed_profile',
     "job 1, profile 'p': 'com' has 1 numbers; 2 hosts exchange 4"),
    ('x', 'malformed_profile', "job 1, profile 'p': it is not an object"),
])
def test_a_profile_that_cannot_be_run_drops_its_jobs_with_the_reason(profile: Any, rule: str, told: str,
                                                                     tmp_path: Path) -> None:
    jobs, report = imported(tmp_path, {'p': profile, 'd': {'type': 'delay', 'delay': 1}}, job(), job(id=2, profile='d'))
    assert [one['name'] for one in jobs] == ['2']
    assert [(one['rule'], one['first']) for one in report['rules']] == [(rule, [f'w.json: jobs[0]: {told}'])]


@pytest.mark.parametrize('broken, rule', [
    ({'res': 0}, 'malformed'), ({'res': 1.5}, 'malformed'), ({'subtime': 'x'}, 'malformed'),
    ({'subtime': -1}, 'no_submit_time'), ({'profile': 'q'}, 'no_profile'), ({'profile': ['p']}, 'no_profile'),
    ({'res': 9}, 'too_large'),
])
def test_a_job_that_is_none_is_dropped(broken: dict[str, Any], rule: str, tmp_path: Path) -> None:
    jobs, report = imported(tmp_path, {'p': {'type': 'delay', 'delay': 1}}, job(id='w0!7'), job(**broken), 5)
    assert [one['name'] for one in jobs] == ['7']
    expected = {'malformed': 1} if rule != 'malformed' else {}
    assert rules(report) == {**expected, rule: 1 if rule != 'malformed' else 2}


@pytest.mark.parametrize('text, told', [
    ('{', 'w.json: not JSON: Expecting property name'),
    ('[]', "w.json: no lists 'jobs' and 'profiles'; is this a workload of Batsim?"),
    ('[' * 100000, 'w.json: nested too deep for a workload of Batsim'),
    ('{"jobs": [], "profiles": {}}', 'w.json: no job is left of 0 rows'),
])
def test_what_is_no_workload_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / 'w.json').write_text(text)
    said = workload('import', 'batsim', 'w.json', '-o', 'out', cwd=tmp_path, status=2)
    assert said.startswith(f'elastisim-workload: error: {told}')
