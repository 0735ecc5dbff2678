"""Rates: an exact share of the principal for a year.

Needs    a Fraction a year.
Gives    Rate, and its percentage as text.
Never    turns into a float; the period of a rate is always the year.
Source   docs/decisions; product terms quote yearly rates.
"""

from dataclasses import dataclass
from fractions import Fraction

from duewell.domain.money._rounding import Rounding, round_fraction

__all__ = ["Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A yearly rate: 12.5% is Rate(Fraction(1, 8)).

    >>> Rate(Fraction(1, 8)).text()
    '12.5'
    """

    per_year: Fraction

    def __post_init__(self) -> None:
        assert isinstance(self.per_year, Fraction), "a rate is an exact fraction"

    def text(self, decimals_max: int = 10) -> str:
        """The percentage, without a sign for percent and without trailing zeros.

        Edges     a rate that needs more than `decimals_max` decimals is shown rounded half-even;
                  every rate that `parse_rate_pct` reads is shown exactly.
        """
        scaled = round_fraction(self.per_year * 100 * 10**decimals_max, Rounding.HALF_EVEN)
        whole, part = divmod(abs(scaled), 10**decimals_max)
        decimals = f"{part:0{decimals_max}d}".rstrip("0") if part else ""
        sign = "-" if scaled < 0 else ""
        return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
