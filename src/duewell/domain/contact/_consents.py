"""Consents: what somebody may agree to, each for itself and taken back as easily as given.

Needs    the name of a purpose.
Gives    Purpose, PURPOSES, purpose_named.
Never    bundles two purposes, makes a loan depend on one, or has one given until somebody gave it.
Source   PIPL articles 14 to 16: each for itself, informed, withdrawn as easily as given.
"""

from __future__ import annotations

from enum import StrEnum

from duewell.domain.errors import InvalidInput


class Purpose(StrEnum):
    """What data or attention may be used for beyond the contract."""

    OFFERS = "offers"
    SURVEYS = "surveys"
    IMPROVEMENT = "improvement"


PURPOSES = tuple(Purpose)


def purpose_named(text: str) -> Purpose:
    """The purpose of a name. Refuses InvalidInput "consent-unknown"."""
    for each in Purpose:
        if each.value == text:
            return each
    raise InvalidInput("consent-unknown", given=text[:40], known=", ".join(PURPOSES))
