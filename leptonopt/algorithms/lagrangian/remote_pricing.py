"""Prices over an executor: every worker finds the cheapest columns of a shard of the groups.

Prices go out, and of each shard's groups the cheapest columns come back. Bounds stay exact: least costs are counted in
integers on the workers, and summed in integers by the one who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.arrays import Ints
from leptonopt.problem.nodes import no_nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import restrict
from leptonopt.runtime.calls import CallFailed, ExecutorLost, RetryingCalls
from leptonopt.runtime.payload import CachedPayload

TICK = 0.1  # seconds between looks at whether to stop


def is_separable(problem: Problem) -> bool:
    """Whether groups can be priced apart: those that belong together choose their pool together."""
    return not problem.together


def price_shard(shard: CachedPayload, what: str, given: tuple[Any, ...]) -> Any:
    """What the `BlockPricer` of a shard answer to a question; None where this process does not know the shard."""
    blocks = shard.opened(BlockPricer)
    return None if blocks is None else getattr(blocks, what)(*given)


class RemotePricer:
    """A `pricing.Pricer` whose work is done elsewhere, in `many` shards of about equal size.

    Raises `ExecutorLost` from each question when the executor breaks, or when `stopped` says so while answers are out.
    """

    finest = BlockPricer.finest

    def __init__(self, problem: Problem, executor: Executor, many: int, stopped: Callable[[], bool]) -> None:
        self.problem, self.executor, self.stopped = problem, executor, stopped
        size = np.zeros(problem.groups + 1, np.int64)
        np.add.at(size, problem.group + 1, problem.last - problem.first + 1)
        size = np.cumsum(size)
        cuts = np.searchsorted(size, np.arange(1, many) * (int(size[-1]) / many))
        ends = np.unique([0, *cuts.tolist(), problem.groups]).tolist()
        self.spans = list(pairwise(problem.option_ptr[ends].tolist()))
        self.parcels = [CachedPayload.of(_part(problem, low, high)) for low, high in pairwise(ends)]
        self._told = 0

    @cached_property
    def least(self) -> Ints:
        """int64, shape (O,): exact cost of each option's cheapest start, `NEVER` where there is none."""
        return self.cheapest(self.problem.price_sum)[0]

    def cheapest(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> tuple[Ints, Ints]:
        """Exact least cost and its first start per option, at prices with these prefix sums."""
        cost, start = zip(*self._asked("cheapest", prefix, scale, once=once), strict=True)
        return np.concatenate(cost), np.concatenate(start)

    def group_least(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> Ints:
        """int64, shape (G,): the exact least cost of a copy of each group; `NEVER` where it has no column."""
        return np.concatenate(self._asked("group_least", prefix, scale, once=once))

    def best(
        self, prefix: NDArray[np.float64], once: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], Ints, Ints]:
        """In floats, shapes (G,): least cost (infinite without a column), its option and its start."""
        cost, option, start = zip(*self._asked("best", prefix, once=once), strict=True)
        whole = [mine + low for mine, (low, _) in zip(option, self.spans, strict=True)]
        return np.concatenate(cost), np.concatenate(whole), np.concatenate(start)

    def _asked(self, what: str, *given: Any, once: NDArray[Any] | None) -> list[Any]:
        """The answers of all shards, in order."""
        out, found = RetryingCalls[int](self.executor), list[Any]([None] * len(self.parcels))
        known, self._told = self._told > 0, 1

        def send(at: int, whole: bool) -> None:
            low, high = self.spans[at]
            parcel = self.parcels[at] if whole else self.parcels[at].bare()
            out.send(at, price_shard, parcel, what, (*given, None if once is None else once[low:high]))

        for at in range(len(self.parcels)):
            send(at, whole=not known)
        while len(out):
            if self.stopped():
                out.drop()
                raise ExecutorLost("stopped")
            for at, answer in out.answers(TICK):
                if isinstance(answer, CallFailed):
                    out.drop()
                    raise ExecutorLost(answer.why)
                if answer is None:
                    send(at, whole=True)
                found[at] = answer
        return found


def _part(problem: Problem, low: int, high: int) -> Problem:
    """Groups low .. high - 1 and nothing but what their columns cost and may."""
    mine = np.zeros(problem.groups, bool)
    mine[low:high] = True
    found, _ = restrict(problem, mine, problem.capacity, problem.copies)
    none = np.zeros(0, np.int64)
    return replace(found, before=none, after=none, lag=none, nodes=no_nodes(problem.slots), quotas=(), apart=())
