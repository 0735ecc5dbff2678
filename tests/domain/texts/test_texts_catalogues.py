"""Texts: prove that both languages can say everything, with the same facts in each sentence.

How: the two files are compared; every code written in these rooms' source must have a sentence; a
refusal of each kind is provoked and its sentence must lack no fact.
"""

import ast
import pickle
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

import duewell.domain.errors
from duewell.catalogues import DEFAULT_LANGUAGE, LANGUAGES, render, template, template_codes
from duewell.domain.calendar import (
    BusinessCalendar,
    BusinessDayRule,
    DayCount,
    Frequency,
    fraction,
    parse_date,
    step_date,
)
from duewell.domain.errors import DuewellError, Fault, InvalidInput, Refusal
from duewell.domain.ledger import CASH_CLEARING, CHART, SUSPENSE, Journal, Line, account
from duewell.domain.money import Money, Rate, currency, parse_amount, parse_rate_pct, split, split_weighted
from duewell.domain.texts import Message, message_of

DOMAIN = Path(duewell.domain.errors.__file__).parent
ROOMS = ("money", "calendar", "texts", "ledger")
REFUSALS = {"InvalidInput", "NotFound", "Conflict", "PeriodClosed", "CurrencyMismatch"}
CNY, NEW_YEAR = currency("CNY"), date(2026, 1, 1)

ASKED: list[Callable[[], object]] = [
    *(
        lambda text=text: parse_amount(text, CNY)
        for text in ["", "1" * 33, "x", "１", "+1", "-1", "1.", "1.1.1", "1,1", "1" * 16, "1.111", 1]
    ),
    *(
        lambda text=text: parse_rate_pct(text)
        for text in ["", "1" * 33, "x", "-1", "12345", "1.123456789", 1]
    ),
    *(lambda text=text: parse_date(text) for text in ["x", "2026-02-30", "1900-01-01"]),
    lambda: currency("XXX"),
    lambda: Money(1, CNY) + Money(1, currency("JPY")),
    lambda: split(1, 0),
    lambda: split_weighted(1, [0]),
    lambda: split_weighted(1, [-1]),
    lambda: step_date(NEW_YEAR, 1, 0, Frequency.DAYS),
    lambda: step_date(NEW_YEAR, 10**7, 1, Frequency.DAYS),
    lambda: fraction(DayCount.ACT_ACT, NEW_YEAR, date(2025, 1, 1)),
    lambda: BusinessCalendar(frozenset({NEW_YEAR}), frozenset({NEW_YEAR})),
    lambda: BusinessCalendar(weekend=(9,)),
    lambda: BusinessCalendar(weekend=tuple(range(7))).shift(NEW_YEAR, BusinessDayRule.FOLLOWING),
    lambda: account("x"),
    lambda: Journal(()),
    lambda: Journal((Line(SUSPENSE, 0), Line(CASH_CLEARING, 1))),
    lambda: Journal((Line(SUSPENSE, 2), Line(CASH_CLEARING, 1))),
]


def _placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{([a-z0-9_]+)(?::(?!s\})[a-z]+)?(?::s)?\}", sentence))


