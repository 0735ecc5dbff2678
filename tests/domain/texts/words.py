"""The rules of words, as lists: what may not be said, to whom, and what is allowed all the same and why.

Source   docs/reference/words.md, which says them in sentences.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


BORROWER = (
    "web-",
    "step-",
    "amount-",
    "date-",
    "phone-",
    "email-",
    "code-",
    "sign-in-",
    "session-",
    "too-",
    "page-",
)
"""Families of codes that a borrower reads."""
PAGES = ("web-", "console-", "design-")
"""Families of the pages: figures come written, dates in the reader's language."""
FOR_MACHINES = ("cli-", "demo-")
"""Families of the command line, whose sentences hold commands and counts: their length is not counted."""

ZH_LONGEST, EN_LONGEST = 60, 25
"""Characters of a Chinese sentence, words of an English one; a fact put in counts as one."""

THREATS = {
    "zh": _words(
        "起诉, 诉讼, 法院, 法律责任, 法律后果, 律师函, 黑名单, 失信, 老赖, 征信惩罚, 影响征信, "
        "严重后果, 一切后果, 后果自负, 上门, 曝光, 拘留, 报警, 公安, 坐牢, 通讯录, 联系您的家人, "
        "联系您的单位, 强制执行, 冻结您, 最后通牒, 最后机会, 最后期限, 恶意, 拒不"
    ),
    "en": _words(
        "court, lawsuit, sue, sued, legal action, legal proceedings, prosecute, blacklist, "
        "blacklisted, police, arrest, jail, seize, garnish, bailiff, consequences, default notice, "
        "final notice, last warning, final warning, last chance, ruin your credit, "
        "damage your credit, your family, your employer, your contacts, shame, fraud, dishonest, "
        "deadbeat, delinquent"
    ),
}
"""Said to nobody, on no page and in no message."""
PRESSURE = {
    "zh": _words(
        "立即, 马上, 赶快, 赶紧, 抓紧, 务必, 否则, 不要错过, 仅限今日, 限时, 倒计时, 最后一天, "
        "催收, 欠债, 赖账, 无视, 后悔, 机不可失, 放弃优惠"
    ),
    "en": _words(
        "immediately, at once, hurry, act now, urgent, urgently, or else, must pay, failure to, "
        "don't miss, do not miss, only today, limited time, last day, countdown, debt collector, "
        "collections, no thanks, i don't want, regret, avoid penalties"
    ),
}
"""Not said to a borrower: pressure, haste, and choices that shame whoever does not take them."""
JARGON = {
    "zh": _words(
        "核销, 计提, 拨备, 敞口, 入账, 冲正, 轧差, 账龄, 不良, 逾期区间, 应计, 摊销, 溢缴款, "
        "代扣协议, 回盘, 日终, 账套, 起息, DPD, M1, M2, M3"
    ),
    "en": _words(
        "dpd, accrual, accrued, charge-off, charged off, written off, write-off, provision, "
        "exposure, delinquency, bucket, arrears, amortise, amortize, amortization, "
        "outstanding balance, remit, ledger, suspense, principal out, payoff, value date, mandate, "
        "waiver, restructure"
    ),
}
"""Words a borrower would have to ask about: they do not stand on their pages."""
NOT_YOU = {
    "zh": _words("你, 借款人, 用户, 客户, 贷款人"),
    "en": _words("the borrower, the customer, the user, borrower's"),
}
"""A borrower's page speaks to its reader."""

ALLOWED: dict[tuple[str, str], str] = {}
"""(code, word): why it may stand there all the same."""

NAMES = set(
    _words(
        "API, Allow, Bearer, C, CSV, Ctrl-C, D, DUEWELL_DATABASE_URL, Duewell, Duewell-Version, "
        "GB18030, GBK, GENERATED, I, Idempotency-Key, JSON, LOAN, MB, MiB, NUL, P, PDF, Parquet, "
        "PostgreSQL, R, RAY_ADDRESS, REF, SIGTERM, SMS, SYNTHETIC, TOML, URL, UTC, UTF-8, Webhook, "
        "X-CSRF-Token, XLSX, XML, Z"
    )
)
"""What is written with a capital in the middle of an English sentence."""
CHINESE_FACTS = {"what", "field", "kind", "reason"}
"""Facts that are put in as Chinese words, so that no space parts them from the sentence."""
