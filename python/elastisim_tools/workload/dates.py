"""Dates: seconds since 1970, UTC, and what they are called where the machine stands."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Optional
from zoneinfo import ZoneInfo


def zone_of(name: Optional[str], offset: Optional[int] = None) -> tzinfo:
    """The time zone of that name; without one, or with one that the system doesn't know, that many seconds east of
    Greenwich; else UTC."""
    if name:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    if offset is not None and abs(offset) < 86400:
        return timezone(timedelta(seconds=offset))
    return timezone.utc


def given_zone(name: str) -> tzinfo:
    """The zone that a user names: a name of the time zone database, UTC, or an offset such as +01:00."""
    if name.upper() in ('UTC', 'Z'):
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    try:
        zone = datetime.strptime(name, '%z').tzinfo
        assert zone
        return zone
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{name}': no time zone is called so; give a name such as Europe/Berlin, "
                                         "UTC, "
                                         'or an offset such as +01:00') from None


def iso_date(seconds: int, name: Optional[str], offset: Optional[int]) -> Optional[str]:
    """ISO 8601 with zone, or None for what no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, zone_of(name, offset)).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def iso_moment(seconds: float, zone: tzinfo) -> str:
    """ISO 8601 with zone."""
    return datetime.fromtimestamp(seconds, zone).isoformat()
