"""The charts of a day's cost are those of the figures kept beside them, and say what they show."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench import charts


@pytest.fixture
def kept() -> str:
    return charts.DATA.read_text("utf-8")


def test_the_charts_in_the_pages_are_those_of_the_figures_kept(kept: str) -> None:
    found = charts.drawn(charts.read(kept))
    assert set(found) == {"day-by-size.svg", "day-seconds.svg", "day-parts.svg"}
    for name, text in found.items():
        assert (charts.IMAGES / name).read_text("utf-8") == text, f"{name}: run script/charts"


def test_a_chart_is_a_picture_that_fits_light_and_dark(kept: str) -> None:
    for text in charts.drawn(charts.read(kept)).values():
        root = ElementTree.fromstring(text)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for each in root.iter():
            assert 0 <= float(each.attrib.get("x", 0)) <= width
            assert 0 <= float(each.attrib.get("y", 0)) <= height
        assert "prefers-color-scheme: dark" in text


def test_the_parts_of_a_day_add_up_to_the_day(kept: str) -> None:
    text = charts.by_part(charts.read(kept))
    shares = [int(part.split("%")[0].split(" ")[-1]) for part in text.split("ms, ")[1:]]
    assert sum(shares) == pytest.approx(100, abs=5)


def test_figures_without_sizes_or_parts_make_no_chart() -> None:
    assert not any(charts.drawn({}).values())
