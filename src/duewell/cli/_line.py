"""Commands about one line: open, draw, convert, show, statement, explain.

Needs    a typer application to stand in; a Frame.
Gives    text or JSON.
Never    computes: the fold and its recorder say every figure.
Source   docs/reference/commands.md; docs/reference/line.md.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Annotated, Any

import typer

from duewell.cli import _facts, _tables
from duewell.cli._frame import Frame, amount, day, day_or_instant, ending, make_frame, now
from duewell.cli._options import AsOf, Book, Json, Key, Known, Lang, On, find_book, find_loan, request_key
from duewell.cli._trees import DEPTH, exact_amount, proof_tree
from duewell.cli._usage import exclusive, without
from duewell.domain.agenda import Ageing
from duewell.domain.calendar import DaysInYear, parse_date
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.facts import Conversion, Fact, FactKind
from duewell.domain.line import (
    LineBook,
    LineSlice,
    LineState,
    ProvenLine,
    Statement,
    line_ageing,
    prove_line,
)
from duewell.domain.money import Currency, Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.party import loan_id
from duewell.domain.product import (
    BalanceKind,
    CashFee,
    LateCharge,
    LineTerms,
    MinimumPayment,
    Part,
    RateCap,
)
from duewell.domain.proof import Proof
from duewell.services.open_line import open_line
from duewell.services.record_fact import Request, record_fact
from duewell.services.show_loan import proof_document, void_document
from duewell.store import loans
from duewell.store.loans import LoanKey, LoanRow

Line = Annotated[str, typer.Argument(help="The line's id: 17 letters and digits.")]
LineOption = Annotated[str, typer.Option("--line", help="The line's id.")]
Amount = Annotated[str, typer.Option("--amount", help="The amount, such as 100.00.")]
_CAP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) (\S{1,32})(?: (.{1,80}))?")


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    line_app = typer.Typer(no_args_is_help=True, help="Revolving credit: draws up to a limit, statements.")
    for name, verb in (
        ("open", open_), ("draw", draw), ("convert", convert), ("show", show), ("statement", statement),
        ("explain", explain),
    ):  # fmt: skip
        line_app.command(name)(verb)
    app.add_typer(line_app, name="line")


def open_(
    book: Book,
    limit: Annotated[str, typer.Option("--limit", help="The most that may be owed, such as 20,000.00.")],
    rate: Annotated[str, typer.Option("--rate", help="Yearly rate of purchases in per cent.")],
    statement_day: Annotated[int, typer.Option("--statement-day", help="Day of the month, 1 to 31.")],
    cash_rate: Annotated[
        str | None, typer.Option("--cash-rate", help="Of cash; as of purchases else.")
    ] = None,
    due_days: Annotated[int, typer.Option("--due-days", help="Days from statement to due date.")] = 20,
    minimum: Annotated[str, typer.Option("--minimum", help="Share of principal asked, in per cent.")] = "10",
    floor: Annotated[str, typer.Option("--floor", help="The least a minimum asks.")] = "0",
    cash_fee: Annotated[str | None, typer.Option("--cash-fee", help="Of a cash draw, in per cent.")] = None,
    cash_fee_floor: Annotated[
        str | None, typer.Option("--cash-fee-floor", help="At least this much.")
    ] = None,
    late_charge: Annotated[
        str | None, typer.Option("--late-charge", help="Of a missed minimum, per cent.")
    ] = None,
    late_floor: Annotated[str | None, typer.Option("--late-floor", help="At least this much.")] = None,
    late_grace: Annotated[int | None, typer.Option("--late-grace", help="Days of grace before it.")] = None,
    days_in_year: Annotated[str, typer.Option("--days-in-year", help="360, 365 or actual.")] = "365",
    has_free_period: Annotated[
        bool, typer.Option("--free-period/--no-free-period", help="Whether paid-up purchases are free.")
    ] = True,
    caps: Annotated[
        list[str] | None, typer.Option("--cap", help='A cap on rates: "2026-01-01 15.4 its rule".')
    ] = None,
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """A new line of a new person."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = find_book(frame, book)
        money = currency(row.currency)
        if days_in_year not in ("360", "365", "actual"):
            raise InvalidInput("days-in-year-unknown", given=days_in_year[:20])
        terms = LineTerms(
            limit=_minor(limit, money),
            start=day(on) or row.open_on,
            statement_day=statement_day,
            purchase_rate=_rate(rate),
            cash_rate=_rate(cash_rate if cash_rate is not None else rate),
            due_days=due_days,
            currency=row.currency,
            days_in_year=DaysInYear(days_in_year),
            has_free_period=has_free_period,
            minimum=MinimumPayment(_rate(minimum), _minor(floor, money)),
            cash_fee=_cash_fee(cash_fee, cash_fee_floor, money),
            late_charge=_late_charge(late_charge, late_floor, late_grace, money),
            caps=tuple(_cap(each) for each in caps or ()),
        )
        asked = Request("cli", request_key(key), "cli", now())
        _tables.recorded(frame, open_line(frame.conn, book, terms, asked), terms)


