"""Building a schedule task by task in an order of rank, and improving it task by task."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, BlockPricer, group_least, least_joint_cost
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Monitor

HOMES = 4  # pools at which a family looks for a cheaper home, those of least joint cost
TURNS = 8  # times a group is looked at in one building at most, on average, while families move on
FEW = 2_000  # groups looked at in any case
LOOK = 64  # columns of a group, chosen one by one, between two looks at the clock
RANKED = 16  # columns chosen one by one until all that are left are ranked at once
RANKED_LOOK = 1024  # ranked columns between two looks at the clock


def priority_orders(problem: Problem, blocks: BlockPricer) -> list[list[float]]:
    """Ranks of the groups, the least goes first: by volume, by room to move, by regret, by deadline.

    In one of the orders what is optional comes after what must run, the most valuable per volume first;
    in the others among them.
    """
    if not problem.groups:
        return [[]]
    offer = np.bincount(problem.group, problem.last - problem.first + 1, problem.groups)
    volume = _volume(problem)
    least = blocks.least.astype(float)
    best = group_least(problem, least, 0.0)
    others = np.where(least == best[problem.group], np.inf, least)
    second = group_least(problem, others, np.inf)
    second = np.where(problem.optional, np.minimum(second, problem.value), second)
    regret = np.where(np.isfinite(second), second - best, np.ptp(best)) + 1e-9 * volume
    latest = np.full(problem.groups, -1)
    np.maximum.at(latest, problem.group, problem.last)
    worth = _scaled((best - problem.value) / np.maximum(volume, 1e-12))
    keys = [_scaled(key) for key in (-volume, -np.sqrt(volume) / np.sqrt(np.maximum(1, offer)), latest, -regret)]
    if problem.optional.any():
        keys.insert(2, np.where(problem.optional, 2.0 + worth, keys[0]))
    return [key.tolist() for key in keys]


def _scaled(key: NDArray[np.float64]) -> NDArray[np.float64]:
    """To the range from 0 to 1."""
    spread = float(np.ptp(key)) or 1.0
    result: NDArray[np.float64] = (key - key.min()) / spread
    return result


def _volume(problem: Problem) -> NDArray[np.float64]:
    """Per group, the least share of any pool's capacity over time that one of its options takes."""
    limited = np.where(problem.capacity < UNLIMITED, problem.capacity, 0).astype(float)
    total = np.where(limited.any(axis=1), limited.sum(axis=1), np.inf)
    per_row = problem.demand / np.maximum(total[problem.demand_row], 1e-12)
    of_option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    share = np.zeros(problem.options)
    np.maximum.at(share, of_option, per_row)
    return group_least(problem, share * problem.duration, 0.0)


def never() -> bool:
    """No clock to look at."""
    return False


def insert_copies(
    placing: PartialSchedule,
    group: int,
    guide: CostGuide,
    limit: int = INFEASIBLE_COST,
    over: Callable[[], bool] = never,
) -> bool:
    """Places the missing copies of a group, as many at a time as fit; true when all found a place.

    Asks now and then whether the time is `over`, and then leaves the rest without a place.
    """
    turns = 0
    while placing.missing[group] > 0:
        turns += 1
        if turns % LOOK == 0 and over():
            return False
        if turns == RANKED and (columns := placing.ranked(group, guide, limit)) is not None:
            return _fill_ranked(placing, group, columns, over)
        found = placing.cheapest(group, guide, limit)
        if found is None:
            return False
        _, option, start = found
        placing.put(option, start, min(placing.missing[group], placing.room(option, start)))
    return True


def _fill_ranked(placing: PartialSchedule, group: int, columns: Iterable[Column], over: Callable[[], bool]) -> bool:
    """The same, by columns from the cheapest on."""
    for turn, (option, start) in enumerate(columns):
        if turn % RANKED_LOOK == 0 and over():
            return False
        if (count := min(placing.missing[group], placing.room(option, start))) > 0:
            placing.put(option, start, count)
            if not placing.missing[group]:
                return True
    return False


def cost_limit(placing: PartialSchedule, group: int) -> int:
    """What a copy may cost at most: no limit for what must run or what others that run wait for."""
    shape = placing.shape
    if not shape.optional[group] or any(placing.start[behind] >= 0 for behind, _ in shape.behind[group]):
        return INFEASIBLE_COST
    limit: int = shape.value[group]
    return limit


def family_pools(problem: Problem, guide: CostGuide) -> list[list[tuple[int, int]]]:
    """Per family, (cost, pool) of the pools that have room for it alone, the least joint cost first."""
    if not problem.together:
        return []
    joint = least_joint_cost(
        problem, np.array(guide.least, np.int64), problem.value * guide.scale, INFEASIBLE_COST
    ).tolist()
    return [sorted((cost, pool) for pool, cost in enumerate(line) if cost != np.inf) for line in joint]


