"""What the user gets: the plan as a document (the JSON plan file), and as an object around it.

All money here is recomputed from the instance in exact fractions; nothing is taken from a solver.
`docs/plan.md` explains the document, `leptonopt schema plan` prints its JSON Schema.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from math import inf, lcm, nextafter
from typing import TYPE_CHECKING, Any

from leptonopt import units
from leptonopt.calendar import least_by_slot, mean_by_slot
from leptonopt.compile import Compiled, Run
from leptonopt.instance import Instance, Task

if TYPE_CHECKING:
    import pandas

MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Costs:
    """The exact cost of one run, in money."""

    running: dict[str, Fraction]
    fixed: Fraction
    late: Fraction
    late_hours: Fraction

    @property
    def total(self) -> Fraction:
        """Running + fixed + late."""
        return sum(self.running.values(), Fraction(0)) + self.fixed + self.late


class Prices:
    """Exact cost of holding resources, from prefix sums of the price per slot."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.pools = {pool.id: pool for pool in instance.pools}
        self._sums: dict[tuple[str, str], tuple[list[int], int]] = {}

    def held(self, pool: str, resource: str, amount: Decimal, start: int, end: int) -> Fraction:
        """Cost of `amount` units of a pool's resource over slots [start, end)."""
        if (pool, resource) not in self._sums:
            price = self.pools[pool].price.get(resource)
            means = mean_by_slot(price, self.instance.time) if price else [Fraction(0)] * self.instance.time.slots
            scale = lcm(*(mean.denominator for mean in means))
            self._sums[pool, resource] = (list(accumulate((int(m * scale) for m in means), initial=0)), scale)
        sums, scale = self._sums[pool, resource]
        return Fraction(sums[end] - sums[start], scale) * Fraction(amount) * Fraction(self.instance.time.slot, 3600)

    def of(self, run: Run) -> Costs:
        """All parts of the cost of a run."""
        task, time = self.instance.tasks[run.task], self.instance.time
        late_hours = Fraction(0)
        if task.due is not None:
            late = time.start + timedelta(seconds=run.end * time.slot) - task.due
            late_hours = max(Fraction(0), Fraction(int(late.total_seconds()), 3600))
        way = run.way
        return Costs(
            {name: self.held(way.pool, name, count, run.start, run.end) for name, count in way.uses.items()},
            Fraction(way.cost),
            late_hours * Fraction(task.late_cost or 0),
            late_hours,
        )


@dataclass(frozen=True)
class Outcome:
    """What the conductor knows at the end, ready to be written down. Money as exact fractions."""

    status: str
    stop: str
    method: str
    bound: Fraction | None
    made: dict[str, Any]
    instance: dict[str, Any]
    why: Sequence[str] = ()
    trace: Sequence[tuple[float, Fraction | None, Fraction | None]] = ()


def document(
    compiled: Compiled, outcome: Outcome, runs: Sequence[Run] | None, left: Iterable[tuple[int, int]]
) -> dict[str, Any]:
    """The plan document; `runs` is None when there is no plan."""
    instance = compiled.instance
    head: dict[str, Any] = {
        "leptonopt_plan": 1,
        "instance": outcome.instance,
        "currency": instance.currency,
        "status": outcome.status,
        "stop": outcome.stop,
    }
    tail: dict[str, Any] = {
        "why": list(outcome.why),
        "trace": [
            {"seconds": round(seconds, 3), "cost": number(cost), "bound": floor_number(bound)}
            for seconds, cost, bound in outcome.trace
        ],
    }
    method = {"method": outcome.method, "made": outcome.made}
    if runs is None:
        nothing = {"cost": None, "cost_exact": None, **_bound(outcome.bound, None), "gap": None}
        empty: dict[str, Any] = {"tasks": [], "left_out": [], "bill": None, "utilisation": [], "figures": None}
        return head | nothing | method | empty | tail
    prices = Prices(instance)
    costs = [prices.of(run) for run in runs]
    left_out = [(instance.tasks[task], copy) for task, copy in sorted(left)]
    forgone = sum((Fraction(task.value or 0) for task, _ in left_out), Fraction(0))
    bill = _bill(instance, runs, costs, forgone)
    total = sum((cost.total for cost in costs), Fraction(0)) + forgone
    use, shares = _utilisation(instance, runs)
    body = {
        "cost": number(total),
        "cost_exact": str(total),
        **_bound(outcome.bound, total),
        "gap": gap(total, outcome.bound),
        **method,
        "tasks": _tasks(instance, runs, costs),
        "left_out": [_id(task, copy) | {"value": plain(task.value or Decimal(0))} for task, copy in left_out],
        "bill": bill,
        "utilisation": use,
        "figures": _figures(instance, runs, total - forgone, shares, len(use)),
    }
    return head | body | tail


