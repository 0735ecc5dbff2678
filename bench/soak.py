"""The soak's door: properties with fresh seeds, then days under kill -9, for as long as one likes.

Needs    --minutes; --seed to repeat a run.
Gives    a line of counts, and docs/soak.md; exit code 1 when anything failed.
Never    hides a seed: each round and journey prints its own.
Source   shared/architecture.md, section 8: what outgrows script/test moves here, leaving a sample behind.
"""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime

from bench import kills, properties
from bench.properties import ROOT

PAGE = ROOT / "docs" / "soak.md"


def main() -> int:
    """Run both halves and keep the result."""
    parser = argparse.ArgumentParser(prog="script/soak", description="Many examples, many kills, one line.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10); at least one round each")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn if left out")
    options = parser.parse_args()
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    commit = _commit()
    half = options.minutes * 30
    proved = properties.run(seed=seed, seconds=half, tell=lambda text: print(text, flush=True))
    killed = kills.run(seed=seed, seconds=half, tell=lambda text: print(text, flush=True))
    for each in killed.wrong:
        print(each, file=sys.stderr)
    failures = len(proved.failed_seeds) + len(killed.wrong)
    seconds = time.monotonic() - began
    PAGE.write_text(page(proved, killed, seed=seed, commit=commit, seconds=seconds), "utf-8")
    print(
        f"soak: {proved.cases:,} cases of {proved.tests} properties in {proved.rounds} rounds,"
        f" {killed.of_the_day + killed.of_the_server} kills in {killed.journeys} journeys,"
        f" {failures} failures, {seconds:.0f} s, seed {seed}"
    )
    return 1 if failures else 0


def page(
    proved: properties.Properties, killed: kills.Kills, *, seed: int, commit: str, seconds: float
) -> str:
    """The page that keeps the last result."""
    rows = [
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("commit", commit),
        ("seed", str(seed)),
        ("seconds", f"{seconds:.0f}"),
        ("properties", f"{proved.tests} tests, {proved.rounds} rounds, each with another seed"),
        ("their cases", f"{proved.cases:,}"),
        ("rounds that failed", ", ".join(map(str, proved.failed_seeds)) or "none"),
        ("kill -9 of the command closing days", str(killed.of_the_day)),
        ("kill -9 of the whole database server", str(killed.of_the_server)),
        ("days closed under it", f"{killed.days} in {killed.journeys} books of {kills.LOANS} loans"),
        ("found wrong by verify, or beside the twin", "; ".join(killed.wrong[:5]) or "nothing"),
    ]
    lines = [f"| {name} | {value.replace('|', '/')} |" for name, value in rows]
    head = (
        "# The last soak\n\nWritten by `script/soak`; the seed repeats it. What it does: bench/soak.py.\n\n"
    )
    return head + "| what | |\n|---|---|\n" + "\n".join(lines) + "\n"


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "src", "tests")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with local changes" if changed else "")


if __name__ == "__main__":
    sys.exit(main())
