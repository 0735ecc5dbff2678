"""Catalogues: every sentence the product says, one folder a language.

Needs    a Message and a language.
Gives    render: the sentence; template_codes and template: what the files hold.
Never    fails for want of a translation, nor runs code found in a template: it knows names in braces only.
Source   the files in en and zh beside this file, code = "sentence with {param}"; both hold the same codes.
         {param:how} says how a parameter is shown: money (minor units as an amount), pct (a ratio in per
         cent), part, fact, term or balance (codes in the reader's words), s (the plural's s).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files

from duewell.domain.errors import InvalidInput
from duewell.domain.money import Money, Rate
from duewell.domain.money import currency as currency_named
from duewell.domain.texts import Message

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "render", "template", "template_codes"]

DEFAULT_LANGUAGE = "zh"
LANGUAGES = ("zh", "en")
_FILES = ("main", "pages", "console", "design")

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}")
_DEPTH_MAX = 4
_WORDS = {"part": "part-", "fact": "fact-", "term": "term-", "balance": "balance-"}
"""Codes a reader is shown in words: what they stand for, and how the words' own codes begin."""
_BETWEEN = {"zh": "、", "en": ", "}


def render(message: Message, lang: str = DEFAULT_LANGUAGE, *, currency: str = "") -> str:
    """The message as a sentence.

    Edges     "zh-Hans" and "en-GB" find "zh" and "en"; a language we lack gives the default one.
              A code no catalogue holds gives a plain sentence naming the code and its facts, so that
              a reader can still report it. A parameter that was not given shows as an ellipsis.
              An amount in minor units is in the message's own `currency`, else in the one given here; where
              nobody knows it, it is said to be minor units.

    >>> render(Message("amount-empty", {"example": "12.50"}), "en")
    'Enter an amount, for example 12.50.'
    """
    return _Reader(_language(lang), currency).sentence(message, 0)


def template(code: str, lang: str) -> str | None:
    """The sentence of a code before its parameters, or None."""
    return _load(_language(lang)).get(code)


def template_codes(lang: str) -> frozenset[str]:
    """Every code the language's file holds."""
    return frozenset(_load(_language(lang)))


def _language(lang: str) -> str:
    short = lang.replace("_", "-").partition("-")[0].lower()
    return short if short in LANGUAGES else DEFAULT_LANGUAGE


@cache
def _load(lang: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _FILES:
        text = (files(__name__) / lang / f"{name}.toml").read_text(encoding="utf-8")
        told = tomllib.loads(text)
        assert not found.keys() & told.keys(), f"a code stands in two files: {found.keys() & told.keys()}"
        found |= {code: str(sentence) for code, sentence in told.items()}
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads: in which language, and of amounts in which currency."""

    lang: str
    currency: str

    def sentence(self, message: Message, depth: int) -> str:
        """A message as text; a code the catalogue lacks is named with its facts."""
        found = _load(self.lang).get(message.code)
        if found is None:
            found = _load(self.lang)["text-missing"]
            facts = "; ".join(f"{name} {self._shown(value, depth)}" for name, value in message.params.items())
            message = Message("text-missing", {"code": message.code, "facts": facts or "-"})
        params = message.params
        return _PLACEHOLDER.sub(
            lambda name: self._told(params, name[1], name[2], depth) if name[1] in params else "…", found
        )

    def _told(self, params: Mapping[str, object], name: str, how: str | None, depth: int) -> str:
        value = params[name]
        if how == "money" and isinstance(value, int):
            return self._amount(value, str(params.get("currency") or self.currency))
        if how == "pct":
            return f"{Rate(Fraction(str(value))).text()}%"
        if how == "s":
            return "" if value == 1 else "s"
        if how in _WORDS:
            return self._words(_WORDS[how], value)
        return self._shown(value, depth)

    def _amount(self, minor: int, code: str) -> str:
        try:
            return self._shown(Money(minor, currency_named(code)), 0)
        except InvalidInput:
            return self.sentence(Message("minor-units", {"minor": minor}), 0)

    def _words(self, family: str, value: object) -> str:
        """Codes, one or several, in the reader's words; one nobody knows stands for itself."""
        codes = value if isinstance(value, list | tuple) else str(value).split(", ")
        words = _load(self.lang)
        named = (re.sub(r"[^a-z0-9]+", "-", str(code).lower()) for code in codes)
        found = (words.get(family + name, str(code)) for name, code in zip(named, codes, strict=True))
        return _BETWEEN[self.lang].join(found)

    def _shown(self, value: object, depth: int) -> str:
        if isinstance(value, Message):
            # A message inside a message is a name or a reason; deeper nesting than this is a mistake.
            return self.sentence(value, depth + 1) if depth < _DEPTH_MAX else value.code
        if isinstance(value, Money):
            return f"{value.currency.code} {value.text()}"
        if isinstance(value, Rate):
            return f"{value.text()}%"
        return value.isoformat() if isinstance(value, date) else str(value)
