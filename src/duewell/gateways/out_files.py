"""Files written for others: whole or not at all.

Needs    a path.
Gives    replacing: a temporary file beside the path, which takes its name when the block ends well.
Never    makes a folder, leaves a half-written file, or takes the place of one unless it is told to.
Source   docs/reference/commands.md, option -o.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duewell.domain.errors import Conflict, InvalidInput


def check_output(path: Path, *, is_forced: bool) -> None:
    """Refuse a path that cannot be written, before the work is done.

    Refuses   InvalidInput "output-not-writable", and Conflict "output-there-already" unless forced.
    """
    try:
        if not path.parent.is_dir():
            raise NotADirectoryError(None, os.strerror(2))
        if path.is_dir():
            raise IsADirectoryError(None, os.strerror(21))
        is_there = path.exists()
    except (OSError, ValueError) as problem:
        raise _not_writable(path, problem) from problem
    if is_there and not is_forced:
        raise Conflict("output-there-already", path=str(path)[:200])


@contextmanager
def replacing(path: Path, *, is_forced: bool) -> Iterator[Path]:
    """A temporary file in the same folder, put in place of `path` at the end; removed if anything goes wrong.

    Refuses   as check_output.
    """
    check_output(path, is_forced=is_forced)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        os.close(handle)
    except (OSError, ValueError) as problem:
        raise _not_writable(path, problem) from problem
    made = Path(name)
    try:
        yield made
        made.chmod(0o644)
        # Who asked not to replace a file is asked again: it may have come meanwhile.
        check_output(path, is_forced=is_forced)
        made.replace(path)
    except OSError as problem:
        raise _not_writable(path, problem) from problem
    finally:
        made.unlink(missing_ok=True)


def _not_writable(path: Path, problem: Exception) -> InvalidInput:
    told = getattr(problem, "strerror", None) or str(problem)
    return InvalidInput("output-not-writable", path=str(path)[:200], problem=told[:200])
