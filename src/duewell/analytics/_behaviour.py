"""Behaviour: how a made-up borrower moves between months past due, and on which day he pays.

Needs    numbers drawn in [0, 1) by the caller.
Gives    next_months, a monthly Markov chain over 0, 1, 2, 3 and 4 or more months past due; days_from_due.
Never    draws by itself, or touches an amount.
Source   UCI "default of credit card clients" (Yeh and Lien 2009: 30,000 cards of a bank in Taiwan, April to
         September 2005) for the transitions; Lending Club's own loan tape for the level of the entry rate.
"""

from __future__ import annotations

__all__ = ["ENTRY_CARDS", "ENTRY_INSTALMENTS", "PER", "TRANSITIONS", "days_from_due", "next_months", "row_of"]

PER = 10_000

# Monthly transitions per 10,000; row: months past due before, column: after; the last of each is 4 or more.
# All 5 x 30,000 month-to-month pairs of PAY_6 .. PAY_2, PAY_0 are counted, none left out. Cleaning:
# -2, -1 and 0 (nothing to pay, paid in full, minimum paid) are 0 months. The tape hardly knows a month "1"
# before September and goes from 0 straight to "2" instead (6,209 times, against 1,860 times to "1"). Nobody
# is two months late one month after being up to date, so a month is read as at most one more than the month
# before it: min(before + 1, recorded). April, which has no month before it, stands as recorded.
# Counts behind the rows: 131,792; 5,252; 11,349; 891; 716. Rounded by largest remainder to 10,000.
TRANSITIONS: tuple[tuple[int, int, int, int, int], ...] = (
    (9388, 612, 0, 0, 0),
    (3844, 1645, 4511, 0, 0),
    (1921, 781, 6590, 708, 0),
    (1212, 887, 3490, 1785, 2626),
    (321, 461, 2249, 475, 6494),
)

ENTRY_CARDS = TRANSITIONS[0][1]
"""The entry rate 0 -> 1 of the cards themselves, per 10,000 a month."""

# Instalment loans are entered far more carefully than cards were in Taiwan in 2005. Lending Club's tape of
# 10,000 loans issued January to March 2018, seen at mid 2018 with three to five dues behind them: of about
# 9,500 live, 67 were in grace, 38 late 16-30 days, 66 late 31-120 and 7 charged off, 178 together. About 19
# of them are people a few days late inside the month (3% of dues, two days each), so the chain has to give
# about 159. An entry rate of 70 gives 159.5 of 9,500: 83 one month late and 76 more, against 86 and 73 on the
# tape, so the level is fitted and the mix agrees by itself.
ENTRY_INSTALMENTS = 70
"""The entry rate that gives the arrears of the Lending Club tape, per 10,000 a month."""

# Of payers who pay inside the month, per 10,000: first day from the due date, last day, share. The tape says
# only how many are in grace; the split between the early and the punctual is ours.
_PAYS_ON: tuple[tuple[int, int, int], ...] = ((-3, -1, 1300), (0, 0, 8340), (1, 3, 300), (4, 15, 60))


def row_of(months: int, entry: int) -> tuple[int, ...]:
    """The transition row of a number of months past due, with this entry rate in row 0."""
    if months == 0:
        return (PER - entry, entry, 0, 0, 0)
    return TRANSITIONS[min(months, len(TRANSITIONS) - 1)]


def next_months(months: int, entry: int, drawn: float) -> int:
    """Months past due after the next due date; `drawn` in [0, 1) decides.

    Edges     4 or more staying there misses another one: five, six and so on are counted on.
    """
    at = int(drawn * PER)
    for after, share in enumerate(row_of(months, entry)):
        at -= share
        if at < 0:
            return months + 1 if months >= 4 and after == 4 else after
    raise AssertionError("a row of transitions adds up to 10,000")


def days_from_due(drawn: float, within: float) -> int:
    """On which day from the due date someone pays who pays inside the month; negative is early."""
    at = int(drawn * PER)
    for first, last, share in _PAYS_ON:
        at -= share
        if at < 0:
            return first + int(within * (last - first + 1))
    raise AssertionError("the shares of payment days add up to 10,000")
