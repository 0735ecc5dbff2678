"""The ledger on the desk: a trial balance that balances, opened to its sources, and its entries as files.

Wants to prove: totals are equal and those of the API; each balance is the sum of what it opens to; only
closed days are shown; who may not read the ledger is refused.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.services.close_period import close_period
from tests.api.site import Site
from tests.web.desk import CHINESE, lived, rows_of, text_of
from tests.web.test_console import staff
from tests.web.test_staff_overdue import STAFF_ROLES

HERE = "/staff/books/main/ledger"


def test_the_trial_balance_balances_and_is_the_apis(site: Site) -> None:
    lived(site)
    client = staff(site, "rita", "risk")
    told = text_of(client.get(HERE))
    rows = rows_of(client.get(f"{HERE}?table=trial-balance&export=csv"))
    debits = sum(int(row["debit_minor"] or 0) for row in rows)
    assert debits == sum(int(row["credit_minor"] or 0) for row in rows) > 0
    assert "balanced" in told and "not balanced" not in told and "Last closed day 18 Jun 2026" in told
    document = client.get("/api/books/main/trial-balance", headers={"accept": "application/json"}).json()
    assert [row["code"] for row in rows] == [each["account"] for each in document["accounts"]]
    assert debits == document["debits_minor"]


def test_every_balance_opens_to_what_it_is_the_sum_of(site: Site) -> None:
    lived(site)
    client = staff(site, "rita", "risk")
    page = client.get(f"{HERE}?as_of=2026-05-02").text
    links = re.findall(r'href="(/staff/books/main/ledger/total\?[^"]+)"', page)
    rows = rows_of(client.get(f"{HERE}?as_of=2026-05-02&table=trial-balance&export=csv"))
    assert len(links) == len(rows) > 3
    for link, row in zip(links, rows, strict=True):
        parts = rows_of(client.get(link.replace("&amp;", "&") + "&table=sources&export=csv"))
        balance = int(row["debit_minor"] or 0) - int(row["credit_minor"] or 0)
        assert sum(int(part["balance_minor"]) for part in parts) == balance, link
    opened = text_of(client.get(f"{HERE}/total?day=2026-05-02&account=interest_receivable"))
    assert "interest charged" in opened and "Totals of days" in opened and "Journals of loans" in opened
    sums = rows_of(
        client.get(f"{HERE}/total?day=2026-05-02&account=interest_receivable&table=sums&export=csv")
    )
    assert sum(int(each["posted_minor"]) for each in sums) > 0


def test_a_closed_period_is_listed(site: Site) -> None:
    lived(site)
    site.conn.execute("reset role")
    close_period(site.conn, "main", ends_on=date(2026, 3, 31), at=site.clock(), actor="cli")
    client = staff(site, "rita", "risk")
    told = text_of(client.get(f"{HERE}?as_of=2026-03-31"))
    assert "Accounting period closed" in told and "2 Mar 2026 31 Mar 2026" in told
    assert "Accounting period open" in text_of(client.get(HERE))
    (row,) = rows_of(client.get(f"{HERE}?table=periods&export=csv"))
    assert (row["starts_on"], row["ends_on"]) == ("2026-03-02", "2026-03-31")


def test_entries_are_taken_as_a_file_for_another_system(site: Site) -> None:
    lived(site)
    client = staff(site, "rita", "risk")
    made = client.get(f"{HERE}/entries?first=2026-05-01&last=2026-05-31")
    assert "attachment" in made.headers["content-disposition"] and made.content[:3] == b"\xef\xbb\xbf"
    rows = list(csv.DictReader(io.StringIO(made.content[3:].decode())))
    assert sum(int(row["debit_minor"]) for row in rows) == sum(int(row["credit_minor"]) for row in rows) > 0
    beans = client.get(f"{HERE}/entries?form=beancount&last=").text
    assert beans.startswith('option "title" "main"') and "2026-06-19 balance" in beans


@pytest.mark.parametrize(
    "query",
    ["?as_of=2026-12-01", "?as_of=2020-01-01", "/total?day=2026-05-02&account=gold", "/total?day=x&account=a",
     "/entries?first=2026-06-01&last=2026-05-01", "/entries?form=exe", "/entries?last=2030-01-01", "/total"],
)  # fmt: skip
def test_what_is_not_closed_or_not_there_is_refused_in_words(site: Site, query: str) -> None:
    lived(site)
    page = staff(site, "rita", "risk").get(HERE + query)
    assert page.status_code in (400, 404, 409, 422) and "<h1>" in page.text, page.text[:300]


def test_a_book_without_a_closed_day_says_so(site: Site) -> None:
    client = staff(site, "rita", "risk")
    assert "No day of this book is closed yet" in text_of(client.get(HERE))
    assert client.get(f"{HERE}?export=csv").status_code == 409
    assert client.get(f"{HERE}/entries").status_code == 409


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_who_may_not_read_the_ledger_is_refused(site: Site, role: Role) -> None:
    client = staff(site, "wim", role.value)
    allowed = Permission.LEDGER_READ in GRANTS[role]
    for path in (HERE, f"{HERE}/total?day=2026-03-02&account=suspense", f"{HERE}/entries"):
        assert (client.get(path).status_code == 403) == (not allowed), path


def test_the_ledger_is_told_in_both_languages(site: Site) -> None:
    lived(site)
    english, chinese = staff(site, "rita", "risk"), staff(site, "ruth", "risk", lang="zh")
    for path in (HERE, f"{HERE}/total?day=2026-05-02&account=interest_income"):
        assert not CHINESE.search(english.get(path).text.replace("中文", "")), path
    told = text_of(chinese.get(HERE))
    assert "试算平衡表" in told and "借贷平衡" in told and "贷款本金" in told
