"""Products and cost from the command line: defined, quoted, lent from, and what each loan costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import duewell
from tests.domain.disclosure.test_cost import POSTER

BOOK = ("--book", "b")


@pytest.fixture
def book(url: str, tmp_path: Path) -> str:
    path = tmp_path / "poster.toml"
    path.write_text(POSTER, "utf-8")
    opened = duewell(url, "book", "open", *BOOK, "--currency", "CNY", "--open-on", "2026-06-01")
    assert opened.returncode == 0, opened.stderr
    defined = duewell(url, "product", "define", str(path), *BOOK)
    assert defined.returncode == 0, defined.stderr
    return url


def test_the_cost_of_a_fee_is_told_before_and_after_it_is_signed(book: str) -> None:
    words = ("--product", "poster", "--principal", "12000")
    told = json.loads(duewell(book, "product", "quote", *BOOK, *words, "--json").stdout)
    assert told["schema"] == "duewell.quote/1"
    assert (told["nominal_pct"][:6], told["effective_pct"][:6]) == ("13.034", "13.841")
    assert "13.03" in duewell(book, "product", "quote", *BOOK, *words).stdout
    lent = json.loads(duewell(book, "disburse", *BOOK, *words, "--key", "k", "--json").stdout)
    cost = json.loads(duewell(book, "loan", "cost", lent["loan_id"], "--json").stdout)
    assert cost["nominal_pct"] == told["nominal_pct"]
    assert cost["flows"] == told["flows"]
    assert len(cost["steps"]) == 1
    assert "年化" in duewell(book, "loan", "cost", lent["loan_id"], "--lang", "zh").stdout
    sheet = json.loads(duewell(book, "loan", "cost-sheet", lent["loan_id"], "--json").stdout)
    assert sheet.pop("loan_id") == lent["loan_id"]
    assert json.dumps(sheet) == json.dumps(told["cost_sheet"]), "the same bytes before and after signing"
    for lang, words in (
        ("zh", ("不收取任何其他息费", "每次 0.6%", "13.03%")),
        ("en", ("Nothing is charged but",)),
    ):
        shown = duewell(book, "loan", "cost-sheet", lent["loan_id"], "--lang", lang).stdout
        assert all(word in shown for word in words), shown
    early = duewell(book, "loan", "cost", lent["loan_id"], "--as-of", "2026-05-01", "--json")
    assert early.returncode == 1 and "loan-not-there-yet" in early.stderr


def test_caps_are_shown_set_and_kept(book: str, tmp_path: Path) -> None:
    told = json.loads(duewell(book, "caps", "show", *BOOK, "--json").stdout)
    assert [each["code"] for each in told["caps"]] == ["cn-penalty"]
    assert "cn-private-lending" in duewell(book, "caps", "set", "cn-private", *BOOK).stdout
    own = tmp_path / "own.toml"
    own.write_text(OWN, "utf-8")
    assert duewell(book, "caps", "set", str(own), *BOOK).returncode == 0
    refused = duewell(book, "disburse", *BOOK, "--product", "poster", "--principal", "12000", "--json")
    assert refused.returncode == 1
    problem = json.loads(refused.stderr)
    assert (problem["title"], problem["facts"]["figure"]) == ("cap-exceeded", "13.0342 %")
    assert "atlantis" in duewell(book, "caps", "set", "atlantis", *BOOK).stderr


OWN = """
[[caps]]
code = "board"
kind = "all-in rate"
measure = "nominal"
from = 2026-01-01
pct = "13"
source = "board, 12 December 2025"
"""
