"""Work over a whole book: its value, its tape and its proof, by one function of a slice.

Wants to prove: at every closed day, as then known, the value is the general ledger, account by account;
one worker or several, few slices or many, processes or Ray give the same document, the same bytes and the
same findings; what is posted meanwhile tears nothing; a file is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.analytics.spreading import Engine
from duewell.domain.contract import contract_of
from duewell.domain.errors import Conflict, InvalidInput, Refusal
from duewell.domain.facts import FactKind
from duewell.domain.ledger import PROVISION, PROVISION_EXPENSE
from duewell.domain.party import loan_id
from duewell.services.generate_book import generate_book
from duewell.services.record_fact import Request, record_fact
from duewell.services.report_overdue import report_overdue, totals
from duewell.services.value_book import book_value_document, value_book
from duewell.services.verify_book import verify_book
from duewell.services.write_tape import write_tape
from duewell.store import books, days, loans, slices
from tests.services import test_lines as of_lines
from tests.services.test_close_day import AT, START, any_fact, book, close, lend, send

__all__ = ["book"]
Conn = psycopg.Connection[Any]
pq = pytest.importorskip("pyarrow.parquet")


def opener(conn: Conn) -> Callable[[], Conn]:
    return partial(psycopg.connect, conn.info.dsn, autocommit=True)


def value(conn: Conn, **more: Any) -> dict[str, Any]:
    return book_value_document(value_book(conn, "demo", connect=opener(conn), **more))


def check_ledger(conn: Conn, day: date) -> None:
    """As known at its end, a closed day comes to what was posted by then, provisions left out."""
    row = books.read_book(conn, "demo")
    posted = days.gl_balances(conn, row.book_id, day)
    found = value_book(conn, "demo", as_of=day, known=day)
    mine = {number: totals.ledger() for (_, _, number), totals in found.products.items()}
    set_aside = (PROVISION, PROVISION_EXPENSE)
    wanted = {
        number: {account: m for account, m in each.items() if m and account not in set_aside}
        for number, each in posted.items()
    }
    assert {n: e for n, e in mine.items() if e} == {n: e for n, e in wanted.items() if e}, day


def season(conn: Conn, seed: int, loan_count: int = 10, steps: int = 8) -> list[date]:
    """Loans of both products and facts of every kind, on time and late; the days closed in between."""
    chance = random.Random(seed)
    keys = [lend(conn, (n << 58) + n + 1, chance.choice(["equal", "flat"])) for n in range(loan_count)]
    day, closed = START, []
    for n in range(steps):
        day += timedelta(days=chance.randint(3, 20))
        close(conn, str(day - timedelta(days=1)))
        closed.append(day - timedelta(days=1))
        for key in chance.sample(keys, 4):
            on = max(START, day - timedelta(days=chance.choice([0, 0, 0, 3, 20])))
            fact = any_fact(chance, conn, key, on, f"f{n}")
            try:
                record_fact(conn, key, fact, Request("test", f"{key.person_id}/{n}", "tester", AT))
            except Refusal:
                continue
    close(conn, str(day))
    return [*closed, day]


@pytest.mark.parametrize("seed", range(3))
def test_every_closed_day_as_then_known_is_worth_what_its_ledger_says(book: Conn, seed: int) -> None:
    for day in season(book, seed):
        check_ledger(book, day)


def test_a_line_is_worth_what_its_ledger_says(conn: Conn) -> None:
    # The fixture of that module is a plain function underneath.
    of_lines.book.__wrapped__(conn)  # type: ignore[attr-defined]
    first, second = of_lines.opened(conn, "a"), of_lines.opened(conn, "b")
    of_lines.draw(conn, first, of_lines.START, "d1", 300_000)
    of_lines.draw(conn, second, of_lines.START, "d2", 200_000, "cash")
    closed = ["2026-01-31", "2026-02-10", "2026-03-20", "2026-07-01"]
    for n, day in enumerate(closed):
        of_lines.close(conn, day)
        of_lines.send(
            conn,
            first,
            FactKind.PAYMENT_RECEIVED,
            date.fromisoformat(day) + timedelta(days=1),
            f"p{n}",
            9_000,
        )
    of_lines.close(conn, "2026-07-10")
    for day in [*closed, "2026-07-10"]:
        check_ledger(conn, date.fromisoformat(day))
    found = value(conn)["totals"]
    assert found["loans"] == 2 and found["interest_accrued_minor"] > 0


def test_a_book_taken_over_is_worth_what_its_ledger_says(conn: Conn) -> None:
    generate_book(conn, "demo", count=60, seed=3, open_on=START, at=AT)
    close(conn, "2026-02-20")
    for day in (START, date(2026, 1, 31), date(2026, 2, 20)):
        check_ledger(conn, day)


def test_the_value_adds_up_and_says_what_the_overdue_report_says(book: Conn) -> None:
    season(book, 7)
    found = value(book)
    whole, parts = found["totals"], found["products"]
    amounts = [name for name in whole if name.endswith("_minor")]
    assert len(amounts) > 8
    for name in ("loans", "loans_owing", *amounts):
        assert whole[name] == sum(each[name] for each in parts), name
    assert sum(each["balance_minor"] for each in whole["ledger"]) == 0
    report, buckets = totals(report_overdue(book, "demo"))
    assert whole["overdue_minor"] == report["overdue_minor"]
    assert whole["outstanding_minor"] == report["outstanding_minor"]
    mine = [(b["bucket"], b["loans"], b["overdue_minor"]) for b in whole["buckets"]]
    assert mine == [(b["bucket"], b["loans"], b["overdue_minor"]) for b in buckets]
    for each in parts:
        told = defaultdict(int)
        for piece in each["accruals"]:
            told[piece["account"]] += piece["sign"] * piece["rounded_minor"]
        assert told.get("interest_accrued", 0) == each["interest_accrued_minor"]


# -- engines ---------------------------------------------------------------------------------------

CREWS: list[Any] = [
    {"workers": 1, "slice_count": 64},
    {"workers": 2, "slice_count": 4},
    {"workers": 2, "slice_count": 64},
]


def test_no_figure_and_no_byte_depends_on_who_works(book: Conn, tmp_path: Path, engine: Engine) -> None:
    season(book, 11)
    crews = CREWS if engine is Engine.LOCAL else [{"workers": 2, "slice_count": 4, "engine": engine}]
    first = tmp_path / "first.parquet"
    write_tape(book, "demo", first, row_group=3)
    wanted, proof = value(book, workers=1), verify_book(book, "demo")
    for number, crew in enumerate(crews):
        assert json.dumps(value(book, **crew)) == json.dumps(wanted)
        path = tmp_path / f"{number}.parquet"
        write_tape(book, "demo", path, row_group=3, connect=opener(book), **crew)
        assert path.read_bytes() == first.read_bytes()
        assert verify_book(book, "demo", connect=opener(book), **crew) == proof


@pytest.mark.parametrize("sample", [None, 6])
def test_several_workers_find_what_one_finds_in_the_same_order(book: Conn, sample: int | None) -> None:
    season(book, 5)
    book.execute("set session_replication_role = replica")
    book.execute("update duewell.loan_state set paid_minor = paid_minor + 1")
    book.execute("update duewell.journal set amounts[1] = amounts[1] + 1, amounts[2] = amounts[2] - 1")
    one = verify_book(book, "demo", sample=sample, seed=2)
    assert len(one.findings) > 6
    for crew in CREWS:
        many = verify_book(book, "demo", sample=sample, seed=2, connect=opener(book), **crew)
        assert many == one
        assert list(many.checked) == list(one.checked)


def test_workers_that_die_leave_their_slices_to_this_process(book: Conn) -> None:
    season(book, 5, steps=2)
    crew: dict[str, Any] = {"workers": 2, "slice_count": 4, "connect": partial(os._exit, 3)}
    assert book_value_document(value_book(book, "demo", **crew)) == value(book)
    assert verify_book(book, "demo", **crew) == verify_book(book, "demo")


@pytest.mark.parametrize("given", [{"slice_count": 3}, {"workers": 0}, {"workers": 65}])
def test_slices_and_workers_that_cannot_be_are_refused(
    book: Conn, tmp_path: Path, given: dict[str, int]
) -> None:
    for verb in (value_book, verify_book, partial(write_tape, path=tmp_path / "x.parquet")):
        with pytest.raises(InvalidInput, match="out-of-range"):
            verb(book, book_code="demo", **given)  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_a_slice_is_large_enough_to_be_worth_a_task() -> None:
    assert [len(slices.slices_of(1, n)) for n in (0, 3_999, 4_000, 20_000, 10**7)] == [1, 1, 2, 8, 64]
    every = slices.slices_of(1, 20_000)
    assert every[0].low == 0 and every[-1].high == 2**63 - 1
    assert all(b.low == a.high + 1 for a, b in pairwise(every))


# -- one snapshot ----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_posted_meanwhile_does_not_tear_the_result(book: Conn, workers: int) -> None:
    """After the first slices every loan is paid, before the last ones are read."""
    keys = [lend(book, (n << 58) + 1) for n in range(1, 32)]
    close(book, "2026-02-20")
    before, other = value(book), psycopg.connect(book.info.dsn, autocommit=True)
    paid = []

    def pay(done: int, of: int) -> None:
        if done and not paid:
            for key in keys:
                send(other, key, FactKind.PAYMENT_RECEIVED, date(2026, 2, 21), "meanwhile", 60_000)
                paid.append(key)

    assert value(book, workers=workers, slice_count=64, on_progress=pay) == before
    assert len(paid) == len(keys)
    after = value(book)
    assert after["totals"]["outstanding_minor"] < before["totals"]["outstanding_minor"]
    other.close()


def test_a_helper_sees_the_snapshot_and_cannot_write(book: Conn) -> None:
    with slices.one_snapshot(book) as name:
        other = psycopg.connect(book.info.dsn, autocommit=True)
        lend(other, 7)
        helper = slices.join_snapshot(opener(book), name)
        assert helper.execute("select count(*) from duewell.loan").fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            helper.execute("delete from duewell.wish")
        helper.close()
        other.close()
    assert book.execute("select count(*) from duewell.loan").fetchone() == (1,)


# -- two dates -------------------------------------------------------------------------------------


def test_a_payment_learnt_late_changes_the_day_only_for_who_knows_it(book: Conn) -> None:
    key = lend(book, 7)
    close(book, "2026-02-20")
    send(book, key, FactKind.PAYMENT_RECEIVED, date(2026, 2, 1), "late", 250_000)
    day = date(2026, 2, 10)
    then, now = value(book, as_of=day, known=day)["totals"], value(book, as_of=day)["totals"]
    assert then["overdue_minor"] > 0 and now["overdue_minor"] == 0
    at = value(book, as_of=day, known=AT - timedelta(seconds=1))
    assert at["known"] == "2026-06-01T11:59:59+00:00"
    assert at["totals"]["loans"] == 0, "every fact of this test was recorded at one instant"
    assert value(book, as_of=START - timedelta(days=1))["totals"]["loans"] == 0


def test_a_loan_charged_off_stands_apart(book: Conn) -> None:
    key = lend(book, 7)
    lend(book, 8)
    close(book, "2026-02-10")
    send(book, key, FactKind.CHARGED_OFF, date(2026, 2, 11), "off")
    found = value(book)["totals"]
    assert found["charged_off"]["loans"] == 1 and found["charged_off"]["claim_minor"] > 1_200_000
    assert (found["loans"], found["loans_owing"]) == (1, 1)
    assert found["principal_out_minor"] == 1_200_000


# -- the tape --------------------------------------------------------------------------------------


def test_the_tape_has_a_row_a_loan_that_says_what_the_value_says(book: Conn, tmp_path: Path) -> None:
    season(book, 11)
    path = tmp_path / "tape.parquet"
    report = write_tape(book, "demo", path)
    file = pq.ParquetFile(path)
    rows = file.read().to_pylist()
    keys = loans.keys_of_book(book, 1)
    assert [row["loan_id"] for row in rows] == [loan_id(k.person_id, k.loan_no) for k in keys]
    assert report.loans == len(rows) == 10
    whole = value(book)["totals"]
    on_the_books = [row for row in rows if row["charged_off_on"] is None]
    for name in (
        "principal_out_minor", "interest_due_minor", "fee_due_minor", "penalty_due_minor",
        "overdue_minor", "outstanding_minor",
    ):  # fmt: skip
        assert sum(row[name] for row in on_the_books) == whole[name], name
    claims = [row["claim_minor"] for row in rows if row["charged_off_on"] is not None]
    assert (len(claims), sum(claims)) == (whole["charged_off"]["loans"], whole["charged_off"]["claim_minor"])
    accrued = sum(row["interest_accrued_minor"] for row in rows)
    assert abs(accrued - whole["interest_accrued_minor"]) <= len(rows)
    for key, row in zip(keys, rows, strict=True):
        terms, facts = loans.read_many(book, [key])[key]
        contract = contract_of(terms)
        state = contract.fold(facts, as_of=row["as_of"])
        age = contract.ageing(state)
        assert (row["dpd"], row["since"], row["overdue_minor"]) == (age.dpd, age.since, age.overdue)


def test_the_bytes_of_a_tape_hold_no_time_and_row_groups_of_one_size(book: Conn, tmp_path: Path) -> None:
    season(book, 11, steps=2)
    path, again = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write_tape(book, "demo", path, row_group=4, slice_count=64)
    write_tape(book, "demo", again, row_group=4)
    assert path.read_bytes() == again.read_bytes()
    about = pq.ParquetFile(path).metadata
    assert [about.row_group(n).num_rows for n in range(about.num_row_groups)] == [4, 4, 2]
    told = {name.decode(): text.decode() for name, text in about.metadata.items()}
    day = books.read_book(book, "demo").open_on
    assert told == {
        "schema": "duewell.book-tape/1", "book": "demo", "currency": "CNY",
        "as_of": str(day), "known": str(day),
    }  # fmt: skip


def test_an_empty_book_has_an_empty_tape(book: Conn, tmp_path: Path) -> None:
    path = tmp_path / "tape.parquet"
    assert write_tape(book, "demo", path).loans == 0
    assert pq.read_table(path).num_rows == 0
    assert value(book)["products"] == []


def test_a_tape_that_is_there_is_replaced_only_when_forced(book: Conn, tmp_path: Path) -> None:
    path = tmp_path / "tape.parquet"
    path.write_bytes(b"old")
    with pytest.raises(Conflict, match="output-there-already"):
        write_tape(book, "demo", path)
    assert path.read_bytes() == b"old"
    write_tape(book, "demo", path, is_forced=True)
    assert pq.read_table(path).num_rows == 0
    with pytest.raises(InvalidInput, match="output-not-writable"):
        write_tape(book, "demo", tmp_path / "no" / "tape.parquet")


def test_a_tape_without_pyarrow_says_how_to_install_it(
    book: Conn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInput) as refused:
        write_tape(book, "demo", tmp_path / "tape.parquet")
    assert refused.value.code == "extra-missing"
    assert refused.value.facts["install"] == "pip install 'duewell[analytics]'"
    assert list(tmp_path.iterdir()) == []


def test_an_instant_that_is_known_stands_in_the_tape(book: Conn, tmp_path: Path) -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    path = tmp_path / "tape.parquet"
    lend(book, 7)
    assert write_tape(book, "demo", path, known=at).loans == 1
    assert pq.ParquetFile(path).metadata.metadata[b"known"] == b"2026-06-01T12:00:00+00:00"
