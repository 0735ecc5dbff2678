"""Runs random loans through both sides and counts, by feature, where they agree."""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.oracle.bridge import acts_of, deal_of, differences, engine_answer
from tests.oracle.life import answer
from tests.oracle.lives import NEW_PLANS, TURNS, Story, story

EVERYTHING = frozenset(
    {
        "progressive",
        "cumulative",
        "grace",
        "down",
        "order",
        "vertical",
        "balloon",
        "excess",
        "penalty once",
        "penalty by the day",
        "pay",
        "late-learnt",
        *TURNS,
        *NEW_PLANS,
    }
)
"""What a random loan may hold; `lives` names the combinations left out."""


@dataclass
class Tally:
    """How many loans agreed, by feature, and the seeds of those that did not."""

    agreed: Counter[str] = field(default_factory=Counter)
    disagreed: Counter[str] = field(default_factory=Counter)
    seeds: list[int] = field(default_factory=list)


def check(one: Story) -> list[str]:
    """What the two sides do not share about one loan; a fault on either side is a difference too."""
    try:
        ours = answer(deal_of(one.terms), acts_of(one.facts, one.known_on), one.as_of)
        theirs = engine_answer(one.terms, one.facts, one.as_of, one.known_on)
    except Exception:
        return [traceback.format_exc()]
    return differences(ours, theirs)


def run(seeds: range, allowed: frozenset[str] = EVERYTHING) -> Tally:
    """Compare the loans of these seeds."""
    tally = Tally()
    for seed in seeds:
        one = story(seed, allowed)
        found = check(one)
        count = tally.disagreed if found else tally.agreed
        for feature in (*one.features, "all"):
            count[feature] += 1
        if found:
            tally.seeds.append(seed)
    return tally
