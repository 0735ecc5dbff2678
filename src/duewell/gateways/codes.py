"""One-time codes on their way: by e-mail, or into a sandbox's inbox that its developers read.

Needs    where to; for e-mail, a server's URL.
Gives    CodeSender, MailCodes, Inbox.
Never    says in a log or an error whom a code was for, nor lets a sandbox's leave the house.
Source   docs/reference/access.md, section borrowers.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections import OrderedDict
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from duewell.domain.errors import Fault, InvalidInput

_WAIT_S = 10.0
_KEPT = 1000
_HOME = ("localhost", "127.0.0.1", "::1")


class CodeSender(Protocol):
    """Takes a code to somebody."""

    def send(self, field: str, to: str, subject: str, text: str) -> None:
        """Send. A Fault where it could not be handed over."""


class MailCodes:
    """Sends by SMTP: `smtp://user:password@host:port?from=no-reply@example.com`; smtps:// begins with TLS.

    Without TLS only to a mail server of this machine.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        sender = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("from")
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not sender:
            raise InvalidInput(
                "mail-url-unreadable", example="smtps://user:password@host:465?from=no-reply@host"
            )
        self._parts, self._sender = parts, unquote(sender)

    def send(self, field: str, to: str, subject: str, text: str) -> None:
        """Hand a message over to the mail server; only e-mail goes this way."""
        if field != "email":
            raise Fault("channel-missing", field=field)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message.set_content(text)
        parts = self._parts
        try:
            with self._connect() as server:
                if parts.username and parts.password:
                    server.login(unquote(parts.username), unquote(parts.password))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as problem:
            raise Fault("mail-not-taken", problem=type(problem).__name__) from problem

    def _connect(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=_WAIT_S, context=ssl.create_default_context())
        server = smtplib.SMTP(host, port or 587, timeout=_WAIT_S)
        if server.has_extn("starttls") or (server.ehlo()[0] == 250 and server.has_extn("starttls")):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif host not in _HOME:
            # Whoever is on the way could have taken the offer out, and would read the password and the code.
            server.close()
            raise smtplib.SMTPException("the mail server offers no encryption")
        return server


class Inbox:
    """What would have been sent from sandbox books: the last message to each address, in memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, realm: int, to: str, text: str) -> None:
        """Keep a message in place of the one before it."""
        with self._lock:
            self._kept[realm, to] = text
            self._kept.move_to_end((realm, to))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def last(self, realm: int, to: str) -> str | None:
        """The last message to an address of a sandbox."""
        with self._lock:
            return self._kept.get((realm, to))
