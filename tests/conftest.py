"""Options shared by all tests."""

import pytest

from tests.pgfixtures import conn, server, template, url

__all__ = ["conn", "server", "template", "url"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", default=None, help="a file of conformance cases; the project's own if absent")
