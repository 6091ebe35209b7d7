"""Bound and reduced costs that multipliers on the rows prove, in exact integers.

Multipliers from a linear program in doubles are rounded to whole numbers first. Any multipliers of the right signs
prove a bound (Neumaier and Shcherbina 2004, doi:10.1007/s10107-003-0433-3): no tolerance of the engine matters. The
rows of rule `once` stay as they are: each copy of a group takes its cheapest column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.models.time_indexed import NO_LIMIT, IntegerProgram
from leptonopt.problem.arrays import Floats, Ints

MAX_EXACT = 2**62  # sums of absolute values above it do not fit the integers used here


@dataclass(frozen=True)
class ReducedCosts:
    """Bound and reduced costs that multipliers prove, in units of 1/scale of the costs given.

    Attributes
    ----------
    bound : no solution costs less
    extra : int64, shape (V,): a solution that uses variable v costs at least bound + extra[v]; 0 where unknown
    """

    scale: int
    bound: int
    extra: Ints

    @property
    def bound_in_units(self) -> int:
        """Return the bound in whole units of the costs, rounded up."""
        return -(-self.bound // self.scale)

    def useless(self, target: int) -> Ints:
        """Return the positions, int64, shape (N,), of variables that no solution up to `target` uses."""
        return np.flatnonzero(self.extra > self.scale * target - self.bound)


def reduced_costs(
    linear: IntegerProgram, costs: Ints, data: Ints, upper: Ints, duals: Floats, scale: int = 2**16
) -> ReducedCosts | None:
    """Return what multipliers prove; None where numbers are too large to add up exactly.

    Parameters
    ----------
    costs, data, upper : int64, the objective, the entries of `linear.matrix` and the right sides that count
    duals : float, shape (R,), the multipliers, positive where the lower side of a row binds
    """
    scale_of_sums = float(scale) * max(1.0, float(np.abs(costs).sum()), float(np.abs(duals).sum()))
    if scale_of_sums >= MAX_EXACT or not np.all(np.isfinite(duals)):
        return None
    lower, most, once = linear.lower, linear.most, len(linear.parts[0].lower)
    free_below, free_above = lower <= -NO_LIMIT, upper >= NO_LIMIT
    weight = np.rint(duals * scale).astype(np.int64)
    weight = np.where((weight > 0) & free_below | (weight < 0) & free_above, 0, weight)
    weight[:once] = 0
    matrix = linear.matrix.copy()
    matrix.data = data
    if float((abs(matrix).T.astype(float) @ np.abs(weight).astype(float)).max(initial=0.0)) >= MAX_EXACT / 4:
        return None
    left = scale * costs - matrix.T @ weight
    side = np.where(weight > 0, lower, upper)
    bound = sum(int(w) * int(s) for w, s in zip(weight.tolist(), side.tolist(), strict=True) if w)
    group = linear.group
    least = np.full(linear.problem.groups, np.iinfo(np.int64).max)
    np.minimum.at(least, group, left[: len(group)])
    held = np.unique(group)
    copies = linear.problem.copies
    bound += sum(int(least[g]) * int(copies[g]) for g in held.tolist())
    rest = np.minimum(0, left[len(group) :])
    bound += sum(int(low) * int(high) for low, high in zip(rest.tolist(), most[len(group) :].tolist(), strict=True))
    extra = np.zeros_like(left)
    extra[: len(group)] = left[: len(group)] - least[group]
    extra[len(group) :] = np.maximum(0, left[len(group) :])
    return ReducedCosts(scale, bound, extra)
