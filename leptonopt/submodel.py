"""A small exact model over chosen columns against the capacity that is left; CP-SAT solves it.

One integer variable per column, one linear row per stretch of slots in which the same columns can be
at work: the formulation that was measured best for a cost objective (`linearization_level=2`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from leptonopt.problem import UNLIMITED, Ints, Problem

FINE = 1 << 31  # costs are divided until their range is below this; the caller recounts exactly


@dataclass(frozen=True, eq=False)
class Sub:
    """C columns of F groups.

    Attributes
    ----------
    option, start, owner, cost, most, now : int64, shape (C,)
        Columns; which of the F groups they belong to; cost of a copy; how many copies at most, and
        how many the incumbent runs there.
    copies, value : int64, shape (F,); may_miss : bool, shape (F,)
    edges : (before, after, lag) between the F groups, by position
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
    edges: list[tuple[int, int, int]]


@dataclass(frozen=True)
class Answer:
    """Copies per column; `proven` when nothing over these columns is cheaper; effort in CP-SAT's own time."""

    count: Ints
    proven: bool
    effort: float


def solve(problem: Problem, sub: Sub, free: Ints, effort: float, seconds: float, seed: int) -> Answer | None:
    """The best found within `effort` (deterministic time) and `seconds`; None when nothing was found."""
    from ortools.sat.python import cp_model

    model, exact = _model(problem, sub, free)
    solver = cp_model.CpSolver()
    chosen = solver.parameters
    chosen.num_workers, chosen.linearization_level, chosen.random_seed = 1, 2, seed % 2**31
    chosen.max_deterministic_time, chosen.max_time_in_seconds = effort, seconds
    chosen.catch_sigint_signal, chosen.symmetry_level = False, 0
    status = solver.solve(model)
    spent = solver.response_proto.deterministic_time
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    count = np.array(solver.response_proto.solution[: len(sub.option)], np.int64)
    return Answer(count, status == cp_model.OPTIMAL and exact, spent)


def version() -> str:
    """Name and version of the engine."""
    import ortools

    return f"ortools {ortools.__version__}"


def _model(problem: Problem, sub: Sub, free: Ints) -> tuple[Any, bool]:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    proto = model.proto
    for most in sub.most.tolist():
        proto.variables.add().domain.extend([0, most])
    missing = _once(proto, sub)
    _capacity(proto, problem, sub, free)
    _precedence(proto, problem, sub, missing)
    exact = _cost(proto, sub, missing)
    _hint(proto, sub, missing)
    return model, exact


def _row(proto: Any, variables: list[int], factors: list[int], low: int, high: int) -> None:
    linear = proto.constraints.add().linear
    linear.vars.extend(variables)
    linear.coeffs.extend(factors)
    linear.domain.extend([low, high])


def _once(proto: Any, sub: Sub) -> dict[int, int]:
    """Every copy runs once or is left out; the variables that count the latter, by group."""
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


def _capacity(proto: Any, problem: Problem, sub: Sub, free: Ints) -> None:
    """Demands fit what is free, in every stretch of slots between starts and ends of columns."""
    at_row = defaultdict(list)
    end = sub.start + problem.duration[sub.option]
    for column, option in enumerate(sub.option.tolist()):
        rows, amounts = problem.demands(option)
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            at_row[row].append((column, amount))
    for row, held in sorted(at_row.items()):
        columns, amounts = np.array([column for column, _ in held]), np.array([amount for _, amount in held])
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


def _precedence(proto: Any, problem: Problem, sub: Sub, missing: dict[int, int]) -> None:
    """After starts lag slots after before has ended, and runs only if before runs."""
    columns = defaultdict(list)
    for column, owner in enumerate(sub.owner.tolist()):
        columns[owner].append(column)
    length = problem.duration[sub.option]
    for before, after, lag in sub.edges:
        variables = columns[after] + columns[before]
        factors = [int(sub.start[c]) for c in columns[after]]
        factors += [-int(sub.start[c] + length[c]) for c in columns[before]]
        low = lag
        if after in missing:
            variables, factors = [*variables, missing[after]], [*factors, problem.slots + lag]
        _row(proto, variables, factors, low, 2 * problem.slots + 2 * lag + 1)
        if before in missing:
            both = columns[after] + columns[before]
            _row(proto, both, [1] * len(columns[after]) + [-1] * len(columns[before]), -1, 0)


def _cost(proto: Any, sub: Sub, missing: dict[int, int]) -> bool:
    """Costs from each group's cheapest on, over their common divisor; false when they had to be rounded."""
    base = np.full(len(sub.copies), UNLIMITED)
    np.minimum.at(base, sub.owner, sub.cost)
    base = np.where(sub.may_miss, np.minimum(base, sub.value), base)
    over = (sub.cost - base[sub.owner]).tolist()
    out = {group: int(sub.value[group] - base[group]) for group in missing}
    divisor = gcd(*over, *out.values()) or 1
    coarse = max(1, max([*over, *out.values()], default=0) // divisor // FINE)
    divisor *= coarse
    proto.objective.vars.extend([*range(len(over)), *missing.values()])
    proto.objective.coeffs.extend([cost // divisor for cost in over] + [out[group] // divisor for group in missing])
    return coarse == 1


def _hint(proto: Any, sub: Sub, missing: dict[int, int]) -> None:
    ran = np.bincount(sub.owner, sub.now, len(sub.copies)).astype(np.int64)
    left = [int(sub.copies[group] - ran[group]) for group in missing]
    proto.solution_hint.vars.extend(range(len(proto.variables)))
    proto.solution_hint.values.extend([*sub.now.tolist(), *left])
