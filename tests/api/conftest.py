"""The site every test of the API starts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import Site, open_site


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(url, tmp_path) as made:
        yield made
