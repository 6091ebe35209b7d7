"""Options of a task: written ones, and those made from work."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.instance import validate
from tests.helpers.tiny_instances import document, instance, pool, task


def options(stated: dict[str, Any], pools: list[dict[str, Any]] | None = None, **more: Any) -> list[ConcreteOption]:
    """Return the options of a task."""
    made = validate(document(stated, pools=pools, **more))
    return concrete_options(made, made.tasks[0])


def work(**more: Any) -> dict[str, Any]:
    """Return a task of six hours of work."""
    return {"id": "w", "work": {"hours": 6, "speed": {"a": 2}, **more}}


def test_written_options_have_names() -> None:
    """The pool, the id, or both; a number where a name is taken."""
    stated = {
        "id": "t",
        "options": [
            {"pool": "a", "duration": "1h"},
            {"pool": "a", "duration": "2h"},
            {"id": "o", "pool": "a", "duration": "1h"},
            {"id": "p", "pools": ["a", "b"], "duration": "1h"},
        ],
    }
    assert [way.id for way in options(stated, [pool(), pool("b")])] == ["a", "a#2", "o", "p a", "p b"]


def test_work_with_one_speed_per_pool() -> None:
    """6 h at twice the speed on the scaling curve."""
    made = options(work(devices={1: 1, 2: 1.5}))
    assert [(way.id, way.uses, way.duration) for way in made] == [
        ("a x1", {"gpu": 1}, 3 * 3600), ("a x2", {"gpu": 2}, 2 * 3600),
    ]  # fmt: skip


def test_work_with_a_curve_per_pool_and_variants() -> None:
    """Each device count of the curve with each variant."""
    made = options(work(speed={"a": {"1": 1, "4": 3}}, variants={"full": {}, "small": {"speed": 2, "quality": 0.9}}))
    assert [(way.id, way.duration / 3600, way.quality) for way in made] == [
        ("a x1 full", 6, 1), ("a x4 full", 2, 1), ("a x1 small", 3, Fraction("0.9")), ("a x4 small", 1, Fraction("0.9")),
    ]  # fmt: skip


def test_work_uses_other_resources() -> None:
    """Per device and whatever their number."""
    pools = [pool(capacity={"gpu": 8, "cpu": 99, "disk": 9})]
    (made,) = options(work(speed={"a": {"2": 1}}, per_device={"cpu": 8}, uses={"disk": 3, "cpu": 1}), pools)
    assert made.uses == {"gpu": 2, "cpu": 17, "disk": 3}


def test_memory_of_devices() -> None:
    """The model has to fit on the devices together."""
    made = options(work(devices={1: 1, 2: 2}, memory=100), [pool(device_memory=80)])
    assert [way.refused for way in made] == ["1 x 80 of device memory hold less than the 100 needed", None]


@pytest.mark.parametrize(
    ("more", "labels", "refused"),
    [
        ({}, [], None),
        ({"needs": {"labels": ["eu"]}}, ["eu"], None),
        ({"needs": {"labels": ["eu"]}}, ["us"], "pool 'a' lacks the label 'eu'"),
        ({"needs": {"without": ["spot"]}}, ["spot"], "pool 'a' has the label 'spot', which `needs` forbids"),
        ({"confidential": True}, [], "what is confidential runs elsewhere: pool 'a' lacks the label 'confidential'"),
        ({"needs": {"quality": 1.5}}, [], "quality 1 is below the 1.5 needed"),
    ],
)
def test_options_that_are_not_allowed(more: dict[str, Any], labels: list[str], refused: str | None) -> None:
    """Labels, confidentiality and quality."""
    (made,) = options(task(**more), [pool(labels=labels)])
    assert made.refused == refused


def test_power_is_drawn_by_uses() -> None:
    """Unless the option states it."""
    pools = [pool(power={"gpu": 0.5})]
    assert options(task(), pools)[0].uses == {"gpu": 2, "power": 1}
    stated = task()
    stated["options"][0]["uses"]["power"] = 7
    assert options(stated, pools)[0].uses == {"gpu": 2, "power": 7}


def test_whole_nodes() -> None:
    """They hold all that the nodes offer."""
    pools = [{"id": "n", "nodes": {"size": {"gpu": 8, "cpu": 64}, "count": 4, "price": 1}}]
    (made,) = options({"id": "t", "options": [{"pool": "n", "nodes": 2, "duration": "1h"}]}, pools)
    assert (made.uses, made.whole, made.one_node) == ({"gpu": 16, "cpu": 128}, 2, False)


@pytest.mark.parametrize(
    ("uses", "refused"),
    [
        ({"gpu": 8}, None),
        ({"gpu": 9}, "one-node with 9 gpu; a node holds 8"),
        ({"gpu": 8, "cpu": 64}, "one-node with 8 gpu and 64 cpu; no node holds all of it"),
        ({}, None),
    ],
)
def test_a_single_node_has_to_hold_all(uses: dict[str, int], refused: str | None) -> None:
    """On one of the kinds of a pool."""
    kinds = [
        {"id": "g", "size": {"gpu": 8}, "count": 1, "price": 1},
        {"id": "c", "size": {"cpu": 64}, "count": 1, "price": 1},
    ]
    stated = {"id": "t", "placement": "one-node", "options": [{"pool": "n", "uses": uses, "duration": "1h"}]}
    (made,) = options(stated, [{"id": "n", "nodes": kinds}])
    assert (made.refused, made.one_node) == (refused, True)


def test_the_same_work_from_a_profile() -> None:
    """Shared by several tasks."""
    stated = {"id": "w", "work": {"hours": 6, "profile": "p"}}
    assert options(stated, profiles={"p": {"speed": {"a": 3}}})[0].duration == 2 * 3600
    assert len(concrete_options(instance(), instance().tasks[0])) == 1
