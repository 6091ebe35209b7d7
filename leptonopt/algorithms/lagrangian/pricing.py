"""Pricing: cheapest columns (option, start) at the prices of a problem, or with multipliers added.

Options that hold the same rows for the same duration form a block. The costs of a block are one matrix product of its
demands with the window sums of the prices. The whole table of columns is never held in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Solution, Status, Stop
from leptonopt.runtime.clock import check_time_each

INFEASIBLE_COST = 2**62  # cost of an option without a start
OFTEN = 256  # options between two checks of the clock
CHUNK = 1 << 21  # columns priced together: 16 MB of int64


@dataclass(frozen=True, eq=False)
class Block:
    """B options with the same rows and duration, over S starts from `low`.

    Attributes
    ----------
    options : int64, shape (B,)
    rows : int64, shape (R,)
    demand : int64, shape (B, R)
    duration, low, high : ints [slots]; starts run from low to high inclusive
    """

    options: Ints
    rows: Ints
    demand: Ints
    duration: int
    low: int
    high: int

    def window_sums(self, prefix: NDArray[Any]) -> NDArray[Any]:
        """Return sums over [s, s + duration) for every start, (R, S), from prefix sums, (K, T + 1)."""
        part = prefix[self.rows, self.low : self.high + self.duration + 1]
        return part[:, self.duration :] - part[:, : self.high - self.low + 1]  # type: ignore[no-any-return]


class Pricer(Protocol):
    """The protocol of pricing: `BlockPricer`, `ClassPricer` for many columns, `RemotePricer` on workers."""

    @property
    def finest(self) -> int:
        """The largest cost in whole units that cannot overflow."""

    @property
    def least(self) -> Ints:
        """int64, shape (O,): exact cost of each option's cheapest start; `INFEASIBLE_COST` without a start."""

    def cheapest(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> tuple[Ints, Ints]:
        """Return the exact least cost and its start per option, at prices with these prefix sums."""

    def group_least(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> Ints:
        """Return the exact least cost of a copy by group, int64, (G,); `INFEASIBLE_COST` without a column."""

    def best(self, prefix: Floats, once: Floats | None = None) -> tuple[Floats, Ints, Ints]:
        """Return least cost (infinite without a column), its option and its start by group, (G,), in floats."""


class BlockPricer:
    """All options of a problem, in blocks; up to `keep` columns, costs without prices are kept."""

    finest = 2**58

    def __init__(self, problem: Problem, keep: int = 30_000_000) -> None:
        self.problem = problem
        self.blocks = list(_blocks(problem))
        self.columns = sum(len(block.options) * (block.high - block.low + 1) for block in self.blocks)
        self._fixed: list[Floats] | None = None
        self._keep = self.columns <= keep

    @property
    def least(self) -> Ints:
        """int64, shape (O,): exact cost of each option's cheapest start; `INFEASIBLE_COST` without a start."""
        return self._least

    @cached_property
    def _least(self) -> Ints:
        return self.cheapest(self.problem.price_sum)[0]

    def cheapest(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> tuple[Ints, Ints]:
        """Return the exact least cost and its first start per option, at prefix sums of prices, (K, T + 1).

        All in units of 1/scale money units; `once`, shape (O,), is added to the cost of each option.
        """
        cost, start = np.full(self.problem.options, INFEASIBLE_COST, np.int64), np.zeros(self.problem.options, np.int64)
        for block in check_time_each(self.blocks):
            sums = block.window_sums(prefix)
            more = 0 if once is None else once[block.options, None]
            table = np.where(self.allowed(block), block.demand @ sums + scale * self.own(block) + more, INFEASIBLE_COST)
            at = table.argmin(axis=1)
            cost[block.options] = table[np.arange(len(at)), at]
            start[block.options] = at + block.low
        return cost, start

    def tables(self, prefix: Floats, once: Floats | None = None) -> Iterator[tuple[int, Floats]]:
        """Yield each block's index and the costs of its columns, (B, S); infinite where there is no column."""
        for at, block in enumerate(check_time_each(self.blocks)):
            table = block.demand.astype(float) @ block.window_sums(prefix)
            table += self._own_float(at)
            if once is not None:
                table += once[block.options, None]
            yield at, table

    def priced(self, prefix: Floats, once: Floats | None = None) -> tuple[Floats, Ints]:
        """Return least costs and starts as `cheapest` in floats, much faster; infinite without a start."""
        cost, start = np.full(self.problem.options, np.inf), np.zeros(self.problem.options, np.int64)
        for at, table in self.tables(prefix, once):
            block, best = self.blocks[at], table.argmin(axis=1)
            cost[block.options] = table[np.arange(len(best)), best]
            start[block.options] = best + block.low
        return cost, start

    def group_least(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> Ints:
        """Return the exact least cost of a copy by group, int64, (G,); `INFEASIBLE_COST` without a column."""
        problem = self.problem
        least = restrict_to_best_pool(
            problem, self.cheapest(prefix, scale, once)[0], problem.value * scale, INFEASIBLE_COST
        )
        return group_least(problem, least, INFEASIBLE_COST)

    def best(self, prefix: Floats, once: Floats | None = None) -> tuple[Floats, Ints, Ints]:
        """Return least cost (infinite without a column), its option and its start by group, (G,), in floats."""
        problem = self.problem
        cost, start = self.priced(prefix, once)
        cost = restrict_to_best_pool(problem, cost, problem.value, np.inf)
        least = group_least(problem, cost, np.inf)
        hits = np.flatnonzero(cost == least[problem.group])[::-1]
        option = np.zeros(problem.groups, np.int64)
        option[problem.group[hits]] = hits  # the first of equals is written last
        return least, option, start[option] if len(start) else np.zeros(problem.groups, np.int64)

    def own(self, block: Block) -> Ints:
        """Return fixed and late costs, int64, shape (B, S) or (B, 1)."""
        problem, group = self.problem, self.problem.group[block.options]
        fixed = problem.fixed[block.options, None]
        if not problem.dated[group].any():
            return fixed
        ends = np.arange(block.low, block.high + 1) + block.duration
        late: Ints = fixed + problem.late(group[:, None], ends)
        return late

    def allowed(self, block: Block) -> Bools:
        """Return the starts in each option's window at which it alone fits the capacity, bool, shape (B, S)."""
        starts = np.arange(block.low, block.high + 1)
        first, last = self.problem.first[block.options, None], self.problem.last[block.options, None]
        inside = (starts >= first) & (starts <= last)
        if len(block.rows):
            room = sliding_least(
                self.problem.capacity[block.rows, block.low : block.high + block.duration], block.duration
            )
            for row in range(len(block.rows)):
                inside &= room[row] >= block.demand[:, row, None]
        return inside

    def _own_float(self, at: int) -> Floats:
        if self._fixed is None:
            self._fixed = [self._masked(block) for block in self.blocks] if self._keep else []
        return self._fixed[at] if self._fixed else self._masked(self.blocks[at])

    def _masked(self, block: Block) -> Floats:
        return np.where(self.allowed(block), self.own(block), np.inf)


def sliding_least(values: Ints, length: int) -> Ints:
    """Return the least value over [s, s + length) along the last axis; shape (..., n - length + 1).

    Windows double: 1, 2, 4, ... slots, then two that overlap.
    """
    size, least = 1, values
    while 2 * size <= length:
        least = np.minimum(least[..., :-size], least[..., size:])
        size *= 2
    if size < length:
        rest = length - size
        least = np.minimum(least[..., :-rest], least[..., rest:])
    return least


def group_least(problem: Problem, cost: NDArray[Any], nothing: Any) -> NDArray[Any]:
    """Return the least cost of the options of each group, shape (G,); `nothing` without an option."""
    result = np.full(problem.groups, nothing, cost.dtype)
    has = np.flatnonzero(np.diff(problem.option_ptr))
    if len(has):
        result[has] = np.minimum.reduceat(cost, problem.option_ptr[has])
    return result


def least_joint_cost(problem: Problem, cost: NDArray[Any], value: Ints, nothing: Any) -> NDArray[Any]:
    """Return each family's least joint cost by pool, (F, P); infinite where a member has no option.

    Exact integers where costs are integers; `nothing` is the cost of an option without a start.
    """
    members = np.flatnonzero(problem.family >= 0)
    at, family = np.full(problem.groups, -1), problem.family[members]
    at[members] = np.arange(len(members))
    mine = np.flatnonzero(problem.family[problem.group] >= 0)
    least = np.full((len(members), int(problem.pool.max(initial=-1)) + 1), nothing, cost.dtype)
    np.minimum.at(least, (at[problem.group[mine]], problem.pool[mine]), cost[mine])
    least = np.where(problem.optional[members, None], np.minimum(least, value[members, None]), least)
    lost = least == nothing
    least = np.where(lost, 0, least).astype(float if cost.dtype == float else object)
    total = np.zeros((int(family.max(initial=-1)) + 1, least.shape[1]), least.dtype)
    np.add.at(total, family, least * problem.copies[members, None])
    out = np.zeros(total.shape, bool)
    np.logical_or.at(out, family, lost)
    return np.where(out, np.inf, total)


def restrict_to_best_pool(problem: Problem, cost: NDArray[Any], value: Ints, nothing: Any) -> NDArray[Any]:
    """Return the costs, with `nothing` for options off the pool of least joint cost of their family."""
    if not problem.together or not problem.options:
        return cost
    joint = least_joint_cost(problem, cost, value, nothing)
    home = np.where((joint < np.inf).any(axis=1), joint.argmin(axis=1), -1)
    home = np.append(home, -1)[problem.family[problem.group]]
    return np.where((home < 0) | (home == problem.pool), cost, nothing)


def uncapacitated_bound(problem: Problem, least: Ints) -> int | None:
    """Return the bound without capacity and precedence; None when a mandatory group has no column."""
    best = group_least(problem, restrict_to_best_pool(problem, least, problem.value, INFEASIBLE_COST), INFEASIBLE_COST)
    if np.any((best == INFEASIBLE_COST) & ~problem.optional & (problem.copies > 0)):
        return None
    best = np.where(problem.optional, np.minimum(best, problem.value), best)
    pairs = zip(best.tolist(), problem.copies.tolist(), strict=True)
    return problem.nodes.least_cost + int(sum(cost * copies for cost, copies in pairs if copies))


def infeasible_solution(engine: str) -> Solution:
    """Return the proof of infeasibility for a problem without `uncapacitated_bound`."""
    note = "a task that must run has no start at which it fits the capacity alone"
    return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, note=note)


def _blocks(problem: Problem) -> Iterator[Block]:
    members: dict[tuple[bytes, int], list[int]] = defaultdict(list)
    pointer, rows = problem.demand_ptr.tolist(), problem.demand_row
    for option, length in enumerate(check_time_each(problem.duration.tolist(), OFTEN)):
        members[rows[pointer[option] : pointer[option + 1]].tobytes(), length].append(option)
    for (held, duration), found in check_time_each(members.items()):
        options = np.array(found, np.int64)
        options = options[np.argsort(problem.first[options], kind="stable")]
        used = np.frombuffer(held, np.int64)
        for part in _chunks(problem, options):
            at = problem.demand_ptr[part, None] + np.arange(len(used))
            low, high = int(problem.first[part].min()), int(problem.last[part].max())
            yield Block(part, used, problem.demand[at].reshape(len(part), len(used)), duration, low, high)


def _chunks(problem: Problem, options: Ints) -> Iterator[Ints]:
    """Yield options, by first start, in parts whose windows fill most of their common range of starts."""
    begin, low, high, own = 0, 0, 0, 0
    spans = zip(problem.first[options].tolist(), problem.last[options].tolist(), strict=True)
    for at, (first, last) in enumerate(spans):
        if at == begin:
            low, high, own = first, last, last - first + 1
            continue
        size = (at - begin + 1) * (max(high, last) - low + 1)
        if size > CHUNK or size > 2 * (own + last - first + 1) + 256:
            yield options[begin:at]
            begin, low, high, own = at, first, last, last - first + 1
        else:
            high, own = max(high, last), own + last - first + 1
    if len(options):
        yield options[begin:]
