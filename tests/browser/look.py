"""Looking at a screen: everything that one load can show, so that the whole list stays within minutes.

Wants to prove: axe-core finds nothing by WCAG 2.0 to 2.2 A and AA and its best practices; nothing is cut off;
no page scrolls sideways, at 390, at 320, or with text twice as large; what is pressed is large enough; the
keyboard reaches everything in order and shows where it is; nothing moves once it is drawn; nothing is fetched
from elsewhere, nothing is refused by the page's own policy, and the console stays empty.

How: a screen is loaded twice, in Chinese at 390 and in English at 1440, then resized and recoloured in place:
a style sheet that answers to media queries needs no new load. axe runs whole in light at both widths, and by
its rules on contrast alone in dark at the first, since a theme changes colours and nothing else (the style
sheet's dark block holds only tokens of colour; a test says so).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.screens import Screen
from tests.browser.world import World

HERE = Path(__file__).parent
LOOK, TABS = (HERE / "look.js").read_text("utf-8"), (HERE / "tabs.js").read_text("utf-8")
LANGUAGES = ("zh", "en")
NARROW, WIDE, NARROWEST = (390, 844), (1440, 900), (320, 844)
LEAST = {False: 44, True: 24}
"""What a finger needs on a borrower's phone, and what WCAG 2.5.8 asks for at a desk."""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_CONTRAST = ["color-contrast", "link-in-text-block"]
_WATCH = """
window.__shift = 0; window.__refused = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.__shift += each.value;
}).observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", (event) => {
  window.__refused.push(`${event.violatedDirective}: ${event.blockedURI || event.sourceFile}`);
});
"""


class Looker:
    """One page a reader and language, kept open."""

    def __init__(self, browser: Any, world: World, screenshots: Path) -> None:
        self._browser, self._world, self._folder = browser, world, screenshots
        self._pages: dict[tuple[str, str], Any] = {}
        self.heard: list[str] = []

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def page(self, who: str, lang: str) -> Any:
        """The page of a reader, signed in as they are."""
        if (who, lang) not in self._pages:
            base = self._world.site.base
            context = self._browser.new_context(locale="zh-CN" if lang == "zh" else "en-GB")
            given = self._world.cookies[who] | {"duewell_lang": lang}
            context.add_cookies(
                [{"name": name, "value": value, "url": base} for name, value in given.items()]
            )
            context.add_init_script(_WATCH)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", self._console)
            page.on("pageerror", lambda error: self.heard.append(f"a script failed: {error}"))
            page.on("request", lambda request: self._asked(request.url))
            page.on("dialog", lambda dialog: (self.heard.append("a dialog"), dialog.dismiss()))
            self._pages[who, lang] = page
        return self._pages[who, lang]

    def _console(self, message: Any) -> None:
        # What a browser writes for a page of refusal is not the page's doing.
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of 4" not in message.text
        ):
            self.heard.append(f"the console says: {message.text}")

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self._world.site.base).netloc and not url.startswith("data:"):
            self.heard.append(f"asked another host: {url}")

    def open(self, screen: Screen, lang: str, size: tuple[int, int]) -> Any:
        """The screen in light, as wide as is said."""
        page = self.page(screen.who, lang)
        self.heard.clear()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="light")
        answer = page.goto(self._world.address(screen.path))
        for _ in range(20):
            if answer.status != 503:
                break
            answer = page.goto(self._world.address(screen.path))
        assert answer.status == screen.status, f"{screen.path} answers {answer.status}"
        if screen.act is not None:
            screen.act(page)
        assert page.query_selector(screen.shows), f"{screen.name} shows no {screen.shows}: {page.url}"
        return page

    def faults(self, screen: Screen, lang: str) -> list[str]:
        """All that is wrong with a screen in a language."""
        sizes = (NARROW, WIDE) if lang == "zh" else (WIDE, NARROW)
        page = self.open(screen, lang, sizes[0])
        found = self._once(page)
        found += [f"{each} (keyboard)" for each in _by_keyboard(page)]
        page.evaluate(AXE_SCRIPT)
        for size in sizes:
            page.set_viewport_size({"width": size[0], "height": size[1]})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                if theme == "light" or size == sizes[0]:
                    where = f"({theme}, {size[0]})"
                    found += [f"{each} {where}" for each in _axe(page, is_whole=theme == "light")]
                name = f"{screen.name}-{lang}-{theme}-{size[0]}.png"
                page.screenshot(path=self._folder / name, full_page=True)
            page.emulate_media(color_scheme="light")
            found += [f"{each} ({size[0]})" for each in _look(page, LEAST[screen.is_staff], size[0])]
        found += _larger(page)
        return found + self.heard

    def _once(self, page: Any) -> list[str]:
        shift, refused = page.evaluate("[window.__shift, window.__refused]")
        found = [f"its own policy refused {each}" for each in refused]
        return found + ([f"things moved after they were drawn: {shift}"] if shift else [])


def _larger(page: Any) -> list[str]:
    """At 320, where a page at 1280 is enlarged four times, and with text twice as large."""
    found = []
    for size, text in ((NARROWEST, "100%"), (NARROW, "200%"), (WIDE, "200%")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("(size) => { document.documentElement.style.fontSize = size }", text)
        found += [f"{each} ({size[0]}, text {text})" for each in _look(page, 0, size[0])]
    return found


def _look(page: Any, least: int, widest: int) -> list[str]:
    told: list[str] = page.evaluate(LOOK, {"least": least, "widest": widest})
    return told


def _axe(page: Any, *, is_whole: bool) -> list[str]:
    only = {"type": "tag", "values": _TAGS} if is_whole else {"type": "rule", "values": _CONTRAST}
    told = page.evaluate(
        """async (options) => (await axe.run(document, options)).violations.flatMap(
             ({ id, nodes }) => nodes.map(({ target, any }) =>
               `axe ${id}: ${target} ${any.map((each) => each.message).join("; ")}`))""",
        {"runOnly": only, "resultTypes": ["violations"]},
    )
    return list(told)


def _by_keyboard(page: Any) -> list[str]:
    page.evaluate(TABS)
    for _ in range(page.evaluate("window.__tabs.begin()") + 2):
        page.keyboard.press("Tab")
    told: list[str] = page.evaluate("window.__tabs.end()")
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    return told
