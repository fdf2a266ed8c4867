"""elastisim-study: runs through Snakemake, what is done again and what is not, tables of the results."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from harness import PATIENCE, PYTHON, SIMULATOR, Scenario, flexible, rigid, wait_for, waiting

from elastisim_tools.metrics import statistics_of
from elastisim_tools.run import load_run as load_results
from elastisim_tools.study import load_run, load_study
from elastisim_tools.study.command import main

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [PYTHON, str(ROOT / 'python' / 'elastisim-study')]
MAKER = '''
import json, random, sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
draw = random.Random(int(arguments['--seed']))
jobs = [{'type': 'rigid', 'num_nodes': draw.randint(1, 4), 'submit_time': 10 * i, 'walltime': 100,
         'application_model': draw.choice(['app0.json', 'app1.json'])} for i in range(12)]
json.dump({'jobs': jobs}, open(arguments['--to'] + '/jobs.json', 'w'))
'''
STUDY = '''
configuration = "config.json"
metrics = ["wait_mean", "node_utilization", "rigid/slowdown_mean"]
baseline = {policy = "fcfs"}

[workload]
command = ["/usr/bin/python3", "maker.py", "--to", "{folder}"]

[axes.policy]
set = "scheduler"
values = {fcfs = "builtin:fcfs", sjf = "builtin:sjf"}

[axes.grace]
set = "job_kill_grace_period"
values = [0, 50]

[replications]
option = "--seed"
seeds = 3
'''

pytestmark = pytest.mark.skipif(not shutil.which('snakemake'), reason='snakemake is not installed')


@pytest.fixture
def world(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    scenario.workload(rigid(2, application=waiting(30)), flexible('malleable', application=waiting(70)))
    scenario.configure(scheduler='builtin:fcfs', log_task_times=None)
    scenario.command()
    scenario.write('maker.py', MAKER)
    scenario.write('study.toml', STUDY)
    monkeypatch.chdir(scenario.folder)
    monkeypatch.setenv('ELASTISIM', SIMULATOR)
    return scenario


def records(folder: Path) -> dict[Path, int]:
    """When each run was done."""
    return {path: path.stat().st_mtime_ns for path in folder.glob('runs/study/runs/*/run.json')}


def rows(name: str) -> list[dict[str, str]]:
    with open(f'runs/study/{name}.csv', newline='') as file:
        return list(csv.DictReader(file))


def test_a_study_gives_the_figures_of_its_runs(world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['run', 'study.toml', '-j2', '--runs-per-job=5']) == 0
    assert len(list(world.folder.glob('runs/study/done/*'))) == 3, '12 runs, five in a job'
    said = capsys.readouterr().out.splitlines()
    assert said[0] == '12 runs: policy (2) × grace (2) × seed (3); 12 runs to do'
    assert said[-1] == '12 of 12 runs done, 0 failed, 0 to do'
    assert main(['table', 'study.toml']) == 0
    text = capsys.readouterr().out
    assert 'Means over 3 seeds' in text and 'Differences to policy=fcfs' in text

    table = rows('runs')
    assert [(row['policy'], row['grace'], row['seed']) for row in table[:4]] == \
        [('fcfs', '0', '1'), ('fcfs', '0', '2'), ('fcfs', '0', '3'), ('fcfs', '50', '1')]
    for row in table[::5]:
        run = json.loads((world.folder / 'runs/study/runs' / row['key'] / 'run.json').read_text())
        alone = world.run('--output=alone', '--set=node_utilization=node_utilization.csv',
                          f'--set=jobs_file={run["description"]["set"]["jobs_file"]}',
                          f'--set=job_kill_grace_period={row["grace"]}', scheduler=f'builtin:{row["policy"]}')
        figures = statistics_of(load_results('alone'), None).groups['all']
        assert alone.status == 0 and float(row['wait_mean']) == figures['wait_mean']
        assert float(row['rigid/slowdown_mean']) == figures['slowdown_mean']
        assert float(row['node_utilization']) == pytest.approx(run['node_utilization'])

    groups = rows('groups')
    first = [row for row in groups if (row['policy'], row['grace'], row['metric']) == ('sjf', '50', 'wait_mean')][0]
    waits = {(row['policy'], row['grace'], row['seed']): float(row['wait_mean']) for row in table}
    mine = [waits['sjf', '50', seed] for seed in '123']
    differences = [waits['sjf', '50', seed] - waits['fcfs', '50', seed] for seed in '123']
    assert float(first['mean']) == pytest.approx(sum(mine) / 3)
    assert float(first['difference']) == pytest.approx(sum(differences) / 3) and first['pairs'] == '3'
    assert len(groups) == 4 * 3


def test_only_what_is_new_runs(world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    world.write('study.toml', STUDY.replace('[0, 50]', '[0]'))
    assert main(['run', 'study.toml', '-j2']) == 0
    before = records(world.folder)
    assert main(['run', 'study.toml', '-j2']) == 0
    assert records(world.folder) == before and len(before) == 6
    world.write('study.toml', STUDY.replace('[0, 50]', '[0]').replace('}\n\n[axes.grace]', ', easy = "builtin:easy"}\n'
                                                                      '\n[axes.grace]'))
    capsys.readouterr()
    assert main(['plan', 'study.toml', '-j2']) == 0
    assert capsys.readouterr().out.startswith('9 runs: policy (3) × grace (1) × seed (3); 3 runs to do\nabout ')
    assert main(['run', 'study.toml', '-j2']) == 0
    after = records(world.folder)
    assert len(after) == 9 and {path: after[path] for path in before} == before

    # What the plan no longer names stays until it is cleaned away.
    world.write('study.toml', STUDY.replace('[0, 50]', '[0]'))
    assert main(['plan', 'study.toml']) == 0 and len(records(world.folder)) == 9
    assert main(['clean', 'study.toml', '--unused']) == 0 and records(world.folder) == before
    world.write('runs/study/mine.txt', 'notes')
    assert main(['clean', 'study.toml']) == 0
    assert [path.name for path in (world.folder / 'runs/study').iterdir()] == ['mine.txt']


def test_a_failed_run_keeps_its_message_and_others_go_on(world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    broken = world.script('import sys\nsys.exit(3)\n')
    world.write('study.toml', 'configuration = "config.json"\nmetrics = ["wait_mean"]\nresults = ["node_utilization"]\n'
                '[axes.policy]\nset = "scheduler"\n'
                f'values = {{fcfs = "builtin:fcfs", broken = "{broken}", sjf = "builtin:sjf,backfilling=easy"}}\n')
    assert main(['run', 'study.toml', '-j2']) == 1
    said = capsys.readouterr().out
    assert '2 of 3 runs done, 1 failed, 0 to do\n' in said
    assert 'failed: policy=broken: the scheduler command' in said and ', status 3)\n' in said
    before = records(world.folder)
    assert main(['run', 'study.toml']) == 1 and records(world.folder) == before, 'its inputs are the same'
    assert main(['table', 'study.toml']) == 0
    assert '1 of 3 runs are missing.' in capsys.readouterr().out
    assert [(row['status'], row['error'] != '', row['wait_mean'] != '') for row in rows('runs')] == \
        [('done', False, True), ('failed', True, False), ('done', False, True)]
    assert main(['run', 'study.toml', '--again']) == 1
    after = records(world.folder)
    assert sum(after[path] != before[path] for path in before) == 1

    pandas = pytest.importorskip('pandas')
    frames = load_study(world.folder / 'runs/study')
    assert list(frames.runs['policy']) == ['fcfs', 'broken', 'sjf'] and pandas.isna(frames.runs['wait_mean'][1])
    assert list(frames.groups['missing']) == [0, 1, 0]
    run = load_run(world.folder / 'runs/study/runs' / frames.runs['key'][0])
    assert list(run.jobs['Type']) == ['rigid', 'malleable'] and run.nodes is not None and run.events is None
    with sqlite3.connect('runs/study/study.sqlite') as database:
        assert database.execute('SELECT policy FROM runs WHERE status = "failed"').fetchall() == [('broken',)]


def test_an_interrupted_study_goes_on_where_it_was(world: Scenario) -> None:
    waits = world.script('import runpy, time\nfrom pathlib import Path\n'
                         'Path("waiting").touch()\n'
                         'while not Path("go").exists(): time.sleep(0.05)\n'
                         f'runpy.run_path("{ROOT / "schedulers" / "fcfs.py"}", run_name="__main__")\n')
    world.write('study.toml', 'configuration = "config.json"\n[axes.policy]\nset = "scheduler"\n'
                f'values = {{fcfs = "builtin:fcfs", sjf = "builtin:sjf", waits = "{waits}"}}\n')
    process = subprocess.Popen([*COMMAND, 'run', 'study.toml', '-j2', '--runs-per-job=1'], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        wait_for(lambda: len(records(world.folder)) == 2 and (world.folder / 'waiting').exists(), 'nothing goes on')
        before = records(world.folder)
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130 and 'interrupted; what is done stays done\n' in error, error
    assert out.splitlines()[2].startswith('2 of 3 runs done')
    world.write('go', '')
    assert main(['run', 'study.toml']) == 0
    after = records(world.folder)
    assert len(after) == 3 and {path: after[path] for path in before} == before


def test_the_workflow_can_be_carried_out_by_hand(world: Scenario) -> None:
    assert main(['run', 'study.toml', '--runs-per-job=6']) == 0
    for path in list(records(world.folder))[:5]:
        path.unlink()
    before = records(world.folder)
    for flag in world.folder.glob('runs/study/done/*'):
        flag.unlink()
    subprocess.run(['snakemake', '--snakefile', 'Snakefile', '--cores', '1', '--quiet', 'all'], cwd='runs/study',
                   check=True, capture_output=True, timeout=PATIENCE)
    after = records(world.folder)
    assert len(after) == 12 and {path: after[path] for path in before} == before


def test_platforms_get_other_attributes_and_schedulers_options(world: Scenario) -> None:
    world.write('study.toml', 'configuration = "config.json"\nmetrics = ["turnaround_max"]\n'
                '[axes.speed]\nplatform = "cluster/@speed"\nvalues = ["1Gf", "4Gf"]\n'
                '[axes.order]\nscheduler_option = "order"\nvalues = ["fcfs", "sjf"]\n')
    assert main(['plan', 'study.toml']) == 0
    plan = json.loads((world.folder / 'runs/study/plan.json').read_text())
    settings = [run['description']['set'] for run in plan['runs']]
    assert [each['scheduler'] for each in settings] == ['builtin:fcfs,order=fcfs', 'builtin:fcfs,order=sjf'] * 2
    assert [f'speed="{speed}"' in Path(each['platform_file']).read_text()
            for each, speed in zip(settings, ('1Gf', '1Gf', '4Gf', '4Gf'))] == [True] * 4


ENERGY_STUDY = '''
configuration = "config.json"
metrics = ["wait_mean"]
{results}
[axes.price]
set = "energy_price"
values = {{low = "low.csv", high = "high.csv"}}
'''


def test_what_is_about_energy_counts_where_energy_is_a_result(
        world: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    """Prices are files, of which the contents count; without the result they are no part of the runs."""
    world.configure(energy='out/energy.csv', energy_price='low.csv', pfs_watts=5).command()
    for name, price in (('low', 1), ('high', 2)):
        world.write(f'{name}.csv', f'0,{price}\n')
    world.write('study.toml', ENERGY_STUDY.format(results='results = ["job_statistics", "energy"]'))
    assert main(['run', 'study.toml']) == 0
    assert capsys.readouterr().out.splitlines()[-1] == '2 of 2 runs done, 0 failed, 0 to do'
    results = [path.read_text() for path in world.folder.glob('runs/study/runs/*/job_statistics.csv')]
    assert len(results) == 2 and all('Energy Cost' in text for text in results)
    world.write('dear.csv', '0,3\n')
    text = (world.folder / 'study.toml').read_text()
    world.write('study.toml', text.replace('high.csv', 'dear.csv'))
    assert main(['run', 'study.toml']) == 0
    assert '; 1 run to do' in capsys.readouterr().out
    world.write('study.toml', ENERGY_STUDY.format(results='').partition('[axes')[0] +
                '[axes.policy]\nset = "scheduler"\nvalues = {fcfs = "builtin:fcfs", sjf = "builtin:sjf"}\n')
    assert main(['run', 'study.toml']) == 0
    assert capsys.readouterr().out.splitlines()[-1] == '2 of 2 runs done, 0 failed, 0 to do'
