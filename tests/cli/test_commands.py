"""The command line as its users meet it: a book from a tape, days, a kill in the middle, clear refusals.

A loan's life, a kill and a full disk are tried with processes; what is said, inside the test's own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.cli.told import tell

HEAD = (
    "rownames,loan_amount,interest_rate,term,issue_month,balance,installment,paid_principal,paid_interest\n"
)

PARTS = ("penalty", "fee", "interest", "principal")


def process(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as a process of its own: what starts, what it writes, how it ends."""
    env = os.environ | {"DUEWELL_DATABASE_URL": url, "DUEWELL_LANG": "en"}
    command = [str(Path(sys.executable).with_name("duewell")), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


def duewell(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The same command in this process, which is many times as fast."""
    told = tell(url, *words)
    return subprocess.CompletedProcess(words, told.code, told.out, told.err)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "tape.csv"
    rows = [f"{n},10000,12,36,Jan-2018,10000,332.15,0,0" for n in range(60)]
    path.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture
def book(url: str, tape: Path) -> str:
    assert (
        duewell(url, "book", "open", "--book", "b", "--currency", "USD", "--open-on", "2018-06-24").returncode
        == 0
    )
    assert duewell(url, "import", str(tape), "--book", "b").returncode == 0
    return url


def test_a_loan_lives_from_the_command_line(book: str) -> None:
    words = (
        "--book",
        "b",
        "--principal",
        "1200",
        "--rate",
        "12",
        "--instalments",
        "12",
        "--key",
        "k1",
        "--json",
    )
    made = process(book, "disburse", *words)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout) == json.loads(process(book, "disburse", *words).stdout), "twice is once"
    loan = json.loads(made.stdout)["loan_id"]
    paid = json.loads(process(book, "pay", "--loan", loan, "--amount", "100", "--key", "p1", "--json").stdout)
    assert paid["principal_minor"] == 110_000
    assert process(book, "reverse", "--loan", loan, "--ref", "p1", "--key", "r1").returncode == 0
    shown = json.loads(process(book, "loan", "show", loan, "--json").stdout)
    assert shown["principal_minor"] == 120_000
    for what in ("statement", "explain", "replay"):
        assert process(book, "loan", what, loan).returncode == 0
        assert json.loads(process(book, "loan", what, loan, "--json").stdout)["schema"].startswith("duewell.")
    explained = json.loads(process(book, "loan", "explain", loan, "--json").stdout)
    asked = [[each["due"][part]["amount_minor"] for part in PARTS] for each in explained["rows"]]
    assert asked == [row["due_minor"] for row in shown["rows"]]
    assert explained["totals"]["principal-out"]["amount_minor"] == 120_000


def test_the_report_adds_up_and_verify_is_clean(book: str) -> None:
    assert duewell(book, "day", "--book", "b", "--until", "2018-07-31").returncode == 0
    report = json.loads(
        duewell(book, "report", "overdue", "--book", "b", "--as-of", "2018-07-31", "--json").stdout
    )
    assert report["schema"] == "duewell.overdue-report/1"
    assert report["totals"]["loans"] == len(report["loans"]) == 60
    assert sum(b["overdue_minor"] for b in report["buckets"]) == report["totals"]["overdue_minor"] > 0
    assert all(each["next_action"] for each in report["loans"])
    verdict = duewell(book, "verify", "--book", "b")
    assert verdict.returncode == 0, verdict.stdout


def test_a_kill_in_the_middle_of_a_day_leaves_a_book_that_verifies(book: str) -> None:
    env = os.environ | {"DUEWELL_DATABASE_URL": book}
    command = [str(Path(sys.executable).with_name("duewell")), "day", "--book", "b", "--until", "2019-06-30"]
    running = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with psycopg.connect(book, autocommit=True) as conn:
        for _ in range(600):
            row = conn.execute("select count(*) from duewell.day_chunk").fetchone()
            if row is not None and row[0] >= 20:
                break
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
        running.wait()
        row = conn.execute("select count(*) from duewell.day_chunk").fetchone()
        assert row is not None
        assert 20 <= row[0] < 16 * 360, "it was killed on the way"
    assert duewell(book, "verify", "--book", "b").returncode == 0
    assert duewell(book, "day", "--book", "b", "--until", "2018-08-31").returncode == 0
    assert duewell(book, "verify", "--book", "b").returncode == 0


def test_an_import_twice_changes_nothing(book: str, tape: Path) -> None:
    again = json.loads(duewell(book, "import", str(tape), "--book", "b", "--json").stdout)
    assert (again["taken_over"], again["already_there"]) == (0, 60)


def test_a_tape_with_one_bad_row_imports_nothing(url: str, tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8") + "99,NaN,12,36,Jan-2018,10000,332.15,0,0\n", "utf-8")
    duewell(url, "book", "open", "--book", "b", "--currency", "USD", "--open-on", "2018-06-24")
    refused = duewell(url, "import", str(tape), "--book", "b")
    assert refused.returncode == 1
    assert "Line 62, column loan_amount" in refused.stdout
    with psycopg.connect(url) as conn:
        assert conn.execute("select count(*) from duewell.loan").fetchone() == (0,)
    assert duewell(url, "import", str(tape), "--book", "b", "--skip-refused").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("day", "--book", "none"),
        ("report", "overdue", "--book", "none"),
        ("pay", "--loan", "nonsense", "--amount", "1"),
        ("import", "/nowhere.csv", "--book", "none"),
        ("book", "open", "--book", "B!", "--currency", "USD", "--open-on", "2018-06-24"),
        ("book", "open", "--book", "b", "--currency", "XYZ", "--open-on", "2018-06-24"),
        ("book", "open", "--book", "b", "--currency", "USD", "--open-on", "2018-02-30"),
    ],
)
def test_a_refusal_is_a_sentence_and_exit_code_one(url: str, words: tuple[str, ...]) -> None:
    refused = duewell(url, *words, "--json")
    assert refused.returncode == 1
    problem = json.loads(refused.stderr)
    assert problem["detail"] and problem["type"].startswith("urn:duewell:problem:")
    assert "Traceback" not in refused.stderr


def lend(url: str, key: str = "k1") -> str:
    words = ("--book", "b", "--principal", "1200", "--rate", "12", "--instalments", "12", "--key", key)
    return str(json.loads(duewell(url, "disburse", *words, "--json").stdout)["loan_id"])


def test_a_request_sent_again_after_the_cut_off_is_still_the_same_request(book: str) -> None:
    loan = lend(book)
    words = ("pay", "--loan", loan, "--amount", "10", "--key", "p1", "--json")
    first = duewell(book, *words)
    assert duewell(book, "day", "--book", "b").returncode == 0
    again = duewell(book, *words)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert lend(book) == loan, "and so is a loan disbursed"
    assert duewell(book, "pay", "--loan", loan, "--amount", "11", "--key", "p1").returncode == 1


def test_a_reference_takes_back_the_one_fact_it_means(book: str) -> None:
    loan = lend(book, "one")
    assert duewell(book, "pay", "--loan", loan, "--amount", "7", "--key", "one-paid").returncode == 0
    refused = duewell(book, "reverse", "--loan", loan, "--ref", "one", "--json")
    assert json.loads(refused.stderr)["title"] == "fact-carries-others"
    back = ("reverse", "--loan", loan, "--ref", "one-paid", "--key")
    assert duewell(book, *back, "r").returncode == 0
    assert duewell(book, *back, "r").returncode == 0, "the same request again"
    assert duewell(book, *back, "r2").returncode == 1
    assert duewell(book, "reverse", "--loan", loan, "--ref", "one").returncode == 0, (
        "nothing stands on it now"
    )


def test_words_of_data_are_shown_as_they_are(book: str) -> None:
    loan = lend(book)
    assert duewell(book, "pay", "--loan", loan, "--amount", "7", "--key", "[/x] [red]").returncode == 0
    for what in ("statement", "replay", "show"):
        shown = duewell(book, "loan", what, loan)
        assert shown.returncode == 0 and "[/x] [red]" in shown.stdout


@pytest.mark.parametrize("word", ["\x1b[2J", "a\u202eb", b"\xff".decode("utf-8", "surrogateescape")])
def test_a_word_nobody_can_read_is_a_usage_error(url: str, word: str) -> None:
    refused = duewell(url, "verify", "--book", word)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr and "\x1b" not in refused.stderr


def test_a_tape_refused_for_machines_is_a_problem_that_lists_its_rows(url: str, tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8") + "99,NaN,12,36,Jan-2018,10000,332.15,0,0\n", "utf-8")
    duewell(url, "book", "open", "--book", "b", "--currency", "USD", "--open-on", "2018-06-24")
    refused = duewell(url, "import", str(tape), "--book", "b", "--json")
    assert (refused.returncode, refused.stdout) == (1, "")
    problem = json.loads(refused.stderr)
    assert problem["title"] == "tape-refused"
    assert [(r["line"], r["column"]) for r in problem["refusals"]] == [(62, "loan_amount")]


def test_a_reference_the_book_holds_with_other_figures_is_refused(book: str, tape: Path) -> None:
    rows = tape.read_text("utf-8").replace("\n5,10000,12,36,Jan-2018,10000,", "\n5,9000,12,36,Jan-2018,9000,")
    tape.write_text(rows, "utf-8")
    refused = duewell(book, "import", str(tape), "--book", "b", "--json")
    codes = {r["code"] for r in json.loads(refused.stderr)["refusals"]}
    assert codes == {"tape-ref-held-otherwise"}


@pytest.mark.parametrize(
    ("columns", "code"), [("/dev/zero", "file-not-a-file"), ("deep", "column-map-unreadable")]
)
def test_a_column_map_that_is_none_is_refused(
    url: str, tape: Path, tmp_path: Path, columns: str, code: str
) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("a = " + "[" * 30_000, "utf-8")
    given = columns if columns.startswith("/") else str(path)
    refused = duewell(url, "import", str(tape), "--book", "b", "--columns", given, "--json")
    assert json.loads(refused.stderr)["title"] == code


@pytest.mark.parametrize(
    ("there", "code"),
    [
        ("postgresql://nobody@127.0.0.1:1/x", "database-not-reached"),
        ("host=127.0.0.1 port=1", "database-not-reached"),
        ("foo", "database-not-reached"),
        ("mysql://a/b", "database-url-not-postgresql"),
    ],
)
def test_a_database_that_cannot_be_reached_is_a_fault_with_a_sentence(there: str, code: str) -> None:
    failed = duewell(there, "verify", "--book", "b", "--json")
    assert failed.returncode == 3
    assert json.loads(failed.stderr)["title"] == code


def test_a_full_disk_behind_the_output_leaves_no_traceback(book: str) -> None:
    command = f"{Path(sys.executable).with_name('duewell')} report overdue --book b --csv >/dev/full"
    env = os.environ | {"DUEWELL_DATABASE_URL": book}
    ended = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr


@pytest.fixture
def loan(book: str) -> str:
    words = (
        "--book",
        "b",
        "--principal",
        "1200",
        "--rate",
        "12",
        "--instalments",
        "12",
        "--key",
        "k1",
        "--json",
    )
    made = duewell(book, "disburse", *words)
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["loan_id"])


def test_a_preview_writes_nothing_and_is_what_recording_then_gives(book: str, loan: str) -> None:
    line = "2018-06-24 pay 100.00"
    seen = json.loads(duewell(book, "loan", "preview", loan, "--if", line, "--json").stdout)
    now, then = seen["futures"]
    assert (now["name"], now["principal_minor"], then["principal_minor"]) == ("as-it-is", 120_000, 110_000)
    shown = json.loads(duewell(book, "loan", "show", loan, "--json").stdout)
    assert shown["principal_minor"] == 120_000, "nothing was written"
    assert duewell(book, "record", loan, line, "--key", "p1").returncode == 0
    shown = json.loads(duewell(book, "loan", "show", loan, "--json").stdout)
    assert [list(row["due_minor"].values()) for row in then["rows"]] == [
        r["due_minor"] for r in shown["rows"]
    ]


def test_futures_are_compared_side_by_side_in_both_languages(book: str, loan: str) -> None:
    words = (
        "loan",
        "compare",
        loan,
        "--future",
        "settle: settle",
        "--future",
        "wait:",
        "--until",
        "2018-09-01",
    )
    for lang, word in (("en", "pays it off that day"), ("zh", "当日结清金额")):
        told = duewell(book, *words, "--lang", lang)
        assert told.returncode == 0, told.stderr
        assert word in told.stdout and "settle" in told.stdout and "wait" in told.stdout


def test_any_fact_is_recorded_from_its_line(book: str, loan: str) -> None:
    for key, line in (
        ("f1", "fee 5.00"),
        ("r1", "rate 6%"),
        ("x1", "extend by 3 from 2018-07-24"),
        ("c1", "charge-off"),
        ("c2", "recover 10.00"),
    ):
        words = ("record", loan, line, "--key", key, "--json")
        done = duewell(book, *words)
        assert done.returncode == 0, (line, done.stderr)
        assert duewell(book, *words).stdout == done.stdout, "twice is once"
    shown = json.loads(duewell(book, "loan", "show", loan, "--json").stdout)
    kinds = [fact["kind"] for fact in shown["facts"]]
    assert kinds == ["Disbursed", "FeeCharged", "RateChanged", "Rescheduled", "ChargedOff", "Recovered"]
    assert duewell(book, "day", "--book", "b").returncode == 0
    assert duewell(book, "verify", "--book", "b").returncode == 0


def test_what_was_known_can_be_asked_at_an_instant(book: str, loan: str) -> None:
    assert duewell(book, "pay", "--loan", loan, "--amount", "100", "--key", "p1").returncode == 0
    early = ("--known", "2018-06-24T00:00:00Z")
    assert (
        json.loads(duewell(book, "loan", "show", loan, *early, "--json").stderr)["title"]
        == "loan-not-known-at"
    )
    late = ("--known", "2100-01-01T00:00:00+08:00")
    shown = json.loads(duewell(book, "loan", "show", loan, *late, "--json").stdout)
    assert shown["principal_minor"] == 110_000
    report = json.loads(duewell(book, "report", "overdue", "--book", "b", *late, "--json").stdout)
    assert report["known_at"] == "2100-01-01T00:00:00+08:00"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("record", "LOAN", "give 5.00"), "fact-line-unreadable"),
        (("record", "LOAN", "pay five"), "amount-not-a-number"),
        (("record", "LOAN", "waive interest 99.00"), "waiver-above-what-is-due"),
        (("loan", "preview", "LOAN", "--if", "2018-01-01 pay 1.00"), "fact-before-the-loan"),
        (("loan", "compare", "LOAN", "--future", "pay 5.00"), "future-unreadable"),
        (("loan", "compare", "LOAN", "--future", "a: settle", "--future", "a: settle"), "future-named-twice"),
        (("loan", "show", "LOAN", "--known", "2018-06-24T25:00:00Z"), "instant-not-readable"),
        (("loan", "show", "LOAN", "--known", "2018-06-24T10:00:00"), "instant-not-readable"),
    ],
)
def test_a_line_or_an_instant_that_is_none_is_a_problem_with_a_code(
    book: str, loan: str, words: tuple[str, ...], code: str
) -> None:
    done = duewell(book, *(loan if word == "LOAN" else word for word in words), "--json")
    assert done.returncode == 1, done.stdout
    assert json.loads(done.stderr)["type"].endswith(code)


def test_the_ledger_is_shown_exported_and_closed_from_the_command_line(book: str, tmp_path: Path) -> None:
    assert duewell(book, "day", "--book", "b", "--until", "2018-07-31").returncode == 0
    told = json.loads(duewell(book, "ledger", "balance", "--book", "b", "--json").stdout)
    assert told["debits_minor"] == told["credits_minor"] > 0
    for lang, word in (("en", "Trial balance"), ("zh", "试算平衡表")):
        assert word in duewell(book, "ledger", "balance", "--book", "b", "--lang", lang).stdout
    path = tmp_path / "b.beancount"
    words = ("ledger", "export", "--book", "b", "--format", "beancount", "-o", str(path))
    assert duewell(book, *words).returncode == 0
    checked = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), path], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert duewell(book, "ledger", "export", "--book", "b").stdout.startswith("day,kind,ref,book,product")
    refused = duewell(book, *words[:-1], str(tmp_path / "nowhere" / "x"))
    assert refused.returncode == 1 and "cannot be written" in refused.stderr
    words = ("ledger", "explain", "--book", "b", "--account", "interest_income", "--on", "2018-07-31")
    assert "interest accrued" in duewell(book, *words).stdout
    assert json.loads(duewell(book, *words, "--json").stdout)["totals"]
    words = ("ledger", "close-period", "--book", "b", "--end", "2018-07-31", "--json")
    once = duewell(book, *words)
    assert once.returncode == 0, once.stderr
    assert duewell(book, *words).stdout == once.stdout, "twice is once"
    assert "2018-07-31" in duewell(book, "ledger", "periods", "--book", "b").stdout
    assert duewell(book, "verify", "--book", "b").returncode == 0


def test_an_amount_opens_to_a_tree_in_both_languages(book: str, loan: str) -> None:
    assert duewell(book, "pay", "--loan", loan, "--amount", "100", "--key", "p1").returncode == 0
    for lang, words in (
        ("en", ("principal out", "equal instalment", "by: payment received")),
        ("zh", ("未还本金", "等额期供", "依据")),
    ):
        told = "".join(
            duewell(book, "loan", "explain", loan, *which, "--depth", "6", "--lang", lang).stdout
            for which in (("--row", "2", "--part", "principal"), ("--total", "payoff"), ("--row", "1"))
        )
        assert all(word in told for word in words), told
    words = ("loan", "explain", loan, "--total", "payoff", "--json")
    payoff = json.loads(duewell(book, *words).stdout)["proof"]
    seen = json.loads(duewell(book, "loan", "preview", loan, "--if", "pay 1.00", "--json").stdout)
    assert payoff["amount_minor"] == seen["futures"][0]["payoff_minor"] == 110_000
    entry = json.loads(
        duewell(book, "ledger", "explain", "--entry", f"{loan}-2-1", "--book", "b", "--json").stdout
    )
    lines = {line["account"]: line["amount_minor"] for line in entry["journals"][0]["lines"]}
    assert lines == {"cash_clearing": 10_000, "loans_principal": -10_000}
    assert "principal" in duewell(book, "ledger", "explain", "--entry", f"{loan}-2-1", "--book", "b").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("loan", "explain", "LOAN", "--row", "99"), "row-not-in-plan"),
        (("loan", "explain", "LOAN", "--row", "1", "--part", "gift"), "part-unknown"),
        (("loan", "explain", "LOAN", "--total", "everything"), "total-unknown"),
        (("ledger", "explain", "--book", "b"), "explain-what"),
        (("ledger", "explain", "--book", "b", "--entry", "x"), "entry-unreadable"),
        (
            ("ledger", "explain", "--book", "b", "--account", "petty_cash", "--on", "2018-06-01"),
            "no-day-closed-yet",
        ),
    ],
)
def test_what_cannot_be_explained_is_a_problem_with_a_code(
    book: str, loan: str, words: tuple[str, ...], code: str
) -> None:
    done = duewell(book, *(loan if word == "LOAN" else word for word in words), "--json")
    assert done.returncode == 1, done.stdout
    assert json.loads(done.stderr)["title"] == code


def test_a_product_is_defined_shown_and_lent_from(url: str, tmp_path: Path) -> None:
    path = tmp_path / "cash.toml"
    path.write_text(PRODUCT, "utf-8")
    words = ("--book", "b")
    assert (
        duewell(url, "book", "open", *words, "--currency", "CNY", "--open-on", "2026-06-01").returncode == 0
    )
    first = duewell(url, "product", "define", str(path), *words)
    assert first.stdout == "Book b: product small@1 is defined.\n", first.stderr
    assert "Nothing changed" in duewell(url, "product", "define", str(path), *words).stdout
    assert "small@1" in duewell(url, "product", "list", *words).stdout
    shown = json.loads(duewell(url, "product", "show", "small", *words, "--json").stdout)
    assert (shown["schema"], shown["version"]) == ("duewell.product/1", 1)
    assert "cn-monthly/1" in duewell(url, "product", "show", "small@1", *words).stdout
    lent = duewell(
        url, "disburse", *words, "--product", "small", "--principal", "6000", "--instalments", "12"
    )
    assert lent.returncode == 0, lent.stderr
    outside = duewell(
        url, "disburse", *words, "--product", "small", "--principal", "1", "--instalments", "12"
    )
    assert outside.returncode == 1 and "outside product small@1" in outside.stderr
    assert duewell(url, "disburse", *words, "--principal", "6000").returncode == 2
    path.write_text(PRODUCT + "surprise = 1\n", "utf-8")
    assert "surprise" in duewell(url, "product", "define", str(path), *words).stderr


PRODUCT = """
code = "small"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = ["1,000.00", "50,000.00"]
rate_pct = "12"
instalments = [3, 24]
"""


def test_a_whole_book_is_valued_and_written_as_a_tape_from_the_command_line(
    book: str, tmp_path: Path
) -> None:
    words = ("book", "value", "--book", "b")
    shown = duewell(book, *words)
    assert shown.returncode == 0 and "@1" in shown.stdout and "By days past due" in shown.stdout
    one, two = duewell(book, *words, "--json"), duewell(book, *words, "--json", "--workers", "2")
    assert one.stdout == two.stdout
    document = json.loads(one.stdout)
    assert document["schema"] == "duewell.book-value/1"
    assert document["totals"]["loans"] == 60
    assert document["totals"]["principal_out_minor"] == 60 * 1_000_000
    path = tmp_path / "tape.parquet"
    made = duewell(book, "book", "tape", "--book", "b", "-o", str(path))
    assert (made.returncode, made.stderr) == (0, "") and "60 loans" in made.stdout
    first = path.read_bytes()
    again = duewell(book, "book", "tape", "--book", "b", "-o", str(path), "--json")
    assert again.returncode == 1 and json.loads(again.stderr)["title"] == "output-there-already"
    forced = duewell(book, "book", "tape", "--book", "b", "-o", str(path), "--force", "--workers", "2")
    assert forced.returncode == 0 and path.read_bytes() == first
    nowhere = duewell(book, "book", "tape", "--book", "b", "-o", str(tmp_path / "no" / "x"), "--lang", "zh")
    assert nowhere.returncode == 1 and "无法写入" in nowhere.stderr


def test_a_book_is_verified_by_several_workers_from_the_command_line(book: str) -> None:
    one = duewell(book, "verify", "--book", "b", "--json")
    two = duewell(book, "verify", "--book", "b", "--json", "--workers", "2")
    assert (two.returncode, two.stdout) == (0, one.stdout)
    wrong = duewell(book, "verify", "--book", "b", "--workers", "65")
    assert wrong.returncode == 1 and "65 workers" in wrong.stderr
    assert duewell(book, "book", "value", "--book", "b", "--engine", "x").returncode == 2
