"""Cases: how many test cases of a run passed and failed, from pytest's own report.

Needs    the path of a JUnit XML file; one that is not there is a run that never came to its tests.
Gives    "passed failed" on standard output. An error counts as failed, a skipped case as neither.
Never    reads pytest's text, which is for people.
Source   script/test.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as tree
from pathlib import Path


def counts(path: Path) -> tuple[int, int]:
    """Cases passed and failed."""
    if not path.is_file():
        return 0, 0
    passed = failed = 0
    for case in tree.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" not in kinds:
            passed += 1
    return passed, failed


if __name__ == "__main__":
    print(*counts(Path(sys.argv[1])))
