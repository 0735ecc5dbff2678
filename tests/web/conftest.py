"""The site every test of the pages starts from."""

from tests.api.conftest import site

__all__ = ["site"]
