"""Facts on the screen: every one of a contract, what was taken back, and what has no effect and why.

Needs    a Frame, facts as known, the void ones of a fold.
Gives    facts_table, void_lines.
Never    judges a fact: the fold does.
Source   docs/reference/commands.md; docs/decisions/0006: a void fact stays, with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from duewell.cli import _tables
from duewell.cli._frame import Frame, amount
from duewell.domain.errors import Refusal
from duewell.domain.facts import TAKING_BACK, Fact, in_order
from duewell.domain.texts import message_of

Void = Iterable[tuple[Fact, Refusal]]


def facts_table(frame: Frame, facts: Sequence[Fact], void: Void, money: str) -> None:
    """The facts of a contract in the order they count, each followed by what took it back."""
    void = list(void)
    heads = ("cli-date", "cli-recorded-on", "cli-kind", "cli-amount", "cli-source", "cli-ref", "cli-note")
    notes = {fact.key: "cli-note-void" for fact, _ in void}
    notes |= {fact.reverses: "cli-note-taken-back" for fact in facts if fact.reverses is not None}
    told = [
        [
            f.effective_on,
            f.recorded_on,
            frame.say("fact-" + f.kind.value.lower()),
            amount(minor, money) if (minor := f.amount or sum(f.parts or ())) else "",
            f.source,
            f.source_ref,
            frame.say(notes[f.key]) if f.key in notes else "",
        ]
        for f in with_what_took_back(facts)
    ]
    _tables.table(frame, frame.say("cli-facts-title"), heads, told)
    void_lines(frame, void)


def with_what_took_back(facts: Sequence[Fact]) -> list[Fact]:
    """The facts in their order, what takes one back right after it: it has no place of its own."""
    back: dict[tuple[str, str, str] | None, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind in TAKING_BACK:
            back[fact.reverses].append(fact)
    ordered = in_order(fact for fact in facts if fact.kind not in TAKING_BACK)
    return [each for fact in ordered for each in (fact, *back.pop(fact.key, ()))]


def void_lines(frame: Frame, void: Void) -> None:
    """A sentence for each fact that has no effect: which one, and why."""
    for fact, reason in void:
        frame.tell(
            "cli-void",
            on=fact.effective_on,
            kind=fact.kind.value,
            ref=fact.source_ref,
            reason=message_of(reason),
        )
