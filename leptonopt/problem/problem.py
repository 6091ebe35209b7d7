"""Define the problem that all methods solve, as integer arrays.

A method sees rows of capacity, groups of identical tasks, options and slots, and returns a `Solution`. It sees no
files, names, currencies or hours. Slots are half-open: an option of duration d started in slot s holds its demand in
slots s, ..., s+d-1 and ends at s+d.

The rules have the same names everywhere (models/, checker, reports, tests):

    once        every copy of a group runs in exactly one column, or is left out where it is optional
    window      a column starts between `first` and `last` of its option
    capacity    in every row and slot the sum of demands fits the capacity
    nodes       the demands on a row that nodes supply fit what usable nodes offer; see `leptonopt.problem.nodes`
    precedence  a group starts `lag` to `most` slots after another has ended, and runs only if the other runs
    quota       the use of a quota by columns and nodes is at most its limit
    affinity    groups of `together` run on one pool; no two copies of groups of `apart` share a pool
    replicas    replicas of services keep their counts, boot and minimum time; see `leptonopt.problem.services`
    serve       usable replicas serve the demand of services
    batches     usable replicas do the batches in what is left
    cost        the objective is the cost of columns, nodes, replicas and meters, and the value of what is left out
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from leptonopt.problem.arrays import Bools, Ints, positions
from leptonopt.problem.chains import Chain
from leptonopt.problem.nodes import NodeCosts, Nodes, no_nodes
from leptonopt.problem.offline import Offline
from leptonopt.problem.reachable_capacity import Demands, reachable_capacity
from leptonopt.problem.savings import Savings
from leptonopt.problem.services import ReplicaCosts, Services, no_services
from leptonopt.problem.serving import Serving
from leptonopt.runtime.clock import check_time_each

UNLIMITED = 2**62
RULES = ("once", "window", "capacity", "nodes", "precedence", "quota", "affinity", "cost")


@dataclass(frozen=True, eq=False)
class Quota:
    """A limit on the use by columns and nodes; all in units of the quota.

    Attributes
    ----------
    rows, rate : int64, shapes (N,), (N, T): a demand unit on rows[i] uses rate[i, t] in slot t
    options, once : int64, shapes (F,), (F,): a start of options[i] in slots first .. last uses once[i],
        independent of its duration
    first, last : the slots that count, inclusive
    nodes : the use by nodes, in the form of a cost; None when they use nothing
    replicas : the use by replicas beyond what `rows` say of what they hold; None when they use nothing
    """

    limit: int
    rows: Ints
    rate: Ints
    options: Ints
    once: Ints
    first: int
    last: int
    nodes: NodeCosts | None = None
    replicas: ReplicaCosts | None = None

    @cached_property
    def rate_sum(self) -> dict[int, Ints]:
        """Return prefix sums of the rate over slots, shape (T + 1,), by row."""
        return {
            row: np.concatenate([[0], np.cumsum(rate)]) for row, rate in zip(self.rows.tolist(), self.rate, strict=True)
        }

    @cached_property
    def once_of(self) -> dict[int, int]:
        """Return the one-time use by option."""
        return dict(zip(self.options.tolist(), self.once.tolist(), strict=True))

    def uses(self, problem: Problem, option: int, first: int, last: int) -> Ints:
        """Return the use of one copy of an option by its start, int64, shape (last - first + 1,)."""
        length, total = int(problem.duration[option]), np.zeros(last - first + 1, np.int64)
        rows, amounts = problem.demands(option)
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            if (sums := self.rate_sum.get(row)) is not None:
                total += amount * (sums[first + length : last + length + 1] - sums[first : last + 1])
        if once := self.once_of.get(option):
            starts = np.arange(first, last + 1)
            total += once * ((starts >= self.first) & (starts <= self.last))
        return total


@dataclass(frozen=True, eq=False)
class Meter:
    """A price by tiers of what is used over time.

    Attributes
    ----------
    use : the use; its limit is the most that any schedule can use
    begin, price : int64, shape (K,), ascending from 0 [units of use], and at least 0 [money units per unit of use]
        Each unit of use costs the price of the last tier that begins at or before it.
    least : all together cost at least this [money units]
    """

    use: Quota
    begin: Ints
    price: Ints
    least: int = 0

    @cached_property
    def size(self) -> Ints:
        """Return how much each tier can hold, int64, shape (K,)."""
        ends = np.append(self.begin[1:], self.use.limit)
        size: Ints = np.maximum(0, np.minimum(ends, self.use.limit) - self.begin)
        return size

    def filled(self, amount: int) -> Ints:
        """Return what each tier holds of an amount, int64, shape (K,)."""
        filled: Ints = np.clip(amount - self.begin, 0, self.size)
        return filled

    def cost(self, amount: int) -> int:
        """Return what an amount costs [money units]."""
        return max(self.least, self.priced(amount))

    def priced(self, amount: int) -> int:
        """Return what the tiers ask for an amount [money units]."""
        return sum(held * price for held, price in zip(self.filled(amount).tolist(), self.price.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Problem:
    """G groups of identical tasks, O options, K rows of capacity, T slots; all numbers integers.

    Attributes
    ----------
    capacity : int64, shape (K, T) [demand units]
        Capacity of a row (a resource of a pool) in each slot; `UNLIMITED` without a limit.
    price : int64, shape (K, T) [money units per demand unit and slot]
    copies : int64, shape (G,)
        Number of identical tasks in the group.
    optional : bool, shape (G,)
    value : int64, shape (G,) [money units]
        Cost of leaving one copy out; 0 for groups that must run.
    late_slope, late_base : int64, shape (G,) [money units per slot, money units]
    late_once, late_after : int64, shape (G,) [money units, slots]
        Ending at slot e costs max(0, late_slope * e - late_base), and late_once where e > late_after.
    early_slope, early_base : int64, shape (G,) [money units per slot, money units]
        ... and max(0, early_base - early_slope * e); all 0 when absent.
    option_ptr : int64, shape (G + 1,)
        Options of group g are option_ptr[g] .. option_ptr[g+1] - 1.
    pool : int64, shape (O,)
    duration : int64, shape (O,) [slots]; 0 for a milestone, which holds no demand
    fixed : int64, shape (O,) [money units]
    first, last : int64, shape (O,) [slots]
        Inclusive window of starts, tightened through the precedence graph; never empty.
    demand_ptr, demand_row, demand : int64, shapes (O + 1,), (N,), (N,) [-, -, demand units]
        Option o holds demand[i] of row demand_row[i] for i in demand_ptr[o] .. demand_ptr[o+1] - 1;
        rows ascend and amounts are above zero.
    before, after, lag : int64, shape (E,)
        Group after[e] starts at least lag[e] slots after group before[e] ended; both have one copy.
    most : int64, shape (E,) [slots]
        ... and at most most[e] slots after; `UNLIMITED` without a limit, as for all edges when absent.
    nodes : kinds of nodes; `capacity` of a row that they supply is an upper bound on their supply.
    quotas : limits on use over time.
    meters : prices by tiers of use over time; methods that ignore them solve a relaxation, as these cost at least 0.
    savings : savings plans, of which all else has the lower prices; they cost at least 0, too.
    together, apart : tuples of int64 arrays of groups.
    services : replicas that hold capacity and serve a demand; most methods take problems without them.
    chains : groups that are segments of one task; rules above tie them, and a method may ignore this.
    """

    capacity: Ints
    price: Ints
    copies: Ints
    optional: Bools
    value: Ints
    late_slope: Ints
    late_base: Ints
    late_once: Ints
    late_after: Ints
    option_ptr: Ints
    pool: Ints
    duration: Ints
    fixed: Ints
    first: Ints
    last: Ints
    demand_ptr: Ints
    demand_row: Ints
    demand: Ints
    before: Ints
    after: Ints
    lag: Ints
    most: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    early_slope: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    early_base: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    nodes: Nodes = field(default_factory=lambda: no_nodes(0))
    quotas: tuple[Quota, ...] = ()
    meters: tuple[Meter, ...] = ()
    savings: tuple[Savings, ...] = ()
    together: tuple[Ints, ...] = ()
    apart: tuple[Ints, ...] = ()
    services: Services = field(default_factory=lambda: no_services(0))
    chains: tuple[Chain, ...] = ()

    def __post_init__(self) -> None:
        if len(self.most) != len(self.lag):
            object.__setattr__(self, "most", np.full(len(self.lag), UNLIMITED))
        if len(self.early_slope) != len(self.copies):
            for name in ("early_slope", "early_base"):
                object.__setattr__(self, name, np.zeros(len(self.copies), np.int64))

    @property
    def slots(self) -> int:
        """Return T, the number of slots."""
        return int(self.capacity.shape[1])

    @property
    def groups(self) -> int:
        """Return G, the number of groups."""
        return len(self.copies)

    @property
    def options(self) -> int:
        """Return O, the number of options."""
        return len(self.duration)

    @cached_property
    def group(self) -> Ints:
        """Return the group of each option, int64, shape (O,)."""
        return np.repeat(np.arange(self.groups), np.diff(self.option_ptr))

    @cached_property
    def dated(self) -> Bools:
        """Return the groups for which some end costs more than another by its date, bool, shape (G,)."""
        dated: Bools = (self.late_slope != 0) | (self.late_once != 0) | (self.early_slope != 0)
        return dated

    @cached_property
    def family(self) -> Ints:
        """Return the family of each group, int64, shape (G,); -1 for none.

        Families are numbered from 0, are disjoint, and share a pool in every schedule. Sets of `together` are joined
        where a mandatory group is in several of them; an optional group counts with the first.
        """
        must, families = (self.copies > 0) & ~self.optional, list[set[int]]()
        for members in self.together:
            mine = {group for group in members.tolist() if self.copies[group]}
            for other in [each for each in families if any(must[group] for group in each & mine)]:
                families.remove(other)
                mine |= other
            families.append(mine)
        family = np.full(self.groups, -1)
        for number, each in enumerate(families):
            family[[group for group in sorted(each) if family[group] < 0]] = number
        return family

    @cached_property
    def plain(self) -> Bools:
        """Return the kinds of nodes of which only the number paid matters, bool, shape (M,)."""
        nodes = self.nodes
        starts, stops = self.switching
        idle = np.zeros(len(nodes), bool)
        for costs in self._node_costs():
            idle |= costs.on.any(axis=1)
        few = nodes.reserved + nodes.commit_max > nodes.count.min(axis=1, initial=UNLIMITED)
        loaded = np.zeros(len(nodes), bool)
        loaded[nodes.supply_node[nodes.loaded]] = True
        plain: Bools = ~(idle | starts | stops | few | loaded | nodes.held.any(axis=1))
        return plain

    @cached_property
    def switching(self) -> tuple[Bools, Bools]:
        """Return the kinds for which switching on, and off, matters; bool, shapes (M,)."""
        starts, stops = (self.nodes.boot > 0) | (self.nodes.minimum > 1), self.nodes.rest > 0
        for costs in self._node_costs():
            starts |= costs.start.any(axis=1)
            stops |= costs.stop.any(axis=1)
        return starts, stops

    def _node_costs(self) -> list[NodeCosts]:
        return [self.nodes.costs, *(quota.nodes for quota in self.uses if quota.nodes)]

    @property
    def uses(self) -> tuple[Quota, ...]:
        """Return what is counted: quotas, and the use of meters."""
        return (*self.quotas, *(meter.use for meter in self.meters))

    @cached_property
    def price_sum(self) -> Ints:
        """Return prefix sums of the price over slots, int64, shape (K, T + 1)."""
        return np.concatenate([np.zeros((len(self.price), 1), np.int64), np.cumsum(self.price, axis=1)], axis=1)

    @cached_property
    def serving(self) -> tuple[Serving, ...]:
        """Return what each service needs to serve its demand; raises `TooManyCuts`."""
        return tuple(Serving.of(self.services, service) for service in range(len(self.services)))

    @cached_property
    def offline(self) -> dict[int, Offline]:
        """Return the batches by service that has some; raises `TooManyCuts`."""
        return {int(v): Offline.of(self.services, int(v)) for v in np.unique(self.services.batches.service)}

    @cached_property
    def reachable(self) -> Ints:
        """Return the capacity that demands can use up, int64, shape (K, T); see `problem.reachable_capacity`.

        Rows that nodes supply, or replicas hold, keep theirs.
        """
        limited = self.capacity < UNLIMITED
        limited[self.nodes.supply_row] = False
        limited[self.services.hold_row] = False
        option = np.repeat(np.arange(self.options), np.diff(self.demand_ptr))
        low, high = self.first[option], self.last[option] + self.duration[option]
        demands = Demands(self.demand_row, self.demand, self.group[option], low, high)
        return reachable_capacity(self.capacity, limited, demands, self.copies)

    def demands(self, option: int) -> tuple[Ints, Ints]:
        """Return the rows and amounts that an option holds while it runs."""
        part = slice(self.demand_ptr[option], self.demand_ptr[option + 1])
        return self.demand_row[part], self.demand[part]

    def start_costs(self, option: int) -> Ints:
        """Return the exact cost of one copy at each start of the window, int64, shape (last - first + 1,)."""
        first, last, length = int(self.first[option]), int(self.last[option]), int(self.duration[option])
        rows, amounts = self.demands(option)
        window = self.price_sum[rows, first + length : last + length + 1] - self.price_sum[rows, first : last + 1]
        late = self.late(int(self.group[option]), np.arange(first, last + 1) + length)
        costs: Ints = self.fixed[option] + amounts @ window + late
        return costs

    def late(self, group: int | Ints, ends: Ints) -> Ints:
        """Return the cost of a copy of a group (or of each of several) for ending at these slots."""
        slope = np.maximum(0, self.late_slope[group] * ends - self.late_base[group])
        early = np.maximum(0, self.early_base[group] - self.early_slope[group] * ends)
        late: Ints = slope + early + np.where(ends > self.late_after[group], self.late_once[group], 0)
        return late

    def startable(self, option: int) -> Bools:
        """Return the starts at which the option alone fits, bool, shape (last - first + 1,)."""
        first, last, length = int(self.first[option]), int(self.last[option]), int(self.duration[option])
        rows, amounts = self.demands(option)
        blocked = (self.capacity[rows, first : last + length] < amounts[:, None]).any(axis=0)
        total = np.concatenate([[0], np.cumsum(blocked)])
        free: Bools = total[length:] == total[: last - first + 1]
        return free

    @cached_property
    def columns(self) -> StartColumns:
        """Return every column (option, start) that may be chosen, in order of option and start.

        The table is expanded, so it fits only problems of a size that an exact method can take.
        """
        option, start, cost = [], [], []
        for o in check_time_each(range(self.options)):
            ok = np.flatnonzero(self.startable(o))
            start.append(ok + self.first[o])
            cost.append(self.start_costs(o)[ok])
            option.append(np.full(len(ok), o, np.int64))
        none = [np.zeros(0, np.int64)]
        return StartColumns(np.concatenate(option or none), np.concatenate(start or none), np.concatenate(cost or none))


@dataclass(frozen=True, eq=False)
class StartColumns:
    """Columns (option, start) of a problem with their exact cost for one copy; int64, shape (C,) each."""

    option: Ints
    start: Ints
    cost: Ints


def held_entries(problem: Problem, option: Ints) -> tuple[Ints, Ints]:
    """Return positions in `demand` of all entries of options, and the option's position for each."""
    begin, end = problem.demand_ptr[option], problem.demand_ptr[option + 1]
    return positions(begin, end), np.repeat(np.arange(len(option)), end - begin)
