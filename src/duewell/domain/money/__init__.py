"""Money: whole minor units with a currency, exact rates, one named rounding, shares that add up.

Needs    whole numbers, exact fractions, and text as people type it.
Gives    Money, Currency, Rate, Rounding and the functions that round, read and split.
Never    uses a float, converts a currency, or rounds without being told how.
Source   docs/decisions; ISO 4217 for codes and exponents.
"""

from duewell.domain.money._amounts import Currency, Money, currency
from duewell.domain.money._parsing import parse_amount, parse_rate_pct
from duewell.domain.money._rates import Rate
from duewell.domain.money._rounding import Rounding, round_fraction, round_ratio
from duewell.domain.money._splits import split, split_weighted

__all__ = [
    "Currency",
    "Money",
    "Rate",
    "Rounding",
    "currency",
    "parse_amount",
    "parse_rate_pct",
    "round_fraction",
    "round_ratio",
    "split",
    "split_weighted",
]
