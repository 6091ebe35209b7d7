"""Ejection pool on a partial schedule: mandatory groups eject lighter ones, which are reinserted.

After Nagata and Bräysy (2009, doi:10.1016/j.orl.2009.04.006), without their squeeze step. Every failure raises a
group's weight, and the victims with the least total weight are ejected.
`leptonopt.algorithms.large_scale.ejection_pool` has the same steps over arrays, for problems without nodes,
precedence and affinity.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.insertion import cost_limit, family_pools, insert_copies, topological
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.heuristics.reinsertion import drop_idle
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.problem.protocol import Monitor


@dataclass(frozen=True)
class EjectionTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    options: int = 6  # random options per step that are candidates for an ejection
    starts: int = 4  # starts of each option with the least shortage
    relocation_probability: float = 0.1  # probability that a failing group's family moves to another pool
    optional_weight: float = 0.05  # weight of an optional group; a mandatory one begins at 1


TUNING = EjectionTuning()

EVERYWHERE = -2  # pool of a group that may share rows with every pool


def repair_by_ejection(placing: PartialSchedule, guide: CostGuide, tries: int, seed: int, monitor: Monitor) -> None:
    """Run at most so many ejection steps, then remove idle groups and insert what fits."""
    pool = EjectionPool(placing, guide, seed, monitor)
    for _ in range(tries):
        if not pool.queue or monitor.should_stop():
            break
        pool.step()
    drop_idle(placing)
    for group in topological(placing):
        if placing.missing[group]:
            insert_copies(placing, group, guide, cost_limit(placing, group), monitor.should_stop)


class EjectionPool:
    """Queue of unassigned groups; weights grow with every failure, so that difficult groups stay.

    Attributes
    ----------
    rows_by_pool : whether every row belongs to one pool, so that a pool tells which groups can block a column
    pool, begin, end : int64, shape (G,), pool and slots in use; pool -1 while a group does not run
    urgent : groups to insert at their earliest end
    """

    def __init__(self, placing: PartialSchedule, guide: CostGuide, seed: int, monitor: Monitor) -> None:
        self.placing, self.guide, self.over = placing, guide, monitor.should_stop
        self.random = np.random.default_rng(seed)
        self.weight = [TUNING.optional_weight if optional else 1.0 for optional in placing.shape.optional]
        lost = set(placing.unplaced())
        self.queue = deque(group for group in topological(placing) if group in lost)
        self.urgent: set[int] = set()
        self.homes = family_pools(placing.problem, guide)
        holders = np.repeat(placing.problem.pool, np.diff(placing.problem.demand_ptr))
        spread = np.unique(np.stack([placing.problem.demand_row, holders]), axis=1)
        self.rows_by_pool = bool((np.bincount(spread[0]) <= 1).all())  # no row is held on several pools
        groups = placing.problem.groups
        self.pool, self.begin, self.end = np.full(groups, -1), np.zeros(groups, np.int64), np.zeros(groups, np.int64)
        for group in range(groups):
            self.update_position(group)

    def update_position(self, group: int) -> None:
        """Record the pool and the slots of a group; several columns count from the first to the last."""
        ran = self.placing.runs[group]
        if not ran:
            self.pool[group] = -1
            return
        duration, pool = self.placing.shape.duration, self.placing.shape.pool
        pools = {pool[option] for option, _ in ran}
        self.pool[group] = pools.pop() if len(pools) == 1 and self.rows_by_pool else EVERYWHERE
        self.begin[group] = min(start for _, start in ran)
        self.end[group] = max(start + duration[option] for option, start in ran)

    def step(self) -> None:
        """Insert the first group of the queue, or eject others for it."""
        placing, shape = self.placing, self.placing.shape
        group = self.queue.popleft()
        waiting = [before for before, _ in shape.predecessors[group] if placing.end[before] < 0]
        if waiting:
            self.enqueue(*[before for before in waiting if before not in self.queue], group)
            return
        if group in self.urgent and (found := placing.earliest_column(group, self.guide)):
            placing.insert(found[1], found[2])
            self.update_position(group)
            return
        placed = insert_copies(placing, group, self.guide, over=self.over)
        self.update_position(group)
        if placed:
            return
        self.weight[group] += 1
        if (family := shape.family[group]) >= 0 and self.random.random() < TUNING.relocation_probability:
            self.relocate_family(family)
            self.enqueue(group)
            return
        choice = self.best_ejection(group)
        if choice is None:
            self.release_neighbours(group)
            return
        option, start, victims = choice
        for victim, column in victims:
            placing.remove(*column, placing.runs[victim][column])
            self.update_position(victim)
            if not shape.optional[victim]:
                self.enqueue(victim)
        placing.insert(option, start, min(placing.missing[group], max(1, placing.max_copies(option, start))))
        self.update_position(group)
        if placing.missing[group]:
            self.enqueue(group)

    def enqueue(self, *groups: int) -> None:
        """Append groups that do not wait already."""
        for group in groups:
            if group not in self.queue:
                self.queue.append(group)

    def relocate_family(self, family: int) -> None:
        """Move a whole family to another of the pools that fit it alone."""
        pools = [pool for _, pool in self.homes[family] if pool != self.placing.home_pool[family]]
        if pools:
            self.placing.home_pool[family] = pools[int(self.random.integers(len(pools)))]
            for member in self.placing.shape.families[family]:
                self.placing.remove_group(member)
                self.update_position(member)
                if not self.placing.shape.optional[member]:
                    self.enqueue(member)

    def release_neighbours(self, group: int) -> None:
        """Remove a group's predecessors and successors, and insert its predecessors as early as possible."""
        shape, placing = self.placing.shape, self.placing
        around = [before for before, _ in shape.predecessors[group]] + [behind for behind, _ in shape.successors[group]]
        for other in around:
            if placing.runs[other]:
                placing.remove_group(other)
                self.update_position(other)
        for before, _ in shape.predecessors[group]:
            self.urgent.add(before)
        self.enqueue(*[other for other in around if not shape.optional[other]], group)

    def best_ejection(self, group: int) -> tuple[int, int, list[tuple[int, Column]]] | None:
        """Return the column with the least total weight of victims, and the victims; None without one."""
        best, found = float("inf"), None
        options = self.guide.order[group]
        if len(options) > TUNING.options:
            options = [options[at] for at in sorted(self.random.choice(len(options), TUNING.options, replace=False))]
        for option in options:
            for start in self.candidate_starts(option):
                victims, weight = self.lightest_victims(group, option, start, best)
                if victims is not None and weight < best:
                    best, found = weight, (option, start, victims)
        return found

    def candidate_starts(self, option: int) -> list[int]:
        """Return the starts with the least shortage of capacity, and a random one."""
        low, high = self.placing.start_window(option)
        if low > high:
            return []
        length = self.placing.shape.duration[option]
        short = np.zeros(high - low + length)
        for row, amount in self.placing.shape.demands[option]:
            short += np.maximum(0, amount - self.placing.free[row, low : high + length]) / amount
        total = np.concatenate([[0.0], np.cumsum(short)])
        need = total[length:] - total[: high - low + 1] + 1e-6 * self.random.random(high - low + 1)
        least = np.argsort(need, kind="stable")[: TUNING.starts].tolist()
        return [low + at for at in {*least, int(self.random.integers(high - low + 1))}]

    def overlapping_columns(self, option: int, start: int, stop: int) -> Iterator[tuple[int, Column, int, int]]:
        """Yield (group, column, begin, end) of columns that may share rows and slots with an option."""
        overlaps = (self.begin < stop) & (self.end > start)
        overlaps &= (self.pool == self.placing.shape.pool[option]) | (self.pool == EVERYWHERE)
        duration = self.placing.shape.duration
        for group in np.flatnonzero(overlaps).tolist():
            for column in self.placing.runs[group]:
                begin, end = column[1], column[1] + duration[column[0]]
                if begin < stop and end > start:
                    yield group, column, begin, end

    def lightest_victims(
        self, group: int, option: int, start: int, limit: float
    ) -> tuple[list[tuple[int, Column]] | None, float]:
        """Return the lightest blockers whose ejection makes a copy fit, and their weight; None without."""
        placing, shape = self.placing, self.placing.shape
        stop = start + shape.duration[option]
        short = {row: amount - placing.free[row, start:stop] for row, amount in shape.demands[option]}
        short = {row: lack for row, lack in short.items() if (lack > 0).any()}
        worst = {row: int(lack.max()) for row, lack in short.items()}
        offers = []
        for other, column, begin, end in self.overlapping_columns(option, start, stop):
            if other != group:
                demands = shape.demands[column[0]]
                helps = sum(min(amount, worst[row]) for row, amount in demands if row in worst)
                if helps:
                    offers.append((self.weight[other] / helps, other, column, begin, end))
        chosen, weight = [], 0.0
        for _, other, column, begin, end in sorted(offers):
            part = slice(max(begin, start) - start, min(end, stop) - start)
            relief = [(row, amount) for row, amount in shape.demands[column[0]] if row in short]
            if not any((short[row][part] > 0).any() for row, _ in relief):
                continue
            for row, amount in relief:
                short[row][part] -= amount * placing.runs[other][column]
            chosen.append((other, column))
            weight += self.weight[other]
            if weight >= limit:
                return None, weight
            if all((lack <= 0).all() for lack in short.values()):
                return chosen, weight
        return (chosen, weight) if not short else (None, weight)
