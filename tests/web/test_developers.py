"""The developers' section, as an administrator and an operator see it.

Wants to prove: a key and a secret are shown once and nowhere else; an endpoint's log can be read and sent
again; a sandbox's clock is moved with what came on the way told in order, forked, and compared; nobody gets
further than the table lets them.
"""

from __future__ import annotations

import re

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.gateways.outgoing import Outgoing
from duewell.services import manage_accounts, send_webhooks
from duewell.store.webhooks import KINDS
from duewell.web.staff._desk import PAGE
from tests.api.site import Site, key
from tests.web.test_console import staff
from tests.web.test_requests import hidden, plain

BASE = "/staff/developers"
CLIENTS, BOXES = f"{BASE}/clients", f"{BASE}/sandboxes"
URL = "https://example.com/hooks"
HOOK = {"url": "https://93.184.216.34/in", "book": "main", f"kind-{KINDS[0]}": "on"}


def secret_of(page: httpx.Response) -> str:
    assert page.status_code == 200 and "This is shown once." in page.text, page.text
    return re.findall(r'<code class="secret">([^<]+)</code>', page.text)[0]


def client_made(site: Site, client: httpx.Client, **given: str) -> str:
    data = {"name": "Shop", "reach": "test", "all-books": "on"} | hidden(client.get(CLIENTS)) | given
    return secret_of(client.post(CLIENTS, data=data))


def test_a_clients_key_is_shown_once_and_works_until_it_is_revoked(site: Site) -> None:
    root = staff(site, "root", "admin")
    made = client_made(site, root)
    program = site.client(authorization=f"Bearer {made}")
    assert program.get("/api/books/main").status_code == 200
    listed = root.get(CLIENTS)
    assert (
        made not in listed.text
        and "sandbox books only" in listed.text
        and made not in root.get("/staff/trail").text
    )
    path = re.findall(r'action="(/staff/developers/clients/[^"]+/revocation)"', listed.text)[0]
    done = root.post(path, data=hidden(listed))
    assert "The key was revoked." in done.text and "revocation" not in done.text
    assert program.get("/api/books/main").status_code == 401
    assert root.post(f"{CLIENTS}/ghost/revocation", data=hidden(listed)).status_code == 404


def test_a_form_whose_secret_was_shown_makes_no_second_one(site: Site) -> None:
    root = staff(site, "root", "admin")
    data = {"name": "Once", "reach": "test", "all-books": "on"} | hidden(root.get(CLIENTS))
    assert "dw_test_" in root.post(CLIENTS, data=data).text
    again = root.post(CLIENTS, data=data)
    assert again.status_code == 422 and "its secret was shown once" in again.text
    assert plain(root.get(CLIENTS)).count("Once") == 2, "in the table and in its form"
    otto = staff(site, "otto", "operator")
    hook = HOOK | hidden(otto.get(BASE))
    made = otto.post(f"{BASE}/webhooks", data=hook)
    assert "whsec_" in made.text
    assert otto.post(f"{BASE}/webhooks", data=hook).status_code == 422
    (row,) = site.conn.execute("select webhook_id from duewell.webhook").fetchall()
    path = f"{BASE}/webhooks/{row[0]}"
    turn = hidden(otto.get(path))
    assert "whsec_" in otto.post(f"{path}/rotation", data=turn).text
    twice = otto.post(f"{path}/rotation", data=turn)
    assert twice.status_code == 422 and "whsec_" not in twice.text


def test_a_log_is_read_page_by_page_though_all_of_it_is_of_one_instant(site: Site) -> None:
    otto = staff(site, "otto", "operator")
    hook = HOOK | hidden(otto.get(BASE))
    otto.post(f"{BASE}/webhooks", data=hook)
    (row,) = site.conn.execute("select webhook_id from duewell.webhook").fetchall()
    for _ in range(PAGE + 7):
        send_webhooks.test(site.conn, row[0], site.clock())
    path, seen = f"{BASE}/webhooks/{row[0]}", []
    page = otto.get(path)
    for _ in range(2):
        seen += re.findall(r"/deliveries/(t-[A-Za-z0-9_-]+)", page.text)
        onward = re.search(r'class="do quiet" href="([^"]+)"', page.text)
        if onward is None:
            break
        page = otto.get(onward[1].replace("&amp;", "&"))
    assert len(set(seen)) == PAGE + 7


