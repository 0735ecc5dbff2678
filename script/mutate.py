"""Mutants of the core rooms, each run against the tests that reach it, the quickest first.

Needs    mutmut, which writes the mutants below mutants/ by [tool.mutmut]; pytest and hypothesis.
Gives    counts on the last lines, and mutants/result.json: a mutant's end, and the test that killed it.
Never    changes a file outside mutants/.
Source   docs/reference/mutation.md.

The tests are collected once; for each mutant a process is forked, in which it stands for its function.
A mutant of a function that only runs while a module is read cannot be reached so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

ROOMS = ("money", "ledger", "loan")
MUTANTS = Path("mutants")
TESTS = [
    *(
        f"tests/domain/{room}"
        for room in ("money", "ledger", "loan", "postings", "tape", "disclosure", "texts")
    ),
    "tests/conformance",
    "tests/oracle",
]
ORACLE_LOANS = 150
EXAMPLES_PART = 6
SECONDS_MORE = 10


# -- the mutants -----------------------------------------------------------------------------------


def write_mutants() -> None:
    """Write every mutant anew, as `mutmut run` would."""
    import mutmut.__main__ as tool

    shutil.rmtree(MUTANTS, ignore_errors=True)
    MUTANTS.mkdir()
    tool.copy_src_dir()
    tool.copy_also_copy_files()
    tool.setup_source_paths()
    tool.store_lines_covered_by_tests()
    tool.create_mutants(1)


def names_of(room: str) -> list[str]:
    """The names of a room's mutants."""
    files = (MUTANTS / "src/duewell/domain" / room).glob("*.meta")
    return sorted(name for path in files for name in json.loads(path.read_text("utf-8"))["exit_code_by_key"])


# -- inside pytest ---------------------------------------------------------------------------------


class Switch:
    """What stands for mutmut's trampoline: it calls the function, or the mutant put in its place."""

    def __init__(self) -> None:
        self.reached: set[str] | None = None
        self.places: list[tuple[str, dict[str, Any]]] = []
        """Each function's module and the functions that may stand in its place."""

    def wrap(self, mutants: dict[str, Any], is_classmethod: bool = False) -> Callable[[Any], Any]:
        assert not is_classmethod, "no class method stands in these rooms"

        def decorate(function: Any) -> Any:
            @wraps(function)
            def call(*args: Any, **named: Any) -> Any:
                if self.reached is not None:
                    self.reached.add(name_of(mutants))
                return mutants["_mutmut_orig"](*args, **named)

            self.places.append((function.__module__, mutants))
            return call

        return decorate

    def turn(self, mutant: str) -> None:
        """Let a mutant take the place of its function, in this process and for good."""
        module, _, short = mutant.rpartition(".")
        (mutants,) = [each for place, each in self.places if place == module and short in each]
        mutants["_mutmut_orig"] = mutants[short]


def name_of(mutants: dict[str, Any]) -> str:
    """The name of a function as its mutants carry it."""
    original = mutants["_mutmut_orig"]
    return f"{original.__module__}.{original.__name__.removesuffix('__mutmut_orig')}"


SWITCH = Switch()


def told(item: Any) -> bool:
    """Run one test; whether it passed."""
    from _pytest.runner import runtestprotocol

    return not any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))


