"""Random loans and what happens to them, from one seed each; no draw depends on what either side computes.

Needs    a seed and the features asked for.
Gives    Story: terms, facts, the two dates to look from, and the features in it.

Left out, each because the rules do not say what happens, or because the oracle does not know it yet:
- a re-age or a re-amortisation of a flat or as-agreed loan;
- flat or equal principal on the progressive engine; 30-day months over an actual year;
- flat and as-agreed loans with a change of rate, a pause, a further disbursement, a refund or a payoff;
- a payoff to the end of the row; a payoff beside a refund, a further disbursement or an interest grace;
- a further disbursement beside a down payment or a principal grace;
- a charge-off of an as-agreed loan, or beside a payoff or an interest grace; after one, the age of the claim
  and the rows that were not due by then;
- an instalment agreed as a term of its own, due dates agreed one by one, loans taken over, scheduled
  fees.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency, step_date
from duewell.domain.facts import (
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    Reschedule,
)
from duewell.domain.money import Rounding
from duewell.domain.product import (
    Allocation,
    Amortization,
    ChargeOffInterest,
    Convention,
    Engine,
    ExcessRule,
    InterestMethod,
    LoanTerms,
    Part,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
    Processing,
    RateCap,
)


@dataclass(frozen=True)
class Story:
    """One random loan."""

    seed: int
    terms: LoanTerms
    facts: list[Fact]
    as_of: date
    known_on: date | None
    features: tuple[str, ...]


def story(seed: int, allowed: frozenset[str]) -> Story:
    """The loan of a seed, with features among those allowed."""
    rng = random.Random(seed)
    engine = rng.choice([e for e in Engine if e.value in allowed])
    features = {engine.value}
    terms = terms_of(rng, engine, allowed, features)
    facts = [Fact(FactKind.DISBURSED, terms.start, terms.start, "oracle", "0000", amount=terms.principal)]
    life_days = days_of(terms)
    if engine is Engine.CUMULATIVE:
        c = terms.convention
        flat = c.interest_method is InterestMethod.FLAT
        features.add("flat" if flat else "daily" if c.is_recalculated_daily else "as agreed")
        if not flat:
            features.add(c.amortization.value)
        if "daily" in features:
            features.add(c.prepayment.value)
    if "pay" in allowed and rng.random() < 0.85:
        facts += payments(rng, terms, life_days, features)
    plans = [name for name in NEW_PLANS if name in allowed and not is_outside(name, features)]
    if plans and rng.random() < PLAN_SHARE:
        facts += new_plans(rng, terms, plans, life_days, features)
    if "late-learnt" in allowed:
        facts = learnt(rng, facts, features)
    for name, made in TURNS.items():
        if is_outside(name, features):
            continue
        if name in allowed and rng.random() < 0.25:
            turn = made(rng, terms, facts, life_days)
            facts += turn
            features |= {name} if turn else set()
    if features & {"payoff", "pay"}:
        # Excluded for now: a payoff to the row's end.
        terms = replace(terms, convention=replace(terms.convention, payoff_to_row_end=False))
    as_of = terms.start + timedelta(days=rng.randint(0, life_days * 5 // 4))
    chance = random.Random(f"balloon {seed}")  # drawn apart, so that no other draw of a seed moves
    if "balloon" in allowed and chance.random() < 0.25:
        terms = replace(terms, balloon=terms.principal * chance.randint(1, 60) // 100)
        features.add("balloon")
    known_on = None
    if "late-learnt" in features and rng.random() < 0.5:
        known_on = as_of
    return Story(seed, terms, facts, as_of, known_on, tuple(sorted(features)))


def is_outside(turn: str, features: set[str]) -> bool:
    """Whether the rules do not say what such a turn does to such a loan; the module names the reasons."""
    as_agreed = ("charge", "waive", "charge-off", "move", "extend")
    if features & {"flat", "as agreed"} and turn not in as_agreed:
        return True
    if turn == "charge-off":
        return bool(features & {"payoff", "as agreed", "interest grace"})
    if turn == "payoff":
        return bool(features & {"refund", "tranche", "interest grace"})
    return False


def days_of(terms: LoanTerms) -> int:
    """About how many days a loan runs."""
    unit = {Frequency.MONTHS: 30, Frequency.WEEKS: 7, Frequency.DAYS: 1}[terms.frequency]
    return terms.instalments * terms.every * unit + 1


def convention(rng: random.Random, engine: Engine) -> Convention:
    """How the figures are computed."""
    month = rng.choice(list(DaysInMonth))
    years = [DaysInYear.D360, DaysInYear.D364, DaysInYear.D365]
    if month is DaysInMonth.ACTUAL:
        years += [DaysInYear.ACTUAL] * 2
    more = {}
    if engine is Engine.CUMULATIVE:
        more = {
            "interest_method": rng.choice([*InterestMethod, InterestMethod.DECLINING]),
            "amortization": rng.choice([*Amortization, Amortization.EQUAL_INSTALMENTS]),
            "is_recalculated_daily": rng.random() < 0.6,
            "prepayment": rng.choice(list(Prepayment)),
        }
    return Convention(
        name="oracle",
        engine=engine,
        **more,
        rounding=rng.choice(list(Rounding)),
        instalment_rounding=rng.choice(list(Rounding)),
        instalment_multiple=rng.choice([1, 1, 1, 10, 100]),
        days_in_month=month,
        days_in_year=rng.choice(years),
        payoff_to_row_end=rng.random() < 0.3,
        charge_off_interest=rng.choice(list(ChargeOffInterest)),
    )


def terms_of(rng: random.Random, engine: Engine, allowed: frozenset[str], features: set[str]) -> LoanTerms:
    """The terms of a loan."""
    count = rng.choice([1, 2, 3, 3, 4, 5, 6, 6, 8, 12])
    frequency = rng.choice([Frequency.MONTHS, Frequency.MONTHS, Frequency.WEEKS, Frequency.DAYS])
    every = rng.choice([1, 1, 2, 3]) if frequency is not Frequency.DAYS else rng.choice([7, 10, 15, 30])
    rate = Fraction(rng.choice([0, rng.randint(1, 3600), rng.randint(1, 3600), 700]), 10_000)
    grace = rng.randint(1, count - 1) if count > 1 and rng.random() < 0.2 and "grace" in allowed else 0
    down = (
        Fraction(rng.choice([10, 25, 33]), 100) if rng.random() < 0.15 and "down" in allowed else Fraction(0)
    )
    features |= {"grace"} if grace else set()
    features |= {"down"} if down else set()
    interest_grace = 0
    if engine is Engine.CUMULATIVE and "grace" in allowed and count > 1 and rng.random() < 0.15:
        interest_grace = rng.randint(1, count - 1)
        features.add("interest grace")
    order = list(Part)
    if "order" in allowed and rng.random() < 0.3:
        rng.shuffle(order)
        features.add("order")
    processing = Processing.HORIZONTAL
    if "vertical" in allowed and rng.random() < 0.3:
        features.add("vertical")
        processing = Processing.VERTICAL
    rule = ExcessRule.NEXT
    if "excess" in allowed and engine is Engine.PROGRESSIVE and rng.random() < 0.5:
        rule = rng.choice([ExcessRule.LAST, ExcessRule.SPREAD])
        features.add(f"excess {rule.value}")
    return LoanTerms(
        principal=rng.choice([10_000, rng.randint(5_000, 100_000), rng.randint(100_000, 5_000_000)]),
        start=date(2023, 9, 1) + timedelta(days=rng.randint(0, 240)),
        instalments=count,
        rate=rate,
        every=every,
        frequency=frequency,
        convention=convention(rng, engine),
        allocation=Allocation(tuple(order), processing, (("repayment", rule),)),
        penalty=penalty(rng, allowed, features),
        grace_principal=grace,
        grace_interest=interest_grace,
        down_payment_share=down,
    )


def penalty(rng: random.Random, allowed: frozenset[str], features: set[str]) -> PenaltyTerms | None:
    """A penalty once a row, or by the day with or without a cap."""
    kinds = [k for k in ("penalty once", "penalty by the day") if k in allowed]
    if not kinds or rng.random() < 0.5:
        return None
    kind = rng.choice(kinds)
    features.add(kind)
    base = rng.choice(list(PenaltyBase))
    grace = rng.choice([0, 0, 3, 10])
    if kind == "penalty once":
        return PenaltyTerms(base, grace, pct=Fraction(rng.randint(0, 50), 1000))
    cap = RateCap(
        date(2023, 10, 1) + timedelta(days=rng.randint(0, 300)), Fraction(rng.randint(1, 9), 100), "cap"
    )
    mode = rng.choice(list(PenaltyMode))
    features |= {"replaces"} if mode is PenaltyMode.REPLACES else set()
    return PenaltyTerms(
        base,
        grace,
        rate=Fraction(rng.randint(1, 3600), 10_000),
        days_in_year=rng.choice([360, 365]),
        mode=mode,
        caps=rng.choice([(), (), (cap,)]),
    )


def payments(rng: random.Random, terms: LoanTerms, life_days: int, features: set[str]) -> list[Fact]:
    """Payments that people make: about an instalment on about the due dates, or anything on any day."""
    features.add("pay")
    made = []
    about = terms.principal // terms.instalments + int(terms.principal * terms.rate / 24)
    regular = rng.random() < 0.6
    for n in range(rng.randint(1, terms.instalments + 2 if regular else 6)):
        day = rng.randint(0, life_days * 6 // 5)
        if regular:
            day = (n + 1) * life_days // (terms.instalments + 1) + rng.choice([0, 0, -5, 3, 9, 20])
        amount = rng.choice(
            [about, about, about * 2, about // 2, rng.randint(1, terms.principal), rng.randint(1, about + 1)]
        )
        on = terms.start + timedelta(days=max(day, 0))
        made.append(Fact(FactKind.PAYMENT_RECEIVED, on, on, "oracle", f"{n + 1:04d}", amount=max(amount, 1)))
    return made


def learnt(rng: random.Random, facts: list[Fact], features: set[str]) -> list[Fact]:
    """Some facts are learnt late, some taken back."""
    found = [facts[0]]
    for n, fact in enumerate(facts[1:]):
        if rng.random() < 0.15:
            features.add("late-learnt")
            fact = replace(fact, recorded_on=fact.effective_on + timedelta(days=rng.randint(1, 90)))
        found.append(fact)
        if rng.random() < 0.1:
            features.add("reversal")
            kind = rng.choice([FactKind.REVERSED, FactKind.PAYMENT_RETURNED])
            on = fact.recorded_on + timedelta(days=rng.randint(0, 30))
            found.append(Fact(kind, on, on, "oracle", f"b{n:03d}", reverses=fact.key))
    return found


def new_plans(
    rng: random.Random, terms: LoanTerms, names: list[str], life_days: int, features: set[str]
) -> list[Fact]:
    """One to three changes of the plan, before or after the due date they name."""
    dates = [step_date(terms.start, k + 1, terms.every, terms.frequency) for k in range(terms.instalments)]
    about = max(life_days // terms.instalments, 2)
    made: list[Fact] = []
    for n in range(rng.choice([1, 1, 1, 2, 3])):
        name = rng.choice(names)
        k = rng.randrange(len(dates))
        on = dates[k] + timedelta(days=rng.randint(-about, about // 2))
        on = max(on, terms.start)
        change: Reschedule = ReAmortized()
        if name == "move":
            to = dates[k] + timedelta(days=rng.randint(-about // 3, about))
            change = DueDateMoved(dates[k], to)
            dates[k:] = [step_date(to, j, terms.every, terms.frequency) for j in range(len(dates) - k)]
        elif name == "extend":
            change = Extended(dates[k], rng.randint(1, 4))
        elif name == "re-age":
            first = on + timedelta(days=rng.randint(1, 2 * about))
            frequency = rng.choice([terms.frequency, terms.frequency, *Frequency])
            every = rng.choice([terms.every, 1, 2]) if frequency is not Frequency.DAYS else rng.randint(5, 30)
            change = ReAged(first, rng.randint(1, 6), every, frequency)
            dates = [step_date(first, j, every, frequency) for j in range(change.instalments)]
        features.add(name)
        made.append(replace(_fact(FactKind.RESCHEDULED, on, f"n{n}"), reschedule=change))
    return made


def _on(rng: random.Random, terms: LoanTerms, life_days: int) -> date:
    return terms.start + timedelta(days=rng.randint(1, max(life_days * 9 // 10, 1)))


def rates(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """One or two rate changes, never to or from nothing."""
    if not terms.rate:
        return []
    return [
        replace(
            _fact(FactKind.RATE_CHANGED, _on(rng, terms, life_days), f"r{n}"),
            rate=Fraction(rng.randint(1, 3600), 10_000),
        )
        for n in range(rng.choice([1, 1, 2]))
    ]


def pauses(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """A pause of interest, both days inside."""
    on = _on(rng, terms, life_days)
    return [replace(_fact(FactKind.PAUSE_SET, on, "q0"), until=on + timedelta(days=rng.randint(0, 70)))]


def tranches(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """A further disbursement."""
    if terms.down_payment_share or terms.grace_principal:
        return []
    return [
        replace(
            _fact(FactKind.DISBURSED, _on(rng, terms, life_days), f"d{n}"),
            amount=rng.randint(1_000, terms.principal),
        )
        for n in range(rng.choice([1, 1, 2]))
    ]


def charges(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """Fees and penalties, of an amount or of so many per cent of what the plan asks."""
    made = []
    for n in range(rng.choice([1, 2, 3])):
        kind = rng.choice([FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED])
        fact = replace(_fact(kind, _on(rng, terms, life_days), f"f{n}"), amount=rng.randint(1, 5_000))
        if rng.random() < 0.3:
            fact = replace(
                fact, amount=0, pct=Fraction(rng.randint(1, 9), 100), base=rng.choice(list(ChargeBase))
            )
        made.append(fact)
    return made


def refunds(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """Money paid out to the borrower."""
    on = _on(rng, terms, life_days)
    return [
        replace(
            _fact(FactKind.REFUNDED, on, "m0"),
            amount=rng.randint(1, terms.principal // 2),
            payment_type="refund",
        )
    ]


def waivers(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """A few cents forgiven of any part: what is more than due is refused as a whole."""
    parts = tuple(rng.choice([0, rng.randint(0, 40), rng.randint(0, 900)]) for _ in range(4))
    if not sum(parts):
        return []
    return [replace(_fact(FactKind.WAIVED, _on(rng, terms, life_days), "w0"), parts=parts)]


def payoffs(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """The loan is settled at what it asks that day."""
    return [_fact(FactKind.PAID_OFF, _on(rng, terms, life_days), "x0")]


def charge_offs(rng: random.Random, terms: LoanTerms, facts: list[Fact], life_days: int) -> list[Fact]:
    """A charge-off, and money that comes after it."""
    on = _on(rng, terms, life_days)
    made = [_fact(FactKind.CHARGED_OFF, on, "z0")]
    for n in range(rng.randint(0, 2)):
        late = on + timedelta(days=rng.randint(0, 60))
        made.append(replace(_fact(FactKind.RECOVERED, late, f"v{n}"), amount=rng.randint(1, terms.principal)))
    return made


def _fact(kind: FactKind, on: date, ref: str) -> Fact:
    return Fact(kind, on, on, "oracle", ref)


TURNS = {
    "rate": rates,
    "pause": pauses,
    "tranche": tranches,
    "charge": charges,
    "refund": refunds,
    "waive": waivers,
    "payoff": payoffs,
    "charge-off": charge_offs,
}
NEW_PLANS = ("move", "extend", "re-age", "re-amortise")
PLAN_SHARE = 0.3
"""How many loans have a new plan."""
