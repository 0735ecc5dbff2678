"""Tell a proof: each step of an amount's derivation in the reader's words, for screens and terminals.

Needs    a proof, its currency, and what says a code in a language.
Gives    label_of, lines_of, exact_amount.
Never    computes an amount that the proof does not hold.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from duewell.domain.money import Money, Rate, currency
from duewell.domain.proof import Proof, TraceSlice

Say = Callable[..., str]
"""A sentence of the catalogue in the reader's language: say(code, name=value, ...)."""

_SLICES_SHOWN = 40
CLAUSES = {
    "collected in advance": "clause-collected-in-advance",
    "convention": "clause-convention",
    "reschedule": "clause-reschedule",
    "terms": "clause-terms",
    "prepayment skip next": "clause-skip-next",
    "payoff-to-the-day": "clause-payoff-to-the-day",
    "payoff-to-row-end": "clause-payoff-to-row-end",
    "order of application": "clause-order-of-application",
    "its statement": "clause-its-statement",
    "days-360": "clause-days-360",
    "days-365": "clause-days-365",
    "days-actual": "clause-days-actual",
}


def label_of(proof: Proof, say: Say) -> str:
    """What the amount is, and of which row or statement."""
    label = say("proof-" + proof.code)
    if proof.statement_nr is not None:
        return label + say("proof-of-statement", nr=proof.statement_nr)
    return label + (say("proof-of-row", nr=proof.row_nr) if proof.row_nr is not None else "")


def lines_of(proof: Proof, say: Say, money: str) -> Iterator[str]:
    """Sentences of a proof itself, beside its terms."""
    for piece in proof.slices[:_SLICES_SHOWN]:
        yield _slice(piece, say, money)
    if len(proof.slices) > _SLICES_SHOWN:
        yield say("proof-more-slices", count=len(proof.slices) - _SLICES_SHOWN)
    rounding = say("rounding-" + proof.rounding) if proof.rounding else ""
    if proof.slices:
        yield say("proof-rounded-each" if proof.is_each else "proof-rounded-once", rounding=rounding)
    if proof.share is not None:
        base, pct = proof.share
        yield say("proof-share", pct=Rate(pct).text(), base=_amount(base, money), rounding=rounding)
    if proof.level is not None:
        level = proof.level
        yield say(
            "proof-level-balloon" if level.balloon else "proof-level",
            balloon=_amount(level.balloon, money),
            balance=_amount(level.balance, money),
            rows=len(level.factors),
            multiple=_amount(level.multiple, money),
            rounding=rounding,
            fitted=_amount(level.fitted, money),
        )
    if proof.fact is not None:
        kind = say("fact-" + proof.fact.kind.value.lower())
        yield say("proof-fact", kind=kind, on=proof.fact.effective_on, ref=proof.fact.source_ref)
    if proof.clause:
        code = CLAUSES.get(proof.clause)
        yield say("proof-clause", clause=say(code) if code else proof.clause)


def _slice(piece: TraceSlice, say: Say, money: str) -> str:
    exact = piece.exact
    return say(
        "proof-slice-period" if piece.is_of_period else "proof-slice",
        start=piece.start,
        end=piece.end,
        days=(piece.end - piece.start).days,
        base=_amount(piece.base, money),
        rate=Rate(piece.rate).text(),
        part=str(piece.part_of_year),
        exact=exact_amount(exact.numerator, exact.denominator, money),
    )


def exact_amount(top: int, bottom: int, money: str) -> str:
    """An exact amount of minor units with four more digits, cut, not rounded."""
    sign = "-" if top < 0 else ""
    scaled, rest = divmod(abs(top) * 10_000, bottom)
    whole, digits = divmod(scaled, 10_000)
    return f"{sign}{_amount(whole, money)}{digits:04d}" + ("…" if rest else "")


def _amount(minor: int, money: str) -> str:
    return Money(minor, currency(money)).text()
