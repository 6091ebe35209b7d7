"""Share code of project readers: precedence past dummies, and capacity bought under a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from itertools import accumulate
from typing import Any

from leptonopt.io.literature.hourly import hourly_document

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
    sorter = TopologicalSorter[int](dict.fromkeys(range(len(successors)), ()))
    for activity, each in enumerate(successors):
        for after in each:
            sorter.add(after, activity)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise Circle(error.args[1][0]) from None


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
    tasks = []
    for activity in real:
        uses = {f"r{r}": need for r, need in enumerate(needs[activity], 1) if need}
        option = {"pool": "site", "uses": uses, "duration": f"{durations[activity]}h"}
        tasks.append(activity_task(activity, before[activity], [option]))
    return hourly_document(name, deadline, [{"id": "site", "nodes": kinds}], tasks)


def activity_task(activity: int, before: Sequence[int], options: Sequence[Any]) -> dict[str, Any]:
    """Return the task of an activity and its predecessors; activities count from 0, tasks from 1."""
    after = {"after": [f"task-{other + 1}" for other in before]} if before else {}
    return {"id": f"task-{activity + 1}", **after, "options": options}


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