def _cash_fee(share: str | None, floor: str | None, money: Currency) -> CashFee | None:
    """The fee of a cash draw, None where there is none. Its floor means nothing without its share."""
    if share is None:
        if floor is not None:
            raise without("--cash-fee-floor", "--cash-fee")
        return None
    return CashFee(_rate(share), _minor(floor, money) if floor is not None else 0)


def _late_charge(
    share: str | None, floor: str | None, grace: int | None, money: Currency
) -> LateCharge | None:
    """The charge on a missed minimum, None where there is none."""
    if share is None:
        for option, given in (("--late-floor", floor), ("--late-grace", grace)):
            if given is not None:
                raise without(option, "--late-charge")
        return None
    return LateCharge(_rate(share), _minor(floor, money) if floor is not None else 0, grace or 0)


def _minor(text: str, money: Currency) -> int:
    return parse_amount(text, money).minor


def _rate(text: str) -> Fraction:
    return parse_rate_pct(text).per_year


def _cap(text: str) -> RateCap:
    found = _CAP.fullmatch(text)
    if found is None:
        raise InvalidInput("rate-cap-unreadable", given=text[:60], example="2026-01-01 15.4")
    return RateCap(parse_date(found[1]), _rate(found[2]), found[3] or "contract")


def draw(
    line: LineOption,
    given: Amount,
    kind: Annotated[str, typer.Option("--as", help="purchase or cash.")] = "purchase",
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Take money under the limit, as a purchase or as cash."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        if kind not in set(BalanceKind):
            raise InvalidInput("balance-kind-unknown", given=kind[:20])
        _record(frame, line, FactKind.DRAWN, on, key, given, {"balance": BalanceKind(kind)})


def convert(
    line: LineOption,
    given: Amount,
    instalments: Annotated[int, typer.Option("--instalments", help="Into how many parts, 1 to 60.")],
    monthly: Annotated[
        str | None, typer.Option("--monthly-fee", help="Of the amount a month, per cent.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option("--rate", help="Or a yearly rate on what is left of it.")
    ] = None,
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Turn purchases into instalments."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        agreed = Conversion(
            instalments,
            rate=_rate(rate) if rate is not None else None,
            pct=_rate(monthly) if monthly is not None else None,
        )
        _record(frame, line, FactKind.CONVERTED, on, key, given, {"conversion": agreed})


def _record(
    frame: Frame, line: str, kind: FactKind, on: str | None, key: str | None, given: str, more: dict[str, Any]
) -> None:
    where, row = find_loan(frame, line)
    minor = _minor(given, currency(row.line_terms.currency))
    request, dated = request_key(key), day(on)
    value_on = dated or row.book_open_on
    fact = Fact(kind, value_on, row.book_open_on, "cli", request, amount=minor, **more)
    asked = Request("cli", request, "cli", now(), is_dated=dated is not None)
    _tables.recorded(frame, record_fact(frame.conn, where, fact, asked), row.terms)


def _proven(
    frame: Frame, line: str, as_of: str | None, known: str | None
) -> tuple[LoanKey, LoanRow, list[Fact], ProvenLine]:
    """The line at two dates with its facts. Refuses a day on which it was not there, or not known."""
    key, row = find_loan(frame, line)
    terms = row.line_terms
    on, seen = day(as_of) or row.book_open_on, day_or_instant(known)
    facts = loans.facts_by(frame.conn, row, on, seen)
    return key, row, facts, prove_line(terms, facts, as_of=on)


def show(
    line: Line, as_of: AsOf = None, known: Known = None, lang: Lang = None, as_json: Json = False
) -> None:
    """A line: its balances, statements, instalments, facts, and what is owed."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        key, row, facts, proven = _proven(frame, line, as_of, known)
        state = proven.state
        age = line_ageing(state, row.buckets)
        name = loan_id(key.person_id, key.loan_no)
        if as_json:
            frame.document(_line_document(name, facts, state, age))
        else:
            _show(frame, name, facts, state, age)


def _show(frame: Frame, name: str, facts: list[Fact], state: LineState, age: Ageing) -> None:
    money = state.terms.currency
    frame.tell(
        "cli-line-summary",
        line=name,
        as_of=state.as_of,
        currency=money,
        owed=amount(age.outstanding, money),
        available=amount(state.available, money),
        limit=amount(state.limit, money),
        overdue=amount(age.overdue, money),
        dpd=age.dpd,
    )
    frame.tell("cli-line-free" if state.is_free else "cli-line-bearing")
    if state.overpaid:
        frame.tell("cli-overpaid", currency=money, credit=amount(state.overpaid, money))
    columns = ("cli-row", "cli-closes-on", "cli-due-on", "cli-balance", "cli-minimum", "cli-unpaid",
               "cli-interest", "cli-late-charge")  # fmt: skip
    lines = [
        [
            s.nr,
            s.closes_on,
            s.due_on,
            *(amount(m, money) for m in (s.balance, s.minimum, s.unpaid)),
            amount(sum(s.interest.values()), money),
            amount(s.late_charge or 0, money),
        ]
        for s in state.statements
    ]
    _tables.table(frame, frame.say("cli-statements-title"), columns, lines)
    if state.plans:
        frame.console.print()
        heads = ("cli-row", "cli-converted-on", "cli-amount", "cli-left", "cli-instalments-left")
        told = [
            [p.nr, p.converted_on, amount(p.amount, money), amount(p.out, money), len(p.parts)]
            for p in state.plans
        ]
        _tables.table(frame, frame.say("cli-plans-title"), heads, told)
    frame.console.print()
    _facts.facts_table(frame, facts, state.void, money)


def _line_document(name: str, facts: list[Fact], state: LineState, age: Ageing) -> dict[str, Any]:
    return {
        "schema": "duewell.line/1",
        "line_id": name,
        "currency": state.terms.currency,
        "as_of": str(state.as_of),
        "limit_minor": state.limit,
        "available_minor": state.available,
        "owed_minor": _parts(state.owed),
        "overpaid_minor": state.overpaid,
        "is_interest_free": state.is_free,
        "balances": {
            kind.value: {"billed_minor": state.billed[kind], "new_minor": state.new[kind]}
            for kind in BalanceKind
        },
        "dpd": age.dpd,
        "bucket": age.bucket,
        "overdue_minor": age.overdue,
        "outstanding_minor": age.outstanding,
        "charged_off_on": str(state.charged_off_on) if state.charged_off_on else None,
        "next_statement_on": str(state.next_close),
        "statements": [_statement_document(each) for each in state.statements],
        "plans": [
            {
                "nr": p.nr,
                "converted_on": str(p.converted_on),
                "amount_minor": p.amount,
                "to_come_minor": p.parts,
                "rate_per_year": str(p.rate) if p.rate is not None else None,
                "share_a_month": str(p.pct) if p.pct is not None else None,
            }
            for p in state.plans
        ],
        "facts": [
            {
                "kind": f.kind.value,
                "effective_on": str(f.effective_on),
                "recorded_on": str(f.recorded_on),
                "source": f.source,
                "ref": f.source_ref,
                "amount_minor": f.amount,
            }
            for f in facts
        ],
        "void": void_document(state.void),
    }  # fmt: skip


def _parts(amounts: tuple[int, ...] | list[int]) -> dict[str, int]:
    return {part.name.lower(): amounts[part] for part in Part}


def _statement_document(each: Statement) -> dict[str, Any]:
    return {
        "nr": each.nr,
        "closes_on": str(each.closes_on),
        "due_on": str(each.due_on),
        "balance_minor": each.balance,
        "minimum_minor": each.minimum,
        "own_minimum_minor": _parts(each.due),
        "paid_minor": _parts(each.paid),
        "carried_minor": each.carried,
        "over_limit_minor": each.over_limit,
        "interest_minor": each.interest,
        "late_charge_minor": each.late_charge,
    }


def statement(
    line: Line,
    nr: Annotated[int | None, typer.Option("--nr", help="The statement's number; the last one else.")] = None,
    as_of: AsOf = None,
    known: Known = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """One closed statement: its movements, and where its interest comes from, day by day."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        key, _, _, proven = _proven(frame, line, as_of, known)
        each = _chosen(proven.state, nr)
        name = loan_id(key.person_id, key.loan_no)
        if as_json:
            frame.document(_one_statement(name, each, proven))
        else:
            _tell_statement(frame, name, each, proven)


def _chosen(state: LineState, nr: int | None) -> Statement:
    """The statement of a number, the last one else."""
    closed = len(state.statements)
    if not closed:
        raise NotFound("statement-none-closed", closes_on=state.next_close)
    if nr is not None and not 1 <= nr <= closed:
        raise NotFound("statement-not-found", given=nr, closed=closed)
    return state.statements[(nr or closed) - 1]


def _is_on(on: date, each: Statement) -> bool:
    return on <= each.closes_on and (on > each.start or each.nr == 1)


def _one_statement(name: str, each: Statement, proven: ProvenLine) -> dict[str, Any]:
    return {
        "schema": "duewell.line-statement/1",
        "line_id": name,
        "currency": proven.state.terms.currency,
        "as_of": str(proven.state.as_of),
        "rounding": proven.state.terms.rounding,
        **_statement_document(each),
        "movements": [
            {
                "on": str(a.fact.effective_on),
                "kind": a.kind,
                "source": a.fact.source,
                "ref": a.fact.source_ref,
                "amount_minor": a.amount,
                "parts_minor": _parts(a.parts),
                "overpaid_minor": a.overpaid,
                "principal_out_minor": a.balance,
            }
            for a in proven.state.applied
            if _is_on(a.fact.effective_on, each)
        ],
        "charges": [
            {
                "on": str(charge.on),
                "kind": charge.kind,
                "amount_minor": charge.amount,
                "slices": [_slice(piece) for piece in charge.slices],
            }
            for charge in proven.charges
            if charge.statement_nr == each.nr
        ],
    }


def _slice(piece: LineSlice) -> dict[str, Any]:
    return {
        "from": str(piece.start),
        "to": str(piece.end),
        "base_minor": piece.base,
        "rate": str(piece.rate),
        "share": str(piece.share),
        "exact_minor": str(piece.exact),
    }


def _tell_statement(frame: Frame, name: str, each: Statement, proven: ProvenLine) -> None:
    money = proven.state.terms.currency
    frame.tell(
        "cli-line-statement",
        nr=each.nr,
        line=name,
        closes_on=each.closes_on,
        currency=money,
        balance=amount(each.balance, money),
        minimum=amount(each.minimum, money),
        due_on=each.due_on,
    )
    columns = ("cli-date", "cli-kind", "cli-amount", "cli-principal", "cli-interest", "cli-fees",
               "cli-penalty", "cli-credit", "cli-out")  # fmt: skip
    lines = [
        [
            a.fact.effective_on,
            frame.say("movement-" + a.kind.replace("_", "-")),
            *(amount(m, money) for m in (a.amount, *reversed(a.parts), a.overpaid, a.balance)),
        ]
        for a in proven.state.applied
        if _is_on(a.fact.effective_on, each)
    ]
    _tables.table(frame, frame.say("cli-movements-title"), columns, lines)
    _facts.void_lines(frame, ((f, why) for f, why in proven.state.void if _is_on(f.effective_on, each)))
    frame.console.print()
    heads = ("cli-kind", "cli-from", "cli-to", "cli-base", "cli-rate", "cli-share", "cli-exact")
    charges = [charge for charge in proven.charges if charge.statement_nr == each.nr]
    told: list[list[object]] = []
    for charge in charges:
        kind, _, number = charge.kind.partition(" ")
        told += [
            [
                f"{frame.say('cli-of-' + kind)} {number}".strip(),
                s.start,
                s.end,
                amount(s.base, money),
                f"{Rate(s.rate).text()}%",
                s.share,
                exact_amount(s.exact.numerator, s.exact.denominator, money),
            ]
            for s in charge.slices
        ]
        told.append([frame.say("cli-rounded"), "", charge.on, "", "", "", amount(charge.amount, money)])
    _tables.table(frame, frame.say("cli-line-interest-title"), heads, told)


def explain(
    line: Line,
    nr: Annotated[
        int | None, typer.Option("--statement", help="The statement's number; the last one else.")
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            "--part", help="interest, fee, penalty, principal, minimum or late-charge; interest else."
        ),
    ] = None,
    total: Annotated[str | None, typer.Option("--total", help="balance, overdue or payoff.")] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, max=20, help="Levels of the tree; 4 else.")
    ] = None,
    as_of: AsOf = None,
    known: Known = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """One amount of a statement, or a total of the line, down to its slices and facts."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        for option, given in (("--statement", nr), ("--part", part)):
            if total is not None and given is not None:
                raise exclusive(option, "--total")
        key, _, _, proven = _proven(frame, line, as_of, known)
        proof = _asked_for(proven, nr, "interest" if part is None else part, total)
        money = proven.state.terms.currency
        if as_json:
            told = {"schema": "duewell.proof/1", "line_id": loan_id(key.person_id, key.loan_no)}
            told |= {"currency": money, "as_of": str(proven.state.as_of)}
            frame.document({**told, "proof": proof_document(proof)})
        else:
            frame.console.print(proof_tree(frame, proof, money, DEPTH if depth is None else depth))


def _asked_for(proven: ProvenLine, nr: int | None, part: str, total: str | None) -> Proof:
    """The proof a person asked for. Refuses a statement, part or total that is not there."""
    book = LineBook(proven)
    if total is not None:
        totals = book.totals()
        if total not in totals:
            raise NotFound("total-unknown", given=total[:40], known=", ".join(totals))
        return totals[total]
    names = {each.name.lower(): each for each in Part}
    if part not in (*names, "minimum", "late-charge"):
        known = ", ".join((*names, "minimum", "late-charge"))
        raise InvalidInput("part-unknown", given=part[:40], known=known)
    chosen = _chosen(proven.state, nr).nr
    if part in names:
        return book.asked(chosen, names[part])
    return book.minimum(chosen) if part == "minimum" else book.late_charge(chosen)
