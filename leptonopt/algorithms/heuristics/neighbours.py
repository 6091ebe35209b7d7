"""Predecessors and successors of groups as lists."""

from __future__ import annotations

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.runtime.clock import check_time_each
from leptonopt.runtime.topological_order import OFTEN

Neighbours = list[list[tuple[int, int]]]  # per group, (other group, lag [slots])


def neighbours(problem: Problem, lag: Ints) -> tuple[Neighbours, Neighbours]:
    """Return predecessors and successors of each group with a lag, int64, shape (E,), where it has one."""
    before: Neighbours = [[] for _ in range(problem.groups)]
    after: Neighbours = [[] for _ in range(problem.groups)]
    edges = zip(problem.before.tolist(), problem.after.tolist(), lag.tolist(), strict=True)
    for first, second, wait in check_time_each(edges, OFTEN):
        if wait < UNLIMITED:
            before[second].append((first, wait))
            after[first].append((second, wait))
    return before, after
