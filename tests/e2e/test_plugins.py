"""Schedulers in C: as plugins and as processes of their own, and what faulty ones lead to."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, SIMULATOR, Scenario, busy, crossbar, flexible, model, phase, rigid, waiting
from test_policies import random_mix

BUILD = Path(SIMULATOR).resolve().parent
PLUGINS = BUILD / 'tests' / 'plugins'
FIRST_FIT = BUILD / 'schedulers' / 'first_fit'

TABLES = ('job_statistics', 'node_utilization', 'task_times')


def mixed(scenario: Scenario, seed: int = 3) -> None:
    """Jobs of all types on eight nodes, without GPUs."""
    scenario.platform(crossbar(8)).configure(schedule_on_scheduling_point=True, forward_io_information=True,
                                             pfs_read_links=['PFS_read'], pfs_write_links=['PFS_write'])
    scenario.write('steps.json', model(phase(busy('seconds'), iterations=4)))
    scenario.write('evolving.json', model(phase(
        busy('seconds'), iterations=6,
        evolving_request='num_nodes_min + (phase_iteration * 3) % (num_nodes_max - num_nodes_min + 1)')))
    jobs = [{key: value for key, value in job.items() if 'gpus' not in key} for job in random_mix(seed, 60, 8)]
    scenario.write('jobs.json', {'jobs': jobs})


def texts(scenario: Scenario, scheduler: str) -> list[str]:
    result = scenario.run(scheduler=scheduler)
    return [result.text(table) for table in TABLES]


def test_one_source_is_a_plugin_and_a_process_with_equal_results(scenario: Scenario) -> None:
    mixed(scenario)
    assert texts(scenario, f'plugin:{FIRST_FIT}.so') == texts(scenario, f'exec:{FIRST_FIT}')


@pytest.mark.parametrize('policy',
                         ['easy', 'conservative', 'malleable-pref', 'io-aware', 'equipartition,evolving=shrink',
                                    'hybrid,order=fair_share,nodes=fastest'])
def test_built_in_policies_are_schedulers_like_any_other(scenario: Scenario, policy: str) -> None:
    mixed(scenario)
    policy = f'{policy},decide=event'  # others are told event by event
    scenario.environment['POLICY'] = policy
    builtin = texts(scenario, f'builtin:{policy}')
    assert texts(scenario, f'plugin:{PLUGINS / "policies.so"},{policy}') == builtin
    assert texts(scenario, f"exec:'{PLUGINS / 'policies'}'") == builtin


def journal(scenario: Scenario, scheduler: str) -> list[dict[str, object]]:
    """What the run tells, but for the scheduler's name and the time by the wall clock."""
    scenario.configure(events='out/events.jsonl')
    scenario.run(scheduler=scheduler)
    events = [json.loads(line) for line in (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines()]
    return [{key: value for key, value in event.items() if key not in ('scheduler', 'wall_seconds')}
            for event in events]


@pytest.mark.parametrize('seed', range(1, 7))
def test_one_random_scheduler_decides_the_same_as_plugin_program_and_python_script(
        scenario: Scenario, seed: int) -> None:
    mixed(scenario, seed)
    scenario.configure(scheduling_interval=7)
    scenario.environment['SEED'] = str(seed)
    as_plugin = journal(scenario, f'plugin:{PLUGINS / "dice.so"},{seed}')
    assert {'reserve', 'grow', 'shrink', 'evolving_answer'} <= {str(event['kind']) for event in as_plugin}
    assert journal(scenario, f"exec:'{PLUGINS / 'dice'}'") == as_plugin
    assert journal(scenario, f"exec:'{sys.executable}' '{ROOT / 'tests/e2e/dice.py'}'") == as_plugin


@pytest.mark.parametrize(('seed', 'reaction'), [(1, 'requeue'), (2, 'restart'), (3, 'shrink_or_requeue'), (4, 'kill')])
def test_it_decides_the_same_on_a_machine_that_fails(scenario: Scenario, seed: int, reaction: str) -> None:
    """Failures at random, a drain that comes again and again, and nodes that are switched off."""
    mixed(scenario, seed)
    scenario.write('availability.json', {
        'failures': [{'between': 60, 'repair': {'distribution': 'exponential', 'mean': 15},
                      'repair_known': seed % 2 == 0, 'until': 400, 'seed': seed}],
        'windows': [{'share': 0.25, 'first': 20, 'every': 50, 'duration': 20, 'kind': 'drain', 'until': 400}],
        'outages': [{'nodes': ['n0', 'n1'], 'from': 30, 'until': 60, 'kind': 'off'}]})
    scenario.configure(availability='availability.json', on_node_loss=reaction, schedule_on_node_change=seed > 1,
                       scheduling_interval=7)
    scenario.environment['SEED'] = str(seed)
    as_plugin = journal(scenario, f'plugin:{PLUGINS / "dice.so"},{seed}')
    assert ('kill' if reaction == 'kill' else 'requeue') in {str(event['kind']) for event in as_plugin}
    assert journal(scenario, f"exec:'{PLUGINS / 'dice'}'") == as_plugin
    assert journal(scenario, f"exec:'{sys.executable}' '{ROOT / 'tests/e2e/dice.py'}'") == as_plugin
    assert journal(scenario, f"python:{ROOT / 'tests/e2e/dice.py'}") == as_plugin


@pytest.mark.parametrize('seed', [1, 2, 3, 4])
def test_it_gives_the_same_orders_to_jobs_and_nodes(scenario: Scenario, seed: int) -> None:
    """Jobs are preempted, suspended and go on, nodes drain, are switched off and come back."""
    mixed(scenario, seed)
    scenario.platform(crossbar(8, boot_seconds=seed % 3, stop_seconds=seed % 2))
    scenario.configure(schedule_on_node_change=seed % 2 == 0, scheduling_interval=7)
    scenario.environment.update(SEED=str(seed), DICE_ORDERS='200')
    ways = [f'plugin:{PLUGINS / "dice.so"},{seed}', f"exec:'{PLUGINS / 'dice'}'",
            f"exec:'{sys.executable}' '{ROOT / 'tests/e2e/dice.py'}'", f"python:{ROOT / 'tests/e2e/dice.py'}"]
    journals, tables = [], []
    for way in ways:
        journals.append(journal(scenario, way))
        tables.append([(scenario.folder / 'out' / f'{name}.csv').read_text() for name in TABLES])
    assert journals == journals[:1] * 4 and tables == tables[:1] * 4
    assert {'requeue', 'suspend', 'continue', 'grow', 'shrink'} <= {str(event['kind']) for event in journals[0]}
    assert {'draining', 'off', 'stopping' if seed % 2 else 'off', 'booting' if seed % 3 else 'off'} <= {
        row.split(',')[2] for row in tables[0][1].splitlines()}


def test_jobs_that_are_requeued_stand_in_the_same_places_for_plugin_and_process(scenario: Scenario) -> None:
    mixed(scenario)
    scenario.write('availability.json', {'failures': [{'between': 60, 'repair': 10, 'until': 400}]})
    scenario.configure(availability='availability.json', on_node_loss='requeue', schedule_on_node_change=True)
    as_plugin = texts(scenario, f'plugin:{FIRST_FIT}.so')
    assert any(int(row['Requeues']) for row in csv.DictReader(as_plugin[0].splitlines()))
    assert texts(scenario, f'exec:{FIRST_FIT}') == as_plugin


@pytest.mark.parametrize('seed', range(1, 4))
def test_free_nodes_mean_the_same_to_plugin_and_program_where_jobs_share_nodes(scenario: Scenario, seed: int) -> None:
    mixed(scenario, seed)
    scenario.configure(allow_oversubscription=True, scheduling_interval=7)
    scenario.environment['SEED'] = str(seed)
    assert journal(scenario, f"exec:'{PLUGINS / 'dice'}'") == journal(scenario, f'plugin:{PLUGINS / "dice.so"},{seed}')


def two_jobs(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(10)), rigid(1, waiting(10), 5))


