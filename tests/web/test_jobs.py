"""Imports and jobs of a book, as an operator sees them.

Wants to prove: days and alarms are there and an alarm is cleared with its reason; a file is checked before it
is read, the same file, once, each refused row told with what to do; a tape is taken over whole or not at all,
a second person deciding, on the day it is true of;
collections are made and fetched; the three sides of a day are shown with every difference.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.services.verify_book import verify_book
from duewell.store import alarms
from tests.api.site import OPENED, Site, key
from tests.api.test_rails import BANK, DEBIT, Desk, credit
from tests.web.test_console import staff
from tests.web.test_requests import decided, hidden, plain

JOBS = "/staff/books/main/jobs"
RAIL = f"{JOBS}/rails/bank"
TAPE = """loan,amount,rate,term,issued,left
A-1,1200.00,12,12,2026-02-15,1200.00
A-2,600.00,12,6,2026-02-20,600.00
"""
COLUMNS = """ref = "loan"
principal = "amount"
rate_pct = "rate"
instalments = "term"
issued = "issued"
principal_out = "left"
currency = "CNY"
"""


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    made = Desk(site, tmp_path)
    made.set(BANK, DEBIT)
    return made


def sent(
    client: httpx.Client, path: str, raw: bytes | str | None, name: str = "file.csv", **fields: str
) -> httpx.Response:
    """A form with a file, as a browser sends it."""
    base = path.rpartition("/")[0] if path.endswith(("/statement", "/status")) else path
    data = {"step": "dry"} | hidden(client.get(base)) | fields
    content = raw.encode() if isinstance(raw, str) else raw
    # A form whose file was not chosen is multipart all the same.
    files: Any = {"file": (name, content)} if content is not None else {"other": ("", b"")}
    return client.post(path, data=data, files=files)


def mark_of(page: httpx.Response) -> str:
    found = re.findall(r'name="checked" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return str(found[0])


def receipts(site: Site) -> int:
    row = site.conn.execute("select count(*) from duewell.receipt").fetchone()
    assert row is not None
    return int(row[0])


# -- files that come in ----------------------------------------------------------------------------


def test_a_statement_is_checked_then_read_and_posts_once(desk: Desk) -> None:
    otto, before = staff(desk.site, "otto"), desk.outstanding()
    raw = desk.statement(credit("N-1", "106.62", text=desk.loan), credit("N-2", "5.00", text="thanks"))
    dry = sent(otto, f"{RAIL}/statement", raw, "march.xml")
    told = plain(dry)
    assert dry.status_code == 200 and "Checked: march.xml" in told and "Nothing was changed" in told
    assert "payments 1 CN¥106.62" in told and "in suspense 1 CN¥5.00" in told and "no loan is named" in told
    assert desk.outstanding() == before and receipts(desk.site) == 0
    real = sent(otto, f"{RAIL}/statement", raw, step="real", checked=mark_of(dry))
    assert "It was read, and what it told was posted." in real.text and desk.outstanding() == before - 10_662
    again = sent(otto, f"{RAIL}/statement", raw, step="real", checked=mark_of(dry))
    assert "told before 2" in plain(again) and desk.outstanding() == before - 10_662
    assert "S1 bank 2 2 Mar 2026" in plain(otto.get(f"{JOBS}/rails"))


def test_only_the_file_that_was_checked_is_read_for_real(desk: Desk) -> None:
    otto = staff(desk.site, "otto")
    raw = desk.statement(credit("N-1", "106.62", text=desk.loan))
    mark = mark_of(sent(otto, f"{RAIL}/statement", raw))
    other = desk.statement(credit("N-9", "106.62", text=desk.loan))
    for given in ({"checked": mark}, {"checked": ""}, {}):
        page = sent(otto, f"{RAIL}/statement", other, "../../etc/passwd", step="real", **given)
        assert page.status_code == 422 and "passwd is not the file that was checked" in page.text
    neither = sent(otto, f"{RAIL}/statement", raw, step="perhaps")
    assert neither.status_code == 422 and receipts(desk.site) == 0


def test_a_row_that_is_wrong_is_told_by_its_line_and_the_others_count(desk: Desk) -> None:
    otto = staff(desk.site, "otto")
    raw = (
        "reference,amount,booked_on,text\n"
        f"N-1,106.62,2026-03-02,{desk.loan}\n"
        "N-2,12.345,2026-03-02,<script>alert(1)</script>\n"
        "N-3,9.00,2026-13-45,x\n"
    )
    page = sent(otto, f"{RAIL}/statement", raw)
    told = plain(page)
    assert page.status_code == 200 and "Refused 2" in told and "payments 1" in told
    assert re.search(r"Rows refused 2 .* 3 amount 12.345 .* 4 booked_on 2026-13-45 ", told), told
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "raw",
    [None, b"", b"\x00\x01", "nothing,of,it\n1,2,3\n", "<a><b></a>", '<!DOCTYPE x [<!ENTITY y "z">]><x/>'],
)
def test_what_is_no_statement_is_told_and_does_nothing(desk: Desk, raw: bytes | str | None) -> None:
    page = sent(staff(desk.site, "otto"), f"{RAIL}/statement", raw)
    assert page.status_code == 422 and 'role="alert"' in page.text and receipts(desk.site) == 0


def test_a_form_with_a_file_is_held_to_its_token_and_its_size(desk: Desk) -> None:
    otto = staff(desk.site, "otto")
    raw = desk.statement(credit("N-1", "106.62", text=desk.loan))
    files = {"file": ("a.xml", raw)}
    path = f"{RAIL}/statement"
    assert otto.post(path, data={"step": "dry"}, files=files).status_code == 403
    assert otto.post(path, data={"step": "dry", "token": "planted"}, files=files).status_code == 403
    token = hidden(otto.get(RAIL))
    large = otto.post(path, data=token, files={"file": ("a", b"x" * (1 << 20))})
    assert large.status_code == 413 and "text/html" in large.headers["content-type"]
    kind = {"content-type": "multipart/form-data; boundary=b"}
    cut = f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token["token"]}\r\n'
    many = "".join(f'--b\r\nContent-Disposition: form-data; name="n{k}"\r\n\r\n1\r\n' for k in range(30))
    for body in (cut, many + "--b--\r\n", "--b", "", "x" * 500, cut.replace("form-data", "\xff")):
        told = otto.post(path, content=body.encode("latin-1"), headers=kind)
        assert told.status_code in (400, 403), body[:60]
    assert otto.post(path, content=b"{}", headers={"content-type": "application/json"}).status_code in (
        400,
        403,
    )
    assert receipts(desk.site) == 0


def test_an_answer_of_the_bank_is_checked_then_taken(desk: Desk) -> None:
    given = {"rail": "debit", "name": "Wang Wei", "account": "6217000012345678"}
    desk.borrower.post(f"/api/own/loans/{desk.loan}/mandates", json=given, headers=key())
    desk.move_to("2026-04-02")
    otto, rail, before = staff(desk.site, "otto"), f"{JOBS}/rails/debit", desk.outstanding()
    page = otto.get(rail)
    assert "No file was made yet" in page.text
    made = otto.post(f"{rail}/collections", data={"on": "2026-04-02"} | hidden(page))
    assert "The file was made: fetch it below." in made.text and "CN¥106.62" in made.text
    file = otto.get(re.findall(rf'href="({rail}/collections/[^"]+)"', made.text)[0])
    assert b"6217000012345678" in file.content and "attachment" in file.headers["content-disposition"]
    none = otto.post(f"{rail}/collections", data={"on": "2026-04-03"} | hidden(made))
    assert "Nothing is to be collected that day." in none.text
    answer = desk.answer(file.content)
    dry = sent(otto, f"{rail}/status", answer)
    assert "paid 1" in plain(dry) and desk.outstanding() == before
    real = sent(otto, f"{rail}/status", answer, step="real", checked=mark_of(dry))
    assert "It was read" in real.text and desk.outstanding() == before - 10_662
    for day in ("soon", "2026-05-30", "2020-01-01"):
        late = otto.post(f"{rail}/collections", data={"on": day} | hidden(made))
        assert late.status_code == 422 and f'value="{day}"' in late.text


# -- a tape ----------------------------------------------------------------------------------------


def held(site: Site, book: str = "main") -> int:
    return len(site.program().get(f"/api/books/{book}/loans").json()["items"])


def test_a_tape_is_checked_then_waits_for_a_second_person_and_is_taken_over_once(site: Site) -> None:
    otto, path = staff(site, "otto", "operator"), f"{JOBS}/tape"
    dry = sent(otto, path, TAPE, "tape.csv", columns=COLUMNS)
    assert dry.status_code == 200 and "Taken over 2" in plain(dry) and "Nothing was changed yet." in dry.text
    assert "Ask for approval to take them over" in dry.text and held(site) == 0
    asked = sent(otto, path, TAPE, columns=COLUMNS, step="real", checked=mark_of(dry))
    assert "Take over loans from file.csv: 2, with CN¥1,800.00 of principal still out" in plain(asked)
    assert "Rows of the tape" in plain(asked) and "A-2 600.00 12 6" in plain(asked), "what would be done"
    asked_again = sent(otto, path, TAPE, columns=COLUMNS, step="real", checked=mark_of(dry))
    assert asked_again.url == asked.url, "one request a tape"
    assert "a second person decides" in asked.text and held(site) == 0
    (request,) = site.staff("cora", "compliance").get("/api/requests?waiting=true").json()["items"]
    assert request["act"] == "tape" and request["content"]["loans"] == 2 and "rows" not in request["content"]
    done = decided(staff(site, "ben", "supervisor"), request["request"])
    assert done.status_code == 200 and held(site) == 2
    assert verify_book(site.conn, "main").findings == []
    again = sent(otto, path, TAPE, columns=COLUMNS)
    assert "There already 2" in plain(again) and "There is nothing to take over." in plain(again)
    assert 'name="checked"' not in again.text


def test_a_tape_is_true_of_its_day_and_is_not_taken_over_on_another(site: Site) -> None:
    otto, path = staff(site, "otto", "operator"), f"{JOBS}/tape"
    dry = sent(otto, path, TAPE, columns=COLUMNS)
    sent(otto, path, TAPE, columns=COLUMNS, step="real", checked=mark_of(dry))
    (request,) = site.staff("cora", "compliance").get("/api/requests?waiting=true").json()["items"]
    site.program().post("/api/books/main/clock", json={"days": 1}, headers=key())
    ben = staff(site, "ben", "supervisor")
    assert "the book stands at 2026-03-03" in plain(ben.get(f"/staff/requests/{request['request']}"))
    done = decided(ben, request["request"])
    assert done.status_code == 422 and "the book stands at 2026-03-03" in plain(done)
    assert held(site) == 0


def test_where_nobody_needs_to_be_asked_a_tape_is_taken_over_at_once(site: Site) -> None:
    told = {"code": "free", "currency": "CNY", "open_on": "2026-03-02", "four_eyes": False}
    assert site.program().post("/api/books", json=told, headers=key()).status_code == 201
    otto, path = staff(site, "otto", "operator"), "/staff/books/free/jobs/tape"
    dry = sent(otto, path, TAPE, columns=COLUMNS)
    real = sent(otto, path, TAPE, columns=COLUMNS, step="real", checked=mark_of(dry))
    assert "All of them were taken over." in real.text and held(site, "free") == 2


def test_a_tape_with_a_row_refused_is_not_taken_over_at_all(site: Site) -> None:
    otto, path = staff(site, "otto", "operator"), f"{JOBS}/tape"
    bad = TAPE + "A-3,x,12,6,2026-02-20,600.00\n"
    page = sent(otto, path, bad, columns=COLUMNS)
    told = plain(page)
    assert page.status_code == 422 and "Rows refused 1" in told and "4 amount x" in told
    assert 'name="checked"' not in page.text and "principal = &#34;amount&#34;" in page.text
    forced = sent(otto, path, bad, columns=COLUMNS, step="real", checked="0" * 24)
    assert forced.status_code == 422
    for columns in ("", "x = =", 'ref = "loan"', 'nothing = "x"'):
        assert sent(otto, path, TAPE, columns=columns).status_code == 422, columns
    head, row = TAPE.splitlines()[:2]
    long = head + "\n" + "\n".join(row.replace("A-1", f"B-{n}") for n in range(1501))
    told = sent(otto, path, long, columns=COLUMNS)
    assert told.status_code == 422 and "duewell import --book main" in told.text
    assert site.program().get("/api/books/main/loans").json()["items"] == []


# -- days, alarms, three sides ---------------------------------------------------------------------


def test_days_and_alarms_are_there_and_an_alarm_is_cleared_with_a_reason(site: Site) -> None:
    site.program().post("/api/books/main/clock", json={"days": 2}, headers=key())
    otto = staff(site, "otto", "operator")
    told = plain(otto.get(JOBS))
    assert "Open day 4 Mar 2026" in told and "Last closed 3 Mar 2026" in told and "Alarms 0" in told
    assert "3 Mar 2026 closed" in told and "Seal of 3 Mar 2026" in told
    alarms.raise_alarm(site.conn, 1, date(2026, 3, 4), "close-late", {"minutes": 45}, site.clock())
    page = otto.get(JOBS)
    assert "The day was still open 45 minutes after its cut-off." in page.text
    data = {"day": "2026-03-04", "kind": "close-late"} | hidden(page)
    for wrong in ({"reason": " "}, {"reason": "x", "day": "soon"}, {"reason": "x", "kind": "close-failed"}):
        refused = otto.post(f"{JOBS}/alarms", data=data | wrong)
        assert refused.status_code == 422 and 'role="alert"' in refused.text, wrong
    done = otto.post(f"{JOBS}/alarms", data=data | {"reason": "power <b>cut</b>"})
    told = plain(done)
    assert "The alarm was cleared." in told and "Alarms 0" in told and "staff:otto" in told
    assert "power &lt;b&gt;cut&lt;/b&gt;" in done.text
    assert "日终延误" in staff(site, "otto", lang="zh").get(JOBS).text
    assert "Closing is late,cleared" in otto.get(f"{JOBS}?export=csv&table=alarms").text


def test_the_three_sides_of_a_day_and_every_difference(desk: Desk) -> None:
    otto = staff(desk.site, "otto")
    desk.upload(desk.statement(credit("N-1", "106.62", text=desk.loan)))
    path = f"{JOBS}/reconciliation"
    clean = plain(otto.get(f"{path}?on={OPENED}"))
    assert (
        "The three sides of 2 Mar 2026 agree" in clean and "bank 1 CN¥106.62 1 CN¥106.62 1 CN¥106.62" in clean
    )
    desk.site.conn.execute("reset role")
    desk.site.conn.execute("alter table duewell.rail_entry disable trigger user")
    desk.site.conn.execute("update duewell.rail_entry set amount_minor = 10000")
    desk.site.conn.execute("set role duewell_app")
    page = otto.get(f"{path}?on={OPENED}")
    assert "1 differences on 2 Mar 2026" in plain(page) and "CN¥100.00" in page.text
    assert "N-1" in otto.get(f"{path}?on={OPENED}&export=csv&table=differences").text
    wrong = otto.get(f"{path}?on=soon")
    assert wrong.status_code == 422 and 'value="soon"' in wrong.text


def test_what_can_be_taken_is_listed_and_every_link_opens(desk: Desk) -> None:
    otto = staff(desk.site, "otto")
    page = otto.get(f"{JOBS}/exports")
    assert "duewell book tape --book main --as-of 2026-03-02 -o tape.parquet" in page.text
    assert f'href="{JOBS}/reconciliation"' in page.text


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)])
def test_jobs_are_open_to_those_the_table_grants_them(desk: Desk, role: Role) -> None:
    client, granted = staff(desk.site, "someone", role.value), GRANTS[role]
    sees, runs = Permission.RAIL_READ in granted, Permission.RAIL_RUN in granted
    for path in (JOBS, f"{JOBS}/rails", RAIL, f"{JOBS}/reconciliation", f"{JOBS}/exports"):
        assert client.get(path).status_code == (200 if sees else 403), path
    tape = Permission.BOOK_OPEN in granted
    assert client.get(f"{JOBS}/tape").status_code == (200 if tape else 403)
    raw = {"file": ("a.xml", desk.statement(credit("N-1", "1.00")))}
    if not runs:
        for path in (f"{RAIL}/statement", f"{RAIL}/status"):
            assert client.post(path, data={"step": "dry"}, files=raw).status_code == 403
        assert client.post(f"{JOBS}/rails/debit/collections", data={}).status_code == 403
        assert client.get(f"{JOBS}/rails/debit/collections/x").status_code == 403
        assert 'type="file"' not in client.get(RAIL).text
    if Permission.DAY_CLOSE not in granted:
        assert client.post(f"{JOBS}/alarms", data={"reason": "x"}).status_code == 403
    if sees:
        assert client.get("/staff/books/other/jobs").status_code == 404
        assert client.get(f"{JOBS}/rails/none").status_code == 404
