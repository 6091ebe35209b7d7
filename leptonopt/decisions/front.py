"""The front of cost against a second criterion: the least cost within each limit, with its bound.

The epsilon-constraint method (Haimes, Lasdon and Wismer, 1971, IEEE Transactions on Systems, Man, and Cybernetics
1(3), 296-297). Limits ascend, so that each plan is a feasible start of the next solve.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt.decisions.criteria import STEP, Criterion, criterion_of
from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.request import resolve_instance
from leptonopt.session.solve import solve
from leptonopt.session.warm_workers import warm_workers

Solve = Callable[[Mapping[str, Any], Mapping[str, Any] | None, float], Any]
MOST_POINTS = 1_000
END_SHARE = 4  # the solves at both ends get one part in so many of the time, each
MOST_HALVINGS = 8  # of the values below which no plan is known


@dataclass(frozen=True)
class FrontPoint:
    """The best plan within a limit on the criterion.

    Attributes
    ----------
    limit : of the criterion; None is no limit.
    value : of the plan; None without one.
    cost, bound : money, exact; None where there is no plan, or no bound.
    status : of the solve.
    plan : its document; None without a plan.
    """

    limit: Fraction | None
    value: Fraction | None
    cost: Fraction | None
    bound: Fraction | None
    status: str
    plan: Mapping[str, Any] | None = None

    @property
    def proven(self) -> bool:
        """Return whether no plan within the limit costs less."""
        return self.cost is not None and self.cost == self.bound


@dataclass(frozen=True)
class Front:
    """The front of an instance: points by ascending limit, the last without one.

    Attributes
    ----------
    criterion, unit : in words.
    whole : the criterion is counted.
    currency : of cost and bound.
    """

    criterion: str
    unit: str
    whole: bool
    currency: str
    points: tuple[FrontPoint, ...]

    def efficient(self, at: int) -> bool:
        """Return whether no plan is better than a point in one criterion and as good in the other.

        No plan within its value costs less, and every plan of a smaller value costs more. The latter is known where the
        next smaller limit was solved, or nothing smaller exists.
        """
        point = self.points[at]
        if not point.proven or point.value is None or point.cost is None:
            return False
        below = [each for each in self.points if each.limit is not None and each.limit < point.value]
        if point.value == 0:
            return True
        smaller = below[-1] if below else None
        if not self.whole or smaller is None or smaller.limit != point.value - 1:
            return False
        return smaller.status == "infeasible" or (smaller.bound is not None and smaller.bound > point.cost)

    def as_document(self) -> dict[str, Any]:
        """Return the front as a document for JSON, with exact fractions."""

        def text(value: Fraction | None) -> str | None:
            return None if value is None else str(value)

        points = [
            {"limit": text(point.limit), "value": text(point.value), "cost": text(point.cost),
             "bound": text(point.bound), "status": point.status, "on_front": self.efficient(at)}
            for at, point in enumerate(self.points)
        ]  # fmt: skip
        names = {"criterion": self.criterion, "unit": self.unit, "currency": self.currency}
        return {"leptonopt_front": 1, **names, "points": points}

    def plot(self, path: Path) -> None:
        """Draw the front into a file; raises `UsageError` for an ending that is no picture."""
        from leptonopt.decisions.plot_front import draw

        places = []
        for point in self.points:
            at = point.value if point.limit is None else point.limit
            if at is not None:
                cost, bound = (None if money is None else float(money) for money in (point.cost, point.bound))
                places.append((float(at), cost, bound))
        draw(places, path, f"{self.criterion} at most [{self.unit}]", self.currency, self.whole)


def front(
    instance: Instance | Mapping[str, Any] | str | os.PathLike[str],
    over: str,
    plan: Mapping[str, Any] | None = None,
    *,
    points: int = 12,
    time_limit: float = 60.0,
    **options: Any,
) -> Front:
    """Return the least cost within each of some limits on a second criterion.

    Parameters
    ----------
    instance : as of `leptonopt.solve`.
    over : `carbon`, `energy`, `late` (tasks after their due date), `quality` (given up), or `changes` from a plan.
    plan : the plan document from which changes are counted.
    points : at most so many limits.
    time_limit : seconds for all points together.
    options : as of `leptonopt.solve`, for each solve.

    Raises
    ------
    UsageError
        When the instance has nothing of the criterion, or a rule forbids it.
    """
    found, _, _ = resolve_instance(instance, options.pop("format", None), options.pop("params", None))

    def solved(document: Mapping[str, Any], warm_start: Mapping[str, Any] | None, seconds: float) -> Any:
        return solve(document, time_limit=seconds, warm_start=warm_start, **options)

    with warm_workers():
        return front_of(criterion_of(found, over, plan), solved, time_limit, str(found.currency), points)


def front_of(criterion: Criterion, solve: Solve, seconds: float, currency: str, most_points: int = 12) -> Front:
    """Return the front of a criterion.

    Parameters
    ----------
    solve : takes an instance's document, a warm start and seconds, and returns a `Result`.
    seconds : for all points together; each next one has an equal share of what is left.
    """
    if not 2 <= most_points <= MOST_POINTS:
        raise UsageError(f"{most_points} points; allowed is 2 to {MOST_POINTS}")
    deadline = Deadline.after(seconds)
    document, warm = criterion.limited(None)
    free = solve(document, warm, seconds / END_SHARE)
    last = _point(None, free, criterion)
    points: list[FrontPoint] = []
    if last.value is not None:
        least, start, none = _least(criterion, solve, last.value, seconds / END_SHARE)
        limits = _limits(criterion, least, last.value, most_points - len(none))
        points += none
        for at, limit in enumerate(limits):
            share = max(1.0, deadline.left() / (len(limits) - at))
            points.append(_at(limit, criterion, solve, start, share))
            start = points[-1].plan or start
    found_points = _consistent([*points, last])
    return Front(criterion.name, criterion.unit, criterion.whole, currency, tuple(found_points))


def _point(limit: Fraction | None, found: Any, criterion: Criterion) -> FrontPoint:
    if found.plan is None:
        return FrontPoint(limit, None, None, found.bound, str(found.status))
    value = criterion.value(found.document)
    return FrontPoint(limit, value, found.cost, found.bound, str(found.status), found.document)


def _at(
    limit: Decimal, criterion: Criterion, solve: Solve, start: Mapping[str, Any] | None, share: float
) -> FrontPoint:
    """Return the point of a limit, by a solve of so many seconds."""
    document, warm = criterion.limited(limit)
    return _point(Fraction(limit), solve(document, start or warm, share), criterion)


def _least(
    criterion: Criterion, solve: Solve, most: Fraction, seconds: float
) -> tuple[Fraction, Mapping[str, Any] | None, list[FrontPoint]]:
    """Return the smallest value that a plan is known to have, that plan, and a point without one below.

    Without an objective for it, it is found by bisection between no plan and a plan; 0 is tried first.
    """
    if criterion.least is not None:
        found = solve(criterion.least, None, seconds)
        if found.plan is None:
            return Fraction(0), None, []
        return criterion.value(found.document) + Fraction(STEP), found.document, []  # the value in a plan is rounded
    step = Decimal(1) if criterion.whole else STEP
    limit, plan, below = Decimal(0), None, list[FrontPoint]()
    for _ in range(MOST_HALVINGS):
        if limit >= most:
            break
        point = _at(limit, criterion, solve, plan, max(1.0, seconds / MOST_HALVINGS))
        if point.value is None:
            below = [point]
        else:
            most, plan = point.value, point.plan
        if not below:
            break
        limit = _up((Fraction(below[0].limit or 0) + most) / 2, step)
    return most, plan, below


def _limits(criterion: Criterion, least: Fraction, most: Fraction, count: int) -> list[Decimal]:
    """Return ascending limits from the least value to below the greatest, in about equal steps."""
    step = Decimal(1) if criterion.whole else STEP
    found = {_up(least + (most - least) * at / (count - 1), step) for at in range(count - 1)}
    return sorted(limit for limit in found if Fraction(limit) < most)


def _up(value: Fraction, step: Decimal) -> Decimal:
    """Return a value rounded up to a multiple of a step."""
    return (Decimal(value.numerator) / value.denominator).quantize(step, ROUND_CEILING)


def _consistent(points: Sequence[FrontPoint]) -> list[FrontPoint]:
    """Return points with all that follows: looser limits allow more plans, tighter ones never cost less."""
    best: FrontPoint | None = None
    allowed = []
    for point in points:
        if best is not None and best.cost is not None and (point.cost is None or best.cost < point.cost):
            point = replace(point, value=best.value, cost=best.cost, plan=best.plan)
        best = point if point.cost is not None else best
        allowed.append(point)
    found, least = [], None
    for point in reversed(allowed):
        bounds = [bound for bound in (point.bound, least) if bound is not None]
        least = max(bounds, default=None)
        status = "optimal" if point.cost is not None and point.cost == least else point.status
        found.append(replace(point, bound=least, status=status))
    return found[::-1]
