"""References: what a payer writes so that money finds its loan, and what we write so that answers do.

Needs    the key of a loan, or text from a statement.
Gives    payment_reference (ISO 11649), loans_in, and the checked ids of collections, orders and pay-outs.
Never    takes a reference whose check digits do not fit, or guesses a missing one.
Source   ISO 11649 creditor reference: RF, two check digits by ISO 7064 mod 97-10, up to 21 characters.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from duewell.domain.errors import InvalidInput
from duewell.domain.party import loan_id, parse_loan_id

_RF = re.compile(r"RF([0-9]{2})([0-9A-Z]{1,21})")
_TOKEN = re.compile(r"[0-9A-Z]+(?:-[0-9A-Z]+)*")
_TEXT_MAX = 2_000
_ID = 17
_COLLECTION = re.compile(r"C([0-9A-Z]{17})([0-9]{6})([0-9]{2})")
_NUMBERED = re.compile(r"([WP])([0-9A-Z]{17})([0-9]{6})")


class LoanRef(NamedTuple):
    """The key of a loan."""

    person_id: int
    loan_no: int


class CollectionRef(NamedTuple):
    """Which attempt at which due date of a loan."""

    loan: LoanRef
    due_on: date
    attempt: int


def payment_reference(loan: LoanRef) -> str:
    """The structured reference a borrower pays under: the loan's id with two more check digits.

    >>> payment_reference(LoanRef(7, 1))[:2], loans_in([payment_reference(LoanRef(7, 1))], "")
    ('RF', [LoanRef(person_id=7, loan_no=1)])
    """
    text = loan_id(*loan)
    return f"RF{98 - _mod_97(text + 'RF00'):02d}{text}"


def _mod_97(text: str) -> int:
    return int("".join(str(int(mark, 36)) for mark in text)) % 97


def loans_in(references: tuple[str, ...] | list[str], text: str) -> list[LoanRef]:
    """The loans that references name, each once; the free text is looked at only where they name none.

    A structured reference stands alone in its field; in free text it is looked for word by word, with the
    blanks that banks put between groups of four taken out as well.
    """
    found = dict.fromkeys(ref for each in references if (ref := _loan_of(_plain(each))) is not None)
    return list(found or dict.fromkeys(_in_text(text[:_TEXT_MAX].upper())))


def _plain(text: str) -> str:
    return re.sub(r"[\s/.]", "", text[:200]).upper()


def _in_text(text: str) -> list[LoanRef]:
    words = _TOKEN.findall(text)
    tried = [word.replace("-", "") for word in words]
    for start, word in enumerate(tried):
        if word.startswith("RF") and len(word) < _ID:
            # Written in groups of four: RF18 5390 0754 7034 ...
            tried += ["".join(tried[start:end]) for end in range(start + 2, min(start + 8, len(words)) + 1)]
    return [ref for word in tried if (ref := _loan_of(word)) is not None]


def _loan_of(word: str) -> LoanRef | None:
    """The loan a word names by a creditor reference or by its id alone; None where a check fails."""
    rf = _RF.fullmatch(word)
    if rf is not None:
        if _mod_97(rf[2] + "RF" + rf[1]) != 1:
            return None
        word = rf[2]
    # Letters that a person writes for digits are read as digits in an id, not in a word of prose.
    if len(word) != _ID or not any(mark.isdigit() for mark in word):
        return None
    try:
        return LoanRef(*parse_loan_id(word))
    except InvalidInput:
        return None


def collection_ref(loan: LoanRef, due_on: date, attempt: int) -> str:
    """The end-to-end id of an attempt to collect: 26 characters that name it wholly.

    >>> parse_collection_ref(collection_ref(LoanRef(7, 1), date(2026, 6, 1), 2))[1:]
    (datetime.date(2026, 6, 1), 2)
    """
    assert 0 < attempt < 100
    return f"C{loan_id(*loan)}{due_on:%y%m%d}{attempt:02d}"


def parse_collection_ref(text: str) -> CollectionRef | None:
    """What an end-to-end id names; None where it is none of a collection of ours."""
    found = _COLLECTION.fullmatch(text.strip())
    loan = _loan_of(found[1]) if found else None
    if found is None or loan is None:
        return None
    day = found[2]
    try:
        return CollectionRef(loan, date(2000 + int(day[:2]), int(day[2:4]), int(day[4:])), int(found[3]))
    except ValueError:
        return None


def order_ref(loan: LoanRef, number: int) -> str:
    """The id of an order to pay: W, the loan, its number within the loan."""
    return f"W{loan_id(*loan)}{number:06d}"


def pay_out_ref(loan: LoanRef, number: int) -> str:
    """The id of a pay-out of a loan: P, the loan, the number of the fact that caused it."""
    return f"P{loan_id(*loan)}{number:06d}"


def parse_numbered_ref(text: str) -> tuple[str, LoanRef, int] | None:
    """The letter, loan and number of an order's or pay-out's id; None for anything else."""
    found = _NUMBERED.fullmatch(text.strip())
    loan = _loan_of(found[2]) if found else None
    return None if found is None or loan is None else (found[1], loan, int(found[3]))
