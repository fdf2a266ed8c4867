"""Power states of Batsim's platforms as properties of ours.

A state of a host in which it sleeps stands in the property sleep_pstates beside two that stand for the way there and
back: "SLEEP:OFF:ON", numbers of states, several such triples with commas between them. Switching is one flop of
computation in the state OFF or ON: of a state with speed s it takes 1 / s seconds, at the full power of that state
(Batsim's machines.cpp and pstate.cpp)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Optional

from .record import LogError

# Property of Batsim's platforms -> what SimGrid calls it since.
NAMES = {'watt_per_state': 'wattage_per_state', 'watt_off': 'wattage_off'}

PREFIXES = {'': 1.0, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'P': 1e15, 'E': 1e18, 'Z': 1e21, 'Y': 1e24}


def given(host: ElementTree.Element) -> dict[str, str]:
    return {prop.get('id', ''): prop.get('value', '') for prop in host.findall('prop')}


def flops_of(text: str) -> Optional[float]:
    """A speed as SimGrid writes it; None when it is none above 0."""
    match = re.fullmatch(r'\s*(\d*\.?\d+(?:[eE][+-]?\d+)?|\d+\.)(?:([kMGTPEZY]?)f)?\s*', text)
    value = float(match.group(1)) * PREFIXES[match.group(2) or ''] if match else 0.0
    return value if 0 < value < float('inf') else None


def watts_of(text: str) -> Optional[tuple[float, float]]:
    """Of a state: with nothing to do, and in full use."""
    try:
        figures = [float(figure) for figure in text.split(':')]
    except ValueError:
        return None
    return (figures[0], figures[-1]) if len(figures) in (2, 3) and all(0 <= one < 1e300 for one in figures) else None


def properties_of(path: str, host: ElementTree.Element) -> dict[str, str]:
    """All properties of a host, those about power by our names. The first state of sleep is what "off" is here. Raises
    LogError with the host's name."""
    properties = {NAMES.get(key, key): value for key, value in given(host).items()}
    if 'sleep_pstates' not in properties:
        return properties
    try:
        return {**properties, **_switching(properties, host.get('speed', host.get('power', '')).split(','))}
    except ValueError as error:
        raise LogError(f"{path}: host '{host.get('id')}': property 'sleep_pstates': {error}") from None


def _switching(properties: dict[str, str], speeds: list[str]) -> dict[str, str]:
    triple = properties['sleep_pstates'].split(',')[0]
    states = [int(state) for state in triple.split(':') if state.strip().isdecimal()]
    if len(states) != 3 or triple.count(':') != 2:
        raise ValueError(f"must be three states, 'SLEEP:OFF:ON', is '{triple[:60]}'")
    watts = properties.get('wattage_per_state', '').split(',')
    if max(states) >= min(len(speeds), len(watts)):
        raise ValueError(f'state {max(states)} has no speed, or no watts')
    powers = [watts_of(watts[state]) for state in states]
    lengths = [1 / speed if speed else None for speed in (flops_of(speeds[state]) for state in states[1:])]
    if None in powers or None in lengths:
        raise ValueError('the states must have watts IDLE:ALL or IDLE:EPSILON:ALL, and those of switching a speed '
                         'above 0')
    (asleep, _), (_, off), (_, on) = (power for power in powers if power)
    off_seconds, on_seconds = (length for length in lengths if length)
    return {'wattage_off': repr(asleep),
            'stop_seconds': repr(off_seconds), 'stop_joules': repr(off * off_seconds),
            'boot_seconds': repr(on_seconds), 'boot_joules': repr(on * on_seconds)}
