"""The console of staff, a page file a noun. Parse, call one verb, show.

Needs    the doors of the API; services; a signed-in member of staff.
Gives    DOORS.
Never    shows a page whose permission its reader lacks, or does alone what a book wants two persons for.
Source   docs/reference/console.md.
"""

from duewell.web.staff import (
    admin,
    developers,
    frame,
    jobs,
    me,
    products,
    rail_files,
    requests,
    sandboxes,
    suspense,
    tape,
    trail,
)

DOORS = (
    frame.door,
    requests.door,
    products.door,
    suspense.door,
    admin.door,
    trail.door,
    me.door,
    developers.door,
    sandboxes.door,
    jobs.door,
    rail_files.door,
    tape.door,
)

__all__ = ["DOORS"]
