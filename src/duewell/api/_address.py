"""Where a request came from: the other end of the connection, or what a proxy of ours says it was.

Needs    the address of the connection, the header of proxies, the proxies that are believed.
Gives    come_from.
Never    believes a caller about their own address: of the header only what a trusted proxy added counts.
Source   docs/reference/serving.md, section TLS in front.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from duewell.settings import Network

_HOPS_MAX = 20
_LINE_V6 = 64
"""Bits of an IPv6 address that name a customer's line; the rest are theirs to choose."""
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def come_from(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The caller as limits count them: an IPv4 address, or the /64 of an IPv6 one.

    >>> come_from("203.0.113.7", "198.51.100.1", ())
    '203.0.113.7'
    """
    found = _read(peer)
    if found is None:
        return peer[:60] or "-"
    for text in reversed(forwarded.split(",")[-_HOPS_MAX:]):
        if not _is_ours(found, proxies):
            break
        before = _read(text.strip())
        if before is None:
            break
        found = before
    if found.version == 6:
        return str(ipaddress.ip_network((int(found), _LINE_V6), strict=False))
    return str(found)


def _read(text: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_ours(address: _Address, proxies: Sequence[Network]) -> bool:
    return any(address in each for each in proxies if each.version == address.version)
