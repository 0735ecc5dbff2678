"""The page of rooms says what the code says today, and is made without running the code."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "script" / "rooms.py"


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms_script", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its own module up by name while it is made.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A house of two storeys whose code fails at once when it is run."""
    source = tmp_path / "src" / "duewell"
    for name, text in {
        "domain/__init__.py": '"""Domain: the ground floor. More of it."""\n',
        "domain/_hidden.py": '"""Hidden."""\n',
        "domain/loan/__init__.py": (
            '"""The loan: what is\nowed. A second sentence.\n\nNeeds    terms,\n         facts.\n'
            'Gives    fold.\nNever    pays.\nSource   nobody.\n"""\nraise RuntimeError\n'
        ),
        "domain/loan/_fold.py": "from duewell.domain.errors import Refusal\nfrom ._facts import Fact\n",
        "domain/errors.py": '"""Errors."""\n',
        "store/__init__.py": "",
        "store/loans.py": (
            '"""Loans."""\n\n\ndef f() -> None:\n    from duewell.domain import errors\n'
            "    import duewell.domain.loan\n    import json\n    from duewell import __version__\n"
        ),
        "extra/__init__.py": '"""Extra."""\nfrom ..store import loans\n',
    }.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.importlinter.contracts]]\nname = "An arrow only points down"\n'
        'layers = ["(duewell.cli)", "(duewell.store) | (duewell.gateways)", "duewell.domain"]\n'
    )
    return tmp_path


def test_the_committed_page_is_fresh(rooms: ModuleType) -> None:
    kept = (ROOT / "docs" / "rooms.md").read_text("utf-8")
    assert kept == rooms.page(ROOT), "docs/rooms.md is stale. Run: script/rooms"


def test_storeys_stand_from_the_doors_down_and_a_new_one_comes_last(rooms: ModuleType, small: Path) -> None:
    assert rooms.storeys(small) == ["store", "domain", "extra"]


def test_a_room_shows_its_first_sentence_its_fields_and_its_imports(rooms: ModuleType, small: Path) -> None:
    text = rooms.page(small)
    expected = (
        "### domain.loan\n\nThe loan: what is owed.\n\n- Needs: terms, facts.\n- Gives: fold.\n"
        "- Never: pays.\n- Imports: domain.errors\n- File: [src/duewell/domain/loan/__init__.py]"
    )
    assert expected in text
    assert "- Imports: domain.errors, domain.loan\n- File: [src/duewell/store/loans.py]" in text
    assert "- Imports: store.loans\n- File: [src/duewell/extra/__init__.py]" in text
    assert "## domain\n\nDomain: the ground floor.\n" in text
    assert "idden" not in text and "nobody" not in text
    assert "## store\n\nIt does not say what it is yet.\n" in text


def test_the_page_is_the_same_twice(rooms: ModuleType, small: Path) -> None:
    assert rooms.page(small) == rooms.page(small)


def test_check_says_when_the_page_is_missing_or_stale(
    rooms: ModuleType, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "ROOT", small)
    (small / "docs").mkdir()
    assert rooms.main(["--check"]) == 1
    assert not (small / "docs" / "rooms.md").exists(), "a check writes nothing"
    assert rooms.main([]) == 0 and rooms.main(["--check"]) == 0
    (small / "src" / "duewell" / "domain" / "errors.py").write_text('"""Errors, redrawn."""\n')
    assert rooms.main(["--check"]) == 1
    assert rooms.main(["--wrong"]) == 2
