"""Every rule that decisions of a scheduler must keep, by a scheduler that breaks it: the run ends with status 3 and
a sentence with time, invocation, job and rule, and nothing of the answer is applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from harness import (
    ANSWER,
    PENDING,
    PERIODIC,
    POINT,
    REQUEST,
    SUBMIT,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    crossbar,
    flexible,
    host,
    model,
    pairwise,
    phase,
    rigid,
    start_on,
    task,
    waiting,
)

GPUS: Json = {'num_gpus': 4, 'flops_per_gpu': '1Gf', 'gpu_to_gpu_bw': '1GBps'}
BUFFER: Json = {'node_local_bb': 'true', 'bb_read_bw': '1GBps', 'bb_write_bw': '1GBps'}


def on(kind: int, time: float, entries: Any, start: dict[int, list[int]] | None = None) -> Callable[[Peer], Any]:
    """A function for a Peer that answers with these entries at one invocation, and starts jobs at the others."""
    return lambda peer: entries if (peer.kind, peer.time) == (kind, time) else start_on(start or {})(peer)


def refused(scenario: Scenario, decide: Callable[[Peer], Any]) -> str:
    result, peer = scenario.ask(decide, status=3)
    assert peer.ended, 'a scheduler is told that the run is over, however it ended'
    return result.error


# --- Pending jobs ----------------------------------------------------------------------------------------------

START: dict[str, tuple[list[Json], Json, list[Json], str]] = {
    'unknown job': (
        [rigid()], {}, [change(1, [0])],
        'job 1: there is no such job; 1 job is submitted so far'),
    'job not submitted yet': (
        [rigid(), rigid(submit=1)], {}, [change(1, [0])],
        'job 1: there is no such job; 1 job is submitted so far'),
    'kill of an unknown job': (
        [rigid()], {}, [change(7, kill=True)],
        'job 7: there is no such job; 1 job is submitted so far'),
    'unknown node': (
        [rigid()], {}, [change(0, [4])],
        'job 0: there is no node 4; node IDs are 0 to 3'),
    'node given twice': (
        [rigid(2)], {}, [change(0, [1, 1])],
        'job 0: node 1 (n1) is assigned twice'),
    'node given to two jobs': (
        [rigid(), rigid()], {}, [change(0, [1]), change(1, [1])],
        'job 1: node 1 (n1) is assigned to job 0 in the same answer; without allow_oversubscription a node takes '
        'one job'),
    'too few nodes for a rigid job': (
        [rigid(2)], {}, [change(0, [1])],
        'job 0: 1 node is assigned; it takes 2'),
    'too many nodes for a rigid job': (
        [rigid(2)], {}, [change(0, [1, 0, 2])],
        'job 0: 3 nodes are assigned; it takes 2'),
    'too few nodes for a moldable job': (
        [flexible('moldable', 2, 3)], {}, [change(0, [1])],
        'job 0: 1 node is assigned; it takes 2 to 3'),
    'too many nodes for an adaptive job': (
        [flexible('adaptive', 2, 3)], {}, [change(0, [1, 0, 2, 3])],
        'job 0: 4 nodes are assigned; it takes 2 to 3'),
    'too many GPUs': (
        [flexible('moldable', 1, 1, num_gpus_per_node_max=2)], GPUS, [change(0, [0], 3)],
        'job 0: 3 GPUs per node are assigned; it takes 0 to 2'),
    'too few GPUs': (
        [flexible('moldable', 1, 1, num_gpus_per_node_min=2, num_gpus_per_node_max=3)], GPUS, [change(0, [0], 1)],
        'job 0: 1 GPU per node is assigned; it takes 2 to 3'),
}


@pytest.mark.parametrize('case', START)
def test_a_start_must_keep_the_rules(scenario: Scenario, case: str) -> None:
    jobs, equipment, entries, rule = START[case]
    scenario.platform(crossbar(4, **equipment)).workload(*jobs)
    last = max(i for i, job in enumerate(jobs) if job['submit_time'] == 0)
    error = refused(scenario, lambda peer: entries if peer.message['job_id'] == last else [])
    assert error == f"scheduler's answer at 0 s (job submit of job {last}): {rule}"


def test_a_node_must_have_the_gpus_that_the_job_uses(scenario: Scenario) -> None:
    one_gpu: Json = {**GPUS, 'num_gpus': 1}
    scenario.platform(pairwise({'a': host('a', **GPUS), 'b': host('b', **one_gpu), 'c': host('c')}))
    scenario.workload(rigid(1, num_gpus_per_node=2))
    assert refused(scenario, on(SUBMIT, 0, [change(0, [1], 2)])) == (
        "scheduler's answer at 0 s (job submit of job 0): job 0: node 1 (b) has 1 GPU, 2 are assigned per node")


def test_a_node_must_have_the_burst_buffer_that_the_job_uses(scenario: Scenario) -> None:
    scenario.platform(pairwise({'a': host('a', **BUFFER), 'b': host('b')}))
    scenario.workload(rigid(1, model(phase(task('bb_write', bytes=1, pattern='uniform')))))
    assert refused(scenario, on(SUBMIT, 0, [change(0, [1])])) == (
        "scheduler's answer at 0 s (job submit of job 0): job 0: node 1 (b) has no burst buffer, which tasks of "
        'app0.json use')


def test_a_node_must_not_be_taken_by_a_running_job(scenario: Scenario) -> None:
    scenario.workload(rigid(2, waiting(9)), rigid(1, submit=1))
    assert refused(scenario, on(SUBMIT, 1, [change(1, [1])], {0: [0, 1]})) == (
        "scheduler's answer at 1 s (job submit of job 1): job 1: node 1 (n1) is taken: job 0 runs there")


def test_a_node_must_not_be_reserved_for_another_job(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(9)), rigid(1, submit=1), rigid(1, submit=2))

    def decide(peer: Peer) -> list[Json]:
        plan: dict[float, list[Json]] = {1: [change(0, [0, 3])], 2: [change(2, [3])]}
        return plan.get(peer.time, start_on({0: [0]})(peer))

    assert refused(scenario, decide) == (
        "scheduler's answer at 2 s (job submit of job 2): job 2: node 3 (n3) is taken: it is reserved for job 0")


# --- Running jobs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('job, entry, rule', [
    (rigid(2, waiting(1, 9)), change(0, [0]), "a rigid job can't be resized while it runs"),
    (rigid(2, waiting(1, 9)), change(0, [0, 2]), "a rigid job can't be resized while it runs"),
    (flexible('moldable', 1, 4, waiting(1, 9)), change(0, [0, 1, 2]), "a moldable job can't be resized while it runs"),
    (flexible('evolving', 1, 4, waiting(1, 9)), change(0, [0, 1, 2]),
     'an evolving job can be resized in answer to its own request only'),
    (flexible('malleable', 1, 3, waiting(1, 9)), change(0, [0, 1, 2, 3]), '4 nodes are assigned; it takes 1 to 3'),
    (flexible('malleable', 2, 3, waiting(1, 9)), change(0, [1]), '1 node is assigned; it takes 2 to 3'),
    (flexible('malleable', 1, 3, waiting(1, 9)), change(0, []), '0 nodes are assigned; it takes 1 to 3'),
    (flexible('malleable', 1, 3, waiting(1, 9)), change(0, [0, 1, 4]), 'there is no node 4; node IDs are 0 to 3'),
    (flexible('malleable', 1, 3, waiting(1, 9)), change(0, [0, 0]), 'node 0 (n0) is assigned twice'),
    (flexible('malleable', 1, 3, waiting(1, 9)), change(0, [0, 1, 3]), 'node 3 (n3) is taken: job 1 runs there'),
    (flexible('malleable', 1, 3, waiting(1, 9)), change(0, gpus=1),
     '1 GPU per node is assigned; it takes 0'),
])
def test_a_resize_must_keep_the_rules(scenario: Scenario, job: Json, entry: Json, rule: str) -> None:
    scenario.workload(job, rigid(1, waiting(20))).configure(scheduling_interval=2.5)
    assert refused(scenario, on(PERIODIC, 2.5, [entry], {0: [0, 1], 1: [3]})) == (
        f"scheduler's answer at 2.5 s (periodic): job 0: {rule}")


def test_an_evolving_job_can_not_be_resized_at_the_request_of_another(scenario: Scenario) -> None:
    asking = model(phase(busy(2), iterations=2, evolving_request='num_nodes + 1'))
    scenario.workload(flexible('evolving', 1, 4, asking), flexible('evolving', 1, 4, waiting(9)))
    assert refused(scenario, on(REQUEST, 2, [change(1, [1, 2])], {0: [0], 1: [1]})) == (
        "scheduler's answer at 2 s (evolving request of job 0): job 1: an evolving job can be resized in answer to "
        'its own request only')


@pytest.mark.parametrize('end, name', [('completed', 'completed'), ('killed', 'killed')])
def test_a_job_that_has_ended_can_not_be_changed(scenario: Scenario, end: str, name: str) -> None:
    scenario.workload(rigid(1, waiting(1), walltime=0.5 if end == 'killed' else 0), rigid(1, submit=2))
    assert refused(scenario, on(SUBMIT, 2, [change(0, [0])], {0: [0]})) == (
        f"scheduler's answer at 2 s (job submit of job 1): job 0: it has ended ({name}) and can't be changed")


def test_nodes_kept_by_a_job_at_its_point_can_not_be_given_away(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 2)), rigid(1, waiting(1), 1))
    scenario.configure(schedule_on_scheduling_point=True)
    assert refused(scenario, on(POINT, 2, [change(0, [0, 1]), change(1, [1])], {0: [0, 1, 2]})) == (
        "scheduler's answer at 2 s (scheduling point of job 0): job 1: node 1 (n1) is assigned to job 0 in the same "
        'answer; without allow_oversubscription a node takes one job')
    assert refused(scenario, on(POINT, 2, [change(1, [1])], {0: [0, 1, 2]})) == (
        "scheduler's answer at 2 s (scheduling point of job 0): job 1: node 1 (n1) is taken: job 0 runs there")


def test_nodes_that_a_job_will_give_up_later_are_still_taken(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(9, 2)), rigid(1, waiting(1), 1))
    assert refused(scenario, on(SUBMIT, 1, [change(0, [0]), change(1, [1])], {0: [0, 1]})) == (
        "scheduler's answer at 1 s (job submit of job 1): job 1: node 1 (n1) is taken: job 0 runs there")


# --- What is no breach -----------------------------------------------------------------------------------------


@pytest.mark.parametrize('entry', [
    change(0), change(0, [0, 1]), change(0, gpus=0), change(0, [0, 1], 0), change(0, arguments={}),
    {**change(0, [0, 1]), 'something_new': [1, 2]},
])
@pytest.mark.parametrize('kind', ['rigid', 'moldable', 'evolving', 'malleable'])
def test_naming_a_running_job_without_resizing_it_is_fine(scenario: Scenario, kind: str, entry: Json) -> None:
    job = rigid(2, waiting(2, 2)) if kind == 'rigid' else flexible(kind, 1, 4, waiting(2, 2))
    scenario.workload(job).configure(scheduling_interval=1)
    result, _ = scenario.ask(on(PERIODIC, 1, [entry], {0: [0, 1]}))
    assert result.ends() == [4] and result.column('Reconfigurations') == ['0']


@pytest.mark.parametrize('kind', ['rigid', 'moldable', 'evolving'])
def test_the_order_of_the_nodes_is_no_change_of_a_job_that_can_not_be_resized(scenario: Scenario, kind: str) -> None:
    job = rigid(2, waiting(2, 2)) if kind == 'rigid' else flexible(kind, 1, 4, waiting(2, 2))
    scenario.workload(job).configure(scheduling_interval=1)
    result, _ = scenario.ask(on(PERIODIC, 1, [change(0, [1, 0])], {0: [0, 1]}))
    assert result.ends() == [4] and result.column('Reconfigurations') == ['0']


def test_the_nodes_of_a_running_malleable_job_in_another_order_are_a_change(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, waiting(2, 2))).configure(scheduling_interval=1)
    result, _ = scenario.ask(on(PERIODIC, 1, [change(0, [1, 0])], {0: [0, 1]}))
    assert result.ends() == [4] and result.column('Reconfigurations') == ['1']


@pytest.mark.parametrize('said', [None, 0, 1, 3])
def test_what_is_said_of_the_gpus_of_a_rigid_job_does_not_count(scenario: Scenario, said: int | None) -> None:
    scenario.platform(crossbar(2, **GPUS)).configure(scheduling_interval=1)
    kernel = model(phase(task('gpu', flops=6e9, computation_pattern='uniform')))
    scenario.workload(rigid(1, kernel, num_gpus_per_node=2))
    entry = {**change(0, [0]), 'assigned_num_gpus_per_node': said}
    result, _ = scenario.ask(lambda peer: [entry] if peer.kind in (SUBMIT, PERIODIC) and peer.time < 3 else [])
    assert result.ends() == [3]


@pytest.mark.parametrize('entry', [change(0), change(0, []), change(0, gpus=5), change(0, arguments={'x': 1})])
def test_naming_a_job_that_has_ended_without_giving_it_nodes_changes_nothing(scenario: Scenario, entry: Json) -> None:
    scenario.workload(rigid(1, waiting(1)), rigid(1, submit=2))
    result, peer = scenario.ask(on(SUBMIT, 2, [entry, change(1, [3])], {0: [0]}))
    assert result.ends() == [1, 3]
    assert [job['id'] for job in peer.messages[-1]['jobs']] == [1]


@pytest.mark.parametrize('entry', [change(0), change(0, []), change(0, gpus=0), change(0, arguments={'x': 1})])
def test_naming_a_pending_job_without_nodes_does_not_start_it(scenario: Scenario, entry: Json) -> None:
    scenario.workload(rigid()).configure(scheduling_interval=3)
    result, peer = scenario.ask(on(SUBMIT, 0, [entry], {0: [0]}))
    assert result.starts() == [3]


def test_a_rigid_job_whose_gpus_are_not_mentioned_has_those_it_asked_for(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, **GPUS))
    kernel = model(phase(task('gpu', flops=6e9, computation_pattern='uniform')))
    scenario.workload(*[rigid(1, kernel, num_gpus_per_node=3)] * 2)
    both = [change(0, [0]), change(1, [1], 0)]
    result, _ = scenario.ask(lambda peer: both if (peer.kind, peer.message['job_id']) == (SUBMIT, 1) else [])
    assert result.ends() == [2, 2]


def test_oversubscription_lifts_the_rule_of_one_job_per_node(scenario: Scenario) -> None:
    scenario.workload(rigid(2), rigid(2), rigid(1, submit=0.5)).configure(allow_oversubscription=True)
    result, _ = scenario.ask(start_on({0: [0, 1], 1: [1, 2], 2: [1]}))
    assert result.starts() == [0, 0, 0.5]


def test_a_node_can_not_be_given_to_one_job_twice_even_with_oversubscription(scenario: Scenario) -> None:
    scenario.workload(rigid(2)).configure(allow_oversubscription=True)
    assert refused(scenario, on(SUBMIT, 0, [change(0, [1, 1])])) == (
        "scheduler's answer at 0 s (job submit of job 0): job 0: node 1 (n1) is assigned twice")


# --- The whole answer or nothing -------------------------------------------------------------------------------


def test_nothing_of_an_answer_is_applied_when_one_entry_breaks_a_rule(scenario: Scenario) -> None:
    scenario.workload(rigid(), rigid(), flexible('malleable', 1, 4))
    result, _ = scenario.ask(lambda peer: [change(0, [0]), change(1, kill=True), change(2, [1, 1])]
                             if peer.message['job_id'] == 2 else [], status=3)
    assert result.column('Status') == ['unfinished'] * 3 and result.starts() == [-1, -1, -1]
    assert {row['State'] for row in result.nodes} == {'free'}


def test_the_rules_hold_for_schedulers_in_python_too(scenario: Scenario) -> None:
    scenario.workload(rigid(2))
    spec = scenario.script('from elastisim_python import run\n'
                           'run(lambda jobs, nodes, system: jobs[0].assign(nodes[:3]))\n')
    assert scenario.run(scheduler=spec, status=3).error == (
        "scheduler's answer at 0 s (job submit of job 0): job 0: 3 nodes are assigned; it takes 2")


# --- The form of answers ---------------------------------------------------------------------------------------

CODE = f'"code":{ANSWER}'
FORMS: list[tuple[bytes, str]] = [
    (b'', ': is empty, must be JSON'),
    (b'hello', ":1:1: 'hello' is no JSON value; put strings into quotes"),
    (b'{"code":', ":1:9: ends inside the object opened at 1:1; close it with '}'"),
    (b'[]', ': must be an object, is a list'),
    (b'{}', ': code: must be a number, is missing'),
    (b'{"code":"x"}', ': code: must be a number, is a string'),
    (b'{"code":4293673984}', ': code: is 4293673984 (0xFFEC4400); expected 4293673985 (0xFFEC4401), the code of an '
                             'answer'),
    (b'{"code":-1}', ': code: must be at least 0, is -1'),
    (f'{{{CODE}}}'.encode(), ': jobs: must be a list, is missing'),
    (f'{{{CODE},"jobs":3}}'.encode(), ': jobs: must be a list, is a number'),
    (f'{{{CODE},"jobs":[3]}}'.encode(), ': jobs[0]: must be an object, is a number'),
    (f'{{{CODE},"jobs":[{{}}]}}'.encode(), ': jobs[0].id: must be a number, is missing'),
    (f'{{{CODE},"jobs":[{{"id":"0"}}]}}'.encode(), ': jobs[0].id: must be a number, is a string'),
    (f'{{{CODE},"jobs":[{{"id":-1}}]}}'.encode(), ': jobs[0].id: must be at least 0, is -1'),
    (f'{{{CODE},"jobs":[{{"id":0.5}}]}}'.encode(), ': jobs[0].id: must be an integer, is 0.5'),
    (f'{{{CODE},"jobs":[{{"id":0}},{{"id":0}}]}}'.encode(),
     ': jobs[1].id: job 0 appears twice in the answer; say all about a job in one entry'),
    (f'{{{CODE},"jobs":[{{"id":0,"assigned_node_ids":3}}]}}'.encode(),
     ': jobs[0].assigned_node_ids: must be a list, is a number'),
    (f'{{{CODE},"jobs":[{{"id":0,"assigned_node_ids":[0,"1"]}}]}}'.encode(),
     ': jobs[0].assigned_node_ids[1]: must be a number, is a string'),
    (f'{{{CODE},"jobs":[{{"id":0,"assigned_node_ids":[-1]}}]}}'.encode(),
     ': jobs[0].assigned_node_ids[0]: must be at least 0, is -1'),
    (f'{{{CODE},"jobs":[{{"id":0,"assigned_num_gpus_per_node":"2"}}]}}'.encode(),
     ': jobs[0].assigned_num_gpus_per_node: must be a number, is a string'),
    (f'{{{CODE},"jobs":[{{"id":0,"kill_flag":1}}]}}'.encode(),
     ': jobs[0].kill_flag: must be true or false, is a number'),
    (f'{{{CODE},"jobs":[{{"id":0,"modified_runtime_args":1}}]}}'.encode(),
     ': jobs[0].modified_runtime_args: must be true or false, is a number'),
    (f'{{{CODE},"jobs":[{{"id":0,"runtime_arguments":[]}}]}}'.encode(),
     ': jobs[0].runtime_arguments: must be an object, is a list'),
    (f'{{{CODE},"jobs":[{{"id":0,"runtime_arguments":{{"x":null}}}}]}}'.encode(),
     ': jobs[0].runtime_arguments.x: must be a string, a number or a boolean, is null'),
    (f'{{{CODE},"jobs":[]}} trailing'.encode(), ":1:31: must be the end of the document, is 'trailing'"),
    (f'{{{CODE},{CODE},"jobs":[]}}'.encode(), ": key 'code' is given twice; take one out"),
    (b'\xff\xfe\x00', ': is in UTF-16; save it as UTF-8'),
]


@pytest.mark.parametrize('answer, complaint', FORMS, ids=range(len(FORMS)))
def test_an_answer_that_is_malformed_is_refused_with_its_place(
        scenario: Scenario, answer: bytes, complaint: str) -> None:
    error = refused(scenario.workload(rigid()), on(SUBMIT, 0, answer))
    assert error == f"at 0 s (job submit of job 0): the scheduler's answer{complaint}"


@pytest.mark.parametrize('text, complaint', [
    ('1 +', 'column 4: a value is missing at the end'), ('2 * (3', "column 5: '(' has no ')'"),
    ('nosuch(3)', "column 1: unknown function 'nosuch'; for a product, write * before the parenthesis"),
    ('', 'the model is empty; write a number or an expression'),
    ('a b', "column 3: an operator is missing before 'b'"),
])
def test_a_runtime_argument_that_is_no_expression_is_refused(scenario: Scenario, text: str, complaint: str) -> None:
    error = refused(scenario.workload(rigid()), on(SUBMIT, 0, [change(0, [0], arguments={'x': text})]))
    assert error == f"scheduler's answer at 0 s: job 0: runtime argument 'x': \"{text}\": {complaint}"


def test_job_ids_and_times_of_refusals_carry_full_precision(scenario: Scenario) -> None:
    scenario.workload(rigid(1, waiting(1), 1234567.890625))
    assert refused(scenario, on(SUBMIT, 1234567.890625, [change(0, [9])])) == (
        "scheduler's answer at 1234567.890625 s (job submit of job 0): job 0: there is no node 9; node IDs are 0 to 3")


def test_a_pending_job_told_of_stays_pending_until_it_is_started(scenario: Scenario) -> None:
    scenario.workload(rigid(1), rigid(1, submit=5))
    result, peer = scenario.ask(on(SUBMIT, 0, [], {0: [0], 1: [1]}))
    assert peer.messages[0]['jobs'][0]['state'] == PENDING and result.starts() == [5, 5]


def test_a_reservation_that_is_given_up_is_gone_before_another_job_takes_the_node(scenario: Scenario) -> None:
    """Node 1 is reserved for job 0 from 1 s on. At 4 s job 1 stands at its point and gets it, and job 0 has its list
    without it, in one answer."""
    scenario.configure(schedule_on_scheduling_point=True, scheduling_interval=1, events='out/events.jsonl')
    scenario.workload(flexible('malleable', 1, 2, waiting(8, 2)), flexible('malleable', 1, 2, waiting(4, 2)))

    def decide(peer: Peer) -> list[Json]:
        if peer.kind == POINT and peer.time == 4:
            return [change(1, [2, 1]), change(0, [0])]
        if peer.kind == PERIODIC and peer.time == 1:
            return [change(0, [0, 1])]
        return [change(job['id'], [2 * job['id']]) for job in peer.in_state(PENDING)]

    result, _ = scenario.ask(decide)
    assert result.ends() == [16, 8]
    rows = [(float(row['Time']), row['State'], row['Running jobs'], row['Expected jobs'])
            for row in result.nodes if row['Node'] == 'n1']
    assert rows == [(0, 'free', 'none', 'none'), (1, 'reserved', 'none', '0'), (4, 'free', 'none', 'none'),
                    (4, 'allocated', '1', 'none'), (8, 'free', 'none', 'none')]
