"""Explain an entry of the sub-ledger: each line of a contract's journal with the proof of its amount.

Needs    a connection; the key of a loan or line and the number of the fact that caused the entry.
Gives    the entries that recording the fact posted: by the fact they correct, account and proof.
Never    shows a line whose proof does not come to what is kept.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from duewell.domain.contract import contract_of
from duewell.domain.errors import Fault, NotFound
from duewell.domain.facts import Fact
from duewell.domain.postings import LineProofs, prove_difference
from duewell.store import loans
from duewell.store.loans import Connection, LoanKey


@dataclass(frozen=True, slots=True)
class ExplainedEntry:
    """One journal: its number within the fact, the fact whose split it posts, and the proof of each line."""

    part: int
    fact: Fact
    lines: LineProofs


def explain_entry(conn: Connection, key: LoanKey, seq: int) -> tuple[Fact, date, str, list[ExplainedEntry]]:
    """The fact recorded as number `seq`, the day it was posted on, the currency, and its journals.

    Refuses   NotFound "entry-not-found".
    """
    row = loans.read_loan(conn, key)
    facts = loans.read_facts(conn, key)
    if not 1 <= seq <= len(facts):
        raise NotFound("entry-not-found", seq=seq, facts=len(facts))
    fact = facts[seq - 1]
    posted_on = fact.recorded_on
    contract = contract_of(row.terms)
    before = contract.prove_movements(facts[: seq - 1], as_of=posted_on) if seq > 1 else []
    after = contract.prove_movements(facts[:seq], as_of=posted_on)
    named = {each.key: each for each in facts}
    found = [
        ExplainedEntry(part, named[name], lines)
        for part, (name, lines) in enumerate(prove_difference(before, after).items(), start=1)
    ]
    kept = loans.journals_of_fact(conn, key, seq)
    told = [{account: proof.amount for account, proof in each.lines.items()} for each in found]
    if kept != told:
        raise Fault("entry-differs-from-facts", seq=seq)
    return fact, posted_on, row.terms.currency, found
