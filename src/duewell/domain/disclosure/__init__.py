"""Disclosure: what a loan or an offer costs, told before it is signed and after every fact.

Needs    loan, product, cost.
Gives    true_cost, offer, course with TrueCost; check_terms and check_product against caps.
Never    computes an amount another way than the fold that would be booked.
Source   docs/reference/cost.md.
"""

from duewell.domain.disclosure._cost import TrueCost, cost_of, course, first_money, offer, true_cost
from duewell.domain.disclosure._limits import check_product, check_terms

__all__ = [
    "TrueCost",
    "check_product",
    "check_terms",
    "cost_of",
    "course",
    "first_money",
    "offer",
    "true_cost",
]
