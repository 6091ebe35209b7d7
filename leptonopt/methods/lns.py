"""Large-neighbourhood search: some tasks are freed and placed again by an exact solver, over and over.

After Shaw (1998, doi:10.1007/3-540-49481-2_30). Each freed task brings its columns of least reduced
cost (prices on congested capacity from `leptonopt.dual`) and the one it has; the rest of the
schedule stays and only lends its free capacity. A step is taken when it costs no more.
"""

from __future__ import annotations

import time

from leptonopt import freeing, subintervals, submodel
from leptonopt.dual import Ascent, rounds_within
from leptonopt.neighbourhoods import Neighbourhoods
from leptonopt.placing import Guide, Placing
from leptonopt.pricing import Blocks, free_bound
from leptonopt.problem import (
    Limits,
    Monitor,
    Problem,
    Schedule,
    Solution,
    Status,
    Stop,
    broken_rules,
    objective,
    rent_of,
    with_rent,
)
from leptonopt.starting import Starts

TURN = 0.01  # effort that a turn takes beside its sub-problem
PRICES = 0.12  # share of the time limit for prices at most
ROUNDS = 400  # rounds of prices at most
SMALL = 4000  # groups up to which every gain is counted again and reported at once
RARELY = 15  # turns between reports above that
PER_SECOND = 0.25  # effort counted as a second in deterministic mode


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Improves the warm start, or a greedy schedule, until the time is up or the bound is met.

    Deterministic mode counts effort instead of seconds, and ends by itself.
    """
    engine = f"{submodel.version()} (CP-SAT)"
    begun = time.monotonic()
    blocks = Blocks(problem)
    bound = free_bound(problem, blocks.least)
    if bound is None:
        note = "a task that must run has no start at which it fits the capacity alone"
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, note=note)
    monitor.bound(bound)
    starts = Starts(problem, blocks, limits, monitor)
    starts.warm(warm_start)
    if starts.found is None:
        starts.warm(monitor.best())
    if starts.found is None:
        starts.run()
    if starts.found is None:
        note = f"no schedule to start from: {starts.shortfall()}"
        return Solution(Status.UNKNOWN, Stop.DONE, bound=bound, engine=engine, note=note)
    search = _Search(problem, blocks, starts, limits, monitor, begun)
    search.prices(bound)
    stop = search.run()
    if search.gained:
        search.keep()
    if search.cost <= search.bound:
        return Solution(Status.OPTIMAL, Stop.PROOF, search.best, search.cost, engine)
    return Solution(Status.FEASIBLE, stop, search.best, search.bound, engine, note=f"{search.turns} neighbourhoods")


class _Search:
    """The schedule at hand, and the loop over it."""

    def __init__(
        self, problem: Problem, blocks: Blocks, starts: Starts, limits: Limits, monitor: Monitor, begun: float
    ) -> None:
        assert starts.found is not None
        self.problem, self.blocks, self.limits, self.monitor, self.begun = problem, blocks, limits, monitor, begun
        self.best, self.cost = starts.found, starts.cost
        self.true, self.shape = starts.true, starts.shape
        self.placing = self.placed(self.best)
        self.guide: Guide = self.true
        self.bound = 0
        self.seen: Schedule | None = None
        self.spent, self.turns, self.gained, self.kept = 0.0, 0, 0, 0

    def placed(self, schedule: Schedule) -> Placing:
        """A schedule to work on, with its nodes."""
        placing = Placing(self.problem, self.shape, schedule)
        if placing.hosting is not None and (rent := rent_of(self.problem, schedule)) is not None:
            placing.hosting.settle(rent)
        return placing

    def prices(self, bound: int) -> None:
        """Prices on capacity, which give reduced costs and a bound."""
        self.bound = bound
        ascent = Ascent(self.problem, self.blocks)
        rounds = min(ROUNDS, rounds_within(self.problem, self.blocks.columns, self.limits.effort))
        until = time.monotonic() + PRICES * self.limits.time_limit + 0.2
        for turn in range(rounds):
            ascent.step()
            late = not self.limits.deterministic and time.monotonic() > until
            if late or self.monitor.should_stop() or (turn % 20 == 19 and ascent.slope(60) < 5e-5):
                break
        self.guide = ascent.guide()
        exact = ascent.exact()
        if exact is not None and exact > self.bound:
            self.bound = exact
            self.monitor.bound(exact)

    def run(self) -> Stop:
        """Free, solve, take over; until time is up or nothing more can be gained."""
        models = ("intervals", "columns") if subintervals.steady(self.problem) else ("columns",)
        choice = Neighbourhoods(self.problem, self.guide, self.limits.seed, models)
        if not choice.usable.any():
            return Stop.DONE
        while self.cost > self.bound:
            if self.monitor.should_stop():
                return Stop.LIMIT
            if self.limits.deterministic:
                if self.spent > PER_SECOND * self.limits.effort:
                    return Stop.DONE
            elif time.monotonic() - self.begun > self.limits.time_limit:
                return Stop.LIMIT
            if self.listen():
                choice.forget()
            self.turn(choice)
        return Stop.PROOF

    def listen(self) -> bool:
        """Takes over a better schedule that somebody else found; true when there was one."""
        other = self.monitor.best()
        if other is None or other is self.seen or other is self.best:
            return False
        self.seen = other
        if (cost := objective(self.problem, other)) < self.cost and not broken_rules(self.problem, other):
            self.best, self.cost = other, cost
            self.placing = self.placed(other)
            return True
        return False

    def turn(self, choice: Neighbourhoods) -> None:
        """One neighbourhood."""
        self.turns += 1
        groups = choice.draw(self.placing).tolist()
        before = self.placing.bill(groups)
        ran = {group: self.placing.clear(group) for group in groups}
        asked = choice.asked(groups)
        seconds = 600.0 if self.limits.deterministic else self.seconds_left()
        looked = freeing.solve(self.placing, self.true, self.guide, asked, ran, seconds)
        answer, spent = looked.found, looked.effort + TURN
        self.spent += spent
        gain = 0
        if answer is not None:
            for option, start, count in answer.columns:
                self.placing.put(option, start, count)
            gain = before - self.placing.bill(groups)
        if answer is None or gain < 0:
            for group in groups:
                self.placing.clear(group)
            for group in groups:
                self.placing.restore(group, ran[group])
        proven = answer is not None and answer.proven
        choice.learn(max(0, gain) / max(1, abs(self.cost)), spent, proven, spent / asked.effort)
        if answer is not None and gain >= 0:
            choice.forget(groups)
        if gain > 0:
            self.gained += gain
            if self.problem.groups <= SMALL or self.turns - self.kept >= RARELY:
                self.keep()
        if (
            proven
            and looked.whole
            and not self.shape.hosts
            and len(groups) == int(choice.usable.sum())
            and self.placing.total() == self.cost
        ):
            self.bound = self.cost
            self.monitor.bound(self.bound)

    def keep(self) -> None:
        """Holds and reports what is at hand, if it is right and better."""
        self.gained, self.kept = 0, self.turns
        schedule = with_rent(self.problem, self.placing.schedule())
        if broken_rules(self.problem, schedule):
            self.placing = self.placed(self.best)
        elif (cost := objective(self.problem, schedule)) < self.cost:
            self.best, self.cost = schedule, cost
            self.monitor.incumbent(schedule, cost)
            if self.placing.hosting is not None and schedule.rent is not None:
                self.placing.hosting.settle(schedule.rent)

    def seconds_left(self) -> float:
        left = self.limits.time_limit - (time.monotonic() - self.begun)
        return max(0.05, min(1.2, left))
