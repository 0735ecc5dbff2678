"""Pages stay light: the bytes of each are the same on every machine, so that they are held here.

Times are measured by `script/bench pages`.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from bench.weights import FIRST_MAX, NEXT_MAX, SCRIPT_MAX, STAFF_MAX, size, weigh
from duewell.gateways.table_files import Column, Kind, Table
from duewell.web._pages import _TEMPLATES
from duewell.web._tables import told_of
from tests.browser.screens import SCREENS
from tests.browser.world import World


def test_every_screen_is_light(world: World) -> None:
    told = []
    for screen in SCREENS:
        client = world.client(screen.who)
        page = client.get(screen.path.format(**world.names))
        weight = weigh(page.content, lambda path, client=client: client.get(path).content)  # type: ignore[misc]
        told.append(f"{screen.name}: {weight}")
        if screen.is_staff:
            assert weight.first <= STAFF_MAX, (screen.name, weight)
        elif screen.name != "components":
            assert weight.first <= FIRST_MAX and weight.next <= NEXT_MAX, (screen.name, weight)
        assert weight.script <= SCRIPT_MAX, (screen.name, weight)
    print("\n".join(told))


def test_a_table_of_two_hundred_rows_is_light() -> None:
    first = date(2026, 1, 1)
    table = Table(
        "overdue",
        "Overdue",
        (
            Column("loan", "Loan"),
            Column("name", "Name"),
            Column("since", "Overdue since", Kind.DAY),
            Column("dpd", "Days past due", Kind.COUNT),
            Column("overdue", "Overdue", Kind.MONEY, "CNY"),
            Column("outstanding", "Outstanding", Kind.MONEY, "CNY"),
            Column("share", "Share", Kind.PERCENT),
            Column("step", "Next step"),
        ),
        [
            (
                f"4VE5VKV854GE{nr * 7919 % 100_000:05}",
                f"W{nr:03}***",
                first + timedelta(days=nr),
                nr * 31 % 365,
                nr * 104_729 % 9_999_999,
                nr * 1_299_709 % 99_999_999,
                Decimal(nr * 37 % 10_000) / 100,
                ("We offer a plan", "We may call, once", "A person looks")[nr % 3],
            )
            for nr in range(200)
        ],
        links=[f"/staff/loans/4VE5VKV854GE{nr * 7919 % 100_000:05}" for nr in range(200)],
        query="/staff/books/main/overdue",
    )
    text = "{% from 'staff/parts.html' import table %}{{ table(it) }}"
    page = _TEMPLATES["zh"].from_string(text).render(it=told_of(table)).encode()
    assert page.count(b"<tr") == 201 and size(page) <= STAFF_MAX - FIRST_MAX
