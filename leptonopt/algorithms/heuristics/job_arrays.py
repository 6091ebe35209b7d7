"""The arrays of a problem for the kernels over jobs, and the schedules that these find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.heuristics.job_kernels import JobArrays, JobState
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.schedule import Schedule


@dataclass(frozen=True)
class JobLimits:
    """Sizes above which kernels over jobs are not used: they expand copies, columns, and quotas.

    Attributes
    ----------
    jobs : copies of all groups
    columns : pairs of option and start, and those times the quotas that count them
    slots : kinds of nodes times slots, and those times the quotas
    """

    jobs: int = 50_000
    columns: int = 40_000_000
    slots: int = 5_000_000


LIMITS = JobLimits()


def fits_kernels(problem: Problem, limits: JobLimits = LIMITS) -> bool:
    """Return whether a problem is small enough for the kernels over jobs."""
    if not problem.options or not 0 < problem.copies.sum() <= limits.jobs:
        return False
    columns, quotas = int((problem.last - problem.first + 1).sum()), 1 + len(problem.quotas)
    return columns * quotas <= limits.columns and (len(problem.nodes) + 1) * problem.slots * quotas <= limits.slots


def least_weights(problem: Problem) -> Floats:
    """Return a first penalty per unit above the limit of each quota, float64, shape (Q,) [money units]."""
    scale = float(np.abs(problem.price).max(initial=0)) + float(np.abs(problem.fixed).max(initial=0)) + 1.0
    if len(problem.nodes):
        scale += float(problem.nodes.costs.on_demand.max(initial=0))
    return np.array([_weight(quota.rate, quota.once, quota.nodes, scale) for quota in problem.quotas], float)


def _weight(rate: Ints, once: Ints, nodes: NodeCosts | None, scale: float) -> float:
    most = max(float(np.abs(rate).max(initial=0)), float(np.abs(once).max(initial=0)))
    if nodes is not None:
        most = max(most, float(nodes.on_demand.max(initial=0)), float(np.abs(nodes.on).max(initial=0)))
    return scale / max(1.0, most)


class JobSet:
    """A problem as jobs: constant arrays, and schedules in and out.

    Attributes
    ----------
    arrays : what kernels read
    penalty : float64, shape (J,), cost of leaving a job out; above all other costs for one that must run
    depth : float64, shape (J,), number of predecessors in a row
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.arrays = _arrays(problem)
        arrays = self.arrays
        each = np.maximum.reduceat(np.abs(arrays.cost), arrays.cost_ptr[:-1])
        dearest = float(each.max(initial=0.0) + np.abs(arrays.paid).sum() + np.abs(arrays.value).max(initial=0.0))
        self.penalty: Floats = np.where(arrays.must, 10.0 * (1.0 + dearest), arrays.value)
        self.depth = np.zeros(len(arrays.group))
        if len(problem.before):
            self._set_depth()

    def take_guide(self, guide: CostGuide) -> None:
        """Take what multipliers say that the capacity of each column is worth."""
        problem = self.problem
        columns, rows = StartColumns(problem), np.arange(len(problem.capacity))
        self.arrays.guide[:] = columns.held(guide.prefix, rows) / guide.scale
        self.arrays.guide[:] -= columns.held(problem.price_sum, rows)
        if guide.once is not None:
            self.arrays.guide[:] += np.array(guide.once, float)[columns.option] / guide.scale

    def _set_depth(self) -> None:
        """Count the predecessors of each job along the longest path."""
        depth = np.zeros(self.problem.groups)
        for _ in range(self.problem.groups):
            deeper = depth.copy()
            np.maximum.at(deeper, self.problem.after, depth[self.problem.before] + 1)
            if np.array_equal(deeper, depth):
                break
            depth = deeper
        self.depth = depth[self.arrays.group]

    def soft_penalty(self) -> Floats:
        """Return a first cost of leaving each job out; if it must run, twice its dearest column with nodes."""
        arrays = self.arrays
        dearest = np.maximum.reduceat(np.abs(arrays.cost), arrays.cost_ptr[:-1])
        kind = arrays.kind[arrays.row]
        paid = np.append(arrays.paid.sum(axis=1) / max(1, self.problem.slots), 0.0)[kind]
        hosted = arrays.amount / arrays.size[arrays.row] * paid
        option = np.repeat(np.arange(len(arrays.duration)), np.diff(arrays.demand_ptr))
        dearest += arrays.duration * np.bincount(option, hosted, len(arrays.duration))
        by_group = np.zeros(self.problem.groups)
        np.maximum.at(by_group, self.problem.group, dearest)
        soft: Floats = np.where(arrays.must, 2 * by_group[arrays.group] + by_group.mean() + 1, arrays.value)
        return soft

    def state(self) -> JobState:
        """Return an empty schedule, its quota weights at their first value."""
        problem, jobs = self.problem, len(self.arrays.group)
        pools, quotas = int(problem.pool.max(initial=-1)) + 1, len(problem.quotas)
        none = np.full(jobs, -1)
        return JobState(
            option=none,
            start=none.copy(),
            free=_own(problem.capacity),
            full=(np.cumsum(problem.capacity, axis=1) == 0).sum(axis=1).astype(np.int64),
            need=np.zeros((len(problem.nodes), problem.slots), np.int64),
            lit=np.zeros(len(problem.nodes), np.int64),
            total=np.zeros(2),
            used=np.zeros(quotas),
            limit=np.array([float(quota.limit) for quota in problem.quotas]),
            weight=least_weights(problem),
            on_together=np.zeros((len(problem.together), pools), np.int64),
            on_apart=np.zeros((len(problem.apart), pools), np.int64),
            noise=np.zeros(4),
            extra=np.zeros((3 + quotas, problem.slots + 1)),
        )

    def order_of(self, rank: Floats) -> Ints:
        """Return the jobs by the rank of their group, float64, shape (G,), predecessors first."""
        key = rank[self.arrays.group]
        order: Ints = np.lexsort((key, self.depth))
        return order

    def schedule(self, option: Ints, start: Ints) -> Schedule:
        """Return the schedule of jobs, int64, shapes (J,)."""
        ran = option >= 0
        return Schedule.of(option[ran], start[ran])


