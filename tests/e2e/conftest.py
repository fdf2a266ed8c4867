"""Fixtures of the end-to-end tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2] / 'python')]

from harness import Scenario  # noqa: E402
from logs import MEDIUM, workload  # noqa: E402

# No time limits per example and no shared files: the tests may run side by side on a busy machine.
settings.register_profile('side-by-side', database=None, deadline=None, derandomize=True,
                          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
settings.load_profile('side-by-side')


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    scenario = Scenario(tmp_path)
    yield scenario
    scenario.end()


@pytest.fixture(scope='module')
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Batsim's published workload, imported."""
    folder = tmp_path_factory.mktemp('medium')
    workload('import', 'batsim', MEDIUM / 'medium_late.json', '--platform', MEDIUM / 'platform.xml', '-o', 'out',
             cwd=folder)
    return folder / 'out'
