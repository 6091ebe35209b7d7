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
    """Return what multipliers prove; see `DualProof`."""
    return DualProof(linear, costs, data, upper, scale).prove(duals)


class DualProof:
    """Proofs of bounds of one model, by multipliers on its rows.

    Attributes
    ----------
    costs, upper : int64, the objective and the right sides that count
    matrix, sizes : the transposed matrix, with the entries that count, and its absolute values in doubles
    """

    def __init__(self, linear: IntegerProgram, costs: Ints, data: Ints, upper: Ints, scale: int = 2**16) -> None:
        matrix = linear.matrix.copy()
        matrix.data = data
        self.linear, self.costs, self.upper, self.scale = linear, costs, upper, scale
        self.matrix = matrix.T.tocsr()
        self.sizes = abs(self.matrix).astype(float)

    def prove(self, duals: Floats, least: Ints | None = None, most: Ints | None = None) -> ReducedCosts | None:
        """Return what multipliers prove; None where numbers are too large to add up exactly.

        Parameters
        ----------
        duals : float, shape (R,), the multipliers, positive where the lower side of a row binds
        least, most : int64, shape (V,), limits of the variables that hold besides; the bound is that of what they leave
        """
        weight = self._weights(duals)
        if weight is None:
            return None
        left = self.scale * self.costs - self.matrix @ weight
        side = np.where(weight > 0, self.linear.lower, self.upper)
        bound = sum(int(w) * int(s) for w, s in zip(weight.tolist(), side.tolist(), strict=True) if w)
        least = np.zeros_like(left) if least is None else least
        most = self.linear.most if most is None else most
        known = len(self.linear.group)
        own, extra = self._of_groups(left[:known], least[:known], most[:known])
        ends = np.where(left > 0, least, most)[known:]
        bound += own + sum(int(low) * int(at) for low, at in zip(left[known:].tolist(), ends.tolist(), strict=True))
        return ReducedCosts(self.scale, bound, np.concatenate([extra, np.maximum(0, left[known:])]))

    def _weights(self, duals: Floats) -> Ints | None:
        """Return multipliers in whole numbers, none on rows of rule `once`; None where they are too large."""
        largest = max(1.0, float(np.abs(self.costs).sum()), float(np.abs(duals).sum()))
        if not np.all(np.isfinite(duals)) or float(self.scale) * largest >= MAX_EXACT:
            return None
        weight = np.rint(duals * self.scale).astype(np.int64)
        endless = (weight > 0) & (self.linear.lower <= -NO_LIMIT) | (weight < 0) & (self.upper >= NO_LIMIT)
        weight[endless] = 0
        weight[: len(self.linear.parts[0].lower)] = 0
        sums = self.sizes @ np.abs(weight).astype(float)
        return None if float(sums.max(initial=0.0)) >= MAX_EXACT / 4 else weight

    def _of_groups(self, left: Ints, least: Ints, most: Ints) -> tuple[int, Ints]:
        """Return the least sum over the columns of all groups, and what each costs above the cheapest."""
        group, copies, open_ = self.linear.group, self.linear.problem.copies, most > least
        cheapest = np.full(len(copies), MAX_EXACT)  # where no column is open
        np.minimum.at(cheapest, group[open_], left[open_])
        free = copies.copy()
        np.subtract.at(free, group, least)
        total = sum(int(low) * int(count) for low, count in zip(left.tolist(), least.tolist(), strict=True) if count)
        held = np.unique(group)
        total += sum(int(cheapest[g]) * max(0, int(free[g])) for g in held.tolist())
        return total, np.where(open_, left - cheapest[group], 0)
