#!/usr/bin/env python3
"""Checks that what the documentation shows is true.

usage: python3 docs/check_examples.py [--simulator FILE] [PAGE ...]

Without --simulator: every block marked as JSON is JSON, every block is one that can be checked or says why not, and
every link to a file or heading leads somewhere. With it, all blocks are checked. Indented blocks are commands: they are
run by a shell, as they stand. A comment on a line of its own, before a block, says what the block is:

    <!-- file: NAME -->                    the whole of a file
    <!-- run: ARGUMENTS -->                what `elastisim ARGUMENTS` prints (standard output, then standard error)
    <!-- run 3: ARGUMENTS -->              the same, with exit status 3 in place of 0
    <!-- beginning: ARGUMENTS -->          the first lines of what it prints
    <!-- printed -->                       the first lines of what the commands before it printed
    <!-- output: NAME -->                  a file that a run before it has written
    <!-- output: NAME matching REGEX -->   those of its lines that match
    <!-- output: NAME line N -->           its N-th line, the same JSON value
    <!-- not run: WHY -->                  commands that are not run here
    <!-- not checked: WHY -->              what is true or a sketch in a way that can't be checked here

The examples of a page share a folder, which is removed afterwards and from which the inputs of the tree (platforms,
workloads...), the build and the tools are seen as from its root. Commands may leave files only where git ignores them.
A run without a block after it is only made. The table of docs/configuration.md is compared with what
--help-configuration prints.

Prints a line per page; exits 1 if something is wrong. Pages are by default README.md, docs/*.md, and those of the
folders that are for users.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("application_models", "availability", "configurations", "include", "platforms", "python", "schedulers",
          "studies", "workloads")
PAGES = ("README.md", "docs/*.md", "configurations/*.md", "python/*.md", "workloads/*.md")
# What .gitignore names: the only places where commands may leave something.
IGNORED = {"output", "runs"}
# A scheduler may be slow to start on a busy machine; that is told, and is no part of an example.
ASIDE = re.compile(r"^elastisim: waiting for .* to connect\n", re.MULTILINE)

MARK = re.compile(r"<!-- (?P<verb>file|run|beginning|printed|output|not run|not checked)"
                  r"(?: (?P<status>\d+))?(?:: (?P<rest>.*))? -->")
COMMANDS = "commands"  # the language of an indented block
FENCE = re.compile(r"```(?P<language>\w*)$")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
TABLE_ROW = re.compile(r"\| `(?P<key>\w+)` \| (?P<type>[^|]*) \| (?P<default>[^|]*) \|")


class Untrue(Exception):
    """The documentation says something that isn't so."""


@dataclass(frozen=True)
class Example:
    """A fenced block, a mark, or both."""

    line: int
    language: str | None  # None without a block
    text: str
    mark: re.Match[str] | None


def in_list(lines: list[str], at: int) -> bool:
    """Whether an indented line goes on with an item of a list (blocks in it are indented further)."""
    before = next((line for line in reversed(lines[:at]) if line and not line.startswith("   ")), "")
    return bool(re.match(r"\s*([-*]|\d+\.) ", before)) and not lines[at].startswith(" " * 7)


def end_of_indented(lines: list[str], at: int) -> int:
    end = at
    while at < len(lines) and (not lines[at] or lines[at].startswith("    ")):
        at += 1
        end = at if lines[at - 1] else end
    return end


def examples(page: Path) -> Iterator[Example]:
    lines = page.read_text(encoding="utf-8").splitlines()
    mark, at = None, 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if fence:
            end = lines.index("```", at + 1)
            yield Example(at + 1, fence["language"], "\n".join(lines[at + 1:end]) + "\n", mark)
            mark, at = None, end + 1
            continue
        if lines[at].startswith("    ") and not lines[at - 1] and not in_list(lines, at):
            end = end_of_indented(lines, at)
            yield Example(at + 1, COMMANDS, "".join(line[4:] + "\n" for line in lines[at:end]), mark)
            mark, at = None, end
            continue
        if mark and lines[at]:
            yield Example(at, None, "", mark)
            mark = None
        mark = MARK.fullmatch(lines[at].strip()) or mark
        at += 1
    if mark:
        yield Example(at, None, "", mark)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f"a key is given twice in {keys}")
    return dict(pairs)


def parse_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=unique_keys)
    except ValueError as error:
        raise Untrue(f"is not JSON: {error}") from None


def compare(shown: str, real: str) -> None:
    shown, real = shown.rstrip(), real.rstrip()
    if shown != real:
        raise Untrue(f"shows\n{shown}\nbut it is\n{real}")


