"""Commands about one line: open, draw, convert, show, statement, explain.

Needs    a typer application to stand in; a Frame.
Gives    text or JSON.
Never    computes: the fold and its recorder say every figure.
Source   docs/reference/commands.md; docs/reference/line.md.
"""

from __future__ import annotations

import re
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
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Conversion, Fact, FactKind
from duewell.domain.line import (
    LineState,
    ProvenLine,
    Statement,
)
from duewell.domain.money import Currency, Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.product import (
    BalanceKind,
    CashFee,
    LateCharge,
    LineTerms,
    MinimumPayment,
    RateCap,
)
from duewell.services.open_line import open_line
from duewell.services.record_fact import Request, record_fact
from duewell.services.show_line import (
    ShownLine,
    chosen_line_proof,
    chosen_statement,
    is_on,
    line_document,
    look,
    statement_document,
)
from duewell.services.show_loan import proof_document

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


def _shown(frame: Frame, line: str, as_of: str | None, known: str | None) -> ShownLine:
    """The line at two dates with its facts. Refuses a day on which it was not there, or not known."""
    _, row = find_loan(frame, line)
    return look(frame.conn, row, as_of=day(as_of), known=day_or_instant(known))


def show(
    line: Line, as_of: AsOf = None, known: Known = None, lang: Lang = None, as_json: Json = False
) -> None:
    """A line: its balances, statements, instalments, facts, and what is owed."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        shown = _shown(frame, line, as_of, known)
        if as_json:
            frame.document(line_document(shown))
        else:
            _show(frame, shown.name, shown.facts, shown.state, shown.age)


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
        shown = _shown(frame, line, as_of, known)
        each = chosen_statement(shown.state, nr)
        if as_json:
            frame.document(statement_document(shown, each))
        else:
            _tell_statement(frame, shown.name, each, shown.proven)


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
        if is_on(a.fact.effective_on, each)
    ]
    _tables.table(frame, frame.say("cli-movements-title"), columns, lines)
    _facts.void_lines(frame, ((f, why) for f, why in proven.state.void if is_on(f.effective_on, each)))
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
        shown = _shown(frame, line, as_of, known)
        proof = chosen_line_proof(shown.proven, nr, "interest" if part is None else part, total)
        money = shown.state.terms.currency
        if as_json:
            told = {"schema": "duewell.proof/1", "line_id": shown.name}
            told |= {"currency": money, "as_of": str(shown.state.as_of)}
            frame.document({**told, "proof": proof_document(proof)})
        else:
            frame.console.print(proof_tree(frame, proof, money, DEPTH if depth is None else depth))
