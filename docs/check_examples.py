#!/usr/bin/env python3
"""Checks that what the documentation shows is true.

usage: python3 docs/check_examples.py [--simulator FILE] [PAGE ...]

Without --simulator: every block marked as JSON is JSON, and every link to a file or heading leads somewhere. With it,
the examples are run as well. A comment on a line of its own, right before a fenced block, says what the block is:

    <!-- file: NAME -->                    the whole of a file
    <!-- run: ARGUMENTS -->                what `elastisim ARGUMENTS` prints (standard output, then standard error)
    <!-- run 3: ARGUMENTS -->              the same, with exit status 3 in place of 0
    <!-- output: NAME -->                  a file that a run before it has written
    <!-- output: NAME matching REGEX -->   those of its lines that match
    <!-- output: NAME line N -->           its N-th line, the same JSON value

The examples of a page share a folder, which is removed afterwards and from which the inputs of the tree (platforms,
workloads...) are seen as from its root. A run without a block after it is only made. The table of
docs/configuration.md is compared with what --help-configuration prints.

Prints a line per page; exits 1 if something is wrong. Pages are by default README.md and docs/*.md.
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
INPUTS = ("application_models", "configurations", "platforms", "python", "schedulers", "workloads")

MARK = re.compile(r"<!-- (?P<verb>file|run|output)(?: (?P<status>\d+))?: (?P<rest>.*) -->")
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


def examples(page: Path) -> Iterator[Example]:
    lines = page.read_text(encoding="utf-8").splitlines()
    mark, at = None, 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if fence:
            end = lines.index("```", at + 1)
            yield Example(at + 1, fence["language"], "\n".join(lines[at + 1 : end]) + "\n", mark)
            mark, at = None, end + 1
            continue
        if mark and lines[at]:
            yield Example(at, None, "", mark)
            mark = None
        mark = MARK.fullmatch(lines[at]) or mark
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


def simulate(simulator: Path, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([str(simulator), *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


def check_run(example: Example, simulator: Path, folder: Path) -> None:
    assert example.mark
    run = simulate(simulator, shlex.split(example.mark["rest"]), folder)
    said = run.stdout + run.stderr
    if run.returncode != int(example.mark["status"] or 0):
        raise Untrue(f"the run ends with exit status {run.returncode}:\n{said}")
    if example.language is not None:
        compare(example.text, said)


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


def check_example(example: Example, simulator: Path | None, folder: Path) -> None:
    if example.language == "json":
        parse_json(example.text)
    if simulator is None or example.mark is None:
        return
    if example.mark["verb"] == "file":
        path = folder / example.mark["rest"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.text, encoding="utf-8")
    elif example.mark["verb"] == "run":
        check_run(example, simulator, folder)
    else:
        check_output(example, folder)


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


def check_page(page: Path, simulator: Path | None) -> list[str]:
    problems = list(check_links(page))
    with tempfile.TemporaryDirectory(prefix="elastisim-docs-") as folder:
        for name in INPUTS:
            (Path(folder) / name).symlink_to(ROOT / name)
        for example in examples(page):
            try:
                check_example(example, simulator, Path(folder))
            except (Untrue, OSError, IndexError, subprocess.TimeoutExpired) as problem:
                problems.append(f"{page.relative_to(ROOT)}:{example.line}: {problem}")
    if simulator and page == ROOT / "docs" / "configuration.md":
        problems += check_configuration(page, simulator)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks that what the documentation shows is true.")
    parser.add_argument("--simulator", type=Path, metavar="FILE", help="also run the examples with this elastisim")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="(default: README.md and docs/*.md)")
    options = parser.parse_args()
    simulator = options.simulator.resolve() if options.simulator else None
    pages = [page.resolve() for page in options.pages]
    failed = False
    for page in pages or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        problems = check_page(page, simulator)
        count = sum(1 for _ in examples(page))
        print(f"{page.relative_to(ROOT)}: {count} examples, {'; '.join(problems) or 'fine'}", flush=True)
        failed = failed or bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
