"""Verify a book: everything kept is what its facts say, to the last unit.

Needs    a connection; the book's code.
Gives    a list of findings, empty when the book is clean, and what was checked.
Never    repairs: a finding is for a person.
Source   docs/decisions/0004-closing-a-day.md, identities (a) to (d).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from random import Random
from typing import Any

from duewell.analytics.spreading import Engine, check_spreading, spread
from duewell.domain.agenda import Entry, EntryKind, Sums, add, sums_after, total_of
from duewell.domain.contract import Contract, contract_of
from duewell.domain.errors import DuewellError, InvalidInput
from duewell.domain.facts import Fact
from duewell.domain.ledger import (
    FEE_RECEIVABLE,
    INTEREST_RECEIVABLE,
    LOANS_PRINCIPAL,
    PENALTY_RECEIVABLE,
    PROVISION,
    PROVISION_EXPENSE,
    Account,
    Line,
    balances,
)
from duewell.domain.party import loan_id
from duewell.domain.postings import general_ledger, journals_of
from duewell.store import agendas, audit, books, days, ledger, loans, sealing, slices, suspense, trail
from duewell.store.agendas import Measures
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey
from duewell.store.periods import period_of, provisions
from duewell.store.slices import Slice

_RECEIVABLE = (PENALTY_RECEIVABLE, FEE_RECEIVABLE, INTEREST_RECEIVABLE, LOANS_PRINCIPAL)
"""The account of each part, in the order of parts."""
_NAMED_MAX = 5
"""Days named in one finding."""


@dataclass(slots=True)
class Verdict:
    """What was checked and what was found. `findings` are (code, facts) pairs; none means clean."""

    book: str
    as_of: date | None
    checked: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    wrong_share_max: float | None = None
    """Where not every loan was folded: the share of wrong ones beyond which one would have been found, at
    95 % confidence."""

    def expect(self, is_so: bool, code: str, **facts: Any) -> None:
        """Count a check; keep the finding if it failed."""
        self.checked[code] += 1
        if not is_so:
            self.findings.append((code, facts))

    def join(self, other: Verdict) -> None:
        """Add what was found in another part of the book."""
        self.checked += other.checked
        self.findings += other.findings


_ByProduct = dict[int, dict[Account, int]]


@dataclass(slots=True)
class _Totals:
    """Sums over the folds of a book, by product."""

    sums: dict[int, Sums] = field(default_factory=dict)
    owed: _ByProduct = field(default_factory=dict)
    journals: _ByProduct = field(default_factory=dict)

    def join(self, other: _Totals) -> None:
        """Add what another part of the book came to."""
        for number, sums in other.sums.items():
            mine = self.sums.setdefault(number, {})
            for key, value in sums.items():
                add(mine, key, value)
        _join(self.owed, other.owed)
        _join(self.journals, other.journals)


def _join(mine: _ByProduct, others: _ByProduct) -> None:
    for number, each in others.items():
        for account, amount in each.items():
            _count(mine, number, account, amount)


def _count(mine: _ByProduct, number: int, account: Account, amount: int) -> None:
    have = mine.setdefault(number, {})
    have[account] = have.get(account, 0) + amount


def verify_book(
    conn: Connection,
    book_code: str,
    *,
    sample: int | None = None,
    seed: int = 0,
    workers: int = 1,
    engine: Engine = Engine.LOCAL,
    connect: Callable[[], Connection] | None = None,
    slice_count: int | None = None,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Verdict:
    """Check a book against its facts, on one snapshot of the database, as of its last closed day.

    Sums are always added up again in the server. Loans are folded all of them, or, with `sample`, so many
    drawn by the seed (0 for none): then `wrong_share_max` says what share may be wrong and none be found.
    More than one worker, each with a connection by `connect`, change neither the verdict nor its order.
    Refuses   InvalidInput "sample-negative", workers and slices out of range, an engine not installed.
    """
    if sample is not None and sample < 0:
        raise InvalidInput("sample-negative", given=sample)
    check_spreading(workers, engine)
    if connect is None:
        workers, engine = 1, Engine.LOCAL
    with slices.one_snapshot(conn) as snapshot:
        book = books.read_book(conn, book_code)
        verdict = Verdict(book_code, days.last_closed(conn, book.book_id))
        for code, facts in audit.append_only_findings(conn):
            verdict.expect(False, code, **facts)
        verdict.checked["append-only"] += len(audit.APPEND_ONLY)
        totals = _Totals()
        _check_server(conn, book, verdict)
        count = slices.count_loans(conn, book.book_id) if sample != 0 else 0
        is_whole = sample is None or (0 < count <= sample)
        drawn = None if is_whole else _drawn(conn, book, sample or 0, seed)
        if drawn is not None:
            verdict.wrong_share_max = wrong_share(len(drawn))
        tasks = _tasks(book, count, drawn, slice_count)
        work = partial(_check_slice, book=book, as_of=verdict.as_of)
        begin = partial(slices.join_snapshot, connect, snapshot)
        done, of = 0, count if drawn is None else len(drawn)
        for part, sums, seen in spread(work, tasks, here=conn, begin=begin, workers=workers, engine=engine):
            verdict.join(part)
            totals.join(sums)
            done += seen
            on_progress(done, of)
        if is_whole:
            _check_rows(conn, book, verdict)
        _check_suspense(conn, book, verdict, totals)
        if verdict.as_of is not None and is_whole:
            _check_periods(conn, book, verdict.as_of, verdict, totals)
            _check_sums(conn, book, verdict.as_of, verdict, totals)
    return verdict


_Task = tuple[Slice, tuple[LoanKey, ...] | None]
"""A slice, and which of its loans were drawn; None for all."""


def _drawn(conn: Connection, book: BookRow, sample: int, seed: int) -> list[LoanKey]:
    """So many loans of a book drawn by the seed, in the order of their keys."""
    if not sample:
        return []
    keys = loans.keys_of_book(conn, book.book_id)
    return sorted(Random(seed).sample(keys, min(sample, len(keys))), key=lambda k: (k.person_id, k.loan_no))


def _tasks(book: BookRow, count: int, drawn: list[LoanKey] | None, slice_count: int | None) -> list[_Task]:
    if drawn is None:
        return [(each, None) for each in slices.slices_of(book.book_id, count, slice_count)]
    if not drawn:
        return []
    return [
        (each, tuple(key for key in drawn if each.low <= key.person_id <= each.high))
        for each in slices.slices_of(book.book_id, len(drawn), slice_count)
    ]


def _check_slice(
    conn: Connection, task: _Task, *, book: BookRow, as_of: date | None
) -> tuple[Verdict, _Totals, int]:
    """What was found in the loans of a slice, what they come to, and how many there were."""
    part, drawn = task
    keys = slices.keys_of(conn, part) if drawn is None else drawn
    verdict, totals, measures = Verdict(book.code, as_of), _Totals(), Measures(conn)
    for batch in slices.in_batches(keys):
        _check_loans(conn, book, batch, verdict, totals, measures)
    return verdict, totals, len(keys)


def wrong_share(checked: int) -> float:
    """The share of wrong loans that so many drawn at random would have met with 95 % confidence.

    >>> round(wrong_share(1000), 4)
    0.003
    """
    return 1 - 0.05 ** (1 / checked) if checked else 1.0


def _check_server(conn: Connection, book: BookRow, verdict: Verdict) -> None:
    """What the server adds up again: the chain of days, agendas against sums, sums against the ledger."""
    for code, facts in (*trail.check(conn), *sealing.findings(conn, book.book_id)):
        verdict.expect(False, code, **facts)
    wrong = audit.days_out_of_order(conn, book.book_id)
    verdict.expect(not wrong, "days-out-of-order", days=[str(day) for day in wrong[:_NAMED_MAX]])
    foreign = audit.loans_of_other_currencies(conn, book.book_id)
    verdict.expect(foreign == 0, "currency-differs", loans=foreign)
    stale = days.stale_agendas(conn, book.book_id)
    verdict.expect(stale == 0, "agendas-without-standing", loans=stale)
    before: dict[int, Sums] = {}
    for number, day in enumerate(days.closed_days(conn, book.book_id)):
        kept = days.read_sums(conn, book.book_id, day)
        if number:  # The first one may hold what stood before the book was opened.
            moves, adds = (
                days.read_moves(conn, book.book_id, day),
                days.read_day_sums(conn, book.book_id, day),
            )
            follows = {no: each for no, each in sums_after(before, moves, adds, day).items() if each}
            verdict.expect(kept == follows, "sums-do-not-follow", day=day.isoformat())
        before = kept
    if verdict.as_of is None:
        return
    moved = days.read_moves(conn, book.book_id, book.open_on)
    levels = days.read_levels(conn, book.book_id, verdict.as_of)
    posted = days.posted_totals(conn, book.book_id, verdict.as_of)
    for product_no in sorted({*before, *moved, *levels, *posted}):
        facts = {"product": product_no, "as_of": verdict.as_of.isoformat()}
        stands = total_of(before.get(product_no, {}), moved.get(product_no, {}))
        wanted = {key: value for key, value in stands.items() if agendas.is_level(key)}
        have = levels.get(product_no, {})
        if not stale:
            verdict.expect(
                have == wanted, "agendas-differ-from-sums", **facts, **_first_difference(have, wanted)
            )
        total = general_ledger(before.get(product_no, {}))
        verdict.expect(posted.get(product_no, {}) == total, "totals-differ-from-sums", **facts)


def _check_rows(conn: Connection, book: BookRow, verdict: Verdict) -> None:
    """What takes a look at every row: answers and their facts, observations, rows that name what is gone."""
    missing = audit.answers_without_facts(conn, book.book_id)
    verdict.expect(missing == 0, "answers-without-facts", count=missing)
    changed = audit.facts_not_as_asked(conn, book.book_id)
    verdict.expect(changed == 0, "facts-not-as-asked", count=changed)
    days_wrong = audit.days_observed_otherwise(conn, book.book_id)
    verdict.expect(not days_wrong, "observations-differ", days=[str(day) for day in days_wrong[:_NAMED_MAX]])
    found = audit.orphans(conn)
    verdict.checked["rows-without-their-row"] += not found
    for table, other, count in found:
        verdict.expect(False, "rows-without-their-row", table=table, of=other, count=count)


def _check_loans(
    conn: Connection,
    book: BookRow,
    keys: Sequence[LoanKey],
    verdict: Verdict,
    totals: _Totals,
    measures: Measures,
) -> None:
    read = loans.read_many(conn, keys)
    posted = audit.journal_balances(conn, keys)
    kept = audit.agenda_rows(conn, keys)
    displaced = audit.journals_out_of_place(conn, keys)
    for key in keys:
        terms, facts = read[key]
        name, row = loan_id(key.person_id, key.loan_no), kept.get(key)
        verdict.expect(row is None or row["next_seq"] == len(facts) + 1, "facts-not-numbered", loan=name)
        verdict.expect(key not in displaced, "journal-without-its-fact", loan=name)
        try:
            contract = contract_of(terms)
            wanted = _journals_wanted(contract, facts, book.open_on)
            verdict.expect(posted.get(key, {}) == wanted, "journals-differ-from-facts", loan=name)
            _check_agenda(name, contract, facts, row, book, verdict, measures)
            closed = verdict.as_of
            if closed is not None:
                _add_loan(totals, row, contract, [f for f in facts if f.recorded_on <= closed], closed)
        except DuewellError as problem:
            # What no verb would have let in: somebody wrote it by another way.
            verdict.expect(False, "loan-cannot-be-folded", loan=name, reason=problem.code)


def _journals_wanted(contract: Contract, facts: Sequence[Fact], on: date) -> dict[Account, int]:
    state = contract.fold(facts, as_of=on)
    return {a: m for a, m in balances(journals_of(state.applied).values()).items() if m}


def _check_agenda(
    name: str,
    contract: Contract,
    facts: Sequence[Fact],
    row: dict[str, Any] | None,
    book: BookRow,
    verdict: Verdict,
    measures: Measures,
) -> None:
    """The stored agenda is the one the fold gives today: what comes, and what is due and not paid by now."""
    plan, _ = contract.agenda(facts, open_on=book.open_on, buckets=book.buckets)
    stored = agendas.entries_of(row, measures) if row else []
    verdict.expect(
        _coming(stored, book.open_on) == _coming(plan.entries, book.open_on)
        and (row is None or (row["is_turned"], row["since"]) == (plan.is_turned, plan.since)),
        "agenda-differs-from-facts",
        loan=name,
    )
    if row is None:
        return
    due = _due(stored, book.open_on) - row["paid_minor"]
    verdict.expect(
        due == _due(plan.entries, book.open_on)
        and row["is_tabular"] <= plan.is_tabular
        and row["is_tabular"] == agendas.is_by_table(row["pays"])
        and row["principal_minor"] == (plan.principal if row["is_tabular"] else None),
        "paid-differs-from-facts",
        loan=name,
    )


def _due(entries: Sequence[Entry], open_on: date) -> int:
    return sum(sum(entry.claims) for entry in entries if entry.on <= open_on)


def _coming(entries: Sequence[Entry], open_on: date) -> list[tuple[Any, ...]]:
    """Entries after the open day, and what the open day itself claims."""
    return [
        (e.on, e.kind, e.claims, sorted(e.adds.items()))
        for e in entries
        if e.on > open_on and e.kind is not EntryKind.CURED
    ]


def _add_loan(
    totals: _Totals, row: dict[str, Any] | None, contract: Contract, facts: Sequence[Fact], as_of: date
) -> None:
    if row is None or not facts:
        return
    product_no = row["product_no"]
    state, sums = contract.look(facts, as_of)
    mine = totals.sums.setdefault(product_no, {})
    for key, value in sums.items():
        add(mine, key, value)
    for account, amount in zip(_RECEIVABLE, contract.receivable(state), strict=True):
        _count(totals.owed, product_no, account, amount)
    for account, amount in balances(journals_of(state.applied).values()).items():
        _count(totals.journals, product_no, account, amount)


def _check_suspense(conn: Connection, book: BookRow, verdict: Verdict, totals: _Totals) -> None:
    """Money in suspense has its receipts, and what left it for a loan is a payment there."""
    found = suspense.findings(conn, book.book_id)
    verdict.checked["suspense"] += 1
    for code, facts in found:
        verdict.expect(False, code, **facts)
    if verdict.as_of is not None:
        moved = suspense.balances(conn, book.book_id, book.currency, verdict.as_of)
        for number, amount in moved.items():
            _count(totals.journals, 0, loans.ACCOUNT_BY_NO[number], amount)


def _check_sums(conn: Connection, book: BookRow, as_of: date, verdict: Verdict, totals: _Totals) -> None:
    """The identities of a book, product by product."""
    kept = days.read_sums(conn, book.book_id, as_of)
    ledger = days.gl_balances(conn, book.book_id, as_of)
    for product_no in sorted({*kept, *totals.sums, *ledger}):
        facts = {"product": product_no, "as_of": as_of.isoformat()}
        wanted = {k: v for k, v in totals.sums.get(product_no, {}).items() if v}
        have = kept.get(product_no, {})
        verdict.expect(have == wanted, "portfolio-sums-differ", **facts, **_first_difference(have, wanted))
        gl = ledger.get(product_no, {})
        accrual = general_ledger(wanted)
        moved = totals.journals.get(product_no, {})
        for account in sorted({*gl, *accrual, *moved}, key=lambda a: a.code):
            should = accrual.get(account, 0) + moved.get(account, 0)
            found = gl.get(account, 0)
            verdict.expect(
                found == should,
                "general-ledger-differs",
                **facts,
                account=account.code,
                found_minor=found,
                expected_minor=should,
            )
        for account, amount in totals.owed.get(product_no, {}).items():
            found = gl.get(account, 0)
            verdict.expect(
                found == amount,
                "ledger-differs-from-loans",
                **facts,
                account=account.code,
                found_minor=found,
                expected_minor=amount,
            )
        verdict.expect(sum(gl.values()) == 0, "trial-balance-open", **facts)


def _check_periods(conn: Connection, book: BookRow, as_of: date, verdict: Verdict, totals: _Totals) -> None:
    """Closed periods hold what they held when they closed, and set aside what their loans asked for."""
    closed = ledger.periods(conn, book.book_id)
    for number, period in enumerate(closed):
        again = period_of(
            conn, book, period.ends_on, closed[:number], at=period.closed_at, actor=period.actor
        )
        facts = {"starts_on": str(period.starts_on), "ends_on": str(period.ends_on)}
        verdict.expect(again.digest == period.digest, "period-entries-differ", **facts)
        verdict.expect(again.totals == period.totals, "period-balances-differ", **facts)
    if closed and closed[-1].ends_on <= as_of:
        for product_no, amount in provisions(conn, book, closed[-1].ends_on).items():
            _count(totals.journals, product_no, PROVISION, -amount)
            _count(totals.journals, product_no, PROVISION_EXPENSE, amount)


def _first_difference(have: Sums, wanted: Sums) -> dict[str, Any]:
    for key in sorted({*have, *wanted}):
        if have.get(key, 0) != wanted.get(key, 0):
            return {"measure": "/".join(key), "found": have.get(key, 0), "expected": wanted.get(key, 0)}
    return {}


def trial_balance_rows(conn: Connection, book: BookRow, as_of: date) -> list[Line]:
    """The balance of each account at the end of a day, all products together."""
    found: dict[Account, int] = defaultdict(int)
    for each in days.gl_balances(conn, book.book_id, as_of).values():
        for account, amount in each.items():
            found[account] += amount
    return [Line(account, amount) for account, amount in found.items() if amount]
