"""Proofs: every amount of a loan with its derivation, down to slices and facts.

Needs    terms, facts and two dates; a fold that tells a recorder how each amount came about.
Gives    prove(...): the loan's state and a Proof for each amount of each row and each total; prove_payoff.
Never    computes an amount another way than the fold did: a proof is arranged from what the fold told.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from duewell.domain.errors import Conflict
from duewell.domain.facts import Applied, ChargeBase, Fact, FactKind, known
from duewell.domain.loan._recorder import Recorder, TraceShare
from duewell.domain.loan._schedule import Row
from duewell.domain.loan._state import PLANNED, Folding, LoanState, fold
from duewell.domain.money import Rounding, round_fraction
from duewell.domain.product import Amortization, Engine, InterestMethod, LoanTerms, Part, PenaltyTerms
from duewell.domain.proof import Proof, TraceSlice

INTEREST, PRINCIPAL = Part.INTEREST, Part.PRINCIPAL
OTHERS = (Part.PENALTY, Part.FEE, Part.INTEREST)
Bases = dict[tuple[str, str, str], Proof]
_TAKEN_OF = {
    ChargeBase.PRINCIPAL: (PRINCIPAL,),
    ChargeBase.INTEREST: (INTEREST,),
    ChargeBase.PRINCIPAL_AND_INTEREST: (PRINCIPAL, INTEREST),
}


@dataclass(frozen=True, slots=True)
class RowProof:
    """The proofs of one row: what it asks by part, and what it got by part."""

    nr: int
    due_on: date
    due: tuple[Proof, Proof, Proof, Proof]
    paid: tuple[Proof, Proof, Proof, Proof]


@dataclass(frozen=True, slots=True)
class Proven:
    """A loan's state with its proofs; totals by name: principal-out, overdue, outstanding.

    `own_interest` is what each row's own slices come to, whatever it asks: a row settled early leaves
    interest to the next.
    """

    state: LoanState
    rows: tuple[RowProof, ...]
    totals: dict[str, Proof]
    own_interest: dict[int, int]
    slices: tuple[TraceSlice, ...]
    shares: tuple[TraceShare, ...]
    bases: Bases


def prove(terms: LoanTerms, facts: Iterable[Fact], *, as_of: date, known_on: date | None = None) -> Proven:
    """Fold with a recorder and arrange what it told."""
    ordered = known(facts, known_on=known_on)
    recorder = Recorder()
    state = fold(terms, ordered, as_of=as_of, recorder=recorder)
    bases = _bases(terms, ordered, recorder)
    book = _Book(state, recorder, bases)
    rows = tuple(book.row(row) for row in state.rows)
    slices = tuple(piece for piece in recorder.slices if piece.base)
    return Proven(state, rows, _totals(state, rows), book.own_interest, slices, tuple(recorder.shares), bases)


def share_proof(each: TraceShare, bases: Bases, terms: LoanTerms) -> Proof:
    """What a fact gave a part of a row; a charge of so many per cent with what it was taken of."""
    fact = each.fact
    base = bases.get(fact.key) if each.what == "charged" else None
    if base is None or fact.pct is None:
        return Proof(each.what, each.amount, each.row_nr, fact=fact)
    rounding = str(terms.convention.rounding)
    share = (base.amount, fact.pct)
    return Proof(each.what, each.amount, each.row_nr, share=share, of=base, rounding=rounding, fact=fact)


def _bases(terms: LoanTerms, ordered: tuple[Fact, ...], told: Recorder) -> Bases:
    """What each charge of so many per cent was taken of: principal and interest of all rows before it."""
    found: Bases = {}
    for fact in {each.fact.key: each.fact for each in told.shares if each.what == "charged"}.values():
        if fact.pct is None or fact.base is None:
            continue
        recorder = Recorder()
        before = fold(terms, ordered[: ordered.index(fact)], as_of=fact.effective_on, recorder=recorder)
        book = _Book(before, recorder, {})
        parts = _TAKEN_OF[fact.base]
        rows = [book.row(row).due for row in before.rows]
        asked = tuple((1, due[part]) for due in rows for part in parts if due[part].amount)
        found[fact.key] = Proof("schedule-then", _total(asked), terms=asked)
    return found


def prove_payoff(terms: LoanTerms, facts: Iterable[Fact], *, on: date, known_on: date | None = None) -> Proof:
    """What settles the loan on a day: the principal out, and what rows ask if it is taken out that day.

    Refuses   Conflict "loan-charged-off": what is owed then is a claim.
    """
    facts = list(facts)
    proven = prove(terms, facts, as_of=on, known_on=known_on)
    if proven.state.charged_off_on is not None:
        raise Conflict("loan-charged-off", charged_off_on=str(proven.state.charged_off_on), kind="payoff")
    recorder = Recorder()
    asking = Folding(terms, recorder)
    for fact in known(facts, known_on=known_on):
        if fact.effective_on <= on or fact.kind in PLANNED:
            asking.apply(fact, on)
    rows = asking.ask_payoff(on, recorder)
    book = _Book(proven.state, recorder, proven.bases)
    others = [each for row in rows for each in book.others(row)]
    out = proven.totals["principal-out"]
    amount = out.amount + sum(sign * each.amount for sign, each in others)
    clause = "payoff-to-row-end" if terms.convention.payoff_to_row_end else "payoff-to-the-day"
    return Proof("payoff", amount, terms=((1, out), *others), clause=clause)


@dataclass(slots=True)
class _Book:
    """Arranges proofs row by row, in order: what a row leaves goes on to the next."""

    state: LoanState
    recorder: Recorder
    bases: Bases
    slices: dict[int, list[TraceSlice]] = field(default_factory=lambda: defaultdict(list))
    shares: dict[tuple[str, int, int], list[Proof]] = field(default_factory=lambda: defaultdict(list))
    left: Proof | None = None
    deferred: list[tuple[int, Proof]] = field(default_factory=list)
    deferral: tuple[tuple[int, Proof], ...] = ()
    """What the row at hand asks of interest deferred before, less what it defers."""
    before: list[tuple[int, Proof]] = field(default_factory=list)
    own_interest: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for piece in self.recorder.slices:
            self.slices[piece.row_nr].append(piece)
        for each in self.recorder.shares:
            proof = share_proof(each, self.bases, self.state.terms)
            self.shares[(each.what, each.row_nr, each.part)].append(proof)

    def others(self, row: Row) -> list[tuple[int, Proof]]:
        """What a row asks beside its principal, less what it got: penalty, fee, interest."""
        asked = (self._penalty(row), self._charges(row, Part.FEE), self._interest(row))
        terms = []
        for part, due in zip(OTHERS, asked, strict=True):
            got = _sum("paid", row.paid[part], row.nr, self._got(row, part))
            terms += [(sign, each) for sign, each in ((1, due), (-1, got)) if each.amount]
        return terms

    def row(self, row: Row) -> RowProof:
        paid = tuple(_sum("paid", row.paid[part], row.nr, [*self._got(row, part)]) for part in Part)
        interest = self._interest(row)
        principal = self._principal(row, interest)
        due = (self._penalty(row), self._charges(row, Part.FEE), interest, principal)
        self.before.append((-1, principal))
        return RowProof(row.nr, row.due_on, due, (paid[0], paid[1], paid[2], paid[3]))

    def _got(self, row: Row, part: Part) -> list[Proof]:
        return [*self.shares[("paid", row.nr, part)], *self.shares[("waived", row.nr, part)]]

    # -- interest ----------------------------------------------------------------------------------

    def _interest(self, row: Row) -> Proof:
        due = row.due[INTEREST]
        if row.is_taken_over and not row.is_met:
            return _sum("taken-over", due, row.nr, self.shares[("taken-over", row.nr, INTEREST)])
        own = self._own(row)
        self.own_interest[row.nr] = own.amount
        terms: list[tuple[int, Proof]] = [(1, own)]
        if self.left is not None:
            terms.append((1, self.left))
        terms += self._moved(row, INTEREST)
        received, self.left, self.deferred = self.deferred, None, []
        collected = _sum("collected", due, row.nr, self._got(row, INTEREST))
        if row.is_deferring and not row.is_locked:
            return self._deferring(row, terms, received)
        if row.is_locked and row.is_deferring:
            self.deferred, received = received, []
        terms += received
        self.deferral = tuple(received)
        whole = _total(terms)
        if whole == due:
            return Proof("interest", due, row.nr, terms=tuple(terms))
        self.left = Proof("interest-left", whole - due, row.nr, terms=(*terms, (-1, collected)))
        return collected

    def _deferring(
        self, row: Row, terms: list[tuple[int, Proof]], received: list[tuple[int, Proof]]
    ) -> Proof:
        """What its days ask beyond what stays here comes due with the first row after the interest grace."""
        due, stays = row.due[INTEREST], self._stays(row, row.due[INTEREST])
        ahead = min(_total(terms) - due, 0)
        if ahead:
            self.left = Proof("interest-left", ahead, row.nr, terms=(*terms, (-1, stays)))
            self.deferred = received
        else:
            terms += received
            rest = Proof("interest-left", _total(terms) - due, row.nr, terms=(*terms, (-1, stays)))
            self.deferred = [(1, rest)]
        self.deferral = (*received, *_flip(self.deferred))
        return stays

    def _stays(self, row: Row, due: int) -> Proof:
        """What a row whose interest is deferred asks all the same: what was charged before, or got."""
        moved = self._moved(row, INTEREST)
        if due and _total(moved) == due:
            return Proof("interest", due, row.nr, terms=tuple(moved))
        return _sum("collected", due, row.nr, self._got(row, INTEREST))

    def _own(self, row: Row) -> Proof:
        convention = self.state.terms.convention
        pieces = tuple(s for s in self.slices[row.nr] if s.base > 0 and s.rate)
        is_each = convention.engine is Engine.CUMULATIVE
        amount = rounded_sum(pieces, str(convention.rounding), is_each=is_each)
        clause = f"{convention.name} v{convention.version}"
        return Proof(
            "own-interest", amount, row.nr, pieces, rounding=str(convention.rounding), is_each=is_each,
            clause=clause,
        )  # fmt: skip

    def _moved(self, row: Row, part: Part) -> list[tuple[int, Proof]]:
        amount = row.moved[part]
        if not amount:
            return []
        code = "moved-here" if amount > 0 else "moved-on"
        return [(1 if amount > 0 else -1, Proof(code, abs(amount), row.nr, clause="reschedule"))]

    # -- penalty and fee ---------------------------------------------------------------------------

    def _penalty(self, row: Row) -> Proof:
        penalty, terms = self.state.terms.penalty, self._charges(row, Part.PENALTY).terms
        if penalty is not None and row.penalty_charged:
            rounding = str(self.state.terms.convention.rounding)
            once = next((o for o in self.recorder.once if o.row_nr == row.nr), None)
            pieces = tuple(s for s in self.recorder.penalties if s.row_nr == row.nr)
            charged = row.penalty_charged - row.after_charged
            own = Proof(
                "own-penalty", charged, row.nr, pieces if once is None else (),
                share=(once.base, once.pct) if once is not None else None, rounding=rounding,
                clause=penalty.source,
            )  # fmt: skip
            if charged or once is not None:
                terms = ((1, own), *terms)
            if row.after_charged:
                terms = ((1, self._after(row, penalty)), *terms)
        return Proof("penalty", row.due[Part.PENALTY], row.nr, terms=terms)

    def _after(self, row: Row, penalty: PenaltyTerms) -> Proof:
        """Contract interest that ran on beside the penalty after the plan's end."""
        pieces = tuple(s for s in self.recorder.after if s.row_nr == row.nr and s.rate)
        rounding = str(self.state.terms.convention.rounding)
        clause = f"contract rate; {penalty.source}"
        return Proof("after-maturity", row.after_charged, row.nr, pieces, rounding=rounding, clause=clause)

    def _charges(self, row: Row, part: Part) -> Proof:
        facts = [(1, p) for what in ("charged", "taken-over") for p in self.shares[(what, row.nr, part)]]
        if part is Part.FEE and row.fee:
            facts += [(1, each) for each in self._scheduled(row)]
        code = "fee" if part is Part.FEE else "penalty"
        return Proof(code, row.due[part], row.nr, terms=(*facts, *self._moved(row, part)))

    def _scheduled(self, row: Row) -> list[Proof]:
        """A row's scheduled fees, each by its clause; what was paid of a period that never came stays."""
        rounding = str(self.state.terms.convention.rounding)
        found = []
        for each in self.recorder.fees.values():
            if each.row_nr == row.nr:
                share = (each.base, each.fee.pct) if each.fee.pct is not None else None
                found.append(
                    Proof(
                        "scheduled-fee", each.amount, row.nr, share=share,
                        rounding=rounding if share else "", clause=f"{each.fee.code}: {each.fee.source}",
                    )
                )  # fmt: skip
        if sum(each.amount for each in found) == row.fee:
            return found
        return [Proof("scheduled-fee", row.fee, row.nr, clause="collected in advance")]

    # -- principal ---------------------------------------------------------------------------------

    def _principal(self, row: Row, interest: Proof) -> Proof:
        due = row.due[PRINCIPAL]
        if row.is_taken_over and not row.is_met:
            return _sum("taken-over", due, row.nr, self.shares[("taken-over", row.nr, PRINCIPAL)])
        if row.is_down_payment and not row.is_charge and not row.is_met:
            return self._down_payment(row, due)
        got = _sum("collected", row.paid[PRINCIPAL], row.nr, self._got(row, PRINCIPAL))
        if due == 0:
            return Proof("nothing", 0, row.nr)
        if (row.is_locked or row.is_met) and due == got.amount:
            return got
        planned = self._planned(row, interest)
        if planned is not None and planned.amount == due:
            return planned
        for is_early in (False, True):
            left = (*self._lent_by(row, is_early), *self.before, *self._paid_after(row))
            if sum(sign * each.amount for sign, each in left) == due:
                return Proof("all-that-is-left", due, row.nr, terms=left)
        return got if got.amount == due else Proof("principal-agreed", due, row.nr, clause="convention")

    def _lent_by(self, row: Row, is_early: bool) -> list[tuple[int, Proof]]:
        """All money lent, or, where `is_early`, what a row can ask: nothing lent on its day or later."""
        again = (
            (a, Proof("lent-again", a.parts[PRINCIPAL], fact=a.fact))
            for a in self.state.applied
            if a.fact.kind is FactKind.REFUNDED and a.parts[PRINCIPAL]
        )
        lent = [*((each, self._lent(each)) for each in self._loans()), *again]
        first = lent[0][0] if lent else None
        return [
            (1, proof)
            for applied, proof in lent
            if applied is first or not is_early or applied.fact.effective_on < row.due_on
        ]

    def _paid_after(self, row: Row) -> list[tuple[int, Proof]]:
        """Principal of later rows that was paid ahead: this row need not ask for it."""
        return [
            (-1, _sum("collected", each.paid[PRINCIPAL], each.nr, self._got(each, PRINCIPAL)))
            for each in self.state.rows
            if each.nr > row.nr and each.paid[PRINCIPAL]
        ]

    def _planned(self, row: Row, interest: Proof) -> Proof | None:
        """The row's instalment less its own interest, with principal that was lent again or spread here."""
        terms: list[tuple[int, Proof]] = []
        if not row.is_grace:
            level = self._instalment(row)
            if level is None:
                return None
            terms.append((1, level))
        own = row.due[INTEREST] - row.moved[INTEREST] - _total(self.deferral)
        if not row.is_grace and not _is_equal_principal(self.state.terms) and own:
            but = _flip([*self._moved(row, INTEREST), *self.deferral])
            terms.append((-1, Proof("interest", own, row.nr, terms=((1, interest), *but))))
        if _total(terms) < 0:
            terms = []  # an instalment that its interest takes whole leaves no principal
        if row.extra:
            terms.append((1, Proof("extra-principal", row.extra, row.nr, clause="reschedule")))
        if row.skipped:
            terms.append((-1, Proof("skipped", row.skipped, row.nr, clause="prepayment skip next")))
        return Proof("principal", sum(s * e.amount for s, e in terms), row.nr, terms=tuple(terms))

    def _instalment(self, row: Row) -> Proof | None:
        terms = self.state.terms
        levels = [each for each in self.recorder.levels if each.from_nr <= row.nr]
        if levels and levels[-1].level + levels[-1].fitted == row.instalment:
            convention = terms.convention
            return Proof(
                "instalment", row.instalment, row.nr, level=levels[-1],
                rounding=str(convention.instalment_rounding),
                clause=f"{convention.name} v{convention.version}",
            )  # fmt: skip
        if row.instalment == terms.instalment or _is_equal_principal(terms):
            return Proof("instalment-agreed", row.instalment, row.nr, clause="terms")
        return None

    def _down_payment(self, row: Row, due: int) -> Proof:
        terms = self.state.terms
        first = next(self._loans(), None)
        base = first.fact.amount if first is not None else terms.principal
        share = (base, terms.down_payment_share)
        return Proof("down-payment", due, row.nr, share=share, rounding=str(terms.convention.rounding))

    def _loans(self) -> Iterator[Applied]:
        kinds = (FactKind.DISBURSED, FactKind.OPENED)
        return (a for a in self.state.applied if a.fact.kind in kinds)

    def _lent(self, applied: Applied) -> Proof:
        position = applied.fact.position
        return _lent(applied) if position is None else Proof("lent", position.principal, fact=applied.fact)


