"""Resource investment, as the XCSP3 competition of 2023 has it.

A JSON file: horizon (the deadline), costs, and jobs with duration, successors (from 0) and requirements. Units of
each resource are bought for the whole project; a time unit becomes an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.read.formats.projects import MAX_ACTIVITIES, MAX_CHARS, MAX_UNITS, Circle, investment
from leptonopt.read.numbers import MAX_SLOTS
from leptonopt.read.tree import tree


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """The native document of such a file; raises `InstanceError` where it is not one."""
    if len(text) > MAX_CHARS:
        raise InstanceError([Finding(f"more than {MAX_CHARS:,} characters", (), 1, str(path))])
    data = _Data(text, path)
    deadline = data.whole(("horizon",), 1, MAX_SLOTS)
    costs = [data.whole(("costs", r), 0, 10**9) for r in range(data.length(("costs",), 1, 100))]
    durations, successors, needs = [], [], []
    count = data.length(("jobs",), 1, MAX_ACTIVITIES)
    for job in range(count):
        place: Place = ("jobs", job)
        data.keys(place, {"duration", "successors", "requirements"})
        durations.append(data.whole((*place, "duration"), 0, MAX_SLOTS))
        after, required = (*place, "successors"), (*place, "requirements")
        many = data.length(after, 0, MAX_ACTIVITIES)
        successors.append(sorted({data.whole((*after, at), 0, count - 1) for at in range(many)}))
        data.length(required, len(costs), len(costs))
        needs.append([data.whole((*required, r), 0, MAX_UNITS) for r in range(len(costs))])
    data.keys((), {"horizon", "costs", "jobs"})
    try:
        return investment(path.stem or "rip", deadline, durations, successors, needs, costs)
    except Circle as error:
        raise data.wrong(f"{error}, one of them job {error.activity}", ("jobs", error.activity)) from None
    except ValueError as error:
        raise data.wrong(str(error), ("jobs",)) from None


class _Data:
    """A JSON tree whose values are asked for by their place."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._tree, self._lines = tree(text, "json", str(path))

    def wrong(self, message: str, place: Place) -> InstanceError:
        """The error at a place."""
        return InstanceError([Finding(message, place, self._lines(place) or 1, str(self.path))])

    def whole(self, place: Place, least: int, most: int) -> int:
        """The whole number at a place."""
        value = self._at(place)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
            raise self.wrong(f"not a whole number from {least} to {most}", place)
        if not least <= value <= most:
            raise self.wrong(f"{value} is not a whole number from {least} to {most}", place)
        return int(value)

    def length(self, place: Place, least: int, most: int) -> int:
        """The length of the list at a place."""
        value = self._at(place)
        if not isinstance(value, list):
            raise self.wrong("not a list", place)
        if not least <= len(value) <= most:
            raise self.wrong(
                f"a list of {len(value)}; {least if least == most else f'{least} to {most}'} should be", place
            )
        return len(value)

    def keys(self, place: Place, known: set[str]) -> None:
        """Nothing else may stand in the mapping at a place."""
        value = self._at(place)
        if not isinstance(value, dict):
            raise self.wrong("not a mapping", place)
        if unknown := sorted(set(value) - known):
            raise self.wrong(f"the key {unknown[0][:40]!r} is not known; known are {', '.join(sorted(known))}", place)

    def _at(self, place: Place) -> Any:
        value = self._tree
        for depth, step in enumerate(place):
            if isinstance(step, str) and not isinstance(value, dict):
                raise self.wrong("not a mapping", place[:depth])
            if isinstance(step, str) and step not in value:
                raise self.wrong(f"{step} is missing", place[:depth])
            value = value[step]
        return value
