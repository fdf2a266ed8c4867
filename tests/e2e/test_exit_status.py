"""How runs end: each exit status, with whole and valid result files every time, whatever the scheduler and the
user do."""

from __future__ import annotations

import csv
import json
import os
import re
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import zmq
from harness import (
    ANSWER,
    EVERYTHING,
    JOB_COLUMNS,
    NODE_COLUMNS,
    PATIENCE,
    SUBMIT,
    TASK_COLUMNS,
    Json,
    Peer,
    Result,
    Scenario,
    Vanish,
    busy,
    change,
    cpu,
    crossbar,
    flexible,
    model,
    near,
    phase,
    rigid,
    start_on,
    start_pending,
    task,
    wait_for,
    waiting,
)


def check_files(result: Result, jobs: int) -> None:
    """All three files are there, with a header, whole rows and a row per job."""
    for name, columns in (('job_statistics', JOB_COLUMNS), ('node_utilization', NODE_COLUMNS),
                          ('task_times', TASK_COLUMNS)):
        text = result.text(name)
        assert text.endswith('\n')
        rows = list(csv.reader(text.splitlines()))
        assert rows[0] == columns and {len(row) for row in rows} == {len(columns)}
    assert result.column('ID') == [str(i) for i in range(jobs)]


def mixed(scenario: Scenario) -> Scenario:
    """A job that ends, one that is running when the second one is submitted, and one that is pending."""
    return scenario.workload(rigid(1, waiting(1)), rigid(1, waiting(9, 2), 0.5), rigid(9 - 5, waiting(1), 2))


AFTERWARDS = [('0', '1', 'completed'), ('0.5', '-1', 'unfinished'), ('-1', '-1', 'unfinished')]


def outcome(result: Result) -> list[tuple[str, str, str]]:
    return [(job['Start Time'], job['End Time'], job['Status']) for job in result.jobs]


# --- 0 and 2 ---------------------------------------------------------------------------------------------------


def test_0_when_every_job_was_completed_or_killed(scenario: Scenario) -> None:
    scenario.workload(rigid(), rigid(1, waiting(9), walltime=2))
    result = scenario.run(status=0)
    assert result.column('Status') == ['completed', 'killed']
    assert (result.stdout, result.stderr) == ('', '')
    check_files(result, 2)


def test_2_for_bad_input_before_any_file_is_touched(scenario: Scenario) -> None:
    (scenario.folder / 'out').mkdir()
    scenario.write('out/job_statistics.csv', 'from the last run')
    scenario.workload(rigid(9))
    result = scenario.run(status=2)
    assert result.error.startswith('jobs.json: jobs[0]: needs 9 nodes')
    assert result.text('job_statistics') == 'from the last run'


def test_2_for_bad_input_that_shows_only_in_the_middle_of_a_run(scenario: Scenario) -> None:
    mixed(scenario)
    scenario.workload(rigid(1, waiting(1)), rigid(1, waiting(9, 2), 0.5), rigid(1, model(phase(busy('-num_nodes'))), 2))
    result = scenario.run(status=2)
    assert result.error == 'job 2: app2.json: phases[0].tasks[0].delay: "-num_nodes" is -1; a load must be 0 or more'
    check_files(result, 3)
    assert outcome(result)[:2] == AFTERWARDS[:2]


# --- 3: the scheduler ------------------------------------------------------------------------------------------


def test_3_when_the_scheduler_takes_an_impossible_decision(scenario: Scenario) -> None:
    result, _ = mixed(scenario).ask(
        lambda peer: [change(2, [0])] if peer.time == 2 else start_on({0: [0], 1: [1]})(peer), status=3)
    assert result.error == ("scheduler's answer at 2 s (job submit of job 2): job 2: 1 node is assigned; it takes "
                            '4')
    check_files(result, 3)
    assert outcome(result) == AFTERWARDS


def test_3_when_the_scheduler_answers_garbage(scenario: Scenario) -> None:
    result, _ = mixed(scenario).ask(
        lambda peer: b'what?' if peer.time == 2 else start_on({0: [0], 1: [1]})(peer), status=3)
    assert result.error.startswith("at 2 s (job submit of job 2): the scheduler's answer:1:1: ")
    check_files(result, 3)
    assert outcome(result) == AFTERWARDS