def rounded_sum(pieces: Iterable[TraceSlice], rounding: str, *, is_each: bool) -> int:
    """Slices as one whole amount, rounded once or each."""
    rule = Rounding(rounding)
    if is_each:
        return sum(round_fraction(piece.exact, rule) for piece in pieces)
    return round_fraction(sum((piece.exact for piece in pieces), Fraction(0)), rule)


def _is_equal_principal(terms: LoanTerms) -> bool:
    convention = terms.convention
    return (
        convention.amortization is Amortization.EQUAL_PRINCIPAL
        or convention.interest_method is InterestMethod.FLAT
    )


def _flip(terms: list[tuple[int, Proof]]) -> list[tuple[int, Proof]]:
    return [(-sign, each) for sign, each in terms]


def _total(terms: Iterable[tuple[int, Proof]]) -> int:
    return sum(sign * each.amount for sign, each in terms)


def _sum(code: str, amount: int, nr: int, parts: list[Proof]) -> Proof:
    return Proof(code, amount, nr, terms=tuple((1, each) for each in parts))


def _lent(applied: Applied) -> Proof:
    """What a disbursement lent: all of it, less what the borrower's credit met."""
    fact = applied.fact
    if not applied.overpaid:
        return Proof("lent", applied.amount, fact=fact)
    whole, credit = Proof("lent", fact.amount, fact=fact), Proof("overpaid", -applied.overpaid, fact=fact)
    return Proof("lent", applied.amount + applied.overpaid, terms=((1, whole), (-1, credit)))


