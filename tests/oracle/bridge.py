"""Where the two worlds meet: terms and facts into the oracle's words, and both answers side by side.

Needs    LoanTerms and Facts; the engine's public door.
Gives    deal_of, acts_of; engine_answer, in the oracle's own shape; differences.
Never    computes an amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from duewell.domain.facts import (
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    known,
)
from duewell.domain.loan import LoanState, ageing, fold
from duewell.domain.product import ChargeOffInterest, LoanTerms, PenaltyBase, PenaltyMode, Processing
from tests.oracle.life import Answer
from tests.oracle.world import Act, Deal, Late

_WHAT = {
    FactKind.RATE_CHANGED: "rate",
    FactKind.PAUSE_SET: "pause",
    FactKind.FEE_CHARGED: "fee",
    FactKind.PENALTY_CHARGED: "penalty",
    FactKind.PAYMENT_RECEIVED: "pay",
    FactKind.PAID_OFF: "payoff",
    FactKind.REFUNDED: "refund",
    FactKind.WAIVED: "waive",
    FactKind.CHARGED_OFF: "charge off",
    FactKind.RECOVERED: "recover",
}


def deal_of(terms: LoanTerms) -> Deal:
    """The terms in the oracle's words."""
    c, p = terms.convention, terms.penalty
    late = None
    if p is not None:
        late = Late(
            with_interest=p.base is PenaltyBase.PRINCIPAL_AND_INTEREST,
            grace_days=p.grace_days,
            pct=p.pct,
            rate=p.rate,
            days_in_year=p.days_in_year,
            replaces=p.rate is not None and p.mode is PenaltyMode.REPLACES,
            caps=tuple((cap.from_on, cap.rate) for cap in p.caps),
        )
    return Deal(
        engine=c.engine.value,
        principal=terms.principal,
        start=terms.start,
        count=terms.instalments,
        rate=terms.rate,
        every=terms.every,
        unit=terms.frequency.value,
        rounding=c.rounding.value,
        instalment_rounding=c.instalment_rounding.value,
        multiple=c.instalment_multiple,
        days_in_month=c.days_in_month.value,
        days_in_year=c.days_in_year.value,
        method=c.interest_method.value,
        amortization=c.amortization.value,
        is_daily=c.is_recalculated_daily,
        prepayment=c.prepayment.value,
        payoff_to_row_end=c.payoff_to_row_end,
        takes_scheduled_interest=c.charge_off_interest is ChargeOffInterest.SCHEDULED,
        order=tuple(part.name.lower() for part in terms.allocation.order),
        is_vertical=terms.allocation.processing is Processing.VERTICAL,
        excess={kind: rule.value for kind, rule in terms.allocation.excess},
        late=late,
        grace_principal=terms.grace_principal,
        grace_interest=terms.grace_interest,
        down_share=terms.down_payment_share,
        approved=terms.approved,
        balloon=terms.balloon,
    )


def acts_of(facts: Sequence[Fact], known_on: date | None = None) -> list[Act]:
    """The facts known on a day and not taken back, in the one order."""
    acts = []
    for n, fact in enumerate(known(facts, known_on=known_on)):
        plan = fact.reschedule
        base = fact.base.value if fact.base is not None else ""
        what = _WHAT.get(fact.kind, "open" if n == 0 else "disburse")
        act = Act(what, fact.effective_on, fact.source_ref, fact.amount, fact.payment_type, base=base)
        if isinstance(plan, DueDateMoved):
            act = Act("move", fact.effective_on, fact.source_ref, from_due=plan.from_due, to_due=plan.to_due)
        elif isinstance(plan, Extended):
            act = Act("extend", fact.effective_on, fact.source_ref, from_due=plan.from_due, count=plan.extra)
        elif isinstance(plan, ReAged):
            act = Act(
                "re-age",
                fact.effective_on,
                fact.source_ref,
                to_due=plan.first_due,
                count=plan.instalments,
                every=plan.every,
                unit=plan.frequency.value,
            )
        elif isinstance(plan, ReAmortized):
            act = Act("re-amortize", fact.effective_on, fact.source_ref)
        act = Act(**{**vars(act), "pct": fact.pct, "until": fact.until, "parts": fact.parts or (0, 0, 0, 0)})
        acts.append(act if fact.rate is None else Act(**{**vars(act), "rate": fact.rate}))
    return acts


def engine_answer(terms: LoanTerms, facts: Sequence[Fact], as_of: date, known_on: date | None) -> Answer:
    """What the engine says, in the oracle's shape."""
    return read(fold(terms, facts, as_of=as_of, known_on=known_on))


def read(state: LoanState) -> Answer:
    """A state of the engine in the oracle's shape."""
    age = ageing(state)
    return Answer(
        rows=[(r.nr, r.due_on, tuple(r.due), tuple(r.paid), r.balance) for r in state.rows],
        principal_out=state.principal_out,
        overpaid=state.overpaid,
        splits=[
            (a.fact.source_ref, a.amount, tuple(a.parts), a.overpaid, a.balance)  # type: ignore[misc]
            for a in state.applied
        ],
        dpd=age.dpd,
        since=age.since,
        overdue=age.overdue,
        outstanding=age.outstanding,
        claim=tuple(state.claim),
        void=[fact.source_ref for fact, _ in state.void],
    )


def differences(oracle: Answer, engine: Answer) -> list[str]:
    """Every figure the two do not share, one line each."""
    found = []
    if oracle.is_written_off:
        # Rows not due by then are in no rule.
        engine.rows = engine.rows[: len(oracle.rows)]
    for name in ("principal_out", "overpaid", "dpd", "since", "overdue", "outstanding", "claim", "void"):
        if getattr(oracle, name) != getattr(engine, name):
            found.append(f"{name}: oracle {getattr(oracle, name)}, engine {getattr(engine, name)}")
    for name in ("rows", "splits"):
        ours, theirs = getattr(oracle, name), getattr(engine, name)
        if len(ours) != len(theirs):
            found.append(f"{name}: oracle has {len(ours)}, engine {len(theirs)}")
        found += [
            f"{name[:-1]}:\n    oracle {a}\n    engine {b}"
            for a, b in zip(ours, theirs, strict=False)
            if a != b
        ]
    return found
