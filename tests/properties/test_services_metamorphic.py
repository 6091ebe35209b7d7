"""Test what must follow for a changed instance with services from the optimum of the one before, whatever that is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InputError
from leptonopt.instance import validate
from tests.helpers.marks import first
from tests.second_reading.service_documents import classes_of, service_document

Document = dict[str, Any]
NEVER = Fraction(10**9)  # the cost of having no plan
SEEDS = first(6, range(60), ci=24)
MONEY = ("price", "startup", "shutdown", "cost", "value")


def least(document: Document) -> Fraction | None:
    """Return the proven least cost; None where it is not proven, or where the instance is refused."""
    try:
        instance = validate(document)
    except InputError:
        return None
    result = leptonopt.solve(instance, method="auto", time_limit=10, threads=1, isolate=False)
    if result.status == "infeasible":
        return NEVER
    return result.cost if result.status == "optimal" else None


def scaled(tree: Any, factor: int, keys: tuple[str, ...], inside: bool = False) -> Any:
    """Return a document with every number under some keys multiplied."""
    if isinstance(tree, dict):
        return {key: scaled(value, factor, keys, inside or key in keys) for key, value in tree.items()}
    if isinstance(tree, list):
        return [scaled(each, factor, keys, inside) for each in tree]
    return tree * factor if inside and isinstance(tree, int | Decimal) and not isinstance(tree, bool) else tree


def with_more_capacity(document: Document) -> None:
    """Add a GPU to each pool, or a node."""
    for pool in document["pools"]:
        if "nodes" in pool:
            pool["nodes"]["count"] += 1
        else:
            pool["capacity"]["gpu"] += 1


def with_less_demand(document: Document) -> None:
    """Halve the demand of every class, and the requests of batches."""
    half = Decimal("0.5")
    for service in document["services"]:
        service["demand"] = _demand_times(service["demand"], half)
    for batch in document.get("batches", []):
        batch["amount"] = {name: value * half for name, value in batch["amount"].items()}


def _demand_times(demand: Document, factor: Decimal) -> Document:
    if "samples" in demand:
        return {**demand, "samples": [_demand_times(sample, factor) for sample in demand["samples"]]}
    if "mix" in demand:
        return {**demand, "rate": _times(demand["rate"], factor)}
    return {name: _times(value, factor) for name, value in demand.items()}


def _times(series: Any, factor: Decimal) -> Any:
    if isinstance(series, dict):
        return {"steps": {at: value * factor for at, value in series["steps"].items()}}
    return series * factor


def with_another_way(document: Document) -> None:
    """Add a way like the first that serves all classes fast, at a start that costs more."""
    for service in document["services"]:
        way = {key: value for key, value in service["replicas"][0].items() if key in ("pool", "uses")}
        rate = dict.fromkeys(classes_of(service["demand"]), 4)
        service["replicas"].append({**way, "rate": rate, "start": {"cost": 2}})


def without_minimum(document: Document) -> None:
    """Ask for no usable replicas, no stay and no headroom."""
    for service in document["services"]:
        for noun in (service, *service["replicas"]):
            for key in ("minimum", "stay", "headroom"):
                noun.pop(key, None)


def with_missing_allowed(document: Document) -> None:
    """Let requests be missed at a high price."""
    for service in document["services"]:
        service.setdefault("missed", {"cost": 1})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "change", [with_more_capacity, with_less_demand, with_another_way, without_minimum, with_missing_allowed]
)
def test_what_is_easier_costs_no_more(change: Callable[[Document], None], seed: int) -> None:
    """More room, less demand, more ways or fewer rules never make a plan dearer, and never leave none."""
    document = service_document(seed)
    before = least(document)
    easier = copy.deepcopy(document)
    change(easier)
    after = least(easier)
    if before is not None and after is not None:
        assert after <= before


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_times_three_cost_three_times_as_much(seed: int) -> None:
    """Money is counted by nothing but its prices; what is missed is rounded up for each service and slot."""
    document = service_document(seed)
    document.pop("quotas", None)
    document.pop("objective", None)
    before, after = least(document), least(scaled(document, 3, MONEY))
    if before is None or after is None or before == NEVER:
        assert before is None or after in (None, NEVER)
        return
    assert 0 <= 3 * before - after <= Fraction(3 * 3 * 2, 10**6)


@pytest.mark.parametrize("seed", SEEDS)
def test_services_on_disjoint_pools_add_up(seed: int) -> None:
    """Two instances of the same length in one cost the sum of both."""
    one, other = service_document(seed), service_document(seed + 1000)
    for document in (one, other):
        document["time"]["horizon"] = "2h"
        for key in ("quotas", "objective"):
            document.pop(key, None)
    moved = _renamed(other)
    both = {key: one.get(key, []) + moved.get(key, []) for key in ("pools", "services", "tasks", "batches")}
    parts = [least(one), least(other)]
    whole = least({"time": one["time"], **{key: value for key, value in both.items() if value}})
    if None in parts or whole is None:
        return
    assert whole == (NEVER if NEVER in parts else sum(part for part in parts if part is not None))


def _renamed(tree: Any) -> Any:
    """Return a document with other names of pools, services, tasks and batches."""
    if isinstance(tree, list):
        return [_renamed(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: f"other-{value}" if key in ("id", "pool", "service") else value if key == "labels" else _renamed(value)
        for key, value in tree.items()
    }


EMULATED = [
    ({"a": 6, "b": 3, "c": 15}, [(Decimal("1.01"), {"a": 2, "b": 1, "c": 5}), (4, {"a": 20, "b": 20, "c": 40})]),
    ({"a": 5, "b": 2}, [(1, {"a": 2, "b": 1}), (3, {"a": 8, "b": 5})]),
    ({"a": 1, "b": 1, "c": 1}, [(2, {"a": 4, "b": 2, "c": 1}), (1, {"a": 1, "b": 1, "c": 1})]),
]


@pytest.mark.parametrize(("demand", "kinds"), EMULATED)
def test_an_emulation_by_tasks_is_never_cheaper(
    demand: dict[str, int], kinds: list[tuple[Any, dict[str, int]]]
) -> None:
    """Slices of classes as tasks on nodes: without slices it is whole routing, with slices split routing costs no more."""
    time = {"start": "2026-01-05T00:00Z", "horizon": "1h"}
    nodes = [
        {"id": f"k{n}", "nodes": {"size": {"gpu": 1}, "count": 9, "price": price}} for n, (price, _) in enumerate(kinds)
    ]
    ways = [{"pool": f"k{n}", "uses": {"gpu": 1}, "rate": rate} for n, (_, rate) in enumerate(kinds)]
    service = {"id": "s", "demand": demand, "replicas": ways}
    split = least({"time": time, "pools": nodes, "services": [service]})
    whole = least({"time": time, "pools": nodes, "services": [service | {"routing": "whole"}]})
    assert split is not None
    assert whole is not None
    by_tasks = {slices: least(_emulated(time, demand, kinds, slices)) for slices in (1, 2, 3, 4)}
    assert split <= min(cost for cost in by_tasks.values() if cost is not None)
    assert by_tasks[1] == whole


def _emulated(time: Any, demand: dict[str, int], kinds: list[tuple[Any, dict[str, int]]], slices: int) -> Document:
    """Return classes in slices as tasks, each within one slot of nodes that are cut into parts, without rounding."""
    parts = 40 * slices
    pools = [
        {"id": f"k{n}", "nodes": {"size": {"part": parts}, "count": 9, "price": price}}
        for n, (price, _) in enumerate(kinds)
    ]
    tasks = []
    for name, asked in demand.items():
        options = []
        for n, (_, rate) in enumerate(kinds):
            taken = Fraction(asked * parts, slices * rate[name])
            assert taken.denominator == 1
            options.append({"pool": f"k{n}", "uses": {"part": int(taken)}, "duration": "1h"})
        tasks.append({"id": name, "copies": slices, "options": options})
    return {"time": time, "pools": pools, "tasks": tasks}
