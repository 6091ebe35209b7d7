"""The Lagrangian dual of the capacity rows, and exact bounds from it.

With multipliers u >= 0 on the rows of capacity, every group takes its cheapest column on its own:

    L(u) = sum_g copies[g] min(value[g] if optional, min_{o, s} cost[o, s] + sum u over what it holds)
           - sum_{k, t} u[k, t] capacity[k, t]   <=  optimum

Where nodes supply a row, u is what they earn by offering it: the last sum is then the optimum of the nodes' subproblem
(`lagrangian.node_subproblem`). A quota has a multiplier m of its own: use by columns and nodes costs m more, and m
times the limit is subtracted. A family takes its cheapest pool. Precedence and separation are relaxed without a
multiplier. A column that does not fit the empty capacity is no column.
The ascent is projected Adam (`lagrangian.adam_ascent`) on the subgradient usage - capacity, with steps in the unit of
each row's own price level. Bounds are computed again in integers: any u >= 0 gives a valid one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.adam_ascent import AdamAscent, AdamParameters, Ascent
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.node_subproblem import NodeSubproblem
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, Pricer
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import UNLIMITED, Problem, held_entries
from leptonopt.problem.protocol import Monitor


@dataclass(frozen=True, eq=False)
class Multipliers:
    """Multipliers of capacity, (K, T), and quotas, (Q,): integers >= 0 [1/scale money units]."""

    capacity: Ints
    quota: Ints
    scale: int


NOTHING = 1e-3  # of what other columns cost more: a cost below is no measure of a price
LATE = 0.1  # of the horizon: lateness that counts as usual
FINEST = 1 << 20  # multipliers are multiples of one money unit over at most this
SAMPLE = 2_000_000  # demands at most from which the median cost of a unit is taken


FARTHEST = 1e6  # relative to the first value; a larger value has no end, and sets no step of quota multipliers
# Comes farther in some hundreds of rounds.
STEADY = AdamParameters(0.3, momentum=0.9, patience=5, shorter=0.75, cooling=40, streak=15)
# Comes near in fewer rounds, where there are very many prices.
SWIFT = replace(STEADY, momentum=0.93, patience=3)


@dataclass(frozen=True, eq=False)
class Answer:
    """Hold what groups and nodes choose at multipliers.

    Attributes
    ----------
    chosen, start : int64, shape (N,), the options that run, and their starts
    best : float, shape (G,), cost of a copy of each group
    room : float, shape (K, T), capacity on offer
    """

    chosen: Ints
    start: Ints
    best: Floats
    room: Floats


class DualAscent(Ascent):
    """The ascent of multipliers on capacity and quotas.

    Attributes
    ----------
    price : float, shape (K, T) [money units per demand unit and slot], the multipliers now
    weight : float, shape (Q,) [money units per unit of a quota]
    best_price, best_weight, best : those with the highest value so far, and that value
    values : the value of every round
    """

    def __init__(
        self, problem: Problem, blocks: Pricer, parameters: AdamParameters = STEADY, start: Floats | None = None
    ) -> None:
        self.problem, self.blocks = problem, blocks
        self.limited = problem.capacity < UNLIMITED
        self.supplied = np.zeros((len(problem.capacity), 1), bool)
        self.supplied[problem.nodes.supply_row] = True
        self.capacity = np.where(self.limited & ~self.supplied, problem.reachable, 0).astype(float)
        self.offer = NodeSubproblem(problem.nodes, len(problem.capacity)) if len(problem.nodes) else None
        self.adam = AdamAscent(self._first() if start is None else start, self.limited, parameters)
        self.quotas = QuotaMultipliers(problem)
        self.weight = np.zeros(len(problem.quotas))
        self.best_weight = self.weight
        self._base = np.zeros((len(problem.price), problem.slots + 1))
        self._level: Floats | None = None
        self._usual: Floats | None = None  # before any row had a price

    def step(self) -> float:
        """Return the value at the multipliers now, and take a step along the subgradient."""
        value, answer = self._answer(self.price, self.weight)
        if self.adam.record(value):
            self.best_weight = self.weight
        elif self.adam.return_to_best():
            self.weight = self.best_weight
        used = self._usage(answer.chosen, answer.start)
        self._move(used, answer.room, answer.best)
        self._weigh(answer.chosen, used, value)
        return value

    def judge(self, price: Floats, weight: Floats) -> float:
        """Return the value at given multipliers, and go on from them when it is the best so far."""
        price = np.where(self.limited, np.maximum(0.0, price), 0.0)
        weight = np.where(self.quotas.usable, np.maximum(0.0, weight), 0.0)
        value, _ = self._answer(price, weight)
        if self.adam.adopt(value, price):
            self.weight = self.best_weight = weight
        return value

    def polish(self, pace: float) -> None:
        """Go on from the best multipliers.

        Steps are in the unit of their own mean by row, weighted by themselves.
        """
        self.adam.restart(pace)
        self.weight = self.best_weight
        price = self.best_price
        mean = (price**2).sum(axis=1, keepdims=True) / np.maximum(1e-30, price.sum(axis=1, keepdims=True))
        if self._usual is None:
            self._usual = self._levels(self._answer(price, self.weight)[1].best)
        self._level = np.where(mean > 0, mean, self._usual)

    def _answer(self, price: Floats, weight: Floats) -> tuple[float, Answer]:
        """Return the value at multipliers, and what groups and nodes choose there."""
        problem = self.problem
        np.cumsum(problem.price + price + self.quotas.rates(weight), axis=1, out=self._base[:, 1:])
        cheapest, option, start = self.blocks.best(self._base, self.quotas.once(weight))
        best = np.where(problem.optional, np.minimum(cheapest, problem.value), cheapest)
        takes = np.isfinite(cheapest) & (~problem.optional | (cheapest < problem.value)) & (problem.copies > 0)
        live = problem.copies > 0
        value = float((best[live] * problem.copies[live]).sum() - (price * self.capacity).sum())
        value -= float(weight @ self.quotas.limit)
        room = self.capacity
        if self.offer is not None:
            earned, offered, _ = self.offer.solve(price, self.quotas.node_costs(weight))
            value, room = value + earned, np.where(self.supplied, offered, room)
        return value, Answer(option[takes], start[takes], best, room)

    def scale(self) -> int:
        """Return the finest power of two over which multipliers can be whole without overflow; 0 for none."""
        problem = self.problem
        top = (
            np.abs(problem.price + self.best_price + self.quotas.rates(self.best_weight)).max(axis=1, initial=0.0) + 1.0
        )
        of_option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
        held = np.bincount(of_option, problem.demand * top[problem.demand_row], problem.options)
        late = float((np.abs(problem.late_slope) + problem.early_slope).max(initial=0)) * problem.slots
        most = (held * problem.duration + np.abs(problem.fixed)).max(initial=1.0) + late
        singles = np.concatenate([problem.value, problem.late_base, problem.late_once, problem.early_base])
        if self.offer is not None:
            costs, sizes = problem.nodes.costs, np.zeros(problem.nodes.count.shape)
            np.add.at(
                sizes,
                problem.nodes.supply_node,
                problem.nodes.supply_size[:, None] * top[problem.nodes.supply_row, None],
            )
            lines = sizes + np.abs(costs.on_demand) + np.abs(costs.on) + costs.start + costs.stop
            most = max(most, float(lines.sum(axis=1).max(initial=0)) + float(costs.commit.max(initial=0)))
        if len(problem.quotas):
            most *= 1.0 + len(problem.quotas)
            most += float(self.best_weight @ np.abs(self.quotas.limit))
        most = max(most, float(top.max(initial=0.0)) * (problem.slots + 1), float(np.abs(singles).max(initial=0)))
        scale = FINEST
        while scale and most * scale > self.blocks.finest:
            scale //= 2
        return scale

    def multipliers(self, scale: int) -> Multipliers:
        """Return the best multipliers, rounded."""
        capacity = np.where(self.limited, np.rint(self.best_price * scale), 0).astype(np.int64)
        return Multipliers(capacity, np.rint(self.best_weight * scale).astype(np.int64), scale)

    def exact(self) -> int | None:
        """Return the bound at the best multipliers, in integers.

        None when a group has no column, or when int64 cannot hold the sums.
        """
        if not (scale := self.scale()):
            return None
        return exact_bound(self.problem, self.blocks, self.multipliers(scale))

    def guide(self) -> CostGuide:
        """Return costs with the best multipliers added; the true costs when int64 cannot hold the sums."""
        if not (scale := self.scale()):
            return CostGuide.true(self.problem, self.blocks)
        multipliers = self.multipliers(scale)
        prefix, once = priced_prefix(self.problem, multipliers), self.quotas.once(multipliers.quota)
        return CostGuide(self.problem, prefix, self.blocks.cheapest(prefix, scale, once)[0], scale, once)

    def _usage(self, chosen: Ints, start: Ints) -> Floats:
        problem = self.problem
        at, of = held_entries(problem, chosen)
        rows, begin = problem.demand_row[at], start[of]
        amount = problem.demand[at] * problem.copies[problem.group[chosen]].astype(float)[of]
        width = problem.slots + 1
        end = begin + problem.duration[chosen][of]
        size = len(problem.capacity) * width
        change = np.bincount(rows * width + begin, amount, size) - np.bincount(rows * width + end, amount, size)
        used: Floats = np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]
        return used

    def _first(self) -> Floats:
        """Return first multipliers, (K, T): 0, or the cost of a unit of the cheapest node that supplies a row."""
        problem, nodes = self.problem, self.problem.nodes
        price = np.zeros(problem.capacity.shape)
        if len(nodes):
            per_slot = (
                nodes.costs.on_demand + np.maximum(0, nodes.costs.on) + nodes.costs.commit[:, None] / problem.slots
            )
            rows_of = np.bincount(nodes.supply_node, minlength=len(nodes))
            for row in np.unique(nodes.supply_row).tolist():
                at = np.flatnonzero(nodes.supply_row == row)
                kinds = nodes.supply_node[at]
                price[row] = (per_slot[kinds] / (nodes.supply_size[at] * rows_of[kinds])[:, None]).min(axis=0)
        return price

    def _weigh(self, chosen: Ints, used: Floats, value: float) -> None:
        """Take a step of the quota multipliers."""
        if not len(self.weight):
            return
        over = self.quotas.over(chosen, self.problem.copies[self.problem.group[chosen]], used)
        size = np.maximum(1.0, np.abs(self.quotas.limit))
        # Without a feasible plan the value is unbounded: the level must not be.
        level = max(1.0, min(abs(value), FARTHEST * max(1.0, abs(self.values[0])))) / size
        step = self.adam.rate * level * np.clip(over / size, -1, 1)
        self.weight = np.where(self.quotas.usable, np.maximum(0.0, self.weight + 0.3 * step), 0.0)

    def _move(self, usage: Floats, room: Floats, best: Floats) -> None:
        """Take a step along usage less capacity, relative to the capacity."""
        if self._level is None:
            self._level = self._levels(best)
        most = np.where(self.supplied, self.problem.capacity, room)
        self.adam.move(np.where(self.limited, usage - room, 0.0) / np.maximum(1.0, most), self._level)

    def _levels(self, best: Floats) -> Floats:
        """Return the cost of a unit of each row per slot, float, (K, 1): the median over the cheapest columns.

        A group that costs next to nothing at its cheapest counts with what other columns cost more.
        """
        problem = self.problem
        cost, spread = np.abs(np.where(np.isfinite(best), best, 0.0)), self._spread()
        cost = np.where(cost < NOTHING * spread, spread, cost) + 1e-9
        held = slice(None, None, max(1, len(problem.demand) // SAMPLE))  # of a sample where there are very many
        of_option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))[held]
        per_unit = cost[problem.group[of_option]] / np.maximum(1.0, problem.demand[held] * problem.duration[of_option])
        level, rows = np.ones((len(problem.capacity), 1)), problem.demand_row[held]
        order = np.argsort(rows, kind="stable")
        ends = np.searchsorted(rows[order], np.arange(len(level) + 1))
        for row in range(len(level)):
            mine = per_unit[order[ends[row] : ends[row + 1]]]
            if len(mine):
                level[row] = max(float(np.median(mine)), 1e-6)
        if self.offer is not None:
            first = self._first().mean(axis=1, keepdims=True)
            capped = np.maximum(first, np.minimum(level, 10 * first + 1e-6))
            level = np.where(self.supplied & (first > 0), capped, level)
        return level

    def _spread(self) -> Floats:
        """Return about what other columns of a group cost more than its cheapest, float, (G,).

        That is the largest of: the difference of its options, its value where it is optional, and its lateness after a
        tenth of the horizon.
        """
        problem, least = self.problem, self.blocks.least.astype(float)
        usable = least < INFEASIBLE_COST
        low, high = np.full(problem.groups, np.inf), np.full(problem.groups, -np.inf)
        np.minimum.at(low, problem.group[usable], least[usable])
        np.maximum.at(high, problem.group[usable], least[usable])
        options = np.where(high > low, high - low, 0.0)
        late = problem.late_slope * (LATE * problem.slots) + problem.late_once
        spread: Floats = np.maximum(np.maximum(options, np.where(problem.optional, problem.value, 0)), late)
        return spread


def report_multipliers(monitor: Monitor, ascent: DualAscent) -> None:
    """Tell a monitor that takes them the best multipliers of an ascent, with the bound that they prove."""
    listen, scale = getattr(monitor, "prices", None), ascent.scale()
    if listen is not None and scale and (value := ascent.exact()) is not None:
        listen(value, ascent.multipliers(scale))


def known_multipliers(monitor: Monitor) -> Multipliers | None:
    """Return the best multipliers that a monitor knows; None for one that takes none."""
    known = getattr(monitor, "known_multipliers", lambda: None)()
    return known if isinstance(known, Multipliers) else None


def estimate_rounds(problem: Problem, columns: int, seconds: float) -> int:
    """Return the rounds of an effort in seconds, by the size of a round, not by the clock; at least 20."""
    return max(20, int(2e9 * seconds / 60 // max(1, columns + 1000 * problem.groups)))


class QuotaMultipliers:
    """The quotas of a problem in the dual.

    Use that happens once counts only where it does not depend on the start. A quota for which negative use would have
    to be left out by this rule has no multiplier.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.limit = np.array([quota.limit for quota in problem.quotas], float)
        self.always = [quota.first == 0 and quota.last == problem.slots - 1 for quota in problem.quotas]
        self.usable = np.array(
            [all_ or not (quota.once < 0).any() for all_, quota in zip(self.always, problem.quotas, strict=True)], bool
        )

    def rates(self, weight: NDArray[Any]) -> Any:
        """Return the extra cost of holding a unit, shape (K, T); 0 without quotas."""
        if not len(weight):
            return 0
        total = np.zeros(self.problem.capacity.shape, weight.dtype)
        for factor, quota in zip(weight, self.problem.quotas, strict=True):
            total[quota.rows] += factor * quota.rate
        return total

    def once(self, weight: NDArray[Any]) -> Any:
        """Return the extra cost of each option, shape (O,); None without one."""
        if not len(weight) or not any(len(quota.options) for quota in self.problem.quotas):
            return None
        total = np.zeros(self.problem.options, weight.dtype)
        for factor, quota, always in zip(weight, self.problem.quotas, self.always, strict=True):
            if always:
                total[quota.options] += factor * quota.once
        return total

    def node_costs(self, weight: NDArray[Any], scale: int = 1) -> NodeCosts:
        """Return the costs of nodes including their use of quotas [1/scale]."""
        costs = self.problem.nodes.costs
        parts = [scale * part for part in (costs.on_demand, costs.on, costs.start, costs.stop, costs.commit)]
        for factor, quota in zip(weight, self.problem.quotas, strict=True):
            if quota.nodes is not None:
                own = quota.nodes
                more = (own.on_demand, own.on, own.start, own.stop, own.commit)
                parts = [part + factor * extra for part, extra in zip(parts, more, strict=True)]
        return NodeCosts(*parts)

    def over(self, chosen: Ints, copies: Ints, used: Floats) -> Floats:
        """Return the excess of chosen options over each quota, (Q,), without nodes."""
        found = -self.limit
        for at, quota in enumerate(self.problem.quotas):
            found[at] += float((used[quota.rows] * quota.rate).sum())
            if self.always[at]:
                once = np.zeros(self.problem.options)
                once[quota.options] = quota.once
                found[at] += float(once[chosen] @ copies)
        return found