@pytest.mark.parametrize(('fault', 'message'), [
    ('fails', 'failed: no luck with job 1'),
    ('silent', 'failed: its function schedule returned 5 without saying why (elastisim_fail)'),
    ('segfault', 'crashed (Segmentation fault)'),
    ('overflow', 'crashed (Segmentation fault)'),
    ('abort', 'crashed (Aborted)'),
    ('exit', 'called exit; a scheduler that can\'t go on returns elastisim_fail(view, ...)'),
    ('taken', 'job 1: node 0 (n0) is taken: job 0 runs there'),
    ('many', 'job 1: 2 nodes are assigned; it takes 1'),
    ('unknown', 'job 1: there is no node 1000; node IDs are 0 to '),
    ('resize', 'job 0: a rigid job can\'t be resized while it runs'),
    ('gpus', 'job 1: 9 GPUs per node are assigned; it takes 0'),
    ('argument', 'job 1'),
])
def test_3_with_a_sentence_and_the_results_so_far(scenario: Scenario, fault: str, message: str) -> None:
    # GPUs of rigid jobs are ignored.
    second = flexible('moldable', 1, 1, waiting(10), 5) if fault == 'gpus' else rigid(1, waiting(10), 5)
    scenario.workload(rigid(2, waiting(10)), second)
    result = scenario.run(scheduler=f'plugin:{PLUGINS / "faulty.so"},{fault}', status=3)
    assert message in result.error
    assert '\n' not in result.error
    assert result.column('Status') == ['unfinished', 'unfinished']
    assert result.column('Start Time')[0] == '0'


