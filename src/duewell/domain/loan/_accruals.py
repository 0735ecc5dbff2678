"""Accruals: a row's interest earned day by day, in whole units that add up to it.

Needs    a row whose interest is known, the last day asked for, the rounding.
Gives    daily_accruals: a date and an amount for each day on which the whole units grow.
Never    keeps anything: accrual is a function of the date.
Source   docs/reference/conventions.md, section daily accrual.
"""

from __future__ import annotations

from datetime import date, timedelta

from duewell.domain.loan._schedule import Row
from duewell.domain.money import Rounding, round_ratio
from duewell.domain.product import Part


def daily_accruals(row: Row, until: date, rounding: Rounding) -> list[tuple[date, int]]:
    """What each day of a row adds: round(interest x days so far / days of the row) less what was added."""
    days, interest = (row.due_on - row.start).days, row.due[Part.INTEREST]
    found, accrued = [], 0
    for k in range(1, min(days, (until - row.start).days) + 1):
        total = round_ratio(interest * k, days, rounding)
        if total != accrued:
            found.append((row.start + timedelta(days=k), total - accrued))
        accrued = total
    return found