def _arrays(problem: Problem) -> JobArrays:
    """Return the constant arrays of a problem."""
    return JobArrays(**{name: _own(values) for part in PARTS for name, values in part(problem).items()})


Arrays = dict[str, NDArray[Any]]


def _group_arrays(problem: Problem) -> Arrays:
    """Return the arrays of jobs and of groups."""
    group = np.repeat(np.arange(problem.groups), problem.copies)
    job = np.cumsum(np.concatenate([[0], problem.copies]))[:-1]
    lags = problem.lag, problem.most
    before_ptr, before, before_lag, before_most = _edges(problem.groups, problem.after, job[problem.before], *lags)
    behind_ptr, behind, behind_lag, behind_most = _edges(problem.groups, problem.before, job[problem.after], *lags)
    together_ptr, together = _sets(problem.groups, problem.together)
    apart_ptr, apart = _sets(problem.groups, problem.apart)
    return {
        "group": group,
        "must": ~problem.optional[group],
        "value": problem.value[group].astype(float),
        "option_ptr": problem.option_ptr,
        "before_ptr": before_ptr,
        "before": before,
        "before_lag": before_lag,
        "before_most": before_most,
        "behind_ptr": behind_ptr,
        "behind": behind,
        "behind_lag": behind_lag,
        "behind_most": behind_most,
        "together_ptr": together_ptr,
        "together": together,
        "apart_ptr": apart_ptr,
        "apart": apart,
    }


def _option_arrays(problem: Problem) -> Arrays:
    """Return the arrays of options and of their starts."""
    columns = StartColumns(problem)
    cost = columns.costs(problem.price_sum, problem.fixed)
    least = np.minimum.reduceat(cost, columns.ptr[:-1])
    falls = np.append(cost[1:] < cost[:-1], False)
    falls[columns.ptr[1:] - 1] = False
    use_at, use = _quota_tables(problem, columns)
    return {
        "options": np.lexsort((least, problem.group)),
        "duration": problem.duration,
        "first": problem.first,
        "last": problem.last,
        "pool": problem.pool,
        "regular": ~np.logical_or.reduceat(falls, columns.ptr[:-1]),
        "cost_ptr": columns.ptr,
        "cost": cost,
        "guide": np.zeros_like(cost),
        "least": least,
        "demand_ptr": problem.demand_ptr,
        "row": problem.demand_row,
        "amount": problem.demand,
        "use_at": use_at,
        "use": use,
    }


