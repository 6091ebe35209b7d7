"""Move the runs that found no node to other options and starts, where a node is free.

It is list scheduling on single nodes: a run takes its cheapest column that keeps the rules of the counted problem and
for which a node has room. Nodes need not be told apart in a problem, so it works at any size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leptonopt.algorithms.heuristics.insertion import cost_limit
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.decode import encode
from leptonopt.runtime.clock import check_time_each
from leptonopt.session.node_assignment import AssignedRun, AssignedRuns, NodeAssigner


@dataclass(frozen=True)
class MoveTuning:
    """Tuning constants.

    Attributes
    ----------
    columns : columns of a run that are tried, the cheapest first
    """

    columns: int = 5_000


TUNING = MoveTuning()


def moved_runs(assigner: NodeAssigner, assigned: AssignedRuns) -> AssignedRuns | None:
    """Return the runs with those moved that had no node; None where one finds none anywhere.

    The nodes of `assigned` hold the moved runs afterwards.
    """
    compiled = assigner.compiled
    placing = PartialSchedule(compiled.problem, schedule=encode(compiled, assigned.runs))
    groups, runs, ways = _groups_of_tasks(compiled), list(assigned.runs), dict(assigned.ways)
    for task in check_time_each([run[0] for run in assigned.failed]):
        group = next((each for each in groups[task] if placing.missing[each]), None)
        found = None if group is None else _placed(assigner, assigned, placing, task, group)
        if found is not None:
            runs.append(found)
            ways[task, found[1]] = next(way for way in compiled.kept[task] if way.id == found[1])
        elif group is None or not placing.shape.optional[group]:
            return None
    return replace(assigned, runs=tuple(runs), failed=(), ways=ways)


def _groups_of_tasks(compiled: CompiledInstance) -> dict[int, list[int]]:
    """Return the groups that hold copies of each task."""
    found = defaultdict[int, list[int]](list)
    for group, members in enumerate(compiled.members):
        for task, _, _ in members:
            found[task].append(group)
    return found


def _placed(
    assigner: NodeAssigner, assigned: AssignedRuns, placing: PartialSchedule, task: int, group: int
) -> AssignedRun | None:
    """Put a copy of a task in its cheapest column with a free node; None where there is none."""
    problem, base = placing.problem, int(placing.problem.option_ptr[group])
    for option, start in _columns(placing, group):
        way, nodes = assigner.compiled.kept[task][option - base], tuple[str, ...]()
        if assigner.needs_node(way):
            demand = np.array(assigner.demand(assigner.pools[way.pool], way), np.int64)
            end = start + int(problem.duration[option])
            chosen = assigned.packings[way.pool].place(start, end, demand, way.whole)
            if not chosen:
                continue
            nodes = tuple(assigned.offered[way.pool][node] for node in chosen)
        placing.insert(option, start)
        return task, way.id, nodes, start, 1
    return None


def _columns(placing: PartialSchedule, group: int) -> Iterator[tuple[int, int]]:
    """Yield the feasible columns of a group below its cost limit, the cheapest with nodes first."""
    options, starts, costs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    problem = placing.problem
    for option in range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1])):
        low, high = placing.start_window(option)
        if low > high:
            continue
        cost, nodes = placing.start_costs(option, low, high, problem.price_sum), placing.node_estimate
        if nodes is not None and (extra := nodes.extra_cost(option, low, high)) is not None:
            cost = cost + extra
        good, fits = cost < cost_limit(placing, group), placing.feasible_starts(option, low, high)
        at = np.flatnonzero(good if fits is None else good & fits)
        options.append(np.full(len(at), option))
        starts.append(at + low)
        costs.append(cost[at])
    option_of, start_of, cost_of = map(np.concatenate, (options, starts, costs))
    order = np.argsort(cost_of, kind="stable")[: TUNING.columns]
    yield from zip(option_of[order].tolist(), start_of[order].tolist(), strict=True)
