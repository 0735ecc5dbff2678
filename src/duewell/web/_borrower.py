"""The borrower's pages: sign in, what is due, a loan and its plan, what if, why late, why this amount."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door, cookie_name, forget_cookie
from duewell.domain.access import Permission
from duewell.domain.delinquency import LATE_STEPS
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.money import currency, parse_amount
from duewell.domain.party import loan_id
from duewell.domain.product import LoanTerms, Part
from duewell.domain.proof import Proof
from duewell.domain.texts import cost_rate_text, money_text, plain_amount
from duewell.services import sign_in
from duewell.services.preview_loan import preview_loan
from duewell.services.show_cost import show_cost
from duewell.services.show_loan import Shown, chosen_proof, look, prove_at
from duewell.services.tell_proof import label_of, lines_of
from duewell.store import books, loans
from duewell.store.loans import LoanKey
from duewell.web._pages import (
    FORM_COOKIE,
    LANG_COOKIE,
    Form,
    goes_to,
    lang_of,
    path_of_ours,
    say_in,
    show,
    static_file,
)

door = Door(tags=["pages"], include_in_schema=False)
P = Permission
_SOON_DAYS = 7
_COMING = 3
_DAYS_AHEAD = 60


@door.get("/static/{name}", may=P.PUBLIC, media="text/css")
def static(ask: Asked, name: str) -> Response:
    """The files of the pages."""
    found = static_file(name)
    if found is None:
        raise NotFound("page-not-found")
    return found


@door.get("/language/{lang}", may=P.PUBLIC, media="text/html")
def set_language(ask: Asked, lang: str, to: Annotated[str, Query(max_length=300)] = "/home") -> Response:
    """Remember a language and go back."""
    response = goes_to(path_of_ours(to))
    if lang in ("zh", "en"):
        secure = ask.state.settings.is_https
        response.set_cookie(LANG_COOKIE, lang, max_age=31_536_000, path="/", samesite="lax", secure=secure)
    return response


# -- signing in ------------------------------------------------------------------------------------


@door.get("/", may=P.PUBLIC, media="text/html")
def front(ask: Asked) -> Response:
    """To the home page, which asks whoever is nobody to sign in."""
    return goes_to("/home")


@door.get("/sign-in", may=P.PUBLIC, media="text/html")
def sign_in_page(ask: Asked) -> Response:
    """Where a code is asked for."""
    return _sign_in_page(ask)


def _sign_in_page(ask: Ask, status: int = 200, **told: Any) -> Response:
    given = {"challenge": None, "to": "", "books": books.book_codes(ask.conn) or [""]}
    return show(ask, "sign_in.html", "web-sign-in", status, **(given | told))


@door.post("/sign-in", may=P.PUBLIC, media="text/html")
def ask_code_form(ask: Asked, form: Form) -> Response:
    """Send a code to a phone or address; the page is the same whether or not anybody is there."""
    to = form.get("to", "").strip()
    try:
        row = books.read_book(ask.conn, form.get("book", "")[:40])
        made = sign_in.ask_code(
            ask.conn,
            ask.state.keys,
            realm=row.book_id if row.is_sandbox else 0,
            field="email" if "@" in to else "phone",
            given=to or "-",
            come_from=ask.come_from,
            lang=lang_of(ask.request),
            at=ask.at,
        )
    except Refusal as refusal:
        return _sign_in_page(ask, 422, wrong=say_in(lang_of(ask.request))(refusal.code, **refusal.facts))
    if made.code is not None:
        threading.Thread(target=ask.state.send_code, args=(made,), daemon=True).start()
    return _sign_in_page(ask, challenge=made.challenge, to=to)


@door.post("/sign-in/code", may=P.PUBLIC, media="text/html")
def use_code_form(ask: Asked, form: Form) -> Response:
    """Sign in by the code."""
    challenge = form.get("challenge", "")
    try:
        made = sign_in.sign_in_by_code(
            ask.conn,
            challenge=challenge,
            code=form.get("code", "").strip(),
            come_from=ask.come_from,
            at=ask.at,
        )
    except Refusal as refusal:
        wrong = say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
        return _sign_in_page(ask, 422, challenge=challenge, to=form.get("to", "")[:80], wrong=wrong)
    response = goes_to("/home")
    session = cookie_name(is_https=ask.state.settings.is_https)
    for name, value in ((session, made.token), (FORM_COOKIE, made.csrf)):
        response.set_cookie(
            name,
            value,
            max_age=int((made.expires_at - ask.at).total_seconds()),
            path="/",
            secure=ask.state.settings.is_https,
            httponly=True,
            samesite="lax",
        )
    return response


@door.post("/sign-out", may=P.SIGNED_IN, media="text/html")
def sign_out_form(ask: Asked, form: Form) -> Response:
    """End this session."""
    sign_in.sign_out(ask.conn, ask.identity.session, actor=ask.identity.actor, at=ask.at)
    response = goes_to("/sign-in")
    forget_cookie(response, is_https=ask.state.settings.is_https)
    response.delete_cookie(FORM_COOKIE, path="/")
    return response


# -- what is due -----------------------------------------------------------------------------------


def _own(ask: Ask) -> list[Shown]:
    """The person's loans as they stand; lines have pages of their own."""
    assert ask.identity.person_id is not None
    found = []
    for key, *_ in loans.loans_of_person(ask.conn, ask.identity.person_id):
        row = loans.read_loan(ask.conn, key)
        if isinstance(row.terms, LoanTerms):
            found.append(look(ask.conn, row))
    return found


