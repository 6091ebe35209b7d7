"""Requirements of services and batches: what they are called, and what is left without them."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.infeasibility.documents import pruned
from leptonopt.infeasibility.explain import explain
from leptonopt.infeasibility.requirement import without_requirements
from leptonopt.infeasibility.service_requirements import RULES, nodes_for_services, service_requirements
from leptonopt.instance import validate
from tests.helpers.stated_services import instance

EVERY = {
    "routing": "whole", "minimum": 1, "limit": 9, "stay": "1h", "headroom": 0.1, "spread": {"label": "zone:"},
    "spare": 1, "needs": {"quality": 0.5}, "start": {"takes": "1h"}, "fill": False,
}  # fmt: skip


def test_each_rule_can_be_left_out() -> None:
    """One requirement a rule, one a batch, one for the demand, after which nothing is left."""
    batch = [{"id": "n", "service": "s", "amount": {"a": 3600}}]
    made = validate(instance(batches=batch, team="red", **EVERY) | {"quotas": [{"id": "q", "of": "gpu", "limit": 9}]})
    found = list(service_requirements(made))
    assert {each.kind for each in found} == {*(f"service {key}" for key in {*RULES} & {*EVERY}), "service", "batch"}
    for each in found:
        document = pruned(without_requirements(made.document(), [each]))
        assert each.kind == "service" or validate(document).services
    assert "services" not in pruned(without_requirements(made.document(), found))


def test_a_service_that_earns_for_a_budget_stays() -> None:
    """Others may depend on what it earns."""
    made = instance() | {"quotas": [{"id": "q", "of": "money", "limit": 0}]}
    made["pools"][0]["price"] = {"gpu": -1}
    assert "service" not in {each.kind for each in service_requirements(validate(made))}


def test_nodes_that_replicas_can_need() -> None:
    """Each on a node of its own: two of a, two of b in p."""
    made = validate(instance())
    assert nodes_for_services(made, made.pools[0], {"gpu": 1}, lambda uses: 1) == 4
    assert nodes_for_services(made, made.pools[0], {"cpu": 1}, lambda uses: 1) == 0


@pytest.mark.parametrize(
    ("stated", "words", "change"),
    [
        (
            instance(1, demand={"a": 60, "b": 0}),
            ["pool 'p' offers 8 gpu", "pool 'q' offers 8 gpu"],
            "4 more gpu in pool 'q'",
        ),
        (
            instance(1, demand={"a": 30, "b": 0}, spread={"label": "zone:"}),
            ["pool 'p' offers 8 gpu", "service 's' serves while a zone (zone:…) is gone"],
            "7 more gpu in pool 'p'",
        ),
        (
            instance(1, demand={"a": 9, "b": 0}, limit=1),
            ["service 's' has no more replicas than its limit"],
            "service 's' without its limit",
        ),
    ],
)
def test_conflicts_name_the_rule(stated: dict[str, Any], words: list[str], change: str) -> None:
    """In words, with the least change that helps."""
    found = explain(stated, time_limit=30)
    (conflict,) = found.conflicts
    assert conflict.minimal
    assert [each.words for each in conflict.demands][:-1] == words
    assert "serves its demand" in conflict.demands[-1].words
    assert change in [change for each in found.repairs for change in each.changes]