def test_a_client_may_be_held_to_its_books(site: Site) -> None:
    root = staff(site, "root", "admin")
    data = {"name": "Narrow", "reach": "live"} | hidden(root.get(CLIENTS))
    program = site.client(authorization=f"Bearer {secret_of(root.post(CLIENTS, data=data))}")
    assert program.get("/api/books/main").status_code == 404
    nameless = root.post(CLIENTS, data={"name": " ", "book-main": "on"} | hidden(root.get(CLIENTS)))
    assert nameless.status_code == 422 and 'name="book-main" checked' in nameless.text


def reach(site: Site) -> None:
    """Every name is somewhere on the open internet: there is none here to ask."""

    def resolve(host: str, port: int) -> list[str]:
        if host[0].isdigit():
            return [host]
        return ["93.184.216.34"] if host.replace(".", "").isalnum() else []

    object.__setattr__(site.state, "outgoing", Outgoing(resolve=resolve))


def hook_made(client: httpx.Client, url: str = URL) -> tuple[str, str]:
    """An endpoint of all events: its page and its secret."""
    kinds = {f"kind-{each}": "on" for each in ("fact.recorded", "day.closed")}
    page = client.post(
        f"{BASE}/webhooks", data={"url": url, "book": "main"} | kinds | hidden(client.get(BASE))
    )
    secret = secret_of(page)
    return re.findall(r'href="(/staff/developers/webhooks/[^"]+)"', page.text)[0], secret


def test_an_endpoint_is_made_tried_rotated_and_ended(site: Site) -> None:
    reach(site)
    otto = staff(site, "otto", "operator")
    path, secret = hook_made(otto)
    assert secret.startswith("whsec_") and secret not in otto.get(BASE).text + otto.get(path).text
    tried = otto.post(f"{path}/test", data=hidden(otto.get(path)))
    assert "A test event is on its way" in tried.text and "waiting" in plain(tried)
    second = secret_of(otto.post(f"{path}/rotation", data=hidden(otto.get(path))))
    assert second.startswith("whsec_") and second != secret
    ended = otto.post(f"{path}/end", data=hidden(otto.get(path)))
    assert "The endpoint was ended." in ended.text and "given up" in plain(ended)
    assert "/rotation" not in ended.text
    for act in ("test", "rotation"):
        late = otto.post(f"{path}/{act}", data=hidden(ended))
        assert late.status_code == 422 and 'role="alert"' in late.text, act
    assert otto.get(f"{BASE}/webhooks/ghost").status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"url": "http://127.0.0.1:1/x"}, "127.0.0.1"),
        ({"url": 'https://"><script>alert(1)</script>'}, "&lt;script&gt;"),
        ({"kind-fact.recorded": None}, "fact.recorded"),
        ({"book": "none"}, "none"),
    ],
)
def test_an_endpoint_that_cannot_be_is_told_and_stays_typed(
    site: Site, given: dict[str, str | None], says: str
) -> None:
    reach(site)
    otto = staff(site, "otto", "operator")
    data: dict[str, str | None] = {"url": URL, "book": "main", "kind-fact.recorded": "on"}
    data |= hidden(otto.get(BASE)) | given
    page = otto.post(f"{BASE}/webhooks", data={n: v for n, v in data.items() if v is not None})
    assert page.status_code == 422 and 'role="alert"' in page.text and says in page.text
    assert "<script>alert" not in page.text