@door.get("/home", may=P.OWN_READ, media="text/html")
def home(ask: Asked) -> Response:
    """One sentence: what is to be paid, and when; then what comes, and the loans."""
    own = _own(ask)
    late = next((_late(each) for each in sorted(own, key=lambda s: -s.age.dpd) if each.age.overdue), None)
    due: list[dict[str, Any]] = sorted(
        (
            {"loan": each.name, "on": row.due_on, "amount": row.unpaid, "currency": each.row.terms.currency}
            for each in own
            for row in each.state.rows
            if row.due_on >= each.state.as_of and row.unpaid
        ),
        key=lambda each: str(each["on"]),
    )
    coming, next_ = due[:_COMING], None
    if coming and late is None:
        next_ = {**coming[0], "soon": (coming[0]["on"] - own[0].state.as_of).days <= _SOON_DAYS}
    told = [
        {
            "loan": each.name,
            "began": each.row.loan_terms.start,
            "out": each.age.outstanding,
            "currency": each.row.terms.currency,
        }
        for each in own
    ]
    return show(ask, "home.html", "web-home", late=late, next=next_, coming=coming, loans=told)


def _late(shown: Shown) -> dict[str, Any]:
    return {
        "loan": shown.name,
        "since": shown.age.since,
        "amount": shown.age.overdue,
        "currency": shown.row.terms.currency,
    }


def _shown(ask: Ask, loan: str) -> tuple[LoanKey, Shown]:
    key = ask.loan(loan)
    return key, look(ask.conn, loans.read_loan(ask.conn, key))


@door.get("/loans/{loan}", may=P.OWN_READ, media="text/html")
def loan_page(ask: Asked, loan: str) -> Response:
    """A loan: what settles it, what it costs, its plan."""
    key, shown = _shown(ask, loan)
    _, payoff = prove_at(shown)
    cost = show_cost(ask.conn, key).cost
    rows = [
        {
            "nr": row.nr,
            "on": row.due_on,
            "due": sum(row.due),
            "principal": row.due[Part.PRINCIPAL],
            "interest": row.due[Part.INTEREST],
            "rest": row.due[Part.FEE] + row.due[Part.PENALTY],
            "state": _state(row.unpaid, row.due_on, shown.state.as_of),
        }
        for row in shown.state.rows
        if any(row.due) or any(row.paid)
    ]
    return show(
        ask,
        "loan.html",
        "web-loan",
        loan=shown.name,
        began=shown.row.loan_terms.start,
        as_of=shown.state.as_of,
        currency=shown.row.terms.currency,
        payoff=payoff.amount if payoff is not None else 0,
        nominal=_pct(cost.rates.nominal),
        effective=_pct(cost.rates.effective),
        cost=cost.interest + cost.fees + cost.penalties - cost.forgiven,
        rows=rows,
    )


def _state(unpaid: int, due_on: date, as_of: date) -> str:
    if not unpaid:
        return "paid"
    return "late" if due_on < as_of else "today" if due_on == as_of else "coming"


def _pct(rate: Fraction | None) -> str:
    return cost_rate_text(rate) if rate is not None else "-"


# -- what if ---------------------------------------------------------------------------------------

_PARTS = (
    (Part.PENALTY, "web-part-penalty"),
    (Part.FEE, "web-part-fee"),
    (Part.INTEREST, "web-part-interest"),
    (Part.PRINCIPAL, "web-part-principal"),
)


