"""A repayment in four legs by pgledger, a ledger in one SQL file, on the same server as ours.

Needs    the path of its SQL and of the file it needs before it; neither is part of this project.
Gives    a database with 20,000 accounts, and a script for pgbench: one repayment of four transfers a call.
Never    locks an account that all repayments share: each borrower pays from one of their own.
Source   docs/reference/benchmarks.md, section posting.

What each side does: theirs keeps running balances on every entry, text ids and more indexes, and knows no
schedule, no request key and no refusal; ours meets the claims of a loan, and keeps both of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg

from duewell.store.server import EmbeddedServer, create_database

LEGS = 4
SCRIPT = """
\\set n random(1, 4000)
select count(*) from bench_borrower b cross join lateral pgledger_create_transfers(array[
  (b.accounts[1], b.accounts[2], 1), (b.accounts[1], b.accounts[3], 1),
  (b.accounts[1], b.accounts[4], 1), (b.accounts[1], b.accounts[5], 1)]::transfer_request[]) t where b.n = :n
"""
_ACCOUNTS = """
create table bench_borrower as
select n, array_agg(a.id order by leg) as accounts
from generate_series(1, 4000) as n cross join generate_series(0, 4) as leg
cross join lateral pgledger_create_account('b' || n || '.' || leg, 'USD') as a group by n
"""


def make(server: EmbeddedServer, files: Sequence[Path]) -> str:
    """The URL of a database with their functions, and with borrowers of five accounts each."""
    url = create_database(server, "pgledger")
    with psycopg.connect(url, autocommit=True) as conn:
        for file in files:
            conn.execute(file.read_bytes())
        conn.execute(_ACCOUNTS)
        conn.execute("alter table bench_borrower add primary key (n)")
        conn.execute("vacuum analyze")
    return url


def check(url: str) -> int:
    """How many repayments are in it; every one has its legs, and every leg its two entries."""
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(
            "select (select count(*) from pgledger_transfers), (select count(*) from pgledger_entries),"
            " (select sum(balance) from pgledger_accounts)"
        ).fetchone()
    assert row is not None
    transfers, entries, total = row
    assert transfers % LEGS == 0 and entries == 2 * transfers and total == 0, row
    return int(transfers) // LEGS
