"""How a book is spread over its buckets, and how loans moved between them from one day to another.

Needs    loans as they stood: bucket, outstanding, overdue; the book's buckets.
Gives    Stood, share_pct, BucketShare and shares_of; Move and moves_between; Vintage and vintages_of.
Never    folds a loan: it adds up what folds said.
Source   docs/reference/console.md, section portfolio.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from duewell.domain.agenda import Buckets
from duewell.domain.money import Rounding, round_fraction

REPAID, CHARGED_OFF = "repaid", "charged-off"
"""Where a loan is when it is in no bucket: nothing outstanding, off the books."""
LATE_DPD = 30
"""Days past due at which a vintage counts a loan as late: 30+ is the field's usual early mark."""


@dataclass(frozen=True, slots=True)
class Stood:
    """How one loan stood on a day. Amounts are minor units; `lent` is what was agreed to be lent."""

    bucket: str
    dpd: int
    overdue: int
    outstanding: int
    began_on: date
    lent: int


def share_pct(part: int, whole: int) -> Decimal | None:
    """A part of a whole in per cent with two decimals; None of nothing.

    >>> share_pct(1, 3)
    Decimal('33.33')
    """
    if not whole:
        return None
    return Decimal(round_fraction(Fraction(part * 10_000, whole), Rounding.HALF_EVEN)).scaleb(-2)


@dataclass(frozen=True, slots=True)
class BucketShare:
    """What the loans of one bucket come to, and their share of all that is outstanding."""

    bucket: str
    loans: int
    overdue: int
    outstanding: int
    share: Decimal | None


def shares_of(loans: Iterable[Stood], buckets: Buckets) -> list[BucketShare]:
    """Every bucket of the book in order, empty ones too."""
    sums = {name: [0, 0, 0] for name, _ in buckets}
    for each in loans:
        mine = sums[each.bucket]
        mine[0] += 1
        mine[1] += each.overdue
        mine[2] += each.outstanding
    whole = sum(outstanding for _, _, outstanding in sums.values())
    return [
        BucketShare(name, n, overdue, outstanding, share_pct(outstanding, whole))
        for name, (n, overdue, outstanding) in sums.items()
    ]


@dataclass(frozen=True, slots=True)
class Move:
    """Loans that stood in one place on one day and in another on a later one.

    `amount` is what they had outstanding on the first day, so that a row adds up to what its bucket held.
    `share` is that amount's part of the row.
    """

    then: str
    now: str
    loans: int
    amount: int
    share: Decimal | None


def moves_between(
    then: Mapping[Hashable, Stood],
    now: Mapping[Hashable, Stood],
    off: frozenset[Hashable],
    buckets: Buckets,
) -> list[Move]:
    """From each bucket of the first day to each place on the second; places without a loan are there as zero.

    `off` are the loans off the books on the second day. A loan in neither was repaid by then. Loans lent in
    between have no row: nothing of them stood anywhere.
    """
    names = [name for name, _ in buckets]
    sums = {(a, b): [0, 0] for a in names for b in (*names, REPAID, CHARGED_OFF)}
    whole = dict.fromkeys(names, 0)
    for key, stood in then.items():
        found = now.get(key)
        to = found.bucket if found is not None else CHARGED_OFF if key in off else REPAID
        mine = sums[(stood.bucket, to)]
        mine[0] += 1
        mine[1] += stood.outstanding
        whole[stood.bucket] += stood.outstanding
    return [Move(a, b, n, amount, share_pct(amount, whole[a])) for (a, b), (n, amount) in sums.items()]


@dataclass(frozen=True, slots=True)
class Vintage:
    """Loans that began in one month: how many, what was lent, and how they stand.

    `late` are 30 days past due and more, or off the books. `share` is the part of them by number.
    """

    month: date | None
    loans: int
    lent: int
    outstanding: int
    late: int
    late_outstanding: int
    share: Decimal | None


def vintages_of(
    owing: Iterable[Stood], settled: Iterable[Stood], off: Iterable[Stood], *, months_max: int
) -> list[Vintage]:
    """Loans by the month they began in, the oldest first; months before the last so many stand together.

    The month of those is None.
    """
    sums: dict[date, list[int]] = {}
    for loans, is_off in ((owing, False), (settled, False), (off, True)):
        for each in loans:
            mine = sums.setdefault(each.began_on.replace(day=1), [0, 0, 0, 0, 0])
            is_late = is_off or each.dpd >= LATE_DPD
            mine[0] += 1
            mine[1] += each.lent
            mine[2] += each.outstanding
            mine[3] += is_late
            mine[4] += each.outstanding if is_late else 0
    months = sorted(sums)
    early, kept = months[:-months_max], months[-months_max:]
    before = [sum(each) for each in zip(*(sums[month] for month in early), strict=True)]
    rows: list[tuple[date | None, list[int]]] = [(None, before)] if before else []
    rows += [(month, sums[month]) for month in kept]
    return [
        Vintage(month, n, lent, out, late, late_out, share_pct(late, n))
        for month, (n, lent, out, late, late_out) in rows
    ]
