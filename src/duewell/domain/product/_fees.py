"""Scheduled fees: what a contract charges beside interest, who charges it, how, and when.

Needs    nothing but exact shares.
Gives    FeeTerms, FeeBasis, FeeWhen.
Never    computes an amount; a fee for lateness is a penalty or a fact, not one of these.
Source   docs/reference/products.md, section fees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from duewell.domain.errors import InvalidInput


class FeeBasis(StrEnum):
    """What a fee is reckoned by."""

    FLAT = "flat"
    PRINCIPAL = "original principal"
    INSTALMENT = "instalment"
    """Principal and interest of the row it is charged with, as planned on the first day."""


class FeeWhen(StrEnum):
    """When a fee is charged. One kept from the proceeds is paid by being kept."""

    FIRST = "with the first instalment"
    EACH = "with each instalment"
    KEPT = "kept from the proceeds"


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """One fee: a flat amount in minor units, or a share of its basis; `source` names the clause.

    Refuses   both or neither of amount and share, a negative one, and a share of an instalment where
              there is none.
    """

    code: str
    charged_by: str
    when: FeeWhen
    basis: FeeBasis
    amount: int | None = None
    pct: Fraction | None = None
    source: str = "contract"

    def __post_init__(self) -> None:
        is_flat = self.basis is FeeBasis.FLAT
        if (self.amount is not None) != is_flat or (self.pct is None) != is_flat:
            raise InvalidInput("fee-needs-one-amount", fee=self.code, basis=self.basis.value)
        if (self.amount or 0) < 0 or (self.pct or 0) < 0:
            raise InvalidInput("fee-negative", fee=self.code)
        if self.basis is FeeBasis.INSTALMENT and self.when is FeeWhen.KEPT:
            raise InvalidInput("fee-without-instalment", fee=self.code)


def check_fees(fees: Sequence[FeeTerms]) -> None:
    """Refuse two fees of one code."""
    codes = [fee.code for fee in fees]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise InvalidInput("fee-code-twice", fee=twice)
