"""List scheduling: groups are inserted one by one in an order of priority."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.due_date_rules import volumes
from leptonopt.algorithms.heuristics.insertion import (
    family_pools,
    insert_copies,
    never,
    precedence_order,
    topological,
)
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.heuristics.reinsertion import drop_idle
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, BlockPricer, group_least
from leptonopt.problem.arrays import Floats
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Monitor


@dataclass(frozen=True)
class ListSchedulingTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    insertions_per_group: int = 8  # insertions per group while families move, on average
    free_insertions: int = 2_000  # insertions allowed in any case


TUNING = ListSchedulingTuning()


def priority_orders(problem: Problem, blocks: BlockPricer) -> list[list[float]]:
    """Return ranks of the groups, least first: by volume, slack, latest start, regret, first start.

    In one of the orders optional groups follow mandatory ones, the highest value per volume first.
    In the others they are mixed.
    """
    if not problem.groups:
        return [[]]
    offer = np.bincount(problem.group, problem.last - problem.first + 1, problem.groups)
    volume = volumes(problem)
    least = blocks.least.astype(float)
    best = group_least(problem, least, 0.0)
    others = np.where(least == best[problem.group], np.inf, least)
    second = group_least(problem, others, np.inf)
    second = np.where(problem.optional, np.minimum(second, problem.value), second)
    regret = np.where(np.isfinite(second), second - best, np.ptp(best)) + 1e-9 * volume
    latest = np.full(problem.groups, -1)
    np.maximum.at(latest, problem.group, problem.last)
    worth = _scaled((best - problem.value) / np.maximum(volume, 1e-12))
    slack = -np.sqrt(volume) / np.sqrt(np.maximum(1, offer))
    release = group_least(problem, problem.first.astype(float), 0.0)
    keys = [_scaled(key) for key in (-volume, slack, latest, -regret)]
    if len(problem.nodes) and np.ptp(release):  # first come, first served: nodes that are on are filled
        keys.append(_scaled(release))
    if problem.optional.any():
        keys.insert(2, np.where(problem.optional, 2.0 + worth, keys[0]))
    return [key.tolist() for key in keys]


def _scaled(key: Floats) -> Floats:
    """Scale a key to the range from 0 to 1."""
    spread = float(np.ptp(key)) or 1.0
    result: Floats = (key - key.min()) / spread
    return result


class ListScheduler:
    """List scheduling (Graham, 1969, doi:10.1137/0117039) in an order of ranks, predecessors first.

    A family gets a home pool before its first member is inserted: the pool of least joint cost. When a member does
    not fit there, the whole family moves to the next pool.

    With `hurry`, groups with successors are inserted at their earliest end instead of their cheapest start. With
    `pace`, every slot until their end costs that much.

    Attributes
    ----------
    smooth : whether every family stayed at its first home pool
    """

    def __init__(
        self, placing: PartialSchedule, guide: CostGuide, true: CostGuide, rank: list[float], hurry: bool, pace: int = 0
    ) -> None:
        self.placing, self.guide, self.true, self.rank, self.hurry = placing, guide, true, rank, hurry
        self.paced, self.smooth = guide.paced(pace), True
        self.over: Callable[[], bool] = never
        self.optional_gain = _optional_gains(placing, true) if len(placing.problem.before) else None
        pools = [[pool for _, pool in found] for found in family_pools(placing.problem, guide)]
        self.next_homes = [iter([*found, *found[:1]]) for found in pools]
        placing.home_pool = [next(found, -1) for found in self.next_homes]

    def build(self, monitor: Monitor | None = None) -> bool:
        """Insert all groups; return False if the monitor stopped it."""
        if monitor is not None:
            self.over = monitor.should_stop
        placing, order = self.placing, list(precedence_order(self.placing, _urgency(self.placing, self.rank)))
        position, at, turns = {group: at for at, group in enumerate(order)}, 0, 0
        while at < len(order):
            if monitor is not None and turns % 64 == 63 and monitor.should_stop():
                return False
            group, at, turns = order[at], at + 1, turns + 1
            if placing.missing[group]:
                self.insert_group(group)
            if (
                placing.missing[group]
                and not placing.shape.optional[group]
                and turns < TUNING.free_insertions + TUNING.insertions_per_group * len(order)
            ):
                at = min([position[other] for other in self.relocate_family(group)], default=at)
        if self.optional_gain is not None:
            drop_idle(self.placing)
        return True

    def relocate_family(self, group: int) -> set[int]:
        """Move the group's family to its next home pool; return the removed groups, successors included."""
        placing, shape = self.placing, self.placing.shape
        family = shape.family[group]
        if family < 0 or (pool := next(self.next_homes[family], None)) is None:
            return set()
        placing.home_pool[family], self.smooth = pool, False
        out, waiting = set[int](), list(shape.families[family])
        while waiting:
            if (group := waiting.pop()) not in out:
                out.add(group)
                placing.remove_group(group)
                waiting += [behind for behind, _ in shape.successors[group]]
        return out

    def insert_group(self, group: int) -> None:
        """Insert a group's missing copies below its cost limit."""
        shape, placing = self.placing.shape, self.placing
        limit = INFEASIBLE_COST if not shape.optional[group] else shape.value[group]
        if self.optional_gain is not None and shape.optional[group]:
            limit += self.optional_gain[group]
        if self.hurry and shape.successors[group]:
            found = placing.earliest_column(group, self.true)
            if found and placing.column_cost(found[1], found[2]) < limit:
                placing.insert(found[1], found[2])
        elif self.paced.pace and shape.successors[group]:
            most = INFEASIBLE_COST if limit == INFEASIBLE_COST else limit + self.paced.pace * placing.problem.slots
            insert_copies(placing, group, self.paced, most, self.over)
        else:
            insert_copies(placing, group, self.guide, min(INFEASIBLE_COST, limit * self.guide.scale), self.over)


def _urgency(placing: PartialSchedule, rank: list[float]) -> list[float]:
    """Return ranks at which no group follows a successor that is more urgent."""
    result, shape = list(rank), placing.shape
    if len(placing.problem.before):
        for group in reversed(topological(placing)):
            for behind, _ in shape.successors[group]:
                result[group] = min(result[group], result[behind])
    return result


def _optional_gains(placing: PartialSchedule, true: CostGuide) -> list[int]:
    """Return per group the most that optional successors could gain if it runs."""
    shape = placing.shape
    potential = [0] * placing.problem.groups
    for group in reversed(topological(placing)):
        if shape.optional[group] and true.order[group]:
            gain = shape.value[group] + potential[group] - true.least[true.order[group][0]]
            for before, _ in shape.predecessors[group]:
                potential[before] += max(0, gain)
    return potential
