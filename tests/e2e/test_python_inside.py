"""Scripts in Python inside the simulator (python:FILE.py): equal results to the last byte as a process (exec:), and an
end in as good an order, whatever they do."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import FITTING, PATIENCE, PYTHON, ROOT, SIMULATOR, Scenario, flexible, rigid, waiting
from mixed import mixed_world

HAS_PYTHON = 'without' not in subprocess.run([SIMULATOR, '--version'], text=True, stdout=subprocess.PIPE).stdout
pytestmark = pytest.mark.skipif(not HAS_PYTHON, reason='this simulator was built without a Python of its own')

TABLES = ('job_statistics', 'node_utilization', 'task_times')

SCRIPT = FITTING + '''
if __name__ == '__main__':
    pass_algorithm(schedule, 'ipc://nobody.ipc')
'''


def inside(scenario: Scenario, text: str, name: str = 'inside.py', options: str = '') -> str:
    """Writes a script; returns the SPEC that runs it in the simulator."""
    scenario.write(name, text)
    return f'python:{name}{options}'


def calls(body: str) -> str:
    """A script whose function has this body."""
    lines = '\n'.join(f'    {line}' for line in body.splitlines())
    return ('import os, sys\nfrom elastisim_python import *\n\n'
            f'def schedule(jobs, nodes, system):\n{lines}\n\nrun(schedule)\n')


def all_results(scenario: Scenario, scheduler: str) -> list[str]:
    """All tables, and the journal but for the scheduler's name and the wall clock."""
    scenario.configure(events='out/events.jsonl')
    result = scenario.run(scheduler=scheduler)
    events = [json.loads(line) for line in (scenario.folder / 'out' / 'events.jsonl').read_text().splitlines()]
    kept = [{key: value for key, value in event.items() if key not in ('scheduler', 'wall_seconds')}
            for event in events]
    return [*(result.text(table) for table in TABLES), json.dumps(kept)]


# --- Equal results ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('name', ['fcfs', 'malleable'])
@pytest.mark.parametrize('seed', [1, 2])
def test_a_script_decides_the_same_inside_and_as_a_process(scenario: Scenario, name: str, seed: int) -> None:
    mixed_world(scenario, seed)
    script = ROOT / 'schedulers' / f'{name}.py'
    assert all_results(scenario, f'python:{script}') == all_results(scenario, f"exec:'{PYTHON}' '{script}'")


# Uses whatever a job, a node and the system say, and notes it.
CURIOUS = '''
import random
from elastisim_python import *

random.seed(7)
out = open('seen-%s.txt' % __import__('sys').argv[1], 'w')

def facts(job):
    return [(name, getattr(job, name)) for name in (
        'identifier', 'type', 'state', 'walltime', 'num_nodes', 'num_gpus_per_node', 'num_nodes_min',
        'num_nodes_max', 'num_gpus_per_node_min', 'num_gpus_per_node_max', 'submit_time', 'start_time',
        'end_time', 'wait_time', 'makespan', 'turnaround_time', 'eligible_time', 'assigned_nodes',
        'assigned_node_ids', 'assigned_num_gpus_per_node', 'arguments', 'attributes', 'runtime_arguments',
        'total_phase_count', 'completed_phases', 'name', 'num_nodes_preferred', 'runtime_estimate',
        'modified', 'kill_flag', 'modified_runtime_args')]

def schedule(jobs, nodes, system):
    print(sorted(system.items(), key=lambda item: item[0]), 'evolving_request' in system, system.get('mood'), file=out)
    for job in jobs:
        print(facts(job), file=out)
    for node in nodes:
        print(node, node.type, node.gpus, node.assigned_jobs, node.assigned_job_ids, file=out)
    print(jobs.pending, jobs.running, jobs.changed, nodes.free, nodes.changed, file=out)
    print(list(jobs.column('submit_time')), list(jobs.column('state')), list(nodes.column('state')), file=out)
    free = list(nodes.free)
    for job in list(jobs):
        if random.random() < 0.01 and job.state not in (JobState.COMPLETED, JobState.KILLED):
            job.kill()
        if random.random() < 0.1:
            job.update_runtime_argument('x', random.random())
    for job in jobs.pending:
        count = job.num_nodes or random.randint(job.num_nodes_min, job.num_nodes_max)
        usable = [node for node in free if len(node.gpus) >= (job.num_gpus_per_node or job.num_gpus_per_node_min or 0)]
        if count <= len(usable):
            job.assign(usable[:count])
            free = [node for node in free if node not in usable[:count]]
            if random.random() < 0.1:
                job.remove(usable[:count])
        print(jobs.pending, nodes.free, file=out)
    job = system.get('job')
    if job in jobs.running and job.type in (JobType.MALLEABLE, JobType.ADAPTIVE) and len(job.assigned_nodes) > 1:
        if len(job.assigned_nodes) > job.num_nodes_min and random.random() < 0.5:
            job.remove(job.assigned_nodes[-1])
    print([(job, job.modified, job.assigned_node_ids) for job in jobs if job.modified], file=out)
    jobs.reverse() if random.random() < 0.2 else None

run(schedule)
'''


