"""Pages of a list: an opaque cursor that stays right while rows are added.

Needs    the key of the last row told.
Gives    cursor_of, after, page.
Never    lets a caller make a cursor up.
Source   docs/reference/api.md, section lists.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fastapi import Response

from duewell.api._door import Ask, answer
from duewell.api._problems import BadRequest
from duewell.gateways.passwords import is_same

LIMIT, LIMIT_MAX = 50, 200
_MARK = 8


def cursor_of(ask: Ask, name: str, key: str) -> str:
    """A cursor after a row of a list: its key, and a mark that only this server makes."""
    mark = ask.state.keys.blind("cursor", name, key)[:_MARK]
    return base64.urlsafe_b64encode(mark + key.encode()).decode().rstrip("=")


def after(ask: Ask, name: str, cursor: str | None) -> str | None:
    """The key of the row a cursor stands after. Refuses one this server did not make for this list."""
    if cursor is None:
        return None
    try:
        blob = base64.urlsafe_b64decode(cursor[:200] + "=" * (-len(cursor[:200]) % 4))
        key = blob[_MARK:].decode()
    except (binascii.Error, ValueError):
        raise BadRequest("cursor-unreadable") from None
    if not is_same(blob[:_MARK], ask.state.keys.blind("cursor", name, key)[:_MARK]):
        raise BadRequest("cursor-unreadable")
    return key


def page(ask: Ask, document: dict[str, Any], next_: str | None) -> Response:
    """A page with its `next`, and the same as a Link header."""
    headers = {}
    if next_ is not None:
        url = ask.request.url.include_query_params(cursor=next_)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return answer({**document, "next": next_}, headers=headers)
