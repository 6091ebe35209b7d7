"""The one vocabulary of all methods: a problem, an answer and a claim about it, as integer arrays.

A method knows nothing of files, names, money or hours: it sees rows of capacity, groups of
identical tasks, options and slots, and returns a `Solution`. Slots are half-open: an option of
duration d started in slot s holds its demand in slots s, ..., s+d-1 and ends at s+d.

The rules, by the names they carry everywhere (models/, checker, reports, tests):

    once        every copy of a group runs in exactly one column, or is left out where it is optional
    window      a column starts between `first` and `last` of its option
    capacity    in every row and slot the demands of what runs there fit the capacity
    nodes       where nodes supply a row, its demands fit what usable nodes offer; see `leptonopt.problem.nodes`
    precedence  a group starts `lag` slots after another has ended, and runs only if that one runs
    quota       what columns and nodes use of a quota is at most its limit
    affinity    groups that belong together run on one pool; no two copies of groups kept apart do
    cost        the objective is the cost of columns and nodes plus the value of what is left out
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from leptonopt.problem.nodes import Bools as Bools
from leptonopt.problem.nodes import Ints as Ints
from leptonopt.problem.nodes import NodeCosts, Nodes, cheapest_node_schedule, keeps_rules, no_nodes, supply
from leptonopt.problem.nodes import NodeSchedule as NodeSchedule
from leptonopt.runtime.clock import check_time_each

UNLIMITED = 2**62
RULES = ("once", "window", "capacity", "nodes", "precedence", "quota", "affinity", "cost")


@dataclass(frozen=True, eq=False)
class Quota:
    """At most `limit` of something, used by what runs and by nodes; all in units of the quota.

    Attributes
    ----------
    rows, rate : int64, shapes (N,), (N, T): a demand unit on rows[i] uses rate[i, t] in slot t
    options, once : int64, shapes (F,), (F,): running options[i] uses once[i], whatever its duration,
        where its start lies in slots first .. last
    first, last : the slots that count, inclusive
    nodes : what nodes use, as if it were their cost; None when they use nothing
    """

    limit: int
    rows: Ints
    rate: Ints
    options: Ints
    once: Ints
    first: int
    last: int
    nodes: NodeCosts | None = None

    @cached_property
    def rate_sum(self) -> dict[int, Ints]:
        """Prefix sums of the rate over slots, shape (T + 1,), by row."""
        return {
            row: np.concatenate([[0], np.cumsum(rate)]) for row, rate in zip(self.rows.tolist(), self.rate, strict=True)
        }

    @cached_property
    def once_of(self) -> dict[int, int]:
        """What options use once."""
        return dict(zip(self.options.tolist(), self.once.tolist(), strict=True))

    def uses(self, problem: Problem, option: int, first: int, last: int) -> Ints:
        """int64, shape (last - first + 1,): what one copy of an option uses, by its start."""
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
class Problem:
    """G groups of identical tasks, O options, K rows of capacity, T slots; all numbers integers.

    Attributes
    ----------
    capacity : int64, shape (K, T) [demand units]
        What a row (a resource of a pool) offers in each slot; `UNLIMITED` where nothing limits it.
    price : int64, shape (K, T) [money units per demand unit and slot]
    copies : int64, shape (G,)
        How many identical tasks the group stands for.
    optional : bool, shape (G,)
    value : int64, shape (G,) [money units]
        Cost of leaving one copy out; 0 for groups that must run.
    late_slope, late_base : int64, shape (G,) [money units per slot, money units]
    late_once, late_after : int64, shape (G,) [money units, slots]
        Ending at slot e costs max(0, late_slope * e - late_base), and late_once where e > late_after.
    option_ptr : int64, shape (G + 1,)
        Options of group g are option_ptr[g] .. option_ptr[g+1] - 1.
    pool : int64, shape (O,)
    duration : int64, shape (O,) [slots], at least 1
    fixed : int64, shape (O,) [money units]
    first, last : int64, shape (O,) [slots]
        Inclusive window of starts, tightened through the precedence graph; never empty.
    demand_ptr, demand_row, demand : int64, shapes (O + 1,), (N,), (N,) [-, -, demand units]
        Option o holds demand[i] of row demand_row[i] for i in demand_ptr[o] .. demand_ptr[o+1] - 1;
        rows ascend and amounts are above zero.
    before, after, lag : int64, shape (E,)
        Group after[e] starts at least lag[e] slots after group before[e] ended; both have one copy.
    nodes : kinds of nodes; `capacity` of a row that they supply is the most they can offer.
    quotas : limits on what is used over time.
    together, apart : tuples of int64 arrays of groups.
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
    nodes: Nodes = field(default_factory=lambda: no_nodes(0))
    quotas: tuple[Quota, ...] = ()
    together: tuple[Ints, ...] = ()
    apart: tuple[Ints, ...] = ()

    @property
    def slots(self) -> int:
        """T, the number of slots."""
        return int(self.capacity.shape[1])

    @property
    def groups(self) -> int:
        """G, the number of groups."""
        return len(self.copies)

    @property
    def options(self) -> int:
        """O, the number of options."""
        return len(self.duration)

    @cached_property
    def group(self) -> Ints:
        """int64, shape (O,): the group each option belongs to."""
        return np.repeat(np.arange(self.groups), np.diff(self.option_ptr))

    @cached_property
    def family(self) -> Ints:
        """int64, shape (G,): disjoint families, numbered from 0, that share a pool in every schedule; -1 for none.

        Sets of `together`, joined where a group that must run is in several; an optional one counts with the first.
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
        """bool, shape (M,): kinds of nodes of which only the number paid matters, not when they are on."""
        nodes = self.nodes
        starts, stops = self.switching
        idle = np.zeros(len(nodes), bool)
        for costs in self._node_costs():
            idle |= costs.on.any(axis=1)
        few = nodes.reserved + nodes.commit_max > nodes.count.min(axis=1, initial=UNLIMITED)
        plain: Bools = ~(idle | starts | stops | few)
        return plain

    @cached_property
    def switching(self) -> tuple[Bools, Bools]:
        """bool, shapes (M,): kinds for which it matters when nodes are switched on; and off."""
        starts, stops = (self.nodes.boot > 0) | (self.nodes.minimum > 1), np.zeros(len(self.nodes), bool)
        for costs in self._node_costs():
            starts |= costs.start.any(axis=1)
            stops |= costs.stop.any(axis=1)
        return starts, stops

    def _node_costs(self) -> list[NodeCosts]:
        return [self.nodes.costs, *(quota.nodes for quota in self.quotas if quota.nodes)]

    @cached_property
    def price_sum(self) -> Ints:
        """int64, shape (K, T + 1): prefix sums of the price over slots."""
        return np.concatenate([np.zeros((len(self.price), 1), np.int64), np.cumsum(self.price, axis=1)], axis=1)

    def demands(self, option: int) -> tuple[Ints, Ints]:
        """Rows and amounts that an option holds while it runs."""
        part = slice(self.demand_ptr[option], self.demand_ptr[option + 1])
        return self.demand_row[part], self.demand[part]

    def start_costs(self, option: int) -> Ints:
        """int64, shape (last - first + 1,): exact cost of starting one copy at each slot of the window."""
        first, last, length = int(self.first[option]), int(self.last[option]), int(self.duration[option])
        rows, amounts = self.demands(option)
        window = self.price_sum[rows, first + length : last + length + 1] - self.price_sum[rows, first : last + 1]
        late = self.late(int(self.group[option]), np.arange(first, last + 1) + length)
        costs: Ints = self.fixed[option] + amounts @ window + late
        return costs

    def late(self, group: int | Ints, ends: Ints) -> Ints:
        """What it costs a copy of a group (or of each of several) to end at these slots."""
        slope = np.maximum(0, self.late_slope[group] * ends - self.late_base[group])
        late: Ints = slope + np.where(ends > self.late_after[group], self.late_once[group], 0)
        return late

    def startable(self, option: int) -> Bools:
        """bool, shape (last - first + 1,): starts at which the option alone fits the capacity."""
        first, last, length = int(self.first[option]), int(self.last[option]), int(self.duration[option])
        rows, amounts = self.demands(option)
        blocked = (self.capacity[rows, first : last + length] < amounts[:, None]).any(axis=0)
        total = np.concatenate([[0], np.cumsum(blocked)])
        free: Bools = total[length:] == total[: last - first + 1]
        return free

    @cached_property
    def columns(self) -> StartColumns:
        """Every column (option, start) that may be chosen, in order of option and start.

        Expanded, so only for problems that an exact method can take; its cost is the exact table.
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


