"""Options shared by all tests."""

import pytest
from hypothesis import Phase, settings

from tests.engines import cluster, engine
from tests.figures import figure, told_in
from tests.pgfixtures import conn, server, template, url

__all__ = ["cluster", "conn", "engine", "figure", "server", "template", "url"]

# A machine that is busy with something else is no reason for a test to fail.
settings.register_profile("duewell", deadline=None)
# A mutant is killed by the first example that fails, and by the same one every time.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
settings.load_profile("duewell")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", default=None, help="a file of conformance cases; the project's own if absent")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for each in told_in(terminalreporter.stats):
        terminalreporter.write_line(f"  {each}")
