"""Synthetic: a book of made-up loans of any size from a seed, for trials, demonstrations and load.

Needs    a seed, how many loans, the date the book is opened on.
Gives    SyntheticLoan: person, product, terms and the facts up to that date; the same for the same seed.
Never    knows its neighbours: a loan depends on the seed and its own index, so any range can be made alone.
Source   _behaviour.py for who pays when; the mix of products, amounts and rates is ours, at the size of phone
         instalments and cash loans on the Chinese market.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from statistics import NormalDist

from duewell.analytics._behaviour import ENTRY_CARDS, ENTRY_INSTALMENTS, PER, days_from_due, next_months
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import Row, fold
from duewell.domain.product import Amortization, Convention, LoanTerms, PenaltyBase, PenaltyTerms

__all__ = ["ENTRY_CARDS", "ENTRY_INSTALMENTS", "SyntheticLoan", "synthetic_loans"]

_SOURCE = "synthetic"
_NORMAL = NormalDist()
_EARLY_DAYS_MAX = 3
_CURE_DAYS_MAX = 12
_GRACE_DAYS = 3
_PENALTY_SOURCE = "synthetic contract, clause penalty: 1.5 x the contract rate on overdue principal"

_LEVEL = Convention()
_EQUAL_PRINCIPAL = Convention(
    name="progressive-30-360-equal-principal", amortization=Amortization.EQUAL_PRINCIPAL
)


@dataclass(frozen=True, slots=True)
class SyntheticLoan:
    """One made-up loan: everything needed to record it, and nothing derived from it."""

    person_id: int
    product_code: str
    terms: LoanTerms
    facts: tuple[Fact, ...]
    external_ref: str


@dataclass(frozen=True, slots=True)
class _Product:
    """A product as it is sold: its share of the book, and the amounts and rates its loans are drawn from.

    Amounts are hundreds of the currency's main unit, lognormal around `median` and cut at both ends;
    rates are hundredths of a percent a year, each as likely as the next.
    """

    code: str
    share: int
    instalments: int
    median: int
    spread: float
    amounts: tuple[int, int]
    rates: tuple[int, ...]
    convention: Convention = _LEVEL


_PHONE_RATES = (0, 0, 360, 600, 780, 960, 1200, 1500)
_CASH_RATES = (720, 900, 1080, 1200, 1440, 1800, 2160, 2400)

_PRODUCTS: tuple[_Product, ...] = (
    _Product("phone-6", 2000, 6, 60, 0.40, (10, 200), _PHONE_RATES),
    _Product("phone-12", 2500, 12, 60, 0.40, (10, 200), _PHONE_RATES),
    _Product("phone-24", 1000, 24, 60, 0.40, (10, 200), _PHONE_RATES),
    _Product("cash-12", 2000, 12, 120, 0.70, (10, 2000), _CASH_RATES),
    _Product("cash-24", 1200, 24, 120, 0.70, (10, 2000), _CASH_RATES),
    _Product("cash-36", 500, 36, 120, 0.70, (10, 2000), _CASH_RATES),
    _Product("cash-equal-principal-12", 800, 12, 120, 0.70, (10, 2000), _CASH_RATES, _EQUAL_PRINCIPAL),
)


def synthetic_loans(
    *,
    count: int,
    seed: int,
    opened_on: date,
    currency: str = "CNY",
    first: int = 0,
    entry: int = ENTRY_INSTALMENTS,
    book: str = "",
) -> Iterator[SyntheticLoan]:
    """Loans `first` to `first + count - 1` of the seed's endless book, with facts up to `opened_on`.

    Units     amounts in hundredths of the main unit; `entry` is the monthly rate 0 -> 1 per 10,000, as of
              instalment loans; ENTRY_CARDS gives a book as bad as Taiwan's cards were in 2005.
    Edges     another `book` gives the same loans to other persons.
    Refuses   InvalidInput "synthetic-range-negative", "synthetic-entry-out-of-range".

    >>> one, = synthetic_loans(count=1, seed=7, opened_on=date(2026, 1, 1), first=41)
    >>> one.external_ref
    'SYN-7-000000041'
    """
    # Not a generator itself, so that a refusal comes when it is called and not when it is first read.
    if count < 0 or first < 0:
        raise InvalidInput("synthetic-range-negative", first=first, count=count)
    if not 0 <= entry <= PER:
        raise InvalidInput("synthetic-entry-out-of-range", entry=entry, entry_max=PER)
    return (_loan(seed, index, opened_on, currency, entry, book) for index in range(first, first + count))


def _loan(seed: int, index: int, opened_on: date, currency: str, entry: int, book: str) -> SyntheticLoan:
    # Seeding with text goes through SHA-512, and random() and getrandbits() are the two draws whose numbers
    # Python promises to keep: the same book on every version and machine.
    rng = Random(f"duewell synthetic {seed} {index}")
    person_id = Random(f"duewell person {book} {seed} {index}").getrandbits(63) or 1
    product = _pick_product(rng)
    terms = _terms(rng, product, opened_on, currency)
    facts = _Life(rng, terms, opened_on, entry).live()
    return SyntheticLoan(person_id, product.code, terms, facts, f"SYN-{seed}-{index:09d}")


def _pick_product(rng: Random) -> _Product:
    at = _below(rng, PER)
    for product in _PRODUCTS:
        at -= product.share
        if at < 0:
            return product
    raise AssertionError("the shares of the products add up to 10,000")


def _terms(rng: Random, product: _Product, opened_on: date, currency: str) -> LoanTerms:
    rate = Fraction(product.rates[_below(rng, len(product.rates))], 10_000)
    age_days = _below(rng, product.instalments * 365 // 12 + 1)
    return LoanTerms(
        principal=_hundreds(rng, product) * 10_000,
        start=opened_on - timedelta(days=age_days),
        instalments=product.instalments,
        rate=rate,
        currency=currency,
        convention=product.convention,
        penalty=_penalty(rate),
    )


def _penalty(rate: Fraction) -> PenaltyTerms | None:
    """Half the contract rate on overdue principal, beside contract interest: one and a half times in all.

    Edges     none at a zero rate.
    """
    if rate == 0:
        return None
    return PenaltyTerms(
        base=PenaltyBase.PRINCIPAL, grace_days=_GRACE_DAYS, rate=rate / 2, source=_PENALTY_SOURCE
    )


def _hundreds(rng: Random, product: _Product) -> int:
    """How many hundreds are lent. The float only chooses; what it chooses is a whole number."""
    # inv_cdf is open at both ends: a draw of 0 is moved off the edge.
    normal = _NORMAL.inv_cdf(max(rng.random(), 1e-12))
    low, high = product.amounts
    return min(high, max(low, round(product.median * math.exp(product.spread * normal))))


def _below(rng: Random, bound: int) -> int:
    return int(rng.random() * bound)


class _Life:
    """One loan from its disbursement to the opening date, due date by due date.

    `months` counts the rows due and unpaid. `is_as_agreed` holds while every payment came on its due date, so
    that the schedule of the first day still says what is owed and no further fold is needed.
    """

    def __init__(self, rng: Random, terms: LoanTerms, opened_on: date, entry: int) -> None:
        self.rng = rng
        self.terms = terms
        self.opened_on = opened_on
        self.entry = entry
        self.months = 0
        self.is_as_agreed = True
        disbursed = Fact(
            FactKind.DISBURSED, terms.start, terms.start, _SOURCE, "disbursed", amount=terms.principal
        )
        self.facts: list[Fact] = [disbursed]
        self.rows: Sequence[Row] = fold(terms, self.facts, as_of=terms.start).rows

    def live(self) -> tuple[Fact, ...]:
        """Every fact up to the opening date."""
        for k, row in enumerate(self.rows):
            if row.due_on - timedelta(days=_EARLY_DAYS_MAX) > self.opened_on:
                break
            self._meet(k, row.due_on)
        return tuple(self.facts)

    def _meet(self, k: int, due_on: date) -> None:
        """What happens around the due date of row k: nothing, or one payment of whole rows."""
        before = self.months
        # Three draws each time, used or not, so that one choice does not shift those after it.
        moved, day, within = self.rng.random(), self.rng.random(), self.rng.random()
        after = next_months(before, self.entry, moved)
        self.months = after
        if after > before:
            return
        offset = int(within * (_CURE_DAYS_MAX + 1)) if before else days_from_due(day, within)
        if k == len(self.rows) - 1:
            # Ending a loan ahead of its last due date is a pay-off, another fact than this one.
            offset = max(0, offset)
        on = due_on + timedelta(days=offset)
        if on <= self.opened_on:
            self._pay(k - before, k + 1 - after, on)

    def _pay(self, first: int, last: int, on: date) -> None:
        """Pay rows `first` up to but not including `last`, what they ask for on the day."""
        amount = self._asked(first, last, on)
        self.is_as_agreed = self.is_as_agreed and on == self.rows[first].due_on
        ref = f"payment-{last:02d}"
        self.facts.append(Fact(FactKind.PAYMENT_RECEIVED, on, on, _SOURCE, ref, amount=amount))

    def _asked(self, first: int, last: int, on: date) -> int:
        """The amount the borrower is shown; from the first schedule where nothing can have changed it.

        Paying a few days early or inside the grace moves interest between rows, but an equal instalment
        stays the same in every row except the last, which takes the difference. Elsewhere the loan is
        folded, which costs more than all the rest of it.
        """
        is_level = self.terms.convention.amortization is Amortization.EQUAL_INSTALMENTS
        is_in_grace = on <= self.rows[first].due_on + timedelta(days=_GRACE_DAYS)
        is_steady = is_level and is_in_grace and last < len(self.rows)
        is_punctual = self.is_as_agreed and on == self.rows[first].due_on
        if self.terms.rate == 0 or is_punctual or is_steady:
            return sum(sum(row.due) for row in self.rows[first:last])
        now = fold(self.terms, self.facts, as_of=on)
        return sum(row.unpaid for row in now.rows[:last])
