"""Workers are kept for the next task inside a block alone, and none outlives it."""

from __future__ import annotations

import os

import pytest

from leptonopt import solve, solve_many
from leptonopt.problem.protocol import Limits, Status
from leptonopt.session import warm_workers as warm
from leptonopt.session.worker_pool import WorkerPool
from tests.helpers.small_problems import group, option, problem

TASK = problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[3, 2]])
KEY = ("ortools", 10**10)


def answer(pool: WorkerPool) -> tuple[int, Status]:
    """Return the process that solved the task, and the status."""
    child = pool.start("cpsat", None, Limits(time_limit=30))
    assert isinstance(child, warm.WorkerProcess)
    while (message := child.messages.get(timeout=60))[0] != "done":
        pass
    pool.end(child)
    return child._process.pid, message[1].status


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_for_many_solves() -> None:
    """In the block; it is gone after it, and outside each solve has a process of its own."""
    pool = WorkerPool(TASK, KEY[1], [])
    with warm.warm_workers():
        found = [answer(pool) for _ in range(3)]
        assert is_there(found[0][0])
    assert len({process for process, _ in found}) == 1
    assert {status for _, status in found} == {Status.OPTIMAL}
    assert not is_there(found[0][0])
    assert warm.take(KEY) is None
    process, _ = answer(pool)
    assert not is_there(process)


def test_an_unfinished_worker_is_killed() -> None:
    """Take no process again of which it is not known what it does, nor after many tasks."""
    pool = WorkerPool(TASK, KEY[1], [])
    with warm.warm_workers():
        child = pool.start("lns", None, Limits(time_limit=600))
        assert isinstance(child, warm.WorkerProcess)
        child.finished = False
        pool.end(child)
        assert not is_there(child._process.pid)
        assert warm.take(("ortools", KEY[1])) is None


def test_retired_after_so_many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "MOST_TASKS", 2)
    pool = WorkerPool(TASK, KEY[1], [])
    with warm.warm_workers():
        assert len({answer(pool)[0] for _ in range(2)}) == 1
        assert warm.take(KEY) is None


def test_many_solves_agree_with_single_ones() -> None:
    """With an engine kept warm."""
    documents = [
        {
            "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "8h"},
            "pools": [{"id": p, "capacity": {"gpu": 3}, "price": {"gpu": {"daily": {"00:00": a, "03:00": b}}}} for p, a, b in (("a", 1, 2), ("b", 3, 1))],
            "tasks": [{"id": f"t{at}", "options": [{"pools": ["a", "b"], "uses": {"gpu": 1 + (at + size) % 3}, "duration": "2h"}]} for at in range(4)],
        }
        for size in range(3)
    ]  # fmt: skip
    costs = [result.cost for result in solve_many(documents, workers=1, method="cpsat", time_limit=20)]
    assert costs == [solve(document, method="branch-and-bound", time_limit=20).cost for document in documents]