@door.get("/loans/{loan}/what-if", may=P.OWN_READ, media="text/html")
def what_if(
    ask: Asked,
    loan: str,
    amount: Annotated[str | None, Query(max_length=40)] = None,
    on: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    """What a payment would do: where each yuan goes, what is left then. Nothing is written."""
    key, shown = _shown(ask, loan)
    money, today = shown.row.terms.currency, shown.state.as_of
    days = [today + timedelta(days=n) for n in (0, 1, 2, 3, 7, 14)]
    days += [
        row.due_on for row in shown.state.rows if today < row.due_on < today + timedelta(days=_DAYS_AHEAD)
    ]
    told: dict[str, Any] = {
        "loan": shown.name,
        "currency": money,
        "days": sorted(set(days)),
        "on": on or today.isoformat(),
        "choices": _choices(shown),
        "given": None,
        "typed": amount or "",
        "after": None,
    }
    if amount is not None:
        try:
            given = parse_amount(amount, currency(money)).minor
            if given <= 0:
                raise InvalidInput("amount-not-positive", amount_minor=given)
            told |= _after(ask, key, given, told["on"], money)
        except Refusal as refusal:
            say = say_in(lang_of(ask.request))
            return show(
                ask, "what_if.html", "web-what-if", 422, **told, wrong=say(refusal.code, **refusal.facts)
            )
    return show(ask, "what_if.html", "web-what-if", **told)


def _choices(shown: Shown) -> list[tuple[str, int]]:
    """Amounts one would choose from, none of them twice."""
    _, payoff = prove_at(shown)
    coming = (row.unpaid for row in shown.state.rows if row.due_on >= shown.state.as_of and row.unpaid)
    named = {shown.age.overdue: "web-overdue-only"}
    named.setdefault(next(coming, 0), "web-next-instalment")
    named.setdefault(payoff.amount if payoff is not None else 0, "web-settle")
    return [(name, given) for given, name in named.items() if given]


def _after(ask: Ask, key: LoanKey, given: int, on: str, money: str) -> dict[str, Any]:
    line = f"{on} pay {plain_amount(given, money)}"
    futures = preview_loan(ask.conn, key, {"paid": [line]}).futures
    before, after = futures["as-it-is"], futures["paid"]
    paid = next(each for each in after.state.applied if each.fact.source == "preview")
    parts = [(name, paid.parts[part]) for part, name in _PARTS if paid.parts[part]]
    if paid.overpaid:
        parts.append(("web-part-credit", paid.overpaid))
    return {
        "given": given,
        "parts": parts,
        "before": {"ends": before.ends_on},
        "after": {"ends": after.ends_on, "cost": after.cost, "overdue": after.age.overdue},
        "saved": max(before.cost - after.cost, 0),
    }


# -- why late, why this amount ---------------------------------------------------------------------


@door.get("/loans/{loan}/late", may=P.OWN_READ, media="text/html")
def late_page(ask: Asked, loan: str) -> Response:
    """Why something is overdue, what each day adds, what comes when, and how to stop it."""
    key, shown = _shown(ask, loan)
    today, money = shown.state.as_of, shown.row.terms.currency
    parts = [
        (name, sum(max(row.due[part] - row.paid[part], 0) for row in shown.state.rows if row.due_on < today))
        for part, name in _PARTS
    ]
    tomorrow = look(ask.conn, shown.row, as_of=today + timedelta(days=1), known=today)
    since = shown.age.since
    steps = [
        {"kind": kind, "on": since + timedelta(days=after)}
        for after, kind in LATE_STEPS
        if since is not None and since + timedelta(days=after) > today
    ]
    return show(
        ask,
        "late.html",
        "web-late",
        loan=shown.name,
        currency=money,
        overdue=shown.age.overdue,
        dpd=shown.age.dpd,
        since=since,
        parts=[(name, amount) for name, amount in parts if amount],
        grows=max(tomorrow.age.overdue - shown.age.overdue, 0) if not _falls_due(shown) else 0,
        steps=steps,
        key=loan_id(key.person_id, key.loan_no),
    )


def _falls_due(shown: Shown) -> bool:
    """Whether a row falls due today, so that tomorrow's sum is not today's grown."""
    return any(row.due_on == shown.state.as_of and row.unpaid for row in shown.state.rows)


@door.get("/loans/{loan}/why", may=P.OWN_READ, media="text/html")
def why(
    ask: Asked,
    loan: str,
    row: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    total: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """An amount opened to its derivation, step by step."""
    _, shown = _shown(ask, loan)
    proven, payoff = prove_at(shown)
    if total is not None or row is None:
        roots = [chosen_proof(proven, payoff, row=None, part="", total=total or "outstanding")]
    else:
        roots = [
            chosen_proof(proven, payoff, row=row, part=part.name.lower(), total=None)
            for part, _ in reversed(_PARTS)
        ]
    lang, money = lang_of(ask.request), shown.row.terms.currency
    told = [_tree(root, 1, lang, money) for root in roots if root.amount or total]
    return show(ask, "why.html", "web-why-amount", loan=shown.name, roots=told)


def _tree(proof: Proof, sign: int, lang: str, money: str) -> dict[str, Any]:
    say = say_in(lang)
    bounds = [each for each in (proof.of, proof.at_least, proof.at_most) if each is not None]
    return {
        "label": label_of(proof, say),
        "figure": money_text(sign * proof.amount, money, lang),
        "told": list(lines_of(proof, say, money)),
        "terms": [_tree(each, sign_, lang, money) for sign_, each in proof.terms if each.amount]
        + [_tree(each, 1, lang, money) for each in bounds],
    }
