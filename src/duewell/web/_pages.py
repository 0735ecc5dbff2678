"""What every page shares: templates, words, forms, and how something wrong is shown.

Needs    a request at a door.
Gives    show, say_in, Form and LongForm, keep_fields, goes_to, address_of, static_file, worker_script,
         show_wrong.
Never    writes a figure by itself: domain.texts does; trusts a form without its token.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote

from fastapi import Depends, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from duewell.api import Ask, BadRequest, TooLarge, forget_cookie, language
from duewell.catalogues import LANGUAGES, render
from duewell.domain.access import Kind
from duewell.domain.errors import DuewellError
from duewell.domain.texts import (
    Message,
    day_text,
    instant_text,
    message_of,
    money_text,
    plain_amount,
    rate_text,
    short_day_text,
)
from duewell.gateways.passwords import token

LANG_COOKIE, FORM_COOKIE = "duewell_lang", "duewell_form"
_FORM_MAX, LONG_FORM_MAX = 8192, 256 * 1024
_FIELDS_MAX = 60
_FIGURES_KEPT = 4096
"""Written once while they are asked for again: a list writes the same days and amounts over and over."""
_KINDS = {
    "duewell.css": "text/css; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "duewell.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "icons.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
}
_STATIC = {name: (files(__package__) / "static" / name).read_bytes() for name in _KINDS}
_PACKED = {name: gzip.compress(body, mtime=0) for name, body in _STATIC.items() if not name.endswith(".png")}
MARK = hashlib.sha256(b"".join(_STATIC.values())).hexdigest()[:10]
"""Of the files as they are: a page names it, so that they may be kept for ever."""
STAFF = "/staff"
"""Where the console begins; everything else is the borrower's."""


def static_file(request: Request, name: str) -> Response | None:
    """A file of the pages, to be kept for a year; None where there is none.

    Packed where the browser unpacks it. Pages are not: they hold a token beside what was typed, and packed
    together the length of the answer would give the token away, letter by letter.
    """
    if name not in _STATIC:
        return None
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    body = _STATIC[name]
    if name in _PACKED and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = _PACKED[name], "gzip"
    return Response(body, headers=headers, media_type=_KINDS[name])


def worker_script() -> bytes:
    """The phone's worker, which names the files it keeps by their mark."""
    script = (files(__package__) / "static" / "sw.js").read_bytes()
    return script.replace(b"MARK", MARK.encode())


def lang_of(request: Request) -> str:
    """The language somebody chose, else the browser's."""
    chosen = request.cookies.get(LANG_COOKIE, "")
    return chosen if chosen in LANGUAGES else language(request)


def say_in(lang: str) -> Callable[..., str]:
    """What says a code in a language."""
    return lambda code, **facts: render(Message(code, facts), lang)


