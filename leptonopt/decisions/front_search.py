"""The points of a front: the epsilon-constraint method, tangents below it, undominated points.

The epsilon-constraint method is that of Haimes, Lasdon and Wismer (1971, IEEE Transactions on Systems, Man, and
Cybernetics 1(3), 296-297). Limits ascend, so that each plan is a feasible start of the next solve. A bound of the cost
plus a price times the criterion holds for every limit (the weighted sum of Zadeh, 1963, doi:10.1109/TAC.1963.1105511).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import floor, log10
from typing import Any

from leptonopt.decisions.criteria import Criterion
from leptonopt.runtime.deadline import Deadline

Solve = Callable[[Mapping[str, Any], Mapping[str, Any] | None, float], Any]


@dataclass(frozen=True)
class FrontSettings:
    """Shares of the time, and limits.

    Attributes
    ----------
    end_share : of the time for each of the solves at both ends
    tangent_share : of what is left after the ends for tangents, where the criterion can be weighted
    halvings : of the values below which no plan is known, at most
    least_seconds : of a solve after all limits; with less left, none is begun [s]
    price_digits : significant digits of the prices of the criterion, which make money finer
    """

    end_share: float = 0.25
    tangent_share: float = 0.25
    halvings: int = 8
    least_seconds: float = 0.5
    price_digits: int = 4


SETTINGS = FrontSettings()


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
    undominated : no plan of a smaller value costs as little; False where that is not known.
    """

    limit: Fraction | None
    value: Fraction | None
    cost: Fraction | None
    bound: Fraction | None
    status: str
    plan: Mapping[str, Any] | None = None
    undominated: bool = False

    @property
    def proven(self) -> bool:
        """Return whether no plan within the limit costs less."""
        return self.cost is not None and self.cost == self.bound

    def excludes(self, cost: Fraction) -> bool:
        """Return whether no plan within the limit costs at most so much."""
        return self.status == "infeasible" or (self.bound is not None and self.bound > cost)


def front_points(criterion: Criterion, solve: Solve, deadline: Deadline, most: int) -> list[FrontPoint]:
    """Return the points of a front by ascending limit, the last without one.

    Parameters
    ----------
    solve : takes an instance's document, a warm start and seconds, and returns a `Result`.
    deadline : for all points together; each next one has an equal share of what is left.
    most : points, at least 2.
    """
    return FrontSearch(criterion, solve, deadline).points(most)


class FrontSearch:
    """The solves of a front, within one deadline."""

    def __init__(self, criterion: Criterion, solve: Solve, deadline: Deadline) -> None:
        self.criterion, self.solve, self.deadline = criterion, solve, deadline

    def points(self, most: int) -> list[FrontPoint]:
        """Return the points by ascending limit."""
        seconds = self.deadline.left() * SETTINGS.end_share
        last = self.at(None, None, seconds)
        found: list[FrontPoint] = []
        if last.value is not None:
            least, start, found = self.least(last.value, seconds)
            reserve = self.deadline.left() * SETTINGS.tangent_share if self.criterion.weighted is not None else 0.0
            limits = limits_between(self.criterion, least, last.value, most - len(found))
            for at, limit in enumerate(limits):
                share = max(1.0, (self.deadline.left() - reserve) / (len(limits) - at))
                found.append(self.at(limit, start, share))
                start = found[-1].plan or start
        return self.undominated(self.supported(consistent([*found, last])))

    def at(self, limit: Decimal | None, start: Mapping[str, Any] | None, seconds: float) -> FrontPoint:
        """Return the point of a limit, by a solve of so many seconds."""
        document, warm = self.criterion.limited(limit)
        found = self.solve(document, start or warm, seconds)
        within = None if limit is None else Fraction(limit)
        if found.plan is None:
            return FrontPoint(within, None, None, found.bound, str(found.status))
        value = self.criterion.value(found.document)
        return FrontPoint(within, value, found.cost, found.bound, str(found.status), found.document)

    def least(self, most: Fraction, seconds: float) -> tuple[Fraction, Mapping[str, Any] | None, list[FrontPoint]]:
        """Return the smallest value that a plan is known to have, that plan, and a point without one below.

        Without an objective for it, it is found by bisection between no plan and a plan; 0 is tried first.
        """
        criterion = self.criterion
        if criterion.least is not None:
            found = self.solve(criterion.least, None, seconds)
            if found.plan is None:
                return Fraction(0), None, []
            return criterion.value(found.document) + criterion.step, found.document, []  # a plan's value is rounded
        limit, plan, below = Decimal(0), None, list[FrontPoint]()
        for _ in range(SETTINGS.halvings):
            if limit >= most:
                break
            point = self.at(limit, plan, max(1.0, seconds / SETTINGS.halvings))
            if point.value is None:
                below = [point]
            else:
                most, plan = point.value, point.plan
            if not below:
                break
            limit = _up((Fraction(below[0].limit or 0) + most) / 2, criterion.step)
        return most, plan, below

    def supported(self, points: list[FrontPoint]) -> list[FrontPoint]:
        """Return points with bounds by tangents: the least cost plus a price times the criterion.

        Prices are the slopes of the lower hull of the plans. Every plan within a limit costs at least the bound of that
        sum less the price times the limit.
        """
        if self.criterion.weighted is None or all(point.proven for point in points):
            return points
        edges = hull_edges(points)
        for at, (slope, point) in enumerate(edges):
            if (seconds := self.deadline.left()) < SETTINGS.least_seconds:
                break
            price = _up(slope, max(self.criterion.price_step, _last_digit(slope)))
            found = self.solve(self.criterion.weighted(price), point.plan, seconds / (len(edges) - at))
            if found.bound is not None:
                points = consistent([_above(each, found.bound, Fraction(price)) for each in points])
        return points

    def undominated(self, points: list[FrontPoint]) -> list[FrontPoint]:
        """Return points of which it is known, as far as time allows, that no smaller value costs as little.

        The next smaller value is solved; a plan that costs as little takes the place of the point.
        """
        points = list(points)
        for at, point in enumerate(points):
            if at and points[at - 1].undominated and points[at - 1].value == point.value:
                point = replace(point, undominated=point.proven)
            while (cost := point.cost) is not None and point.proven and point.value and not point.undominated:
                if (below := next_smaller(points, point, self.criterion.step)) is None:
                    seconds = self.deadline.left()
                    if seconds < SETTINGS.least_seconds:
                        return points
                    limit = _up(point.value - self.criterion.step, self.criterion.step)
                    below = self.at(limit, points[at - 1].plan if at else None, seconds / (len(points) - at))
                if below.cost == cost:
                    point = replace(point, value=below.value, plan=below.plan)
                elif below.excludes(cost):
                    point = replace(point, undominated=True)
                else:
                    break
            points[at] = point
        return points


