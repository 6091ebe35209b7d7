"""Guiding costs of small problems for tests of heuristics."""

from __future__ import annotations

from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.problem import Problem


def true_guide(problem: Problem) -> CostGuide:
    """Return the costs of a problem without multipliers."""
    return CostGuide.true(problem, BlockPricer(problem))
