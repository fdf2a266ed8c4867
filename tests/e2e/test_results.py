"""The result files, column by column, and that nothing but the inputs has a say in them."""

from __future__ import annotations

import csv
import io

import pytest
from harness import (
    JOB_COLUMNS,
    NODE_COLUMNS,
    PERIODIC,
    POINT,
    TASK_COLUMNS,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    cpu,
    flexible,
    host,
    idle,
    model,
    near,
    pairwise,
    phase,
    rigid,
    start_on,
    task,
    waiting,
)
from mixed import mixed_world


def row(**values: object) -> dict[str, str]:
    """A row of job_statistics from its columns, spaces in their names written as underscores."""
    named = {key.replace('_', ' '): str(value) for key, value in values.items()}
    assert list(named) == JOB_COLUMNS
    return named


# --- job_statistics --------------------------------------------------------------------------------------------


def test_job_statistics_has_a_row_per_job_with_times_status_and_size(scenario: Scenario) -> None:
    scenario.workload(rigid(4, waiting(5), name='first'), flexible('moldable', 2, 3, waiting(2, 4), 0.5, name='2nd'),
                      rigid(1, waiting(9), 1, walltime=2.25))
    result = scenario.run()
    assert result.jobs == [
        row(ID=0, Type='rigid', Submit_Time=0, Start_Time=0, End_Time=5, Wait_Time=0, Makespan=5, Turnaround_Time=5,
            Status='completed', Name='first', Nodes_At_Start=4, Nodes_Min=4, Nodes_Max=4, Node_Seconds=20,
            Reconfigurations=0, Completed_Phases=1),
        row(ID=1, Type='moldable', Submit_Time=0.5, Start_Time=5, End_Time=13, Wait_Time=4.5, Makespan=8,
            Turnaround_Time=12.5, Status='completed', Name='2nd', Nodes_At_Start=3, Nodes_Min=3, Nodes_Max=3,
            Node_Seconds=24, Reconfigurations=0, Completed_Phases=4),
        row(ID=2, Type='rigid', Submit_Time=1, Start_Time=5, End_Time=7.25, Wait_Time=4, Makespan=2.25,
            Turnaround_Time=6.25, Status='killed', Name='', Nodes_At_Start=1, Nodes_Min=1, Nodes_Max=1,
            Node_Seconds=2.25, Reconfigurations=0, Completed_Phases=0)]
    assert result.text('job_statistics').splitlines()[0] == ','.join(JOB_COLUMNS)


def test_job_statistics_counts_reconfigurations_and_integrates_nodes_over_time(scenario: Scenario) -> None:
    """Two nodes for 2 s, four for 2 s, one for 4 s."""
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 4))).configure(schedule_on_scheduling_point=True)

    def resize(peer: Peer) -> list[Json]:
        if peer.kind == POINT:
            plan: dict[float, list[Json]] = {2: [change(0, [0, 1, 2, 3])], 4: [change(0, [3])]}
            return plan.get(peer.time, [])
        return start_on({0: [0, 1]})(peer)

    result, _ = scenario.ask(resize)
    assert result.jobs == [
        row(ID=0, Type='malleable', Submit_Time=0, Start_Time=0, End_Time=8, Wait_Time=0, Makespan=8,
            Turnaround_Time=8, Status='completed', Name='', Nodes_At_Start=2, Nodes_Min=1, Nodes_Max=4,
            Node_Seconds=16, Reconfigurations=2, Completed_Phases=4)]


def test_job_statistics_of_a_run_that_ends_early_has_unfinished_jobs_with_what_is_known(scenario: Scenario) -> None:
    """Stuck is not possible while a job runs: the scheduler breaks a rule at 5 s instead."""
    scenario.workload(rigid(2, waiting(2, 5), 1), rigid(4, submit=2), rigid(1, submit=5), rigid(1, submit=9))
    result, _ = scenario.ask(lambda peer: [change(2, [9])] if peer.time == 5 else start_on({0: [0, 1]})(peer),
                             status=3)
    never = {'Nodes_At_Start': 0, 'Nodes_Min': 0, 'Nodes_Max': 0, 'Node_Seconds': 0, 'Reconfigurations': 0,
             'Completed_Phases': 0}
    assert result.jobs == [
        row(ID=0, Type='rigid', Submit_Time=1, Start_Time=1, End_Time=-1, Wait_Time=0, Makespan=-1,
            Turnaround_Time=-1, Status='unfinished', Name='', Nodes_At_Start=2, Nodes_Min=2, Nodes_Max=2,
            Node_Seconds=8, Reconfigurations=0, Completed_Phases=result.jobs[0]['Completed Phases']),
        *[row(ID=i, Type='rigid', Submit_Time=submit, Start_Time=-1, End_Time=-1, Wait_Time=-1, Makespan=-1,
              Turnaround_Time=-1, Status='unfinished', Name='', **never)
          for i, submit in ((1, 2), (2, 5), (3, 9))]]
    assert result.jobs[0]['Completed Phases'] in ('1', '2')


