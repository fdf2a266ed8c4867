"""elastisim-workload import slurm: what `sacct` prints of a real accounting database (slurmdbd), in all its columns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from logs import read, rules, simulate, workload
from slurm_site import Slurm, slurm_of

TWICE = 'test "$SLURM_RESTART_COUNT" || sleep 100; true'


def requeued(slurm: Slurm) -> str:
    """A job that is sent back to the queue while it runs, and runs again without the delay that this means."""
    job = slurm.submit('-N1', '--requeue', '-J', 'again', command=TWICE)
    slurm.wait_until_it_runs(job)
    slurm.run('scontrol', 'requeue', job)
    slurm.wait_until(lambda: slurm.state(job) == 'PENDING')
    slurm.run('scontrol', 'update', f'jobid={job}', 'StartTime=now')
    return job


def test_all_columns_of_a_real_accounting_database_are_read(tmp_path: Path) -> None:
    with slurm_of(tmp_path, accounting=True) as slurm:
        first = slurm.submit('-N2', '-t', '5', '-A', 'physics', '-J', 'my|job', command='srun -n1 true; sleep 1')
        cut = slurm.submit('-N1', command='sleep 100')
        gpus = slurm.submit('-N1', '--gres=gpu:2')
        array = slurm.submit('-n1', '--array=1-3')
        failing = slurm.submit('-N1', '-p', 'debug', f'--dependency=afterok:{first}', command='false')
        slurm.wait_until_it_runs(cut)
        slurm.run('scancel', slurm.submit('-N4', '--exclusive'))  # has to wait
        slurm.run('scancel', cut)
        again = requeued(slurm)
        slurm.wait_for_jobs()
        ended = {'COMPLETED': 6, 'FAILED': 1, 'CANCELLED by 0': 2, 'REQUEUED': 1}
        slurm.wait_until(lambda: Counter(slurm.run('sacct', '-aDXnP', '-o', 'State').splitlines()) == ended)
        text = slurm.run('sacct', '-a', '-D', '-P', '-o', 'ALL')
    (tmp_path / 'sacct.txt').write_text(text)
    workload('import', 'slurm', 'sacct.txt', '-o', 'out', '--slurm-conf', tmp_path / 'slurm/slurm.conf', cwd=tmp_path)
    jobs, report = read(tmp_path / 'out')
    rows, steps = text.splitlines()[1:], report['folded']
    assert len(rows) == report['read'] == 9 + 1 + steps and steps >= 10  # a batch step for each run, one of srun
    assert (report['kept'], rules(report)['cancelled_before_start']) == (9, 1)
    by_name = {job['name']: job for job in jobs}
    runs = [name for name in by_name if name.startswith(again) and name not in (first, cut, gpus, failing)]
    seen = {name: (job['num_nodes'], job.get('walltime'), job['attributes']['status'])
            for name, job in by_name.items() if name not in runs}
    tasks = {f'{array}_{task}': (1, 3600, 'completed') for task in (1, 2, 3)}
    assert seen == {first: (2, 300, 'completed'), cut: (1, 3600, 'cancelled'), gpus: (1, 3600, 'completed'),
                    failing: (1, 600, 'failed'), **tasks}
    assert by_name[first]['attributes'] == {
        'user': 'root', 'group': 'root', 'account': 'physics', 'partition': 'batch', 'qos': 'normal',
        'job_name': 'my|job', 'status': 'completed'}
    assert by_name[gpus]['num_gpus_per_node'] == 2
    assert by_name[failing]['dependencies'] == [{'after_ok': first}]
    earlier, later = (by_name[name] for name in runs)
    assert later['dependencies'] == [{'after_any': earlier['name']}]
    assert len(simulate(tmp_path / 'out')) == 9
