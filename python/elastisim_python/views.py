"""Parts of the jobs and nodes that are kept up to date, so that nobody has to look for them among all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, overload

T = TypeVar('T')


class PlainView(Sequence[T]):
    """Members of a whole, in the order of their identifiers.

    It shows what is so now: a node that is given to a job leaves ``nodes.free`` at once, also while somebody iterates.
    """

    def __init__(self) -> None:
        # By identifier. A byte per item tells whether it is a member (1), none (0), or hidden by a decision (2): the
        # search for the next member is the processor's.
        self._items: list[Any] = []
        self._members = bytearray()
        self._count = 0
        # None is below it.
        self._first = 0
        self._hidden: list[int] = []

    def _put(self, identifier: int, item: T) -> None:
        """Makes known what has an identifier; it is no member yet."""
        missing = identifier + 1 - len(self._items)
        if missing > 0:
            self._items += [None] * missing
            self._members.extend(bytes(missing))
        self._items[identifier] = item

    def _mark(self, identifier: int, member: bool) -> None:
        """Lets in what is known, or out."""
        self._count += member - (self._members[identifier] == 1)
        self._members[identifier] = member
        if member and identifier < self._first:
            self._first = identifier

    def _mark_all(self, identifiers: Sequence[int], member: bool) -> None:
        """Lets all of these in, or out."""
        members, before = self._members, 0
        for identifier in identifiers:
            before += members[identifier] == 1
            members[identifier] = member
        self._count += member * len(identifiers) - before
        if member and identifiers:
            self._first = min(self._first, min(identifiers))

    def _hide(self, identifier: int) -> None:
        """Lets a member out until it is shown again, or all are."""
        if identifier < len(self._members) and self._members[identifier] == 1:
            self._members[identifier] = 2
            self._count -= 1
            self._hidden.append(identifier)

    def _show(self, identifier: int) -> None:
        if identifier < len(self._members) and self._members[identifier] == 2:
            self._mark(identifier, True)

    def _show_all(self) -> None:
        for identifier in self._hidden:
            self._show(identifier)
        self._hidden.clear()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        items, find = self._items, self._members.find
        at = find(1, self._first)
        self._first = len(items) if at < 0 else at
        while at >= 0:
            yield items[at]
            at = find(1, at + 1)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self._count)
            if step > 0:
                return self._some(stop)[start::step]
            return list(self)[index]
        position = index + self._count if index < 0 else index
        if not 0 <= position < self._count:
            raise IndexError(f'there are {self._count}, none at {index}')
        return self._some(position + 1)[position]

    def _some(self, count: int) -> list[T]:
        """The first members, so many of them."""
        items, find = self._items, self._members.find
        found: list[T] = []
        at = self._first - 1
        while len(found) < count:
            at = find(1, at + 1)
            found.append(items[at])
        return found

    def __contains__(self, item: object) -> bool:
        identifier = getattr(item, 'identifier', None)
        return (isinstance(identifier, int) and 0 <= identifier < len(self._items)
                and self._members[identifier] == 1 and self._items[identifier] == item)

    def __repr__(self) -> str:
        return repr(list(self))