def test_nodes_that_a_job_gets_at_its_point_are_never_shown_as_reserved(scenario: Scenario) -> None:
    """Nor is anything else that lasts no time: rows tell of changes."""
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 2))).configure(schedule_on_scheduling_point=True)
    result, _ = scenario.ask(lambda peer: [change(0, [3, 0])] if peer.kind == POINT else start_on({0: [0]})(peer))
    rows = [tuple(entry.values()) for entry in result.nodes if entry['Node'] in ('n0', 'n3')]
    assert rows == [('0', 'n0', 'free', 'none', 'none'), ('0', 'n3', 'free', 'none', 'none'),
                    ('0', 'n0', 'allocated', '0', 'none'), ('2', 'n3', 'allocated', '0', 'none'),
                    ('4', 'n3', 'free', 'none', 'none'), ('4', 'n0', 'free', 'none', 'none')]


@pytest.mark.parametrize('name', ['a, b', 'say "hi"', 'line\nbreak', 'naïve ✓', "it's"])
def test_names_survive_as_csv(scenario: Scenario, name: str) -> None:
    scenario.workload(rigid(1, model(phase(busy(1, name=name))), name=name))
    result = scenario.run()
    for table, column in (('job_statistics', 'Name'), ('task_times', 'Task')):
        rows = list(csv.DictReader(io.StringIO(result.text(table), newline='')))
        assert [entry[column] for entry in rows] == [name]


def test_figures_carry_at_least_twelve_digits(scenario: Scenario) -> None:
    third = 1 / 3
    scenario.workload(rigid(1, waiting(third), 1e6 + third))
    result = scenario.run()
    start, end = result.column('Start Time')[0], result.column('End Time')[0]
    assert float(start) == pytest.approx(1e6 + third, rel=1e-14)
    assert float(end) == pytest.approx(1e6 + 2 * third, rel=1e-14)
    assert len(start) >= 13 and float(result.tasks[0]['Duration']) == pytest.approx(third, rel=1e-9)


# --- node_utilization ------------------------------------------------------------------------------------------


def test_node_utilization_has_a_row_per_node_at_time_0_and_then_at_each_change(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(3), 1.5), rigid(1, waiting(1), 4.75))
    result = scenario.run()
    assert result.text('node_utilization') == '\n'.join([
        ','.join(NODE_COLUMNS),
        *[f'0,n{i},free,none,none' for i in range(4)],
        '1.5,n0,allocated,0,none', '1.5,n1,allocated,0,none',
        '4.5,n0,free,none,none', '4.5,n1,free,none,none', '4.75,n0,allocated,1,none',
        '5.75,n0,free,none,none', ''])


def test_node_utilization_shows_reservations_and_who_is_expected(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 2))).configure(scheduling_interval=1.5)
    result, _ = scenario.ask(
        lambda peer: [change(0, [3, 0])] if peer.kind == PERIODIC and peer.time == 1.5 else start_on({0: [0]})(peer))
    rows = [tuple(entry.values()) for entry in result.nodes if entry['Node'] == 'n3']
    assert rows == [('0', 'n3', 'free', 'none', 'none'), ('1.5', 'n3', 'reserved', 'none', '0'),
                    ('2', 'n3', 'allocated', '0', 'none'), ('4', 'n3', 'free', 'none', 'none')]


def test_node_utilization_joins_the_jobs_of_an_oversubscribed_node(scenario: Scenario) -> None:
    scenario.workload(rigid(1, model(phase(idle(5)))), rigid(1, model(phase(idle(5))), 1),
                      flexible('malleable', 1, 2, model(phase(idle(2), iterations=3)), 2))
    scenario.configure(allow_oversubscription=True, scheduling_interval=3.5)
    result, _ = scenario.ask(lambda peer: [change(2, [1, 0])] if peer.kind == PERIODIC and peer.time == 3.5
                             else start_on({0: [0], 1: [0], 2: [1]})(peer))
    rows = [tuple(entry.values()) for entry in result.nodes if entry['Node'] == 'n0']
    assert rows == [('0', 'n0', 'free', 'none', 'none'), ('0', 'n0', 'allocated', '0', 'none'),
                    ('1', 'n0', 'allocated', '0;1', 'none'), ('3.5', 'n0', 'allocated', '0;1', '2'),
                    ('4', 'n0', 'allocated', '0;1;2', 'none'), ('5', 'n0', 'allocated', '1;2', 'none'),
                    ('6', 'n0', 'allocated', '2', 'none'), ('8', 'n0', 'free', 'none', 'none')]


# --- task_times ------------------------------------------------------------------------------------------------


def test_task_times_has_a_row_per_task_and_node_at_its_end(scenario: Scenario) -> None:
    tasks = [busy(1, name='one', iterations=3), cpu([2e9, 4e9], 'vector', name='two'), busy(0, name='none')]
    result = scenario.workload(rigid(2, model(phase(*tasks)), 0.5)).run()
    assert result.text('task_times').splitlines()[0] == ','.join(TASK_COLUMNS)
    assert sorted(tuple(entry.values()) for entry in result.tasks) == sorted([
        ('3.5', '0', 'n0', 'one', '3'), ('3.5', '0', 'n1', 'one', '3'), ('5.5', '0', 'n0', 'two', '2'),
        ('7.5', '0', 'n1', 'two', '4'), ('5.5', '0', 'n0', 'none', '0'), ('7.5', '0', 'n1', 'none', '0')])


