"""What the algorithm gets as ``system``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class System(dict[str, Any]):
    """A dict of what is meant for the algorithm.

    The rest of the message, as schedulers written for ElastiSim find it there, is made when somebody asks for it.
    """

    _whole = False

    def _rest(self) -> dict[str, Any]:
        """What is made then."""
        return {}

    def __missing__(self, key: str) -> Any:
        self._complete()
        if not super().__contains__(key):
            raise KeyError(key)
        return self[key]

    def _complete(self) -> System:
        if not self._whole:
            self._whole = True
            for key, value in self._rest().items():
                self.setdefault(key, value)
        return self

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if self.__contains__(key) else default

    def __contains__(self, key: object) -> bool:
        if not super().__contains__(key) and key not in _ALWAYS_TOLD:
            self._complete()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self._complete())

    def __len__(self) -> int:
        return dict.__len__(self._complete())

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self._complete(), other)

    def __repr__(self) -> str:
        return dict.__repr__(self._complete())

    def __or__(self, other: Any) -> Any:
        return self.copy() | other

    def keys(self) -> Any:
        return dict.keys(self._complete())

    def values(self) -> Any:
        return dict.values(self._complete())

    def items(self) -> Any:
        return dict.items(self._complete())

    def copy(self) -> dict[str, Any]:
        return dict(self.items())

    def __reduce__(self) -> Any:
        return dict, (self.copy(),)


# What a System has from the start, where it has it at all.
_ALWAYS_TOLD = frozenset(('time', 'invocation_type', 'job', 'evolving_request', 'power_cap', 'power_committed',
                          'pfs_read_bw', 'pfs_write_bw', 'pfs_read_utilization', 'pfs_write_utilization'))
