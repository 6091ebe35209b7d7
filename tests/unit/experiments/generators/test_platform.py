"""The family `platform`: its planted plan keeps every rule, whatever is asked for."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.experiments.generators import parameters_of, platform, table, written
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule

ASKED: list[dict[str, Any]] = [
    {"tasks": 30},
    {"tasks": 40, "load": 1.0, "params": {"odd": 1}},
    {"tasks": 40, "load": 1.2, "params": {"mixed": 1}},
    {"tasks": 40, "days": 28, "params": {"nodes": 8}},
    {"tasks": 40, "load": 0.9, "precedence": 0.3, "optional": 0.5, "seed": 3},
    {"tasks": 40, "load": 1.1, "params": {"gangs": 0.3, "one-node": 0.5, "teams": 0}},
    {"tasks": 30, "load": 0.55, "slack": 1, "preemptible": 0, "params": {"due": 0, "room": 0}},
]


def no_search(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return nothing, so that the warm start is what is left."""
    return Solution(Status.UNKNOWN, Stop.DONE)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_planted_plan_passes_the_checker(asked: dict[str, Any]) -> None:
    """As a warm start it fits, is checked, and costs what was counted, less what nodes save over gaps."""
    made, entries, cost = platform.planted(parameters_of("platform", **asked))
    result = leptonopt.solve(
        made.document(), method=no_search, warm_start={"leptonopt_plan": 1, "tasks": entries}, time_limit=60
    )
    assert result.cost is not None
    assert 0.7 * float(cost) <= result.cost <= cost
    document = result.document
    assert sum(line.get("copies", 1) for line in document["tasks"]) == asked["tasks"]


def test_parameters_of_the_family_change_what_they_say() -> None:
    """Nodes, sizes, kinds of nodes, teams and due dates are as asked for."""
    made = table("platform", tasks=40, params={"nodes": 9, "odd": "1", "mixed": 1, "teams": 5, "due": 0.5, "gangs": 0})
    document = made.document()
    kinds = document["pools"][0]["nodes"]
    assert [kind["count"] for kind in kinds] == [6, 3]
    assert [quota["id"] for quota in document["quotas"]][-1] == "budget"
    assert len(document["quotas"]) == 6
    assert set(document["profiles"]["resnet"]["speed"]["onprem"]) == {1, 3, 5, 6}
    tasks = document["tasks"]
    assert sum("due" in task for task in tasks) == 20
    assert sum(task.get("placement") == "one-node" for task in tasks) == 28
    assert not any("options" in task for task in tasks)


def test_columns_cannot_hold_it() -> None:
    """Written as `.npz` it is refused in one line."""
    with pytest.raises(UsageError, match="platform has nodes, teams and due dates"):
        written(table("platform", tasks=10), "npz")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"cats": 1}, "param 'cats' is unknown; allowed are nodes, one-node"),
        ({"nodes": 1}, "nodes is 1; a whole number from 2 to 5,000"),
        ({"odd": "2"}, "odd is 2; a whole number from 0 to 1"),
        ({"due": "1.5"}, "due is 1.5; from 0 to 1"),
        ({"nodes": "many"}, "nodes is 'many'"),
    ],
)
def test_wrong_parameters(params: dict[str, object], said: str) -> None:
    """Unknown names and values out of range are refused; other families have none."""
    with pytest.raises(UsageError, match=said):
        table("platform", params=params)
    with pytest.raises(UsageError, match="allowed are none in this family"):
        table("gaia", params=params)


def test_speed_between_measured_counts() -> None:
    """On the straight line; measured counts as they are."""
    assert platform.speed_at({2: 20, 4: 30}, 3) == 25
    assert platform.speed_at({2: 20, 4: 30}, 4) == 30
