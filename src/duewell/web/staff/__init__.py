"""The console of staff, a page file a noun. Parse, call one verb, show.

Needs    the doors of the API; services; a signed-in member of staff.
Gives    DOORS.
Never    shows a page whose permission its reader lacks, or does alone what a book wants two persons for.
Source   docs/reference/console.md.
"""

from duewell.web.staff import (
    admin,
    customers,
    developers,
    frame,
    jobs,
    ledger,
    loan,
    me,
    overdue,
    portfolio,
    products,
    rail_files,
    recording,
    requests,
    sandboxes,
    suspense,
    tape,
    trail,
)

DOORS = (
    frame.door,
    customers.door,
    overdue.door,
    portfolio.door,
    loan.door,
    recording.door,
    ledger.door,
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
