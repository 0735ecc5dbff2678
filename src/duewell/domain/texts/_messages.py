"""Messages: a code and its parameters.

Needs    a kebab-case code; values that a catalogue can show.
Gives    Message; message_of an error.
Never    renders.
Source   docs/decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from duewell.domain.errors import DuewellError

__all__ = ["Message", "message_of"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say, in no language yet.

    Shapes    params holds the values the sentence names: text, whole numbers, dates, Money, Rate, or another
              Message. They are copied, so the message cannot change under its holder.

    >>> Message("amount-empty", {"example": "12.50"}).code
    'amount-empty'
    """

    code: str
    # Values such as lists have no hash, and equal messages have equal codes, so the code alone hashes.
    params: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        assert self.code, "a message has a code"
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))

    def __reduce__(self) -> tuple[object, ...]:
        # A read-only mapping cannot be pickled, and messages travel home from worker processes.
        return (Message, (self.code, dict(self.params)))


def message_of(error: DuewellError) -> Message:
    """The message of a refusal or fault: its code, with its facts as parameters."""
    return Message(error.code, error.facts)
