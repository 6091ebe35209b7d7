"""Large-neighbourhood search: some tasks are freed and placed again by an exact solver, over and over.

After Shaw (1998, doi:10.1007/3-540-49481-2_30). Each freed task brings its columns of least reduced
cost (prices on congested capacity from `leptonopt.dual`) and the one it has; the rest of the
schedule stays and only lends its free capacity. A step is taken when it costs no more.
"""

from __future__ import annotations

import time

import numpy as np

from leptonopt import subintervals, submodel
from leptonopt.building import fill, rehouse, worth
from leptonopt.dual import Ascent
from leptonopt.neighbourhoods import Neighbourhoods
from leptonopt.placing import Column, Guide, Placing
from leptonopt.pricing import NEVER, Blocks, free_bound
from leptonopt.problem import (
    Bools,
    Ints,
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

COLUMNS = 40  # of least reduced cost per freed task
LINKED = 120  # of a freed task that waits for another or is waited for
TOTAL = 6000  # columns of a sub-problem at most
TURN = 0.01  # effort that a turn takes beside its sub-problem
EFFORT = 0.7  # CP-SAT's deterministic time for a sub-problem
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
        note = f"no schedule to start from: {starts.fewest} groups of tasks that must run found no place"
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
        size = self.blocks.columns + 1000 * self.problem.groups
        rounds = min(ROUNDS, max(20, int(2e9 * self.limits.time_limit / 60 // max(1, size))))
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
                if self.spent > PER_SECOND * self.limits.time_limit:
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
        there = self.elsewhere(ran, *choice.move) if choice.move else ran
        columns = _Columns(self.placing, self.guide, groups, there, choice.only)
        effort = EFFORT * (2 if choice.kind == "core" else 1)
        seconds = 600.0 if self.limits.deterministic else self.seconds_left()
        seed = int(choice.random.integers(2**31))
        if choice.model == "intervals":
            jobs, edges = columns.jobs()
            answer = subintervals.solve(self.placing, jobs, edges, effort, seconds, seed)
        else:
            sub = columns.sub()
            answer = submodel.solve(self.placing, sub, effort, seconds, seed)
        spent = (answer.effort if answer else effort) + 2e-5 * columns.many + TURN
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
        choice.learn(max(0, gain) / max(1, abs(self.cost)), spent, proven, spent / effort)
        if answer is not None and gain >= 0:
            choice.forget(groups)
        if gain > 0:
            self.gained += gain
            if self.problem.groups <= SMALL or self.turns - self.kept >= RARELY:
                self.keep()
        if (
            proven
            and columns.whole
            and not self.shape.hosts
            and len(groups) == int(choice.usable.sum())
            and self.placing.total() == self.cost
        ):
            self.bound = self.cost
            self.monitor.bound(self.bound)

    def elsewhere(self, ran: dict[int, dict[Column, int]], family: int, pool: int) -> dict[int, dict[Column, int]]:
        """How groups that were taken out could run with a whole family on another pool; as they did if they cannot."""
        placing = self.placing
        housed = rehouse(placing, self.true, family, pool) or rehouse(placing, self.true, family, pool, hurry=True)
        for group in sorted(ran, key=self.shape.rank.__getitem__):
            fill(placing, group, self.true, worth(placing, group))
        housed = housed and not any(placing.missing[group] and not self.shape.optional[group] for group in ran)
        there = {group: placing.clear(group) for group in ran}
        placing.home[family] = -1
        return there if housed else ran

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


class _Columns:
    """The columns a sub-problem may choose from."""

    def __init__(
        self,
        placing: Placing,
        guide: Guide,
        groups: list[int],
        ran: dict[int, dict[Column, int]],
        only: Bools | None = None,
    ) -> None:
        self.placing, self.guide, self.groups, self.ran, self.only = placing, guide, groups, ran, only
        self.at = {group: at for at, group in enumerate(groups)}
        self.most_each = max(4, min(COLUMNS, TOTAL // max(1, len(groups))))
        self.whole = True
        self.many = 0
        self.between = self._between() if len(placing.problem.before) else {}

    def _between(self) -> dict[int, tuple[int, int]]:
        """For groups that wait or are waited for: earliest start and latest end, as what stays leaves them."""
        shape, placing = self.placing.shape, self.placing
        linked = [group for group in self.groups if shape.before[group] or shape.behind[group]]
        linked.sort(key=shape.rank.__getitem__)
        shortest = {
            group: min((shape.duration[o] for o in self.guide.order[group] if not self.off(o)), default=0)
            for group in linked
        }
        low, high = dict.fromkeys(linked, 0), dict.fromkeys(linked, placing.problem.slots)
        for group in linked:
            for before, lag in shape.before[group]:
                end = low[before] + shortest[before] if before in low else placing.end[before]
                low[group] = max(low[group], end + lag) if end >= 0 else placing.problem.slots
        for group in reversed(linked):
            for behind, lag in shape.behind[group]:
                if behind in high and not shape.optional[behind]:
                    high[group] = min(high[group], high[behind] - shortest[behind] - lag)
                elif behind not in high and placing.start[behind] >= 0:
                    high[group] = min(high[group], placing.start[behind] - lag)
        return {group: (low[group], high[group]) for group in linked}

    def jobs(self) -> tuple[list[subintervals.Job], list[tuple[int, int, int]]]:
        """Copies with all their options and starts, and what waits for what among them."""
        placing, shape, jobs = self.placing, self.placing.shape, list[subintervals.Job]()
        first: dict[int, int] = {}
        for group in self.groups:
            first[group] = len(jobs)
            ways = []
            for option in self.guide.order[group]:
                low, high = self.window(option)
                if low <= high and (self.only is None or self.only[shape.pool[option]]):
                    held = sum(int(placing.problem.price[row, 0]) * amount for row, amount in shape.demands[option])
                    cost = shape.fixed[option] + held * shape.duration[option]
                    ways.append(subintervals.Way(option, low, high, cost))
            self.whole &= self.only is None
            now = [column for column, count in sorted(self.ran[group].items()) for _ in range(count)]
            missing = shape.optional[group] and not self.needed(group)
            for copy in range(shape.copies[group]):
                jobs.append(subintervals.Job(group, ways, missing, now[copy] if copy < len(now) else None))
            self.many += len(ways) * shape.copies[group]
        edges = [
            (first[before], first[group], lag)
            for group in self.groups
            for before, lag in shape.before[group]
            if before in self.at
        ]
        return jobs, edges

    def sub(self) -> submodel.Sub:
        """Columns of least reduced cost; `whole` says whether they are all there are, `many` how many."""
        placing, shape = self.placing, self.placing.shape
        found = [(at, *column) for at, group in enumerate(self.groups) for column in self.of(group)]
        table = np.array(found, np.int64).reshape(-1, 3)
        now = [self.ran[self.groups[at]].get((option, start), 0) for at, option, start in found]
        copies = [shape.copies[group] for group in self.groups]
        most = [max(n, min(copies[at], placing.room(o, s))) for n, (at, o, s) in zip(now, found, strict=True)]
        self.many = len(table)
        return submodel.Sub(
            option=table[:, 1],
            start=table[:, 2],
            owner=table[:, 0],
            cost=np.array([placing.cost(option, start) for _, option, start in found], np.int64),
            most=np.array(most, np.int64),
            now=np.array(now, np.int64),
            copies=np.array(copies, np.int64),
            value=np.array([shape.value[group] for group in self.groups], np.int64),
            may_miss=[shape.optional[group] and not self.needed(group) for group in self.groups],
            edges=[
                (self.at[before], self.at[group], lag)
                for group in self.groups
                for before, lag in shape.before[group]
                if before in self.at
            ],
        )

    def needed(self, group: int) -> bool:
        """Whether something that stays waits for the group."""
        return any(self.placing.start[behind] >= 0 for behind, _ in self.placing.shape.behind[group])

    def of(self, group: int) -> list[Column]:
        """Columns of least reduced cost that fit what is free, and the ones the group has."""
        placing, guide, most = self.placing, self.guide, self.most_each
        if group in self.between:  # the cheapest columns alone do not go one after another
            most = max(most, LINKED)
        costs: list[Ints] = []
        options: list[Ints] = []
        starts: list[Ints] = []
        cut = NEVER
        for option in guide.order[group]:
            if guide.least[option] > cut:
                self.whole = False
                break
            if self.only is not None and not self.only[placing.shape.pool[option]]:
                self.whole = False
                continue
            low, high = self.window(option)
            if low > high:
                self.whole &= not (placing.shape.strict and self.moves(option))
                continue
            fits = placing.fitting(option, low, high)
            cost = placing.costs(option, low, high, guide.prefix, guide.scale)
            if guide.once is not None:
                cost += guide.once[option]
            at = np.arange(len(cost)) if fits is None else np.flatnonzero(fits)
            if len(at) > most:
                self.whole = False
                at = at[np.argpartition(cost[at], most - 1)[:most]]
            costs.append(cost[at])
            options.append(np.full(len(at), option))
            starts.append(at + low)
            if sum(map(len, costs)) >= most:
                cut = int(np.partition(np.concatenate(costs), most - 1)[most - 1])
        columns = dict.fromkeys(self.ran[group])
        if costs:
            cost, option_of, start_of = map(np.concatenate, (costs, options, starts))
            order = np.lexsort((start_of, option_of, cost))
            self.whole &= len(order) <= most
            columns |= dict.fromkeys(
                zip(option_of[order[:most]].tolist(), start_of[order[:most]].tolist(), strict=True)
            )
        return list(columns)

    def off(self, option: int) -> bool:
        """Whether sets keep the option's pool from its group."""
        return self.placing.shape.strict and (self.placing.barred(option) or self.moves(option))

    def moves(self, option: int) -> bool:
        """Whether the option is off the pool of a set that belongs together and is wholly freed: such sets stay."""
        shape = self.placing.shape
        group, pool = shape.group[option], shape.pool[option]
        for number in shape.together[group]:
            members = self.placing.problem.together[number].tolist()
            where = {shape.pool[o] for member in members if member in self.at for o, _ in self.ran[member]}
            if len(members) > 1 and where and pool not in where:
                return True
        return False

    def window(self, option: int) -> tuple[int, int]:
        """Starts that the window and what stays leave; neighbours that are free too count with their shortest."""
        shape = self.placing.shape
        group, low, high = shape.group[option], shape.first[option], shape.last[option]
        if self.off(option):
            return 0, -1
        if group in self.between:
            begin, end = self.between[group]
            low, high = max(low, begin), min(high, end - shape.duration[option])
        return low, high
