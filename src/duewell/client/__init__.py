"""The Python client of the API: typed calls made from its document, with retries that never do a thing twice.

Needs    a server's address and a key.
Gives    Duewell and AsyncDuewell, which do calls; the calls, one a route, by their rooms; Problem.
Never    imports anything else of Duewell: it is all a program needs that talks to a server.
Source   docs/reference/client.md; `calls` and `shapes` are written by script/client.
"""

from duewell.client._core import AsyncDuewell, Call, Duewell, Problem

__all__ = ["AsyncDuewell", "Call", "Duewell", "Problem"]
