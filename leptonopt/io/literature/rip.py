"""Read resource investment, as published by the XCSP3 competition of 2023.

A JSON file: horizon (the deadline), costs, and jobs with duration, successors (from 0) and requirements. Units of
each resource are bought for the whole project; a time unit becomes an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.literature.number_stream import MAX_SLOTS
from leptonopt.io.literature.projects import MAX_ACTIVITIES, MAX_CHARS, MAX_UNITS, Circle, investment


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    if len(text) > MAX_CHARS:
        raise InstanceError([Finding(f"more than {MAX_CHARS:,} characters", (), 1, str(path))])
    data = Places(text, path)
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