def next_smaller(points: Sequence[FrontPoint], point: FrontPoint, step: Fraction) -> FrontPoint | None:
    """Return the point whose limit is the next value below that of a point; None without one."""
    if point.value is None:
        return None
    return next((each for each in points if each.limit == point.value - step), None)


def _above(point: FrontPoint, bound: Fraction, price: Fraction) -> FrontPoint:
    """Return a point whose bound is at least that of a tangent."""
    if point.limit is None:
        return point
    tangent = bound - price * point.limit
    return replace(point, bound=tangent if point.bound is None else max(point.bound, tangent))


def hull_edges(points: Sequence[FrontPoint]) -> list[tuple[Fraction, FrontPoint]]:
    """Return the edges of the lower convex hull of the plans: their slopes, and where they begin.

    A slope is what one less of the criterion costs. Steepest first (the monotone chain of Andrew, 1979,
    doi:10.1016/0020-0190(79)90072-3).
    """
    hull: list[FrontPoint] = []
    slopes: list[Fraction] = []
    for point in points:
        if point.value is None or point.cost is None or (hull and hull[-1].value == point.value):
            continue
        while hull:
            slope = _slope(hull[-1], point)
            if not slopes or slope < slopes[-1]:
                slopes.append(slope)
                break
            hull.pop()
            slopes.pop()
        hull.append(point)
    return [(slope, point) for slope, point in zip(slopes, hull, strict=False) if slope > 0]


def _slope(one: FrontPoint, other: FrontPoint) -> Fraction:
    """Return how much less a point costs per unit of the criterion that it has more."""
    assert one.value is not None
    assert one.cost is not None
    assert other.value is not None
    assert other.cost is not None
    return (one.cost - other.cost) / (other.value - one.value)


def _last_digit(value: Fraction) -> Fraction:
    """Return the power of ten of the last significant digit that a price keeps."""
    return Fraction(10) ** (floor(log10(value)) + 1 - SETTINGS.price_digits)


def limits_between(criterion: Criterion, least: Fraction, most: Fraction, count: int) -> list[Decimal]:
    """Return ascending limits from the least value to below the greatest, in about equal steps."""
    found = {_up(least + (most - least) * at / (count - 1), criterion.step) for at in range(count - 1)}
    return sorted(limit for limit in found if Fraction(limit) < most)


def _up(value: Fraction, step: Fraction) -> Decimal:
    """Return a value rounded up to a multiple of a step."""
    found = -(-value // step) * step
    return Decimal(found.numerator) / found.denominator


def consistent(points: Sequence[FrontPoint]) -> list[FrontPoint]:
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
