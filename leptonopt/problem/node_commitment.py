"""Solve the unit commitment of nodes: the cheapest node schedule that covers a load.

The nodes of a kind are seen as levels: the k-th node is on where n[t] >= k. The cost of a kind is the sum of
the costs of its levels, each a path between off and on. A dynamic program finds the cheapest path of all levels
at once (`on_off_paths`). With `minimum` and `boot` each level keeps them alone, which is feasible but not always
cheapest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NEVER, Nodes, NodeSchedule


def cheapest_node_schedule(nodes: Nodes, load: Ints) -> NodeSchedule | None:
    """Return a cheap node schedule that covers a load, shape (K, T); None when none exists.

    It is optimal where no kind has `boot` or `minimum` and no row is supplied by several kinds.
    """
    need = needs(nodes, load)
    if np.any(need > nodes.most()):
        return None
    levels = Levels.of(nodes, need)
    gainful: Bools = np.any(nodes.costs.on < 0, axis=1)
    levels = levels.only(np.any(levels.must, axis=1) | gainful[levels.kind] | levels.before)
    known = nodes, levels.kind, levels.must, levels.there
    free, paid = (on_off_paths(*known, paid=paid, before=levels.before) for paid in (False, True))
    committed = np.zeros(len(nodes), np.int64)
    for kind in np.flatnonzero(nodes.commit_max).tolist():
        mine = np.flatnonzero((levels.kind == kind) & (levels.low >= nodes.reserved[kind]))
        best, total = 0, 0
        for at in mine[levels.high[mine] <= nodes.reserved[kind] + nodes.commit_max[kind]].tolist():
            size = int(levels.high[at] - levels.low[at])
            gain = size * (int(paid.cost[at] - free.cost[at]) - int(nodes.costs.commit[kind]))
            total += gain
            forced = not nodes.on_demand[kind] and levels.must[at].any()
            if total > best or forced:
                best, committed[kind] = total, levels.high[at] - nodes.reserved[kind]
    on = np.zeros_like(nodes.count)
    for at, kind in enumerate(levels.kind.tolist()):
        own = levels.high[at] <= nodes.reserved[kind] + committed[kind]
        chosen = free if own else paid
        if chosen.cost[at] >= NEVER or not (own or nodes.on_demand[kind]):
            if levels.must[at].any():
                return None
            continue
        on[kind] += int(levels.high[at] - levels.low[at]) * chosen.on[at]
    return NodeSchedule(on, committed)


@dataclass(frozen=True, eq=False)
class Levels:
    """R classes of identical levels: low[r] + 1 .. high[r] of a kind.

    Attributes
    ----------
    kind, low, high : int64, shape (R,), ascending by kind and level
    must, there : bool, shape (R, T): slots in which a node of the level is needed; in which it exists
    before : bool, shape (R,), whether it is on when the horizon begins
    """

    kind: Ints
    low: Ints
    high: Ints
    must: Bools
    there: Bools
    before: Bools

    @classmethod
    def of(cls, nodes: Nodes, need: Ints) -> Levels:
        """Return the levels of all kinds, cut where need, count, who pays, or being on before changes."""
        kinds, lows, highs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for kind in range(len(nodes)):
            own = nodes.reserved[kind], nodes.reserved[kind] + nodes.commit_max[kind]
            cuts = np.unique(np.concatenate([[0], own, [nodes.before[kind]], need[kind], nodes.count[kind]]))
            cuts = cuts[cuts <= nodes.count[kind].max(initial=0)]
            kinds.append(np.full(len(cuts) - 1, kind))
            lows.append(cuts[:-1])
            highs.append(cuts[1:])
        of, low, high = np.concatenate(kinds), np.concatenate(lows), np.concatenate(highs)
        there, before = nodes.count[of] >= high[:, None], nodes.before[of] >= high
        return cls(of, low, high, need[of] >= high[:, None], there, before)

    def only(self, keep: Bools) -> Levels:
        """Return the levels selected by `keep`."""
        slots = self.must[keep], self.there[keep]
        return Levels(self.kind[keep], self.low[keep], self.high[keep], *slots, self.before[keep])


def needs(nodes: Nodes, load: Ints) -> Ints:
    """Return the usable nodes of each kind that cover a load, int64, shape (M, T).

    Rows with one supplying kind come first. The rest of rows with several goes to the cheapest kind per unit.
    """
    need = np.zeros_like(nodes.count)
    suppliers = np.bincount(nodes.supply_row, minlength=len(load))
    shared = []
    for at, (kind, row, size) in enumerate(
        zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True)
    ):
        if suppliers[row] == 1:
            need[kind] = np.maximum(need[kind], -(-load[row] // size))
        else:
            price = nodes.costs.on_demand[kind].mean() + nodes.costs.on[kind].mean()
            shared.append((row, -min(int(nodes.reserved[kind]), 1), float(price) / size, at))
    most = nodes.most()
    for row in sorted({row for row, *_ in shared}):
        here = np.flatnonzero(nodes.supply_row == row)
        offered = nodes.supply_size[here] @ need[nodes.supply_node[here]]
        for _, _, _, at in sorted(entry for entry in shared if entry[0] == row):
            kind, size = int(nodes.supply_node[at]), int(nodes.supply_size[at])
            short = np.maximum(0, -(-(load[row] - offered) // size))
            more = np.minimum(short, np.maximum(0, most[kind] - need[kind]))
            need[kind] += more
            offered = offered + size * more
    return need


@dataclass(frozen=True, eq=False)
class Paths:
    """Least cost, shape (R,), and slots on and usable, shapes (R, T); cost `NEVER` if infeasible."""

    cost: NDArray[Any]
    on: Ints
    usable: Ints


def on_off_paths(
    nodes: Nodes,
    kind: Ints,
    must: Bools,
    there: Bools,
    paid: bool,
    reward: NDArray[Any] | None = None,
    scale: int = 1,
    minimum: Ints | None = None,
    before: Bools | None = None,
) -> Paths:
    """Return the cheapest path between off and on for each of R single nodes.

    Parameters
    ----------
    kind : int64, shape (R,), the kind of each node
    must, there : bool, shape (R, T): slots in which it must be usable; in which it exists
    paid : whether the on-demand price is paid
    reward : shape (R, T), reward of being usable in a slot; costs are then in units of 1/scale
    minimum : shape (M,), replaces the minimum of the nodes
    before : bool, shape (R,), whether it is on, usable and free to go when the horizon begins; not, when absent
    """
    costs = nodes.costs
    before = np.zeros(len(kind), bool) if before is None else before
    run = costs.on[kind] + (costs.on_demand[kind] if paid else 0)
    exact = reward is None or reward.dtype == np.int64
    number: Any = np.int64 if exact else np.float64
    tables = [scale * part.astype(number) for part in (run, costs.start[kind], costs.stop[kind])]
    earned = np.zeros_like(tables[0]) if reward is None else reward
    never = NEVER if exact else np.inf
    boot = nodes.boot[kind]
    minimum = np.maximum(1, (nodes.minimum if minimum is None else minimum)[kind])
    if boot.any() or (minimum > 1).any():
        return _aged((tables[0], tables[1], tables[2]), earned, must, there, before, boot, minimum, never)
    if tables[1].any() or tables[2].any():
        return _switching((tables[0], tables[1], tables[2]), earned, must, there, before, never)
    on = (must | (tables[0] < earned)) & there
    cost = np.where(on, tables[0] - earned, 0).sum(axis=1)
    return Paths(np.where((must & ~there).any(axis=1), never, cost), on.astype(np.int64), on.astype(np.int64))


def _switching(
    prices: tuple[Any, Any, Any], earned: Any, must: Bools, there: Bools, before: Bools, never: Any
) -> Paths:
    """Return the paths of nodes without boot time and minimum time: a dynamic program of two states."""
    run, start, stop = prices
    many, slots = run.shape
    off, on = _before_the_first_slot(stop, before, never)
    ended, began = np.zeros((slots + 1, many), bool), np.zeros((slots, many), bool)
    gain = run - earned
    for t in range(slots):
        if t:
            leave = np.where(on < never, on + stop[:, t - 1], never)
            ended[t] = leave < off
            off = np.minimum(off, leave)
        enter = np.where(off < never, off + start[:, t], never)
        began[t] = enter <= on
        on = np.minimum(enter, on)
        on = np.where(there[:, t] & (on < never), on + gain[:, t], never)
        off = np.where(must[:, t], never, off)
    leave = np.where(on < never, on + stop[:, -1], never)
    ended[slots] = leave < off
    cost = np.minimum(off, leave)
    state, found = ended[slots].copy(), np.zeros((many, slots), np.int64)
    for t in range(slots - 1, -1, -1):
        found[:, t] = state
        # before a slot that is off, or in which it was switched on, it was off unless it ended just then
        state = np.where(state & ~began[t], True, ended[t])
    return Paths(cost, found, found)


def _before_the_first_slot(stop: Any, before: Bools, never: Any) -> tuple[Any, Any]:
    """Return the cost of being off, and on, when the first slot begins; shapes (R,)."""
    leave = stop[:, 0] if stop.shape[1] else np.zeros(len(stop), stop.dtype)
    return np.where(before, leave, 0).astype(stop.dtype), np.where(before, 0, never).astype(stop.dtype)


def _aged(
    prices: tuple[Any, Any, Any],
    earned: Any,
    must: Bools,
    there: Bools,
    before: Bools,
    boot: Ints,
    minimum: Ints,
    never: Any,
) -> Paths:
    """Return the paths of nodes with a boot or minimum time: a state for every age."""
    run, start, stop = prices
    oldest = int(max(boot.max() + 1, minimum.max()))
    many, slots = run.shape
    ages = np.arange(1, oldest + 1)
    usable_at, can_stop = ages > boot[:, None], ages >= minimum[:, None]
    # state 0: off; state a: on for a slots now (the last state: that long or longer)
    value = np.full((many, oldest + 1), never, run.dtype)
    value[:, 0], value[:, oldest] = _before_the_first_slot(stop, before, never)
    back = np.zeros((slots + 1, many, oldest + 1), np.int16)
    rows = np.arange(many)
    off = value[:, 0]
    for t in range(slots + 1):
        if t:
            may = can_stop | (t == slots)  # what is on at the end goes off, however young
            leave = np.where(may & (value[:, 1:] < never), value[:, 1:] + stop[:, t - 1, None], never)
            cheapest = leave.argmin(axis=1)
            least = leave[rows, cheapest]
            back[t, :, 0] = np.where(value[:, 0] <= least, 0, cheapest + 1)
            off = np.minimum(value[:, 0], least)
        if t == slots:
            break
        grown = np.full_like(value, never)
        grown[:, 1] = np.where(off < never, off + start[:, t], never)
        grown[:, 2:] = value[:, 1:-1]
        back[t, :, 2:] = np.arange(1, oldest)
        longer = value[:, oldest] < grown[:, oldest]
        grown[:, oldest] = np.where(longer, value[:, oldest], grown[:, oldest])
        back[t, :, oldest] = np.where(longer, oldest, back[t, :, oldest])
        gain = run[:, t, None] - np.where(usable_at, earned[:, t, None], 0)
        allowed = there[:, t, None] & (usable_at | ~must[:, t, None]) & (grown[:, 1:] < never)
        value = np.full_like(value, never)
        value[:, 0] = np.where(must[:, t], never, off)
        value[:, 1:] = np.where(allowed, grown[:, 1:] + gain, never)
    return Paths(off, *_traced(back, usable_at, many, slots))


def _traced(back: NDArray[np.int16], usable_at: Bools, many: int, slots: int) -> tuple[Ints, Ints]:
    """Return the slots in which each path is on, and usable, by following the predecessors `back`.

    back[t, :, 0] is the state that ended before slot t; back[t, :, a] is the state that age a grew from.
    """
    on, usable = np.zeros((many, slots), np.int64), np.zeros((many, slots), np.int64)
    rows = np.arange(many)
    state = back[slots, rows, 0].astype(np.int64)
    for t in range(slots - 1, -1, -1):
        working = state > 0
        on[:, t] = working
        usable[:, t] = working & usable_at[rows, np.maximum(state, 1) - 1]
        earlier = back[t, rows, state].astype(np.int64)
        # on since now (nothing it grew from): before it was off, or something that ended at t
        fresh = working & (earlier == 0)
        state = np.where(working & ~fresh, earlier, back[t, rows, 0])
    return on, usable
