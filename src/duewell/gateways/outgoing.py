"""Calls to addresses that somebody else chose: looked up once, only to the open internet, never redirected.

Needs    a URL; the body and headers; whether this house may be called too.
Gives    Outgoing.post; check_url.
Never    connects to an address it did not check, or reads more of an answer than its status.
Source   docs/reference/webhooks.md, section where calls go; OWASP, server-side request forgery.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from duewell.domain.errors import InvalidInput

WAIT_S = 10.0
"""For the whole call: an answer that comes byte by byte would hold up everybody else's."""
_URL_MAX = 500
_BLOCKED = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
"""Not the open internet, IPv4 inside IPv6 included: what Python calls global lets some of these through."""
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def is_open(address: str) -> bool:
    """Whether an address lies on the open internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not any(ip in each for each in _BLOCKED if each.version == ip.version)


def check_url(url: str, *, is_local_allowed: bool) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that may be called. Refuses InvalidInput "webhook-url-refused"."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise InvalidInput("webhook-url-refused") from None
    schemes = ("https", "http") if is_local_allowed else ("https",)
    is_plain = url.isascii() and url.isprintable() and len(url) <= _URL_MAX and "\\" not in url
    if not is_plain or parts.scheme not in schemes or not parts.hostname or parts.username or parts.fragment:
        raise InvalidInput("webhook-url-refused")
    return parts.scheme, parts.hostname, port


class Outgoing:
    """Posts to addresses of others. `is_local_allowed` is for developers, whose receiver runs beside them."""

    def __init__(self, *, is_local_allowed: bool = False, resolve: Resolve = resolve) -> None:
        self._is_local_allowed = is_local_allowed
        self._resolve = resolve

    def check(self, url: str) -> None:
        """Refuse a URL whose name leads, today, to where calls may not go."""
        _, host, port = check_url(url, is_local_allowed=self._is_local_allowed)
        self._address(host, port)

    def _address(self, host: str, port: int) -> str:
        found = self._resolve(host, port)
        # All of them: of a name that leads here and there, whoever owns it could choose.
        if not found or not (self._is_local_allowed or all(is_open(each) for each in found)):
            raise InvalidInput("webhook-url-refused")
        return found[0]

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int | None, str | None]:
        """Post once; the status of the answer, or None and what went wrong, in a word."""
        # Imported here: a command that posts nothing starts sooner without it.
        import httpx

        try:
            _, host, port = check_url(url, is_local_allowed=self._is_local_allowed)
            address = self._address(host, port)
        except InvalidInput:
            return None, "address refused"
        parts = urlsplit(url)
        place = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{place}:{port}").geturl()
        sent = {**headers, "Host": parts.netloc, "Connection": "close"}
        try:
            return asyncio.run(_send(target, body, sent, host)), None
        except (httpx.TimeoutException, TimeoutError):
            return None, "no answer in time"
        except (httpx.HTTPError, OSError, ValueError) as problem:
            return None, type(problem).__name__


async def _send(target: str, body: bytes, headers: Mapping[str, str], host: str) -> int:
    import httpx

    async with (
        asyncio.timeout(WAIT_S),
        httpx.AsyncClient(follow_redirects=False, timeout=WAIT_S, trust_env=False) as client,
        client.stream(
            "POST", target, content=body, headers=headers, extensions={"sni_hostname": host}
        ) as answer,
    ):
        return answer.status_code
