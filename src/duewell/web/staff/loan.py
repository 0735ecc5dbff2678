"""S5, a loan or line and its ledger: schedule, facts, statement, entries, by two clocks; why each amount.

Needs    an Ask of somebody who reads loans; for the entries, of somebody who reads the ledger.
Gives    door.
Never    shows an amount that does not open to its derivation.
Source   docs/reference/console.md, section a loan.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from duewell.api import Asked, Door
from duewell.domain.access import Permission
from duewell.domain.contract import contract_of
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.party import person_ref
from duewell.domain.product import BalanceKind
from duewell.domain.proof import Movement, Proof
from duewell.gateways.table_files import Table
from duewell.services.explain_entry import explain_entry
from duewell.services.show_cost import show_cost
from duewell.services.show_line import ShownLine, chosen_line_proof
from duewell.services.show_loan import Shown, chosen_proof, prove_at
from duewell.store import books, facts, loans
from duewell.web._proofs import PARTS, opened, pct, tree
from duewell.web._tables import Export, Which, as_file, told_of
from duewell.web.staff._asked import AsOf, KnownOn, bucket_text, days_of, fresh_key, said
from duewell.web.staff._contract import (
    View,
    compare_table,
    entries_table,
    facts_table,
    movements_table,
    view_at,
)
from duewell.web.staff._loan_tables import (
    balances_table,
    plans_table,
    schedule_table,
    statements_table,
    years_table,
)
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
Nr = Annotated[int | None, Query(ge=0, le=10_000)]
Seq = Annotated[int | None, Query(ge=1, le=10_000_000)]
Name = Annotated[str | None, Query(max_length=40)]
Notice = Annotated[Literal["recorded", "asked"] | None, Query()]


@door.get("/staff/loans/{loan}", may=P.LOAN_READ, media="text/html")
def staff_loan(
    ask: Asked,
    loan: str,
    as_of: AsOf = None,
    known: KnownOn = None,
    done: Notice = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """A loan or line: how it stands, its schedule, facts, movements and entries, by two clocks."""
    view = view_at(ask, loan, *days_of(as_of, known), said(ask))
    return loan_page(view, done=done, export=export, table=table)


def loan_page(
    view: View, status: int = 200, *, export: str | None = None, table: str | None = None, **told: Any
) -> Response:
    """The page of a contract, or a table of it as a file; with what was typed, where a form was refused."""
    ask, kept = view.ask, facts.kept_of(view.ask.conn, view.key)
    is_ledger = ask.identity.may(P.LEDGER_READ)
    tables: dict[str, tuple[Table, Any]] = {}
    if view.known is not None:
        tables["two_clocks"] = (compare_table(view), None)
    own = _line_tables(view) if isinstance(view.then, ShownLine) else _loan_tables(view)
    tables |= own
    tables["statement"] = movements_table(view, kept)
    tables["facts"] = (facts_table(view, kept), None)
    if is_ledger:
        tables["entries"] = (entries_table(view, kept), None)
    file = as_file(export, table, *(each for each, _ in tables.values()))
    if file is not None:
        return file
    code, _ = loans.book_code_of(ask.conn, view.key)
    blank = {"done": None, "amount": "", "on": str(view.row.book_open_on), "ref": "", "line": ""}
    return show_staff(
        ask,
        "loan.html",
        "console-loan",
        status,
        book=books.read_book(ask.conn, code),
        here="console-customers",
        loan=view.name,
        currency=view.money,
        person=person_ref(view.key.person_id) if ask.identity.may(P.PERSON_READ) else None,
        contract=_contract(view),
        report={"as_of": view.as_of, "known": view.known or view.row.book_open_on},
        figures=_line_figures(view) if isinstance(view.then, ShownLine) else _loan_figures(view),
        tables={name: told_of(each, opens=opens) for name, (each, opens) in tables.items()},
        may_pay=ask.identity.may(P.FACT_PAY),
        may_record=ask.identity.may(P.FACT_RECORD),
        form_key=fresh_key(),
        **(blank | told),
    )


def _contract(view: View) -> dict[str, Any]:
    state, age = view.state, view.then.age
    return {
        "is_line": isinstance(view.then, ShownLine),
        "began": view.row.terms.start,
        "ref": view.row.external_ref,
        "dpd": age.dpd,
        "bucket": bucket_text(view.say, age.bucket),
        "since": age.since,
        "charged_off_on": state.charged_off_on,
    }


def _loan_tables(view: View) -> dict[str, tuple[Table, Any]]:
    shown = view.then
    assert isinstance(shown, Shown)
    schedule = schedule_table(view, shown.state)
    return {"schedule": schedule, "years": (years_table(view, shown.state), None)}


def _line_tables(view: View) -> dict[str, tuple[Table, Any]]:
    shown = view.then
    assert isinstance(shown, ShownLine)
    found: dict[str, tuple[Table, Any]] = {
        "schedule": statements_table(view, shown.state),
        "balances": (balances_table(view, shown.state), None),
    }
    if shown.state.plans:
        found["plans"] = (plans_table(view, shown.state), None)
    return found


Figure = tuple[str, int | str, str | None, str | None]
"""A figure above the page: its name, minor units or a text, where it opens, a note."""


def _loan_figures(view: View) -> list[Figure]:
    shown, say = view.then, view.say
    assert isinstance(shown, Shown)
    _, payoff = prove_at(shown)
    cost = show_cost(view.ask.conn, view.key, as_of=view.as_of, known=view.known).cost
    charged = cost.interest + cost.fees + cost.penalties - cost.forgiven
    found: list[Figure] = [
        ("console-overdue-amount", shown.age.overdue, view.at("why", total="overdue"), None),
        ("console-outstanding", shown.age.outstanding, view.at("why", total="outstanding"), None),
    ]
    if payoff is not None:
        found.append(("console-payoff", payoff.amount, view.at("why", total="payoff"), None))
    if shown.state.charged_off_on is not None:
        found.append(("console-claim", sum(shown.state.claim), view.at("why", total="outstanding"), None))
    found.append(
        ("console-principal-out", shown.state.principal_out, view.at("why", total="principal-out"), None)
    )
    if shown.state.overpaid:
        found.append(("web-part-credit", shown.state.overpaid, None, None))
    rates = say("console-cost-rates", nominal=pct(cost.rates.nominal), effective=pct(cost.rates.effective))
    found.append(("console-cost-whole", charged, None, rates))
    return found


def _line_figures(view: View) -> list[Figure]:
    shown = view.then
    assert isinstance(shown, ShownLine)
    state = shown.state
    off = state.charged_off_on is not None
    found: list[Figure] = [
        ("console-overdue-amount", shown.age.overdue, view.at("why", total="overdue"), None),
        ("console-outstanding", shown.age.outstanding, view.at("why", total="balance"), None),
        ("console-limit", state.limit, None, None),
        ("console-available", state.available, None, None),
    ]
    if not off:
        payoff = chosen_line_proof(shown.proven, None, "interest", "payoff")
        found.insert(2, ("console-payoff", payoff.amount, view.at("why", total="payoff"), None))
    if state.overpaid:
        found.append(("web-part-credit", state.overpaid, None, None))
    drawn = {kind: state.billed[kind] + state.new[kind] for kind in BalanceKind}
    found += [("balance-" + kind.value, amount, None, None) for kind, amount in drawn.items() if amount]
    return found


# -- why an amount is what it is -------------------------------------------------------------------


@door.get("/staff/loans/{loan}/why", may=P.LOAN_READ, media="text/html")
def staff_why(
    ask: Asked,
    loan: str,
    row: Nr = None,
    statement: Nr = None,
    seq: Seq = None,
    part: Name = None,
    side: Annotated[Literal["due", "paid"], Query()] = "due",
    total: Name = None,
    as_of: AsOf = None,
    known: KnownOn = None,
) -> Response:
    """An amount opened to its derivation: of a row, a statement, a movement, or a total."""
    view = view_at(ask, loan, *days_of(as_of, known), said(ask))
    if seq is not None:
        roots = _movement_proofs(view, seq, part)
    elif isinstance(view.then, ShownLine):
        proven = view.then.proven
        chosen = None if statement is not None else total or "balance"
        roots = [chosen_line_proof(proven, statement, part or "interest", chosen)]
    else:
        roots = _loan_proofs(view, row, part, side, total)
    code, _ = loans.book_code_of(ask.conn, view.key)
    told = [tree(root, 1, view.lang, view.money) for root in roots if root.amount or len(roots) == 1]
    return show_staff(
        ask,
        "why.html",
        "console-why",
        book=books.read_book(ask.conn, code),
        here="console-customers",
        loan=view.name,
        back=view.at("").replace("/?", "?"),
        report={"as_of": view.as_of, "known": view.known or view.row.book_open_on},
        roots=told,
    )


def _loan_proofs(view: View, row: int | None, part: str | None, side: str, total: str | None) -> list[Proof]:
    assert isinstance(view.then, Shown)
    proven, payoff = prove_at(view.then)
    if row is None:
        return [chosen_proof(proven, payoff, row=None, part="", total=total or "outstanding")]
    names = [part] if part else [each.name.lower() for each, _ in reversed(PARTS)]
    if side == "due":
        return [chosen_proof(proven, payoff, row=row, part=name, total=None) for name in names]
    found = next((each for each in proven.rows if each.nr == row), None)
    if found is None:
        raise NotFound("row-not-in-plan", nr=row, rows=len(proven.rows))
    parts = {each.name.lower(): each for each, _ in PARTS}
    if not set(names) <= parts.keys():
        raise InvalidInput("part-unknown", given=names[0], known=", ".join(parts))
    return [found.paid[parts[name]] for name in names]


def _movement_proofs(view: View, seq: int, part: str | None) -> list[Proof]:
    """The parts of what one fact did, or one of them."""
    kept = next(
        (each for each in facts.kept_of(view.ask.conn, view.key, view.known) if each.seq == seq), None
    )
    moves = contract_of(view.row.terms).prove_movements(view.then.facts, as_of=view.as_of)
    found = next(
        (each for each in moves if kept is not None and each.applied.fact.key == kept.fact.key), None
    )
    if found is None:
        raise NotFound("console-movement-not-found", seq=seq)
    named = _named(found)
    if part is None:
        return list(named.values())
    if part not in named:
        raise InvalidInput("part-unknown", given=part, known=", ".join(named))
    return [named[part]]


def _named(move: Movement) -> dict[str, Proof]:
    parts = {each.name.lower(): move.parts[each] for each, _ in PARTS}
    return {"whole": move.amount, **parts, "overpaid": move.overpaid}


# -- an entry --------------------------------------------------------------------------------------


@door.get("/staff/loans/{loan}/entry", may=P.LEDGER_READ, media="text/html")
def staff_entry(ask: Asked, loan: str, seq: Annotated[int, Query(ge=1, le=10_000_000)]) -> Response:
    """The entries that one fact posted: each leg with the derivation of its amount."""
    view = view_at(ask, loan, None, None, said(ask))
    fact, posted_on, money, found = explain_entry(ask.conn, view.key, seq)
    code, _ = loans.book_code_of(ask.conn, view.key)
    return show_staff(
        ask,
        "entry.html",
        "console-entry",
        book=books.read_book(ask.conn, code),
        here="console-customers",
        loan=view.name,
        seq=seq,
        currency=money,
        posted_on=posted_on,
        kind="fact-" + fact.kind.value.lower(),
        ref=fact.source_ref,
        effective_on=fact.effective_on,
        entries=[
            {
                "part": each.part,
                "kind": "fact-" + each.fact.kind.value.lower(),
                "ref": each.fact.source_ref,
                "on": each.fact.effective_on,
                "legs": [
                    {
                        "account": account.name_code,
                        "debit": max(proof.amount, 0),
                        "credit": max(-proof.amount, 0),
                        "roots": [tree(each, sign, view.lang, money) for sign, each in opened(proof)],
                    }
                    for account, proof in each.lines.items()
                ],
            }
            for each in found
        ],
    )
