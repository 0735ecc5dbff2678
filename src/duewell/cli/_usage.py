"""Usage: words that make no command, as refusals with stable codes.

Needs    what typer raises when it cannot read the words.
Gives    UsageRefusal; usage_refusal; missing, exclusive, without, filled.
Never    passes on a sentence of typer's, which speaks English only.
Source   docs/reference/commands.md: exit code 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from typer.exceptions import TyperException

from duewell.domain.errors import InvalidInput


class UsageRefusal(InvalidInput):
    """Words that make no command: told like any refusal, and the exit code says usage."""


_QUOTED = re.compile(r"'([^']*)'")


def missing(options: Iterable[str]) -> UsageRefusal:
    """What a command cannot do without, by name."""
    return UsageRefusal("usage-missing", options=", ".join(options))


def exclusive(first: str, second: str) -> UsageRefusal:
    """Two options that cannot both be meant."""
    return UsageRefusal("usage-options-exclude", first=first, second=second)


def without(option: str, wanted: str) -> UsageRefusal:
    """An option that means something only beside another."""
    return UsageRefusal("usage-option-without", option=option, wanted=wanted)


def filled(option: str, text: str | None) -> str | None:
    """The text of an option, None where it was left out. Refuses one given without text."""
    if text is not None and not text.strip():
        raise UsageRefusal("usage-option-empty", option=option)
    return text


def usage_refusal(problem: TyperException) -> UsageRefusal | None:
    """What typer could not read, as a refusal of ours; None where it only shows its help.

    The kinds are told apart by name: typer keeps their classes to itself.
    """
    kind, asked = type(problem).__name__, problem.message
    if kind == "NoArgsIsHelpError":
        return None
    if kind == "MissingParameter":
        return missing([_name(problem)])
    if kind == "NoSuchOption":
        return UsageRefusal("usage-option-unknown", given=str(getattr(problem, "option_name", ""))[:60])
    if kind == "BadOptionUsage":
        option = str(getattr(problem, "option_name", ""))[:60]
        is_flag = "does not take" in asked
        return UsageRefusal("usage-value-unwanted" if is_flag else "usage-value-missing", option=option)
    if kind == "BadParameter":
        return _bad_value(problem)
    if asked.startswith("No such command"):
        return UsageRefusal("usage-command-unknown", given=_quoted(asked))
    if asked.startswith("Missing command"):
        return UsageRefusal("usage-command-missing")
    if asked.startswith("Got unexpected extra"):
        return UsageRefusal("usage-too-many-words", given=asked.partition(" (")[2].removesuffix(")")[:60])
    return UsageRefusal("usage-unreadable", problem=asked[:200])


def _name(problem: TyperException) -> str:
    """An option as it is typed, an argument as the help writes it."""
    param = getattr(problem, "param", None)
    if param is None:
        return "-"
    opts: list[str] = list(param.opts)
    return max(opts, key=len) if opts[0].startswith("-") else str(param.name).upper()


def _quoted(text: str) -> str:
    found = _QUOTED.search(text)
    return (found[1] if found else text)[:60]


def _bad_value(problem: TyperException) -> UsageRefusal:
    """A value of the wrong kind: a number, a number in a range, or one of a few words."""
    name = _name(problem)
    told = _details(problem)
    given = str(told.get("input", _quoted(problem.message)))[:60]
    bounds: dict[str, Any] = told.get("ctx", {})
    if "ge" in bounds:
        return UsageRefusal("usage-number-below", option=name, given=given, least=bounds["ge"])
    if "le" in bounds:
        return UsageRefusal("usage-number-above", option=name, given=given, most=bounds["le"])
    if str(told.get("type", "")).startswith("int_"):
        return UsageRefusal("usage-no-number", option=name, given=given)
    words = _QUOTED.findall(problem.message)
    if len(words) > 1:
        return UsageRefusal(
            "usage-not-a-choice", option=name, given=words[0][:60], known=", ".join(words[1:])
        )
    return UsageRefusal("usage-value-unreadable", option=name, given=given)


def _details(problem: TyperException) -> dict[str, Any]:
    """What the reader of values found wrong, where it says."""
    errors = getattr(problem.__cause__, "errors", None)
    found: list[dict[str, Any]] = errors() if callable(errors) else []
    return dict(found[0]) if found else {}