def test_task_times_has_rows_of_each_phase_iteration_and_of_one_time_phases(scenario: Scenario) -> None:
    application = model(phase(busy(1, name='step'), iterations=2), on_init=phase(busy(2, name='init')))
    result = scenario.workload(rigid(1, application)).run()
    assert [(entry['Time'], entry['Task'], entry['Duration']) for entry in result.tasks] == [
        ('2', 'init', '2'), ('3', 'step', '1'), ('4', 'step', '1')]


def test_task_times_are_in_the_order_of_time(scenario: Scenario) -> None:
    times = [float(entry['Time']) for entry in mixed_world(scenario).run().tasks]
    assert times == sorted(times) and len(times) > 1000


def test_a_task_without_a_name_has_an_empty_one(scenario: Scenario) -> None:
    assert [entry['Task'] for entry in scenario.workload(rigid()).run().tasks] == ['']


def test_a_task_that_a_kill_cuts_short_has_no_row(scenario: Scenario) -> None:
    application = model(phase(busy(1, name='done'), busy(9, name='cut')))
    result = scenario.workload(rigid(1, application, walltime=3)).run()
    assert [entry['Task'] for entry in result.tasks] == ['done']


# --- Nothing else has a say ------------------------------------------------------------------------------------


FILES = ('job_statistics', 'node_utilization', 'task_times')


def test_the_same_run_twice_is_byte_identical(scenario: Scenario) -> None:
    mixed_world(scenario)
    first, second = ([scenario.run().text(name) for name in FILES] for _ in range(2))
    assert first == second
    assert 'killed' in first[0] and len(first[1].splitlines()) > 300 and len(first[2].splitlines()) > 1000


def test_an_external_scheduler_does_not_change_that(scenario: Scenario) -> None:
    mixed_world(scenario).configure(schedule_on_scheduling_point=False, scheduling_interval=3,
                                    schedule_on_reconfiguration=True)

    def decide(peer: Peer) -> list[Json]:
        """Resizes malleable jobs while they run, by a rule that looks random."""
        free, entries = peer.free(), []
        for job in peer.in_state(1, 4):
            waits = job['state'] == 1
            if not waits and (job['type'] not in (2, 4) or peer.kind != PERIODIC):
                continue
            least, most = (job['num_nodes'],) * 2 if job['type'] == 0 else (job['num_nodes_min'], job['num_nodes_max'])
            gpus = job.get('num_gpus_per_node_min', job.get('num_gpus_per_node'))
            wanted = least + (job['id'] * 7 + int(peer.time)) % (most - least + 1)
            nodes = (job['assigned_nodes'] + free)[:wanted]
            if len(nodes) >= least:
                free = [node for node in free if node not in nodes]
                entries.append(change(job['id'], nodes, gpus))
        return entries

    runs = []
    for _ in range(2):
        result, _ = scenario.ask(decide)
        runs.append([result.text(name) for name in FILES])
    assert runs[0] == runs[1]
    assert 'reserved' in runs[0][1]


@pytest.mark.parametrize('keys', [
    {'log_task_times': False}, {'task_times': None}, {'node_utilization': None},
    {'sensing': True, 'sensing_interval': 0.5, 'cpu_utilization': 'out/cpu.csv', 'network_activity': 'out/net.csv'},
])
def test_logging_and_monitoring_change_no_byte_of_job_statistics(scenario: Scenario, keys: Json) -> None:
    before = mixed_world(scenario).run().text('job_statistics')
    assert scenario.configure(**keys).run().text('job_statistics') == before


def test_results_do_not_depend_on_the_locale_or_the_environment(scenario: Scenario) -> None:
    before = [mixed_world(scenario).run().text(name) for name in FILES]
    scenario.environment.update(LC_ALL='de_DE.UTF-8', LANG='de_DE.UTF-8', TZ='Pacific/Chatham', MALLOC_PERTURB_='85')
    after = scenario.run()
    assert [after.text(name) for name in FILES] == before


def test_old_results_are_replaced(scenario: Scenario) -> None:
    scenario.workload(*[rigid()] * 50).run()
    result = scenario.workload(rigid(1, waiting(3))).run()
    assert len(result.jobs) == 1 and result.ends() == [3]


def test_ends_agree_with_the_sum_of_what_the_tasks_took(scenario: Scenario) -> None:
    scenario.platform(pairwise({'a': host('a', '2Gf'), 'b': host('b', '2Gf')}))
    steps = [cpu(3e9), busy(0.25), task('cpu', bytes=1e9, communication_pattern='all_to_all')]
    result = scenario.workload(rigid(2, model(phase(*steps, iterations=4)))).run()
    on_a = [float(entry['Duration']) for entry in result.tasks if entry['Node'] == 'a']
    assert result.ends() == near([sum(on_a)])
    assert result.ends() == near([4 * (1.5 + 0.25 + 0.5)])
