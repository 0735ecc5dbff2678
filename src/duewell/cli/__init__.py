"""The command line: parses, calls one verb, renders.

Needs    services; the clock and the surroundings, which only a door may ask.
Gives    main(), the `duewell` command.
Never    holds a rule of lending.
Source   docs/reference/commands.md: exit codes 0 done, 1 refused, 2 usage, 3 fault.
"""

from __future__ import annotations

from duewell.cli._commands import main

__all__ = ["main"]
