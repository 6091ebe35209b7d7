"""Forms of nodes: counted, told apart, or told apart where placements name them."""

from __future__ import annotations

from typing import Any

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED, TOLD_APART, NodeForm
from leptonopt.instance import validate

STATED: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2h"},
    "pools": [
        {"id": id, "nodes": {"id": "box", "size": {"gpu": 8}, "count": 5, "price": 1, "reserved": 1}} for id in "pq"
    ],
    "tasks": [
        {"id": "a", "placement": "one-node", "options": [{"pools": ["p", "q"], "uses": {"gpu": 5}, "duration": "1h"}]}
    ],
}


def ranges(form: NodeForm) -> list[tuple[str, int | None, int | None]]:
    """Pool, first and last number of every kind."""
    return [(kind.pool.id, kind.node, kind.last) for kind in compile_instance(validate(STATED), form).kinds]


def test_counted_nodes_are_one_kind_with_one_option_a_pool() -> None:
    """No node has a number; the relaxation says so."""
    assert ranges(COUNTED) == [("p", None, None), ("q", None, None)]
    compiled = compile_instance(validate(STATED), COUNTED)
    assert compiled.alike == {"p", "q"}
    assert compiled.problem.options == 2


def test_nodes_told_apart_are_an_option_each() -> None:
    """Five nodes in each of two pools."""
    compiled = compile_instance(validate(STATED), TOLD_APART)
    assert not compiled.alike
    assert compiled.problem.options == 10


def test_placements_tell_apart_what_they_name() -> None:
    """Node 3 of one pool is single; kinds of another pool with the same name are not touched."""
    form = NodeForm(placements={("a", "p"): [("box/3",)]})
    assert ranges(form) == [("p", 1, 1), ("p", 2, 2), ("p", 3, 3), ("p", 4, 5), ("q", 1, 1), ("q", 2, 5)]
    compiled = compile_instance(validate(STATED), form)
    assert [way.on_nodes for way in compiled.kept[0]] == [("box/3",)]


def test_an_option_that_is_not_offered_has_no_column() -> None:
    """Of two pools one is left."""
    compiled = compile_instance(validate(STATED), NodeForm(alike=True, offered={("a", "q")}))
    assert [way.pool for way in compiled.kept[0]] == ["q"]
