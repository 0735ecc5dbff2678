"""The line: revolving credit folded at two dates into statements, balances by kind, how late it is.

Needs    facts, agenda, product, calendar, money.
Gives    fold_line, LineState, line_ageing, line_agenda, line_standing, line_look, replay_line, and proofs.
Never    knows an account, a loan, a contact, or today's date.
Source   docs/reference/line.md; docs/decisions/0001 and 0007.
"""

from duewell.domain.line._ageing import line_ageing, line_overdue_parts, next_due, past_due
from duewell.domain.line._agenda import line_agenda
from duewell.domain.line._limits import draw_refusal
from duewell.domain.line._movements import prove_line_movements
from duewell.domain.line._parts import Plan, Statement
from duewell.domain.line._proof import ProvenLine, prove_line
from duewell.domain.line._recorder import Charge, Late, LineSlice, Recorder
from duewell.domain.line._replay import LineReplay, replay_line
from duewell.domain.line._standing import line_look, line_standing
from duewell.domain.line._state import Folding, LineState, fold_line
from duewell.domain.line._statements import LineBook

__all__ = [
    "Charge",
    "Folding",
    "Late",
    "LineBook",
    "LineReplay",
    "LineSlice",
    "LineState",
    "Plan",
    "ProvenLine",
    "Recorder",
    "Statement",
    "draw_refusal",
    "fold_line",
    "line_ageing",
    "line_agenda",
    "line_look",
    "line_overdue_parts",
    "line_standing",
    "next_due",
    "past_due",
    "prove_line",
    "prove_line_movements",
    "replay_line",
]