def _row_arrays(problem: Problem) -> Arrays:
    """Return the arrays of rows, nodes and quotas; kinds that cost nothing are left out of rows."""
    nodes = problem.nodes
    kind, size, kind_ptr, kind_row = _supplied(problem)
    paid, idle, rise = _node_prices(problem, nodes.costs)
    counted = np.array([quota.nodes is not None for quota in problem.quotas], bool)
    quota_paid, quota_idle = (np.zeros((len(counted), *paid.shape)) for _ in range(2))
    quota_rise = np.zeros((len(counted), len(nodes)))
    for at, quota in enumerate(problem.quotas):
        if quota.nodes is not None and len(nodes):
            quota_paid[at], quota_idle[at], quota_rise[at] = _node_prices(problem, quota.nodes)
    priced = paid.any(axis=1) | idle.any(axis=1) | (rise != 0)
    priced |= quota_paid.any(axis=(0, 2)) | quota_idle.any(axis=(0, 2)) | (quota_rise != 0).any(axis=0)
    kind[~np.append(priced, True)[kind]] = -1
    return {
        "capacity": problem.capacity,
        "kind": kind,
        "size": size,
        "kind_ptr": kind_ptr,
        "kind_row": kind_row,
        "owned": nodes.reserved,
        "paid": paid,
        "idle": idle,
        "rise": rise,
        "quota_kinds": counted,
        "quota_paid": quota_paid,
        "quota_idle": quota_idle,
        "quota_rise": quota_rise,
        "rate": _least_rate(problem, kind, size, paid),
    }


PARTS = (_group_arrays, _option_arrays, _row_arrays)


