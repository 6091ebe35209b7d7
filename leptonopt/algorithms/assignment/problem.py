"""Problems whose tasks go to agents: one slot, one task a group, one limited row a pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule

CELLS = 60_000_000  # agents x tasks x room at most: what a round of knapsacks costs


@dataclass(frozen=True, eq=False)
class AssignmentProblem:
    """A agents, N tasks; every task goes to one agent.

    The objective of a problem is unit * (cost + opening of agents that have tasks) + constant.

    Attributes
    ----------
    cost : int64, shape (A, N) [units], at least 0 where `able`
    demand : int64, shape (A, N), at least 1 where `able`
    able : bool, shape (A, N)
    room, opening : int64, shape (A,) [demand units, units]
    option : int64, shape (A, N), of the problem; -1 where a task is left out
    total : what all tasks need together where that is the same wherever they go, else None
    """

    cost: Ints
    demand: Ints
    able: Bools
    room: Ints
    opening: Ints
    option: Ints
    total: int | None
    unit: int
    constant: int

    def schedule(self, where: Ints) -> Schedule:
        """Return the schedule of an assignment, int64, shape (N,)."""
        chosen = self.option[where, np.arange(len(where))]
        chosen = chosen[chosen >= 0]
        return Schedule.of(chosen, np.zeros_like(chosen))

    def cost_of(self, where: Ints) -> int:
        """Return the cost of an assignment [units], without `constant`."""
        each = self.cost[where, np.arange(len(where))].sum()
        return int(each + self.opening[np.unique(where)].sum())

    def of_cost(self, cost: int) -> int:
        """Return the cost [units] of an objective, rounded up."""
        return -(-(cost - self.constant) // self.unit)


def detect_assignment(problem: Problem) -> AssignmentProblem | None:
    """Return the assignment problem that a problem is; None when it is another one."""
    rows = _rows(problem)
    if rows is None:
        return None
    row, amount, row_of = rows
    opening = _opening(problem, row_of)
    if opening is None:
        return None
    return _table(problem, row, amount, row_of, opening)


def _rows(problem: Problem) -> tuple[Ints, Ints, Ints] | None:
    """Return each option's limited row and its demand there, and the row of each agent."""
    if problem.slots != 1 or problem.quotas or problem.together or problem.apart or not problem.options:
        return None
    if (problem.copies != 1).any() or (problem.duration != 1).any() or len(problem.before) or problem.last.any():
        return None
    limited = problem.capacity[:, 0] < UNLIMITED
    limited[problem.nodes.supply_row] = True
    counted = limited[problem.demand_row]
    owner = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))[counted]
    if len(owner) != problem.options or len(np.unique(owner)) != problem.options:
        return None
    row, amount = problem.demand_row[counted], problem.demand[counted]
    pairs = np.unique(np.stack([problem.group, row]), axis=1)
    return (row, amount, np.unique(row)) if pairs.shape[1] == problem.options else None


def _opening(problem: Problem, row_of: Ints) -> Ints | None:
    """Return the cost of each agent's node, int64, shape (A,); None where nodes have another form."""
    nodes, cost = problem.nodes, np.zeros(len(row_of), np.int64)
    for row, kind in zip(nodes.supply_row.tolist(), nodes.supply_node.tolist(), strict=True):
        alone = (nodes.supply_row == row).sum() == 1 and (nodes.supply_node == kind).sum() == 1
        if not alone or nodes.before[kind] or nodes.count[kind].max(initial=0) != 1 or nodes.most()[kind, 0] != 1:
            return None
        costs = nodes.costs
        paid = int(costs.on_demand[kind, 0])
        if not nodes.reserved[kind] and nodes.commit_max[kind]:
            paid = min(paid, int(costs.commit[kind])) if nodes.on_demand[kind] else int(costs.commit[kind])
        run = int((costs.on + costs.start + costs.stop)[kind, 0])
        if run < 0:
            return None
        cost[row_of == row] = run + (0 if nodes.reserved[kind] else paid)
    return cost


def _table(problem: Problem, row: Ints, amount: Ints, row_of: Ints, opening: Ints) -> AssignmentProblem | None:
    many, out = len(row_of), np.flatnonzero(problem.optional)
    shape = (many + bool(len(out)), problem.groups)
    cost, demand, option = np.zeros(shape, np.int64), np.ones(shape, np.int64), np.full(shape, -1)
    able, at = np.zeros(shape, bool), np.searchsorted(row_of, row)
    columns = problem.columns
    spot = at[columns.option], problem.group[columns.option]
    cost[spot], demand[spot], option[spot], able[spot] = columns.cost, amount[columns.option], columns.option, True
    room = np.minimum(problem.capacity[row_of, 0], demand[:many].sum(axis=1))
    if len(out):  # who is left out goes to an agent that has room for all
        cost[many, out], able[many, out] = problem.value[out], True
        room, opening = np.append(room, problem.groups), np.append(opening, 0)
    if not able.any(axis=0).all() or cost[able].min() < -(2**40) or cost[able].max() > 2**40:
        return None
    share = int(np.gcd.reduce(demand[able]))
    demand, room = np.where(able, demand // share, 1), room // share
    if len(cost) * problem.groups * int(room.max()) > CELLS:
        return None
    least = np.where(able, cost, 2**62).min(axis=0)
    cost = np.where(able, cost - least, 0)
    unit = int(np.gcd.reduce(np.append(cost[able], opening))) or 1
    same = not len(out) and bool((np.where(able, demand, demand.max(axis=0)) == demand.max(axis=0)).all())
    total = int(demand.max(axis=0).sum()) if same else None
    return AssignmentProblem(cost // unit, demand, able, room, opening // unit, option, total, unit, int(least.sum()))
