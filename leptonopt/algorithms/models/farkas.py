"""Proofs without search: multipliers of rows show that the relaxation has no solution (Farkas' lemma).

The linear program leaves out the same share of all tasks, as small as possible: then few of them bind. Multipliers
at its optimum are rounded to integers, and what they prove is added up in integers: an answer is a proof, whatever
the floating point before it did. Counting is of this kind: 13 copies on 12 pools that take one each, 25 hours of a
quota of 24, more demand in a window than capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from leptonopt.algorithms.models.time_indexed import NO_LIMIT, build_model, predicted_size
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import SHORTEST_CALL

MOST = 3_000_000  # nonzeros of a relaxation whose linear program is solved
BITS = 45  # of a multiplier
ROOM = 2.0**61  # all sums stay below


@dataclass(frozen=True)
class Proof:
    """Proof that no schedule exists even if all but `groups` may be left out.

    Multipliers of little weight come first.
    """

    groups: tuple[int, ...]


def prove_infeasible(problem: Problem, seconds: float, nonzeros: int = MOST) -> Proof | None:
    """Return a proof that the linear relaxation has no solution.

    None where it has one, where it has more than `nonzeros`, or none was found in time.
    """
    if seconds <= 0 or predicted_size(problem)[1] > nonzeros:
        return None
    program = _program(problem)
    weights = program.multipliers(seconds)
    if weights is None:
        return None
    multiplier, price = weights
    runs, limited, limit, most, copies = program.runs, program.limited, program.limit, program.most, program.copies
    sizes = abs(runs).T.astype(float) @ price.astype(float) + abs(limited).T.astype(float) @ multiplier.astype(float)
    total = float(sizes @ most) + float(price @ copies.astype(float)) + float(multiplier @ np.abs(limit.astype(float)))
    if total >= ROOM:
        return None
    # Every v between 0 and most with runs v >= copies and limited v <= limit has gain v >= needed.
    gain = runs.T @ price - limited.T @ multiplier
    spare = int(price @ copies) - int(multiplier @ limit) - int(np.maximum(0, gain) @ most)
    if spare <= 0:
        return None
    carrying = []
    for at in np.argsort(price * copies, kind="stable").tolist():  # those with little weight are not needed at all
        if int(price[at] * copies[at]) < spare:
            spare -= int(price[at] * copies[at])
        else:
            carrying.append(int(program.group[at]))
    return Proof(tuple(dict.fromkeys(carrying)))


@dataclass(frozen=True, eq=False)
class _Program:
    """Linear relaxation: runs v >= copies, limited v <= limit, 0 <= v <= most.

    `group` labels the rows of `runs`. A task in segments has two of them: it begins, and its work is done.
    """

    runs: Any
    limited: Any
    limit: NDArray[Any]
    most: NDArray[Any]
    copies: NDArray[Any]
    group: Ints

    def multipliers(self, seconds: float) -> tuple[Ints, Ints] | None:
        """Return multipliers of the limits and of the runs; None where a solution may exist, or time ran out."""
        solver: Any = optimize.linprog
        share: Any = np.concatenate([np.zeros(self.limited.shape[0]), -self.copies.astype(float)])[:, None]
        answer = solver(
            np.concatenate([np.zeros(len(self.most)), [1.0]]),
            A_ub=sparse.hstack([sparse.vstack([self.limited, -self.runs]), share]).tocsr(),
            b_ub=np.concatenate([self.limit, -self.copies]),
            bounds=np.column_stack([np.zeros(len(self.most) + 1), np.concatenate([self.most, [1]])]),
            method="highs",
            options={"time_limit": max(SHORTEST_CALL, seconds)},
        )
        if answer.status != 0 or answer.fun < 1e-7:
            return None
        whole = np.rint(np.maximum(0.0, -answer.ineqlin.marginals) * 2.0**BITS).astype(np.int64)
        limits, runs = np.split(whole, [self.limited.shape[0]])
        return limits, runs


def _program(problem: Problem) -> _Program:
    """Return the linear relaxation of a problem."""
    linear = build_model(problem)
    number = np.arange(problem.groups) if linear.slots is None else linear.slots.form.group
    matrix, none, first = linear.matrix.tocsr(), np.zeros(0, np.int64), 0
    row, group = [none], [none]
    for part in linear.parts:
        if part.name in ("once", "segments.once"):  # each of these rows asks that a task runs
            row.append(first + np.arange(len(part.upper)))
            group.append(number[part.label[:, 0]] if part.name == "once" else part.label[:, 0])
        first += len(part.upper)
    runs = np.concatenate(row)
    rest = np.setdiff1d(np.arange(first), runs)
    upper, lower = linear.upper[rest], linear.lower[rest]
    bounded = sparse.vstack([matrix[rest][upper < NO_LIMIT], -matrix[rest][lower > -NO_LIMIT]]).tocsr()
    limit = np.concatenate([upper[upper < NO_LIMIT], -lower[lower > -NO_LIMIT]])
    return _Program(
        runs=matrix[runs],
        limited=bounded,
        limit=_rounded(bounded, limit, linear.whole),
        most=linear.most,
        copies=linear.lower[runs],
        group=np.concatenate(group),
    )


def _rounded(rows: Any, limit: Ints, whole: Bools) -> Ints:
    """Return the limits of rows, rounded down to what whole numbers reach (2 a + 4 b <= 7: 6)."""
    filled = np.diff(rows.indptr) > 0
    if not filled.any():
        return limit
    first = rows.indptr[:-1][filled]
    step = np.gcd.reduceat(rows.data, first)
    step[~np.logical_and.reduceat(whole[rows.indices], first)] = 1
    found = limit.copy()
    found[filled] = limit[filled] // step * step
    return found
