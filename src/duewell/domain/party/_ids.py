"""Loan ids: person and loan number in one string of digits and letters, the last of them a check.

Needs    a person_id of up to 63 bits and a loan_no of up to 15.
Gives    loan_id, parse_loan_id; person_ref, parse_person_ref.
Never    takes a letter for a digit silently: O is read as 0, I and L as 1, and the check must fit.
Source   Crockford's base 32; the check is modulo 31, a prime, so it stays a digit or a letter in any shell.
"""

from __future__ import annotations

import hashlib

from duewell.domain.errors import InvalidInput

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16
_VALUE = {mark: number for number, mark in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}


def person_of(*words: str) -> int:
    """A person's number that follows from words alone: the same words, the same person."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1 or 1


def loan_id(person_id: int, loan_no: int) -> str:
    """The loan's name outside.

    >>> parse_loan_id(loan_id(7, 1))
    (7, 1)
    """
    value = person_id << 15 | loan_no
    text = "".join(_DIGITS[value >> 5 * k & 31] for k in reversed(range(_LENGTH)))
    return text + _DIGITS[value % 31]


def parse_loan_id(text: str) -> tuple[int, int]:
    """Person and loan number of a loan id. Refuses InvalidInput "loan-id-invalid"."""
    marks = text.strip().upper().replace("-", "")
    if len(marks) != _LENGTH + 1 or any(mark not in _VALUE for mark in marks[:-1]):
        raise InvalidInput("loan-id-invalid", given=text[:40])
    value = 0
    for mark in marks[:-1]:
        value = value << 5 | _VALUE[mark]
    if _DIGITS[value % 31] != marks[-1] or not 0 < value >> 15 < 2**63:
        raise InvalidInput("loan-id-invalid", given=text[:40])
    return value >> 15, value & 0x7FFF


_PERSON_LENGTH = 13


def person_ref(person_id: int) -> str:
    """The person's name outside: a P, the number, and a check.

    >>> parse_person_ref(person_ref(7))
    7
    """
    text = "".join(_DIGITS[person_id >> 5 * k & 31] for k in reversed(range(_PERSON_LENGTH)))
    return "P" + text + _DIGITS[person_id % 31]


def parse_person_ref(text: str) -> int:
    """The person's number of such a name. Refuses InvalidInput "person-ref-invalid"."""
    marks = text.strip().upper().replace("-", "")
    body = marks[1:]
    if marks[:1] != "P" or len(body) != _PERSON_LENGTH + 1 or any(m not in _VALUE for m in body[:-1]):
        raise InvalidInput("person-ref-invalid", given=text[:40])
    value = 0
    for mark in body[:-1]:
        value = value << 5 | _VALUE[mark]
    if _DIGITS[value % 31] != body[-1] or not 0 < value < 2**63:
        raise InvalidInput("person-ref-invalid", given=text[:40])
    return value
