"""Simulated annealing with soft capacity: single items change columns, and excess is penalised.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983, doi:10.1126/science.220.4598.671) over candidate columns.
On full pools hardly any single move keeps the capacity, so it may be exceeded at a penalty per unit and slot. The
penalty begins near the capacity's multiplier, grows while an excess lasts and decays without one: strategic
oscillation (Glover, 1977, doi:10.1111/j.1540-5915.1977.tb01074.x) with adaptive penalties. The leave-out cost of
unassigned mandatory items grows likewise. `Annealer.repaired` removes and reinserts what exceeds capacity at the end.

Threads divide the pools anew in every round. Each moves the items of its pools among its pools, so no thread writes
what another reads, and the result does not depend on their speed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.candidates import MOST, candidate_columns, resource_profiles
from leptonopt.algorithms.large_scale.ejection_search import leave_out_costs
from leptonopt.algorithms.large_scale.kernels import add_load, fits, insert_in_order
from leptonopt.algorithms.large_scale.staged_construction import Assignment, group_volumes, price_prefix
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem, held_entries
from leptonopt.problem.schedule import Schedule, column_costs, usage
from leptonopt.runtime.jit import jit

NONE = np.uint32(2**32 - 1)  # left out


@dataclass(frozen=True)
class AnnealingTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    hot: float = 0.08  # first temperature [mean cost of an item]
    cold: float = 0.008  # last temperature [mean cost of an item]
    soft: float = 0.8  # least penalty at first [reference price]
    hard: float = 1.5  # least penalty at last [reference price]
    growth: float = 1.02  # factor per round of a penalty where capacity is exceeded
    decay: float = 0.995  # factor per round of a penalty elsewhere
    final_phase: float = 0.85  # share of the search after which penalties grow faster, so that little excess is left
    final_growth_mandatory: float = 1.4  # growth in the final phase with mandatory groups
    final_growth_optional: float = 1.05  # the same with optional groups only: more would leave out too many
    highest_leave_out: float = 1e12  # limit of a leave-out cost [mean cost of an item]
    stated_price: float = 0.1  # share of the stated price in the reference price
    row_mean: float = 1.2  # share of a row's mean in the reference price
    round_moves: int = 200_000  # moves of a round at least
    item_moves: int = 2  # moves of a round per item at least


TUNING = AnnealingTuning()

# numba reads these at compile time: up to WHOLE items move in any order, more in blocks of neighbours [items].
WHOLE, BLOCK = 20_000, 1024
UNIT = 2.0**-53  # makes 53 random bits a number from 0 to 1


class Annealer:
    """Current candidate of every item, and the penalties.

    Attributes
    ----------
    chosen : uint32, shape (I,), candidate of each item; `NONE` while it is left out
    slack : int32 or int64, shape (K, T), capacity less load; negative where it is exceeded [demand units]
    penalty : float32, shape (K, T), cost per unit and slot of excess
    leave_out_cost : float32, shape (G,), cost of a copy left out; grows while a mandatory copy is left out
    moves : number of moves tried
    threads, round : threads of the next round, and its moves (at least `TUNING.item_moves` an item)
    """

    def __init__(
        self,
        problem: Problem,
        placed: Assignment,
        oracle: ClassPricer,
        price: Floats,
        seed: int = 0,
        threads: int = 1,
        most: int = MOST,
    ) -> None:
        self.problem, self.price, self.threads = problem, price, threads
        self.random = np.random.default_rng(seed)
        self.guide, true = price_prefix(problem, price), price_prefix(problem, np.zeros_like(price))
        self.least = oracle.each(self.guide)
        out = leave_out_costs(problem, oracle.each(true))
        self.profiles, self.profile_of = resource_profiles(problem, oracle.classes)
        self.candidates = candidate_columns(
            problem, placed.options, self.profile_of, self.guide, true, self.least, out, threads, most
        )
        self.out = out.astype(np.float32)
        self.leave_out_cost = self.out.copy()
        self.group = placed.group.astype(np.uint32)
        self.chosen = np.full(len(self.group), NONE, np.uint32)
        find_candidates(self.candidates, self.group, placed.option, placed.start, self.chosen)
        self.slack = _narrow(problem)
        subtract_load(self.profiles, self.candidates, self.chosen, self.slack)
        cheapest = np.abs(self.candidates.table["cost"][self.candidates.first[self.candidates.many > 0]])
        self.mean = float(cheapest.mean()) + 1e-9 if len(cheapest) else 1.0
        self.reference = self._reference_penalty()
        self.penalty = np.zeros_like(self.reference)
        self.most = np.float32(max(TUNING.highest_leave_out * self.mean, float(self.out.max(initial=0))))
        self.final_growth = TUNING.final_growth_optional if problem.optional.all() else TUNING.final_growth_mandatory
        self.moves, self.round = 0, TUNING.round_moves

    def _reference_penalty(self) -> NDArray[np.float32]:
        """Return the reference price of a unit and slot, float32, shape (K, T), above zero."""
        reference = self.price + TUNING.stated_price * np.abs(self.problem.price)
        reference += TUNING.row_mean * reference.mean(axis=1, keepdims=True)
        reference += 1e-3 * max(float(reference.mean()), self.mean / max(1, self.problem.slots))
        return reference.astype(np.float32)

    def add_current_columns(self, placed: Assignment) -> None:
        """Keep items in columns that are not candidates: the column replaces a candidate not in use."""
        items = np.flatnonzero((self.chosen == NONE) & (placed.option >= 0))
        groups, one = np.unique(self.group[items], return_index=True)
        at = self.candidates.first[groups] + self.candidates.many[groups] - np.uint32(1)
        open_ = (self.candidates.many[groups] > 0) & ~np.isin(at, self.chosen)
        items, at = items[one[open_]], at[open_]
        option, start = placed.option[items], placed.start[items]
        candidate, end = self.candidates.table, start + self.problem.duration[option]
        for name, value in (("option", option), ("profile", self.profile_of[option]), ("start", start), ("end", end)):
            candidate[name][at] = value
        candidate["cost"][at] = column_costs(self.problem, option, start)
        self.chosen[items] = at
        subtract_load(self.profiles, self.candidates, self.chosen[items], self.slack)

    def run(self, done: Callable[[], float]) -> None:
        """Anneal from hot to cold; `done` returns the share that is over, and 1 ends the search.

        Penalties begin at their current values, at least at the lowest reference.
        """
        self.penalty = np.maximum(self.penalty, (TUNING.soft * self.reference).astype(np.float32))
        if not len(self.group):
            return
        with ThreadPoolExecutor(self.threads) as pool:
            while (share := done()) < 1:
                self._round(pool, TUNING.hot * self.mean * (TUNING.cold / TUNING.hot) ** share)
                grows = TUNING.growth if share < TUNING.final_phase else self.final_growth
                turned = self.penalty * np.where(self.slack < 0, np.float32(grows), np.float32(TUNING.decay))
                least = (TUNING.soft + (TUNING.hard - TUNING.soft) * share) * self.reference
                self.penalty = np.maximum(least, turned).astype(np.float32)
                left = self.group[self.chosen == NONE]
                left = np.unique(left[~self.problem.optional[left]])
                self.leave_out_cost[left] = np.minimum(self.leave_out_cost[left] * np.float32(grows), self.most)

    def _round(self, pool: ThreadPoolExecutor, temperature: float) -> None:
        """Run the moves of all threads, each on its own pools."""
        board = self.group, self.chosen, self.slack, self.penalty, self.leave_out_cost
        work = []
        for items, own_pools in self._shares():
            seed = self.random.integers(1, 2**63, dtype=np.uint64)
            moves = max(self.round // self.threads, TUNING.item_moves * len(items))
            work.append(
                pool.submit(anneal, self.profiles, self.candidates, *board, items, own_pools, seed, moves, temperature)
            )
            self.moves += moves
        for each in work:
            each.result()

    def _shares(self) -> list[tuple[NDArray[np.uint32], Bools]]:
        """Return items and pools of each thread; items that are left out go to a random thread."""
        pools = int(self.profiles.pool.max(initial=0)) + 1
        if self.threads == 1:
            return [(np.arange(len(self.group), dtype=np.uint32), np.ones(pools, bool))]
        thread_of_pool = self.random.permutation(pools) % self.threads
        thread_of_item = self.random.integers(0, self.threads, len(self.group))
        taken = np.flatnonzero(self.chosen != NONE)
        thread_of_item[taken] = thread_of_pool[self.profiles.pool[self.candidates.table["profile"][self.chosen[taken]]]]
        shares = [
            (np.flatnonzero(thread_of_item == at).astype(np.uint32), thread_of_pool == at) for at in range(self.threads)
        ]
        return [share for share in shares if len(share[0])]

    def current_columns(self) -> tuple[Ints, Ints]:
        """Return option and start of every item, int64, shapes (I,), with any excess; -1 while left out."""
        option, start = np.full(len(self.group), -1, np.int64), np.full(len(self.group), -1, np.int64)
        assigned = np.flatnonzero(self.chosen != NONE)
        candidate = self.candidates.table[self.chosen[assigned]]
        option[assigned], start[assigned] = candidate["option"], candidate["start"]
        return option, start

    def repaired(self) -> Assignment:
        """Return the current assignment without excess."""
        return repair_to_feasible(self.problem, *self.current_columns(), self.price, self.guide, self.least)


def repair_to_feasible(
    problem: Problem, option: Ints, start: Ints, price: Floats, guide: Floats, least: Floats
) -> Assignment:
    """Return an assignment that keeps capacity: items in excess are removed and reinserted where they fit."""
    placed = Assignment.empty(problem, price)
    taken = np.flatnonzero(option >= 0)
    placed.option[taken], placed.start[taken] = option[taken], start[taken]
    volume = group_volumes(problem)[placed.group]
    tight = _tight(problem, option[taken], start[taken])
    order = np.concatenate([taken[~tight], _largest(taken[tight], volume)])
    keep_feasible_in_order(placed.options, order, placed.free, placed.option, placed.start)
    waiting = _largest(np.flatnonzero(placed.option < 0), volume)
    limit = np.where(problem.optional, problem.value.astype(float), np.inf)[placed.group]
    insert_in_order(
        placed.options, waiting, placed.group, placed.free, guide, least, limit, volume, np.inf,
        placed.option, placed.start,
    )  # fmt: skip
    return placed


def _tight(problem: Problem, option: Ints, start: Ints) -> Bools:
    """Return which columns use a row and slot whose load exceeds the capacity, bool, shape (n,)."""
    excess = np.zeros((len(problem.capacity), problem.slots + 1), np.int64)
    np.cumsum(usage(problem, Schedule.of(option, start)) > problem.capacity, axis=1, out=excess[:, 1:])
    at, of = held_entries(problem, option)
    row, begin, end = problem.demand_row[at], start[of], (start + problem.duration[option])[of]
    found: Bools = np.bincount(of, excess[row, end] > excess[row, begin], len(option)) > 0
    return found


def _narrow(problem: Problem) -> NDArray[Any]:
    """Return the capacity in the narrowest integer type that holds it and any possible excess."""
    largest = np.zeros(problem.groups, np.int64)
    of = np.repeat(problem.group, np.diff(problem.demand_ptr))
    np.maximum.at(largest, of, problem.demand)
    limited = problem.capacity < UNLIMITED
    most = int(problem.capacity[limited].max(initial=0)) + sum((largest * problem.copies).tolist())
    narrow: NDArray[Any] = np.minimum(problem.capacity, most).astype(np.int32 if most < 2**30 else np.int64)
    return narrow


def _largest(items: Ints, volume: Floats) -> Ints:
    """Return items by descending volume."""
    return items[np.argsort(-volume[items], kind="stable")]


@jit
def keep_feasible_in_order(options: Any, items: Any, free: Any, option: Any, start: Any) -> None:
    """Subtract the demand of items in order from the free capacity; unassign those that do not fit."""
    for item in items:
        if fits(options, option[item], start[item], free):
            add_load(options, option[item], start[item], 1, free)
        else:
            option[item], start[item] = -1, -1


@jit
def find_candidates(candidates: Any, group: Any, option: Any, start: Any, chosen: Any) -> None:
    """Fill in the candidate that equals each item's option and start; leave others unchanged."""
    for item in range(len(group)):
        low = candidates.first[group[item]]
        for at in range(low, low + candidates.many[group[item]]):
            if candidates.table[at].option == option[item] and candidates.table[at].start == start[item]:
                chosen[item] = at


