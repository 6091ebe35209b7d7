"""Ruin and recreate on single nodes, such as servers of a data centre: construct, repair, improve."""

from __future__ import annotations

from leptonopt.algorithms.single_nodes.search import SingleNodeSearch
from leptonopt.algorithms.single_nodes.supports import unsupported_rule
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Stopwatch


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Improve the warm start, or a construction, until the time is up."""
    if rule := unsupported_rule(problem):
        note = f"ruin-and-recreate cannot express the rule {rule}; ask for another method"
        return Solution(Status.UNKNOWN, Stop.FAILED, note=note)
    search = SingleNodeSearch(problem, monitor, limits.seed)
    if not search.start(warm_start or monitor.best()):
        note = "no construction placed all mandatory tasks"
        return Solution(Status.UNKNOWN, search.stop, engine=search.engine, note=note)
    if limits.deterministic:
        search.improve(search.steps(limits.effort))
    else:
        watch, span = Stopwatch(), max(1e-3, limits.start().left())
        search.improve(lambda: watch.seconds() / span)
    return search.solution()
