"""Splits: shares of an amount that always add up to the amount.

Needs    a total in minor units and how many shares, or their weights.
Gives    a tuple of ints whose sum is the total.
Never    loses or invents a minor unit, and never gives a share to a weight of zero.
Source   the last share takes the rest, as instalment contracts state it.
"""

from collections.abc import Sequence

from duewell.domain.errors import InvalidInput
from duewell.domain.money._rounding import Rounding, round_ratio

__all__ = ["split", "split_weighted"]


def split(total: int, n: int) -> tuple[int, ...]:
    """Equal shares, each rounded towards zero; the last takes the rest.

    Refuses   InvalidInput "split-no-shares" when n is below one.

    >>> split(100, 3)
    (33, 33, 34)
    """
    if n < 1:
        raise InvalidInput("split-no-shares", shares=n)
    share = round_ratio(total, n, Rounding.DOWN)
    return (share,) * (n - 1) + (total - share * (n - 1),)


def split_weighted(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Shares in proportion to whole weights, rounded towards zero; the last with a weight takes the rest.

    Refuses   InvalidInput "split-weight-negative", or "split-no-weight" when the weights add up to nothing.

    >>> split_weighted(100, [1, 1, 1, 0])
    (33, 33, 34, 0)
    """
    for weight in weights:
        if weight < 0:
            raise InvalidInput("split-weight-negative", weight=weight)
    whole = sum(weights)
    if whole == 0:
        raise InvalidInput("split-no-weight", shares=len(weights))
    shares = [round_ratio(total * weight, whole, Rounding.DOWN) for weight in weights]
    last = max(place for place, weight in enumerate(weights) if weight)
    shares[last] += total - sum(shares)
    assert sum(shares) == total, "shares add up to the total"
    return tuple(shares)