def test_3_when_the_scheduler_disconnects_instead_of_answering(scenario: Scenario) -> None:
    def decide(peer: Peer) -> list[Json]:
        if peer.time == 2:
            raise Vanish
        return start_on({0: [0], 1: [1]})(peer)

    result, _ = mixed(scenario).ask(decide, status=3)
    assert result.error == (f'at 2 s (job submit of job 2): the scheduler at {scenario.url} disconnected before it '
                            'answered; its own output may say why')
    check_files(result, 3)
    assert outcome(result) == AFTERWARDS


def test_3_when_the_scheduler_disconnects_between_invocations(scenario: Scenario) -> None:
    """It leaves right after its answer; the simulator notices at the next invocation."""
    leaving = threading.Event()

    class Leaving(Peer):
        def _take(self, socket: zmq.Socket[bytes]) -> None:
            super()._take(socket)
            if len(self.messages) == 2:
                leaving.set()
                socket.close(linger=1000)
                raise Vanish

    peer = Leaving(scenario.url, start_on({0: [0], 1: [1]}))
    result = mixed(scenario).run_with(peer, status=3)
    assert leaving.is_set()
    assert 'disconnected before it answered' in result.error
    check_files(result, 3)


def test_3_when_the_scheduler_does_not_answer_in_time(scenario: Scenario) -> None:
    mixed(scenario).configure(scheduler_timeout=1)
    begin = time.monotonic()
    result, _ = scenario.ask(lambda peer: None if peer.time == 2 else start_on({0: [0], 1: [1]})(peer), status=3)
    assert result.error == (f'at 2 s (job submit of job 2): the scheduler at {scenario.url} did not answer within '
                            '1 s; raise scheduler_timeout if it needs longer')
    assert 1 <= time.monotonic() - begin < PATIENCE
    check_files(result, 3)
    assert outcome(result) == AFTERWARDS


def test_3_when_no_scheduler_connects_in_time(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(scheduler_timeout=0.3)
    result = scenario.run(scheduler=f'zmq:{scenario.url}', status=3)
    assert result.error == (f'no scheduler connected to {scenario.url} within 0.3 s; '
                            'start one that connects there with a ZeroMQ PAIR socket, or raise scheduler_timeout')
    check_files(result, 1)


def test_3_when_the_scheduler_sends_an_answer_before_it_is_asked(scenario: Scenario) -> None:
    """Two answers to one invocation; the next one comes after a lot of events."""
    scenario.workload(rigid(1, waiting(1e-4, 5 * 10**5))).configure(log_task_times=False)
    answer = json.dumps({'code': ANSWER, 'jobs': [change(0, [0])]}).encode()
    result, _ = scenario.ask(lambda peer: (answer, answer), status=3)
    assert re.sub('at [0-9.]+ s', 'at TIME s', result.error) == (
        'at TIME s (job completed of job 0): the scheduler sent an answer before it was asked; it must send one '
        'answer per invocation')


@pytest.mark.parametrize('command, complaint', [
    ('exit 7', "the scheduler command 'exit 7' ended with exit status 7 before it connected; its own output may say "
               'why'),
    ('kill -9 $$', "the scheduler command 'kill -9 $$' was ended by signal 9 (Killed) before it connected; its own "
                   'output may say why'),
    ('no-such-program', "the scheduler command 'no-such-program' ended with exit status 127 (no such command) before "
                        'it connected; its own output may say why'),
    ('true', "the scheduler command 'true' ended with exit status 0 before it connected; its own output may say why"),
])
def test_3_when_the_command_of_the_scheduler_ends_before_it_connects(
        scenario: Scenario, command: str, complaint: str) -> None:
    result = scenario.workload(rigid()).run(scheduler=f'exec:{command}', status=3)
    assert result.error == complaint
    check_files(result, 1)


def test_3_when_the_command_of_the_scheduler_connects_too_late(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(scheduler_timeout=0.3)
    result = scenario.run(scheduler='exec:sleep 60', status=3)
    assert result.error == (
        "the scheduler command 'sleep 60' did not connect within 0.3 s; it has to "
        'connect to the URL in its environment variable ELASTISIM_URL')


def test_3_when_the_scheduler_dies_in_the_middle_of_an_invocation(scenario: Scenario) -> None:
    spec = scenario.script(
        'import os\nfrom elastisim_python import run\n\n\ndef schedule(jobs, nodes, system):\n'
        "    if system['time'] == 2:\n        os._exit(5)\n"
        '    for job, node in zip(jobs, nodes):\n        if job.state.name == "PENDING":\n'
        '            job.assign(node)\n\n\nrun(schedule)\n')
    result = mixed(scenario).run(scheduler=spec, status=3)
    assert result.error == (f"at 2 s (job submit of job 2): the scheduler command '{spec[5:]}' ended with exit status "
                            '5 before it answered; its own output may say why')
    check_files(result, 3)
    assert outcome(result) == AFTERWARDS


def test_3_when_the_scheduler_raises_an_exception_which_is_shown(scenario: Scenario) -> None:
    spec = scenario.script('from elastisim_python import run\n\n\ndef schedule(jobs, nodes, system):\n'
                           "    return {}['the key']\n\n\nrun(schedule)\n")
    result = scenario.workload(rigid()).run(scheduler=spec, status=3)
    first, *rest = result.error.splitlines()
    assert first == "at 0 s (job submit of job 0): the scheduler raised KeyError: 'the key'"
    assert rest[0] == 'Traceback (most recent call last):' and result.stderr.count('Traceback') == 1
    assert "    return {}['the key']" in rest and "KeyError: 'the key'" in rest
    check_files(result, 1)


# --- 4: stuck --------------------------------------------------------------------------------------------------


def test_4_when_nothing_is_left_to_happen_while_jobs_wait(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(3)), flexible('moldable', 2, 3), rigid(4, submit=1))
    result, peer = scenario.ask(start_on({0: [0]}), status=4)
    assert result.error == (
        'the simulation is stuck at 3 s: nothing is left to happen while 2 of 3 jobs wait; the scheduler starts none '
        'of them:\n'
        '  job 1 waits to be started: it takes 2 to 3 nodes, 4 of 4 are free\n'
        '  job 2 waits to be started: it takes 4 nodes, 4 of 4 are free')
    check_files(result, 3)
    assert result.column('Status') == ['completed', 'unfinished', 'unfinished']


NEVER_ENDS = model(phase(task('cpu', bytes=1e9, communication_pattern='ring')))
STANDS_STILL = "can't go on (look for links without bandwidth and hosts that stand still in platform.xml)"


def test_4_when_a_running_job_can_not_go_on_blames_the_platform(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, bandwidth='0Bps')).workload(rigid(2, NEVER_ENDS, 1.5))
    result = scenario.run(status=4)
    assert result.error == (
        f'the simulation is stuck at 1.5 s: nothing is left to happen while 1 of 1 job waits; what runs {STANDS_STILL}:'
        '\n  job 0, started at 1.5 s, is running, and what it waits for never ends')
    check_files(result, 1)


