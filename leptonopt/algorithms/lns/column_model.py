"""Subproblem model over chosen columns: one integer variable per column, solved by CP-SAT.

One linear row per interval of slots in which the same columns can run. With `linearization_level=2` this formulation
was measured best for a cost objective.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.models.cpsat_call import new_model, solve_cp_model
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem

COST_RANGE = 1 << 31  # range of costs; larger ones are divided, and the caller computes exact costs


@dataclass(frozen=True, eq=False)
class ColumnModelData:
    """C columns of F freed groups.

    Attributes
    ----------
    option, start, owner, cost, most, now : int64, shape (C,)
        Columns; position of their group among the F; cost of a copy; copies at most; copies in the incumbent.
    copies, value : int64, shape (F,)
    may_miss : bool, shape (F,), groups that may be left out
    edges : (before, after, least and greatest lag [slots]) between the F groups, by position
    """

    option: Ints
    start: Ints
    owner: Ints
    cost: Ints
    most: Ints
    now: Ints
    copies: Ints
    value: Ints
    may_miss: Any
    edges: list[tuple[int, int, int, int]]


@dataclass(frozen=True)
class SubproblemSolution:
    """Solution of a subproblem.

    Attributes
    ----------
    columns : (option, start, copies) that run
    proven : whether no solution of the model costs less
    effort : CP-SAT's deterministic time used
    """

    columns: list[tuple[int, int, int]]
    proven: bool
    effort: float


def solve(
    partial: PartialSchedule, sub: ColumnModelData, effort: float, seconds: float, seed: int
) -> SubproblemSolution | None:
    """Return the best solution within `effort` (deterministic time) and `seconds`; None without one.

    `partial` holds the columns that stay.
    """
    model, exact = _model(partial, sub)
    values, proven, spent = solve_cp_model(model, effort, seconds, seed, linearization=2)
    if values is None:
        return None
    counts = zip(sub.option.tolist(), sub.start.tolist(), values[: len(sub.option)], strict=True)
    return SubproblemSolution(
        [(option, start, int(count)) for option, start, count in counts if count], proven and exact, spent
    )


def _model(partial: PartialSchedule, sub: ColumnModelData) -> tuple[Any, bool]:
    """Return the CP-SAT model, and whether its costs are exact."""
    model = new_model()
    proto = model.proto
    for most in sub.most.tolist():
        proto.variables.add().domain.extend([0, most])
    missing = _once(proto, sub)
    problem = partial.problem
    _capacity(proto, problem, sub, partial.free)
    _precedence(proto, problem, sub, missing)
    nodes = _Nodes(proto, partial, sub) if partial.node_estimate else None
    if partial.shape.strict:
        _quotas(proto, partial, sub, nodes.uses if nodes else {})
        _apart(proto, partial, sub)
    exact = _cost(proto, sub, missing, nodes.costs if nodes else [])
    _hint(proto, sub, missing, nodes.hint if nodes else [])
    return model, exact


def _row(proto: Any, variables: list[int], factors: list[int], low: int, high: int) -> None:
    """Add a linear constraint."""
    linear = proto.constraints.add().linear
    linear.vars.extend(variables)
    linear.coeffs.extend(factors)
    linear.domain.extend([low, high])


def _once(proto: Any, sub: ColumnModelData) -> dict[int, int]:
    """Add: every copy runs once or is left out; return the variables that count the latter, by group."""
    columns = defaultdict(list)
    for column, owner in enumerate(sub.owner.tolist()):
        columns[owner].append(column)
    missing: dict[int, int] = {}
    for group, copies in enumerate(sub.copies.tolist()):
        variables = list(columns[group])
        if sub.may_miss[group]:
            missing[group] = len(proto.variables)
            proto.variables.add().domain.extend([0, copies])
            variables.append(missing[group])
        _row(proto, variables, [1] * len(variables), copies, copies)
    return missing


def _capacity(proto: Any, problem: Problem, sub: ColumnModelData, free: Ints) -> None:
    """Add: demands fit the free capacity, in every interval between starts and ends of columns."""
    at_row = defaultdict(list)
    end = sub.start + problem.duration[sub.option]
    for column, option in enumerate(sub.option.tolist()):
        rows, amounts = problem.demands(option)
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            at_row[row].append((column, amount))
    for row, entries in sorted(at_row.items()):
        columns, amounts = np.array([column for column, _ in entries]), np.array([amount for _, amount in entries])
        begin, stop = sub.start[columns], end[columns]
        events = np.unique(np.concatenate([begin, stop]))
        before: tuple[Any, int] | None = None
        for low, high in zip(events[:-1].tolist(), events[1:].tolist(), strict=True):
            room = int(free[row, low:high].min())
            on = np.flatnonzero((begin <= low) & (stop >= high))
            if room >= UNLIMITED // 2 or int((amounts[on] * sub.most[columns[on]]).sum()) <= room:
                continue
            if before is not None and before[1] <= room and np.isin(on, before[0]).all():
                continue
            before = on, room
            _row(proto, columns[on].tolist(), amounts[on].tolist(), 0, room)


def _precedence(proto: Any, problem: Problem, sub: ColumnModelData, missing: dict[int, int]) -> None:
    """Add: a successor starts within the lags after its predecessor has ended, and runs only if that runs."""
    columns = defaultdict(list)
    for column, owner in enumerate(sub.owner.tolist()):
        columns[owner].append(column)
    length = problem.duration[sub.option]
    for before, after, lag, most in sub.edges:
        variables = columns[after] + columns[before]
        factors = [int(sub.start[c]) for c in columns[after]]
        factors += [-int(sub.start[c] + length[c]) for c in columns[before]]
        if most < UNLIMITED:
            _row(proto, variables, factors, -UNLIMITED, most)
        low = lag
        if after in missing:
            variables, factors = [*variables, missing[after]], [*factors, problem.slots + lag]
        _row(proto, variables, factors, low, 2 * problem.slots + 2 * lag + 1)
        if before in missing:
            both = columns[after] + columns[before]
            _row(proto, both, [1] * len(columns[after]) + [-1] * len(columns[before]), -1, 0)


def _quotas(
    proto: Any, partial: PartialSchedule, sub: ColumnModelData, nodes: dict[int, tuple[int, list[tuple[int, int]]]]
) -> None:
    """Add: columns and nodes use at most what the columns that stay leave of each quota.

    nodes : by quota, the use by nodes outside the model, and (variable, use) of those within
    """
    pairs = list(zip(sub.option.tolist(), sub.start.tolist(), strict=True))
    for number, quota in enumerate(partial.problem.quotas):
        uses = [int(quota.uses(partial.problem, option, start, start)[0]) for option, start in pairs]
        outside, terms = nodes.get(number, (0, []))
        left, at = partial.quota_left[number] - outside, [column for column, use in enumerate(uses) if use]
        if terms or sum(max(0, uses[column]) * int(sub.most[column]) for column in at) > left:
            variables = at + [variable for variable, _ in terms]
            _row(proto, variables, [uses[column] for column in at] + [use for _, use in terms], -UNLIMITED, left)


def _apart(proto: Any, partial: PartialSchedule, sub: ColumnModelData) -> None:
    """Add: of an anti-affinity set at most one copy runs on each pool."""
    shape = partial.shape
    for number in range(len(partial.problem.apart)):
        on = defaultdict(list)
        for column, option in enumerate(sub.option.tolist()):
            if number in shape.apart[shape.group[option]]:
                on[shape.pool[option]].append(column)
        for columns in on.values():
            _row(proto, columns, [1] * len(columns), 0, 1)


class _Nodes:
    """Nodes on, in the slots that the columns can use; other slots keep the nodes of what stays.

    Attributes
    ----------
    costs : (variable, cost)
    hint : values of these variables in the incumbent
    uses : by quota that counts nodes, the estimated use outside the model, and (variable, use) of the nodes in it
    """

    def __init__(self, proto: Any, partial: PartialSchedule, sub: ColumnModelData) -> None:
        self.proto, self.partial, self.sub = proto, partial, sub
        self.costs: list[tuple[int, int]] = []
        self.hint: list[int] = []
        hosting = partial.node_estimate
        assert hosting is not None
        self.hosting = hosting
        self.uses: dict[int, tuple[int, list[tuple[int, int]]]] = {
            number: (estimate.cost(), []) for number, estimate in partial.quota_nodes.items()
        }
        at_kind: dict[int, list[int]] = defaultdict(list)
        for column, option in enumerate(sub.option.tolist()):
            for kind, _ in hosting.demand.of_option(option):
                at_kind[kind].append(column)
        for kind, columns in sorted(at_kind.items()):
            self._kind(kind, np.array(columns))

    def _new(self, low: int, high: int, hint: int) -> int:
        """Return a new variable."""
        self.proto.variables.add().domain.extend([low, max(low, high)])
        self.hint.append(hint)
        return len(self.proto.variables) - 1

    def _kind(self, kind: int, columns: Ints) -> None:
        """Add the nodes of one kind: supply, commitment, running and switching cost."""
        problem, hosting, sub = self.partial.problem, self.hosting, self.sub
        nodes, need = problem.nodes, hosting.required_nodes(kind)
        end = sub.start + problem.duration[sub.option]
        begin, stop = int(sub.start[columns].min()), int(end[columns].max())
        span = range(begin, stop)
        loads = {row: problem.capacity[row] - self.partial.free[row] for row, _ in hosting.demand.rows[kind]}
        now = dict(loads)
        for column in columns[sub.now[columns] > 0].tolist():
            rows, amounts = problem.demands(int(sub.option[column]))
            for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
                if row in now:
                    part = slice(int(sub.start[column]), int(end[column]))
                    now[row] = now[row].copy()
                    now[row][part] += amount * int(sub.now[column])
        hint = np.zeros(problem.slots, np.int64)
        for row, size in hosting.demand.rows[kind]:
            hint = np.maximum(hint, -(-now[row] // size))
        most = nodes.most()[kind]
        on = [self._new(int(need[t]), int(most[t]), int(hint[t])) for t in span]
        self._fit(kind, columns, end, on, begin, loads)
        own = hosting.owned[kind]
        if hosting.buys[kind]:
            peak = max(int(need.max(initial=0)), int(nodes.reserved[kind]))
            bought = self._new(peak, int(most.max(initial=peak)), max(peak, int(hint.max(initial=0))))
            for variable in on:
                _row(self.proto, [bought, variable], [1, -1], 0, UNLIMITED)
            self.costs.append((bought, int(nodes.costs.commit[kind])))
        self.costs += [(variable, int(hosting.idle[kind, t])) for variable, t in zip(on, span, strict=True)]
        price = hosting.run[kind] - hosting.idle[kind]
        counted = [estimate.run[kind] > estimate.idle[kind] for estimate in self.partial.quota_nodes.values()]
        paid = dict(zip(span, on, strict=True))
        for variable, t in zip(on, span, strict=True):
            if own and (price[t] or any(line[t] for line in counted)):
                paid[t] = self._new(0, int(most[t]), max(0, int(hint[t]) - own))
                _row(self.proto, [paid[t], variable], [1, -1], -own, UNLIMITED)
            if price[t]:
                self.costs.append((paid[t], int(price[t])))
        self._count_uses(kind, dict(zip(span, on, strict=True)), paid, need)
        if hosting.switch[kind]:
            self._switching(kind, on, begin, hint, need)

    def _count_uses(self, kind: int, on: dict[int, int], paid: dict[int, int], need: Ints) -> None:
        """Count the nodes of a kind in quotas: in the slots of the model by variables, elsewhere as they are.

        on, paid : by slot, the variable of all nodes on, and of those on demand
        """
        own = self.hosting.owned[kind]
        for number, estimate in self.partial.quota_nodes.items():
            outside, terms = self.uses[number]
            for t, variable in on.items():
                idle, run, now = int(estimate.idle[kind, t]), int(estimate.run[kind, t]), int(need[t])
                outside -= min(now, own) * idle + max(0, now - own) * run
                terms += [(variable, idle)] * (idle != 0) + [(paid[t], run - idle)] * (run != idle)
            self.uses[number] = outside, terms

    def _switching(self, kind: int, on: list[int], begin: int, hint: Ints, need: Ints) -> None:
        """Add the cost of every rise in the number of nodes; the cost of the later fall is included."""
        cost, stop = int(self.hosting.switch[kind]), begin + len(on)
        before = int(need[begin - 1]) if begin else 0
        behind = int(need[stop]) if stop < len(need) else 0
        for at, variable in enumerate(on):
            was = int(hint[begin + at - 1]) if at else before
            up = self._new(0, 1 << 40, max(0, int(hint[begin + at]) - was))
            if at:
                _row(self.proto, [up, variable, on[at - 1]], [1, -1, 1], 0, UNLIMITED)
            else:
                _row(self.proto, [up, variable], [1, -1], -before, UNLIMITED)
            self.costs.append((up, cost))
        up = self._new(0, 1 << 40, max(0, behind - int(hint[stop - 1])))
        _row(self.proto, [up, on[-1]], [1, 1], behind, UNLIMITED)
        self.costs.append((up, cost))

    def _fit(self, kind: int, columns: Ints, end: Ints, on: list[int], begin: int, loads: dict[int, Ints]) -> None:
        """Add: the load of each slot fits the supply of the nodes on."""
        problem, sub = self.partial.problem, self.sub
        for row, size in self.hosting.demand.rows[kind]:
            entries = [
                (column, int(amounts[rows == row][0]))
                for column in columns.tolist()
                for rows, amounts in [problem.demands(int(sub.option[column]))]
                if (rows == row).any()
            ]
            if not entries:
                continue
            own_columns, amount = np.array([column for column, _ in entries]), np.array([count for _, count in entries])
            for t, variable in enumerate(on, begin):
                working = (sub.start[own_columns] <= t) & (end[own_columns] > t)
                if working.any():
                    load = int(loads[row][t])
                    vars_, factors = [*own_columns[working].tolist(), variable], [*amount[working].tolist(), -size]
                    _row(self.proto, vars_, factors, -UNLIMITED, -load)


def _cost(proto: Any, sub: ColumnModelData, missing: dict[int, int], more: list[tuple[int, int]]) -> bool:
    """Add the objective, divided by the common divisor; return False if costs had to be rounded."""
    base = np.full(len(sub.copies), UNLIMITED)
    np.minimum.at(base, sub.owner, sub.cost)
    base = np.where(sub.may_miss, np.minimum(base, sub.value), base)
    over = (sub.cost - base[sub.owner]).tolist()
    out = {group: int(sub.value[group] - base[group]) for group in missing}
    extra = [cost for _, cost in more]
    divisor = gcd(*over, *out.values(), *extra) or 1
    coarse = max(1, max([*over, *out.values(), *extra], default=0) // divisor // COST_RANGE)
    divisor *= coarse
    proto.objective.vars.extend([*range(len(over)), *missing.values(), *(variable for variable, _ in more)])
    costs = over + [out[group] for group in missing] + extra
    proto.objective.coeffs.extend([cost // divisor for cost in costs])
    return coarse == 1


def _hint(proto: Any, sub: ColumnModelData, missing: dict[int, int], more: list[int]) -> None:
    """Add the incumbent as a hint."""
    ran = np.bincount(sub.owner, sub.now, len(sub.copies)).astype(np.int64)
    left = [int(sub.copies[group] - ran[group]) for group in missing]
    proto.solution_hint.vars.extend(range(len(proto.variables)))
    proto.solution_hint.values.extend([*sub.now.tolist(), *left, *more])
