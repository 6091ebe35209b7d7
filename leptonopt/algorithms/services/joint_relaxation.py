"""The linear relaxation of services and tasks together.

It gives prices on what they share, and fractional replicas. Services stand in it with their rounded cuts. Tasks have
only some of their starts, to which those are added that are cheapest at the prices (column generation; Desaulniers,
Desrosiers and Solomon 2005, doi:10.1007/b135457), until all others gain little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leptonopt.algorithms.lagrangian.column_generation import cheapest_by_bucket, column_costs
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, BlockPricer
from leptonopt.algorithms.lagrangian.relaxation import RelaxationDuals, relaxation_duals
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem, StartColumns
from leptonopt.runtime.clock import check_time
from leptonopt.runtime.deadline import Deadline

BUCKETS = 8  # parts of the horizon, each with a column of every option to begin with
NEAR = 2e-3  # what columns that are left out may gain, relative to the value
MOST_OPTIONS = 20_000  # of tasks; with more there is no relaxation


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A solution of the relaxation.

    Attributes
    ----------
    prices : int64, shape (K, T) [money units], of rows with a limit
    switching : int64, shape (2, W, T) [money units], of replicas switched on, and off
    on : float, shape (W, T), replicas on
    value : of the solution [money units], in floating point; no bound
    """

    prices: Ints
    switching: Ints
    on: Floats
    value: float


def no_prices(problem: Problem) -> Relaxed:
    """Return prices of nothing."""
    most = problem.services.most
    return Relaxed(np.zeros_like(problem.capacity), np.zeros((2, *most.shape), np.int64), np.zeros(most.shape), -np.inf)


def relaxed(problem: Problem, seconds: float) -> Relaxed | None:
    """Return a solution of the relaxation within some seconds; None where there is none in time."""
    if problem.options > MOST_OPTIONS:
        return None
    deadline, columns, found = Deadline.after(seconds), _Columns(problem), None
    while True:
        check_time()
        duals = None if deadline.expired() else relaxation_duals(problem, deadline.left(), columns.chosen(problem))
        if duals is None:
            return found
        found = _rounded(problem, duals)
        priced = replace(problem, price=problem.price + found.prices)
        if columns.missing(priced) <= NEAR * abs(found.value) or not columns.add(priced):
            return found


def _rounded(problem: Problem, duals: RelaxationDuals) -> Relaxed:
    """Return whole prices of rows with a limit."""
    prices = np.where(problem.capacity < UNLIMITED, np.rint(duals.capacity), 0).astype(np.int64)
    return Relaxed(prices, np.rint(duals.switching).astype(np.int64), duals.on, duals.value)


class _Columns:
    """Columns of tasks that the relaxation knows.

    Attributes
    ----------
    key : int64, shape (C,), option * slots + start, ascending
    """

    def __init__(self, problem: Problem) -> None:
        self.pricer = BlockPricer(problem)
        width = -(-problem.slots // BUCKETS)
        self.key: Ints = np.sort(cheapest_by_bucket(self.pricer, problem.price_sum.astype(float), None, width)[0])

    def chosen(self, priced: Problem) -> StartColumns:
        """Return the columns, with what they cost in the problem at its prices or at others."""
        option, start = np.divmod(self.key, priced.slots)
        return StartColumns(option, start, column_costs(priced, option, start))

    def missing(self, priced: Problem) -> float:
        """Return by how much all columns lower the cost of the tasks at other prices."""
        columns = self.chosen(priced)
        least = np.where(priced.optional, priced.value, INFEASIBLE_COST)
        np.minimum.at(least, priced.group[columns.option], columns.cost)
        all_ = self.pricer.group_least(priced.price_sum)
        return float((priced.copies * (least - all_).astype(float)).sum())

    def add(self, priced: Problem) -> bool:
        """Add the cheapest column of each option at other prices; return whether one is new."""
        known = len(self.key)
        key, _ = cheapest_by_bucket(self.pricer, priced.price_sum.astype(float), None, priced.slots)
        self.key = np.union1d(self.key, key)
        return len(self.key) > known
