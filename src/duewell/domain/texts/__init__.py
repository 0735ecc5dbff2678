"""Texts: what is to be said, as a code with its parameters, before any language; and how figures are written.

Needs    a code and the values its sentence names; an amount, a date, a rate.
Gives    Message, and the message of a refusal or fault; formats of money, dates and rates by language.
Never    holds a sentence: those live in the catalogues, one folder a language.
Source   docs/decisions; both languages carry the same codes from the first day. docs/reference/formats.md.
"""

from duewell.domain.texts._formats import (
    capital_amount,
    cost_rate_text,
    day_text,
    instant_text,
    money_text,
    plain_amount,
    rate_text,
    read_money_text,
    short_day_text,
)
from duewell.domain.texts._messages import Message, message_of

__all__ = [
    "Message",
    "capital_amount",
    "cost_rate_text",
    "day_text",
    "instant_text",
    "message_of",
    "money_text",
    "plain_amount",
    "rate_text",
    "read_money_text",
    "short_day_text",
]
