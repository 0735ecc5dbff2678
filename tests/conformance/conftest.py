"""Conformance cases: any file of the format in tests/conformance/cases.json.

`pytest tests/conformance --cases PATH` checks the cases of PATH; without it, the project's own file.
Families not built yet are strict expected failures, so the day one passes it must leave the list.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

OWN = Path(__file__).with_name("cases.json")

BUILT = {
    "equal instalment",
    "equal principal",
    "flat rate",
    "bullet (interest first, principal last)",
    "late payment + interest recalculation",
    "payment: on time, exact + 1",
    "payment: early",
    "payment: on time partial",
    "payment: late partial",
    "payment: on time excess",
    "payment: late excess",
    "allocation: excess to next",
    "allocation: excess spread",
    "penalty",
    "reversal + replay",
    "delinquency per instalment",
    "down payment",
    "prepayment: full payoff",
    "interest pause",
    "multi-disbursement",
    "backdated rate change + replay",
    "grace",
    "prepayment: reduce number of instalments",
    "prepayment: skip next instalments",
    "annuity",
    "APR (Reg Z)",
    "IRR",
    "XIRR",
    "China: instalment fee to IRR",
    "China: equal instalment / equal principal",
    "China: penalty interest",
    "published schedule",
    "re-age",
    "re-amortize",
    "reschedule",
    "reschedule: due date",
    "charge-off accounting",
    "daily accrual, stopped by charge-off",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    cases = json.loads(Path(metafunc.config.getoption("--cases") or OWN).read_text("utf-8"))
    later = Counter(c["family"] for c in cases if c["family"] not in BUILT)
    metafunc.config.stash[_LATER] = later
    params = [
        pytest.param(
            c,
            id=c["id"],
            marks=()
            if c["family"] in BUILT
            else pytest.mark.xfail(strict=True, reason=f"family not built yet: {c['family']}"),
        )
        for c in cases
    ]
    metafunc.parametrize("case", params)


_LATER: pytest.StashKey[Counter[str]] = pytest.StashKey()


def pytest_terminal_summary(terminalreporter, config) -> None:  # type: ignore[no-untyped-def]
    later = config.stash.get(_LATER, Counter())
    if later:
        terminalreporter.write_line(
            f"conformance: {sum(later.values())} cases of {len(later)} families are not built yet: "
            + ", ".join(sorted(later))
        )