# --- Links ------------------------------------------------------------------------------------------------------------


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """The lines outside fenced blocks."""
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(page: Path) -> set[str]:
    headings = (line.lstrip("#").strip() for _, line in prose(page) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(page: Path) -> Iterator[str]:
    for number, line in prose(page):
        for link in LINK.finditer(line):
            path, _, anchor = link["target"].partition("#")
            if path.startswith(("http://", "https://")):
                continue
            target = page.parent / path if path else page
            if not target.exists():
                yield f"{page.relative_to(ROOT)}:{number}: there is no {path}"
            elif anchor and anchor not in anchors(target):
                yield f"{page.relative_to(ROOT)}:{number}: {path} has no heading #{anchor}"


# --- Runs -------------------------------------------------------------------------------------------------------------


def environment(simulator: Path) -> dict[str, str]:
    """For commands: the simulator and its tools as if they were installed."""
    path = os.pathsep.join([str(simulator.parent), str(ROOT / "python"), os.environ.get("PATH", os.defpath)])
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return inherited | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def simulate(simulator: Path, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(simulator), *arguments], cwd=folder, env=environment(simulator),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def check_run(example: Example, simulator: Path, folder: Path) -> None:
    assert example.mark
    run = simulate(simulator, shlex.split(example.mark["rest"]), folder)
    said = run.stdout + ASIDE.sub("", run.stderr)
    if run.returncode != int(example.mark["status"] or 0):
        raise Untrue(f"the run ends with exit status {run.returncode}:\n{said}")
    if example.mark["verb"] == "beginning":
        check_beginning(example.text, said)
    elif example.language is not None:
        compare(example.text, said)


def check_beginning(shown: str, real: str) -> None:
    compare(shown, "\n".join(real.splitlines()[:shown.rstrip().count("\n") + 1]))


def run_commands(example: Example, simulator: Path, folder: Path) -> str:
    """Runs a block in a shell, and waits for what it leaves in the background; returns what was printed."""
    there = set(os.listdir(folder))
    run = subprocess.run(["sh", "-eu", "-c", example.text + "wait\n"], cwd=folder, env=environment(simulator),
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        raise Untrue(f"the commands end with exit status {run.returncode}:\n{run.stdout}{run.stderr}")
    left = set(os.listdir(folder)) - there - IGNORED
    if left:
        raise Untrue(f"the commands leave {', '.join(sorted(left))}, which git does not ignore")
    return run.stdout


def check_output(example: Example, folder: Path) -> None:
    assert example.mark
    name, _, choice = example.mark["rest"].partition(" ")
    text = (folder / name).read_text(encoding="utf-8")
    verb, _, argument = choice.partition(" ")
    if verb == "line":
        if parse_json(example.text) != parse_json(text.splitlines()[int(argument) - 1]):
            raise Untrue(f"is not what line {argument} of {name} says: {text.splitlines()[int(argument) - 1]}")
    elif verb == "matching":
        compare(example.text, "\n".join(line for line in text.splitlines() if re.search(argument, line)))
    else:
        compare(example.text, text)


def check_form(example: Example) -> None:
    """What can be said of a block without running anything."""
    if example.language == "json":
        parse_json(example.text)
    elif example.mark is None:
        if example.language != COMMANDS:
            raise Untrue("nothing says what the block is: it needs a mark")
    elif example.language == COMMANDS and example.mark["verb"] != "not run":
        raise Untrue("the block is indented, so it is commands: no mark but 'not run' goes with it")


class Page:
    """The folder in which the examples of a page are tried."""

    def __init__(self, folder: Path, simulator: Path) -> None:
        self.folder = folder
        self.simulator = simulator
        self.printed = ""
        (folder / "build").symlink_to(simulator.parent)
        for name in INPUTS:
            (folder / name).symlink_to(ROOT / name)

    def check(self, example: Example) -> None:
        mark = example.mark
        verb = mark["verb"] if mark else ""
        if mark and verb == "file":
            path = self.folder / mark["rest"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(example.text, encoding="utf-8")
        elif verb in ("run", "beginning"):
            check_run(example, self.simulator, self.folder)
        elif verb == "output":
            check_output(example, self.folder)
        elif verb == "printed":
            check_beginning(example.text, self.printed)
        elif not verb and example.language == COMMANDS:
            self.printed = run_commands(example, self.simulator, self.folder)


# --- The table of configuration keys ----------------------------------------------------------------------------------


def check_configuration(page: Path, simulator: Path) -> Iterator[str]:
    printed = simulate(simulator, ["--help-configuration"], ROOT).stdout.splitlines()[1:]
    real = {key: (kind, default) for key, kind, default, _ in (line.split(maxsplit=3) for line in printed)}
    shown = {}
    for _, line in prose(page):
        row = TABLE_ROW.match(line)
        if row:
            shown[row["key"]] = (row["type"].strip(), row["default"].strip())
    for key in sorted(real.keys() | shown.keys()):
        if real.get(key) != shown.get(key):
            yield f"{page.relative_to(ROOT)}: {key}: the table has {shown.get(key)}, the simulator {real.get(key)}"


# ----------------------------------------------------------------------------------------------------------------------


def check_page(path: Path, simulator: Path | None) -> list[str]:
    problems = list(check_links(path))
    with tempfile.TemporaryDirectory(prefix="elastisim-docs-") as folder:
        page = Page(Path(folder), simulator) if simulator else None
        for example in examples(path):
            try:
                check_form(example)
                if page:
                    page.check(example)
            except (Untrue, OSError, IndexError, subprocess.TimeoutExpired) as problem:
                problems.append(f"{path.relative_to(ROOT)}:{example.line}: {problem}")
    if simulator and path == ROOT / "docs" / "configuration.md":
        problems += check_configuration(path, simulator)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks that what the documentation shows is true.")
    parser.add_argument("--simulator", type=Path, metavar="FILE", help="also run the examples with this elastisim")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="(default: all that are for users)")
    options = parser.parse_args()
    simulator = options.simulator.resolve() if options.simulator else None
    pages = [page.resolve() for page in options.pages]
    failed = False
    for page in pages or [page for pattern in PAGES for page in sorted(ROOT.glob(pattern))]:
        problems = check_page(page, simulator)
        count = sum(1 for _ in examples(page))
        print(f"{page.relative_to(ROOT)}: {count} examples, {'; '.join(problems) or 'fine'}", flush=True)
        failed = failed or bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
