"""Requirements of pools: capacity, maintenance and nodes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from leptonopt.compile.work_options import concrete_options
from leptonopt.infeasibility.documents import pruned
from leptonopt.infeasibility.pool_requirements import pool_requirements
from leptonopt.infeasibility.requirement import Requirement, without_requirements
from leptonopt.instance import Instance, validate
from tests.helpers.tiny_instances import instance, pool, task


def found(made: Instance) -> dict[str, Requirement]:
    """Return the requirements of the first pool by kind."""
    options = [way for each in made.tasks for way in concrete_options(made, each)]
    used = {name for way in options for name in way.uses}
    return {each.kind: each for each in pool_requirements(made, 0, made.pools[0], used)}


def relaxed(made: Instance, requirement: Requirement, steps: int) -> tuple[str | None, Instance]:
    """Return the change of some steps in words, and the instance after it."""
    document = copy.deepcopy(made.document())
    assert requirement.milder is not None
    return requirement.milder(document, steps), validate(pruned(document))


def test_capacity() -> None:
    """More by units, also where it changes over time; or without a limit."""
    made = instance(pools=[pool(capacity={"gpu": {"daily": {"00:00": 2, "02:00": 4}}, "cpu": 9})])
    requirements = found(made)
    assert list(requirements) == ["capacity"]
    assert requirements["capacity"].words == "pool 'a' offers 2 to 4 gpu"
    words, more = relaxed(made, requirements["capacity"], 3)
    assert words == "3 more gpu in pool 'a'"
    assert sorted({int(number) for number in more.pools[0].capacity["gpu"].numbers()}) == [5, 7]
    free = validate(pruned(without_requirements(made.document(), [requirements["capacity"]])))
    assert free.pools[0].capacity["gpu"].unlimited
    assert found(free) == {}


def test_maintenance_can_only_be_dropped() -> None:
    """With its times in words."""
    made = instance(pools=[pool(maintenance=[{"from": "2026-01-05T01:00Z", "to": "2026-01-05T02:00Z"}])])
    requirement = found(made)["maintenance"]
    assert requirement.words == "pool 'a' is in maintenance from 2026-01-05 01:00 to 2026-01-05 02:00"
    assert requirement.milder is None
    assert not validate(pruned(without_requirements(made.document(), [requirement]))).pools[0].maintenance


def nodes(**more: Any) -> dict[str, Any]:
    """Return a pool of nodes."""
    return {"id": "n", "nodes": {"id": "big", "size": {"gpu": 4}, "count": 2, "price": 1, **more}}


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({}, {"nodes"}),
        ({"boot": "1h", "minimum": "2h"}, {"nodes", "boot", "minimum"}),
        ({"minimum_off": "1h", "minimum_load": {"gpu": 2}}, {"nodes", "minimum_off", "minimum_load"}),
        ({"price": None, "reserved": 1}, {"nodes", "on_demand"}),
    ],
)
def test_nodes(more: dict[str, Any], kinds: set[str]) -> None:
    """Counts, times, and that none is had on demand."""
    stated = nodes(**{key: value for key, value in more.items() if value is not None})
    if more.get("price", 1) is None:
        del stated["nodes"]["price"]
    assert found(instance(task(pool="n"), pools=[stated])).keys() == kinds


def test_more_nodes() -> None:
    """One more at a time, or as many as can ever be needed."""
    made = instance(task(pool="n", copies=9, gpu=4), pools=[nodes()])
    words, more = relaxed(made, found(made)["nodes"], 2)
    assert words is not None
    assert "2 more" in words
    assert more.pools[0].nodes[0].most == 4
    plenty = validate(pruned(without_requirements(made.document(), [found(made)["nodes"]])))
    assert plenty.pools[0].nodes[0].most >= 9


def test_more_nodes_of_those_that_are_paid_already() -> None:
    """A node that is lost was reserved: one more is reserved too, and nothing is had on demand."""
    owned = nodes(reserved=2)
    del owned["nodes"]["price"]
    made = instance(task(pool="n", copies=9, gpu=4), pools=[owned])
    assert list(found(made)) == ["nodes"]
    plenty = validate(pruned(without_requirements(made.document(), [found(made)["nodes"]]))).pools[0].nodes[0]
    assert plenty.reserved == plenty.most >= 9
