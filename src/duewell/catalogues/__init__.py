"""Catalogues: every sentence the product says, one file a language.

Needs    a Message and a language.
Gives    render: the sentence; template_codes and template: what the files hold.
Never    fails for want of a translation, nor runs code found in a template: it knows names in braces only.
Source   en.toml and zh.toml beside this file, code = "sentence with {param}"; they hold the same codes.
"""

import re
import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from duewell.domain.money import Money, Rate
from duewell.domain.texts import Message

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "render", "template", "template_codes"]

DEFAULT_LANGUAGE = "zh"
LANGUAGES = ("zh", "en")

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DEPTH_MAX = 4


def render(message: Message, lang: str = DEFAULT_LANGUAGE) -> str:
    """The message as a sentence.

    Edges     "zh-Hans" and "en-GB" find "zh" and "en"; a language we lack gives the default one.
              A code no catalogue holds gives a plain sentence naming the code and its facts, so that
              a reader can still report it. A parameter that was not given shows as an ellipsis.

    >>> render(Message("amount-empty", {"example": "12.50"}), "en")
    'Enter an amount, for example 12.50.'
    """
    return _render(message, _language(lang), 0)


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
    text = (files(__name__) / f"{lang}.toml").read_text(encoding="utf-8")
    return {code: str(sentence) for code, sentence in tomllib.loads(text).items()}


def _render(message: Message, lang: str, depth: int) -> str:
    found = _load(lang).get(message.code)
    if found is None:
        found = _load(lang)["text-missing"]
        facts = "; ".join(f"{name} {_show(value, lang, depth)}" for name, value in message.params.items())
        message = Message("text-missing", {"code": message.code, "facts": facts or "-"})
    params = message.params
    return _PLACEHOLDER.sub(
        lambda name: _show(params[name[1]], lang, depth) if name[1] in params else "…", found
    )


def _show(value: object, lang: str, depth: int) -> str:
    if isinstance(value, Message):
        # A message inside a message is a name or a reason; deeper nesting than this is a mistake, not a text.
        return _render(value, lang, depth + 1) if depth < _DEPTH_MAX else value.code
    if isinstance(value, Money):
        return f"{value.currency.code} {value.text()}"
    if isinstance(value, Rate):
        return f"{value.text()}%"
    return value.isoformat() if isinstance(value, date) else str(value)
