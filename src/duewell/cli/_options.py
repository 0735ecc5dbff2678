"""Options that mean the same in every command, and what they name.

Needs    typer; a Frame to look a loan or a book up.
Gives    Book, Lang, Json, AsOf, Known, Key, Loan, On, RatePct, Instalments; find_loan, find_book,
         request_key.
Never    parses a figure.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from duewell.cli._frame import Frame
from duewell.domain.party import parse_loan_id
from duewell.store import books, loans
from duewell.store.books import BookRow
from duewell.store.loans import LoanKey, LoanRow

Book = Annotated[str, typer.Option("--book", help="The book's code.")]
Lang = Annotated[str | None, typer.Option("--lang", help="zh or en.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="The date it is looked at (YYYY-MM-DD).")]
Known = Annotated[
    str | None,
    typer.Option(
        "--known",
        help="As known at the end of this date, or at an instant such as 2026-03-01T18:30:00+08:00.",
    ),
]
Key = Annotated[str | None, typer.Option("--key", help="Request key: the same key happens once.")]
Loan = Annotated[str, typer.Argument(help="The loan's id: 17 letters and digits.")]
On = Annotated[str | None, typer.Option("--on", help="Value date; the open date if left out.")]

RatePct = Annotated[str | None, typer.Option("--rate", help="Yearly rate in per cent.")]
Instalments = Annotated[int | None, typer.Option("--instalments", help="How many instalments, 1 to 1200.")]


def find_loan(frame: Frame, text: str) -> tuple[LoanKey, LoanRow]:
    """The contract an id names."""
    person_id, loan_no = parse_loan_id(text)
    key = LoanKey(person_id, loan_no)
    row = loans.read_loan(frame.conn, key)
    frame.currency = row.terms.currency
    return key, row


def find_book(frame: Frame, code: str) -> BookRow:
    """The book a code names."""
    row = books.read_book(frame.conn, code)
    frame.currency = row.currency
    return row


def request_key(given: str | None) -> str:
    """The request key given, or a new one for a command that was given none."""
    return str(uuid.uuid4()) if given is None else given
