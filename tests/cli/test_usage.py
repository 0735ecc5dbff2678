"""Words that make no command: a stable code, a sentence in the reader's language, an object for machines.

Wants to prove: nothing that typer finds wrong reaches a user in typer's own English; options that contradict
each other, or say nothing, are refused; and what is missing is named, no more.
"""

from __future__ import annotations

import re

import pytest

from tests.cli.told import done, tell

NOWHERE = "postgresql://nobody@127.0.0.1:1/x"
"""Usage is refused before a database is reached."""

USAGE = """
    usage-missing            verify
    usage-missing            pay --amount 5
    usage-missing            loan show
    usage-option-unknown     verify --book b --nonsense
    usage-value-missing      verify --json --book
    usage-value-unwanted     book open --book b --live=x
    usage-command-unknown    verfy
    usage-command-unknown    loan shw
    usage-too-many-words     verify b c --book b
    usage-no-number          disburse --book b --principal 5 --instalments many
    usage-number-below       loan explain L --row 1 --depth 0
    usage-number-above       loan explain L --row 1 --depth 21
    usage-not-a-choice       ledger export --book b --format pdf
    usage-options-exclude    report overdue --book b --csv --json
    usage-options-exclude    loan explain L --row 1 --part interest --total payoff
    usage-options-exclude    ledger explain --book b --entry x --on 2026-01-01
    usage-option-without     loan explain L --part interest
    usage-option-without     loan explain L --depth 3
    usage-option-empty       book open --book b --currency CNY --open-on 2026-01-01 --buckets=
    usage-option-empty       book open --book b --currency CNY --open-on 2026-01-01 --provisions=
    language-unknown         verify --book b --lang fr
"""
CASES = [line.split() for line in USAGE.strip().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case[:4]))
def test_words_that_make_no_command_are_a_problem_with_a_code(case: list[str]) -> None:
    code, *words = case
    given = words if "--json" in words else [*words, "--json"]
    problem = tell(NOWHERE, *given).problem
    assert (problem["title"], problem["status"]) == (code, 400)
    for lang in ("zh", "en"):
        told = tell(NOWHERE, *words, lang=lang)
        assert (told.code, told.out) == (2, "")
        assert bool(re.search("[一-鿿]", told.err)) == (lang == "zh"), told.err
        assert "─" not in told.err and "Error" not in told.err


def test_the_language_asked_for_is_spoken_even_where_the_words_make_no_command() -> None:
    assert "--book" in (told := tell(NOWHERE, "verify", "--lang", "zh").err) and "缺少" in told
    assert "缺少" in tell(NOWHERE, "verify", "--lang=zh").err


def test_a_group_without_a_command_shows_its_help() -> None:
    told = tell(NOWHERE, "ledger")
    assert told.code == 2 and "close-period" in told.err + told.out


def test_only_what_is_missing_is_named(book: str) -> None:
    lend = ("disburse", "--book", "b", "--principal", "1200")
    for more, wanted in (
        ((), "--rate, --instalments"),
        (("--rate", "12"), "--instalments"),
        (("--instalments", "12"), "--rate"),
    ):
        told = tell(book, *lend, *more, "--json")
        assert (told.code, told.problem["title"]) == (2, "usage-missing")
        assert told.problem["facts"] == {"options": wanted}


@pytest.mark.parametrize("count", ["0", "-3", "1201"])
def test_a_number_of_instalments_no_plan_has_is_refused_in_both_languages(book: str, count: str) -> None:
    lend = ("disburse", "--book", "b", "--principal", "1200", "--rate", "12", "--instalments", count)
    told = tell(book, *lend, "--json")
    assert (told.code, told.problem["title"]) == (1, "instalments-out-of-range")
    assert told.problem["facts"] == {"instalments": count}
    assert f"{count} instalments" in tell(book, *lend).err
    assert f"期数不能为 {count}" in tell(book, *lend, lang="zh").err


def test_a_key_that_is_empty_is_refused_and_not_replaced(book: str) -> None:
    lend = ("disburse", "--book", "b", "--principal", "1200", "--rate", "12", "--instalments", "12")
    assert tell(book, *lend, "--key", "", "--json").problem["title"] == "request-key-unreadable"
    assert done(book, *lend, "--key", "k")


def test_a_floor_without_its_share_is_refused(book: str) -> None:
    words = ("line", "open", "--book", "b", "--limit", "5000", "--rate", "18", "--statement-day", "10")
    for option, value in (("--cash-fee-floor", "5"), ("--late-floor", "5"), ("--late-grace", "3")):
        problem = tell(book, *words, option, value, "--json").problem
        assert (problem["title"], problem["facts"]["option"]) == ("usage-option-without", option)


@pytest.fixture
def book(url: str) -> str:
    done(url, "book", "open", "--book", "b", "--currency", "CNY", "--open-on", "2026-01-05")
    return url
