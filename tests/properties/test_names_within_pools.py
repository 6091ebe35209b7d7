"""Names that are unique only within their pool: equal ones in two pools mean two things."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.verify import verify

TIME = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}


def solved(pools: list[dict[str, Any]], tasks: list[dict[str, Any]], **more: Any) -> tuple[str, Fraction | None, Any]:
    """Status, cost and document of the best plan, which the checker has to agree with."""
    document = {"time": TIME, "pools": pools, "tasks": tasks, **more}
    result = leptonopt.solve(document, method="cpsat", isolate=False)
    assert verify(document, result.document).ok
    return result.status, result.plan.cost if result.plan else None, result.document


def nodes(pool: str, price: int, count: int = 1, **more: Any) -> dict[str, Any]:
    """A pool of nodes, all kinds called alike."""
    return {"id": pool, "nodes": {"id": "box", "size": {"gpu": 8}, "count": count, "price": price, **more}}


def within_one(copies: int = 1, uses: int = 8, **more: Any) -> dict[str, Any]:
    """Copies that must fit within a node, on either pool."""
    ways = [{"pools": ["a", "b"], "uses": {"gpu": uses}, "duration": "2h"}]
    return {"id": "t", "copies": copies, "placement": "one-node", "options": ways, **more}


def test_the_cheaper_of_two_kinds_called_alike_is_taken() -> None:
    """2 h at 3 rather than at 5."""
    assert solved([nodes("a", 3), nodes("b", 5)], [within_one()])[:2] == ("optimal", 6)
    assert solved([nodes("a", 5), nodes("b", 3)], [within_one()])[:2] == ("optimal", 6)


def test_kinds_called_alike_hold_their_own_tasks_each() -> None:
    """Two copies of all of a node at once, one in each pool: 2 h at 3 and 2 h at 5."""
    status, cost, document = solved([nodes("a", 3), nodes("b", 5)], [within_one(2, deadline="2026-01-05T02:00Z")])
    assert (status, cost) == ("optimal", 16)
    assert [line["nodes"] for line in document["tasks"]] == [["box/1"], ["box/1"]]


def test_kinds_called_alike_may_hold_different_resources() -> None:
    """A name of a node in one pool says nothing of what it holds in another."""
    other = {"id": "b", "nodes": {"id": "box", "size": {"cpu": 4}, "count": 1, "price": 1}}
    ways = [{"pool": "a", "uses": {"gpu": 8}, "duration": "2h"}, {"pool": "b", "uses": {"cpu": 4}, "duration": "1h"}]
    tasks = [{"id": name, "placement": "one-node", "options": [way]} for name, way in zip("xy", ways, strict=True)]
    assert solved([nodes("a", 3), other], tasks)[:2] == ("optimal", 7)


@pytest.mark.parametrize("name", ["CO2", "energy", "money", "carbon", "power-less", "gpu/1", "nodes"])
def test_a_resource_may_have_any_name(name: str) -> None:
    """A priced resource beside carbon that is weighed: 2 units x 3 x 2 h, and 1 kW x 500 g x 2 h at 10 per kg."""
    pool = {"id": "p", "capacity": {name: 2}, "price": {name: 3}, "power": {name: 0.5}, "carbon": 500}
    task = {"id": "t", "options": [{"pool": "p", "uses": {name: 2}, "duration": "2h"}]}
    assert solved([pool], [task], objective={"cost": 1, "carbon_kg": 10})[:2] == ("optimal", 12 + 10)


def test_quotas_of_energy_and_money_are_not_of_resources_called_so() -> None:
    """kWh and money count, not unit-hours; what holds at a moment is the resource."""
    pool = {"id": "p", "capacity": {"energy": 100, "money": 100}, "price": {"energy": 0.5}}
    task = {"id": "t", "options": [{"pool": "p", "uses": {"energy": 50, "money": 60}, "duration": "2h"}]}
    quotas = [{"id": "e", "of": "energy", "limit": 0}, {"id": "m", "of": "money", "limit": 50}]
    moment = [{"id": "n", "of": "energy", "limit": 49, "per": "moment"}]
    assert solved([pool], [task], quotas=quotas)[:2] == ("optimal", 50)
    assert solved([pool], [task], quotas=[{**quotas[1], "limit": 49}])[0] == "infeasible"
    assert solved([pool], [task], quotas=moment)[0] == "infeasible"


def test_options_and_pools_called_alike() -> None:
    """An option called as another's pool, and pools and tasks with one id, are told apart."""
    pools = [
        {"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": 5}},
        {"id": "t", "capacity": {"gpu": 1}, "price": {"gpu": 2}},
    ]
    ways = [
        {"id": "t", "pool": "a", "uses": {"gpu": 1}, "duration": "1h"},
        {"pool": "t", "uses": {"gpu": 1}, "duration": "1h"},
    ]
    status, cost, document = solved(pools, [{"id": "t", "options": ways}])
    assert (status, cost, document["tasks"][0]["option"]) == ("optimal", 2, "t#2")
