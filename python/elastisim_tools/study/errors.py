"""What is wrong with a study."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StudyError(Exception):
    """Where, what is wrong and what to do, in one sentence."""


def suggestion(name: str, known: Iterable[str], otherwise: str) -> str:
    """The end of a message about an unknown name: the nearest known one, or what else helps."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else otherwise
