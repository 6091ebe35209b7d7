"""Rent of nodes: which nodes it covers, and shares that add up to no more than whole nodes cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.algorithms.branch_and_bound.node_rent import node_rents, takes_nodes
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem


def problem(**nodes: Any) -> Problem:
    """Return a task of three devices for two hours on nodes of four, at 8 an hour unless stated otherwise."""
    pool = {"id": "n", "nodes": {"size": {"gpu": 4}, "price": 8, "count": 2, **nodes}}
    task = {"id": "t", "options": [{"pool": "n", "uses": {"gpu": 3}, "duration": "2h"}]}
    time = {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "4h"}
    return compile_instance(validate({"time": time, "pools": [pool], "tasks": [task]})).problem


def test_nodes_by_number() -> None:
    """Nodes of which the number in each slot is paid are taken; those with starts or commitments are not."""
    assert takes_nodes(problem())
    assert takes_nodes(problem(reserved=1))
    assert not takes_nodes(problem(startup=1))
    assert not takes_nodes(problem(minimum="2h"))
    assert not takes_nodes(problem(commit={"price": 20, "max": 1}))


def test_shares() -> None:
    """A column pays its part of a node, or nothing beside reserved nodes; room is what all nodes offer."""
    made = problem()
    (rent,) = node_rents(made)
    price = rent.price[0]
    assert (rent.reserved, rent.room[0].tolist()) == (0, [8 * rent.sizes[0] // 4] * 4)
    row = int(made.demand_row[made.demand_row == rent.shared][0])
    part = int(made.demand[made.demand_row == row][0]) / rent.sizes[rent.rows.index(row)]
    assert 0.75 <= part <= 1
    assert rent.shares(made, 0, np.array([0, 2])).tolist() == [int(2 * price * part)] * 2
    (rent,) = node_rents(problem(reserved=1))
    assert rent.shares(made, 0, np.array([0])).tolist() == [0]
