"""Contracts on the screen once something was taken back, or came to nothing.

Wants to prove: a loan and a line with reversals and returns are shown, each reversal after the fact it takes
back; a fact that has no effect is named with its reason wherever the contract is told; a line is called one;
and why a contract cannot be seen names the clock that was asked.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cli.told import done, tell


@pytest.fixture
def book(url: str) -> str:
    done(url, "book", "open", "--book", "b", "--currency", "USD", "--open-on", "2026-01-05")
    return url


@pytest.fixture
def loan(book: str) -> str:
    words = ("--principal", "1200", "--rate", "12", "--instalments", "12", "--key", "k1", "--json")
    return str(tell(book, "disburse", "--book", "b", *words).document["loan_id"])


@pytest.fixture
def line(book: str) -> str:
    words = ("--limit", "5000", "--rate", "18", "--statement-day", "10", "--key", "l1", "--json")
    return str(tell(book, "line", "open", "--book", "b", *words).document["loan_id"])


def facts(text: str) -> list[str]:
    """The lines of the table of facts."""
    return text.partition("Facts")[2].splitlines()[2:]


def test_a_loan_with_a_payment_taken_back_and_one_returned_is_shown(book: str, loan: str) -> None:
    for key in ("p1", "p2", "p3"):
        done(book, "pay", "--loan", loan, "--amount", "10", "--key", key)
    done(book, "reverse", "--loan", loan, "--ref", "p1", "--key", "r1")
    done(book, "record", loan, "return p2", "--key", "r2")
    shown = facts(done(book, "loan", "show", loan))
    assert [each.split()[-1] if "taken back" not in each[-12:] else each.split()[-3] for each in shown] == [
        "k1", "p1", "r1", "p2", "r2", "p3",
    ]  # fmt: skip
    assert [each.endswith("taken back") for each in shown] == [False, True, False, True, False, False]
    kinds = [fact["kind"] for fact in tell(book, "loan", "show", loan, "--json").document["facts"]]
    assert kinds.count("Reversed") == kinds.count("PaymentReturned") == 1
    assert "已撤销" in done(book, "loan", "show", loan, lang="zh")


def test_a_line_with_a_draw_taken_back_is_shown(book: str, line: str) -> None:
    done(book, "line", "draw", "--line", line, "--amount", "100", "--key", "d1")
    done(book, "reverse", "--loan", line, "--ref", "d1", "--key", "r1")
    shown = facts(done(book, "line", "show", line))
    assert [each.split()[-3 if each.endswith("taken back") else -1] for each in shown] == ["l1", "d1", "r1"]


def test_a_fact_that_came_to_nothing_is_told_with_its_reason(book: str, loan: str) -> None:
    done(book, "day", "--book", "b", "--until", "2026-02-10")
    done(book, "record", loan, "2026-02-11 waive interest 12.00", "--key", "w1")
    done(book, "pay", "--loan", loan, "--amount", "300", "--on", "2026-02-05", "--key", "p1")
    for what in ("show", "statement", "replay"):
        told = done(book, "loan", what, loan)
        assert "No effect: waived of 2026-02-11, reference w1." in told, what
        assert "USD 12.00 more of interest than is due" in told
        chinese = done(book, "loan", what, loan, lang="zh")
        assert "未生效：2026-02-11 减免，编号 w1。减免的利息比当日应还多出 USD 12.00。" in chinese
        document = tell(book, "loan", what, loan, "--json").document
        assert document["void"] == [{"kind": "Waived", "ref": "w1", "reason": "waiver-above-what-is-due"}]
    assert "no effect" in done(book, "loan", "show", loan)


def test_a_line_is_called_a_line(book: str, line: str) -> None:
    for words in (
        ("line", "draw", "--line", line, "--amount", "100", "--key", "d1"),
        ("pay", "--loan", line, "--amount", "10", "--key", "p1"),
        ("record", line, "limit 6000", "--key", "x1"),
        ("reverse", "--loan", line, "--ref", "p1", "--key", "r1"),
    ):
        assert done(book, *words).startswith(f"Recorded. Line {line}:")
    early = tell(book, "line", "draw", "--line", line, "--amount", "1", "--on", "2026-01-04")
    assert "before the contract began" in early.err
    shown = done(book, "line", "show", line, lang="zh")
    assert "欠款 USD 100.00" in shown and "USD 欠款" not in shown and "期数" not in shown


def test_statements_are_counted_from_one_and_there_may_be_none(book: str, line: str) -> None:
    problem = tell(book, "line", "statement", line, "--json").problem
    assert (problem["title"], problem["facts"]) == ("statement-none-closed", {"closes_on": "2026-01-10"})
    done(book, "day", "--book", "b", "--until", "2026-01-11")
    for number in ("0", "2", "-1"):
        problem = tell(book, "line", "statement", line, "--nr", number, "--json").problem
        assert (problem["title"], problem["facts"]) == (
            "statement-not-found",
            {"given": number, "closed": "1"},
        )
    assert done(book, "line", "statement", line) == done(book, "line", "statement", line, "--nr", "1")


def test_why_a_contract_is_not_there_names_the_clock_that_was_asked(book: str, loan: str) -> None:
    by_date = tell(book, "loan", "show", loan, "--known", "2026-01-04", "--json").problem
    assert (by_date["title"], by_date["facts"]["recorded_on"]) == ("loan-not-known-on", "2026-01-05")
    assert "business day" in by_date["detail"]
    asked = "2026-01-06T00:00:00+08:00"
    by_instant = tell(book, "loan", "show", loan, "--known", asked, "--json")
    assert datetime.now(UTC) > datetime.fromisoformat(asked), "the machine's clock runs after the book's day"
    assert by_instant.problem["title"] == "loan-not-known-at"
    assert by_instant.problem["facts"]["known"] == str(datetime.fromisoformat(asked))
    assert "clock" in by_instant.problem["detail"] and "2026-01-05" not in by_instant.problem["detail"]
    early = tell(book, "loan", "show", loan, "--as-of", "2026-01-04", "--json").problem
    assert (early["title"], early["facts"]) == (
        "loan-not-there-yet",
        {"as_of": "2026-01-04", "first": "2026-01-05"},
    )
    done(book, "reverse", "--loan", loan, "--ref", "k1", "--key", "r1")
    assert tell(book, "loan", "show", loan, "--json").problem["title"] == "loan-taken-back"
