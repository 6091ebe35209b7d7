"""Solve instances with meters or savings plans: only methods whose model has these search.

They cost at least nothing, so that whatever ignores them solves a relaxation: its bounds hold. Dispatching rules and
neighbourhoods would choose by wrong prices, so they are left out; a first plan is constructed at mean prices.
"""

from __future__ import annotations

from leptonopt.errors import Unsupported
from leptonopt.problem.mean_prices import at_mean_prices
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session.session import SolveSession
from leptonopt.session.stages import Lanes, Stage
from leptonopt.solvers import registry as methods

EXACT = ("highs", "cpsat", "cbc")  # methods whose model has meters and savings plans


class MeterSession(SolveSession):
    """The session of an instance with meters or savings plans."""

    def _run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        if isinstance(method, str) and method not in ("auto", *EXACT) and not method.startswith("pulp:"):
            allowed = ", ".join(("auto", *EXACT, "pulp:NAME"))
            raise Unsupported(f"the method {method} does not support meters and savings plans; allowed are {allowed}")
        super()._run(method, warm_start)

    def _run_greedy(self, function: methods.Method) -> None:
        """Construct a first plan at mean prices."""
        super()._run_greedy(_priced(function))

    def _run_baselines(self) -> None:
        """Take the bound of columns alone, and leave the dispatching rules out."""
        if not self.should_stop():
            self._take_uncapacitated_bound()

    def _lanes_of_auto(self) -> Lanes:
        """Return two exact methods side by side, or one after the other."""
        cpsat, highs = Stage("cpsat", 0.3), Stage("highs")
        if self.limits.deterministic:
            return [(Stage("cpsat"),)]
        return [(highs,), (Stage("cpsat"),)] if self.limits.threads > 1 else [(cpsat, highs)]


def _priced(function: methods.Method) -> methods.Method:
    """Return a method that searches at mean prices, and reports nothing but its last schedule."""

    def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        found = function(at_mean_prices(problem), warm_start, limits, NullMonitor(monitor.should_stop))
        if found.schedule is None:
            return Solution(Status.UNKNOWN, Stop.DONE)
        return Solution(Status.FEASIBLE, Stop.DONE, found.schedule)

    return solve
