"""One more unit of a resource, or of a limit: what it lowers the bound of a certificate by.

At the same prices, the bound of the instance with one more is lower by what is paid back for it. Where a task or a
replica fits only then, the bound is also lower by what that gains. The gain counts for the unit whenever it is
there: with it for a part of the time no more fits than with it all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from leptonopt.verify.bound import Bound
from leptonopt.verify.exact import exact
from leptonopt.verify.instance_reader import NOTHING, StatedInstance, StatedOption
from leptonopt.verify.multiples import used_up
from leptonopt.verify.quotas import covers
from leptonopt.verify.segment_bound import SegmentBound
from leptonopt.verify.windows import Fit

Row = tuple[str, str]  # pool and resource


@dataclass(frozen=True)
class More:
    """The worth of one more unit: `gain` once, and `by_slot` for each slot in which it is there."""

    gain: Fraction
    by_slot: list[Fraction]


class WiderBound(SegmentBound):
    """The bound of an instance with one more unit of a resource, or of a limit, in every slot."""

    def __init__(
        self, stated: StatedInstance, certificate: Mapping[str, Any], row: Row | None, quota: str = ""
    ) -> None:
        self.row, self.quota = row, quota
        super().__init__(stated, certificate)

    def offered(self, pool: str, name: str) -> list[Fraction | None]:
        """Return the most a pool offers in each slot; None where nothing limits it."""
        found = super().offered(pool, name)
        return [None if most is None else most + 1 for most in found] if (pool, name) == self.row else found

    def limit_of(self, quota: Mapping[str, Any]) -> Fraction:
        """Return the limit of a quota."""
        return super().limit_of(quota) + int(str(quota["id"]) == self.quota)


def worths_of_more(
    instance: Mapping[str, Any], certificate: Mapping[str, Any]
) -> tuple[dict[Row, More], dict[str, More]]:
    """Return what one more unit is worth at most, of resources by pool, and of limits by quota.

    The limits are those at every moment. Resources of nodes are not among these: how much there is is decided.
    """
    stated = StatedInstance(instance)
    base = SegmentBound(stated, certificate)
    if (bound := base.value()) is None:
        return {}, {}
    moments = [quota for quota in stated.quotas if quota.get("per") == "moment"]
    parts = base.amounts(base.windows())
    rows = {row: _of_row(base, certificate, row, bound, parts) for row in _limited(base)}
    limits = {str(quota["id"]): _of_moments(base, certificate, quota, bound) for quota in moments}
    return rows, limits


def _limited(base: Bound) -> list[Row]:
    """Return the resources that have a limit of their own, in the order of the instance."""
    of_nodes = base.stated.of_nodes()
    named = ((id, str(name)) for id, pool in base.stated.pools.items() for name in pool.get("capacity") or {})
    return [row for row in named if row not in of_nodes and any(most is not None for most in base.offered(*row))]


def _of_row(
    base: Bound, certificate: Mapping[str, Any], row: Row, bound: Fraction, parts: Mapping[Row, Fraction]
) -> More:
    """Return the worth of one more unit of a resource of a pool; `parts` are the common parts of amounts."""
    if not _lets_more_in(base, row):
        return More(NOTHING, _paid(base, row, parts))
    wide = WiderBound(base.stated, certificate, row)
    by_slot, lower = _paid(wide, row, wide.amounts(wide.windows())), wide.value()
    assert lower is not None  # what fits without it fits with it
    return More(bound - lower - sum(by_slot, NOTHING), by_slot)


def _paid(bound: Bound, row: Row, parts: Mapping[Row, Fraction]) -> list[Fraction]:
    """Return by slot what is paid back more for one more unit, as far as it can be used up."""
    pool, name = row
    price = bound.prices.capacity.get((pool, name, None), [NOTHING] * bound.stated.slots)
    step = parts.get(row, NOTHING)
    there = bound.stated.least(pool, name)
    return [
        each * (used_up((most or NOTHING) + 1, step) - used_up(most or NOTHING, step))
        for each, most in zip(price, there, strict=True)
    ]


def _lets_more_in(base: Bound, row: Row) -> bool:
    """Return whether a task, or one more replica, fits alone only with one more unit of a resource."""
    most = {each for each in base.offered(*row) if each is not None}
    counts = {way.uses.get(row[1], NOTHING) for way in _ways(base.stated) if way.pool == row[0]}
    if any(each < count <= each + 1 for each in most for count in counts):
        return True
    held = {way.option.uses.get(row[1]) for service in base.services.values() for way in service.ways.values()
            if way.option.pool == row[0]}  # fmt: skip
    return any((each + 1) // count > each // count for each in most for count in held if count)


def _of_moments(base: Bound, certificate: Mapping[str, Any], quota: Mapping[str, Any], bound: Fraction) -> More:
    """Return the worth of one more unit of what a quota limits at every moment."""
    price = next((each.by_slot for each in base.prices.quotas if each.quota["id"] == quota["id"]), None)
    by_slot = price or [NOTHING] * base.stated.slots
    limit, of = exact(quota["limit"]), quota["of"]
    tasks = ((id, way) for id in base.stated.tasks for way in base.stated.ways(id).values())
    if not any(limit < way.uses.get(of, NOTHING) <= limit + 1 and covers(base.stated, quota, id, way.pool)
               for id, way in tasks):  # fmt: skip
        return More(NOTHING, by_slot)
    lower = WiderBound(base.stated, certificate, None, str(quota["id"])).value()  # pays no more back
    assert lower is not None  # what fits without it fits with it
    return More(bound - lower, by_slot)


def _ways(stated: StatedInstance) -> Iterable[StatedOption]:
    return (way for id in stated.tasks for way in stated.ways(id).values())


class LaterBound(SegmentBound):
    """The bound that prices prove, and that with another deadline of a task."""

    def __init__(self, stated: StatedInstance, certificate: Mapping[str, Any]) -> None:
        super().__init__(stated, certificate)
        self._fits: dict[str, list[Fit]] = {}

    def fits(self, id: str) -> list[Fit]:
        """Return the ways of a task with their starts, which are found once."""
        if id not in self._fits:
            self._fits[id] = super().fits(id)
        return self._fits[id]

    def later(self, id: str, deadline: str) -> Fraction | None:
        """Return the bound of the instance in which a task has this deadline."""
        task, fits = self.stated.tasks[id], self._fits.pop(id, None)
        self.stated.tasks[id] = {**task, "deadline": deadline}
        try:
            return self.value()
        finally:
            self.stated.tasks[id] = task
            self._fits.pop(id, None)
            if fits is not None:
                self._fits[id] = fits


def later_bounds(
    instance: Mapping[str, Any], certificate: Mapping[str, Any], deadlines: Mapping[str, str]
) -> tuple[Fraction | None, dict[str, Fraction | None]]:
    """Return the bound that prices prove, and those where one task alone has another deadline."""
    bound = LaterBound(StatedInstance(instance), certificate)
    return bound.value(), {id: bound.later(id, deadline) for id, deadline in deadlines.items()}
