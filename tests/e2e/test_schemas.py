"""The JSON Schemas of the inputs know what the program knows, and refuse what it refuses."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from elastisim_tools.workload import convert
from harness import PATIENCE, ROOT, SIMULATOR, Json, Scenario, busy, crossbar, flexible, model, phase, rigid, task

sys.path[:0] = [str(ROOT / 'tests' / name) for name in ('fuzz', 'differential')]
import mutate_worlds  # noqa: E402
import random_trouble  # noqa: E402

CASES = Path(os.environ.get('ELASTISIM_CONFORMANCE', ROOT.parent / 'shared' / 'conformance')) / 'cases'


def schema(kind: str) -> Json:
    return dict(json.loads((ROOT / 'schemas' / f'{kind}.schema.json').read_text()))


VALIDATORS = {kind: jsonschema.Draft7Validator(schema(kind))
              for kind in ('configuration', 'jobs', 'application_model', 'recipe', 'availability')}


def complaints(kind: str, document: Any) -> list[str]:
    return [f'{error.json_path}: {error.message}' for error in VALIDATORS[kind].iter_errors(document)]


def keys(properties: Json) -> list[str]:
    return [key for key in properties if key != '$schema']


def table(file: str, name: str) -> list[str]:
    """The words of a table in the source of the program."""
    found = re.search(rf'\b{name}\[.*?\] = \{{(.*?)\}};', (ROOT / 'src' / file).read_text(), re.DOTALL)
    assert found
    return re.findall(r'"(\w+)"', re.sub(r'/\*.*?\*/', '', found[1], flags=re.DOTALL))


@pytest.mark.parametrize('kind', VALIDATORS)
def test_a_schema_is_one(kind: str) -> None:
    VALIDATORS[kind].check_schema(schema(kind))


# --- What they know --------------------------------------------------------------------------------------------------

TYPES = {'path': ['string'], 'string': ['string'], 'seconds': ['number'], 'watts': ['number'], 'boolean': ['boolean'],
         'list': ['array'], 'count': ['integer'], 'word': ['string'], 'limit': ['number', 'string']}


def test_configuration_has_the_keys_types_and_defaults_of_the_help() -> None:
    told = subprocess.run([SIMULATOR, '--help-configuration'], capture_output=True, text=True, check=True).stdout
    head, *lines = told.splitlines()
    columns = [head.index(word) for word in ('Type', 'Default', 'Meaning')]
    rows = [[line[begin:end].strip() for begin, end in zip([0, *columns], [*columns, None])] for line in lines]
    known = schema('configuration')
    assert keys(known['properties']) == [key for key, *_ in rows]
    assert known['required'] == [key for key, _, default, _ in rows if default == 'mandatory']
    for key, kind, default, meaning in rows:
        entry = known['properties'][key]
        assert entry['type'] == (TYPES[kind][0] if default == 'mandatory' else [*TYPES[kind], 'null']), key
        assert entry.get('default') == (
            None if default in ('mandatory', '-') else default if kind == 'word' else json.loads(default)), key
        assert entry['description'].startswith(meaning), key


def test_jobs_have_the_keys_that_the_program_knows() -> None:
    known = schema('jobs')['definitions']['job']['properties']
    assert sorted(known) == sorted(table('workload/job.c', 'job_keys'))
    assert sorted(known['type']['anyOf'][0]['enum']) == sorted(table('workload/workload.c', 'job_types'))


def test_application_models_have_the_keys_and_words_that_the_program_knows() -> None:
    whole = schema('application_model')
    definitions = whole['definitions']
    assert sorted(keys(whole['properties'])) == sorted(table('application/application.c', 'document_keys'))
    assert sorted(definitions['phase']['properties']) == sorted(table('application/application.c', 'phase_keys'))
    known = definitions['task']['properties']
    words = {'type': 'task_types', 'computation_pattern': 'vector_patterns', 'pattern': 'vector_patterns',
             'communication_pattern': 'matrix_patterns'}
    for key, name in words.items():
        entry = known[key] if key == 'type' else known[key]['anyOf'][0]
        assert sorted(entry['anyOf'][0]['enum']) == sorted(table('application/names.c', name)), key


@pytest.mark.parametrize('kind', table('application/names.c', 'task_types'))
def test_a_type_of_task_has_the_keys_that_the_program_takes(scenario: Scenario, kind: str) -> None:
    """The program warns of each key that a type does not take."""
    known = schema('application_model')['definitions']['task']['properties']
    rule = next(rule['then'] for rule in schema('application_model')['definitions']['task']['allOf']
                if re.search(rule['if']['properties']['type']['pattern'], kind))
    for key in known:
        scenario.workload(rigid(1, model(phase(task(kind, **{'name': 'x', key: kind if key == 'type' else None})))))
        said = scenario.start('--check', '--scheduler', 'builtin:fcfs').communicate()[1]
        assert (f"unknown key '{key}'" not in said) == (key in rule['propertyNames']['enum']), (key, said)


def test_recipes_have_the_keys_and_defaults_of_the_command() -> None:
    known = schema('recipe')['properties']
    assert {key: known[key].get('default') for key in keys(known)} == convert.DEFAULTS


def test_availability_has_the_keys_and_words_that_the_program_knows() -> None:
    whole = schema('availability')
    definitions = whole['definitions']
    assert sorted(keys(whole['properties'])) == sorted(table('availability/read.c', 'document_keys'))
    for name in ('outage', 'failure', 'repair', 'burst', 'window'):
        assert sorted(definitions[name]['properties']) == sorted(table('availability/read.c', f'{name}_keys')), name
    per = definitions['failure']['properties']['per']['anyOf'][1]
    assert list(per['properties']) == table('availability/read.c', 'per_keys')
    assert list(definitions['with_property']['properties']) == table('availability/nodes.c', 'known_keys')
    words = {('outage', 'kind'): 'kinds', ('window', 'kind'): 'kinds', ('failure', 'distribution'): 'failure_laws',
             ('repair', 'distribution'): 'repair_laws'}
    for (name, key), expected in words.items():
        known = definitions[name]['properties'][key]['enum']
        assert [word for word in known if word] == table('availability/read.c', expected), (name, key)


# --- What they let pass ----------------------------------------------------------------------------------------------

FOLDERS = {'configurations': 'configuration', 'workloads': 'jobs', 'application_models': 'application_model',
           'availability': 'availability'}
EXAMPLES = [(kind, str(path.relative_to(ROOT))) for folder, kind in FOLDERS.items()
            for path in sorted(ROOT.glob(f'{folder}/*.json'))]


@pytest.mark.parametrize('kind, path', EXAMPLES)
def test_examples_fit(kind: str, path: str) -> None:
    assert complaints(kind, json.loads((ROOT / path).read_text())) == []


def kind_of(document: Json) -> str:
    return 'configuration' if 'jobs_file' in document else 'jobs' if 'jobs' in document else 'application_model'


@pytest.mark.skipif(not CASES.is_dir(), reason='the recorded cases are not at ELASTISIM_CONFORMANCE')
def test_the_inputs_of_all_recorded_cases_fit() -> None:
    documents = {path: json.loads(path.read_text()) for path in CASES.glob('*/*.json')}
    told = {path: complaints(kind_of(document), document) for path, document in documents.items()}
    assert len(told) > 60 and not any(told.values()), told


def test_the_name_of_a_schema_is_no_unknown_key(scenario: Scenario) -> None:
    scenario.write('app.json', {'$schema': '/usr/share/x.json', **model(phase(busy(1)))})
    scenario.workload(rigid(1, 'app.json'), **{'$schema': 'jobs.schema.json'})
    scenario.configure(**{'$schema': 'configuration.schema.json'})
    assert scenario.run('--strict').warnings == []


# --- What they refuse, as the program does ---------------------------------------------------------------------------

MODELS: list[Any] = [
    {}, {'phases': []}, {'phases': [{}]}, {'phases': [{'tasks': []}]}, {'phases': [{'tasks': 3}]},
    model(phase(busy(-1))), model(phase(busy([]))), model(phase(task('cpu'))), model(phase(task('cpu', flops=1))),
    model(phase(task('cpu', flops=True, computation_pattern='uniform'))), model(phase(task('dance', delay=1))),
    model(phase(task('idle'))), model(phase(task('sequence'))), model(phase(task('pfs_read', bytes=1))),
    model(phase(task('gpu', bytes=[1], communication_pattern='ring'))),
    model(phase(busy(1, pattern='some'))), model(phase(busy(1), iterations=-1)), model(phase(busy(1), barrier=1)),
    {**model(phase(busy(1))), 'on_init': []}, model(phase(busy(1e201))), model(phase(busy(1, name=3)))]
JOBS: list[Any] = [
    {'type': 'rigid'}, rigid(0), {**rigid(), 'num_nodes': 1.5}, {**rigid(), 'num_nodes': '1'}, rigid(2 ** 31),
    rigid(1, submit=-1), rigid(1, walltime='1'),
    {**rigid(), 'type': 'rigd'}, {**rigid(), 'num_nodes': None}, rigid(1, runtime_estimate=0), rigid(1, arguments=[]),
    rigid(1, arguments={'x': True}), rigid(1, attributes={'x': None}), rigid(1, name=1), 3,
    rigid(1, on_node_loss='shirk'),
    {**flexible('moldable'), 'num_nodes_max': None}, {**flexible('evolving'), 'type': 'rigid'}]
CONFIGURATIONS: list[Any] = [
    {'jobs_file': ''}, {'jobs_file': None}, {'sensing': 1}, {'sensing': True}, {'sensing': True, 'sensing_interval': 0},
    {'scheduling_interval': -1}, {'scheduling_interval': '1'}, {'schedule_on_job_submit': False},
    {'pfs_read_links': 'x'}, {'pfs_read_links': [1]}, {'events': ''}]
GOOD: list[tuple[str, Any]] = [
    ('application_model', model(phase(task('CPU', flops=1, computation_pattern='All_Ranks')))),
    ('application_model', model(phase(busy('2', iterations=None)))),
    ('application_model', {**model(phase(busy(1))), 'on_init': None}),
    ('jobs', {**rigid(walltime=None), 'num_nodes': 1.0}), ('jobs', {**rigid(), 'type': 'Rigid'}),
    ('jobs', flexible('ADAPTIVE')), ('jobs', rigid(1, on_node_loss='requeue')),
    ('configuration', {'sensing': None}), ('configuration', {'scheduling_interval': 1, 'schedule_on_job_submit': None})]


def status_of(scenario: Scenario, kind: str, content: Any) -> tuple[int, list[str]]:
    """How the program ends with this input, and what the schema says of it."""
    document = content
    if kind == 'configuration':
        scenario.configuration.update(content)
        document = scenario.configuration
    elif kind == 'jobs':
        document = scenario.write('jobs.json', {'jobs': [content]}) and {'jobs': [content]}
        scenario.write('app.json', model(phase(busy(1))))
        if isinstance(content, dict):
            document['jobs'] = [{**content, 'application_model': 'app.json'}]
            scenario.write('jobs.json', document)
    else:
        scenario.write('app.json', content)
        scenario.workload(rigid(1, 'app.json'))
    process = scenario.start('--check', '--scheduler', 'builtin:fcfs')
    process.communicate()
    return process.returncode, complaints(kind, document)


@pytest.mark.parametrize('kind, content', [
    *(('application_model', content) for content in MODELS), *(('jobs', content) for content in JOBS),
    *(('configuration', content) for content in CONFIGURATIONS)])
def test_what_the_program_refuses_does_not_fit(scenario: Scenario, kind: str, content: Any) -> None:
    status, told = status_of(scenario, kind, content)
    assert status == 2 and told


@pytest.mark.parametrize('kind, content', GOOD)
def test_what_the_program_takes_in_other_spellings_fits(scenario: Scenario, kind: str, content: Any) -> None:
    assert status_of(scenario, kind, content) == (0, [])


# --- Availability: what the unit test of its reader says the program takes and refuses --------------------------------

# What no schema sees: whether nodes and properties are there, and one value against another.
UNSEEN = re.compile(r"no compute node|beside those|must be after 'from'|must not be after|must be after 'first'|"
                    r"host 'c0' has no|must be less than 'every'|must be at most 9000, ")


def plans_of_the_unit_test() -> list[tuple[Any, str]]:
    """Files and their messages, as the C program has them: strings with ' for \"."""
    text = (ROOT / 'tests' / 'unit' / 'test_availability.c').read_text()
    found = re.search(r'\berrors\[\] = \{(.*?)\n\};', text, re.DOTALL)
    assert found
    literals = re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+', re.sub(r'/\*.*?\*/', '', found[1], flags=re.DOTALL))
    texts = [''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)).replace('\\"', '"') for literal in literals]
    return [(json.loads(file.replace("'", '"')), message) for file, message in zip(texts[::2], texts[1::2])]


