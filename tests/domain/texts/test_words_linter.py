"""Words: prove that what the product says is short, calm, plain and well set, in both languages.

How: every sentence of both catalogues is read by rule; the source is read for the codes it names. Each rule
is tried on a sentence that breaks it, so that a rule which sees nothing is seen.
"""

from __future__ import annotations

import re

import pytest

from duewell.catalogues import template, template_codes
from tests.domain.texts import words
from tests.domain.texts.used import CODE, named
from tests.figures import Figure

CODES = sorted(template_codes("en") | template_codes("zh"))
_FACT = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}")
_HAN = "[\u4e00-\u9fff]"


def told(code: str, lang: str) -> str:
    found = template(code, lang)
    assert found is not None, f"{code} is not said in {lang}"
    return found


def read_by_borrowers() -> list[str]:
    return [code for code in CODES if code.startswith(words.BORROWER)]


# -- codes -----------------------------------------------------------------------------------------


def test_every_code_that_is_said_has_a_sentence() -> None:
    missing = {code: where for code, where in named().said.items() if code not in template_codes("en")}
    assert not missing


def test_every_code_of_the_pages_that_is_written_anywhere_has_a_sentence() -> None:
    found = {text for text in named().texts if text.startswith(words.PAGES) and CODE.fullmatch(text)}
    assert len(found) > 60 and found <= template_codes("en"), found - template_codes("en")


def test_no_sentence_is_kept_that_nobody_says() -> None:
    found = named()
    unused = [code for code in CODES if code not in found.texts and not found.is_built(code)]
    assert not unused, f"remove these from the catalogues: {unused}"
    assert not found.is_built("web-row-nonesuch") and found.is_built("web-row-late")


# -- length ----------------------------------------------------------------------------------------


def sentences(text: str, lang: str) -> list[str]:
    bare = _FACT.sub("X", text)
    return [
        each for each in re.split("(?<=[。！？])" if lang == "zh" else r"(?<=[.!?])\s+", bare) if each.strip()
    ]


def length(sentence: str, lang: str) -> int:
    return len(sentence) if lang == "zh" else len(re.findall(r"[\w’'-]+", sentence))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_sentence_is_long(lang: str) -> None:
    most = words.ZH_LONGEST if lang == "zh" else words.EN_LONGEST
    long = {
        code: each
        for code in CODES
        if not code.startswith(words.FOR_MACHINES)
        for each in sentences(told(code, lang), lang)
        if length(each, lang) > most
    }
    assert not long
    assert [length(each, "en") for each in sentences("One two {three}. Four five.", "en")] == [3, 2]


# -- what is not said ------------------------------------------------------------------------------


def holds(text: str, word: str) -> bool:
    """Whether a word stands in a text: between its bounds in English, anywhere in Chinese."""
    if re.search(_HAN, word):
        return word in text
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) is not None


