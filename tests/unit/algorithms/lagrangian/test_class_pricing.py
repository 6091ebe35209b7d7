"""Pricing by classes of options: the same costs as by blocks."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from tests.helpers.random_problems import problem as drawn


@pytest.mark.parametrize("seed", range(20))
def test_both_ways_of_pricing_agree(seed: int) -> None:
    """At random prices, exact and in floats."""
    made = drawn(seed)
    blocks, classes = BlockPricer(made), ClassPricer(made)
    assert classes.least.tolist() == blocks.least.tolist()
    prices = np.random.default_rng(seed).integers(0, 50, made.price.shape)
    prefix = np.concatenate([np.zeros((len(prices), 1), np.int64), np.cumsum(prices, axis=1)], axis=1)
    assert classes.cheapest(prefix, 2)[0].tolist() == blocks.cheapest(prefix, 2)[0].tolist()
    assert classes.group_least(prefix, 2).tolist() == blocks.group_least(prefix, 2).tolist()
    assert classes.best(prefix.astype(float))[0].tolist() == pytest.approx(
        blocks.best(prefix.astype(float))[0].tolist()
    )
