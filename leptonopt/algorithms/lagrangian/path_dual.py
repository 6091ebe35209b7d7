"""A Lagrangian bound where tasks may be cut: prices on capacity, and the cheapest path of each task.

Capacity is priced, and precedence, quotas and what nodes cost beyond their least are left out. Then each task takes its
cheapest segments or column, and the sum, less what capacity is paid for, is at most the cost of every schedule. The
ascent is a subgradient method with the step of Polyak (1969, doi:10.1016/0041-5553(69)90061-5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.algorithms.lagrangian.segment_path import cheapest_path
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.restrict import options_of, restrict
from leptonopt.problem.slot_chain import SlotChain

PRICE_SCALE = 64  # prices are whole multiples of a money unit divided by it
AIM = 1.02  # of the best bound: the value aimed at where no schedule is known
PATIENCE = 5  # rounds without gain after which steps are halved


def restricted_least(problem: Problem, groups: Ints) -> Ints:
    """Return the least cost of each option of some groups, int64, shape (O,); INFEASIBLE_COST for others."""
    least = np.full(problem.options, INFEASIBLE_COST)
    for option in options_of(problem, groups)[0].tolist():
        startable = problem.startable(option)
        if startable.any():
            least[option] = problem.start_costs(option)[startable].min()
    return least


class PathDual:
    """The bound at prices, and the ascent.

    Attributes
    ----------
    price, best_price : int64, shape (K, T), the present prices and those of the best bound [1/PRICE_SCALE]
    best : the best bound in money units; None before the first
    impossible : whether a mandatory task has no path and no column
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.impossible = problem, False
        self.chains = [SlotChain(problem, chain) for chain in problem.chains]
        in_chain = np.zeros(problem.groups, bool)
        for chain in problem.chains:
            in_chain[chain.groups] = True
        whole, _ = restrict(problem, ~in_chain, problem.capacity, problem.copies)
        self.whole = replace(
            whole,
            fixed=whole.fixed * PRICE_SCALE,
            value=whole.value * PRICE_SCALE,
            late_slope=whole.late_slope * PRICE_SCALE,
            late_base=whole.late_base * PRICE_SCALE,
            late_once=whole.late_once * PRICE_SCALE,
            early_slope=whole.early_slope * PRICE_SCALE,
            early_base=whole.early_base * PRICE_SCALE,
        )
        self.limited = problem.capacity < UNLIMITED
        self.limited[problem.nodes.supply_row] = False
        self.price = np.zeros(problem.capacity.shape, np.int64)
        self.best_price, self.best, self.step = self.price, None, 1.0
        self.stale = 0

    best: int | None

    def ascend(self, over: Callable[[], bool], rounds: int, known: Callable[[], int | None]) -> None:
        """Ascend for so many rounds or until it is over; `known` returns the cost of a schedule."""
        for _ in range(rounds):
            load = self.evaluate()
            if over() or self.impossible or not self._move(load, known()):
                return

    def evaluate(self) -> Ints:
        """Take the bound at the present prices; return the load of its tasks, int64, shape (K, T)."""
        load = np.zeros(self.price.shape, np.int64)
        paid = sum(
            int(p @ c) for p, c in zip(self.price, np.where(self.limited, self.problem.capacity, 0), strict=True)
        )
        total = self.problem.nodes.least_cost * PRICE_SCALE - paid
        total += sum(self._chain(chain, load) for chain in self.chains) + self._others(load)
        self.value = total
        bound = -(-total // PRICE_SCALE)
        self.stale += 1
        if not self.impossible and (self.best is None or bound > self.best):
            self.best, self.best_price, self.stale = bound, self.price, 0
        return load

    def _chain(self, chain: SlotChain, load: Ints) -> int:
        """Return the least cost of a chain, and add what it holds then to the load."""
        late = self.problem.late(chain.last, np.arange(chain.slots + 1)) * PRICE_SCALE
        cost = chain.priced(self.price, PRICE_SCALE)
        path = cheapest_path(chain, chain.works, cost, late, PRICE_SCALE, optimistic=True)
        out = int(self.problem.value[chain.chain.groups[0]]) * PRICE_SCALE if chain.optional else None
        if path is None or (out is not None and out <= path.cost):
            self.impossible |= out is None
            return out or 0
        for way, start, length in path.segments:
            rows, amounts = self.problem.demands(int(chain.sample[way]))
            load[rows, start : start + length] += amounts[:, None]
        return path.cost

    def _others(self, load: Ints) -> int:
        """Return the least cost of groups of whole tasks, and add what they hold then to the load."""
        priced = replace(self.whole, price=self.problem.price * PRICE_SCALE + self.price)
        least, total = restricted_least(priced, np.arange(priced.groups)), 0
        for group in range(priced.groups):
            first, end = int(priced.option_ptr[group]), int(priced.option_ptr[group + 1])
            copies, cost = int(priced.copies[group]), int(least[first:end].min(initial=INFEASIBLE_COST))
            if priced.optional[group] and priced.value[group] <= cost:
                total += copies * int(priced.value[group])
                continue
            if cost >= INFEASIBLE_COST:
                self.impossible |= copies > 0
                continue
            total += copies * cost
            option = first + int(least[first:end].argmin())
            startable = priced.startable(option)
            start = int(priced.first[option]) + int(np.where(startable, priced.start_costs(option), NEVER).argmin())
            rows, amounts = priced.demands(option)
            load[rows, start : start + int(priced.duration[option])] += copies * amounts[:, None]
        return total

    def _move(self, load: Ints, known: int | None) -> bool:
        """Change the prices along the subgradient; return whether they changed."""
        over = np.where(self.limited, load - np.where(self.limited, self.problem.capacity, 0), 0).astype(float)
        over[(self.price == 0) & (over < 0)] = 0
        norm = float((over**2).sum())
        if not norm or self.best is None:
            return False
        if self.stale >= PATIENCE:
            self.step, self.stale, self.price = self.step / 2, 0, self.best_price
        aim = self.best + max(1.0, abs(self.best) * (AIM - 1)) if known is None else float(known)
        size = self.step * max(0.0, aim * PRICE_SCALE - self.value) / norm
        moved = np.maximum(0, np.rint(self.price + size * over)).astype(np.int64)
        changed = bool((moved != self.price).any())
        self.price = moved
        return changed


NEVER = 2**62
