"""Complete a partial schedule: insert what is missing, repair by ejection, and improve."""

from __future__ import annotations

from leptonopt.algorithms.heuristics.ejection_pool import repair_by_ejection
from leptonopt.algorithms.heuristics.insertion import cost_limit, insert_copies, topological
from leptonopt.algorithms.heuristics.multistart import TUNING, MultiStart
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.heuristics.reinsertion import improve
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor
from leptonopt.problem.schedule import Schedule


def complete(problem: Problem, partial: Schedule, limits: Limits, monitor: Monitor) -> Schedule | None:
    """Return a complete schedule from one that keeps all rules but `once`; None where none is found.

    What is missing is inserted at its cheapest start, predecessors first. What finds no place ejects other tasks.
    """
    starts = MultiStart(problem, BlockPricer(problem), limits, monitor)
    placing = PartialSchedule(problem, starts.shape, partial)
    for group in topological(placing):
        if placing.missing[group]:
            insert_copies(placing, group, starts.true, cost_limit(placing, group), starts.should_stop)
    if unplaced := placing.unplaced():
        tries = TUNING.ejections * TUNING.long_effort * max(20, min(200, len(unplaced)))
        repair_by_ejection(placing, starts.true, tries, limits.seed, starts)
    if placing.unplaced():
        return None
    improve(placing, starts.true, starts, 1)
    starts.accept(placing)
    return starts.found
