"""The fold: terms plus facts, looked at on a date, give the state of a loan.

Needs    terms, facts in the one order, the as-of date.
Gives    LoanState: rows, transactions, outstanding principal, overpayment.
Never    asks for today, rounds anywhere but where the convention says, or reads an observation.
Source   docs/reference/conventions.md; docs/decisions/0001.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from duewell.domain.errors import InvalidInput
from duewell.domain.loan._facts import Fact, FactKind, known
from duewell.domain.loan._penalty import charge_penalties
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import (
    RateLine,
    Row,
    flat_interest,
    level_instalment,
    rate_lines,
    rate_slices,
    row_factor,
    rows_of,
    slice_ratio,
)
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import Amortization, Engine, InterestMethod, LoanTerms, Part, Prepayment

INTEREST, PRINCIPAL = Part.INTEREST, Part.PRINCIPAL


@dataclass(frozen=True, slots=True)
class Applied:
    """What one fact did: its amount split by part, and the principal still out after it."""

    fact: Fact
    kind: str
    amount: int
    parts: tuple[int, int, int, int]
    overpaid: int
    balance: int


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan as of a date: rows with what they ask and got, and every transaction's split."""

    terms: LoanTerms
    as_of: date
    rows: tuple[Row, ...]
    applied: tuple[Applied, ...]
    principal_out: int
    overpaid: int
    lent: tuple[tuple[date, int], ...]
    is_charged_off: bool = False


