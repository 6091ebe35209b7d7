"""The checker's own reading of routes."""

from __future__ import annotations

from leptonopt.instance.notation import plain
from leptonopt.verify.routes import without_routes
from tests.helpers.tiny_instances import document, task


def test_both_readings_agree() -> None:
    """Options, names and limits are those that the solver reads, in any order."""
    needs = {"labels": ["eu"], "without": ["spot"], "quality": 1}
    tasks = [task(id, pool="p") | {"needs": needs} for id in "abcd"]
    tasks[2] = {"id": "c", "work": {"hours": 1, "speed": {"p": 1}, "consumes": {"x": 1}}}
    pools = [
        {"id": id, "labels": labels, "capacity": {"gpu": 1}} for id, labels in (("o", ["eu", "spot"]), ("p", ["eu"]))
    ]
    stated = document(*tasks, pools=pools, routes=[[["a", "b"], ["c", "d"]]])
    mine, other = without_routes(stated), plain(stated).document
    assert [each["options"][-1] for each in mine["tasks"]] == [each["options"][-1] for each in other["tasks"]]
    assert mine["tasks"][2]["work"] == other["tasks"][2]["work"]
    assert {quota["id"]: quota for quota in mine["quotas"]} == {quota["id"]: quota for quota in other["quotas"]}
    assert mine["tasks"][0]["options"][-1]["pool"] == "p"
    assert without_routes({"tasks": []}) == {"tasks": []}
