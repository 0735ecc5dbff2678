"""Cost: the one yearly rate that an offer's payments come to, by each rule that asks for it.

Needs    amounts with their periods or dates.
Gives    irr, xirr, nominal and effective yearly rates, the Regulation Z APR, the EU APRC.
Never    knows a loan's terms, uses a float, or picks a rate silently where there is none.
Source   docs/reference/cost.md: China 2021 notice, Regulation Z Appendix J, Directive 2023/2225 Annex III.
"""

from duewell.domain.cost._rates import annual_effective, aprc, irr, xirr
from duewell.domain.cost._reg_z import UnitPayment, apr_reg_z, unit_payments

__all__ = ["UnitPayment", "annual_effective", "apr_reg_z", "aprc", "irr", "unit_payments", "xirr"]
