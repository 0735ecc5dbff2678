"""The bench and the soak say what they measured, and count what ran.

Wants to prove: a figure is a median with its spread and targets, one JSON object a line; the comparator of
the day adds what the loans earn; cases are counted from pytest's report; a kill's twin shows a difference.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from bench import eod, kills, sizes, soak, taking_over
from bench.figures import as_json, as_table, figure, ratio
from bench.properties import Properties
from duewell.store.server import EmbeddedServer, create_database

ROOT = Path(__file__).parents[2]


def test_a_figure_is_a_median_with_its_spread_and_targets() -> None:
    line = json.loads(as_json(figure("x", [3.0, 1.0, 2.0], "s", good=2.5)))
    assert line == {
        "name": "x",
        "value": 2.0,
        "unit": "s",
        "good": 2.5,
        "moonshot": None,
        "n": 3,
        "min": 1.0,
        "max": 3.0,
        "note": "",
    }


def test_a_ratio_divides_within_its_round() -> None:
    assert ratio([1.0, 4.0], [2.0, 2.0]) == [0.5, 2.0]
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0], [1.0, 2.0])


def test_the_table_has_a_line_a_figure() -> None:
    assert len(as_table([figure("x", [1.0], "s"), figure("y", [2.0], "s")]).splitlines()) == 3


def test_touching_every_loan_adds_what_the_loans_earn(
    conn: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a taken-over book, whose sums verify: the comparator's slopes are the book's own."""
    taking_over.take_over(conn, taking_over.synthetic_tape(40))
    eod.close_day(conn, taking_over.BOOK, until=taking_over.TAPE_DAY, at=taking_over.AT)
    eod.make_touched(conn, taking_over.BOOK)
    assert eod.check_touched(conn, taking_over.BOOK), capsys.readouterr().err
    earned = conn.execute("select sum(slope) from bench_touched").fetchone()
    assert earned is not None and earned[0] > 0


def test_a_twin_shows_a_difference(conn: psycopg.Connection, server: EmbeddedServer) -> None:
    taking_over.take_over(conn, taking_over.synthetic_tape(5))
    name = conn.info.dbname
    conn.close()
    twin = create_database(server, name + "_twin", template=name)
    with (
        psycopg.connect(server.database(name), autocommit=True) as ours,
        psycopg.connect(twin, autocommit=True) as theirs,
    ):
        assert kills.differing(ours, theirs) == []
        theirs.execute("update duewell.agenda set since = '2018-01-01' where loan_no = 1")
        assert kills.differing(ours, theirs) == ["agenda"]


def test_the_page_of_the_soak_names_its_seed_and_its_counts() -> None:
    rows, failed = soak.of_kills(kills.Kills(1, 7, 2, 160, within_a_day=6))
    assert failed == 0
    text = soak.page("", "kills", [("seed", "5"), *rows])
    assert "| seed | 5 |" in text and "9: 7 of the closer, 2 of the whole" in text and "nothing" in text
    rows, _ = soak.of_properties(Properties(rounds=2, tests=39, cases=12_000))
    text = soak.page(text, "properties", rows)
    assert text.index("12,000") < text.index("| seed | 5 |"), "the kills of before are kept"
    assert soak.page(text, "properties", rows) == text


def test_a_book_the_disk_has_no_room_for_is_not_begun() -> None:
    with pytest.raises(sizes.NoRoom):
        sizes.check_room(10_000_000, 80 * 10**9)
    sizes.check_room(3_000_000, 80 * 10**9)


@pytest.fixture(scope="module")
def cases() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cases_script", ROOT / "script" / "cases.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_cases_are_counted_from_the_report(cases: ModuleType, tmp_path: Path) -> None:
    report = tmp_path / "group.xml"
    report.write_text(
        "<testsuites><testsuite><testcase/><testcase><failure/></testcase><testcase><error/></testcase>"
        "<testcase><skipped/></testcase><testcase/></testsuite></testsuites>",
        "utf-8",
    )
    assert cases.counts(report) == (2, 2)
    assert cases.counts(tmp_path / "none.xml") == (0, 0)
