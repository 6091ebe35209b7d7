"""Tables of nodes, quotas, meters and savings plans."""

from __future__ import annotations

from typing import Any

from leptonopt.plan.page import PlanPage
from leptonopt.plan.supply_tables import Wording, supply_tables
from tests.helpers import plans

WORDING = Wording(lambda value: f"{value:g}", lambda at: at[11:16], "UTC")


def stocked() -> dict[str, Any]:
    """Return a plan with a kind of nodes, quotas, a meter and a savings plan."""
    document = plans.plan(plans.task("train", "a", 0, 2, 8))
    start = "2026-11-23T00:00:00Z"
    money = {"rent": 5, "startup": 0, "shutdown": 0, "commit": 3, "idle": 0, "cost": 8}
    hours = {"node_hours": 4, "on_demand_hours": 1, "committed": 1, "starts": 2}
    document["nodes"] = [
        {"pool": "a", "kind": "big", "node": 1, "last": 3, "on": [{"from": start, "count": 2}], **hours, **money}
    ]
    window = {"from": start, "to": start, "used": 2}
    document["quotas"] = [{"id": f"q{limit}", **window, "limit": limit} for limit in (9, 4)]
    document["meters"] = [{"id": "m", **window, "cost": 1}]
    document["savings"] = [{"id": "s", "commit": 1, "paid": 2, "covered": 3, "lost": 0, "cost": -1}]
    document["savings"][0]["bought"] = [{"start": start, "commit": 4}]
    return document


def test_tables() -> None:
    """Each has its heads; parts of nodes that cost nothing are left out."""
    found = {each.title: each for each in supply_tables(stocked(), WORDING)}
    assert list(found) == ["Nodes", "Quotas", "Meters", "Savings plans", "Savings plans bought"]
    nodes = dict(zip(found["Nodes"].heads, found["Nodes"].rows[0], strict=True))
    assert (nodes["nodes"], nodes["most on"], nodes["hours"], nodes["commit"], nodes["cost"]) == (
        "big/1-3",
        "2",
        "4",
        "3",
        "8",
    )
    assert "start" not in nodes
    assert [row[0] for row in found["Quotas"].rows] == ["q9", "q4"]
    assert found["Meters"].rows == [("m", "00:00", "00:00", "2", "1")]
    assert found["Savings plans"].rows == [("s", "1", "2", "3", "0", "-1")]
    assert found["Savings plans bought"].rows == [("s", "00:00", "4")]


def test_the_fullest_quotas_come_first_where_there_are_many() -> None:
    quotas = next(each for each in supply_tables(stocked(), WORDING, most=1) if each.title == "Quotas")
    assert [row[0] for row in quotas.rows] == ["q4", "q9"]


def test_the_page_has_them() -> None:
    text = PlanPage(stocked()).html()
    assert all(words in text for words in ("Nodes and limits", "big/1-3", "Savings plans"))
    assert "Nodes and limits" not in PlanPage(plans.plan(plans.task("train", "a", 0, 2, 8))).html()
