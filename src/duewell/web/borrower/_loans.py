"""What several pages of a loan share: the loan itself, amounts to choose from, a payment supposed.

Needs    an Ask.
Gives    shown_loan, choices, parts_of, supposed, typed_amount.
Never    computes an amount: services and the fold do.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from duewell.api import Ask
from duewell.domain.errors import InvalidInput
from duewell.domain.money import currency, parse_amount
from duewell.domain.texts import plain_amount
from duewell.services.preview_loan import AS_IT_IS, preview_loan
from duewell.services.show_loan import Shown, look
from duewell.services.show_payable import Offer
from duewell.store import loans
from duewell.store.loans import LoanKey
from duewell.web._proofs import PARTS

_SUPPOSED = "paid"


def shown_loan(ask: Ask, loan: str) -> tuple[LoanKey, Shown]:
    """A loan of this borrower as it stands. Refuses one that is not theirs as one that is not there."""
    key = ask.loan(loan)
    return key, look(ask.conn, loans.read_loan(ask.conn, key))


OFFERED = {
    Offer.OVERDUE: "web-overdue-only",
    Offer.NEXT: "web-next-instalment",
    Offer.OVERDUE_AND_NEXT: "web-overdue-and-next",
    Offer.LEAST: "web-least",
    Offer.WHOLE: "web-settle",
}


def choices(offers: Iterable[tuple[Offer, int]]) -> list[tuple[str, int]]:
    """Amounts one would choose from, by their words."""
    return [(OFFERED[offer], amount) for offer, amount in offers]


def typed_amount(text: str, money: str) -> int:
    """An amount above zero as it was typed. Refuses InvalidInput with what is wrong with it."""
    given = parse_amount(text, currency(money)).minor
    if given <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=given)
    return given


def parts_of(parts: Sequence[int], overpaid: int) -> list[tuple[str, int]]:
    """Where each yuan goes, in the order of application; what goes nowhere stands as credit."""
    found = [(name, parts[part]) for part, name in PARTS if parts[part]]
    return [*found, ("web-part-credit", overpaid)] if overpaid else found


def supposed(ask: Ask, key: LoanKey, given: int, on: str, money: str) -> dict[str, Any]:
    """What a payment would do: where each yuan goes, and the loan after it beside the loan as it is."""
    line = f"{on} pay {plain_amount(given, money)}"
    futures = preview_loan(ask.conn, key, {_SUPPOSED: [line]}).futures
    before, after = futures[AS_IT_IS], futures[_SUPPOSED]
    paid = next(each for each in after.state.applied if each.fact.source == "preview")
    return {
        "given": given,
        "parts": parts_of(paid.parts, paid.overpaid),
        "before": {"ends": before.ends_on},
        "after": {"ends": after.ends_on, "cost": after.cost, "overdue": after.age.overdue},
        "saved": max(before.cost - after.cost, 0),
    }
