"""Figures: what was measured, with how often, the spread, and the targets; and how they are printed.

Needs    samples.
Gives    Figure, figure(), seconds(), as_json, as_table.
Never    shows a mean, or a median without its least and greatest sample.
Source   docs/reference/benchmarks.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from statistics import median
from types import TracebackType

ROUNDS = 5
"""Samples a figure has at least, unless it says itself why it has fewer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: a median of `n` samples from `min` to `max`, and its targets if it has any."""

    name: str
    value: float
    unit: str
    good: float | None
    moonshot: float | None
    n: int
    min: float
    max: float
    note: str = ""


def figure(
    name: str,
    samples: Sequence[float],
    unit: str,
    *,
    good: float | None = None,
    moonshot: float | None = None,
    note: str = "",
) -> Figure:
    """The median of the samples, with their spread.

    >>> figure("x", [3.0, 1.0, 2.0], "s").value
    2.0
    """
    return Figure(name, median(samples), unit, good, moonshot, len(samples), min(samples), max(samples), note)


def ratio(left: Sequence[float], right: Sequence[float]) -> list[float]:
    """Round by round: what was measured in the same round is divided.

    >>> ratio([1.0, 4.0], [2.0, 2.0])
    [0.5, 2.0]
    """
    return [a / b for a, b in zip(left, right, strict=True)]


class Clock(AbstractContextManager["Clock"]):
    """The wall seconds of a block: `with Clock() as clock: ...`, then `clock.seconds`."""

    seconds = 0.0

    def __enter__(self) -> Clock:
        self._start = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._start


def microseconds(work: Callable[[], object], *, rounds: int = 9, least: float = 0.1) -> list[float]:
    """Microseconds of one call, by round; each round repeats the call for at least `least` seconds."""
    with Clock() as clock:
        work()
    repeats = max(1, int(least / max(clock.seconds, 1e-9)))
    samples = []
    for _ in range(rounds):
        with Clock() as clock:
            for _ in range(repeats):
                work()
        samples.append(clock.seconds / repeats * 1e6)
    return samples


def as_json(each: Figure) -> str:
    """One line of JSON."""
    return json.dumps(asdict(each), ensure_ascii=False)


def as_table(figures: Iterable[Figure]) -> str:
    """The figures as text; a target that was met has a mark beside it."""
    heads = ["figure", "median", "min", "max", "n", "unit", "good", "moonshot", "note"]
    lines = [heads]
    for each in figures:
        spread = [_short(each.value), _short(each.min), _short(each.max), str(each.n)]
        lines.append([each.name, *spread, each.unit, _short(each.good), _short(each.moonshot), each.note])
    widths = [max(len(line[k]) for line in lines) for k in range(len(heads))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if 1 <= k <= 4 or k in (6, 7) else text.ljust(width)
            for k, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
