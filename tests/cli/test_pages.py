"""The pages that walk a reader through say what the program says.

Wants to prove: the commands of start.md, then those of recipes.md, run in the order they stand, and each
line shown below a command is in what it answers, in that order. How: in a fresh database and an empty
folder, with the files the pages show. Lines may be left out of a page ("..."); blanks and line ends do
not count. Commands of other programs are not run.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from beancount import loader

from tests.cli.told import tell

DOCS = Path(__file__).parents[2] / "docs"
GBK = """合同号,放款金额,年利率,期数,放款日,未还本金
G-1,6000.00,12.00,12,2026-05-20,6000.00
G-2,3000.00,12.00,6,2026-05-20,3000.00
"""
_FILE = re.compile(r"`([a-z]+\.(?:csv|toml))`:\n\n((?:    (?!\$ ).*\n|\n(?=    (?!\$)))+)")


def blocks(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a page, and the lines shown below it."""
    command: str | None = None
    shown: list[str] = []
    for line in [*(DOCS / page).read_text("utf-8").splitlines(), ""]:
        text = line.removeprefix("    ")
        if line.startswith("    $ "):
            if command is not None:
                yield command, shown
            command, shown = text[2:], []
        elif line.startswith("    ") and command is not None:
            shown.append(text)
        elif command is not None:
            yield command, shown
            command = None


def flat(text: str) -> str:
    return " ".join(text.split())


def is_shown(lines: list[str], told: str) -> str | None:
    """The first line that is not in what was told, after those before it; None if all are."""
    text, at = flat(told), 0
    for line in map(flat, lines):
        if line in ("", "..."):
            continue
        found = text.find(line.removesuffix("..."), at)
        if found < 0:
            return line
        at = found + len(line.removesuffix("..."))
    return None


def write_files(page: str) -> None:
    """The files a page shows, and the one it speaks of."""
    for name, text in _FILE.findall((DOCS / page).read_text("utf-8")):
        Path(name).write_text("\n".join(each[4:] for each in text.rstrip().splitlines()) + "\n", "utf-8")
    Path("gbk.csv").write_bytes(GBK.encode("gbk"))


def test_the_walk_and_the_recipes_say_what_the_program_says(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUEWELL_KEY_FILE", str(tmp_path / "master.key"))
    assert tell(url, "keys", "make").code == 0
    count, wrong = 0, []
    for page in ("start.md", "recipes.md"):
        write_files(page)
        for command, shown in blocks(page):
            if command.startswith("bean-check"):
                assert loader.load_file(command.split()[1])[1] == [], command
            if not command.startswith("duewell "):
                continue
            words = shlex.split(command)[1:]
            if words[0] == "import" and count > 1:
                spoilt = Path("tape.csv").read_text("utf-8")
                Path("tape.csv").write_text(
                    spoilt.replace("2026-03-31,9000.00", "2026-03-31,6000.00"), "utf-8"
                )
            told = tell(url, *words)
            count += 1
            missing = is_shown(shown, told.out + told.err)
            if os.environ.get("DUEWELL_SHOW_PAGES"):
                print(f"$ {command}\n{told.out}{told.err}")
            if missing is not None:
                wrong.append(f"{page}: {command}\n  shows  {missing}\n  says   {told.out}{told.err}")
            if told.code == 3:
                wrong.append(f"{page}: {command} failed: {told.err}")
    assert count > 25
    assert wrong == [], "\n".join(wrong)


def test_a_line_that_is_not_told_is_found() -> None:
    told = "one  two\nthree\n"
    assert is_shown(["one two", "...", "three"], told) is None
    assert is_shown(["three", "one"], told) == "one"
    assert is_shown(["one 2"], told) == "one 2"
