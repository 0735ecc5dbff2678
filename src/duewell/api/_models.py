"""What goes in and out: strict shapes, one class a document.

Needs    nothing.
Gives    request bodies, which refuse what they do not know, and the shapes of answers.
Never    reads an amount as anything but whole minor units, or a date as anything but text for the domain.
Source   docs/reference/api.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MINOR_MAX = 10**15
Minor = Annotated[int, Field(strict=True, ge=1, le=MINOR_MAX, description="Whole minor units.")]
Amount = Annotated[int, Field(description="Whole minor units.")]
Day = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A date, such as 2026-11-26.", examples=["2026-11-26"]),
]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Pct = Annotated[
    str,
    Field(
        pattern=r"^\d{1,4}(\.\d{1,4})?$",
        description="Per cent a year, as text.",
        examples=["15.4"],
        max_length=9,
    ),
]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="A code, such as main.")]


class Given(BaseModel):
    """A body: strict, and closed to what it does not name."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Told(BaseModel):
    """An answer: at least these fields."""

    model_config = ConfigDict(extra="allow")


# -- problems and lists ----------------------------------------------------------------------------


class FieldError(Told):
    """What is wrong with one field."""

    field: str
    code: str
    detail: str


class Problem(Told):
    """RFC 9457: what went wrong, with a stable code and a sentence in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    facts: dict[str, str]
    request_id: str
    doc: str
    errors: list[FieldError] = []


# -- books and products ----------------------------------------------------------------------------


class BookGiven(Given):
    """A sandbox book to open."""

    code: Code
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["CNY"])]
    open_on: Day
    four_eyes: bool = True


class BookTold(Told):
    """A book and the day that is open."""

    book: str
    name: str
    currency: str
    zone: str
    opened_on: str
    open_on: str
    is_sandbox: bool
    four_eyes: bool


class BooksTold(Told):
    """The books a caller may see."""

    items: list[BookTold]


class ProductTold(Told):
    """A version of a product, as its file says."""

    version: int
    defined_on: str


class ProductsTold(Told):
    """The versions of a book's products."""

    items: list[ProductTold]


class QuoteGiven(Given):
    """What a loan of a product would be."""

    principal_minor: Minor
    rate_pct: Pct
    instalments: Annotated[int, Field(strict=True, ge=1, le=1200)]
    start: Day | None = None


# -- persons ---------------------------------------------------------------------------------------


class PersonGiven(Given):
    """What is known of a person. At least a phone, an e-mail address or an identity number."""

    name: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    id_number: Text | None = None
    born_on: Day | None = None
    address: Text | None = None
    lang: Literal["zh", "en"] | None = None

    def told(self) -> dict[str, str]:
        """The fields that were given."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class PersonRef(Told):
    """A person's reference."""

    person: str


class PersonTold(PersonRef):
    """A person, masked or not."""

    is_masked: bool
    is_erased: bool
    fields: dict[str, str]


class Reason(Given):
    """Why something is done: the trail keeps it."""

    reason: Text


class FindGiven(Given):
    """A phone, an address or an identity number to find a person by."""

    field: Literal["phone", "email", "id_number"]
    value: Text


# -- loans -----------------------------------------------------------------------------------------


class LoanGiven(Given):
    """A loan to lend, to a person or to a new one, of a product or with terms of its own."""

    principal_minor: Minor
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    rate_pct: Pct
    instalments: Annotated[int, Field(strict=True, ge=1, le=1200)]
    on: Day | None = None
    product: Annotated[str, Field(max_length=60)] | None = None
    person: Annotated[str, Field(max_length=40)] | None = None


class PaymentGiven(Given):
    """A payment received. Without a date it counts from the book's open date."""

    amount_minor: Minor
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    effective_on: Day | None = None
    ref: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")] | None = None


class FactGiven(Given):
    """A fact as a line, such as `2026-04-12 waive penalty 3.00`."""

    line: Annotated[str, Field(min_length=1, max_length=200, examples=["2026-04-12 fee 5.00"])]


class Recorded(Told):
    """A loan after a fact."""

    loan_id: str
    seq: int
    currency: str
    as_of: str
    principal_minor: Amount
    overpaid_minor: Amount
    dpd: int
    overdue_minor: Amount
    outstanding_minor: Amount


class LoanLine(Told):
    """One loan of a list."""

    loan_id: str
    product: str
    currency: str
    opened_on: str
    external_ref: str | None = None


class LoansTold(Told):
    """A page of loans, and where the next one begins."""

    items: list[LoanLine]
    next: str | None


class LoanTold(Told):
    """A loan at two dates."""

    loan_id: str
    currency: str
    as_of: str
    principal_minor: Amount
    overpaid_minor: Amount
    dpd: int
    bucket: str
    overdue_minor: Amount
    outstanding_minor: Amount
    charged_off_on: str | None
    rows: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    void: list[dict[str, Any]]


