"""Contact: how somebody wants to be reached, and what they agreed to.

Needs    what was typed; nothing of loans.
Gives    Preferences, TrustedPerson, read_preferences; Purpose, PURPOSES.
Never    takes silence for an agreement, or keeps a person from being told what the law has them told.
Source   docs/reference/contact.md.
"""

from duewell.domain.contact._consents import PURPOSES, Purpose, purpose_named
from duewell.domain.contact._preferences import (
    CHANNELS,
    Channel,
    Preferences,
    TrustedPerson,
    read_preferences,
    read_trusted,
)

__all__ = [
    "CHANNELS",
    "PURPOSES",
    "Channel",
    "Preferences",
    "Purpose",
    "TrustedPerson",
    "purpose_named",
    "read_preferences",
    "read_trusted",
]
