"""Write a plan as a document, the content of the JSON plan file.

All money here comes from `leptonopt.plan.costing`, in exact fractions. `docs/reference/plan.md` explains the document,
`leptonopt schema plan` prints its JSON Schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.data_moves import DataMove
from leptonopt.compile.decode import TaskRun
from leptonopt.compile.quotas import QuotaWindow
from leptonopt.instance import Instance, Objective, Task, units
from leptonopt.instance.pools import MARK
from leptonopt.instance.setups import stated_resource
from leptonopt.plan.costing import Bill, NodeBill, available_hours, cost_shares
from leptonopt.plan.numbers import floor_number, gap, number, plain
from leptonopt.plan.price_table import NOTHING
from leptonopt.plan.service_entries import service_entries
from leptonopt.plan.teams import team_bills, uncharged
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.services import ReplicaSchedule


@dataclass(frozen=True)
class Outcome:
    """The outcome of a session, ready to be written down; money as exact fractions."""

    status: str
    stop: str
    method: str
    bound: Fraction | None
    made: dict[str, Any]
    instance: dict[str, Any]
    why: Sequence[str] = ()
    trace: Sequence[tuple[float, Fraction | None, Fraction | None]] = ()
    proof: Mapping[str, Any] = field(
        default_factory=lambda: {"by": [], "confirmed_by": [], "confirmation": None, "certified": None}
    )

    def steps(self) -> list[dict[str, Any]]:
        """Return the trace as it is written down."""
        return [
            {"seconds": round(seconds, 3), "cost": number(cost), "bound": floor_number(bound)}
            for seconds, cost, bound in self.trace
        ]


def plan_document(
    compiled: CompiledInstance,
    outcome: Outcome,
    runs: Sequence[TaskRun] | None,
    left: Iterable[tuple[int, int, int]],
    rent: NodeSchedule | None = None,
    look: Callable[[], object] = lambda: None,
    replicas: ReplicaSchedule | None = None,
) -> dict[str, Any]:
    """Return the plan document; `runs` is None when there is no plan.

    `look` is called between steps, and its exceptions end the work.
    """
    instance, head = compiled.instance, _head(compiled.instance, outcome)
    tail: dict[str, Any] = {"why": list(outcome.why), "trace": outcome.steps()}
    if runs is None or rent is None:
        empty: dict[str, Any] = {key: [] for key in ("tasks", "left_out", "nodes", "quotas")}
        return head | _proven(outcome, None) | empty | {"bill": None, "utilisation": [], "figures": None} | tail
    left_out = [(instance.tasks[task], copy, copies) for task, copy, copies in sorted(left)]
    bill = Bill(compiled, runs, left_out, rent, look, replicas)
    body = {
        "tasks": _tasks(bill),
        "left_out": [_id(*each) | {"value": plain(each[0].value or Decimal(0))} for each in left_out],
        "nodes": [_nodes(instance, rented) for rented in bill.nodes],
        **service_entries(instance, bill.served, compiled.services),
        "quotas": list(_quotas(bill)),
        **_meters(bill),
        **_savings(bill),
        "bill": _bill(bill),
        "utilisation": list(_utilisation(bill)),
        "figures": _figures(bill),
    }
    return head | _proven(outcome, bill.objective) | body | tail


def _head(instance: Instance, outcome: Outcome) -> dict[str, Any]:
    """Return what a plan is for, and how its solve ended."""
    head: dict[str, Any] = {
        "leptonopt_plan": 1,
        "instance": outcome.instance,
        "currency": instance.currency,
        "status": outcome.status,
        "stop": outcome.stop,
    }
    if instance.time.zone != "UTC":
        head["zone"] = instance.time.zone
    weights = {"cost": instance.objective.cost, "carbon_kg": instance.objective.carbon_kg}
    if weights != {name: getattr(Objective(), name) for name in weights}:
        head["objective"] = {name: plain(weight) for name, weight in weights.items()}
    return head


def _proven(outcome: Outcome, cost: Fraction | None) -> dict[str, Any]:
    """Return cost and bound, and where they come from; the cost is None without a plan."""
    bound = outcome.bound
    return {
        "cost": None if cost is None else number(cost),
        "cost_exact": None if cost is None else str(cost),
        "bound": number(bound) if bound is not None and bound == cost else floor_number(bound),
        "bound_exact": None if bound is None else str(bound),
        "gap": None if cost is None else gap(cost, bound),
        "method": outcome.method,
        "proof": dict(outcome.proof),
        "made": outcome.made,
    }


def _id(task: Task, copy: int, copies: int) -> dict[str, Any]:
    """Return the task of an entry and the copies that it stands for."""
    first = {"copy": copy} if task.copies > 1 else {}
    return {"id": task.id} | first | ({"copies": copies} if copies > 1 else {})


def _segment(run: TaskRun) -> dict[str, Any]:
    """Return the number of a segment and the share of the task that it does; nothing for a whole task."""
    return {"segment": run.segment, "work": number(run.way.work)} if run.segment else {}


def _tasks(bill: Bill) -> list[dict[str, Any]]:
    lines, instance = [], bill.instance
    weights = instance.objective
    powered = {pool.id for pool in instance.pools if pool.powered}
    charging = {pool.id for pool in instance.pools if pool.charged}
    for run, cost, metered in zip(bill.runs, bill.costs, bill.metered, strict=True):
        bill.look()
        task, way = instance.tasks[run.task], run.way
        line = _id(task, run.copy, run.copies) | _segment(run) | {"option": way.id, "pool": way.pool}
        if way.on_nodes:
            line["nodes"] = list(way.on_nodes)
        if way.variant is not None:
            line["variant"] = way.variant
        carbon = Fraction(weights.carbon_kg) * cost.carbon_kg
        line |= {
            "quality": plain(way.quality),
            "uses": {name: plain(count) for name, count in way.uses.items()},
            "start": instance.time.text(run.start),
            "end": instance.time.text(run.end),
            "cost": number(Fraction(weights.cost) * cost.total + carbon),
        }
        if cost.late_hours:
            line["late_hours"] = number(cost.late_hours)
        if way.pool in powered:
            line |= {"energy_kwh": number(cost.kwh), "carbon_kg": number(cost.carbon_kg)}
        running = sum(cost.running.values(), NOTHING)
        if way.pool in charging:
            line["charged"] = number(cost.charged)
        if instance.metered:
            line["metered"] = number(metered / run.copies)
        line["parts"] = {"running": number(running), "fixed": number(cost.fixed), "late": number(cost.late)}
        if instance.tasks[run.task].early_cost is not None:
            line["parts"]["early"] = number(cost.early)
        if weights.carbon_kg:
            line["parts"]["carbon"] = number(carbon)
        if way.data:
            line["data"] = [_moved(move) for move in way.data]
        lines.append(line)
    return sorted(lines, key=lambda line: (line["start"], line["id"], line.get("copy", 1)))


def _moved(move: DataMove) -> dict[str, Any]:
    return {
        "what": move.what,
        "name": move.name,
        "from": move.origin,
        "to": move.to,
        "gib": plain(move.gib),
        "cost": number(Fraction(move.cost)),
        "seconds": number(move.seconds),
    }


def _nodes(instance: Instance, rented: NodeBill) -> dict[str, Any]:
    kind, hours = rented.kind, Fraction(instance.time.slot, 3600)
    steps = [
        {"from": instance.time.text(slot), "count": count}
        for slot, count in enumerate(rented.on)
        if not slot or count != rented.on[slot - 1]
    ]
    told = {} if kind.node is None else {"node": kind.node}
    if kind.node is not None and not kind.single:
        told |= {"last": kind.last or kind.node}
    return {"pool": kind.pool.id, "kind": kind.name, **told, "committed": rented.committed, "on": steps} | {
        "node_hours": number(sum(rented.on) * hours),
        "on_demand_hours": number(rented.on_demand_slots * hours),
        "starts": rented.starts,
        "rent": number(rented.rent),
        "startup": number(rented.startup),
        "shutdown": number(rented.shutdown),
        "commit": number(rented.commit),
        "idle": number(rented.idle),
        "cost": number(rented.total),
    }


def _quotas(bill: Bill) -> Iterable[dict[str, Any]]:
    instance = bill.instance
    windows: dict[str, list[QuotaWindow]] = {quota.id: [] for quota in instance.quotas}
    for window in bill.compiled.windows:
        windows[window.quota.id].append(window)
    for quota in instance.quotas:
        own = windows[quota.id]
        spans = [(window.first, window.last + 1, used) for window, used in zip(own, bill.used(own), strict=True)]
        if quota.per == "moment":
            spans = [(0, instance.time.slots, bill.peak(quota))]
        for first, end, used in spans:
            yield {
                "id": quota.id,
                "from": instance.time.text(first),
                "to": instance.time.text(end),
                "used": number(used),
                "limit": plain(quota.limit),
            }


def _meters(bill: Bill) -> dict[str, Any]:
    """Return a line for each window of a meter; nothing where the instance has none."""
    time = bill.instance.time
    lines = [
        {
            "id": meter.window.quota.id,
            "from": time.text(meter.window.first),
            "to": time.text(meter.window.last + 1),
            "used": number(meter.used),
            "cost": number(meter.cost),
        }
        for meter in bill.meters
    ]
    return {"meters": lines} if bill.instance.meters else {}


def _savings(bill: Bill) -> dict[str, Any]:
    """Return a line for each savings plan; nothing where the instance has none."""
    found = {each.plan.id: each for group in bill.savings for each in group.plans}
    lines = []
    for plan in bill.instance.savings:
        own = found[plan.id]
        bought = [{"start": units.instant_text(start), "commit": number(money)} for start, money in own.bought]
        lines.append(
            {"id": plan.id, "commit": number(own.commit)}
            | ({"bought": bought} if bought else {})
            | {key: number(getattr(own, key)) for key in ("paid", "covered", "lost", "cost")}
        )
    return {"savings": lines} if lines else {}


def _bill(bill: Bill) -> dict[str, Any]:
    pools = []
    for found in bill.by_pool.values():
        resources = [
            {"resource": name, "unit_hours": number(found.hours[name]), "cost": number(found.spent[name])}
            for name in found.pool.resources
        ]
        parts = ("running", "fixed", "nodes", "total", "sunk")
        pools.append(
            {"pool": found.pool.id}
            | {name: number(getattr(found, name)) for name in parts}
            | {"energy_kwh": number(found.kwh), "carbon_kg": number(found.carbon_kg)}
            | {"tasks": found.tasks, "resources": resources}
        )
    sunk = bill.sum("sunk")
    extra = {"missed": number(bill.served.missed)} if bill.served.services else {}
    if any(task.early_cost is not None for task in bill.instance.tasks):
        extra["early"] = number(bill.early)
    return {
        "total": number(bill.total),
        "running": number(bill.sum("running")),
        "fixed": number(bill.sum("fixed")),
        "nodes": number(bill.sum("nodes")),
        "late": number(bill.late),
        **extra,
        **({"metered": number(bill.metered_cost)} if bill.instance.metered else {}),
        "forgone": number(bill.forgone),
        "sunk": number(sunk),
        "whole": number(bill.total + sunk),
        "energy_kwh": number(bill.sum("kwh")),
        "carbon_kg": number(bill.sum("carbon_kg")),
        "pools": pools,
        **_teams(bill),
    }


def _teams(bill: Bill) -> dict[str, Any]:
    """Return the bills of teams and what is left of the nodes' cost; nothing where no task has a team."""
    if all(task.team is None for task in bill.instance.tasks):
        return {}
    sums = ("own", "charged", *(("metered",) if bill.instance.metered else ()), "total")
    teams: list[dict[str, Any]] = [
        {"team": line.team, "tasks": line.tasks, **{name: number(getattr(line, name)) for name in sums}}
        for line in team_bills(bill)
    ]
    return {"teams": teams, "uncharged": number(uncharged(bill))}


