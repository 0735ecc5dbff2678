"""What a request would do, in words: each act's content as one sentence, and a fact's line read out.

Needs    an Ask; a request.
Gives    told: the sentence; line_told, for whoever shows a fact line.
Never    decides or computes anything; what cannot be read is shown as it was written.
Source   docs/reference/console.md, section requests; docs/reference/fact-lines.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from duewell.api import Ask
from duewell.domain.access import Act
from duewell.domain.errors import Refusal
from duewell.domain.facts import (
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    FactLines,
    ReAged,
    ReAmortized,
)
from duewell.domain.money import currency
from duewell.domain.party import parse_loan_id
from duewell.domain.texts import money_text, rate_text, short_day_text
from duewell.store import books, loans
from duewell.store.approvals import Approval
from duewell.store.loans import LoanKey
from duewell.web._pages import lang_of
from duewell.web.staff._desk import say

_PARTS = ("penalty", "fee", "interest", "principal")


def told(ask: Ask, found: Approval) -> str:
    """What a request would do, as one sentence."""
    try:
        return _SAID[Act(found.act)](ask, found)
    except (Refusal, KeyError, ValueError, TypeError):
        # An older request may have another shape: it is still to be seen and decided.
        return say(ask)("console-does-other", what=f"{found.act} {found.target}")


def _fact(ask: Ask, found: Approval) -> str:
    return line_told(ask, LoanKey(*parse_loan_id(found.target)), found.payload["line"])


def line_told(ask: Ask, key: LoanKey, line: str) -> str:
    """A fact line as a sentence; as it was written where it can be read no longer."""
    row, facts = loans.read_loan(ask.conn, key), loans.read_facts(ask.conn, key)
    code = row.terms.currency
    try:
        fact = FactLines(currency(code), facts).read(
            line, source="page", source_ref="read", recorded_on=row.book_open_on, on=row.book_open_on
        )
        return fact_told(ask, fact, code, facts)
    except Refusal:
        return say(ask)("console-does-other", what=line)


def fact_told(ask: Ask, fact: Fact, code: str, facts: Any = ()) -> str:
    """A fact as a sentence."""
    t, lang = say(ask), lang_of(ask.request)
    on = short_day_text(fact.effective_on, lang)
    amount = money_text(fact.amount, code, lang)
    if fact.kind is FactKind.WAIVED and fact.parts is not None:
        between = "、" if lang == "zh" else ", "
        told = zip(_PARTS, fact.parts, strict=True)
        parts = between.join(
            f"{t(f'part-{part}')} {money_text(minor, code, lang)}" for part, minor in told if minor
        )
        return t("console-does-waived", parts=parts, on=on)
    if fact.kind is FactKind.RATE_CHANGED and fact.rate is not None:
        rate = rate_text(fact.rate, lang)
        if fact.balance is not None:
            return t("console-does-rate-of", rate=rate, on=on, balance=t(f"balance-{fact.balance.value}"))
        return t("console-does-rate", rate=rate, on=on)
    if fact.kind is FactKind.PAUSE_SET and fact.until is not None:
        return t("console-does-pause", on=on, until=short_day_text(fact.until, lang))
    if fact.kind is FactKind.RESCHEDULED:
        return _plan(ask, fact)
    if fact.kind in (FactKind.REVERSED, FactKind.PAYMENT_RETURNED) and fact.reverses is not None:
        gone = next((each for each in facts if each.key == fact.reverses), None)
        what = t("fact-" + fact.reverses[0].lower())
        if gone is not None and gone.amount:
            what += " " + money_text(gone.amount, code, lang)
        day = short_day_text(gone.effective_on, lang) if gone is not None else "–"
        return t("console-does-reversed", what=what, day=day, ref=fact.reverses[2])
    if fact.kind in _AMOUNTS:
        return t(_AMOUNTS[fact.kind], amount=amount, on=on)
    return t("console-does-kind", kind=t("fact-" + fact.kind.value.lower()), amount=amount, on=on)


_AMOUNTS = {
    FactKind.CHARGED_OFF: "console-does-charge-off",
    FactKind.REFUNDED: "console-does-refunded",
    FactKind.LIMIT_CHANGED: "console-does-limit",
}


def _plan(ask: Ask, fact: Fact) -> str:
    t, lang, plan = say(ask), lang_of(ask.request), fact.reschedule
    if isinstance(plan, DueDateMoved):
        days = (short_day_text(plan.from_due, lang), short_day_text(plan.to_due, lang))
        return t("console-does-moved", before=days[0], after=days[1])
    if isinstance(plan, Extended):
        return t("console-does-extended", day=short_day_text(plan.from_due, lang), extra=plan.extra)
    if isinstance(plan, ReAged):
        return t(
            "console-does-re-aged",
            instalments=plan.instalments,
            every=plan.every,
            unit=t("unit-" + plan.frequency.value.lower()),
            first=short_day_text(plan.first_due, lang),
        )
    assert isinstance(plan, ReAmortized)
    return t("console-does-re-amortized")


# -- the other acts --------------------------------------------------------------------------------


def roles_said(ask: Ask, roles: Any) -> str:
    """Roles in the reader's words."""
    t = say(ask)
    between = "、" if lang_of(ask.request) == "zh" else ", "
    return between.join(t(f"console-role-{each}") for each in roles)


def _roles(ask: Ask, found: Approval) -> str:
    given = found.payload
    if not given["roles"]:
        return say(ask)("console-does-roles-none", login=given["login"])
    return say(ask)("console-does-roles", login=given["login"], roles=roles_said(ask, given["roles"]))


def _product(ask: Ask, found: Approval) -> str:
    return say(ask)("console-does-product", product=found.payload["code"])


def _tape(ask: Ask, found: Approval) -> str:
    given = found.payload
    amount = _money(ask, found, given["principal_out_minor"])
    return say(ask)("console-does-tape", count=given["loans"], amount=amount, name=given["name"])


def _erasure(ask: Ask, found: Approval) -> str:
    return say(ask)("console-does-erasure", person=found.payload["person"])


def _rail(ask: Ask, found: Approval) -> str:
    rail = found.payload["rail"]
    kind = say(ask)(f"cli-rail-{rail['kind']}")
    return say(ask)("console-does-rail", rail=rail["code"], kind=kind)


def _money(ask: Ask, found: Approval, minor: int | None) -> str:
    """An amount of the book's currency; all of it where none is named."""
    if minor is None:
        return say(ask)("console-does-all")
    code = books.read_book(ask.conn, str(found.book)).currency
    return money_text(minor, code, lang_of(ask.request))


def _match(ask: Ask, found: Approval) -> str:
    given = found.payload
    amount = _money(ask, found, given["amount_minor"])
    return say(ask)("console-does-match", amount=amount, ref=given["ref"], loan=given["loan"])


def _send_back(ask: Ask, found: Approval) -> str:
    given = found.payload
    amount = _money(ask, found, given["amount_minor"])
    return say(ask)("console-does-send-back", amount=amount, ref=given["ref"])


def _refund(ask: Ask, found: Approval) -> str:
    given = found.payload
    amount = _money(ask, found, given["amount_minor"])
    return say(ask)("console-does-refund", amount=amount, loan=found.target, rail=given["rail"])


_SAID: dict[Act, Callable[[Ask, Approval], str]] = {
    Act.FACT: _fact,
    Act.ROLES: _roles,
    Act.PRODUCT: _product,
    Act.TAPE: _tape,
    Act.ERASURE: _erasure,
    Act.RAIL: _rail,
    Act.MATCH: _match,
    Act.SEND_BACK: _send_back,
    Act.REFUND: _refund,
}
