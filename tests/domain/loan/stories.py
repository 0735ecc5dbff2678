"""Stories of loans as text tables: one line an event or a look, the expected figures beside it.

    2026-02-01 pay 106.62    -> interest 12.00 principal 94.62 out 1105.38
    2026-03-05 look          -> dpd 4 overdue 106.62

A line is a fact as people write it, or a look at a day; each is looked at on the latest day told so far, so a
fact may be told after later ones. Figures of a fact: penalty, fee, interest, principal, overpaid (its split).
Figures of the loan: out, overdue, outstanding, dpd, since, payoff, claim, credit, void, ends, rows, rowN
(what row N asks unpaid), askN (all it asks), interestN, principalN, feeN, penaltyN, dueN (its due date).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from duewell.domain.facts import Fact, FactLines
from duewell.domain.loan import LoanState, ageing, fold, preview
from duewell.domain.money import Money, currency
from duewell.domain.product import LoanTerms, Part

CNY = currency("CNY")
PARTS = {"penalty": Part.PENALTY, "fee": Part.FEE, "interest": Part.INTEREST, "principal": Part.PRINCIPAL}
_ROW = re.compile(r"(row|ask|interest|principal|fee|penalty|due)([0-9]+)")


def text(minor: int) -> str:
    return Money(minor, CNY).text().replace(",", "")


@dataclass
class Story:
    """A loan as it is told, line by line."""

    terms: LoanTerms
    facts: list[Fact] = field(default_factory=list)
    latest: date = date.min

    def tell(self, line: str) -> dict[str, str]:
        """Take a line and give the figures beside it, as it came out."""
        said, _, expected = line.partition("->")
        words = said.split()
        day = date.fromisoformat(words[0])
        fact = None
        if words[1] != "look":
            reader = FactLines(CNY, self.facts)
            ref = words[-1].removeprefix("#") if words[-1].startswith("#") else f"n{len(self.facts):02d}"
            written = said.rpartition("#")[0] if "#" in said else said
            fact = reader.read(written, source="story", source_ref=ref, recorded_on=max(day, self.latest))
            self.facts.append(fact)
        self.latest = max(self.latest, day)
        state = fold(self.terms, self.facts, as_of=self.latest)
        names = expected.split()[::2]
        return {name: self.figure(name, state, fact) for name in names}

    def figure(self, name: str, state: LoanState, fact: Fact | None) -> str:
        row = _ROW.fullmatch(name)
        if row is not None:
            return self.of_row(row[1], next(r for r in state.rows if r.nr == int(row[2])))
        mine = next((a for a in state.applied if fact is not None and a.fact is fact), None)
        if name in PARTS:
            return text(mine.parts[PARTS[name]]) if mine else "-"
        if name == "overpaid":
            return text(mine.overpaid) if mine else "-"
        age = ageing(state)
        now, _ = preview(self.terms, self.facts, [], until=self.latest)
        found = {
            "out": text(state.principal_out),
            "overdue": text(age.overdue),
            "outstanding": text(age.outstanding),
            "dpd": str(age.dpd),
            "since": str(age.since or "-"),
            "payoff": text(now.payoff) if now.payoff is not None else "-",
            "claim": text(sum(state.claim)),
            "credit": text(state.overpaid),
            "void": ",".join(reason.code for _, reason in state.void) or "-",
            "ends": str(state.rows[-1].due_on),
            "rows": str(len(state.rows)),
        }
        return found[name]

    def of_row(self, what: str, row: object) -> str:
        due, paid = row.due, row.paid  # type: ignore[attr-defined]
        if what == "row":
            return text(sum(due) - sum(paid))
        if what == "ask":
            return text(sum(due))
        if what == "due":
            return str(row.due_on)  # type: ignore[attr-defined]
        return text(due[PARTS[what]])


def check(terms: LoanTerms, story: str) -> None:
    """Tell a story and compare every figure; the first line that differs is shown as it came out."""
    told = Story(terms)
    for line in story.strip().splitlines():
        if not line.strip():
            continue
        found = told.tell(line)
        words = line.partition("->")[2].split()
        expected = dict(zip(words[::2], words[1::2], strict=True))
        assert found == expected, f"{line.partition('->')[0]}-> " + " ".join(
            f"{name} {value}" for name, value in found.items()
        )
