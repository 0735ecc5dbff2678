"""A cost sheet and a product's terms, as pages show them: both parts of the sheet, every term in words.

Needs    an Ask; a CostSheet; a Product.
Gives    sheet_told, sheet_tables, terms_told, convention_told.
Never    computes an amount, or leaves an item or a term out.
Source   docs/reference/cost.md, section cost sheet; docs/reference/products.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from duewell.api import Ask
from duewell.domain.disclosure import CostSheet, Item, shown
from duewell.domain.money import Rate
from duewell.domain.product import (
    Convention,
    FeeTerms,
    PenaltyMode,
    PenaltyRule,
    Product,
    convention_named,
)
from duewell.domain.texts import cost_rate_text, money_text, rate_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.web._pages import lang_of
from duewell.web._tables import asked
from duewell.web.staff._desk import say

Pairs = list[tuple[str, Any]]


# -- the sheet -------------------------------------------------------------------------------------


def sheet_told(ask: Ask, sheet: CostSheet) -> Pairs:
    """The figures above a sheet's items."""
    t, lang, terms, cost = say(ask), lang_of(ask.request), sheet.terms, sheet.cost
    money = terms.currency

    def yearly(rate: Fraction | None) -> str:
        return cost_rate_text(rate) if rate is not None else "–"

    return [
        (t("console-sheet-lent"), money_text(terms.principal, money, lang)),
        (t("console-sheet-paid-out"), money_text(cost.lent, money, lang)),
        (t("console-sheet-cost"), money_text(cost.interest + cost.fees, money, lang)),
        (t("console-sheet-to-pay"), money_text(cost.to_pay, money, lang)),
        (t("console-sheet-nominal"), yearly(cost.rates.nominal)),
        (t("console-sheet-effective"), yearly(cost.rates.effective)),
    ]


def sheet_tables(ask: Ask, sheet: CostSheet) -> tuple[Table, Table]:
    """What is charged if everything is paid on its date, and what only in default."""
    return (
        _items(ask, "normal", "console-sheet-normal", sheet.normal, sheet),
        _items(ask, "default", "console-sheet-default", sheet.default, sheet),
    )


def _items(ask: Ask, name: str, title: str, items: Sequence[Item], sheet: CostSheet) -> Table:
    t, money = say(ask), sheet.terms.currency
    columns = [
        Column("item", t("console-sheet-item")),
        Column("charged_by", t("console-sheet-by")),
        Column("basis", t("console-sheet-basis")),
        Column("how_much", t("console-sheet-how-much")),
        Column("charged_when", t("console-sheet-when")),
        Column("total", t("console-sheet-total"), Kind.MONEY, money),
        Column("source", t("console-sheet-source")),
    ]
    rows = [
        (
            " ".join(filter(None, (t(f"sheet-item-{item.code}"), item.name))),
            t("sheet-lender") if item.charged_by == "lender" else item.charged_by,
            t(f"sheet-basis-{item.basis}"),
            _how_much(ask, item, money),
            t(f"sheet-when-{item.when}")
            + (t("sheet-grace", days=item.grace_days) if item.grace_days else ""),
            item.total,
            item.source,
        )
        for item in items
    ]
    start = sheet.terms.start.isoformat()
    return Table(name, t(title), columns, rows, as_of=start, known=start, query=asked(ask))


def _how_much(ask: Ask, item: Item, money: str) -> str:
    if item.rate is None:
        return money_text(item.amount or 0, money, lang_of(ask.request))
    if item.is_yearly:
        return rate_text(item.rate, lang_of(ask.request))
    return say(ask)("console-share-each", share=Rate(item.rate).text())


# -- the terms -------------------------------------------------------------------------------------


def span(low: str, high: str) -> str:
    """Both ends of a range, or the one value that it is."""
    return low if low == high else f"{low} – {high}"


