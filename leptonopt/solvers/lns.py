"""Large-neighbourhood search: some tasks are freed and placed again by an exact solver, over and over.

After Shaw (1998, doi:10.1007/3-540-49481-2_30). Each freed task brings its columns of least reduced
cost (prices on congested capacity from `lagrangian.capacity_dual`) and the one it has; the rest of the
schedule stays and only lends its free capacity. A step is taken when it costs no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from leptonopt.algorithms.heuristics.multistart import prepare_search
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.guidance import guiding_ascent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lns import interval_model as subintervals
from leptonopt.algorithms.lns import subproblem as freeing
from leptonopt.algorithms.lns.neighbourhoods import NeighbourhoodSelector
from leptonopt.algorithms.lns.search_state import SearchState
from leptonopt.algorithms.models.cpsat_call import version
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline, LoadMeter


@dataclass(frozen=True)
class LnsSettings:
    """Shares and counts of the search.

    Attributes
    ----------
    turn : effort of a turn beside its subproblem [deterministic time]
    per_second : effort counted as a second in deterministic mode
    longest : seconds of a free core for a subproblem, beside its effort
    slowest : factor on them on a busy machine, at most. Without it 88 of 115 subproblems end without a solution where a
        process has an eighth of a core (a week of 40 groups, 10 s of CPU time), with it 1 of 41
    """

    turn: float = 0.01
    per_second: float = 0.25
    longest: float = 1.2
    slowest: float = 4.0


SETTINGS = LnsSettings()


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Improve the warm start, or a greedy schedule, until the time is up or the bound is met.

    Deterministic mode counts effort instead of seconds, and ends by itself.
    """
    engine = f"{version()} (CP-SAT)"
    deadline = limits.start()
    found = prepare_search(problem, warm_start, limits, monitor, engine)
    if isinstance(found, Solution):
        return found
    starts, bound = found
    held = SearchState(starts, monitor, bound)
    search = _Search(problem, starts.blocks, starts.true, held, limits, monitor, deadline)
    search.prices()
    stop = search.run()
    if held.pending_gain:
        held.commit()
    return Solution.claim(held.best, held.cost, held.bound, stop, engine, f"{search.turns} neighbourhoods")


class _Search:
    """Run the loop over the incumbent."""

    def __init__(
        self,
        problem: Problem,
        blocks: BlockPricer,
        true: CostGuide,
        held: SearchState,
        limits: Limits,
        monitor: Monitor,
        deadline: Deadline,
    ) -> None:
        self.problem, self.blocks, self.limits, self.monitor, self.deadline = problem, blocks, limits, monitor, deadline
        self.held, self.true = held, true
        self.guide: CostGuide = true
        self.spent, self.turns, self.load = 0.0, 0, LoadMeter()

    def prices(self) -> None:
        """Take multipliers that guide the search, and the bound that they prove."""
        ascent = guiding_ascent(self.problem, self.blocks, self.limits, self.monitor)
        self.guide = ascent.guide()
        self.held.raise_bound(ascent.exact())

    def run(self) -> Stop:
        """Free, solve and accept, until time is up or nothing more can be gained."""
        models = ("intervals", "columns") if subintervals.has_constant_prices(self.problem) else ("columns",)
        choice = NeighbourhoodSelector(self.problem, self.guide, self.limits.seed, models)
        if not choice.usable.any():
            return Stop.DONE
        while self.held.cost > self.held.bound:
            if self.monitor.should_stop():
                return Stop.LIMIT
            if self.limits.deterministic:
                if self.spent > SETTINGS.per_second * self.limits.effort:
                    return Stop.DONE
            elif self.deadline.expired():
                return Stop.LIMIT
            if self.held.adopt_external():
                choice.invalidate()
            self.turn(choice)
        return Stop.PROOF

    def turn(self, choice: NeighbourhoodSelector) -> None:
        """Solve one neighbourhood."""
        self.turns += 1
        held, placing = self.held, self.held.placing
        groups = choice.draw(placing).tolist()
        before = placing.cost_of_groups(groups)
        ran = {group: placing.remove_group(group) for group in groups}
        asked = choice.request(groups)
        seconds = 600.0 if self.limits.deterministic else self.seconds_left()
        looked = freeing.solve(placing, self.true, self.guide, asked, ran, seconds)
        found, spent = looked.found, looked.effort + SETTINGS.turn
        self.spent += spent
        gain = held.accept_or_restore(before, ran, found.columns if found else None)
        proven = found is not None and found.proven
        choice.update_weights((gain or 0) / max(1, abs(held.cost)), spent, proven, spent / asked.effort)
        if gain is not None:
            choice.invalidate(groups)
        if gain:
            held.report(self.turns)
        if held.proves_optimal(looked, len(groups), int(choice.usable.sum())):
            held.raise_bound(held.cost)

    def seconds_left(self) -> float:
        """Return the seconds of a subproblem: more where other work takes the cores."""
        return max(0.05, min(SETTINGS.longest * self.load.slowness(SETTINGS.slowest), self.deadline.left()))
