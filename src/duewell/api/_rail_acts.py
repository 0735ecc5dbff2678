"""Acts of rails that wait for a second person: how they are asked for, shown, and done.

Needs    an Ask; the act's content; for a payee the keys.
Gives    wait_for_second, shown, acts; payee_of_request, masked_payer.
Never    keeps or shows a payee's whole name or account.
Source   docs/reference/access.md, section four eyes; docs/reference/privacy.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from duewell.api._door import Ask
from duewell.api._models import Given
from duewell.domain.access import Act
from duewell.domain.errors import Conflict
from duewell.domain.party import loan_id, masked, parse_loan_id
from duewell.domain.receipts import Payer
from duewell.gateways.keys import Seals
from duewell.services import decide_request
from duewell.services.match_suspense import match_suspense
from duewell.services.record_fact import Request
from duewell.services.refund_loan import refund_loan
from duewell.services.send_back_suspense import send_back_suspense
from duewell.services.set_rail import set_rail
from duewell.store import private
from duewell.store.approvals import Approval
from duewell.store.loans import LoanKey
from duewell.store.paying import check_payee

Visible = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class PayeeGiven(Given):
    """Whose account it is and where."""

    name: Visible
    account: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
    bank: Visible = ""

    def payer(self) -> Payer:
        """As the rails know it. Refuses what nobody can see."""
        made = Payer(self.name, self.account, self.bank)
        check_payee(made)
        return made


def wait_for_second(
    ask: Ask,
    act: Act,
    *,
    book: str | None,
    target: str,
    payload: Mapping[str, Any],
    loan: LoanKey | None = None,
    payee: Payer | None = None,
) -> dict[str, Any]:
    """Ask for an act. A payee is sealed: with the key of the loan's person, or by the master key."""
    sealed, secret = None, b""
    if payee is not None:
        person = loan.person_id if loan is not None else private.NOBODY
        with ask.conn.transaction():
            blob = private.seal_for(
                ask.conn, Seals(ask.state.keys), person, _place(act.value, target), asdict(payee)
            )
        sealed = base64.b64encode(blob).decode()
        secret = ask.state.keys.blind("payee", payee.name, payee.account, payee.bank)
    told = decide_request.ask(
        ask.conn,
        act,
        book=book,
        target=target,
        payload=payload,
        loan=loan,
        request=ask.keyed(),
        sealed=sealed,
        secret=secret,
    )
    return shown(ask, told)


def _place(act: str, target: str) -> str:
    return f"approval/{act}/{target}"


def payee_of_request(ask: Ask, act: str, target: str, content: Mapping[str, Any]) -> Payer | None:
    """The payee of a request; None where there is none, or the person was erased."""
    sealed = content.get("sealed")
    if not isinstance(sealed, str):
        return None
    try:
        blob = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        return None
    person = parse_loan_id(target)[0] if act == Act.REFUND else private.NOBODY
    told = private.open_for(ask.conn, Seals(ask.state.keys), person, _place(act, target), blob)
    return Payer(**told) if told is not None else None


def masked_payer(payer: Payer) -> dict[str, str]:
    """Of a name its first letters, of an account its end."""
    return {
        "name": masked("name", payer.name) if payer.name else "",
        "account_end": payer.account[-4:],
        "bank": payer.bank,
    }


def shown(ask: Ask, told: dict[str, Any]) -> dict[str, Any]:
    """A request as whoever decides sees it: its payee masked, of a tape what it comes to."""
    if told["act"] == Act.TAPE:
        return told | {"content": {name: each for name, each in told["content"].items() if name != "rows"}}
    if "sealed" not in told["content"]:
        return told
    payee = payee_of_request(ask, told["act"], told["target"], told["content"])
    content = {name: value for name, value in told["content"].items() if name != "sealed"}
    return told | {"content": content | {"payee": masked_payer(payee) if payee is not None else None}}


def moved(done: Mapping[str, Any]) -> dict[str, Any]:
    """What moving money answers, its names in one order."""
    return {name: done[name] for name in sorted(done)}


def refunded(key: LoanKey, done: Mapping[str, Any]) -> dict[str, Any]:
    """What a refund answers: the loan after it, and the order to pay."""
    left_out = ("schema", "person_id", "loan_no")
    told = {name: done[name] for name in sorted(done) if name not in left_out}
    return {"schema": "duewell.refund/1", "loan_id": loan_id(key.person_id, key.loan_no), **told}


def acts(ask: Ask) -> dict[Act, decide_request.Do]:
    """What does each of them once it is approved."""

    def by(found: Approval, at: datetime) -> Request:
        return Request(
            "requests", f"request-{found.approval_id}", f"{found.asked_by}+{ask.identity.actor}", at
        )

    def rail(found: Approval, at: datetime) -> dict[str, Any]:
        set_rail(ask.conn, str(found.book), found.payload["rail"])
        return {"schema": "duewell.rail-set/1", "rail": found.payload["rail"]["code"]}

    def match(found: Approval, at: datetime) -> dict[str, Any]:
        told = found.payload
        done = match_suspense(
            ask.conn,
            str(found.book),
            rail=told["rail"],
            ref=told["ref"],
            loan=LoanKey(*parse_loan_id(told["loan"])),
            amount=told["amount_minor"],
            request=by(found, at),
        )
        return moved(done)

    def send_back(found: Approval, at: datetime) -> dict[str, Any]:
        told = found.payload
        done = send_back_suspense(
            ask.conn,
            ask.state.keys,
            str(found.book),
            rail=told["rail"],
            ref=told["ref"],
            by_rail=told["by"],
            payee=payee_of_request(ask, found.act, found.target, told),
            amount=told["amount_minor"],
            request=by(found, at),
        )
        return moved(done)

    def refund(found: Approval, at: datetime) -> dict[str, Any]:
        key = LoanKey(*parse_loan_id(found.target))
        payee = payee_of_request(ask, found.act, found.target, found.payload)
        if payee is None:
            raise Conflict("person-erased")
        done = refund_loan(
            ask.conn,
            ask.state.keys,
            str(found.book),
            found.payload["rail"],
            key,
            amount=found.payload["amount_minor"],
            payee=payee,
            request=by(found, at),
        )
        return refunded(key, done)

    return {Act.RAIL: rail, Act.MATCH: match, Act.SEND_BACK: send_back, Act.REFUND: refund}