def _moved_ahead(row: Row, part: Part) -> Proof:
    """What a new plan spread to a row still to come, and is not paid: it was due before."""
    amount = max(max(row.moved[part], 0) - row.paid[part], 0)
    return Proof("moved-here", amount, row.nr, clause="reschedule")


_OVERDUE = {part: f"overdue-{part.name.lower()}" for part in Part}


def _owed(rows: list[RowProof], part: Part) -> list[tuple[int, Proof]]:
    """What rows ask of a part, less what they got."""
    return [each for row in rows for each in ((1, row.due[part]), (-1, row.paid[part]))]


def _added(code: str, terms: Sequence[tuple[int, Proof]]) -> Proof:
    return Proof(code, sum(sign * each.amount for sign, each in terms), terms=tuple(terms))


def _totals(state: LoanState, rows: tuple[RowProof, ...]) -> dict[str, Proof]:
    """Principal out, overdue and outstanding, from the rows' own proofs."""
    pairs = list(zip(rows, state.rows, strict=True))
    late = [p for p, r in pairs if r.due_on < state.as_of and r.unpaid > 0]
    due = [r for r in rows if r.due_on <= state.as_of]
    parts = {part: _added(_OVERDUE[part], _owed(late, part)) for part in Part}
    lent = [(1, _lent(a)) for a in state.applied if a.kind == "disbursement"]
    lent += [
        (1, Proof("lent", a.parts[PRINCIPAL], fact=a.fact)) for a in state.applied if a.kind == "opening"
    ]
    again = [
        (1, Proof("lent-again", a.parts[PRINCIPAL], fact=a.fact))
        for a in state.applied
        if a.fact.kind is FactKind.REFUNDED and a.parts[PRINCIPAL]
    ]
    repaid = [(-1, r.paid[PRINCIPAL]) for r in rows]
    if state.charged_off_on is not None:
        return _claimed(state, [*lent, *again, *repaid])
    out = Proof("principal-out", state.principal_out, terms=(*lent, *again, *repaid))
    others = [each for part in OTHERS for each in _owed(due, part)]
    others += [(1, _moved_ahead(r, part)) for r in state.rows for part in OTHERS if r.due_on > state.as_of]
    total = sum(sign * p.amount for sign, p in others) + out.amount
    return {
        "principal-out": out,
        "overdue": _added("overdue", [(1, each) for each in parts.values() if each.amount]),
        **{each.code: each for each in parts.values()},
        "outstanding": Proof("outstanding", total, terms=((1, out), *others)),
    }


def _claimed(state: LoanState, lent: list[tuple[int, Proof]]) -> dict[str, Proof]:
    """The same of a loan charged off: nothing is out or overdue, the claim is what recoveries left of it."""
    off = [a for a in state.applied if a.kind == "charge_off"]
    met = [a for a in state.applied if a.kind == "recovery"]
    gone = [(-1, Proof("charged-off", a.parts[PRINCIPAL], fact=a.fact)) for a in off]
    claim = [(1, Proof("charged-off", sum(a.parts), fact=a.fact)) for a in off]
    claim += [(-1, Proof("recovered", sum(a.parts), fact=a.fact)) for a in met]
    return {
        "principal-out": _added("principal-out", [*lent, *gone]),
        "overdue": Proof("overdue", 0),
        **{_OVERDUE[part]: Proof(_OVERDUE[part], 0) for part in Part},
        "outstanding": _added("outstanding", claim),
    }
