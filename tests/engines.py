"""The engines that spread work, as a parameter of tests; Ray is started once for all of them.

Where Ray is not installed its cases are skipped, and say how to install it.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

import pytest

from duewell.analytics.spreading import Engine

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(
    not HAS_RAY,
    reason="RAY IS NOT INSTALLED, so nothing was run on it: .venv/bin/uv sync --inexact --extra ray",
)


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """Ray with two workers, which every case shares: to start it takes longer than what is tried on it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture(params=[Engine.LOCAL, pytest.param(Engine.RAY, marks=needs_ray)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    found: Engine = request.param
    if found is Engine.RAY:
        request.getfixturevalue("cluster")
    return found
