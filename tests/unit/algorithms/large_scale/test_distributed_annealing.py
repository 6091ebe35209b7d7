"""Annealing over an executor: parts out and back, the same result for any workers, and workers that fail."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.large_scale import distributed_annealing as module
from leptonopt.algorithms.large_scale.distributed_annealing import DistributedAnnealing, warm_up_workers
from leptonopt.problem.schedule import usage
from leptonopt.runtime.calls import ExecutorLost
from tests.helpers.pooled_problems import first_fit, three_pools


@pytest.fixture(autouse=True)
def _few_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pool is out twice."""
    monkeypatch.setattr(module, "TUNING", replace(module.TUNING, passes=2, item_moves=50))


@pytest.fixture
def executor() -> Iterator[Executor]:
    """Return an executor of two threads."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def annealing(executor: Executor, seed: int = 0) -> DistributedAnnealing:
    """Return an annealing of a first-fit assignment without multipliers."""
    placed = first_fit(three_pools(seed))
    return DistributedAnnealing(placed, executor, lambda: placed.price, seed)


@pytest.mark.parametrize("seed", range(3))
def test_parts_come_back(executor: Executor, seed: int) -> None:
    """None is out in the end, and the free capacity is what the schedule leaves."""
    made = annealing(executor, seed)
    made.run(None, lambda: False)
    assert made.answered > 0
    assert made.turns.sum() >= 2 * 3
    assert not made.busy.any()
    assert not made.waiting.any()
    placed = made.placed
    assert np.array_equal(placed.free, placed.problem.capacity - usage(placed.problem, placed.schedule()))
    assert f"{made.answered} parts annealed by 2 workers" in made.summary()


def test_the_result_does_not_depend_on_the_workers(executor: Executor) -> None:
    """By moves, one thread and two give the same columns."""
    one = annealing(executor, 1)
    one.run(None, lambda: False)
    with ThreadPoolExecutor(1) as alone:
        other = annealing(alone, 1)
        other.run(None, lambda: False)
    assert one.placed.option.tolist() == other.placed.option.tolist()
    assert one.placed.start.tolist() == other.placed.start.tolist()


def test_no_time_and_a_stop_send_nothing(executor: Executor) -> None:
    """Neither changes the assignment."""
    made = annealing(executor)
    before = made.placed.option.copy()
    made.run(0.0, lambda: False)
    made.run(None, lambda: True)
    assert made.turns.sum() == 0
    assert np.array_equal(made.placed.option, before)


def test_workers_that_fail_are_told(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no part has come back and as many as there are workers have failed, the executor is lost."""

    def failing(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(module, "anneal_part", failing)
    made = annealing(executor)
    made.width = 1
    with pytest.raises(ExecutorLost, match="no room"):
        made.run(None, lambda: False)
    assert made.lost == 1
    assert "repeated" in made.summary()


def test_every_worker_is_warmed_up(executor: Executor) -> None:
    """One call each; kernels are ready here."""
    calls = warm_up_workers(executor)
    answers = []
    while len(calls):
        answers += calls.answers()
    assert sorted(answers) == [(0, True), (1, True)]
