"""What several pages of a loan share: the loan itself, amounts to choose from, a payment supposed.

Needs    an Ask.
Gives    shown_loan, choices, payable with Payable, supposed, typed_amount.
Never    computes an amount: services and the fold do.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from duewell.api import Ask
from duewell.domain.errors import InvalidInput
from duewell.domain.money import currency, parse_amount
from duewell.domain.product import LoanTerms
from duewell.domain.texts import plain_amount
from duewell.services import show_line
from duewell.services.preview_loan import AS_IT_IS, preview_loan
from duewell.services.show_loan import Shown, look, prove_at
from duewell.store import loans
from duewell.store.loans import LoanKey
from duewell.web._proofs import PARTS

_SUPPOSED = "paid"


def shown_loan(ask: Ask, loan: str) -> tuple[LoanKey, Shown]:
    """A loan of this borrower as it stands. Refuses one that is not theirs as one that is not there."""
    key = ask.loan(loan)
    return key, look(ask.conn, loans.read_loan(ask.conn, key))


@dataclass(frozen=True, slots=True)
class Payable:
    """A loan or a line as it can be paid: amounts to choose from, none where nothing is owed."""

    name: str
    currency: str
    as_of: date
    is_loan: bool
    choices: list[tuple[str, int]]


def payable(ask: Ask, loan: str) -> tuple[LoanKey, Payable]:
    """What can be paid of a contract of this borrower."""
    key = ask.loan(loan)
    row = loans.read_loan(ask.conn, key)
    money, day = row.terms.currency, row.book_open_on
    if isinstance(row.terms, LoanTerms):
        shown = look(ask.conn, row)
        return key, Payable(shown.name, money, day, True, choices(shown))
    line = show_line.look(ask.conn, row)
    return key, Payable(line.name, money, day, False, _of_line(line))


def _of_line(line: show_line.ShownLine) -> list[tuple[str, int]]:
    state = line.state
    if state.charged_off_on is not None:
        return _named((sum(state.claim), "web-settle"))
    asked = next((each.unpaid for each in state.statements if each.due_on >= state.as_of and each.unpaid), 0)
    whole = show_line.chosen_line_proof(line.proven, None, "interest", "payoff").amount
    return _named((line.age.overdue, "web-overdue-only"), (asked, "web-least"), (whole, "web-settle"))


def _named(*offered: tuple[int, str]) -> list[tuple[str, int]]:
    named: dict[int, str] = {}
    for amount, name in offered:
        named.setdefault(amount, name)
    return [(name, amount) for amount, name in named.items() if amount > 0]


def choices(shown: Shown) -> list[tuple[str, int]]:
    """Amounts one would choose from, none of them twice."""
    if shown.state.charged_off_on is not None:
        return _named((sum(shown.state.claim), "web-settle"))
    _, payoff = prove_at(shown)
    coming = (row.unpaid for row in shown.state.rows if row.due_on >= shown.state.as_of and row.unpaid)
    whole = payoff.amount if payoff is not None else 0
    return _named(
        (shown.age.overdue, "web-overdue-only"),
        (next(coming, 0), "web-next-instalment"),
        (whole, "web-settle"),
    )


def typed_amount(text: str, money: str) -> int:
    """An amount above zero as it was typed. Refuses InvalidInput with what is wrong with it."""
    given = parse_amount(text, currency(money)).minor
    if given <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=given)
    return given


def supposed(ask: Ask, key: LoanKey, given: int, on: str, money: str) -> dict[str, Any]:
    """What a payment would do: where each yuan goes, and the loan after it beside the loan as it is."""
    line = f"{on} pay {plain_amount(given, money)}"
    futures = preview_loan(ask.conn, key, {_SUPPOSED: [line]}).futures
    before, after = futures[AS_IT_IS], futures[_SUPPOSED]
    paid = next(each for each in after.state.applied if each.fact.source == "preview")
    parts = [(name, paid.parts[part]) for part, name in PARTS if paid.parts[part]]
    if paid.overpaid:
        parts.append(("web-part-credit", paid.overpaid))
    return {
        "given": given,
        "parts": parts,
        "before": {"ends": before.ends_on},
        "after": {"ends": after.ends_on, "cost": after.cost, "overdue": after.age.overdue},
        "saved": max(before.cost - after.cost, 0),
    }
