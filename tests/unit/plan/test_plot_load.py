"""Load over time against capacity, and what drives it."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.instance import validate
from leptonopt.plan import plot_load
from leptonopt.plan.picture import Picture
from leptonopt.plan.plot_load import MAX_LOADS, main_resources
from tests.helpers import plans


def figure(stated: dict[str, Any] | None, plan: dict[str, Any] | None = None, pool: str = "a") -> Any:
    """Return the figure with the load of a pool."""
    from matplotlib.figure import Figure

    made = Figure()
    document = plan or plans.plan(plans.task("x", "a", 0, 1), plans.task("y", "b", 1, 1))
    plot_load.plot_load(Picture(document, validate(stated) if stated else None), pool, "gpu", made.add_subplot())
    return made


def test_main_resources() -> None:
    """The one most used of each pool that works; the busiest pools where there are many."""
    plan = plans.plan(*(plans.task(f"t{at}", f"p{at:02}", 0, 1, uses={"gpu": at + 1}) for at in range(MAX_LOADS + 2)))
    found = main_resources(Picture(plan, None))
    assert found == [(f"p{at:02}", "gpu") for at in range(2, MAX_LOADS + 2)]
    plan["utilisation"].append({"pool": "p05", "resource": "cpu", "used_hours": 1, "utilisation": 0.99})
    assert ("p05", "cpu") in main_resources(Picture(plan, None))


def test_capacity_follows_the_instance() -> None:
    """The line drops to nothing in a maintenance window; an unlimited pool has none."""
    plan = plans.plan(plans.task("x", "a", 0, 2), plans.task("y", "a", 10, 30), pools=("a", "b"))
    picture = Picture(plan, validate(plans.INSTANCE))
    pools = {pool.id: pool for pool in validate(plans.INSTANCE).pools}
    offered = plot_load.offered_capacity(picture, pools["a"], "gpu")
    assert offered is not None
    edges, levels = offered
    assert levels == [4, 0, 4]
    assert [(edge - edges[0]).total_seconds() / 3600 for edge in edges] == [0, 20, 26, 48]
    assert plot_load.offered_capacity(picture, pools["b"], "gpu") is None


@pytest.mark.parametrize(("pool", "said"), [("a", "<1% used"), ("b", "no limit")])
def test_titles_state_the_use(pool: str, said: str) -> None:
    """Of the capacity; or that there is none."""
    (ax,) = figure(plans.INSTANCE, pool=pool).axes
    assert ax.get_title(loc="right") == said


def test_a_capacity_far_above_the_load_is_stated() -> None:
    """It would make the load a thin line."""
    stated = {**plans.INSTANCE, "pools": [{"id": "a", "capacity": {"gpu": 999}}, plans.INSTANCE["pools"][1]]}
    (ax,) = figure(stated).axes
    assert ax.get_title(loc="right").endswith("; the capacity of 999 is far above")


def test_nodes_that_are_on_are_the_capacity() -> None:
    """From the steps of the plan."""
    node = {"id": "n", "size": {"gpu": 2}, "count": 3, "price": 1}
    stated = {**plans.INSTANCE, "pools": [{"id": "a", "nodes": node}, plans.INSTANCE["pools"][1]]}
    plan = plans.plan(plans.task("x", "a", 0, 1))
    at = [(plans.START.replace(hour=hour)).strftime("%Y-%m-%dT%H:%M:%SZ") for hour in (0, 4)]
    plan["nodes"] = [{"pool": "a", "kind": "n", "on": [{"from": at[0], "count": 1}, {"from": at[1], "count": 3}]}]
    instance = validate({**stated, "tasks": [{"id": "x", "options": [{"pool": "a", "duration": "1h"}]}]})
    offered = plot_load.offered_capacity(Picture(plan, instance), instance.pools[0], "gpu")
    assert offered is not None
    assert offered[1] == [2, 6]


def test_what_changes_over_time_is_drawn_as_well() -> None:
    """Carbon where it counts, else a price that changes; nothing where nothing changes."""
    pool = {**plans.INSTANCE["pools"][0], "carbon": {"daily": {"00:00": 1, "12:00": 2}}}
    for price, weight, label in (
        (1, 0, None),
        ({"daily": {"00:00": 1, "12:00": 3}}, 0, "price of gpu"),
        (1, 5, "g CO2/kWh"),
    ):
        stated = {
            **plans.INSTANCE,
            "objective": {"carbon_kg": weight},
            "pools": [{**pool, "price": {"gpu": price}}, plans.INSTANCE["pools"][1]],
        }
        labels = [ax.get_ylabel() for ax in figure(stated).axes[1:]]
        assert labels == ([label] if label else [])
