"""Accounts: the chart, closed and in one place.

Needs    nothing.
Gives    each account as a constant, CHART in the order of a trial balance, and lookup by code.
Never    holds a balance or a sentence; an account's name is a message code.
Source   docs/decisions; postings alone says which account a part of a loan belongs to.
"""

from dataclasses import dataclass
from enum import StrEnum

from duewell.domain.errors import NotFound


class AccountKind(StrEnum):
    """Where an account stands in the statements."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


@dataclass(frozen=True, slots=True)
class Account:
    """One account: its code in journals, the message code of its name, and its kind."""

    code: str
    name_code: str
    kind: AccountKind

    def __hash__(self) -> int:
        """By its code alone: accounts are looked up more often than anything else in a book."""
        return hash(self.code)


def _account(code: str, kind: AccountKind) -> Account:
    return Account(code, "account-" + code.replace("_", "-"), kind)


CASH_CLEARING = _account("cash_clearing", AccountKind.ASSET)
LOANS_PRINCIPAL = _account("loans_principal", AccountKind.ASSET)
INTEREST_RECEIVABLE = _account("interest_receivable", AccountKind.ASSET)
"""Interest that fell due and is not paid."""
FEE_RECEIVABLE = _account("fee_receivable", AccountKind.ASSET)
PENALTY_RECEIVABLE = _account("penalty_receivable", AccountKind.ASSET)
INTEREST_ACCRUED = _account("interest_accrued", AccountKind.ASSET)
"""Interest earned by the day that has not fallen due."""
PENALTY_ACCRUED = _account("penalty_accrued", AccountKind.ASSET)
SUSPENSE = _account("suspense", AccountKind.LIABILITY)
"""Money received whose owner is not known yet: it is owed to somebody."""
BORROWER_CREDIT = _account("borrower_credit", AccountKind.LIABILITY)
"""Overpayments, owed back to the borrower."""
OPENING_EQUITY = _account("opening_equity", AccountKind.EQUITY)
INTEREST_INCOME = _account("interest_income", AccountKind.INCOME)
FEE_INCOME = _account("fee_income", AccountKind.INCOME)
PENALTY_INCOME = _account("penalty_income", AccountKind.INCOME)
RECOVERY_INCOME = _account("recovery_income", AccountKind.INCOME)
ROUNDING_OF_INTEREST = _account("rounding_of_interest", AccountKind.INCOME)
"""Interest charged in whole units less interest accrued exactly; either sign, near zero."""
INTEREST_CHARGED_OFF = _account("interest_charged_off", AccountKind.INCOME)
"""Interest once taken as income and charged off: it stands against interest income."""
FEE_CHARGED_OFF = _account("fee_charged_off", AccountKind.INCOME)
"""Fees and penalties charged off, likewise."""
INTEREST_SUSPENDED = _account("interest_suspended", AccountKind.LIABILITY)
"""Interest earned and not paid of loans too long past due: against the asset, and no income yet."""
INTEREST_IN_ADVANCE = _account("interest_in_advance", AccountKind.LIABILITY)
"""Interest collected before the days it is for were charged: no income of its own, its accrual is."""
PROVISION = _account("provision", AccountKind.LIABILITY)
"""What is set aside for losses to come; it stands against the loans."""
PROVISION_EXPENSE = _account("provision_expense", AccountKind.EXPENSE)
WAIVER_EXPENSE = _account("waiver_expense", AccountKind.EXPENSE)
CREDIT_LOSS = _account("credit_loss", AccountKind.EXPENSE)

CHART: tuple[Account, ...] = (
    CASH_CLEARING,
    LOANS_PRINCIPAL,
    INTEREST_RECEIVABLE,
    FEE_RECEIVABLE,
    PENALTY_RECEIVABLE,
    INTEREST_ACCRUED,
    PENALTY_ACCRUED,
    SUSPENSE,
    BORROWER_CREDIT,
    OPENING_EQUITY,
    INTEREST_INCOME,
    FEE_INCOME,
    PENALTY_INCOME,
    RECOVERY_INCOME,
    ROUNDING_OF_INTEREST,
    WAIVER_EXPENSE,
    CREDIT_LOSS,
    INTEREST_CHARGED_OFF,
    FEE_CHARGED_OFF,
    INTEREST_SUSPENDED,
    PROVISION,
    PROVISION_EXPENSE,
    INTEREST_IN_ADVANCE,
)

_BY_CODE = {each.code: each for each in CHART}


def account(code: str) -> Account:
    """The account of a code.

    Refuses   NotFound "account-unknown".

    >>> account("suspense").kind
    <AccountKind.LIABILITY: 'liability'>
    """
    found = _BY_CODE.get(code)
    if found is None:
        raise NotFound("account-unknown", given=code[:32])
    return found
