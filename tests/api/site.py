"""A running site: the application on a real socket and a real database, with a clock the test moves.

Used by every test of the API: people and programs of each kind, a book, a loan.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from duewell.api import State, listen, make_app, open_state, server_config
from duewell.gateways.keys import read_keys
from duewell.gateways.passwords import Passwords, totp_code
from duewell.services import manage_accounts
from duewell.services.open_book import open_book
from duewell.settings import Settings, read_proxies
from duewell.web import DOORS, show_wrong

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OPENED = date(2026, 3, 2)
PASSWORD = "violet-anchor-77-lamp"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The same algorithm, made quick: what is tested is who gets in, not how long a guess takes."""
_KEYS = count(1)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Site:
    """One server and what a test knows of it."""

    base: str
    app: FastAPI
    state: State
    conn: psycopg.Connection
    clock: Clock
    totp: dict[str, str] = field(default_factory=dict)

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.base, headers={"accept-language": "en", **headers}, timeout=30)

    def program(self, *, books: list[str] | None = None, is_sandbox_only: bool = False) -> httpx.Client:
        """An API client with a fresh key."""
        made = manage_accounts.add_client(
            self.conn,
            name="test",
            book_codes=books,
            is_sandbox_only=is_sandbox_only,
            version="2026-11-26",
            by="test",
            at=self.clock(),
        )
        return self.client(authorization=f"Bearer {made.key}")

    def add_staff(self, login: str, *roles: str) -> None:
        made = manage_accounts.add_staff(
            self.conn,
            self.state.keys,
            self.state.hasher,
            login=login,
            name=login.title() + " Smith",
            password=PASSWORD,
            by="test",
            at=self.clock(),
            first_roles=roles,
        )
        self.totp[login] = made.totp_secret

    def staff(self, login: str, *roles: str) -> httpx.Client:
        """A member of staff, signed in with a browser's cookie and the form's token."""
        if login not in self.totp:
            self.add_staff(login, *roles)
        client = self.client()
        self.clock.move(seconds=30)  # a step of the authenticator works once
        made = client.post("/api/sessions/staff", json=self.sign_in_of(login))
        assert made.status_code == 201, made.text
        client.headers["x-csrf-token"] = made.json()["csrf"]
        return client

    def sign_in_of(self, login: str) -> dict[str, str]:
        code = totp_code(self.totp[login], self.clock())
        return {"login": login, "password": PASSWORD, "code": code}

    def borrower(self, phone: str, *, book: str = "main") -> tuple[httpx.Client, str]:
        """A borrower of a sandbox book signed in by the code that was sent, and their reference."""
        person = self.person(phone, book=book)
        client = self.client()
        asked = client.post("/api/sessions/code", json={"book": book, "field": "phone", "value": phone})
        assert asked.status_code == 202, asked.text
        made = client.post(
            "/api/sessions/borrower",
            json={"challenge": asked.json()["challenge"], "code": self.code_sent(phone, book)},
        )
        assert made.status_code == 201, made.text
        client.headers["x-csrf-token"] = made.json()["csrf"]
        return client, person

    def code_sent(self, phone: str, book: str) -> str:
        realm = self.conn.execute("select book_id from duewell.book where code = %s", [book]).fetchone()
        assert realm is not None
        for _ in range(2000):
            text = self.state.inbox.last(realm[0], phone)
            if text is not None:
                return text[:6]
            time.sleep(0.01)
        raise AssertionError("no code was sent")

    def person(self, phone: str, *, book: str = "main") -> str:
        made = self.program().post(
            f"/api/books/{book}/persons",
            json={"name": "Wang Wei", "phone": phone},
            headers=key(),
        )
        assert made.status_code == 201, made.text
        return str(made.json()["person"])

    def loan(self, *, book: str = "main", person: str | None = None, principal: int = 120_000) -> str:
        """A loan over twelve months at 12 %."""
        made = self.program().post(
            f"/api/books/{book}/loans",
            json={
                "principal_minor": principal,
                "currency": "CNY",
                "rate_pct": "12",
                "instalments": 12,
                **({"person": person} if person else {}),
            },
            headers=key(),
        )
        assert made.status_code == 201, made.text
        return str(made.json()["loan_id"])


def key(text: str | None = None) -> dict[str, str]:
    """The header of a request key, a new one unless told."""
    return {"idempotency-key": text or f"k-{next(_KEYS)}"}


def problem_of(response: httpx.Response) -> tuple[int, str]:
    """The status and code of a refusal, which must be a whole problem document."""
    told: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert told["status"] == response.status_code and told["detail"] and told["request_id"]
    return response.status_code, told["code"]


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free port, until the block ends."""
    config = server_config(app, host="127.0.0.1", port=0)
    server = uvicorn.Server(config)
    socket = listen(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def open_site(
    url: str, folder: Path, *, is_https: bool = False, proxies: str = "", is_demo: bool = False
) -> Iterator[Site]:
    """A site on a database of its own, with the sandbox book `main`."""
    key_file = folder / "master.key"
    read_keys(key_file, may_make=True)
    clock = Clock()
    settings = Settings(folder, url, "en", key_file, is_https, proxies=read_proxies(proxies), is_demo=is_demo)
    state = open_state(settings, now=clock, hasher=Passwords(QUICK))
    app = make_app(state, DOORS, show_wrong)
    with psycopg.connect(url, autocommit=True) as conn, serving(app) as base:
        conn.execute("set role duewell_app")
        open_book(conn, code="main", currency_code="CNY", open_on=OPENED, is_sandbox=True)
        yield Site(base, app, state, conn, clock)
