"""Previews: what a loan would be if certain facts came, by the same fold, with nothing written.

Needs    terms, facts known, facts supposed, a day to look at.
Gives    Future, preview, compare, lifetime.
Never    writes, or computes another way than what would be booked.
Source   docs/reference/preview.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from duewell.domain.agenda import BUCKETS, ONE_DAY, Ageing, Buckets
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import TAKING_BACK, Fact, FactKind, as_recorded, known, refusal_to_record, shared
from duewell.domain.loan._ageing import ageing
from duewell.domain.loan._state import PLANNED, Folding, LoanState, fold
from duewell.domain.product import LoanTerms, Part

SUPPOSED_MAX = 1_000
FUTURES_MAX = 20
_ASKED = frozenset({FactKind.RESCHEDULED, FactKind.PAID_OFF, FactKind.RECOVERED})
"""Kinds that may be refused though they would have an effect."""


@dataclass(frozen=True, slots=True)
class Future:
    """One course of a loan, looked at on a day. Amounts are minor units.

    `to_pay` is all that its rows ask from the day on if they are paid on their dates, and `cost` what
    the loan costs over its whole life beside its principal: interest, fees and penalties asked of the
    borrower, less what was forgiven. `payoff` settles it that day; None where it is off the books.
    """

    state: LoanState
    age: Ageing
    to_pay: int
    cost: int
    payoff: int | None
    ends_on: date | None


def preview(
    terms: LoanTerms,
    facts: Sequence[Fact],
    supposed: Sequence[Fact],
    *,
    until: date,
    buckets: Buckets = BUCKETS,
) -> tuple[Future, Future]:
    """The loan on `until` as it is, and as it would be with the supposed facts.

    Refuses   a supposed fact that could not be applied, with the reason it would be refused for; one
              that counts from a day after `until`; more than 1,000 of them.
    """
    futures = compare(terms, facts, {"as-it-is": (), "as-supposed": supposed}, until=until, buckets=buckets)
    return futures["as-it-is"], futures["as-supposed"]


def compare(
    terms: LoanTerms,
    facts: Sequence[Fact],
    futures: Mapping[str, Sequence[Fact]],
    *,
    until: date,
    buckets: Buckets = BUCKETS,
) -> dict[str, Future]:
    """Several futures of one loan, all looked at on the same day. What they share is folded once.

    A supposed settle has the amount it would be recorded with, after the facts supposed before it.
    Refuses   as preview does; more than 20 futures.
    """
    if len(futures) > FUTURES_MAX:
        raise InvalidInput("too-many-futures", given=len(futures), most=FUTURES_MAX)
    for each in futures.values():
        _check(each, until)
    futures = {name: _settled(terms, facts, each) for name, each in futures.items()}
    ordered = {name: known([*facts, *each]) for name, each in futures.items()}
    count = shared(list(ordered.values()), until + ONE_DAY)
    trunk = Folding(terms)
    first = next(iter(ordered.values()), ())
    for fact in first[:count]:
        trunk.apply(fact)
    found = {}
    for name, supposed in futures.items():
        folding = trunk.fork()
        for fact in ordered[name][count:]:
            if fact.effective_on <= until or fact.kind in PLANNED:
                folding.apply(fact, until)
        state = folding.look(until)
        _refuse(terms, facts, supposed, state)
        found[name] = _future(folding, state, until, buckets)
    return found


def _settled(terms: LoanTerms, facts: Sequence[Fact], supposed: Sequence[Fact]) -> list[Fact]:
    """The supposed facts, each settle with its amount where one told after it counts before it."""
    made: list[Fact] = []
    for k, fact in enumerate(supposed):
        later = supposed[k + 1 :]
        if fact.kind is FactKind.PAID_OFF and any(
            f.kind in TAKING_BACK or f.effective_on <= fact.effective_on for f in later
        ):
            told = fold(terms, [*facts, *made, fact], as_of=fact.effective_on)
            fact = as_recorded(fact, told.applied)
        made.append(fact)
    return made


def _refuse(terms: LoanTerms, facts: Sequence[Fact], supposed: Sequence[Fact], state: LoanState) -> None:
    """Refuse what recording the supposed facts, one by one, would refuse."""
    kinds = {fact.kind for fact in supposed}
    if not state.void and not kinds & _ASKED:
        return
    before = fold(terms, facts, as_of=state.as_of)
    is_plain = not state.void and not kinds & {FactKind.CHARGED_OFF, *TAKING_BACK}
    made: list[Fact] = []
    for fact in supposed:
        made.append(fact)
        after = state if is_plain else fold(terms, [*facts, *made], as_of=state.as_of)
        refusal = refusal_to_record(fact, before, after)
        if refusal is not None:
            raise refusal
        before = before if is_plain else after


def lifetime(terms: LoanTerms, facts: Sequence[Fact]) -> Iterator[tuple[Fact, LoanState]]:
    """The loan after each fact that counts, in the order they count: one fold moved along its life."""
    folding = Folding(terms)
    for fact in known(facts):
        folding.apply(fact)
        yield fact, folding.look(fact.effective_on)


def _check(supposed: Sequence[Fact], until: date) -> None:
    if len(supposed) > SUPPOSED_MAX:
        raise InvalidInput("too-many-supposed-facts", given=len(supposed), most=SUPPOSED_MAX)
    for fact in supposed:
        if fact.effective_on > until and fact.kind not in PLANNED:
            raise InvalidInput("supposed-after-the-look", on=str(fact.effective_on), until=str(until))


def _future(folding: Folding, state: LoanState, until: date, buckets: Buckets) -> Future:
    age = ageing(state, buckets)
    if state.charged_off_on is not None:
        return Future(state, age, sum(state.claim), _cost(state), None, None)
    asking = [row for row in state.rows if row.unpaid > 0]
    to_pay = sum(row.unpaid for row in asking)
    ends_on = asking[-1].due_on if asking else None
    return Future(state, age, to_pay, _cost(state), folding.payoff(until), ends_on)


def _cost(state: LoanState) -> int:
    """Interest, fees and penalties over the whole life, kept fees too, forgiven ones left out."""
    asked = sum(row.due[p] for row in state.rows for p in (Part.PENALTY, Part.FEE, Part.INTEREST))
    kept = sum(a.parts[Part.FEE] for a in state.applied if a.kind == "disbursement")
    forgiven = sum(sum(a.parts[:3]) for a in state.applied if a.kind == "waiver")
    return asked + kept - forgiven
