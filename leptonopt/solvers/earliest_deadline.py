"""Earliest deadline first: whoever is due first goes first, and runs where it ends earliest.

What a cluster scheduler that knows deadlines and no prices does (Liu & Layland 1973,
doi:10.1145/321738.321743, carried over to devices and options). A due date with a price on lateness counts as
the deadline where there is one. A baseline: the cost breaks ties between options that end together, no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leptonopt.algorithms.heuristics.dispatch_rules import DispatchRule, dispatch
from leptonopt.algorithms.heuristics.partial_schedule import Column
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution
from leptonopt.problem.schedule import Schedule


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, by deadline; the warm start is ignored."""
    return dispatch(problem, limits, monitor, DeadlineFirst)


class DeadlineFirst(DispatchRule):
    """Order groups by their deadline, and their starts by end."""

    def rank(self) -> Sequence[float]:
        """Return the deadline, or the due date where it comes first."""
        problem = self.placing.problem
        latest = np.zeros(problem.groups, np.int64)
        np.maximum.at(latest, problem.group, problem.last + problem.duration)
        due = np.where(problem.late_once > 0, problem.late_after, latest)
        slope = problem.late_slope > 0
        due = np.where(slope, np.minimum(due, problem.late_base // np.maximum(problem.late_slope, 1)), due)
        ranks: list[float] = np.minimum(latest, due).astype(float).tolist()
        return ranks

    def choose(self, group: int) -> Column | None:
        """Return the option and start that end first."""
        found = self.placing.earliest_column(group, self.guide)
        return None if found is None else (found[1], found[2])
