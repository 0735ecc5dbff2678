"""Texts: what is to be said, as a code with its parameters, before any language.

Needs    a code and the values its sentence names.
Gives    Message, and the message of a refusal or fault.
Never    holds a sentence: those live in the catalogues, one file a language.
Source   docs/decisions; both languages carry the same codes from the first day.
"""

from duewell.domain.texts._messages import Message, message_of

__all__ = ["Message", "message_of"]
