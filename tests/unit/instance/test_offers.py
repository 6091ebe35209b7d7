"""Offers of commitments with a term."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from tests.helpers.tiny_instances import document, task

BLOCK = {"total": 12, "max": 2, "term": "2h", "start": ["2026-01-05T01:00Z"]}
KIND = {"size": {"gpu": 2}, "count": 1, "price": 3, "boot": "1h"}


def nodes(*offers: Any, **more: Any) -> dict[str, Any]:
    """Return a document with one pool of nodes with offers."""
    return document(task(pool="n"), pools=[{"id": "n", "nodes": {**KIND, "commit": list(offers), **more}}])


def test_each_start_is_a_kind() -> None:
    """Beside the kind itself, with the offer for the whole horizon; at starts of one instant they are numbered."""
    offer = {"price": 2, "max": 1, "term": "3h", "start": ["2026-01-04T23:00Z", "2026-01-05T01:00Z"]}
    made = validate(nodes({"price": 5}, BLOCK, offer)).pools[0].nodes
    assert [kind.id for kind in made] == [
        "n", "n from 2026-01-05T01:00:00Z", "n from 2026-01-04T23:00:00Z", "n from 2026-01-05T01:00:00Z#2",
    ]  # fmt: skip
    assert [(kind.commit.price, kind.commit.total, kind.commit.max) for kind in made if kind.commit] == [
        (5, None, None), (None, 12, 2), (None, 6, 1), (None, 6, 1),
    ]  # fmt: skip
    assert [kind.price is None for kind in made] == [False, True, True, True]
    assert {kind.boot for kind in made} == {3600}
    assert list((made[1].count.steps or {}).values()) == [0, 2, 0]
    assert list((made[2].count.steps or {}).values()) == [1, 0]


def test_a_kind_of_offers_alone() -> None:
    """Without a price of its own only the kinds of its offers are left."""
    stated = nodes(BLOCK)
    del stated["pools"][0]["nodes"]["price"]
    assert [kind.id for kind in validate(stated).pools[0].nodes] == ["n from 2026-01-05T01:00:00Z"]


def test_what_runs_is_of_the_kind_itself() -> None:
    """No node of an offer is on when the horizon begins; where the kind has offers alone, none can be."""
    made = validate(nodes(BLOCK, running=1)).pools[0].nodes
    assert [kind.running for kind in made] == [1, 0]
    stated = nodes(BLOCK, running=1)
    del stated["pools"][0]["nodes"]["price"]
    with pytest.raises(InstanceError, match="no such node can be had"):
        validate(stated)


@pytest.mark.parametrize(
    ("offers", "words"),
    [
        ([5], "pools[0].nodes.commit[0]: not an offer; write"),
        ([{**BLOCK, "length": 1}], "commit[0].length: is not a key that is known here"),
        ([{"price": 1}, {"price": 2}], "two offers without a term"),
        ([{"price": 1, "start": []}], "a start without a term"),
        ([{**BLOCK, "price": 1}], "either a price (per node-hour of its term) or a total"),
        ([{**BLOCK, "max": None}], "says with max how many nodes there are"),
        ([{**BLOCK, "start": "2026-01-05T01:00Z"}], "has a list of starts"),
        ([{**BLOCK, "term": "two days"}], "'two days' is not a duration"),
        ([{**BLOCK, "start": ["monday"]}], "'monday' is not an instant"),
        ([{**BLOCK, "total": "dear"}], "'dear' is not a number"),
        (
            [{"price": 1, "max": 1, "term": "1s", "start": ["2026-01-05T01:00Z"]}],
            "has more than 9 decimals; give a total",
        ),
    ],
)
def test_offers_that_are_refused(offers: list[Any], words: str) -> None:
    """Each with its place."""
    with pytest.raises(InstanceError) as refused:
        validate(nodes(*offers))
    assert words in str(refused.value)