@dataclass(frozen=True, eq=False)
class Schedule:
    """What runs: `count` copies of `option` from slot `start`; int64, shape (N,) each.

    What a group's counts lack of its copies is left out. Entries are sorted by option and start,
    with counts above zero and no pair twice (`Schedule.of` makes it so). `rent` says which nodes are on;
    None where it goes without saying: nodes are rented as `leptonopt.problem.nodes.cheapest_node_schedule` does.
    """

    option: Ints
    start: Ints
    count: Ints
    rent: NodeSchedule | None = None

    @classmethod
    def of(cls, option: Any, start: Any, count: Any = None, rent: NodeSchedule | None = None) -> Schedule:
        """A schedule in canonical order from any entries; pairs that stand twice are added up."""
        option, start = np.asarray(option, np.int64).ravel(), np.asarray(start, np.int64).ravel()
        count = np.ones_like(option) if count is None else np.asarray(count, np.int64).ravel()
        pairs, inverse = np.unique(np.stack([option, start], axis=1), axis=0, return_inverse=True)
        total = np.zeros(len(pairs), np.int64)
        np.add.at(total, inverse.ravel(), count)
        keep = total > 0
        return cls(pairs[keep, 0], pairs[keep, 1], total[keep], rent)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """(option, start, count) as Python ints."""
        return zip(self.option.tolist(), self.start.tolist(), self.count.tolist(), strict=True)


