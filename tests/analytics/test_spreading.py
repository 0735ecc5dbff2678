"""One function over many tasks: the same answers in the same order, whoever works.

Wants to prove: processes and Ray answer as this process does; what a task raises comes home as it was;
a helper that dies loses nothing; no answer is made long before it is taken.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from duewell.analytics.spreading import AHEAD, Engine, check_spreading, spread
from duewell.domain.errors import InvalidInput
from tests.engines import needs_ray

ROOT = Path(__file__).parents[2]


def begin() -> str:
    return "a"


def work(context: str, task: int) -> tuple[str, int]:
    return context, task * task


def fail(context: str, task: int) -> int:
    if task == 3:
        raise InvalidInput("amount-empty", example="12.50")
    return task


def dies(context: tuple[int, str], task: int) -> int:
    """Dies where it is not at home."""
    if os.getpid() != context[0] and task == 2:
        os._exit(3)
    return task


def mark(folder: Path, task: int) -> int:
    (folder / str(task)).touch()
    return task


@pytest.mark.parametrize("workers", [1, 2])
def test_every_engine_answers_in_the_order_of_the_tasks(engine: Engine, workers: int) -> None:
    found = list(spread(work, range(20), here="a", begin=begin, workers=workers, engine=engine))
    assert found == [("a", n * n) for n in range(20)]


@needs_ray
def test_ray_is_started_for_the_work_and_ended_after_it(tmp_path: Path) -> None:
    """By itself, in another process: the cases here share one that is up already."""
    program = (
        "from tests.analytics.test_spreading import begin, work\n"
        "from duewell.analytics.spreading import Engine, spread\n"
        "found = list(spread(work, range(4), here='a', begin=begin, workers=2, engine=Engine.RAY))\n"
        "import ray\n"
        "print(found == [('a', n * n) for n in range(4)], ray.is_initialized())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=180, check=False, cwd=ROOT
    )
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_what_a_task_refuses_comes_home_as_it_was(engine: Engine) -> None:
    answers = spread(fail, range(9), here="a", begin=begin, workers=2, engine=engine)
    taken = []
    with pytest.raises(InvalidInput) as refused:
        taken.extend(answers)
    assert (refused.value.code, refused.value.facts) == ("amount-empty", {"example": "12.50"})


def test_helpers_that_die_leave_their_tasks_to_this_process(engine: Engine) -> None:
    here = (os.getpid(), "here")
    context: Callable[[], tuple[int, str]] = partial(tuple, here)
    assert list(spread(dies, range(9), here=here, begin=context, workers=2, engine=engine)) == [*range(9)]


def test_helpers_that_cannot_begin_leave_everything_to_this_process() -> None:
    found = list(spread(work, range(3), here="a", begin=partial(os._exit, 3), workers=2))
    assert found == [("a", 0), ("a", 1), ("a", 4)]


def test_no_answer_is_made_long_before_it_is_taken(tmp_path: Path) -> None:
    answers = spread(mark, range(60), here=tmp_path, begin=partial(Path, tmp_path), workers=2)
    assert next(answers) == 0
    assert len(list(tmp_path.iterdir())) <= AHEAD * 2 + 1
    assert list(answers) == [*range(1, 60)]


def test_nothing_to_do_starts_nobody(engine: Engine) -> None:
    assert list(spread(work, [], here="a", begin=begin, workers=2, engine=engine)) == []


@pytest.mark.parametrize("workers", [0, 65])
def test_workers_that_cannot_be_are_refused(workers: int) -> None:
    with pytest.raises(InvalidInput, match="workers-out-of-range"):
        check_spreading(workers, Engine.LOCAL)


def test_an_engine_that_is_missing_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InvalidInput) as refused:
        check_spreading(1, Engine.RAY)
    assert refused.value.code == "extra-missing"
    assert refused.value.facts == {"what": "Ray", "install": "pip install 'duewell[ray]'"}
