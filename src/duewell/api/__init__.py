"""The API, and the doors that pages hang beside it: parses, calls one verb, answers.

Needs    services; the clock and the surroundings, which only a door may ask.
Gives    make_app: the application, refused to start while a route lacks its permission; Door and Ask, which
         pages declare their routes with; cookie_name, forget_cookie, language, policy;
         server_config and listen.
Never    holds a rule of lending, or answers in another shape than its document says.
Source   docs/reference/api.md.
"""

from duewell.api._app import make_app
from duewell.api._cookies import cookie_name, forget_cookie
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._middleware import Around, policy
from duewell.api._problems import language
from duewell.api._serving import listen, server_config
from duewell.api._state import State, open_state

__all__ = [
    "Around",
    "Ask",
    "Asked",
    "Door",
    "State",
    "answer",
    "cookie_name",
    "forget_cookie",
    "language",
    "listen",
    "make_app",
    "open_state",
    "policy",
    "server_config",
]
