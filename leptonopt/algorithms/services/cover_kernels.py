"""Kernel that covers a demand with whole replicas at least cost, in each slot by itself.

A bounded covering knapsack by depth-first branch and bound (Horowitz and Sahni 1974, doi:10.1145/321812.321823): ways
in order of cost per unit of supply, counts from the largest down, pruned by the linear relaxation of what is left. All
numbers are whole, and floats below 2**53 hold them exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.runtime.jit import inner_jit, jit

Array = NDArray[Any]
MARGIN = 1e-6  # below a whole step of cost, above the rounding error of a relaxation


@inner_jit
def _relaxed(cost: Array, most: Array, weight: Array, slot: int, first: int, need: float, missed: float) -> float:
    """Return the least cost of covering a need by the ways from `first` on, with fractions."""
    total = 0.0
    for way in range(first, cost.shape[1]):
        if need <= 0:
            break
        some = min(most[slot, way], need / weight[slot, way])
        total, need = total + some * cost[slot, way], need - some * weight[slot, way]
    return total + need * missed if need > 0 else total


@jit
def least_covers(
    cost: Array, most: Array, weight: Array, need: Array, missed: float, tries: int, state: Array, on: Array
) -> Array:
    """Return the least cost of each slot, float64, shape (T,); infinite where nothing covers the need.

    `cost`, `most` and `weight` have shape (T, W), `need` (T,), all floats with whole values; costs are not below zero,
    weights above. In each slot ways ascend in cost per weight, and none costs more than to miss what it serves: a unit
    of need may be missed at a cost, which may be infinite. After so many tries the relaxation is taken. `state` is room
    for the search, shape (3, W + 1). The counts of the best covers are written to `on`, shape (T, W).
    """
    found, ways = np.zeros(len(need)), cost.shape[1]
    step = 0.0 if missed < np.inf else 1.0 - MARGIN  # less than the costs of two answers differ
    count, left, paid = state[0], state[1], state[2]
    for slot in range(len(need)):
        found[slot] = root = _relaxed(cost, most, weight, slot, 0, need[slot], missed)
        if ways == 0 or need[slot] <= 0 or root == np.inf:
            continue
        best, depth, trial = need[slot] * missed, 0, 0
        left[0], paid[0], count[0] = need[slot], 0.0, min(most[slot, 0], np.ceil(need[slot] / weight[slot, 0])) + 1
        while depth >= 0 and trial < tries:
            trial, count[depth] = trial + 1, count[depth] - 1
            rest = left[depth] - count[depth] * weight[slot, depth]
            total = paid[depth] + count[depth] * cost[slot, depth]
            whole = total if rest <= 0 else total + _relaxed(cost, most, weight, slot, depth + 1, rest, missed)
            if count[depth] < 0 or (rest > 0 and whole >= best - step):
                depth -= 1  # fewer replicas of this way cost no less
            elif rest <= 0 or depth + 1 == ways:
                if whole < best:
                    best = whole
                    on[slot, : depth + 1], on[slot, depth + 1 :] = count[: depth + 1], 0.0
            else:
                depth += 1
                left[depth], paid[depth] = rest, total
                count[depth] = min(most[slot, depth], np.ceil(rest / weight[slot, depth])) + 1
        if depth < 0:
            found[slot] = best
    return found
