"""Products, as somebody who designs and somebody who approves them see them.

Wants to prove: every version is there with its day; terms, conventions and both parts of the cost sheet are
in words; a new version is previewed with the caps it breaks, and defined by two persons, once.
"""

from __future__ import annotations

import re

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.gateways.toml_files import TomlFile, toml_of, toml_text
from duewell.services.define_product import define_product
from tests.api.site import Site
from tests.web.test_console import staff
from tests.web.test_requests import decided, hidden, plain

MONTHLY = """code = "monthly"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = ["1,000.00", "50,000.00"]
rate_pct = ["6", "18"]
instalments = [3, 12]

[penalty]
times_contract = "1.5"

[[fees]]
code = "service"
charged_by = "lender"
when = "with the first instalment"
basis = "flat"
amount = "10.00"
"""
LIST, DRAFT = "/staff/books/main/products", "/staff/books/main/product-draft"


def table_of(text: str) -> dict[str, object]:
    return toml_of(text, TomlFile.PRODUCT, "a test")


def written(client: httpx.Client, text: str, step: str = "preview", **more: str) -> httpx.Response:
    page = client.get(DRAFT)
    return client.post(DRAFT, data={"toml": text, "step": step} | hidden(page) | more)


def test_every_version_is_listed_with_its_day(site: Site) -> None:
    client = staff(site, "rita", "risk")
    assert "This book has no products yet" in client.get(LIST).text
    define_product(site.conn, "main", table_of(MONTHLY))
    define_product(site.conn, "main", table_of(MONTHLY.replace('"18"', '"20"')))
    told = plain(client.get(LIST))
    assert "monthly@2 newest 2 Mar 2026" in told and "monthly@1 older 2 Mar 2026" in told
    assert "CN¥1,000.00 CN¥50,000.00 6% – 20% 3 – 12" in told
    file = client.get(f"{LIST}?export=csv").text
    assert "principal_to_minor" in file and ",5000000," in file and "2026-03-02" in file


def test_a_version_tells_its_terms_in_words_in_both_languages(site: Site) -> None:
    define_product(site.conn, "main", table_of(MONTHLY))
    english = plain(staff(site, "rita", "risk").get(f"{LIST}/monthly@1"))
    for words in (
        "Principal CN¥1,000.00 – CN¥50,000.00",
        "6.00% a year – 18.00% a year",
        "penalty → fee → interest → principal",
        "by the day on overdue principal, 1.5 times the contract rate in all with contract interest",
        "CN¥10.00, with the first instalment, by lender (contract)",
        "Repaid in equal instalments",
        "months of 30 days, a year of 360 days",
    ):
        assert words in english, words
    chinese = plain(staff(site, "rita", lang="zh").get(f"{LIST}/monthly"))
    for words in ("等额本息", "罚息 → 费用 → 利息 → 本金", "合同利率的 1.5 倍", "还款频率 每月"):
        assert words in chinese, words


def test_the_cost_sheet_has_both_parts_for_what_was_typed(site: Site) -> None:
    define_product(site.conn, "main", table_of(MONTHLY))
    client = staff(site, "olga", "officer")
    asked = {"amount": "12,000.00", "rate": "12", "instalments": "12"}
    page = client.get(f"{LIST}/monthly@1", params=asked)
    told = plain(page)
    # 12,000.00 at 12 % over 12 months: equal instalments of 1,066.19, interest 794.28, and the fee.
    assert "Interest and fees CN¥804.2" in told and "Paid on time 2" in told and "Only in default 1" in told
    assert "Nothing is charged but what stands above." in told
    file = client.get(f"{LIST}/monthly@1", params=asked | {"export": "csv", "table": "normal"}).text
    assert len(file.splitlines()) == 3 and ",1000,contract," in file
    quote = site.program().post(
        "/api/books/main/products/monthly/quote",
        json={"principal_minor": 1_200_000, "rate_pct": "12", "instalments": 12},
    )
    cost = quote.json()["cost_sheet"]["cost_minor"]
    assert f"Interest and fees CN¥{cost / 100:,.2f}" in told, "the API says the same"


@pytest.mark.parametrize(
    ("field", "given", "says"),
    [
        ("amount", "abc", "amount"),
        ("amount", "<script>alert(1)</script>", "&lt;script&gt;"),
        ("amount", "0.01", "outside"),
        ("rate", "99", "rate"),
        ("instalments", "1e3", "is no number of instalments"),
        ("instalments", "-3", "is no number of instalments"),
        ("instalments", "13", "instalments"),
    ],
)
def test_what_no_loan_can_be_is_told_and_what_was_typed_stays(
    site: Site, field: str, given: str, says: str
) -> None:
    define_product(site.conn, "main", table_of(MONTHLY))
    page = staff(site, "rita", "risk").get(f"{LIST}/monthly@1", params={field: given})
    assert page.status_code == 422 and 'role="alert"' in page.text
    assert says in page.text or says in plain(page)
    assert "<script>alert" not in page.text and "Terms" in page.text


