"""Share code of project readers: precedence past dummies, and capacity bought under a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any

from leptonopt.io.literature.number_stream import START

MAX_ACTIVITIES = 10_000
MAX_LINKS = 1_000_000
MAX_UNITS = 100_000
MAX_CHARS = 8 * 2**20


class Circle(ValueError):
    """Activities in a precedence circle; `activity` is one of them."""

    def __init__(self, activity: int) -> None:
        super().__init__("the activities wait for each other in a circle")
        self.activity = activity


def in_order(successors: Sequence[Sequence[int]]) -> list[int]:
    """Return the activities in topological order; raises `Circle` when there is none."""
    waiting = [0] * len(successors)
    for each in successors:
        for after in each:
            waiting[after] += 1
    order = [activity for activity, count in enumerate(waiting) if not count]
    for activity in order:
        for after in successors[activity]:
            waiting[after] -= 1
            if not waiting[after]:
                order.append(after)
    if len(order) == len(successors):
        return order
    left = {activity for activity, count in enumerate(waiting) if count}
    before = {after: activity for activity in left for after in successors[activity]}
    at, seen = min(left), set()
    while at not in seen:  # backwards, which must come round
        seen.add(at)
        at = before[at]
    raise Circle(at)


def predecessors(successors: Sequence[Sequence[int]], real: Sequence[bool]) -> list[list[int]]:
    """Return the predecessors of each real activity; dummies pass on their own.

    Raises `Circle`, and `ValueError` when there is too much to pass on.
    """
    found: list[set[int]] = [set() for _ in successors]
    links = 0
    for activity in in_order(successors):
        passed = {activity} if real[activity] else found[activity]
        for after in successors[activity]:
            links += len(passed)
            if links > MAX_LINKS:
                raise ValueError(f"more than {MAX_LINKS:,} links of precedence")
            found[after] |= passed
    return [sorted(each) for each in found]


def investment(
    name: str,
    deadline: int,
    durations: Sequence[int],
    successors: Sequence[Sequence[int]],
    needs: Sequence[Sequence[int]],
    costs: Sequence[Decimal | int],
) -> dict[str, Any]:
    """Return the native document of a resource investment problem.

    A unit is a node that can only be committed; `needs` is by activity and resource.
    Raises `Circle`, and `ValueError` with what else is wrong.
    """
    before = predecessors(successors, [duration > 0 for duration in durations])
    real = [activity for activity, duration in enumerate(durations) if duration]
    if not real:
        raise ValueError("no activity takes any time")
    peaks = _peaks(deadline, durations, in_order(successors), before, needs)
    kinds = [
        {"id": f"r{r}", "size": {f"r{r}": 1}, "count": peak, "commit": {"total": cost, "max": peak}}
        for r, (peak, cost) in enumerate(zip(peaks, costs, strict=True), 1)
        if peak
    ]
    if not kinds:
        raise ValueError("no activity needs anything")
    if max(peaks) > MAX_UNITS:
        raise ValueError(f"as many as {max(peaks):,} units of a resource may be needed; at most {MAX_UNITS:,}")
    return {
        "leptonopt": 1,
        "name": name,
        "currency": "cost",
        "time": {"start": START, "slot": "1h", "horizon": f"{deadline}h"},
        "pools": [{"id": "site", "nodes": kinds}],
        "tasks": [
            {
                "id": f"task-{activity + 1}",
                **waits(before[activity]),
                "options": [
                    {
                        "pool": "site",
                        "uses": {f"r{r}": need for r, need in enumerate(needs[activity], 1) if need},
                        "duration": f"{durations[activity]}h",
                    }
                ],
            }
            for activity in real
        ],
    }


def waits(before: Sequence[int]) -> dict[str, list[str]]:
    """Return the key `after` of a task if it waits; activities count from 0, tasks from 1."""
    return {"after": [f"task-{activity + 1}" for activity in before]} if before else {}


def _peaks(
    deadline: int,
    durations: Sequence[int],
    order: Sequence[int],
    before: Sequence[Sequence[int]],
    needs: Sequence[Sequence[int]],
) -> list[int]:
    """Return an upper bound on the use of each resource: activities that could run together."""
    early = [0] * len(durations)
    late = [deadline] * len(durations)  # the latest end
    for activity in order:
        early[activity] = max((early[other] + durations[other] for other in before[activity]), default=0)
    for activity in reversed(order):
        for other in before[activity]:
            late[other] = min(late[other], late[activity] - durations[activity])
    peaks = []
    for resource in range(len(needs[0])):
        steps = [0] * (deadline + 1)
        for activity, duration in enumerate(durations):
            if duration:
                steps[min(early[activity], deadline - 1)] += needs[activity][resource]
                steps[max(late[activity], min(early[activity] + duration, deadline))] -= needs[activity][resource]
        peaks.append(max(accumulate(steps)))
    return peaks