def broken(codes: list[str], lists: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [
        (code, word)
        for code in codes
        for lang in ("zh", "en")
        for word in lists[lang]
        if holds(told(code, lang), word) and (code, word) not in words.ALLOWED
    ]


def test_nobody_is_threatened() -> None:
    assert not broken(CODES, words.THREATS)


def test_a_borrower_is_not_pressed() -> None:
    assert not broken(read_by_borrowers(), words.PRESSURE)


def test_a_borrowers_page_needs_no_glossary_and_speaks_to_its_reader() -> None:
    pages = [code for code in CODES if code.startswith("web-")]
    assert not broken(pages, words.JARGON)
    assert not broken(pages, words.NOT_YOU)
    assert not [code for code in CODES if "你" in told(code, "zh")], "the product says 您"


def test_what_is_allowed_is_still_there_and_says_why() -> None:
    for (code, word), why in words.ALLOWED.items():
        assert any(holds(told(code, lang), word) for lang in ("zh", "en")) and len(why) > 20, code


def test_the_lists_find_what_they_are_for() -> None:
    assert holds("We may take you to Court.", "court") and not holds("A courtesy.", "court")
    assert holds("否则将上门", "上门") and holds("请立即还款", "立即")
    for lists in (words.THREATS, words.PRESSURE, words.JARGON):
        assert all(len(set(each)) == len(each) for each in lists.values())


# -- how it is set ---------------------------------------------------------------------------------


def set_badly_zh(code: str, text: str) -> list[str]:
    """What is wrong with the setting of a Chinese text."""
    found = []
    bare, put = _FACT.sub("", text), _FACT.sub("X", text)
    if re.search(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9%]{_HAN}", bare):
        found.append("no space between Chinese and Latin letters or digits")
    for fact in _FACT.finditer(text):
        is_words = fact[1] in words.CHINESE_FACTS or fact[2] in ("part", "fact", "term", "balance")
        if is_words or code.startswith(words.PAGES):
            continue
        before, after = text[fact.start() - 1 : fact.start()], text[fact.end() : fact.end() + 1]
        if re.match(_HAN, before) or re.match(_HAN, after):
            found.append(f"no space beside {fact[0]}")
    if re.search(
        rf"{_HAN}[,;:?!()]|(?<![a-z])[,;:?!()]{_HAN}|\.\.\.|[，。；：？！、]\s|\s[，。；：？！、]", put
    ):
        found.append("a half-width mark, or a space beside a full-width one")
    if "！" in text or re.search(r"[。，；：？！、]{2}", text):
        found.append("an exclamation, or two marks")
    return found


def set_badly_en(text: str) -> list[str]:
    """What is wrong with the setting of an English text."""
    found = []
    if "!" in text:
        found.append("an exclamation")
    if re.search(r"\.\.\.|\s[,.;:?](?:\s|$)|  ", text):
        found.append("a space before a mark, two spaces, or three points for an ellipsis")
    capitals = re.findall(r"(?<=[a-z,;:0-9)%] )(?!DUEWELL_)[A-Z][A-Za-z0-9_-]*", text)
    if wrong := [each for each in capitals if each not in words.NAMES]:
        found.append(f"a capital in the middle of a sentence: {wrong}")
    if re.search(r"\b\w+(?:n't|'re|'ll|'ve)\b", text):
        found.append("a contraction")
    return found


def test_chinese_is_set_well() -> None:
    bad = {code: each for code in CODES if (each := set_badly_zh(code, told(code, "zh")))}
    assert not bad, "\n".join(f"{code}: {each}" for code, each in bad.items())
    for wrong in ("共3期", "共 {n}期", "好,的", "请还款！", "好 。", "完成...", "好。。"):
        assert set_badly_zh("x", wrong), wrong


def test_english_is_set_well() -> None:
    bad = {code: each for code in CODES if (each := set_badly_en(told(code, "en")))}
    assert not bad, "\n".join(f"{code}: {each}" for code, each in bad.items())
    for wrong in ("Well done!", "One , two", "wait...", "See the Loan page", "We don't"):
        assert set_badly_en(wrong), wrong


# -- how easily it is read -------------------------------------------------------------------------


def reading_grade(texts: list[str]) -> tuple[float, float, float]:
    """Words a sentence, the share of words of three syllables, and the Flesch-Kincaid grade.

    Source    Kincaid et al. 1975: 0.39 x words a sentence + 11.8 x syllables a word - 15.59. Syllables are
              counted as groups of vowels, a mute e left out: a few per cent off, and always the same way.
    """
    lines = [each for text in texts for each in sentences(text, "en")]
    every = [word for line in lines for word in re.findall(r"[A-Za-z]+", line)]
    counts = [max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in every]
    a_sentence, a_word = len(every) / len(lines), sum(counts) / len(every)
    return (
        a_sentence,
        sum(each >= 3 for each in counts) / len(every),
        0.39 * a_sentence + 11.8 * a_word - 15.59,
    )


def test_a_borrower_reads_easily(figure: Figure) -> None:
    texts = [told(code, "en") for code in read_by_borrowers() if told(code, "en").endswith(".")]
    per, long, grade = reading_grade(texts)
    figure(f"Words for borrowers: {per:.1f} a sentence, {long:.1%} long, Flesch-Kincaid grade {grade:.1f}")
    assert grade <= 7 and per <= 12
    assert reading_grade(["Notwithstanding considerable complications, organisations deliberate."])[2] > 20
