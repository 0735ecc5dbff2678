"""Signatures of wallets: HMAC-SHA256 or RSA-SHA256 over the sorted fields of a message.

Needs    the bytes of a secret or key; the fields.
Gives    Signer, signer_from: sign and is_signed.
Never    compares in a time that tells where two signatures part, or signs a field named sign.
Source   docs/reference/rails.md, "Wallets"; the canonical text is how Alipay and WeChat Pay (v2) write it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from duewell.domain.errors import Fault, InvalidInput
from duewell.domain.receipts import Rail

SIGN = "sign"
SECRET_MIN = 16
_SECRET_MAX = 64 * 1024


def canonical(fields: Mapping[str, str]) -> bytes:
    """What is signed: every field but the signature, sorted, as name=value joined by &.

    >>> canonical({"b": "2", "a": "1", "sign": "x"})
    b'a=1&b=2'
    """
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != SIGN).encode()


class Signer(Protocol):
    """Our side and the provider's."""

    def sign(self, fields: Mapping[str, str]) -> str:
        """The signature of our fields."""
        ...

    def is_signed(self, fields: Mapping[str, str], signature: str) -> bool:
        """Whether the provider signed these fields."""
        ...


class HmacSigner:
    """One secret both sides have."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_MIN:
            raise InvalidInput("rail-secret-too-short", length_min=SECRET_MIN)
        self._secret = secret

    def sign(self, fields: Mapping[str, str]) -> str:
        return hmac.new(self._secret, canonical(fields), hashlib.sha256).hexdigest()

    def is_signed(self, fields: Mapping[str, str], signature: str) -> bool:
        return hmac.compare_digest(self.sign(fields).encode(), signature.lower().encode())


class RsaSigner:
    """Our private key signs; the provider's public key checks."""

    def __init__(self, ours: rsa.RSAPrivateKey, theirs: rsa.RSAPublicKey) -> None:
        self._ours, self._theirs = ours, theirs

    def sign(self, fields: Mapping[str, str]) -> str:
        made = self._ours.sign(canonical(fields), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(made).decode()

    def is_signed(self, fields: Mapping[str, str], signature: str) -> bool:
        try:
            given = base64.b64decode(signature, validate=True)
            self._theirs.verify(given, canonical(fields), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def signer_from(rail: Rail) -> Signer:
    """The signer of a rail, its keys read from the file it names.

    An RSA file holds our private key and the provider's public key, both in PEM.
    Refuses   a Fault "rail-secret-unreadable"; InvalidInput "rail-secret-too-short".
    """
    try:
        raw = Path(rail.secret_file).read_bytes()[:_SECRET_MAX]
        if rail.signature != "rsa-sha256":
            return HmacSigner(raw.strip())
        start = raw.index(b"-----BEGIN PUBLIC KEY-----")
        ours = serialization.load_pem_private_key(raw[:start] + raw[_after(raw, start) :], password=None)
        theirs = serialization.load_pem_public_key(raw[start : _after(raw, start)])
    except (OSError, ValueError) as problem:
        raise Fault("rail-secret-unreadable", rail=rail.code, problem=type(problem).__name__) from problem
    if not isinstance(ours, rsa.RSAPrivateKey) or not isinstance(theirs, rsa.RSAPublicKey):
        raise Fault("rail-secret-unreadable", rail=rail.code, problem="RSA")
    return RsaSigner(ours, theirs)


def _after(raw: bytes, start: int) -> int:
    end = b"-----END PUBLIC KEY-----"
    return raw.index(end, start) + len(end)
