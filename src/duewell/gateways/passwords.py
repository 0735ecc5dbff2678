"""Passwords, one-time steps and tokens: what is kept of a secret so that it can be checked.

Needs    the secret and what was kept.
Gives    Passwords, token, token_hash, totp_step.
Never    keeps a secret, takes longer for one that is known, or lets many hashes run at once.
Source   docs/reference/access.md; argon2id by argon2-cffi, RFC 6238 by pyotp.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from datetime import datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from duewell.domain.errors import Fault

_AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB, and a sign-in page must not be a way to stop us."""
_WAIT_S = 5.0
_STEP_S = 30
_DRIFT_STEPS = 1


class Passwords:
    """Hashes and checks passwords with argon2id; unknown accounts take as long as known ones."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, text: str) -> str:
        """What to keep of a password."""
        with self._turn():
            return self._hasher.hash(text)

    def fits(self, kept: str | None, text: str) -> bool:
        """Whether a password is the one kept. None, where nobody is there, never fits and takes as long."""
        with self._turn():
            try:
                self._hasher.verify(kept or self._nobody, text)
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def _turn(self) -> _Turn:
        return _Turn(self._room)


class _Turn:
    def __init__(self, room: threading.BoundedSemaphore) -> None:
        self._room = room

    def __enter__(self) -> None:
        if not self._room.acquire(timeout=_WAIT_S):
            raise Fault("too-busy")

    def __exit__(self, *_: object) -> None:
        self._room.release()


def token(prefix: str = "") -> str:
    """A secret of 256 bits that nobody can guess."""
    return prefix + secrets.token_urlsafe(32)


def code(digits: int = 6) -> str:
    """A one-time code of so many digits."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def number() -> int:
    """A random number of 63 bits, above nothing."""
    return secrets.randbits(63) or 1


def token_hash(text: str) -> bytes:
    """What is kept of a token: enough to find it, nothing to use it."""
    return hashlib.sha256(text.encode()).digest()


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two secrets are equal, in the same time whatever they are."""
    return hmac.compare_digest(one, other)


def new_totp() -> str:
    """A fresh secret for an authenticator."""
    return pyotp.random_base32()


def totp_uri(secret: str, login: str) -> str:
    """What an authenticator reads as a picture or a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Duewell")


def totp_step(secret: str, given: str, at: datetime) -> int | None:
    """The step of 30 seconds a code belongs to, one before or after now allowed; None if it is none's."""
    now = int(at.timestamp()) // _STEP_S
    made = pyotp.TOTP(secret)
    found = None
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        if is_same(made.at(step * _STEP_S).encode(), given.encode()):
            found = step
    return found


def totp_code(secret: str, at: datetime) -> str:
    """The code an authenticator shows at an instant."""
    return pyotp.TOTP(secret).at(int(at.timestamp()))
