"""A line from the command line: opened, drawn, converted, paid, shown; clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import duewell


@pytest.fixture
def book(url: str, tmp_path: Path) -> str:
    opened = duewell(url, "book", "open", "--book", "b", "--currency", "CNY", "--open-on", "2026-01-05")
    assert opened.returncode == 0
    none = tmp_path / "none.toml"
    none.write_text("# no cap: those of the pack are meant for loans\n", "utf-8")
    assert duewell(url, "caps", "set", str(none), "--book", "b").returncode == 0
    return url


def opened(url: str, *more: str) -> str:
    words = ["line", "open", "--book", "b", "--limit", "20,000", "--rate", "18", "--statement-day", "10"]
    made = duewell(url, *words, "--late-charge", "5", "--floor", "100", "--key", "l", *more, "--json")
    assert made.returncode == 0, made.stderr
    assert duewell(url, *words, "--late-charge", "5", "--floor", "100", "--key", "l", *more).returncode == 0
    return str(json.loads(made.stdout)["loan_id"])


def test_a_line_lives_from_the_command_line(book: str) -> None:
    line = opened(book, "--cash-fee", "1", "--cash-fee-floor", "10", "--cap", "2026-01-01 24 the law")
    drawn = duewell(book, "line", "draw", "--line", line, "--amount", "12,000", "--key", "d", "--json")
    assert json.loads(drawn.stdout)["principal_minor"] == 1_200_000
    taken = duewell(book, "line", "draw", "--line", line, "--amount", "500", "--as", "cash", "--key", "e")
    assert taken.returncode == 0
    words = ("line", "convert", "--line", line, "--amount", "12000", "--instalments", "12")
    assert duewell(book, *words, "--monthly-fee", "0.6", "--key", "c").returncode == 0
    assert duewell(book, "day", "--book", "b", "--until", "2026-02-04").returncode == 0
    shown = json.loads(duewell(book, "line", "show", line, "--json").stdout)
    assert shown["schema"] == "duewell.line/1"
    assert (shown["limit_minor"], shown["dpd"]) == (2_000_000, 6)
    assert shown["plans"][0]["to_come_minor"] == [100_000] * 11
    assert shown["balances"]["cash"] == {"billed_minor": 50_000, "new_minor": 0}
    (first,) = shown["statements"]
    assert first["interest_minor"] == {"plan 1": 7_200, "cash": 123}
    told = json.loads(duewell(book, "line", "statement", line, "--json").stdout)
    assert told["schema"] == "duewell.line-statement/1"
    assert sum(charge["amount_minor"] for charge in told["charges"]) == 7_323
    kinds = [each["kind"] for each in told["movements"]]
    assert kinds == ["limit", "purchase_draw", "cash_draw", "conversion"]
    for lang in ("zh", "en"):
        for words in (("line", "show", line), ("line", "statement", line)):
            done = duewell(book, *words, "--lang", lang)
            assert done.returncode == 0 and done.stderr == ""
    assert duewell(book, "pay", "--loan", line, "--amount", "500", "--key", "p").returncode == 0
    assert_explained(book, line)
    words = ("ledger", "explain", "--book", "b", "--entry", f"{line}-5-1")
    entry = json.loads(duewell(book, *words, "--json").stdout)
    (journal,) = entry["journals"]
    assert {each["account"] for each in journal["lines"]} >= {"cash_clearing", "loans_principal"}
    assert "已还最低还款额，第 1 期账单" in duewell(book, *words, "--lang", "zh").stdout
    assert "paid on the minimum, statement 1" in duewell(book, *words, "--lang", "en").stdout
    assert duewell(book, "reverse", "--loan", line, "--ref", "p").returncode == 0
    assert duewell(book, "record", line, "settle").returncode == 0
    assert json.loads(duewell(book, "line", "show", line, "--json").stdout)["outstanding_minor"] == 0
    late = json.loads(
        duewell(book, "report", "overdue", "--book", "b", "--as-of", "2026-02-04", "--json").stdout
    )
    assert [(each["loan_id"], each["dpd"]) for each in late["loans"]] == [(line, 5)]
    assert duewell(book, "verify", "--book", "b").returncode == 0


def assert_explained(book: str, line: str) -> None:
    """A statement's interest and minimum, and the totals, open in both languages and as data."""
    explain = ("line", "explain", line)
    told = json.loads(duewell(book, *explain, "--statement", "1", "--json").stdout)
    assert (told["schema"], told["line_id"]) == ("duewell.proof/1", line)
    assert told["proof"]["amount_minor"] == 7_323
    of = {each["code"]: each["slices"][0] for each in told["proof"]["terms"]}
    assert of["interest-of-plan"]["rate_of_period"] == "3/500"
    assert of["interest-of-cash"]["rate_per_year"] == "9/50"
    shown = json.loads(duewell(book, "line", "show", line, "--json").stdout)
    for words, minor in (
        (("--part", "minimum"), shown["statements"][0]["minimum_minor"]),
        (("--part", "late-charge"), shown["statements"][0]["late_charge_minor"]),
        (("--part", "principal"), shown["statements"][0]["own_minimum_minor"]["principal"]),
        (("--total", "balance"), shown["outstanding_minor"]),
        (("--total", "overdue"), shown["overdue_minor"]),
    ):
        assert json.loads(duewell(book, *explain, *words, "--json").stdout)["proof"]["amount_minor"] == minor
    for lang, which, word in (
        ("en", (), "0.6% × 1 of the statement's period"),
        ("zh", (), "每日为 1/365 年"),
        ("en", ("--part", "late-charge"), "minimums not paid, without penalties"),
        ("zh", ("--part", "minimum"), "其余本金的最低比例，第 1 期账单"),
        ("en", ("--total", "payoff"), "interest accrued"),
        ("zh", ("--total", "payoff"), "当日结清金额"),
    ):
        done = duewell(book, *explain, *which, "--lang", lang)
        assert done.returncode == 0 and word in done.stdout, done.stdout + done.stderr


