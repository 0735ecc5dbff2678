"""Serve: the API on one port; and who may come in: accounts, clients, keys.

Needs    a typer application to stand in.
Gives    up, account, client and keys; serve.
Never    shows a secret a second time, or takes one as an argument that others could read.
Source   docs/reference/api.md; docs/runbook.md, section serving.
"""

from __future__ import annotations

import getpass
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer

from duewell.app import connect
from duewell.cli import _tables
from duewell.cli._frame import Frame, ending, make_frame, now
from duewell.cli._options import Json, Lang
from duewell.domain.access import VERSIONS
from duewell.domain.errors import InvalidInput
from duewell.gateways.keys import add_key, read_keys
from duewell.gateways.passwords import Passwords
from duewell.services import keep_person, manage_accounts
from duewell.services.open_book import open_book
from duewell.store import accounts, books
from duewell.worker.closing import Stop
from duewell.worker.courier import Courier
from duewell.worker.webhook_loop import WebhookLoop

_SANDBOX = "sandbox"
_PORT = 8100
_BY = "server:console"


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    app.command("up")(up)
    groups: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
        "account": ("Accounts of staff.", {"add": account_add, "list": account_list, "stop": account_stop}),
        "client": ("API clients.", {"add": client_add, "list": client_list, "revoke": client_revoke}),
        "keys": ("The master keys.", {"make": keys_make, "rotate": keys_rotate}),
    }
    for name, (told, verbs) in groups.items():
        group = typer.Typer(no_args_is_help=True, help=told)
        for verb, run in verbs.items():
            group.command(verb)(run)
        app.add_typer(group, name=name)


def up(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="With a sandbox book and a test key, for developers.")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes a free one.")] = _PORT,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    lang: Lang = None,
) -> None:
    """Serve the API until told to stop."""
    frame = make_frame(lang=lang, is_json=False)
    with ending(frame):
        if not 0 <= port < 65536:
            raise InvalidInput("port-out-of-range", given=port)
        if sandbox:
            _prepare_sandbox(frame)
        serve(frame, host, port, lambda address: frame.tell("up-serving", address=address))


