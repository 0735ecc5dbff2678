"""Two ways to compute a loan that share no line come to the same cent.

Wants to prove: the engine keeps the published rules on loans nobody thought of. How: the oracle first
reproduces the published rows; then it and the engine are asked about the same random loans.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.reader import facts_of, terms_of, text
from tests.conformance.test_cases import COLUMNS
from tests.oracle.bridge import acts_of, deal_of
from tests.oracle.compare import run
from tests.oracle.life import answer

HERE = Path(__file__).parent
CASES = json.loads((HERE.parent / "conformance" / "cases.json").read_text("utf-8"))
SEAM = {"bridge.py", "lives.py", "compare.py", "test_oracle.py"}
LOANS = 1_000


def covered() -> list[Any]:
    """The published cases of loans that print rows."""
    return [
        pytest.param(case, id=case["id"])
        for case in CASES
        if case["convention"]["engine"] in ("progressive", "cumulative") and "rows" in case["expect"]
    ]


@pytest.mark.parametrize("case", covered())
def test_the_oracle_reproduces_the_published_rows(case: dict[str, Any]) -> None:
    terms, expect = terms_of(case), case["expect"]
    facts = facts_of(case, terms)
    as_of = max(f.recorded_on for f in facts)
    if "as_of" in expect:
        as_of = as_of.fromisoformat(expect["as_of"])
    got = answer(deal_of(terms), acts_of(facts), as_of).rows
    skip = {COLUMNS.index(name) for name in expect.get("columns_unchecked", ())}
    wanted = [line for line in expect["rows"] if line[0]]
    for (nr, due_on, due, paid, balance), line in zip(got, wanted, strict=False):
        parts = [due[3], due[2], due[1], due[0], sum(due), sum(paid), sum(due) - sum(paid)]
        shown = [nr, str(due_on), text(balance), *map(text, parts)]
        assert [v for k, v in enumerate(shown) if k not in skip] == [
            v for k, v in enumerate(line) if k not in skip
        ]
    assert len(got) == expect.get("rows_total", len(wanted))


def test_the_engine_and_the_oracle_agree_to_the_cent_on_random_loans() -> None:
    tally = run(range(1, LOANS + 1))
    assert not tally.seeds, f"look with: python -m tests.oracle --show --seed {tally.seeds[0]}"
    assert tally.agreed["all"] > LOANS * 9 // 10


def test_the_oracle_shares_no_code_with_the_engine() -> None:
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("duewell"):
                assert path.name in SEAM, f"{path.name} imports {node.module}"
