"""Join the integer programs of scenarios: common decisions, and the mean and tail of their costs.

The deterministic equivalent of a two-stage stochastic program (Birge and Louveaux 2011,
doi:10.1007/978-1-4614-0237-4): the programs stand side by side, rows make common decisions equal, and the objective is

    (1 - k) sum of p[s] cost[s]  +  k (e + sum of p[s] z[s] / (1 - level))     z[s] >= cost[s] - e

whose second part is the conditional value at risk (Rockafellar and Uryasev 2000, doi:10.21314/JOR.2000.038).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leptonopt.algorithms.models.scaling import scaled_rows
from leptonopt.algorithms.models.time_indexed import IntegerProgram
from leptonopt.problem.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class ScenarioProgram:
    """An integer program in doubles over the variables of each scenario in turn, then e and z.

    Attributes
    ----------
    costs, most : float, shape (V,); variables are from 0 to `most`
    matrix : CSR, shape (R, V), with lower <= matrix x <= upper
    whole : bool, shape (V,)
    begin : int64, shape (S + 1,): where the variables of each scenario begin
    """

    costs: Floats
    most: Floats
    matrix: Any
    lower: Floats
    upper: Floats
    whole: Bools
    begin: Ints


def joined(
    programs: Sequence[IntegerProgram], weights: Floats, units: Floats, common: Ints, risk: tuple[float, float] | None
) -> ScenarioProgram:
    """Return the program of scenarios.

    Parameters
    ----------
    weights, units : shape (S,): weight of each scenario, and money of one unit of its program.
    common : int64, shape (S, N): positions of the variables that are equal in all scenarios.
    risk : level and weight of the value at risk; None for the mean alone.
    """
    from scipy import sparse

    begin = np.cumsum([0, *(len(each.most) for each in programs)])
    money = [unit * each.cost.astype(float) for each, unit in zip(programs, units, strict=True)]
    blocks, lower, upper = zip(*map(scaled_rows, programs), strict=True)
    links = list(_equal(common + begin[:-1, None], int(begin[-1])))
    rows, tail = sparse.vstack([sparse.block_diag(blocks), *links]).tocsr(), _tail(money, weights, risk, begin)
    none, share = np.zeros(sum(each.shape[0] for each in links)), 0.0 if risk is None else risk[1]
    wide = sparse.hstack([rows, sparse.csr_matrix((rows.shape[0], len(tail.costs)))])
    return ScenarioProgram(
        costs=np.concatenate([*((1 - share) * p * each for p, each in zip(weights, money, strict=True)), tail.costs]),
        most=np.concatenate([_raised(programs, begin), np.full(len(tail.costs), np.inf)]),
        matrix=sparse.vstack([wide, tail.rows]).tocsr(),
        lower=np.concatenate([*lower, none, np.full(tail.rows.shape[0], -np.inf)]),
        upper=np.concatenate([*upper, none, tail.upper]),
        whole=np.concatenate([*(each.whole for each in programs), np.zeros(len(tail.costs), bool)]),
        begin=begin,
    )


def _raised(programs: Sequence[IntegerProgram], begin: Ints) -> Floats:
    """Return limits of all variables; those of nodes and replicas are the greatest of any scenario.

    Common decisions may be of no use in some scenarios.
    """
    most = np.concatenate([each.most.astype(float) for each in programs])
    tables = [{**each.variables.nodes, **each.variables.services} for each in programs]
    for name in tables[0]:
        if name[0] in "nwuvhsd" and all(name in table for table in tables):
            places = np.array([table[name] for table in tables]) + begin[:-1, None]
            most[places] = most[places].max(axis=0)
    return most


def _equal(places: Ints, size: int) -> Iterator[Any]:
    """Yield rows that make each variable equal to that of the first scenario."""
    from scipy import sparse

    count = places.shape[1]
    row = np.tile(np.arange(count), 2)
    sign = np.repeat([1.0, -1.0], count)
    for other in places[1:]:
        yield sparse.csr_matrix((sign, (row, np.concatenate([places[0], other]))), shape=(count, size))


@dataclass(frozen=True, eq=False)
class _Tail:
    """The rows of the value at risk over all variables and e, z; costs of e and z."""

    rows: Any
    upper: Floats
    costs: Floats


def _tail(money: Sequence[Floats], weights: Floats, risk: tuple[float, float] | None, begin: Ints) -> _Tail:
    from scipy import sparse

    if risk is None:
        return _Tail(sparse.csr_matrix((0, int(begin[-1]))), np.zeros(0), np.zeros(0))
    (level, share), count = risk, len(money)  # e is at least 0, as costs are
    of_cost = sparse.block_diag([sparse.csr_matrix(each[None]) for each in money], format="csr")
    less = sparse.csr_matrix(-np.ones((count, 1)))
    rows = sparse.hstack([of_cost, less, -sparse.identity(count)], format="csr")
    return _Tail(rows, np.zeros(count), share * np.array([1.0, *(weights / (1 - level))]))
