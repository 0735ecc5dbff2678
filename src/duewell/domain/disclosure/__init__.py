"""Disclosure: what a loan or an offer costs, told before it is signed and after every fact.

Needs    loan, product, cost.
Gives    true_cost, offer, course with TrueCost; cost_sheet; check_terms, check_product
         and check_line against caps.
Never    computes an amount another way than the fold that would be booked.
Source   docs/reference/cost.md and docs/reference/caps.md.
"""

from duewell.domain.disclosure._cost import Rates, TrueCost, cost_of, course, first_money, offer, true_cost
from duewell.domain.disclosure._limits import check_product, check_terms, shown
from duewell.domain.disclosure._line_limits import check_line
from duewell.domain.disclosure._sheet import CostSheet, Item, cost_sheet, sheet_document

__all__ = [
    "CostSheet",
    "Item",
    "Rates",
    "TrueCost",
    "check_line",
    "check_product",
    "check_terms",
    "cost_of",
    "cost_sheet",
    "course",
    "first_money",
    "offer",
    "sheet_document",
    "shown",
    "true_cost",
]
