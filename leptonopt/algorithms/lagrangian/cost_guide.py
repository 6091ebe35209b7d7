"""Guiding costs: by them construction heuristics and local search choose columns (option, start)."""

from __future__ import annotations

from copy import copy

import numpy as np

from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, Pricer
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem


class CostGuide:
    """The costs of columns, or those costs with multipliers on capacity added.

    Attributes
    ----------
    prefix : int64, shape (K, T + 1), prefix sums of the guiding prices
    scale : all guiding costs are in units of 1/scale money units
    least : list of O ints, the cost of each option at its cheapest start
    order : per group, its options that have a start, cheapest first
    bare : True for costs without multipliers, to which the costs of nodes have to be added
    once : list of O ints, an extra cost of each option that does not depend on the start; None without one
    pace : an extra cost per slot until the option ends [1/scale]
    """

    def __init__(self, problem: Problem, prefix: Ints, least: Ints, scale: int = 1, once: Ints | None = None) -> None:
        self.prefix, self.scale = prefix, scale
        self.bare, self.pace = False, 0
        self.once: list[int] | None = None if once is None else once.tolist()
        self.least = least.tolist()
        by_cost = np.lexsort((least, problem.group))
        usable = by_cost[least[by_cost] < INFEASIBLE_COST]
        cut = np.searchsorted(problem.group[usable], np.arange(problem.groups + 1))
        flat, ends = usable.tolist(), cut.tolist()
        self.order = [flat[ends[g] : ends[g + 1]] for g in range(problem.groups)]

    @classmethod
    def true(cls, problem: Problem, pricer: Pricer) -> CostGuide:
        """Return the costs of a problem without multipliers."""
        guide = cls(problem, problem.price_sum, pricer.least)
        guide.bare = True
        return guide

    def paced(self, pace: int) -> CostGuide:
        """Return a copy that adds `pace` [1/scale] per slot until an option ends."""
        guide = copy(self)
        guide.pace = pace
        return guide