class StatementTold(Told):
    """Every movement of a loan and its split."""

    loan_id: str
    currency: str
    as_of: str
    lines: list[dict[str, Any]]


class ProofTold(Told):
    """The derivation of one amount."""

    loan_id: str
    currency: str
    as_of: str
    proof: dict[str, Any]


class DerivationTold(Told):
    """Every amount of a loan with its derivation."""

    loan_id: str
    currency: str
    as_of: str
    rows: list[dict[str, Any]]
    totals: dict[str, Any]


class Future(Given):
    """A future: what would be if these facts came, each a line."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    lines: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=60)]


class PreviewGiven(Given):
    """Futures to compare, and the day to look at."""

    futures: Annotated[list[Future], Field(min_length=1, max_length=8)]
    until: Day | None = None


class PreviewTold(Told):
    """The loan as it is, and each future beside it."""

    loan_id: str
    currency: str
    until: str
    futures: list[dict[str, Any]]


class CostTold(Told):
    """A loan's true cost."""

    loan_id: str
    currency: str


class Document(Told):
    """A document that names its own schema."""

    schema_: Annotated[str, Field(alias="schema")]


# -- requests for a second person ------------------------------------------------------------------


class DecisionGiven(Given):
    """Yes or no, and why."""

    approve: bool
    reason: Text


class RequestTold(Told):
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


class RequestsTold(Told):
    """A page of requests."""

    items: list[RequestTold]
    next: str | None


# -- accounts --------------------------------------------------------------------------------------


class StaffSignIn(Given):
    """What a member of staff signs in with: all three."""

    login: Text
    password: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(pattern=r"^\d{6}$")]


class CodeGiven(Given):
    """Where a borrower's one-time code is sent, and in which book they borrow."""

    book: Code
    field: Literal["phone", "email"]
    value: Text


class CodeTried(Given):
    """The code that was sent."""

    challenge: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(pattern=r"^\d{6}$")]


class PasswordSignIn(Given):
    """A borrower's phone or address, and the password they chose to have."""

    book: Code
    field: Literal["phone", "email"]
    value: Text
    password: Annotated[str, Field(min_length=1, max_length=200)]


class PasswordGiven(Given):
    """A new password, or none."""

    password: Annotated[str, Field(max_length=200)] | None


class PasswordChange(Given):
    """One's own password, and the one to come."""

    current: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class ChallengeTold(Told):
    """A code was sent, if somebody is there to send it to."""

    challenge: str
    expires_at: str


class InboxTold(Told):
    """A message that would have been sent."""

    to: str
    text: str


class SessionTold(Told):
    """A session that begins. The cookie carries its token; changes carry `csrf` in X-CSRF-Token."""

    session: str
    csrf: str
    expires_at: str


class SessionsTold(Told):
    """The caller's sessions."""

    items: list[dict[str, Any]]


class Me(Told):
    """Who the caller is, and what they may do."""

    actor: str
    kind: str
    roles: list[str]
    permissions: list[str]
    books: list[str] | None
    version: str


class StaffGiven(Given):
    """An account to make."""

    login: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,39}$")]
    name: Text
    password: Annotated[str, Field(min_length=1, max_length=200)]


class StaffTold(Told):
    """An account and its roles."""

    login: str
    name: str
    is_active: bool
    roles: list[str]
    books: list[str] | None


class StaffsTold(Told):
    """All accounts."""

    items: list[StaffTold]


class NewStaffTold(Told):
    """An account just made: what its authenticator reads, shown once."""

    login: str
    totp_uri: str


class RolesGiven(Given):
    """What an account shall be allowed, and in which books; null is all."""

    roles: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=9)]
    books: Annotated[list[Code], Field(max_length=50)] | None = None


class ActiveGiven(Given):
    """Whether an account may sign in."""

    is_active: bool


class ClientGiven(Given):
    """An API client to make."""

    name: Text
    is_sandbox_only: bool = True
    books: Annotated[list[Code], Field(max_length=50)] | None = None


class ClientTold(Told):
    """An API client."""

    client_id: str
    name: str
    is_sandbox_only: bool
    books: list[str] | None
    version: str
    created_at: str
    revoked_at: str | None


class ClientsTold(Told):
    """All API clients."""

    items: list[ClientTold]


class NewClientTold(Told):
    """A client just made: its key, shown once."""

    client_id: str
    key: str


class TrailTold(Told):
    """A page of the trail, the newest first, and the head of its chain."""

    items: list[dict[str, Any]]
    next: str | None
    head: dict[str, Any]


class Done(Told):
    """It is done."""

    done: Literal[True]


class Health(Told):
    """Whether the server can serve."""

    status: Literal["ready"]
    version: str