def serve(frame: Frame, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve until told to stop. `tell` is given the address once it is listened on."""
    # Imported here: no other command needs the web's libraries, which take longer to load than they run.
    import uvicorn

    from duewell.api import listen, make_app, open_state, server_config
    from duewell.web import DOORS, show_wrong

    state = open_state(frame.settings)
    config = server_config(make_app(state, DOORS, show_wrong), host=host, port=port)
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        # The server has handlers of its own and passes the signal on at its end: ours must not end us first.
        server.should_exit = True

    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, stop)
    socket = listen(config)
    tell(f"http://{host}:{socket.getsockname()[1]}")
    sys.stdout.flush()
    loop = WebhookLoop(partial(connect, frame.settings), state.keys, state.outgoing, state.now)
    ending_ = Stop()
    courier = Courier(partial(connect, frame.settings), lambda: state.keys, now=state.now, stop=ending_)
    carrying = threading.Thread(target=courier.run, name="courier", daemon=True)
    loop.begin()
    carrying.start()
    try:
        server.run(sockets=[socket])
    finally:
        ending_.ask()
        loop.stop()
        carrying.join(15)
        ending_.close()


def _prepare_sandbox(frame: Frame) -> None:
    at, conn = now(), frame.conn
    if _SANDBOX not in books.book_codes(conn):
        open_book(
            conn,
            code=_SANDBOX,
            currency_code="CNY",
            open_on=at.date(),
            is_sandbox=True,
            has_four_eyes=False,
        )
    for each in accounts.clients_of(conn):
        if each.name == _SANDBOX and each.revoked_at is None:
            manage_accounts.revoke_client(conn, each.client_id, by=_BY, at=at)
    made = manage_accounts.add_client(
        conn,
        name=_SANDBOX,
        book_codes=None,
        is_sandbox_only=True,
        version=VERSIONS[-1],
        by=_BY,
        at=at,
    )
    frame.tell("up-sandbox", book=_SANDBOX)
    frame.tell("cli-secret", secret=made.key)


# -- accounts --------------------------------------------------------------------------------------

Login = Annotated[str, typer.Argument(help="The account's login.")]


def account_add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="The person's name.")],
    roles: Annotated[str, typer.Option("--roles", help="Roles, such as admin,operator.")],
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Make an account with its roles. The password is asked for, or read from the input."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        made = manage_accounts.add_staff(
            frame.conn,
            frame.keys,
            Passwords(),
            login=login,
            name=name,
            password=_password(frame),
            by=_BY,
            at=now(),
            first_roles=[each.strip() for each in roles.split(",") if each.strip()],
        )
        frame.tell("account-made", login=made.login)
        frame.tell("cli-secret", secret=made.totp_uri)
        if as_json:
            frame.document({"schema": "duewell.new-staff/1", "login": made.login, "totp_uri": made.totp_uri})


def _password(frame: Frame) -> str:
    """Typed unseen, or the first line of the input: an argument could be read by others."""
    if sys.stdin.isatty():
        return getpass.getpass(frame.say("cli-ask-password") + " ")
    return sys.stdin.readline().rstrip("\n")


def account_list(lang: Lang = None, as_json: Json = False) -> None:
    """All accounts and their roles."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        found = accounts.staff_of(frame.conn)
        if as_json:
            items = [
                {"login": s.login, "name": s.name, "is_active": s.is_active, "roles": list(s.roles)}
                for s in found
            ]
            frame.document({"schema": "duewell.staff/1", "items": items})
            return
        lines = [[s.login, s.name, ", ".join(s.roles), _yes(frame, s.is_active)] for s in found]
        heads = ("cli-login", "cli-name", "cli-roles", "cli-may-sign-in")
        _tables.table(frame, frame.say("cli-accounts-title"), heads, lines)


def _yes(frame: Frame, given: bool) -> str:
    return frame.say("cli-yes" if given else "cli-no")


def account_stop(login: Login, lang: Lang = None) -> None:
    """Stop an account; its sessions end at once."""
    frame = make_frame(lang=lang, is_json=False)
    with ending(frame):
        manage_accounts.set_staff_active(frame.conn, login, is_active=False, by=_BY, at=now())
        frame.tell("account-stopped", login=login)


# -- clients and keys ------------------------------------------------------------------------------


def client_add(
    name: Annotated[str, typer.Argument(help="What the client is called.")],
    is_live: Annotated[bool, typer.Option("--live", help="A key that works in live books too.")] = False,
    only: Annotated[str | None, typer.Option("--books", help="Books, such as main,test; all else.")] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Make an API client. Its key is shown once."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        made = manage_accounts.add_client(
            frame.conn,
            name=name,
            book_codes=[each.strip() for each in only.split(",")] if only else None,
            is_sandbox_only=not is_live,
            version=VERSIONS[-1],
            by=_BY,
            at=now(),
        )
        frame.tell("client-made", client=made.client_id)
        frame.tell("cli-secret", secret=made.key)
        if as_json:
            told = {"schema": "duewell.new-client/1", "client_id": made.client_id, "key": made.key}
            frame.document(told)


def client_list(lang: Lang = None, as_json: Json = False) -> None:
    """All API clients."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        found = accounts.clients_of(frame.conn)
        if as_json:
            items: list[dict[str, Any]] = [
                {
                    "client_id": each.client_id,
                    "name": each.name,
                    "is_sandbox_only": each.is_sandbox_only,
                    "created_at": each.created_at.isoformat(),
                    "revoked_at": _instant(each.revoked_at),
                }
                for each in found
            ]
            frame.document({"schema": "duewell.clients/1", "items": items})
            return
        lines = [
            [
                each.client_id,
                each.name,
                _yes(frame, not each.is_sandbox_only),
                each.created_at.date(),
                _instant(each.revoked_at) or "",
            ]
            for each in found
        ]
        heads = ("cli-client", "cli-name", "cli-is-live", "cli-made-on", "cli-revoked-at")
        _tables.table(frame, frame.say("cli-clients-title"), heads, lines)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None


def client_revoke(client: Annotated[str, typer.Argument(help="The client's id.")], lang: Lang = None) -> None:
    """End a client's key at once."""
    frame = make_frame(lang=lang, is_json=False)
    with ending(frame):
        manage_accounts.revoke_client(frame.conn, client, by=_BY, at=now())
        frame.tell("client-revoked", client=client)


def keys_make(lang: Lang = None) -> None:
    """Make the key file where there is none; one that is there is left as it is."""
    frame = make_frame(lang=lang, is_json=False)
    with ending(frame):
        read_keys(frame.settings.key_file, may_make=True)
        frame.tell("keys-made", path=frame.settings.key_file)


def keys_rotate(lang: Lang = None) -> None:
    """Make a new master key and wrap every person's key by it. The older ones stay in the file."""
    frame = make_frame(lang=lang, is_json=False)
    with ending(frame):
        name = add_key(frame.settings.key_file)
        count = keep_person.wrap_anew(frame.conn, read_keys(frame.settings.key_file, may_make=False))
        frame.tell("keys-rotated", name=name, count=count, path=frame.settings.key_file)
