"""Choose an option of every task, and so its region, with what moving data between regions costs.

The program is SkyPilot's (Yang et al., NSDI 2023), with start times, so that windows and precedence count as well:

    sum of c[o] + z[g]                    = 1                  options o of task g; z: left out
    sum over q of e[k, p, q]              = sum of c[o], o of before[k] in region p     (<= where after[k] is optional)
    sum over p of e[k, p, q]              = sum of c[o], o of after[k] in region q
    s[g]                                  within the windows of the options chosen
    s[after[k]] >= s[before[k]] + duration of its option + sum of e[k, p, q] delay[k, p, q]
    sum of c[o] demand x duration         <= sum of capacity over slots, for each row

Each option costs what its cheapest start does, and capacity counts as a sum over all slots. So the optimum is a lower
bound on the cost of every schedule, and where the cheapest starts fit it is the cost of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.protocol import SHORTEST_CALL
from leptonopt.problem.rounding import round_up_safely

MAX_SUM = 10**9  # of an objective in doubles with tolerances whose optimum is trusted to the unit


@dataclass(frozen=True, eq=False)
class RegionChoice:
    """G tasks with O options in R regions, E edges of precedence; all numbers integers.

    Attributes
    ----------
    task, region, cost, duration, first, last : int64, shape (O,)
        Task and region of each option, the cost of its cheapest start, its slots, and its first and last start.
    optional : bool, shape (G,)
    value : int64, shape (G,): cost of leaving a task out
    before, after : int64, shape (E,)
    delay : int64, shape (E, R, R): slots from the end of one task to the start of the other, by their regions
    moved : int64, shape (E, R, R): cost of what is moved; below zero where data cannot move
    rows : (options, demand times duration of each, sum of capacity) of every limited row
    slots : T
    """

    task: Ints
    region: Ints
    cost: Ints
    duration: Ints
    first: Ints
    last: Ints
    optional: Bools
    value: Ints
    before: Ints
    after: Ints
    delay: Ints
    moved: Ints
    rows: Sequence[tuple[Ints, Ints, int]]
    slots: int

    def best(self, excluded: Iterable[Ints], seconds: float) -> RegionAnswer:
        """Return the cheapest choice of regions but for some, shapes (G,); see `RegionAnswer`."""
        return _Program(self).solve(list(excluded), seconds)


@dataclass(frozen=True, eq=False)
class RegionAnswer:
    """Hold the best choice of regions, int64, shape (G,), or None, and what no choice costs less than.

    `infeasible` says that there is no choice. The bound holds for all choices that are not excluded.
    """

    regions: Ints | None
    bound: int | None
    infeasible: bool = False


class _Program:
    """Rows and columns: c, z, s, then e by edge and pair of regions."""

    def __init__(self, choice: RegionChoice) -> None:
        self.choice = choice
        options, tasks, edges = len(choice.task), len(choice.value), len(choice.before)
        self.regions = int(choice.moved.shape[1])
        self.left, self.start, self.pairs = options, options + tasks, options + 2 * tasks
        self.size = self.pairs + edges * self.regions**2
        self.entries: list[tuple[int, int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self._once()
        self._windows()
        for edge in range(edges):
            self._edge(edge)
        for held, amounts, limit in choice.rows:
            self._row(zip(held.tolist(), (amounts / max(1, limit)).tolist(), strict=True), -np.inf, 1.0)

    def _row(self, entries: Iterable[tuple[int, float]], low: float, high: float) -> None:
        at = len(self.low)
        self.entries += [(at, column, factor) for column, factor in entries]
        self.low.append(low)
        self.high.append(high)

    def _options(self, task: int) -> list[int]:
        return np.flatnonzero(self.choice.task == task).tolist()

    def _in(self, task: int, region: int) -> list[int]:
        return np.flatnonzero((self.choice.task == task) & (self.choice.region == region)).tolist()

    def _pair(self, edge: int, origin: int, to: int) -> int:
        return self.pairs + (edge * self.regions + origin) * self.regions + to

    def _once(self) -> None:
        for task in range(len(self.choice.value)):
            self._row([*((o, 1.0) for o in self._options(task)), (self.left + task, 1.0)], 1, 1)

    def _windows(self) -> None:
        for task in range(len(self.choice.value)):
            start, options = self.start + task, self._options(task)
            self._row([(start, 1.0), *((o, -float(self.choice.first[o])) for o in options)], 0, np.inf)
            late = [(o, -float(self.choice.last[o])) for o in options]
            self._row([(start, 1.0), *late, (self.left + task, -float(self.choice.slots))], -np.inf, 0)

    def _edge(self, edge: int) -> None:
        choice, many = self.choice, range(self.regions)
        before, after = int(choice.before[edge]), int(choice.after[edge])
        for region in many:
            sent = [(self._pair(edge, region, to), 1.0) for to in many]
            taken = [(self._pair(edge, origin, region), 1.0) for origin in many]
            low = -np.inf if choice.optional[after] else 0
            self._row([*sent, *((o, -1.0) for o in self._in(before, region))], low, 0)
            self._row([*taken, *((o, -1.0) for o in self._in(after, region))], 0, 0)
        waits = [(self._pair(edge, p, q), -float(choice.delay[edge, p, q])) for p in many for q in many]
        runs = [(o, -float(choice.duration[o])) for o in self._options(before)]
        ends = [(self.start + after, 1.0), (self.start + before, -1.0), (self.left + after, 2.0 * choice.slots)]
        self._row([*ends, *runs, *waits], 0, np.inf)
        self._row([(self.left + before, 1.0), (self.left + after, -1.0)], -np.inf, 0)

    def solve(self, excluded: Sequence[Ints], seconds: float) -> RegionAnswer:
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        for regions in excluded:
            there = [o for task, region in enumerate(regions.tolist()) for o in self._in(task, region)]
            left = [(self.left + task, 1.0) for task in range(len(regions))]
            self._row([*((o, 1.0) for o in there), *left], -np.inf, len(regions) - 1)
        costs, divisor = self._costs()
        row, column, factor = np.array(self.entries).reshape(-1, 3).T
        matrix = sparse.csr_matrix((factor, (row, column)), shape=(len(self.low), self.size))
        whole = np.zeros(self.size, np.uint8)
        whole[: self.start] = 1
        found = milp(
            costs,
            integrality=whole,
            bounds=Bounds(np.zeros(self.size), self._most()),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"time_limit": max(SHORTEST_CALL, seconds), "mip_rel_gap": 0.0},
        )
        return self._answer(found, costs, divisor)

    def _costs(self) -> tuple[Floats, int]:
        """Return the costs of all columns, and the number by which they were divided."""
        choice = self.choice
        whole = np.concatenate([choice.cost, choice.value, 0 * choice.value, np.maximum(0, choice.moved).ravel()])
        divisor = max(int(np.gcd.reduce(whole)), int(np.abs(whole).sum()) // MAX_SUM + 1)
        return (whole // divisor).astype(float), divisor

    def _most(self) -> Floats:
        choice = self.choice
        left = np.where(choice.optional, 1, 0)
        possible = np.where(choice.moved.ravel() < 0, 0, 1)
        ends = np.full(len(left), choice.slots)
        return np.concatenate([np.ones(len(choice.task)), left, ends, possible]).astype(float)

    def _answer(self, found: Any, costs: Floats, divisor: int) -> RegionAnswer:
        if found.status == 2:
            return RegionAnswer(None, None, infeasible=True)
        bound = None
        if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
            bound = round_up_safely(found.mip_dual_bound)
        if found.x is None:
            return RegionAnswer(None, None if bound is None else bound * divisor)
        chosen = np.flatnonzero(np.rint(found.x[: self.left]))
        regions = np.array([self._cheapest_region(task) for task in range(len(self.choice.value))], np.int64)
        regions[self.choice.task[chosen]] = self.choice.region[chosen]
        if found.status == 0:  # proven: the optimum in whole numbers is the bound
            bound = int(np.rint(costs @ np.rint(found.x)))
        return RegionAnswer(regions, None if bound is None else bound * divisor)

    def _cheapest_region(self, task: int) -> int:
        """Return the region of the cheapest option, for a task that is left out."""
        options = np.flatnonzero(self.choice.task == task)
        return int(self.choice.region[options[np.argmin(self.choice.cost[options])]]) if len(options) else 0
