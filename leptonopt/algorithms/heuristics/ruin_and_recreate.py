"""Ruin and recreate: some neighbouring groups are removed and reinserted if that costs no more.

After Schrimpf et al. (2000, doi:10.1006/jcph.1999.6413). These are small steps for the greedy method. The large steps
with an exact solver are in `leptonopt.solvers.lns`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.insertion import cost_limit, insert_copies
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.problem.protocol import Monitor


@dataclass(frozen=True)
class RuinTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    removed: int = 9  # groups removed in a step, exclusive
    family_probability: float = 0.3  # probability that a group's whole family is removed with it
    columns: int = 64  # groups with more columns in use are not removed


TUNING = RuinTuning()


class RuinAndRecreate:
    """Ruin and recreate on one partial schedule; deterministic for a seed."""

    def __init__(
        self, placing: PartialSchedule, guide: CostGuide, true: CostGuide, rank: list[float], seed: int
    ) -> None:
        self.placing, self.guide, self.true, self.rank = placing, guide, true, rank
        self.random = np.random.default_rng(seed)
        shape = placing.shape
        linked = [bool(before or behind) for before, behind in zip(shape.predecessors, shape.successors, strict=True)]
        movable = [bool(options) and not bound for options, bound in zip(guide.order, linked, strict=True)]
        self.movable = np.array(movable, bool)
        self.pool = np.full(placing.problem.groups, -1)
        self.begin, self.end = self.pool.copy(), self.pool.copy()
        for group in range(placing.problem.groups):
            self.update_position(group)

    def update_position(self, group: int) -> None:
        """Record the pool and the slots of a group."""
        ran = self.placing.runs[group]
        if not ran:
            self.pool[group] = -1
            return
        option, start = next(iter(ran))
        self.pool[group] = int(self.placing.problem.pool[option])
        self.begin[group], self.end[group] = start, start + self.placing.shape.duration[option]

    def run(self, tries: int, monitor: Monitor) -> None:
        """Run so many steps; every third begins at a group that is left out, if there is one."""
        groups = np.flatnonzero(self.movable)
        if not len(groups):
            return
        for at in range(tries):
            if at % 16 == 0 and monitor.should_stop():
                return
            if at % 3 == 0:
                out = np.flatnonzero((self.pool < 0) & self.movable)
                seeds = out if len(out) else groups
            else:
                seeds = groups
            seed = int(seeds[self.random.integers(len(seeds))])
            family = self.placing.shape.family[seed]
            self.step(seed, family if family >= 0 and self.random.random() < TUNING.family_probability else -1)

    def step(self, seed: int, family: int = -1) -> None:
        """Remove a group and some neighbours, and reinsert all in order of perturbed rank.

        With a family, all of it is removed and moves to the pool of the group's option.
        """
        placing = self.placing
        option, chosen = self.neighbourhood(seed)
        if family >= 0:
            members = placing.shape.families[family]
            if not self.movable[members].all():
                return
            chosen = [*members, *(group for group in chosen if group not in members)]
        if any(len(placing.runs[group]) > TUNING.columns for group in chosen):
            return
        cost = placing.cost_of_groups(chosen)
        ran: dict[int, dict[Column, int]] = {group: placing.remove_group(group) for group in chosen}
        home = list(placing.home_pool)
        if family >= 0:
            placing.home_pool[family] = placing.shape.pool[option]
        noise = self.random.normal(0, 0.1, len(chosen)).tolist()
        perturbed = [(self.rank[group] + extra, group) for group, extra in zip(chosen, noise, strict=True)]
        groups = [group for _, group in sorted(perturbed)]
        if self.random.random() < 0.3:
            groups.remove(seed)
            groups.insert(0, seed)
        guide = self.guide if self.random.random() < 0.7 else self.true
        for group in groups:
            limit = cost_limit(placing, group)
            insert_copies(placing, group, guide, min(INFEASIBLE_COST, limit * guide.scale))
        lost = any(placing.missing[group] and not placing.shape.optional[group] for group in chosen)
        if lost or placing.cost_of_groups(chosen) > cost:
            for group in chosen:
                placing.remove_group(group)
            placing.home_pool = home
            for group in chosen:
                placing.restore_group(group, ran[group])
        else:
            for group in chosen:
                self.update_position(group)

    def neighbourhood(self, seed: int) -> tuple[int, list[int]]:
        """Return an option of the seed group; the seed, and random groups on that pool during a possible run."""
        shape, options = self.placing.shape, self.guide.order[seed]
        option = options[min(len(options) - 1, int(self.random.exponential(1.5)))]
        start = int(self.random.integers(shape.first[option], shape.last[option] + 1))
        stop = start + shape.duration[option]
        pool = int(self.placing.problem.pool[option])
        overlaps = self.movable & (self.pool == pool) & (self.begin < stop) & (self.end > start)
        overlaps[seed] = False
        others = np.flatnonzero(overlaps)
        many = int(self.random.integers(2, TUNING.removed))
        if len(others) > many:
            others = self.random.choice(others, many, replace=False)
        return option, [seed, *others.tolist()]
