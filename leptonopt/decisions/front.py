"""The front of cost against a second criterion: the least cost within each limit, with its bound."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt.decisions.criteria import Criterion, criterion_of
from leptonopt.decisions.front_search import FrontPoint, Solve, front_points, next_smaller
from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.request import resolve_instance
from leptonopt.session.solve import solve
from leptonopt.session.warm_workers import warm_workers

MOST_POINTS = 1_000


@dataclass(frozen=True)
class Front:
    """The front of an instance: points by ascending limit, the last without one.

    Attributes
    ----------
    criterion, unit : in words.
    step : the least difference between two values of the criterion that is told apart.
    currency : of cost and bound.
    """

    criterion: str
    unit: str
    step: Fraction
    currency: str
    points: tuple[FrontPoint, ...]

    def efficient(self, at: int) -> bool:
        """Return whether no plan is better than a point in one criterion and as good in the other.

        No plan within its value costs less, and every plan of a smaller value costs more. The latter is known where the
        next smaller value was solved, or nothing smaller exists.
        """
        point = self.points[at]
        if not point.proven or point.value is None or point.cost is None:
            return False
        if point.value == 0 or point.undominated:
            return True
        below = next_smaller(self.points, point, self.step)
        return below is not None and below.excludes(point.cost)

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
        draw(places, path, f"{self.criterion} at most [{self.unit}]", self.currency, self.step == 1)


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
    points = front_points(criterion, solve, Deadline.after(seconds), most_points)
    return Front(criterion.name, criterion.unit, criterion.step, currency, tuple(points))