def test_an_event_is_read_as_its_receiver_reads_it_and_sent_again(site: Site) -> None:
    reach(site)
    otto = staff(site, "otto", "operator")
    path, _ = hook_made(otto)
    loan = site.loan()
    send_webhooks.find(site.conn, since=site.clock(), at=site.clock())
    log = otto.get(path)
    event = re.findall(rf'href="({path}/deliveries/[^"]+)"', log.text)[0]
    page = otto.get(event)
    assert "&#34;type&#34;: &#34;fact.recorded&#34;" in page.text and loan in page.text
    again = otto.post(f"{event}/replay", data=hidden(page))
    assert "The event is sent again" in again.text
    assert otto.get(f"{path}/deliveries/none").status_code == 404
    assert otto.post(f"{path}/deliveries/none/replay", data=hidden(page)).status_code == 404
    assert "fact.recorded" in otto.get(f"{path}?export=csv").text


def test_an_endpoint_of_a_book_that_is_not_seen_is_not_there(site: Site) -> None:
    reach(site)
    path, _ = hook_made(staff(site, "otto", "operator"))
    site.add_staff("odd", "operator")
    manage_accounts.change_roles(
        site.conn, "odd", roles=["operator"], book_codes=[], by="test", at=site.clock()
    )
    odd = staff(site, "odd")
    assert odd.get(path).status_code == 404 and URL not in odd.get(BASE).text
    assert "No sandbox book yet" in odd.get(BOXES).text and odd.get(f"{BOXES}/main").status_code == 404


# -- sandboxes -------------------------------------------------------------------------------------


def box_opened(client: httpx.Client, **given: str) -> httpx.Response:
    data = {"code": "lab", "currency": "CNY", "open_on": "2026-03-02"} | hidden(client.get(BOXES)) | given
    return client.post(BOXES, data=data)


def test_a_sandbox_is_opened_once_however_often_it_is_sent(site: Site) -> None:
    otto = staff(site, "otto", "operator")
    data = {"code": "lab", "currency": "CNY", "open_on": "2026-03-02"} | hidden(otto.get(BOXES))
    first, second = otto.post(BOXES, data=data), otto.post(BOXES, data=data)
    assert "The sandbox was opened." in first.text and second.url == first.url
    assert "lab 2 Mar 2026 2 Mar 2026 CNY" in plain(otto.get(BOXES))
    taken = box_opened(otto)
    assert taken.status_code == 422 and 'value="lab"' in taken.text
    for wrong in ({"code": "No Code"}, {"open_on": "soon"}, {"currency": "XXX", "code": "x"}):
        assert box_opened(otto, **wrong).status_code == 422, wrong


def test_the_clock_is_moved_and_everything_that_happened_is_told(site: Site) -> None:
    otto, loan = staff(site, "otto", "operator"), site.loan()
    one = f"{BOXES}/main"
    data = {"days": "70", "facts": f"{loan} 2026-04-02 pay 106.62\n\n"} | hidden(otto.get(one), 0)
    page = otto.post(f"{one}/clock", data=data)
    told = plain(page)
    assert page.url.path == f"{one}/moved" and "70 days were closed" in told
    assert told.index("recorded") < told.index("missed") < told.index("entered a bucket")
    assert "2026-04-02 pay 106.62" in told and "Posted by closing" in told and "Together CN¥0.00" in told
    assert otto.post(f"{one}/clock", data=data).url == page.url, "pressed twice, it moved once"
    assert "Mon 11 May 2026" in plain(otto.get(one))
    file = otto.get(str(page.url) + "&export=csv&table=events").text
    assert "missed" in file and ",2026-05-11," in file
    other = staff(site, "other", "operator")
    assert other.get(f"{one}/moved?key={data['key']}").status_code == 404, "another's answer is not there"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"days": "1", "to": "2026-04-01"},
        {"days": "x"},
        {"days": "99999"},
        {"to": "2026-02-30"},
        {"to": "2020-01-01"},
        {"days": "5", "facts": "nonsense"},
        {"days": "5", "facts": "<script>alert(1)</script> 2026-03-03 pay 1"},
    ],
)
def test_a_clock_that_cannot_move_says_why_and_stays(site: Site, given: dict[str, str]) -> None:
    otto, one = staff(site, "otto", "operator"), f"{BOXES}/main"
    page = otto.post(f"{one}/clock", data=given | hidden(otto.get(one), 0))
    assert page.status_code == 422 and 'role="alert"' in page.text and "<script>alert" not in page.text
    assert "Mon 2 Mar 2026" in plain(page)


