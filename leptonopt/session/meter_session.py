"""Solve instances with meters or savings plans: only methods whose model has these search.

They cost at least nothing, so that whatever ignores them solves a relaxation: its bounds hold. Dispatching rules and
neighbourhoods would choose by wrong prices, so they are left out; a first plan is constructed at mean prices, and runs
are moved at marginal ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from leptonopt.algorithms.heuristics.marginal_moves import moved
from leptonopt.errors import Unsupported
from leptonopt.problem.mean_prices import at_list_prices, at_mean_prices
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor, Solution, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.clock import run_in_thread
from leptonopt.runtime.deadline import Stopwatch
from leptonopt.session.services_session import ServicesSession, inside, take_notes
from leptonopt.session.session import SolveSession
from leptonopt.session.stages import Lanes, Stage
from leptonopt.solvers import registry as methods
from leptonopt.solvers import services, small_program

MOVES_SHARE = 0.15  # of the time limit, for moves of single runs
PRICES_SHARE = 0.25  # of the time left, for services and tasks at the prices of meters, or without meters
MOVES = 500  # so many looks at them, where no clock counts
EXACT = ("highs", "cpsat", "cbc")  # methods whose model has meters and savings plans


class MeterSession(SolveSession):
    """The session of an instance with meters or savings plans."""

    def _run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        if isinstance(method, str) and method not in ("auto", *EXACT) and not method.startswith("pulp:"):
            allowed = ", ".join(("auto", *EXACT, "pulp:NAME"))
            raise Unsupported(f"the method {method} does not support meters and savings plans; allowed are {allowed}")
        if why := undecided(self.problem):
            self.state.why.append(why)
            return
        if warm_start is not None and self._has_services:
            self._take_replicas(warm_start)
            warm_start = None
        super()._run(method, warm_start)

    @property
    def _has_services(self) -> bool:
        return len(self.problem.services) > 0

    def _take_replicas(self, warm_start: Schedule) -> None:
        """Take a schedule of tasks and replicas as the first plan."""
        if warm_start.replicas is not None:
            self.state.phase = "warm start"
            self.state.incumbent(warm_start, None)

    def _run_exactly(self) -> None:
        """Prove a small problem in this process; others by the exact methods, side by side."""
        if small_program.is_small(self.problem) and not self.limits.deterministic:
            self._run_here("highs", run_in_thread(small_program.solve), self.limits_for(self.left()))

    def _run_greedy(self, function: methods.Method) -> None:
        """Construct a first plan at mean prices."""
        if self._has_services:
            limits = self.limits_for(self.left(), self.limits.threads)
            self._run_here("services", run_in_thread(_priced(services.solve_first)), limits)
        else:
            super()._run_greedy(_priced(function))

    def _run_baselines(self) -> None:
        """Take the bound of columns alone, without dispatching rules; plan services at prices."""
        if self._has_services and not self.limits.deterministic:
            if self.problem.savings:
                self._plan_at(at_list_prices(self.problem))
            if (relaxed := self._plan_at(replace(self.problem, meters=(), savings=()))) is not None:
                self._take_bound(relaxed)
        elif not self.should_stop() and not self._has_services:
            self._take_uncapacitated_bound()

    def _plan_at(self, problem: Problem) -> SolveSession | None:
        """Plan services and tasks where meters have other prices, or none, for a share of the time."""
        if self.should_stop():
            return None
        inner = inside(self, problem, PRICES_SHARE, ServicesSession)
        inner.run("auto", None)
        take_notes(self, inner)
        if inner.state.schedule is not None:
            self.state.phase = "services"
            self.state.incumbent(inner.state.schedule, None)
        return inner

    def _take_bound(self, relaxed: SolveSession) -> None:
        """Take what a relaxation proves."""
        self.state.phase = "services"
        if relaxed.state.infeasible:
            self.state.infeasible = True
            self.state.claims.claim_infeasible("services")
        elif relaxed.state.lower is not None:
            self.state.bound(relaxed.state.lower)

    def _lanes_of_auto(self) -> Lanes:
        """Return two exact methods side by side, or one after the other."""
        cpsat, highs = Stage("cpsat", 0.3), Stage("highs")
        if self.limits.deterministic:
            return [(Stage("cpsat"),)]
        return [(highs,), (Stage("cpsat"),)] if self.limits.threads > 1 else [(cpsat, highs)]


def _priced(function: methods.Method) -> methods.Method:
    """Return a method that searches at mean prices, then moves runs of whole tasks at marginal ones."""

    def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        found = function(at_mean_prices(problem), warm_start, limits, NullMonitor(monitor.should_stop))
        if found.schedule is None:
            return Solution(Status.UNKNOWN, Stop.DONE)
        monitor.incumbent(found.schedule, objective(problem, found.schedule))
        if problem.chains or len(problem.services):
            return Solution(Status.FEASIBLE, Stop.DONE, found.schedule)
        better = moved(problem, found.schedule, _when_to_stop(limits, monitor), limits.seed)
        return Solution(Status.FEASIBLE, Stop.DONE, better)

    return solve


def _when_to_stop(limits: Limits, monitor: Monitor) -> Callable[[], bool]:
    """Return a function that returns whether moves have had their share of the time, or of looks."""
    if limits.deterministic:
        looks = iter(range(MOVES))
        return lambda: monitor.should_stop() or next(looks, None) is None
    watch = Stopwatch()
    return lambda: monitor.should_stop() or watch.seconds() > MOVES_SHARE * limits.time_limit
