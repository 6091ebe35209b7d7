"""An instance as integer arrays, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.compile import rows
from leptonopt.compile.compiler import compile_again
from leptonopt.compile.node_form import COUNTED, TOLD_APART
from leptonopt.errors import InstanceError
from leptonopt.problem.problem import UNLIMITED
from tests.helpers.tiny_instances import compiled, pool, task


def test_the_arrays_of_a_small_instance() -> None:
    """Two groups, windows in slots, money in whole units of half a cent."""
    made = compiled(
        task("x", copies=3, release="2026-01-05T01:00Z", value=4, optional=True),
        task("y", "b", gpu=1, duration="90m", deadline="2026-01-05T03:00Z", due="2026-01-05T02:00Z", late_cost=0.5, late_penalty=2),
        pools=[pool(), pool("b", capacity={"gpu": "unlimited"}, price={"gpu": {"daily": {"00:00": 0.005, "02:00": 3}}})],
    )  # fmt: skip
    problem = made.problem
    assert (made.unit, made.loss, made.impossible) == (Fraction(1, 200), 0, ())
    assert problem.capacity.tolist() == [[4] * 4, [UNLIMITED] * 4]
    assert problem.price.tolist() == [[200] * 4, [1, 1, 600, 600]]
    assert (problem.copies.tolist(), problem.optional.tolist(), problem.value.tolist()) == (
        [3, 1],
        [True, False],
        [800, 0],
    )
    assert (problem.duration.tolist(), problem.first.tolist(), problem.last.tolist()) == ([1, 2], [1, 0], [3, 1])
    assert (problem.late_slope.tolist(), problem.late_base.tolist()) == ([0, 100], [0, 200])
    assert (problem.late_once.tolist(), problem.late_after.tolist()) == ([0, 400], [0, 2])
    assert made.members == (((0, 1, 3),), ((1, 1, 1),))
    assert [(row.pool, row.resource) for row in made.rows] == [("a", "gpu"), ("b", "gpu")]


def test_precedence_makes_groups_of_single_copies() -> None:
    """An edge for each pair of copies."""
    made = compiled(task("x", copies=2), task("y", after=[{"task": "x", "lag": "30m"}]))
    problem = made.problem
    assert list(zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)) == [
        (0, 2, 1),
        (1, 2, 1),
    ]
    assert problem.first.tolist() == [0, 0, 2]
    assert problem.last.tolist() == [1, 1, 3]


def test_tasks_that_cannot_run() -> None:
    """Named with the reason; their group has no options."""
    made = compiled(task("x", gpu=5), task("y"))
    assert made.stuck == (0,)
    assert made.impossible[0].startswith("task 'x' cannot run: a uses 5 gpu, and pool 'a' has at most 4")
    assert made.problem.option_ptr.tolist() == [0, 0, 1]


def test_loads_beyond_64_bits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding names the resource and the step in which it is counted."""
    monkeypatch.setattr(rows, "MAX_LOAD", 100)
    with pytest.raises(InstanceError, match=r"pool 'a': 200 of 'gpu' may be used at once, in steps of 1"):
        compiled(task(copies=100))


def test_nodes_in_slots_and_units() -> None:
    """Boot and minimum times are rounded up; sizes are in demand units."""
    kind = {
        "size": {"gpu": 2.5},
        "count": 3,
        "price": 6,
        "boot": "30m",
        "minimum": "90m",
        "startup": 2,
        "reserved": 1,
        "commit": {"total": 5, "max": 2},
    }
    made = compiled(task(pool="n", gpu=2), pools=[{"id": "n", "nodes": kind}])
    nodes = made.problem.nodes
    assert (nodes.boot.tolist(), nodes.minimum.tolist(), nodes.supply_size.tolist()) == ([1], [2], [5])
    assert (nodes.reserved.tolist(), nodes.commit_max.tolist(), nodes.on_demand.tolist()) == ([1], [2], [True])
    assert nodes.costs.on_demand[0, 0] * made.unit == 6
    assert nodes.costs.commit[0] * made.unit == 5
    assert made.problem.capacity.tolist() == [[0, 15, 15, 15]]  # none has booted in the first slot


def test_sets_are_of_groups() -> None:
    """Tasks of a set stay apart from equal tasks that are not in it."""
    made = compiled(task("x"), task("y"), task("z"), together=[["x", "y"]])
    assert made.problem.groups == 2
    assert [members.tolist() for members in made.problem.together] == [[0]]


def test_an_instance_in_another_form_keeps_its_options() -> None:
    """Nodes are told apart or counted; ways, also those that are refused, are the same objects."""
    nodes = {"id": "n", "nodes": {"size": {"gpu": 4}, "count": 2, "price": 1}}
    first = compiled(task("x", pool="n", placement="one-node"), task("y", pool="n", gpu=4), pools=[nodes])
    counted = compile_again(first, COUNTED)
    assert (len(first.kinds), len(counted.kinds)) == (2, 1)
    assert counted.ways is first.ways
    again = compile_again(counted, TOLD_APART)
    assert again.problem.fixed.tolist() == first.problem.fixed.tolist()
    assert again.kept == first.kept
