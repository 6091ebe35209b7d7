"""The front of cost against changes: the least cost for each number of changes, with its bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from leptonopt.instance import Instance
from leptonopt.replanning.changes import changes_of, counted
from leptonopt.replanning.document import remaining_instance
from leptonopt.replanning.state import State

Solve = Callable[[Mapping[str, Any], Mapping[str, Any] | None, float], Any]


@dataclass(frozen=True)
class Point:
    """The best plan with at most `allowed` changes.

    Attributes
    ----------
    changes : how many tasks it changes; None without a plan.
    cost, bound : money, exact; None where there is no plan, or no bound.
    status : of the solve.
    """

    allowed: int
    changes: int | None
    cost: Fraction | None
    bound: Fraction | None
    status: str


def front(
    instance: Instance,
    plan: Mapping[str, Any],
    state: State,
    frozen: int,
    solve: Solve,
    seconds: float,
    most_points: int = 12,
) -> list[Point]:
    """Return points of the front, from no change to the changes of the cheapest plan.

    Parameters
    ----------
    solve : takes an instance's document, a warm start and seconds, and returns a `Result`.
    seconds : for all points together; each next one has an equal share of what is left.
    most_points : of more numbers of changes, some in equal steps.
    """
    until = time.monotonic() + seconds
    free = remaining_instance(instance, plan, state, frozen)
    best = solve(free.document, free.warm_start, seconds / 3)
    most = counted(changes_of(free, best.document)) if best.plan is not None else most_points
    allowed = sorted({round(most * at / max(1, most_points - 1)) for at in range(most_points)}) if most else [0]
    points, warm = [], None
    for at, number in enumerate(allowed):
        limited = remaining_instance(instance, plan, state, frozen, number)
        share = max(1.0, (until - time.monotonic()) / (len(allowed) - at))
        found = solve(limited.document, warm or limited.warm_start, share)
        points.append(_point(number, found, counted(changes_of(limited, found.document))))
        warm = found.document if found.plan is not None else warm
    return _with_monotone_bounds(points, best.bound)


def _point(allowed: int, found: Any, changes: int) -> Point:
    has = found.plan is not None
    return Point(allowed, changes if has else None, found.cost if has else None, found.bound, str(found.status))


def _with_monotone_bounds(points: list[Point], unlimited: Fraction | None) -> list[Point]:
    """Return points with the best bounds that follow: fewer changes never cost less."""
    found, least = [], unlimited
    for point in reversed(points):
        bounds = [bound for bound in (point.bound, least) if bound is not None]
        least = max(bounds, default=None)
        found.append(Point(point.allowed, point.changes, point.cost, least, point.status))
    return found[::-1]
