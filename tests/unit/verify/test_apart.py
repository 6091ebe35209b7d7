"""The checker's own reading of sets that are apart by node and by label."""

from __future__ import annotations

import pytest

from leptonopt.verify.apart import without_apart_by
from leptonopt.verify.exact import Malformed
from tests.helpers.tiny_instances import document, pool, task

NODES = {"id": "n", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 3}}


def test_by_node_and_label() -> None:
    """A resource of nodes, and a quota for each label."""
    tasks = [task("t", "n", placement="one-node"), task("u", "a"), {"id": "w", "work": {"hours": 1, "speed": {"a": 1}}}]
    sets = [{"tasks": ["t"], "by": "node"}, {"tasks": ["u", "w"], "by": "zone:"}, {"tasks": ["t", "u"]}]
    made = without_apart_by(document(*tasks, pools=[NODES, pool(labels=["zone:x"])], apart=sets))
    assert made["apart"] == [["t", "u"]]
    assert made["pools"][0]["nodes"][0]["size"] == {"gpu": 8, "apart:t": 1}
    assert made["tasks"][0]["options"][0]["uses"] == {"gpu": 2, "apart:t": 1}
    assert made["tasks"][2]["work"]["consumes"] == {"apart:u": 1}
    assert made["quotas"] == [{"id": "apart:u zone:x", "of": "apart:u", "limit": 1, "pools": ["a"]}]


def test_what_is_refused() -> None:
    """Tasks that may span nodes, and pools without a label."""
    for stated in (
        document(task("t", "n"), pools=[NODES], apart=[{"tasks": ["t"], "by": "node"}]),
        document(task(), apart=[{"tasks": ["t"], "by": "zone:"}]),
    ):
        with pytest.raises(Malformed):
            without_apart_by(stated)
