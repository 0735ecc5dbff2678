"""Mortgage: level-payment tables by the conventions of lenders' and regulators' published tables.

Needs    money (rounding), calendar (steps), the terms of a table.
Gives    TableConvention, TableTerms, RateStep; table(terms) and the level payment.
Never    folds a fact: a table says what was agreed, the loan's fold says what happened.
Source   docs/reference/conventions.md, section published tables.
"""

from duewell.domain.mortgage._tables import (
    RateStep,
    Table,
    TableConvention,
    TableRow,
    TableTerms,
    level_payment,
    table,
)

__all__ = ["RateStep", "Table", "TableConvention", "TableRow", "TableTerms", "level_payment", "table"]
