"""What is kept beside a fact: its number, the instant, who recorded it; and the entries it posted.

Needs    a connection; the loan's key; what was known.
Gives    Kept and kept_of; Posted and posted_of; seen_on.
Never    changes a row.
Source   docs/reference/console.md, section a loan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from duewell.domain.facts import Fact
from duewell.domain.ledger import Account
from duewell.store.fact_rows import FACT_COLUMNS, KNOWN, REVERSED, Known, fact_of_row, known_values
from duewell.store.loans import ACCOUNT_BY_NO, Connection, LoanKey


@dataclass(frozen=True, slots=True)
class Kept:
    """A fact as it is kept: its number, when it was written down, and by whom."""

    seq: int
    fact: Fact
    recorded_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A journal of a loan: the fact that caused it, its number within that fact, both its legs or more."""

    seq: int
    part: int
    posted_on: date
    lines: tuple[tuple[Account, int], ...]


def kept_of(conn: Connection, key: LoanKey, known: Known = None) -> list[Kept]:
    """The facts of a loan in order of entry, as far as they were known."""
    rows = conn.execute(
        f"select f.seq, f.recorded_at, f.actor, {FACT_COLUMNS} from duewell.loan_fact f {REVERSED}"
        f" where f.person_id = %s and f.loan_no = %s and {KNOWN} order by f.seq",
        [key.person_id, key.loan_no, *known_values(known)],
    ).fetchall()
    return [Kept(row[0], fact_of_row(row[3:]), row[1], row[2]) for row in rows]


def posted_of(conn: Connection, key: LoanKey, until: date | None = None) -> list[Posted]:
    """Every journal of a loan in the order posted, up to a day."""
    rows = conn.execute(
        "select seq, part, posted_on, accounts, amounts from duewell.journal"
        " where person_id = %s and loan_no = %s and (%s::date is null or posted_on <= %s) order by seq, part",
        [key.person_id, key.loan_no, until, until],
    ).fetchall()
    return [
        Posted(
            seq,
            part,
            on,
            tuple((ACCOUNT_BY_NO[a], int(m)) for a, m in zip(accounts, amounts, strict=True)),
        )
        for seq, part, on, accounts, amounts in rows
    ]


def seen_on(
    conn: Connection, person_id: int, kinds: list[int], limit: int
) -> list[tuple[LoanKey, date, int]]:
    """What closings observed of a person's loans, the newest first: the loan, the day, the kind."""
    rows = conn.execute(
        "select loan_no, day, kind from duewell.observation"
        " where person_id = %s and kind = any(%s::smallint[]) order by day desc, loan_no, kind limit %s",
        [person_id, kinds, limit],
    ).fetchall()
    return [(LoanKey(person_id, loan_no), day, kind) for loan_no, day, kind in rows]
