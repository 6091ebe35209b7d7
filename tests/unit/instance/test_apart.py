"""Sets of tasks kept apart by node and by label, rewritten."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.instance.apart import without_apart_by
from tests.helpers.tiny_instances import document, pool, task

NODES = {"id": "n", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 3}}
ZONED = [pool("a", labels=["zone:x"]), pool("b", labels=["zone:x"]), pool("c", labels=["zone:y", "eu"])]


def test_by_node() -> None:
    """Each node holds one, each option on nodes uses one; whole nodes and other tasks are as they were."""
    options = [{"pool": "n", "uses": {"gpu": 1}, "duration": "1h"}, {"pool": "n", "nodes": 1, "duration": "1h"}]
    tasks = [{"id": "t", "placement": "packed", "options": options}, task("u", "n")]
    findings: list[Any] = []
    made = without_apart_by(
        document(*tasks, pools=[NODES], apart=[["u"], {"tasks": ["t"], "by": "node"}]), findings, {}
    )
    assert not findings
    assert made["apart"] == [["u"]]
    assert made["pools"][0]["nodes"]["size"] == {"gpu": 8, "apart:t": 1}
    assert [option.get("uses") for option in made["tasks"][0]["options"]] == [{"gpu": 1, "apart:t": 1}, None]
    assert made["tasks"][1] == tasks[1]


def test_by_node_of_work() -> None:
    """What the profile uses is kept; pools without nodes have as much as is wanted."""
    work = {"hours": 1, "profile": "w"}
    profiles = {"w": {"speed": {"n": 1, "a": 1}, "uses": {"gpu": 1}}}
    stated = document(
        {"id": "t", "placement": "one-node", "work": work}, pools=[NODES, pool()], profiles=profiles,
        apart=[{"tasks": ["t"], "by": "node"}, {"tasks": ["t"], "by": "node"}],
    )  # fmt: skip
    made = validate(stated)
    assert made.tasks[0].work is not None
    assert made.tasks[0].work.uses == {"gpu": 1, "apart:t": 1, "apart:t#2": 1}
    assert made.pools[1].capacity["apart:t"].unlimited


def test_by_label() -> None:
    """A quota of one for each label, over the pools that have it and are named."""
    tasks = [{"id": "t", "options": [{"pools": ["a", "b", "c"], "uses": {"gpu": 1}, "duration": "1h"}]}]
    made = validate(document(*tasks, pools=ZONED, apart=[{"tasks": ["t"], "by": "zone:"}]))
    assert [(quota.id, quota.limit, quota.pools) for quota in made.quotas] == [
        ("apart:t zone:x", 1, ("a", "b")),
        ("apart:t zone:y", 1, ("c",)),
    ]
    assert made.tasks[0].options[0].consumes == {"apart:t": 1}


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (document(task("t", "n"), pools=[NODES], apart=[{"tasks": ["t"], "by": "node"}]), "say placement one-node or packed"),
        (document(task(), apart=[{"tasks": ["u"], "by": "node"}]), "apart[0].tasks[0]: there is no task 'u'"),
        (document(task(), apart=[{"tasks": ["t"], "by": "zone:"}]), "pool 'a' has 0 labels that begin with 'zone:'"),
        (document(task(), apart=[{"tasks": "t"}]), "apart[0]: not a set of tasks kept apart; write a list of ids"),
        (document(task(), apart=[{"tasks": ["t"], "on": "node"}]), "not a set of tasks kept apart"),
    ],
)  # fmt: skip
def test_sets_that_are_refused(stated: dict[str, Any], words: str) -> None:
    """Tasks that may span nodes, unknown ones, pools without the label, other keys."""
    with pytest.raises(InstanceError) as refused:
        validate(stated)
    assert words in str(refused.value)
