"""The API, and the doors that pages hang beside it: parses, calls one verb, answers.

Needs    services; the clock and the surroundings, which only a door may ask.
Gives    make_app: the application, refused to start while a route lacks its permission; Door and Ask, which
         pages declare their routes with; cookie_name, forget_cookie, language, policy; server_config, listen;
         what pages of requests, of webhooks and of long lists share with the routes: acts, request_of and
         others.
Never    holds a rule of lending, or answers in another shape than its document says.
Source   docs/reference/api.md.
"""

from duewell.api._app import make_app
from duewell.api._cookies import cookie_name, forget_cookie
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._lists import after, cursor_of
from duewell.api._middleware import BODY_MAX, Around, policy
from duewell.api._problems import BadRequest, TooLarge, language
from duewell.api._rail_acts import masked_payer, payee_of_request, wait_for_second
from duewell.api._requests import acts, place_of_request, request_of, request_place, sees_request
from duewell.api._serving import listen, server_config
from duewell.api._state import State, open_state
from duewell.api._webhooks import endpoint_of

__all__ = [
    "BODY_MAX",
    "Around",
    "Ask",
    "Asked",
    "BadRequest",
    "Door",
    "State",
    "TooLarge",
    "acts",
    "after",
    "answer",
    "cookie_name",
    "cursor_of",
    "endpoint_of",
    "forget_cookie",
    "language",
    "listen",
    "make_app",
    "masked_payer",
    "open_state",
    "payee_of_request",
    "place_of_request",
    "policy",
    "request_of",
    "request_place",
    "sees_request",
    "server_config",
    "wait_for_second",
]
