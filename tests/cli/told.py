"""The command line inside the test's own process: many times as fast as a process a command.

What is lost is the end of a process, which test_commands.py covers.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any
from unittest.mock import patch

from duewell.cli import main


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Its answer for machines."""
        assert self.code == 0, self.err
        made: dict[str, Any] = json.loads(self.out)
        return made

    @property
    def problem(self) -> dict[str, Any]:
        """Its refusal for machines."""
        assert self.code and not self.out, (self.code, self.out)
        made: dict[str, Any] = json.loads(self.err)
        assert made["type"] == f"urn:duewell:problem:{made['title']}" and made["detail"]
        return made


def tell(url: str, *words: str, lang: str = "en") -> Told:
    """Run one command."""
    out, err, code = StringIO(), StringIO(), 0
    env = {"DUEWELL_DATABASE_URL": url, "DUEWELL_LANG": lang}
    with (
        patch.dict(os.environ, env),
        patch.object(sys, "argv", ["duewell", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Told(code, out.getvalue(), err.getvalue())


def done(url: str, *words: str, lang: str = "en") -> str:
    """What a command that is carried out says."""
    told = tell(url, *words, lang=lang)
    assert told.code == 0, (words, told.err)
    return told.out
