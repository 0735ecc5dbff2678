"""What people are told holds no word of the machine's, no minor units, no English inside Chinese.

Wants to prove: refusals and screens name parts, kinds and fields in the reader's language; amounts stand as
amounts with their currency; each kind of file is spoken of by what it is; one is one and two are two.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.told import Told, done, tell

BOOK = ("--book", "b")
PRODUCT = """
code = "cash"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = ["1,000.00", "50,000.00"]
rate_pct = ["6", "14.4"]
instalments = [3, 24]
"""
TAPE = "contract,lent,rate,months,paid_out,left\n"
COLUMNS = """
ref = "contract"
principal = "lent"
rate_pct = "rate"
instalments = "months"
issued = "paid_out"
principal_out = "left"
currency = "CNY"
"""


@pytest.fixture
def book(url: str) -> str:
    done(url, "book", "open", *BOOK, "--currency", "CNY", "--open-on", "2026-01-05")
    return url


def both(url: str, *words: str) -> tuple[str, str]:
    """A refusal in English and in Chinese."""
    told: list[Told] = [tell(url, *words, lang=lang) for lang in ("en", "zh")]
    assert all(each.code == 1 for each in told), told
    return told[0].err, told[1].err


def written(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def lent(url: str) -> str:
    words = ("--principal", "1200", "--rate", "12", "--instalments", "12", "--key", "k", "--json")
    return str(tell(url, "disburse", *BOOK, *words).document["loan_id"])


def test_a_value_outside_a_product_is_named_in_words_and_amounts(book: str, tmp_path: Path) -> None:
    done(book, "product", "define", written(tmp_path, "p.toml", PRODUCT), *BOOK)
    lend = ("disburse", *BOOK, "--product", "cash", "--rate", "12", "--instalments", "12", "--principal")
    english, chinese = both(book, *lend, "999")
    assert "principal, CNY 999.00, is outside" in english and "CNY 1,000.00 to CNY 50,000.00" in english
    assert "本金为 CNY 999.00" in chinese
    lend = ("disburse", *BOOK, "--product", "cash", "--principal", "5000", "--instalments", "12", "--rate")
    english, chinese = both(book, *lend, "15")
    assert "yearly rate, 15 %, is outside" in english and "年利率为 15 %" in chinese
    swapped = PRODUCT.replace('["1,000.00", "50,000.00"]', '["50,000.00", "1,000.00"]')
    english, chinese = both(book, "product", "define", written(tmp_path, "s.toml", swapped), *BOOK)
    assert "begins at CNY 50,000.00" in english and "本金的下限 CNY 50,000.00" in chinese
    reversed_rate = PRODUCT.replace('["6", "14.4"]', '["14.4", "6"]')
    english, _ = both(book, "product", "define", written(tmp_path, "r.toml", reversed_rate), *BOOK)
    assert "begins at 14.4 %, above its end 6 %" in english


def test_parts_and_kinds_are_named_in_the_readers_words(book: str, tmp_path: Path) -> None:
    loan = lent(book)
    english, chinese = both(book, "record", loan, "waive interest 12.00")
    assert "CNY 12.00 more of interest than" in english and "减免的利息比当日应还多出 CNY 12.00" in chinese
    english, chinese = both(book, "record", loan, "draw 5 as cash")
    assert (
        "“drawn” cannot be recorded" in english and "“支用”" in chinese and "Drawn" not in english + chinese
    )
    done(book, "record", loan, "charge-off", "--key", "c")
    done(book, "day", *BOOK)
    _, chinese = both(book, "record", loan, "re-age into 6 from 2026-03-01")
    assert "“调整还款计划”" in chinese and "Rescheduled" not in chinese
    bad = PRODUCT + '\n[allocation]\norder = ["penalty", "penalty", "interest", "principal"]\n'
    english, chinese = both(book, "product", "define", written(tmp_path, "o.toml", bad), *BOOK)
    assert "it names penalty, penalty, interest, principal" in english and "[" not in english
    assert "罚息、罚息、利息、本金" in chinese


def test_amounts_of_a_line_stand_as_amounts(book: str) -> None:
    words = ("line", "open", *BOOK, "--rate", "18", "--statement-day", "10", "--key", "l")
    line = str(tell(book, *words, "--limit", "5000", "--json").document["loan_id"])
    english, chinese = both(book, "line", "draw", "--line", line, "--amount", "5000.01")
    assert "CNY 5,000.01 and only CNY 5,000.00" in english and "CNY 5,000.01" in chinese
    facts = tell(book, "line", "draw", "--line", line, "--amount", "5000.01", "--json").problem["facts"]
    assert facts == {"amount_minor": "500001", "available_minor": "500000"}, "machines get minor units"
    english, chinese = both(book, *words, "--limit", "5000", "--minimum", "101")
    assert "cannot ask 101% of principal" in english and "101/100" not in english + chinese
    english, _ = both(book, *words, "--limit", "0")
    assert "CNY 0.00" in english


def test_amounts_of_a_tape_stand_as_amounts_and_one_refusal_is_one(book: str, tmp_path: Path) -> None:
    tape = written(tmp_path, "t.csv", TAPE + "C-1,8000.00,14.40,12,2025-03-31,9000.00\n")
    columns = written(tmp_path, "c.toml", COLUMNS)
    told = tell(book, "import", tape, *BOOK, "--columns", columns)
    assert "Principal of CNY 8,000.00 is not CNY -1,000.00 paid plus CNY 9,000.00 out" in told.out
    assert "1 refusal." in told.out
    chinese = tell(book, "import", tape, *BOOK, "--columns", columns, lang="zh").out
    assert "本金 CNY 8,000.00 不等于" in chinese and "最小" not in chinese


FILES = [
    ("product define FILE --book b", "product file", "产品文件", "product-file"),
    ("caps set FILE --book b", "file of caps", "上限文件", "caps-file"),
    ("import TAPE --book b --columns FILE", "column map", "列映射文件", "column-map"),
]


@pytest.mark.parametrize(("command", "what", "chinese", "code"), FILES)
def test_each_kind_of_file_is_spoken_of_by_what_it_is(
    book: str, tmp_path: Path, command: str, what: str, chinese: str, code: str
) -> None:
    tape = written(tmp_path, "t.csv", TAPE + "C-1,8000.00,14.40,12,2025-03-31,8000.00\n")
    there = {
        "file-not-found": str(tmp_path / "gone.toml"),
        "file-empty": written(tmp_path, "empty.toml", ""),
        "file-not-utf-8": written(tmp_path, "gbk.toml", 'code = "现金"'.encode("gbk")),
        "file-too-large": written(tmp_path, "large.toml", "#" * 70_000),
        f"{code}-unreadable": written(tmp_path, "broken.toml", "code = = 1"),
    }
    for wanted, path in there.items():
        words = command.replace("FILE", path).replace("TAPE", tape).split()
        assert tell(book, *words, "--json").problem["title"] == wanted
        english, zh = both(book, *words)
        assert what in english and chinese in zh
        assert not re.search(r"tape|CSV|GBK|GB18030|Export", english + zh)
    long = written(tmp_path, "long.toml", "a = " + "9" * 5000)
    english, zh = both(book, *command.replace("FILE", long).replace("TAPE", tape).split())
    assert "a number in it is too long" in english and "sys." not in english and "数字过长" in zh
    assert (
        "line 1, column 8"
        in both(book, *command.replace("FILE", there[f"{code}-unreadable"]).replace("TAPE", tape).split())[0]
    )


def test_where_there_is_none_nothing_is_listed(url: str, book: str) -> None:
    english, chinese = both(book, "product", "show", "cash", *BOOK)
    assert "none is defined" in english and "-." not in english and "尚未定义" in chinese


def test_one_day_is_one_day(book: str) -> None:
    loan = lent(book)
    done(book, "day", *BOOK, "--until", "2026-02-05")
    assert "1 day past due." in done(book, "loan", "show", loan)
    assert "(1 days)" not in done(book, "loan", "explain", loan, "--total", "payoff", "--depth", "9")


def test_caps_are_shown_whole_on_a_narrow_screen(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "年化综合成本（单利）" in done(book, "caps", "set", "cn-private", *BOOK, lang="zh")
    monkeypatch.setattr("duewell.cli._frame._WIDTH", 80)
    shown = done(book, "caps", "set", "cn-private", *BOOK)
    for word in (
        "cn-private-lending",
        "2020-08-20",
        "15.4%",
        "1.5 ×",
        "(nominal)",
        "verified",
    ):
        assert word in shown
    assert max(map(len, shown.splitlines())) <= 110


def test_headings_tell_a_row_from_a_count(book: str, tmp_path: Path) -> None:
    loan = lent(book)
    assert "期次" in done(book, "loan", "show", loan, lang="zh")
    explained = done(book, "loan", "explain", loan, lang="zh")
    assert "四舍六入五成双" in explained and "half-even" not in explained
    done(book, "product", "define", written(tmp_path, "p.toml", PRODUCT), *BOOK)
    assert "期数" in done(book, "product", "list", *BOOK, lang="zh")
