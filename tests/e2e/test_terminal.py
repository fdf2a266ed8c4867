"""What the program prints: the progress bar, on a real terminal and elsewhere, and the options that inform."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest
from harness import KEYS, PATIENCE, SIMULATOR, Scenario, busy, cpu, crossbar, flexible, model, phase, rigid, waiting

BAR = re.compile(r'\r\x1b\[K\[([#.]{24})\] (\d+)/(\d+) jobs?, ([0-9d :]+) simulated, (\S+) s/s, (\S+) left')
CLEARED = '\r\x1b[K'


def read_to_the_end(terminal: int) -> bytes:
    """All that comes until the program has closed its end."""
    shown = b''
    while True:
        try:
            text = os.read(terminal, 4096)
        except OSError:  # Linux says EIO then
            text = b''
        if not text:
            os.close(terminal)
            return shown
        shown += text


def set_columns(terminal: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))


def on_a_terminal(scenario: Scenario, *options: str, columns: int = 0) -> tuple[int, str, str]:
    """Runs the simulator with standard error on a terminal (one that does not say how wide it is, unless told);
    returns status, standard output and what the terminal was sent."""
    ours, theirs = pty.openpty()
    set_columns(theirs, columns)
    process = scenario.start(*options, '--scheduler', 'builtin:fcfs', stderr=theirs)
    os.close(theirs)
    shown = read_to_the_end(ours)
    stdout, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, stdout, shown.decode()


def many_jobs(scenario: Scenario) -> Scenario:
    return scenario.workload(*[rigid(4, waiting(10, 50), i) for i in range(20)]).configure(log_task_times=False)


def test_a_terminal_shows_a_progress_bar_that_is_cleared_at_the_end(scenario: Scenario) -> None:
    status, stdout, shown = on_a_terminal(many_jobs(scenario))
    assert (status, stdout) == (0, '')
    bars = BAR.findall(shown)
    assert bars and shown.endswith(CLEARED)
    assert BAR.sub('', shown) == CLEARED, 'nothing but bars is printed'
    assert {total for _, _, total, _, _, _ in bars} == {'20'}


def test_the_bar_grows_with_the_jobs_that_have_ended(scenario: Scenario) -> None:
    """The redraws are a tenth of a second apart."""
    scenario.workload(*[rigid(4, waiting(1e-3, 60000)) for _ in range(40)]).configure(log_task_times=False)
    _, _, shown = on_a_terminal(scenario)
    bars = [(blocks.count('#'), int(ended)) for blocks, ended, *_ in BAR.findall(shown)]
    assert bars == sorted(bars) and bars[0][1] < bars[-1][1]
    assert all(blocks == ended * 24 // 40 for blocks, ended in bars)


@pytest.mark.parametrize('columns, line', [
    (200, r'\[[#.]{24}\] \d+/20 jobs, [0-9:]{8} simulated, \S+ s/s, \S+ left'),
    (80, r'\[[#.]{24}\] \d+/20 jobs, [0-9:]{8} simulated, \S+ left'),
    (65, r'\[[#.]{16,17}\] \d+/20 jobs, [0-9:]{8} simulated, \S+ left'),
    (49, r'\d+/20 jobs, [0-9:]{8} simulated, \S+ left'),
    (40, r'\d+/20 jobs, \S+ left'),
    (20, r'\d+/20 jobs'),
    (6, r'\d+/20.?.?'),
])
def test_the_bar_never_wraps(scenario: Scenario, columns: int, line: str) -> None:
    """The rate goes first, then the bar."""
    _, _, shown = on_a_terminal(many_jobs(scenario), columns=columns)
    lines = shown.split(CLEARED)[1:-1]
    assert lines and '\n' not in shown
    for text in lines:
        assert re.fullmatch(line, text) and len(text) < columns, text


def test_the_bar_follows_the_width_of_the_window(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(1e-3, 10**15))).configure(log_task_times=False)
    ours, theirs = pty.openpty()
    set_columns(theirs, 100)
    process = scenario.start('--scheduler', 'builtin:fcfs', stderr=theirs)
    os.close(theirs)
    limit = time.monotonic() + PATIENCE
    for columns, narrow in ((40, False), (100, True), (100, False)):
        shown = ''
        while (shown.count('\r') < 4 or ('[' not in shown.split(CLEARED)[-2]) != narrow) and time.monotonic() < limit:
            shown += os.read(ours, 4096).decode()
        assert all(len(line) < 100 for line in shown.split(CLEARED))
        last = shown.split(CLEARED)[-2]
        assert len(last) < (40 if narrow else 100) and ('[' in last) != narrow
        set_columns(ours, columns)
    process.send_signal(signal.SIGINT)
    read_to_the_end(ours)
    process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize('options, keys', [
    (['--log=root.thresh:info'], {}), (['--log=root.thresh:debug'], {}), ([], {'show_progress_bar': False}),
])
def test_no_bar_at_log_level_info_or_when_it_is_switched_off(
        scenario: Scenario, options: list[str], keys: dict[str, bool]) -> None:
    status, _, shown = on_a_terminal(many_jobs(scenario).configure(**keys), *options)
    assert status == 0 and not BAR.search(shown) and CLEARED not in shown


@pytest.mark.parametrize('options', [[], ['--log=root.thresh:warning'], ['--log=root.thresh:error']])
def test_the_bar_is_there_at_log_levels_above_info(scenario: Scenario, options: list[str]) -> None:
    _, _, shown = on_a_terminal(many_jobs(scenario), *options)
    assert BAR.search(shown)


def test_no_bar_when_standard_error_is_no_terminal(scenario: Scenario) -> None:
    result = many_jobs(scenario).run()
    assert (result.stdout, result.stderr) == ('', '')


def test_an_error_stands_on_a_clean_line_after_the_bar(scenario: Scenario) -> None:
    many_jobs(scenario)
    scenario.workload(*[rigid(4, waiting(10, 50), i) for i in range(20)],
                      rigid(4, model(phase(busy('0 - num_nodes'))), 21)).configure(log_task_times=False)
    status, _, shown = on_a_terminal(scenario)
    assert status == 2 and BAR.search(shown)
    assert f'{CLEARED}elastisim: error: job 20: app1.json: ' in shown


def test_ctrl_c_clears_the_bar(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(1e-3, 10**15))).configure(log_task_times=False)
    ours, theirs = pty.openpty()
    process = scenario.start('--scheduler', 'builtin:fcfs', stderr=theirs)
    os.close(theirs)
    limit = time.monotonic() + PATIENCE
    shown = b''
    while not BAR.search(shown.decode()) and time.monotonic() < limit:
        shown += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    shown += read_to_the_end(ours)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert shown.decode().replace('\r\n', '\n').endswith(
        f'{CLEARED}elastisim: error: interrupted by SIGINT; the results so far are written\n')


# --- Options that inform ---------------------------------------------------------------------------------------


def output(folder: Path, *arguments: str) -> str:
    """What the simulator prints; it must have nothing to complain about."""
    run = subprocess.run([SIMULATOR, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, '')
    return run.stdout


def output_on_a_terminal(folder: Path, columns: int, *arguments: str) -> list[str]:
    """The lines that the simulator prints on a terminal of that width."""
    ours, theirs = pty.openpty()
    set_columns(theirs, columns)
    with subprocess.Popen([SIMULATOR, *arguments], cwd=folder, stdout=theirs) as process:
        os.close(theirs)
        shown = read_to_the_end(ours).decode()
    assert process.returncode == 0
    return shown.replace('\r\n', '\n').splitlines()


@pytest.mark.parametrize('option', ['--help', '--list-schedulers', '--help-configuration'])
@pytest.mark.parametrize('columns', [20, 40, 80, 132])
def test_what_informs_is_wrapped_to_the_terminal_and_says_the_same(tmp_path: Path, option: str, columns: int) -> None:
    lines = output_on_a_terminal(tmp_path, columns, option)
    plain = output(tmp_path, option)
    assert max(len(line) for line in lines) <= columns
    assert ''.join(''.join(lines).split()) == ''.join(plain.split())
    assert output_on_a_terminal(tmp_path, 1000, option) == plain.splitlines()


def test_help_on_a_terminal_goes_on_below_what_it_says_of_an_option(tmp_path: Path) -> None:
    lines = output_on_a_terminal(tmp_path, 80, '--help')
    at = next(i for i, line in enumerate(lines) if line.startswith('  -o, --output DIR '))
    assert lines[at:at + 2] == [
        '  -o, --output DIR          write all results to this folder, under their usual',
        '                            names (job_statistics.csv...)']


def test_the_configuration_on_a_narrow_terminal_has_the_meaning_below_the_key(tmp_path: Path) -> None:
    lines = output_on_a_terminal(tmp_path, 40, '--help-configuration')
    at = lines.index('jobs_file path mandatory')
    assert lines[at + 1] == '    the jobs, a JSON file'


@pytest.mark.parametrize('option', ['--help', '-h'])
def test_help_tells_usage_options_and_exit_statuses(tmp_path: Path, option: str) -> None:
    text = output(tmp_path, option)
    assert text.startswith('usage: elastisim CONFIG [options]\n')
    for word in ('    --scheduler SPEC', '-C, --directory DIR', '-o, --output DIR', '    --set KEY=VALUE',
                 '    --summary',
                 '    --timing', '    --check', '    --strict', '    --list-schedulers', '    --help-configuration',
                 '    --version', '-h, --help', '    --log=..., --cfg=...'):
        assert f'\n  {word} ' in text
    assert '\nexit status:\n  0  every job completed' in text


def test_version_is_one_line(tmp_path: Path) -> None:
    assert re.fullmatch(r'elastisim \d+\.\d+\.\d+\n', output(tmp_path, '--version'))


def test_list_schedulers_names_each_built_in_policy_with_what_it_does(tmp_path: Path) -> None:
    policies, options = output(tmp_path, '--list-schedulers').split('\nEvery policy takes these options')
    entries = re.findall(r'^builtin:(\S+)\n    (\S.*)\n    \((\S+)\)$', policies, re.MULTILINE)
    assert [name for name, _, _ in entries][:5] == ['fcfs', 'sjf', 'easy', 'easy++', 'conservative']
    keys = re.findall(r'^(\w+)=', options, re.MULTILINE)
    assert all(choice.split('=')[0] in keys for _, _, choices in entries for choice in choices.split(','))


def test_help_configuration_has_a_row_for_each_key(tmp_path: Path) -> None:
    lines = output(tmp_path, '--help-configuration').splitlines()
    assert lines[0].split() == ['Key', 'Type', 'Default', 'Meaning']
    rows = {line.split()[0]: line.split()[1:3] for line in lines[1:]}
    assert len(rows) == len(lines) - 1 and set(KEYS) <= set(rows)
    assert rows['jobs_file'] == ['path', 'mandatory'] and rows['clip_evolving_requests'] == ['boolean', 'true']
    assert rows['scheduling_interval'] == ['seconds', '0'] and rows['pfs_read_links'] == ['list', '[]']


ASKED = ['--help', '--version', '--list-schedulers', '--help-configuration', '--check', '--summary']


@pytest.mark.parametrize('option', ASKED)
def test_text_that_was_asked_for_and_can_not_be_written_is_an_error(scenario: Scenario, option: str) -> None:
    scenario.workload(rigid())
    with open('/dev/full', 'w') as full:
        result = scenario.finish(scenario.start('--scheduler', 'builtin:fcfs', option, stdout=full))
    assert (result.status, result.error) == (1, 'standard output: cannot write all of it: No space left on device')


@pytest.mark.parametrize('closed', ['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])
def test_messages_do_not_end_up_in_result_files(scenario: Scenario, closed: str) -> None:
    """The first file that is opened gets the lowest descriptor that is free."""
    scenario.workload(rigid(1, waiting(3), unknown=1)).configure(unknown=1, events='out/events.jsonl')
    command = shlex.join(scenario.command('--scheduler', 'builtin:fcfs', '--summary', '--log=elastisim.thresh:info'))
    subprocess.run(['sh', '-c', f'{command} {closed}'], cwd=scenario.folder, env=scenario.environment, check=True,
                   capture_output=True, timeout=PATIENCE)
    closed_files = [path.read_text() for path in sorted((scenario.folder / 'out').iterdir())]
    scenario.run('--summary')
    open_files = [path.read_text() for path in sorted((scenario.folder / 'out').iterdir())]
    assert [re.sub('"wall[^,}]*', '', text) for text in closed_files] == [
        re.sub('"wall[^,}]*', '', text) for text in open_files]


def test_check_reads_everything_and_runs_nothing(scenario: Scenario) -> None:
    scenario.workload(rigid(), flexible('malleable'))
    result = scenario.run('--check')
    assert (result.stdout, result.stderr) == ('config.json: 4 nodes, 2 jobs: all inputs are fine\n', '')
    result = scenario.platform(crossbar(1)).workload(rigid()).run('--check')
    assert result.stdout == 'config.json: 1 node, 1 job: all inputs are fine\n'
    assert not (scenario.folder / 'out').exists()


def test_check_finds_the_mistakes_that_a_run_would(scenario: Scenario) -> None:
    scenario.workload(rigid(9))
    assert scenario.run('--check', status=2).error.startswith('jobs.json: jobs[0]: needs 9 nodes')


def test_check_does_not_start_the_scheduler(scenario: Scenario) -> None:
    scenario.workload(rigid())
    scenario.run('--check', scheduler='exec:touch started')
    assert not (scenario.folder / 'started').exists()


def test_summary_tells_jobs_times_and_utilization(scenario: Scenario) -> None:
    """Two jobs of 20 s on all nodes one after the other, then one on half of them, killed after 10 s."""
    scenario.workload(rigid(4, waiting(20), 5), rigid(4, waiting(20), 5), rigid(2, waiting(20), 5, walltime=10))
    text = scenario.run('--summary').stdout
    figures = {line[:21].strip(): line[21:].split()[0] for line in text.splitlines()}
    assert {key: float(value) for key, value in figures.items() if key != 'wall time'} == {
        'jobs completed': 2, 'jobs killed': 1, 'makespan': 50, 'mean wait': 20, 'mean turnaround': 36.7,
        'bounded slowdown': 2.67, 'node utilization': 90, 'reconfigurations': 0}
    assert 0 < float(figures['wall time']) < PATIENCE


def test_timing_goes_to_standard_error(scenario: Scenario) -> None:
    result = scenario.workload(rigid()).run('--timing')
    assert result.stdout == ''
    assert re.fullmatch(r'timing: total \d+\.\d+ s, flow \d+\.\d+ s, scheduler \d+\.\d+ s\n', result.stderr)


@pytest.mark.parametrize('name', ['flow', 'simgrid'])
def test_timing_has_the_time_of_the_model_that_is_used(scenario: Scenario, name: str) -> None:
    """Two jobs that share links again and again: that takes some milliseconds, and is part of the whole."""
    exchange = phase(cpu(1e9, bytes=1e6, communication_pattern='all_to_all'), iterations=2000)
    scenario.platform(crossbar(4)).workload(*[rigid(2, model(exchange)) for _ in range(2)])
    result = scenario.run('--timing', f'--model={name}')
    timing = re.search(r'total ([0-9.]+) s, (\w+) ([0-9.]+) s', result.stderr)
    assert timing and timing[2] == name
    assert 0 < float(timing[3]) < float(timing[1])


@pytest.mark.parametrize('options', [
    ['--scheduler', 'builtin:fcfs'], ['--scheduler=builtin:fcfs'], ['--scheduler', 'builtin:fcfs', '--strict'],
    ['--log=root.thresh:error', '--scheduler', 'builtin:fcfs', '--cfg=contexts/stack-size:64'],
])
def test_options_stand_before_or_after_the_configuration(scenario: Scenario, options: list[str]) -> None:
    program, configuration = scenario.workload(rigid()).command()
    for command in ([program, configuration, *options], [program, *options, configuration]):
        run = subprocess.run(command, cwd=scenario.folder, capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout, run.stderr) == (0, '', '')


def test_simgrids_log_is_shown_as_asked_for(scenario: Scenario) -> None:
    result = scenario.workload(rigid()).run('--log=root.thresh:debug')
    assert 'DEBUG]' in result.stderr and result.ends() == [1]
