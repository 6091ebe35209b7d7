"""A relaxation of node placement: nodes of a kind as one, and how a schedule of it is placed on single nodes.

Where the relaxation has no schedule, the instance has none. Where it has one, nodes are given by best fit; the
result counts only when it keeps every rule of the instance itself.

Tasks that fit within one node add rows to the relaxation: a task that takes more than half of a node is alone on
it, one of more than a third shares it with one other at most. These are the dual feasible functions u(k) of Fekete
and Schepers (2001, doi:10.1007/s101070100243) for k = 1, 2, 3, times k (k + 1) so that they are whole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import numpy as np

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import TaskRun, decode
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import Instance, Pool
from leptonopt.problem.arrays import Ints
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule

FUNCTIONS = (1, 2, 3)


def relax_node_identity(instance: Instance) -> CompiledInstance:
    """The problem in which nodes are not told apart, with the rows that placement adds."""
    spread = [task.model_copy(update={"placement": "span"}) for task in instance.tasks]
    found = compile_instance(instance.model_copy(update={"tasks": tuple(spread)}))
    placed = {at for at, task in enumerate(instance.tasks) if task.placement == "one-node"}
    return replace(found, problem=_with_placement(found, placed))


def _with_placement(compiled: CompiledInstance, placed: set[int]) -> Problem:
    problem, nodes = compiled.problem, compiled.problem.nodes
    supply: list[tuple[int, int, int]] = []
    extra: dict[int, list[tuple[int, int]]] = defaultdict(list)
    offered: list[Ints] = []
    ways = [
        (compiled.kept[members[0][0]], all(task in placed for task, _, _ in members)) for members in compiled.members
    ]
    taken = [(way, one) for kept, one in ways for way in kept]
    most = nodes.most()
    for pool in compiled.instance.pools:
        mine = [at for at, kind in enumerate(compiled.kinds) if kind.pool.id == pool.id]
        for name, size in _largest(pool).items():
            for k in FUNCTIONS:
                weights = [_weight(way, name, size, k, one) if way.pool == pool.id else 0 for way, one in taken]
                if not any(weights):
                    continue
                row = len(problem.capacity) + len(offered)
                have = [at for at in mine if name in compiled.kinds[at].stated.size]
                supply += [(at, row, k * (k + 1)) for at in have]
                offered.append(k * (k + 1) * most[have].sum(axis=0))
                for option, (weight, (way, _)) in enumerate(zip(weights, taken, strict=True)):
                    if weight and not way.whole and way.uses[name] > size:  # nowhere, as it is larger than a node
                        weight = int(offered[-1].max(initial=0)) + 1
                    if weight:
                        extra[option].append((row, weight))
    return _extended(problem, supply, extra, offered) if offered else problem


def _largest(pool: Pool) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for kind in pool.nodes:
        for name, size in kind.size.items():
            found[name] = max(found.get(name, Fraction(0)), Fraction(size))
    return found


def _weight(way: ConcreteOption, name: str, size: Fraction, k: int, one: bool) -> int:
    """The share of a node by u(k), times k (k + 1); whole nodes are that many whole ones."""
    if way.whole:
        return k * (k + 1) * way.whole
    if not one:
        return 0
    share = (k + 1) * Fraction(way.uses.get(name, 0)) / size
    return k * int(share) if share.denominator == 1 else (k + 1) * int(share)


def _extended(
    problem: Problem, supply: list[tuple[int, int, int]], extra: dict[int, list[tuple[int, int]]], offered: list[Ints]
) -> Problem:
    """The problem with more rows that nodes supply, which options hold beside their own."""
    pointers, rows, amounts = [0], list[int](), list[int]()
    for option in range(problem.options):
        own = problem.demands(option)
        rows += [*own[0].tolist(), *(row for row, _ in extra[option])]
        amounts += [*own[1].tolist(), *(amount for _, amount in extra[option])]
        pointers.append(len(rows))
    nodes, more = problem.nodes, np.array(supply, np.int64).reshape(-1, 3)
    columns = (nodes.supply_node, nodes.supply_row, nodes.supply_size)
    node, row, size = (np.concatenate([old, more[:, at]]) for at, old in enumerate(columns))
    return replace(
        problem,
        capacity=np.concatenate([problem.capacity, np.array(offered, np.int64)]),
        price=np.concatenate([problem.price, np.zeros((len(offered), problem.slots), np.int64)]),
        demand_ptr=np.array(pointers, np.int64),
        demand_row=np.array(rows, np.int64),
        demand=np.array(amounts, np.int64),
        nodes=replace(nodes, supply_node=node, supply_row=row, supply_size=size),
    )


def assign_nodes(relaxation: CompiledInstance, schedule: Schedule, whole: CompiledInstance) -> Schedule | None:
    """A schedule of the relaxation on single nodes, by best fit; None where that breaks a rule."""
    found = _best_fit(decode(relaxation, schedule)[0], whole)
    return found if found is not None and not violated_rules(whole.problem, found) else None


def _best_fit(runs: list[TaskRun], whole: CompiledInstance) -> Schedule | None:
    """Each run on the nodes that it fills best, the largest demands first."""
    problem, options = whole.problem, defaultdict(list)
    on_node = np.array([row.node is not None for row in whole.rows], bool)
    for group, members in enumerate(whole.members):
        for task, _, _ in members:
            for at, way in enumerate(whole.kept[task]):
                options[task, way.id].append(int(problem.option_ptr[group]) + at)
    free, picked = problem.capacity.copy(), list[tuple[int, int]]()

    def size(run: TaskRun) -> tuple[int, Fraction, int]:
        return (-run.way.whole, -max(map(Fraction, run.way.uses.values()), default=Fraction(0)), run.start)

    for run in sorted(runs, key=size):
        best: tuple[int, int] | None = None
        for option in options[run.task, run.way.id]:
            if not problem.first[option] <= run.start <= problem.last[option]:
                continue
            if run.start + int(problem.duration[option]) != run.end:
                continue
            rows, amounts = problem.demands(option)
            mine = on_node[rows]
            part = free[rows[mine], run.start : run.end]
            if np.any(part < amounts[mine][:, None]):
                continue
            left = int((part - amounts[mine][:, None]).sum())
            if best is None or left < best[0]:
                best = left, option
        if best is None:
            return None
        rows, amounts = problem.demands(best[1])
        mine = on_node[rows]
        free[rows[mine], run.start : run.end] -= amounts[mine][:, None]
        picked.append((best[1], run.start))
    return Schedule.of([option for option, _ in picked], [start for _, start in picked])
