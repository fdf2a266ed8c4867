"""What runs are made of: workloads that commands make, and platforms with other parameters.

Each is kept in the folder of the study under a name that is the hash of what it was made from, and made once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as XML
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

from .description import Step
from .errors import StudyError

HEADER = '<?xml version=\'1.0\'?>\n<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">\n'


def hash_of(value: Any) -> str:
    """Of anything that JSON can say: 16 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=None)
def hash_of_file(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


def find_input(path: str, beside: str) -> Optional[str]:
    """Where the simulator finds an input: from the working directory, beside a file, or in the folder above that."""
    folder = os.path.dirname(os.path.abspath(beside))
    candidates = (path, os.path.join(folder, path), os.path.join(os.path.dirname(folder), path))
    return next((os.path.abspath(each) for each in candidates if os.path.exists(each)), None)


def words_of_files(words: Iterable[str]) -> list[str]:
    """Words of a command that are files: their content counts."""
    return [word for word in words if os.path.isfile(word)]


# --- Workloads --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """A step with the options that a run wants, and the recipe of the step before it."""

    step: Step
    options: tuple[str, ...]
    previous: Optional[Recipe]

    def key(self, study: str) -> str:
        files = words_of_files((*self.step.command, *self.options))
        files += [find_input(name, study) or name for name in self.step.inputs]
        return hash_of([self.step.command, self.options, {file: hash_of_file(file) for file in files},
                        self.previous.key(study) if self.previous else None])


def option_words(option: str, value: Any) -> tuple[str, ...]:
    """An option and its value as a command takes them; a switch is there, or it is not."""
    if isinstance(value, bool):
        return (option,) if value else ()
    if isinstance(value, list):
        return (option, *map(str, value))
    return (option, str(value))


class Workshop:
    """Makes the workloads and platforms of a study."""

    def __init__(self, study: str, folder: Path) -> None:
        self.study = study
        self.folder = folder

    def folder_of(self, recipe: Recipe) -> Path:
        return self.folder / 'workloads' / recipe.key(self.study)

    def make_workloads(self, recipes: Iterable[Recipe], jobs: int) -> None:
        """Makes those that are not there, some at a time; each after the one that it goes on with."""
        waves: list[dict[str, Recipe]] = []
        for recipe in recipes:
            chain = [recipe]
            while chain[-1].previous:
                chain.append(chain[-1].previous)
            for depth, each in enumerate(reversed(chain)):
                while len(waves) <= depth:
                    waves.append({})
                waves[depth][each.key(self.study)] = each
        with ThreadPoolExecutor(jobs) as pool:
            for wave in waves:
                for done in [pool.submit(self._make, recipe) for recipe in wave.values()]:
                    done.result()

    def _make(self, recipe: Recipe) -> None:
        target = self.folder_of(recipe)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix='.') as name:
            made = Path(name) / 'made'
            made.mkdir()
            names = {'folder': str(made), 'previous': str(self.folder_of(recipe.previous)) if recipe.previous else ''}
            command = [re.sub(r'\{(folder|previous)\}', lambda found: names[str(found[1])], word)
                       for word in (*recipe.step.command, *recipe.options)]
            self._execute(recipe, command)
            for wanted in (recipe.step.jobs, recipe.step.platform):
                if wanted and not (made / wanted).is_file():
                    raise StudyError(f"{self.study}: workload '{recipe.step.name}': `{shlex.join(command)}` left no "
                                     f"{wanted} in {{folder}}; say in 'jobs' and 'platform' what it writes")
            os.replace(made, target)

    def _execute(self, recipe: Recipe, command: Sequence[str]) -> None:
        shown = f"{self.study}: workload '{recipe.step.name}': `{shlex.join(command)}`"
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except OSError as error:
            raise StudyError(f'{shown} cannot be started: {(error.strerror or str(error)).lower()}') from error
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise StudyError(f'{shown} failed with status {done.returncode}' + (f': {said[-1]}' if said else ''))

    # --- Platforms ----------------------------------------------------------------------------------

    def make_platform(self, source: str, changes: Mapping[str, Any]) -> str:
        """A copy of the platform in which attributes have other values; those are named PATH/@ATTRIBUTE."""
        if not changes:
            return source
        target = self.folder / 'platforms' / f'{hash_of([hash_of_file(source), dict(changes)])}.xml'
        if target.exists():
            return str(target)
        try:
            root = XML.parse(source).getroot()
        except XML.ParseError as error:
            raise StudyError(f'{source}: not XML: {error}') from error
        for name, value in changes.items():
            self._change(root, source, name, str(value))
        target.parent.mkdir(parents=True, exist_ok=True)
        whole = HEADER + XML.tostring(root, encoding='unicode') + '\n'
        write_whole(target, whole)
        return str(target)

    def _change(self, root: XML.Element, source: str, name: str, value: str) -> None:
        path, at, attribute = name.rpartition('/@')
        place = f"{self.study}: '{name}'"
        if not at or not path:
            raise StudyError(f"{place}: is no attribute of the platform; write PATH/@ATTRIBUTE, e.g. "
                             f"link[@id='PFS_read']/@bandwidth")
        try:
            found = root.findall(f'.//{path}')
        except (SyntaxError, KeyError, TypeError):  # whatever the parser stumbles over
            raise StudyError(f'{place}: is no path of XML elements') from None
        if not found:
            raise StudyError(f'{place}: {source} has no such element')
        for element in found:
            if attribute not in element.attrib:
                raise StudyError(f"{place}: an element of {source} has no attribute '{attribute}'; it has "
                                 f'{", ".join(element.attrib)}')
            element.set(attribute, value)


def write_whole(path: Path, text: str) -> None:
    """A file that is there is whole, whatever happens meanwhile."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix='.')
    try:
        with os.fdopen(handle, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def remove_folder(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
