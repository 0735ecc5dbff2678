"""Product terms: what a loan was agreed to be, as one versioned value.

Needs    money (rounding), calendar (frequencies, day counts).
Gives    LoanTerms with its Convention, Allocation and PenaltyTerms; from_payload and to_payload.
Never    knows a payment, a balance or today's date.
Source   docs/decisions/0001; the glossary.
"""

from duewell.domain.product._payload import OWN_TERMS, terms_from_payload, terms_to_payload
from duewell.domain.product._terms import (
    ORDER,
    RATE_SCALE,
    Allocation,
    Amortization,
    ChargeOffInterest,
    Convention,
    Engine,
    ExcessRule,
    InterestMethod,
    LoanTerms,
    Part,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
    Processing,
    RateCap,
    check_rate,
)

__all__ = [
    "ORDER",
    "OWN_TERMS",
    "RATE_SCALE",
    "Allocation",
    "Amortization",
    "ChargeOffInterest",
    "Convention",
    "Engine",
    "ExcessRule",
    "InterestMethod",
    "LoanTerms",
    "Part",
    "PenaltyBase",
    "PenaltyMode",
    "PenaltyTerms",
    "Prepayment",
    "Processing",
    "RateCap",
    "check_rate",
    "terms_from_payload",
    "terms_to_payload",
]
