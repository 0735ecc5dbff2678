"""The API, and the doors that pages hang beside it: parses, calls one verb, answers.

Needs    services; the clock and the surroundings, which only a door may ask.
Gives    make_app: the application, refused to start while a route lacks its permission; Door and Ask, which
         pages declare their routes with; COOKIE, language.
Never    holds a rule of lending, or answers in another shape than its document says.
Source   docs/reference/api.md.
"""

from duewell.api._app import make_app
from duewell.api._door import COOKIE, Ask, Asked, Door
from duewell.api._problems import language
from duewell.api._state import State, open_state

__all__ = ["COOKIE", "Ask", "Asked", "Door", "State", "language", "make_app", "open_state"]
