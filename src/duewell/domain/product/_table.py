"""A table of a file an operator wrote: each key asked for by its kind, none left unasked.

Needs    plain data, as a TOML or JSON reader gives it.
Gives    Table.
Never    reads a float, or passes over a key nobody asked for.
Source   docs/reference/products.md and docs/reference/caps.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput
from duewell.domain.money import parse_rate_pct

_TEXT_MAX = 200
Choice = TypeVar("Choice", bound=Enum)


class Table:
    """One table of a file: each key is asked for by its kind, and none may be left unasked."""

    def __init__(self, given: object, path: str) -> None:
        if not isinstance(given, Mapping):
            raise InvalidInput("product-field-unreadable", field=path, expected="[table]")
        self.path = path
        self._left = dict(given)

    def value(self, name: str, default: Any = None) -> Any:
        """A key's value, or the default; a key without one must be there."""
        if name not in self._left and default is None:
            raise InvalidInput("product-field-missing", field=self._named(name))
        return self._left.pop(name, default)

    def has(self, name: str) -> bool:
        """Whether a key is there and was not asked for yet."""
        return name in self._left

    def text(self, name: str, default: str | None = None) -> str:
        """A short text."""
        found = self.value(name, default)
        if not isinstance(found, str) or not 1 <= len(found) <= _TEXT_MAX or not found.isprintable():
            raise self.refusal(name, '"..."')
        return found

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number, zero or more."""
        found = self.value(name, default)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 10**9:
            raise self.refusal(name, "0, 1, 2, ...")
        return found

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of an enumeration's values."""
        found = self.value(name, default)
        for each in kind:
            if found is each or (isinstance(found, str) and found == str(each.value)):
                return each
        raise self.refusal(name, " | ".join(f'"{each.value}"' for each in kind))

    def span(self, name: str, read: Callable[[Any], Any], expected: str) -> tuple[Any, Any]:
        """Both ends of a range, or one value that stands for both."""
        found = self.value(name)
        ends = found if isinstance(found, list | tuple) else [found, found]
        if len(ends) != 2 or any(isinstance(each, float | bool) for each in ends):
            raise self.refusal(name, expected)
        return read(ends[0]), read(ends[1])

    def day(self, name: str) -> date:
        """A date, as TOML has it or as text."""
        found = self.value(name)
        if type(found) is date:
            return found
        if not isinstance(found, str):
            raise self.refusal(name, "2026-01-31")
        return parse_date(found)

    def share(self, name: str) -> Fraction | None:
        """A percentage as a share; None where the key is not there."""
        return parse_rate_pct(self.value(name)).per_year if self.has(name) else None

    def table(self, name: str) -> Table:
        """A table inside this one."""
        return Table(self.value(name), self._named(name))

    def tables(self, name: str) -> list[Table]:
        """A list of tables; none where the key is not there."""
        found = self.value(name, ())
        if not isinstance(found, list | tuple):
            raise self.refusal(name, "[[table]]")
        return [Table(each, f"{self._named(name)}[{k}]") for k, each in enumerate(found, start=1)]

    def end(self) -> None:
        """Refuse keys that nobody asked for."""
        if self._left:
            raise InvalidInput("product-field-unknown", field=self._named(str(next(iter(self._left)))[:60]))

    def refusal(self, name: str, expected: str) -> InvalidInput:
        """What is wrong with a key's value."""
        return InvalidInput("product-field-unreadable", field=self._named(name), expected=expected)

    def _named(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name
