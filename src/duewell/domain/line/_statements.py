"""Statements proven: what each asks by part, its minimum and late charge; and what the line owes in all.

Needs    a proven line and its movements.
Gives    LineBook: parts of statements and totals, each as a Proof.
Never    computes an amount another way than the fold did: a proof is arranged from what it told.
Source   docs/reference/line.md, section statement and minimum; docs/reference/proofs.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.facts import FactKind
from duewell.domain.line._ageing import past_due
from duewell.domain.line._movements import Movements, Terms, share_proof, total
from duewell.domain.line._parts import Statement
from duewell.domain.line._proof import ProvenLine, charge_proof, interest_proof, late_proof
from duewell.domain.line._recorder import Closing, Late, Share
from duewell.domain.money import round_fraction
from duewell.domain.product import Part
from duewell.domain.proof import Proof

_PRINCIPAL = Part.PRINCIPAL
_ZERO = Fraction(0)
_ITS = "its statement"
_LATE_BASE = (Part.FEE, Part.INTEREST, Part.PRINCIPAL)


class LineBook:
    """Arranges a line's proofs by statement. What a statement asks stands on those before it: in a base
    or a bound they are named, in the minimum and the totals they are opened.
    """

    def __init__(self, proven: ProvenLine) -> None:
        self.proven = proven
        self.terms = proven.state.terms
        self.statements = proven.state.statements
        self.movements = Movements(proven)
        self._on_statement: dict[tuple[int, int], list[Share]] = defaultdict(list)
        self._before_it: dict[tuple[int, int], list[Share]] = defaultdict(list)
        for each in proven.shares:
            kept = {"on-statement": self._on_statement, "not-billed": self._before_it}.get(each.where)
            if kept is not None:
                kept[(each.statement_nr, each.part)].append(each)

    # -- one statement -----------------------------------------------------------------------------

    def asked(self, nr: int, part: Part) -> Proof:
        """What a statement asks of a part beyond what earlier ones asked."""
        closing = self.proven.closings[nr - 1]
        terms = self._principal(closing) if part is _PRINCIPAL else self._fresh(nr, part)
        return replace(total(part.name.lower(), terms), statement_nr=nr)

    def minimum(self, nr: int) -> Proof:
        """What a statement asks to be paid: its own parts, and what earlier ones asked in vain."""
        own = [(1, each) for part in Part if (each := self.asked(nr, part)).amount]
        carried = self._carried(nr, tuple(Part), is_open=True)
        return replace(total("minimum", [*own, *_some(carried)]), statement_nr=nr)

    def late_charge(self, nr: int) -> Proof:
        """The late charge made for a statement; nothing where none was."""
        found = next((each for each in self.proven.late if each.statement_nr == nr), None)
        if found is None:
            return Proof("late-charge", 0, statement_nr=nr)
        return self._late(found)

    def _late(self, each: Late) -> Proof:
        on = each.on - timedelta(days=1)
        terms = self._unpaid(range(1, each.statement_nr + 1), _LATE_BASE, on, is_open=False)
        return late_proof(self.proven, each, total("minimum-unpaid", terms))

    def _fresh(self, nr: int, part: Part) -> Terms:
        """What came since the statement before, less what was paid or waived of it at once."""
        terms: Terms = []
        if part is Part.INTEREST:
            charges = [each for each in self.proven.charges if each.statement_nr == nr and each.amount]
            terms += [(1, charge_proof(self.proven, each)) for each in charges]
        if part is Part.PENALTY:
            terms += [(1, self._late(each)) for each in self.proven.late if each.asked_by == nr]
        charged = {each.applied.fact.key: each.parts[part] for each in self.movements.all}
        for each in self._before_it[(nr, part)]:
            if each.what == "charged":
                terms.append((1, replace(charged[each.fact.key], code="charged")))
            else:
                terms.append((-1, share_proof(each)))
        return terms

    # -- principal of a minimum --------------------------------------------------------------------

    def _principal(self, closing: Closing) -> Terms:
        rest = self._rest(closing)
        rounding = self.terms.rounding.value
        share = Proof(
            "minimum-share", closing.share, share=(closing.rest, self.terms.minimum.pct), rounding=rounding,
            of=rest, clause="terms", statement_nr=closing.statement_nr,
        )  # fmt: skip
        terms: Terms = [*self._instalments(closing), *self._over(closing), *_some(share)]
        return [*terms, *_some(self._floor_adds(closing, terms, share, rest))]

    def _floor_adds(self, closing: Closing, asked: Terms, share: Proof, rest: Proof) -> Proof:
        """What brings a minimum up to its floor, as far as there is principal for it."""
        nr = closing.statement_nr
        if not closing.floor_adds:
            return Proof("floor-adds", 0)
        fresh = [(-1, Proof(p.name.lower(), self.statements[nr - 1].due[p], statement_nr=nr, clause=_ITS))
                 for p in Part if p is not _PRINCIPAL and self.statements[nr - 1].due[p]]  # fmt: skip
        floor = Proof("floor", self.terms.minimum.floor, clause="terms")
        carried = self._carried(nr, tuple(Part), is_open=False)
        terms = [(1, floor), *_some(carried, -1), *fresh, *_flip(asked)]
        most = total("principal-rest", [(1, rest), *_some(share, -1)])
        return Proof("floor-adds", closing.floor_adds, terms=tuple(terms), at_most=most)

    def _rest(self, closing: Closing) -> Proof:
        """Principal billed that neither an earlier minimum, an instalment nor the limit asks for."""
        return total("principal-rest", [*self._not_asked(closing), *_flip(self._over(closing))])

    def _not_asked(self, closing: Closing) -> Terms:
        nr = closing.statement_nr
        owed = self.movements.owed(_PRINCIPAL, closing.on, asked_by=nr)
        billed = total("billed-principal", [(1, owed), *_some(self._to_come(closing), -1)])
        carried = self._carried(nr, (_PRINCIPAL,), is_open=False)
        return [(1, billed), *_some(carried, -1), *_flip(self._instalments(closing))]

    def _over(self, closing: Closing) -> Terms:
        """What is over the limit and no earlier minimum asks, as far as principal is billed."""
        if not closing.over:
            return []
        nr = closing.statement_nr
        owed = [(1, self.movements.owed(part, closing.on, asked_by=nr)) for part in Part]
        carried = self._carried(nr, tuple(Part), is_open=False)
        terms = [*owed, (-1, self._limit(closing)), *_some(carried, -1)]
        most = total("principal-rest", self._not_asked(closing))
        return [(1, Proof("over-limit", closing.over, terms=tuple(terms), at_most=most))]

    def _limit(self, closing: Closing) -> Proof:
        kind = FactKind.LIMIT_CHANGED
        facts = [a.fact for a in self.proven.state.applied if a.fact.kind is kind]
        known = [fact for fact in facts if fact.effective_on <= closing.on]
        if not known:
            return Proof("limit", closing.limit, clause="terms")
        return Proof("limit", closing.limit, fact=known[-1])

    def _instalments(self, closing: Closing) -> Terms:
        """The month's part of each conversion: the part of its fact that comes here."""
        kind = FactKind.CONVERTED
        facts = [a.fact for a in self.proven.state.applied if a.fact.kind is kind]
        nr = closing.statement_nr
        return [
            (1, Proof("instalment-asked", amount, statement_nr=nr, fact=facts[plan_nr - 1]))
            for plan_nr, amount in closing.instalments
            if amount
        ]

    def _to_come(self, closing: Closing) -> Proof:
        """Instalments no statement has asked for yet: what was converted, less what was asked or paid."""
        terms: Terms = [
            (1, Proof("converted", a.amount, fact=a.fact))
            for a in self.proven.state.applied
            if a.fact.kind is FactKind.CONVERTED and a.fact.effective_on <= closing.on
        ]
        for each in self.proven.closings[: closing.statement_nr]:
            terms += _flip(self._instalments(each))
        paid = (s for s in self.proven.shares if s.where == "to-come" and s.fact.effective_on <= closing.on)
        return total("to-come", [*terms, *((-1, share_proof(each)) for each in paid)])

    # -- what is not paid of minimums --------------------------------------------------------------

    def _carried(self, nr: int, parts: Sequence[Part], *, is_open: bool) -> Proof:
        on = self.proven.closings[nr - 1].on
        return total("carried", self._unpaid(range(1, nr), parts, on, is_open=is_open))

    def _unpaid(self, nrs: Iterable[int], parts: Sequence[Part], on: date, *, is_open: bool) -> Terms:
        """What statements ask of parts and had not got after the facts of a day."""
        terms: Terms = []
        for nr in nrs:
            for part in parts:
                asked = self.statements[nr - 1].due[part]
                got = [s for s in self._on_statement[(nr, part)] if s.fact.effective_on <= on]
                if asked == sum(each.amount for each in got):
                    continue
                named = Proof(part.name.lower(), asked, statement_nr=nr, clause=_ITS)
                terms.append((1, self.asked(nr, part) if is_open else named))
                terms += [(-1, share_proof(each)) for each in got]
        return terms

    # -- totals ------------------------------------------------------------------------------------

    def totals(self) -> dict[str, Proof]:
        """Balance, overdue as a whole and by part, and, while the line is on the books, what settles it."""
        balance = self._balance()
        late: list[Statement] = past_due(self.proven.state)
        found = {"balance": balance, "overdue": self._overdue("overdue", late, tuple(Part))}
        for part in Part:
            code = f"overdue-{part.name.lower()}"
            found[code] = self._overdue(code, late, (part,))
        if self.proven.state.charged_off_on is None:
            found["payoff"] = total(
                "line-payoff", [*_some(balance), *_some(total("accrued", self._accrued()))]
            )
        return found

    def _overdue(self, code: str, late: Sequence[Statement], parts: Sequence[Part]) -> Proof:
        nrs, as_of = [each.nr for each in late], self.proven.state.as_of
        return total(code, self._unpaid(nrs, parts, as_of, is_open=True))

    def _balance(self) -> Proof:
        state = self.proven.state
        if state.charged_off_on is None:
            owed = [self.movements.owed(part, state.as_of) for part in Part]
            return total("balance", [(1, each) for each in owed if each.amount])
        terms: Terms = []
        for each in self.movements.all:
            if each.applied.kind == "charge_off":
                terms.append((1, replace(each.amount, code="written-off")))
            if each.applied.kind == "recovery":
                terms += [(-1, replace(part, code="recovered")) for part in each.parts if part.amount]
        return total("claim", terms)

    def _accrued(self) -> Terms:
        """Interest that a payoff would charge, each kind rounded once."""
        found: Terms = []
        for kind, slices in self.proven.running.items():
            amount = round_fraction(sum((each.exact for each in slices), start=_ZERO), self.terms.rounding)
            found += _some(interest_proof(self.terms, kind, amount, slices, None))
        return found


def _some(proof: Proof, sign: int = 1) -> Terms:
    return [(sign, proof)] if proof.amount else []


def _flip(terms: Terms) -> Terms:
    return [(-sign, each) for sign, each in terms]
