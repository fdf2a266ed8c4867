"""The package's enumerations are enumerations in every respect, but quick to look up."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from enum import Enum

import pytest
from elastisim_python import GpuState, InvocationType, JobState, JobType, NodeAvailability, NodeState, NodeType

ALL = [GpuState, InvocationType, JobState, JobType, NodeAvailability, NodeState, NodeType]


@pytest.mark.parametrize('enumeration', ALL)
def test_members_are_found_in_every_way(enumeration: type[Enum]) -> None:
    assert len(enumeration) == len(list(enumeration)) and list(reversed(enumeration)) == list(enumeration)[::-1]
    for member in enumeration:
        assert enumeration(member.value) is enumeration[member.name] is getattr(enumeration, member.name) is member
        assert member in enumeration and isinstance(member, enumeration) and isinstance(member, Enum)
        assert pickle.loads(pickle.dumps(member)) is copy.deepcopy(member) is member
        assert str(member) == f'{member}' == f'{enumeration.__name__}.{member.name}'
        assert repr(member) == f'<{enumeration.__name__}.{member.name}: {member.value}>'
        assert {member: 1}[member] == 1 and member != member.value
    assert issubclass(enumeration, Enum) and repr(enumeration) == f"<enum '{enumeration.__name__}'>"


@pytest.mark.parametrize('misuse, error', [
    (lambda: JobState(99), ValueError), (lambda: JobState['NO'], KeyError),
    (lambda: getattr(JobState, 'NO'), AttributeError),
    (lambda: setattr(JobState, 'PENDING', 1), AttributeError), (lambda: delattr(JobState, 'PENDING'), AttributeError)])
def test_misuse_is_an_error(misuse: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        misuse()


def test_another_spelling_is_the_same_member() -> None:
    one, other = NodeType.COMPUTE_NODE_WITH_WIDE_STRIPED_BB, NodeType['COMPUTE_NODE_WIDE_STRIPED_BB']
    assert one is other
    assert list(NodeType.__members__)[-1] == 'COMPUTE_NODE_WITH_WIDE_STRIPED_BB'