PLANS = plans_of_the_unit_test()


@pytest.mark.parametrize('document, message', PLANS, ids=[message for _, message in PLANS])
def test_what_the_reader_of_availability_refuses_does_not_fit(document: Any, message: str) -> None:
    assert bool(complaints('availability', document)) == (not UNSEEN.search(message))


def test_there_are_plans_enough() -> None:
    assert len(PLANS) > 70 and sum(bool(UNSEEN.search(message)) for _, message in PLANS) < 20


NIGHT: Json = {'first': 0, 'every': 9, 'duration': 1}


@pytest.mark.parametrize('document', [
    {}, {'outages': None}, {'outages': [{'nodes': ['a', 'b[0-1]'], 'from': 0, 'until': None, 'duration': 3}]},
    {'failures': [{'between': 9, 'repair': 1, 'per': None, 'shape': None, 'burst': None, 'distribution': None}]},
    {'failures': [{'between': 9, 'repair': {'distribution': 'fixed', 'mean': 1, 'sigma': None}}]},
    {'windows': [{**NIGHT, 'kind': None, 'lead': None, 'share': None, 'nodes': None, 'reason': None}]}])
def test_what_the_reader_of_availability_takes_fits(document: Any) -> None:
    assert complaints('availability', document) == []


def test_what_the_program_takes_of_availability_with_slips_fits(scenario: Scenario) -> None:
    """Random files with a few places changed, checked by the program without a run: what it refuses it tells of by the
    name of the file, and what it takes is none that the schema refuses."""
    rng = random.Random(7)
    scenario.platform(crossbar(rack='r1')).workload(rigid())
    texts = [mutate_worlds.slip_in_json(rng, json.dumps(random_trouble.availability(rng, ['n0', 'n1', 'n2', 'n3'])))
             for _ in range(600)]
    for number, text in enumerate(texts):
        scenario.write(f'{number}.json', text)
    scenario.command()
    lines = [json.dumps({'id': str(number), 'configuration': 'config.json', 'check': True, 'scheduler': 'builtin:fcfs',
                         'set': {'availability': f'{number}.json'}}) + '\n' for number in range(len(texts))]
    done = subprocess.run([SIMULATOR, '--batch', '--jobs=2'], cwd=scenario.folder, input=''.join(lines), text=True,
                          capture_output=True, timeout=PATIENCE)
    answers = {answer['id']: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert len(answers) == len(texts)
    taken = [text for number, text in enumerate(texts) if answers[str(number)]['status'] == 0]
    assert 100 < len(taken) < 500
    assert [(text, found) for text in taken if (found := complaints('availability', json.loads(text)))] == []
    assert [answer for number in range(len(texts)) if (answer := answers[str(number)])['status'] != 0
            and not (answer['status'] == 2 and answer['error'].startswith(f'{number}.json:'))] == []
