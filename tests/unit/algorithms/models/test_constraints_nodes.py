"""Rules of nodes as rows: a node schedule keeps them exactly when it keeps the rules."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.models.time_indexed import build_model, encode
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.schedule import Schedule
from tests.helpers.small_problems import group, ints, nodes, option, problem

KINDS = nodes(
    [[2, 2, 2]], [(0, 0, 4)], price=[[3, 3, 3]], start=[[1, 1, 1]], stop=[[1, 1, 1]], minimum=[2], reserved=[0], commit_max=[1],
    commit=[2],
)  # fmt: skip
MADE = problem(group(option(2, {0: 4})), group(option(1, {0: 3})), capacity=[[8, 8, 8]], nodes=KINDS)


@pytest.mark.parametrize(
    ("on", "committed", "kept"),
    [
        ([2, 1, 0], 0, False),  # one is on for a single slot
        ([2, 2, 0], 0, True),
        ([2, 2, 0], 1, True),
        ([1, 2, 2], 0, False),  # too few in the first slot
        ([2, 2, 2], 0, True),
    ],
)
def test_node_schedules(on: list[int], committed: int, kept: bool) -> None:
    """Supply, minimum times and commitments, for both tasks in the first slot."""
    schedule = Schedule.of([0, 1], [0, 0], rent=NodeSchedule(ints([on]), ints([committed])))
    assert (violated_rules(MADE, schedule) == set()) is kept
    linear = build_model(MADE)
    rows = linear.matrix @ encode(linear, schedule)
    assert bool(np.all(rows >= linear.lower) and np.all(rows <= linear.upper)) is kept


@pytest.mark.parametrize(
    ("on", "kept"),
    [
        ([2, 1, 1], False),  # the second task is too little for a node in the last slot
        ([2, 2, 0], True),
        ([1, 2, 0], False),  # one of two that went off comes back at once
        ([1, 1, 0], False),  # too few
    ],
)
def test_time_off_and_least_load(on: list[int], kept: bool) -> None:
    """Two nodes are on before; at least 2 of each are in use; what goes off stays off for two slots."""
    kinds = nodes([[2, 2, 2]], [(0, 0, 4)], price=[[3, 3, 3]], before=[2], rest=ints([2]), least=ints([[2, 2, 2]]))
    made = problem(group(option(2, {0: 4})), group(option(2, {0: 3})), capacity=[[8, 8, 8]], nodes=kinds)
    schedule = Schedule.of([0, 1], [0, 0], rent=NodeSchedule(ints([on]), ints([0])))
    assert (violated_rules(made, schedule) == set()) is kept
    linear = build_model(made)
    rows = linear.matrix @ encode(linear, schedule)
    assert bool(np.all(rows >= linear.lower) and np.all(rows <= linear.upper)) is kept


def test_rows_of_nodes_have_names() -> None:
    """Of their rules."""
    rules = {name.rsplit("_", 2)[0] for name in build_model(MADE).row_names() if name.startswith("nodes")}
    assert {"nodes_supply", "nodes_minimum", "nodes_paid"} <= {"_".join(rule.split("_")[:2]) for rule in rules}