def _utilisation(bill: Bill) -> Iterable[dict[str, Any]]:
    """Yield an entry for each resource of a pool."""
    used = cost_shares(bill)
    for found in bill.by_pool.values():
        for name in found.pool.resources:
            offered = available_hours(bill.instance, found.pool, name, bill.compiled.kinds)
            yield {
                "pool": found.pool.id,
                "resource": name,
                "used_hours": number(found.hours[name]),
                "capacity_hours": number(offered),
                "utilisation": number(used.get((found.pool.id, name))),
                "peak": number(found.peak(name)),
            }


def _stated_resources(instance: Instance) -> list[list[tuple[str, str]]]:
    """Return the resources by pool and name; names for setups of the same nodes stand together."""
    quotas, found = {quota.id for quota in instance.quotas}, dict[tuple[str, str], list[tuple[str, str]]]()
    for pool in instance.pools:
        sizes = {name: kind.size for name, kind in pool.kinds} if f"setups of {pool.id}" in quotas else {}
        for name in pool.resources:
            if not name.startswith(MARK):
                found.setdefault((pool.id, stated_resource(sizes, name)), []).append((pool.id, name))
    return list(found.values())


def _figures(bill: Bill) -> dict[str, Any]:
    """Return the four figures of the article and the net benefit; the cost includes sunk cost.

    `hours_per_resource` is the article's own "utilisation": hours of all tasks over the number of
    resources; `utilisation` is the share of the capacity on offer that the plan uses. Names that stand for
    tasks kept apart by node are no resources, and those for setups of nodes are one.
    """
    instance, shares = bill.instance, cost_shares(bill)
    resources = _stated_resources(instance)
    used = [sum(own, NOTHING) for names in resources if (own := [shares[name] for name in names if name in shares])]
    whole = bill.total + bill.sum("sunk")
    earned = (run.copies * Fraction(instance.tasks[run.task].value or 0) for run in bill.runs if run.first)
    profit = sum(earned, bill.served.profit)
    slots = sum(run.copies * (run.end - run.start) for run in bill.runs)
    task_hours = slots * Fraction(instance.time.slot, 3600)
    return {
        "utilisation": number(sum(used, NOTHING) / len(used)) if used else None,
        "hours_per_resource": number(task_hours / len(resources)),
        "total_cost": number(whole),
        "total_profit": number(profit),
        "cost_profit_ratio": number(whole / profit) if profit else None,
        "net_benefit": number(profit - whole),
    }
