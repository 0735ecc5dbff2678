"""Provision rates: one share of the principal for each delinquency bucket.

Needs    the book's buckets and as many percentages, in their order.
Gives    the rates by bucket; the amount a principal by bucket asks for.
Never    rounds more than once a bucket.
Source   the lender's own policy; the book holds its rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from duewell.domain.agenda import Buckets
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding, parse_rate_pct, round_fraction


def provision_rates(percentages: Sequence[str], buckets: Buckets) -> dict[str, Fraction]:
    """The share of the principal to set aside, by bucket.

    Refuses   InvalidInput "provision-rates-miscounted" unless there is one for each bucket,
              "provision-rate-too-high" above 100 %, and what a rate refuses.

    >>> provision_rates(["1", "50"], (("current", 0), ("0+", 1)))["0+"]
    Fraction(1, 2)
    """
    if len(percentages) != len(buckets):
        names = ", ".join(name for name, _ in buckets)
        raise InvalidInput(
            "provision-rates-miscounted", given=len(percentages), wanted=len(buckets), buckets=names
        )
    rates = [parse_rate_pct(each).per_year for each in percentages]
    for rate, text in zip(rates, percentages, strict=True):
        if rate > 1:
            raise InvalidInput("provision-rate-too-high", given=text)
    return {name: rate for (name, _), rate in zip(buckets, rates, strict=True)}


def provision_for(principal: Mapping[str, int], rates: Mapping[str, Fraction]) -> int:
    """What to set aside for principal by bucket, in minor units; rounded half-even once a bucket."""
    return sum(
        round_fraction(rates[bucket] * amount, Rounding.HALF_EVEN) for bucket, amount in principal.items()
    )
