"""Requests nobody would think of: made from the document, sent as every kind of caller.

Wants to prove: whatever is sent, no answer is a fault, every answer is what the document says, and the books
balance afterwards. How: schemathesis drives the running site; its count of cases is printed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from duewell.services.verify_book import verify_book
from duewell.store import trail
from tests.api.site import Site
from tests.figures import Figure

CASES = 5000
CHECKS = "all"
LEFT_OUT = "positive_data_acceptance,ignored_auth,unsupported_method,negative_data_rejection"
"""Not every well-formed request is one we do; who may come in is for test_routes."""
ROLES = ("officer", "hardship-officer", "supervisor", "risk", "compliance", "operator", "admin")


def run(site: Site, headers: dict[str, str], phases: str, examples: int) -> int:
    """Cases sent; fails with the report if one of them found something."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", site.base + "/api/openapi.json", "--phases", phases, "-n", str(examples), "--seed", "11"),
        *("--checks", CHECKS, "--exclude-checks", LEFT_OUT, "--continue-on-failure", "--warnings", "off"),
        *("--no-color", "--exclude-operation-id", "end_session"),
    ]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    found = re.search(r"(\d+) generated", done.stdout)
    assert found is not None, done.stdout[-2000:]
    return int(found[1])


def test_no_request_makes_a_fault_or_an_answer_that_is_not_documented(site: Site, figure: Figure) -> None:
    site.loan()
    # Signed in first: what is sent uses up how often one may try from this address.
    callers = [site.staff(role, role) for role in ROLES] + [site.borrower("+8613800138000")[0]]
    sent = run(site, {"authorization": site.program().headers["authorization"]}, "coverage", 1)
    sent += run(site, {"authorization": site.program().headers["authorization"]}, "fuzzing", 12)
    for client in callers:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        headers = {"cookie": cookie, "x-csrf-token": client.headers["x-csrf-token"]}
        sent += run(site, headers, "fuzzing", 5)
    figure(f"fuzzed: {sent} requests by {len(callers) + 1} callers, 0 faults.")
    assert sent >= CASES
    assert verify_book(site.conn, "main").findings == []
    assert trail.check(site.conn, trail.head(site.conn)) == []
