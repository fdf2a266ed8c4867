"""elastisim-study plan: what is wrong with a study is found before anything runs, each with its message."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import SIMULATOR, Scenario, flexible, rigid, waiting

from elastisim_tools.study.command import main

BASE = 'configuration = "config.json"\n'
MAKER = '''
import json, sys
from pathlib import Path
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
jobs = [{'type': 'rigid', 'num_nodes': 1 + (i * int(arguments.get('--seed', 1))) % 3, 'submit_time': i,
         'application_model': 'app0.json'} for i in range(int(arguments.get('--jobs', 3)))]
Path(arguments['--to'], 'jobs.json').write_text(json.dumps({'jobs': jobs}))
'''
WORKLOAD = '[workload]\ncommand = ["/usr/bin/python3", "maker.py", "--to", "{folder}"]\n'


@pytest.fixture
def world(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    scenario.workload(rigid(2, application=waiting(10)), flexible('malleable', application=waiting(20), submit=1))
    scenario.configure(scheduler='builtin:fcfs', log_task_times=None)
    scenario.command()
    scenario.write('maker.py', MAKER)
    monkeypatch.chdir(scenario.folder)
    monkeypatch.setenv('ELASTISIM', SIMULATOR)
    return scenario


AXES = '[axes.policy]\nset = "scheduler"\nvalues = ["builtin:fcfs", "builtin:easy"]\n'


def axis(text: str, name: str = 'a') -> str:
    return f'{BASE}[axes.{name}]\n{text}\n'


ERRORS: dict[str, tuple[str, str]] = {
    'no TOML': ('a = [', 'study.toml: not TOML: Invalid value (at end of document)'),
    'no configuration': ('', "study.toml: 'configuration' is missing; name the configuration that all runs start from"),
    'configuration is not there': (
        'configuration = "nix.json"',
        "study.toml: configuration: there is no 'nix.json' (from the working directory, or beside the study)"),
    'configuration is no text': ('configuration = 3', 'study.toml: configuration: must be a text, is a number'),
    'unknown key': (BASE + 'metric = ["wait_mean"]', "study.toml: metric: unknown key; did you mean 'metrics'?"),
    'unknown key of an axis': (axis('sett = "scheduler"\nvalues = [1]'),
                               "study.toml: axes.a.sett: unknown key; did you mean 'set'?"),
    'an axis without a target': (
        axis('values = [1]'),
        'study.toml: axes.a: says nothing that it changes; give one of set, option, platform, scheduler_option'),
    'an axis with two targets': (
        axis('set = "scheduler"\nplatform = "x/@y"\nvalues = [1]'),
        'study.toml: axes.a: has set and platform; give one of set, option, platform, scheduler_option'),
    'an axis without values': (axis('set = "scheduler"'),
                               "study.toml: axes.a: 'values' must be a list of values or a table of named ones"),
    'an axis with no value': (axis('set = "scheduler"\nvalues = []'),
                              'study.toml: axes.a.values: there is no value; give at least one'),
    'a value twice': (axis('set = "scheduling_interval"\nvalues = [1, 2, 1]'),
                      "study.toml: axes.a.values: '1' is there twice; leave one out"),
    'a bad name': (axis('set = "scheduler"\nvalues = ["x"]', '"a b"'),
                   "study.toml: axes.a b: a name of an axis is of letters, digits and _, and not 'seed', which "
                   "is that of "
                   'the replications'),
    'axes are no table': (BASE + 'axes = 3', 'study.toml: axes: must be a table, is a number'),
    'option without a workload': (
        axis('option = "--load"\nvalues = [1]'),
        'study.toml: axes.a.option: there is no [workload] whose command could take it; add one'),
    'no option': (axis('option = "load"\nvalues = [1]') + WORKLOAD,
                  "study.toml: axes.a.option: 'load' is no option; write it as in the command, e.g. --load"),
    'no such step': (axis('option = "--load"\nstep = "convert"\nvalues = [1]') + WORKLOAD,
                     "study.toml: axes.a.step: there is no step 'convert'; steps are step1"),
    'a step of what is no option': (axis('set = "scheduler"\nstep = "step1"\nvalues = [1]') + WORKLOAD,
                                    "study.toml: axes.a.step: only an 'option' has a step; leave it out"),
    'no axis to zip with': (axis('set = "scheduler"\nzip = "b"\nvalues = ["x"]'),
                            "study.toml: axes.a.zip: there is no other axis 'b'"),
    'zipped of other lengths': (
        BASE + AXES + '[axes.b]\nset = "scheduling_interval"\nzip = "policy"\nvalues = [1]',
        'study.toml: axes.b.zip: has 1 values and policy has 2; zipped axes have as many'),
    'zipped with a zipped one': (
        BASE + AXES + '[axes.b]\nset = "scheduling_interval"\nzip = "policy"\nvalues = [1, 2]\n'
        '[axes.c]\nset = "job_kill_grace_period"\nzip = "b"\nvalues = [1, 2]',
        "study.toml: axes.c.zip: 'b' is zipped itself; zip both with 'policy'"),
    'seeds are none': (BASE + WORKLOAD + '[replications]\noption = "--seed"\nseeds = 0',
                       'study.toml: replications.seeds: must be a whole number of at least 1, is 0'),
    'seeds are missing': (BASE + WORKLOAD + '[replications]\noption = "--seed"',
                          'study.toml: replications.seeds: must be a whole number of at least 1, is 0'),
    'seeds are no numbers': (BASE + WORKLOAD + '[replications]\noption = "--seed"\nseeds = ["a"]',
                             'study.toml: replications.seeds: must be a number of seeds or a list of whole numbers'),
    'a seed twice': (BASE + WORKLOAD + '[replications]\noption = "--seed"\nseeds = [1, 1]',
                     'study.toml: replications.seeds: a seed is there twice; leave one out'),
    'exclusion of no axis': (BASE + AXES + '[[exclude]]\npolcy = "builtin:fcfs"',
                             "study.toml: exclude[0].polcy: there is no such axis; did you mean 'policy'?"),
    'exclusion of no value': (BASE + AXES + '[[exclude]]\npolicy = "fcfs"',
                              "study.toml: exclude[0].policy: there is no value 'fcfs'; values are builtin:fcfs, "
                              'builtin:easy'),
    'exclusions are no list': (BASE + 'exclude = 3', 'study.toml: exclude: must be a list of tables: [[exclude]]'),
    'an empty exclusion': (BASE + AXES + '[[exclude]]', 'study.toml: exclude[0]: must be a table of axes and values'),
    'everything excluded': (BASE + AXES + '[[exclude]]\npolicy = ["builtin:fcfs", "builtin:easy"]',
                            'study.toml: every run is excluded'),
    'baseline of two values': (BASE + 'baseline = {policy = ["builtin:fcfs", "builtin:easy"]}\n' + AXES,
                               'study.toml: baseline.policy: must be one value of an axis'),
    'baseline excluded': (BASE + 'baseline = {policy = "builtin:easy"}\n' + AXES +
                           '[[exclude]]\npolicy = "builtin:easy"',
                          'study.toml: baseline: policy=builtin:easy is excluded; no run is left to compare with'),
    'no such metric': (BASE + 'metrics = ["wait_men"]',
                       "study.toml: metrics: there is no metric 'wait_men'; did you mean 'wait_mean'?"),
    'no such type of jobs': (BASE + 'metrics = ["elastic/wait_mean"]',
                             "study.toml: metrics: 'elastic/wait_mean': 'elastic' is no type of jobs; types are rigid, "
                             'moldable, malleable, evolving, adaptive'),
    'a metric twice': (BASE + 'metrics = ["wait_mean", "wait_mean"]',
                       'study.toml: metrics: must be different metrics, at least one'),
    'metrics are no list': (BASE + 'metrics = "wait_mean"', 'study.toml: metrics: must be a list of texts'),
    'no such result': (BASE + 'results = ["event"]',
                       "study.toml: results: there is no result 'event'; did you mean 'events'?"),
    'no method of cutting': (BASE + '[cut]\nmethod = "mser"',
                             "study.toml: cut.method: 'mser' is not known; it is 'mser-5' or left out"),
    'two ways to cut': (BASE + '[cut]\nmethod = "mser-5"\nwarm_up = 3',
                        'study.toml: cut.method: finds the warm-up; leave warm_up and warm_up_jobs out'),
    'a cut that is no number': (BASE + '[cut]\nwarm_up = "1 h"',
                                'study.toml: cut.warm_up: must be a number of at least 0, is a text'),
    'half a job cut': (BASE + '[cut]\nwarm_up_jobs = 1.5',
                       'study.toml: cut.warm_up_jobs: must be a whole number of at least 0, is a number'),
    'a command without a folder': (BASE + '[workload]\ncommand = ["true"]',
                                   "study.toml: workload.command: must name '{folder}', the folder for what it makes, "
                                   "e.g. '{folder}/jobs.json'"),
    'a second step without the first': (
        BASE + '[[workload]]\ncommand = ["a", "{folder}"]\n[[workload]]\ncommand = ["b", "{folder}"]',
        "study.toml: workload[1].command: must name '{previous}', the folder that the step before it made"),
    'two steps of one name': (
        BASE + '[[workload]]\nname = "a"\ncommand = ["a", "{folder}"]\n'
        '[[workload]]\nname = "a"\ncommand = ["b", "{previous}", "{folder}"]',
        "study.toml: workload[1].name: 'a' is the name of a step before; choose another one"),
    'a command that is not there': (
        BASE + '[workload]\ncommand = ["/missing/maker", "{folder}"]',
        "study.toml: workload 'step1': `/missing/maker FOLDER` cannot be started: no such file or directory"),
    'a command that fails': (
        BASE + '[workload]\ncommand = ["sh", "-c", "echo no luck >&2; exit 3", "{folder}"]',
        "study.toml: workload 'step1': `sh -c 'echo no luck >&2; exit 3' FOLDER` failed with status 3: no luck"),
    'a command that leaves nothing': (
        BASE + '[workload]\ncommand = ["true", "{folder}"]',
        "study.toml: workload 'step1': `true FOLDER` left no jobs.json in {folder}; say in 'jobs' and "
        "'platform' what it "
        'writes'),
    'settings are no table': ('settings = 3\n' + BASE, 'study.toml: settings: must be a table, is a number'),
    'unknown key of the configuration': (
        axis('set = "schedulng_interval"\nvalues = [1]'),
        "study.toml: axes.a.set: the configuration has no key 'schedulng_interval'; did you mean "
        "'scheduling_interval'?"),
    'unknown key among the settings': (
        BASE + '[settings]\nzzz = 3',
        "study.toml: settings.zzz: the configuration has no key 'zzz'; elastisim --help-configuration lists them"),
    'a result that is set': (
        axis('set = "events"\nvalues = ["a.jsonl"]'),
        "study.toml: axes.a.set: 'events' is not for a study to set: it goes to the folder of the run; name it in "
        "'results'"),
    'a URL that runs would share': (
        BASE + '[settings]\nzmq_url = "ipc://x"',
        "study.toml: settings.zmq_url: 'zmq_url' is not for a study to set: runs side by side cannot share a "
        "URL; use a "
        'scheduler with exec:'),
    'two axes that change the same': (
        BASE + AXES + '[axes.b]\nset = "scheduler"\nvalues = ["builtin:sjf"]',
        "study.toml: axes 'policy' and 'b' both change 'scheduler'; make one of them"),
    'an axis that changes nothing': (
        BASE + WORKLOAD + '[axes.a]\noption = "--nothing"\nvalues = [1, 2]',
        "study.toml: axes.a: changes nothing: runs are the same with each of its values; is '--nothing' what it should "
        'change?'),
    'seeds that change nothing': (
        BASE + WORKLOAD + '[replications]\noption = "--sed"\nseeds = 2',
        "study.toml: replications: changes nothing: runs are the same with each of its values; is '--sed' what "
        "it should "
        'change?'),
    'two runs with equal inputs': (
        BASE + WORKLOAD + '[axes.a]\noption = "--seed"\nvalues = [1, 2, 4]',
        'study.toml: two runs have equal inputs: a=1; and a=4; take one out, by a value or with [[exclude]]'),
    'a value that a run refuses': (
        axis('set = "scheduling_interval"\nvalues = [1, "often"]'),
        'study.toml: the simulator refuses a=often: command line: --set: scheduling_interval: must be a number, is a '
        'string'),
    'a policy that is not there': (
        axis('set = "scheduler"\nvalues = ["builtin:fcfs", "builtin:fcfs,backfilling=nix"]'),
        "study.toml: the simulator refuses a=builtin:fcfs,backfilling=nix: scheduler "
        "builtin:fcfs,backfilling=nix: there "
        "is no backfilling 'nix'; known: none, first_fit, easy, conservative, hybrid"),
    'several values that a run refuses': (
        axis('set = "scheduling_interval"\nvalues = [-1, -2]'),
        'study.toml: the simulator refuses a=-1 (and 1 more): command line: --set: scheduling_interval: must be '
        'at least '
        '0, is -1'),
    'no path of an attribute': (
        axis('platform = "bandwidth"\nvalues = [1]'),
        "study.toml: 'bandwidth': is no attribute of the platform; write PATH/@ATTRIBUTE, e.g. "
        "link[@id='PFS_read']/@bandwidth"),
    'no such element': (axis('platform = "disk/@read_bw"\nvalues = [1]'),
                        "study.toml: 'disk/@read_bw': FOLDER/platform.xml has no such element"),
    'no such attribute': (
        axis('platform = "cluster/@bandwidth"\nvalues = [1]'),
        "study.toml: 'cluster/@bandwidth': an element of FOLDER/platform.xml has no attribute 'bandwidth'; it has id, "
        'prefix, radical, suffix, speed, core, bw, lat, sharing_policy, router_id'),
    'no XML path': (axis('platform = "cluster[/@bw"\nvalues = [1]'),
                    "study.toml: 'cluster[/@bw': is no path of XML elements"),
    'options of a scheduler that takes none': (
        BASE + 'settings = {scheduler = "plugin:./x.so"}\n[axes.a]\nscheduler_option = "order"\nvalues = ["sjf"]',
        "study.toml: scheduler_option order: only builtin: and exec: schedulers take options, and here it is "
        "'plugin:./x.so'"),
    'jobs that are not there': (axis('set = "jobs_file"\nvalues = ["jobs.json", "more.json"]'),
                                "study.toml: jobs_file: there is no 'more.json'"),
    'replications are no table': (BASE + 'replications = 3', 'study.toml: replications: must be a table, is a number'),
    'a workload is no table': (BASE + 'workload = 3',
                               'study.toml: workload: must be a table or a list of tables, is a number'),
    'a platform is no XML': (
        BASE + 'settings = {platform_file = "maker.py"}\n[axes.a]\nplatform = "cluster/@bw"\nvalues = ["1GBps"]',
        'FOLDER/maker.py: not XML: syntax error: line 2, column 0'),
    'an input that is not there': (BASE + 'inputs = ["library.py"]',
                                   "study.toml: inputs: there is no 'library.py' (from the working directory, "
                                   "or beside "
                                   'the study)'),
}


@pytest.mark.parametrize(('text', 'message'), ERRORS.values(), ids=ERRORS)
def test_an_error_is_found_before_anything_runs(world: Scenario, capsys: pytest.CaptureFixture[str], text: str,
                                                message: str) -> None:
    world.write('study.toml', text)
    assert main(['plan', 'study.toml']) == 2
    said = capsys.readouterr().err
    said = said.replace(str(world.folder), 'FOLDER')
    said = re.sub(r'FOLDER/runs/study/workloads/\S+/made|runs/study/workloads/\S+/made', 'FOLDER', said)
    assert said == f'elastisim-study: error: {message}\n'
    assert not list(world.folder.glob('runs/study/runs/*'))


@pytest.mark.parametrize('content', ['{', '[]'])
def test_a_configuration_that_is_none(world: Scenario, capsys: pytest.CaptureFixture[str], content: str) -> None:
    world.write('config.json', content)
    world.write('study.toml', BASE)
    assert main(['plan', 'study.toml']) == 2
    assert capsys.readouterr().err.startswith('elastisim-study: error: study.toml: configuration: config.json: ')


def test_a_configuration_names_what_every_run_needs(world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    world.write('config.json', '{"platform_file": "platform.xml"}')
    world.write('study.toml', BASE)
    assert said_by(capsys, 'plan', 'study.toml') == \
        "config.json: 'jobs_file' is missing; add it, or set it in the study"


def said_by(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err.removeprefix('elastisim-study: error: ').rstrip('\n')


def test_what_stands_around_a_study_is_told(world: Scenario, capsys: pytest.CaptureFixture[str],
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    assert said_by(capsys, 'plan', 'missing.toml') == 'missing.toml: no such file or directory'
    world.write('study.toml', BASE)
    for command in ('table', 'status'):
        assert said_by(capsys, command, 'study.toml') == \
            'runs/study: there is no plan yet; elastisim-study run study.toml makes and carries it out'
    assert said_by(capsys, 'clean', 'study.toml') == 'runs/study: is no folder of a study; nothing is removed'
    assert said_by(capsys, 'plan', 'study.toml', '--elastisim', 'elastisum') == \
        "there is no program 'elastisum'; give --elastisim PROGRAM"
    broken = Path(world.write('broken', '#!/bin/sh\nexit 3\n'))
    broken.chmod(0o755)
    assert said_by(capsys, 'plan', 'study.toml', '--elastisim', str(broken)) == \
        f"{broken}: cannot be run: Command '['{broken}', '--help-configuration']' returned non-zero exit status 3."
    assert main(['plan', 'study.toml']) == 0
    world.write('study.toml', BASE + AXES)
    capsys.readouterr()
    assert said_by(capsys, 'table', 'study.toml') == ('study.toml: its axes have changed since the plan was made; '
                                                      'elastisim-study run study.toml brings it up to date')
    monkeypatch.setenv('PATH', '/nowhere')
    assert said_by(capsys, 'run', 'study.toml') == 'snakemake is not on the path; install it (Debian: snakemake)'


def test_a_python_without_toml_says_so(world: Scenario, capsys: pytest.CaptureFixture[str],
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    world.write('study.toml', BASE)
    modules: dict[str, Any] = sys.modules
    for name in ('tomllib', 'tomli'):
        monkeypatch.setitem(modules, name, None)
    assert said_by(capsys, 'plan', 'study.toml') == (
        'this Python reads no TOML: use Python 3.11 or newer, or install tomli (Debian: python3-tomli)')


def test_one_at_a_time_works_on_a_study(world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    from elastisim_tools.study.workflow import locked
    world.write('study.toml', BASE)
    with locked(Path('runs/study')):
        assert said_by(capsys, 'plan', 'study.toml') == \
            'runs/study: another elastisim-study is at work there; wait for it'


def keys_of(folder: Path) -> dict[str, str]:
    plan: dict[str, Any] = json.loads((folder / 'runs' / 'study' / 'plan.json').read_text())
    return {' '.join(run['names'].values()): run['key'] for run in plan['runs']}


def test_zipped_axes_go_along_and_excluded_runs_are_left_out(world: Scenario) -> None:
    world.write('study.toml', BASE + AXES +
                '[axes.interval]\nset = "scheduling_interval"\nzip = "policy"\nvalues = [5, 7]\n'
                '[axes.grace]\nset = "job_kill_grace_period"\nvalues = {none = 0.0, some = 1.5, much = 60}\n'
                '[[exclude]]\npolicy = "builtin:easy"\ngrace = ["some", "much"]\n')
    assert main(['plan', 'study.toml']) == 0
    assert list(keys_of(world.folder)) == ['builtin:fcfs 5 none', 'builtin:fcfs 5 some', 'builtin:fcfs 5 much',
                                           'builtin:easy 7 none']


def test_the_content_of_inputs_counts_and_not_their_place(world: Scenario) -> None:
    world.write('scheduler.py', 'pass')
    world.write('study.toml', BASE + 'inputs = ["notes.txt"]\nsettings = {scheduler = "exec:python3 scheduler.py"}\n')
    world.write('notes.txt', '1')

    def key() -> str:
        from elastisim_tools.study.materials import hash_of_file
        hash_of_file.cache_clear()
        assert main(['plan', 'study.toml']) == 0
        return keys_of(world.folder)['']

    keys = [key()]
    (world.folder / 'jobs.json').rename(world.folder / 'other.json')
    world.configure(jobs_file='other.json')
    world.command()
    assert key() == keys[0]
    for name, content in (('scheduler.py', 'pass  # more'), ('notes.txt', '2'), ('app0.json', waiting(11)),
                          ('platform.xml', (world.folder / 'platform.xml').read_text() + '<!-- -->')):
        world.write(name, content)
        keys.append(key())
    world.configure(job_kill_grace_period=3)
    world.command()
    keys.append(key())
    assert len(set(keys)) == 6
