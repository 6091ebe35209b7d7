"""Annealing with soft capacity: tasks change columns one at a time, and what exceeds a capacity costs a penalty.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983, doi:10.1126/science.220.4598.671) over the offers of every
group. Where pools are full, hardly any single move keeps the capacity; so it may be exceeded, at a penalty per unit and
slot that begins near the capacity's price, grows where an excess lasts and fades where there is none: strategic
oscillation (Glover, 1977, doi:10.1111/j.1540-5915.1977.tb01074.x) with penalties that learn. So does what leaving out
an item counts that must run. What still exceeds capacity in the end is taken out and placed again (`Annealer.settled`).

Several threads share the pools out anew in every round: each moves what is on its pools among its pools, so none ever
writes what another reads, and what comes out does not depend on who is faster.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.candidates import MOST, candidate_columns, resource_profiles
from leptonopt.algorithms.large_scale.ejection_search import leave_out_costs
from leptonopt.algorithms.large_scale.kernels import add_load, fits, insert_in_order
from leptonopt.algorithms.large_scale.staged_construction import Assignment, group_volumes, price_prefix
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem, held_entries
from leptonopt.problem.schedule import Schedule, column_costs, usage
from leptonopt.runtime.jit import jit

Floats = NDArray[np.float64]
NONE = np.uint32(2**32 - 1)  # no offer is taken
HOT, COLD = 0.08, 0.008  # mean cost of an item, the temperatures from first to last
SOFT, HARD = 0.8, 1.5  # times the usual price of a unit, the least penalty from first to last
GROWS, FADES = 1.02, 0.995  # a penalty, in every round
SQUEEZE = 0.85  # from which share on it grows faster, so that hardly any excess is left:
SQUEEZED = {True: 1.4, False: 1.05}  # most where some must run; else too many would be left out for it
DEAREST = 1e12  # times the mean cost of an item is what leaving out one that must run counts at most
OWN, LEVEL = 0.1, 1.2  # of the stated price, and of a row's mean, in the usual price of a unit
WHOLE, BLOCK = 20_000, 1024  # so many items are moved in any order, more in turn: blocks of neighbours
ROUND, EACH = 200_000, 2  # moves of a round: so many, or so many for each item


class Annealer:
    """What every item has taken, and the penalties.

    Attributes
    ----------
    chosen : uint32, shape (I,), the offer that each item has taken; `NONE` where it is left out
    slack : int32 or int64, shape (K, T), capacity less what is taken; below zero where it is exceeded
    penalty : float32, shape (K, T), for each unit and slot of excess
    lack : float32, shape (G,), for each copy that is left out: its value, or what grows while it must run and does not
    moves : how many were tried
    threads, round : for the next round, and moves of it, at least `EACH` an item
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
        self.holdings, self.holding = resource_profiles(problem, oracle.classes)
        self.offers = candidate_columns(
            problem, placed.ways, self.holding, self.guide, true, self.least, out, threads, most
        )
        self.out = out.astype(np.float32)
        self.lack = self.out.copy()
        self.group = placed.group.astype(np.uint32)
        self.chosen = np.full(len(self.group), NONE, np.uint32)
        find_candidates(self.offers, self.group, placed.option, placed.start, self.chosen)
        self.slack = _narrow(problem)
        subtract_load(self.holdings, self.offers, self.chosen, self.slack)
        cheapest = np.abs(self.offers.table["cost"][self.offers.first[self.offers.many > 0]])
        self.mean = float(cheapest.mean()) + 1e-9 if len(cheapest) else 1.0
        self.usual = self._usual()
        self.penalty = np.zeros_like(self.usual)
        self.most = np.float32(max(DEAREST * self.mean, float(self.out.max(initial=0))))
        self.squeezed = SQUEEZED[not problem.optional.all()]
        self.moves, self.round = 0, ROUND

    def _usual(self) -> NDArray[np.float32]:
        """float32, shape (K, T): what a unit of a row usually costs per slot, above zero."""
        usual = self.price + OWN * np.abs(self.problem.price)
        usual += LEVEL * usual.mean(axis=1, keepdims=True)
        usual += 1e-3 * max(float(usual.mean()), self.mean / max(1, self.problem.slots))
        return usual.astype(np.float32)

    def keep(self, placed: Assignment) -> None:
        """What runs in a column that is not among the offers stays there, in place of an offer nobody has taken."""
        items = np.flatnonzero((self.chosen == NONE) & (placed.option >= 0))
        groups, one = np.unique(self.group[items], return_index=True)
        at = self.offers.first[groups] + self.offers.many[groups] - np.uint32(1)
        open_ = (self.offers.many[groups] > 0) & ~np.isin(at, self.chosen)
        items, at = items[one[open_]], at[open_]
        option, start = placed.option[items], placed.start[items]
        offer, end = self.offers.table, start + self.problem.duration[option]
        for name, value in (("option", option), ("holding", self.holding[option]), ("start", start), ("end", end)):
            offer[name][at] = value
        offer["cost"][at] = column_costs(self.problem, option, start)
        self.chosen[items] = at
        subtract_load(self.holdings, self.offers, self.chosen[items], self.slack)

    def run(self, done: Callable[[], float]) -> None:
        """Rounds from hot to cold; `done` is the share of them that is over, and ends them at 1.

        Penalties begin where they are, or low where they are lower.
        """
        self.penalty = np.maximum(self.penalty, (SOFT * self.usual).astype(np.float32))
        if not len(self.group):
            return
        with ThreadPoolExecutor(self.threads) as pool:
            while (share := done()) < 1:
                self._round(pool, HOT * self.mean * (COLD / HOT) ** share)
                grows = GROWS if share < SQUEEZE else self.squeezed
                turned = self.penalty * np.where(self.slack < 0, np.float32(grows), np.float32(FADES))
                least = (SOFT + (HARD - SOFT) * share) * self.usual
                self.penalty = np.maximum(least, turned).astype(np.float32)
                left = self.group[self.chosen == NONE]
                left = np.unique(left[~self.problem.optional[left]])
                self.lack[left] = np.minimum(self.lack[left] * np.float32(grows), self.most)

    def _round(self, pool: ThreadPoolExecutor, heat: float) -> None:
        """Moves of all threads, each with its pools and what is there."""
        board = self.group, self.chosen, self.slack, self.penalty, self.lack
        work = []
        for items, mine in self._shares():
            seed = self.random.integers(1, 2**63, dtype=np.uint64)
            moves = max(self.round // self.threads, EACH * len(items))
            work.append(pool.submit(anneal, self.holdings, self.offers, *board, items, mine, seed, moves, heat))
            self.moves += moves
        for each in work:
            each.result()

    def _shares(self) -> list[tuple[NDArray[np.uint32], Bools]]:
        """Items and pools of each thread; items that are at work nowhere go to any."""
        pools = int(self.holdings.pool.max(initial=0)) + 1
        if self.threads == 1:
            return [(np.arange(len(self.group), dtype=np.uint32), np.ones(pools, bool))]
        whose = self.random.permutation(pools) % self.threads
        mine = self.random.integers(0, self.threads, len(self.group))
        taken = np.flatnonzero(self.chosen != NONE)
        mine[taken] = whose[self.holdings.pool[self.offers.table["holding"][self.chosen[taken]]]]
        shares = [(np.flatnonzero(mine == at).astype(np.uint32), whose == at) for at in range(self.threads)]
        return [share for share in shares if len(share[0])]

    def taken(self) -> tuple[Ints, Ints]:
        """int64, shapes (I,): option and start of every item as they stand, capacity exceeded or not; -1 for none."""
        option, start = np.full(len(self.group), -1, np.int64), np.full(len(self.group), -1, np.int64)
        some = np.flatnonzero(self.chosen != NONE)
        offer = self.offers.table[self.chosen[some]]
        option[some], start[some] = offer["option"], offer["start"]
        return option, start

    def settled(self) -> Assignment:
        """All of it with nothing exceeded."""
        return repair_to_feasible(self.problem, *self.taken(), self.price, self.guide, self.least)


def repair_to_feasible(
    problem: Problem, option: Ints, start: Ints, price: Floats, guide: Floats, least: Floats
) -> Assignment:
    """Everything in its place where nothing is exceeded; the rest placed anew where it finds room."""
    placed = Assignment.nothing(problem, price)
    taken = np.flatnonzero(option >= 0)
    placed.option[taken], placed.start[taken] = option[taken], start[taken]
    volume = group_volumes(problem)[placed.group]
    tight = _tight(problem, option[taken], start[taken])
    order = np.concatenate([taken[~tight], _largest(taken[tight], volume)])
    seat_in_order(placed.ways, order, placed.free, placed.option, placed.start)
    waiting = _largest(np.flatnonzero(placed.option < 0), volume)
    limit = np.where(problem.optional, problem.value.astype(float), np.inf)[placed.group]
    insert_in_order(
        placed.ways, waiting, placed.group, placed.free, guide, least, limit, volume, np.inf,
        placed.option, placed.start,
    )  # fmt: skip
    return placed


def _tight(problem: Problem, option: Ints, start: Ints) -> Bools:
    """bool, whether each of what runs holds something where all of it exceeds the capacity."""
    excess = np.zeros((len(problem.capacity), problem.slots + 1), np.int64)
    np.cumsum(usage(problem, Schedule.of(option, start)) > problem.capacity, axis=1, out=excess[:, 1:])
    at, of = held_entries(problem, option)
    row, begin, end = problem.demand_row[at], start[of], (start + problem.duration[option])[of]
    found: Bools = np.bincount(of, excess[row, end] > excess[row, begin], len(option)) > 0
    return found


def _narrow(problem: Problem) -> NDArray[Any]:
    """The capacity in as few bits as hold it and all that might ever exceed it."""
    largest = np.zeros(problem.groups, np.int64)
    of = np.repeat(problem.group, np.diff(problem.demand_ptr))
    np.maximum.at(largest, of, problem.demand)
    limited = problem.capacity < UNLIMITED
    most = int(problem.capacity[limited].max(initial=0)) + sum((largest * problem.copies).tolist())
    narrow: NDArray[Any] = np.minimum(problem.capacity, most).astype(np.int32 if most < 2**30 else np.int64)
    return narrow


def _largest(items: Ints, volume: Floats) -> Ints:
    return items[np.argsort(-volume[items], kind="stable")]


@jit
def seat_in_order(ways: Any, items: Any, free: Any, option: Any, start: Any) -> None:
    """Items in order take what they hold from the free capacity; those that do not fit lose their place."""
    for item in items:
        if fits(ways, option[item], start[item], free):
            add_load(ways, option[item], start[item], 1, free)
        else:
            option[item], start[item] = -1, -1


@jit
def find_candidates(offers: Any, group: Any, option: Any, start: Any, chosen: Any) -> None:
    """Fills in which offer each item has that runs an option from a start; `NONE` where it is not among them."""
    for item in range(len(group)):
        low = offers.first[group[item]]
        for at in range(low, low + offers.many[group[item]]):
            if offers.table[at].option == option[item] and offers.table[at].start == start[item]:
                chosen[item] = at


@jit
def subtract_load(holdings: Any, offers: Any, chosen: Any, slack: Any) -> None:
    """Takes from the slack what all chosen offers hold."""
    for offer in chosen:
        if offer != NONE:
            _change(holdings, offers.table[offer], -1, slack)


@jit
def _change(holdings: Any, offer: Any, sign: Any, slack: Any) -> None:
    h = offer.holding
    for i in range(holdings.ptr[h], holdings.ptr[h + np.uint32(1)]):
        row, amount = holdings.row[i], sign * holdings.amount[i]
        for t in range(offer.start, offer.end):
            slack[row, t] += amount


@jit
def _relief(holdings: Any, offer: Any, slack: Any, penalty: Any) -> Any:
    """The penalty that would be saved without an offer that is taken."""
    h, total = offer.holding, 0.0
    for i in range(holdings.ptr[h], holdings.ptr[h + np.uint32(1)]):
        row, amount = holdings.row[i], holdings.amount[i]
        for t in range(offer.start, offer.end):
            left = slack[row, t]
            if left < 0:
                total += penalty[row, t] * min(amount, -left)
    return total


@jit
def _strain(holdings: Any, offer: Any, slack: Any, penalty: Any, most: Any) -> Any:
    """The penalty of taking an offer more; infinite as soon as it passes `most`."""
    h, total = offer.holding, 0.0
    for i in range(holdings.ptr[h], holdings.ptr[h + np.uint32(1)]):
        row, amount = holdings.row[i], holdings.amount[i]
        for t in range(offer.start, offer.end):
            left = slack[row, t]
            if left < amount:
                total += penalty[row, t] * (amount - max(left, 0))
                if total > most:
                    return np.inf
    return total


@jit
def _meet(holdings: Any, one: Any, other: Any) -> bool:
    """Whether two offers are at work on one pool at one time."""
    if one.start >= other.end or other.start >= one.end:
        return False
    return bool(holdings.pool[one.holding] == holdings.pool[other.holding])


@jit
def _next(state: Any) -> Any:
    """The next state of xorshift64 (Marsaglia, 2003, doi:10.18637/jss.v008.i14)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    return state ^ (state << np.uint64(17))


@jit
def anneal(
    holdings: Any, offers: Any, group: Any, chosen: Any, slack: Any, penalty: Any, lack: Any,
    items: Any, mine: Any, seed: Any, moves: Any, heat: Any,
) -> None:  # fmt: skip
    """So many moves at a temperature: an item, an offer on a pool of mine or none, taken by Metropolis' rule.

    Cheap offers are tried more often. Items come in blocks of neighbours, whose offers the cache holds.
    """
    unit = 2.0**-53
    state, table = seed, offers.table
    blocks = (len(items) + BLOCK - 1) // BLOCK if len(items) > WHOLE else 1
    for at in range(moves):
        block = at * blocks // moves
        low = block * len(items) // blocks
        many = (block + 1) * len(items) // blocks - low
        state = _next(state)
        item = items[low + np.int64((state >> np.uint64(11)) * unit * many)]
        g, now = group[item], chosen[item]
        state = _next(state)
        chance = (state >> np.uint64(11)) * unit
        rank = np.uint32(chance * chance * (offers.many[g] + 1))
        new = np.uint32(offers.first[g] + rank) if rank < offers.many[g] else NONE
        if new == now or (new != NONE and not mine[holdings.pool[table[new].holding]]):
            continue
        state = _next(state)
        limit = -heat * np.log(((state >> np.uint64(11)) + 1.0) * unit)
        change = lack[g] if new == NONE else table[new].cost
        change -= lack[g] if now == NONE else table[now].cost
        if now != NONE:
            change -= _relief(holdings, table[now], slack, penalty)
        if change > limit:
            continue
        lifted = now != NONE and new != NONE and _meet(holdings, table[now], table[new])
        if lifted:
            _change(holdings, table[now], 1, slack)
        if new != NONE:
            change += _strain(holdings, table[new], slack, penalty, limit - change)
        if change <= limit:
            if now != NONE and not lifted:
                _change(holdings, table[now], 1, slack)
            if new != NONE:
                _change(holdings, table[new], -1, slack)
            chosen[item] = new
        elif lifted:
            _change(holdings, table[now], -1, slack)
