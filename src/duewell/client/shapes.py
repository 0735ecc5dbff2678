"""Shapes of what the API takes and tells.

Gives    a TypedDict a document.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class AccountGiven(TypedDict):
    """The number a bank gave, and the loan that is paid to there."""

    account: str
    loan: str


class ActiveGiven(TypedDict):
    """Whether an account may sign in."""

    is_active: bool


class AttachGiven(TypedDict):
    """A person whose loans are copied in."""

    person: str


class BookGiven(TypedDict):
    """A sandbox book to open."""

    code: str
    currency: str
    open_on: str
    four_eyes: NotRequired[bool]


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


class CashFeeGiven(TypedDict):
    """The fee of a cash draw: a share of it, and at least so much."""

    pct: str
    floor_minor: NotRequired[int]


class ChallengeTold(TypedDict):
    """A code was sent, if somebody is there to send it to."""

    challenge: str
    expires_at: str


class ClientGiven(TypedDict):
    """An API client to make."""

    name: str
    is_sandbox_only: NotRequired[bool]
    books: NotRequired[list[str] | None]


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


class CloseGiven(TypedDict):
    """The last day to close."""

    until: str


class CodeGiven(TypedDict):
    """Where a borrower's one-time code is sent, and in which book they borrow."""

    book: str
    field: Literal["phone", "email"]
    value: str


class CodeTried(TypedDict):
    """The code that was sent."""

    challenge: str
    code: str


class CollectGiven(TypedDict):
    """The day whose planned tries go into the file; the open date if left out."""

    on: NotRequired[str | None]


class ComingGiven(TypedDict):
    """A fact that comes while the clock moves: a line that begins with its day."""

    loan: str
    line: str


class CostTold(TypedDict):
    """A loan's true cost."""

    loan_id: str
    currency: str


class DecisionGiven(TypedDict):
    """Yes or no, and why."""

    approve: bool
    reason: str


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


class EndpointGiven(TypedDict):
    """Where events of a book shall go, and of which kinds."""

    book: str
    url: str
    kinds: list[str]


class FactGiven(TypedDict):
    """A fact as a line, such as `2026-04-12 waive penalty 3.00`."""

    line: str


class FieldError(TypedDict):
    """What is wrong with one field."""

    field: str
    code: str
    detail: str


class FindGiven(TypedDict):
    """A phone, an address or an identity number to find a person by."""

    field: Literal["phone", "email", "id_number"]
    value: str


class ForkGiven(TypedDict):
    """The code of the fork."""

    code: str


class Future(TypedDict):
    """A future: what would be if these facts came, each a line."""

    name: str
    lines: list[str]


class Health(TypedDict):
    """Whether the server can serve."""

    status: Literal["ready"]
    version: str


class InboxTold(TypedDict):
    """A message that would have been sent."""

    to: str
    text: str


class LateChargeGiven(TypedDict):
    """The charge on a missed minimum: a share of it, at least so much, after days of grace."""

    pct: str
    floor_minor: NotRequired[int]
    grace_days: NotRequired[int]


class LineGiven(TypedDict):
    """A line to open for a new person."""

    limit_minor: int
    currency: str
    statement_day: int
    rate_pct: str
    cash_rate_pct: NotRequired[str | None]
    due_days: NotRequired[int]
    minimum_pct: NotRequired[str]
    minimum_floor_minor: NotRequired[int]
    has_free_period: NotRequired[bool]
    cash_fee: NotRequired[CashFeeGiven | None]
    late_charge: NotRequired[LateChargeGiven | None]
    start: NotRequired[str | None]


class LoanGiven(TypedDict):
    """A loan to lend, to a person or to a new one, of a product or with terms of its own."""

    principal_minor: int
    currency: str
    rate_pct: str
    instalments: int
    on: NotRequired[str | None]
    product: NotRequired[str | None]
    person: NotRequired[str | None]


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


class MandateGiven(TypedDict):
    """The account that may be collected from, and the rail it is collected by."""

    rail: str
    name: str
    account: str
    bank: NotRequired[str]
    on: NotRequired[str | None]


class MatchGiven(TypedDict):
    """Money in suspense and the loan it is for; a part of it, or all that is left."""

    rail: str
    ref: str
    loan: str
    amount_minor: NotRequired[int | None]