def test_a_new_version_is_previewed_and_defined_by_two(site: Site) -> None:
    rita = staff(site, "rita", "risk")
    page = written(rita, MONTHLY)
    told = plain(page)
    assert page.status_code == 200 and "Preview: monthly@1" in told and "Ask for it to be defined" in told
    assert "Only in default" in told and 'value="define"' in page.text
    data = {"toml": MONTHLY, "step": "define"} | hidden(page)
    asked = rita.post(DRAFT, data=data)
    assert asked.url.path.startswith("/staff/requests/") and "a second person decides" in asked.text
    again = rita.post(DRAFT, data=data)
    assert again.url == asked.url, "pressed twice, it is one request"
    assert "somebody else decides it" in asked.text
    request = asked.url.path.rpartition("/")[2]
    boss = staff(site, "ben", "supervisor")
    before = plain(boss.get(f"/staff/requests/{request}"))
    assert "Define the next version of product monthly" in before
    assert "penalty.times_contract – 1.5" in before
    assert "Approved, and done." in decided(boss, request).text
    assert "monthly@1 newest" in plain(rita.get(LIST))
    same = written(rita, MONTHLY)
    assert "This says the same as monthly@1" in same.text and 'value="define"' not in same.text
    forced = written(rita, MONTHLY, "define")
    assert forced.status_code == 422 and "There is nothing to define" in forced.text


def test_with_one_pair_of_eyes_it_is_defined_at_once(site: Site) -> None:
    body = {"code": "free", "currency": "CNY", "open_on": "2026-03-02", "four_eyes": False}
    site.program().post("/api/books", json=body, headers={"idempotency-key": "free"})
    rita = staff(site, "rita", "risk")
    draft = "/staff/books/free/product-draft"
    page = rita.get(draft)
    done = rita.post(draft, data={"toml": MONTHLY, "step": "define"} | hidden(page))
    assert done.url.path == "/staff/books/free/products/monthly@1" and "The version was defined." in done.text


def test_a_cap_that_would_be_broken_is_told_with_its_source(site: Site) -> None:
    rita = staff(site, "rita", "risk")
    dear = MONTHLY.replace('times_contract = "1.5"', 'times_contract = "1.8"')
    page = written(rita, dear)
    broken = re.findall(r'<p class="wrong">(.*?)</p>', page.text)
    assert page.status_code == 200 and broken and all("Source: " in each for each in broken)
    assert 'value="define"' not in page.text
    forced = written(rita, dear, "define")
    assert forced.status_code == 422 and "Source: " in forced.text
    assert site.conn.execute("select count(*) from duewell.product").fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("code = = 1", "line 1"),
        (MONTHLY.replace("rate_pct", "rate_pet"), "rate_p"),
        (MONTHLY.replace("[3, 12]", "[12, 3]"), "instalments"),
        (MONTHLY.replace('"CNY"', '"USD"'), "USD"),
        (MONTHLY.replace("cn-monthly/1", "<script>alert(1)</script>"), "&lt;script&gt;"),
        ("x = 1\n" * 20_000, "too long"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_its_place_and_it_stays(
    site: Site, text: str, says: str
) -> None:
    page = written(staff(site, "rita", "risk"), text)
    assert page.status_code == 422 and 'role="alert"' in page.text and says in page.text
    assert "<script>alert" not in page.text
    assert text == "" or text[:20].strip().split("\n")[0] in page.text.replace("&#34;", '"')


def test_the_next_version_begins_with_the_one_there_is(site: Site) -> None:
    made, _ = define_product(site.conn, "main", table_of(MONTHLY))
    page = staff(site, "rita", "risk").get(f"{DRAFT}?like={made.product.ref}")
    text = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)[0].replace("&#34;", '"')
    assert 'times_contract = "1.5"' in text and "[[fees]]" in text
    again, is_new = define_product(site.conn, "main", table_of(text))
    assert (again.product.ref, is_new) == (made.product.ref, False)


def test_a_table_is_written_as_it_is_read() -> None:
    table = {
        "a": 'x "quoted" \\ \u007f 中文\n',
        "b": [1, 2],
        "c": True,
        "d": {"e": ["1", "2"], "f": {"g": "h"}},
        "i": [{"j": "k", "l": {"m": 1}}, {"j": "n"}],
    }
    assert table_of(toml_text(table)) == table


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)])
def test_products_are_open_to_those_the_table_grants_them(site: Site, role: Role) -> None:
    define_product(site.conn, "main", table_of(MONTHLY))
    client = staff(site, "someone", role.value)
    granted = GRANTS[role]
    sees, defines = Permission.PRODUCT_READ in granted, Permission.PRODUCT_DEFINE in granted
    assert client.get(LIST).status_code == client.get(f"{LIST}/monthly").status_code == (200 if sees else 403)
    assert client.get(DRAFT).status_code == (200 if defines else 403)
    assert ("product-draft" in client.get(LIST).text) == (sees and defines)
    if not defines:
        assert client.post(DRAFT, data={"toml": MONTHLY, "step": "define"}).status_code == 403
    if sees:
        assert client.get("/staff/books/other/products").status_code == 404
        assert client.get(f"{LIST}/none").status_code == 404
