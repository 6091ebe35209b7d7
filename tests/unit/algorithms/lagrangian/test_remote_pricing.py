"""Pricing in shards over an executor: the same costs as in this process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.remote_pricing import RemotePricer, is_separable, price_shard
from leptonopt.runtime.calls import ExecutorLost
from leptonopt.runtime.payload import CachedPayload
from tests.helpers.pooled_problems import three_pools
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


@pytest.fixture
def executor() -> Iterator[Executor]:
    """Return an executor of one thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize("many", [1, 3, 7])
@pytest.mark.parametrize("seed", range(4))
def test_shards_cost_what_the_whole_costs(executor: Executor, seed: int, many: int) -> None:
    """Least costs, starts and options, at true and at random prices; more shards than payloads that are kept."""
    made = drawn(seed, groups=9, slots=7)
    shards, whole = RemotePricer(made, executor, many, lambda: False), BlockPricer(made)
    assert shards.least.tolist() == whole.least.tolist()
    random = np.random.default_rng(seed)
    prefix = np.concatenate([ints([[0]] * len(made.price)), random.integers(0, 9, made.price.shape).cumsum(1)], axis=1)
    once = random.integers(0, 5, made.options)
    for one, other in zip(shards.cheapest(prefix, 3, once), whole.cheapest(prefix, 3, once), strict=True):
        assert one.tolist() == other.tolist()
    assert shards.group_least(prefix, 2).tolist() == whole.group_least(prefix, 2).tolist()
    cost, option_, start = shards.best(prefix.astype(float))
    best = whole.best(prefix.astype(float))
    assert cost.tolist() == best[0].tolist()
    some = np.isfinite(cost)  # a group without a column has no option
    assert option_[some].tolist() == best[1][some].tolist()
    assert start[some].tolist() == best[2][some].tolist()


def test_shards_cover_all_options(executor: Executor) -> None:
    """Spans follow one another from the first to the last option."""
    made = three_pools(1, groups=20)
    spans = RemotePricer(made, executor, 4, lambda: False).spans
    assert spans[0][0] == 0
    assert spans[-1][1] == made.options
    assert all(one[1] == other[0] for one, other in pairwise(spans))


def test_a_stop_ends_the_wait(executor: Executor) -> None:
    """With `ExecutorLost`, as when the executor breaks."""
    shards = RemotePricer(drawn(0), executor, 2, lambda: True)
    with pytest.raises(ExecutorLost, match="stopped"):
        _ = shards.least


def test_calls_that_fail_end_the_pricing(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the last try is told."""
    shards = RemotePricer(drawn(0), executor, 2, lambda: False)

    def failing(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("leptonopt.algorithms.lagrangian.remote_pricing.price_shard", failing)
    with pytest.raises(ExecutorLost, match="no room"):
        _ = shards.least


def test_an_unknown_shard_is_asked_for() -> None:
    """A worker without the payload answers None."""
    assert price_shard(CachedPayload("no such token", None), "cheapest", ()) is None


def test_families_cannot_be_priced_apart() -> None:
    """They choose their pool together."""
    two = [group(option(1, {0: 1})), group(option(1, {0: 1}))]
    assert is_separable(problem(*two, capacity=[[2]]))
    assert not is_separable(problem(*two, capacity=[[2]], together=(ints([0, 1]),)))
