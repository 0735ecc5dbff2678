"""What if: what a payment of this much on that day would do. Nothing is written."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Asked, Door
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.product import LoanTerms
from duewell.services.show_payable import payable
from duewell.store import loans
from duewell.web._pages import goes_to, lang_of, say_in, show
from duewell.web.borrower._loans import choices, shown_loan, supposed, typed_amount

door = Door(tags=["pages"], include_in_schema=False)
_DAYS = (0, 1, 2, 3, 7, 14)
_DAYS_AHEAD = timedelta(days=60)


@door.get("/loans/{loan}/what-if", may=Permission.OWN_READ, media="text/html")
def what_if(
    ask: Asked,
    loan: str,
    amount: Annotated[str | None, Query(max_length=40)] = None,
    on: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    """Where each yuan goes, what is left then, what is saved."""
    row = loans.read_loan(ask.conn, ask.loan(loan))
    if not isinstance(row.terms, LoanTerms):
        # A line has no plan to compare: its page to pay on shows what a payment does.
        return goes_to(f"/loans/{loan}/pay")
    key, shown = shown_loan(ask, loan)
    if shown.state.charged_off_on is not None:
        return goes_to(f"/loans/{loan}/pay")
    money, today = shown.row.terms.currency, shown.state.as_of
    days = {today + timedelta(days=n) for n in _DAYS}
    days |= {row.due_on for row in shown.state.rows if today < row.due_on < today + _DAYS_AHEAD}
    told: dict[str, Any] = {
        "loan": shown.name,
        "currency": money,
        "days": sorted(days),
        "on": on or today.isoformat(),
        "choices": choices(payable(ask.conn, key).offers),
        "given": None,
        "typed": amount or "",
        "after": None,
        "is_today": (on or today.isoformat()) == today.isoformat(),
    }
    status = 200
    if amount is not None:
        try:
            day = parse_date(told["on"])
            if not today <= day <= today + _DAYS_AHEAD:
                raise InvalidInput("what-if-day", day=day, first=today, last=today + _DAYS_AHEAD)
            told |= supposed(ask, key, typed_amount(amount, money), day.isoformat(), money)
        except Refusal as refusal:
            status, say = 422, say_in(lang_of(ask.request))
            told["wrong"] = say(refusal.code, **refusal.facts)
    return show(ask, "borrower/what_if.html", "web-what-if", status, **told)
