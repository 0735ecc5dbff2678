"""Spreading: one function over many tasks, in this process, in several, or on Ray; answers in task order.

Needs    a picklable function of a context and a task; for helpers, a picklable `begin` that makes a context.
Gives    spread: one answer a task, in the order of the tasks, whatever engine and however many workers.
Never    forks, holds more than a few answers that nobody has taken, or knows what a task is about.
Source   docs/reference/book.md, section engines.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from enum import StrEnum
from multiprocessing import get_context, parent_process
from typing import Any, Generic, TypeVar

from duewell.domain.errors import Fault, InvalidInput

WORKERS_MAX = 64
AHEAD = 2
"""How many tasks a worker may be ahead of what was taken."""

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")


class Engine(StrEnum):
    """Who works: processes of this machine, or Ray, which may have other machines."""

    LOCAL = "local"
    RAY = "ray"


def check_spreading(workers: int, engine: Engine) -> None:
    """Refuse what cannot be before anything is read.

    Refuses   InvalidInput "workers-out-of-range" and "extra-missing", which says how to install it.
    """
    if not 1 <= workers <= WORKERS_MAX:
        raise InvalidInput("workers-out-of-range", given=workers, workers_max=WORKERS_MAX)
    if engine is Engine.RAY:
        _ray()


def spread(
    work: Callable[[C, T], R],
    tasks: Sequence[T],
    *,
    here: C,
    begin: Callable[[], C],
    workers: int = 1,
    engine: Engine = Engine.LOCAL,
) -> Iterator[R]:
    """Answer every task, in order. One worker of the local engine is this process, with the context `here`.

    Edges     What a task raises comes out here and ends the rest. A process or an actor that died loses
              nothing: what is not answered is answered by this process.
    Refuses   as check_spreading.
    """
    check_spreading(workers, engine)
    done = 0
    if engine is Engine.RAY and tasks:
        for answer in _on_ray(work, tasks, begin, workers):
            done += 1
            yield answer
    elif workers > 1 and len(tasks) > 1:
        for answer in _in_processes(work, tasks, begin, min(workers, len(tasks))):
            done += 1
            yield answer
    for task in tasks[done:]:
        yield work(here, task)


# -- processes -------------------------------------------------------------------------------------

_CONTEXT: list[Any] = []
"""A worker's own context."""


def _in_processes(
    work: Callable[[C, T], R], tasks: Sequence[T], begin: Callable[[], C], workers: int
) -> Iterator[R]:
    """Answers in order until a worker dies."""
    # Spawned, never forked: a copy of this process would share its connections.
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin_worker, initargs=(begin,)
    )
    waiting: deque[Future[R]] = deque()
    try:
        with suppress(BrokenProcessPool):
            for task in tasks:
                waiting.append(pool.submit(_answer, work, task))
                if len(waiting) > AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker(begin: Callable[[], Any]) -> None:
    end_with_parent()
    _CONTEXT.append(begin())


def _answer(work: Callable[[Any, T], R], task: T) -> R:
    (context,) = _CONTEXT
    return work(context, task)


def end_with_parent() -> None:
    """A worker whose parent was killed has nobody to work for."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# -- Ray -------------------------------------------------------------------------------------------


class _Actor(Generic[C]):
    """A worker on Ray, with a context of its own."""

    def __init__(self, begin: Callable[[], C]) -> None:
        self._context = begin()

    def answer(self, work: Callable[[C, T], R], task: T) -> R:
        return work(self._context, task)


def _ray() -> Any:
    # Ray tells its makers what it is used for, unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise InvalidInput("extra-missing", what="Ray", install="pip install 'duewell[ray]'") from None
    return ray


def _on_ray(
    work: Callable[[C, T], R], tasks: Sequence[T], begin: Callable[[], C], workers: int
) -> Iterator[R]:
    """Answers in order until an actor dies. RAY_ADDRESS names a cluster; without it one is made here."""
    ray = _ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers, "include_dashboard": False}
        try:
            ray.init(log_to_driver=False, logging_level="ERROR", **own)
        except Exception as problem:
            raise Fault("engine-not-started", engine="Ray", problem=_first_line(problem)) from problem
    try:
        actors = [ray.remote(_Actor).options(num_cpus=1).remote(begin) for _ in range(workers)]
        waiting: deque[Any] = deque()
        try:
            for number, task in enumerate(tasks):
                waiting.append(actors[number % workers].answer.remote(work, task))
                if len(waiting) > AHEAD * workers:
                    yield ray.get(waiting.popleft())
            while waiting:
                yield ray.get(waiting.popleft())
        except ray.exceptions.RayActorError:
            return
        except ray.exceptions.RayTaskError as problem:
            raise problem.cause from None
        finally:
            for actor in actors:
                ray.kill(actor)
    finally:
        if is_ours:
            ray.shutdown()


def _first_line(problem: BaseException) -> str:
    return str(problem).split("\n")[0][:200]
