"""Proofs without search: the linear relaxation has no solution, shown by multipliers of its rows (Farkas' lemma).

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
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem

MOST = 3_000_000  # nonzeros of a relaxation whose linear program is solved
BITS = 45  # of a multiplier
ROOM = 2.0**61  # all sums stay below


@dataclass(frozen=True)
class Proof:
    """That no schedule exists, even if all but `groups` may be left out; those of little weight come first."""

    groups: tuple[int, ...]


def prove_infeasible(problem: Problem, seconds: float) -> Proof | None:
    """A proof that the linear relaxation has no solution; None where it has one, or none was found in time."""
    if seconds <= 0 or predicted_size(problem)[1] > MOST:
        return None
    linear = build_model(problem)
    first, once = 0, linear.parts[0]
    for once in linear.parts:
        if once.name == "once":
            break
        first += len(once.upper)
    many = len(once.upper)
    matrix = linear.matrix.tocsr()
    rest = np.r_[0:first, first + many : matrix.shape[0]]
    upper, lower = linear.upper[rest], linear.lower[rest]
    runs, most, copies = matrix[first : first + many], linear.most, linear.upper[first : first + many]
    limited = sparse.vstack([matrix[rest][upper < NO_LIMIT], -matrix[rest][lower > -NO_LIMIT]]).tocsr()
    limit = np.concatenate([upper[upper < NO_LIMIT], -lower[lower > -NO_LIMIT]])
    solver: Any = optimize.linprog
    short: Any = np.concatenate([np.zeros(limited.shape[0]), -copies.astype(float)])[:, None]
    answer = solver(
        np.concatenate([np.zeros(len(most)), [1.0]]),
        A_ub=sparse.hstack([sparse.vstack([limited, -runs]), short]).tocsr(),
        b_ub=np.concatenate([limit, -copies]),
        bounds=np.column_stack([np.zeros(len(most) + 1), np.concatenate([most, [1]])]),
        method="highs",
        options={"time_limit": seconds},
    )
    if answer.status != 0 or answer.fun < 1e-7:
        return None
    multipliers = _whole(np.maximum(0.0, -answer.ineqlin.marginals))
    multiplier, price = np.split(multipliers, [limited.shape[0]])
    sizes = abs(runs).T.astype(float) @ price.astype(float) + abs(limited).T.astype(float) @ multiplier.astype(float)
    total = float(sizes @ most) + float(price @ copies.astype(float)) + float(multiplier @ np.abs(limit.astype(float)))
    if total >= ROOM:
        return None
    # Every v between 0 and most with runs v = copies and limited v <= limit has gain v >= needed.
    gain = runs.T @ price - limited.T @ multiplier
    spare = int(price @ copies) - int(multiplier @ limit) - int(np.maximum(0, gain) @ most)
    if spare <= 0:
        return None
    carrying = []
    for at in np.argsort(price * copies, kind="stable").tolist():  # those with little weight are not needed at all
        if int(price[at] * copies[at]) < spare:
            spare -= int(price[at] * copies[at])
        else:
            carrying.append(int(once.label[at, 0]))
    return Proof(tuple(carrying))


def _whole(values: NDArray[np.float64]) -> Ints:
    """Multipliers as integers."""
    return np.rint(values * 2.0**BITS).astype(np.int64)
