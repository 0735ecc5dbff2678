"""What makes the app stay on a phone: its manifest, its worker, and the plan it keeps for lack of a network.

Needs    an Ask.
Gives    door.
Never    keeps more on a phone than the due dates, or keeps them once somebody has signed out.
Source   docs/reference/pages.md, section offline.
"""

from __future__ import annotations

import json

from fastapi import Response

from duewell.api import Asked, Door
from duewell.domain.access import Permission
from duewell.services.show_own import show_own, sums
from duewell.web._pages import MARK, lang_of, say_in, show, worker_script

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


@door.get("/app.webmanifest", may=P.PUBLIC, media="application/manifest+json")
def manifest(ask: Asked) -> Response:
    """What a phone shows of the app once it is installed."""
    lang = lang_of(ask.request)
    say = say_in(lang)
    told = {
        "name": "Duewell",
        "short_name": "Duewell",
        "description": say("web-app-told"),
        "lang": "zh-Hans" if lang == "zh" else "en",
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f5",
        "theme_color": "#0a6b4d",
        "icons": [
            {"src": f"/static/icon.svg?v={MARK}", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": f"/static/icon-192.png?v={MARK}", "sizes": "192x192", "type": "image/png"},
            {"src": f"/static/icon-512.png?v={MARK}", "sizes": "512x512", "type": "image/png"},
        ],
    }
    return Response(json.dumps(told, ensure_ascii=False).encode(), media_type="application/manifest+json")


@door.get("/sw.js", may=P.PUBLIC, media="text/javascript")
def worker(ask: Asked) -> Response:
    """The worker: it answers from the network, and from what it kept only where there is none."""
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(worker_script(), headers=headers, media_type="text/javascript; charset=utf-8")


@door.get("/offline", may=P.OWN_READ, media="text/html")
def offline(ask: Asked) -> Response:
    """The due dates of all loans on one page that a phone keeps, with the day it was true."""
    assert ask.identity.person_id is not None
    own = show_own(ask.conn, ask.identity.person_id)
    return show(
        ask,
        "borrower/offline.html",
        "web-offline",
        as_of=own.as_of,
        late=sums((each.currency, each.age.overdue) for each in own.late),
        coming=own.coming,
        contact=ask.state.settings.contact,
    )
