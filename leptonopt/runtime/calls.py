"""Send calls to a `concurrent.futures.Executor`, and again where a worker dies.

The executor may be a pool of processes or a cluster. The sender keeps all results (runs, best plan, bound), so a lost
call costs only its time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

TRIES = 3  # times that a call is sent at most

Tag = TypeVar("Tag")


class ExecutorLost(Exception):
    """The executor takes and answers no calls any more."""


@dataclass(frozen=True)
class CallFailed:
    """The answer of a call that failed each time it was sent; `why` is the last error."""

    why: str


@dataclass(frozen=True)
class _Call(Generic[Tag]):
    tag: Tag
    function: Callable[..., Any]
    given: tuple[Any, ...]
    tries: int = 1


class RetryingCalls(Generic[Tag]):
    """Calls that are out, each known by a tag of the sender's."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.again = 0
        self._out: dict[Future[Any], _Call[Tag]] = {}

    def __len__(self) -> int:
        return len(self._out)

    def send(self, tag: Tag, function: Callable[..., Any], *given: Any) -> None:
        """Send a call; raises `ExecutorLost` where the executor takes none."""
        self._send(_Call(tag, function, given))

    def answers(self, timeout: float | None = None) -> list[tuple[Tag, Any]]:
        """Return the tags and answers of calls that have ended, in the order sent.

        It waits for one answer, at most `timeout` seconds.

        A call that ended in an error is sent again, and stands as `CallFailed` after `TRIES` times.
        """
        done, _ = wait(self._out, timeout, FIRST_COMPLETED)
        found = []
        for future in [future for future in self._out if future in done]:
            call = self._out.pop(future)
            try:
                found.append((call.tag, future.result()))
            except (BrokenExecutor, CancelledError) as error:  # nobody here cancels a call and then asks for its answer
                raise ExecutorLost(
                    "calls were cancelled" if isinstance(error, CancelledError) else _said(error)
                ) from None
            except Exception as error:
                if call.tries >= TRIES:
                    found.append((call.tag, CallFailed(_said(error))))
                else:
                    self.again += 1
                    self._send(_Call(call.tag, call.function, call.given, call.tries + 1))
        return found

    def drop(self) -> None:
        """Forget all calls, and cancel those that have not begun."""
        for future in self._out:
            future.cancel()
        self._out.clear()

    def _send(self, call: _Call[Tag]) -> None:
        try:
            future = self.executor.submit(call.function, *call.given)
        except Exception as error:  # broken, shut down, its client closed: each package has a name of its own
            raise ExecutorLost(_said(error)) from None
        self._out[future] = call


def num_workers(executor: Executor) -> int:
    """Return the number of calls that an executor runs at a time.

    Without a statement of the executor it is the number of cores of this machine.
    """
    width = getattr(executor, "width", None) or getattr(executor, "_max_workers", None)
    return max(1, int(width() if callable(width) else width or os.cpu_count() or 1))


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
