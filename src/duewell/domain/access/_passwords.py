"""Passwords: what may be one.

Needs    the text, and what it must not contain.
Gives    check_password.
Never    keeps, logs or repeats one.
Source   OWASP ASVS 5.0, chapter 6: length before rules of composition.
"""

from __future__ import annotations

from duewell.domain.errors import InvalidInput

PASSWORD_MIN, PASSWORD_MAX = 12, 128
_KINDS_MIN = 5
"""Fewer different characters than this are one typed again and again."""
_COMMON = (
    "password", "passw0rd", "qwerty", "123456", "111111", "letmein", "admin", "welcome", "iloveyou",
    "woaini", "duewell", "abc123", "asdfgh", "zxcvbn",
)  # fmt: skip


def check_password(text: str, *, about: tuple[str, ...] = ()) -> None:
    """Refuse what is too short, too long, or mostly made of what anybody would try first.

    `about` are words of the account itself: its login, its name.
    """
    if not PASSWORD_MIN <= len(text) <= PASSWORD_MAX:
        raise InvalidInput("password-length", length_min=PASSWORD_MIN, length_max=PASSWORD_MAX)
    left = text.lower()
    for word in (*_COMMON, *(each.lower() for each in about if len(each) > 2)):
        left = left.replace(word, "")
    if len(left) < PASSWORD_MIN // 2 or len(set(text)) < _KINDS_MIN:
        raise InvalidInput("password-guessable")
