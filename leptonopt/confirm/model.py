"""The second model: start counts per option, slot and node, nodes on by slot, a linear row per rule.

Everything is exact: rows and costs are collected in fractions, and scaled to integers at the end. Names of rules are
those of `leptonopt.verify`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any

from leptonopt.confirm.batches import Batches
from leptonopt.confirm.builder import Builder, Column, Terms, begins_of, ends_of, weighed, window
from leptonopt.confirm.data import add_data
from leptonopt.confirm.meters import add_meters
from leptonopt.confirm.nodes import add_capacity, add_nodes
from leptonopt.confirm.question import Line, TooLarge
from leptonopt.confirm.quotas import add_quotas
from leptonopt.confirm.segments import add_segments, most_segments
from leptonopt.confirm.services import add_services
from leptonopt.verify.exact import duration, exact
from leptonopt.verify.instance_reader import Kind, StatedInstance, StatedOption
from leptonopt.verify.spot import Spot

MOST_COLUMNS = 20_000
MOST_ENTRIES = 1_000_000
MAX_SUM = 2**60  # of a row; CP-SAT counts in 64 bits


@dataclass(frozen=True)
class Row:
    """low <= sum of terms <= high, in whole numbers; None where there is no such limit."""

    terms: dict[int, int]
    low: int | None
    high: int | None


class Model:
    """The model of an instance.

    Attributes
    ----------
    most : per variable its largest value; the least is 0
    rows : the rules
    columns : the variables that are starts
    cost : what the variables cost, in fractions of money
    batches : what is done for batches, which adds rows once values are known that are not enough
    """

    def __init__(self, stated: StatedInstance) -> None:
        self.stated = stated
        self.most: list[int] = []
        self.rows: list[Row] = []
        self.columns: dict[int, Column] = {}
        self.cost: Terms = defaultdict(Fraction)
        self.of_task: dict[str, list[int]] = defaultdict(list)
        self.on_node: dict[tuple[str, str], Terms] = defaultdict(dict)
        self.usable: list[list[Terms]] = []
        self.spent: list[list[dict[str, Terms]]] = []
        self.paid: list[list[int]] = []
        self.batches: list[Batches] = []
        self.passed: Terms = {}
        self.moved: dict[int, tuple[Column, Fraction]] = {}
        self.apart = stated.told_apart()
        self.kinds = self._kinds()
        self.supplied = stated.of_nodes()
        self._check_size()
        self._once()
        add_services(self)
        add_nodes(self)
        add_capacity(self)
        self._precedence()
        add_data(self)
        self._affinity()
        add_quotas(self)
        add_meters(self)

    def _kinds(self) -> list[Kind]:
        """Return the kinds of nodes.

        Of alike nodes that are told apart, each that a task can need is a kind; the others are one kind together. A
        task is on at most one node, or on as many as it takes whole; on the others none is told to be.
        """
        needed: dict[str, int] = defaultdict(int)
        for id, task in self.stated.tasks.items():
            most: dict[str, int] = defaultdict(int)
            for way in self.stated.ways(id).values():
                most[way.pool] = max(most[way.pool], way.whole, 1)
            for pool, count in most.items():
                needed[pool] += count * int(task.get("copies", 1))
        cuts: dict[tuple[str, str], set[int]] = defaultdict(set)
        for kind in self.stated.kinds():
            if kind.node is not None and kind.last is not None:
                end = min(kind.last, kind.node + needed[kind.pool] - 1, kind.node + MOST_COLUMNS)
                cuts[kind.pool, kind.name].update(range(kind.node, end + 1))
        return self.stated.kinds(cuts)

    # --- variables and rows ---

    def variable(self, most: int) -> int:
        """Add a variable from 0 to `most`."""
        self.most.append(most)
        return len(self.most) - 1

    def row(self, terms: Mapping[int, Fraction | int], low: Any = None, high: Any = None) -> None:
        """Add a row, scaled to whole numbers."""
        terms = {at: Fraction(value) for at, value in terms.items() if value}
        scale = lcm(*(value.denominator for value in terms.values()))
        whole = {at: int(value * scale) for at, value in terms.items()}
        least = sum(min(0, value) * self.most[at] for at, value in whole.items())
        most = sum(max(0, value) * self.most[at] for at, value in whole.items())
        if max(most, -least) >= MAX_SUM:
            raise TooLarge("its amounts are too large to add up exactly")
        low = None if low is None else min(max(ceil(low * scale), least - 1), most + 1)
        high = None if high is None else max(min(floor(high * scale), most + 1), least - 1)
        if (low is not None and low > least) or (high is not None and high < most):
            self.rows.append(Row(whole, low, high))

    # --- once, option, window ---

    def _check_size(self) -> None:
        """Refuse what is too large before anything is built."""
        stated, columns, entries = self.stated, 0, 0
        nodes: dict[str, int] = defaultdict(int)
        for kind in self.kinds:
            nodes[kind.pool] += kind.single
        for id in stated.tasks:
            cut = stated.cut(id)
            for way in stated.ways(id).values():
                places = max(1, nodes[way.pool]) if (way.one_node or way.whole) and not way.milestone else 1
                starts = places * (stated.slots if cut is None else most_segments(stated, id, cut))
                length = min(stated.slots, ceil(way.seconds / stated.slot))
                columns += starts
                entries += starts * length * max(1, len(way.uses))
                if columns > MOST_COLUMNS or entries > MOST_ENTRIES:
                    raise TooLarge(f"it has more than {MOST_COLUMNS:,} starts, or {MOST_ENTRIES:,} entries in its rows")
        if len(self.kinds) * stated.slots > MOST_COLUMNS:
            raise TooLarge(f"it has more than {MOST_COLUMNS:,} nodes by slots")

    def _once(self) -> None:
        """Every copy runs once, or is left out where it is optional."""
        stated = self.stated
        for id, task in stated.tasks.items():
            if (cut := stated.cut(id)) is not None:
                add_segments(self, id, cut)
                continue
            copies = int(task.get("copies", 1))
            for option, way in stated.ways(id).items():
                for start, end in self._windows(task, way):
                    cost = self.cost_of(id, way, start, end)
                    self.placed(Column(id, option, way, start, end), copies, cost)
            left = self.variable(copies if task.get("optional", False) else 0)
            self.cost[left] += stated.weight * exact(task.get("value") or 0)
            self.row(dict.fromkeys([*self.of_task[id], left], 1), copies, copies)

    def _windows(self, task: Mapping[str, Any], way: StatedOption) -> Iterator[tuple[int, int]]:
        """First slots, and the slots behind the last, that a way may have alone."""
        stated, slot = self.stated, self.stated.slot
        first, last = window(stated, task)
        rates = stated.pools[way.pool].get("interruptions")
        plain = rates is None or way.milestone
        spot = None if plain else Spot(way.seconds, task.get("checkpoint"), stated.means(rates), slot)
        for start in range(first, last + way.milestone):
            length = ceil(way.seconds / slot) if spot is None else spot.slots(start)
            if length is None or start + length > last:
                continue
            if spot is not None and task.get("on_time") is not None:
                room = last - start
                chance = exact(task["on_time"])
                if not any(spot.chance_kept(start, longer, chance) for longer in range(length, room + 1)):
                    continue
            if not any(stated.out_of_window(way, start * slot)):
                yield start, start + length

    def placed(self, column: Column, copies: int, cost: Fraction) -> list[int]:
        """Add the variables of a start: one, or one for each node it can be within."""
        way = column.way
        sizes = {resource for pool, resource in self.supplied if pool == way.pool}
        held = set() if way.milestone else {resource for resource, count in way.uses.items() if count} & sizes
        if way.pool not in self.apart or not held or not (way.one_node or way.whole):
            return [self.column(column, copies, cost)]
        needed = max(1, way.whole)
        if way.one_node and needed > 1:
            return []
        there = [
            kind.label for kind in self.kinds if kind.pool == way.pool and kind.single and held <= kind.size.keys()
        ]
        if needed == 1:
            found = [self.column(replace(column, nodes=(label,)), copies, cost) for label in there]
            for label, at in zip(there, found, strict=True):
                self.on_node[way.pool, label][at] = Fraction(1)
            return found
        if len(there) < needed:
            return []
        at = self.column(column, copies, cost)
        parts = {label: self.variable(copies) for label in there}
        for label, part in parts.items():
            self.row({part: 1, at: -1}, high=0)
            self.on_node[way.pool, label][part] = Fraction(1, needed)
            self.columns[part] = replace(column, task="", nodes=(label,))
        self.row({at: -needed} | dict.fromkeys(parts.values(), 1), 0, 0)
        return [at]

    def column(self, column: Column, most: int, cost: Fraction) -> int:
        """Add a variable that is a start, or replicas."""
        at = self.variable(most)
        self.columns[at] = column
        self.cost[at] += cost
        if column.task:
            self.of_task[column.task].append(at)
        return at

    def cost_of(self, id: str, way: StatedOption, start: int, end: int, last: bool = True) -> Fraction:
        """Return what a run adds to the objective; with `last` its end may be late or early."""
        stated, task, money = self.stated, self.stated.tasks[id], way.cost
        if last and task.get("due") is not None:
            money += off_due(task, end * stated.slot - stated.second(task["due"]))
        return stated.weight * money + weighed(stated, way, start, end)

    def _starts(self) -> Iterator[int]:
        return (at for at, column in self.columns.items() if column.task)

    def users(self) -> Iterator[int]:
        """Yield the variables that hold or use something by themselves."""
        return (at for at, column in self.columns.items() if column.task or column.service)

    # --- precedence, affinity, quotas ---

    def _precedence(self) -> None:
        """By any slot a task has started only if by then, less the lag, all that it waits for has ended."""
        for id, task in (stated := self.stated).tasks.items():
            for after in task.get("after") or ():
                edge = {"task": after} if isinstance(after, str) else after
                first, lag = edge["task"], ceil(duration(edge.get("lag") or "0s") / stated.slot)
                late, early = int(task.get("copies", 1)), int(stated.tasks[first].get("copies", 1))
                begins, ends = begins_of(self, id), ends_of(self, first)
                for slot in sorted({self.columns[at].start for at in begins}):
                    started = [at for at in begins if self.columns[at].start <= slot]
                    ended = [at for at in ends if self.columns[at].end + lag <= slot]
                    open_ = self.variable(1)
                    self.row(dict.fromkeys(started, 1) | {open_: -late}, high=0)
                    self.row(dict.fromkeys(ended, -1) | {open_: early}, high=0)
                add_greatest_lag(self, id, edge)

    def _affinity(self) -> None:
        document = self.stated.document
        for ids in document.get("together") or ():
            pools = {name: self.variable(1) for name in self.stated.pools}
            self.row(dict.fromkeys(pools.values(), 1), high=1)
            for id in dict.fromkeys(ids):
                copies = int(self.stated.tasks[id].get("copies", 1))
                for pool, chosen in pools.items():
                    self.row(dict.fromkeys(self._in(id, pool), 1) | {chosen: -copies}, high=0)
        for ids in document.get("apart") or ():
            for pool in self.stated.pools:
                self.row({at: 1 for id in dict.fromkeys(ids) for at in self._in(id, pool)}, high=1)

    def _in(self, id: str, pool: str) -> Iterable[int]:
        return [at for at in self.of_task[id] if self.columns[at].way.pool == pool]

    def cut(self, values: Mapping[int, int]) -> bool:
        """Add rows that values break, where they do not do all batches; return whether there are any."""
        cuts = [batches.cut(values) for batches in self.batches]
        return any(cuts)

    # --- in whole numbers ---

    def objective(self) -> tuple[dict[int, int], Fraction]:
        """Costs as whole multiples of a fraction of money, and that fraction."""
        costs = {at: value for at, value in self.cost.items() if value and self.most[at]}
        if not costs:
            return {}, Fraction(1)
        scale = lcm(*(value.denominator for value in costs.values()))
        whole = {at: int(value * scale) for at, value in costs.items()}
        common = gcd(*whole.values())
        whole = {at: value // common for at, value in whole.items()}
        if sum(abs(value) * self.most[at] for at, value in whole.items()) >= MAX_SUM:
            raise TooLarge("its costs are too large to count exactly")
        return whole, Fraction(common, scale)

    def hint(self, lines: Iterable[Line]) -> dict[int, int]:
        """The starts of a plan; what does not fit a column is passed over."""
        index = {
            (column.task, column.option, column.start, column.nodes): at
            for at, column in self.columns.items()
            if column.task
        }
        found = dict.fromkeys(index.values(), 0)
        for task, option, start, nodes in lines:
            at = index.get((task, option, start, nodes), index.get((task, option, start, ())))
            if at is not None:
                found[at] += 1
        return found

    def lines(self, values: Mapping[int, int]) -> tuple[Line, ...]:
        """The starts of a solution, a line per copy."""
        return tuple(
            (column.task, column.option, column.start, column.nodes)
            for at in self._starts()
            for column in [self.columns[at]]
            for _ in range(values[at])
        )


def add_greatest_lag(model: Builder, id: str, edge: Mapping[str, Any]) -> None:
    """Add that no copy of a task starts later than `most` of an edge, if any, after the end of a copy.

    A variable for each slot allows either starts from then on, or ends more than `most` before.
    """
    if edge.get("most") is None:
        return
    first, most = edge["task"], duration(edge["most"]) // model.stated.slot
    late, early = (int(model.stated.tasks[each].get("copies", 1)) for each in (id, first))
    begins, ends = begins_of(model, id), ends_of(model, first)
    for slot in sorted({model.columns[at].start for at in begins}):
        started = [at for at in begins if model.columns[at].start >= slot]
        ended = [at for at in ends if model.columns[at].end + most < slot]
        starts = model.variable(1)
        model.row(dict.fromkeys(started, 1) | {starts: -late}, high=0)
        model.row(dict.fromkeys(ended, 1) | {starts: early}, high=early)


def off_due(task: Mapping[str, Any], seconds: int) -> Fraction:
    """Return the money for an end so many seconds after `due`, or before it where they are below 0."""
    if seconds <= 0:
        return exact(task.get("early_cost") or 0) * Fraction(-seconds, 3600)
    return exact(task.get("late_cost") or 0) * Fraction(seconds, 3600) + exact(task.get("late_penalty") or 0)
