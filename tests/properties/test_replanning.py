"""The rest of an optimal plan is an optimal plan of the rest, of every kind of instance.

So the least cost from an instant on is that of the whole plan less what it has cost until then, which is added up here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.compile.calendar import mean_by_slot
from leptonopt.errors import InputError
from leptonopt.instance import Instance, units
from leptonopt.replanning.as_planned import state_as_planned
from leptonopt.replanning.document import remaining_instance
from leptonopt.replanning.state import read_state
from leptonopt.verify import verify
from tests.helpers.marks import first
from tests.second_reading.generators import GENERATORS

Document = dict[str, Any]


DRAWN: dict[str, tuple[Callable[[int], Document], int]] = {
    "tasks": (GENERATORS["anything"], 60), "segments": (GENERATORS["segments"], 80), "data": (GENERATORS["data"], 60),
    "services": (GENERATORS["services"], 80),
}  # fmt: skip
BATCH = 20


def batches() -> Iterator[Any]:
    """Yield what is drawn with the number of each batch."""
    for name, (_, count) in DRAWN.items():
        for case in first(1, range(count // BATCH)):
            values, marks = getattr(case, "values", (case,)), getattr(case, "marks", ())
            yield pytest.param(name, *values, marks=marks)


@pytest.mark.parametrize(("name", "batch"), list(batches()))
def test_the_rest_of_an_optimal_plan_is_optimal(name: str, batch: int) -> None:
    """Where all went as planned until any slot, planning again costs no more and no less than the rest of the plan."""
    draw, checked = DRAWN[name][0], 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        try:
            instance = Instance.model_validate(summed(draw(seed)))
            found = solve(instance, method="cpsat", time_limit=10, threads=1, isolate=False)
        except (ValueError, InputError):
            continue  # drawn to be refused
        if str(found.status) == "optimal":
            checked += rest_is_optimal(seed, instance, found.document)
    assert checked


def summed(document: Document) -> Document:
    """Return an instance without what this module does not add up, or `replan` refuses: nodes, spot, billing, quotas."""
    for key in ("quotas", "meters", "objective"):
        document.pop(key, None)
    for pool in document["pools"]:
        for key in ("interruptions", "billing", "carbon"):
            pool.pop(key, None)
        if nodes := pool.pop("nodes", None):
            kinds = nodes if isinstance(nodes, list) else [nodes]
            pool["capacity"] = pool.get("capacity", {}) | {name: 4 for kind in kinds for name in kind["size"]}
            pool["price"] = pool.get("price", {}) | {name: 1 for kind in kinds for name in kind["size"]}
        pool["price"] = {name: not_below_zero(price) for name, price in pool.get("price", {}).items()}
    for task in document.get("tasks", ()):
        for key in ("placement", "on_time", *(("inputs",) if "segments" in task else ())):
            task.pop(key, None)
        for option in task.get("options", ()):
            option["cost"] = not_below_zero(option.get("cost", 0))
    return document


def not_below_zero(price: Any) -> Any:
    """Return a price or a series of them; where it is below zero, longer runs would pay."""
    if isinstance(price, dict):
        return {key: not_below_zero(each) for key, each in price.items()}
    return abs(price)


def rest_is_optimal(seed: int, instance: Instance, plan: Mapping[str, Any]) -> bool:
    """Return whether some rest of a plan was compared; it has the least cost at every slot."""
    compared = False
    for slot in range(1, instance.time.slots):
        now = units.instant_text(instance.time.start + timedelta(seconds=slot * instance.time.slot))
        state = read_state(state_as_planned(plan, now), instance)
        if not (state.running or state.paused or instance.services):
            continue
        rest = remaining_instance(instance, plan, state)
        found = solve(
            rest.document, method="cpsat", time_limit=10, threads=1, isolate=False, warm_start=rest.warm_start
        )
        assert str(found.status) == "optimal", (seed, slot)
        assert verify(rest.document, found.document).ok, (seed, slot)
        assert Fraction(found.document["cost_exact"]) == rest_cost(instance, plan, slot), (seed, slot)
        compared = True
    return compared


def rest_cost(instance: Instance, plan: Mapping[str, Any], slot: int) -> Fraction:
    """Return what a plan still costs from a slot on."""
    cost = Fraction(plan["cost_exact"])
    hours, prices = Fraction(instance.time.slot, 3600), pool_prices(instance)
    for line in plan["tasks"]:
        begun, end = slot_of(instance, line["start"]), slot_of(instance, line["end"])
        held = {name: Fraction(str(count)) for name, count in line["uses"].items()}
        each = sum(
            (count * prices[line["pool"], name][at] * hours for at in range(begun, min(end, slot))
             for name, count in held.items() if (line["pool"], name) in prices), Fraction(0),
        )  # fmt: skip
        fixed = Fraction(str(line["parts"]["fixed"])) if begun < slot else 0
        late = Fraction(str(line["parts"].get("late", 0))) if end <= slot else 0
        cost -= (each + fixed + late) * line.get("copies", 1)
    return cost - services_cost(instance, plan, slot)


def slot_of(instance: Instance, moment: str) -> int:
    """Return the slot that begins at an instant."""
    return int((units.instant(moment) - instance.time.start).total_seconds()) // instance.time.slot


def pool_prices(instance: Instance) -> dict[tuple[str, str], list[Fraction]]:
    """Return the mean price of each resource by slot."""
    return {
        (pool.id, name): mean_by_slot(price, instance.time)
        for pool in instance.pools
        for name, price in pool.price.items()
    }


def services_cost(instance: Instance, plan: Mapping[str, Any], slot: int) -> Fraction:
    """Return what replicas and missed requests have cost before a slot."""
    hours, prices, cost = Fraction(instance.time.slot, 3600), pool_prices(instance), Fraction(0)
    for stated, service in zip(instance.services, plan.get("services", ()), strict=True):
        for way, line in zip(stated.replicas, service["ways"], strict=True):
            on = [count_at(instance, line["on"], at) for at in range(instance.time.slots)]
            start = way.start or stated.start
            before = on[0] if way.running is None else way.running
            started = sum(max(0, b - a) for a, b in zip([before, *on[: slot - 1]], on[:slot], strict=True))
            started += on[0] if way.running is None else 0
            cost += started * Fraction(start.cost)
            for at in range(slot):
                cost += on[at] * sum(
                    (Fraction(count) * prices[way.pool, name][at] * hours
                     for name, count in way.uses.items() if (way.pool, name) in prices), Fraction(0),
                )  # fmt: skip
        for entry in service["missed"]:
            assert stated.missed is not None
            for _ in range(slot_of(instance, entry["from"]), min(slot_of(instance, entry["to"]), slot)):
                cost += missed_cost(stated.missed.cost, entry["requests_per_second"], instance.time.slot)
    return cost


def missed_cost(price: Decimal, rate: str, seconds: int) -> Fraction:
    """Return what a class of requests that is missed in a slot costs, before rounding."""
    return Fraction(price) * Fraction(rate) * seconds


def count_at(instance: Instance, steps: list[Document], slot: int) -> int:
    """Return the count of a list of steps in a slot."""
    return int(next((step["count"] for step in reversed(steps) if slot_of(instance, step["from"]) <= slot), 0))
