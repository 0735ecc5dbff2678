"""Every published case comes out to the cent.

Wants to prove: the engine computes by the published conventions. How: each case is read into terms
and facts, folded, and every figure the source prints is compared; a null figure is not compared.
"""

from __future__ import annotations

from typing import Any

from duewell.domain.loan import delinquent_since, principal_by_range, range_of
from duewell.domain.product import Part
from tests.conformance.quotes import CHECKS
from tests.conformance.reader import Json, journals_text, rows_text, state_after, text, transactions_text

COLUMNS = (
    "nr",
    "due_on",
    "balance",
    "principal",
    "interest",
    "fees",
    "penalties",
    "due",
    "paid",
    "outstanding",
)


def test_the_published_figures_come_out(case: Json) -> None:
    expect = case["expect"]
    engine = case["convention"]["engine"]
    if engine in CHECKS:
        CHECKS[engine](case)
        return
    assert engine in ("progressive", "cumulative"), "engine not built yet"
    known = {
        "rows",
        "transactions",
        "snapshots",
        "as_of",
        "columns_unchecked",
        "rows_total",
        "delinquency",
        "payoff_amount",
        "interest_total",
        "journal",
    }
    assert set(expect) <= known, f"not built yet: {set(expect) - known}"
    unchecked = set(expect.get("columns_unchecked", ()))
    if "rows" in expect:
        _compare_rows(case, expect["rows"], None, expect.get("as_of"), unchecked, expect.get("rows_total"))
    if "transactions" in expect:
        _compare_transactions(case, expect["transactions"], None, expect.get("as_of"))
    if "delinquency" in expect:
        _compare_delinquency(case, None, expect.get("as_of"), expect["delinquency"])
    if "payoff_amount" in expect:
        paid = [a for a in state_after(case, None, None).applied if a.fact.kind.value == "PaidOff"]
        assert text(paid[-1].amount) == expect["payoff_amount"]
    if "interest_total" in expect:
        rows = state_after(case, None, expect.get("as_of")).rows
        assert text(sum(row.due[Part.INTEREST] for row in rows)) == expect["interest_total"]
    if "journal" in expect:
        made = journals_text(case)
        wanted = {kind: sorted(lines) for kind, lines in expect["journal"].items()}
        assert {kind: made.get(kind) for kind in wanted} == wanted
    for snap in expect.get("snapshots", ()):
        after = snap["after_events"]
        if "rows" in snap:
            _compare_rows(case, snap["rows"], after, snap.get("as_of"), set(), None)
        if "transactions" in snap:
            _compare_transactions(case, snap["transactions"], after, snap.get("as_of"))
        if "delinquency" in snap:
            _compare_delinquency(case, after, snap.get("as_of"), snap["delinquency"])


def _compare_rows(
    case: Json,
    wanted: list[list[Any]],
    after: int | None,
    as_of: str | None,
    unchecked: set[str],
    total: int | None,
) -> None:
    got = rows_text(state_after(case, after, as_of))
    if total is not None:
        assert sum(1 for line in got if line[0]) == total
        got = got[: len(wanted)]
    skip = {COLUMNS.index(name) for name in unchecked}
    _compare(got, [[None if k in skip else v for k, v in enumerate(line)] for line in wanted])


def _compare_transactions(case: Json, wanted: list[list[Any]], after: int | None, as_of: str | None) -> None:
    is_daily = "penalty" not in case["terms"] and any(line[1] == "accrual" for line in wanted)
    got = transactions_text(case, after, as_of, is_daily=is_daily)
    if not any(line[1] == "disbursement" for line in wanted):
        got = [line for line in got if line[1] not in ("disbursement", "down_payment")]
    _compare(got, wanted)


def _compare(got: list[list[Any]], wanted: list[list[Any]]) -> None:
    masked = [
        [None if w is None else g for g, w in zip(have, want, strict=True)]
        for have, want in zip(got, wanted, strict=False)
    ]
    assert masked == wanted
    assert len(got) == len(wanted)


def _compare_delinquency(case: Json, after: int | None, as_of: str | None, wanted: Json) -> None:
    state = state_after(case, after, as_of)
    if "ranges" in wanted:
        assert sorted((k, text(v)) for k, v in principal_by_range(state).items()) == sorted(
            (k, v) for k, v in wanted["ranges"]
        )
    since = delinquent_since(state)
    if "since" in wanted:
        assert str(since) == wanted["since"]
    if "loan_range" in wanted:
        days = (state.as_of - since).days if since else 0
        assert range_of(days) == wanted["loan_range"]
