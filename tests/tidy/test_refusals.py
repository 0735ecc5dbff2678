"""Every refusal and fault that the code can raise has its sentence in both languages, with its facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from duewell.catalogues import template, template_codes

SRC = Path(__file__).parents[2] / "src" / "duewell"
ERRORS = {
    "InvalidInput",
    "NotFound",
    "Conflict",
    "PeriodClosed",
    "CurrencyMismatch",
    "Refusal",
    "UsageRefusal",
    "Fault",
}


def raised() -> Iterator[tuple[str, frozenset[str]]]:
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                code = node.args[0] if node.args else None
                if isinstance(code, ast.Constant) and not any(k.arg is None for k in node.keywords):
                    yield str(code.value), frozenset(str(k.arg) for k in node.keywords)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_code_that_is_raised_has_its_sentence(lang: str) -> None:
    codes = {code for code, _ in raised()}
    assert len(codes) > 40
    assert codes <= set(template_codes(lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_sentence_asks_only_for_facts_the_code_gives(lang: str) -> None:
    import string

    for code, given in raised():
        asked = {name for _, name, _, _ in string.Formatter().parse(template(code, lang) or "") if name}
        assert asked <= given, (code, asked - given)