def test_4_blames_the_scheduler_for_pending_jobs_alone(scenario: Scenario) -> None:
    scenario.platform(crossbar(4, bandwidth='0Bps'))
    scenario.workload(rigid(1), rigid(3, NEVER_ENDS), flexible('moldable', 1, 2, submit=2), rigid(1, submit=3))
    result, _ = scenario.ask(start_on({0: [0], 1: [1, 2, 3]}), status=4)
    assert result.error == (
        'the simulation is stuck at 3 s: nothing is left to happen while 3 of 4 jobs wait; the scheduler starts none '
        f'of the pending ones, and what runs {STANDS_STILL}:\n'
        '  job 1, started at 0 s, is running, and what it waits for never ends\n'
        '  job 2 waits to be started: it takes 1 to 2 nodes, 1 of 4 is free\n'
        '  job 3 waits to be started: it takes 1 node, 1 of 4 is free')
    check_files(result, 4)


@pytest.mark.parametrize('option', [('--model=simgrid',), ('--model=flow',)], ids=['simgrid', 'flow'])
def test_4_when_a_running_job_can_not_go_on_in_spite_of_periodic_invocations(
        scenario: Scenario, option: tuple[str, ...]) -> None:
    scenario.platform(crossbar(3, bandwidth='0Bps')).workload(rigid(2, NEVER_ENDS), rigid(2, submit=5))
    result = scenario.configure(scheduling_interval=10).run(*option, status=4)
    assert result.error.startswith('the simulation is stuck at ') and STANDS_STILL in result.error


@pytest.mark.parametrize('option', [('--model=simgrid',), ('--model=flow',)], ids=['simgrid', 'flow'])
def test_what_takes_very_long_is_not_stuck(scenario: Scenario, option: tuple[str, ...]) -> None:
    """3 GB over a link of 1 kB/s, and 4e15 flops that may share their node: only the port knows of their ends."""
    scenario.platform(crossbar(3, bandwidth='1kBps')).configure(scheduling_interval=10, allow_oversubscription=True)
    scenario.workload(rigid(2, model(phase(task('cpu', bytes=6e9, communication_pattern='gather')))),
                      rigid(1, model(phase(cpu(4e15)))))
    assert scenario.run(*option).ends() == near([3e6, 4e6])


