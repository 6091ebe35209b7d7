"""Assign the one-node tasks of a schedule with counted nodes to single nodes.

The schedule says when tasks run and how many nodes of each kind are on. Best fit over time says which node each task
is on; the problem is then compiled with just these nodes told apart, which gives the exact cost of the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, islice

import numpy as np

from leptonopt.algorithms.single_nodes.best_fit import Items, NodePacking, NodePool, best_fit
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.decode import TaskRun, decode
from leptonopt.compile.packing_rows import held_of
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import Pool
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.schedule import Schedule, node_schedule_of

AssignedRun = tuple[int, str, tuple[str, ...], int, int]  # task index, option id, nodes, start, copies; see `encode`


@dataclass(frozen=True)
class AssignmentTuning:
    """Tuning constants.

    Attributes
    ----------
    spare_nodes : nodes of a kind offered beyond the most that the schedule has on, where they cost money
    max_gangs : choices of several nodes for a run of whole nodes
    """

    spare_nodes: int = 8
    max_gangs: int = 64


TUNING = AssignmentTuning()


@dataclass(frozen=True)
class AssignedRuns:
    """Runs with their nodes, and the runs of one copy each for which no node was free at their start.

    `offered` are the nodes that the runs of a pool could be on, by pool, and `packings` what they hold; `ways` the
    options by task index and id.
    """

    runs: tuple[AssignedRun, ...]
    failed: tuple[AssignedRun, ...]
    offered: Mapping[str, Sequence[str]]
    ways: Mapping[tuple[int, str], ConcreteOption]
    packings: Mapping[str, NodePacking] = field(default_factory=dict)

    def placements(self, compiled: CompiledInstance) -> dict[tuple[str, str], list[tuple[str, ...]]]:
        """Return the choices of nodes by task and option id, as `NodeForm` takes them."""
        found = defaultdict[tuple[str, str], set[tuple[str, ...]]](set)
        for task, option, nodes, _, _ in self.runs:
            found[compiled.instance.tasks[task].id, option].add(nodes)
        return {key: sorted(choices) for key, choices in found.items()}


class NodeAssigner:
    """Assigner for one compiled instance with counted nodes."""

    def __init__(self, compiled: CompiledInstance) -> None:
        self.compiled = compiled
        self.pools = {pool.id: pool for pool in compiled.instance.pools if pool.id in compiled.alike}
        self.scale = {
            (row.pool, row.resource): row.scale
            for row in compiled.rows
            if row.pool in self.pools and row.node is None and row.packing is None
        }

    def assign(self, schedule: Schedule) -> AssignedRuns:
        """Return the runs of a schedule with nodes by best fit."""
        runs, _ = decode(self.compiled, schedule)
        rent = node_schedule_of(self.compiled.problem, schedule)
        assert rent is not None, "the schedule keeps the rules"
        free: list[AssignedRun] = []
        bound = defaultdict[str, list[TaskRun]](list)
        for run in runs:
            if self.needs_node(run.way):
                bound[run.way.pool] += [run] * run.copies
            else:
                free.append((run.task, run.way.id, (), run.start, run.copies))
        failed, offered, packings = list[AssignedRun](), dict[str, Sequence[str]](), dict[str, NodePacking]()
        wanted = sum(max(1, run.way.whole) for mine in bound.values() for run in mine)
        for pool in self.pools:
            mine = bound[pool]
            nodes, labels = self._nodes(self.pools[pool], rent, wanted)
            found = best_fit(nodes, self._items(self.pools[pool], mine))
            offered[pool], packings[pool] = labels, found.packing
            for run, chosen in zip(mine, found.nodes, strict=True):
                line = run.task, run.way.id, tuple(labels[node] for node in chosen), run.start, 1
                (free if chosen else failed).append(line)
        ways = {(run.task, run.way.id): run.way for run in runs}
        return AssignedRuns(tuple(free), tuple(failed), offered, ways, packings)

    def needs_node(self, way: ConcreteOption) -> bool:
        """Return whether a plan says on which nodes a run of an option is."""
        if not way.duration or way.pool not in self.pools or not (way.one_node or way.whole):
            return False
        return bool(held_of(way, self.pools[way.pool].of_nodes))

    def _units(self, pool: str, resource: str, amount: Decimal) -> int:
        return int(Fraction(amount) * self.scale[pool, resource])

    def options_told_apart(self) -> int:
        """Return about how many options the problem has with all nodes told apart."""
        copies = sum(task.copies for task in self.compiled.instance.tasks)
        nodes = dict.fromkeys(self.pools, 0)
        for kind in self.compiled.kinds:
            if kind.pool.id in nodes:
                nodes[kind.pool.id] += min(copies, max(kind.count, default=0))
        ways = (way for kept in self.compiled.kept for way in kept)
        return sum(nodes[way.pool] if self.needs_node(way) else 1 for way in ways)

    def demand(self, pool: Pool, way: ConcreteOption) -> list[int]:
        """Return what an option holds of one node, by resource of nodes [demand units]."""
        parts = max(1, way.whole)
        return [self._units(pool.id, name, way.uses.get(name, Decimal(0))) // parts for name in pool.of_nodes]

    def _items(self, pool: Pool, runs: Sequence[TaskRun]) -> Items:
        """Return the runs as items, whole nodes with what one of them holds."""
        demand = [self.demand(pool, run.way) for run in runs]
        return Items(
            first=_ints(run.start for run in runs),
            end=_ints(run.end for run in runs),
            demand=np.array(demand, np.int64).reshape(len(runs), len(pool.of_nodes)),
            whole=_ints(run.way.whole for run in runs),
        )

    def _nodes(self, pool: Pool, rent: NodeSchedule, wanted: int) -> tuple[NodePool, list[str]]:
        """Return the single nodes that tasks which want so many may be on, and their labels."""
        nodes = self.compiled.problem.nodes
        sizes, usable, cost, start, boots, labels = [], [], [], [], list[int](), list[str]()
        for at, kind in enumerate(self.compiled.kinds):
            if kind.pool.id != pool.id:
                continue
            count, boot = nodes.count[at], int(nodes.boot[at])
            own = kind.reserved + int(rent.committed[at])
            paid = int(rent.on[at].max(initial=0)) + TUNING.spare_nodes if kind.stated.price is not None else 0
            size = [self._units(pool.id, name, kind.stated.size.get(name, Decimal(0))) for name in pool.of_nodes]
            for number in range(min(int(count.max(initial=0)), max(own, paid), wanted + own)):
                there = count > number
                sizes.append(size)
                usable.append(_usable(there, boot, number < int(nodes.before[at])))
                rate = nodes.costs.on[at] + (0 if number < own else nodes.costs.on_demand[at])
                cost.append(rate)
                start.append(nodes.costs.start[at] + nodes.costs.stop[at])
                boots.append(boot)
                labels.append(f"{kind.name}/{number + 1}")
        shape = (len(labels), self.compiled.problem.slots)
        found = NodePool(
            np.array(sizes, np.int64).reshape(len(labels), len(pool.of_nodes)),
            np.array(usable, bool).reshape(shape),
            np.array(cost, np.int64).reshape(shape),
            np.array(start, np.int64).reshape(shape),
            np.array(boots, np.int64),
        )
        return found, labels


def node_choices(offered: Sequence[str], whole: int) -> list[tuple[str, ...]]:
    """Return the choices of nodes for a run within one node, or on several whole ones.

    Of the latter there are `max_gangs` at most.
    """
    return list(islice(combinations(offered, max(1, whole)), TUNING.max_gangs if whole > 1 else None))


def _usable(there: Bools, boot: int, before: bool) -> Bools:
    """Return the slots before which a node was there for as long as it boots, bool, shape (T,).

    `before` says whether it is on when the first slot begins.
    """
    total = np.concatenate([[0], np.cumsum(np.concatenate([np.full(boot, before), there]))])
    usable: Bools = total[boot + 1 :] - total[: len(there)] == boot + 1
    return usable


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)