def shorten(items: list[Any]) -> None:
    """Fewer examples and fewer random loans, for a first pass."""
    from hypothesis import settings

    for item in items:
        old = getattr(item.obj, "_hypothesis_internal_use_settings", None)
        if old is not None:
            item.obj._hypothesis_internal_use_settings = settings(
                old, max_examples=max(10, old.max_examples // EXAMPLES_PART)
            )
    sys.modules["tests.oracle.test_oracle"].LOANS = ORACLE_LOANS  # type: ignore[attr-defined]


class Runner:
    """Runs mutants in forked processes: the tests that reach each, quickest first, till one fails."""

    def __init__(self, items: list[Any], jobs: int) -> None:
        self.items = {item.nodeid: item for item in items}
        self.jobs = jobs
        self.seconds: dict[str, float] = {}
        self.tests: dict[str, list[str]] = defaultdict(list)
        self.ends: dict[str, dict[str, Any]] = {}
        self.running: dict[int, tuple[str, int]] = {}

    def learn(self) -> None:
        """Run every test once: how long it takes, and which functions it reaches."""
        for name, item in self.items.items():
            SWITCH.reached, begun = set(), time.perf_counter()
            if not told(item):
                print(f"left out, for it fails among the mutants: {name}")
                continue
            self.seconds[name] = time.perf_counter() - begun
            for function in SWITCH.reached:
                self.tests[function].append(name)
        SWITCH.reached = None

    def run(self, mutants: list[str]) -> None:
        for mutant in mutants:
            tests = sorted(self.tests[mutant.rpartition("__mutmut_")[0]], key=self.seconds.__getitem__)
            if not tests:
                self.ends[mutant] = {"end": "not reached"}
                continue
            while len(self.running) >= self.jobs:
                self.reap()
            reads, writes = os.pipe()
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                self.try_one(mutant, tests, writes)
            os.close(writes)
            self.running[pid] = (mutant, reads)
        while self.running:
            self.reap()

    def reap(self) -> None:
        pid, _ = os.wait()
        mutant, reads = self.running.pop(pid)
        with os.fdopen(reads) as pipe:
            self.ends[mutant] = json.loads(pipe.read() or '{"end": "killed", "by": "the process died"}')

    def try_one(self, mutant: str, tests: list[str], writes: int) -> None:
        """In the forked process: never returns."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)

        def end(how: str, by: str = "") -> None:
            os.write(writes, json.dumps({"end": how, "by": by}).encode())
            os._exit(0)

        SWITCH.turn(mutant)
        for test in tests:
            signal.signal(signal.SIGALRM, lambda *_, test=test: end("killed", f"{test} (too slow)"))
            signal.alarm(int(SECONDS_MORE * (1 + self.seconds[test])))
            try:
                passed = told(self.items[test])
            except BaseException:
                passed = False
            if not passed:
                end("killed", test)
        end("survived")


class Plugin:
    """Takes the place of pytest's loop over tests."""

    def __init__(self, mutants: list[str], jobs: int, is_full: bool) -> None:
        self.mutants, self.jobs, self.is_full = mutants, jobs, is_full

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        if not self.is_full:
            shorten(session.items)
        runner = Runner(session.items, self.jobs)
        runner.learn()
        runner.run(self.mutants)
        Path("result.json").write_text(json.dumps(runner.ends, indent=1), "utf-8")
        return True


# -- the command -----------------------------------------------------------------------------------


def chosen(asked: argparse.Namespace) -> list[str]:
    """The mutants to run: those named, or all of a room, or a sample of them."""
    if asked.names:
        return list(asked.names)
    every = [name for room in asked.room or ROOMS for name in names_of(room)]
    return random.Random(asked.seed).sample(every, min(asked.sample or len(every), len(every)))


def lines_of(ends: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, each in sorted(ends.items()):
        if each["end"] != "killed":
            yield f"{each['end']}: {name}"
    counts = Counter(each["end"] for each in ends.values())
    yield ", ".join(f"{count} {end}" for end, count in sorted(counts.items()))


def inside(mutants: list[str], jobs: int, is_full: bool) -> int:
    """In the process whose `duewell` is the mutated one."""
    import mutmut.mutation.trampoline as trampoline

    trampoline.wrap_in_trampoline = SWITCH.wrap
    options = ["-q", "-s", "-p", "no:cacheprovider", "--assert=plain", "--tb=native", "--rootdir=."]
    return int(
        pytest.main(
            [*options, "--hypothesis-profile=mutation", *TESTS], plugins=[Plugin(mutants, jobs, is_full)]
        )
    )


def main() -> int:
    asked = argparse.ArgumentParser(description="Mutation testing of money, ledger and loan.")
    asked.add_argument("names", nargs="*", help="mutants by name; else all, or a sample")
    asked.add_argument("--room", action="append", choices=ROOMS)
    asked.add_argument("--sample", type=int, help="how many, drawn at random")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--jobs", type=int, default=1)
    asked.add_argument(
        "--full", action="store_true", help="every example and all random loans: for survivors"
    )
    asked.add_argument("--keep", action="store_true", help="do not write the mutants anew")
    asked.add_argument("--inside", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.inside:
        return inside(Path(given.inside).read_text("utf-8").split(), given.jobs, given.full)
    if not given.keep:
        write_mutants()
    names = (MUTANTS / "chosen.txt").resolve()
    names.write_text("\n".join(chosen(given)), "utf-8")
    command = [
        sys.executable,
        str(Path(__file__).resolve()),
        "--inside",
        str(names),
        "--jobs",
        str(given.jobs),
    ]
    environment = {**os.environ, "PYTHONPATH": "src:."}
    code = subprocess.run(
        [*command, *(["--full"] if given.full else [])], cwd=MUTANTS, env=environment
    ).returncode
    if code not in (0, 5):  # pytest says 5 where it ran no test of its own
        return code
    for line in lines_of(json.loads((MUTANTS / "result.json").read_text("utf-8"))):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
