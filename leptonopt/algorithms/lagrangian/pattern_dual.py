"""The pattern dual: multipliers on tasks instead of capacity, stronger where few tasks fit at a time.

A price per unit of capacity lets tasks fill a machine to the last unit, cut into fractions. Here every option
i on a bin (a pool of one node, or a pool with small capacities) has a price v[i, t] >= 0 of its own in each
slot, and the bin takes the set of tasks that fits and earns most:

    L(v) = sum_g min_{o, s} (cost[o, s] + sum v[o, t] over s <= t < s + d_o) - sum_{bins, t} max_{S fits} v(S, t)

which no schedule can beat. With v = (price of capacity) x demand it is at least the bound of the capacity dual.
At its best it is the value of the linear program over patterns of Gilmore and Gomory (1961,
doi:10.1287/opre.9.6.849), reached by Lagrangian relaxation (Geoffrion 1974, doi:10.1007/BFb0120690). Where the bin
is a node, the value of the best set decides whether it is on. Bins with too many patterns, and all other rows and
quotas, keep the multipliers of the capacity dual. The ascent is projected Adam (`lagrangian.adam_ascent`); bounds are
computed again in integers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.adam_ascent import AdamAscent, AdamParameters, Ascent
from leptonopt.algorithms.lagrangian.capacity_dual import (
    FINEST,
    DualAscent,
    Multipliers,
    QuotaMultipliers,
    priced_prefix,
)
from leptonopt.algorithms.lagrangian.node_subproblem import NodeSubproblem
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem


@dataclass(frozen=True)
class PatternLimits:
    """Sizes up to which bins are small.

    Attributes
    ----------
    sets : patterns of a bin in one slot
    cells : entries of all tables of patterns, float32
    prices : prices (option, slot)
    columns : columns (option, start)
    """

    sets: int = 40_000
    cells: int = 60_000_000
    prices: int = 3_000_000
    columns: int = 3_000_000


LIMITS = PatternLimits()
STEPS = AdamParameters(0.6, momentum=0.9, patience=20, shorter=0.8, forget=True)


@dataclass(frozen=True, eq=False)
class Bin:
    """A pool whose tasks are packed in patterns.

    Attributes
    ----------
    items : int64, shape (I,), its options that need something of it
    rows : int64, shape (R,), of capacity, on which they are packed
    demand : int64, shape (I, R)
    room : int64, shape (R, T), what there is to pack into, of one node if there is one
    kind : which kind of node it is, or -1
    """

    items: Ints
    rows: Ints
    demand: Ints
    room: Ints
    kind: int


@dataclass(frozen=True, eq=False)
class Patterns:
    """Slots of a bin with the same options and the same room, and their maximal patterns.

    Attributes
    ----------
    kind : as in the bin
    items : int64, shape (n, 1), positions among all options on bins
    slots : int64, shape (1, m)
    sets : float32 of 0 and 1, shape (S, n)
    """

    kind: int
    items: Ints
    slots: Ints
    sets: NDArray[np.float32]


def small_bins(problem: Problem) -> list[Bin]:
    """Return pools that may have few patterns: one node or rows of their own, and groups of one copy."""
    nodes, found = problem.nodes, []
    suppliers = np.bincount(nodes.supply_row, minlength=len(problem.capacity))
    kind_of = {
        row: (kind, size)
        for row, kind, size in zip(
            nodes.supply_row.tolist(), nodes.supply_node.tolist(), nodes.supply_size.tolist(), strict=True
        )
        if suppliers[row] == 1
    }
    single = problem.copies[problem.group] == 1
    holders = np.repeat(problem.pool, np.diff(problem.demand_ptr))
    for pool in np.unique(problem.pool).tolist():
        items = np.flatnonzero(problem.pool == pool)
        held = _held(problem, items)
        kinds = {kind_of[row][0] for row in held if row in kind_of}
        if not single[items].all() or len(kinds) > 1 or any(suppliers[row] > 1 for row in held):
            continue
        kind = kinds.pop() if kinds else -1
        if kind >= 0:
            if nodes.count[kind].max(initial=0) > 1:
                continue
            rows = [row for row in held if row in kind_of]
            room = np.repeat([[kind_of[row][1]] for row in rows], problem.slots, axis=1)
        else:
            rows = [row for row in held if problem.capacity[row].min(initial=UNLIMITED) < UNLIMITED]
            room = problem.capacity[rows]
        alone = all((holders[problem.demand_row == row] == pool).all() for row in rows)
        if rows and alone:
            demand = _demand(problem, items, rows)
            needing = demand.any(axis=1)
            found.append(Bin(items[needing], np.array(rows), demand[needing], room.astype(np.int64), kind))
    return found


def _held(problem: Problem, items: Ints) -> list[int]:
    parts = [problem.demands(option)[0] for option in items.tolist()]
    return [int(row) for row in np.unique(np.concatenate(parts))] if parts else []


def _demand(problem: Problem, items: Ints, rows: list[int]) -> Ints:
    column = {row: at for at, row in enumerate(rows)}
    demand = np.zeros((len(items), len(rows)), np.int64)
    for at, option in enumerate(items.tolist()):
        for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
            if row in column:
                demand[at, column[row]] = amount
    return demand


def has_small_bins(problem: Problem) -> bool:
    """Return True when there may be small bins, judged by the size of the problem."""
    nodes = problem.nodes
    if not len(nodes) or nodes.count.min(axis=1).max(initial=0) > 1 or problem.options * problem.slots > LIMITS.prices:
        return False
    return int((problem.last - problem.first + 1).sum()) <= LIMITS.columns


def maximal_patterns(demand: Ints, room: Ints, group: Ints) -> NDArray[np.float32] | None:
    """Return the maximal sets of n options that fit, with at most one of each group: 0 or 1, shape (S, n).

    `demand`, shape (n, R); `room`, (R,); None when more than `LIMITS.sets` fit.
    """
    order = np.argsort(-(demand / np.maximum(1, room)).max(axis=1), kind="stable")
    load = np.zeros((1, len(room)), np.int64)
    sets = np.zeros((1, len(demand)), bool)
    for item in order.tolist():
        new = load + demand[item]
        rivals = np.flatnonzero(group == group[item])
        fits = (new <= room).all(axis=1) & ~sets[:, rivals].any(axis=1)
        grown = sets[fits]
        grown[:, item] = True
        load, sets = np.concatenate([load, new[fits]]), np.concatenate([sets, grown])
        if len(sets) > LIMITS.sets:
            return None
    whole = np.ones(len(sets), bool)
    for item in range(len(demand)):
        rivals = np.flatnonzero(group == group[item])
        whole &= sets[:, rivals].any(axis=1) | (load + demand[item] > room).any(axis=1)
    return sets[whole].astype(np.float32)


class PatternDual(Ascent):
    """The ascent of multipliers on the options of small bins.

    Attributes
    ----------
    options : int64, shape (I,), the options on bins
    price : float, shape (I, T) [money units per slot]
    best, best_price : the highest value so far and its prices
    values : the value of every round
    """

    def __init__(self, problem: Problem, ascent: DualAscent) -> None:
        self.problem = problem
        self.columns = problem.columns
        self.options, self.patterns, rows, (price, self.live) = self._tables(ascent)
        self.adam = AdamAscent(price, self.live, STEPS)
        self.scale = self._scale(ascent)
        if not self.options.size or not self.scale:
            return
        self.other = self._without(ascent.multipliers(self.scale), rows)
        self.quotas = QuotaMultipliers(problem)
        self.offer = NodeSubproblem(problem.nodes, len(problem.capacity)) if len(problem.nodes) else None
        self.costs = self.quotas.node_costs(self.other.quota, self.scale)
        self.own = self._own()  # int64, shape (C,) [1/scale]: cost of each column at the other multipliers
        self._index()
        self._level = self._levels()

    @property
    def useful(self) -> bool:
        """True when there is a small bin."""
        return bool(self.options.size) and self.scale > 0

    # --- what does not change ---

    def _tables(self, ascent: DualAscent) -> tuple[Ints, list[Patterns], list[int], tuple[Floats, Bools]]:
        problem, slots = self.problem, np.arange(self.problem.slots)
        options: list[Ints] = []
        found: list[Patterns] = []
        rows: list[int] = []
        prices, lives = [np.zeros((0, len(slots)))], [np.zeros((0, len(slots)), bool)]
        cells = at = 0
        known: dict[tuple[bytes, bytes, bytes], NDArray[np.float32] | None] = {}
        for bin in small_bins(problem):
            first, end = problem.first[bin.items, None], (problem.last + problem.duration)[bin.items, None]
            live = (slots >= first) & (slots < end)
            for row in range(len(bin.rows)):
                live &= bin.demand[:, row, None] <= bin.room[row]
            states: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
            for slot in slots.tolist():
                states[live[:, slot].tobytes(), bin.room[:, slot].tobytes()].append(slot)
            mine: list[Patterns] = []
            for (key, _), where in states.items():
                there = np.flatnonzero(np.frombuffer(key, bool))
                room, group = bin.room[:, where[0]], problem.group[bin.items[there]]
                same = bin.demand[there].tobytes(), room.tobytes(), group.tobytes()
                if same not in known:
                    known[same] = maximal_patterns(bin.demand[there], room, group) if cells < LIMITS.cells else None
                    cells += 0 if known[same] is None else known[same].size  # type: ignore[union-attr]
                sets = known[same]
                if sets is None:
                    break
                if len(there):
                    mine.append(Patterns(bin.kind, at + there[:, None], np.array([where]), sets))
            else:
                options.append(bin.items)
                found += mine
                rows += bin.rows.tolist()
                prices.append(np.where(live, bin.demand @ ascent.best_price[bin.rows], 0.0))
                lives.append(live)
                at += len(bin.items)
        none = [np.zeros(0, np.int64)]
        return np.concatenate(options or none), found, rows, (np.concatenate(prices), np.concatenate(lives))

    def _without(self, multipliers: Multipliers, rows: list[int]) -> Multipliers:
        capacity = multipliers.capacity.copy()
        capacity[rows] = 0
        return Multipliers(capacity, multipliers.quota, multipliers.scale)

    def _scale(self, ascent: DualAscent) -> int:
        """Return the scale as `DualAscent.scale`, with a margin for the sum of all prices of a bin."""
        scale = ascent.scale()
        most = max(1.0, float(self.price.sum(axis=0).max(initial=0.0)) * self.problem.slots * 64)
        while scale and most * scale > 2**58:
            scale //= 2
        return min(scale, FINEST)

    def _own(self) -> Ints:
        problem, columns = self.problem, self.columns
        prefix, once = priced_prefix(problem, self.other), self.quotas.once(self.other.quota)
        extra = prefix - problem.price_sum * self.scale
        own = columns.cost * self.scale
        begin = np.searchsorted(columns.option, np.arange(problem.options + 1))
        for option in range(problem.options):
            part = slice(begin[option], begin[option + 1])
            start, length = columns.start[part], int(problem.duration[option])
            rows, amounts = problem.demands(option)
            own[part] += amounts @ (extra[rows][:, start + length] - extra[rows][:, start])
            if once is not None:
                own[part] += once[option]
        return own

    def _index(self) -> None:
        """Index the prices of each column, and the columns of each group."""
        problem, columns, width = self.problem, self.columns, self.problem.slots + 1
        at = np.full(problem.options, -1)
        at[self.options] = np.arange(len(self.options))
        item = at[columns.option]
        self.priced = np.flatnonzero(item >= 0)
        start = item[self.priced] * width + columns.start[self.priced]
        self.from_, self.until = start, start + problem.duration[columns.option[self.priced]]
        self.item = item
        group = problem.group[columns.option]
        self.begin = np.flatnonzero(np.diff(group, prepend=-1))
        self.groups = group[self.begin]
        self.of = np.repeat(np.arange(len(self.groups)), np.diff(np.append(self.begin, len(group))))

    def _levels(self) -> Floats:
        """Return the level of prices, float, (I, 1): the cost of the bin's node, or the mean first price."""
        level = np.zeros((len(self.options), 1))
        costs = self.problem.nodes.costs
        for pattern in self.patterns:
            there = pattern.items[:, 0]
            begun = self.price[there].sum(axis=1, keepdims=True) / np.maximum(
                1, self.live[there].sum(axis=1, keepdims=True)
            )
            run = float((costs.on + costs.on_demand)[pattern.kind].mean()) if pattern.kind >= 0 else 0.0
            level[there] = np.maximum(level[there], np.maximum(run, begun))
        own = np.abs(self.columns.cost[self.begin]).astype(float)
        return np.maximum(level, 1e-3 * (float(np.median(own)) if len(own) else 1.0) / self.problem.slots + 1e-9)

    # --- a round ---

    def step(self) -> float:
        """Return the value at the prices now, and take a step along the subgradient."""
        value, gradient = self._value(self.price * self.scale, exact=False)
        value = float(value / self.scale)
        if not self.adam.record(value):
            self.adam.return_to_best()
        self.adam.move(gradient, self._level)
        return value

    def exact(self) -> int | None:
        """Return the bound at the best prices, in integers; None when int64 cannot hold the sums."""
        if float(self.best_price.sum(axis=0).max(initial=0.0)) * self.problem.slots * self.scale > 2**60:
            return None
        total, _ = self._value(np.rint(self.best_price * self.scale).astype(np.int64), exact=True)
        return -int(-total // self.scale)

    def _value(self, price: NDArray[Any], exact: bool) -> tuple[Any, Floats]:
        """Return the value at prices [1/scale], and its subgradient (empty where `exact`)."""
        problem, number = self.problem, price.dtype
        prefix = np.zeros((len(price), problem.slots + 1), number)
        np.cumsum(price, axis=1, out=prefix[:, 1:])
        flat, cost = prefix.ravel(), self.own.astype(number)
        cost[self.priced] += flat[self.until] - flat[self.from_]
        least = np.minimum.reduceat(cost, self.begin)
        out = problem.optional[self.groups]
        forgone = problem.value[self.groups] * self.scale
        best = np.where(out, np.minimum(least, forgone), least)
        copies = problem.copies[self.groups]
        earned, taken = self._packed(price)
        total = sum(int(b) * int(c) for b, c in zip(best, copies, strict=True)) if exact else float(best @ copies)
        missing = np.setdiff1d(np.arange(problem.groups), self.groups)
        total += sum(int(problem.value[g]) * int(problem.copies[g]) * self.scale for g in missing.tolist())
        total -= self._rest(earned, exact, taken)
        if exact:
            return total, np.zeros(0)
        hits = np.flatnonzero((cost == least[self.of]) & (~out | (least < forgone))[self.of])
        _, first = np.unique(self.of[hits], return_index=True)
        chosen = hits[first]
        chosen = chosen[self.item[chosen] >= 0]
        width = problem.slots + 1
        change = np.zeros((len(price), width))
        np.add.at(change, (self.item[chosen], self.columns.start[chosen]), 1.0)
        ends = self.columns.start[chosen] + problem.duration[self.columns.option[chosen]]
        np.add.at(change, (self.item[chosen], ends), -1.0)
        gradient: Floats = np.cumsum(change, axis=1)[:, :-1] - taken
        return total, gradient

    def _packed(self, price: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
        """Return the earnings of the best sets by kind of node, (M + 1, T), last other bins, and the sets."""
        earned = np.zeros((len(self.problem.nodes) + 1, self.problem.slots), price.dtype)
        taken: Floats = np.zeros(price.shape)
        whole = price.dtype == np.int64
        for pattern in self.patterns:
            prices = price[pattern.items, pattern.slots]
            if whole:
                worth = np.zeros((len(pattern.sets), prices.shape[1]), np.int64)
                for at in range(len(prices)):
                    worth[pattern.sets[:, at] > 0] += prices[at]
                earned[pattern.kind, pattern.slots[0]] += worth.max(axis=0)
                continue
            which = (pattern.sets @ prices.astype(np.float32)).argmax(axis=0)
            best = pattern.sets[which].T
            taken[pattern.items, pattern.slots] = best
            earned[pattern.kind, pattern.slots[0]] += (best * prices).sum(axis=0)
        return earned, taken

    def _rest(self, earned: NDArray[Any], exact: bool, taken: Floats) -> Any:
        """Return what bins, nodes, other rows and quotas subtract; clear the sets of nodes that are off."""
        problem, other = self.problem, self.other
        total: Any = 0
        plain = earned[-1]
        total += sum(map(int, plain)) if exact else float(plain.sum())
        if self.offer is not None:
            capacity = other.capacity if exact else other.capacity.astype(float)
            worth, _, usable = self.offer.solve(capacity, self.costs, 1, earned[:-1])
            total -= worth
            if not exact:
                for pattern in self.patterns:
                    if pattern.kind >= 0:
                        taken[pattern.items, pattern.slots] *= usable[pattern.kind][pattern.slots]
        room = problem.reachable.copy()
        room[problem.nodes.supply_row] = 0
        at = np.flatnonzero(other.capacity)
        pairs = zip(other.capacity.ravel()[at].tolist(), room.ravel()[at].tolist(), strict=True)
        total += sum(price * many for price, many in pairs)
        return total + sum(
            weight * quota.limit for weight, quota in zip(other.quota.tolist(), problem.quotas, strict=True)
        )
