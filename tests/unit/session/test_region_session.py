"""Solves over choices of regions: least cost, proofs, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from tests.helpers.regions import LINK, anywhere, chain, places
from tests.helpers.tiny_instances import document, task


def solved(stated: dict[str, Any], **more: Any) -> leptonopt.Result:
    """Return the result on one thread, in this process."""
    return leptonopt.solve(stated, time_limit=20, threads=1, isolate=False, **more)


@pytest.mark.parametrize(("gib", "cost", "pool"), [(1, 3.5, "west"), (2, 4, None), (3, 4, "east")])
def test_data_moves_where_that_pays(gib: int, cost: float, pool: str | None) -> None:
    """A GPU hour costs 1 less in the west, and a GiB costs 0.5 on its way."""
    found = solved(chain(gib))
    assert (found.status, found.cost) == ("optimal", cost)
    plan = found.require_plan()
    assert pool is None or plan.entry("second")["pool"] == pool
    assert found.document["proof"]["by"] == ["regions"]


@pytest.mark.parametrize("method", ["greedy", "cpsat", "highs", "lns", "least-loaded"])
def test_every_method_plans_with_regions_fixed(method: str) -> None:
    """The choice of regions is the session's, so each method finds the plan of two tasks."""
    assert solved(chain(1), method=method).cost == 3.5


def test_a_second_model_confirms() -> None:
    """The model of the checker's reading has data as well; no engine is asked on the relaxation."""
    found = solved(chain(1), confirm=True)
    assert found.document["proof"]["confirmed_by"] == ["cpsat"]
    assert found.document["proof"]["confirmation"] == "second model"


def test_where_the_cheapest_regions_have_no_room_others_are_planned() -> None:
    """Three tasks take data from one; the west, which is cheaper for all, has one GPU and an hour less."""
    takers = [anywhere(f"t{n}", after=[{"task": "first", "gib": 1}]) for n in range(3)]
    east, west = places()
    west |= {"capacity": {"gpu": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T03:00Z": 0}}}}
    stated = chain(1) | {"pools": [east, west]}
    stated["tasks"] = [stated["tasks"][0], *takers]
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 2 + 1.5 + 2 + 2)


def test_no_plan_is_proven_over_all_regions() -> None:
    """Data that no link moves, for tasks that cannot share a region."""
    stated = chain(1, links=())
    stated["tasks"][1]["options"] = [{"pool": "west", "uses": {"gpu": 1}, "duration": "1h"}]
    assert solved(stated).status == "infeasible"


def test_time_on_the_way_counts_for_deadlines() -> None:
    """7,200 GiB take two hours, so the second task cannot end in the west by the third hour."""
    stated = chain(7200, links=({**LINK, "price": 0},))
    stated["tasks"][1]["deadline"] = "2026-01-05T03:00Z"
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 4)
    del stated["tasks"][1]["deadline"]
    assert solved(stated).cost == 3


def test_a_plan_to_start_from_keeps_its_regions() -> None:
    """Its plan is the first that is made."""
    first = solved(chain(1)).document
    found = solved(chain(1), warm_start=first)
    assert found.cost == 3.5


def test_deterministic_solves_agree() -> None:
    """Equal input gives an equal plan."""
    one, other = (solved(chain(1), deterministic=True).document for _ in range(2))
    assert one == other


def test_a_task_without_a_region_cannot_pass_data_on() -> None:
    """Its pool has no label."""
    stated = document(
        {"id": "first", "options": [{"pool": "none", "uses": {"gpu": 1}, "duration": "1h"}]},
        anywhere("second", after=[{"task": "first", "gib": 1}]),
        pools=[{"id": "none", "capacity": {"gpu": 1}}, *places()],
        links=[LINK],
    )
    found = solved(stated)
    assert found.status == "infeasible"
    assert "has no label `region:NAME`" in found.document["why"][0]


def test_a_bound_in_coarse_money_is_no_alarm() -> None:
    """With prices far apart money is counted coarsely, and a bound proven with regions fixed is rounded down to it."""
    stated = chain(1, pools=places(east=1.123456789, billing={"unit": "7s"}))
    stated["tasks"][0]["options"].append({"pool": "west", "duration": "1h", "cost": 10**12})
    found = solved(stated, method="cpsat")
    assert found.status == "feasible"
    assert found.document["bound_exact"] is not None
    assert Fraction(found.document["bound_exact"]) <= Fraction(found.document["cost_exact"])


@pytest.mark.parametrize(("optional", "status", "cost"), [(False, "infeasible", None), (True, "optimal", 4)])
def test_data_without_any_region(optional: bool, status: str, cost: int | None) -> None:
    """Tasks that pass data on run nowhere where no pool has a region; they are left out where they may be."""
    worth = {"optional": True, "value": 2} if optional else {}
    stated = document(task("x", **worth), task("y", after=[{"task": "x", "gib": 3}], **worth))
    found = solved(stated, method="cpsat")
    assert (found.status, found.cost) == (status, cost)


@pytest.mark.parametrize("link", [{"gbit": 0.000000001}, {"price": 10**12}])
def test_data_that_takes_ages_or_costs_a_fortune(link: dict[str, Any]) -> None:
    """Leave a task out, without an overflow, where data take or cost more than can be counted."""
    stated = chain(10**12, links=({"from": "*", "to": "*", **link},))
    stated["tasks"][1] |= {"optional": True, "value": 1, "options": [*stated["tasks"][1]["options"]]}
    stated["tasks"][1]["options"][0] = {"pool": "west", "uses": {"gpu": 1}, "duration": "1h"}
    found = solved(stated, method="cpsat")
    assert (found.document["cost_exact"], len(found.document["left_out"])) == ("3", 1)
