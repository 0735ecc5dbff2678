"""Products as operators write them: a table of a TOML file to a Product, and back.

Needs    the table as plain data.
Gives    read_product, product_table: an exact round trip of text and whole numbers.
Never    reads a float, guesses a unit, or passes over a key it does not know.
Source   docs/reference/products.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import Frequency
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Currency, Money, Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.product._caps import caps_table, read_cap
from duewell.domain.product._fees import FeeBasis, FeeTerms, FeeWhen
from duewell.domain.product._product import PenaltyRule, PlanShape, Product
from duewell.domain.product._table import Table
from duewell.domain.product._terms import (
    Allocation,
    ExcessRule,
    Part,
    PenaltyBase,
    PenaltyMode,
    Processing,
)

SCHEMA = "duewell.product/1"
_CODE = re.compile(r"[a-z][a-z0-9-]{0,30}")
_JURISDICTION = re.compile(r"[A-Z]{2}")


def read_product(given: Mapping[str, Any], *, version: int = 1) -> Product:
    """The product of a file or of a stored version.

    Refuses   a key that is missing, unknown or of another kind, each by its place; what no product may be.
    """
    table = Table(given, "")
    code, jurisdiction = table.text("code"), table.text("jurisdiction")
    if not _CODE.fullmatch(code):
        raise InvalidInput("product-code-unreadable", given=code[:40])
    if not _JURISDICTION.fullmatch(jurisdiction):
        raise table.refusal("jurisdiction", '"CN", "US", "GB", "EU"')
    money = currency(table.text("currency"))
    made = Product(
        code=code,
        version=version,
        jurisdiction=jurisdiction,
        currency=money.code,
        convention=table.text("convention"),
        principal=table.span(
            "principal", lambda v: parse_amount(v, money).minor, '["1,000.00", "50,000.00"]'
        ),
        rate=table.span("rate_pct", lambda v: parse_rate_pct(v).per_year, '["6", "18"]'),
        instalments=table.span("instalments", _count, "[3, 36]"),
        every=table.whole("every", 1),
        frequency=table.choice("frequency", Frequency, Frequency.MONTHS),
        allocation=_allocation(table.table("allocation")) if table.has("allocation") else Allocation(),
        penalty=_penalty(table.table("penalty")) if table.has("penalty") else None,
        plan=_plan(table.table("plan")) if table.has("plan") else PlanShape(),
        caps=tuple(read_cap(each) for each in table.tables("caps")),
        fees=tuple(_fee(each, money) for each in table.tables("fees")),
    )
    table.end()
    return made


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise InvalidInput("product-field-unreadable", field="instalments", expected="[3, 36]")
    return value


def _allocation(table: Table) -> Allocation:
    names = table.value("order", [part.name.lower() for part in Part])
    parts = {part.name.lower(): part for part in Part}
    if not isinstance(names, list | tuple) or any(name not in parts for name in map(str, names)):
        raise table.refusal("order", '["penalty", "fee", "interest", "principal"]')
    excess = table.choice("excess", ExcessRule, ExcessRule.NEXT)
    made = Allocation(
        tuple(parts[str(name)] for name in names),
        table.choice("processing", Processing, Processing.HORIZONTAL),
        (("repayment", excess),) if excess is not ExcessRule.NEXT else (),
    )
    table.end()
    return made


def _penalty(table: Table) -> PenaltyRule:
    made = PenaltyRule(
        table.choice("base", PenaltyBase, PenaltyBase.PRINCIPAL),
        table.whole("grace_days", 0),
        pct=table.share("once_pct"),
        rate=table.share("rate_pct"),
        times=_times(table.text("times_contract")) if table.has("times_contract") else None,
        days_in_year=table.whole("days_in_year", 360),
        mode=table.choice("mode", PenaltyMode, PenaltyMode.EXCESS),
        source=table.text("source", "contract"),
    )
    table.end()
    return made


def _plan(table: Table) -> PlanShape:
    made = PlanShape(
        table.whole("grace_principal", 0),
        table.whole("grace_interest", 0),
        table.share("down_payment_pct") or Fraction(0),
        table.share("balloon_pct") or Fraction(0),
        table.whole("suspends_from_dpd") if table.has("suspends_from_dpd") else None,
    )
    table.end()
    return made


def _fee(table: Table, money: Currency) -> FeeTerms:
    code = table.text("code")
    if not _CODE.fullmatch(code):
        raise table.refusal("code", '"service"')
    made = FeeTerms(
        code,
        table.text("charged_by"),
        table.choice("when", FeeWhen),
        table.choice("basis", FeeBasis),
        amount=parse_amount(table.value("amount"), money).minor if table.has("amount") else None,
        pct=table.share("pct"),
        source=table.text("source", "contract"),
    )
    table.end()
    return made


def _times(text: str) -> Fraction:
    """A plain multiple, such as 1.5, read as strictly as a percentage."""
    return parse_rate_pct(text).per_year * 100


def product_table(product: Product) -> dict[str, Any]:
    """The product as the table it can be read from; its version stands beside it, not in it."""
    money = currency(product.currency)
    made: dict[str, Any] = {
        "code": product.code,
        "jurisdiction": product.jurisdiction,
        "currency": product.currency,
        "convention": product.convention,
        "principal": [_amount(each, money) for each in product.principal],
        "rate_pct": [Rate(each).text() for each in product.rate],
        "instalments": list(product.instalments),
        "every": product.every,
        "frequency": product.frequency.value,
        "allocation": {
            "order": [part.name.lower() for part in product.allocation.order],
            "processing": product.allocation.processing.value,
            "excess": product.allocation.excess_rule("repayment").value,
        },
    }
    if product.penalty is not None:
        made["penalty"] = _penalty_table(product.penalty)
    if product.plan != PlanShape():
        made["plan"] = _plan_table(product.plan)
    if product.caps:
        made["caps"] = caps_table(product.caps)
    if product.fees:
        made["fees"] = [_fee_table(each, money) for each in product.fees]
    return made


def _penalty_table(penalty: PenaltyRule) -> dict[str, Any]:
    made: dict[str, Any] = {"base": penalty.base.value, "grace_days": penalty.grace_days}
    if penalty.pct is not None:
        made["once_pct"] = Rate(penalty.pct).text()
    if penalty.rate is not None:
        made["rate_pct"] = Rate(penalty.rate).text()
    if penalty.times is not None:
        made["times_contract"] = Rate(penalty.times / 100).text()
    return made | {
        "days_in_year": penalty.days_in_year,
        "mode": penalty.mode.value,
        "source": penalty.source,
    }


def _plan_table(plan: PlanShape) -> dict[str, Any]:
    made: dict[str, Any] = {
        "grace_principal": plan.grace_principal,
        "grace_interest": plan.grace_interest,
        "down_payment_pct": Rate(plan.down_payment).text(),
        "balloon_pct": Rate(plan.balloon).text(),
    }
    if plan.suspends_from_dpd is not None:
        made["suspends_from_dpd"] = plan.suspends_from_dpd
    return made


def _fee_table(fee: FeeTerms, money: Currency) -> dict[str, Any]:
    made: dict[str, Any] = {
        "code": fee.code,
        "charged_by": fee.charged_by,
        "when": fee.when.value,
        "basis": fee.basis.value,
    }
    if fee.amount is not None:
        made["amount"] = _amount(fee.amount, money)
    if fee.pct is not None:
        made["pct"] = Rate(fee.pct).text()
    return made | {"source": fee.source}


def _amount(minor: int, money: Currency) -> str:
    return Money(minor, money).text()
