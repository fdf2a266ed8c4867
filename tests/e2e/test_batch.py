"""elastisim --batch: many runs by one program, each as if it had been run alone."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness import PATIENCE, PYTHON, ROOT, SIMULATOR, Scenario, crossbar, near, rigid, wait_for, waiting

Answer = dict[str, Any]
QUIET = {'show_progress_bar': False}


def batch(folder: Path, lines: str, *options: str, status: int = 0) -> list[Answer]:
    done = subprocess.run([SIMULATOR, '--batch', *options], cwd=folder, input=lines, capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines(*descriptions: Any) -> str:
    return ''.join(json.dumps(description) + '\n' for description in descriptions)


@pytest.fixture
def world(scenario: Scenario) -> Scenario:
    scenario.workload(rigid(2, application=waiting(10)), rigid(4, application=waiting(5), submit=1),
                      rigid(1, application=waiting(100), submit=2))
    scenario.configure(scheduler='builtin:fcfs', sensing=True, sensing_interval=1, events='out/events.jsonl',
                       cpu_utilization='out/cpu_utilization.csv')
    scenario.command()
    return scenario


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def without_places(written: dict[str, bytes]) -> dict[str, bytes]:
    """The journal names the folder of the results, and says how long the scheduler took."""
    return {name: re.sub(rb'"wall_seconds":[^,}]*', b'', text.replace(b'together/', b'alone/'))
            for name, text in written.items()}


@pytest.mark.parametrize('model', ['flow', 'simgrid'])
def test_results_are_those_of_single_runs_to_the_byte(world: Scenario, model: str) -> None:
    world.write('other.xml', crossbar(8))
    wanted = [('easy', 'platform.xml'), ('fcfs', 'platform.xml'), ('sjf', 'other.xml'), ('fcfs', 'other.xml')]
    for policy, platform in wanted:
        world.run(f'--output=alone/{policy}-{platform}', f'--set=platform_file={platform}',
                  f'--model={model}', scheduler=f'builtin:{policy}')
    answers = batch(world.folder, lines(*(
        {'id': f'{policy}-{platform}', 'configuration': 'config.json', 'set': {'platform_file': platform},
         'scheduler': f'builtin:{policy}', 'output': f'together/{policy}-{platform}'} for policy, platform in wanted)),
        '--jobs', '3', f'--model={model}')
    assert {answer['id']: answer['status'] for answer in answers} == {f'{a}-{b}': 0 for a, b in wanted}
    for policy, platform in wanted:
        name = f'{policy}-{platform}'
        alone, together = files(world.folder / 'alone' / name), files(world.folder / 'together' / name)
        assert len(alone) == 5 and without_places(together) == without_places(alone)


def test_a_line_says_the_figures_of_a_run(world: Scenario) -> None:
    [answer] = batch(world.folder, lines({'configuration': 'config.json', 'output': 'x'}))
    seconds = answer.pop('seconds')
    assert seconds > 0
    # On 4 nodes: 0-10 s on two, 10-15 s on all four, then 15-115 s on one.
    assert answer == {
        'id': '1', 'status': 0, 'nodes': 4, 'jobs': 3, 'completed': 3, 'killed': 0, 'unfinished': 0, 'makespan': 115,
        'mean_wait': near((0 + 9 + 13) / 3), 'mean_turnaround': near((10 + 14 + 113) / 3),
        'bounded_slowdown': near((1 + 1.4 + 1.13) / 3), 'node_utilization': near(140 / 460),
        'reconfigurations': 0}


def test_inputs_are_checked_without_a_run(world: Scenario) -> None:
    answers = batch(world.folder, lines({'id': 'a', 'configuration': 'config.json', 'check': True, 'output': 'x'},
                                        {'id': 'b', 'configuration': 'config.json', 'check': True,
                                         'scheduler': 'builtin:fcfs,backfilling=none,window=x'}))
    by_id = {answer['id']: answer for answer in answers}
    assert by_id['a']['status'] == 0 and by_id['a']['jobs'] == 3 and 'makespan' not in by_id['a']
    assert by_id['b']['status'] == 2 and by_id['b']['error'].startswith('scheduler builtin:fcfs,backfilling=none')
    assert not (world.folder / 'x').exists()


BAD_LINES = [
    ('[1]', '1', 'line 1: must be an object, is a list'),
    ('{"id": "a"}', 'a', 'line 1: configuration: is missing; name a configuration file'),
    ('{"id": 3}', '1', 'line 1: id: must be a string, is a number'),
    ('{"id": "a", "configuration": ""}', 'a', 'line 1: configuration: must not be empty'),
    ('{"id": "a", "configuration": "config.json", "otput": "x"}', 'a',
     'line 1: otput: unknown key; known are id, configuration, set, output, scheduler and check'),
    ('{"id": "a", "configuration": "config.json", "set": ["x"]}', 'a', 'line 1: set: must be an object, is a list'),
    ('{"id": "a", "configuration": "config.json", "set": {"sensng": true}}', 'a',
     "command line: --set: unknown key 'sensng', did you mean 'sensing'?"),
    ('{"id": "a", "configuration": "config.json", "set": {"sensing": 3}}', 'a',
     'command line: --set: sensing: must be true or false, is a number'),
    ('{"id": "a", "configuration": "nothing.json"}', 'a',
     'nothing.json: does not exist (paths are relative to the working directory)'),
    ('{"id": "a",', '1', "line 1:1:12: ends inside the object opened at 1:1; close it with '}'"),
    ('x' * 70000, '1', 'line 1: is longer than 65535 bytes'),
]


@pytest.mark.parametrize(('line', 'name', 'message'), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_line_that_is_wrong_is_answered_and_the_next_one_runs(world: Scenario, line: str, name: str,
                                                                message: str) -> None:
    first, second = batch(world.folder, line + '\n\n' + lines({'configuration': 'config.json', 'output': 'x'}))
    assert (first['id'], first['status'], first['error']) == (name, 2, message)
    assert (second['id'], second['status']) == ('3', 0)


def test_a_platform_that_cannot_be_loaded_is_told_of_each_run(world: Scenario) -> None:
    world.write('broken.xml', '<platform')
    run = {'configuration': 'config.json', 'set': {'platform_file': 'broken.xml'}}
    alone = world.run('--set=platform_file=broken.xml', status=2).error
    answers = batch(world.folder, lines(run, run, {**run, 'set': {}, 'output': 'x'}))
    assert [(answer['status'], answer.get('error')) for answer in answers[:2]] == [(2, alone)] * 2
    assert answers[2]['status'] == 0


def test_a_run_that_is_killed_takes_no_other_along(world: Scenario) -> None:
    # The scheduler speaks up first, so that the simulator is past its start when it is killed.
    killer = world.script('import os, signal\n'
                          'from elastisim_python import pass_algorithm\n'
                          'def schedule(*_):\n'
                          '    os.kill(os.getppid(), signal.SIGKILL)\n'
                          'pass_algorithm(schedule, os.environ["ELASTISIM_URL"])\n')
    run = {'configuration': 'config.json'}
    done = subprocess.run(
        [SIMULATOR, '--batch', '-j2'], cwd=world.folder, capture_output=True, text=True, timeout=PATIENCE,
        env=world.environment,
        input=lines({**run, 'id': 'bad', 'scheduler': killer.replace('exec:', 'exec:exec '), 'output': 'bad'},
                    *({**run, 'id': f'good{i}', 'output': f'good{i}'} for i in range(5))))
    answers = {answer['id']: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0
    assert answers['bad']['status'] == 1 and answers['bad']['error'] == 'the run was ended by signal 9 (Killed)'
    assert [answers[f'good{i}']['status'] for i in range(5)] == [0] * 5


def test_an_interrupted_batch_ends_its_runs_and_says_so(world: Scenario) -> None:
    sleeper = f'exec:exec {PYTHON} -c "open(\'started\', \'w\').close(); import time; time.sleep(600)"'
    process = subprocess.Popen([SIMULATOR, '--batch'], cwd=world.folder, stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(lines({'configuration': 'config.json', 'scheduler': sleeper, 'output': 'x'}) * 2)
    process.stdin.flush()
    wait_for((world.folder / 'started').exists)
    os.kill(process.pid, signal.SIGTERM)
    out, error = process.communicate(timeout=PATIENCE)
    [answer] = map(json.loads, out.splitlines())
    assert (answer['id'], answer['status']) == ('1', 1) and 'interrupted by SIGTERM' in answer['error']
    assert process.returncode == 1
    assert error.endswith('elastisim: error: interrupted by SIGTERM; the results so far are written\n')


def test_a_run_that_ends_the_process_on_its_own_is_told_and_the_next_one_goes_on(world: Scenario) -> None:
    world.write('leaves.c', '#include <elastisim/scheduler.h>\n#include <unistd.h>\n'
                'static int schedule(struct elastisim_view *view, void *data)\n'
                '{ (void)view, (void)data; _exit(7); }\nELASTISIM_SCHEDULER(NULL, schedule, NULL);\n')
    subprocess.run(['cc', '-shared', '-fPIC', f'-I{ROOT / "include"}', 'leaves.c', '-o', 'leaves.so'],
                   cwd=world.folder, check=True)
    run = {'configuration': 'config.json'}
    result = subprocess.run([SIMULATOR, '--batch'], cwd=world.folder, text=True, capture_output=True, input=lines(
        {**run, 'scheduler': 'plugin:./leaves.so', 'output': 'x'}, {**run, 'output': 'y'}), timeout=PATIENCE)
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first['status'], first['error']) == (1, 'the run ended with status 7 before it was done')
    assert second['status'] == 0


def test_two_runs_of_a_batch_do_not_write_to_one_folder_at_a_time(world: Scenario) -> None:
    waits = world.script('import time\n'
                         'from pathlib import Path\n'
                         'Path("started").touch()\n'
                         'while not Path("refused").exists(): time.sleep(0.01)\n')
    process = subprocess.Popen([SIMULATOR, '--batch', '--jobs=2'], cwd=world.folder, stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin and process.stdout
    run = {'configuration': 'config.json', 'output': 'x'}
    process.stdin.write(lines({**run, 'scheduler': waits}))
    process.stdin.flush()
    wait_for((world.folder / 'started').exists)
    process.stdin.write(lines(run))
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    (world.folder / 'refused').touch()
    process.communicate(timeout=PATIENCE)
    assert answer['id'] == '2' and answer['status'] == 2 and 'another run' in answer['error']


def test_many_platforms_are_held_in_turn(world: Scenario) -> None:
    for number in range(12):
        world.write(f'p{number}.xml', crossbar(4 + number))
    answers = batch(world.folder, lines(*({'id': str(i), 'configuration': 'config.json', 'output': f'r{i}',
                                           'set': {'platform_file': f'p{i % 12}.xml'}} for i in range(24))), '-j4')
    assert {answer['id']: (answer['status'], answer.get('nodes')) for answer in answers} == \
        {str(i): (0, 4 + i % 12) for i in range(24)}


def test_options_hold_for_all_runs_and_a_line_goes_before_them(world: Scenario) -> None:
    world.run('--output=easy', scheduler='builtin:easy')
    batch(world.folder, lines({'configuration': 'config.json', 'output': 'a'},
                              {'configuration': 'config.json', 'output': 'b', 'scheduler': 'builtin:fcfs',
                               'set': {'events': None}}),
          '--scheduler=builtin:easy', '--set=sensing=false', '-j1')
    assert files(world.folder / 'a')['job_statistics.csv'] == files(world.folder / 'easy')['job_statistics.csv']
    assert set(files(world.folder / 'b')) == {'job_statistics.csv', 'node_utilization.csv', 'task_times.csv'}


ALONE = [('config.json', 'a configuration'), ('--output=x', '--output'), ('--summary', '--summary'),
         ('--timing', '--timing'), ('--events-url=ipc://x', '--events-url'), ('--events-wait', '--events-wait')]


@pytest.mark.parametrize(('option', 'name'), ALONE, ids=[name for _, name in ALONE])
def test_what_belongs_to_one_run_is_refused(world: Scenario, option: str, name: str) -> None:
    done = subprocess.run([SIMULATOR, '--batch', option], cwd=world.folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert done.stderr == (f'elastisim: error: command line: --batch: {name} belongs to one run; lines of standard '
                           'input say what each run is\n')


@pytest.mark.parametrize('number', ['0', 'two', '-1', '10000'])
def test_the_number_of_runs_at_a_time_is_checked(number: str) -> None:
    done = subprocess.run([SIMULATOR, '--batch', f'--jobs={number}'], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert done.stderr == f'elastisim: error: command line: --jobs {number}: must be a whole number from 1 to 9999\n'
