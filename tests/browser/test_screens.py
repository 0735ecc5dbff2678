"""Every screen passes every gate, in both languages; and no page is without a screen."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest

from duewell.web import DOORS
from tests.browser.look import LANGUAGES, Looker
from tests.browser.screens import ABSENT, SCREENS, Screen


def page_routes() -> list[Any]:
    """The routes that show a page, in the order they are tried."""
    return [
        route
        for door in DOORS
        for route in door.routes
        if "GET" in route.methods
        and any("text/html" in told.get("content", {}) for told in route.responses.values())
    ]


def test_every_page_has_a_screen_or_a_reason() -> None:
    routes = page_routes()
    shown = set()
    for screen in SCREENS:
        path = re.sub(r"\{\w+\}", "x", screen.path.partition("?")[0])
        route = next((each for each in routes if each.path_regex.match(path)), None)
        assert route is not None, f"{screen.name}: no page answers {screen.path}"
        shown.add(route.path)
    paths = {route.path for route in routes}
    missing = paths - shown - ABSENT.keys()
    assert not missing, f"add a line to SCREENS in tests/browser/screens.py for {sorted(missing)}"
    assert ABSENT.keys() <= paths - shown, "a reason for the absence of what is there, or of no page"
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)


def test_dark_changes_nothing_but_colours() -> None:
    """So that what was looked at in light needs only its contrast looked at in dark."""
    for name in ("duewell.css", "console.css"):
        style = (files("duewell.web") / "static" / name).read_text("utf-8")
        for block in re.findall(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", style, re.DOTALL):
            inside = re.sub(r"\s+", " ", block).strip()
            assert re.fullmatch(r":root \{( ?--[\w-]+: #[0-9a-f]{6};)+ \}", inside), inside
        assert style.count("prefers-color-scheme") <= 1


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_passes_every_gate(looker: Looker, screen: Screen, lang: str) -> None:
    faults = looked_at(looker, screen, lang)
    if faults:
        # What is wrong with a screen is wrong twice; a machine that was busy at that moment is not.
        print(f"looked at again: {faults}")
        faults = looked_at(looker, screen, lang)
    if faults:
        pytest.fail(f"{screen.name}, {lang}:\n" + "\n".join(dict.fromkeys(faults)), pytrace=False)


def looked_at(looker: Looker, screen: Screen, lang: str) -> list[str]:
    """What is wrong with a screen; one that does not come at all is wrong too."""
    try:
        return looker.faults(screen, lang)
    except Exception as problem:
        return [f"{type(problem).__name__}: {problem}"]
