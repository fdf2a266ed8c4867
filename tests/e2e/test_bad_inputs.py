"""Bad input gets a sentence: what file and place, what is wrong, what to do. Messages are pinned in full."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import (
    POINT,
    SIMULATOR,
    Json,
    Peer,
    Scenario,
    busy,
    change,
    crossbar,
    document,
    flexible,
    host,
    model,
    pairwise,
    phase,
    rigid,
    start_on,
    start_pending,
    task,
    waiting,
)


def refused(scenario: Scenario, *options: str, **keys: Any) -> str:
    """The message of a run that ends with status 2, and says nothing else."""
    result = scenario.run(*options, status=2, **keys)
    assert result.stdout == '' and result.stderr == f'elastisim: error: {result.error}\n'
    return result.error


def without(entry: Json, **keys: Any) -> Json:
    """The entry with keys set, or taken out where None is given."""
    return {key: value for key, value in {**entry, **keys}.items() if value is not None}


# --- Configuration ---------------------------------------------------------------------------------------------

CONFIGURATIONS: list[tuple[Json, str]] = [
    ({'jobs_file': None}, 'jobs_file: is missing; add it (the jobs, a JSON file)'),
    ({'platform_file': None}, 'platform_file: is missing; add it (the machine, a SimGrid platform)'),
    ({'jobs_file': 3}, 'jobs_file: must be a string, is a number'),
    ({'jobs_file': ''}, 'jobs_file: must not be empty; give it a value or leave it out'),
    ({'platform_file': ['a']}, 'platform_file: must be a string, is a list'),
    ({'zmq_url': 5555}, 'zmq_url: must be a string, is a number'),
    ({'scheduler': True}, 'scheduler: must be a string, is a boolean'),
    ({'scheduler_timeout': -1}, 'scheduler_timeout: must be at least 0, is -1'),
    ({'scheduler_timeout': '5'}, 'scheduler_timeout: must be a number, is a string'),
    *[({key: 1}, f'{key}: must be true or false, is a number') for key in (
        'schedule_on_job_submit', 'schedule_on_job_finalize', 'schedule_on_scheduling_point',
        'schedule_on_reconfiguration', 'allow_oversubscription', 'clip_evolving_requests', 'forward_io_information',
        'show_progress_bar', 'sensing', 'log_task_times')],
    *[({key: '1'}, f'{key}: must be a number, is a string') for key in (
        'scheduling_interval', 'min_scheduling_interval', 'job_kill_grace_period', 'sensing_interval')],
    *[({key: -0.5}, f'{key}: must be at least 0, is -0.5') for key in (
        'scheduling_interval', 'min_scheduling_interval', 'job_kill_grace_period', 'sensing_interval')],
    *[({key: {}}, f'{key}: must be a string, is an object') for key in (
        'job_statistics', 'node_utilization', 'task_times', 'cpu_utilization', 'network_activity', 'pfs_utilization',
        'gpu_utilization')],
    ({'pfs_read_links': 'PFS_read'}, 'pfs_read_links: must be a list, is a string'),
    ({'pfs_write_links': ['PFS_write', 3]}, 'pfs_write_links[1]: must be a string, is a number'),
    ({'pfs_read_links': ['PFS_raed']}, "pfs_read_links[0]: platform.xml has no link 'PFS_raed', did you mean "
                                       "'PFS_read'?"),
    ({'pfs_write_links': ['PFS_write', 'nothing']}, "pfs_write_links[1]: platform.xml has no link 'nothing'"),
    ({'pfs_read_links': ['PFS_read', 'PFS_read']}, "pfs_read_links[1]: link 'PFS_read' is listed twice"),
    ({'sensing': True}, 'sensing_interval: must be greater than 0 as sensing is true, is missing; set an interval in '
                        'seconds, or sensing to false'),
    ({'sensing': True, 'sensing_interval': 0}, 'sensing_interval: must be greater than 0 as sensing is true, is 0; '
                                               'set an interval in seconds, or sensing to false'),
    *[({key: False}, 'scheduling_interval: must be greater than 0 unless schedule_on_job_submit and '
                     'schedule_on_job_finalize are both true, is missing; set an interval in seconds or both switches')
      for key in ('schedule_on_job_submit', 'schedule_on_job_finalize')],
    ({'schedule_on_job_submit': None, 'scheduling_interval': 0},
     'scheduling_interval: must be greater than 0 unless schedule_on_job_submit and schedule_on_job_finalize are both '
     'true, is 0; set an interval in seconds or both switches'),
    ({'task_times': 'out/job_statistics.csv'},
     "task_times: 'out/job_statistics.csv' is given as job_statistics too; choose another path"),
    ({'node_utilization': 'platform.xml'}, "node_utilization: 'platform.xml' is given as platform_file too; choose "
                                           'another path'),
    ({'job_statistics': 'config.json'}, "job_statistics: 'config.json' is this configuration file; choose another "
                                        'path'),
]


@pytest.mark.parametrize('keys, complaint', CONFIGURATIONS, ids=[str(keys) for keys, _ in CONFIGURATIONS])
def test_a_configuration_with_a_mistake_is_refused(scenario: Scenario, keys: Json, complaint: str) -> None:
    scenario.workload(rigid()).configure(**keys)
    assert refused(scenario) == f'config.json: {complaint}'


@pytest.mark.parametrize('option', [(), ('--check',)], ids=['run', 'check'])
@pytest.mark.parametrize('name', ['config.json', 'jobs.json', 'platform.xml', 'app0.json', 'app1.json'])
@pytest.mark.parametrize('path', ['./{}', '{folder}/{}', 'link'])
def test_no_spelling_of_an_input_lets_a_result_overwrite_it(
        scenario: Scenario, name: str, path: str, option: tuple[str, ...]) -> None:
    scenario.workload(rigid(), rigid(1, waiting(2)))
    (scenario.folder / 'link').symlink_to(name)
    path = path.format(name, folder=scenario.folder)
    scenario.configure(task_times=path).command()
    before = (scenario.folder / name).read_text()
    assert refused(scenario, *option) == (
        f"config.json: task_times: '{path}' is the input '{name}', which would be overwritten; name another file")
    assert (scenario.folder / name).read_text() == before
    assert not (scenario.folder / 'out').exists()


@pytest.mark.parametrize('key', ['job_statistics', 'events'])
def test_a_result_does_not_overwrite_an_application_model(scenario: Scenario, key: str) -> None:
    scenario.workload(rigid()).configure(**{key: 'app0.json'})
    assert refused(scenario) == (f"config.json: {key}: 'app0.json' is the input 'app0.json', which would be "
                                 'overwritten; name another file')


@pytest.mark.parametrize('path', ['./out/job_statistics.csv', 'out/../out/job_statistics.csv', 'link'])
def test_two_results_are_two_files(scenario: Scenario, path: str) -> None:
    (scenario.folder / 'link').symlink_to('out/job_statistics.csv')
    scenario.workload(rigid()).configure(events=path)
    assert refused(scenario) == (f"config.json: events: '{path}' is the same file as 'out/job_statistics.csv' of "
                                 'job_statistics; name another file')


def test_results_may_share_a_device(scenario: Scenario) -> None:
    scenario.workload(rigid()).configure(job_statistics='/dev/null', events='/dev/null', task_times='/dev//null').run()


@pytest.mark.parametrize('text, complaint', [
    ('', ': is empty, must be JSON'),
    ('[]', ': must be an object, is a list'),
    ('{', ":1:2: ends inside the object opened at 1:1; close it with '}'"),
    ('{\n  "sensing": ture\n}', ":2:14: 'ture' is no JSON value; put strings into quotes"),
    ('{"a": NaN}', ":1:7: 'NaN' is no JSON value; numbers are finite"),
    ('{} {}', ":1:4: must be the end of the document, is '{'"),
    ('{"jobs_file": "a", "jobs_file": "b"}', ": key 'jobs_file' is given twice; take one out"),
])
def test_a_configuration_that_is_no_json_is_refused_with_line_and_column(
        scenario: Scenario, text: str, complaint: str) -> None:
    command = scenario.command()
    scenario.write('config.json', text)
    run = subprocess.run(command, cwd=scenario.folder, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (2, f'elastisim: error: config.json{complaint}\n')


@pytest.mark.parametrize('key, path, complaint', [
    ('jobs_file', 'nosuch.json', 'nosuch.json: does not exist (paths are relative to the working directory)'),
    ('jobs_file', '.', '.: is a directory, must be a file'),
    ('platform_file', 'nosuch.xml', "nosuch.xml: can't open the platform file: it does not exist (paths are "
     'relative to the working directory)'),
    ('platform_file', '.', ".: can't open the platform file: it is a directory"),
])
def test_a_missing_file_is_named(scenario: Scenario, key: str, path: str, complaint: str) -> None:
    assert refused(scenario.workload(rigid()).configure(**{key: path})) == complaint


# --- Schedulers ------------------------------------------------------------------------------------------------


AS_PUBLISHED = ', '.join(f'{measure}-{kind}' for measure in ('min', 'avg', 'pref')
                         for kind in ('agreement', 'steal', 'common-pool'))


@pytest.mark.parametrize('spec, complaint', [
    ('builtin:fcsf', "scheduler builtin:fcsf: there is no policy 'fcsf'; did you mean 'fcfs'? known: fcfs, sjf, easy, "
                     'easy++, conservative, hybrid, malleable-min, malleable-avg, malleable-pref, keep-pref, '
                     f'equipartition, {AS_PUBLISHED}, io-aware'),
    ('builtin:zz', "scheduler builtin:zz: there is no policy 'zz'; known: fcfs, sjf, easy, easy++, conservative, "
                   'hybrid, malleable-min, malleable-avg, malleable-pref, keep-pref, equipartition, '
                   f'{AS_PUBLISHED}, io-aware'),
    ('builtin:', "scheduler 'builtin:': nothing follows 'builtin:'; give the name of a policy, e.g. builtin:fcfs"),
    ('fcfs', "scheduler 'fcfs': unknown kind; use builtin:NAME, exec:COMMAND, plugin:FILE.so, python:FILE.py or "
             'zmq:URL'),
    ('exec:', "scheduler 'exec:': nothing follows 'exec:'; give a command, e.g. exec:'python3 schedulers/fcfs.py'"),
    ('python:', "scheduler 'python:': nothing follows 'python:'; give a script, e.g. python:schedulers/fcfs.py"),
    ('python:nosuch.py', "scheduler 'python:nosuch.py': cannot read the script: No such file or directory"),
    ('exec: ', 'the scheduler command is empty; use exec:COMMAND'),
    ('zmq:', "scheduler 'zmq:': nothing follows 'zmq:'; give a URL, e.g. zmq:ipc:///tmp/elastisim.ipc"),
    ('zmq:localhost:5555', "can't wait for a scheduler at 'localhost:5555': use ipc://PATH or tcp://HOST:PORT"),
    ('zmq:tcp://127.0.0.1:99999', "can't wait for a scheduler at 'tcp://127.0.0.1:99999': use tcp://HOST:PORT with a "
                                  'port from 1 to 65535'),
    ('zmq:ipc:///nosuch/folder/s', "can't wait for a scheduler at 'ipc:///nosuch/folder/s': its folder does not "
                                   'exist; create it or use another path'),
    ('zmq:ipc://jobs.json', "can't wait for a scheduler at 'ipc://jobs.json': there is already a file that is "
                            'not a socket; use another path'),
    (f'zmq:ipc://{"x" * 120}', f"can't wait for a scheduler at 'ipc://{'x' * 120}': the path is longer than the 107 "
                               'characters a socket may have'),
])
def test_a_scheduler_that_can_not_be_had_is_refused(scenario: Scenario, spec: str, complaint: str) -> None:
    assert refused(scenario.workload(rigid()), scheduler=spec) == complaint


@pytest.mark.parametrize('key', ['scheduler', 'zmq_url'])
def test_a_scheduler_of_the_configuration_is_refused_in_the_same_words(scenario: Scenario, key: str) -> None:
    scenario.workload(rigid()).configure(**{key: 'what?'})
    assert refused(scenario, scheduler=None) == {
        'scheduler': "scheduler 'what?': unknown kind; use builtin:NAME, exec:COMMAND, plugin:FILE.so, python:FILE.py "
                     'or zmq:URL',
        'zmq_url': "can't wait for a scheduler at 'what?': use ipc://PATH or tcp://HOST:PORT"}[key]


def test_a_run_without_any_scheduler_is_refused(scenario: Scenario) -> None:
    assert refused(scenario.workload(rigid()), scheduler=None) == (
        "config.json: no scheduler: give --scheduler SPEC (e.g. builtin:fcfs), or 'scheduler' or 'zmq_url' in the "
        'configuration')


# --- Platform --------------------------------------------------------------------------------------------------

BUFFER = {'node_local_bb': 'true', 'bb_read_bw': '1GBps', 'bb_write_bw': '1GBps'}
PROPERTIES: list[tuple[dict[str, Any], str]] = [
    ({'batch_system': 'yes'}, "'batch_system': must be 'true' or 'false', is 'yes'"),
    ({'pfs_host': 'maybe'}, "'pfs_host': must be 'true' or 'false', is 'maybe'"),
    ({'batch_system': 'true', 'pfs_host': 'true'}, "'pfs_host': must not be true together with 'batch_system'; a host "
                                                   'can only be one of them'),
    ({'pfs_targets': 'pfs'}, "'pfs_targets': 'pfs' is not a host with the property 'pfs_host'"),
    ({'pfs_targets': 'a'}, "'pfs_targets': 'a' is not a host with the property 'pfs_host'"),
    ({'pfs_targets': 'storag'}, "'pfs_targets': 'storag' is not a host with the property 'pfs_host', did you mean "
                                "'storage'?"),
    ({'pfs_targets': 'storage;storage'}, "'pfs_targets': names 'storage' twice"),
    ({'pfs_targets': ','}, "'pfs_targets': names no host"),
    ({'node_local_bb': 'maybe'}, "'node_local_bb': must be 'true' or 'false', is 'maybe'"),
    ({'node_local_bb': 'true'}, "'bb_read_bw': is missing; a burst buffer ('node_local_bb') needs a bandwidth, like "
                                "'4GBps'"),
    ({'node_local_bb': 'true', 'bb_read_bw': '1GBps'}, "'bb_write_bw': is missing; a burst buffer ('node_local_bb') "
                                                       "needs a bandwidth, like '4GBps'"),
    ({**BUFFER, 'bb_read_bw': '1GB'}, "'bb_read_bw': must be a bandwidth, like '4GBps', above 0, is '1GB'"),
    ({**BUFFER, 'bb_write_bw': '0'}, "'bb_write_bw': must be a bandwidth, like '4GBps', above 0, is '0'"),
    ({**BUFFER, 'wide_striping': '2'}, "'wide_striping': must be 'true' or 'false', is '2'"),
    ({**BUFFER, 'wide_striping': 'true', 'flops_per_byte': '-1f'},
     "'flops_per_byte': must be a number of flops, like '5f', of at least 0, is '-1f'"),
    ({'num_gpus': 'two'}, "'num_gpus': must be a whole number from 0 to 100000, is 'two'"),
    ({'num_gpus': '-1'}, "'num_gpus': must be a whole number from 0 to 100000, is '-1'"),
    ({'num_gpus': '1.5'}, "'num_gpus': must be a whole number from 0 to 100000, is '1.5'"),
    ({'num_gpus': 1}, "'flops_per_gpu': is missing; a node with GPUs ('num_gpus') needs a speed, like '20Tf'"),
    ({'num_gpus': 1, 'flops_per_gpu': 'fast'}, "'flops_per_gpu': must be a speed, like '20Tf', above 0, is 'fast'"),
    ({'num_gpus': 2, 'flops_per_gpu': '1Gf'}, "'gpu_to_gpu_bw': is missing; a node with several GPUs ('num_gpus') "
                                              "needs a bandwidth, like '50GBps'"),
    ({'num_gpus': 2, 'flops_per_gpu': '1Gf', 'gpu_to_gpu_bw': '1Gf'},
     "'gpu_to_gpu_bw': must be a bandwidth, like '50GBps', above 0, is '1Gf'"),
    *[({'wattage_per_state': value}, "'wattage_per_state': must be 'IDLE:ALL' or 'IDLE:EPSILON:ALL', each a number of "
                                     f"watts of at least 0, for each speed of the host, is '{value}'")
      for value in ('95', '95:-1', '95:a lot', '', '1:2:3:4', '1:2 ', '1::2', '1:inf', '0x1:2')],
    ({'wattage_per_state': '1:2,1:2'}, "'wattage_per_state': must have an entry for each of the host's 1 speeds, "
                                       'separated by commas, has 2'),
    ({'wattage_off': '-1'}, "'wattage_off': must be a number of watts, at least 0, is '-1'"),
    ({'gpu_wattage_idle': '5W'}, "'gpu_wattage_idle': must be a number of watts, at least 0, is '5W'"),
    ({'gpu_wattage_busy': 'all'}, "'gpu_wattage_busy': must be a number of watts, at least 0, is 'all'"),
    ({'boot_seconds': '-1'}, "'boot_seconds': must be a number of seconds, at least 0, is '-1'"),
    ({'boot_joules': 'x'}, "'boot_joules': must be a number of joules, at least 0, is 'x'"),
    ({'boot_joules': 1}, "'boot_joules': needs 'boot_seconds', the time in which they are drawn, above 0"),
    ({'stop_seconds': ''}, "'stop_seconds': must be a number of seconds, at least 0, is ''"),
    ({'stop_joules': 1, 'stop_seconds': 0}, "'stop_joules': needs 'stop_seconds', the time in which they are drawn, "
                                            'above 0'),
]


def one_node(**given: Any) -> str:
    return pairwise({'a': host('a', **given), 'storage': host('storage', pfs_host='true')})


@pytest.mark.parametrize('given, complaint', PROPERTIES, ids=[str(given) for given, _ in PROPERTIES])
def test_a_property_of_a_host_with_a_mistake_is_refused(
        scenario: Scenario, given: dict[str, Any], complaint: str) -> None:
    scenario.platform(one_node(**given)).workload(rigid())
    assert refused(scenario) == f"platform.xml: host 'a': property {complaint}"


@pytest.mark.parametrize('text, complaint', [
    (one_node(batch_system='true'), "platform.xml: host 'batch': property 'batch_system': must be true for one host "
                                    "only, and already is for 'a'"),
    (one_node(pfs_host='true'), 'platform.xml: there is no compute node: each host is the batch system or a PFS host'),
    (pairwise({'a': host('a', '0Gf')}), "platform.xml: host 'a': a compute node needs a speed above 0; give a host "
                                        "that isn't one the property 'batch_system' or 'pfs_host'"),
    ('', 'platform.xml: the platform file is empty'),
])
def test_a_platform_with_a_mistake_is_refused(scenario: Scenario, text: str, complaint: str) -> None:
    assert refused(scenario.platform(text).workload(rigid())) == complaint


@pytest.mark.parametrize('text, place', [
    ('hello', 'platform.xml:1'),
    (document('<zone id="z" routing="Full">', host('a', 'fast'), '</zone>'), 'platform.xml:9'),
    (document('<hots id="a"/>'), 'platform.xml:8'),
    (document('<zone id="z" routing="Full">', host('a'), host('a'), '</zone>'), 'platform.xml'),
])
def test_what_simgrid_refuses_in_a_platform_is_told_with_its_reason(scenario: Scenario, text: str, place: str) -> None:
    # The reason is in SimGrid's words, which its versions change.
    assert re.fullmatch(re.escape(place) + r': SimGrid refuses the platform: \w[^\n]*[^\n.]',
                        refused(scenario.platform(text).workload(rigid())))


def test_a_path_of_any_length_leaves_room_for_what_is_wrong_with_it(scenario: Scenario) -> None:
    message = refused(scenario.workload(rigid()).configure(job_statistics='x' * 5000))
    assert message == f"config.json: job_statistics: cannot write '{'x' * 200}...': File name too long"


@pytest.mark.parametrize('job, end', [
    (rigid(1, waiting(), type='x' * 5000), "...'; known are rigid, moldable, malleable, evolving, adaptive"),
    (rigid(1, model(phase(task('x' * 5000)))), "...'; known are cpu, gpu, pfs_read, pfs_write, bb_read, bb_write, "
                                               'busy_wait, idle, sequence'),
    (rigid(1, model(phase(busy('x' * 5000)))), "...'; add it to the job's arguments"),
    (rigid(1, model(phase(busy('x' * 5000 + '-2'))), arguments={'x' * 5000: 1}),
     '..." is -1; a load must be 0 or more'),
])
def test_a_text_of_any_length_leaves_room_for_what_to_do(scenario: Scenario, job: Json, end: str) -> None:
    message = refused(scenario.workload(job))
    assert message.endswith(end) and len(message) < 1000


EXCHANGE = model(phase(task('cpu', bytes=1, communication_pattern='ring')))
WRITE = model(phase(task('pfs_write', bytes=1, pattern='uniform')))
READ = model(phase(task('pfs_read', bytes=1, pattern='uniform')))


@pytest.mark.parametrize('application, sender, receiver', [
    (EXCHANGE, 'a', 'b'), (WRITE, 'a', 'fs'), (READ, 'fs', 'a')])
@pytest.mark.parametrize('other_routes', [True, False])
def test_a_missing_route_is_named_by_the_first_exchange_that_needs_it(
        scenario: Scenario, application: Json, sender: str, receiver: str, other_routes: bool) -> None:
    nodes = [host('a'), host('b'), host('fs', pfs_host='true'), host('z', pfs_host='true')]
    scenario.platform(document(
        '<zone id="z1" routing="Full">', *nodes, '<link id="l" bandwidth="1GBps" latency="0s"/>',
        '<route src="b" dst="z"><link_ctn id="l"/></route>' if other_routes else '', '</zone>')
        .replace(host('z', pfs_host='true'), host('z', batch_system='false')))
    scenario.workload(rigid(2 if application is EXCHANGE else 1, application))
    message = refused(scenario)
    assert f"no route leads from host '{sender}' to host '{receiver}'" in message and 'platform.xml' in message


# --- Jobs ------------------------------------------------------------------------------------------------------

RIGID: list[tuple[Json, str]] = [
    ({'type': None}, ": a job needs 'type'; add it"),
    ({'type': 'rigd'}, ".type: unknown job type 'rigd', did you mean 'rigid'?"),
    ({'type': 'elastic'}, ".type: unknown job type 'elastic'; known are rigid, moldable, malleable, evolving, "
                          'adaptive'),
    ({'type': 0}, '.type: must be a string, is a number'),
    ({'submit_time': None}, ": a job needs 'submit_time'; add it"),
    ({'submit_time': '0'}, '.submit_time: must be a number, is a string'),
    ({'submit_time': -1}, '.submit_time: must be at least 0, is -1'),
    ({'application_model': None}, ": a job needs 'application_model'; add it"),
    ({'application_model': 3}, '.application_model: must be a string, is a number'),
    ({'application_model': 'nosuch.json'}, '.application_model: nosuch.json: does not exist (paths are relative to '
                                           'the working directory)'),
    ({'walltime': -1}, '.walltime: must be at least 0, is -1'),
    ({'walltime': '1:00:00'}, '.walltime: must be a number, is a string'),
    ({'arguments': []}, '.arguments: must be an object, is a list'),
    ({'arguments': {'x': True}}, '.arguments.x: must be a number or a string, is a boolean'),
    ({'arguments': {'x': [1]}}, '.arguments.x: must be a number or a string, is a list'),
    ({'attributes': 3}, '.attributes: must be an object, is a number'),
    ({'attributes': {'x': {}}}, '.attributes.x: must be a number, a string or a boolean, is an object'),
    ({'name': 3}, '.name: must be a string, is a number'),
    ({'runtime_estimate': 0}, '.runtime_estimate: must be more than 0; leave it out if it is not known'),
    ({'num_nodes': None}, ": a rigid job needs 'num_nodes'"),
    ({'num_nodes': 0}, '.num_nodes: must be at least 1, is 0'),
    ({'num_nodes': 1.5}, '.num_nodes: must be an integer, is 1.5'),
    ({'num_nodes': '2'}, '.num_nodes: must be a number, is a string'),
    ({'num_nodes': 1e30}, '.num_nodes: must be at most 2147483647, is 1e+30'),
    ({'num_nodes_preferred': 2}, '.num_nodes_preferred: must be at most 1, is 2'),
    ({'num_gpus_per_node': -1}, '.num_gpus_per_node: must be at least 0, is -1'),
    ({'num_nodes': None, 'num_nodes_min': 1, 'num_nodes_max': 2}, ".num_nodes_min: is not for rigid jobs; use "
                                                                  "'num_nodes'"),
    # Impossible on this platform.
    ({'num_nodes': 5}, ': needs 5 nodes, but the platform has 4; ask for fewer or enlarge the platform'),
    ({'num_gpus_per_node': 2}, ': needs 1 node with 2 GPUs each, but the platform has 0 of that kind; ask for fewer or '
                               'enlarge the platform'),
]

FLEXIBLE: list[tuple[Json, str]] = [
    ({'num_nodes_min': None}, ": a malleable job needs 'num_nodes_min' and 'num_nodes_max'"),
    ({'num_nodes_max': None}, ": a malleable job needs 'num_nodes_min' and 'num_nodes_max'"),
    ({'num_nodes_min': 0}, '.num_nodes_min: must be at least 1, is 0'),
    ({'num_nodes_min': 3, 'num_nodes_max': 2}, ": 'num_nodes_max' is 2, but 'num_nodes_min' is 3; raise the one or "
                                               'lower the other'),
    ({'num_nodes_preferred': 9}, '.num_nodes_preferred: must be at most 4, is 9'),
    ({'num_gpus_per_node_min': 1}, ": 'num_gpus_per_node_max' is 0, but 'num_gpus_per_node_min' is 1; raise the one "
                                   'or lower the other'),
    ({'num_gpus_per_node': 1}, ".num_gpus_per_node: is not for malleable jobs; use 'num_gpus_per_node_min' and "
                               "'num_gpus_per_node_max'"),
    ({'num_nodes_min': 5, 'num_nodes_max': 9}, ': needs 5 nodes, but the platform has 4; ask for fewer or enlarge the '
                                               'platform'),
    ({'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': 1},
     ': needs 1 node with 1 GPU each, but the platform has 0 of that kind; ask for fewer or enlarge the platform'),
]


@pytest.mark.parametrize('keys, complaint', RIGID, ids=[str(keys) for keys, _ in RIGID])
def test_a_rigid_job_with_a_mistake_is_refused(scenario: Scenario, keys: Json, complaint: str) -> None:
    scenario.write('app.json', waiting())
    scenario.workload(rigid(1, 'app.json'), without(rigid(1, 'app.json'), **keys))
    assert refused(scenario) == f'jobs.json: jobs[1]{complaint}'


@pytest.mark.parametrize('keys, complaint', FLEXIBLE, ids=[str(keys) for keys, _ in FLEXIBLE])
def test_a_flexible_job_with_a_mistake_is_refused(scenario: Scenario, keys: Json, complaint: str) -> None:
    scenario.workload(without(flexible('malleable', 1, 4), **keys))
    assert refused(scenario) == f'jobs.json: jobs[0]{complaint}'


@pytest.mark.parametrize('text, complaint', [
    ('', ': is empty, must be JSON'), ('[]', ': must be an object, is a list'),
    ('{}', ": needs 'jobs', a list; add it"), ('{"jobs": 3}', ': jobs: must be a list, is a number'),
    ('{"jobs": [3]}', ': jobs[0]: must be an object, is a number'),
    ('{"jobs": [\n}', ":2:1: must be a value or ']', is '}'"),
    ('{"jobs": [], "jobs": []}', ": key 'jobs' is given twice; take one out"),
])
def test_a_jobs_file_of_the_wrong_form_is_refused(scenario: Scenario, text: str, complaint: str) -> None:
    scenario.write('jobs.json', text)
    assert refused(scenario) == f'jobs.json{complaint}'


def test_an_application_model_that_many_jobs_share_is_read_once(scenario: Scenario) -> None:
    """From a pipe, which has its text only once."""
    os.mkfifo(scenario.folder / 'pipe.json')
    scenario.workload(*[rigid(1, 'pipe.json')] * 100)
    process = scenario.start('--scheduler', 'builtin:fcfs')
    scenario.write('pipe.json', waiting(2))
    result = scenario.finish(process)
    assert result.status == 0 and result.ends()[-1] == 50


# --- Application models ----------------------------------------------------------------------------------------


def only(*tasks: Any, **keys: Any) -> Json:
    return {'phases': [{'tasks': list(tasks), **keys}]}


IN_TASK = 'phases[0].tasks[0]'
PATTERNS = 'all_ranks, root_only, even_ranks, odd_ranks, uniform, vector, total'
TYPES = 'cpu, gpu, pfs_read, pfs_write, bb_read, bb_write, busy_wait, idle, sequence'

# What is wrong whatever the job.
MODELS: list[tuple[Any, str]] = [
    ('', ': is empty, must be JSON'),
    ([], ': must be an object, is a list'),
    ({}, ": an application model needs 'phases'; add a list of them"),
    ({'phases': {}}, ': phases: must be a list, is an object'),
    ({'phases': []}, ': phases: must have at least one phase, is empty'),
    ({'phases': [3]}, ': phases[0]: must be an object, is a number'),
    ({'phases': [{}]}, ": phases[0]: a phase needs 'tasks'; add a list of them"),
    (only(), ': phases[0].tasks: must have at least one task, is empty'),
    ({**waiting(), 'on_init': [phase(busy(1))]}, ': on_init: must be an object, is a list; put it into one: '
                                                 '{"tasks": [...]}'),
    ({**waiting(), 'on_expansion': {}}, ": on_expansion: a phase needs 'tasks'; add a list of them"),
    (only(busy(1), scheduling_point=1), ': phases[0].scheduling_point: must be true or false, is a number'),
    (only(busy(1), barrier='no'), ': phases[0].barrier: must be true or false, is a string'),
    (only(busy(1), iterations=-1), ': phases[0].iterations: must be at least 0, is -1'),
    (only(busy(1), iterations=[1]), ': phases[0].iterations: must be a number or a performance model (a string), is a '
                                    'list'),
    (only(busy(1), evolving_request=True), ': phases[0].evolving_request: must be a number or a performance model (a '
                                           'string), is a boolean'),
    (only({'delay': 1}), f": {IN_TASK}: a task needs a 'type'; add one"),
    (only(task('cpy')), f": {IN_TASK}.type: unknown task type 'cpy', did you mean 'cpu'?"),
    (only(task('sleep')), f": {IN_TASK}.type: unknown task type 'sleep'; known are {TYPES}"),
    (only(task('idle')), f": {IN_TASK}: a task of type idle needs 'delay'; add it"),
    (only(busy(-1)), f': {IN_TASK}.delay: must be at least 0, is -1'),
    (only(busy(True)), f': {IN_TASK}.delay: must be a number, a performance model (a string) or a list of numbers, is '
                       'a boolean'),
    (only(busy(1, iterations=-2)), f': {IN_TASK}.iterations: must be at least 0, is -2'),
    (only(busy(1, synchronized='x')), f': {IN_TASK}.synchronized: must be true or false, is a string'),
    (only(busy(1, name=3)), f': {IN_TASK}.name: must be a string, is a number'),
    (only(busy(1, pattern='al_ranks')), f": {IN_TASK}.pattern: unknown pattern 'al_ranks', did you mean 'all_ranks'?"),
    (only(busy(1, pattern='foo')), f": {IN_TASK}.pattern: unknown pattern 'foo'; known are {PATTERNS}"),
    (only(busy([1])), f": {IN_TASK}.delay: a list needs the pattern 'vector'"),
    (only(busy(1, pattern='vector')), f": {IN_TASK}.pattern: 'vector' needs a list of numbers as 'delay'"),
    (only(busy([], pattern='vector')), f': {IN_TASK}.delay: must have a number for each rank, is empty'),
    (only(busy([1, -1], pattern='vector')), f': {IN_TASK}.delay[1]: must be at least 0, is -1'),
    (only(task('busy_wait', delay=['1'], pattern='vector')), f': {IN_TASK}.delay[0]: must be a number, is a string'),
    (only(task('cpu')), f": {IN_TASK}: a cpu task needs 'flops' or 'bytes'; add one of them"),
    (only(task('gpu')), f": {IN_TASK}: a gpu task needs 'flops' or 'bytes'; add one of them"),
    (only(task('cpu', flops=1)), f": {IN_TASK}: 'flops' needs a 'computation_pattern'; add one"),
    (only(task('cpu', bytes=1)), f": {IN_TASK}: 'bytes' needs a 'communication_pattern'; add one"),
    (only(task('pfs_read', bytes=1)), f": {IN_TASK}: 'bytes' needs a 'pattern'; add one"),
    (only(task('cpu', flops=1, computation_pattern='ring')), f": {IN_TASK}.computation_pattern: unknown pattern "
                                                             f"'ring'; known are {PATTERNS}"),
    (only(task('cpu', bytes=1, communication_pattern='rings')), f": {IN_TASK}.communication_pattern: unknown "
                                                                "communication pattern 'rings', did you mean 'ring'?"),
    (only(task('cpu', bytes=[1, 2], communication_pattern='matrix')),
     f': {IN_TASK}.bytes: has 2 numbers, but a matrix has a row and a column for each rank: 1, 4, 9, 16... numbers'),
    (only(task('gpu', bytes=[0], communication_pattern='matrix')),
     f": {IN_TASK}.communication_pattern: 'matrix' is not for gpu tasks; use another pattern, with a number or a "
     "performance model as 'bytes'"),
    (only(task('sequence')), f": {IN_TASK}: a sequence needs 'tasks'; add a list of them"),
    (only(task('sequence', tasks=[])), f': {IN_TASK}.tasks: must have at least one task, is empty'),
    (only(task('sequence', tasks=[task('nope')])), f": {IN_TASK}.tasks[0].type: unknown task type 'nope'; known are "
                                                   f'{TYPES}'),
    (only(busy('1 +')), f': {IN_TASK}.delay: "1 +": column 4: a value is missing at the end'),
    (only(busy('')), f': {IN_TASK}.delay: "": the model is empty; write a number or an expression'),
    (only(busy('foo(1)')), f": {IN_TASK}.delay: \"foo(1)\": column 1: unknown function 'foo'; for a product, write * "
                           'before the parenthesis'),
]


@pytest.mark.parametrize('application, complaint', MODELS, ids=range(len(MODELS)))
def test_an_application_model_with_a_mistake_is_refused(
        scenario: Scenario, application: Any, complaint: str) -> None:
    scenario.write('app.json', application)
    scenario.workload(rigid(1, 'app.json'))
    assert refused(scenario) == f'jobs.json: jobs[0].application_model: app.json{complaint}'


# What is wrong for this job: its nodes, its arguments, its platform.
CONTRADICTIONS: list[tuple[Json, Json, str]] = [
    (only(busy([1, 2], pattern='vector')), rigid(3), f'{IN_TASK}.delay: has 2 numbers, but vector on 3 nodes takes 3; '
                                                     'make the numbers of nodes agree'),
    (only(task('cpu', bytes=[0, 1, 1, 0], communication_pattern='matrix')), rigid(3),
     f'{IN_TASK}.bytes: has 4 numbers, but matrix on 3 nodes takes 9; make the numbers of nodes agree'),
    (only(busy([1], pattern='vector')), flexible('moldable', 1, 1),
     f'{IN_TASK}.delay: is a list, which only rigid jobs can have, and this job is moldable; use another pattern with '
     'a number or a performance model'),
    (only(task('gpu', flops=1, computation_pattern='uniform')), rigid(),
     f'{IN_TASK}.flops: this task is for GPUs, but the job asks for none; give it a number of GPUs per node'),
    (only(task('bb_write', bytes=1, pattern='uniform', name='save')), rigid(),
     f"{IN_TASK}.bytes: task 'save' is for burst buffers, but no node of the platform has one; give nodes the "
     "property 'node_local_bb'"),
    ({**waiting(), 'on_reconfiguration': phase(task('bb_read', bytes=1, pattern='uniform'))},
     flexible('malleable'), 'on_reconfiguration.tasks[0].bytes: this task is for burst buffers, but no node of the '
                            "platform has one; give nodes the property 'node_local_bb'"),
    (only(busy(1), iterations='-1'), rigid(), 'phases[0].iterations: "-1" is -1; a number of iterations must be 0 or '
                                              'more'),
    (only(busy(1), iterations='1 / 0'), rigid(), 'phases[0].iterations: "1 / 0" is inf; a number of iterations must '
                                                 'be finite'),
    (only(busy(1), iterations='steps'), rigid(), 'phases[0].iterations: "steps": nothing defines \'steps\'; add it to '
                                                 "the job's arguments"),
    (only(busy(1), iterations='setps'), rigid(arguments={'steps': 3}),
     'phases[0].iterations: "setps": nothing defines \'setps\', did you mean \'steps\'?'),
    (only(busy(1), iterations='num_nodes'), rigid(), 'phases[0].iterations: "num_nodes": \'num_nodes\' is not known '
                                                     "here: the iterations of a phase depend on the job's arguments "
                                                     'alone'),
    (only(busy('phase_iteration')), rigid(), f'{IN_TASK}.delay: "phase_iteration": \'phase_iteration\' is not known '
                                             'here: only evolving requests can use it'),
    (only(busy('a')), rigid(arguments={'a': 'b', 'b': 'c + 1', 'c': 'a'}),
     f'{IN_TASK}.delay: arguments refer to each other in a circle: a -> b -> c -> a'),
    (only(busy('a')), rigid(arguments={'a': 'a'}), f'{IN_TASK}.delay: arguments refer to each other in a circle: '
                                                   'a -> a'),
    (only(busy('a')), rigid(arguments={'a': '1 +'}), f"{IN_TASK}.delay: argument 'a': \"1 +\": column 4: a value is "
                                                     'missing at the end'),
]


@pytest.mark.parametrize('application, job, complaint', CONTRADICTIONS, ids=range(len(CONTRADICTIONS)))
def test_a_model_that_does_not_fit_the_job_is_refused_at_the_start(
        scenario: Scenario, application: Json, job: Json, complaint: str) -> None:
    scenario.workload({**job, 'application_model': application})
    assert refused(scenario) == f'jobs.json: jobs[0]: app0.json: {complaint}'
    assert not (scenario.folder / 'out').exists()


def test_a_pfs_task_without_a_file_system_is_refused_at_the_start(scenario: Scenario) -> None:
    scenario.platform(crossbar(2, pfs_read=None)).workload(rigid(1, WRITE))
    assert refused(scenario) == (
        f'jobs.json: jobs[0]: app0.json: {IN_TASK}.bytes: this task is for the parallel file system, but the platform '
        "has none; give a host the property 'pfs_host'")


def test_what_a_job_of_its_type_never_runs_is_no_reason_to_refuse_it(scenario: Scenario) -> None:
    unneeded = phase(task('bb_read', bytes=1, pattern='uniform'))
    scenario.workload(rigid(1, {**waiting(), 'on_reconfiguration': unneeded, 'on_expansion': unneeded}))
    assert scenario.run().ends() == [1]


# --- At run time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('text, arguments, complaint', [
    ('-1', {}, '"-1" is -1; a load must be 0 or more'),
    ('1 / 0', {}, '"1 / 0" is inf; a load must be finite'),
    ('0 / 0', {}, '"0 / 0" is not a number; a load must be finite'),
    ('log(-1)', {}, '"log(-1)" is not a number; a load must be finite'),
    ('sqrt(1 - num_nodes * 2)', {}, '"sqrt(1 - num_nodes * 2)" is not a number; a load must be finite'),
    ('10 - x^2', {'x': -4}, '"10 - x^2" is -6; a load must be 0 or more'),
    ('work', {}, '"work": nothing defines \'work\'; add it to the job\'s arguments'),
    ('wrok', {'work': 1}, '"wrok": nothing defines \'wrok\', did you mean \'work\'?'),
    ('Num_nodes', {}, '"Num_nodes": nothing defines \'Num_nodes\', did you mean \'num_nodes\'?'),
    ('a', {'a': 'b + c', 'b': 1}, 'argument \'a\' ("b + c"): nothing defines \'c\'; add it to the job\'s arguments'),
    ('a', {'a': 'num_nodes - 5'}, '"a" is -4; a load must be 0 or more'),
])
@pytest.mark.parametrize('kind, key, extra', [
    ('busy_wait', 'delay', {}), ('cpu', 'flops', {'computation_pattern': 'uniform'}),
    ('pfs_write', 'bytes', {'pattern': 'uniform'})])
def test_a_load_without_a_sensible_value_is_refused_when_the_job_starts(
        scenario: Scenario, kind: str, key: str, extra: Json, text: str, arguments: Json, complaint: str) -> None:
    scenario.workload(rigid(1, waiting(1)), rigid(1, only(task(kind, **{key: text}, **extra)), 5, arguments=arguments))
    assert refused(scenario) == f'job 1: app1.json: {IN_TASK}.{key}: {complaint}'


def test_iterations_of_a_task_without_a_sensible_value_are_refused_when_the_job_starts(scenario: Scenario) -> None:
    scenario.workload(rigid(1, only(busy(1, iterations='num_nodes - 2'))))
    assert refused(scenario) == (f'job 0: app0.json: {IN_TASK}.iterations: "num_nodes - 2" is -1; a number of '
                                 'iterations must be 0 or more')


def test_a_load_that_turns_negative_at_a_reconfiguration_is_refused_then(scenario: Scenario) -> None:
    scenario.workload(flexible('malleable', 1, 4, model(phase(busy('3 - num_nodes'), iterations=3))))
    scenario.configure(schedule_on_scheduling_point=True)

    def grow(peer: Peer) -> list[Json]:
        return [change(0, [0, 1, 2, 3])] if peer.kind == POINT else start_on({0: [0]})(peer)

    result, _ = scenario.ask(grow, status=2)
    assert result.error == f'job 0: app0.json: {IN_TASK}.delay: "3 - num_nodes" is -1; a load must be 0 or more'


@pytest.mark.parametrize('request_, complaint', [
    ('1 / 0', '"1 / 0" is inf; a number of nodes must be finite'),
    ('more', '"more": nothing defines \'more\'; add it to the job\'s arguments')])
def test_an_evolving_request_without_a_sensible_value_is_refused_when_it_is_due(
        scenario: Scenario, request_: str, complaint: str) -> None:
    scenario.workload(flexible('evolving', 1, 4, model(phase(busy(1), iterations=2, evolving_request=request_))))
    result, _ = scenario.ask(start_pending, status=2)
    assert result.error == f'job 0: app0.json: phases[0].evolving_request: {complaint}'


# --- Warnings --------------------------------------------------------------------------------------------------

WARNINGS: list[tuple[Json, Json, str]] = [
    ({'walltme': 3}, waiting(), "jobs.json: jobs[0]: unknown key 'walltme', did you mean 'walltime'?"),
    ({'num_nodes_min': 1}, waiting(), "jobs.json: jobs[0].num_nodes_min: has no effect: a rigid job has 'num_nodes'"),
    ({'arguments': {'num_nodes': 3}}, waiting(), 'jobs.json: jobs[0].arguments.num_nodes: has no effect where the '
                                                 'built-in variable of this name exists; rename it'),
    ({}, {**waiting(), 'phase': []}, "app0.json: unknown key 'phase', did you mean 'phases'?"),
    ({}, only(busy(1), barier=True), "app0.json: phases[0]: unknown key 'barier', did you mean 'barrier'?"),
    ({}, only(busy(1), final_scheduling_point=True), 'app0.json: phases[0].final_scheduling_point: is deprecated and '
                                                     'has no effect; take it out'),
    ({}, only(busy(1, dealy=1)), f"app0.json: {IN_TASK}: unknown key 'dealy', did you mean 'delay'?"),
    ({}, only(task('cpu', flops=1, computation_pattern='uniform', communication_pattern='ring')),
     f"app0.json: {IN_TASK}.communication_pattern: has no effect without 'bytes'"),
    ({}, {**waiting(), 'on_init': phase(busy(1), barrier=True)},
     "app0.json: on_init.barrier: has no effect in a one-time phase: only 'tasks' and 'iterations' count"),
]


@pytest.mark.parametrize('keys, application, warning', WARNINGS, ids=range(len(WARNINGS)))
def test_what_has_no_effect_is_a_warning_and_with_strict_an_error(
        scenario: Scenario, keys: Json, application: Json, warning: str) -> None:
    scenario.workload(rigid(1, application, **keys))
    result = scenario.run()
    assert result.warnings == [warning] and result.column('Status') == ['completed']
    assert warning in refused(scenario, '--strict')


@pytest.mark.parametrize('given, warning', [
    ({'num_gpu': 2}, "unknown property 'num_gpu', did you mean 'num_gpus'?"),
    ({'PFS_targets': 'x'}, "unknown property 'PFS_targets', did you mean 'pfs_targets'?"),
    ({'wide_striping': 'true'}, "property 'wide_striping' has no effect without 'node_local_bb'"),
])
def test_a_property_that_is_a_slip_away_from_ours_is_a_warning(
        scenario: Scenario, given: dict[str, Any], warning: str) -> None:
    scenario.platform(one_node(**given)).workload(rigid())
    assert scenario.run().warnings == [f"platform.xml: host 'a': {warning}"]
    assert refused(scenario, '--strict') == f"platform.xml: host 'a': {warning}"


def test_properties_of_others_are_no_warning(scenario: Scenario) -> None:
    scenario.platform(one_node(watt_per_state='100:200', rack=7)).workload(rigid())
    assert scenario.run('--strict').stderr == ''


def test_a_warning_comes_once_and_not_for_each_of_many_jobs_and_nodes(scenario: Scenario) -> None:
    scenario.platform(crossbar(4, num_gpu=1))
    scenario.workload(*[rigid(1, only(busy(1, dealy=1)), priority=i, walltme=9) for i in range(50)])
    assert scenario.run().warnings == [
        "platform.xml: host 'n0' (and 3 more): unknown property 'num_gpu', did you mean 'num_gpus'?",
        f"app0.json: {IN_TASK}: unknown key 'dealy', did you mean 'delay'?",
        "jobs.json: unknown keys 'jobs[0].priority', 'jobs[0].walltme' (did you mean 'walltime'?)"]


def test_notes_beside_the_jobs_are_no_warning(scenario: Scenario) -> None:
    scenario.workload(rigid(), generator='lublin99', seed=1, created_by={'jobs': 3})
    assert scenario.run('--strict').stderr == ''


def test_a_key_beside_the_jobs_that_is_nearly_jobs_is_a_warning(scenario: Scenario) -> None:
    scenario.workload(rigid(), job=[], comment='')
    assert scenario.run().warnings == ["jobs.json: unknown key 'job', did you mean 'jobs'?"]


# --- The command line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize('options, complaint', [
    (['--nosuch'], "command line: unknown option '--nosuch'; see elastisim --help"),
    (['--strcit'], "command line: unknown option '--strcit'; did you mean '--strict'?"),
    (['-x'], "command line: unknown option '-x'; see elastisim --help"),
    (['--scheduler'], 'command line: --scheduler needs a value: --scheduler SPEC'),
    (['--scheduler='], 'command line: --scheduler needs a value: --scheduler SPEC'),
    (['--check=1'], 'command line: --check takes no value'),
    (['other.json'], "command line: 'other.json' comes after the configuration 'config.json'; give one configuration "
                     'file'),
])
def test_a_command_line_with_a_mistake_is_refused(scenario: Scenario, options: list[str], complaint: str) -> None:
    scenario.workload(rigid()).configure(scheduler='builtin:fcfs')
    assert refused(scenario, *options, scheduler=None) == complaint


@pytest.mark.parametrize('option', ['--cfg=nosuch:1', '--cfg=foo', '--log=nosuch'])
def test_an_option_that_simgrid_refuses_is_told_with_its_reason(scenario: Scenario, option: str) -> None:
    scenario.workload(rigid()).configure(scheduler='builtin:fcfs')
    message = refused(scenario, option, scheduler=None)
    assert re.fullmatch(re.escape(option) + r': SimGrid refuses the option: \w[^\n]*[^\n.]', message)


@pytest.mark.parametrize('arguments, complaint', [
    ([], 'command line: no configuration file; usage: elastisim CONFIG [options], see elastisim --help'),
    (['nosuch.json'], 'nosuch.json: does not exist (paths are relative to the working directory)'),
    (['.'], '.: is a directory, must be a file'),
])
def test_a_missing_configuration_is_named(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    run = subprocess.run([SIMULATOR, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (2, '', f'elastisim: error: {complaint}\n')
