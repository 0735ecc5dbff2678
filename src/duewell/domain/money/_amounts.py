"""Amounts: a count of minor units that knows its currency.

Needs    a whole number and a currency code.
Gives    Currency, Money, and the lookup of the currencies we lend in.
Never    adds or compares two currencies, and never holds a part of a minor unit.
Source   ISO 4217: code and exponent (yen has none).
"""

from dataclasses import dataclass

from duewell.domain.errors import CurrencyMismatch, InvalidInput

__all__ = ["Currency", "Money", "currency"]


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code and how many decimals its minor unit takes."""

    code: str
    exponent: int


_KNOWN = {
    code: Currency(code, exponent)
    for code, exponent in (("CNY", 2), ("USD", 2), ("EUR", 2), ("GBP", 2), ("JPY", 0), ("HKD", 2))
}


def currency(code: str) -> Currency:
    """The currency of an ISO code.

    Refuses   InvalidInput "currency-unknown", listing the codes we know.

    >>> currency("JPY")
    Currency(code='JPY', exponent=0)
    """
    found = _KNOWN.get(code) if isinstance(code, str) else None
    if found is None:
        raise InvalidInput("currency-unknown", given=str(code)[:32], known=", ".join(sorted(_KNOWN)))
    return found


@dataclass(frozen=True, slots=True)
class Money:
    """Whole minor units of one currency.

    Edges     amounts of two currencies are unequal, but adding or ordering them is refused:
              an equality must answer for sets and dictionaries to work, a sum must not.
    Refuses   CurrencyMismatch "currency-mismatch".

    >>> (Money(123_456, currency("CNY")) - Money(56, currency("CNY"))).text()
    '1,234.00'
    """

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        assert type(self.minor) is int, "minor units are a whole number"

    def _minor_of(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch("currency-mismatch", left=self.currency.code, right=other.currency.code)
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._minor_of(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._minor_of(other)

    def text(self) -> str:
        """The amount with thousands commas and every decimal, without the currency: "1,234.56"."""
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), 10**self.currency.exponent)
        decimals = f".{part:0{self.currency.exponent}d}" if self.currency.exponent else ""
        return f"{sign}{whole:,}{decimals}"
