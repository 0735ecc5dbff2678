"""Product terms: what a loan or a line was agreed to be, as one versioned value.

Needs    money (rounding), calendar (frequencies, day counts).
Gives    LoanTerms with its Convention, Allocation and PenaltyTerms, as payload too; Product, the template
         of such terms, as a table too; NAMED conventions; Cap, a dated limit.
Gives    LoanTerms with its Convention, Allocation and PenaltyTerms; LineTerms; to and from payloads.
Never    knows a payment, a balance or today's date.
Source   docs/decisions/0001; the glossary.
"""

from duewell.domain.product._caps import Cap, CapKind, Measure, caps_in_force, caps_table, read_caps
from duewell.domain.product._conventions import NAMED, NamedConvention, convention_named
from duewell.domain.product._fees import FeeBasis, FeeTerms, FeeWhen
from duewell.domain.product._line_payload import (
    LINE_SCHEMA,
    Terms,
    agreed_from_payload,
    agreed_to_payload,
)
from duewell.domain.product._line_terms import (
    BalanceKind,
    CashFee,
    LateCharge,
    LineTerms,
    MinimumPayment,
)
from duewell.domain.product._payload import OWN_LINE_TERMS, OWN_TERMS, terms_from_payload, terms_to_payload
from duewell.domain.product._product import PenaltyRule, Product
from duewell.domain.product._product_file import product_table, read_product
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
    "LINE_SCHEMA",
    "NAMED",
    "ORDER",
    "OWN_LINE_TERMS",
    "OWN_TERMS",
    "RATE_SCALE",
    "Allocation",
    "Amortization",
    "BalanceKind",
    "Cap",
    "CapKind",
    "CashFee",
    "ChargeOffInterest",
    "Convention",
    "Engine",
    "ExcessRule",
    "FeeBasis",
    "FeeTerms",
    "FeeWhen",
    "InterestMethod",
    "LateCharge",
    "LineTerms",
    "LoanTerms",
    "Measure",
    "MinimumPayment",
    "NamedConvention",
    "Part",
    "PenaltyBase",
    "PenaltyMode",
    "PenaltyRule",
    "PenaltyTerms",
    "Prepayment",
    "Processing",
    "Product",
    "RateCap",
    "Terms",
    "agreed_from_payload",
    "agreed_to_payload",
    "caps_in_force",
    "caps_table",
    "check_rate",
    "convention_named",
    "product_table",
    "read_caps",
    "read_product",
    "terms_from_payload",
    "terms_to_payload",
]