@pytest.mark.parametrize('seed', [3, 4, 5])
def test_jobs_nodes_and_views_are_the_same_inside_and_as_a_process(scenario: Scenario, seed: int) -> None:
    mixed_world(scenario, seed)
    scenario.configure(schedule_on_scheduling_point=True, forward_io_information=True)
    there = all_results(scenario, inside(scenario, CURIOUS, options=',inside'))
    assert all_results(scenario, scenario.script(CURIOUS) + ' process') == there
    seen = [(scenario.folder / f'seen-{where}.txt').read_text() for where in ('inside', 'process')]
    assert seen[0] == seen[1] and len(seen[0]) > 10_000


def test_the_tests_of_the_package_pass_inside(scenario: Scenario) -> None:
    tests = [str(ROOT / 'tests' / 'python' / f'test_python_{name}.py')
             for name in ('jobs', 'messages', 'numpy', 'views')]
    scenario.workload(rigid())
    result = scenario.run(scheduler=inside(scenario, f'''
import pytest
from elastisim_python import run
from elastisim_python.records import IN_PROCESS
failed = pytest.main(['-q', '-p', 'no:cacheprovider', *{tests!r}])
assert IN_PROCESS and not failed
run(lambda jobs, nodes, system: [job.kill() for job in jobs.pending])
'''))
    assert re.search(r'\d{3} passed', result.stdout)


def test_unusual_decisions_are_taken_as_from_a_process(scenario: Scenario) -> None:
    scenario.workload(rigid(2), flexible('moldable', 1, 3))
    text = '''
import sys
from fractions import Fraction
from elastisim_python import *

class Own:
    def __init__(self, identifier):
        self.identifier = identifier

def schedule(jobs, nodes, system):
    for job in jobs.pending:
        job.assigned_nodes = [Own(2 * job.identifier + 1), Own(2 * job.identifier)]
        job.assigned_num_gpus_per_node = Fraction(0)
        job.runtime_arguments[3] = 1.5
        job.modified_runtime_args = 1 == 1
        job.modified = True
        break

run(schedule)
'''
    assert all_results(scenario, inside(scenario, text)) == all_results(scenario, scenario.script(text))


@pytest.mark.parametrize('body, words', [
    ('jobs[0].assigned_num_gpus_per_node = -1; jobs[0].modified = True',
     "the scheduler's answer: jobs[0].assigned_num_gpus_per_node: must be at least 0, is -1"),
    ("jobs[0].kill_flag = 'yes'; jobs[0].modified = True",
     "the scheduler's answer: jobs[0].kill_flag: must be true or false, is a string"),
    ('jobs[0].assign(nodes)',
     "scheduler's answer at 0 s (job submit of job 0): job 0: 4 nodes are assigned; it takes 1"),
])
def test_an_impossible_answer_is_told_as_from_a_process(scenario: Scenario, body: str, words: str) -> None:
    scenario.workload(rigid())
    text = calls(body)
    told = scenario.run(scheduler=inside(scenario, text), status=3).error
    assert told == scenario.run(scheduler=scenario.script(text), status=3).error
    assert words in told


