"""Test what follows from point to point, limits, tangents, and what no plan dominates, each with solves given by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from leptonopt.decisions.criteria import Criterion
from leptonopt.decisions.front_search import (
    FrontPoint,
    FrontSearch,
    consistent,
    front_points,
    hull_edges,
    limits_between,
)
from leptonopt.runtime.deadline import Deadline


def point(limit: int | None, cost: int | None, bound: int | None, status: str = "feasible") -> FrontPoint:
    """Return a point whose value is its limit."""
    value = None if cost is None else Fraction(limit or 9)
    exact = (None if each is None else Fraction(each) for each in (limit, cost, bound))
    limit_, cost_, bound_ = exact
    return FrontPoint(limit_, value, cost_, bound_, status)


def test_what_follows() -> None:
    """Within a looser limit a plan of a tighter one is allowed; what no looser plan can beat, no tighter one can."""
    found = consistent([point(0, None, None, "unknown"), point(1, 7, 4), point(2, 9, 5), point(None, 8, 7)])
    assert [each.cost for each in found] == [None, 7, 7, 7]
    assert [each.bound for each in found] == [7, 7, 7, 7]
    assert [each.status for each in found] == ["unknown", "optimal", "optimal", "optimal"]


def test_limits() -> None:
    """Counts are whole; others are rounded up, and stay below the greatest value."""
    nothing: Any = None
    counted = Criterion("late", "tasks", Fraction(1), nothing, nothing)
    assert limits_between(counted, Fraction(0), Fraction(3), 12) == [0, 1, 2]
    assert limits_between(counted, Fraction(0), Fraction(0), 12) == []
    other = Criterion("carbon", "kg", Fraction(1, 10**6), nothing, nothing)
    assert limits_between(other, Fraction(0), Fraction(1, 3), 2) == [0]
    assert limits_between(other, Fraction(1, 3), Fraction(1), 3)[0] == Decimal("0.333334")


# Plans of a made world by (criterion, cost): (4, 5) is dominated, and (3, 8) lies above the hull.
PLANS = [(0, 12), (1, 9), (3, 8), (4, 3), (4, 5), (6, 2), (7, 2)]


def world(gap: int) -> tuple[Criterion, Any]:
    """Return a criterion and a solver that says bounds `gap` too low where a limit is given, and exact ones else."""

    def solve(document: Any, warm_start: Any, seconds: float) -> Any:
        limit, price = document.get("limit"), document.get("price", Decimal(0))
        allowed = [each for each in PLANS if limit is None or each[0] <= limit]
        if not allowed:
            return SimpleNamespace(plan=None, document=None, cost=None, bound=None, status="infeasible")
        chosen = min(allowed, key=lambda each: (each[1] + Fraction(price) * each[0], -each[0]))
        cost = chosen[1] + Fraction(price) * chosen[0]
        bound = cost - (0 if limit is None else gap)
        return SimpleNamespace(plan=chosen, document=chosen, cost=cost, bound=bound, status="feasible")

    def limited(limit: Decimal | None) -> Any:
        return {} if limit is None else {"limit": limit}, None

    value: Any = lambda document: Fraction(document[0])  # noqa: E731
    return Criterion("late", "tasks", Fraction(1), limited, value, weighted=lambda price: {"price": price}), solve


def test_points_of_exact_solves_are_on_the_front() -> None:
    """The plan of 7 gives way to that of 6 at the same cost; each point is known to be undominated."""
    criterion, solve = world(0)
    found = front_points(criterion, solve, Deadline.after(60), 8)
    assert sorted({(each.value, each.cost) for each in found}) == [(0, 12), (1, 9), (3, 8), (4, 3), (6, 2)]
    assert all(each.proven and (each.undominated or each.value == 0) for each in found)


def test_tangents_prove_what_limits_do_not() -> None:
    """With weak bounds within limits, points on the hull are proven by the weighted sum; those above it are bounded."""
    criterion, solve = world(10)
    found = {each.value: each for each in front_points(criterion, solve, Deadline.after(60), 8)[::-1]}
    assert {value for value, each in found.items() if each.proven} >= {0, 1, 4}
    assert found[Fraction(3)].bound == 5  # on the line from (1, 9) to (4, 3)
    weak = FrontSearch(
        Criterion("late", "tasks", Fraction(1), criterion.limited, criterion.value), solve, Deadline.after(9)
    )
    assert weak.points(8)[2].bound == 2  # that of no limit


def test_hull() -> None:
    """Slopes fall; a point above the line between its neighbours is passed over."""
    edges = hull_edges([point(value, cost, 0) for value, cost in ((1, 9), (3, 8), (4, 3), (6, 2))])
    assert [(slope, each.value) for slope, each in edges] == [(2, 1), (Fraction(1, 2), 4)]