# Answers each invocation with nothing, as quickly as Python can.
DEAF = '''
import os, zmq
with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
    socket.connect(os.environ['ELASTISIM_URL'])
    while b'4293674239' not in socket.recv():
        socket.send(b'{"code":4293673985,"jobs":[]}')
'''


def test_4_with_periodic_invocations_that_never_start_anything(scenario: Scenario) -> None:
    scenario.workload(rigid(2, walltime=5), flexible('malleable', 1, 3, submit=1.5)).configure(scheduling_interval=1)
    result = scenario.run(scheduler=scenario.script(DEAF), status=4)
    assert re.sub('at [0-9]+ s', 'at TIME s', result.error) == (
        'the simulation is stuck at TIME s: nothing is left to happen while 2 of 2 jobs wait; the scheduler starts '
        'none of them:\n'
        '  job 0 waits to be started: it takes 2 nodes, 4 of 4 are free\n'
        '  job 1 waits to be started: it takes 1 to 3 nodes, 4 of 4 are free')
    check_files(result, 2)


def test_4_lists_the_first_jobs_and_counts_the_others(scenario: Scenario) -> None:
    scenario.workload(*[rigid() for _ in range(25)])
    result, _ = scenario.ask(lambda peer: [], status=4)
    lines = result.error.splitlines()
    assert len(lines) == 12 and lines[-1] == '  and 15 more'
    check_files(result, 25)


def test_4_is_told_to_no_scheduler_as_a_good_end(scenario: Scenario) -> None:
    scenario.workload(rigid())
    spec = scenario.script(
        'from elastisim_python import run\ntry:\n    run(lambda jobs, nodes, system: None)\n'
        'finally:\n    open("ended", "w").close()\n')
    scenario.run(scheduler=spec, status=4)
    assert (scenario.folder / 'ended').exists()


# --- 1: signals and everything else ----------------------------------------------------------------------------


class Interrupted(Peer):
    """Decides for a while, then has the simulator get a signal instead of an answer."""

    def __init__(self, url: str, sent: signal.Signals) -> None:
        super().__init__(url, self._interrupt)
        self.process: subprocess.Popen[str] | None = None
        self.sent = sent

    def _interrupt(self, peer: Peer) -> list[Json] | None:
        if peer.time < 2:
            return start_on({0: [0], 1: [1]})(peer)
        assert self.process
        self.process.send_signal(self.sent)
        return None


@pytest.mark.parametrize('sent', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU])
def test_1_with_the_results_so_far_after_a_signal_while_the_scheduler_thinks(
        scenario: Scenario, sent: signal.Signals) -> None:
    mixed(scenario)
    peer = Interrupted(scenario.url, sent)
    peer.process = scenario.start('--scheduler', f'zmq:{scenario.url}')
    peer.start()
    result = scenario.finish(peer.process)
    peer.stop()
    assert (result.status, result.error) == (1, f'interrupted by {sent.name}; the results so far are written')
    check_files(result, 3)
    assert outcome(result) == AFTERWARDS


ENDLESS: dict[str, Json] = {
    'many events': rigid(1, waiting(1e-3, 10**15)),
    'many events in SimGrid': rigid(2, model(phase(task('cpu', bytes=1e3, communication_pattern='ring'),
                                                   iterations=10**15))),
    'many events at one instant': rigid(1, model(phase(busy(0), iterations=10**11))),
    'many iterations of nothing': rigid(1, model(phase(busy(0, iterations=10**11)))),
}


@pytest.mark.parametrize('sent', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU])
@pytest.mark.parametrize('kind', ENDLESS)
def test_1_with_the_results_so_far_after_a_signal_in_the_middle_of_computing(
        scenario: Scenario, sent: signal.Signals, kind: str) -> None:
    scenario.workload(ENDLESS[kind], rigid(9 - 5)).configure(log_task_times=False)
    process = scenario.start('--scheduler', 'builtin:fcfs')
    wait_for((scenario.folder / 'out' / 'node_utilization.csv').exists)
    time.sleep(0.1)
    process.send_signal(sent)
    result = scenario.finish(process)
    assert (result.status, result.error) == (1, f'interrupted by {sent.name}; the results so far are written')
    assert outcome(result) == [('0', '-1', 'unfinished'), ('-1', '-1', 'unfinished')]


