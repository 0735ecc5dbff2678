"""Properties, round after round: every hypothesis test of the suite, each round with another seed.

Needs    the tests, a first seed, how many seconds there are.
Gives    Properties: rounds, test cases that passed, tests that failed.
Never    scales a test behind its back: a round is the suite as it stands, and its seed repeats it exactly.
Source   docs/soak.md keeps the last result.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_CASES = re.compile(r"(\d+) passing(?: examples)?, (\d+) failing")
_TESTS = re.compile(r"(\d+) passed")


@dataclass(slots=True)
class Properties:
    """What the rounds came to. `failed_seeds` are the seeds of the rounds in which a test failed."""

    rounds: int = 0
    tests: int = 0
    cases: int = 0
    failed_seeds: tuple[int, ...] = ()


def run(*, seed: int, seconds: float, tell: Callable[[str], None]) -> Properties:
    """Rounds with seeds `seed`, `seed + 1` ... until the time is used, at least one; stops at a failure."""
    found = Properties()
    end = time.monotonic() + seconds
    while not found.rounds or (time.monotonic() < end and not found.failed_seeds):
        each = seed + found.rounds
        command = [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", "-p", "no:cacheprovider"]
        command += ["--hypothesis-show-statistics", f"--hypothesis-seed={each}", "tests"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False)
        cases = sum(int(passing) for passing, _ in _CASES.findall(done.stdout))
        passed = _TESTS.findall(done.stdout)
        found.rounds += 1
        found.cases += cases
        found.tests = int(passed[-1]) if passed else 0
        if done.returncode != 0 or not cases:
            found.failed_seeds += (each,)
            tell(done.stdout[-20_000:] + done.stderr[-5_000:])
        tell(f"properties: seed {each}, {found.tests} tests, {cases:,} cases")
    return found
