"""The checker's reading of data: what it costs, and what plans state of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import leptonopt
from leptonopt.verify import verify
from leptonopt.verify.data import DataReader
from tests.helpers.regions import LINK, chain


def plan_of(stated: dict[str, Any]) -> dict[str, Any]:
    """Return the plan of an instance in which the second task fetches its data in the west."""
    return leptonopt.solve(stated, time_limit=20, threads=1, isolate=False, method="greedy").document


def test_a_plan_with_data_passes() -> None:
    """As it is written."""
    stated = chain(1)
    assert verify(stated, plan_of(stated)).ok


def edits() -> dict[str, Callable[[dict[str, Any]], object]]:
    """Return what is done to the entry of the second task."""
    return {
        "no data": lambda line: line.pop("data"),
        "twice": lambda line: line["data"].append(line["data"][0]),
        "from": lambda line: line["data"][0].update({"from": "west"}),
        "cost": lambda line: line["data"][0].update(cost=0.25),
        "seconds": lambda line: line["data"][0].update(seconds=2),
        "gib": lambda line: line["data"][0].update(gib=2),
    }


@pytest.mark.parametrize("name", edits())
def test_what_is_stated_wrongly_is_found(name: str) -> None:
    """The rule is `data`."""
    stated = chain(1)
    plan = copy.deepcopy(plan_of(stated))
    edits()[name](next(line for line in plan["tasks"] if line["id"] == "second"))
    assert "data" in {found.rule for found in verify(stated, plan).violations}


def test_a_task_that_starts_before_its_data_is_there_is_found() -> None:
    """The rule is `precedence`: with 3,601 GiB the second task starts an hour later than with 1."""
    early, late = chain(1, links=({**LINK, "price": 0},)), chain(3601, links=({**LINK, "price": 0},))
    plan = plan_of(early)
    second = next(line for line in plan["tasks"] if line["id"] == "second")
    second["data"][0] |= {"gib": 3601, "seconds": 3601}
    rules = {found.rule for found in verify(late, plan, any_instance=True).violations}
    assert "precedence" in rules


def test_where_no_link_leads_the_plan_is_refused() -> None:
    """Without the link, the rule is `data`."""
    stated = chain(1)
    plan = plan_of(stated)
    stated["links"] = []
    assert "data" in {found.rule for found in verify(stated, plan, any_instance=True).violations}


def test_of_task_knows_what_cannot_be_fetched() -> None:
    """None where a dataset has no way to the pool; the first of equal links counts."""
    stated = chain(1) | {"datasets": [{"id": "d", "gib": 2, "at": ["north"]}]}
    reader = DataReader(stated)
    moves = reader.of_task({"id": "t", "inputs": ["d"]}, "east")
    assert moves is not None
    assert [move.money for move in moves] == [1]
    assert DataReader(stated | {"links": []}).of_task({"id": "t", "inputs": ["d"]}, "east") is None
