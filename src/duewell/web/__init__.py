"""The pages: the borrower's app and the console of staff. Parse, call one verb, show.

Needs    the doors of the API; services.
Gives    DOORS to hang on the application, and what shows a browser that something went wrong.
Never    holds a rule of lending, or needs a script.
Source   docs/reference/pages.md; docs/reference/console.md; docs/reference/design.md.
"""

from duewell.web import borrower, components, demo, staff
from duewell.web._common import door
from duewell.web._pages import show_wrong

DOORS = (door, components.door, demo.door, *borrower.DOORS, *staff.DOORS)

__all__ = ["DOORS", "show_wrong"]
