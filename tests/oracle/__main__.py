"""`python -m tests.oracle --loans 20000 --seed 1`: compare the engine with the oracle on random loans."""

from __future__ import annotations

import argparse
import sys

from tests.oracle.bridge import acts_of, deal_of
from tests.oracle.compare import EVERYTHING, check, run
from tests.oracle.lives import story


def main() -> int:
    """Print the counts by feature and every seed that disagrees; one seed alone is shown in full."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--loans", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; loan n has seed + n")
    parser.add_argument("--show", action="store_true", help="show the loan of --seed and where it differs")
    parser.add_argument("--only", default="", help="features allowed, with commas; all of them when absent")
    args = parser.parse_args()
    allowed = frozenset(args.only.split(",")) if args.only else EVERYTHING
    if args.show:
        one = story(args.seed, allowed)
        print(deal_of(one.terms), *acts_of(one.facts, one.known_on), sep="\n")
        print(f"as of {one.as_of}, known on {one.known_on}")
        print(*check(one), sep="\n")
        return 0
    tally = run(range(args.seed, args.seed + args.loans), allowed)
    for feature in sorted(tally.agreed | tally.disagreed):
        print(f"{feature:24}{tally.agreed[feature]:8} agreed{tally.disagreed[feature]:8} disagreed")
    print("disagreeing seeds:", *tally.seeds[:40])
    return 1 if tally.seeds else 0


if __name__ == "__main__":
    sys.exit(main())