def move_family(placing: PartialSchedule, guide: CostGuide, family: int, pool: int, hurry: bool = False) -> bool:
    """Moves a whole family to a pool; whether all of it that must run found a place there."""
    members = placing.shape.families[family]
    placing.home[family] = pool
    for group in members:
        placing.clear(group)
    for group in members:
        if hurry and placing.shape.behind[group] and (found := placing.earliest(group, guide)):
            placing.put(found[1], found[2])
        insert_copies(placing, group, guide, min(INFEASIBLE_COST, cost_limit(placing, group) * guide.scale))
    return not any(placing.missing[group] and not placing.shape.optional[group] for group in members)


class ListScheduler:
    """Places all groups in an order of rank, none before what it waits for.

    A family has a home before its first member is placed: the pool of least joint cost; when one of them finds
    no place there, all of it moves on to the next.

    With `hurry`, what others wait for ends as early as it can instead of starting where it is cheap; with a
    `pace`, every slot until it ends costs so much. `smooth` says whether every family stayed at its first home.
    """

    def __init__(
        self, placing: PartialSchedule, guide: CostGuide, true: CostGuide, rank: list[float], hurry: bool, pace: int = 0
    ) -> None:
        self.placing, self.guide, self.true, self.rank, self.hurry = placing, guide, true, rank, hurry
        self.paced, self.smooth = guide.paced(pace), True
        self.over: Callable[[], bool] = never
        self.hope = _hopes(placing, true) if len(placing.problem.before) else None
        pools = [[pool for _, pool in found] for found in family_pools(placing.problem, guide)]
        self.next = [iter([*found, *found[:1]]) for found in pools]
        placing.home = [next(found, -1) for found in self.next]

    def build(self, monitor: Monitor | None = None) -> bool:
        """Whether it came to its end; with a monitor, not when that wants to stop."""
        if monitor is not None:
            self.over = monitor.should_stop
        placing, order = self.placing, list(precedence_order(self.placing, _urgency(self.placing, self.rank)))
        position, at, turns = {group: at for at, group in enumerate(order)}, 0, 0
        while at < len(order):
            if monitor is not None and turns % 64 == 63 and monitor.should_stop():
                return False
            group, at, turns = order[at], at + 1, turns + 1
            if placing.missing[group]:
                self.place(group)
            if placing.missing[group] and not placing.shape.optional[group] and turns < FEW + TURNS * len(order):
                at = min([position[other] for other in self.moved(group)], default=at)
        if self.hope is not None:
            drop_idle(self.placing)
        return True

    def moved(self, group: int) -> set[int]:
        """The group's family, to go to its next home, and what waits for it: all taken out."""
        placing, shape = self.placing, self.placing.shape
        family = shape.family[group]
        if family < 0 or (pool := next(self.next[family], None)) is None:
            return set()
        placing.home[family], self.smooth = pool, False
        out, waiting = set[int](), list(shape.families[family])
        while waiting:
            if (group := waiting.pop()) not in out:
                out.add(group)
                placing.clear(group)
                waiting += [behind for behind, _ in shape.behind[group]]
        return out

    def place(self, group: int) -> None:
        shape, placing = self.placing.shape, self.placing
        limit = INFEASIBLE_COST if not shape.optional[group] else shape.value[group]
        if self.hope is not None and shape.optional[group]:
            limit += self.hope[group]
        if self.hurry and shape.behind[group]:
            found = placing.earliest(group, self.true)
            if found and placing.cost(found[1], found[2]) < limit:
                placing.put(found[1], found[2])
        elif self.paced.pace and shape.behind[group]:
            most = INFEASIBLE_COST if limit == INFEASIBLE_COST else limit + self.paced.pace * placing.problem.slots
            insert_copies(placing, group, self.paced, most, self.over)
        else:
            insert_copies(placing, group, self.guide, min(INFEASIBLE_COST, limit * self.guide.scale), self.over)


def _urgency(placing: PartialSchedule, rank: list[float]) -> list[float]:
    """Ranks at which nothing waits for something less urgent than itself."""
    result, shape = list(rank), placing.shape
    if len(placing.problem.before):
        for group in reversed(topological(placing)):
            for behind, _ in shape.behind[group]:
                result[group] = min(result[group], result[behind])
    return result