@jit
def subtract_load(profiles: Any, candidates: Any, chosen: Any, slack: Any) -> None:
    """Subtract the demand of all chosen candidates from the slack."""
    for candidate in chosen:
        if candidate != NONE:
            _add_slack(profiles, candidates.table[candidate], -1, slack)


@jit
def _add_slack(profiles: Any, candidate: Any, sign: Any, slack: Any) -> None:
    """Add a candidate's demand times `sign` to the slack."""
    h = candidate.profile
    for i in range(profiles.ptr[h], profiles.ptr[h + np.uint32(1)]):
        row, amount = profiles.row[i], sign * profiles.amount[i]
        for t in range(candidate.start, candidate.end):
            slack[row, t] += amount


@jit
def _penalty_saved(profiles: Any, candidate: Any, slack: Any, penalty: Any) -> Any:
    """Return the penalty saved by removing a chosen candidate."""
    h, total = candidate.profile, 0.0
    for i in range(profiles.ptr[h], profiles.ptr[h + np.uint32(1)]):
        row, amount = profiles.row[i], profiles.amount[i]
        for t in range(candidate.start, candidate.end):
            left = slack[row, t]
            if left < 0:
                total += penalty[row, t] * min(amount, -left)
    return total


@jit
def _penalty_added(profiles: Any, candidate: Any, slack: Any, penalty: Any, most: Any) -> Any:
    """Return the penalty added by choosing a candidate; infinite once it exceeds `most`."""
    h, total = candidate.profile, 0.0
    for i in range(profiles.ptr[h], profiles.ptr[h + np.uint32(1)]):
        row, amount = profiles.row[i], profiles.amount[i]
        for t in range(candidate.start, candidate.end):
            left = slack[row, t]
            if left < amount:
                total += penalty[row, t] * (amount - max(left, 0))
                if total > most:
                    return np.inf
    return total