def test_jobs_that_wait_for_others_are_the_same_inside_and_as_a_process(scenario: Scenario) -> None:
    scenario.workload(rigid(application=waiting(4), dependencies=[{'after_any': 3, 'delay': 2}]), rigid(),
                      rigid(submit=3), rigid(application=waiting(2)), rigid(dependencies=[{'after_ok': 0}]))
    there = all_results(scenario, inside(scenario, CURIOUS, options=',inside'))
    assert all_results(scenario, scenario.script(CURIOUS) + ' process') == there
    seen = [(scenario.folder / f'seen-{where}.txt').read_text() for where in ('inside', 'process')]
    assert seen[0] == seen[1] and re.search(r"'eligible_time', [1-9]", seen[0])


# --- How a script ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize('body, words', [
    ("raise LookupError('no such partition')", 'at 0 s (job submit of job 0): the scheduler raised LookupError: no such'
     ' partition\nTraceback (most recent call last):\n  File "inside.py", line 5, in schedule\n    raise'),
    ('sys.exit(5)', 'at 0 s (job submit of job 0): the scheduler raised SystemExit: 5\nTraceback'),
    ('os._exit(0)', 'at 0 s (job submit of job 0): the scheduler script inside.py ended the process'),
    ('import ctypes; ctypes.string_at(0)',
     'at 0 s (job submit of job 0): the scheduler script inside.py crashed (Segmentation fault)'),
    ('os.abort()', 'at 0 s (job submit of job 0): the scheduler script inside.py crashed (Aborted)'),
    ('f = lambda: f(); f()', 'at 0 s (job submit of job 0): the scheduler raised RecursionError: maximum recursion'),
])
def test_a_function_that_fails_ends_the_run_and_keeps_the_results(scenario: Scenario, body: str, words: str) -> None:
    if 'ctypes' in body and 'asan' in os.environ.get('ASAN_OPTIONS', ''):
        pytest.skip('the sanitizer tells of the crash itself')
    result = scenario.workload(rigid()).run(scheduler=inside(scenario, calls(body)), status=3)
    assert result.error.startswith(words)
    assert len(result.jobs) == 1


@pytest.mark.parametrize('text, words', [
    ('import nosuchmodule', "raised ModuleNotFoundError: No module named 'nosuchmodule'\nTraceback (most recent call"
     ' last):\n  File "inside.py", line 1, in <module>\n    import nosuchmodule'),
    ('def f(:', 'raised SyntaxError: invalid syntax (inside.py, line 1)'),
    ('', 'ended before it called pass_algorithm or run'),
    ('import sys; sys.exit(1)', 'ended before it called pass_algorithm or run'),
    ('import os; os._exit(1)', 'ended the process'),
    ("from elastisim_python import pass_algorithm\npass_algorithm(3, 'x')",
     'raised TypeError: the scheduling algorithm must be a function of (jobs, nodes, system), not 3'),
    ('import threading\nfrom elastisim_python import run\nthreading.excepthook = lambda e: print(e.exc_value)\n'
     't = threading.Thread(target=lambda: run(print))\nt.start()\nt.join()',
     'ended before it called pass_algorithm or run'),
])
def test_a_script_that_does_not_get_to_the_simulation_is_told_of(scenario: Scenario, text: str, words: str) -> None:
    result = scenario.workload(rigid()).run(scheduler=inside(scenario, text), status=3)
    assert result.error.startswith(f'the scheduler script inside.py {words}')
    assert 'thread' not in text or 'are called in the first thread of the script' in result.stdout


@pytest.mark.parametrize('loop', ['while True: pass', 'import time; time.sleep(1e6)',
                                  'while True:\n    try:\n        while True: pass\n    except BaseException: pass'],
                         ids=['busy', 'asleep', 'stubborn'])