def terms_told(ask: Ask, product: Product) -> Pairs:
    """The terms of a product, each by its name, in words."""
    t, lang = say(ask), lang_of(ask.request)
    low, high = (money_text(each, product.currency, lang) for each in product.principal)
    unit = product.frequency.value.lower()
    every = t("console-every", every=product.every, unit=t(f"unit-{unit}"))
    if product.every == 1:
        every = t(f"console-every-{unit}")
    told: Pairs = [
        (t("console-term-principal"), span(low, high)),
        (t("console-term-rate"), span(*(rate_text(each, lang) for each in product.rate))),
        (t("console-term-instalments"), span(*map(str, product.instalments))),
        (t("console-term-every"), every),
        (t("console-term-jurisdiction"), product.jurisdiction),
    ]
    between = " → "
    order = between.join(t(f"part-{part.name.lower()}") for part in product.allocation.order)
    told.append((t("console-term-order"), order))
    told.append(
        (t("console-term-processing"), t(f"console-processing-{product.allocation.processing.value}"))
    )
    excess = product.allocation.excess_rule("repayment").value
    told.append((t("console-term-excess"), t(f"console-excess-{excess}")))
    told += list(_plan(ask, product))
    penalty = t("console-penalty-none") if product.penalty is None else _penalty(ask, product.penalty)
    told.append((t("console-term-penalty"), penalty))
    told += [(f"{t('sheet-item-fee')} {fee.code}", _fee(ask, fee, product.currency)) for fee in product.fees]
    told += [
        (t("console-term-own-cap", cap=cap.code), f"{shown(cap, cap.limit)} ({cap.source})")
        for cap in product.caps
    ]
    return told


def _plan(ask: Ask, product: Product) -> Iterator[tuple[str, str]]:
    t, plan = say(ask), product.plan
    if plan.grace_principal:
        yield t("console-term-grace-principal"), t("console-rows", count=plan.grace_principal)
    if plan.grace_interest:
        yield t("console-term-grace-interest"), t("console-rows", count=plan.grace_interest)
    for name, share in (("down-payment", plan.down_payment), ("balloon", plan.balloon)):
        if share:
            yield t(f"console-term-{name}"), t("console-share-of-principal", share=Rate(share).text())
    if plan.suspends_from_dpd is not None:
        yield t("console-term-suspends"), t("console-from-dpd", days=plan.suspends_from_dpd)


def _penalty(ask: Ask, penalty: PenaltyRule) -> str:
    t, lang = say(ask), lang_of(ask.request)
    base = t("console-penalty-base-" + penalty.base.name.lower().replace("_", "-"))
    if penalty.pct is not None:
        told = t("console-penalty-once", share=Rate(penalty.pct).text(), base=base)
    else:
        beside = "beside" if penalty.mode is PenaltyMode.EXCESS else "instead"
        if penalty.rate is not None:
            much = rate_text(penalty.rate, lang)
        else:
            much = t("console-penalty-times", times=Rate((penalty.times or Fraction(0)) / 100).text())
        told = t(f"console-penalty-{beside}", much=much, base=base, days=penalty.days_in_year)
    if penalty.grace_days:
        told += t("console-penalty-grace", days=penalty.grace_days)
    return told


def _fee(ask: Ask, fee: FeeTerms, money: str) -> str:
    t, lang = say(ask), lang_of(ask.request)
    if fee.amount is not None:
        much = money_text(fee.amount, money, lang)
    else:
        share = Rate(fee.pct or Fraction(0)).text()
        basis = "principal" if "principal" in fee.basis.value else "instalment"
        much = t(f"console-fee-share-{basis}", share=share)
    when = t(f"console-fee-{fee.when.name.lower()}")
    by = t("sheet-lender") if fee.charged_by == "lender" else fee.charged_by
    return t("console-fee-told", much=much, when=when, by=by, source=fee.source)


def convention_told(ask: Ask, product: Product) -> Pairs:
    """How figures of a product are computed."""
    t, found = say(ask), convention_named(product.convention)
    return [(t("console-conv-name"), product.convention), *_how(ask, found)]


def _how(ask: Ask, found: Convention) -> Iterator[tuple[str, str]]:
    t, between = say(ask), "，" if lang_of(ask.request) == "zh" else ", "
    yield (
        t("console-conv-amortization"),
        t(f"console-conv-{found.amortization.name.lower().replace('_', '-')}"),
    )
    yield t("console-conv-interest"), t(f"console-conv-{found.interest_method.value}")
    month = t("console-conv-month-30" if found.days_in_month.value == "30" else "console-conv-month-actual")
    year = found.days_in_year.value
    year = t("console-conv-year-actual") if year == "actual" else t("console-conv-year", days=year)
    yield t("console-conv-days"), month + between + year
    daily = "console-conv-daily" if found.is_recalculated_daily else "console-conv-as-planned"
    yield t("console-conv-recalculated"), t(daily)
    yield t("console-conv-prepayment"), t(f"console-conv-{found.prepayment.value.replace(' ', '-')}")
    yield t("console-conv-rounding"), t(f"rounding-{found.rounding.value}")
    if found.instalment_multiple > 1:
        yield t("console-conv-multiple"), t("console-conv-multiple-minor", minor=found.instalment_multiple)
