"""Secondary goals: a finer unit of money, and the least of them among plans of equal cost."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InstanceError
from leptonopt.instance import validate

TIME = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}


def instance(ties: list[str], *options: dict[str, Any], copies: int = 1, **more: Any) -> Any:
    """Return an instance of one task on two pools."""
    made = [{"pool": "p", "uses": {"g": 1}, "duration": "1h", **option} for option in options]
    pools = [{"id": name, "capacity": {"g": 2}, "price": {"g": 1}} for name in ("p", "q")]
    tasks = [{"id": "t", "copies": copies, "options": made}]
    return validate({"time": TIME, "pools": pools, "tasks": tasks, "objective": {"ties": ties}, **more})


def test_the_unit_is_finer_by_all_that_ties_can_be() -> None:
    """Two copies can consume 2 x 1.5 of `a` in halves (6 units), and 4 of `b`: 7 x 5 units a unit of money."""
    made = compile_instance(instance(["a", "b"], {"consumes": {"a": 1.5}}, {"consumes": {"b": 2}}, copies=2))
    assert made.ties == 7 * 5
    assert made.unit == Fraction(1, 35)
    assert made.problem.fixed.tolist() == [3 * 5, 2]


def test_without_ties_nothing_changes() -> None:
    """The factor is 1, also where options consume."""
    made = compile_instance(instance([], {"consumes": {"a": 1}}))
    assert (made.ties, made.problem.fixed.tolist()) == (1, [0])


def test_what_needs_too_fine_money_is_dropped() -> None:
    """Prices that fill the range of exact money leave no room for ties."""
    wild = [
        {"id": "p", "capacity": {"g": 2}, "price": {"g": 1000000000}},
        {"id": "q", "capacity": {"g": 1}, "price": {"g": 0.000001}},
    ]
    made = compile_instance(
        instance(["a"], {"consumes": {"a": 1}}, {"pool": "q", "consumes": {"a": 900000000}}, pools=wild)
    )
    assert made.ties == 1


@pytest.mark.parametrize("method", ["greedy", "cpsat", "highs", "auto"])
def test_ties_are_broken(method: str) -> None:
    """Of two pools at one price the one that consumes less is chosen; money comes first, and is reported alone."""
    even = instance(["a"], {"consumes": {"a": 3}}, {"pool": "q", "consumes": {"a": 1}})
    found = solve(even, method=method, time_limit=10)
    assert found.document["tasks"][0]["pool"] == "q"
    assert (found.document["cost_exact"], found.document["bound_exact"]) == ("1", "1") or method == "greedy"
    dear = instance(["a"], {"consumes": {"a": 3}}, {"pool": "q", "cost": 0.000001})
    assert solve(dear, method=method, time_limit=10).document["tasks"][0]["pool"] == "p"


def test_the_first_comes_first() -> None:
    """One unit of the first weighs more than all of the second."""
    found = solve(
        instance(["a", "b"], {"consumes": {"a": 1}}, {"pool": "q", "consumes": {"b": 900}}),
        method="cpsat",
        time_limit=10,
    )
    assert found.document["tasks"][0]["pool"] == "q"


def test_names_that_nothing_consumes() -> None:
    """A secondary goal that no option consumes of is a finding; so is one twice."""
    with pytest.raises(InstanceError, match=r"objective.ties\[0\]: there is no name that an option consumes 'z'"):
        instance(["z"], {})
    with pytest.raises(InstanceError, match="names 'a' twice"):
        instance(["a", "a"], {"consumes": {"a": 1}})


def test_early_ends_are_a_slope_of_lateness() -> None:
    """One unit for each slot of a copy, under what is below it; a task with late costs has them instead."""
    late = {"id": "u", "due": "2026-01-05T02:00Z", "late_cost": 1, "options": [{"pool": "p", "duration": "1h"}]}
    plain = {"id": "t", "copies": 2, "options": [{"pool": "p", "duration": "1h", "consumes": {"a": 3}}]}
    made = compile_instance(instance(["ends", "a"], tasks=[plain, late]))
    assert made.ties == (2 * 3 + 1) * (3 * 4 + 1)
    assert made.problem.late_slope.tolist() == [7, made.ties]
    assert made.problem.late_base.tolist() == [0, 2 * made.ties]


@pytest.mark.parametrize("seed", range(6))
def test_early_ends_are_least_among_plans_of_equal_cost(seed: int) -> None:
    """As where the cost is held by a budget, and each hour before the end costs 1."""
    rng, pools = Random(seed), []
    for name in ("p", "q"):
        price = {"daily": {"00:00": rng.choice([0, 1, 2]), "02:00": rng.choice([0, 1])}}
        pools.append({"id": name, "capacity": {"g": rng.choice([1, 2])}, "price": {"g": price}})
    tasks = [
        {
            "id": f"t{n}",
            "copies": rng.choice([1, 2]),
            "options": [
                {
                    "pool": rng.choice("pq"),
                    "uses": {"g": 1},
                    "duration": f"{rng.choice([1, 2])}h",
                    "cost": rng.choice([0, 1]),
                }
                for _ in range(3)
            ],
        }
        for n in range(3)
    ]
    time = {**TIME, "horizon": "8h"}
    given = {"time": time, "pools": pools, "tasks": tasks}
    first = solve(given | {"objective": {"ties": ["ends"]}}, method="cpsat", isolate=False).document
    assert first["status"] == "optimal"
    hours = sum(
        line.get("copies", 1)
        * (datetime.fromisoformat(line["end"]) - datetime.fromisoformat(TIME["start"])).seconds
        // 3600
        for line in first["tasks"]
    )
    dated = [{**task, "due": TIME["start"], "late_cost": 1} for task in tasks]
    budget = [{"id": "b", "of": "money", "limit": first["cost"]}]
    second = solve(given | {"tasks": dated, "quotas": budget}, method="cpsat", isolate=False)
    assert second.status == "optimal"
    assert second.cost == Fraction(first["cost_exact"]) + hours


def test_what_ends_may_not_be_named_with() -> None:
    """A name that an option consumes; segments have no single end."""
    for more, words in (
        ({"consumes": {"ends": 1}}, "'ends' is also what an option consumes"),
        ({}, "ends of tasks with segments are not supported"),
    ):
        task = {"id": "t", "options": [{"pool": "p", "uses": {"g": 1}, "duration": "1h", **more}]}
        with pytest.raises(InstanceError, match=words):
            instance(["ends"], tasks=[task if more else {**task, "segments": True}])
