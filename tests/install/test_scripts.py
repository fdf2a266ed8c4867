"""What the scripts do with Debian's package manager, tried in a place of its own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not shutil.which('apt-get'), reason='this is no Debian')


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """A folder with the state of an apt that knows one package, elastisim-nothing, and installs nothing."""
    for name in ('state/lists/partial', 'cache/archives/partial', 'dpkg/updates', 'dpkg/info', 'log', 'repository',
                 'nothing/DEBIAN', 'bin'):
        (tmp_path / name).mkdir(parents=True)
    control = ('Package: elastisim-nothing\nVersion: 1\nArchitecture: all\n'
               'Maintainer: elastisim maintainers <elastisim@example.org>\nDescription: nothing\n')
    (tmp_path / 'nothing/DEBIAN/control').write_text(control)
    package = tmp_path / 'repository/nothing.deb'
    subprocess.run(['dpkg-deb', '--build', '--root-owner-group', tmp_path / 'nothing', package], check=True)
    content = package.read_bytes()
    (tmp_path / 'repository/Packages').write_text(
        f'{control}Filename: ./nothing.deb\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n')
    (tmp_path / 'sources.list').write_text(f'deb [trusted=yes] file:{tmp_path}/repository ./\n')
    (tmp_path / 'dpkg/status').touch()
    for name, text in [('dpkg', f'echo "$@" >>{tmp_path}/asked'), ('sudo', 'exec "$@"')]:
        (tmp_path / 'bin' / name).write_text(f'#!/bin/sh\n{text}\n')
        (tmp_path / 'bin' / name).chmod(0o755)
    (tmp_path / 'apt.conf').write_text(
        f'Dir::State "{tmp_path}/state"; Dir::State::status "{tmp_path}/dpkg/status"; Dir::Cache "{tmp_path}/cache";\n'
        f'Dir::Log "{tmp_path}/log"; Dir::Etc::sourcelist "{tmp_path}/sources.list"; Dir::Etc::sourceparts "-";\n'
        f'Dir::Bin::dpkg "{tmp_path}/bin/dpkg"; APT::Sandbox::User "";\n')
    return tmp_path


def start(apt: Path, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ['bash', '-euc', f'. scripts/lib.sh; {command}'], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'APT_CONFIG': str(apt / 'apt.conf'), 'PATH': f'{apt}/bin:{os.environ["PATH"]}',
             'LC_ALL': 'C'})


def wait_for(process: subprocess.Popen[str], said: str) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if said in line:
            return
    pytest.fail(f'not said: {said}\n{"".join(lines)}')


def test_another_apt_is_waited_for(apt: Path) -> None:
    """As it reads its lists, and as it installs."""
    with open(apt / 'state/lists/lock', 'w') as lists, open(apt / 'dpkg/lock-frontend', 'w') as packages:
        fcntl.lockf(lists, fcntl.LOCK_EX)
        fcntl.lockf(packages, fcntl.LOCK_EX)
        process = start(apt, 'install_packages elastisim-nothing')
        wait_for(process, 'waiting for another apt')
        lists.close()
        wait_for(process, 'to be installed (--no-install leaves that to you): elastisim-nothing')
        wait_for(process, '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.')
        wait_for(process, 'dpkg/lock-frontend. It is held by process')
        assert '--unpack' not in (apt / 'asked').read_text()
    process.communicate()
    assert process.returncode == 0
    assert f'--unpack --auto-deconfigure {apt}/repository/./nothing.deb' in (apt / 'asked').read_text()


def test_nothing_is_installed_without_leave(apt: Path) -> None:
    process = start(apt, 'install=no; install_packages elastisim-nothing')
    _, said = process.communicate()
    assert (process.returncode, said) == (1, 'these Debian packages are missing: elastisim-nothing\n')
    assert not (apt / 'asked').exists()


def test_a_package_that_nobody_has_is_named(apt: Path) -> None:
    process = start(apt, 'install_packages elastisim-missing')
    _, said = process.communicate()
    assert process.returncode != 0
    assert 'E: Unable to locate package elastisim-missing' in said
