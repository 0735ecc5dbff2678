"""A loan or a line as the console shows it: looked at by two clocks, with the tables both kinds share.

Needs    an Ask; a loan's key; the two dates of the page.
Gives    View and view_at; movements_table, facts_table, entries_table, compare_table; why_at.
Never    computes an amount that the fold does not hold.
Source   docs/reference/console.md, section a loan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from duewell.api import Ask
from duewell.domain.contract import State, contract_of
from duewell.domain.facts import TAKING_BACK, Fact
from duewell.domain.product import LineTerms, Part
from duewell.domain.texts import instant_text, money_text, short_day_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services import show_line, show_loan
from duewell.services.show_line import ShownLine
from duewell.services.show_loan import Shown, prove_at
from duewell.store import facts, loans
from duewell.store.facts import Kept
from duewell.store.loans import LoanKey, LoanRow
from duewell.web._pages import lang_of
from duewell.web._proofs import PARTS
from duewell.web._tables import Opens
from duewell.web.staff._asked import Said, bucket_text


@dataclass(frozen=True, slots=True)
class View:
    """A contract by the two clocks of a page, and how it is known now where that was asked differently."""

    ask: Ask
    key: LoanKey
    row: LoanRow
    then: Shown | ShownLine
    now: Shown | ShownLine
    as_of: date
    known: date | None
    say: Said
    lang: str

    @property
    def name(self) -> str:
        """The contract's id."""
        return self.then.name

    @property
    def money(self) -> str:
        """Its currency."""
        return self.row.terms.currency

    @property
    def state(self) -> State:
        """How it stood, as known then."""
        return self.then.state

    @property
    def about(self) -> dict[str, Any]:
        """What every file of the page says of itself."""
        return {"as_of": str(self.as_of), "known": str(self.known or self.row.book_open_on)}

    def at(self, tail: str, **given: object) -> str:
        """An address of this contract under the same two clocks."""
        clocks = {"as_of": self.as_of, **({"known": self.known} if self.known else {})}
        return f"/staff/loans/{self.name}/{tail}?" + urlencode({**given, **clocks})


def view_at(ask: Ask, loan: str, as_of: date | None, known: date | None, say: Said) -> View:
    """Look at a contract. Refuses a day on which it was not there, or not known."""
    key = ask.loan(loan)
    row = loans.read_loan(ask.conn, key)
    look: Callable[..., Any] = (
        show_line.look if isinstance(row.terms, LineTerms) else show_loan.look  # each refuses the other kind
    )
    then = look(ask.conn, row, as_of=as_of, known=known)
    now = look(ask.conn, row, as_of=as_of) if known is not None else then
    day = as_of or row.book_open_on
    return View(ask, key, row, then, now, day, known, say, lang_of(ask.request))


# -- tables ----------------------------------------------------------------------------------------


def movements_table(view: View, kept: list[Kept]) -> tuple[Table, Opens]:
    """The statement: every movement, and how it was split."""
    say, money = view.say, view.money
    numbers = {each.fact.key: each.seq for each in kept}
    applied = view.state.applied
    parts = [(part, part.name.lower(), say(code)) for part, code in PARTS]
    table = Table(
        "statement",
        say("console-statement"),
        (
            Column("on", say("console-value-date"), Kind.DAY),
            Column("kind", say("console-kind")),
            Column("amount", say("console-amount"), Kind.MONEY, money),
            *(Column(name, title, Kind.MONEY, money) for _, name, title in parts),
            Column("overpaid", say("web-part-credit"), Kind.MONEY, money),
            Column("principal_out", say("console-principal-out"), Kind.MONEY, money),
            Column("ref", say("console-ref")),
        ),
        [
            (
                a.fact.effective_on,
                say("movement-" + a.kind.replace("_", "-")),
                a.amount,
                *(a.parts[part] for part, _, _ in parts),
                a.overpaid,
                a.balance,
                a.fact.source_ref,
            )
            for a in applied
        ],
        **view.about,
        query=_query(view),
    )
    opened = {"amount", "overpaid", *(name for _, name, _ in parts)}

    def opens(place: int, column: str) -> str | None:
        seq = numbers.get(applied[place].fact.key)
        if column not in opened or seq is None:
            return None
        return view.at("why", seq=seq, part="whole" if column == "amount" else column)

    return table, opens


def _query(view: View) -> str:
    return view.at("").replace("/?", "?")


def facts_table(view: View, kept: list[Kept]) -> Table:
    """Every fact as it is kept: by both its dates, by whom, and whether it counts."""
    say, money = view.say, view.money
    then = {fact.key for fact in view.then.facts}
    gone = {fact.reverses for fact in view.then.facts if fact.kind in TAKING_BACK}
    void = {fact.key: reason for fact, reason in view.state.void}

    def state(fact: Fact) -> str:
        if fact.key not in then:
            return say("console-fact-later")
        if fact.key in void:
            reason = void[fact.key]
            return say("console-fact-void", reason=say(reason.code, **reason.facts))
        if fact.key in gone:
            return say("console-fact-taken-back")
        return say("console-fact-ahead" if fact.effective_on > view.as_of else "console-fact-counts")

    return Table(
        "facts",
        say("console-facts"),
        (
            Column("seq", say("console-nr"), Kind.COUNT),
            Column("kind", say("console-kind")),
            Column("amount", say("console-amount"), Kind.MONEY, money),
            Column("effective_on", say("console-value-date"), Kind.DAY),
            Column("recorded_on", say("console-recorded-on"), Kind.DAY),
            Column("recorded_at", say("console-recorded-at")),
            Column("actor", say("console-actor")),
            Column("source", say("console-source")),
            Column("ref", say("console-ref")),
            Column("state", say("console-state")),
        ),
        [
            (
                each.seq,
                say("fact-" + each.fact.kind.value.lower()),
                each.fact.amount or None,
                each.fact.effective_on,
                each.fact.recorded_on,
                instant_text(each.recorded_at, view.lang),
                each.actor,
                each.fact.source,
                each.fact.source_ref,
                state(each.fact),
            )
            for each in kept
        ],
        **view.about,
        query=_query(view),
    )