def test_1_with_the_results_so_far_when_the_limit_of_cpu_time_comes(scenario: Scenario) -> None:
    scenario.workload(ENDLESS['many events']).configure(log_task_times=False)
    result = scenario.finish(scenario.start('--scheduler', 'builtin:fcfs', preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_CPU, (1, 20))))
    assert (result.status, result.error) == (1, 'interrupted by SIGXCPU; the results so far are written')
    assert outcome(result) == [('0', '-1', 'unfinished')]


@pytest.mark.parametrize('sent', [signal.SIGHUP, signal.SIGXCPU])
def test_a_signal_that_comes_again_and_again_costs_nothing(scenario: Scenario, sent: signal.Signals) -> None:
    scenario.workload(ENDLESS['many events']).configure(log_task_times=False)
    process = scenario.start('--scheduler', 'builtin:fcfs')
    wait_for((scenario.folder / 'out' / 'node_utilization.csv').exists)
    while process.poll() is None:
        process.send_signal(sent)
    result = scenario.finish(process)
    assert (result.status, result.error) == (1, f'interrupted by {sent.name}; the results so far are written')


def test_a_run_under_nohup_outlives_its_terminal(scenario: Scenario) -> None:
    scenario.workload(ENDLESS['many events']).configure(log_task_times=False)
    process = scenario.start('--scheduler', 'builtin:fcfs', preexec_fn=lambda: signal.signal(
        signal.SIGHUP, signal.SIG_IGN) and None)
    wait_for((scenario.folder / 'out' / 'node_utilization.csv').exists)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert scenario.finish(process).error == 'interrupted by SIGTERM; the results so far are written'


def test_1_after_a_signal_while_waiting_for_a_scheduler_to_connect(scenario: Scenario) -> None:
    process = scenario.workload(rigid()).start('--scheduler', f'zmq:{scenario.url}')
    wait_for((scenario.folder / 's.ipc').exists)
    process.send_signal(signal.SIGINT)
    result = scenario.finish(process)
    assert (result.status, result.error) == (1, 'interrupted by SIGINT; the results so far are written')
    assert not (scenario.folder / 's.ipc').exists()


def test_1_ends_the_scheduler_that_the_simulator_started(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(1e-3, 10**15)))
    spec = scenario.script('import os\nfrom elastisim_python import run\nopen("pid", "w").write(str(os.getpid()))\n'
                           'run(lambda jobs, nodes, system: [job.assign(nodes[0]) for job in jobs])\n')
    process = scenario.start('--scheduler', spec)
    wait_for((scenario.folder / 'pid').exists)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert scenario.finish(process).status == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int((scenario.folder / 'pid').read_text()), 0)


def test_a_scheduler_that_ignores_its_end_is_ended_with_the_simulator(scenario: Scenario) -> None:
    scenario.workload(rigid())
    spec = scenario.script(
        'import os, signal, time\nfrom elastisim_python import run\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
        'open("pid", "w").write(str(os.getpid()))\nrun(lambda jobs, nodes, system: None)\n')
    # It is told of no end, as the run is stuck, and ignores the first signal.
    scenario.write('scheduler.py', (scenario.folder / 'scheduler.py').read_text().replace(
        'run(lambda', 'import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\nrun(lambda'))
    scenario.run(scheduler=spec, status=4)
    with pytest.raises(ProcessLookupError):
        os.kill(int((scenario.folder / 'pid').read_text()), 0)


def test_1_when_a_result_file_can_not_be_written_to_its_end(scenario: Scenario) -> None:
    result = scenario.workload(rigid()).configure(job_statistics='/dev/full').run(status=1)
    assert result.error == '/dev/full: cannot write all of it: No space left on device'


