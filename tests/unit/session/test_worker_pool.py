"""The pool of workers: processes, threads, and machines that refuse to start them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.session import portfolio, worker_pool
from leptonopt.session.worker_pool import WorkerPool
from leptonopt.solvers.registry import load_method
from tests.helpers.small_problems import group, option, problem

TASK = problem(group(option(1, {0: 1})), capacity=[[1]])


class Child:
    """A worker that notes how it was started and ended."""

    started: ClassVar[list[Any]] = []

    def __init__(self, *given: Any) -> None:
        self.given, self.ends = given, list[str]()
        Child.started.append(self)

    def kill(self) -> None:
        """Note the end."""
        self.ends.append("kill")

    def slay(self) -> None:
        """Note the end."""
        self.ends.append("slay")


@pytest.fixture(autouse=True)
def _children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes and threads that do nothing."""
    Child.started = []
    monkeypatch.setattr(worker_pool, "WorkerProcess", type("Process", (Child,), {}))
    monkeypatch.setattr(worker_pool, "WorkerThread", type("Thread", (Child,), {}))


def kinds() -> list[str]:
    """Return the kinds of workers that were started."""
    return [type(child).__name__ for child in Child.started]


def test_small_problems_are_solved_in_processes() -> None:
    """Each with its share of the memory."""
    pool = WorkerPool(TASK, 10**9, [])
    pool.start("cpsat", None, Limits())
    pool.start("greedy", None, Limits())
    assert kinds() == ["Process", "Process"]
    assert Child.started[0].given[-2:] == (10**9, None)


def test_own_methods_stay_here_where_problems_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreign engines never do."""
    monkeypatch.setattr(portfolio, "large", lambda problem: True)
    pool = WorkerPool(TASK, None, [])
    pool.start("large-scale", None, Limits())
    pool.start("cpsat", None, Limits())
    assert kinds() == ["Thread", "Process"]


def test_a_method_that_shares_its_work_stays_here() -> None:
    """With the executor; other methods are what they are."""
    with ThreadPoolExecutor(1) as executor:
        pool = WorkerPool(TASK, None, [], executor)
        pool.start("lns-parallel", None, Limits())
        assert kinds() == ["Thread"]
        assert pool.function("greedy") is load_method("greedy")
        assert pool.function("lns-parallel") is not load_method("lns-parallel")


@pytest.mark.parametrize("error", [OSError("no process"), MemoryError("none"), RuntimeError("no thread")])
def test_a_machine_that_refuses(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A note, and no worker."""

    def refuse(*given: Any) -> Any:
        raise error

    monkeypatch.setattr(worker_pool, "WorkerProcess", refuse)
    notes: list[str] = []
    pool = WorkerPool(TASK, None, notes)
    assert pool.start("cpsat", None, Limits()) is None
    assert notes == [f"cpsat could not be started: {error}"]


def test_all_workers_end() -> None:
    """One, all without waiting, all."""
    pool = WorkerPool(TASK, None, [])
    one, two = pool.start("cpsat", None, Limits()), pool.start("lns", None, Limits())
    assert one is not None
    pool.end(one)
    pool.slay()
    pool.kill()
    pool.kill()
    assert [child.ends for child in Child.started] == [["kill"], ["slay", "kill"]]
    assert two is Child.started[1]