def entries_table(view: View, kept: list[Kept]) -> Table:
    """The entries of the sub-ledger: one row a leg, both legs of each entry, debit and credit alike."""
    say, money = view.say, view.money
    kinds = {each.seq: each.fact.kind for each in kept}
    legs = [
        (each, account, amount)
        for each in facts.posted_of(view.ask.conn, view.key, view.known)
        for account, amount in each.lines
    ]
    debits = sum(max(amount, 0) for _, _, amount in legs)
    return Table(
        "entries",
        say("console-entries"),
        (
            Column("entry", say("console-entry")),
            Column("posted_on", say("console-posted-on"), Kind.DAY),
            Column("kind", say("console-kind")),
            Column("account", say("console-account")),
            Column("debit", say("console-debit"), Kind.MONEY, money),
            Column("credit", say("console-credit"), Kind.MONEY, money),
        ),
        [
            (
                f"{each.seq}-{each.part}",
                each.posted_on,
                say("fact-" + kinds[each.seq].value.lower()) if each.seq in kinds else None,
                say(account.name_code),
                max(amount, 0) or None,
                max(-amount, 0) or None,
            )
            for each, account, amount in legs
        ],
        links=[f"/staff/loans/{view.name}/entry?seq={each.seq}" for each, _, _ in legs],
        totals=(say("console-total"), None, None, None, debits, sum(max(-a, 0) for _, _, a in legs)),
        **view.about,
        query=_query(view),
    )


# -- replay at two clocks --------------------------------------------------------------------------


def compare_table(view: View) -> Table:
    """What was known then beside what is known now, of the same day; what differs is said in words."""
    say = view.say
    rows = [
        _compared(view, name, kind, then, now)
        for (name, kind, then), (_, _, now) in zip(
            _figures(view, view.then), _figures(view, view.now), strict=True
        )
    ]
    known = view.known or view.row.book_open_on
    return Table(
        "two-clocks",
        say("console-two-clocks", on=short_day_text(view.as_of, view.lang)),
        (
            Column("figure", say("console-figure")),
            Column("then", say("console-known-then", on=short_day_text(known, view.lang))),
            Column("now", say("console-known-now")),
            Column("difference", say("console-difference")),
        ),
        rows,
        **view.about,
        query=_query(view),
    )


def _figures(view: View, shown: Shown | ShownLine) -> list[tuple[str, Kind, Any]]:
    age, state = shown.age, shown.state
    contract = contract_of(view.row.terms)
    off = state.charged_off_on is not None
    found: list[tuple[str, Kind, Any]] = [
        ("console-overdue-amount", Kind.MONEY, age.overdue),
        ("console-dpd", Kind.COUNT, age.dpd),
        ("console-bucket", Kind.TEXT, bucket_text(view.say, age.bucket)),
        ("console-since", Kind.DAY, age.since),
        ("console-outstanding", Kind.MONEY, age.outstanding),
        ("console-principal-out", Kind.MONEY, state.principal_out),
        ("web-part-credit", Kind.MONEY, state.overpaid),
        ("console-next-due", Kind.DAY, None if off else contract.next_due(state)),
        ("console-charged-off-on", Kind.DAY, state.charged_off_on),
        ("console-facts", Kind.COUNT, len(shown.facts)),
    ]
    if isinstance(shown, Shown):
        _, payoff = prove_at(shown)
        found.insert(5, ("console-payoff", Kind.MONEY, payoff.amount if payoff is not None else None))
    return found


def _compared(view: View, name: str, kind: Kind, then: Any, now: Any) -> tuple[str, ...]:
    say = view.say

    def text(value: Any) -> str:
        if value is None:
            return "–"
        if kind is Kind.MONEY:
            return money_text(value, view.money, view.lang)
        return short_day_text(value, view.lang) if kind is Kind.DAY else str(value)

    if then == now:
        told = say("console-same")
    elif kind in (Kind.MONEY, Kind.COUNT) and then is not None and now is not None:
        told = say("console-more" if now > then else "console-less", by=text(abs(now - then)))
    else:
        told = say("console-changed")
    return say(name), text(then), text(now), told


def parts_of(amounts: tuple[int, ...] | list[int]) -> tuple[int, int, int, int]:
    """Amounts by part as columns read: principal, interest, fee, penalty."""
    return amounts[Part.PRINCIPAL], amounts[Part.INTEREST], amounts[Part.FEE], amounts[Part.PENALTY]


PART_COLUMNS = (
    ("principal", "web-part-principal"),
    ("interest", "web-part-interest"),
    ("fee", "web-part-fee"),
    ("penalty", "web-part-penalty"),
)
