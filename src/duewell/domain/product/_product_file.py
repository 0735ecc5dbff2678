"""Products as operators write them: a table of a TOML file to a Product, and back.

Needs    the table as plain data.
Gives    read_product, product_table: an exact round trip of text and whole numbers.
Never    reads a float, guesses a unit, or passes over a key it does not know.
Source   docs/reference/products.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from duewell.domain.calendar import Frequency
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Currency, Money, Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.product._fees import FeeBasis, FeeTerms, FeeWhen
from duewell.domain.product._product import PenaltyRule, Product
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
_TEXT_MAX = 200
Choice = TypeVar("Choice", bound=Enum)


class Table:
    """One table of a file: each key is asked for by its kind, and none may be left unasked."""

    def __init__(self, given: object, path: str) -> None:
        if not isinstance(given, Mapping):
            raise InvalidInput("product-field-unreadable", field=path, expected="[table]")
        self.path = path
        self._left = dict(given)

    def value(self, name: str, default: Any = None) -> Any:
        """A key's value, or the default; a key without one must be there."""
        if name not in self._left and default is None:
            raise InvalidInput("product-field-missing", field=self._named(name))
        return self._left.pop(name, default)

    def has(self, name: str) -> bool:
        """Whether a key is there and was not asked for yet."""
        return name in self._left

    def text(self, name: str, default: str | None = None) -> str:
        """A short text."""
        found = self.value(name, default)
        if not isinstance(found, str) or not 1 <= len(found) <= _TEXT_MAX or not found.isprintable():
            raise self.refusal(name, '"..."')
        return found

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number, zero or more."""
        found = self.value(name, default)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 10**9:
            raise self.refusal(name, "0, 1, 2, ...")
        return found

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of an enumeration's values."""
        found = self.value(name, default)
        for each in kind:
            if found is each or (isinstance(found, str) and found == str(each.value)):
                return each
        raise self.refusal(name, " | ".join(f'"{each.value}"' for each in kind))

    def span(self, name: str, read: Callable[[Any], Any], expected: str) -> tuple[Any, Any]:
        """Both ends of a range, or one value that stands for both."""
        found = self.value(name)
        ends = found if isinstance(found, list | tuple) else [found, found]
        if len(ends) != 2 or any(isinstance(each, float | bool) for each in ends):
            raise self.refusal(name, expected)
        return read(ends[0]), read(ends[1])

    def table(self, name: str) -> Table:
        """A table inside this one."""
        return Table(self.value(name), self._named(name))

    def tables(self, name: str) -> list[Table]:
        """A list of tables; none where the key is not there."""
        found = self.value(name, ())
        if not isinstance(found, list | tuple):
            raise self.refusal(name, "[[table]]")
        return [Table(each, f"{self._named(name)}[{k}]") for k, each in enumerate(found, start=1)]

    def end(self) -> None:
        """Refuse keys that nobody asked for."""
        if self._left:
            raise InvalidInput("product-field-unknown", field=self._named(str(next(iter(self._left)))[:60]))

    def refusal(self, name: str, expected: str) -> InvalidInput:
        """What is wrong with a key's value."""
        return InvalidInput("product-field-unreadable", field=self._named(name), expected=expected)

    def _named(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


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
        pct=share_of(table, "once_pct"),
        rate=share_of(table, "rate_pct"),
        times=_times(table.text("times_contract")) if table.has("times_contract") else None,
        days_in_year=table.whole("days_in_year", 360),
        mode=table.choice("mode", PenaltyMode, PenaltyMode.EXCESS),
        source=table.text("source", "contract"),
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
        pct=share_of(table, "pct"),
        source=table.text("source", "contract"),
    )
    table.end()
    return made


def share_of(table: Table, name: str) -> Fraction | None:
    """A percentage as a share; None where the key is not there."""
    return parse_rate_pct(table.value(name)).per_year if table.has(name) else None


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
