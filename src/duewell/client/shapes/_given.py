"""Shapes of what the API takes.

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


class CashFeeGiven(TypedDict):
    """The fee of a cash draw: a share of it, and at least so much."""

    pct: str
    floor_minor: NotRequired[int]


class ClientGiven(TypedDict):
    """An API client to make."""

    name: str
    is_sandbox_only: NotRequired[bool]
    books: NotRequired[list[str] | None]


class CloseGiven(TypedDict):
    """The last day to close."""

    until: str


class CodeGiven(TypedDict):
    """Where a borrower's one-time code is sent, and in which book they borrow."""

    book: str
    field: Literal["phone", "email"]
    value: str


class CollectGiven(TypedDict):
    """The day whose planned tries go into the file; the open date if left out."""

    on: NotRequired[str | None]


class ComingGiven(TypedDict):
    """A fact that comes while the clock moves: a line that begins with its day."""

    loan: str
    line: str


class DecisionGiven(TypedDict):
    """Yes or no, and why."""

    approve: bool
    reason: str


class EndpointGiven(TypedDict):
    """Where events of a book shall go, and of which kinds."""

    book: str
    url: str
    kinds: list[str]


class FactGiven(TypedDict):
    """A fact as a line, such as `2026-04-12 waive penalty 3.00`."""

    line: str


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


class MoveGiven(TypedDict):
    """Where to move: to a day, or by so many days; and what comes on the way."""

    to: NotRequired[str | None]
    days: NotRequired[int | None]
    facts: NotRequired[list[ComingGiven]]


class OrderGiven(TypedDict):
    """What is to be paid, and through which wallet."""

    rail: str
    amount_minor: int


class PasswordGiven(TypedDict):
    """A new password, or none."""

    password: str | None


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


class PreviewGiven(TypedDict):
    """Futures to compare, and the day to look at."""

    futures: list[Future]
    until: NotRequired[str | None]


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


class RefundGiven(TypedDict):
    """What is paid back, by which rail and to whom."""

    rail: str
    amount_minor: int
    payee: PayeeGiven


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


class StaffGiven(TypedDict):
    """An account to make."""

    login: str
    name: str
    password: str


class VerifyGiven(TypedDict):
    """How many loans to fold again; drawn at random from a seed."""

    sample: NotRequired[int]
    seed: NotRequired[int]
