"""The page of serving names the settings there are, and the examples set no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duewell.settings import read_proxies, read_settings

ROOT = Path(__file__).parents[2]
SETTING = re.compile(r"DUEWELL_[A-Z_]*[A-Z]")
READ = set(SETTING.findall((ROOT / "src" / "duewell" / "settings.py").read_text("utf-8")))
OF_COMMANDS = {"DUEWELL_TAPE", "DUEWELL_TRACE"}
FOR_TESTS = {"DUEWELL_SHOW_PAGES", "DUEWELL_SCREENSHOTS", "DUEWELL_CHROMIUM"}
PAGE = (ROOT / "docs" / "reference" / "serving.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").iterdir()]


class Watched(dict[str, str]):
    """Surroundings that remember what was asked of them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, name: str, default: object = None) -> str | None:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)  # type: ignore[call-overload,no-any-return]


def test_the_page_names_exactly_the_settings_that_are_read() -> None:
    surroundings = Watched()
    read_settings(surroundings)
    asked = {each for each in surroundings.asked if each.startswith("DUEWELL_")}
    assert asked == READ == set(re.findall(r"^\| `(DUEWELL_\w+)`", PAGE, re.MULTILINE))


def test_nothing_else_reads_the_surroundings_but_two_commands() -> None:
    told = {
        name
        for path in (ROOT / "src").rglob("*.py")
        if path.name != "settings.py"
        for name in re.findall(r"environ[^\n]*?(DUEWELL_[A-Z_]+)", path.read_text("utf-8"))
    }
    assert told == OF_COMMANDS and all(f"`{name}`" in PAGE for name in told)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_or_example_names_a_setting_that_is_not_read(path: Path) -> None:
    assert set(SETTING.findall(path.read_text("utf-8"))) <= READ | OF_COMMANDS | FOR_TESTS


def test_proxies_are_addresses_and_networks() -> None:
    assert [str(each) for each in read_proxies(" 127.0.0.1, 10.0.0.0/8,")] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert read_proxies("") == ()


def test_zones_come_with_the_package() -> None:
    from importlib.resources import files

    assert files("tzdata").joinpath("zoneinfo", "Asia", "Shanghai").is_file()