def objective(problem: Problem, schedule: Schedule) -> int:
    """The exact objective: cost of columns and nodes plus the value of what is left out.

    Raises `ValueError` when the nodes there are do not cover the load.
    """
    rent = node_schedule_of(problem, schedule)
    if rent is None:
        raise ValueError("the nodes there are do not cover the load")
    total: int = problem.nodes.costs.of(rent, problem.nodes) if len(problem.nodes) else 0
    ran = np.zeros(problem.groups, np.int64)
    each = column_costs(problem, schedule.option, schedule.start)
    np.add.at(ran, problem.group[schedule.option], schedule.count)
    return total + _dot(each, schedule.count) + _dot(problem.copies - ran, problem.value)


def _dot(one: Ints, other: Ints) -> int:
    """Return the exact sum of products, whatever its size."""
    if float(np.abs(one.astype(float)) @ np.abs(other.astype(float))) < 2**62:
        return int(one @ other)
    return sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True))


def held_entries(problem: Problem, option: Ints) -> tuple[Ints, Ints]:
    """Positions in `demand` of all that options hold, one option after the other, and whose each is."""
    held = problem.demand_ptr[option + 1] - problem.demand_ptr[option]
    of = np.repeat(np.arange(len(option)), held)
    at = problem.demand_ptr[option] - np.concatenate([[0], np.cumsum(held)[:-1]]).astype(np.int64)[: len(option)]
    return np.repeat(at, held) + np.arange(len(of)), of


def column_costs(problem: Problem, option: Ints, start: Ints, prefix: Any = None) -> Any:
    """Shape (N,): cost of one copy in each column, exact; or at prices with other prefix sums, (K, T + 1)."""
    prefix = problem.price_sum if prefix is None else prefix
    at, of = held_entries(problem, option)
    row, end = problem.demand_row[at], start + problem.duration[option]
    total = (problem.fixed[option] + problem.late(problem.group[option], end)).astype(prefix.dtype)
    np.add.at(total, of, problem.demand[at] * (prefix[row, end[of]] - prefix[row, start[of]]))
    return total


def usage(problem: Problem, schedule: Schedule) -> Ints:
    """int64, shape (K, T): demand that a schedule puts on every row in every slot."""
    change = np.zeros((problem.capacity.shape[0], problem.slots + 1), np.int64)
    at, of = held_entries(problem, schedule.option)
    begin, amount = schedule.start[of], problem.demand[at] * schedule.count[of]
    np.add.at(change, (problem.demand_row[at], begin), amount)
    np.subtract.at(change, (problem.demand_row[at], begin + problem.duration[schedule.option[of]]), amount)
    load: Ints = np.cumsum(change, axis=1)[:, :-1]
    return load


def node_schedule_of(problem: Problem, schedule: Schedule, load: Ints | None = None) -> NodeSchedule | None:
    """The nodes of a schedule; None when there are too few."""
    if schedule.rent is not None:
        return schedule.rent
    if not len(problem.nodes):
        return NodeSchedule(np.zeros((0, problem.slots), np.int64), np.zeros(0, np.int64))
    return cheapest_node_schedule(problem.nodes, usage(problem, schedule) if load is None else load)


def with_node_schedule(problem: Problem, schedule: Schedule) -> Schedule:
    """The schedule with its nodes said."""
    if schedule.rent is not None or not len(problem.nodes):
        return schedule
    return replace(schedule, rent=node_schedule_of(problem, schedule))


def quota_use(problem: Problem, quota: Quota, schedule: Schedule, rent: NodeSchedule) -> int:
    """What a schedule uses of a quota."""
    total = sum(count * int(quota.uses(problem, option, start, start)[0]) for option, start, count in schedule)
    return total + (quota.nodes.of(rent, problem.nodes) if quota.nodes else 0)


