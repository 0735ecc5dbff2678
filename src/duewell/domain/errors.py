"""Errors: the one tree of everything that can go wrong, and the lowest rung of the domain.

    DuewellError
    |-- Refusal               the world asked for something we may not do: a 4xx at the door, wakes nobody
    |   |-- InvalidInput      what was given cannot be read or contradicts itself
    |   |-- NotFound          what was named is not there
    |   |-- Conflict          it clashes with what is already so
    |   |-- PeriodClosed      the day or period it belongs to is closed
    |   `-- CurrencyMismatch  amounts of two currencies met in one sum
    `-- Fault                 we or a neighbour broke: logged, retried or paged; a 5xx at the door

Needs    a stable kebab-case code and the facts that explain it.
Gives    exceptions carrying `.code` and `.facts`; the catalogues turn both into a sentence.
Never    holds a sentence for people, nor decides who is told.
Source   docs/decisions; one code, one obstacle, kept for ever once published.
"""

import re

__all__ = [
    "Conflict",
    "CurrencyMismatch",
    "DuewellError",
    "Fault",
    "InvalidInput",
    "NotFound",
    "PeriodClosed",
    "Refusal",
]

_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class DuewellError(Exception):
    """The root: a stable `code` and the `facts` needed to explain it.

    >>> DuewellError("amount-empty", example="12.50").facts
    {'example': '12.50'}
    """

    code: str
    facts: dict[str, object]

    def __init__(self, code: str, /, **facts: object) -> None:
        assert _CODE.fullmatch(code), f"an error code is kebab-case, not {code!r}"
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with the facts as a second positional argument, so an error
        # raised in a worker process could not come home.
        return (_rebuild, (type(self), self.code, self.facts))


def _rebuild(kind: type[DuewellError], code: str, facts: dict[str, object]) -> DuewellError:
    return kind(code, **facts)


class Refusal(DuewellError):
    """The world asked for something we may not do."""


class Fault(DuewellError):
    """We or a neighbour broke."""


class InvalidInput(Refusal):
    """What was given cannot be read or contradicts itself."""


class NotFound(Refusal):
    """What was named is not there."""


class Conflict(Refusal):
    """It clashes with what is already so."""


class PeriodClosed(Refusal):
    """The day or period it belongs to is closed."""


class CurrencyMismatch(Refusal):
    """Amounts of two currencies met in one sum or comparison."""
