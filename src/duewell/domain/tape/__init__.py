"""Tapes: another system's loans, read column by column into positions this book can go on from.

Needs    rows of text, a column map, the day the book takes over.
Gives    ColumnMap, LENDING_CLUB, read_tape (loans and refusals), terms_of, position_of.
Never    reads a lender's status, repairs a value, or lets one bad row hide another.
Source   docs/decisions/0005-taking-a-book-over.md.
"""

from duewell.domain.tape._columns import LENDING_CLUB, ColumnMap, column_map
from duewell.domain.tape._positions import position_of, terms_of
from duewell.domain.tape._rows import RowRefusal, TapeLoan, read_tape

__all__ = [
    "LENDING_CLUB",
    "ColumnMap",
    "RowRefusal",
    "TapeLoan",
    "column_map",
    "position_of",
    "read_tape",
    "terms_of",
]
