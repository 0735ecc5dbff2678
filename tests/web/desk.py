"""A desk for tests of the console: a book with loans on time and late, and forms as browsers send them."""

from __future__ import annotations

import csv
import io
import re

import httpx

from duewell.web._pages import FORM_COOKIE
from tests.api.site import Site, key

FORM = re.compile(r'name="key" value="([^"]+)"')
TOKEN = re.compile(r'name="token" value="([^"]+)"')
CHINESE = re.compile("[一-鿿]")


def text_of(page: httpx.Response | str) -> str:
    """What a reader sees of a page, in one line."""
    body = page if isinstance(page, str) else page.text
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", body, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def send(client: httpx.Client, page: str, to: str, **fields: str) -> httpx.Response:
    """Send a form of a page with its token and, where it has one, its key; no redirect is followed."""
    shown = client.get(page).text
    return send_from(client, shown, to, **fields)


def send_from(client: httpx.Client, shown: str, to: str, **fields: str) -> httpx.Response:
    """The same from a page at hand."""
    token, form = TOKEN.search(shown), FORM.search(shown)
    assert token is not None
    data = {"token": token[1], **({"key": form[1]} if form is not None else {}), **fields}
    return client.post(to, data=data, follow_redirects=False)


def send_bare(client: httpx.Client, to: str, **fields: str) -> httpx.Response:
    """Fields sent with the session's token and no form's key, as if from a page that is not at hand."""
    return client.post(to, data={"token": client.cookies[FORM_COOKIE], **fields}, follow_redirects=False)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of an exported CSV."""
    assert answer.status_code == 200 and answer.content[:3] == b"\xef\xbb\xbf", answer.text[:300]
    return list(csv.DictReader(io.StringIO(answer.content[3:].decode())))


def lived(site: Site) -> tuple[str, str, str]:
    """A loan on time, one 48 days late, one charged off, on 2026-06-19."""
    good, late, lost = (site.loan(principal=1_200_000) for _ in range(3))
    coming = [(good, f"{on} pay 1066.19") for on in ("2026-04-02", "2026-05-02", "2026-06-02")]
    coming += [(late, "2026-04-02 pay 1066.19"), (lost, "2026-06-10 charge-off")]
    facts = [{"loan": loan, "line": line} for loan, line in coming]
    moved = site.program().post(
        "/api/books/main/clock", json={"to": "2026-06-19", "facts": facts}, headers=key()
    )
    assert moved.status_code == 200, moved.text
    return good, late, lost
