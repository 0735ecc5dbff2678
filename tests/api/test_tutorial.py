"""The tutorial as a newcomer types it: every Python block of the page, one by one, on a running site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duewell.services.open_book import open_book
from duewell.services.verify_book import verify_book
from tests.api.site import OPENED, Site

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def test_the_tutorial_works_as_it_stands(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    open_book(
        site.conn,
        code="sandbox",
        currency_code="CNY",
        open_on=OPENED,
        is_sandbox=True,
        has_four_eyes=False,
    )
    key = site.program(is_sandbox_only=True).headers["authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("DUEWELL", site.base)
    monkeypatch.setenv("KEY", key)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 6
    told: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), told)
    said = capsys.readouterr().out
    assert "fell-due" in said and "remind" in said and "422 currency-mismatch" in said
    pair = told["pair"]
    assert isinstance(pair, dict)
    assert pair["there"]["outstanding_minor"] == 0 and pair["here"]["dpd"] > 1000
    assert pair["there"]["paid_minor"] > pair["here"]["paid_minor"] > 0
    for book in ("sandbox", str(told["fork"]["book"])):  # type: ignore[index]
        assert verify_book(site.conn, book).findings == []