class Fold:
    """The working state. Both engines share it; what differs stands in their own modules."""

    def __init__(self, terms: LoanTerms, recorder: Recorder | None = None) -> None:
        self.terms = terms
        self.convention = terms.convention
        self.recorder = recorder
        self.rows: list[Row] = rows_of(terms)
        self.rates: list[tuple[date, Fraction]] = [(terms.start, terms.rate)]
        self.pauses: list[tuple[date, date]] = []
        self.lines: list[RateLine] = rate_lines(self.rates, self.pauses)
        self.moves: list[tuple[date, int]] = []
        self.lent: list[tuple[date, int]] = []
        self.out = 0
        self.overpaid = 0
        self.applied: list[Applied] = []
        self.is_charged_off = False
        self.is_flat = self.convention.interest_method is InterestMethod.FLAT
        self.is_daily = (
            self.convention.engine is Engine.PROGRESSIVE or self.convention.is_recalculated_daily
        ) and not self.is_flat
        self.is_bearing = terms.rate != 0

    # -- principal out ---------------------------------------------------------------------------

    def lend(self, on: date, amount: int) -> None:
        """Principal goes out on `on`."""
        self.lent.append((on, amount))
        self.move(on, amount)

    def move(self, on: date, amount: int) -> None:
        """Change the principal out from the slice after `on`."""
        self.moves.append((on, amount))
        self.out += amount

    def set_instalments(self, first: int, balance: int, as_of: date) -> None:
        """Set the level instalment of rows from index `first` so that they repay `balance`."""
        open_rows = [r for r in self.rows[first:] if not r.is_grace and not r.is_down_payment]
        if not open_rows:
            return
        if self.convention.amortization is Amortization.EQUAL_PRINCIPAL or self.is_flat:
            self._set_equal_principal(open_rows, balance)
            return
        factors = [self.factor(r) for r in open_rows]
        level = self.terms.instalment or level_instalment(balance, factors, self.convention)
        self._set_level(first, level)
        if self.convention.engine is Engine.PROGRESSIVE and not self.terms.instalment:
            self._fit_level(first, level, len(open_rows), as_of)

    def _set_level(self, first: int, level: int) -> None:
        for row in self.rows[first:]:
            if not row.is_down_payment:
                row.instalment = level

    def factor(self, row: Row) -> Fraction:
        """The factor an instalment is computed with: the row's own, or the cumulative month."""
        if self.convention.engine is Engine.PROGRESSIVE:
            return row_factor(self.terms, row, self.lines)
        rate = [line.rate for line in self.lines if line.cut <= row.start][-1]
        return rate * cumulative_part(self.terms)

    def _set_equal_principal(self, open_rows: Sequence[Row], balance: int) -> None:
        convention = self.convention
        share = round_ratio(balance, len(open_rows), convention.rounding)
        for row in open_rows:
            row.instalment = share
            if self.is_flat and convention.instalment_multiple > 1:
                interest = flat_interest(self.terms, self.factor(row))
                exact = Fraction(balance, len(open_rows)) + interest
                level = round_fraction(exact, convention.instalment_rounding, convention.instalment_multiple)
                row.instalment = level - interest

    def _fit_level(self, first: int, level: int, count: int, as_of: date) -> None:
        """Move the instalment once by its share of the last row's difference, if that helps.

        Not after a pause, an early payment or an unpaid past due row: then the last row takes it all.
        """
        late = any(r.due_on < as_of and r.unpaid > 0 for r in self.rows)
        if self.pauses or late or any(r.is_locked for r in self.rows):
            return
        gap = self._last_gap(level, as_of)
        step = round_ratio(gap, count, self.convention.rounding)
        if step == 0:
            return
        convention = self.convention
        tried = round_ratio(level + step, 1, convention.instalment_rounding, convention.instalment_multiple)
        self._set_level(first, tried)
        if abs(self._last_gap(tried, as_of)) >= abs(gap):
            self._set_level(first, level)

    def _last_gap(self, level: int, as_of: date) -> int:
        self.refresh(as_of)
        return self.rows[-1].due[INTEREST] + self.rows[-1].due[PRINCIPAL] - level

    # -- interest --------------------------------------------------------------------------------

    def interest(self, row: Row, until: date, as_of: date, planned: int) -> int:
        """Interest of `row` from its start to `until`.

        Until `as_of` on the principal really out, after it on `planned`: the balance as if all that
        fell due before the row were paid that day.
        """
        if self.is_flat:
            return flat_interest(self.terms, self.factor(row))
        if not self.is_daily:
            return self._planned_interest(row, planned)
        pairs: list[tuple[int, int]] = []
        each = self.convention.engine is Engine.CUMULATIVE
        total = 0
        for start, end, base in self._base_slices(row.start, until, as_of, planned):
            if base <= 0:
                continue
            for a, b, rate in rate_slices(start, end, self.lines):
                num, den = slice_ratio(self.terms, row, a, b)
                pair = (base * rate.numerator * num, rate.denominator * den)
                if self.recorder is not None:
                    self.recorder.slice(row.nr, a, b, base, rate, num, den)
                if each:
                    total += round_ratio(*pair, self.convention.rounding)
                else:
                    pairs.append(pair)
        return total if each else round_ratio(*_sum(pairs), self.convention.rounding)

    def _planned_interest(self, row: Row, planned: int) -> int:
        ratio = planned * self.factor(row)
        if self.recorder is not None:
            rate = self.lines[0].rate
            part = cumulative_part(self.terms)
            self.recorder.slice(
                row.nr, row.start, row.due_on, planned, rate, part.numerator, part.denominator
            )
        return round_fraction(ratio, self.convention.rounding)

    def _base_slices(
        self, start: date, until: date, as_of: date, planned: int
    ) -> list[tuple[date, date, int]]:
        slices: list[tuple[date, date, int]] = []
        real_end = min(until, as_of)
        if start < real_end:
            base, at = 0, start
            for on, amount in self.moves:
                if on >= real_end:
                    break
                if on > at:
                    slices.append((at, on, base))
                    at = on
                base += amount
            slices.append((at, real_end, base))
        begin = max(start, as_of)
        if begin < until:
            if slices and slices[-1][2] == planned:
                # Looking at a loan on a day is no reason to cut, and so to round, its interest there.
                begin = slices.pop()[0]
            slices.append((begin, until, planned))
        return slices

    # -- rows ------------------------------------------------------------------------------------

    def refresh(self, as_of: date) -> None:
        """Compute what every row asks for, as of a date, and the balances after the rows."""
        # Locked rows keep their principal; what open rows have received is theirs before any plan.
        left = sum(amount for _, amount in self.lent)
        left -= sum(r.due[PRINCIPAL] if r.is_locked else r.paid[PRINCIPAL] for r in self.rows)
        out = sum(amount for on, amount in self.moves if on <= as_of)
        behind, asked, carry, skip = 0, 0, 0, 0
        last = max((k for k, r in enumerate(self.rows) if not r.is_locked), default=-1)
        for k, row in enumerate(self.rows):
            if row.is_down_payment:
                left -= row.due[PRINCIPAL] - row.paid[PRINCIPAL]
            else:
                planned = out - behind if self.is_daily else self._agreed(row, asked)
                whole = self.interest(row, row.due_on, as_of, planned)
                if row.is_locked:
                    row.due[INTEREST], row.carry = row.due[INTEREST] - row.carry, 0
                    carry += whole - row.due[INTEREST]
                else:
                    row.carry, row.due[INTEREST], carry = carry, whole + carry, 0
                    skip = self._set_principal(row, k == last, left + row.paid[PRINCIPAL], skip)
                    left -= row.due[PRINCIPAL] - row.paid[PRINCIPAL]
            behind += row.due[PRINCIPAL] - row.paid[PRINCIPAL]
            asked += row.due[PRINCIPAL]
        if self.rows and self.rows[-1].is_locked:
            # Interest that ran after the last row was paid ahead has no later row to move to.
            self.rows[-1].due[INTEREST] += carry
            self.rows[-1].carry = carry
        self._collect_deferred_interest()
        self._set_balances()
        charge_penalties(self.terms, self.rows, as_of)

    def _agreed(self, row: Row, asked: int) -> int:
        """The balance as agreed at a row's start: early and late payments do not count."""
        return sum(a for on, a in self.lent if on <= row.start) - asked

    def _set_principal(self, row: Row, is_last: bool, left: int, skip: int) -> int:
        """Set the principal of an open row; returns the overpaid principal still carried forward."""
        paid = row.paid[PRINCIPAL]
        if is_last:
            planned = left
        elif row.is_grace:
            planned = row.extra
        elif self.convention.amortization is Amortization.EQUAL_PRINCIPAL or self.is_flat:
            planned = row.instalment + row.extra
        else:
            planned = max(0, row.instalment - row.due[INTEREST]) + row.extra
        if self.convention.prepayment is Prepayment.SKIP_NEXT and self.is_daily and not is_last:
            used = min(skip, planned)
            planned -= used
            skip -= used
            skip += max(0, paid - planned)
        row.due[PRINCIPAL] = max(min(planned, left), paid)
        return skip

    def _collect_deferred_interest(self) -> None:
        """Interest of the first rows of an interest grace comes due with the first row after them."""
        grace = self.terms.grace_interest
        if not grace:
            return
        rows = [r for r in self.rows if not r.is_down_payment]
        deferred = sum(r.due[INTEREST] for r in rows[:grace])
        for row in rows[:grace]:
            row.due[INTEREST] = 0
        rows[grace].due[INTEREST] += deferred

    def _set_balances(self) -> None:
        asked = 0
        for row in self.rows:
            asked += row.due[PRINCIPAL]
            row.balance = sum(a for on, a in self.lent if on <= row.due_on) - asked

    def row_at(self, on: date) -> int:
        """Index of the row whose period (start, due] contains `on`; the last one after maturity."""
        for k, row in enumerate(self.rows):
            if not row.is_down_payment and on <= row.due_on:
                return k
        return len(self.rows) - 1


