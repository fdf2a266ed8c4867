"""Schedulers that the simulator starts, by either way to it: directly, as the package and the library go, and over
ZeroMQ, as everybody else does; through shells, grandchildren and forks, to any end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from harness import FITTING, PATIENCE, PYTHON, ROOT, Result, Scenario, crossbar, flexible, rigid, waiting
from mixed import mixed_world

TABLES = ('job_statistics', 'node_utilization', 'task_times')

# Blocks pyzmq, so that only the direct way is left.
WITHOUT_ZEROMQ = 'import sys\nsys.modules["zmq"] = None\n'
# Blocks the direct way, so that only pyzmq is left.
WITHOUT_DIRECT = 'import elastisim_python.direct\nelastisim_python.direct.connect = lambda url: None\n'

SCRIPT = FITTING + '''
run(schedule)
import sys
open('ended', 'w').write(' '.join(sys.argv[1:]))
'''

# What schedulers written in any language do, or packages that only know ZeroMQ.
RAW = '''
import json, os, zmq

socket = zmq.Context().socket(zmq.PAIR)
socket.connect(os.environ['ELASTISIM_URL'])
free = set()
while True:
    message = json.loads(socket.recv())
    if message['code'] == 0xFFEC44FF:
        break
    assert 'node_groups' not in message
    for node in message['nodes']:
        (free.add if node['state'] == 0 else free.discard)(node['id'])
    answers = []
    for job in message['jobs']:
        if job['state'] == 1:
            answers.append({'id': job['id'], 'assigned_node_ids': sorted(free)[:job['num_nodes']]})
            free -= set(answers[-1]['assigned_node_ids'])
    socket.send(json.dumps({'code': 0xFFEC4401, 'jobs': answers}).encode())
'''


def ended_by_itself(scenario: Scenario) -> bool:
    return (scenario.folder / 'ended').exists()


def results(scenario: Scenario, scheduler: str) -> list[str]:
    """All tables, and the journal but for what names the scheduler and the wall clock."""
    scenario.configure(events='out/events.jsonl')
    return read_results(scenario.run(scheduler=scheduler))


def read_results(result: Result) -> list[str]:
    journal = (result.folder / 'out' / 'events.jsonl').read_text()
    journal = re.sub(r'"scheduler":"[^"]*(\\"[^"]*)*"|"wall_seconds":[^,}]*', '', journal)
    return [*(result.text(table) for table in TABLES), journal]


# --- The same by all ways ---------------------------------------------------------------------------------------


@pytest.mark.parametrize('name', ['fcfs', 'malleable'])
def test_all_ways_to_attach_a_script_give_the_same_results(scenario: Scenario, name: str) -> None:
    mixed_world(scenario, 3)
    text = (ROOT / 'schedulers' / f'{name}.py').read_text()
    assert 'from __future__' not in text
    text = f'import sys\nsys.path.insert(0, {str(ROOT / "schedulers")!r})\n{text}'
    directly = results(scenario, scenario.script(WITHOUT_ZEROMQ + text))
    assert results(scenario, scenario.script(WITHOUT_DIRECT + text)) == directly
    assert results(scenario, f'python:{ROOT}/schedulers/{name}.py') == directly
    script = subprocess.Popen([PYTHON, ROOT / 'schedulers' / f'{name}.py', scenario.url], env=scenario.environment)
    assert results(scenario, f'zmq:{scenario.url}') == directly
    assert script.wait(PATIENCE) == 0


def test_both_ways_to_attach_a_program_give_the_same_results(scenario: Scenario) -> None:
    mixed_world(scenario, 4)
    program = Path(os.environ.get('ELASTISIM', ROOT / 'build' / 'elastisim')).parent / 'schedulers' / 'first_fit'
    directly = results(scenario, f'exec:{program}')
    process = subprocess.Popen([program, scenario.url], env=scenario.environment)
    assert results(scenario, f'zmq:{scenario.url}') == directly
    assert process.wait(PATIENCE) == 0
    assert results(scenario, f'plugin:{program}.so') == directly


def test_oversubscribed_nodes_and_gpus_are_told_alike(scenario: Scenario) -> None:
    """Nodes with several jobs, in groups that interleave."""
    scenario.platform(crossbar(8, num_gpus=2, flops_per_gpu='1Gf', gpu_to_gpu_bw='1GBps'))
    scenario.configure(allow_oversubscription=True)
    scenario.workload(*(rigid(1 + i % 5, waiting(3 + i % 4), i // 3, num_gpus_per_node=i % 2) for i in range(40)))
    text = '''
from elastisim_python import JobState, run

def schedule(jobs, nodes, system):
    log = open('seen', 'a')
    print(system['time'], [(node.state.name, [job.identifier for job in node.assigned_jobs],
                            [gpu.state.name for gpu in node.gpus]) for node in nodes],
          [node.identifier for node in nodes.changed], sorted(system['nodes'], key=lambda node: node['id']), file=log)
    for job in jobs:
        if job.state is JobState.PENDING:
            job.assign([nodes[(job.identifier + 3 * i) % 8] for i in range(job.num_nodes)])

run(schedule)
'''
    seen = []
    for prefix in (WITHOUT_ZEROMQ, WITHOUT_DIRECT):
        seen.append((results(scenario, scenario.script(prefix + text)), (scenario.folder / 'seen').read_text()))
        (scenario.folder / 'seen').unlink()
    assert seen[0] == seen[1]


# --- Who can come so --------------------------------------------------------------------------------------------


def test_a_scheduler_that_only_knows_zeromq_goes_on_working(scenario: Scenario) -> None:
    scenario.workload(rigid(), rigid(3), rigid(2, submit=2.5))
    assert scenario.run(scheduler=scenario.script(RAW)).ends() == [1, 1, 3.5]


@pytest.mark.parametrize('command', [
    '{}', 'cd . && {}; true', 'sh -c "sh -c \'{}\'"', '{} & wait', 'env -u PYTHONDONTWRITEBYTECODE {}',
    # Descriptors that a wrapper closes are no loss.
    f"'{PYTHON}' -c 'import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], close_fds=True))' {{}}"])
def test_shells_and_wrappers_may_stand_between(scenario: Scenario, command: str) -> None:
    scenario.write('scheduler.py', WITHOUT_ZEROMQ + SCRIPT)
    script = f'{PYTHON} scheduler.py argument'
    result = scenario.workload(rigid(), rigid(4)).run(scheduler='exec:' + command.format(script))
    assert result.ends() == [1, 2] and result.stderr == ''
    assert (scenario.folder / 'ended').read_text() == 'argument'


@pytest.mark.skipif(not shutil.which('pypy3'), reason='there is no PyPy')
@pytest.mark.parametrize('name', ['fcfs', 'malleable'])
def test_pypy_runs_a_scheduler_out_of_the_box(scenario: Scenario, name: str) -> None:
    mixed_world(scenario, 5)
    script = ROOT / 'schedulers' / f'{name}.py'
    assert results(scenario, f"exec:pypy3 '{script}'") == results(scenario, f"exec:'{PYTHON}' '{script}'")


def test_a_script_may_name_a_url_of_its_own_as_ever(scenario: Scenario) -> None:
    text = WITHOUT_ZEROMQ + SCRIPT.replace('run(schedule)', "run(schedule, 'ipc:///tmp/elastisim.ipc')")
    result = scenario.workload(rigid()).run(scheduler=scenario.script(text))
    assert result.ends() == [1]
    assert 'connecting to the simulator that started this process (ELASTISIM_URL), not to' in result.stderr


def test_a_command_that_the_system_does_not_take_is_told(scenario: Scenario) -> None:
    """Linux hands over no argument of more than 128 KiB."""
    command = 'true ' + 'x' * 200000
    error = scenario.workload(rigid()).configure(scheduler=f'exec:{command}').run(scheduler=None, status=3).error
    assert error.startswith("the scheduler command 'true xxx") and error.endswith('...')


def test_a_second_scheduler_of_one_command_does_no_harm(scenario: Scenario) -> None:
    scenario.write('scheduler.py', WITHOUT_ZEROMQ + SCRIPT)
    scenario.write('second.py', 'import time\nfrom elastisim_python import run\nwhile not __import__("os").path.exists('
                   '"first"): time.sleep(0.01)\nrun(lambda *_: open("asked", "w"))\n')
    scenario.write('scheduler.py', WITHOUT_ZEROMQ + SCRIPT.replace(
        'def schedule(jobs, nodes, system):', 'def schedule(jobs, nodes, system):\n    open("first", "w")'))
    result = scenario.workload(rigid(), rigid(4)).run(scheduler=f'exec:{PYTHON} second.py & {PYTHON} scheduler.py')
    assert result.ends() == [1, 2]
    assert not (scenario.folder / 'asked').exists()


# --- Ends -------------------------------------------------------------------------------------------------------


def decides(body: str) -> str:
    lines = '\n'.join(f'    {line}' for line in body.splitlines())
    return (WITHOUT_ZEROMQ + 'import os, signal, sys, time\nfrom elastisim_python import *\n\n'
            f'def schedule(jobs, nodes, system):\n{lines}\n\nrun(schedule)\n')


START = 'at 0 s (job submit of job 0): '


@pytest.mark.parametrize('body, said', [
    ('raise LookupError("no queue")', 'the scheduler raised LookupError: no queue\nTraceback'),
    ('jobs[7]', 'the scheduler raised IndexError: list index out of range\nTraceback'),
    ('sys.exit(5)', 'the scheduler raised SystemExit: 5\nTraceback'),
    ('os._exit(5)', "the scheduler command '{}' ended with exit status 5 before it answered"),
    ('os.kill(os.getpid(), signal.SIGKILL)', "the scheduler command '{}' was ended by signal 9 (Killed) before"),
    ('os.closerange(3, 1000)\ntime.sleep(0.1)\nos._exit(0)',
     "the scheduler command '{}' ended with exit status 0 before it answered"),
])
def test_however_it_ends_the_error_is_told_and_the_results_are_kept(scenario: Scenario, body: str, said: str) -> None:
    spec = scenario.script(decides(body)).replace("exec:'", "exec:exec '", 1)
    result = scenario.workload(rigid()).run(scheduler=spec, status=3)
    assert result.error.startswith(START + said.format(spec.removeprefix('exec:')))
    assert result.column('Status') == ['unfinished']


def test_a_connection_that_is_closed_by_a_process_that_stays_is_told(scenario: Scenario) -> None:
    spec = scenario.script(decides('os.closerange(3, 1000)\ntime.sleep(1000)'))
    result = scenario.workload(rigid()).run(scheduler=spec, status=3)
    command = spec.removeprefix('exec:')
    assert result.error == (f"{START}the scheduler command '{command}' disconnected before it answered; its own output "
                            'may say why')


def test_a_function_that_never_returns_is_late(scenario: Scenario) -> None:
    spec = scenario.script(decides('while True: pass'))
    result = scenario.workload(rigid()).configure(scheduler_timeout=2).run(scheduler=spec, status=3)
    assert result.error.endswith('did not answer within 2 s; raise scheduler_timeout if it needs longer')


def test_a_script_that_forks_and_dies_is_missed_though_its_child_holds_the_connection(scenario: Scenario) -> None:
    spec = scenario.script(decides('if os.fork() == 0:\n    time.sleep(1000)\nos._exit(4)'))
    result = scenario.workload(rigid()).run(scheduler=spec, status=3)
    assert 'ended with exit status 4 before it answered' in result.error


def test_a_child_of_the_script_does_not_disturb(scenario: Scenario) -> None:
    text = decides('import multiprocessing\nif not hasattr(schedule, "pool"):\n'
                   '    schedule.pool = multiprocessing.get_context("fork").Pool(2)\n'
                   'assert schedule.pool.map(abs, [-1, -2]) == [1, 2]\nos.system("true")\n'
                   'for job in jobs.pending: job.assign(nodes.free[:job.num_nodes])\n')
    assert scenario.workload(rigid(), rigid(2, submit=0.5)).run(scheduler=scenario.script(text)).ends() == [1, 1.5]


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_while_the_script_computes(scenario: Scenario, number: int) -> None:
    spec = scenario.script(decides('open("asked", "w").close()\ntime.sleep(1000)'))
    process = scenario.workload(rigid()).start('--scheduler', spec)
    while not (scenario.folder / 'asked').exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    result = scenario.finish(process)
    assert result.status == 1 and 'interrupted by ' + signal.Signals(number).name in result.stderr
    assert result.column('Status') == ['unfinished']


def test_a_large_machine_is_told_whole_and_answered_at_length(scenario: Scenario) -> None:
    """A first message of some megabytes, and answers with all nodes."""
    scenario.platform(crossbar(20_000, padding='x' * 100)).configure(node_utilization=None, task_times=None)
    scenario.workload(rigid(20_000), flexible('moldable', 1, 20_000))
    result = scenario.run(scheduler=scenario.script(WITHOUT_ZEROMQ + SCRIPT))
    assert result.column('Nodes Max') == ['20000', '1']
    assert ended_by_itself(scenario)


def test_nothing_is_left_in_the_folder_for_sockets(scenario: Scenario) -> None:
    sockets = scenario.folder / 'sockets'
    sockets.mkdir()
    scenario.environment['TMPDIR'] = str(sockets) if len(str(sockets)) < 60 else '/tmp'
    scenario.workload(rigid()).run(scheduler=scenario.script(WITHOUT_ZEROMQ + SCRIPT))
    scenario.run(scheduler=scenario.script(RAW))
    scenario.run(scheduler='exec:false', status=3)
    assert list(sockets.iterdir()) == []
