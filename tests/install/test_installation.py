"""What `cmake --install` puts where, and that it works from there, for any user in any folder."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ['ELASTISIM_BUILD'])
PYTHON = sys.executable
# Debian's PyPy is a Python 3.9, the oldest that the packages are for.
OLDEST_PYTHON = 'pypy3'

# Commands and whether they are Python's.
TOOLS = {'elastisim': False, **{path.name: True for path in (ROOT / 'python').glob('elastisim-*')}}


def run(*command: str, cwd: Path, env: Optional[Mapping[str, str]] = None,
        status: int = 0) -> 'subprocess.CompletedProcess[str]':
    """Runs it without any PYTHONPATH of ours."""
    variables = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    done = subprocess.run(command, cwd=cwd, env={**variables, **(env or {})}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope='session')
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('installed') / 'prefix'
    run('cmake', '--install', str(BUILD), '--prefix', str(folder), cwd=ROOT)
    return folder


@pytest.fixture
def examples(prefix: Path, tmp_path: Path) -> Path:
    """A folder of a user who looks at the examples."""
    for name in ('application_models', 'configurations', 'platforms', 'schedulers', 'workloads'):
        (tmp_path / name).symlink_to(prefix / 'share/elastisim' / name)
    (tmp_path / 'output').mkdir()
    return tmp_path


def options_of(text: str) -> set[str]:
    return set(re.findall(r'(?<![\w-])--[a-z][a-z-]*', text))


# --- Schedulers -------------------------------------------------------------------------------------------------


def test_a_scheduler_in_python_finds_the_installed_package(prefix: Path, examples: Path) -> None:
    simulator, example = str(prefix / 'bin/elastisim'), 'configurations/example.json'
    run(simulator, example, '--scheduler', f'exec:{PYTHON} schedulers/fcfs.py', cwd=examples)
    external = (examples / 'output/job_statistics.csv').read_bytes()
    run(simulator, example, '--scheduler', 'builtin:fcfs', cwd=examples)
    assert (examples / 'output/job_statistics.csv').read_bytes() == external


@pytest.mark.parametrize('given, expected', [
    ({}, ''), ({'PYTHONPATH': ''}, ''), ({'PYTHONPATH': 'mine:yours'}, 'mine:yours:')])
def test_folders_of_the_user_come_before_the_installed_package(
        prefix: Path, examples: Path, given: dict[str, str], expected: str) -> None:
    run(str(prefix / 'bin/elastisim'), 'configurations/example.json', '--scheduler',
        'exec:printf %s "$PYTHONPATH" >path; exit 1', cwd=examples, env=given, status=3)
    found = (examples / 'path').read_text()
    assert found.startswith(expected)
    assert Path(found[len(expected):]).resolve() == prefix / 'share/elastisim/python'


def test_the_build_tree_has_its_package_too(examples: Path) -> None:
    run(str(BUILD / 'elastisim'), 'configurations/example.json', '--scheduler',
        'exec:printf %s "$PYTHONPATH" >path; exit 1', cwd=examples, status=3)
    assert Path((examples / 'path').read_text()).resolve() == ROOT / 'python'


def test_a_simulator_that_is_alone_leaves_the_path_as_it_is(examples: Path) -> None:
    alone = examples / 'alone'
    alone.write_bytes((BUILD / 'elastisim').read_bytes())
    alone.chmod(0o755)
    run(str(alone), 'configurations/example.json', '--scheduler', 'exec:printf %s "$PYTHONPATH" >path; exit 1',
        cwd=examples, env={'PYTHONPATH': 'mine'}, status=3)
    assert (examples / 'path').read_text() == 'mine'


@pytest.mark.parametrize('command, spec', [
    ('cc -shared -fPIC schedulers/first_fit.c -o mine.so $(pkg-config --cflags elastisim)', 'plugin:./mine.so'),
    ('cc schedulers/first_fit.c -o mine $(pkg-config --cflags --libs elastisim-scheduler)', 'exec:./mine')])
def test_schedulers_in_c_are_built_with_pkg_config(prefix: Path, examples: Path, command: str, spec: str) -> None:
    folder = next(prefix.glob('lib/**/pkgconfig'))
    run('sh', '-c', command, cwd=examples, env={'PKG_CONFIG_PATH': str(folder)})
    results = []
    for scheduler in (spec, f'plugin:{BUILD}/schedulers/first_fit.so'):
        run(str(prefix / 'bin/elastisim'), 'configurations/example.json', '--scheduler', scheduler, cwd=examples)
        results.append((examples / 'output/job_statistics.csv').read_bytes())
    assert results[0] == results[1]


# --- Examples ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('configuration', ['example', 'gpu', 'burst_buffer'])
def test_installed_examples_run_in_any_folder(prefix: Path, tmp_path: Path, configuration: str) -> None:
    run(str(prefix / 'bin/elastisim'), str(prefix / f'share/elastisim/configurations/{configuration}.json'), '--output',
        'here', cwd=tmp_path)
    assert (tmp_path / 'here/job_statistics.csv').stat().st_size > 1000
    done = run(str(prefix / 'bin/elastisim-stats'), 'here', cwd=tmp_path)
    assert done.stdout.startswith('here: ')


# --- Commands ---------------------------------------------------------------------------------------------------


def test_every_command_is_installed_and_tells_the_same_version(prefix: Path, tmp_path: Path) -> None:
    assert {path.name for path in (prefix / 'bin').iterdir()} == set(TOOLS)
    told = {run(str(prefix / 'bin' / tool), '--version', cwd=tmp_path).stdout for tool in TOOLS}
    version = re.search(r'VERSION (\S+)', (ROOT / 'CMakeLists.txt').read_text().partition('project(')[2])
    assert version
    assert told == {f'{tool} {version[1]}\n' for tool in TOOLS}


@pytest.mark.parametrize('tool', [tool for tool, python in TOOLS.items() if python])
def test_commands_in_python_run_with_the_oldest_python(prefix: Path, tmp_path: Path, tool: str) -> None:
    version = run(OLDEST_PYTHON, '-c', 'import sys; print(*sys.version_info[:2])', cwd=tmp_path).stdout
    assert version == '3 9\n'
    done = run(OLDEST_PYTHON, str(prefix / 'bin' / tool), '--help', cwd=tmp_path, env={'PYTHONDONTWRITEBYTECODE': '1'})
    assert done.stdout.startswith('usage: ')


def test_a_run_is_looked_at_with_the_oldest_python(prefix: Path, examples: Path) -> None:
    run(str(prefix / 'bin/elastisim'), 'configurations/example.json', cwd=examples)
    without_files = {'PYTHONDONTWRITEBYTECODE': '1'}
    oldest = run(OLDEST_PYTHON, str(prefix / 'bin/elastisim-stats'), 'output', cwd=examples, env=without_files)
    assert oldest.stdout == run(str(prefix / 'bin/elastisim-stats'), 'output', cwd=examples).stdout
    run(OLDEST_PYTHON, str(prefix / 'bin/elastisim-report'), 'output', '-o', 'oldest.html', cwd=examples,
        env=without_files)
    run(str(prefix / 'bin/elastisim-report'), 'output', '-o', 'usual.html', cwd=examples)
    assert (examples / 'oldest.html').read_bytes() == (examples / 'usual.html').read_bytes()


@pytest.mark.parametrize('tool', TOOLS)
def test_the_man_page_has_what_help_says(prefix: Path, tmp_path: Path, tool: str) -> None:
    page = gzip.decompress((prefix / f'share/man/man1/{tool}.1.gz').read_bytes()).decode()
    page = re.sub(r'\\f[A-Z]|\\(?=-)', '', page)
    told = run(str(prefix / 'bin' / tool), '--help', cwd=tmp_path).stdout
    assert options_of(told) and options_of(told) <= options_of(page)
    assert f'{tool} - manual page' not in page  # help2man's words where docs/man has none
    for section in ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'SEE ALSO'):
        assert re.search(f'^[.]SH "?{section}"?$', page, re.MULTILINE), section


# --- Completion -------------------------------------------------------------------------------------------------


def completions(prefix: Path, folder: Path, *words: str) -> set[str]:
    """What bash offers for the last word."""
    script = '''
        . /usr/share/bash-completion/bash_completion
        . "$1/share/bash-completion/completions/$2"
        PATH=$1/bin:$PATH
        compopt() { :; }
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9 COMP_KEY=9
        COMP_LINE=${COMP_LINE//" : "/:} COMP_POINT=${#COMP_LINE} COMP_WORDBREAKS=$' \t\n"\\'><=;|&(:'
        read -ra complete <<<"$(complete -p "$1")"
        "${complete[2]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
    '''
    done = run('bash', '-c', script, 'bash', str(prefix), *words, cwd=folder)
    return set(done.stdout.split())


@pytest.mark.parametrize('tool', TOOLS)
def test_completion_offers_the_options_of_help(prefix: Path, tmp_path: Path, tool: str) -> None:
    told = run(str(prefix / 'bin' / tool), '--help', cwd=tmp_path).stdout
    offered = {option.rstrip('=.') for option in completions(prefix, tmp_path, tool, '--')}
    assert offered == options_of(told.partition('\nexit status')[0].partition('options:')[2])


def test_completion_offers_schedulers_and_models(prefix: Path, tmp_path: Path) -> None:
    simulator = str(prefix / 'bin/elastisim')
    listed = run(simulator, '--list-schedulers', cwd=tmp_path).stdout
    policies = re.findall('^builtin:([a-z+-]+)$', listed, re.MULTILINE)
    assert 'easy' in policies
    offered = completions(prefix, tmp_path, 'elastisim', '--scheduler', 'builtin', ':', '')
    assert {name.removeprefix('builtin:') for name in offered} == set(policies)
    assert completions(prefix, tmp_path, 'elastisim', '--scheduler', '') == {
        'builtin:', 'exec:', 'plugin:', 'python:', 'zmq:'}
    refusal = run(simulator, '--model', 'none', cwd=tmp_path, status=2).stderr
    models = completions(prefix, tmp_path, 'elastisim', '--model', '')
    assert refusal.endswith(f': must be {" or ".join(sorted(models))}\n')


def test_completion_offers_configurations_and_logs(prefix: Path, tmp_path: Path) -> None:
    offered = {'run.json', 'run.swf', 'run.swf.gz', 'run.txt'}
    for name in offered | {'run.xml', 'run.csv'}:
        (tmp_path / name).touch()
    assert completions(prefix, tmp_path, 'elastisim', 'ru') == offered


# --- Building ---------------------------------------------------------------------------------------------------


def test_it_is_configured_without_what_only_tests_need(tmp_path: Path) -> None:
    folders = run('pkg-config', '--variable', 'pc_path', 'pkg-config', cwd=tmp_path).stdout.strip().split(':')
    (tmp_path / 'pc').mkdir()
    for file in [file for folder in folders for file in Path(folder).glob('*.pc') if file.name != 'cmocka.pc']:
        (tmp_path / 'pc' / file.name).symlink_to(file)
    done = run('cmake', '-S', str(ROOT), '-B', 'build', cwd=tmp_path, env={'PKG_CONFIG_LIBDIR': str(tmp_path / 'pc')})
    assert '-- Tests: off (libcmocka-dev is missing)\n' in done.stdout
    assert 'ELASTISIM_WERROR:BOOL=OFF' in (tmp_path / 'build/CMakeCache.txt').read_text()


@pytest.mark.parametrize('options, told', [
    ('-DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++', 'on'),
    ('-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++', 'off (it needs gcc 10 or newer)'),
    ('-DELASTISIM_LTO=OFF', 'off'), ('-DELASTISIM_SANITIZE=ON', 'off'), ('-DCMAKE_BUILD_TYPE=Debug', 'off')])
def test_optimization_at_link_time_is_for_optimized_builds_with_gcc(tmp_path: Path, options: str, told: str) -> None:
    done = run('cmake', '-S', str(ROOT), '-B', 'build', '-DBUILD_TESTING=OFF', *options.split(), cwd=tmp_path)
    assert f'-- Optimization at link time: {told}\n' in done.stdout
    built = (tmp_path / 'build/compile_commands.json').read_text()
    assert ('-flto=auto -ffat-lto-objects' in built) == (told == 'on')


def test_a_virtual_environment_takes_the_package_without_a_network(tmp_path: Path) -> None:
    """As python/README.md says; what pip builds with are Debian's packages."""
    shutil.copytree(ROOT / 'python', tmp_path / 'python',
                    ignore=shutil.ignore_patterns('build', '*.egg-info', '__pycache__'))
    # The system's own modules: a virtual environment in which this runs has others.
    run('/usr/bin/python3', '-m', 'venv', '--system-site-packages', 'elastisim', cwd=tmp_path)
    run('elastisim/bin/pip', 'install', '--no-build-isolation', './python', cwd=tmp_path, env={'PIP_NO_INDEX': '1'})
    found = run('elastisim/bin/python', '-c', 'import elastisim_python; print(elastisim_python.__file__)',
                cwd=tmp_path).stdout
    assert Path(found.strip()).is_relative_to(tmp_path / 'elastisim')
    assert run('elastisim/bin/elastisim-stats', '--version', cwd=tmp_path).stdout.startswith('elastisim-stats ')
