"""Requirements of tasks: times, precedence, needs and placement."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from leptonopt.compile.work_options import concrete_options
from leptonopt.infeasibility.requirement import Requirement
from leptonopt.infeasibility.task_requirements import task_requirements
from leptonopt.instance import Instance
from tests.helpers.tiny_instances import instance, pool, task


def found(made: Instance, number: int = 0, linked: set[str] | None = None) -> dict[str, Requirement]:
    """Return the requirements of a task by kind."""
    mine = made.tasks[number]
    return {
        each.kind: each for each in task_requirements(made, number, mine, concrete_options(made, mine), linked or set())
    }


@pytest.mark.parametrize(
    ("key", "steps", "words"),
    [
        ("deadline", 1, "the deadline of 't' 1h later, 2026-01-05 03:00"),
        ("deadline", 2, "the deadline of 't' 2h later, 2026-01-05 04:00"),
        ("release", 1, "the release of 't' 1h earlier, 2026-01-05 00:00"),
    ],
)
def test_times_move_by_slots(key: str, steps: int, words: str) -> None:
    """Within the horizon."""
    made = instance(task(release="2026-01-05T01:00Z", deadline="2026-01-05T02:00Z"))
    requirement, document = found(made)[key], copy.deepcopy(made.document())
    assert requirement.milder is not None
    assert requirement.milder(document, steps) == words
    assert document["tasks"][0][key] != made.document()["tasks"][0][key]
    requirement.without(document)
    assert key not in document["tasks"][0]


def test_moments_outside_the_horizon_demand_nothing() -> None:
    """A release before its start is kept anyway; the horizon may become longer than a deadline."""
    made = instance(task(release="2026-01-04T00:00Z", deadline="2026-01-06T00:00Z"))
    assert found(made).keys() == {"deadline"}


def test_waiting_for_a_task() -> None:
    """With its lag; only for tasks that are part of the question."""
    made = instance(task("x"), task("y", after=[{"task": "x", "lag": "1h"}]))
    assert found(made, 1) == {}
    after = found(made, 1, {"x"})["after"]
    assert (after.words, after.dropped) == ("task 'y' waits for the end of 'x' and 1h", "'y' not waiting for 'x'")
    document = copy.deepcopy(made.document())
    after.without(document)
    assert document["tasks"][1]["after"] == [None]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"needs": {"labels": ["eu"]}}, "label"),
        ({"needs": {"without": ["spot"]}}, "without"),
        ({"needs": {"quality": 2}}, "quality"),
        ({"confidential": True}, "confidential"),
    ],
)
def test_needs_where_an_option_falls_short(more: dict[str, Any], kind: str) -> None:
    """Each is named and can be dropped; nothing where all options comply."""
    made = instance(task(**more), pools=[pool(labels=["spot"])])
    requirement = found(made)[kind]
    assert "'t'" in requirement.words
    assert requirement.dropped
    document = copy.deepcopy(made.document())
    requirement.without(document)
    assert document != made.document()
    assert kind == "quality" or found(instance(task(**more), pools=[pool(labels=["eu", "confidential"])])) == {}


def test_placement_within_a_node() -> None:
    """With the options that no node holds."""
    nodes = {"id": "n", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 1}}
    made = instance(task(pool="n", gpu=9, placement="one-node"), pools=[nodes])
    assert found(made)["placement"].words == "task 't' fits within one node (n: one-node with 9 gpu; a node holds 8)"
