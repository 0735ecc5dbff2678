"""Every alarm has its section in the runbook and its sentence; a section says its meaning and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duewell.catalogues import template_codes
from duewell.store.alarms import KINDS

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_alarm_has_its_section_and_its_sentence(kind: str) -> None:
    section = re.search(rf"^### {kind}\n(.+?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert section is not None
    words = [line.split(":")[0] for line in section[1].splitlines() if re.match(r"[A-Z][a-z]+:", line)]
    assert words == ["Means", "Look", "Do"]
    assert {f"alarm-{kind}"} <= template_codes("zh") & template_codes("en")


def test_no_section_is_of_an_alarm_that_is_never_raised() -> None:
    alarms = RUNBOOK.partition("## Alarms")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\S+)$", alarms, re.MULTILINE) == sorted(KINDS, key=alarms.index)
