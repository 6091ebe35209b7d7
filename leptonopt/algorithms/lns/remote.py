"""Subproblems solved by the workers of an executor.

A call carries the current schedule, the groups to free, a seed and an effort. The problem and the guiding costs are
a cached payload, sent once to each worker. A worker that lacks the payload returns None and gets it with the retry.
"""

from __future__ import annotations

from functools import cached_property

from leptonopt.algorithms.heuristics.partial_schedule import ProblemIndex
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lns import subproblem
from leptonopt.algorithms.lns.subproblem import NeighbourhoodRequest, SubproblemResult, make_partial_schedule
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.payload import CachedPayload


class RemoteContext:
    """A problem and the guiding costs of its columns, indexed once per worker."""

    def __init__(self, content: tuple[Problem, CostGuide]) -> None:
        self.problem, self.guide = content
        self.shape = ProblemIndex(self.problem)

    @cached_property
    def true(self) -> CostGuide:
        """Return the costs without multipliers."""
        return CostGuide.true(self.problem, BlockPricer(self.problem))


def solve_remotely(
    payload: CachedPayload, schedule: Schedule, request: NeighbourhoodRequest, seconds: float
) -> SubproblemResult | None:
    """Remove groups from a schedule and solve their subproblem; None if this process lacks the payload."""
    context = payload.opened(RemoteContext)
    if context is None:
        return None
    partial = make_partial_schedule(context.problem, context.shape, schedule)
    placed = {group: partial.remove_group(group) for group in request.groups}
    true = context.true if request.move else context.guide
    return subproblem.solve(partial, true, context.guide, request, placed, seconds)
