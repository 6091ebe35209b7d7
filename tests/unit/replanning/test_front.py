"""The front of cost against changes, against brute force over the limit."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt import solve
from leptonopt.replanning.front import Point, _with_monotone_bounds, front
from leptonopt.replanning.plot_front import draw
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import FOUR, PLAN, RUNNING, world


def solved(document: Any, warm_start: Any, seconds: float) -> Any:
    """Solve with one thread."""
    return solve(document, time_limit=seconds, threads=1, warm_start=warm_start)


def test_more_changes_cost_less() -> None:
    """With a price on own devices at noon, each sweep that moves saves; each point is proven."""
    price = {"steps": {"2026-11-30T00:00Z": 1, "2026-11-30T12:00Z": 9, "2026-11-30T18:00Z": 1}}
    pools = [{"id": "own", "capacity": {"gpu": 8}, "price": {"gpu": price}}, *world().document()["pools"][1:]]
    instance = world(pools=pools)
    state = read_state({"now": FOUR, "running": RUNNING}, instance)
    points = front(instance, PLAN, state, 0, solved, 30)
    assert [point.allowed for point in points] == [0, 1, 2, 3]
    costs = [point.cost for point in points]
    assert all(one is not None and other is not None and one > other for one, other in itertools.pairwise(costs))
    assert all(point.bound == point.cost and point.status == "optimal" for point in points)
    assert [point.changes for point in points] == [0, 1, 2, 3]


def test_bounds_follow_from_each_other() -> None:
    """What no plan with three changes can beat, none with fewer can."""
    points = [Point(0, None, None, None, "unknown"), Point(1, 1, Fraction(9), Fraction(4), "feasible")]
    assert [point.bound for point in _with_monotone_bounds(points, Fraction(5))] == [5, 5]


def test_picture(tmp_path: Path) -> None:
    """A picture is written, also where a point has no plan."""
    points = [Point(0, None, None, Fraction(5), "unknown"), Point(1, 1, Fraction(9), Fraction(5), "feasible")]
    draw(points, tmp_path / "front.svg", "USD")
    assert (tmp_path / "front.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
