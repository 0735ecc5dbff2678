"""Preferences: in which language, by which ways, at which hours; and whom else one may speak to.

Needs    what was typed.
Gives    Preferences with safe defaults; read_preferences, read_trusted.
Never    opens contact with third parties by default, or takes hours that leave none to be reached in.
Source   docs/reference/contact.md: own quiet hours come on top of the rules', never in their place.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from duewell.domain.errors import InvalidInput
from duewell.domain.party import read_field

_LANGS = ("zh", "en")
_TIME = re.compile(r"(\d{2}):(\d{2})")
_OPEN_MIN_HOURS = 4


class Channel(StrEnum):
    """A way to reach somebody beside the messages in the app, which are always there."""

    SMS = "sms"
    MAIL = "mail"
    PUSH = "push"
    CALL = "call"


CHANNELS = tuple(Channel)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody wants to be reached. Quiet hours run from `quiet_from` to `quiet_to`, over midnight."""

    lang: str = "zh"
    channels: frozenset[Channel] = frozenset(CHANNELS)
    quiet_from: time = time(21)
    quiet_to: time = time(8)
    third_party: bool = False

    def is_quiet(self, at: time) -> bool:
        """Whether an hour of the person's own day is one of the quiet ones."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= at < self.quiet_to
        return at >= self.quiet_from or at < self.quiet_to


@dataclass(frozen=True, slots=True)
class TrustedPerson:
    """Somebody who may be spoken to in one's place: chosen by the borrower, never by the lender."""

    name: str
    phone: str


def read_preferences(
    *, lang: str, channels: Collection[str], quiet_from: str, quiet_to: str, third_party: bool
) -> Preferences:
    """What was chosen.

    Refuses   InvalidInput "preference-language", "preference-channel", "preference-hours" (an hour that is
              none, or hours that leave fewer than four in which to be reached).
    """
    if lang not in _LANGS:
        raise InvalidInput("preference-language", given=lang[:20], known=", ".join(_LANGS))
    names = {each.value: each for each in Channel}
    unknown = [each for each in channels if each not in names]
    if unknown:
        raise InvalidInput("preference-channel", given=unknown[0][:20], known=", ".join(names))
    begins, ends = _hour(quiet_from), _hour(quiet_to)
    quiet = (ends.hour * 60 + ends.minute - begins.hour * 60 - begins.minute) % 1440
    if quiet > (24 - _OPEN_MIN_HOURS) * 60:
        raise InvalidInput("preference-hours", given=f"{quiet_from}-{quiet_to}"[:20], hours=_OPEN_MIN_HOURS)
    return Preferences(lang, frozenset(names[each] for each in channels), begins, ends, third_party)


def _hour(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise InvalidInput("preference-hours", given=text[:20], hours=_OPEN_MIN_HOURS)
    return time(int(found[1]), int(found[2]))


def read_trusted(name: str, phone: str) -> TrustedPerson | None:
    """Who was named; None where both are left empty. Refuses a name without a phone, or a phone alone."""
    if not name.strip() and not phone.strip():
        return None
    return TrustedPerson(read_field("name", name), read_field("phone", phone))