def precedence_order(placing: PartialSchedule, rank: Sequence[float]) -> Iterator[int]:
    """All groups, each after what it waits for; among those that wait no longer the least rank first."""
    waits = [len(before) for before in placing.shape.before]
    ready = [(rank[group], group) for group, count in enumerate(waits) if not count]
    heapq.heapify(ready)
    while ready:
        _, group = heapq.heappop(ready)
        yield group
        for behind, _ in placing.shape.behind[group]:
            waits[behind] -= 1
            if not waits[behind]:
                heapq.heappush(ready, (rank[behind], behind))


def topological(placing: PartialSchedule) -> list[int]:
    """All groups, each after what it waits for."""
    return list(precedence_order(placing, [0.0] * placing.problem.groups))


def _hopes(placing: PartialSchedule, true: CostGuide) -> list[int]:
    """Per group, what the optional groups that wait for it would at best gain if it runs."""
    shape = placing.shape
    hope = [0] * placing.problem.groups
    for group in reversed(topological(placing)):
        if shape.optional[group] and true.order[group]:
            gain = shape.value[group] + hope[group] - true.least[true.order[group][0]]
            for before, _ in shape.before[group]:
                hope[before] += max(0, gain)
    return hope


def drop_idle(placing: PartialSchedule) -> None:
    """Takes out what waits for something that does not run, and optional tasks that do not pay."""
    shape = placing.shape
    order = topological(placing)
    for group in order:
        if placing.start[group] >= 0 and any(placing.end[before] < 0 for before, _ in shape.before[group]):
            placing.clear(group)
    for group in reversed(order):
        if shape.optional[group] and placing.runs[group]:
            served = any(placing.start[behind] >= 0 for behind, _ in shape.behind[group])
            if not served and placing.group_cost(group) > shape.value[group] * shape.copies[group]:
                placing.clear(group)


def improve(placing: PartialSchedule, guide: CostGuide, monitor: Monitor, passes: int) -> None:
    """Takes each group out and puts it where it is cheapest now; those farthest from their best first."""
    shape = placing.shape
    for _ in range(passes):
        gained = False
        excess = []
        for group, options in enumerate(guide.order):
            if options:
                best = min(guide.least[options[0]], shape.value[group] if shape.optional[group] else INFEASIBLE_COST)
                over = placing.group_cost(group) - best * shape.copies[group]
                if over > 0 or (placing.hosting and placing.runs[group]):
                    excess.append((-over, group))
        for at, (_, group) in enumerate(sorted(excess)):
            if at % 64 == 0 and monitor.should_stop():
                return
            gained |= _again(placing, guide, group, over=monitor.should_stop)
        for family, pools in enumerate(family_pools(placing.problem, guide)):
            if monitor.should_stop():
                return
            gained |= _elsewhere(placing, guide, family, pools[:HOMES])
        if not gained:
            return


def _elsewhere(placing: PartialSchedule, guide: CostGuide, family: int, pools: list[tuple[int, int]]) -> bool:
    """Whether a whole family is cheaper on another pool, where it then is."""
    members, home = placing.shape.families[family], placing.home[family]
    running = {placing.shape.pool[option] for group in members for option, _ in placing.runs[group]}
    for joint, pool in pools:
        if pool in running:
            continue
        cost = placing.bill(members)
        if placing.hosting is None and joint >= cost:
            break
        ran = {group: dict(placing.runs[group]) for group in members}
        found = move_family(placing, guide, family, pool) or move_family(placing, guide, family, pool, hurry=True)
        if found and placing.bill(members) < cost:
            return True
        placing.home[family] = home
        for group in members:
            placing.clear(group)
        for group in members:
            placing.restore(group, ran[group])
    return False


def use_slack(placing: PartialSchedule, guide: CostGuide, monitor: Monitor) -> None:
    """Shifts tasks that wait for each other as late as it costs no more, the last first: time left over is used up."""
    late = guide.paced(-1)
    for at, group in enumerate(reversed(topological(placing))):
        if at % 64 == 0 and monitor.should_stop():
            return
        if placing.shape.before[group] or placing.shape.behind[group]:
            _again(placing, late, group, even=True)


def _again(
    placing: PartialSchedule, guide: CostGuide, group: int, even: bool = False, over: Callable[[], bool] = never
) -> bool:
    """Whether the group went where it is cheapest now, being cheaper there; with `even` also for the same cost."""
    cost, limit = placing.bill([group]) + even, cost_limit(placing, group)
    ran = placing.clear(group)
    insert_copies(placing, group, guide, limit, over)
    must = limit == INFEASIBLE_COST and placing.missing[group]
    if must or placing.bill([group]) >= cost:
        placing.clear(group)
        placing.restore(group, ran)
        return False
    return True
