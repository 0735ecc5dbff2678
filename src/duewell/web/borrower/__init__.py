"""The borrower's app, a page file a noun. Parse, call one verb, show.

Needs    the doors of the API; services; a person signed in by a code.
Gives    DOORS.
Never    shows anything of another person, or needs a script.
Source   docs/reference/pages.md.
"""

from duewell.web.borrower import account, documents, home, loan, offline, paying, what_if

DOORS = (
    home.door,
    loan.door,
    what_if.door,
    paying.door,
    documents.door,
    account.door,
    offline.door,
)

__all__ = ["DOORS"]
