"""The pages: the borrower's app. Parse, call one verb, show.

Needs    the doors of the API; services.
Gives    DOORS to hang on the application, and what shows a browser that something went wrong.
Never    holds a rule of lending, or needs a script.
Source   docs/reference/pages.md.
"""

from duewell.web._borrower import door
from duewell.web._pages import show_wrong

DOORS = (door,)

__all__ = ["DOORS", "show_wrong"]
