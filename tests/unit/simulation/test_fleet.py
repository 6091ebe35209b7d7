"""Fleets of a service: what they serve, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import Unsupported
from leptonopt.instance import validate
from leptonopt.simulation.fleet import Fleet, replica_prices

TIME = {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "2h"}
NODES = [
    {"id": "small", "size": {"gpu": 2}, "count": 9, "price": 8},
    {"id": "big", "size": {"gpu": 8}, "count": 9, "price": 16},
]
POOLS = [
    {"id": "p", "capacity": {"gpu": 9}, "price": {"gpu": {"daily": {"00:00": 1, "01:00": 3}}}},
    {"id": "q", "nodes": NODES},
]
WAYS = [
    {"pool": "p", "uses": {"gpu": 2}, "rate": {"a": 2, "b": 4}, "start": {"cost": 5}},
    {"pool": "q", "uses": {"gpu": 1}, "rate": {"b": 3}},
]  # fmt: skip


def fleet(**more: Any) -> Fleet:
    """Return the fleets of a service of two ways."""
    service = {"id": "s", "demand": {"a": 1, "b": 2}, "replicas": WAYS, **more}
    return Fleet.of(compile_instance(validate({"time": TIME, "pools": POOLS, "services": [service]})), 0)


def test_requests_missed_are_the_fewest() -> None:
    """A quarter of a replica serves one request of `b` instead of half of one of `a`."""
    asked = np.array([[2.0, 2.0, 0.0, 2.0], [3.0, 4.0, 0.0, 4.0]])
    usable = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 9.0]])
    assert fleet().missed(usable, asked).tolist() == [0.0, 0.5, 0.0, 2.0]


def test_headroom_is_at_hand_for_what_comes() -> None:
    assert fleet(headroom=0.5).missed(np.array([[1.0], [0.0]]), np.array([[2.0], [0.0]])).tolist() == [0.0]


def test_a_replica_pays_its_part_of_the_cheapest_node() -> None:
    ways = [{**way, "rate": {"a": 1}} for way in WAYS]
    service = {"id": "s", "demand": {"a": 1}, "replicas": ways}
    made = compile_instance(validate({"time": TIME, "pools": POOLS, "services": [service]}))
    assert replica_prices(made).tolist() == [[2.0, 6.0], [2.0, 2.0]]


def test_cost_has_starts_and_hours() -> None:
    on, slots = np.array([[1.0, 1.0, 2.0], [0.0, 0.0, 1.0]]), np.array([0, 0, 1])
    assert fleet().cost(on, slots, 1800) == pytest.approx(0.5 * (2 + 2 + 12 + 2) + 5)


def test_the_cheapest_way_serves_all() -> None:
    assert fleet().cheapest(np.array([[1.0], [1.0]])) == 0
    assert fleet().cheapest(np.array([[0.0], [1.0]])) == 1
    lonely = [{**WAYS[0], "rate": {"a": 1}}, WAYS[1]]
    with pytest.raises(Unsupported, match="no way of 's' serves all classes"):
        fleet(replicas=lonely).cheapest(np.array([[1.0], [1.0]]))
