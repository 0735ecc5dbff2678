"""Proofs for people: an amount as a tree, each branch a sentence in their language.

Needs    a Frame and a Proof.
Gives    proof_tree.
Never    computes an amount that the proof does not hold.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from rich.tree import Tree

from duewell.cli._frame import Frame, amount, visible
from duewell.domain.money import Rate
from duewell.domain.proof import Proof, TraceSlice

DEPTH = 4
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


def proof_tree(frame: Frame, proof: Proof, money: str, depth: int = DEPTH) -> Tree:
    """The proof as a tree, `depth` levels of it; what lies deeper is said to be there."""
    tree = Tree(_line(frame, 1, proof, money))
    _grow(frame, tree, proof, money, depth)
    return tree


def _line(frame: Frame, sign: int, proof: Proof, money: str) -> Text:
    label = frame.say("proof-" + proof.code)
    row = frame.say("proof-of-row", nr=proof.row_nr) if proof.row_nr is not None else ""
    if proof.statement_nr is not None:
        row = frame.say("proof-of-statement", nr=proof.statement_nr)
    figure = amount(sign * proof.amount, money)
    return Text(visible(f"{figure}  {label}{row}"))


def _grow(frame: Frame, tree: Tree, proof: Proof, money: str, depth: int) -> None:
    if not depth and (proof.terms or proof.slices or proof.share):
        tree.add(Text("…"))
        return
    for told in _told(frame, proof, money):
        tree.add(Text(visible(told), style="dim"))
    for sign, each in proof.terms:
        if each.amount:
            _grow(frame, tree.add(_line(frame, sign, each, money)), each, money, depth - 1)
    for name, bound in (("base", proof.of), ("at-least", proof.at_least), ("at-most", proof.at_most)):
        if bound is not None:
            branch = tree.add(Text(visible(frame.say("proof-" + name)), style="dim"))
            _grow(frame, branch.add(_line(frame, 1, bound, money)), bound, money, depth - 1)


def _told(frame: Frame, proof: Proof, money: str) -> Iterable[str]:
    """Sentences of a proof itself, beside its terms."""
    for piece in proof.slices[:_SLICES_SHOWN]:
        yield _slice(frame, piece, money)
    if len(proof.slices) > _SLICES_SHOWN:
        yield frame.say("proof-more-slices", count=len(proof.slices) - _SLICES_SHOWN)
    rounding = frame.say("rounding-" + proof.rounding) if proof.rounding else ""
    if proof.slices:
        yield frame.say("proof-rounded-each" if proof.is_each else "proof-rounded-once", rounding=rounding)
    if proof.share is not None:
        base, pct = proof.share
        yield frame.say("proof-share", pct=Rate(pct).text(), base=amount(base, money), rounding=rounding)
    if proof.level is not None:
        level = proof.level
        yield frame.say(
            "proof-level-balloon" if level.balloon else "proof-level",
            balloon=amount(level.balloon, money),
            balance=amount(level.balance, money),
            rows=len(level.factors),
            multiple=amount(level.multiple, money),
            rounding=rounding,
            fitted=amount(level.fitted, money),
        )
    if proof.fact is not None:
        kind = frame.say("fact-" + proof.fact.kind.value.lower())
        yield frame.say("proof-fact", kind=kind, on=proof.fact.effective_on, ref=proof.fact.source_ref)
    if proof.clause:
        code = CLAUSES.get(proof.clause)
        yield frame.say("proof-clause", clause=frame.say(code) if code else proof.clause)


def _slice(frame: Frame, piece: TraceSlice, money: str) -> str:
    exact = piece.exact
    return frame.say(
        "proof-slice-period" if piece.is_of_period else "proof-slice",
        start=piece.start,
        end=piece.end,
        days=(piece.end - piece.start).days,
        base=amount(piece.base, money),
        rate=Rate(piece.rate).text(),
        part=str(piece.part_of_year),
        exact=exact_amount(exact.numerator, exact.denominator, money),
    )


def exact_amount(top: int, bottom: int, money: str) -> str:
    """An exact amount of minor units with four more digits, cut, not rounded."""
    sign = "-" if top < 0 else ""
    scaled, rest = divmod(abs(top) * 10_000, bottom)
    whole, digits = divmod(scaled, 10_000)
    return f"{sign}{amount(whole, money)}{digits:04d}" + ("…" if rest else "")