def _codes_in_source() -> Iterator[str]:
    """Every code given to a refusal; the one computed prefix, {noun}, is read as both nouns."""
    for path in (path for room in ROOMS for path in (DOMAIN / room).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    yield str(code.value)
                elif isinstance(code, ast.JoinedStr):
                    tail = str(ast.literal_eval(code.values[-1]))
                    yield from (f"amount{tail}", f"rate{tail}")


def test_both_languages_have_the_same_codes() -> None:
    assert template_codes("en") == template_codes("zh")


def test_both_languages_name_the_same_facts() -> None:
    for code in template_codes("en"):
        english, chinese = template(code, "en"), template(code, "zh")
        assert english is not None
        assert chinese is not None
        assert _placeholders(english) == _placeholders(chinese), code


LABELS = (
    "account-",
    "balance-",
    "bucket-",
    "cli-",
    "console-",
    "demo-",
    "design-",
    "fact-",
    "measure-",
    "minor-units",
    "movement-",
    "notice-",
    "part-",
    "proof-",
    "cap-kind-",
    "cap-measure-",
    "clause-",
    "rounding-",
    "sheet-",
    "step-",
    "term-",
    "toml-",
    "unit-",
    "web-",
    "what-",
)
"""Families of codes that may name a column, an account or a step, which is no sentence."""


def test_a_sentence_is_written_for_its_reader() -> None:
    for code in template_codes("zh"):
        chinese, english = template(code, "zh"), template(code, "en")
        assert chinese is not None
        assert english is not None
        assert re.search("[一-鿿]", chinese), code
        assert not re.search("[一-鿿]", english), code
        assert not re.search(r"[一-鿿][,;?!]|[,;?!][一-鿿]", chinese), f"half-width mark in {code}"
        if not code.startswith(LABELS) or code == "account-unknown":
            assert (chinese[-1], english[-1]) == ("。", "."), code
        assert (chinese[-1] == "。") == (english[-1] == "."), f"a sentence in one language only: {code}"


def test_every_code_these_rooms_refuse_with_has_a_sentence() -> None:
    codes = set(_codes_in_source())
    assert len(codes) > 30
    assert codes <= template_codes("en"), codes - template_codes("en")
    assert {each.name_code for each in CHART} <= template_codes("en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_refusal_says_everything_its_sentence_promises(lang: str) -> None:
    told = set()
    for ask in ASKED:
        with pytest.raises(Refusal) as refused:
            ask()
        sentence = render(message_of(refused.value), lang)
        assert not set("…{") & set(sentence), sentence
        told.add(refused.value.code)
    assert set(_codes_in_source()) <= told, "each code is provoked here"


def test_a_code_without_a_sentence_still_tells_the_reader_what_to_quote() -> None:
    shown = render(Message("never-written", {"limit": 3}), "en")
    assert "never-written" in shown
    assert "limit 3" in shown


def test_a_language_is_found_by_its_first_part_and_chinese_is_the_default() -> None:
    message = Message("amount-empty", {"example": "12.50"})
    assert render(message, "en-GB") == render(message, "en")
    assert render(message, "zh-Hans") == render(message, "fr") == render(message, DEFAULT_LANGUAGE)
    assert render(message) == "请输入金额，例如 12.50。"


def test_values_are_shown_as_people_write_them() -> None:
    facts = {"start": NEW_YEAR, "end": Money(123456, CNY)}
    assert "2026-01-01" in render(Message("dates-reversed", facts), "en")
    assert "CNY 1,234.56" in render(Message("dates-reversed", facts), "en")
    rate = Rate(parse_rate_pct("12.5").per_year)
    assert "12.5%" in render(Message("amount-empty", {"example": rate}), "en")
    inner = Message("account-suspense")
    assert "待认领收款" in render(Message("account-unknown", {"given": inner}), "zh")


def test_a_value_with_braces_is_shown_as_it_is() -> None:
    assert "{example}" in render(Message("amount-not-a-number", {"given": "{example}", "example": "1"}), "en")


def test_a_missing_fact_shows_as_an_ellipsis() -> None:
    assert render(Message("amount-empty"), "en") == "Enter an amount, for example …."


def test_a_message_keeps_what_it_was_given() -> None:
    params: dict[str, object] = {"example": "1"}
    message = Message("amount-empty", params)
    params["example"] = "2"
    assert message.params["example"] == "1"
    assert message == Message("amount-empty", {"example": "1"})
    assert len({message, Message("amount-empty", {"example": "1"})}) == 1


def test_errors_and_messages_come_home_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(InvalidInput("amount-empty", example="1")))
    assert (type(error), error.code, error.facts) == (InvalidInput, "amount-empty", {"example": "1"})
    assert pickle.loads(pickle.dumps(message_of(error))) == message_of(error)


def test_a_refusal_and_a_fault_are_never_the_same_thing() -> None:
    assert not issubclass(Fault, Refusal)
    assert not issubclass(Refusal, Fault)
    assert issubclass(Refusal, DuewellError)
    assert issubclass(Fault, DuewellError)
    assert str(Fault("rail-silent", rail="x")) == "rail-silent (rail='x')"
