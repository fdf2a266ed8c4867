"""Numbers and arrays of numpy in the hands of a scheduler. Debian has no numpy for PyPy, which runs the others."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest
from elastisim_python import Job, JobType, Node
from elastisim_python.protocol import encode_answer
from elastisim_python.state import State
from standin import rigid

NODES = [Node(i) for i in range(8)]


def moldable() -> Job:
    return Job(0, JobType.MOLDABLE, num_nodes_min=1, num_nodes_max=8)


def test_assign_and_remove_take_an_array_of_nodes() -> None:
    job = moldable()
    job.assign(numpy.array(NODES)[[2, 5]])
    job.remove(numpy.array(NODES)[[5]])
    assert [node.identifier for node in job.assigned_nodes] == [2]


@pytest.mark.parametrize('gpus', [numpy.int64(3), numpy.float64(3.5)])
def test_numbers_of_gpus_may_be_numbers_of_numpy(gpus: Any) -> None:
    job = moldable()
    job.assign_num_gpus_per_node(gpus)
    assert job.assigned_num_gpus_per_node == 3


@pytest.mark.parametrize('value, text', [(numpy.bool_(False), '0'), (numpy.int64(7), '7'),
                                         (numpy.float64(0.25), '0.25')])
def test_runtime_arguments_may_be_numbers_of_numpy(value: Any, text: str) -> None:
    job = moldable()
    job.update_runtime_argument('x', value)
    assert job.runtime_arguments == {'x': text}


def test_columns_are_arrays_without_a_copy() -> None:
    state = State()
    state.update({'time': 0, 'invocation_type': 0, 'jobs': [rigid(0), rigid(1, submit_time=2.5)], 'nodes': []})
    times = numpy.asarray(state.jobs.column('submit_time'))
    assert times.tolist() == [0, 2.5] and not times.flags.owndata and not times.flags.writeable


def test_numbers_of_numpy_that_were_put_in_by_hand_are_sent() -> None:
    job: Any = moldable()
    job._modified_jobs = sent = [job]
    job.modified = True
    job.assigned_num_gpus_per_node = numpy.int32(2)
    job.runtime_arguments['x'] = numpy.float32(0.5)
    entry = json.loads(encode_answer(sent))['jobs'][0]
    assert (entry['assigned_num_gpus_per_node'], entry['runtime_arguments']) == (2, {'x': 0.5})
