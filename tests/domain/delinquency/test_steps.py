"""What happens next is never in the past, whichever day is looked at."""

from __future__ import annotations

from datetime import date, timedelta

from duewell.domain.delinquency import LATE_STEPS, next_action

SINCE = date(2026, 3, 15)


def test_the_next_step_of_a_late_loan_is_after_the_day_looked_at_until_the_last_which_waits() -> None:
    last, kind = LATE_STEPS[-1]
    for days in range(400):
        as_of = SINCE + timedelta(days=days)
        step = next_action(as_of=as_of, since=SINCE, next_due=None)
        assert step is not None
        if days < last:
            assert as_of < step.on <= SINCE + timedelta(days=last)
        else:
            assert (step.kind, step.on) == (kind, as_of)


def test_the_next_step_of_a_loan_on_time_is_a_reminder_or_the_due_date() -> None:
    due = date(2026, 3, 15)
    for days in range(30):
        as_of = due - timedelta(days=days)
        step = next_action(as_of=as_of, since=None, next_due=due)
        assert step is not None and as_of <= step.on <= due
    assert next_action(as_of=due, since=None, next_due=None) is None
