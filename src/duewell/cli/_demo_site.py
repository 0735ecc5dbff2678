"""The demo's site: the borrower's app and the console on the demo's book, entered without signing in.

Needs    a Frame; the book, and the loans whose borrowers a visitor may be.
Gives    serve_demo.
Never    serves a live book so, listens beyond this machine, or gives an account a password somebody knows.
Source   docs/start.md.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, time

from duewell.app import connect
from duewell.cli._demo import Shown
from duewell.cli._frame import Frame, now
from duewell.cli._up import serve
from duewell.domain.access import Role
from duewell.gateways.keys import Seals
from duewell.gateways.passwords import Passwords, token
from duewell.gateways.rails.signing import HmacSigner
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services import keep_person, manage_accounts, sign_in
from duewell.services.set_rail import set_rail
from duewell.store import accounts, books, private, vault

_HOST, _BY = "127.0.0.1", "server:demo"
_STAFF: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("demo-officer", (Role.OFFICER, Role.HARDSHIP_OFFICER)),
    ("demo-supervisor", (Role.SUPERVISOR,)),
    ("demo-operator", (Role.OPERATOR,)),
    ("demo-risk", (Role.RISK,)),
    ("demo-compliance", (Role.COMPLIANCE,)),
    ("demo-admin", (Role.ADMIN,)),
)
_NAMES = ("陈晓", "Jordan Lee", "林雨", "Sam Rivera")
"""Invented: the tape names nobody."""
_WALLET, _MERCHANT = "wallet", "duewell-demo"


def serve_demo(frame: Frame, shown: Shown, port: int) -> None:
    """Make the accounts that are not there yet, start a wallet, serve until told to stop."""
    sign_in.demo_accounts(frame.conn)  # refused where a book is live
    _staff(frame)
    _borrowers(frame, shown)
    frame.settings = replace(frame.settings, is_demo=True)
    secret = token().encode()
    with closing(_wallet(frame, shown.book, secret)) as wallet:

        def tell(address: str) -> None:
            wallet.notify_url = f"{address}/api/books/{shown.book}/rails/{_WALLET}/notifications"
            _rail(frame, shown.book, wallet_url, address, secret)
            frame.console.print()
            frame.tell("demo-pages", address=address)

        wallet_url = wallet.start()
        serve(frame, _HOST, port, tell)


def _staff(frame: Frame) -> None:
    known = {each.login for each in accounts.staff_of(frame.conn)}
    for login, roles in _STAFF:
        if login not in known:
            manage_accounts.add_staff(
                frame.conn,
                frame.keys,
                Passwords(),
                login=login,
                name=login.removeprefix("demo-").title(),
                password=token(),
                by=_BY,
                at=now(),
                first_roles=[each.value for each in roles],
            )


def _borrowers(frame: Frame, shown: Shown) -> None:
    """Names and phones for people of whom the tape tells neither."""
    for nth, key in enumerate(shown.loans[: len(_NAMES)]):
        if private.fields_of(frame.conn, Seals(frame.keys), key.person_id):
            continue
        told = {"name": _NAMES[nth], "phone": f"+861380013{8000 + nth}"}
        keep_person.change(frame.conn, frame.keys, key.person_id, told, by=_BY, at=now())
        vault.add_login(frame.conn, key.person_id, now())


def _wallet(frame: Frame, book: str, secret: bytes) -> SimulatedWallet:
    """A wallet that pays on the book's open day: the demo's days are not today's."""

    def clock() -> str:
        with closing(connect(frame.settings)) as conn:
            row = books.read_book(conn, book)
            return datetime.combine(row.open_on, time(12), row.clock).isoformat()

    return SimulatedWallet(_MERCHANT, HmacSigner(secret), clock=clock)


def _rail(frame: Frame, book: str, wallet_url: str, address: str, secret: bytes) -> None:
    folder = frame.settings.data / "rail-secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "demo-wallet"
    path.touch(mode=0o600)
    path.write_bytes(secret)
    table = {"code": _WALLET, "kind": "wallet", "name": frame.say("demo-wallet"), "url": wallet_url}
    table |= {"merchant": _MERCHANT, "secret_file": str(path), "return_url": f"{address}/paid"}
    set_rail(frame.conn, book, table)
