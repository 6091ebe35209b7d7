"""A solve in the background: progress, the best plan, cancelling, and the result."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.plan.plan import Plan
from leptonopt.runtime.deadline import now
from leptonopt.session.result import Progress, Result
from leptonopt.session.solve import solve
from leptonopt.session.warm_workers import warm_workers

Stated = Instance | Mapping[str, Any] | str | os.PathLike[str]


class Handle:
    """A solve that `start` has begun.

    It may be awaited: `result = await handle`. All methods may be called from any thread.
    """

    def __init__(self, instance: Stated, on_progress: Callable[[Progress], None] | None, given: dict[str, Any]) -> None:
        self._cancel, self._progress, self._told = threading.Event(), None, on_progress
        self._future: Future[Result] = Future()
        self._given = {**given, "on_progress": self._tell, "cancelled": self._cancel.is_set}
        self._thread = threading.Thread(target=self._run, args=(instance,), name="leptonopt solve", daemon=True)
        self._thread.start()

    _progress: Progress | None

    def _run(self, instance: Stated) -> None:
        try:
            self._future.set_result(solve(instance, **self._given))
        except BaseException as error:
            self._future.set_exception(error)

    def _tell(self, progress: Progress) -> None:
        self._progress = progress
        if self._told is not None:
            self._told(progress)

    @property
    def progress(self) -> Progress | None:
        """The last progress; None before the first."""
        return self._progress

    @property
    def best(self) -> Plan | None:
        """The best plan so far, checked; None before the first. At the end it is the plan of the result."""
        if self._future.done() and self._future.exception() is None:
            return self._future.result().plan
        return None if self._progress is None else self._progress.plan

    @property
    def done(self) -> bool:
        """Return True once there is a result, or an error."""
        return self._future.done()

    def cancel(self) -> None:
        """Ask for an end: the result has the best plan so far, a valid bound, and the stop `interrupt`."""
        self._cancel.set()

    def result(self, timeout: float | None = None) -> Result:
        """Return the result; raises what `solve` raises, and `TimeoutError` after so many seconds."""
        return self._future.result(timeout)

    def __await__(self) -> Generator[Any, None, Result]:
        return asyncio.wrap_future(self._future).__await__()

    def __repr__(self) -> str:
        if self._future.done():
            state = "failed" if self._future.exception() else str(self._future.result().status)
        else:
            state = "cancelling" if self._cancel.is_set() else "running"
        cost = None if self._progress is None or self._progress.cost is None else float(self._progress.cost)
        return f"<Handle {state}{'' if cost is None else f', cost {cost:.6g}'}>"


def start(instance: Stated, *, on_progress: Callable[[Progress], None] | None = None, **options: Any) -> Handle:
    """Begin a solve in a thread of its own and return a handle to it.

    Parameters
    ----------
    instance, options : as of `leptonopt.solve`; `handle_signals` and `cancelled` are not for threads.
    on_progress : called from that thread at each improvement.

    Raises
    ------
    UsageError
        When an option is not one of `solve`, or none for threads. What else is wrong is raised by `Handle.result`.
    """
    if wrong := {"handle_signals", "cancelled"} & options.keys():
        raise UsageError(f"{wrong.pop()} is not for a solve in the background; `Handle.cancel` ends it")
    if unknown := options.keys() - _options():
        raise UsageError(f"{unknown.pop()!r} is no option of solve; allowed are {', '.join(sorted(_options()))}")
    return Handle(instance, on_progress, {"begun": now(), **options})


def _options() -> set[str]:
    from inspect import signature

    return set(signature(solve).parameters) - {"instance", "on_progress", "handle_signals", "cancelled"}


def solve_many(instances: Iterable[Stated], *, workers: int | None = None, **options: Any) -> Iterator[Result]:
    """Yield the results of many solves in the order of the instances, some at the same time.

    Engines are kept loaded from one solve to the next.

    Parameters
    ----------
    instances : taken one by one, never more than twice the workers ahead.
    workers : solves at a time; default the number of cores. Each has one thread unless `threads` says otherwise.
    options : as of `leptonopt.solve`, for each of them.

    Raises
    ------
    LeptonoptError
        What `solve` raises, at the place of that instance; the solves behind it end.
    """
    count = workers or os.cpu_count() or 1
    stop = threading.Event()
    given = {"threads": 1, **options, "cancelled": stop.is_set}
    with warm_workers(), ThreadPoolExecutor(count, thread_name_prefix="leptonopt solve") as pool:
        waiting: list[Future[Result]] = []
        try:
            for instance in instances:
                waiting.append(pool.submit(solve, instance, **given))
                if len(waiting) >= 2 * count:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            stop.set()
            for future in waiting:
                future.cancel()
                with contextlib.suppress(Exception):
                    future.result()
