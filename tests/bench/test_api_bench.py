"""The load of the bench counts what was answered as asked for, and times from when a request was due."""

from __future__ import annotations

from bench import api, load
from tests.api.site import serving

ASK = load.request("GET", "/plain", {})


def test_a_flood_counts_answers_and_nothing_else() -> None:
    with serving(api.plain_app()) as base:
        port = int(base.rpartition(":")[2])
        heard = load.flood(port, [lambda _: ASK] * 3, seconds=0.3)
        assert heard.good > 10 and heard.bad == 0 and heard.seconds >= 0.3
        lost = load.flood(port, [lambda _: load.request("GET", "/none", {})], seconds=0.05)
        assert lost.good == 0 and lost.bad > 0 and "404" in lost.first_bad


def test_a_steady_load_sends_as_many_as_are_due() -> None:
    with serving(api.plain_app()) as base:
        heard = load.steady(int(base.rpartition(":")[2]), [lambda _: ASK] * 4, rate=100, seconds=0.5)
    assert heard.good == len(heard.ms) == 50 and heard.seconds >= 0.4


def test_answers_do_not_wait_for_a_delayed_acknowledgement() -> None:
    """Forty milliseconds each, where the socket holds back the second half of an answer."""
    with serving(api.plain_app()) as base:
        heard = load.steady(int(base.rpartition(":")[2]), [lambda _: ASK] * 2, rate=50, seconds=1)
    assert sorted(heard.ms)[len(heard.ms) // 4] < 35
