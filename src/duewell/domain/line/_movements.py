"""Movements: what each fact did to a line, part by part, with the proof of each part.

Needs    terms, facts and two dates; a fold that tells a recorder what each fact gave.
Gives    prove_line_movements; Movements, which arranges them and what they come to by a day.
Never    splits a fact another way than the fold did.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from duewell.domain.facts import Applied, Fact, FactKind
from duewell.domain.line._proof import ProvenLine, charge_proof, late_proof, prove_line
from duewell.domain.line._recorder import Share
from duewell.domain.product import BalanceKind, LineTerms, Part
from duewell.domain.proof import Movement, Proof

_CHARGES = (FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED)
_WITHOUT_BALANCE = (FactKind.LIMIT_CHANGED, FactKind.CONVERTED)
_NAMES = {part: part.name.lower() for part in Part}
_OWED = ("penalty-owed", "fee-owed", "interest-owed", "principal-out")

Terms = list[tuple[int, Proof]]


def prove_line_movements(
    terms: LineTerms, facts: Iterable[Fact], *, as_of: date, known_on: date | None = None
) -> list[Movement]:
    """Every movement of a line as of a date: a part is what the fact gave each place, or what it says."""
    return Movements(prove_line(terms, facts, as_of=as_of, known_on=known_on)).all


class Movements:
    """A line's movements in the order they counted; each may stand on those before it."""

    def __init__(self, proven: ProvenLine) -> None:
        self.proven = proven
        self.all: list[Movement] = []
        self.shares: dict[tuple[tuple[str, str, str], int], list[Share]] = defaultdict(list)
        for each in proven.shares:
            self.shares[(each.fact.key, each.part)].append(each)
        self._credit, self._credited_by = 0, None
        for applied in proven.state.applied:
            self.all.append(self._movement(applied))
            if applied.overpaid:
                self._credit, self._credited_by = self._credit + applied.overpaid, applied.fact

    _credited_by: Fact | None

    def owed(self, part: Part, on: date, *, asked_by: int | None = None) -> Proof:
        """What is owed of a part after the facts of a day: all that was drawn or charged, less what met it.

        Charges of the line's own count up to the statement `asked_by`, or those made up to the day.
        """
        terms: Terms = []
        if part is Part.INTEREST:
            terms += [
                (1, charge_proof(self.proven, c))
                for c in self.proven.charges
                if (c.on <= on if asked_by is None else c.statement_nr <= asked_by)
            ]
        if part is Part.PENALTY:
            terms += [
                (1, late_proof(self.proven, each))
                for each in self.proven.late
                if (each.on <= on if asked_by is None else each.asked_by <= asked_by)
            ]
        for each in self.all:
            proof, fact = each.parts[part], each.applied.fact
            if fact.effective_on > on or not proof.amount or fact.kind in _WITHOUT_BALANCE:
                continue
            if each.applied.kind in ("recovery", "charge_off"):
                continue
            is_new = fact.kind is FactKind.DRAWN or fact.kind in _CHARGES
            terms.append((1 if is_new else -1, replace(proof, code=self._did(each, part))))
        return total(_OWED[part], terms)

    def _did(self, each: Movement, part: Part) -> str:
        """What a movement did to a part, as a word."""
        kind = each.applied.fact.kind
        if kind is FactKind.DRAWN:
            return "drawn" if part is Part.PRINCIPAL else "charged"
        return {FactKind.WAIVED: "waived"}.get(kind, "charged" if kind in _CHARGES else "paid")

    # -- one fact ----------------------------------------------------------------------------------

    def _movement(self, applied: Applied) -> Movement:
        fact = applied.fact
        if fact.kind is FactKind.DRAWN:
            return self._drawn(applied)
        if fact.kind in _CHARGES:
            return self._charged(applied)
        parts = tuple(self._part(applied, part) for part in Part)
        if fact.kind is FactKind.PAID_OFF or applied.kind in ("waiver", "charge_off"):
            amount = Proof("whole", applied.amount, terms=tuple((1, part) for part in parts))
        else:
            amount = Proof("whole", applied.amount, fact=fact)
        sign = -1 if fact.kind is FactKind.REFUNDED else 1
        rest = ((sign, amount), *((-sign, part) for part in parts)) if applied.overpaid else ()
        overpaid = Proof("overpaid", applied.overpaid, terms=rest)
        return Movement(applied, amount, overpaid, (parts[0], parts[1], parts[2], parts[3]))

    def _part(self, applied: Applied, part: Part) -> Proof:
        amount, name = applied.parts[part], _NAMES[part]
        if not amount:
            return Proof(name, 0)
        if applied.kind == "charge_off":
            return replace(self.owed(part, applied.fact.effective_on), code=name)
        if applied.fact.kind in (FactKind.WAIVED, FactKind.CONVERTED):
            return Proof(name, amount, fact=applied.fact)
        told = self.shares[(applied.fact.key, part)]
        if applied.kind != "recovery" and told:
            return total(name, [(1, share_proof(each)) for each in told])
        return Proof(name, amount, fact=applied.fact, clause="order of application")

    def _drawn(self, applied: Applied) -> Movement:
        """Money out: from the borrower's credit first, the rest is lent; cash with its fee."""
        fact = applied.fact
        whole = Proof("whole", applied.amount, fact=fact)
        fee = self._cash_fee(applied)
        credit = self._credit_proof()
        used = self._used("credit-used", whole, credit)
        left = total("credit-left", [(1, credit), (-1, used)]) if used.amount else credit
        used_fee = self._used("credit-used", fee, left)
        lent = _less("principal", whole, used)
        owed = _less("fee", fee, used_fee)
        overpaid = total("overpaid", [(-1, each) for each in (used, used_fee) if each.amount])
        return Movement(applied, whole, overpaid, (Proof("penalty", 0), owed, Proof("interest", 0), lent))

    def _cash_fee(self, applied: Applied) -> Proof:
        terms = self.proven.state.terms
        if terms.cash_fee is None or applied.fact.balance is not BalanceKind.CASH:
            return Proof("cash-fee", 0)
        floor = Proof("floor", terms.cash_fee.minimum, clause="terms")
        proof = Proof(
            "cash-fee", 0, share=(applied.amount, terms.cash_fee.pct), rounding=terms.rounding.value,
            of=Proof("whole", applied.amount, fact=applied.fact), at_least=floor, clause="terms",
        )  # fmt: skip
        asked = sum(applied.parts) - applied.overpaid - applied.amount
        return replace(proof, amount=asked)

    def _charged(self, applied: Applied) -> Movement:
        """A charge, met by the borrower's credit first."""
        whole = Proof("whole", applied.amount, fact=applied.fact)
        used = self._used("credit-used", whole, self._credit_proof())
        part = Part.FEE if applied.fact.kind is FactKind.FEE_CHARGED else Part.PENALTY
        parts = [Proof(_NAMES[each], 0) for each in Part]
        parts[part] = _less(_NAMES[part], whole, used)
        overpaid = total("overpaid", [(-1, used)] if used.amount else [])
        return Movement(applied, whole, overpaid, (parts[0], parts[1], parts[2], parts[3]))

    def _credit_proof(self) -> Proof:
        """The borrower's credit as the last fact that changed it left it."""
        return Proof("credit", self._credit, fact=self._credited_by)

    @staticmethod
    def _used(code: str, asked: Proof, credit: Proof) -> Proof:
        amount = min(asked.amount, credit.amount)
        return Proof(code, amount, terms=((1, asked),), at_most=credit) if amount else Proof(code, 0)


def share_proof(each: Share) -> Proof:
    """What a fact gave one place, by the statement it is on or comes on."""
    return Proof(f"{each.what}-{each.where}", each.amount, fact=each.fact, statement_nr=each.statement_nr)


def _less(code: str, whole: Proof, used: Proof) -> Proof:
    return (
        total(code, [(1, whole), *([(-1, used)] if used.amount else [])]) if whole.amount else Proof(code, 0)
    )


def total(code: str, terms: Terms) -> Proof:
    """Proofs added and subtracted."""
    return Proof(code, sum(sign * each.amount for sign, each in terms), terms=tuple(terms))
