"""The house stays tidy: short files and functions, one clock at the doors, a sentence on every module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "duewell"
MODULES = sorted(SRC.rglob("*.py"))
BELOW_THE_DOORS = [p for p in MODULES if p.relative_to(SRC).parts[0] in ("domain", "store", "services")]
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "monotonic"),
}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_every_module_is_short_and_says_what_it_is(path: Path) -> None:
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "a module begins with what it is"
    assert len(source.splitlines()) <= 600
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 70, f"{node.name} is too long to see at once"


@pytest.mark.parametrize("path", BELOW_THE_DOORS, ids=lambda p: str(p.relative_to(SRC)))
def test_nothing_below_the_doors_asks_for_the_time_or_uses_floats(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        call = node.func
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
            assert (call.value.id, call.attr) not in CLOCKS, f"line {node.lineno} asks a clock"
        assert not (isinstance(call, ast.Name) and call.id == "float"), f"line {node.lineno} makes a float"