def with_files_of(size: int) -> Json:
    """Limits the size of files, which does as a full disk does and needs no privilege."""
    return {'preexec_fn': lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


def contents(folder: Path) -> dict[str, str]:
    """The files of a folder by name, without what the clock on the wall says."""
    return {path.name: re.sub('"wall_seconds":[^}]*', '', path.read_text()) for path in folder.iterdir()}


def test_a_full_disk_leaves_whole_rows_and_job_statistics(scenario: Scenario) -> None:
    scenario.workload(*[rigid(1, waiting(1), name='a, "b"') for _ in range(400)]).configure(**EVERYTHING)
    plain = scenario.run()
    whole = contents(scenario.folder / 'out')
    limit = 400 * 450
    assert len(whole['events.jsonl']) > limit > len(whole['job_statistics.csv'])
    result = scenario.finish(scenario.start('--scheduler', 'builtin:fcfs', **with_files_of(limit)))
    assert (result.status, result.error) == (
        1, 'out/events.jsonl: cannot write all of it: File too large; it ends with a whole row')
    cut = contents(scenario.folder / 'out')
    assert cut.keys() == whole.keys()
    for name in whole.keys() - {'job_statistics.csv'}:
        assert cut[name].endswith('\n') and whole[name].startswith(cut[name]), name
    assert len(result.jobs) == len(plain.jobs)


def test_all_files_that_a_full_disk_cuts_are_named(scenario: Scenario) -> None:
    scenario.workload(*[rigid(1, waiting(100)) for _ in range(20)]).configure(**EVERYTHING)
    result = scenario.finish(scenario.start('--scheduler', 'builtin:fcfs', **with_files_of(10000)))
    cut = 'cannot write all of it: File too large; it ends with a whole row'
    assert (result.status, result.error) == (
        1, '; '.join(f'out/{name}: {cut}' for name in (
            'cpu_utilization.csv', 'network_activity.csv', 'pfs_utilization.csv', 'gpu_utilization.csv',
            'events.jsonl')))


def test_1_when_there_is_no_room_for_job_statistics(scenario: Scenario) -> None:
    scenario.workload(*[rigid() for _ in range(10)])
    result = scenario.finish(scenario.start('--scheduler', 'builtin:fcfs', **with_files_of(2000)))
    assert (result.status, result.error) == (
        1,
        'out/job_statistics.csv: there is no room for the 4230 bytes that it may take: File too large; make room, or '
        'name a file elsewhere')
    assert not list((scenario.folder / 'out').glob('job_statistics*'))


@pytest.mark.parametrize('name', ['job_statistics', 'node_utilization', 'task_times'])
def test_2_when_a_result_file_can_not_be_created(scenario: Scenario, name: str) -> None:
    (scenario.folder / 'taken').mkdir()
    result = scenario.workload(rigid()).configure(**{name: 'taken'}).run(status=2)
    assert result.error == f"config.json: {name}: cannot write 'taken': Is a directory"


def test_a_run_after_a_run_that_was_killed_can_use_the_same_url(scenario: Scenario) -> None:
    """SIGKILL leaves the socket file behind."""
    process = scenario.workload(rigid()).start('--scheduler', f'zmq:{scenario.url}')
    wait_for((scenario.folder / 's.ipc').exists)
    process.kill()
    process.communicate()
    assert (scenario.folder / 's.ipc').exists()
    _, peer = scenario.ask(start_pending)
    assert peer.ended and peer.messages[0]['invocation_type'] == SUBMIT


def test_two_runs_at_one_url_do_not_disturb_each_other(scenario: Scenario) -> None:
    peer = Peer(scenario.url, start_pending)
    first = scenario.workload(rigid()).start('--scheduler', f'zmq:{scenario.url}')
    wait_for((scenario.folder / 's.ipc').exists)
    result = scenario.run('--output', 'second', scheduler=f'zmq:{scenario.url}', status=2)
    assert result.error == (f"can't wait for a scheduler at '{scenario.url}': another program waits there, maybe "
                            'another simulation; end it or use another path')
    peer.start()
    assert scenario.finish(first).status == 0
    peer.stop()


def test_output_of_all_kinds_of_nodes_is_whole_on_a_platform_without_a_file_system(scenario: Scenario) -> None:
    scenario.platform(crossbar(3, pfs_read=None)).workload(rigid(3))
    check_files(scenario.run(), 1)


def test_a_reader_of_messages_that_goes_away_costs_no_results(scenario: Scenario) -> None:
    scenario.workload(*(rigid() for _ in range(2000)))
    command = scenario.command('--scheduler', 'builtin:fcfs', '--log=elastisim.thresh:info')
    process = subprocess.Popen(command, cwd=scenario.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    process.stderr.readline()
    process.stderr.close()
    assert process.wait(PATIENCE) == 0
    statistics = (scenario.folder / 'out' / 'job_statistics.csv').read_text()
    assert statistics.count('completed') == 2000