def _environment(lang: str) -> Environment:
    """The templates in a language: what writes figures and sentences is made once."""
    made = Environment(
        loader=PackageLoader(__package__ or "duewell.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    kept = lru_cache(maxsize=_FIGURES_KEPT)
    made.filters |= {
        "money": kept(lambda minor, code: _whole(money_text(minor, code, lang))),
        "plain": plain_amount,
        "day": kept(lambda day: _whole(day_text(_date(day), lang))),
        "short_day": kept(lambda day: _whole(short_day_text(_date(day), lang))),
        "instant": lambda at: _whole(instant_text(at, lang)),
        "rate": lambda rate: rate_text(Fraction(rate), lang),
        "percent": lambda value: _whole(f"{value}%"),
        "count": lambda number: _whole(f"{number:,}"),
    }
    made.globals |= {
        "lang": lang,
        "mark": MARK,
        "t": lambda code, **facts: _sentence(code, facts, lang) if facts else _words(code, lang),
        "fresh_key": lambda: token("form-"),
    }
    return made


_TEMPLATES = {lang: _environment(lang) for lang in LANGUAGES}


def show(
    ask_or_request: Ask | Request, template: str, title: str, status: int = 200, **told: Any
) -> Response:
    """A page. `title` is a code; `told` is what the template names."""
    ask = ask_or_request if isinstance(ask_or_request, Ask) else None
    request = ask.request if ask is not None else ask_or_request
    assert isinstance(request, Request)
    lang = lang_of(request)
    body = (
        _TEMPLATES[lang]
        .get_template(template)
        .render(
            {
                "wrong": None,
                "title": say_in(lang)(title),
                "here": quote(request.url.path, safe="/"),
                "kind": ask.identity.kind.value if ask is not None else Kind.NOBODY.value,
                "token": request.cookies.get(FORM_COOKIE, ""),
                **told,
            }
        )
    )
    headers = {"Content-Language": "zh-Hans" if lang == "zh" else "en"}
    return Response(body.encode(), status, headers, "text/html; charset=utf-8")


def _whole(text: str) -> Markup:
    """A figure that no line breaks."""
    return Markup(f'<span class="whole">{escape(text)}</span>')


@lru_cache(maxsize=_FIGURES_KEPT)
def _words(code: str, lang: str) -> Markup:
    """A sentence that says the same every time."""
    return Markup(render(Message(code, {}), lang))


def _sentence(code: str, facts: dict[str, Any], lang: str) -> Markup:
    """A sentence of the catalogue as markup: what is put into it is escaped, our own figures stay whole."""
    return Markup(render(Message(code, {name: escape(value) for name, value in facts.items()}), lang))


def _date(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)


def goes_to(path: str) -> Response:
    """After a form: to a page of ours."""
    return Response(status_code=303, headers={"Location": path})


def address_of(ask: Ask, path: str) -> str:
    """A page's whole address as it is read elsewhere: by https where browsers come by it."""
    scheme = "https" if ask.state.settings.is_https else ask.request.url.scheme
    return f"{scheme}://{ask.request.url.netloc}{path}"


def path_of_ours(path: str) -> str:
    """A path on this site, or the home page where it leads anywhere else."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours and len(path) < 300 else "/home"


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name; its token and its key are kept for the door."""
    return _fields_of(request, await request.body(), _FORM_MAX)


async def long_form_of(request: Request) -> dict[str, str]:
    """The same of a form that a whole text is pasted into."""
    return _fields_of(request, await request.body(), LONG_FORM_MAX)


def _fields_of(request: Request, body: bytes, bytes_max: int) -> dict[str, str]:
    if len(body) > bytes_max:
        raise TooLarge("body-too-large", bytes_max=bytes_max)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise BadRequest("request-not-readable") from None
    return keep_fields(request, pairs)


def keep_fields(request: Request, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The first of each name; what the door asks of a form is kept for it."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value.replace("\0", "\ufffd"))
    request.state.form_token = found.get("token", "")
    request.state.form_key = found.get("key", "")
    return found


Form = Annotated[dict[str, str], Depends(form_of)]
LongForm = Annotated[dict[str, str], Depends(long_form_of)]


_ON_A_PAGE = {
    "sign-in-needed": "web-signed-out",
    "session-ended": "web-signed-out",
    "form-token-wrong": "web-page-old",
    "request-not-readable": "web-not-readable",
    "route-not-found": "web-nothing-here",
}
"""Refusals whose sentence is for programs: what a page says instead."""


def show_wrong(request: Request, error: DuewellError, status: int) -> Response | None:
    """A refusal as a page; whoever is not signed in is shown where to. None for what is no page."""
    if request.url.path.startswith(("/api", "/healthz", "/metrics")):
        return None
    door = f"{STAFF}/sign-in" if request.url.path.startswith(STAFF) else "/sign-in"
    if status == 401 and request.method == "GET" and request.url.path != door:
        response = goes_to(door)
        forget_cookie(response, is_https=request.app.state.means.settings.is_https)
        return response
    lang = lang_of(request)
    code = _ON_A_PAGE.get(error.code)
    wrong = render(message_of(error), lang) if code is None else say_in(lang)(code)
    home = STAFF if request.url.path.startswith(STAFF) else "/home"
    return show(request, "wrong.html", "web-wrong", status, wrong=wrong, home=home)
