"""Weights: how many bytes a page sends, gzipped, and with it what it links to.

Needs    a page's text and a way to fetch what it names.
Gives    Weight; weigh().
Never    counts what a browser has kept from the page before: `next` is the page alone.
Source   docs/reference/design.md; docs/reference/benchmarks.md, section pages.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass

FIRST_MAX, NEXT_MAX, SCRIPT_MAX, STAFF_MAX = 12 * 1024, 6 * 1024, 4 * 1024, 60 * 1024
"""Bytes: a borrower's first view, their next one, its script; a page of staff with 200 rows."""
_NAMED = re.compile(r'<(?:link|script)\b[^>]*?(?:href|src)="(/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Weight:
    """Gzipped bytes: the first view with style, script and icon; the next, which has them; the scripts."""

    first: int
    next: int
    script: int


def weigh(page: bytes, fetch: Callable[[str], bytes]) -> Weight:
    """The weight of a page whose files `fetch` answers."""
    named = [path.replace("&amp;", "&") for path in dict.fromkeys(_NAMED.findall(page.decode()))]
    sizes = {path: size(fetch(path)) for path in named}
    script = sum(each for path, each in sizes.items() if path.partition("?")[0].endswith(".js"))
    return Weight(size(page) + sum(sizes.values()), size(page), script)


def size(body: bytes) -> int:
    """Bytes on the wire, compressed as a server in front does.

    >>> size(b"a" * 1000) < 40
    True
    """
    return len(gzip.compress(body, 6))
