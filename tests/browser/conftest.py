"""One browser and one site for the whole folder. Without Debian's chromium its tests are skipped, loudly."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from duewell.store.server import EmbeddedServer, create_database
from tests.api.conftest import site
from tests.api.site import open_site
from tests.browser.look import Looker
from tests.browser.world import World, furnish

__all__ = ["site"]
CHROMIUM = os.environ.get("DUEWELL_CHROMIUM") or shutil.which("chromium") or ""
"""The browser of the system; playwright is never let download one."""
_SCREENSHOTS = "DUEWELL_SCREENSHOTS"


def pytest_configure(config: pytest.Config) -> None:
    """One folder of pictures a run, named before any process of it begins."""
    if not os.environ.get(_SCREENSHOTS):
        os.environ[_SCREENSHOTS] = tempfile.mkdtemp(prefix="duewell-screens-")


@pytest.fixture(scope="session")
def world(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = create_database(server, "browser", template=template)
    with open_site(url, tmp_path_factory.mktemp("site")) as site:
        yield furnish(site)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    if not CHROMIUM:
        pytest.skip("no chromium: run script/browser, or apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=zh-CN"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = Path(os.environ[_SCREENSHOTS])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def looker(chromium: object, world: World, screenshots: Path) -> Iterator[Looker]:
    made = Looker(chromium, world, screenshots)
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    folder = Path(os.environ[_SCREENSHOTS])
    count = len(list(folder.glob("*.png")))
    if count:
        terminalreporter.write_line(f"Screenshots: {folder} ({count} pictures)")
