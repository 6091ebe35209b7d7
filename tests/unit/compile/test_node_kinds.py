"""Kinds of nodes: counted where they are alike, one by one where a task needs a single one."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.compile import node_kinds
from leptonopt.errors import InstanceError
from tests.helpers.tiny_instances import compiled, task


def nodes(**more: Any) -> dict[str, Any]:
    """Return a pool of nodes."""
    return {"id": "n", "nodes": {"id": "big", "size": {"gpu": 8}, "count": 3, "price": 1, **more}}


def test_alike_nodes_are_counted() -> None:
    """A kind with its counts; maintenance takes all of them away."""
    pool = nodes() | {"maintenance": [{"from": "2026-01-05T01:00Z", "to": "2026-01-05T02:00Z"}]}
    (kind,) = compiled(task(pool="n"), pools=[pool]).kinds
    assert (kind.node, kind.single, kind.count) == (None, False, (3, 0, 3, 3))


def test_single_nodes_where_a_task_must_fit_one() -> None:
    """The first is reserved, the second can be committed."""
    made = compiled(task(pool="n", placement="one-node"), pools=[nodes(reserved=1, commit={"price": 1, "max": 1})])
    assert [(kind.label, kind.single, kind.reserved, kind.commit_max, kind.count[0]) for kind in made.kinds] == [
        ("big/1", True, 1, 0, 1), ("big/2", True, 0, 1, 1), ("big/3", True, 0, 0, 1),
    ]  # fmt: skip


def test_of_many_only_those_that_can_be_needed() -> None:
    """The rest of alike nodes stays one kind."""
    made = compiled(task(pool="n", placement="one-node", copies=2), pools=[nodes(count=100)])
    assert [(kind.node, kind.last, kind.count[0]) for kind in made.kinds] == [(1, 1, 1), (2, 2, 1), (3, 100, 98)]


def test_too_many_single_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding names the pool and the task."""
    monkeypatch.setattr(node_kinds, "MAX_DISTINGUISHED", 70)
    with pytest.raises(InstanceError, match=r"tasks\[0\].placement: pool 'n': .* at most so many can be told apart"):
        compiled(task(pool="n", placement="one-node", copies=80), pools=[nodes(count=100)])
