"""Provisioning: what is set aside for losses to come, by how late loans are.

Needs    the principal out by delinquency bucket, the book's rates.
Gives    provision_rates, provision_for.
Never    knows a loan or posts an entry.
Source   docs/reference/ledger.md, section provisions.
"""

from duewell.domain.provisioning._rates import provision_for, provision_rates

__all__ = ["provision_for", "provision_rates"]
