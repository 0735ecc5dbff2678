"""The page of ASVS leaves no item out, and every test that the pages name is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.figures import Figure

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "asvs.md").read_text("utf-8")
LAST = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2,
    "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3,
    "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3,
    "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3,
    "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2,
    "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
"""The last item of level 1 or 2 in each section of version 5.0.0: in each, those of level 3 come last."""
ITEMS = {f"{section}.{n}" for section, last in LAST.items() for n in range(1, last + 1)}
NAMED = sorted(set(re.findall(r"`([a-z/_0-9]+\.py)::(\w+)`", PAGE)))


def told() -> list[str]:
    found: list[str] = []
    for cell in re.findall(r"^\| ([0-9][0-9., *-]*) \|", PAGE, re.MULTILINE):
        for each in cell.split(", "):
            if each.endswith("*"):
                found += [item for item in ITEMS if item.startswith(each[:-1])]
            elif match := re.fullmatch(r"(\d+\.\d+)\.(\d+)(?:-(\d+))?", each):
                section, first, last = match.groups()
                found += [f"{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return found


def test_every_item_of_levels_1_and_2_is_told_once(figure: Figure) -> None:
    found = told()
    assert len(ITEMS) == 253
    assert sorted(ITEMS - set(found)) == [] and sorted(set(found) - ITEMS) == []
    assert sorted({each for each in found if found.count(each) > 1}) == []
    figure(f"ASVS: {len(found)} items, {len(NAMED)} tests named, {PAGE.count('**open**') - 1} open.")


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_that_is_named_is_there(path: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
