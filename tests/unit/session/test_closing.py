"""The time kept back for writing and checking a plan follows the counts of the instance."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.instance import validate
from leptonopt.session.closing import COSTS, MICRO, closing_time
from leptonopt.verify import verify
from tests.helpers.tiny_instances import pool, service_document


def dense(tasks: int, **more: Any) -> dict[str, Any]:
    """Tasks that each wait for all before them."""
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{tasks + 5}h"},
        "pools": [{"id": "p", "capacity": {"gpu": 4}, "price": {"gpu": 1.5}}],
        "tasks": [
            {
                "id": f"t{at}",
                "after": [f"t{other}" for other in range(at)],
                "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h"}],
            }
            for at in range(tasks)
        ],
        **more,
    }


def fixed(stated: dict[str, Any]) -> float:
    """The part that does not depend on the plan."""
    return closing_time(compile_instance(validate(stated)), 0.0).fixed


def test_edges_and_sets_count() -> None:
    """Each edge of precedence and each member of a set of affinity takes its time."""
    plain, edges = dense(40), sum(range(40))
    for each in plain["tasks"]:
        del each["after"]
    assert fixed(dense(40)) - fixed(plain) >= edges * COSTS.edge * MICRO
    sets = [[f"t{at}", f"t{at + 1}"] for at in range(39)] * 100
    assert fixed(plain | {"apart": sets}) > fixed(plain | {"apart": sets[:39]}) + 7000 * COSTS.edge * MICRO


def test_slots_of_nodes_count() -> None:
    """Nodes that are told apart are checked slot by slot."""
    pool = {"id": "p", "nodes": {"id": "n", "size": {"gpu": 4}, "count": 3, "price": 1}}
    shared = dense(5, pools=[pool])
    apart = dense(5, pools=[pool])
    apart["tasks"][0]["placement"] = "one-node"
    assert fixed(apart) > fixed(shared) > fixed(dense(5))


def test_routings_of_services_count() -> None:
    """Each way of a service in each class and slot, again for every zone that may be gone."""
    pools = [pool(name, labels=[f"zone:{name}"]) for name in "ab"]
    ways = [{"pool": name, "uses": {"gpu": 1}, "rate": {"short": 2, "long": 1}} for name in "ab"]
    plain = service_document(replicas=ways) | {"pools": pools}
    spread = service_document(replicas=ways, spread={"label": "zone:"}) | {"pools": pools}
    assert abs(fixed(spread) - fixed(plain) - 2 * 2 * 2 * 4 * COSTS.routed * MICRO) < 1e-9


def test_quotas_count_for_every_entry() -> None:
    """An entry is added up for each quota."""
    quotas = [{"id": f"q{at}", "of": "gpu", "limit": 100, "per": "day"} for at in range(3)]
    entry = closing_time(compile_instance(validate(dense(5, quotas=quotas))), 0.0).entry
    assert abs(entry - closing_time(compile_instance(validate(dense(5))), 0.0).entry - 3 * COSTS.counted * MICRO) < 1e-9


def test_dense_precedence_gets_its_plan() -> None:
    """A plan with 30,000 edges is written and checked within a short limit."""
    stated = dense(250)
    result = leptonopt.solve(stated, time_limit=6, isolate=False)
    assert result.status == "optimal"
    assert verify(stated, result.document).ok


def test_nodes_that_a_plan_names_take_time() -> None:
    """Of as many as there are tasks at most, where the problem only counts them."""

    def with_nodes(count: int) -> float:
        nodes = {"id": "box", "size": {"gpu": 8}, "count": count, "price": 1}
        way = {"pool": "p", "uses": {"gpu": 5}, "duration": "1h"}
        stated = {
            "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "20h"},
            "pools": [{"id": "p", "nodes": nodes}],
            "tasks": [{"id": "a", "copies": 30, "placement": "one-node", "options": [way]}],
        }
        return closing_time(compile_instance(validate(stated), COUNTED), 0.0).fixed

    assert with_nodes(30) - with_nodes(10) == pytest.approx(20 * 20 * COSTS.apart * MICRO)
    assert with_nodes(50) == with_nodes(30)