def violated_rules(problem: Problem, schedule: Schedule) -> set[str]:
    """Names of the rules a schedule breaks: a guard for methods; the judge is `leptonopt.verify`."""
    broken = set()
    if np.any(schedule.option < 0) or np.any(schedule.option >= problem.options):
        return {"once"}
    ran = np.bincount(problem.group[schedule.option], schedule.count, problem.groups).astype(np.int64)
    if np.any(ran > problem.copies) or np.any((ran < problem.copies) & ~problem.optional):
        broken.add("once")
    if np.any(schedule.start < problem.first[schedule.option]) or np.any(
        schedule.start > problem.last[schedule.option]
    ):
        return broken | {"window"}
    load = usage(problem, schedule)
    if np.any(load > problem.capacity):
        broken.add("capacity")
    rent = node_schedule_of(problem, schedule, load)
    if rent is None or not _covered(problem, load, rent):
        broken.add("nodes")
    elif any(quota_use(problem, quota, schedule, rent) > quota.limit for quota in problem.quotas):
        broken.add("quota")
    if _mixed(problem, schedule):
        broken.add("affinity")
    start, end = np.full(problem.groups, -1), np.full(problem.groups, -1)
    start[problem.group[schedule.option]] = schedule.start
    end[problem.group[schedule.option]] = schedule.start + problem.duration[schedule.option]
    runs = start[problem.after] >= 0
    waits = (end[problem.before] >= 0) & (start[problem.after] >= end[problem.before] + problem.lag)
    if np.any(runs & ~waits):
        broken.add("precedence")
    return broken


def _covered(problem: Problem, load: Ints, rent: NodeSchedule) -> bool:
    nodes = problem.nodes
    if not len(nodes):
        return True
    rows = np.unique(nodes.supply_row)
    return keeps_rules(nodes, rent) and bool(np.all(load[rows] <= supply(nodes, rent, len(load))[rows]))


def _mixed(problem: Problem, schedule: Schedule) -> bool:
    """Whether groups that belong together are on several pools, or copies kept apart on one."""
    if not problem.together and not problem.apart:
        return False
    group, pool = problem.group[schedule.option], problem.pool[schedule.option]
    for members in problem.together:
        if len(np.unique(pool[np.isin(group, members)])) > 1:
            return True
    for members in problem.apart:
        mine = np.isin(group, members)
        if np.any(np.bincount(pool[mine], schedule.count[mine]) > 1):
            return True
    return False


# --- what a method is asked and what it answers ---------------------------------------------------


class Status(enum.StrEnum):
    """What is proven of the problem; never more than that."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Stop(enum.StrEnum):
    """Why a method stopped; says nothing about what is proven."""

    PROOF = "proof"  # searched to the end
    GAP = "gap"  # the gap asked for was reached
    LIMIT = "limit"  # out of time
    INTERRUPT = "interrupt"  # a person or a signal said so
    DONE = "done"  # a rule of thumb came to its natural end
    FAILED = "failed"  # the engine crashed, hung or answered nonsense; `note` says how


@dataclass(frozen=True)
class Limits:
    """What a method may spend. `deterministic`: decide nothing by the clock (which stays a last resort).

    How much is done then follows from `work`, in seconds of a free core that no clock measures; without it, from the
    time limit. With a `cutoff` an exact method asks whether any schedule costs at most that; heuristics pay no heed
    to it.
    """

    time_limit: float = 60.0
    gap: float = 0.0
    threads: int = 1
    seed: int = 0
    deterministic: bool = False
    cutoff: int | None = None
    work: float | None = None

    @property
    def effort(self) -> float:
        """Seconds by which deterministic methods measure what they do."""
        return self.time_limit if self.work is None else self.work


class Monitor(Protocol):
    """The conductor's ear: methods report to it as they go and ask it whether to go on."""

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """A schedule was found that keeps every rule."""

    def bound(self, value: int) -> None:
        """No schedule can cost less than `value`."""

    def best(self) -> Schedule | None:
        """The best schedule anybody has reported so far."""

    def should_stop(self) -> bool:
        """Whether time is up, the gap is reached, or somebody interrupted."""


class NullMonitor:
    """A monitor that only knows when to stop: what counts is the answer at the end."""

    def __init__(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.should_stop = should_stop

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Nobody listens."""

    def bound(self, value: int) -> None:
        """Nobody listens."""

    def best(self) -> Schedule | None:
        """Nothing."""
        return None


@dataclass(frozen=True)
class Solution:
    """A method's claim. `bound` is valid whatever the status, also when no schedule was found.

    `trace` is kept by the conductor, not by the methods. `engine` names the engine and its version. `remark` is a line
    that the user is to see whatever the answer; a `note` is shown where it explains that there is none.
    """

    status: Status
    stop: Stop
    schedule: Schedule | None = None
    bound: int | None = None
    engine: str = ""
    log: str = field(default="", repr=False)
    note: str = ""
    remark: str = ""

    def __post_init__(self) -> None:
        has = self.schedule is not None
        if has != (self.status in (Status.OPTIMAL, Status.FEASIBLE)):
            raise ValueError(f"status {self.status} {'with' if has else 'without'} a schedule")
        if self.status is Status.OPTIMAL and self.bound is None:
            raise ValueError("optimal without a bound")
