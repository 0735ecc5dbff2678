"""Delinquency: what happens next for a loan, by how far it is from its oldest unpaid due date.

Needs    days from the due date, the coming due date.
Gives    DUE_STEPS and LATE_STEPS, the product's default course; next_action.
Never    contacts anybody: a step becomes a wish, and the contact gate decides on it.
Source   docs/reference/overdue.md: remind before the date, offer help early, leave decisions to a person.
"""

from duewell.domain.delinquency._steps import DUE_STEPS, LATE_STEPS, NextAction, next_action

__all__ = ["DUE_STEPS", "LATE_STEPS", "NextAction", "next_action"]
