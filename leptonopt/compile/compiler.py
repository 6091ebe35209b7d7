"""Compile an instance to the integer arrays of a `Problem`.

The function is pure: the same instance always gives the same arrays. All arithmetic is exact; the money
unit is the largest one in which every price, fixed cost and value is a whole number. `decode` is the inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from leptonopt.compile.calendar import each_value
from leptonopt.compile.end_slot import with_end_slot
from leptonopt.compile.groups import Members, group_sets, group_tasks, precedence_edges
from leptonopt.compile.meters import Metering
from leptonopt.compile.money import Money, each_line
from leptonopt.compile.node_form import TOLD_APART, NodeForm
from leptonopt.compile.node_kinds import NodeKindInfo
from leptonopt.compile.option_arrays import ints, option_arrays
from leptonopt.compile.places import Places, task_options
from leptonopt.compile.pool_options import ColumnsOnPools, PoolRows, options_of, used_rows
from leptonopt.compile.quotas import (
    MeterWindow,
    QuotaWindow,
    compile_quotas,
    quota_windows,
)
from leptonopt.compile.rows import Row, RowBuilder, Ways
from leptonopt.compile.savings import SavingsWindow
from leptonopt.compile.segments import CutInstance, cut_instance, with_chains
from leptonopt.compile.services import CompiledServices, replica_options
from leptonopt.compile.ties import Ties
from leptonopt.compile.windows import TaskWindows, infeasibility_reasons
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import Instance
from leptonopt.problem.nodes import Nodes, no_nodes
from leptonopt.problem.problem import Problem, Quota
from leptonopt.runtime.clock import check_time, check_time_each

MAX_SIZE = 2**45


@dataclass(frozen=True, eq=False)
class CompiledInstance:
    """A problem with the data that maps it back to the user's terms.

    Attributes
    ----------
    unit : money (Fraction) of one objective unit.
    ties : so many units are the least difference of money; what is below it are secondary goals. 1 without these.
    loss : money by which the problem's total may be below the exact one; 0 when exact.
    rows : meaning of each row of capacity.
    kept : per task (of `cut.instance`, where there is one), the options that can be chosen; option i of a task's group
        is its i-th kept option.
    members : per group, (task index, first copy, number of copies); copies count from 1.
    kinds : kinds of nodes, in the problem's order.
    windows : windows of the instance's quotas, which are the problem's first ones, in its order.
    meter_windows : windows of the instance's meters, which are the problem's first ones, in its order.
    savings_windows : windows of each savings plan of the instance, in the order of the problem's.
    quota_units : size of one unit of each quota in the user's unit.
    services : services with their ways, classes and units, in the problem's order.
    stuck : mandatory tasks that cannot run, by index.
    impossible : reasons why no plan can exist; empty when none was found.
    alike : pools with nodes that plans tell apart and this problem counts: it is a relaxation there.
    ways : per task of `instance`, all its options, also those that cannot be chosen.
    cut : tasks and parts, where tasks may be cut into segments; None where all are whole.
    places : regions of tasks that pass data on; None where these are free to choose, and data moves for nothing.
    """

    instance: Instance
    problem: Problem
    unit: Fraction
    ties: int
    loss: Fraction
    rows: tuple[Row, ...]
    kept: tuple[Sequence[ConcreteOption], ...]
    members: tuple[tuple[tuple[int, int, int], ...], ...]
    kinds: tuple[NodeKindInfo, ...]
    windows: tuple[QuotaWindow, ...]
    meter_windows: tuple[MeterWindow, ...]
    savings_windows: tuple[tuple[SavingsWindow, ...], ...]
    quota_units: tuple[Fraction, ...]
    services: CompiledServices
    stuck: tuple[int, ...]
    impossible: tuple[str, ...]
    alike: frozenset[str] = frozenset()
    ways: Ways = ()
    cut: CutInstance | None = None
    places: Places | None = None


def compile_instance(instance: Instance, form: NodeForm = TOLD_APART, places: Places | None = None) -> CompiledInstance:
    """Return the problem of an instance, with nodes in the given form.

    Without `places` data is passed on for nothing. Raises `InstanceError` when over 100,000 copies have precedence,
    or more than two million pairs of them; also when amounts are too fine against each other for exact counting, or a
    quota's day starts within a slot.
    """
    return _compiled(instance, form, places, task_options(instance, places))


def compile_again(compiled: CompiledInstance, form: NodeForm) -> CompiledInstance:
    """Return an instance compiled with nodes in another form; its options are not made again."""
    return _compiled(compiled.instance, form, compiled.places, compiled.ways)


def _compiled(instance: Instance, form: NodeForm, places: Places | None, ways: Ways) -> CompiledInstance:
    rows, cut, tasks, services = _rows(instance, form, places, ways)
    ties = Ties(cut.instance, tasks)
    singles = [(task.copies, columns) for task, columns in zip(cut.instance.tasks, tasks.columns, strict=True)]
    metering = Metering(instance, rows, singles, services)
    money = Money(cut.instance, rows, tasks, ties, services, metering.steps())
    groups = group_tasks(cut.instance, tasks, ties)
    runs = [(sum(count for _, _, count in members), tasks.columns[members[0][0]]) for members in groups]
    quotas = compile_quotas(instance, rows, runs, services)
    made = _arrays(cut.instance, rows, tasks, groups, money, [limit for limit, _ in quotas], services)
    made = metering.priced(made, runs, money.fixed)
    problem = with_end_slot(with_chains(made, cut, tasks.columns, groups))
    check_time()
    return CompiledInstance(
        instance=instance,
        problem=problem,
        unit=money.unit,
        ties=ties.factor,
        loss=money.loss,
        rows=tuple(rows.described()),
        kept=tuple(options_of(columns) for columns in tasks.columns),
        members=tuple(tuple(members) for members in groups),
        kinds=tuple(rows.kinds),
        windows=tuple(quota_windows(instance)),
        meter_windows=tuple(window for window, _ in metering.meters),
        savings_windows=tuple(tuple(window for window, _ in windows) for windows in metering.savings),
        quota_units=tuple(unit for _, unit in quotas),
        services=services,
        stuck=tuple(dict.fromkeys(cut.parts[at].task for at in tasks.stuck())),
        impossible=(*infeasibility_reasons(cut.instance, cut.ways, tasks, rows), *services.impossible()),
        alike=frozenset(rows.alike),
        ways=ways,
        cut=cut if cut.has_parts else None,
        places=places,
    )


def _rows(
    instance: Instance, form: NodeForm, places: Places | None, all_ways: Ways
) -> tuple[RowBuilder, CutInstance, TaskWindows, CompiledServices]:
    """Return rows, tasks and parts of tasks, their columns within windows, and services."""
    replicas = [replica_options(instance, service) for service in instance.services]
    rows = RowBuilder(instance, all_ways, form, replicas)
    cut = cut_instance(instance, all_ways)
    tasks = TaskWindows(cut.instance, cut.columns(instance, rows), places)
    tasks.tighten()
    services = CompiledServices.of(instance, rows, replicas)
    rows.used = used_rows(tasks.columns) | services.rows
    return rows, cut, tasks, services


def _arrays(
    instance: Instance,
    rows: RowBuilder,
    tasks: TaskWindows,
    groups: Sequence[Members],
    money: Money,
    quotas: Sequence[Quota],
    services: CompiledServices,
) -> Problem:
    heads = [members[0][0] for members in groups]
    in_units, fixed = cache(money), cache(money.fixed)
    options = option_arrays(tasks, heads, rows.pool, lambda way: fixed(way.fixed_key) + money.ties.cost(way))
    unused = [0] * instance.time.slots
    price = each_line(rows.prices, lambda line: each_value(line, in_units))
    price = [line if row in rows.used else unused for row, line in enumerate(check_time_each(price))]
    edges = precedence_edges(instance, tasks, groups)
    return Problem(
        capacity=rows.capacity,
        price=np.array(price, np.int64).reshape(rows.capacity.shape),
        copies=ints(sum(count for _, _, count in members) for members in groups),
        optional=np.array([not tasks.mandatory[head] for head in heads], bool),
        value=ints(money(tasks_value) for tasks_value in (money.value[head] for head in heads)),
        late_slope=ints(money.ties.slope(money(money.late[head][0])) for head in heads),
        late_base=ints(money.up(money.late[head][1]) for head in heads),
        late_once=ints(money(money.late_once[head]) for head in heads),
        late_after=ints(money.late_after[head] for head in heads),
        early_slope=ints(money.up(money.early[head][0]) for head in heads),
        early_base=ints(money(money.early[head][1]) for head in heads),
        **options,
        before=edges[0],
        after=edges[1],
        lag=edges[2],
        most=edges[3],
        nodes=_nodes(rows, money, _loads(rows, groups, tasks, services)),
        quotas=tuple(quotas),
        together=group_sets(instance, instance.together, groups),
        apart=group_sets(instance, instance.apart, groups),
        services=services.arrays(money, money.unit),
    )


def _loads(rows: RowBuilder, groups: Sequence[Members], tasks: TaskWindows, services: CompiledServices) -> list[int]:
    """Return the greatest sum of demands on each row; refuse sums that int64 cannot hold."""
    found = [0] * len(rows.names)
    for row, amount in services.loads().items():
        found[row] += amount
    shared: dict[PoolRows, list[int]] = {}
    for members in groups:
        columns, most = tasks.columns[members[0][0]], dict[int, int]()
        copies = sum(count for _, _, count in members)
        if isinstance(columns, ColumnsOnPools):
            own = shared.setdefault(columns.rows, [0] * len(columns.amounts))
            own[:] = [total + copies * amount for total, amount in zip(own, columns.amounts, strict=True)]
            continue
        for column in columns:
            for row, amount in zip(column.rows, column.amounts, strict=True):
                most[row] = max(most.get(row, 0), amount)
        for row, amount in most.items():
            found[row] += copies * amount
    for on, amounts in shared.items():
        for each in on.each:
            for row, amount in zip(each, amounts, strict=True):
                found[row] += amount
    rows.refuse_overflow(found)
    return found


def _held(kind: NodeKindInfo, rows: RowBuilder) -> list[int]:
    """Return how many nodes of a kind are still within their minimum time, by slot."""
    time, least = rows.time, max(kind.stated.minimum, kind.stated.boot)
    ends = [(since - time.start).total_seconds() + least for since in kind.stated.since]
    return [sum(end > slot * time.slot for end in ends) for slot in range(time.slots)]


def _nodes(rows: RowBuilder, money: Money, loads: Sequence[int]) -> Nodes:
    kinds = rows.kinds
    count = np.array([kind.count for kind in kinds], np.int64).reshape(len(kinds), rows.time.slots)
    return Nodes(
        count=count,
        on_demand=np.array([kind.stated.price is not None for kind in kinds], bool),
        reserved=ints(kind.reserved for kind in kinds),
        commit_max=ints(kind.commit_max if any(kind.count) else 0 for kind in kinds),
        boot=ints(rows.time.whole_slots(kind.stated.boot) for kind in kinds),
        minimum=ints(rows.time.whole_slots(kind.stated.minimum) for kind in kinds),
        costs=money.rates.whole(cache(money)) if kinds else no_nodes(rows.time.slots).costs,
        supply_node=ints(kind for kind, _, _ in rows.supply),
        supply_row=ints(row for _, row, _ in rows.supply),
        # A node larger than all possible demand is cut to all possible demand.
        supply_size=ints(min(rows.units(row, size), max(MAX_SIZE, loads[row])) for _, row, size in rows.supply),
        before=ints(kind.before for kind in kinds),
        rest=ints(rows.time.whole_slots(kind.stated.minimum_off) for kind in kinds),
        held=np.array([_held(kind, rows) for kind in kinds], np.int64).reshape(len(kinds), rows.time.slots),
        least=rows.least_loads(),
    )