OPEN = "line open --book b --limit 1 --rate 1 --statement-day 1"
REFUSED = f"""
    limit-not-positive            {OPEN} --limit 0
    statement-day-out-of-range    {OPEN} --statement-day 32
    rate-too-fine                 {OPEN} --rate 0.00001
    due-days-out-of-range         {OPEN} --due-days 28
    rate-cap-unreadable           {OPEN} --cap soon
    days-in-year-unknown          {OPEN} --days-in-year 364
    draw-above-limit              line draw --line LINE --amount 20000.01
    balance-kind-unknown          line draw --line LINE --amount 1 --as gift
    fact-before-the-loan          line draw --line LINE --amount 1 --on 2026-01-04
    conversion-above-purchases    line convert --line LINE --amount 1 --instalments 3 --rate 9
    conversion-without-cost       line convert --line LINE --amount 1 --instalments 3
    statement-none-closed         line statement LINE
    statement-none-closed         line explain LINE
    total-unknown                 line explain LINE --total all
    part-unknown                  line explain LINE --part all
    contract-not-a-loan           loan show LINE
    contract-not-a-loan           loan explain LINE
    contract-not-a-loan           loan preview LINE --if settle
    contract-not-a-line           line show LOAN
"""


def test_what_cannot_be_is_refused_with_its_code(book: str) -> None:
    line = opened(book)
    lent = ("--book", "b", "--principal", "1200", "--rate", "12", "--instalments", "12")
    loan = json.loads(duewell(book, "disburse", *lent, "--json").stdout)["loan_id"]
    for case in REFUSED.strip().splitlines():
        code, *words = case.replace("LINE", line).replace("LOAN", loan).split()
        refused = duewell(book, *words, "--json")
        assert (refused.returncode, refused.stdout) == (1, ""), case
        assert json.loads(refused.stderr)["title"] == code
    for which, fact in ((line, "lend 5"), (loan, "draw 5 as cash"), (loan, "limit 5")):
        refused = duewell(book, "record", which, fact, "--json")
        assert json.loads(refused.stderr)["title"] == "fact-kind-not-supported"
