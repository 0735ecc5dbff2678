"""Calls of the API, by their rooms.

Gives    accounts, books, clocks, days, hooks, lines, loans, own, persons, rails, reports, requests, system.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from duewell.client.calls import (
    accounts,
    books,
    clocks,
    days,
    hooks,
    lines,
    loans,
    own,
    persons,
    rails,
    reports,
    requests,
    system,
)

__all__ = [
    "accounts",
    "books",
    "clocks",
    "days",
    "hooks",
    "lines",
    "loans",
    "own",
    "persons",
    "rails",
    "reports",
    "requests",
    "system",
]
