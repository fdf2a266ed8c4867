"""The order of CPython's sets is worked out as CPython has it; so this is for CPython alone."""

from __future__ import annotations

import pytest
from elastisim_python.ordering import worked_out
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(0, 20000)))
def test_the_order_of_a_set_is_worked_out_as_cpython_has_it(identifiers: list[int]) -> None:
    assert worked_out(identifiers) == list(set(identifiers))


@pytest.mark.parametrize('count', [5, 6, 77, 1000, 70000])
def test_the_order_of_a_set_is_worked_out_for_large_ones(count: int) -> None:
    identifiers = [i * 7919 % 100003 for i in range(count)]
    assert worked_out(identifiers) == list(set(identifiers))
