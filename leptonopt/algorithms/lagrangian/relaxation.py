"""The linear relaxation of a problem, and its dual values as multipliers.

The rows are those of `models.time_indexed`. With `width` > 1 the rows of capacity and supply are sums over buckets of
so many slots: the duals of such a relaxation are the best multipliers that are constant within each bucket. With some
of the columns only, the duals are best for these. Whatever is left out, any multipliers >= 0 give a valid bound once
they are judged on all columns (`capacity_dual.exact_bound`), so nothing depends on HiGHS being right.

Precedence and separation have no multipliers in `capacity_dual`. Where they bind, `proven_bound` takes the multipliers
of all rows, and computes in integers what they prove.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from leptonopt.algorithms.models import constraints as rules
from leptonopt.algorithms.models import constraints_nodes as node_rules
from leptonopt.algorithms.models import constraints_services as service_rules
from leptonopt.algorithms.models.reduced_costs import DualProof
from leptonopt.algorithms.models.rows import NO_LIMIT, Rows, RowTable, Variables, expand_ranges
from leptonopt.algorithms.models.scaling import row_units, scaled_entries
from leptonopt.algorithms.models.time_indexed import IntegerProgram, assemble, cost, normalise_costs
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem, StartColumns

PENALTY = 10.0  # cost of leaving out a group that must run, in the highest cost of a column
PROOF_SCALES = (2**16, 2**10, 2**4, 1)  # multipliers are multiples of one cost over the first at which sums are exact


@dataclass(frozen=True, eq=False)
class RelaxationDuals:
    """Dual values of a linear relaxation [money units], none below zero.

    Attributes
    ----------
    capacity : float, shape (K, T), per demand unit and slot
    quota : float, shape (Q,), per unit of a quota
    waiting : float, shape (E,), per slot and edge of precedence
    apart : by set and pool, for running there
    replicas, serve : float, of the rows of these rules, in their order
    routed : of the rows of `serve.routing` by their labels: (service, family, kind, class or way, slot)
    work : of rule `batches` by the labels of its rows: (service, cut, slot), and (batch, class, -1)
    switching : float, shape (2, W, T), of the rows that count replicas switched on, and off
    on : float, shape (W, T), the replicas on in the solution
    value : the optimum of the relaxation, in floating point; no bound
    """

    capacity: Floats
    quota: Floats
    waiting: Floats
    apart: dict[tuple[int, int], float] = field(default_factory=dict)
    replicas: Floats = field(default_factory=lambda: np.zeros(0))
    serve: Floats = field(default_factory=lambda: np.zeros(0))
    routed: dict[tuple[int, ...], float] = field(default_factory=dict)
    work: dict[tuple[int, ...], float] = field(default_factory=dict)
    switching: Floats = field(default_factory=lambda: np.zeros((2, 0, 0)))
    on: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    value: float = -np.inf


def relaxation_duals(
    problem: Problem,
    seconds: float | None,
    columns: StartColumns | None = None,
    width: int = 1,
    certified: bool = False,
    iterations: int | None = None,
) -> RelaxationDuals | None:
    """Return the dual values of the relaxation; None when it was not solved in time.

    It is over `columns`, or all; its rows are sums over buckets of `width` slots. With `certified` it has the rows that
    only certificates price, and capacity as the checker counts it.

    A group that must run may be left out at a cost that nothing else reaches: too few columns make no relaxation
    infeasible.
    """
    options = {"time_limit": max(0.1, seconds)} if seconds is not None else {"maxiter": iterations}
    return _duals(problem, _linear(problem, columns, width, certified), width, options)


def _duals(problem: Problem, linear: IntegerProgram, width: int, options: dict[str, Any]) -> RelaxationDuals | None:
    """Return the dual values of a relaxation."""
    if not len(linear.lower):
        return _by_rule(problem, linear, np.zeros(0), 0.0, width)
    found, above, below = _solved(linear, options)
    if found.status != 0:
        return None
    dual, count = np.zeros(len(linear.lower)), int(above.sum())
    if count or below.any():
        dual[above] = -found.ineqlin.marginals[:count]
        dual[below] = -found.ineqlin.marginals[count:]
    dual = np.maximum(0.0, np.where(np.isfinite(dual), dual, 0.0))
    by_rule = _by_rule(problem, linear, dual, float(found.fun), width)
    return replace(by_rule, switching=_of_switching(linear, dual), on=_replicas_on(linear, found.x))


def proven_bound(problem: Problem, seconds: float | None, iterations: int | None = None) -> int | None:
    """Return what the duals of the whole relaxation prove, with rows of precedence and separation.

    None when it was not solved in time, or when int64 cannot hold the sums.
    """
    options = {"time_limit": max(0.1, seconds)} if seconds is not None else {"maxiter": iterations}
    linear = _linear(problem, None, 1, certified=False, linked=True)
    if not len(linear.cost):
        return None
    found, above, below = _solved(linear, options)
    if found.status != 0:
        return None
    signed, count = np.zeros(len(linear.lower)), int(above.sum())
    if len(found.ineqlin.marginals):
        signed[above] += found.ineqlin.marginals[:count]
        signed[below] -= found.ineqlin.marginals[count:]
    signed[linear.lower == linear.upper] = found.eqlin.marginals
    costs, divisor, constant = normalise_costs(linear)
    for scale in PROOF_SCALES:
        proof = DualProof(linear, costs, linear.matrix.data, linear.upper, scale).prove(signed / divisor)
        if proof is not None:
            return constant + divisor * proof.bound_in_units
    return None


def _of_switching(linear: IntegerProgram, dual: Floats) -> Floats:
    """Return the duals of the rows that count replicas switched on, and off, float, shape (2, W, T)."""
    found, at = np.zeros((2, len(linear.problem.services.pool), linear.problem.slots)), 0
    for part in linear.parts:
        if part.name == "replicas":
            counts = np.flatnonzero(part.label[:, 0] <= 1)
            found[tuple(part.label[counts, :3].T)] = dual[at + counts]
        at += len(part.lower)
    return found


def _replicas_on(linear: IntegerProgram, values: Floats) -> Floats:
    """Return the replicas on in a solution, float, shape (W, T)."""
    problem, at = linear.problem, linear.variables.services
    lines = [values[at["h", way]] for way in range(len(problem.services.pool))]
    return np.array(lines, float).reshape(len(lines), problem.slots)


def _linear(
    problem: Problem, columns: StartColumns | None, width: int, certified: bool, linked: bool = False
) -> IntegerProgram:
    """Return the rows of the relaxation that have a price.

    With `linked` all of precedence and separation have one.
    """
    own = problem.columns if columns is None else columns
    variables = Variables(problem, own, np.flatnonzero(problem.optional), coarse=True)
    columns, left = variables.columns, variables.left
    parts = [rules.once(problem, columns, left)]
    # What nodes supply is limited by their number already.
    room = _multiples(problem) if certified else problem.reachable.copy()
    room[problem.nodes.supply_row] = UNLIMITED
    bare = replace(problem, capacity=room)
    parts.append(_bucket_capacity(bare, variables, width))
    if len(problem.services) and width == 1:
        parts += [rule(variables) for _, rule in service_rules.RULES]
        parts += [] if certified else [service_rules.mixed(variables)]
    if len(problem.nodes):
        parts.append(node_rules.nodes_supply(variables) if width == 1 else _bucket_supply(variables, width))
        parts += [make(variables) for make in (node_rules.nodes_paid, node_rules.nodes_switched)]
        parts.append(node_rules.nodes_minimum(variables))
    if problem.quotas:
        parts.append(rules.quota(variables))
    if certified or linked:
        parts.append(rules.precedence(problem, columns, left))
    if linked:
        parts += [rules.precedence_runs(problem, columns), rules.precedence_most(problem, columns)]
    if problem.apart and (certified or linked):
        parts.append(rules.apart(variables))
    return assemble(variables, cost(variables), parts)


def _multiples(problem: Problem) -> Ints:
    """Return the capacity in multiples of the common divisor of a row's demands, as the checker counts it."""
    divisor = np.zeros(len(problem.capacity), np.int64)
    np.gcd.at(divisor, problem.demand_row, problem.demand)
    np.gcd.at(divisor, problem.services.hold_row, problem.services.hold)
    whole = problem.capacity // np.maximum(1, divisor)[:, None] * np.maximum(1, divisor)[:, None]
    multiples: Ints = np.where(problem.capacity < UNLIMITED, whole, problem.capacity)
    return multiples


