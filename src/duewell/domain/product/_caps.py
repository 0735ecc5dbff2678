"""Caps: the most a loan may cost, as dated data with the source of each line.

Needs    a table of a file.
Gives    Cap, CapKind, Measure; read_caps, caps_table, caps_in_force.
Never    judges a loan: what a cap means for terms stands in domain.disclosure.
Source   docs/reference/caps.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from duewell.domain.errors import InvalidInput
from duewell.domain.money import Money, Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.product._table import Table


class CapKind(StrEnum):
    """What a cap limits, and so how its figure is read."""

    ALL_IN = "all-in rate"
    """The yearly cost if everything is paid on its date, by one measure."""
    PENALTY_TIMES = "penalty times contract rate"
    """What overdue money bears in all, as a multiple of the contract rate."""
    DAILY_COST = "cost a day"
    """Interest and fees of each day as a share of the principal out, and what overdue money bears."""
    TOTAL_COST = "total cost"
    """All that is ever charged beside the principal, as a share of it."""
    DEFAULT_FEES = "default fees"
    """All that is charged once for being late, as an amount."""


class Measure(StrEnum):
    """Which yearly rate an all-in cap speaks of."""

    NOMINAL = "nominal"
    EFFECTIVE = "effective"
    REG_Z = "reg-z"
    APRC = "aprc"


@dataclass(frozen=True, slots=True)
class Cap:
    """One line: from a day on, until a later line of the same code. `limit` is a share, a multiple or,
    for default fees, minor units of `currency`."""

    code: str
    kind: CapKind
    from_on: date
    limit: Fraction
    source: str
    is_verified: bool = False
    measure: Measure = Measure.NOMINAL
    currency: str = ""


def read_caps(given: Mapping[str, Any]) -> tuple[Cap, ...]:
    """The caps of a file: its [[caps]], nothing else. Refuses two lines of one code from one day."""
    table = Table(given, "")
    caps = tuple(read_cap(each) for each in table.tables("caps"))
    table.end()
    check_caps(caps)
    return caps


def check_caps(caps: Iterable[Cap]) -> None:
    """Refuse two lines of one code from one day."""
    seen: set[tuple[str, date]] = set()
    for cap in caps:
        if (cap.code, cap.from_on) in seen:
            raise InvalidInput("cap-twice", cap=cap.code, on=cap.from_on)
        seen.add((cap.code, cap.from_on))


def read_cap(table: Table) -> Cap:
    """One line of a file."""
    kind = table.choice("kind", CapKind)
    money = ""
    if kind is CapKind.DEFAULT_FEES:
        money = currency(table.text("currency")).code
        limit = Fraction(parse_amount(table.value("amount"), currency(money)).minor)
    elif kind is CapKind.PENALTY_TIMES:
        limit = parse_rate_pct(table.text("times")).per_year * 100
    else:
        limit = parse_rate_pct(table.text("pct")).per_year
    measure = Measure.NOMINAL
    if kind is CapKind.ALL_IN:
        measure = table.choice("measure", Measure)
    is_verified = table.value("verified", False)
    if not isinstance(is_verified, bool):
        raise table.refusal("verified", "true | false")
    made = Cap(
        table.text("code"),
        kind,
        table.day("from"),
        limit,
        table.text("source"),
        is_verified,
        measure,
        money,
    )
    table.end()
    return made


def caps_table(caps: Iterable[Cap]) -> list[dict[str, Any]]:
    """Caps as the tables they can be read from."""
    return [_cap_table(cap) for cap in caps]


def _cap_table(cap: Cap) -> dict[str, Any]:
    made: dict[str, Any] = {
        "code": cap.code,
        "kind": cap.kind.value,
        "from": cap.from_on.isoformat(),
        "source": cap.source,
        "verified": cap.is_verified,
    }
    if cap.kind is CapKind.DEFAULT_FEES:
        money = currency(cap.currency)
        return made | {"currency": cap.currency, "amount": Money(int(cap.limit), money).text()}
    if cap.kind is CapKind.PENALTY_TIMES:
        return made | {"times": Rate(cap.limit / 100).text()}
    if cap.kind is CapKind.ALL_IN:
        made["measure"] = cap.measure.value
    return made | {"pct": Rate(cap.limit).text()}


def caps_in_force(caps: Iterable[Cap], on: date) -> list[Cap]:
    """Of each code the line in force on a day, in the order of the codes."""
    found: dict[str, Cap] = {}
    for cap in sorted(caps, key=lambda each: each.from_on):
        if cap.from_on <= on:
            found[cap.code] = cap
    return [found[code] for code in sorted(found)]
