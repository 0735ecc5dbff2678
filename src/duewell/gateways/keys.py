"""Keys: the master key behind a port, and what is sealed with keys it wraps.

Needs    a key file, or another port that wraps and unwraps.
Gives    KeyPort, FileKeys, Seals, new_data_key, seal, unseal.
Never    lets a key or what it protects into a message, a log or the database.
Source   docs/reference/privacy.md. AES-256-GCM with the place of a value as its associated data, so that a
         value moved to another row, field or person does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from duewell.domain.errors import Fault

_NONCE = 12
_KEY = 32
_ID = 4


class KeyPort(Protocol):
    """What keeps the master key: a file here, a key service elsewhere."""

    @property
    def current(self) -> str:
        """The name of the key that wraps today."""

    def wrap(self, plain: bytes, place: str) -> bytes:
        """Seal a key or a small secret; the blob names the master key it was sealed by."""

    def unwrap(self, blob: bytes, place: str) -> bytes:
        """Open it again. A Fault where the key is not held or the blob belongs elsewhere."""

    def blind(self, *words: str) -> bytes:
        """A keyed hash by which equal words are found without being kept."""


@dataclass(frozen=True, slots=True)
class FileKeys:
    """Master keys in a file: one a line, `name hex`, the last of them current; and the index key."""

    keys: dict[str, bytes]
    current: str
    index: bytes

    def wrap(self, plain: bytes, place: str) -> bytes:
        """Seal by the current key; the first bytes of the blob are that key's name."""
        return self.current.encode() + seal(self.keys[self.current], plain, place)

    def unwrap(self, blob: bytes, place: str) -> bytes:
        """Open by whichever key of the file sealed it."""
        key = self.keys.get(blob[:_ID].decode("ascii", "replace"))
        if key is None:
            raise Fault("master-key-not-held")
        return unseal(key, blob[_ID:], place)

    def blind(self, *words: str) -> bytes:
        """HMAC-SHA256 over the words, each with its length: no two lists of words are confused."""
        text = b"".join(len(w).to_bytes(4, "big") + w for w in (word.encode() for word in words))
        return hmac.new(self.index, text, hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Seals:
    """What the store seals with: the master key behind its port, and persons' own keys."""

    keys: KeyPort

    def wrap(self, plain: bytes, place: str) -> bytes:
        """Seal by the master key."""
        return self.keys.wrap(plain, place)

    def unwrap(self, blob: bytes, place: str) -> bytes:
        """Open what the master key sealed."""
        return self.keys.unwrap(blob, place)

    def new_key(self) -> bytes:
        """A fresh key for one person."""
        return new_data_key()

    def seal(self, key: bytes, plain: bytes, place: str) -> bytes:
        """Seal by a person's key."""
        return seal(key, plain, place)

    def unseal(self, key: bytes, blob: bytes, place: str) -> bytes:
        """Open what a person's key sealed."""
        return unseal(key, blob, place)


def new_data_key() -> bytes:
    """A fresh key for one person."""
    return secrets.token_bytes(_KEY)


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Encrypt with a fresh nonce; `place` (table, field, row) must be the same to open it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, blob: bytes, place: str) -> bytes:
    """Decrypt what `seal` made. A Fault where a bit of it, its key or its place differs."""
    try:
        return AESGCM(key).decrypt(blob[:_NONCE], blob[_NONCE:], place.encode())
    except (InvalidTag, ValueError):
        raise Fault("sealed-value-broken", place=place) from None


def read_keys(path: Path, *, may_make: bool) -> FileKeys:
    """The keys of a file. Made on first use where that is allowed, readable by its owner only.

    A Fault where it is missing and may not be made, holds no key, or can be read by others.
    """
    if not path.exists() and may_make:
        _make(path)
    try:
        mode = path.stat().st_mode
        lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise Fault("master-key-missing", path=str(path)) from None
    if mode & 0o077:
        raise Fault("master-key-open-to-others", path=str(path))
    try:
        held = {name: bytes.fromhex(value) for name, value in lines}
        index = held.pop("index")
    except (ValueError, KeyError):
        raise Fault("master-key-unreadable", path=str(path)) from None
    if not held or any(len(k) != _KEY for k in (*held.values(), index)) or any(len(n) != _ID for n in held):
        raise Fault("master-key-unreadable", path=str(path))
    return FileKeys(held, list(held)[-1], index)


def add_key(path: Path) -> str:
    """Add a new current key to a file; the ones before stay, to open what they sealed. Returns its name."""
    held = read_keys(path, may_make=False)
    name = f"{max(int(each[1:]) for each in held.keys) + 1:03d}"
    _write(path, path.read_text("ascii") + f"k{name} {secrets.token_hex(_KEY)}\n")
    return f"k{name}"


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, f"index {secrets.token_hex(_KEY)}\nk001 {secrets.token_hex(_KEY)}\n")


def _write(path: Path, text: str) -> None:
    """All of it or nothing, never readable by others, on the disk before it counts."""
    draft = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        draft.unlink()
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