@jit
def _overlap(profiles: Any, one: Any, other: Any) -> bool:
    """Return whether two candidates use one pool at one time."""
    if one.start >= other.end or other.start >= one.end:
        return False
    return bool(profiles.pool[one.profile] == profiles.pool[other.profile])


@jit
def _xorshift64(state: Any) -> Any:
    """Return the next state of xorshift64 (Marsaglia, 2003, doi:10.18637/jss.v008.i14)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    return state ^ (state << np.uint64(17))


@jit
def anneal(
    profiles: Any, candidates: Any, group: Any, chosen: Any, slack: Any, penalty: Any, leave_out_cost: Any,
    items: Any, own_pools: Any, seed: Any, moves: Any, temperature: Any,
) -> None:  # fmt: skip
    """Try moves at a temperature: a random item takes another candidate or none (Metropolis rule).

    Cheap candidates are tried more often. Items come in blocks of neighbours, whose candidates stay in the cache.
    """
    state, table = seed, candidates.table
    blocks = (len(items) + BLOCK - 1) // BLOCK if len(items) > WHOLE else 1
    for at in range(moves):
        block = at * blocks // moves
        low = block * len(items) // blocks
        many = (block + 1) * len(items) // blocks - low
        state = _xorshift64(state)
        item = items[low + np.int64((state >> np.uint64(11)) * UNIT * many)]
        g, now = group[item], chosen[item]
        state = _xorshift64(state)
        chance = (state >> np.uint64(11)) * UNIT
        rank = np.uint32(chance * chance * (candidates.many[g] + 1))
        new = np.uint32(candidates.first[g] + rank) if rank < candidates.many[g] else NONE
        if new == now or (new != NONE and not own_pools[profiles.pool[table[new].profile]]):
            continue
        state = _xorshift64(state)
        limit = -temperature * np.log(((state >> np.uint64(11)) + 1.0) * UNIT)
        change = leave_out_cost[g] if new == NONE else table[new].cost
        change -= leave_out_cost[g] if now == NONE else table[now].cost
        if now != NONE:
            change -= _penalty_saved(profiles, table[now], slack, penalty)
        if change > limit:
            continue
        lifted = now != NONE and new != NONE and _overlap(profiles, table[now], table[new])
        if lifted:
            _add_slack(profiles, table[now], 1, slack)
        if new != NONE:
            change += _penalty_added(profiles, table[new], slack, penalty, limit - change)
        if change <= limit:
            if now != NONE and not lifted:
                _add_slack(profiles, table[now], 1, slack)
            if new != NONE:
                _add_slack(profiles, table[new], -1, slack)
            chosen[item] = new
        elif lifted:
            _add_slack(profiles, table[now], -1, slack)
