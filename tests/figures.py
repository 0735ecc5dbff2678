"""Figures a test prints: how many points were cut, requests sent, guesses refused. They stand at a run's end.

Kept as a property of the case, so that they come through however many processes the cases ran in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

Figure = Callable[[str], None]
"""Tells a figure: one line, what was counted and how much of it."""
_NAME = "figure"


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    return lambda told: record_property(_NAME, told)


def told_in(reports: dict[str, list[Any]]) -> Iterator[str]:
    """Every figure of a run's reports, in the order of the tests."""
    found = [each for outcome in ("passed", "failed") for each in reports.get(outcome, ())]
    for report in sorted(found, key=lambda each: each.nodeid):
        if report.when == "call":
            yield from (str(value) for name, value in report.user_properties if name == _NAME)
