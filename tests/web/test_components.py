"""The page of components, and what it says of the tokens.

Wants to prove: every pair of colours that text is written in can be read, in light and in dark; a token that
is used is defined; the page is there for anybody in both languages, and its table is a file too.
"""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from duewell.web.components import PAIRS, SERIES, contrast, tokens
from tests.api.site import Site
from tests.web.test_borrower import browser

LIGHT, DARK = tokens()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: dict[str, str]) -> None:
    for name, ground in PAIRS:
        assert contrast(theme[name], theme[ground]) >= 4.5, (name, ground)
    for name in SERIES:
        assert contrast(theme[name], theme["paper"]) >= 3, name
    # Three is the least for what is no text: an edge, the frame of a field.
    assert contrast(theme["soft"], theme["paper"]) >= 3


def test_dark_gives_every_colour_anew() -> None:
    colours = {name for name, value in LIGHT.items() if value.startswith("#")}
    style = (files("duewell.web") / "static" / "duewell.css").read_text("utf-8")
    dark = dict(re.findall(r"--([\w-]+): ([^;]+);", re.findall(r":root \{(.*?)\}", style, re.S)[1]))
    assert dark.keys() == colours


def test_no_rule_names_a_colour_or_a_token_that_is_not_there() -> None:
    """But on paper, and behind a code that is read by a phone: it must stay dark on white."""
    for name in ("duewell.css", "console.css"):
        style = (files("duewell.web") / "static" / name).read_text("utf-8")
        rules = re.sub(r"/\*.*?\*/|:root \{.*?\}|\.qr \{.*?\}|@media print [^\n]*", "", style, flags=re.S)
        assert set(re.findall(r"var\(--([\w-]+)\)", style)) <= LIGHT.keys()
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", rules), name


def test_anybody_sees_the_components_in_both_languages(site: Site) -> None:
    page = browser(site, "zh").get("/components")
    assert page.status_code == 200 and "每屏一个主要操作" in page.text
    english = browser(site, "en").get("/components").text
    assert "One main action a screen" in english and not re.search("[一-鿿]", english.replace("中文", ""))
    told = browser(site, "en").get("/components?table=sample&export=csv")
    assert told.status_code == 200 and "overdue_minor" in told.text and "1234567" in told.text
    assert browser(site, "en").get("/components?export=doc").status_code == 422
