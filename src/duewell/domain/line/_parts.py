"""The pieces of a line: a statement with its minimum by part, and a plan of instalments.

Needs    the four parts of what is owed.
Gives    Statement, Plan: mutable while the fold works, handed out as copies.
Never    holds what can be asked of the fold.
Source   docs/reference/line.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from duewell.domain.product import Part

BILLED = (Part.PENALTY, Part.FEE, Part.INTEREST)
"""Parts a statement asks for in full."""


@dataclass(slots=True)
class Statement:
    """One closed statement. Lists hold the parts in the order penalty, fee, interest, principal.

    `balance` is all that the statement says is owed; instalments to come are not in it. `due` is what its
    minimum asks beyond `carried`, the minimum left unpaid by statements before; `paid` is what came of `due`.
    `interest` is what was charged since the last statement, by kind: purchase, cash, "plan 1" ...
    """

    nr: int
    start: date
    closes_on: date
    due_on: date
    balance: int
    due: list[int]
    paid: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    carried: int = 0
    over_limit: int = 0
    interest: dict[str, int] = field(default_factory=dict)
    late_charge: int | None = None

    @property
    def minimum(self) -> int:
        """What the statement asks to be paid by its due date."""
        return sum(self.due) + self.carried

    @property
    def unpaid(self) -> int:
        """What of its own minimum is not paid."""
        return sum(self.due) - sum(self.paid)

    def owes(self, part: Part) -> int:
        """What of its own minimum is not paid, of one part."""
        return self.due[part] - self.paid[part]

    def copy(self) -> Statement:
        """Another one that may go on by itself."""
        return replace(self, due=list(self.due), paid=list(self.paid), interest=dict(self.interest))


@dataclass(slots=True)
class Plan:
    """Purchases converted into instalments: what is to come, and what it costs until then.

    `parts` are the instalments still to be asked, oldest first. `since` begins the current period.
    """

    nr: int
    converted_on: date
    amount: int
    parts: list[int]
    rate: Fraction | None
    pct: Fraction | None
    since: date

    @property
    def name(self) -> str:
        """Its name as a kind of interest."""
        return f"plan {self.nr}"

    @property
    def out(self) -> int:
        """What of the amount has not been asked for yet."""
        return sum(self.parts)

    def copy(self) -> Plan:
        """Another one that may go on by itself."""
        return replace(self, parts=list(self.parts))