def priced_prefix(problem: Problem, multipliers: Multipliers) -> Ints:
    """Return prefix sums of scale x price + multipliers, int64, shape (K, T + 1)."""
    prefix = np.zeros((len(problem.price), problem.slots + 1), np.int64)
    rates = QuotaMultipliers(problem).rates(multipliers.quota)
    np.cumsum(problem.price * multipliers.scale + multipliers.capacity + rates, axis=1, out=prefix[:, 1:])
    return prefix


def unused_worth(problem: Problem, multipliers: Multipliers) -> int:
    """Return the worth of capacity that no demands can use up, in money units, rounded up.

    A bound on the whole capacity is lower by that much than `exact_bound`.
    """
    unused = problem.capacity - problem.reachable
    at = np.nonzero((multipliers.capacity > 0) & (unused > 0))
    pairs = zip(multipliers.capacity[at].tolist(), unused[at].tolist(), strict=True)
    return -int(-sum(price * many for price, many in pairs) // multipliers.scale)


def exact_bound(problem: Problem, blocks: Pricer, multipliers: Multipliers) -> int | None:
    """Return the value at these multipliers, rounded up, in integers; None when a group has no column."""
    scale, quotas = multipliers.scale, QuotaMultipliers(problem)
    once = quotas.once(multipliers.quota)
    best = blocks.group_least(priced_prefix(problem, multipliers), scale, once)
    if np.any((best == INFEASIBLE_COST) & ~problem.optional & (problem.copies > 0)):
        return None
    best = np.where(problem.optional, np.minimum(best, problem.value * scale), best)
    total = sum(cost * count for cost, count in zip(best.tolist(), problem.copies.tolist(), strict=True) if count)
    room = problem.reachable.copy()
    room[problem.nodes.supply_row] = 0
    priced = np.flatnonzero(multipliers.capacity)
    flat, capacity = multipliers.capacity.ravel()[priced].tolist(), room.ravel()[priced].tolist()
    total -= sum(price * room for price, room in zip(flat, capacity, strict=True))
    total -= sum(weight * quota.limit for weight, quota in zip(multipliers.quota.tolist(), problem.quotas, strict=True))
    if len(problem.nodes):
        offer = NodeSubproblem(problem.nodes, len(problem.capacity))
        total += offer.solve(multipliers.capacity, quotas.node_costs(multipliers.quota, scale))[0]
    return -int(-total // scale)
