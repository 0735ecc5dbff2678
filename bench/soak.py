"""The soak's door: properties with fresh seeds, days under kill -9, large books; as long as one likes.

Needs    --minutes, or --kills for how many kills must land; --seed to repeat a run; --loans for large books.
Gives    a line of counts, and docs/soak.md; exit code 1 when anything failed.
Never    hides a seed: each round and journey prints its own. Fills a disk: what a book needs is asked first.
Source   shared/architecture.md, section 8: what outgrows script/test moves here, leaving a sample behind.
"""

from __future__ import annotations

import argparse
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bench import kills, properties, sizes
from bench.figures import Figure
from bench.properties import ROOT

PAGE = ROOT / "docs" / "soak.md"
PARTS = ("properties", "kills", "sizes")
Rows = list[tuple[str, str]]
_HEAD = "# The last soak\n\nWritten by `script/soak`; a seed repeats its part. What it does: bench/soak.py.\n"


def main() -> int:
    """Run the parts asked for and keep their results."""
    options = _options()
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    commit = _commit()
    parts = options.only or [part for part in PARTS if part != "sizes" or options.loans]
    seconds = options.minutes * 60 / max(1, len(set(parts) - {"sizes"}))
    failures = 0
    for part in parts:
        began = time.monotonic()

        def keep(rows: Rows, part: str = part, began: float = began) -> None:
            about = _about(commit=commit, seed=seed, seconds=time.monotonic() - began)
            old = PAGE.read_text("utf-8") if PAGE.exists() else ""
            PAGE.write_text(page(old, part, [*about, *rows]), "utf-8")

        rows, failed = _run(part, options, seed, seconds, keep)
        keep(rows)
        failures += failed
        print(f"soak: {part}: {failed} failures, {time.monotonic() - began:.0f} s, seed {seed}", flush=True)
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/soak", description="Many examples, many kills, one line.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10); at least one round each")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn if left out")
    parser.add_argument("--kills", type=int, default=0, help="kills to land within a day, however long")
    parser.add_argument(
        "--loans", type=int, action="append", default=[], help="sizes of large books, in order"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be repeated")
    return parser.parse_args()


def _run(
    part: str, options: argparse.Namespace, seed: int, seconds: float, keep: Callable[[Rows], None]
) -> tuple[Rows, int]:
    """The rows of a part's table, and how often it failed."""
    if part == "properties":
        return of_properties(properties.run(seed=seed, seconds=seconds, tell=_tell))
    if part == "kills":

        def keep_kills(found: kills.Kills) -> None:
            keep(of_kills(found)[0])

        return of_kills(
            kills.run(seed=seed, seconds=seconds, tell=_tell, landed=options.kills, keep=keep_kills)
        )
    return of_sizes(list(sizes.each(options.loans or [sizes.SOAK_LOANS], tell=_tell)))


def of_properties(proved: properties.Properties) -> tuple[Rows, int]:
    """What the properties came to."""
    return [
        ("properties", f"{proved.tests} tests, {proved.rounds} rounds, each with another seed"),
        ("their cases", f"{proved.cases:,}"),
        ("rounds that failed", ", ".join(map(str, proved.failed_seeds)) or "none"),
    ], len(proved.failed_seeds)


def of_kills(killed: kills.Kills) -> tuple[Rows, int]:
    """What the kills came to; a kill that met something already at its end is not counted."""
    total = killed.of_the_day + killed.of_the_server
    for each in killed.wrong:
        print(each, file=sys.stderr)
    return [
        ("kill -9 that landed", f"{total:,}: {killed.of_the_day:,} of the closer, {killed.of_the_server:,} of"
         " the whole database server"),
        ("of them within a day", f"{killed.within_a_day:,}; the others between two days of one run"),
        ("days closed under it", f"{killed.days:,} in {killed.journeys} books of {kills.LOANS} loans"),
        ("found wrong by verify, or beside the twin", "; ".join(killed.wrong[:5]) or "nothing"),
    ], len(killed.wrong)  # fmt: skip


def of_sizes(figures: Sequence[Figure]) -> tuple[Rows, int]:
    """What an entry costs by the size of the book."""
    return [
        (each.name, f"{each.value:,.3g} {each.unit} [{each.min:,.3g}-{each.max:,.3g}], {each.note}")
        for each in figures
    ], 0


def _about(*, commit: str, seed: int, seconds: float) -> Rows:
    return [
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("commit", commit),
        ("seed", str(seed)),
        ("seconds", f"{seconds:.0f}"),
    ]


def page(old: str, part: str, rows: Rows) -> str:
    """The page with this part's result new and the others as they were.

    >>> print(page("", "kills", [("seed", "5")]).split("##")[1])
     Kills
    <BLANKLINE>
    | what | |
    |---|---|
    | seed | 5 |
    <BLANKLINE>
    """
    found = dict(re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", old, flags=re.S | re.M))
    lines = [f"| {name} | {value.replace('|', '/')} |" for name, value in rows]
    found[part.capitalize()] = "| what | |\n|---|---|\n" + "\n".join(lines) + "\n"
    names = [each.capitalize() for each in PARTS]
    return _HEAD + "".join(f"\n## {name}\n\n{found[name].rstrip()}\n" for name in names if name in found)


def _tell(text: str) -> None:
    print(text, flush=True)


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "src", "tests")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with local changes" if changed else "")


if __name__ == "__main__":
    sys.exit(main())
