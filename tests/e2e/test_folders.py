"""Where inputs are found and results go: -C, --output, --set, inputs beside the configuration, and runs that would
write to the same files."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import PATIENCE, SIMULATOR, Scenario, rigid, wait_for, waiting

LOCK = '.elastisim.lock'


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob('*') if not path.is_dir()}


def simulate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SIMULATOR, *arguments], cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
                          check=False)


def error(run: subprocess.CompletedProcess[str]) -> str:
    assert (run.returncode, run.stdout) == (2, '')
    return run.stderr.removeprefix('elastisim: error: ').rstrip('\n')


@pytest.fixture
def scenario(scenario: Scenario) -> Scenario:
    return scenario.workload(rigid(1, waiting(3))).configure(scheduler='builtin:fcfs')


def written(scenario: Scenario) -> Path:
    """The configuration, once it is a file."""
    return scenario.write('config.json', scenario.configuration)


# --- Results -----------------------------------------------------------------------------------------------------


def test_with_output_all_results_go_to_a_folder_under_their_usual_names(scenario: Scenario) -> None:
    scenario.configure(events='here/e.jsonl', job_statistics='j.csv', node_utilization='a/b/c.csv', task_times=None)
    scenario.run('--output', 'runs/1')
    assert files(scenario.folder / 'runs') == {
        f'1/{name}' for name in ('job_statistics.csv', 'node_utilization.csv', 'events.jsonl')}
    assert not (scenario.folder / 'j.csv').exists() and not (scenario.folder / 'here').exists()


def test_with_output_there_are_job_statistics_also_of_a_configuration_that_names_no_result(scenario: Scenario) -> None:
    for key in ('job_statistics', 'node_utilization', 'task_times'):
        del scenario.configuration[key]
    scenario.run('-o', 'run')
    assert files(scenario.folder / 'run') == {'job_statistics.csv'}


def test_output_and_settings_stand_in_the_journal(scenario: Scenario) -> None:
    scenario.configure(task_times=None).run('--output=run', '--set', 'events=x', '--set', 'scheduling_interval=60')
    begin = json.loads((scenario.folder / 'run' / 'events.jsonl').read_text().splitlines()[0])
    assert begin['configuration'] == {
        **scenario.configuration, 'job_statistics': 'run/job_statistics.csv', 'scheduling_interval': 60,
        'node_utilization': 'run/node_utilization.csv', 'events': 'run/events.jsonl'}


def test_a_setting_goes_before_the_configuration(scenario: Scenario) -> None:
    scenario.write('other.json', {'jobs': [rigid(1, 'app0.json'), rigid(1, 'app0.json')]})
    result = scenario.run('--set', 'jobs_file=other.json')
    assert result.ends() == [3, 3]


@pytest.mark.parametrize('setting, complaint', [
    ('sensing', "--set: must be KEY=VALUE, is 'sensing'"),
    ('sensin=true', "--set: unknown key 'sensin', did you mean 'sensing'?"),
    ('colour=red', "--set: unknown key 'colour'; elastisim --help-configuration lists the known ones"),
    ('sensing=1', '--set: sensing: must be true or false, is a number'),
    ('job_kill_grace_period=soon', '--set: job_kill_grace_period: must be a number, is a string'),
    ('job_kill_grace_period=-1', '--set: job_kill_grace_period: must be at least 0, is -1'),
])
def test_a_setting_with_a_mistake_is_refused(scenario: Scenario, setting: str, complaint: str) -> None:
    assert scenario.run('--set', setting, status=2).error == f'command line: {complaint}'
    assert not (scenario.folder / 'out').exists()


def test_what_hinders_a_folder_is_told(scenario: Scenario) -> None:
    scenario.write('file', '')
    assert scenario.run('--output', 'file/run', status=2).error == (
        "config.json: job_statistics: cannot make the folder 'file': there is a file of that name")
    assert scenario.run('--output', '/proc/nosuch/run', status=2).error == (
        "config.json: job_statistics: cannot make the folder '/proc/nosuch': No such file or directory")


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can become an ordinary user')
def test_a_folder_that_an_ordinary_user_can_not_make_is_told_with_the_reason(scenario: Scenario) -> None:
    written(scenario)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(scenario.folder, folder, dirs_exist_ok=True)
        for path in (Path(folder), *Path(folder).iterdir()):
            path.chmod(0o755)
        try:
            run = subprocess.run([SIMULATOR, 'config.json', '--output', 'run/1'], cwd=folder, capture_output=True,
                                 text=True, user=pwd.getpwnam('nobody').pw_uid, check=False)
        except PermissionError:
            pytest.skip('ordinary users may not run this build')
    assert error(run) == "config.json: job_statistics: cannot make the folder 'run': Permission denied"


# --- Inputs ------------------------------------------------------------------------------------------------------


def moved(scenario: Scenario, project: str, configurations: str) -> Path:
    """All inputs in one folder and the configuration in another; returns an empty one to work in."""
    scenario.write('config.json', scenario.configuration)
    (scenario.folder / project / configurations).mkdir(parents=True, exist_ok=True)
    for name in ('jobs.json', 'platform.xml', 'app0.json'):
        (scenario.folder / name).rename(scenario.folder / project / name)
    (scenario.folder / 'config.json').rename(scenario.folder / project / configurations / 'config.json')
    empty = scenario.folder / 'empty'
    empty.mkdir()
    return empty


@pytest.mark.parametrize('configurations', ['', 'configurations'])
def test_inputs_are_found_beside_the_configuration_and_above_its_folder(
        scenario: Scenario, configurations: str) -> None:
    empty = moved(scenario, 'project', configurations)
    configuration = scenario.folder / 'project' / configurations / 'config.json'
    for path in (configuration, os.path.relpath(configuration, empty)):
        run = simulate(empty, str(path), '--output', 'run')
        assert (run.returncode, run.stderr) == (0, '')
    assert files(empty) == {f'run/{name}.csv' for name in ('job_statistics', 'node_utilization', 'task_times')}


def test_inputs_in_the_working_directory_go_before_those_beside_the_configuration(scenario: Scenario) -> None:
    empty = moved(scenario, 'project', '')
    (empty / 'app0.json').write_text(json.dumps(waiting(5)))
    run = simulate(empty, '../project/config.json', '--summary')
    assert run.returncode == 0 and ' 5.0 s' in run.stdout


@pytest.mark.parametrize('name, place', [
    ('jobs.json', 'project/config.json: jobs_file: '), ('platform.xml', 'project/config.json: platform_file: '),
    ('app0.json', 'project/jobs.json: jobs[0].application_model: '),
])
def test_an_input_that_is_nowhere_is_told_with_the_places(scenario: Scenario, name: str, place: str) -> None:
    moved(scenario, 'project', '')
    (scenario.folder / 'project' / name).unlink()
    assert error(simulate(scenario.folder, 'project/config.json')) == (
        f'{place}{name}: does not exist, neither in the working directory nor beside the configuration')


def test_an_input_beside_the_configuration_is_not_overwritten(scenario: Scenario) -> None:
    empty = moved(scenario, 'project', '')
    assert error(simulate(empty, '../project/config.json', '--set', 'job_statistics=../project/app0.json')) == (
        "../project/config.json: job_statistics: '../project/app0.json' is the input '../project/app0.json', which "
        'would be overwritten; name another file')


# --- The working directory ---------------------------------------------------------------------------------------


def test_a_run_may_begin_in_another_folder(scenario: Scenario) -> None:
    empty = moved(scenario, 'project', '')
    run = simulate(empty, '-C', '../project', 'config.json')
    assert (run.returncode, run.stderr, files(empty)) == (0, '', set())
    assert (scenario.folder / 'project' / 'out' / 'job_statistics.csv').exists()


def test_a_folder_to_begin_in_that_can_not_be_entered_is_told(scenario: Scenario) -> None:
    written(scenario)
    assert error(simulate(scenario.folder, '-C', 'nosuch', 'config.json')) == (
        "command line: -C: cannot go to the folder 'nosuch': No such file or directory")
    assert error(simulate(scenario.folder, '--directory=config.json', 'config.json')) == (
        "command line: -C: cannot go to the folder 'config.json': Not a directory")


# --- Two runs at a time ------------------------------------------------------------------------------------------


class Endless:
    """A run that goes on until it is ended."""

    def __init__(self, scenario: Scenario, *options: str) -> None:
        scenario.write('endless.json', {'jobs': [rigid(1, 'app1.json')]})
        scenario.write('app1.json', waiting(1e-3, 10**15))
        self.process = subprocess.Popen(
            [SIMULATOR, 'config.json', '--set', 'jobs_file=endless.json', *options], cwd=written(scenario).parent,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for(self, path: Path) -> Endless:
        return self._wait(path.exists)

    def wait_for_results(self, folder: Path) -> Endless:
        """Waits until the run has all its files; while it runs, job_statistics is one with another name."""
        return self._wait(lambda: (folder / 'task_times.csv').exists() and any(folder.glob('*.part-*'))
                          and not (folder / 'job_statistics.csv').exists())

    def _wait(self, there: Callable[[], bool]) -> Endless:
        wait_for(there)
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.communicate(timeout=PATIENCE)


def refusal(key: str, process: int, path: str) -> str:
    return (f"config.json: {key}: another run (process {process}) writes to '{path}'; wait for its end, or give this "
            'one a folder of its own with --output DIR')


def test_a_second_run_that_would_write_to_the_same_files_is_refused(scenario: Scenario) -> None:
    out = scenario.folder / 'out'
    first = Endless(scenario).wait_for_results(out)
    before = files(out)
    assert scenario.run(status=2).error == refusal('job_statistics', first.process.pid, 'out/job_statistics.csv')
    assert files(out) == before
    scenario.run('--output', 'other')
    first.end()
    assert files(out) == {f'{name}.csv' for name in ('job_statistics', 'node_utilization', 'task_times')}
    scenario.run()


def test_two_runs_may_write_to_different_files_of_a_folder(scenario: Scenario) -> None:
    first = Endless(scenario).wait_for(scenario.folder / 'out' / 'task_times.csv')
    names = ('job_statistics', 'node_utilization', 'task_times')
    scenario.run(*(f'--set={name}=out/2{name}.csv' for name in names))
    assert (scenario.folder / 'out' / LOCK).exists(), 'the first run still has its claims'
    clash = [*(f'--set={name}=out/2{name}.csv' for name in names[:2]), f'--set={names[2]}=out/../out/{names[2]}.csv']
    assert scenario.run(*clash, status=2).error == refusal(
        'task_times', first.process.pid, 'out/../out/task_times.csv')
    first.end()
    assert LOCK not in files(scenario.folder / 'out')


def test_a_run_that_was_killed_claims_nothing(scenario: Scenario) -> None:
    Endless(scenario).wait_for(scenario.folder / 'out' / 'task_times.csv').end(signal.SIGKILL)
    scenario.run()
    assert files(scenario.folder / 'out') >= {'job_statistics.csv'} and LOCK not in files(scenario.folder / 'out')


def test_any_number_of_runs_may_write_to_a_device(scenario: Scenario) -> None:
    names = ('job_statistics', 'task_times')
    scenario.configure(**{name: '/dev/null' for name in names})
    first = Endless(scenario, '--set', 'node_utilization=n.csv').wait_for(scenario.folder / 'n.csv')
    scenario.run()
    first.end()


def test_a_folder_that_can_not_be_written_to_does_not_hinder_a_run_that_may_write_to_its_files(
        scenario: Scenario) -> None:
    out = scenario.folder / 'out'
    out.mkdir()
    for name in ('job_statistics', 'node_utilization', 'task_times'):
        (out / f'{name}.csv').touch()
        (out / f'{name}.csv').chmod(0o666)
    (out / LOCK).mkdir()
    assert scenario.run().ends() == [3]