def _own(values: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of the one type and layout that kernels are compiled for."""
    number = {"b": np.bool_, "f": np.float64}.get(values.dtype.kind, np.int64)
    return np.array(values, number, order="C", copy=True)


def _node_prices(problem: Problem, costs: NodeCosts) -> tuple[Floats, Floats, Floats]:
    """Return costs of nodes on demand and of owned ones, (M, T), and of a rise in their number, (M,).

    A node that boots is paid before it is usable.
    """
    nodes = problem.nodes
    idle = np.maximum(0.0, costs.on.astype(float))
    paid = np.maximum(0.0, (costs.on + costs.on_demand).astype(float))
    only_committed = (~nodes.on_demand)[:, None]
    paid = np.where(only_committed, idle + (costs.commit / max(1, problem.slots))[:, None], paid)
    if not len(nodes):
        return paid, idle, np.zeros(0)
    rise = (costs.start + costs.stop).mean(axis=1) + nodes.boot * paid.mean(axis=1)
    return paid, idle, rise


def _supplied(problem: Problem) -> tuple[Ints, Ints, Ints, Ints]:
    """Return per row the kind that alone supplies it, or -1, and its size; and the rows of each kind."""
    nodes = problem.nodes
    suppliers = np.bincount(nodes.supply_row, minlength=len(problem.capacity))
    alone = suppliers[nodes.supply_row] == 1
    kind, size = np.full(len(problem.capacity), -1), np.ones(len(problem.capacity), np.int64)
    rows, of = nodes.supply_row[alone], nodes.supply_node[alone]
    kind[rows], size[rows] = of, nodes.supply_size[alone]
    by_kind = np.argsort(of, kind="stable")
    ptr = np.searchsorted(of[by_kind], np.arange(len(nodes) + 1)).astype(np.int64)
    return kind, size, ptr, rows[by_kind]


def _least_rate(problem: Problem, kind: Ints, size: Ints, paid: Floats) -> Floats:
    """Return the least cost per slot of each option whose nodes are off, float64, shape (O,)."""
    row, rate, host = problem.demand_row, np.zeros(problem.options), np.full(problem.options, -1)
    option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    supplied = kind[row] >= 0
    host[option[supplied][::-1]] = kind[row][supplied][::-1]  # the first kind, which kernels look at
    own = supplied & (kind[row] == host[option])
    nodes = -(-problem.demand[own] // size[row[own]])
    np.maximum.at(rate, option[own], nodes * paid.min(axis=1, initial=np.inf)[kind[row[own]]])
    return rate


def _edges(groups: int, of: Ints, other: Ints, lag: Ints, most: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return edges sorted by group: pointers, the other job, the least and the greatest lag."""
    by = np.argsort(of, kind="stable")
    return np.searchsorted(of[by], np.arange(groups + 1)).astype(np.int64), other[by], lag[by], most[by]


def _sets(groups: int, sets: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """Return the sets of each group: pointers, and numbers of sets."""
    number = np.concatenate([np.zeros(0, np.int64), *(np.full(len(each), at) for at, each in enumerate(sets))])
    of = np.concatenate([np.zeros(0, np.int64), *sets])
    by = np.argsort(of, kind="stable")
    return np.searchsorted(of[by], np.arange(groups + 1)).astype(np.int64), number[by].astype(np.int64)


def _quota_tables(problem: Problem, columns: StartColumns) -> tuple[Ints, Floats]:
    """Return where the uses of a quota by an option begin, (O, Q), -1 for none; and the uses by start."""
    at, tables, size = np.full((problem.options, len(problem.quotas)), -1), [np.zeros(0)], 0
    for number, quota in enumerate(problem.quotas):
        uses = columns.uses(quota)
        uses_any = np.logical_or.reduceat(uses != 0, columns.ptr[:-1])
        kept = uses[uses_any[columns.option]]
        lengths = np.diff(columns.ptr)[uses_any]
        at[uses_any, number] = size + np.cumsum(lengths) - lengths
        size += len(kept)
        tables.append(kept)
    return at, np.concatenate(tables)


class StartColumns:
    """The columns of a problem: each option at each start of its window, option by option.

    Attributes
    ----------
    ptr : int64, shape (O + 1,), where the columns of an option begin
    option, start, end : int32, shape (C,)
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.ptr: Ints = np.concatenate([[0], np.cumsum(problem.last - problem.first + 1)])
        self.option = np.repeat(np.arange(problem.options, dtype=np.int32), np.diff(self.ptr))
        self.start = (np.arange(self.ptr[-1]) - (self.ptr[:-1] - problem.first)[self.option]).astype(np.int32)
        self.end = self.start + problem.duration.astype(np.int32)[self.option]

    def costs(self, prefix: Ints, once: Ints) -> Floats:
        """Return the costs at prefix sums of prices, (K, T + 1), and one-time costs; float64, shape (C,)."""
        problem, option = self.problem, self.option
        cost: Floats = (once[option] + problem.late(problem.group[option], self.end)).astype(float)
        cost += self.held(prefix, np.arange(len(prefix)))
        return cost

    def uses(self, quota: Quota) -> Floats:
        """Return the use of a quota by one copy, float64, shape (C,)."""
        place = np.full(len(self.problem.capacity), -1)
        place[quota.rows] = np.arange(len(quota.rows))
        use = self.held(np.pad(np.cumsum(quota.rate, axis=1), ((0, 0), (1, 0))), place)
        once = np.zeros(self.problem.options)
        once[quota.options] = quota.once
        use += once[self.option] * ((self.start >= quota.first) & (self.start <= quota.last))
        return use

    def held(self, sums: Ints, place: Ints) -> Floats:
        """Return what demand costs at prefix sums, (N, T + 1); float64, shape (C,).

        place : the line of each row among these sums, -1 for none
        """
        problem, total = self.problem, np.zeros(len(self.option))
        for nth in range(int(np.diff(problem.demand_ptr).max(initial=0))):
            entry = np.minimum(problem.demand_ptr[:-1] + nth, len(problem.demand) - 1)
            line = place[problem.demand_row[entry]]
            there = (problem.demand_ptr[:-1] + nth < problem.demand_ptr[1:]) & (line >= 0)
            if not there.any():
                continue
            own = np.flatnonzero(there[self.option]) if not there.all() else slice(None)
            option = self.option[own]
            change = sums[line[option], self.end[own]] - sums[line[option], self.start[own]]
            total[own] += problem.demand[entry[option]] * change
        return total
