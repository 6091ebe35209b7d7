"""Pricing over an executor: every worker finds the cheapest columns of a shard of the groups.

Prices travel to the workers, and the cheapest columns of each shard travel back. Bounds stay exact: workers compute
least costs in integers, and this process sums them in integers.
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
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.nodes import no_nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import restrict
from leptonopt.runtime.calls import CallFailed, ExecutorLost, RetryingCalls
from leptonopt.runtime.payload import CachedPayload

TICK = 0.1  # seconds between two checks of the stop condition


def is_separable(problem: Problem) -> bool:
    """Return True when groups can be priced apart; families choose their pool together."""
    return not problem.together


def price_shard(shard: CachedPayload, method: str, arguments: tuple[Any, ...]) -> Any:
    """Return the result of a method of a shard's `BlockPricer`; None when the shard is not here."""
    blocks = shard.opened(BlockPricer)
    return None if blocks is None else getattr(blocks, method)(*arguments)


class RemotePricer:
    """A `pricing.Pricer` whose work is done by an executor, in `many` shards of about equal size.

    Every method raises `ExecutorLost` when the executor breaks, or when `stopped` is True while results are awaited.
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
        self._sent = False

    @cached_property
    def least(self) -> Ints:
        """int64, shape (O,): exact cost of each option's cheapest start, `INFEASIBLE_COST` without a start."""
        return self.cheapest(self.problem.price_sum)[0]

    def cheapest(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> tuple[Ints, Ints]:
        """Return the exact least cost and its first start per option, at prices with these prefix sums."""
        cost, start = zip(*self._call_all("cheapest", prefix, scale, once=once), strict=True)
        return np.concatenate(cost), np.concatenate(start)

    def group_least(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> Ints:
        """Return the exact least cost of a copy by group, int64, (G,); `INFEASIBLE_COST` without a column."""
        return np.concatenate(self._call_all("group_least", prefix, scale, once=once))

    def best(self, prefix: Floats, once: Floats | None = None) -> tuple[Floats, Ints, Ints]:
        """Return least cost (infinite without a column), its option and its start by group, (G,), in floats."""
        cost, option, start = zip(*self._call_all("best", prefix, once=once), strict=True)
        whole = [mine + low for mine, (low, _) in zip(option, self.spans, strict=True)]
        return np.concatenate(cost), np.concatenate(whole), np.concatenate(start)

    def _call_all(self, method: str, *arguments: Any, once: NDArray[Any] | None) -> list[Any]:
        """Return the results of all shards, in order."""
        out, found = RetryingCalls[int](self.executor), list[Any]([None] * len(self.parcels))
        known, self._sent = self._sent, True

        def send(at: int, whole: bool) -> None:
            low, high = self.spans[at]
            parcel = self.parcels[at] if whole else self.parcels[at].bare()
            out.send(at, price_shard, parcel, method, (*arguments, None if once is None else once[low:high]))

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
    """Return the problem of groups low .. high - 1, without precedence, nodes, quotas and separation."""
    mine = np.zeros(problem.groups, bool)
    mine[low:high] = True
    found, _ = restrict(problem, mine, problem.capacity, problem.copies)
    none = np.zeros(0, np.int64)
    return replace(found, before=none, after=none, lag=none, nodes=no_nodes(problem.slots), quotas=(), apart=())
