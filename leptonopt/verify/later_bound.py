"""Bounds of an instance in which one task may end later, at the prices of one certificate.

Only what hangs on that task is counted anew: all other terms of the bound are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.segment_bound import SegmentBound
from leptonopt.verify.windows import Fit


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
