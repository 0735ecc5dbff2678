"""Paying, from the amount to the receipt, with a wallet that speaks the real protocol.

Wants to prove: a borrower sees what each yuan pays, goes to a wallet, comes back to a receipt; sending a
form twice is one order; giving up takes nothing; silence is neither; a receipt opens to its split, is a PDF,
and can be checked by anybody who holds its code and by nobody else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pypdf
import pytest

from duewell.gateways.rails.signing import HmacSigner
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services.set_rail import set_rail
from duewell.services.verify_book import verify_book
from tests.api.site import Site, key
from tests.web.test_borrower import PHONE, late_loan, signed_in

SECRET = b"a secret of a sandbox"


@pytest.fixture
def wallet(site: Site, tmp_path: Path) -> Iterator[SimulatedWallet]:
    """A wallet of the book, which notifies the site and sends the borrower back to it."""
    made = SimulatedWallet("M1", HmacSigner(SECRET), paid_at="2026-05-20T04:00:00+00:00")
    made.notify_url = f"{site.base}/api/books/main/rails/wallet/notifications"
    (tmp_path / "wallet").write_bytes(SECRET)
    table = {"code": "wallet", "kind": "wallet", "url": made.start(), "merchant": "M1", "name": "豆钱包"}
    table |= {"secret_file": str(tmp_path / "wallet"), "return_url": f"{site.base}/paid"}
    set_rail(site.conn, "main", table)
    yield made
    made.close()


def fields_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes to an address."""
    form = re.search(rf'<form[^>]*method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form is not None, page
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def at_wallet(client: httpx.Client, loan: str, amount: str = "1066.19") -> httpx.Response:
    """From the loan to the wallet's own page."""
    page = client.get(f"/loans/{loan}/pay", params={"amount": amount})
    assert page.status_code == 200, page.text
    sent = client.post(
        f"/loans/{loan}/pay", data=fields_of(page.text, f"/loans/{loan}/pay"), follow_redirects=False
    )
    assert sent.status_code == 303, sent.text
    return httpx.get(sent.headers["location"])


def paid(client: httpx.Client, loan: str, do: str = "pay", amount: str = "1066.19") -> httpx.Response:
    page = at_wallet(client, loan, amount)
    told = fields_of(page.text, "/confirm") | {"do": do}
    back = httpx.post(page.url.join("/confirm"), data=told)
    assert back.status_code == 303
    return client.get(back.headers["location"])


def test_a_payment_by_wallet_ends_in_a_receipt(site: Site, wallet: SimulatedWallet) -> None:
    loan = late_loan(site)
    client = signed_in(site, "en")
    page = client.get(f"/loans/{loan}/pay")
    assert "Interest CN¥110.54 Principal CN¥955.65 Together CN¥1,066.19" in words(page.text)
    assert "Still overdue after it CN¥0.00" in words(page.text)
    assert f"form-action 'self' {wallet_origin(page)}" in page.headers["content-security-policy"]
    done = paid(client, loan)
    assert done.url.path.startswith(f"/loans/{loan}/orders/W") and "Your payment has arrived" in done.text
    number = re.search(r"/receipts/([A-Z0-9-]+)", done.text)
    assert number is not None
    receipt = client.get(f"/receipts/{number[1]}")
    assert "Interest CN¥110.54 Principal CN¥955.65" in words(receipt.text) and "Valid" in receipt.text
    assert verify_book(site.conn, "main").findings == []


def wallet_origin(page: httpx.Response) -> str:
    found = re.search(
        r"form-action 'self' (http://127\.0\.0\.1:\d+)", page.headers["content-security-policy"]
    )
    assert found is not None
    return found[1]


def test_the_same_form_sent_twice_is_one_order(site: Site, wallet: SimulatedWallet) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    told = fields_of(client.get(f"/loans/{loan}/pay").text, f"/loans/{loan}/pay")
    first, second = (
        client.post(f"/loans/{loan}/pay", data=told, follow_redirects=False).headers["location"]
        for _ in range(2)
    )
    assert first == second and first.startswith("http://127.0.0.1:")


def test_giving_up_at_the_wallet_takes_nothing(site: Site, wallet: SimulatedWallet) -> None:
    loan = late_loan(site)
    client = signed_in(site, "en")
    before = site.program().get(f"/api/loans/{loan}").json()
    done = paid(client, loan, "stop")
    assert "No money was taken" in done.text
    assert site.program().get(f"/api/loans/{loan}").json() == before


def test_a_silent_wallet_is_waited_for_and_nobody_is_asked_to_pay_twice(
    site: Site, wallet: SimulatedWallet
) -> None:
    loan = late_loan(site)
    client = signed_in(site, "en")
    wallet.silent = True
    done = paid(client, loan)
    assert "We have not heard from the wallet yet" in done.text and "do not pay again" in done.text


@pytest.mark.parametrize("amount", ["", "0", "-1", "1e5", "1.234", "<b>"])
def test_an_amount_nobody_can_pay_is_refused_beside_its_field(
    site: Site, wallet: SimulatedWallet, amount: str
) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    told = fields_of(client.get(f"/loans/{loan}/pay").text, f"/loans/{loan}/pay")
    page = client.post(f"/loans/{loan}/pay", data=told | {"amount": amount})
    assert (
        page.status_code == 422 and 'role="alert"' in page.text and "<b>" not in page.text.split("<main")[1]
    )
    assert wallet.orders == {}


def test_a_way_there_is_not_and_a_form_without_its_key_are_refused(
    site: Site, wallet: SimulatedWallet
) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    told = fields_of(client.get(f"/loans/{loan}/pay").text, f"/loans/{loan}/pay")
    for wrong in ({"rail": "gold"}, {"key": ""}, {"key": "k" * 300}):
        assert client.post(f"/loans/{loan}/pay", data=told | wrong).status_code == 422, wrong
    assert client.post(f"/loans/{loan}/pay", data=told | {"token": "x"}).status_code == 403


def test_a_receipt_is_a_pdf_with_the_amount_in_capitals(site: Site, wallet: SimulatedWallet) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    done = paid(client, loan)
    number = re.search(r"/receipts/([A-Z0-9-]+)", done.text)
    assert number is not None
    made = client.get(f"/receipts/{number[1]}/pdf")
    assert made.headers["content-type"] == "application/pdf" and len(made.content) < 20_000
    assert made.content == client.get(f"/receipts/{number[1]}/pdf").content, (
        "the same receipt, the same bytes"
    )
    text = pypdf.PdfReader(io.BytesIO(made.content)).pages[0].extract_text()
    assert "壹仟零陆拾陆元壹角玖分" in text and number[1] in text and "¥955.65" in text


def test_anybody_with_the_code_can_check_a_receipt_and_nobody_without(
    site: Site, wallet: SimulatedWallet
) -> None:
    loan = late_loan(site)
    done = paid(signed_in(site), loan)
    number = re.search(r"/receipts/([A-Z0-9-]+)", done.text)
    assert number is not None
    code = re.search(r"code=([A-Z2-7]{8})", signed_in(site).get(f"/receipts/{number[1]}").text)
    assert code is not None
    anybody = httpx.Client(base_url=site.base, headers={"accept": "text/html", "accept-language": "en"})
    page = anybody.get("/verify", params={"number": number[1], "code": code[1].lower()})
    assert page.status_code == 200 and "Genuine" in page.text and "CN¥1,066.19" in page.text
    assert PHONE not in page.text and "Wang" not in page.text
    for wrong in ({"code": "AAAAAAAA"}, {"number": "x"}, {"number": f"{loan}-99"}, {"code": "é"}):
        refused = anybody.get("/verify", params={"number": number[1], "code": code[1]} | wrong)
        assert refused.status_code == 404 and "1,066.19" not in refused.text


def test_a_payment_taken_back_stays_on_its_receipt_and_says_so(site: Site, wallet: SimulatedWallet) -> None:
    loan = late_loan(site)
    client = signed_in(site, "en")
    first = re.search(r"/receipts/([A-Z0-9-]+)", client.get("/documents").text)
    assert first is not None
    facts = site.program().get(f"/api/loans/{loan}").json()["facts"]
    payment = next(each for each in facts if each["kind"] == "PaymentReceived")
    line = f"2026-05-20 return {payment['ref']}"
    made = site.program().post(f"/api/loans/{loan}/facts", json={"line": line}, headers=key())
    assert made.status_code in (201, 202), made.text
    receipt = client.get(f"/receipts/{first[1]}")
    assert "CN¥1,066.19" in receipt.text and "Taken back on" in receipt.text


def test_nobody_elses_receipt_or_order_is_there(site: Site, wallet: SimulatedWallet) -> None:
    loan = late_loan(site)
    done = paid(signed_in(site), loan)
    number = re.search(r"/receipts/([A-Z0-9-]+)", done.text)
    assert number is not None
    site.loan(person=site.person("+8613800138002"))
    other = httpx.Client(
        base_url=site.base, headers={"accept": "text/html", "accept-language": "zh"}, follow_redirects=True
    )
    page = other.post("/sign-in", data={"to": "13800138002", "book": "main"})
    challenge = fields_of(page.text, "/sign-in/code")["challenge"]
    other.post(
        "/sign-in/code", data={"challenge": challenge, "code": site.code_sent("+8613800138002", "main")}
    )
    assert other.get("/home").status_code == 200
    for path in (f"/receipts/{number[1]}", f"/receipts/{number[1]}/pdf", done.url.path, f"/loans/{loan}/pay"):
        assert other.get(path).status_code == 404, path
