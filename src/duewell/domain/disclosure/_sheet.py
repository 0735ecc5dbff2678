"""The cost sheet: every cost of a loan before it is signed, normal and in default, and no other.

Needs    terms; the true cost of the offer.
Gives    CostSheet with its items; cost_sheet, and sheet_document, the same bytes for the same terms.
Never    leaves an item of the terms out, or says one that is not in them.
Source   docs/reference/cost.md, section cost sheet: the Chinese rule on showing the comprehensive financing
         cost of personal loans, in force 2026-08-01, as reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from duewell.domain.disclosure._cost import TrueCost, offer
from duewell.domain.money import Rate
from duewell.domain.product import (
    FeeBasis,
    FeeTerms,
    FeeWhen,
    InterestMethod,
    LoanTerms,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
)

SCHEMA = "duewell.cost-sheet/1"
LENDER = "lender"
_FEE_BASIS = {
    FeeBasis.FLAT: "flat",
    FeeBasis.PRINCIPAL: "original-principal",
    FeeBasis.INSTALMENT: "instalment",
}
_FEE_WHEN = {
    FeeWhen.FIRST: "first-instalment",
    FeeWhen.EACH: "each-instalment",
    FeeWhen.KEPT: "kept",
}
_INTEREST_BASIS = {
    InterestMethod.DECLINING: "principal-out",
    InterestMethod.FLAT: "original-principal",
}
_PENALTY_BASIS = {
    PenaltyBase.PRINCIPAL: "overdue-principal",
    PenaltyBase.PRINCIPAL_AND_INTEREST: "overdue-principal-and-interest",
}
_PENALTY_WHEN = {PenaltyMode.EXCESS: "daily-beside", PenaltyMode.REPLACES: "daily-instead"}


@dataclass(frozen=True, slots=True)
class Item:
    """One cost. `code` is interest, fee or penalty, `name` what the terms call a fee; `basis` and `when`
    are codes too.

    Exactly one of `amount` (minor units, each time) and `rate` is given, a rate a year or each time.
    `total` is what it comes to if all is paid on its date; None for a cost of default.
    """

    code: str
    name: str
    charged_by: str
    basis: str
    when: str
    source: str
    amount: int | None = None
    rate: Fraction | None = None
    is_yearly: bool = False
    grace_days: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class CostSheet:
    """The items of an offer, normal and contingent, with its cost. Nothing else is charged."""

    terms: LoanTerms
    normal: tuple[Item, ...]
    default: tuple[Item, ...]
    cost: TrueCost


def cost_sheet(terms: LoanTerms) -> CostSheet:
    """The sheet of terms as offered; of a signed loan's terms it is the one shown before."""
    told = offer(terms)
    normal = (_interest(terms, told.interest), *_fees(terms))
    default = (_penalty(terms.penalty),) if terms.penalty is not None else ()
    assert sum(item.total or 0 for item in normal) == told.interest + told.fees, "no cost is left out"
    return CostSheet(terms, normal, default, told)


def _interest(terms: LoanTerms, total: int) -> Item:
    convention = terms.convention
    return Item(
        "interest",
        "",
        LENDER,
        _INTEREST_BASIS[convention.interest_method],
        "each-instalment",
        f"{convention.name}/{convention.version}",
        rate=terms.rate,
        is_yearly=True,
        total=total,
    )


def _fees(terms: LoanTerms) -> Iterator[Item]:
    """Each fee with what it comes to: the same fold with no other fee."""
    for fee in terms.fees:
        yield _fee(fee, offer(replace(terms, fees=(fee,))).fees)


def _fee(fee: FeeTerms, total: int) -> Item:
    basis, when = _FEE_BASIS[fee.basis], _FEE_WHEN[fee.when]
    return Item("fee", fee.code, fee.charged_by, basis, when, fee.source, fee.amount, fee.pct, total=total)


def _penalty(penalty: PenaltyTerms) -> Item:
    """What lateness costs: beside contract interest, or in its place."""
    is_once = penalty.rate is None
    return Item(
        "penalty",
        "",
        LENDER,
        _PENALTY_BASIS[penalty.base],
        "once-overdue" if is_once else _PENALTY_WHEN[penalty.mode],
        penalty.source,
        rate=penalty.pct if is_once else penalty.rate,
        is_yearly=not is_once,
        grace_days=penalty.grace_days,
    )


def sheet_document(sheet: CostSheet) -> dict[str, Any]:
    """The sheet as data, in an order that never changes: the same terms give the same bytes."""
    terms, cost = sheet.terms, sheet.cost
    return {
        "schema": SCHEMA,
        "currency": terms.currency,
        "start": terms.start.isoformat(),
        "principal_minor": terms.principal,
        "instalments": terms.instalments,
        "paid_out_minor": cost.lent,
        "to_pay_minor": cost.to_pay,
        "normal": [_item_document(item) for item in sheet.normal],
        "default": [_item_document(item) for item in sheet.default],
        "cost_minor": cost.interest + cost.fees,
        "yearly_nominal_pct": _pct(cost.rates.nominal),
        "yearly_effective_pct": _pct(cost.rates.effective),
        "nothing_else_is_charged": True,
    }


def _item_document(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "charged_by": item.charged_by,
        "basis": item.basis,
        "when": item.when,
        "amount_minor": item.amount,
        "rate_pct": _pct(item.rate),
        "rate_is_yearly": item.is_yearly,
        "grace_days": item.grace_days,
        "total_minor": item.total,
        "source": item.source,
    }


def _pct(rate: Fraction | None) -> str | None:
    return None if rate is None else Rate(rate).text()
