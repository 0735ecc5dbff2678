"""Party: what persons and their loans are called outside, and what may be kept of a person.

Needs    the numbers of a person and a loan; the text of a field.
Gives    loan_id, person_ref and what reads them: opaque, checked strings; FIELDS, read_field, masked.
Never    shows a number that does not survive JSON, or accepts a mistyped one.
Source   docs/glossary.md, loan id; docs/reference/privacy.md.
"""

from duewell.domain.party._fields import FIELDS, Field, masked, read_field
from duewell.domain.party._ids import loan_id, parse_loan_id, parse_person_ref, person_of, person_ref

__all__ = [
    "FIELDS",
    "Field",
    "loan_id",
    "masked",
    "parse_loan_id",
    "parse_person_ref",
    "person_of",
    "person_ref",
    "read_field",
]
