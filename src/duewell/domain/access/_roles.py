"""Roles and what each of them may do: one table, denied by default.

Needs    nothing.
Gives    Role, Permission, GRANTS, Identity.
Never    grants by exception: what stands in no row of the table is denied.
Source   docs/reference/access.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from duewell.domain.errors import InvalidInput


class Role(StrEnum):
    """What somebody is to a book."""

    BORROWER = "borrower"
    OFFICER = "officer"
    HARDSHIP_OFFICER = "hardship-officer"
    SUPERVISOR = "supervisor"
    RISK = "risk"
    COMPLIANCE = "compliance"
    OPERATOR = "operator"
    ADMIN = "admin"
    API_CLIENT = "api-client"


class Permission(StrEnum):
    """What a route declares. PUBLIC asks for nobody, SIGNED_IN for anybody who is known."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    OWN_READ = "own.read"
    OWN_WRITE = "own.write"
    BOOK_READ = "book.read"
    BOOK_OPEN = "book.open"
    PRODUCT_READ = "product.read"
    PRODUCT_DEFINE = "product.define"
    PERSON_READ = "person.read"
    PERSON_REVEAL = "person.reveal"
    PERSON_WRITE = "person.write"
    PERSON_ERASE = "person.erase"
    LOAN_READ = "loan.read"
    LOAN_LEND = "loan.lend"
    FACT_PAY = "fact.pay"
    FACT_RECORD = "fact.record"
    REPORT_READ = "report.read"
    LEDGER_READ = "ledger.read"
    DAY_CLOSE = "day.close"
    CLOCK_MOVE = "clock.move"
    APPROVAL_READ = "approval.read"
    APPROVAL_DECIDE = "approval.decide"
    RAIL_READ = "rail.read"
    RAIL_SET = "rail.set"
    RAIL_RUN = "rail.run"
    SUSPENSE_MOVE = "suspense.move"
    MANDATE_CHANGE = "mandate.change"
    WEBHOOK_MANAGE = "webhook.manage"
    CLIENT_MANAGE = "client.manage"
    ACCOUNT_MANAGE = "account.manage"
    TRAIL_READ = "trail.read"
    METRICS_READ = "metrics.read"


P = Permission
_LOOK = {P.BOOK_READ, P.PRODUCT_READ, P.PERSON_READ, P.LOAN_READ, P.APPROVAL_READ}
_SERVE = _LOOK | {P.FACT_PAY, P.FACT_RECORD, P.PERSON_WRITE, P.REPORT_READ, P.RAIL_READ, P.MANDATE_CHANGE}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.BORROWER: frozenset({P.OWN_READ, P.OWN_WRITE}),
    Role.OFFICER: frozenset(_SERVE),
    Role.HARDSHIP_OFFICER: frozenset(_SERVE | {P.PERSON_REVEAL}),
    Role.SUPERVISOR: frozenset(
        _SERVE
        | {P.PERSON_REVEAL, P.APPROVAL_DECIDE, P.LEDGER_READ, P.LOAN_LEND, P.TRAIL_READ, P.SUSPENSE_MOVE}
    ),
    Role.RISK: frozenset(_LOOK | {P.REPORT_READ, P.LEDGER_READ, P.PRODUCT_DEFINE, P.APPROVAL_DECIDE}),
    Role.COMPLIANCE: frozenset(
        _LOOK
        | {P.REPORT_READ, P.LEDGER_READ, P.PERSON_REVEAL, P.PERSON_ERASE, P.TRAIL_READ, P.APPROVAL_DECIDE}
    ),
    Role.OPERATOR: frozenset(
        {P.BOOK_READ, P.BOOK_OPEN, P.PRODUCT_READ, P.LOAN_READ, P.REPORT_READ, P.LEDGER_READ, P.FACT_PAY}
        | {P.DAY_CLOSE, P.CLOCK_MOVE, P.WEBHOOK_MANAGE, P.METRICS_READ, P.APPROVAL_READ}
        | {P.RAIL_READ, P.RAIL_SET, P.RAIL_RUN, P.SUSPENSE_MOVE}
    ),
    Role.ADMIN: frozenset(
        {P.BOOK_READ, P.ACCOUNT_MANAGE, P.CLIENT_MANAGE, P.WEBHOOK_MANAGE, P.METRICS_READ, P.TRAIL_READ}
        | {P.APPROVAL_READ, P.APPROVAL_DECIDE}
    ),
    Role.API_CLIENT: frozenset(
        {P.BOOK_READ, P.BOOK_OPEN, P.PRODUCT_READ, P.PRODUCT_DEFINE, P.PERSON_READ, P.PERSON_WRITE}
        | {P.LOAN_READ, P.LOAN_LEND, P.FACT_PAY, P.FACT_RECORD, P.REPORT_READ, P.LEDGER_READ}
        | {P.CLOCK_MOVE, P.WEBHOOK_MANAGE, P.APPROVAL_READ}
        | {P.RAIL_READ, P.RAIL_RUN, P.SUSPENSE_MOVE, P.MANDATE_CHANGE}
    ),
}
"""An API client books and reads; it decides nothing, manages nobody, and closes no day of a live book."""


class Kind(StrEnum):
    """What kind of account somebody has."""

    NOBODY = "nobody"
    BORROWER = "borrower"
    STAFF = "staff"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: an account with its roles, and for a borrower the person behind it.

    `books` limits staff and clients to some books; None is all of them. `session` tells sessions apart.
    `is_sandbox_only` keeps a test key out of every live book.
    """

    kind: Kind
    name: str
    roles: frozenset[Role] = frozenset()
    person_id: int | None = None
    books: frozenset[str] | None = None
    session: str = ""
    is_sandbox_only: bool = False
    permissions: frozenset[Permission] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        held = {permission for role in self.roles for permission in GRANTS[role]}
        if self.kind is not Kind.NOBODY:
            held.add(Permission.SIGNED_IN)
        object.__setattr__(self, "permissions", frozenset(held | {Permission.PUBLIC}))

    @property
    def actor(self) -> str:
        """How facts and the trail name whoever asks."""
        return f"{self.kind.value}:{self.name}"

    def may(self, permission: Permission) -> bool:
        """Whether the table grants it to any of the roles."""
        return permission in self.permissions

    def sees(self, book: str, *, is_sandbox: bool) -> bool:
        """Whether a book is open to this identity at all."""
        if self.is_sandbox_only and not is_sandbox:
            return False
        return self.books is None or book in self.books


NOBODY = Identity(Kind.NOBODY, "nobody")


def role_named(name: str) -> Role:
    """A role by its name. Refuses one that is not in the table."""
    try:
        return Role(name)
    except ValueError:
        raise InvalidInput("role-unknown", given=name[:40], known=", ".join(Role)) from None