class Me(TypedDict):
    """Who the caller is, and what they may do."""

    actor: str
    kind: str
    roles: list[str]
    permissions: list[str]
    books: list[str] | None
    version: str


class MoveGiven(TypedDict):
    """Where to move: to a day, or by so many days; and what comes on the way."""

    to: NotRequired[str | None]
    days: NotRequired[int | None]
    facts: NotRequired[list[ComingGiven]]


class NewClientTold(TypedDict):
    """A client just made: its key, shown once."""

    client_id: str
    key: str


class NewStaffTold(TypedDict):
    """An account just made: what its authenticator reads, shown once."""

    login: str
    totp_uri: str


class OrderGiven(TypedDict):
    """What is to be paid, and through which wallet."""

    rail: str
    amount_minor: int


class PasswordGiven(TypedDict):
    """A new password, or none."""

    password: str | None


class PasswordSignIn(TypedDict):
    """A borrower's phone or address, and the password they chose to have."""

    book: str
    field: Literal["phone", "email"]
    value: str
    password: str


class PayeeGiven(TypedDict):
    """Whose account it is and where."""

    name: str
    account: str
    bank: NotRequired[str]


class PaymentGiven(TypedDict):
    """A payment received. Without a date it counts from the book's open date."""

    amount_minor: int
    currency: str
    effective_on: NotRequired[str | None]
    ref: NotRequired[str | None]


class PersonGiven(TypedDict):
    """What is known of a person. At least a phone, an e-mail address or an identity number."""

    name: NotRequired[str | None]
    phone: NotRequired[str | None]
    email: NotRequired[str | None]
    id_number: NotRequired[str | None]
    born_on: NotRequired[str | None]
    address: NotRequired[str | None]
    lang: NotRequired[Literal["zh", "en"] | None]


class PersonRef(TypedDict):
    """A person's reference."""

    person: str


class PersonTold(TypedDict):
    """A person, masked or not."""

    person: str
    is_masked: bool
    is_erased: bool
    fields: dict[str, Any]


class PreviewGiven(TypedDict):
    """Futures to compare, and the day to look at."""

    futures: list[Future]
    until: NotRequired[str | None]


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


class QuoteGiven(TypedDict):
    """What a loan of a product would be."""

    principal_minor: int
    rate_pct: str
    instalments: int
    start: NotRequired[str | None]


class RailGiven(TypedDict):
    """A rail as its file would say it; which fields it needs follows from its kind."""

    code: str
    kind: str
    account: NotRequired[str | None]
    name: NotRequired[str | None]
    creditor_id: NotRequired[str | None]
    bic: NotRequired[str | None]
    is_real: NotRequired[bool | None]
    columns: NotRequired[dict[str, Any] | None]
    slots: NotRequired[list[str] | None]
    layout: NotRequired[str | None]
    reasons: NotRequired[dict[str, Any] | None]
    url: NotRequired[str | None]
    merchant: NotRequired[str | None]
    secret_file: NotRequired[str | None]
    signature: NotRequired[str | None]
    return_url: NotRequired[str | None]
    order_minutes: NotRequired[int | None]


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


class RefundGiven(TypedDict):
    """What is paid back, by which rail and to whom."""

    rail: str
    amount_minor: int
    payee: PayeeGiven


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


class RevokeGiven(TypedDict):
    """Why, as the borrower said; and from when."""

    reason: NotRequired[str]
    on: NotRequired[str | None]


class RolesGiven(TypedDict):
    """What an account shall be allowed, and in which books; null is all."""

    roles: list[str]
    books: NotRequired[list[str] | None]


class SendBackGiven(TypedDict):
    """Money in suspense to be paid back: by a rail, to whom the bank told of or to the payee given."""

    rail: str
    ref: str
    by: NotRequired[str | None]
    payee: NotRequired[PayeeGiven | None]
    amount_minor: NotRequired[int | None]


class SessionTold(TypedDict):
    """A session that begins. The cookie carries its token; changes carry `csrf` in X-CSRF-Token."""

    session: str
    csrf: str
    expires_at: str


class SessionsTold(TypedDict):
    """The caller's sessions."""

    items: list[dict[str, Any]]


class StaffGiven(TypedDict):
    """An account to make."""

    login: str
    name: str
    password: str


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


class VerifyGiven(TypedDict):
    """How many loans to fold again; drawn at random from a seed."""

    sample: NotRequired[int]
    seed: NotRequired[int]
