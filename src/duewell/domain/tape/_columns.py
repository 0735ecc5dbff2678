"""Column maps: which column of a tape holds which figure, and what holds for every row.

Needs    plain text, for example a TOML table.
Gives    ColumnMap, checked.
Never    names a column that holds a lender's own status of a loan.
Source   docs/decisions/0005-taking-a-book-over.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from duewell.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Columns by what they hold; "" where the tape has none. `currency` and `due_day` hold for all rows.

    `issued` is a date (2018-03-15) or a month (2018-03, Mar-2018); a month needs a chosen due day:
    `due_day` "1" to "28" for every loan, or "inferred" from the money paid (see _positions.py).
    """

    ref: str
    principal: str
    rate_pct: str
    instalments: str
    issued: str
    principal_out: str
    instalment: str = ""
    principal_paid: str = ""
    interest_paid: str = ""
    currency_column: str = ""
    currency: str = ""
    due_day: str = "inferred"
    product: str = "tape"

    def columns(self) -> tuple[str, ...]:
        """The columns the map reads."""
        constants = ("currency", "due_day", "product")
        named = (getattr(self, each.name) for each in fields(self) if each.name not in constants)
        return tuple(name for name in named if name)


LENDING_CLUB = ColumnMap(
    ref="rownames",
    principal="loan_amount",
    rate_pct="interest_rate",
    instalments="term",
    issued="issue_month",
    principal_out="balance",
    instalment="installment",
    principal_paid="paid_principal",
    interest_paid="paid_interest",
    currency="USD",
    product="lending-club",
)


def column_map(given: Mapping[str, object]) -> ColumnMap:
    """The map a user wrote. Refuses an unknown or missing field and a value that is not text."""
    known = {each.name for each in fields(ColumnMap)}
    for name, value in given.items():
        if name not in known:
            raise InvalidInput("column-map-field-unknown", field=name[:60], known=", ".join(sorted(known)))
        if not isinstance(value, str):
            raise InvalidInput("column-map-not-text", field=name)
    for name in ("ref", "principal", "rate_pct", "instalments", "issued", "principal_out"):
        if not given.get(name):
            raise InvalidInput("column-map-field-missing", field=name)
    made = ColumnMap(**{name: str(value) for name, value in given.items()})
    if not (made.currency or made.currency_column):
        raise InvalidInput("column-map-field-missing", field="currency")
    if made.due_day != "inferred" and made.due_day not in {str(day) for day in range(1, 29)}:
        raise InvalidInput("column-map-due-day", given=made.due_day[:20])
    return made
