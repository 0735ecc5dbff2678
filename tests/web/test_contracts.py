"""Contracts that are no loan being repaid: a line, a loan charged off, one paid up with money left over.

Wants to prove: a borrower's line opens and can be paid; of a loan charged off every page says the one
amount still owed, and nothing to come; what was paid too much is told; money that finds no place is not
called silence.
"""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from duewell.domain.party import parse_loan_id, person_ref
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services import keep_person
from duewell.services.define_product import define_product
from tests.api.site import Site, key
from tests.api.test_lines_and_days import LINE
from tests.web.test_borrower import PHONE, signed_in
from tests.web.test_console import staff
from tests.web.test_paying import at_wallet, fields_of, paid, wallet, words
from tests.web.test_products import MONTHLY, table_of

__all__ = ["wallet"]


def line_of(site: Site, until: str) -> str:
    """A line on which 1,000.00 was drawn on 2 March, of somebody who can sign in."""
    program = site.program()
    line = str(program.post("/api/books/main/lines", json=LINE, headers=key()).json()["loan_id"])
    told = {"name": "Wang Wei", "phone": PHONE}
    keep_person.change(site.conn, site.state.keys, parse_loan_id(line)[0], told, by="test", at=site.clock())
    program.post(f"/api/loans/{line}/facts", json={"line": "draw 1000.00 as purchase"}, headers=key())
    moved(site, until)
    return line


def moved(site: Site, to: str, *facts: tuple[str, str]) -> None:
    told = [{"loan": loan, "line": line} for loan, line in facts]
    made = site.program().post("/api/books/main/clock", json={"to": to, "facts": told}, headers=key())
    assert made.status_code == 200, made.text


def main_of(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return words(page.text[page.text.index("<main") : page.text.index("<footer")])


def test_a_line_opens_and_every_way_from_home_leads_somewhere(site: Site, wallet: SimulatedWallet) -> None:
    line = line_of(site, "2026-04-20")
    client = signed_in(site, "en")
    page = main_of(client.get(f"/loans/{line}"))
    assert "Owed CN¥1,015.60 CN¥100.00 of it is overdue At least CN¥205.60 by Thu 30 Apr 2026 Pay" in page
    assert "at least CN¥205.60 by 30 Apr 2026 , interest CN¥15.60" in page
    home = client.get("/home")
    for to in set(re.findall(r'href="(/loans/[^"]+)"', home.text)):
        assert client.get(to.replace("&amp;", "&")).status_code == 200, to


def test_a_book_with_a_line_shows_its_products_everywhere(site: Site) -> None:
    line_of(site, "2026-03-20")
    site.loan()
    define_product(site.conn, "main", table_of(MONTHLY))
    told = site.program().get("/api/books/main/products").json()
    assert [each["code"] for each in told["items"]] == ["monthly"]
    client = staff(site, "otto", "operator")
    for page in ("products", "products/monthly@1"):
        assert client.get(f"/staff/books/main/{page}").status_code == 200
    assert client.get("/staff/books/main/products/plain_line").status_code == 404


@pytest.mark.parametrize("amount", ["0.01", "999999", "5000.00"])
def test_any_amount_is_told_or_refused_of_a_line_and_of_a_claim(site: Site, amount: str) -> None:
    line = line_of(site, "2026-04-20")
    loan = site.loan(person=person_ref(parse_loan_id(line)[0]))
    moved(site, "2026-06-19", (loan, "2026-06-10 charge-off"))
    client = signed_in(site, "en")
    for each in (line, loan):
        page = client.get(f"/loans/{each}/pay?amount={amount}")
        assert page.status_code in (200, 422) and "<h1>" in page.text, page.text[:300]
        assert page.status_code == 422 or "Together" in page.text


def test_a_line_is_paid_by_a_wallet(site: Site, wallet: SimulatedWallet) -> None:
    line = line_of(site, "2026-04-20")
    client = signed_in(site, "en")
    offered = main_of(client.get(f"/loans/{line}/pay"))
    assert "The overdue part CN¥100.00 The least asked CN¥205.60 Settle it all CN¥1,019.60" in offered
    done = paid(client, line, amount="105.60")
    assert "Your payment has arrived" in done.text
    assert "CN¥105.60" in main_of(client.get("/documents"))


def test_a_loan_charged_off_is_one_amount_on_every_page(site: Site, wallet: SimulatedWallet) -> None:
    loan = site.loan(person=site.person(PHONE), principal=1_200_000)
    moved(site, "2026-06-19", (loan, "2026-06-10 charge-off"))
    client = signed_in(site, "en")
    home, page = main_of(client.get("/home")), main_of(client.get(f"/loans/{loan}"))
    assert "Still owed on this loan CN¥12,392.00" in home and "Next payment" not in home
    assert "Still owed on this loan CN¥12,392.00" in page and "CN¥1,066.19" not in page
    assert "Settle it all CN¥12,392.00" in main_of(client.get(f"/loans/{loan}/pay"))
    why = main_of(client.get(f"/loans/{loan}/why?total=outstanding"))
    assert "CN¥12,392.00" in why and "CN¥1,066.19" not in why
    assert "BEGIN:VEVENT" not in client.get("/calendar.ics").text
    wallet.paid_at = "2026-06-19T04:00:00+00:00"
    assert "Your payment has arrived" in paid(client, loan, amount="392.00").text
    assert "Still owed on this loan CN¥12,000.00" in main_of(client.get("/home"))


def test_what_was_paid_too_much_is_told_and_no_more_is_asked(site: Site, wallet: SimulatedWallet) -> None:
    loan = site.loan(person=site.person(PHONE), principal=120_000)
    client = signed_in(site, "en")
    open_tab = fields_of(client.get(f"/loans/{loan}/pay").text, f"/loans/{loan}/pay")
    moved(site, "2026-06-19", (loan, "2026-04-10 pay 5000"))
    assert "Kept as your credit CN¥3,784.80" in main_of(client.get("/home"))
    page = main_of(client.get(f"/loans/{loan}"))
    assert "You paid CN¥3,784.80 more than was owed" in page and "-2.53%" in page
    assert "Nothing is owed here" in main_of(client.get(f"/loans/{loan}/pay"))
    late = client.post(f"/loans/{loan}/pay", data=open_tab)
    assert late.status_code == 409 and "Nothing is owed here" in late.text
    body = client.get(f"/loans/{loan}/files/statement.csv").content[3:].decode()
    row = list(csv.DictReader(io.StringIO(body)))[-1]
    parts = ("principal", "interest", "fee", "penalty", "credit")
    assert sum(int(row[f"{part}_minor"]) for part in parts) == int(row["amount_minor"])


def test_money_that_finds_no_place_is_not_called_silence(site: Site, wallet: SimulatedWallet) -> None:
    loan = site.loan(person=site.person(PHONE), principal=120_000)
    client = signed_in(site, "en")
    second = at_wallet(client, loan, "106.62")
    moved(site, "2026-05-20", (loan, "2026-04-10 pay 5000"))
    httpx.post(second.url.join("/confirm"), data=fields_of(second.text, "/confirm") | {"do": "pay"})
    page = client.get(f"/loans/{loan}/orders/{fields_of(second.text, '/confirm')['order']}")
    told = main_of(page)
    assert "Your money is here" in told and "not heard" not in told and "data-again" not in page.text