def gap(cost: Fraction | None, bound: Fraction | None) -> float | None:
    """(cost - bound) / |cost|: 0 when equal; None when unknown or the cost is 0 with a lower bound."""
    if cost is None or bound is None:
        return None
    if cost == bound:
        return 0.0
    return float((cost - bound) / abs(cost)) if cost else None


def number(money: Fraction | None) -> float | int | None:
    """Money as a JSON number, rounded half-even to a millionth."""
    return None if money is None else plain(_decimal(money, ROUND_HALF_EVEN))


def floor_number(money: Fraction | None) -> float | int | None:
    """A lower bound as a JSON number, rounded down to a millionth."""
    if money is None:
        return None
    shown = plain(_decimal(money, ROUND_FLOOR))
    # Beyond 15 digits a float may lie above what it stands for; a bound must not.
    return nextafter(shown, -inf) if Fraction(repr(shown)) > money else shown


def plain(value: Decimal) -> float | int:
    """A Decimal as the JSON number that prints alike (up to 15 significant digits)."""
    return int(value) if value == value.to_integral_value() else float(value)


def _decimal(money: Fraction, rounding: str) -> Decimal:
    scaled = money * 10**6
    whole = scaled.numerator // scaled.denominator if rounding == ROUND_FLOOR else round(scaled)
    return Decimal(whole).scaleb(-6)


def _bound(bound: Fraction | None, cost: Fraction | None) -> dict[str, Any]:
    shown = number(bound) if bound is not None and bound == cost else floor_number(bound)
    return {"bound": shown, "bound_exact": None if bound is None else str(bound)}


def _id(task: Task, copy: int) -> dict[str, Any]:
    return {"id": task.id} | ({"copy": copy} if task.copies > 1 else {})


def _moment(instance: Instance, slot: int) -> datetime:
    return instance.time.start + timedelta(seconds=slot * instance.time.slot)


def _tasks(instance: Instance, runs: Sequence[Run], costs: Sequence[Costs]) -> list[dict[str, Any]]:
    lines = []
    for run, cost in zip(runs, costs, strict=True):
        task, way = instance.tasks[run.task], run.way
        line = _id(task, run.copy) | {"option": way.id, "pool": way.pool}
        if way.variant is not None:
            line["variant"] = way.variant
        line |= {
            "quality": plain(way.quality),
            "uses": {name: plain(count) for name, count in way.uses.items()},
            "start": units.instant_text(_moment(instance, run.start)),
            "end": units.instant_text(_moment(instance, run.end)),
            "cost": number(cost.total),
        }
        if cost.late_hours:
            line["late_hours"] = number(cost.late_hours)
        running = sum(cost.running.values(), Fraction(0))
        line["parts"] = {"running": number(running), "fixed": number(cost.fixed), "late": number(cost.late)}
        lines.append(line)
    return sorted(lines, key=lambda line: (line["start"], line["id"], line.get("copy", 1)))


def _bill(instance: Instance, runs: Sequence[Run], costs: Sequence[Costs], forgone: Fraction) -> dict[str, Any]:
    hours = _hours(instance, runs)
    spent: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    fixed: dict[str, Fraction] = defaultdict(Fraction)
    count: dict[str, int] = defaultdict(int)
    for run, cost in zip(runs, costs, strict=True):
        fixed[run.way.pool] += cost.fixed
        count[run.way.pool] += 1
        for resource, money in cost.running.items():
            spent[run.way.pool, resource] += money
    pools = []
    for pool in instance.pools:
        running = sum((spent[pool.id, name] for name in pool.capacity), Fraction(0))
        resources = [
            {"resource": name, "unit_hours": number(hours[pool.id, name]), "cost": number(spent[pool.id, name])}
            for name in pool.capacity
        ]
        pools.append(
            {
                "pool": pool.id,
                "running": number(running),
                "fixed": number(fixed[pool.id]),
                "total": number(running + fixed[pool.id]),
                "tasks": count[pool.id],
                "resources": resources,
            }
        )
    running, late = sum(spent.values(), Fraction(0)), sum((cost.late for cost in costs), Fraction(0))
    in_all = sum(fixed.values(), Fraction(0))
    return {
        "total": number(running + in_all + late),
        "running": number(running),
        "fixed": number(in_all),
        "late": number(late),
        "forgone": number(forgone),
        "pools": pools,
    }


