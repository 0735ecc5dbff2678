"""The tables of a loan: its schedule, the same by year; and of a line: its statements, balances, plans.

Needs    a View.
Gives    schedule_table, years_table, statements_table, balances_table, plans_table.
Never    computes an amount that the fold does not hold: sums of its rows stand under them.
Source   docs/reference/console.md, section a loan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duewell.domain.line import LineState
from duewell.domain.loan import LoanState
from duewell.domain.product import BalanceKind
from duewell.domain.texts import rate_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.web._tables import Opens
from duewell.web.staff._asked import Said
from duewell.web.staff._contract import PART_COLUMNS, View, parts_of


def _columns(view: View) -> list[Column]:
    say, money = view.say, view.money
    return [
        *(Column(name, say(code), Kind.MONEY, money) for name, code in PART_COLUMNS),
        Column("due", say("console-due"), Kind.MONEY, money),
        Column("paid", say("console-paid"), Kind.MONEY, money),
        Column("unpaid", say("console-unpaid"), Kind.MONEY, money),
    ]


def _amounts(row: Any) -> tuple[int, ...]:
    return (*parts_of(row.due), sum(row.due), sum(row.paid), row.unpaid)


def _sums(rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*rows, strict=True)) or (0,) * 7


def _asking(state: LoanState) -> list[Any]:
    return [row for row in state.rows if any(row.due) or any(row.paid)]


def schedule_table(view: View, state: LoanState) -> tuple[Table, Opens]:
    """Every row that asks or got something, what it asks by part, what it got; totals below."""
    say = view.say
    rows = _asking(state)
    amounts = [_amounts(row) for row in rows]
    table = Table(
        "schedule",
        say("console-schedule"),
        (
            Column("nr", say("console-nr"), Kind.COUNT),
            Column("due_on", say("console-due-on"), Kind.DAY),
            *_columns(view),
            Column("state", say("console-state"), words=lambda code: _state_text(say, code)),
        ),
        [(row.nr, row.due_on, *each, _state(row, state)) for row, each in zip(rows, amounts, strict=True)],
        totals=(say("console-total"), None, *_sums(amounts), None),
        **view.about,
        query=view.at("").replace("/?", "?"),
    )
    parts = {name for name, _ in PART_COLUMNS}

    def opens(place: int, column: str) -> str | None:
        nr = rows[place].nr
        if column in parts:
            return view.at("why", row=nr, part=column)
        if column in ("due", "unpaid"):
            return view.at("why", row=nr)
        return view.at("why", row=nr, side="paid") if column == "paid" else None

    return table, opens


_OFF = "charged-off"


def _state_text(say: Said, code: str) -> str:
    return say("console-charged-off") if code == _OFF else say("web-row-" + code)


def _state(row: Any, state: LoanState) -> str:
    if not row.unpaid:
        return "paid"
    if state.charged_off_on is not None:
        # The whole is claimed: a row of its own is neither late nor to come.
        return _OFF
    if row.due_on < state.as_of:
        return "late"
    return "today" if row.due_on == state.as_of else "coming"


def years_table(view: View, state: LoanState) -> Table:
    """The schedule by calendar year of the due dates."""
    found: dict[int, list[tuple[int, ...]]] = {}
    for row in _asking(state):
        found.setdefault(row.due_on.year, []).append(_amounts(row))
    sums = {year: _sums(each) for year, each in sorted(found.items())}
    say = view.say
    return Table(
        "years",
        say("console-by-year"),
        (Column("year", say("console-year")), *_columns(view)),
        [(str(year), *each) for year, each in sums.items()],
        totals=(say("console-total"), *_sums(list(sums.values()))),
        **view.about,
        query=view.at("").replace("/?", "?"),
    )


# -- lines -----------------------------------------------------------------------------------------


def statements_table(view: View, state: LineState) -> tuple[Table, Opens]:
    """Every statement that closed: what it said is owed, and what of its minimum was paid."""
    say, money = view.say, view.money
    rows = state.statements
    table = Table(
        "statements",
        say("console-statements"),
        (
            Column("nr", say("console-nr"), Kind.COUNT),
            Column("closes_on", say("console-closes-on"), Kind.DAY),
            Column("due_on", say("console-due-on"), Kind.DAY),
            Column("balance", say("console-balance"), Kind.MONEY, money),
            Column("minimum", say("console-minimum"), Kind.MONEY, money),
            *_columns(view),
            Column("carried", say("console-carried"), Kind.MONEY, money),
        ),
        [
            (each.nr, each.closes_on, each.due_on, each.balance, each.minimum, *_amounts(each), each.carried)
            for each in rows
        ],
        **view.about,
        query=view.at("").replace("/?", "?"),
    )
    parts = {name for name, _ in PART_COLUMNS} | {"minimum"}

    def opens(place: int, column: str) -> str | None:
        return view.at("why", statement=rows[place].nr, part=column) if column in parts else None

    return table, opens


def balances_table(view: View, state: LineState) -> Table:
    """What is drawn by kind: on the last statement, and since."""
    say, money = view.say, view.money
    return Table(
        "balances",
        say("console-balances"),
        (
            Column("kind", say("console-kind")),
            Column("billed", say("console-billed"), Kind.MONEY, money),
            Column("new", say("console-unbilled"), Kind.MONEY, money),
        ),
        [(say("balance-" + kind.value), state.billed[kind], state.new[kind]) for kind in BalanceKind],
        **view.about,
        query=view.at("").replace("/?", "?"),
    )


def plans_table(view: View, state: LineState) -> Table:
    """Purchases that became instalments."""
    say, money = view.say, view.money
    return Table(
        "plans",
        say("console-plans"),
        (
            Column("nr", say("console-nr"), Kind.COUNT),
            Column("converted_on", say("console-converted-on"), Kind.DAY),
            Column("amount", say("console-amount"), Kind.MONEY, money),
            Column("to_come", say("console-to-come"), Kind.MONEY, money),
            Column("left", say("console-instalments-left"), Kind.COUNT),
            Column("rate", say("console-rate")),
        ),
        [
            (
                plan.nr,
                plan.converted_on,
                plan.amount,
                sum(plan.parts),
                len(plan.parts),
                rate_text(plan.rate, view.lang) if plan.rate is not None else None,
            )
            for plan in state.plans
        ],
        **view.about,
        query=view.at("").replace("/?", "?"),
    )