def test_a_fork_goes_its_own_way_and_is_compared(site: Site) -> None:
    otto, loan = staff(site, "otto", "operator"), site.loan()
    one = f"{BOXES}/main"
    forked = otto.post(f"{one}/fork", data={"code": "other-way"} | hidden(otto.get(one)))
    assert forked.url.path == f"{BOXES}/other-way" and "The book was forked." in forked.text
    moved = otto.post(f"{BOXES}/other-way/clock", data={"days": "60"} | hidden(forked, 0))
    assert moved.url.path.endswith("/moved"), plain(moved)
    told = otto.get(f"{one}/compare?fork=other-way")
    assert loan in told.text and "As of 2 Mar 2026 and 1 May 2026" in plain(told)
    assert "CN¥106.62" in told.text, "an instalment is overdue there"
    assert "outstanding_here_minor" in otto.get(f"{one}/compare?fork=other-way&export=csv").text
    assert otto.get(f"{BOXES}/other-way/compare?fork=main").status_code == 422
    again = otto.post(f"{one}/fork", data={"code": "other-way"} | hidden(otto.get(one)))
    assert again.status_code == 422


def test_a_person_is_copied_in(site: Site) -> None:
    otto = staff(site, "otto", "operator")
    person = site.person("+8613800138000")
    site.loan(person=person)
    box_opened(otto)
    one = f"{BOXES}/lab"
    done = otto.post(f"{one}/attach", data={"person": person} | hidden(otto.get(one)))
    assert "The loans were copied in." in done.text
    wrong = otto.post(f"{one}/attach", data={"person": "nobody"} | hidden(done))
    assert wrong.status_code == 422


def test_a_live_book_has_no_clock(site: Site) -> None:
    site.conn.execute("reset role")
    site.conn.execute("update duewell.book set is_sandbox = false")
    otto = staff(site, "otto", "operator")
    assert otto.get(f"{BOXES}/main").status_code == 404 and "No sandbox book yet" in otto.get(BOXES).text


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)])
def test_the_section_is_open_to_those_the_table_grants_it(site: Site, role: Role) -> None:
    client, granted = staff(site, "someone", role.value), GRANTS[role]
    for path, needed in (
        (BASE, Permission.WEBHOOK_MANAGE),
        (CLIENTS, Permission.CLIENT_MANAGE),
        (BOXES, Permission.CLOCK_MOVE),
        (f"{BOXES}/main", Permission.CLOCK_MOVE),
    ):
        assert client.get(path).status_code == (200 if needed in granted else 403), path
    for path, needed in (
        (f"{BASE}/webhooks", Permission.WEBHOOK_MANAGE),
        (CLIENTS, Permission.CLIENT_MANAGE),
        (BOXES, Permission.BOOK_OPEN),
        (f"{BOXES}/main/clock", Permission.CLOCK_MOVE),
        (f"{BOXES}/main/fork", Permission.CLOCK_MOVE),
    ):
        if needed not in granted:
            assert client.post(path, data={"days": "1"}, headers=key()).status_code == 403, path
    page = client.get(BASE)
    assert (f'href="{CLIENTS}"' in page.text) == (
        {Permission.CLIENT_MANAGE, Permission.WEBHOOK_MANAGE} <= granted
    )
    assert page.status_code == 403 or 'href="/api"' in page.text
