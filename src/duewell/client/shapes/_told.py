"""Shapes of what the API tells.

Gives    a TypedDict a document.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class BookTold(TypedDict):
    """A book and the day that is open."""

    book: str
    name: str
    currency: str
    zone: str
    opened_on: str
    open_on: str
    is_sandbox: bool
    four_eyes: bool


class BooksTold(TypedDict):
    """The books a caller may see."""

    items: list[BookTold]


class ChallengeTold(TypedDict):
    """A code was sent, if somebody is there to send it to."""

    challenge: str
    expires_at: str


class ClientTold(TypedDict):
    """An API client."""

    client_id: str
    name: str
    is_sandbox_only: bool
    books: list[str] | None
    version: str
    created_at: str
    revoked_at: str | None


class ClientsTold(TypedDict):
    """All API clients."""

    items: list[ClientTold]


class CodeTried(TypedDict):
    """The code that was sent."""

    challenge: str
    code: str


class CostTold(TypedDict):
    """A loan's true cost."""

    loan_id: str
    currency: str


class DerivationTold(TypedDict):
    """Every amount of a loan with its derivation."""

    loan_id: str
    currency: str
    as_of: str
    rows: list[dict[str, Any]]
    totals: dict[str, Any]


class Document(TypedDict):
    """A document that names its own schema."""

    schema: str


class Done(TypedDict):
    """It is done."""

    done: Literal[True]


class FieldError(TypedDict):
    """What is wrong with one field."""

    field: str
    code: str
    detail: str


class Health(TypedDict):
    """Whether the server can serve."""

    status: Literal["ready"]
    version: str


class InboxTold(TypedDict):
    """A message that would have been sent."""

    to: str
    text: str


class LoanLine(TypedDict):
    """One loan of a list."""

    loan_id: str
    product: str
    currency: str
    opened_on: str
    external_ref: NotRequired[str | None]


class LoanTold(TypedDict):
    """A loan at two dates."""

    loan_id: str
    currency: str
    as_of: str
    principal_minor: int
    overpaid_minor: int
    dpd: int
    bucket: str
    overdue_minor: int
    outstanding_minor: int
    charged_off_on: str | None
    rows: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    void: list[dict[str, Any]]


class LoansTold(TypedDict):
    """A page of loans, and where the next one begins."""

    items: list[LoanLine]
    next: str | None


class Me(TypedDict):
    """Who the caller is, and what they may do."""

    actor: str
    kind: str
    roles: list[str]
    permissions: list[str]
    books: list[str] | None
    version: str


class NewClientTold(TypedDict):
    """A client just made: its key, shown once."""

    client_id: str
    key: str


class NewStaffTold(TypedDict):
    """An account just made: what its authenticator reads, shown once."""

    login: str
    totp_uri: str


class PasswordChange(TypedDict):
    """One's own password, and the one to come."""

    current: str
    password: str


class PasswordSignIn(TypedDict):
    """A borrower's phone or address, and the password they chose to have."""

    book: str
    field: Literal["phone", "email"]
    value: str
    password: str


class PersonRef(TypedDict):
    """A person's reference."""

    person: str


class PersonTold(TypedDict):
    """A person, masked or not."""

    person: str
    is_masked: bool
    is_erased: bool
    fields: dict[str, Any]


class PreviewTold(TypedDict):
    """The loan as it is, and each future beside it."""

    loan_id: str
    currency: str
    until: str
    futures: list[dict[str, Any]]


class Problem(TypedDict):
    """RFC 9457: what went wrong, with a stable code and a sentence in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    facts: dict[str, Any]
    request_id: str
    doc: str
    errors: NotRequired[list[FieldError]]


class ProductTold(TypedDict):
    """A version of a product, as its file says."""

    version: int
    defined_on: str


class ProductsTold(TypedDict):
    """The versions of a book's products."""

    items: list[ProductTold]


class ProofTold(TypedDict):
    """The derivation of one amount."""

    loan_id: str
    currency: str
    as_of: str
    proof: dict[str, Any]


class Reason(TypedDict):
    """Why something is done: the trail keeps it."""

    reason: str


class Recorded(TypedDict):
    """A loan after a fact."""

    loan_id: str
    seq: int
    currency: str
    as_of: str
    principal_minor: int
    overpaid_minor: int
    dpd: int
    overdue_minor: int
    outstanding_minor: int


class RequestTold(TypedDict):
    """Something one person asked for, and what another decided."""

    request: str
    status: Literal["waiting", "approved", "rejected", "withdrawn"]
    act: str
    target: str
    content: dict[str, Any]
    asked_by: str
    asked_at: str
    expires_at: str
    decided: dict[str, Any] | None


class RequestsTold(TypedDict):
    """A page of requests."""

    items: list[RequestTold]
    next: str | None


class SessionTold(TypedDict):
    """A session that begins. The cookie carries its token; changes carry `csrf` in X-CSRF-Token."""

    session: str
    csrf: str
    expires_at: str


class SessionsTold(TypedDict):
    """The caller's sessions."""

    items: list[dict[str, Any]]


class StaffSignIn(TypedDict):
    """What a member of staff signs in with: all three."""

    login: str
    password: str
    code: str


class StaffTold(TypedDict):
    """An account and its roles."""

    login: str
    name: str
    is_active: bool
    roles: list[str]
    books: list[str] | None


class StaffsTold(TypedDict):
    """All accounts."""

    items: list[StaffTold]


class StatementTold(TypedDict):
    """Every movement of a loan and its split."""

    loan_id: str
    currency: str
    as_of: str
    lines: list[dict[str, Any]]


class TrailTold(TypedDict):
    """A page of the trail, the newest first, and the head of its chain."""

    items: list[dict[str, Any]]
    next: str | None
    head: dict[str, Any]
