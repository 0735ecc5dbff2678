"""Proofs as the pages show them: a tree of amounts, each opened to what it is made of.

Needs    a proof, the reader's language, a currency.
Gives    tree, opened, PARTS, pct.
Never    computes an amount that the proof does not hold.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from duewell.domain.product import Part
from duewell.domain.proof import Proof
from duewell.domain.texts import cost_rate_text, money_text
from duewell.services.tell_proof import label_of, lines_of
from duewell.web._pages import say_in

PARTS = (
    (Part.PENALTY, "web-part-penalty"),
    (Part.FEE, "web-part-fee"),
    (Part.INTEREST, "web-part-interest"),
    (Part.PRINCIPAL, "web-part-principal"),
)
"""The parts of what is owed, in the order of application."""


def tree(proof: Proof, sign: int, lang: str, money: str) -> dict[str, Any]:
    """A proof as the template `proofs.html` walks it."""
    say = say_in(lang)
    bounds = [each for each in (proof.of, proof.at_least, proof.at_most) if each is not None]
    return {
        "label": label_of(proof, say),
        "figure": money_text(sign * proof.amount, money, lang),
        "told": list(lines_of(proof, say, money)),
        "terms": [tree(each, sign_, lang, money) for sign_, each in proof.terms if each.amount]
        + [tree(each, 1, lang, money) for each in bounds],
    }


def opened(proof: Proof) -> list[tuple[int, Proof]]:
    """What a ledger line is made of: a line that only repeats another is passed over."""
    sign, here = 1, proof
    while here.code == "ledger-line" and len(here.terms) == 1:
        by, here = here.terms[0]
        sign *= by
    return [(sign * by, each) for by, each in here.terms] if here.code == "ledger-line" else [(sign, here)]


def pct(rate: Fraction | None) -> str:
    """A yearly rate of a cost; a dash where there is none."""
    return cost_rate_text(rate) if rate is not None else "-"
