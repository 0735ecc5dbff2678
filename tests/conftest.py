"""Options shared by all tests."""

import pytest
from hypothesis import settings

from tests.pgfixtures import conn, server, template, url

__all__ = ["conn", "server", "template", "url"]

# A machine that is busy with something else is no reason for a test to fail.
settings.register_profile("duewell", deadline=None)
settings.load_profile("duewell")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", default=None, help="a file of conformance cases; the project's own if absent")
