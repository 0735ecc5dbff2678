"""Record one fact of a loan: pay, refund, charge, change a rate, take a fact back.

Needs    a connection, the loan's key, the fact, and a request key that makes it happen once.
Gives    the loan after the fact as plain data, or the kept result of the same request.
Never    posts by another way than every verb does: store.posting is the one write path.
Source   docs/decisions/0001-a-loan-is-its-facts.md.
"""

from duewell.store.posting import Request
from duewell.store.posting import record as record_fact

__all__ = ["Request", "record_fact"]
