"""The pages hold together: what names a page names one that exists, and every link leads somewhere.

Read as text: every module and script, README.md and all pages below docs. A heading in a link must exist
too (`page.md#heading`). Pictures are links.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "script", "bench", "tests")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
CODE = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and (path.suffix == ".py" or (folder == "script" and not path.suffix))
)

_NAMED = re.compile(r"\bdocs(?:/[A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_-]+(?:\.[a-z]+)?)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_NUMBERED = re.compile(r"docs/decisions/[0-9]{4}")


def is_there(named: str) -> bool:
    """Whether a page, a folder, or a decision named by its number alone exists."""
    if _NUMBERED.fullmatch(named):
        return len(list(ROOT.glob(f"{named}-*.md"))) == 1
    return (ROOT / named).exists()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text("utf-8")))
    found = []
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        is_fine = target.exists() and target.is_relative_to(ROOT)
        if is_fine and heading:
            is_fine = target.suffix == ".md" and heading in anchors(target)
        if not is_fine:
            found.append(link)
    return found


@pytest.mark.parametrize("path", [*CODE, *PAGES], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_page_that_is_named_exists(path: Path) -> None:
    named = {name for name in _NAMED.findall(path.read_text("utf-8")) if name.count("/") or "." in name}
    assert [name for name in sorted(named) if not is_there(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_every_page_is_reached_from_the_list_of_pages() -> None:
    index = ROOT / "docs" / "README.md"
    links = _LINK.findall(index.read_text("utf-8"))
    reached = {(index.parent / link.partition("#")[0]).resolve() for link in links}
    assert [str(p.relative_to(ROOT)) for p in PAGES if p.parent != ROOT and p not in {*reached, index}] == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tidy.test_docs.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# A head, here\n[fine](page.md#a-head-here) [gone](gone.md) ![picture](no.svg) [head](#other)\n"
        "[away](https://example.org) `[code](x.md)`\n```\n[fenced](y.md)\n```\n[out](../..)\n",
        "utf-8",
    )
    assert broken_links(page) == ["gone.md", "no.svg", "#other", "../.."]
