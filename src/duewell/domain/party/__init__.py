"""Party: what persons and their loans are called outside.

Needs    the numbers of a person and a loan.
Gives    loan_id and parse_loan_id: opaque, checked strings.
Never    shows a number that does not survive JSON, or accepts a mistyped one.
Source   docs/glossary.md, loan id.
"""

from duewell.domain.party._ids import loan_id, parse_loan_id, person_of

__all__ = ["loan_id", "parse_loan_id", "person_of"]
