"""The log: one line of JSON an event, without personal data, and the counters beside it.

Needs    nothing.
Gives    log, REQUESTS, SECONDS.
Never    takes a body, a header, a query, or a value somebody typed.
Source   docs/runbook.md, section watching.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "duewell_requests_total", "Requests answered.", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram(
    "duewell_request_seconds",
    "Seconds from the first byte read to the last written.",
    ["method", "route"],
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


def _stamp(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The library's own stamper formats by a pattern, which takes longer than the rest of a line."""
    event["timestamp"] = datetime.now(UTC).isoformat()[:-6] + "Z"
    return event


structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        _stamp,
        structlog.processors.JSONRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    cache_logger_on_first_use=False,
)
log: Any = structlog.get_logger()