def test_a_function_that_never_returns_is_late(scenario: Scenario, loop: str) -> None:
    scenario.workload(rigid()).configure(scheduler_timeout=0.3)
    result = scenario.run(scheduler=inside(scenario, calls(loop)), status=3)
    assert result.error.startswith('at 0 s (job submit of job 0): the scheduler script inside.py did not answer within'
                                   ' 0.3 s; raise scheduler_timeout if it needs longer')
    assert 'except' in loop or 'File "inside.py", line 5, in schedule' in result.error
    assert len(result.jobs) == 1


def test_a_script_that_never_calls_is_late(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(scheduler_timeout=0.3)
    result = scenario.run(scheduler=inside(scenario, 'while True: pass'), status=3)
    assert result.error.startswith('the scheduler script inside.py did not call pass_algorithm or run within 0.3 s;')


def interrupted(scenario: Scenario, text: str, number: signal.Signals) -> tuple[int, str, str]:
    """Sends a signal when the script has made the file 'ready'."""
    process = scenario.start('--scheduler', inside(scenario, text))
    deadline = time.monotonic() + PATIENCE
    while not (scenario.folder / 'ready').exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    result = scenario.finish(process)
    return result.status, result.error, result.stdout


READY = "open('ready', 'w').close()"


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('text, said', [
    (calls(f"try:\n    {READY}\n    while True: pass\nfinally:\n    print('unwound')"), 'unwound\n'),
    (calls(f'{READY}\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass'), ''),
    (f'{READY}\nwhile True: pass', ''),
], ids=['in the function', 'stubborn', 'before'])
def test_an_interrupted_script_ends_the_run(scenario: Scenario, number: signal.Signals, text: str, said: str) -> None:
    scenario.workload(rigid())
    name = signal.Signals(number).name
    assert interrupted(scenario, text, number) == (1, f'interrupted by {name}; the results so far are written', said)


def test_code_after_the_simulation_finds_the_results(scenario: Scenario) -> None:
    scenario.workload(rigid(), rigid())
    text = SCRIPT + ("    print(len(open('out/job_statistics.csv').readlines()), 'lines')\n"
                      "    raise ValueError('my own')\n")
    result = scenario.run('--summary', scheduler=inside(scenario, text))
    assert re.match(r'3 lines\njobs completed +2\n', result.stdout)
    assert 'ValueError: my own' in result.stderr and result.error == ''


def test_an_error_of_the_function_can_be_caught_behind_it(scenario: Scenario) -> None:
    text = calls("raise KeyError('x')").replace('run(schedule)',
                                                'try:\n    run(schedule)\nexcept KeyError as e:\n    print(e)')
    result = scenario.workload(rigid()).run(scheduler=inside(scenario, text), status=3)
    assert result.stdout == "'x'\n" and 'the scheduler raised KeyError' in result.error


def test_the_simulation_is_run_once(scenario: Scenario) -> None:
    result = scenario.workload(rigid()).run(scheduler=inside(scenario, SCRIPT + SCRIPT))
    assert 'RuntimeError: the simulation has been run' in result.stderr


def test_standard_streams_that_a_script_closes_are_the_simulators_again(scenario: Scenario) -> None:
    text = 'import os, sys\nsys.stdout.close()\nos.close(1)\nos.close(2)\n' + SCRIPT
    result = scenario.workload(rigid()).run('--summary', scheduler=inside(scenario, text))
    assert 'makespan' in result.stdout.lower()


def test_threads_run_beside_the_function_and_are_left_behind(scenario: Scenario) -> None:
    text = '''
import threading, time
counted = [0]
def count():
    while True:
        counted[0] += 1
        time.sleep(0)
threading.Thread(target=count).start()
''' + SCRIPT + '    print(counted[0] > 0)\n'
    result = scenario.workload(rigid()).run(scheduler=inside(scenario, text))
    assert result.stdout == 'True\n' and result.stderr == ''


@pytest.mark.parametrize('child', ['os._exit(0)', 'pass', "raise ValueError('child')"])
def test_a_child_of_the_script_lets_go_of_the_simulation(scenario: Scenario, child: str) -> None:
    body = f'''if os.fork() == 0:
    {child}
else:
    os.wait()
    for job in jobs.pending:
        job.assign(nodes.free[:1])'''
    result = scenario.workload(rigid(), rigid(submit=5)).run('--summary', scheduler=inside(scenario, calls(body)))
    assert len(result.jobs) == 2 and result.error == '' and result.stdout.count('Makespan') <= 1


# --- What a script finds ----------------------------------------------------------------------------------------


def test_a_script_finds_what_it_would_find_as_one_of_its_own(scenario: Scenario) -> None:
    (scenario.folder / 'sub').mkdir()
    scenario.write('sub/neighbour.py', 'x = 3')
    scenario.write('sub/mine.py', SCRIPT.replace('if __name__', '''
import sys, threading, inspect, pickle, os, multiprocessing
import neighbour

class Mine: pass

print(__name__, __file__, sys.argv, neighbour.x, sys.modules['__main__'].Mine is Mine, os.environ['ELASTISIM_URL'])
print(threading.current_thread() is threading.main_thread(), type(pickle.loads(pickle.dumps(Mine()))) is Mine)
print(inspect.getsource(Mine), end='')
if __name__'''))
    result = scenario.workload(rigid()).run(scheduler='python:sub/mine.py,--depth 3 "a b"')
    assert result.stdout == '''__main__ sub/mine.py ['sub/mine.py', '--depth', '3', 'a b'] 3 True inproc://elastisim
True True
class Mine: pass
'''


def test_another_package_of_the_name_is_not_in_the_way(scenario: Scenario) -> None:
    (scenario.folder / 'elastisim_python').mkdir()
    scenario.write('elastisim_python/__init__.py', 'raise ImportError')
    scenario.workload(rigid()).run(scheduler=inside(scenario, SCRIPT))


def test_numpy_works_and_columns_are_arrays_without_a_copy(scenario: Scenario) -> None:
    text = calls('''import numpy
times = numpy.asarray(jobs.column('submit_time'))
print(times, times.base is not None, numpy.asarray(nodes.column('identifier')))
for job in jobs.pending:
    job.assign(numpy.array(nodes.free)[:1])''')
    result = scenario.workload(rigid(), rigid(submit=2.5)).run(scheduler=inside(scenario, text))
    assert result.stdout.splitlines()[0] == '[0.] True [0. 1. 2. 3.]' and '[0.  2.5]' in result.stdout


@pytest.fixture(scope='module')
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds a package of its own."""
    folder = tmp_path_factory.mktemp('environment')
    subprocess.run([PYTHON, '-m', 'venv', '--without-pip', str(folder)], check=True)
    site, = folder.glob('lib/python*/site-packages')
    (site / 'only_here.py').write_text('x = 7')
    return folder


@pytest.mark.parametrize('how', ['VIRTUAL_ENV', '--python'])
def test_packages_of_a_virtual_environment_are_found(scenario: Scenario, environment: Path, how: str) -> None:
    options = ['--python', str(environment / 'bin' / 'python3')] if how == '--python' else []
    if not options:
        scenario.environment['VIRTUAL_ENV'] = str(environment)
    text = 'import sys, only_here\nprint(only_here.x, sys.prefix)\n' + SCRIPT
    result = scenario.workload(rigid()).run(*options, scheduler=inside(scenario, text))
    assert result.stdout == f'7 {environment}\n'


def test_packages_of_another_version_are_refused(scenario: Scenario, environment: Path) -> None:
    other = scenario.write('python', '#!/bin/sh\necho 3.4\n')
    other.chmod(0o755)
    scenario.workload(rigid())
    told = scenario.run('--python', './python', scheduler=inside(scenario, SCRIPT), status=3).error
    ours = '%d.%d' % sys.version_info[:2]
    assert told == (f'the scheduler script inside.py cannot have the packages of ./python, a Python 3.4: the simulator '
                    f'has Python {ours}; run the script as a process: exec:')
    told = scenario.run('--python', './nosuch', scheduler=inside(scenario, SCRIPT), status=2).error
    assert told == 'command line: --python: cannot run ./nosuch: No such file or directory'
    scenario.write('pyvenv.cfg', 'version = 3.4.1\n')
    scenario.environment['VIRTUAL_ENV'] = str(scenario.folder)
    assert scenario.run(scheduler=inside(scenario, SCRIPT)).warnings == [
        f'packages of VIRTUAL_ENV, which has Python 3.4, are not found: the simulator has Python {ours}; use exec: for '
        'them']


# --- Without a Python ---------------------------------------------------------------------------------------------


def test_a_simulator_without_the_module_says_so(scenario: Scenario) -> None:
    alone = scenario.folder / 'elastisim'
    alone.write_bytes(Path(SIMULATOR).read_bytes())
    alone.chmod(0o755)
    scenario.workload(rigid()).command()
    inside(scenario, SCRIPT)
    version = subprocess.run([alone, '--version'], text=True, stdout=subprocess.PIPE).stdout
    assert version.splitlines()[1:] == ['without a Python of its own: schedulers in Python are exec: processes']
    (scenario.folder / 'python').symlink_to(ROOT / 'python')
    done = subprocess.run([alone, 'config.json', '--scheduler', 'python:inside.py'], cwd=scenario.folder, text=True,
                          stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, (
        "elastisim: error: scheduler 'python:inside.py': this simulator was built or installed without a Python of its"
        " own (libpython3-dev); run the script as a process: exec:'python3 inside.py'\n"))


OLDER = """
#include "scheduler/embedding.h"
const struct python_module elastisim_python_module = {.version = "0.1"};
"""


def test_a_module_or_a_package_that_is_not_the_simulators_is_refused(scenario: Scenario) -> None:
    alone = scenario.folder / 'elastisim'
    alone.write_bytes(Path(SIMULATOR).read_bytes())
    alone.chmod(0o755)
    scenario.workload(rigid()).command()
    inside(scenario, SCRIPT)

    def refused() -> str:
        done = subprocess.run([alone, 'config.json', '--scheduler', 'python:inside.py'], cwd=scenario.folder, text=True,
                              stderr=subprocess.PIPE)
        assert done.returncode == 2
        return done.stderr.removeprefix("elastisim: error: scheduler 'python:inside.py': ").rstrip()

    module = f'{scenario.folder}/./elastisim-python.so'
    assert refused() == 'the package elastisim_python of this simulator is not where it was installed'
    (scenario.folder / 'python').symlink_to(ROOT / 'python')
    scenario.write('elastisim-python.so', 'no library')
    assert refused() == f"{module} can't be loaded: {module}: file too short"
    scenario.write('older.c', OLDER)
    subprocess.run(['cc', '-shared', '-fPIC', f'-I{ROOT / "src"}', f'-I{ROOT / "include"}', 'older.c', '-o', module],
                   cwd=scenario.folder, check=True)
    assert re.fullmatch(re.escape(module) + r' belongs to version 0\.1 of the simulator, this is [\d.]+', refused())


def test_attributes_of_ones_own_stay_on_jobs_and_nodes(scenario: Scenario) -> None:
    text = calls('''for job in jobs:
    job.seen = getattr(job, 'seen', 0) + 1
for job in jobs.pending:
    job.assign(nodes.free[:1])
print([job.seen for job in jobs], jobs[0] is jobs.changed[0], isinstance(jobs, list))''')
    scenario.workload(rigid(application=waiting(2)), rigid(application=waiting(4), submit=1))
    result = scenario.run(scheduler=inside(scenario, text))
    assert result.stdout == ('[1] True True\n[2, 1] True True\n[3, 2] True True\n[4, 3] False True\n')
