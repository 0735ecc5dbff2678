"""The site every screen is looked at on: people and loans enough for each page to have something to show.

Gives    World: the site, what addresses are made from, and the cookies of whoever looks.
Source   tests/api/site.py.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from duewell.domain.access import Role
from duewell.domain.party import parse_loan_id, person_ref
from duewell.gateways.rails.signing import HmacSigner
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services import send_webhooks
from duewell.services.define_product import define_product
from duewell.services.set_rail import set_rail
from tests.api.site import Site, key
from tests.api.test_rails import BANK, Desk, credit
from tests.web.test_borrower import LINE
from tests.web.test_developers import BOXES, hook_made, reach
from tests.web.test_paying import SECRET, paid
from tests.web.test_products import MONTHLY, table_of
from tests.web.test_requests import asked, hidden

LATE, CALM, NEW, MANY = "+8613800138000", "+8613800138010", "+8613800138020", "+8613800138030"
STAFF_ROLES = [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)]


class Patient(httpx.HTTPTransport):
    """Comes back where a server on a busy machine says that it has no room for a moment: nothing was done."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        for _ in range(20):
            if answer.status_code != 503:
                break
            answer.close()
            answer = super().handle_request(request)
        return answer


@dataclass
class World:
    """A site with data. `names` fills the addresses of screens; `cookies` are by who looks."""

    site: Site
    names: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def address(self, path: str) -> str:
        return self.site.base + path.format(**self.names)

    def client(self, who: str, lang: str = "zh") -> httpx.Client:
        """A browser without scripts, signed in as somebody."""
        return httpx.Client(
            base_url=self.site.base,
            cookies=self.cookies[who] | {"duewell_lang": lang},
            headers={"accept": "text/html"},
            transport=Patient(),
            follow_redirects=True,
            timeout=30,
        )


def furnish(site: Site) -> World:
    """A late borrower with two loans, one on time, one without any, one with several late, one charged off;
    staff with every role.
    """
    world = World(site, {"book": "main"})
    late, calm = site.person(LATE), site.person(CALM)
    site.person(NEW)
    loan = site.loan(person=late, principal=1_200_000)
    other = site.loan(person=late, principal=345_678)
    quiet = site.loan(person=calm)
    facts = [
        {"loan": loan, "line": "2026-04-02 pay 1066.19"},
        {"loan": other, "line": "2026-04-02 pay 307.14"},
        {"loan": other, "line": "2026-05-02 pay 307.13"},
        {"loan": quiet, "line": "2026-04-02 pay 106.62"},
        {"loan": quiet, "line": "2026-05-02 pay 106.62"},
    ]
    line, claim = _many(site)
    facts.append({"loan": claim, "line": "2026-05-10 charge-off"})
    site.program().post("/api/books/main/clock", json={"to": "2026-05-20", "facts": facts}, headers=key())
    site.add_staff("olivia", *STAFF_ROLES)
    site.add_staff("nora")
    world.names |= {
        "person": late,
        "loan": loan,
        "other": other,
        "quiet": quiet,
        "line": line,
        "claim": claim,
    }
    world.cookies = {
        "nobody": {},
        "borrower": by_code(site, LATE),
        "calm": by_code(site, CALM),
        "new": by_code(site, NEW),
        "many": by_code(site, MANY),
        "staff": by_password(site, "olivia"),
        "newcomer": by_password(site, "nora"),
    }
    with tempfile.TemporaryDirectory() as folder:
        _console(world, Path(folder))
        _by_wallet(world, Path(folder))
    return world


def _many(site: Site) -> tuple[str, str]:
    """Somebody with two loans, a line drawn on, and one loan to be charged off; the last two by name."""
    program = site.program()
    line = str(program.post("/api/books/main/lines", json=LINE, headers=key()).json()["loan_id"])
    person = person_ref(parse_loan_id(line)[0])
    assert program.put(f"/api/persons/{person}", json={"name": "Zhao Min", "phone": MANY}).status_code == 200
    program.post(f"/api/loans/{line}/facts", json={"line": "draw 1000.00 as purchase"}, headers=key())
    for principal in (800_000, 450_000):
        site.loan(person=person, principal=principal)
    return line, site.loan(person=person, principal=250_000)


def _by_wallet(world: World, folder: Path) -> None:
    """A payment by wallet of the borrower on time: its order, and its receipt."""
    wallet = SimulatedWallet("M1", HmacSigner(SECRET), paid_at=world.site.clock().isoformat())
    wallet.notify_url = f"{world.site.base}/api/books/main/rails/wallet/notifications"
    (folder / "wallet").write_bytes(SECRET)
    table = {"code": "wallet", "kind": "wallet", "url": wallet.start(), "merchant": "M1", "name": "豆钱包"}
    table |= {"secret_file": str(folder / "wallet"), "return_url": f"{world.site.base}/paid"}
    set_rail(world.site.conn, "main", table)
    done = paid(world.client("calm"), world.names["quiet"], amount="106.62")
    number = re.search(r"/receipts/([A-Z0-9-]+)", done.text)
    assert number is not None, done.text
    world.names |= {"order": done.url.path.rpartition("/")[2], "receipt": number[1]}
    wallet.close()


def _console(world: World, folder: Path) -> None:
    """What the console's pages show: a request, money in suspense, a product, a fork that moved."""
    site = world.site
    _, world.names["request"] = asked(site)
    # A desk of rails without a borrower of its own: the one it would make is here already.
    desk = object.__new__(Desk)
    desk.site, desk.folder, desk.files = site, folder, 0
    desk.operator, desk.boss = site.staff("otto", "operator"), site.staff("ben", "supervisor")
    desk.set(BANK)
    payer = {"name": "Han Meimei", "account": "6217000087654321"}
    desk.upload(desk.statement(credit("N-1", "106.62", text="thanks", **payer)))
    reach(site)
    client = world.client("staff", "en")
    hook, _ = hook_made(client)
    site.loan()
    send_webhooks.find(site.conn, since=site.clock(), at=site.clock())
    events = re.findall(rf'href="{hook}/deliveries/([^"]+)"', client.get(hook).text)
    define_product(site.conn, "main", table_of(MONTHLY))
    box = f"{BOXES}/main"
    forked = client.post(f"{box}/fork", data={"code": "other-way"} | hidden(client.get(box)))
    moved = client.post(f"{BOXES}/other-way/clock", data={"days": "60"} | hidden(forked, 0))
    world.names |= {
        "webhook": hook.rsplit("/", 1)[1],
        "event": events[0],
        "product": "monthly@1",
        "moved": moved.url.params["key"],
    }


def by_code(site: Site, phone: str) -> dict[str, str]:
    with httpx.Client(base_url=site.base, timeout=30, transport=Patient()) as client:
        page = client.post("/sign-in", data={"to": phone, "book": "main"}).text
        challenge = re.search(r'name="challenge" value="([^"]+)"', page)
        assert challenge is not None, page
        asked = {"challenge": challenge[1], "code": site.code_sent(phone, "main")}
        made = client.post("/sign-in/code", data=asked)
        assert made.status_code == 303, made.text
        return dict(client.cookies)


def by_password(site: Site, login: str) -> dict[str, str]:
    with httpx.Client(base_url=site.base, timeout=30, transport=Patient()) as client:
        site.clock.move(seconds=30)
        made = client.post("/staff/sign-in", data=site.sign_in_of(login))
        assert made.status_code == 303, made.text
        return dict(client.cookies)
