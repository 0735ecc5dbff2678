"""Every name a screen makes from a code has its words in both languages.

Wants to prove: no fact, movement, measure, proof or clause is shown by its code. How: the codes are gathered
from what can make them (closed lists, and the source of the rooms that write proofs), not from a list here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duewell.catalogues import template_codes
from duewell.domain import line, loan
from duewell.domain.facts import FactKind
from duewell.domain.money import Rounding
from duewell.domain.postings import TERMS
from duewell.domain.product import Part
from duewell.services import tell_proof


def source() -> str:
    rooms = (Path(str(room.__file__)).parent for room in (loan, line))
    return "".join(path.read_text("utf-8") for room in rooms for path in sorted(room.glob("*.py")))


def codes() -> set[str]:
    text = source()
    proofs = {
        *re.findall(r'Proof\(\s*"([a-z-]+)"', text),
        *re.findall(r'(?:_sum|total|_used|_less)\(\s*"([a-z-]+)"', text),
    }
    assert len(proofs) > 20
    told = {f"proof-{code}" for code in proofs} | {f"proof-{part.name.lower()}" for part in Part}
    told |= {f"fact-{kind.value.lower()}" for kind in FactKind}
    told |= {f"measure-{name.replace('.', '-')}" for terms in TERMS.values() for _, name in terms}
    told |= {f"rounding-{rule.value}" for rule in Rounding}
    return told | set(tell_proof.CLAUSES.values())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_that_is_shown_has_its_words(lang: str) -> None:
    assert codes() - template_codes(lang) == set()


def test_every_clause_a_proof_names_in_words_of_ours_is_translated() -> None:
    """A clause made of a convention's name or a rule's source is data and stands as it is."""
    assert set(re.findall(r'clause="([^"]+)"', source())) <= set(tell_proof.CLAUSES)
