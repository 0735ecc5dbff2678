"""The penalty for lateness, recomputed for one day from what was booked until then.

Needs    the rows as of the day, the ledger.
Gives    add_penalty: raises the penalty each row asks for.
Source   docs/reference/conventions.md, section Penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.ledger import Ledger
from tests.oracle.world import DAY, INTEREST, PENALTY, PRINCIPAL, Deal, Late, Line, rounded


def add_penalty(deal: Deal, ledger: Ledger, lines: Sequence[Line], as_of: date) -> None:
    """Charge what each row's lateness has come to by the day; a row met bears no more."""
    if deal.late is None:
        return
    for line in lines:
        if not line.is_met:
            line.due[PENALTY] += rounded(exact_penalty(deal.late, ledger, line, as_of), deal.rounding)


def is_begun(late: Late, line: Line, as_of: date) -> bool:
    """Whether the grace of a row is over."""
    return as_of > line.due_on + timedelta(days=late.grace_days)


def exact_penalty(late: Late, ledger: Ledger, line: Line, as_of: date) -> Fraction:
    """What a row's penalty has come to; what was charged before its due date moved stays charged."""
    stays = [x for x in ledger.charged if x.nr == line.nr][-1:]
    exact, to = (stays[0].exact, stays[0].to) if stays else (Fraction(0), date.min)
    is_once_done = late.pct is not None and any(x.is_charged for x in stays)
    if not is_begun(late, line, as_of) or is_once_done:
        return exact
    if late.pct is not None:
        evening = line.due_on + timedelta(days=late.grace_days)
        # A date moved to a day gone by makes nobody late before the day of the move.
        evening = max(evening, to - DAY) if stays else evening
        return late.pct * unpaid_base(late, ledger, line, evening)
    return exact + by_the_day(late, ledger, line, max(to, line.due_on), as_of)


def unpaid_base(late: Late, ledger: Ledger, line: Line, evening: date) -> int:
    """What of the base was unpaid at the end of a day."""
    parts = (PRINCIPAL, INTEREST) if late.with_interest else (PRINCIPAL,)
    asked = sum(line.due[part] for part in parts)
    # Money lent again after the plan's end is asked by the last row, from its own day.
    asked -= sum(amount for on, amount, nr in ledger.relent if nr == line.nr and on > evening)
    return asked - sum(
        b.amount for b in ledger.booked if b.nr == line.nr and b.part in parts and b.on <= evening
    )


def by_the_day(late: Late, ledger: Ledger, line: Line, since: date, as_of: date) -> Fraction:
    """Day by day, from the day after the due date on: what was unpaid the evening before, at its rate."""
    total = Fraction(0)
    sums: dict[Fraction, int] = {}
    for n in range(1, (as_of - since).days + 1):
        day = since + n * DAY
        rate = rate_of_day(late, day)
        # What is paid within the grace bears no penalty; what is not, bears it from the due date.
        evening = max(day - DAY, line.due_on + timedelta(days=late.grace_days))
        sums[rate] = sums.get(rate, 0) + unpaid_base(late, ledger, line, evening)
    for rate, base in sums.items():
        total += base * rate / late.days_in_year
    return total


def rate_of_day(late: Late, day: date) -> Fraction:
    """The agreed rate, or the latest cap in force where that is lower."""
    assert late.rate is not None
    caps = [cap for since, cap in late.caps if since <= day]
    return min(late.rate, caps[-1]) if caps else late.rate