def _hours(instance: Instance, runs: Sequence[Run]) -> dict[tuple[str, str], Fraction]:
    hours: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for run in runs:
        span = Fraction((run.end - run.start) * instance.time.slot, 3600)
        for name, count in run.way.uses.items():
            hours[run.way.pool, name] += span * Fraction(count)
    return hours


def _utilisation(instance: Instance, runs: Sequence[Run]) -> tuple[list[dict[str, Any]], list[Fraction]]:
    """A line per resource of a pool, and the exact shares used where there is something to share."""
    time, hours = instance.time, _hours(instance, runs)
    change: dict[tuple[str, str], dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for run in runs:
        for name, count in run.way.uses.items():
            change[run.way.pool, name][run.start] += Fraction(count)
            change[run.way.pool, name][run.end] -= Fraction(count)
    lines: list[dict[str, Any]] = []
    shares = []
    for pool in instance.pools:
        for name, series in pool.capacity.items():
            least = least_by_slot(series, pool.maintenance, name, time)
            limited = None not in least
            offered = sum((Fraction(value) for value in least if value is not None), Fraction(0)) * Fraction(
                time.slot, 3600
            )
            steps = change[pool.id, name]
            peak = max(accumulate(steps[slot] for slot in sorted(steps)), default=Fraction(0))
            used = hours[pool.id, name]
            share = used / offered if limited and offered else None
            shares += [] if share is None else [share]
            lines.append(
                {
                    "pool": pool.id,
                    "resource": name,
                    "used_hours": number(used),
                    "capacity_hours": number(offered) if limited else None,
                    "utilisation": number(share),
                    "peak": number(peak),
                }
            )
    return lines, shares


def _figures(
    instance: Instance, runs: Sequence[Run], bill: Fraction, shares: Sequence[Fraction], resources: int
) -> dict[str, Any]:
    """The four figures of the article, and the net benefit.

    `hours_per_resource` is the article's own "utilisation": hours of all tasks over the number of
    resources; `utilisation` is the share of the capacity on offer that the plan uses.
    """
    profit = sum((Fraction(instance.tasks[run.task].value or 0) for run in runs), Fraction(0))
    task_hours = sum((Fraction((run.end - run.start) * instance.time.slot, 3600) for run in runs), Fraction(0))
    return {
        "utilisation": number(sum(shares, Fraction(0)) / len(shares)) if shares else None,
        "hours_per_resource": number(task_hours / resources),
        "total_cost": number(bill),
        "total_profit": number(profit),
        "cost_profit_ratio": number(bill / profit) if profit else None,
        "net_benefit": number(profit - bill),
    }


@dataclass(frozen=True)
class Plan:
    """A plan that has passed the checker.

    `document` is exactly what the plan file holds; the properties are shortcuts into it.
    """

    document: dict[str, Any] = field(repr=False)

    @property
    def cost(self) -> Fraction:
        """The objective in money, exact."""
        return Fraction(self.document["cost_exact"])

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """One entry per copy of a task that runs, by start."""
        found: list[dict[str, Any]] = self.document["tasks"]
        return found

    @property
    def bill(self) -> dict[str, Any]:
        """The bill: totals, and by pool and resource."""
        found: dict[str, Any] = self.document["bill"]
        return found

    @property
    def figures(self) -> dict[str, Any]:
        """Utilisation, total cost, total profit, cost-profit ratio, net benefit."""
        found: dict[str, Any] = self.document["figures"]
        return found

    @cached_property
    def by_task(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Entries of `tasks` by (id, copy); copies count from 1."""
        return {(line["id"], line.get("copy", 1)): line for line in self.tasks}

    def to_pandas(self) -> pandas.DataFrame:
        """A frame with a row per task: id, copy, option, pool, variant, start, end, cost.

        Raises `ImportError` when pandas is not installed.
        """
        import pandas

        columns = ["id", "copy", "option", "pool", "variant", "start", "end", "cost"]
        frame = pandas.DataFrame([{name: line.get(name) for name in columns} for line in self.tasks], columns=columns)
        frame["copy"] = frame["copy"].fillna(1).astype(int)
        for name in ("start", "end"):
            frame[name] = pandas.to_datetime(frame[name], utc=True)
        return frame

    def __str__(self) -> str:
        lines = [
            f"{line['start']}  {line['end']}  {line['id']}  {line['option']}  {line['cost']}" for line in self.tasks
        ]
        head = f"{self.document['status']}: {self.document['cost']} {self.document['currency']}, {len(lines)} tasks"
        return "\n".join([head, *lines])