def test_3_when_a_plugin_does_not_come_back_in_time(scenario: Scenario) -> None:
    two_jobs(scenario)
    scenario.configure(scheduler_timeout=0.5)
    result = scenario.run(scheduler=f'plugin:{PLUGINS / "faulty.so"},hang', status=3)
    assert 'did not answer within 0.5 s (scheduler_timeout)' in result.error
    assert result.column('Status') == ['unfinished', 'unfinished']


@pytest.mark.parametrize(('spec', 'status', 'message'), [
    ('nowhere.so', 2, "plugin nowhere.so can't be loaded: "),
    ('config.json', 2, "plugin config.json can't be loaded: "),
    ('{stale}', 2, 'was built for version 2.0 of the scheduler API, this simulator has 1.'),
    ('{nothing}', 2, 'defines no scheduler; end its source with ELASTISIM_SCHEDULER(open, schedule, close)'),
    ('{faulty},no-beginning', 3, "can't begin: its function open returned 7"),
])
def test_plugins_that_can_not_be_used_are_refused(scenario: Scenario, spec: str, status: int, message: str) -> None:
    files = {name: str(PLUGINS / f'{name}.so') for name in ('stale', 'nothing', 'faulty')}
    result = scenario.run(scheduler=f'plugin:{spec.format(**files)}', status=status)
    assert message in result.error


def test_the_header_needs_nothing_but_a_compiler(scenario: Scenario) -> None:
    """As docs/schedulers.md says: cc -shared, no CMake, any warning on, C11 or C++."""
    include = f'-I{ROOT / "include"}'
    source = ROOT / 'schedulers' / 'first_fit.c'
    subprocess.run(['cc', '-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-shared', '-fPIC', str(source),
                    '-o', 'mine.so', include], cwd=scenario.folder, check=True)
    scenario.write('header.cpp', '#include <elastisim/scheduler.h>\n')
    subprocess.run(['c++', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', 'header.cpp', include],
                   cwd=scenario.folder, check=True)
    scenario.workload(flexible('moldable', 1, 4))
    assert scenario.run(scheduler='plugin:mine.so').column('Nodes At Start') == ['4']


CHATTY = """
#define _DEFAULT_SOURCE
#include <elastisim/scheduler.h>
#include <err.h>
#include <errno.h>

static int schedule(struct elastisim_view *view, void *data)
{
    (void)data;
    errno = ENOENT;
    warn("%zu jobs wait at %g s", elastisim_num_pending(view), elastisim_time(view));
    return 0;
}

ELASTISIM_SCHEDULER(NULL, schedule, NULL);
"""


def test_a_plugin_without_a_function_schedule_is_refused(scenario: Scenario) -> None:
    scenario.write('idle.c', '#include <elastisim/scheduler.h>\nELASTISIM_SCHEDULER(NULL, NULL, NULL);\n')
    subprocess.run(['cc', '-shared', '-fPIC', f'-I{ROOT / "include"}', 'idle.c', '-o', 'idle.so'], cwd=scenario.folder,
                   check=True)
    assert scenario.workload(rigid()).run(scheduler='plugin:./idle.so', status=2).error == (
        'plugin ./idle.so has no function schedule')


@pytest.mark.parametrize('flags', [[], ['-fvisibility=hidden']])
def test_names_of_libraries_mean_the_same_in_a_plugin_as_anywhere(scenario: Scenario, flags: list[str]) -> None:
    scenario.write('chatty.c', CHATTY)
    subprocess.run(['cc', '-shared', '-fPIC', *flags, f'-I{ROOT / "include"}', 'chatty.c', '-o', 'chatty.so'],
                   cwd=scenario.folder, check=True)
    two_jobs(scenario)
    result = scenario.run(scheduler='plugin:chatty.so', status=4)
    assert 'elastisim: 1 jobs wait at 0 s: No such file or directory\n' in result.stderr


def defined_names(*command: str) -> list[str]:
    listing = subprocess.run(['nm', '--defined-only', *command], capture_output=True, text=True, check=True)
    return [line.split()[-1] for line in listing.stdout.splitlines() if len(line.split()) == 3]


def declared_functions() -> set[str]:
    return set(re.findall(r'^[a-z].*?\b(elastisim_\w+)\(', (ROOT / 'include/elastisim/scheduler.h').read_text(), re.M))


def test_the_simulator_gives_out_the_names_of_its_api_and_no_others() -> None:
    """Any other would take the place of a plugin's or a library's function of the same name."""
    assert set(defined_names('-D', SIMULATOR)) == declared_functions()


def test_the_library_for_external_schedulers_defines_no_names_that_are_not_its_own() -> None:
    names = set(defined_names('-g', str(BUILD / 'libelastisim' / 'libelastisim-scheduler.a')))
    assert declared_functions() <= names
    assert [name for name in names if not name.startswith('elastisim_')] == ['main']
