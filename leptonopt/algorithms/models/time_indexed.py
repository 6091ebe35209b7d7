"""The time-indexed integer program of a `Problem`, put together from `models.constraints`.

`models/README.md` derives each rule, and `models/allocation.mod` states the same in GNU MathProg. Every
exact method and every export is made from what `build_model` returns; it is the table of contents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from leptonopt.algorithms.models import constraints as rules
from leptonopt.algorithms.models import constraints_nodes as node_rules
from leptonopt.algorithms.models import constraints_services as service_rules
from leptonopt.algorithms.models import segments
from leptonopt.algorithms.models.rows import NO_LIMIT, Rows, Variables
from leptonopt.algorithms.models.segment_variables import SlotForm, SlotVariables, applies, chain_size
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NodeSchedule, dropped, switched
from leptonopt.problem.problem import Problem, StartColumns
from leptonopt.problem.replicas import least_money
from leptonopt.problem.routing import money_missed
from leptonopt.problem.schedule import Schedule, metered_use, node_schedule_of
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.runtime.clock import check_time_each

__all__ = ["NO_LIMIT", "IntegerProgram", "build_model"]


@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """min cost . v subject to lower <= matrix v <= upper and 0 <= v <= most, with v integer; all int64.

    Only what batches do in a slot is not an integer.

    `parts` are the rows by rule, in the order in which the matrix (CSR) holds them. With `slots`, tasks in segments
    have variables by slot, and `problem` is that of the others; see `models.segments`.
    """

    problem: Problem
    variables: Variables
    cost: Ints
    matrix: Any
    lower: Ints
    upper: Ints
    parts: tuple[Rows, ...]
    slots: SlotVariables | None = None

    @property
    def columns(self) -> StartColumns:
        """Return the columns of the first variables."""
        return self.variables.columns

    @property
    def most(self) -> Ints:
        """Return the largest value of each variable, int64, shape (V,)."""
        return self.variables.most

    @property
    def whole(self) -> Bools:
        """Return which variables are whole numbers, bool, shape (V,)."""
        return self.variables.whole

    @property
    def group(self) -> Ints:
        """int64: the group of each of the first variables; those behind them belong to none."""
        return np.concatenate([self.problem.group[self.columns.option], self.variables.left])

    def names(self) -> list[str]:
        """A name per variable: x_GROUP_OPTION_SLOT, z_GROUP, n_KIND_SLOT (w, u, v alike), c_KIND, y_SET_POOL."""
        groups = self.problem.group[self.columns.option]
        triples = zip(groups.tolist(), self.columns.option.tolist(), self.columns.start.tolist(), strict=True)
        names = [f"x_{g}_{o}_{s}" for g, o, s in triples] + [f"z_{g}" for g in self.variables.left.tolist()]
        for (letter, kind), at in self.variables.nodes.items():
            names += [f"c_{kind}"] if letter == "c" else [f"{letter}_{kind}_{slot}" for slot in range(len(at))]
        names += [f"y_{number}_{pool}" for number, pool in self.variables.pools]
        for name, at in self.variables.services.items():
            names += ["_".join(map(str, (*name, slot))) for slot in range(len(at))]
        names += [f"a_{m}_{k}" for m, at in enumerate(self.variables.tiers) for k in range(len(at))]
        names += [f"q_{m}_{k}" for m, k in self.variables.full_tiers]
        names += [f"f_{s}_{w}" for s, at in enumerate(self.variables.saving) for w in range(len(at))]
        names += [f"l_{s}_{p}" for s, p in self.variables.steps] + [f"r_{m}" for m in self.variables.rests]
        return names + [f"s_{at}" for at in range(len(self.most) - len(names))]

    def row_names(self) -> list[str]:
        """A name per row: its rule and its indices, such as once_GROUP, capacity_ROW_SLOT, precedence_EDGE."""
        return [
            "_".join([rows.name.replace(".", "_"), *("all" if at < 0 else str(at) for at in label)])
            for rows in self.parts
            for label in rows.label.tolist()
        ]


def cost(variables: Variables) -> Ints:
    """cost: what every column costs, the value of what is left out, and what nodes cost."""
    problem = variables.problem
    costs = np.zeros(len(variables.most), np.int64)
    own = np.concatenate([variables.columns.cost, problem.value[variables.left]])
    costs[: len(own)] = own
    for at, factors in variables.spent(problem.nodes.costs):
        costs[at] = factors
    for at, meter in zip(variables.tiers, problem.meters, strict=True):
        costs[at] = meter.price
    for number, at in enumerate(variables.saving):
        costs[at] = variables.saving_unit(number)
    for number, place in variables.rests.items():
        costs[place] = variables.rest_unit(number)
    service_rules.replica_costs(variables, costs)
    return costs


def build_model(
    problem: Problem, without: Collection[str] = (), cutoff: int | None = None, coarse: bool = False
) -> IntegerProgram:
    """Return the whole model; with a `cutoff`, restricted to costs of at most that.

    Rules named in `without` are switched off, to test that somebody notices. `coarse` is for engines that compute in
    doubles: large sums of money for requests missed are rounded down, so that the model may be a relaxation.
    """
    if not without and applies(problem):
        return _by_slots(SlotForm(problem), cutoff, coarse)
    problem, columns = rules.anywhere(problem) if "window" in without else (problem, rules.window(problem))
    return model_of(problem, columns, without, cutoff, coarse)


def model_of(
    problem: Problem, columns: StartColumns, without: Collection[str], cutoff: int | None, coarse: bool
) -> IntegerProgram:
    """Return the model with a variable for each of some columns."""
    left = np.flatnonzero(problem.optional)
    variables = Variables(problem, columns, left, coarse)
    parts: list[tuple[str, Callable[[], Rows]]] = [
        ("once", lambda: rules.once(problem, columns, left)),
        ("capacity", lambda: rules.capacity(variables)),
        ("precedence", lambda: rules.precedence(problem, columns, left)),
        ("precedence", lambda: rules.precedence_runs(problem, columns)),
        ("precedence", lambda: rules.precedence_most(problem, columns)),
    ]
    if len(problem.nodes):
        parts += [("nodes", partial(rule, variables)) for rule in node_rules.RULES]
    if len(problem.services):
        parts += [(name, partial(rule, variables)) for name, rule in service_rules.RULES]
    if problem.quotas:
        parts.append(("quota", lambda: rules.quota(variables)))
    if problem.meters:
        parts += [("meter", partial(rule, variables)) for rule in (rules.meters, rules.tiers, rules.rests)]
    if problem.savings:
        parts.append(("savings", lambda: rules.savings(variables)))
    if problem.together or problem.apart:
        parts += [("affinity", lambda: rules.together(variables)), ("affinity", lambda: rules.apart(variables))]
    costs = cost(variables) * (-1 if "cost" in without else 1)
    linear = assemble(variables, costs, [rows() for rule, rows in check_time_each(parts) if rule not in without])
    return linear if cutoff is None else _cut(linear, cutoff)


def _by_slots(form: SlotForm, cutoff: int | None, coarse: bool) -> IntegerProgram:
    """Return the model with tasks in segments by slots."""
    problem = form.plain
    columns, left = rules.window(problem), np.flatnonzero(problem.optional)
    variables = SlotVariables.of(form, columns, left, coarse)
    held = variables.holding
    parts = [
        rules.once(problem, columns, left),
        held.placed(rules.capacity(held)),
        rules.precedence(problem, columns, left),
        rules.precedence_runs(problem, columns),
        rules.precedence_most(problem, columns),
        segments.once_rows(variables),
        segments.chain_rows(variables),
        segments.edge_rows(variables),
    ]
    if len(problem.nodes):
        parts += [
            held.placed(node_rules.nodes_supply(held)),
            node_rules.nodes_paid(variables),
            node_rules.nodes_switched(variables),
            node_rules.nodes_minimum(variables),
            node_rules.nodes_strong(variables),
        ]
    if len(problem.services):
        parts += [rule(variables) for _, rule in service_rules.RULES]
    if problem.quotas:
        parts.append(segments.with_starts(variables, held.placed(rules.quota(held)), form.limits))
    if problem.meters:
        used = segments.with_starts(variables, held.placed(rules.meters(held)), form.metered)
        parts += [used, rules.tiers(variables), rules.rests(variables)]
    if problem.savings:
        parts.append(rules.savings(variables))
    if problem.together or problem.apart:
        parts += [rules.together(variables), rules.apart(variables)]
    linear = replace(assemble(variables, variables.cost(cost(variables)), parts), slots=variables)
    return linear if cutoff is None else _cut(linear, cutoff)


def _cut(linear: IntegerProgram, cutoff: int) -> IntegerProgram:
    """The model with the row that the objective is at most `cutoff`, in the smallest numbers that say so."""
    costs, divisor, constant = normalise_costs(linear)
    used = np.flatnonzero(costs)
    upper, label = np.array([(cutoff - constant) // divisor]), np.zeros((1, 1), np.int64)
    rows = Rows("cutoff", np.zeros(len(used), np.int64), used, costs[used], np.array([-NO_LIMIT]), upper, label)
    return with_rows(linear, rows)


def with_rows(linear: IntegerProgram, rows: Rows) -> IntegerProgram:
    """Return the model with some more rows, behind all others."""
    return replace(assemble(linear.variables, linear.cost, [*linear.parts, rows]), slots=linear.slots)


def assemble(variables: Variables, costs: Ints, parts: Sequence[Rows]) -> IntegerProgram:
    from scipy import sparse  # loads slowly, and a heuristic needs no matrix

    shift = np.cumsum([0, *(len(rows.lower) for rows in parts)])

    def joined(arrays: Sequence[Ints]) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *arrays])

    row = joined([rows.row + at for rows, at in zip(parts, shift[:-1], strict=True)])
    variable, data = joined([rows.variable for rows in parts]), joined([rows.coefficient for rows in parts])
    keep = data != 0
    entries = (data[keep], (row[keep], variable[keep]))
    matrix = sparse.csr_matrix(entries, shape=(int(shift[-1]), len(variables.most)), dtype=np.int64)
    lower, upper = joined([rows.lower for rows in parts]), joined([rows.upper for rows in parts])
    return IntegerProgram(variables.problem, variables, costs, matrix, lower, upper, tuple(parts))


# --- around the model -----------------------------------------------------------------------------


def predicted_size(problem: Problem) -> tuple[int, int]:
    """Return upper limits of (columns, nonzeros), counted without building the model."""
    if applies(problem):
        columns, nonzeros = predicted_size(SlotForm(problem).plain)
        own = [chain_size(problem, chain) for chain in problem.chains]
        return columns + sum(each for each, _ in own), nonzeros + sum(each for _, each in own)
    starts = problem.last - problem.first + 1
    of_group = np.bincount(problem.group, starts, problem.groups)
    linked = of_group[problem.before].sum() + of_group[problem.after].sum()
    held = problem.duration * np.diff(problem.demand_ptr) + 1 + _windows_met(problem)
    nodes = problem.slots * (8 * len(problem.nodes) + len(problem.nodes.supply_row))
    services = problem.slots * (12 * len(problem.services.pool) + len(problem.services.hold_row))
    return int(starts.sum()), int((starts * held).sum() + 3 * linked + nodes + services)


def _windows_met(problem: Problem) -> Ints:
    """Return how many quotas and meters a run of each option meets at most, int64, shape (O,)."""
    spans, count = np.unique([use.last - use.first + 1 for use in problem.uses], return_counts=True)
    met = np.zeros(problem.options)
    for span, many in zip(spans.tolist(), count.tolist(), strict=True):
        met += np.minimum(many, np.maximum(1, many * (problem.duration + 2 * span) / problem.slots))
    whole: Ints = np.ceil(met).astype(np.int64)
    return whole


def decode(linear: IntegerProgram, values: Any) -> Schedule:
    """Return the schedule of variable values, integers of shape (V,) or longer."""
    values = np.asarray(values, np.int64)
    count = values[: len(linear.columns.option)]
    chosen = np.flatnonzero(count)
    rent = decode_nodes(linear.variables, values) if len(linear.problem.nodes) else None
    replicas = decode_replicas(linear.variables, values) if len(linear.problem.services) else None
    if linear.slots is not None:
        option = linear.slots.form.option[linear.columns.option[chosen]]
        own = zip(option.tolist(), linear.columns.start[chosen].tolist(), count[chosen].tolist(), strict=True)
        entries = np.array([*own, *segments.decode_segments(linear.slots, values)], np.int64).reshape(-1, 3)
        return Schedule.of(entries[:, 0], entries[:, 1], entries[:, 2], rent, replicas)
    return Schedule.of(linear.columns.option[chosen], linear.columns.start[chosen], count[chosen], rent, replicas)


def decode_replicas(variables: Variables, values: Ints) -> ReplicaSchedule:
    """Return replicas on, batches done, and the least money for what is missed.

    Where a service has batches, more money may be paid, which leaves replicas to them.
    """
    problem, services, slots = variables.problem, variables.problem.services, variables.problem.slots
    on = np.array([values[variables.services["h", way]] for way in range(len(services.pool))], np.int64)
    on = on.reshape(-1, slots)
    left = {name[1]: values[at[0]] for name, at in variables.services.items() if name[0] == "l"}
    done = np.array([not left.get(j, 0) for j in range(len(services.batches))], bool)
    missed, usable = np.zeros((len(services), slots), np.int64), services.usable(on)
    for service in range(len(services)):
        if ("p", service) not in variables.services:
            continue
        units, paid = variables.missed_units(service), values[variables.services["p", service]]
        missed[service] = services.missed_step * (units * paid + units - 1)
        if service not in problem.offline:
            needed = least_money(problem, service, usable[services.ways(service)])
            missed[service] = np.where(needed < 0, missed[service], needed)
        elif units > 1:
            with suppress(ValueError):  # where there is no routing, the schedule breaks a rule anyway
                missed[service] = money_missed(problem, ReplicaSchedule(on, done, missed), service)
    return ReplicaSchedule(on, done, missed)


def decode_nodes(variables: Variables, values: Ints) -> NodeSchedule:
    """Return nodes on and committed; where only the number paid matters, all that are paid are on."""
    problem, nodes = variables.problem, variables.problem.nodes
    on, committed = np.zeros_like(nodes.count), np.zeros(len(nodes), np.int64)
    for (letter, kind), at in variables.nodes.items():
        if letter == "c":
            committed[kind] = values[at[0]]
        elif letter == "n":
            on[kind] = values[at]
    for kind in np.flatnonzero(problem.plain).tolist():
        paid = values[variables.nodes["w", kind]] if ("w", kind) in variables.nodes else 0
        on[kind] = np.minimum(nodes.count[kind], nodes.reserved[kind] + committed[kind] + paid)
    return NodeSchedule(on, committed)


def encode(linear: IntegerProgram, schedule: Schedule) -> Ints:
    """int64, shape (V,): a value for every variable; entries that are no columns are passed over.

    No value is above `most`: a schedule may have replicas of ways that the model leaves out, as others do as well.
    """
    problem, variables = linear.problem, linear.variables
    whole = schedule
    if linear.slots is not None:
        schedule = _of_others(linear.slots.form, schedule)
    slots = problem.slots
    key = linear.columns.option * slots + linear.columns.start
    wanted = schedule.option * slots + schedule.start
    _, at, of = np.intersect1d(key, wanted, assume_unique=True, return_indices=True)
    values = np.zeros(len(linear.most), np.int64)
    values[at] = schedule.count[of]
    ran = np.bincount(problem.group[linear.columns.option], values[: len(key)], problem.groups)
    left = variables.left
    values[len(key) : len(key) + len(left)] = (problem.copies - ran)[left]
    if linear.slots is not None:
        segments.encode_chains(linear.slots, whole, values)
    stated = problem if linear.slots is None else linear.slots.form.problem
    if variables.nodes and (rent := node_schedule_of(stated, whole)) is not None:
        encode_nodes(variables, rent, values)
    if schedule.replicas is not None:
        encode_replicas(variables, schedule.replicas, values)
    encode_meters(variables, stated, whole, values)
    for (number, pool), position in variables.pools.items():
        mine = np.isin(problem.group[schedule.option], problem.together[number])
        values[position] = int(np.any(problem.pool[schedule.option[mine]] == pool))
    return np.minimum(values, linear.most)


def _of_others(form: SlotForm, schedule: Schedule) -> Schedule:
    """Return the schedule of the groups that are no segments, in their numbers."""
    at = np.searchsorted(form.option, schedule.option)
    mine = at < len(form.option)
    mine[mine] = form.option[at[mine]] == schedule.option[mine]
    return Schedule(at[mine], schedule.start[mine], schedule.count[mine], schedule.rent)


def encode_nodes(variables: Variables, rent: NodeSchedule, values: Ints) -> None:
    """Write the values of the variables of nodes into `values`, int64, shape (V,)."""
    before = variables.problem.nodes.before
    started, stopped = switched(rent.on, before)
    stopped = np.concatenate([stopped, dropped(rent.on, before)], axis=1)
    paid = np.maximum(0, rent.on - (rent.committed + variables.problem.nodes.reserved)[:, None])
    grids = {"n": rent.on, "w": paid, "u": started, "v": stopped}
    for (letter, kind), positions in variables.nodes.items():
        values[positions] = rent.committed[kind] if letter == "c" else grids[letter][kind][: len(positions)]


def encode_meters(variables: Variables, problem: Problem, schedule: Schedule, values: Ints) -> None:
    """Write what the tiers of meters hold, and what savings plans cost, into `values`."""
    rent = node_schedule_of(problem, schedule) if problem.meters else None
    used = [0] * len(problem.meters) if rent is None else metered_use(problem, schedule, rent)
    for number, (at, meter) in enumerate(zip(variables.tiers, problem.meters, strict=True)):
        held = meter.filled(used[number])
        values[at] = held
        for tier in range(len(at) - 1):
            if (number, tier) in variables.full_tiers:
                values[variables.full_tiers[number, tier]] = held[tier] == meter.size[tier]
        if number in variables.rests:
            missing = max(0, meter.least - meter.priced(used[number]))
            values[variables.rests[number]] = missing // variables.rest_unit(number)
    for number, plan in enumerate(problem.savings):
        steps = plan.best_steps(used).tolist()
        unit = variables.saving_unit(number)
        values[variables.saving[number]] = [window.cost(used, steps) // unit for window in plan.windows]
        for start, many in enumerate(steps):
            values[variables.steps[number, start]] = many


def encode_replicas(variables: Variables, replicas: ReplicaSchedule, values: Ints) -> None:
    """Write the values of the variables of services into `values`.

    Those of families of cuts and of what batches do stay 0.
    """
    services = variables.problem.services
    (started, stopped), usable = services.switched(replicas.on), services.usable(replicas.on)
    grids = {"h": replicas.on, "s": started, "d": stopped, "p": replicas.missed // services.missed_step}
    for name, positions in variables.services.items():
        if name[0] in "qe":
            left = usable[name[1]] - name[2]
            values[positions] = np.maximum(0, left) if name[0] == "q" else left >= 0
        elif name[0] in grids:
            units = variables.missed_units(name[1]) if name[0] == "p" else 1
            values[positions] = grids[name[0]][name[1]] // units
        elif name[0] == "l":
            values[positions] = not replicas.done[name[1]]
        elif name[0] == "o":
            values[positions] = replicas.on[services.ways(name[1])].any(axis=1)


def normalise_costs(linear: IntegerProgram) -> tuple[Ints, int, int]:
    """Return (costs, divisor, constant): costs above each group's cheapest, over their gcd.

    The objective is divisor * (costs . v) + constant on everything that keeps rule `once`. Only variables
    of nodes can have a cost below zero; `objective_lower_limit` says how far that can go.
    """
    group, size = linear.group, linear.problem.groups
    least = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(least, group, linear.cost[: len(group)])
    costs = linear.cost.copy()
    costs[: len(group)] -= least[group]
    divisor = int(np.gcd.reduce(costs)) if costs.any() else 1
    constant = sum(int(least[g]) * int(linear.problem.copies[g]) for g in np.unique(group))
    return costs // divisor, divisor, constant


def objective_lower_limit(linear: IntegerProgram, costs: Ints) -> int:
    """No values of the variables make `costs` add up to less."""
    below = np.flatnonzero(costs < 0)
    pairs: list[tuple[int, int]] = list(zip(costs[below].tolist(), linear.most[below].tolist(), strict=True))
    return sum(low * most for low, most in pairs)


def largest_objective(linear: IntegerProgram, costs: Ints) -> int:
    """The most that `costs` can add up to, in absolute terms, while every group keeps rule `once`."""
    group = linear.group
    most = np.zeros(linear.problem.groups, np.int64)
    np.maximum.at(most, group, costs[: len(group)])
    total: int = sum(high * copies for high, copies in zip(most.tolist(), linear.problem.copies.tolist(), strict=True))
    rest: int = sum(
        high * many
        for high, many in zip(np.abs(costs[len(group) :]).tolist(), linear.most[len(group) :].tolist(), strict=True)
    )
    return total + rest


def has_no_columns(problem: Problem) -> bool:
    """Return True when a mandatory group has no column; then no schedule exists."""
    if applies(problem):
        problem = SlotForm(problem).plain  # a chain has columns, or its task was found to be stuck
    offered = np.bincount(problem.group[problem.columns.option], minlength=problem.groups)
    return bool(np.any((offered == 0) & ~problem.optional))
