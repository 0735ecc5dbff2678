"""The bench's door: names on the command line, figures on standard output, the machine on standard error.

Needs    nothing but the package; --loans says how large the synthetic book is.
Gives    a table, or with --json one object a line.
Never    runs two benches at once.
Source   docs/reference/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import api, eod, fold, pages, peers, posting, sizes, taking_over
from bench.figures import Figure, as_json, as_table

BENCHES: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "fold": fold.run,
    "eod": eod.run,
    "posting": posting.run,
    "import": taking_over.run,
    "api": api.run,
    "pages": pages.run,
    "sizes": sizes.run,
    "peers": peers.run,
}


def main() -> None:
    """Run the benches named, or all of them."""
    parser = argparse.ArgumentParser(
        prog="script/bench", description="What Duewell costs, as ratios in one run."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all but sizes if none"
    )
    parser.add_argument("--loans", type=int, default=20_000, help="loans of the synthetic book (20,000)")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure and line")
    parser.add_argument(
        "--plan", action="store_true", help="print the plan of touch every loan (standard error)"
    )
    parser.add_argument(
        "--pgledger",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="posting: pgledger's SQL, to post beside it; given twice, what it needs first",
    )
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench named {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    if options.loans < 100:
        parser.error("--loans: a book of fewer than 100 loans says nothing")
    load = os.getloadavg()[0]
    quiet = "quiet" if load < 1.5 else "busy"
    about = f"{os.cpu_count()} cores, Python {platform.python_version()}, load before {load:.2f} ({quiet})"
    print(about, file=sys.stderr, flush=True)
    found: list[Figure] = []
    for name in options.names or [name for name in BENCHES if name != "sizes"]:
        for each in BENCHES[name](options):
            found.append(each)
            if options.json:
                print(as_json(each), flush=True)
            else:
                print(f"{name}: {each.name} {each.value:.4g} {each.unit}", file=sys.stderr, flush=True)
    if not options.json:
        print(as_table(found))


if __name__ == "__main__":
    main()
