"""Portfolio: what a whole book comes to at a date, loan by loan added up, and a loan as one row of its tape.

Needs    contracts and their facts as known, the as-of date, the book's buckets.
Gives    value, Valued; Totals that add up in any order; tape_row and its columns; shares of buckets, moves
         between them, vintages.
Never    rounds a sum before it is whole: accruals stay exact until every loan of a product is in.
Source   docs/reference/book.md.
"""

from duewell.domain.portfolio._row import COLUMNS, Agreed, ColumnKind, tape_row
from duewell.domain.portfolio._shares import (
    CHARGED_OFF,
    LATE_DPD,
    REPAID,
    BucketShare,
    Move,
    Stood,
    Vintage,
    moves_between,
    share_pct,
    shares_of,
    vintages_of,
)
from duewell.domain.portfolio._totals import BucketTotals, Totals
from duewell.domain.portfolio._value import Valued, value

__all__ = [
    "CHARGED_OFF",
    "COLUMNS",
    "LATE_DPD",
    "REPAID",
    "Agreed",
    "BucketShare",
    "BucketTotals",
    "ColumnKind",
    "Move",
    "Stood",
    "Totals",
    "Valued",
    "Vintage",
    "moves_between",
    "share_pct",
    "shares_of",
    "tape_row",
    "value",
    "vintages_of",
]
