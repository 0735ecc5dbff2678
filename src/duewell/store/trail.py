"""The trail: who did what, chained so that a change of what was written shows.

Needs    a connection in a transaction; who, what, to what, and the instant.
Gives    add, head, check, read, was_demo.
Never    changes a row; never holds personal data: facts of a row are codes, ids and counts.
Source   docs/reference/access.md, section the trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.store.loans import Connection


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the trail."""

    seq: int
    at: datetime
    actor: str
    act: str
    target: str
    facts: dict[str, Any]
    hash: str


def add(conn: Connection, *, at: datetime, actor: str, act: str, target: str, **facts: object) -> None:
    """Write one row at the end of the chain. The end is held until the transaction ends: add last."""
    conn.execute("select duewell.trail_add(%s, %s, %s, %s, %s)", [at, actor, act, target, Jsonb(facts)])


def head(conn: Connection) -> tuple[int, str]:
    """The number and hash of the last row: kept apart, it shows whether the end was cut off."""
    row = conn.execute(
        "select seq, encode(hash, 'hex') from duewell.trail order by seq desc limit 1"
    ).fetchone()
    return (int(row[0]), str(row[1])) if row is not None else (0, "")


def check(conn: Connection, kept: tuple[int, str] | None = None) -> list[tuple[str, dict[str, Any]]]:
    """What is wrong with the chain: the first row that does not follow, or an end cut off since `kept`."""
    row = conn.execute(
        "select min(seq) from (select t.seq, t.hash as have,"
        " duewell.trail_hash(coalesce(lag(t.hash) over w, ''::bytea), t.seq, t.at, t.actor, t.act, t.target,"
        "  t.facts) as wanted, t.seq - coalesce(lag(t.seq) over w, 0) as apart"
        " from duewell.trail t window w as (order by t.seq)) as c where have <> wanted or apart <> 1"
    ).fetchone()
    findings: list[tuple[str, dict[str, Any]]] = []
    if row is not None and row[0] is not None:
        findings.append(("trail-broken", {"seq": int(row[0])}))
    if kept is not None and kept[0]:
        found = conn.execute(
            "select encode(hash, 'hex') from duewell.trail where seq = %s", [kept[0]]
        ).fetchone()
        if found is None or found[0] != kept[1]:
            findings.append(("trail-cut", {"seq": kept[0]}))
    return findings


def read(
    conn: Connection, *, before: int | None, limit: int, target: str | None, actor: str | None
) -> list[Step]:
    """Rows of the trail, the newest first."""
    rows = conn.execute(
        "select seq, at, actor, act, target, facts, encode(hash, 'hex') from duewell.trail"
        " where (%s::bigint is null or seq < %s) and (%s::text is null or target = %s)"
        " and (%s::text is null or actor = %s) order by seq desc limit %s",
        [before, before, target, target, actor, actor, limit],
    ).fetchall()
    return [Step(*row) for row in rows]


def was_demo(conn: Connection) -> bool:
    """Whether anybody was ever let in here without signing in."""
    row = conn.execute(
        "select exists (select 1 from duewell.trail where act = 'signed-in' and facts ->> 'via' = 'demo')"
    ).fetchone()
    return row is not None and bool(row[0])
