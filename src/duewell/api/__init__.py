"""The API: programs and pages come in here; parses, calls one verb, answers.

Needs    services; the clock and the surroundings, which only a door may ask.
Gives    make_app: the application, refused to start while a route lacks its permission; server_config.
Never    holds a rule of lending, or answers in another shape than its document says.
Source   docs/reference/api.md.
"""

from duewell.api._app import make_app
from duewell.api._door import answer
from duewell.api._middleware import Around
from duewell.api._serving import listen, server_config
from duewell.api._state import State, open_state

__all__ = ["Around", "State", "answer", "listen", "make_app", "open_state", "server_config"]
