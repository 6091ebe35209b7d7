"""Relations of instances with one-node tasks: what must not change the optimum, and what can only lower it."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from tests.helpers.marks import first
from tests.second_reading.packed_documents import packed_document


def least(document: dict[str, Any]) -> Fraction | None:
    """The proven optimum; None where it is proven that there is no plan."""
    found = leptonopt.solve(copy.deepcopy(document), method="cpsat", time_limit=30, threads=1, isolate=False)
    assert found.status in ("optimal", "infeasible"), found.status
    return found.cost


def drawn(seed: int) -> dict[str, Any]:
    """An instance without commitments, whose totals a split of kinds would change."""
    document = packed_document(seed)
    for pool in document["pools"]:
        kinds = pool["nodes"] if isinstance(pool["nodes"], list) else [pool["nodes"]]
        for kind in kinds:
            kind.pop("commit", None)
            kind.setdefault("price", 1)
            kind.pop("reserved", None)
    return document


@pytest.mark.parametrize("seed", first(3, range(100), ci=6))
def test_a_kind_split_in_two_costs_the_same(seed: int) -> None:
    """Of n nodes of a kind, one under another name: they are still alike."""
    document = drawn(seed)
    if any(task.get("placement") == "packed" for task in document["tasks"]):
        return  # beyond the size of a node they take whole nodes, which are of one kind
    split = copy.deepcopy(document)
    for pool in split["pools"]:
        kinds = pool["nodes"] if isinstance(pool["nodes"], list) else [pool["nodes"]]
        if any("nodes" in option for task in split["tasks"] for option in task["options"]):
            return  # whole nodes are of one kind
        more = []
        for kind in kinds:
            if isinstance(kind["count"], int) and kind["count"] > 1:
                more.append({**kind, "id": f"{kind['id']}-more", "count": 1})
                kind["count"] -= 1
        pool["nodes"] = [*kinds, *more]
    assert least(split) == least(document)


@pytest.mark.parametrize("seed", first(3, range(100, 200), ci=6))
def test_spanning_nodes_costs_no_more(seed: int) -> None:
    """Without the placement, a task can do all that it could, and more."""
    document = drawn(seed)
    free = copy.deepcopy(document)
    for task in free["tasks"]:
        task.pop("placement", None)
    bound, cost = least(free), least(document)
    assert cost is None or (bound is not None and bound <= cost)


@pytest.mark.parametrize("seed", first(3, range(200, 260), ci=6))
def test_more_nodes_cost_no_more(seed: int) -> None:
    """A node more of every kind, however many there are, can be left off."""
    document = drawn(seed)
    if any(kind.get("minimum") or not isinstance(kind["count"], int) for kind in _kinds(document)):
        return  # the other count would change in other slots
    more = copy.deepcopy(document)
    for kind in _kinds(more):
        kind["count"] += 200
    cost, fewer = least(more), least(document)
    assert fewer is None or (cost is not None and cost <= fewer)


def _kinds(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        kind
        for pool in document["pools"]
        for kind in (pool["nodes"] if isinstance(pool["nodes"], list) else [pool["nodes"]])
    ]
