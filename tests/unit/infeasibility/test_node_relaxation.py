"""Problems in which nodes are not told apart, and schedules put on single nodes."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.infeasibility.node_relaxation import assign_nodes, relax_node_identity
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, Status
from leptonopt.problem.schedule import Schedule
from leptonopt.solvers import cpsat
from tests.helpers.recording_monitor import Ear
from tests.helpers.tiny_instances import instance, task

NODES = {"id": "n", "nodes": {"id": "k", "size": {"gpu": 4}, "count": 2, "price": 1}}


def test_the_relaxation_has_no_single_nodes() -> None:
    """It allows at least what the instance allows, with far fewer options."""
    made = instance(task(pool="n", gpu=3, placement="one-node", copies=2), pools=[NODES])
    relaxed, whole = relax_node_identity(made), compile_instance(made)
    assert all(kind.node is None for kind in relaxed.kinds)
    assert relaxed.problem.options < whole.problem.options


def test_large_tasks_still_take_a_node_each() -> None:
    """Three tasks of 3 GPUs at once do not fit two nodes of 4, though 9 GPUs would need three."""
    made = instance(task(pool="n", gpu=3, placement="one-node", copies=3, duration="4h"), pools=[NODES])
    found = cpsat.solve(relax_node_identity(made).problem, None, Limits(time_limit=10), Ear())
    assert found.status is Status.INFEASIBLE


def test_runs_are_put_on_single_nodes() -> None:
    """By best fit; None where that is impossible."""
    made = instance(
        task("x", pool="n", gpu=3, placement="one-node"),
        task("y", pool="n", gpu=1, placement="one-node"),
        pools=[NODES],
    )
    relaxed, whole = relax_node_identity(made), compile_instance(made)
    placed = assign_nodes(relaxed, Schedule.of([0, 1], [0, 0]), whole)
    assert placed is not None
    assert violated_rules(whole.problem, placed) == set()
    crowded = instance(task("x", pool="n", gpu=3, placement="one-node", copies=3), pools=[NODES])
    at_once = assign_nodes(relax_node_identity(crowded), Schedule.of([0], [0], [3]), compile_instance(crowded))
    assert at_once is None or violated_rules(compile_instance(crowded).problem, at_once)
