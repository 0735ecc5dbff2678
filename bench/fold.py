"""What one loan costs: its fold and its agenda, without a database.

Needs    the domain.
Gives    fold figures in microseconds: 24 rows with no and with 20 payments, 2,400 facts, and the agenda.
Never    folds a loan that has another shape than the figure says: each is checked before it is timed.
Source   docs/reference/benchmarks.md, section fold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from bench.figures import Figure, figure, microseconds
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import agenda, fold, lifetime, replay
from duewell.domain.postings import difference
from duewell.domain.product import LoanTerms, PenaltyTerms

START = date(2024, 1, 15)
ROWS = 24
FACTS = 2_400


def run(options: object) -> Iterator[Figure]:
    """Every figure of the fold."""
    terms = LoanTerms(
        principal=2_400_000,
        start=START,
        instalments=ROWS,
        rate=Fraction(18, 100),
        penalty=PenaltyTerms(rate=Fraction(27, 100), grace_days=3),
    )
    new = [Fact(FactKind.DISBURSED, START, START, "bench", "0000", amount=terms.principal)]
    paid = new + on_time(terms, new, 20)
    middle = fold(terms, paid, as_of=START).rows[19].due_on + timedelta(days=10)
    behind = new + on_time(terms, new, 10)
    late = fold(terms, paid, as_of=START).rows[10].due_on + timedelta(days=100)

    assert len(fold(terms, paid, as_of=middle).rows) == ROWS
    assert sum(sum(r.paid) for r in fold(terms, paid, as_of=middle).rows) == sum(f.amount for f in paid[1:])
    yield figure(
        "fold_us", microseconds(lambda: fold(terms, new, as_of=START)), "us", note="24 rows, 0 payments"
    )
    samples = microseconds(lambda: fold(terms, paid, as_of=middle))
    yield figure("fold_paid_us", samples, "us", note="24 rows, 20 payments on time; prototype 23")
    samples = microseconds(lambda: fold(terms, behind, as_of=late))
    yield figure("fold_late_us", samples, "us", note="24 rows, 10 payments, then 100 days behind")
    yield from _many_facts(terms, new)
    yield _life()
    plan, _ = agenda(terms, paid, open_on=middle)
    assert not plan.is_turned
    samples = microseconds(lambda: agenda(terms, paid, open_on=middle))
    yield figure("agenda_us", samples, "us", note="24 rows, 20 payments on time")
    plan, _ = agenda(terms, behind, open_on=late)
    assert plan.is_turned
    samples = microseconds(lambda: agenda(terms, behind, open_on=late))
    yield figure("agenda_late_us", samples, "us", note="24 rows, 10 payments, then 100 days behind")


def on_time(terms: LoanTerms, facts: list[Fact], count: int) -> list[Fact]:
    """The first `count` rows paid in full on their due dates."""
    rows = fold(terms, facts, as_of=START).rows[:count]
    return [
        Fact(FactKind.PAYMENT_RECEIVED, row.due_on, row.due_on, "bench", f"{row.nr:04d}", amount=sum(row.due))
        for row in rows
    ]


def _many_facts(terms: LoanTerms, new: list[Fact]) -> Iterator[Figure]:
    """A loan paid in small coin, over three payments a day; then a payment of long ago is learnt late."""
    many = list(new)
    for n in range(FACTS - 1):
        on = START + timedelta(days=1 + n * 700 // FACTS)
        many.append(Fact(FactKind.PAYMENT_RECEIVED, on, on, "bench", f"{n + 1:04d}", amount=1_000))
    assert len(many) == FACTS
    end = START + timedelta(days=720)
    samples = microseconds(lambda: fold(terms, many, as_of=end), rounds=5)
    yield figure("fold_2400_facts_us", samples, "us", note="24 rows, 2,400 facts, as_of day 720")
    open_on = START + timedelta(days=702)
    for day, name in ((2, "first"), (350, "middle"), (690, "last")):
        on = START + timedelta(days=day)
        late = Fact(FactKind.PAYMENT_RECEIVED, on, open_on, "bench", "late", amount=1_000)
        samples = microseconds(lambda late=late: _backdate(terms, many, late, open_on), rounds=5)
        note = f"replay, sums and ledger difference; counts from day {day} of 702; target 50,000"
        yield figure(f"backdated_{name}_us", samples, "us", note=note)


def _life() -> Figure:
    """A loan of three years moved through its life, looked at after each payment."""
    terms = LoanTerms(principal=3_600_000, start=START, instalments=36, rate=Fraction(18, 100))
    new = [Fact(FactKind.DISBURSED, START, START, "bench", "0000", amount=terms.principal)]
    facts = new + on_time(terms, new, 36)
    assert [state.principal_out for _, state in lifetime(terms, facts)][-1] == 0
    samples = microseconds(lambda: deque(lifetime(terms, facts), maxlen=0))
    return figure(
        "life_36_us", samples, "us", note="36 rows, 36 payments, looked at after each; target 5,000"
    )


def _backdate(terms: LoanTerms, facts: list[Fact], late: Fact, open_on: date) -> None:
    change = replay(terms, facts, late, open_on=open_on)
    assert late.key in difference(change.before.applied, change.after.applied)
