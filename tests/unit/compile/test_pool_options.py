"""Options that differ in the pool alone: one at a time they are what is stated, and compiled alike."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.pool_options import OptionsOnPools, options_on_pools, plain_pools
from leptonopt.compile.work_options import concrete_options
from leptonopt.instance import Instance, validate


def shared(**more: Any) -> dict[str, Any]:
    """Return an instance of two tasks, each with one option on three pools; `more` is of the first task."""
    pools = [
        {"id": name, "capacity": {"gpu": size, "cpu": 8}, "price": {"gpu": price}}
        for name, size, price in (("a", 4, 2), ("b", 2, 2), ("c", 3, 1))
    ]
    option = {"pools": ["c", "a", "b"], "uses": {"cpu": 1.5, "gpu": 2}, "duration": "2h", "cost": 3}
    tasks = [{"id": "t", "options": [option]} | more, {"id": "u", "deadline": "2026-01-05T03:00Z", "options": [option]}]
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"}
    return {"leptonopt": 1, "time": time, "pools": pools, "tasks": tasks}


def test_each_option_is_that_of_the_pool() -> None:
    """Return the same options, made one by one, as for a task with any other options."""
    instance = validate(shared())
    alike = options_on_pools(instance.tasks[0], plain_pools(instance))
    assert isinstance(alike, OptionsOnPools)
    assert list(alike) == concrete_options(instance, instance.tasks[0])
    assert [way.id for way in alike[1:]] == ["a", "b"]
    assert alike[-1] == alike.at(2)


@pytest.mark.parametrize(
    "change",
    [
        {"needs": {"labels": ["eu"]}},
        {"placement": "packed"},
        {"segments": True},
        {"confidential": True},
        {"needs": {"quality": 2}},
    ],
)
def test_other_rules_have_options_of_their_own(change: dict[str, Any]) -> None:
    """Return None where options may be refused on some pools, or changed by the pool."""
    instance = validate(shared(**change))
    assert options_on_pools(instance.tasks[0], plain_pools(instance)) is None


def stated_apart(document: dict[str, Any]) -> Instance:
    """Return the instance with an option of its own for each pool."""
    for task in document["tasks"]:
        (option,) = task["options"]
        rest = {key: value for key, value in option.items() if key != "pools"}
        task["options"] = [{**rest, "pool": pool} for pool in option["pools"]]
    return validate(document)


@pytest.mark.parametrize("larger", [0, 3])
def test_the_problem_is_that_of_options_stated_apart(larger: int) -> None:
    """Compile the same arrays from one option on several pools as from several options; also where one fits nowhere."""
    document, apart = shared(), shared()
    for each in (document, apart):
        each["tasks"][0]["options"] = [each["tasks"][0]["options"][0] | {"uses": {"gpu": 2 + larger, "cpu": 1}}]
        each["pools"][0]["capacity"]["gpu"] = 9
    one, other = compile_instance(validate(document)), compile_instance(stated_apart(apart))
    for field in dataclasses.fields(one.problem):
        ours, theirs = getattr(one.problem, field.name), getattr(other.problem, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.tolist() == theirs.tolist(), field.name
    assert [[way.id for way in ways] for ways in one.kept] == [[way.id for way in ways] for ways in other.kept]
    assert one.problem.options == (6 if not larger else 4)
    assert (one.unit, one.loss) == (other.unit, other.loss)
