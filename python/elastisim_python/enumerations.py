"""Enumerations whose members cost no more to look up than any attribute of a class.

Up to Python 3.11 the class of all enumerations has a ``__getattr__``, which makes each look-up such as
``NodeState.FREE`` dearer than the comparison it serves, and schedulers make them for every node and job at
every invocation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, EnumMeta
from typing import Any, TypeVar

E = TypeVar('E', bound=Enum)


class _QuickMeta(type):
    """Does what EnumMeta does, by EnumMeta's own functions, but for looking up members."""

    __members__: Mapping[str, Enum]

    def __setattr__(cls, name: str, value: Any) -> None:
        if name in cls.__members__:
            raise AttributeError(f'cannot reassign member {name!r}')
        type.__setattr__(cls, name, value)

    def __delattr__(cls, name: str) -> None:
        if name in cls.__members__:
            raise AttributeError(f'cannot delete member {name!r}')
        type.__delattr__(cls, name)


for _name in ('__bool__', '__call__', '__contains__', '__getitem__', '__iter__', '__len__', '__members__', '__repr__',
              '__reversed__'):
    setattr(_QuickMeta, _name, vars(EnumMeta)[_name])


def quick(enumeration: type[E]) -> type[E]:
    """Makes the look-ups of an enumeration quick where they aren't; everything else about it stays."""
    if hasattr(EnumMeta, '__getattr__'):
        members = dict(enumeration.__members__)
        for name, member in members.items():
            type.__setattr__(enumeration, name, member)
        type.__setattr__(enumeration, '__class__', _QuickMeta)
    return enumeration
