"""Facts as lines of text, one fact a line, and back: how people, stories and what-ifs write them.

Needs    a currency for amounts; the facts there are, where a line takes one of them back.
Gives    FactLines.read and fact_line: the same fact both ways.
Never    guesses a verb, an amount or a date.
Source   docs/reference/fact-lines.md.

    2026-04-12 pay 50.00                          2026-05-01 move 2026-05-15 to 2026-05-25
    2026-04-12 settle                             2026-05-01 extend by 3 from 2026-06-01
    2026-04-12 fee 1.5% of scheduled principal    2026-05-01 re-age into 6 from 2026-06-01 every 1 months
    2026-04-12 rate 7%                            2026-05-01 re-amortize
    2026-04-12 pause until 2026-06-30             2026-05-01 waive penalty 3.00 interest 12.00
    2026-04-12 charge-off                         2026-05-01 return r-17

Of a line: draw 100.00 as cash, convert 900.00 into 12 at 0.6% a month, limit 8000.00, rate 7% on purchase.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import Frequency, parse_date
from duewell.domain.errors import InvalidInput
from duewell.domain.facts._facts import (
    TAKING_BACK,
    ChargeBase,
    Conversion,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    fact_named,
)
from duewell.domain.money import Currency, Money, Rate, parse_amount, parse_rate_pct
from duewell.domain.product import BalanceKind

_LINE_MAX = 200
_COUNT_MAX = 1200
_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_REF = r"([!-~]{1,200})"
_BASE = "|".join(re.escape(each.value) for each in sorted(ChargeBase, key=lambda b: -len(b.value)))
_PARTS = ("penalty", "fee", "interest", "principal")
_MONEY = {
    "pay": FactKind.PAYMENT_RECEIVED,
    "lend": FactKind.DISBURSED,
    "refund": FactKind.REFUNDED,
    "recover": FactKind.RECOVERED,
}
_CHARGES = {"fee": FactKind.FEE_CHARGED, "penalty": FactKind.PENALTY_CHARGED}
_BACK = {"return": FactKind.PAYMENT_RETURNED, "reverse": FactKind.REVERSED}
_NO_WORDS = {"settle": FactKind.PAID_OFF, "charge-off": FactKind.CHARGED_OFF}
_FORMS = {
    "pay": r"pay (\S+)(?: as (merchant_issued_refund))?",
    "lend": r"lend (\S+)",
    "draw": r"draw (\S+) as (purchase|cash)",
    "convert": r"convert (\S+) into ([0-9]{1,4}) at (\S+)% a (month|year)",
    "limit": r"limit (\S+)",
    "refund": r"refund (\S+)",
    "recover": r"recover (\S+)",
    "fee": rf"fee (?:(\S+)% of ({_BASE})|(\S+))",
    "penalty": rf"penalty (?:(\S+)% of ({_BASE})|(\S+))",
    "rate": r"rate (\S+)%(?: on (purchase|cash))?",
    "pause": rf"pause until {_DAY}",
    "move": rf"move {_DAY} to {_DAY}",
    "extend": rf"extend by ([0-9]{{1,4}}) from {_DAY}",
    "re-age": rf"re-age into ([0-9]{{1,4}}) from {_DAY}(?: every ([0-9]{{1,4}}) (months|weeks|days))?",
    "re-amortize": "re-amortize",
    "waive": r"waive((?: (?:penalty|fee|interest|principal) \S+){1,4})",
    "return": rf"return {_REF}(?: ([A-Za-z]+))?",
    "reverse": rf"reverse {_REF}(?: ([A-Za-z]+))?",
    "settle": r"settle(?: (\S+))?",
    "charge-off": "charge-off",
}
VERBS = tuple(_FORMS)


@dataclass(frozen=True, slots=True)
class FactLines:
    """Reads lines for one contract: its currency, and the facts a line may take back."""

    money: Currency
    facts: Sequence[Fact] = ()

    def read(
        self,
        line: str,
        *,
        source: str,
        source_ref: str,
        recorded_on: date,
        on: date | None = None,
    ) -> Fact:
        """The fact a line says. A line without its date counts from `on`.

        Refuses   fact-line-unreadable, with the form of its verb; what amounts, rates and dates refuse.
        """
        if len(line) > _LINE_MAX or not line.isprintable():
            raise InvalidInput("fact-line-unreadable", line=line[:60], verbs=", ".join(VERBS))
        words = " ".join(line.split())
        dated = re.fullmatch(rf"{_DAY} (.+)", words)
        given, said = (parse_date(dated[1]), dated[2]) if dated else (on, words)
        verb = said.partition(" ")[0]
        if verb not in _FORMS or given is None:
            raise InvalidInput("fact-line-unreadable", line=line[:60], verbs=", ".join(VERBS))
        found = re.fullmatch(_FORMS[verb], said)
        if found is None:
            raise InvalidInput("fact-line-form", line=line[:60], verb=verb, example=EXAMPLES[verb])
        bare = Fact(FactKind.PAYMENT_RECEIVED, given, recorded_on, source, source_ref)
        return _with(self, bare, verb, found)

    @staticmethod
    def day_of(line: str) -> date | None:
        """The day a line begins with; None where it begins with none."""
        dated = re.match(rf"{_DAY} ", line[:_LINE_MAX])
        return parse_date(dated[1]) if dated else None

    def amount(self, text: str) -> int:
        """Minor units of an amount, which must be above nothing."""
        minor = parse_amount(text, self.money).minor
        if minor <= 0:
            raise InvalidInput("amount-not-positive", amount_minor=minor)
        return minor


def _with(lines: FactLines, bare: Fact, verb: str, found: re.Match[str]) -> Fact:
    """The bare fact with the kind and the figures its line names."""
    if verb in _OF_LINES:
        return _of_line(lines, bare, verb, found)
    if verb in _MONEY:
        amount = lines.amount(found[1])
        kind = "credit_balance_refund" if verb == "refund" else bare.payment_type
        if verb == "pay" and found[2]:
            kind = found[2]
        return replace(bare, kind=_MONEY[verb], amount=amount, payment_type=kind)
    if verb in _CHARGES:
        if found[1]:
            pct = parse_rate_pct(found[1]).per_year
            return replace(bare, kind=_CHARGES[verb], pct=pct, base=ChargeBase(found[2]))
        return replace(bare, kind=_CHARGES[verb], amount=lines.amount(found[3]))
    if verb in _BACK:
        if bare.source_ref == found[1]:
            raise InvalidInput("fact-not-reversible", reverses=found[1][:60])
        gone = fact_named(lines.facts, found[1], found[2] or "", bare.source_ref)
        return replace(bare, kind=_BACK[verb], reverses=gone.key)
    if verb in _NO_WORDS:
        told = found[1] if found.re.groups else None
        return replace(bare, kind=_NO_WORDS[verb], amount=lines.amount(told) if told else 0)
    if verb == "rate":
        balance = BalanceKind(found[2]) if found[2] else None
        rate = parse_rate_pct(found[1]).per_year
        return replace(bare, kind=FactKind.RATE_CHANGED, rate=rate, balance=balance)
    if verb == "pause":
        return replace(bare, kind=FactKind.PAUSE_SET, until=parse_date(found[1]))
    if verb == "waive":
        return replace(bare, kind=FactKind.WAIVED, parts=_parts(lines, found[1]))
    return replace(bare, kind=FactKind.RESCHEDULED, reschedule=_PLANS[verb](found))


_OF_LINES = ("draw", "convert", "limit")


def _of_line(lines: FactLines, bare: Fact, verb: str, found: re.Match[str]) -> Fact:
    """A draw, a conversion or a limit; a limit may be nothing."""
    if verb == "limit":
        return replace(bare, kind=FactKind.LIMIT_CHANGED, amount=parse_amount(found[1], lines.money).minor)
    amount = lines.amount(found[1])
    if verb == "draw":
        return replace(bare, kind=FactKind.DRAWN, amount=amount, balance=BalanceKind(found[2]))
    cost = parse_rate_pct(found[3]).per_year
    is_yearly = found[4] == "year"
    agreed = Conversion(_count(found[2]), rate=cost if is_yearly else None, pct=None if is_yearly else cost)
    return replace(bare, kind=FactKind.CONVERTED, amount=amount, conversion=agreed)


_PLANS: dict[str, Callable[[re.Match[str]], Any]] = {
    "move": lambda m: DueDateMoved(parse_date(m[1]), parse_date(m[2])),
    "extend": lambda m: Extended(parse_date(m[2]), _count(m[1])),
    "re-age": lambda m: ReAged(
        parse_date(m[2]), _count(m[1]), _count(m[3] or "1"), Frequency((m[4] or "months").upper())
    ),
    "re-amortize": lambda m: ReAmortized(),
}


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _COUNT_MAX:
        raise InvalidInput("count-out-of-range", given=number, most=_COUNT_MAX)
    return number


def _parts(lines: FactLines, text: str) -> tuple[int, int, int, int]:
    words = text.split()
    names = words[::2]
    if len(set(names)) != len(names):
        raise InvalidInput("fact-line-form", line=text[:60], verb="waive", example=EXAMPLES["waive"])
    given = dict(zip(names, (lines.amount(each) for each in words[1::2]), strict=True))
    penalty, fee, interest, principal = (given.get(part, 0) for part in _PARTS)
    return penalty, fee, interest, principal


EXAMPLES = {
    "pay": "pay 50.00",
    "lend": "lend 1,000.00",
    "draw": "draw 100.00 as cash",
    "convert": "convert 900.00 into 12 at 0.6% a month",
    "limit": "limit 8,000.00",
    "refund": "refund 20.00",
    "recover": "recover 50.00",
    "fee": "fee 5.00",
    "penalty": "penalty 5.00",
    "rate": "rate 7.5%",
    "pause": "pause until 2026-06-30",
    "move": "move 2026-05-15 to 2026-05-25",
    "extend": "extend by 3 from 2026-06-01",
    "re-age": "re-age into 6 from 2026-06-01 every 1 months",
    "re-amortize": "re-amortize",
    "waive": "waive penalty 3.00 interest 12.00",
    "return": "return r-17",
    "reverse": "reverse r-17",
    "settle": "settle",
    "charge-off": "charge-off",
}


def fact_line(fact: Fact, money: Currency) -> str:
    """The line of a fact; an opening position has none and is refused.

    >>> from duewell.domain.money import currency
    >>> day = date(2026, 4, 12)
    >>> fact_line(Fact(FactKind.PAYMENT_RECEIVED, day, day, "cli", "r-1", amount=5000), currency("CNY"))
    '2026-04-12 pay 50.00'
    """
    return f"{fact.effective_on} {_said(fact, money)}"


def _said(fact: Fact, money: Currency) -> str:
    kind = fact.kind
    if kind in (FactKind.DRAWN, FactKind.CONVERTED, FactKind.LIMIT_CHANGED):
        return _of_line_said(fact, money)
    for verb, each in _MONEY.items():
        if kind is each:
            is_plain = verb != "pay" or fact.payment_type == "repayment"
            as_kind = "" if is_plain else f" as {fact.payment_type}"
            return f"{verb} {_text(fact.amount, money)}{as_kind}"
    for verb, each in _CHARGES.items():
        if kind is each and fact.base is not None and fact.pct is not None:
            return f"{verb} {_pct(fact.pct)}% of {fact.base.value}"
        if kind is each:
            return f"{verb} {_text(fact.amount, money)}"
    if kind is FactKind.PAID_OFF and fact.amount:
        return f"settle {_text(fact.amount, money)}"
    for verb, each in (*_BACK.items(), *_NO_WORDS.items()):
        if kind is each:
            return f"{verb} {fact.reverses[2]} {fact.reverses[0]}" if fact.reverses else verb
    if kind is FactKind.RATE_CHANGED and fact.rate is not None:
        return f"rate {_pct(fact.rate)}%" + (f" on {fact.balance}" if fact.balance is not None else "")
    if kind is FactKind.PAUSE_SET and fact.until is not None:
        return f"pause until {fact.until}"
    if kind is FactKind.WAIVED and fact.parts is not None:
        named = zip(_PARTS, fact.parts, strict=True)
        return "waive" + "".join(f" {part} {_text(minor, money)}" for part, minor in named if minor)
    if fact.reschedule is not None:
        return _plan_said(fact.reschedule)
    raise InvalidInput("fact-without-line", kind=kind.value)


def _of_line_said(fact: Fact, money: Currency) -> str:
    amount, agreed = _text(fact.amount, money), fact.conversion
    if fact.kind is FactKind.DRAWN:
        return f"draw {amount} as {fact.balance or BalanceKind.PURCHASE}"
    if fact.kind is FactKind.LIMIT_CHANGED:
        return f"limit {amount}"
    if agreed is None:
        raise InvalidInput("fact-without-line", kind=fact.kind.value)
    cost = agreed.rate if agreed.pct is None else agreed.pct
    assert cost is not None, "a conversion recorded has its cost"
    period = "month" if agreed.rate is None else "year"
    return f"convert {amount} into {agreed.instalments} at {_pct(cost)}% a {period}"


def _plan_said(plan: DueDateMoved | Extended | ReAged | ReAmortized) -> str:
    if isinstance(plan, DueDateMoved):
        return f"move {plan.from_due} to {plan.to_due}"
    if isinstance(plan, Extended):
        return f"extend by {plan.extra} from {plan.from_due}"
    if isinstance(plan, ReAged):
        every = f"every {plan.every} {plan.frequency.value.lower()}"
        return f"re-age into {plan.instalments} from {plan.first_due} {every}"
    return "re-amortize"


def _text(minor: int, money: Currency) -> str:
    return Money(minor, money).text().replace(",", "")


def _pct(rate: Fraction) -> str:
    return Rate(rate).text()


assert set(_BACK.values()) == TAKING_BACK, "every fact that takes another back has its verb"