def cumulative_part(terms: LoanTerms) -> Fraction:
    """The part of a year of one cumulative row: whole months, or 30 days a month over the year."""
    convention = terms.convention
    months = {"MONTHS": 30, "WEEKS": 7, "DAYS": 1}[terms.frequency.value] * terms.every
    year = convention.days_in_year.value
    if convention.days_in_month.value == "30" or year == "actual":
        return Fraction(months, 360 if year == "actual" else int(year))
    return Fraction(months, int(year))


def _sum(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    top, bottom = 0, 1
    for num, den in pairs:
        if den == bottom:
            top += num
        else:
            top, bottom = top * den + num * bottom, bottom * den
    return top, bottom


def fold(
    terms: LoanTerms,
    facts: Iterable[Fact],
    *,
    as_of: date,
    known_on: date | None = None,
    recorder: Recorder | None = None,
) -> LoanState:
    """Fold the facts known at the end of `known_on`, effective by `as_of`, into the loan's state.

    Shapes    facts in any order; the fold puts them into the one order first.
    Refuses   InvalidInput for a fact dated before the loan starts.
    """
    from duewell.domain.loan._apply import apply_fact  # the two halves of one fold

    work = Fold(terms, None)
    for fact in known(facts, known_on=known_on):
        if fact.effective_on > as_of and fact.kind not in (FactKind.PAUSE_SET, FactKind.RATE_CHANGED):
            break
        if fact.effective_on < terms.start:
            raise InvalidInput(
                "fact-before-the-loan", effective_on=str(fact.effective_on), start=str(terms.start)
            )
        apply_fact(work, fact)
    work.recorder = recorder
    work.refresh(as_of)
    rows = [r for r in work.rows if not _is_dropped(work, r)]
    return LoanState(
        terms,
        as_of,
        tuple(rows),
        tuple(work.applied),
        work.out,
        work.overpaid,
        tuple(work.lent),
        work.is_charged_off,
    )


def _is_dropped(work: Fold, row: Row) -> bool:
    """With `reduce number` the schedule ends where nothing is left to repay."""
    if work.convention.prepayment is not Prepayment.REDUCE_NUMBER or not work.is_daily:
        return False
    return not any(row.due) and not any(row.paid) and work.convention.engine is Engine.CUMULATIVE
