"""Where the milliseconds of a day go: the parts of closing it, timed as it runs.

Needs    a book whose days can be closed.
Gives    milliseconds by part, of whole days; what is in no part is named as the rest.
Never    changes what a day does: each part is the product's own function with a clock around it.
Source   docs/reference/day-cost.md.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bench.figures import ROUNDS, Clock, Figure, figure
from duewell.domain.contract import _contract
from duewell.services import close_day
from duewell.store import agendas, closing, loans

OUTER = {
    "begin": (close_day, "_cut_off"),
    "turn": (closing, "_turn"),
    "observe": (closing, "_observe"),
    "remind": (closing, "_wish"),
    "finish": (close_day, "_finish"),
}
"""The day from end to end: the cut-off, then of every slice the loans that turn, what came, and tomorrow's
reminders; at last the sums and the general ledger."""
INNER = {
    "turn_read": (loans, "read_many"),
    "turn_fold": (_contract._Loan, "agenda"),
    "turn_write": (agendas, "put_agendas"),
}
"""Within the turning of loans: their facts are read, each is folded, and its new course is written."""
NOTES = {
    "begin": "the open date moves on",
    "turn": "loans that stay unpaid, all of it",
    "turn_read": "their facts read",
    "turn_fold": "each folded once, in Python",
    "turn_write": "their new agendas written",
    "observe": "what came on the day, and what it adds to the sums",
    "remind": "tomorrow's reminders",
    "finish": "sums carried on, the general ledger's totals",
    "rest": "markers and commits",
}


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds by part of whatever is closed while the block runs."""
    spent: dict[str, float] = defaultdict(float)
    patches = []
    for name, (home, what) in {**OUTER, **INNER}.items():
        patches.append(patch.object(home, what, _clocked(getattr(home, what), name, spent)))
    for each in patches:
        each.start()
    try:
        yield spent
    finally:
        for each in patches:
            each.stop()


def _clocked(work: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def clocked(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return work(*given, **named)
        finally:
            spent[name] += time.perf_counter() - began

    return clocked


def figures(pay: Callable[[], object], close: Callable[[], object], note: str) -> Iterator[Figure]:
    """The parts of days closed by `close`; what `pay` does before each is not timed."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        pay()
        with timed() as spent, Clock() as clock:
            close()
        spent["rest"] = clock.seconds - sum(spent[name] for name in OUTER)
        for name in NOTES:
            found[name].append(spent[name] * 1e3)
    for name, samples in found.items():
        yield figure(f"part_{name}_ms", samples, "ms", note=f"{NOTES[name]}; {note}")
