"""The session's cookie: what it is called, and how a browser is told to drop it.

Needs    whether browsers come by https.
Gives    cookie_name, forget_cookie.
Never    lets another host set it, where https makes that possible.
Source   docs/reference/access.md, section signing in.
"""

from __future__ import annotations

from fastapi import Response

_NAME = "duewell_session"


def cookie_name(*, is_https: bool) -> str:
    """The session's cookie. By https no neighbouring host, and nobody on the way by http, can set it."""
    return f"__Host-{_NAME}" if is_https else _NAME


def forget_cookie(response: Response, *, is_https: bool) -> None:
    """Have the browser drop the session's cookie."""
    response.delete_cookie(
        cookie_name(is_https=is_https), path="/", secure=is_https, httponly=True, samesite="lax"
    )
