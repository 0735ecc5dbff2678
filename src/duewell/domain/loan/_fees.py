"""Scheduled fees in the fold: which rows bear them, what they come to, and what of them is charged.

Needs    fee terms, rows, the days on which principal was out.
Gives    FeeClock, fees_of_row, fee_amount, kept_at_disbursement, fee_charged, fee_receivable.
Never    asks a fee of a period that did not begin with principal out, or of a row of a new plan.
Source   docs/reference/conventions.md, section fees.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date

from duewell.domain.loan._recorder import Recorder, TraceFee
from duewell.domain.loan._schedule import Row
from duewell.domain.money import round_fraction
from duewell.domain.product import FeeBasis, FeeTerms, FeeWhen, LoanTerms, Part

FEE = Part.FEE


def first_row_nr(terms: LoanTerms) -> int:
    """The number of the first instalment; a down payment stands before it."""
    return 2 if terms.down_payment_share else 1


def fees_of_row(terms: LoanTerms, nr: int) -> list[FeeTerms]:
    """The fees a row of the agreed plan bears."""
    is_first = nr == first_row_nr(terms)
    return [fee for fee in terms.fees if fee.when is FeeWhen.EACH or (fee.when is FeeWhen.FIRST and is_first)]


def fee_amount(terms: LoanTerms, fee: FeeTerms, base: int) -> int:
    """What a fee comes to in whole units, rounded as the convention says."""
    if fee.amount is not None:
        return fee.amount
    assert fee.pct is not None
    return round_fraction(fee.pct * base, terms.convention.rounding)


def kept_at_disbursement(terms: LoanTerms) -> int:
    """What is kept from the first money lent."""
    kept = [fee for fee in terms.fees if fee.when is FeeWhen.KEPT]
    return sum(fee_amount(terms, fee, terms.principal) for fee in kept)


class FeeClock:
    """A loan's scheduled fees with what decides them: when principal was out, and how far they reach.

    No row after `last_row` bears any; from `end` on no period begins, the loan being off the books;
    `instalments` are principal and interest of each row as first planned.
    """

    __slots__ = ("end", "instalments", "last_row", "outs", "terms")

    def __init__(self, terms: LoanTerms) -> None:
        self.terms = terms
        is_kept = all(fee.when is FeeWhen.KEPT for fee in terms.fees)
        self.last_row = 0 if is_kept else first_row_nr(terms) + terms.instalments - 1
        self.end: date | None = None
        self.instalments: dict[int, int] = {}
        self.outs: list[tuple[date, int]] = []

    def copy(self) -> FeeClock:
        """The same to go on from apart."""
        made = FeeClock(self.terms)
        made.last_row, made.end, made.instalments = self.last_row, self.end, self.instalments
        made.outs = self.outs.copy()
        return made

    def move(self, on: date, amount: int, out: int) -> None:
        """Principal out changed by `amount`, to `out`; a payoff to a row's end may stand after the day."""
        if self.outs and self.outs[-1][0] > on:
            k = bisect_right(self.outs, on, key=lambda each: each[0])
            before = self.outs[k - 1][1] if k else 0
            self.outs[k:] = [(day, left + amount) for day, left in self.outs[k:]]
            self.outs.insert(k, (on, before + amount))
        else:
            self.outs.append((on, out))

    @property
    def needs_instalments(self) -> bool:
        """Whether a fee is a share of the instalments as planned, and they are not known yet."""
        return not self.instalments and any(fee.basis is FeeBasis.INSTALMENT for fee in self.terms.fees)

    def keep_instalments(self, rows: Sequence[Row]) -> None:
        """Write down principal and interest of each row as first planned."""
        self.instalments = {r.nr: r.due[Part.INTEREST] + r.due[Part.PRINCIPAL] for r in rows}

    def ask(self, row: Row, as_of: date, planned: int, tracer: Recorder | None) -> None:
        """Set what a row asks, if its period begins with principal out, really or, to come, as planned."""
        if row.nr > self.last_row or row.is_met or row.is_down_payment or row.is_taken_over:
            return
        asks = 0
        for fee in fees_of_row(self.terms, row.nr) if self._begins(row, as_of, planned) else ():
            base = self.terms.principal
            if fee.basis is FeeBasis.INSTALMENT:
                base = self.instalments.get(row.nr, 0)
            amount = fee_amount(self.terms, fee, base)
            asks += amount
            if tracer is not None:
                tracer.scheduled_fee(TraceFee(row.nr, fee, base, amount))
        asks = max(asks, collected_early(row))
        row.due[FEE] += asks - row.fee
        row.fee = asks

    def _begins(self, row: Row, as_of: date, planned: int) -> bool:
        if self.end is not None and row.start >= self.end:
            return False
        if row.start >= as_of:
            return planned > 0
        k = bisect_right(self.outs, row.start, key=lambda each: each[0])
        return k > 0 and self.outs[k - 1][1] > 0


def collected_early(row: Row) -> int:
    """What of a row's scheduled fees was paid: money meets first what was charged before."""
    stated = row.due[FEE] - row.fee
    return min(row.fee, max(0, row.paid[FEE] - stated))


def drop_fee(row: Row) -> None:
    """Ask no scheduled fee of a row whose period does not come to be; what was paid of it stays paid."""
    kept = collected_early(row)
    row.due[FEE] -= row.fee - kept
    row.fee = kept


def fee_charged(row: Row, on: date) -> int:
    """Whole units of a row's scheduled fees that are charged by `on`: due, or collected before."""
    return row.fee if row.due_on <= on else collected_early(row)


def fee_receivable(rows: Sequence[Row], on: date) -> int:
    """Whole units of fees charged and not paid, by schedule or by a fact."""
    return sum(r.due[FEE] - r.fee + fee_charged(r, on) - r.paid[FEE] for r in rows)