def _bucket_capacity(problem: Problem, variables: Variables, width: int) -> Rows:
    """capacity: in a bucket, demands times their slots fit the capacity of its slots."""
    columns = variables.columns
    limited = np.any(problem.capacity < UNLIMITED, axis=1)
    cell, column, amount = _bucket_use(problem, columns, limited, width)
    if width == 1:
        part, entry = expand_ranges(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
        needed = rules.needed_cells(problem, columns, part, entry)
        needed[problem.services.hold_row] = True
        keep = needed.ravel()[cell]
        cell, column, amount = cell[keep], column[keep], amount[keep]
        for row, at, hold in service_rules.held_entries(variables) if len(problem.services) else ():
            if limited[row]:
                cell = np.concatenate([cell, row * problem.slots + np.arange(problem.slots)])
                column, amount = np.concatenate([column, at]), np.concatenate([amount, np.full(len(at), hold)])
    cells = np.unique(cell)
    buckets = -(-problem.slots // width)
    room = np.add.reduceat(np.minimum(problem.capacity, UNLIMITED // width), np.arange(0, problem.slots, width), axis=1)
    upper = np.where(room >= UNLIMITED // width, NO_LIMIT, room).ravel()[cells]
    label = np.stack([cells // buckets, cells % buckets], axis=1)
    lower = np.full(len(cells), -NO_LIMIT)
    return Rows("capacity", np.searchsorted(cells, cell), column, amount, lower, upper, label)


def _bucket_supply(variables: Variables, width: int) -> Rows:
    """nodes: in a bucket, demands times their slots fit what usable nodes offer."""
    problem, nodes = variables.problem, variables.problem.nodes
    supplied = np.zeros(len(problem.capacity), bool)
    supplied[nodes.supply_row] = True
    cell, column, amount = _bucket_use(problem, variables.columns, supplied, width)
    buckets, table = -(-problem.slots // width), RowTable()
    table.add(cell, column, amount)
    upper = np.zeros((len(problem.capacity), problem.slots), np.int64)
    supplies = zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True)
    for kind, row, size in supplies:
        terms, constant = variables.usable(kind)
        for slots, at, factor in terms:
            table.add(row * buckets + slots // width, at, np.full(len(at), -size * factor))
        upper[row] += size * constant
    room = np.add.reduceat(upper, np.arange(0, problem.slots, width), axis=1)
    cells = np.unique(cell)
    label = np.stack([cells // buckets, cells % buckets], axis=1)
    return table.rows("nodes.supply", cells, room.ravel()[cells], label)


def _bucket_use(problem: Problem, columns: StartColumns, rows: Bools, width: int) -> tuple[Ints, Ints, Ints]:
    """Return (cell, column, demand x slots) of what columns hold of some rows.

    Cells are row-major in (row, bucket).
    """
    column, entry = expand_ranges(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
    mine = rows[problem.demand_row[entry]]
    column, entry = column[mine], entry[mine]
    begin = columns.start[column]
    end = begin + problem.duration[columns.option[column]]
    which, bucket = expand_ranges(begin // width, (end - 1) // width - begin // width + 1)
    overlap = np.minimum(end[which], (bucket + 1) * width) - np.maximum(begin[which], bucket * width)
    cell = problem.demand_row[entry][which] * -(-problem.slots // width) + bucket
    return cell, column[which], problem.demand[entry][which] * overlap


def _solved(linear: IntegerProgram, options: dict[str, Any]) -> tuple[Any, Bools, Bools]:
    """Return the answer of HiGHS, and which rows are limited above only and below."""
    from scipy import optimize, sparse  # takes as long to load as many a plan to find

    matrix, lower, upper = linear.matrix.astype(float), linear.lower, linear.upper
    units = row_units(linear.matrix.data, linear.matrix, linear.most)
    matrix.data = scaled_entries(linear.matrix.data, matrix, units)
    equal = lower == upper
    above, below = (upper < NO_LIMIT) & ~equal, (lower > -NO_LIMIT) & ~equal
    missing = int(equal.sum())
    unequal = sparse.vstack([matrix[above], -matrix[below]], format="csr")
    unequal = sparse.hstack([unequal, sparse.csr_matrix((unequal.shape[0], missing))], format="csr")
    costs = np.concatenate([linear.cost.astype(float), np.zeros(missing)])
    costs[len(linear.cost) :] = PENALTY * np.abs(costs).max(initial=1.0)
    unit = max(1.0, float(np.median(np.abs(linear.cost[linear.cost != 0])))) if linear.cost.any() else 1.0
    most = np.concatenate([linear.most.astype(float), np.full(missing, np.inf)])
    most[: len(linear.group)] = np.inf  # follows from the rows `once`, and would take weight from other prices
    if not len(costs):
        costs, most = np.zeros(1), np.zeros(1)
        unequal, matrix = sparse.csr_matrix((unequal.shape[0], 1)), sparse.csr_matrix((len(lower), 1))
    solve: Any = optimize.linprog
    found = solve(
        costs / unit,
        A_ub=unequal if unequal.shape[0] else None,
        b_ub=np.concatenate([(upper / units)[above], -(lower / units)[below]]) if unequal.shape[0] else None,
        A_eq=sparse.hstack([matrix[equal], sparse.identity(missing)], format="csr"),
        b_eq=(lower / units)[equal],
        bounds=np.stack([np.zeros(len(costs)), most], axis=1),
        method="highs-ds",
        options=options,
    )
    if found.status == 0:
        found.fun *= unit
        found.ineqlin.marginals = found.ineqlin.marginals * unit / np.concatenate([units[above], units[below]])
        found.eqlin.marginals = found.eqlin.marginals * unit / units[equal]
    return found, above, below


def _by_rule(problem: Problem, linear: IntegerProgram, dual: Floats, value: float, width: int) -> RelaxationDuals:
    """Return the duals of all rows as multipliers."""
    capacity = np.zeros((len(problem.capacity), -(-problem.slots // width)))
    quota, waiting = np.zeros(len(problem.quotas)), np.zeros(len(problem.lag))
    apart: dict[tuple[int, int], float] = {}
    labelled: dict[str, dict[tuple[int, ...], float]] = {"serve.routing": {}, "batches": {}}
    of_services = {"replicas": np.zeros(0), "serve": np.zeros(0)}
    at = 0
    for part in linear.parts:
        rows, at = slice(at, at + len(part.lower)), at + len(part.lower)
        own = dual[rows]
        if part.name in ("capacity", "nodes.supply"):
            capacity[part.label[:, 0], part.label[:, 1]] = own
        elif part.name in of_services:
            of_services[part.name] = own
        elif part.name in labelled:
            lines = zip(map(tuple, part.label.tolist()), own.tolist(), strict=True)
            labelled[part.name] = {label: price for label, price in lines if price > 0}
        elif part.name == "quota":
            quota[part.label[:, 0]] = own
        elif part.name == "precedence":
            waiting[part.label[:, 0]] = own
        elif part.name == "affinity.apart":
            pairs = zip(part.label.tolist(), own.tolist(), strict=True)
            apart = {(number, pool): price for (number, pool), price in pairs if price > 0}
    spread = np.repeat(capacity, width, axis=1)[:, : problem.slots]
    return RelaxationDuals(
        spread,
        quota,
        waiting,
        apart,
        of_services["replicas"],
        of_services["serve"],
        labelled["serve.routing"],
        labelled["batches"],
        value=value,
    )
