"""Ledger: accounts, balanced journals, and the balances they add up to.

Needs    accounts of the chart and amounts in minor units of one currency.
Gives    Account, Line, Journal, balances, trial_balance, and each account of the chart by name.
Never    knows a loan, edits a journal, or adds two currencies: a book keeps one currency a journal.
Source   double entry; debit positive, credit negative.
"""

from duewell.domain.ledger._accounts import (
    BORROWER_CREDIT,
    CASH_CLEARING,
    CHART,
    CREDIT_LOSS,
    FEE_CHARGED_OFF,
    FEE_INCOME,
    FEE_RECEIVABLE,
    INTEREST_ACCRUED,
    INTEREST_CHARGED_OFF,
    INTEREST_INCOME,
    INTEREST_RECEIVABLE,
    INTEREST_SUSPENDED,
    LOANS_PRINCIPAL,
    OPENING_EQUITY,
    PENALTY_ACCRUED,
    PENALTY_INCOME,
    PENALTY_RECEIVABLE,
    PROVISION,
    PROVISION_EXPENSE,
    RECOVERY_INCOME,
    ROUNDING_OF_INTEREST,
    SUSPENSE,
    WAIVER_EXPENSE,
    Account,
    AccountKind,
    account,
)
from duewell.domain.ledger._journals import (
    Journal,
    Line,
    TrialBalance,
    TrialRow,
    balances,
    trial_balance,
)

__all__ = [
    "BORROWER_CREDIT",
    "CASH_CLEARING",
    "CHART",
    "CREDIT_LOSS",
    "FEE_CHARGED_OFF",
    "FEE_INCOME",
    "FEE_RECEIVABLE",
    "INTEREST_ACCRUED",
    "INTEREST_CHARGED_OFF",
    "INTEREST_INCOME",
    "INTEREST_RECEIVABLE",
    "INTEREST_SUSPENDED",
    "LOANS_PRINCIPAL",
    "OPENING_EQUITY",
    "PENALTY_ACCRUED",
    "PENALTY_INCOME",
    "PENALTY_RECEIVABLE",
    "PROVISION",
    "PROVISION_EXPENSE",
    "RECOVERY_INCOME",
    "ROUNDING_OF_INTEREST",
    "SUSPENSE",
    "WAIVER_EXPENSE",
    "Account",
    "AccountKind",
    "Journal",
    "Line",
    "TrialBalance",
    "TrialRow",
    "account",
    "balances",
    "trial_balance",
]
