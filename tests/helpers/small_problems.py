"""Small `Problem`s and `Nodes` written by hand, one group a line."""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import Problem


def ints(values: object) -> np.ndarray:
    """Return an int64 array, also of nothing."""
    return np.array(values, np.int64)


def option(
    duration: int, demand: dict[int, int], first: int = 0, last: int | None = None, fixed: int = 0, pool: int = 0
) -> dict[str, Any]:
    """Return an option; `demand` by row [demand units], `last` is by default the latest start that fits."""
    return {"duration": duration, "demand": demand, "first": first, "last": last, "fixed": fixed, "pool": pool}


def group(*options: dict[str, Any], copies: int = 1, value: int | None = None, **late: int) -> dict[str, Any]:
    """Return a group; with a `value` it is optional. `late` has slope, base, once, after."""
    return {"options": options, "copies": copies, "value": value, **late}


def problem(
    *groups: dict[str, Any],
    capacity: list[list[int]],
    price: list[list[int]] | None = None,
    edges: list[tuple[int, int, int]] | None = None,
    **more: Any,
) -> Problem:
    """Return a problem; `edges` are (before, after, lag), prices are 0 unless stated, `more` as in `Problem`."""
    slots = len(capacity[0])
    flat = [each for one in groups for each in one["options"]]
    edges = edges or []

    def late(key: str, other: int = 0) -> np.ndarray:
        return ints([one.get(key, other) for one in groups])

    return Problem(
        capacity=ints(capacity),
        price=ints(price or np.zeros((len(capacity), slots))),
        copies=ints([one["copies"] for one in groups]),
        optional=np.array([one["value"] is not None for one in groups], bool),
        value=ints([one["value"] or 0 for one in groups]),
        late_slope=late("slope"),
        late_base=late("base"),
        late_once=late("once"),
        late_after=late("after", slots),
        option_ptr=ints(np.cumsum([0, *(len(one["options"]) for one in groups)])),
        pool=ints([each["pool"] for each in flat]),
        duration=ints([each["duration"] for each in flat]),
        fixed=ints([each["fixed"] for each in flat]),
        first=ints([each["first"] for each in flat]),
        last=ints([slots - each["duration"] if each["last"] is None else each["last"] for each in flat]),
        demand_ptr=ints(np.cumsum([0, *(len(each["demand"]) for each in flat)])),
        demand_row=ints([row for each in flat for row in sorted(each["demand"])]),
        demand=ints([each["demand"][row] for each in flat for row in sorted(each["demand"])]),
        before=ints([edge[0] for edge in edges]),
        after=ints([edge[1] for edge in edges]),
        lag=ints([edge[2] for edge in edges]),
        **more,
    )


def nodes(count: list[list[int]], supply: list[tuple[int, int, int]], **more: Any) -> Nodes:
    """Return kinds of nodes; `supply` has (kind, row, size), what is not stated is 0, all can be had on demand."""
    kinds = len(count)
    grid = np.zeros((kinds, len(count[0])))
    line = np.zeros(kinds)
    costs = NodeCosts(
        *(ints(more.pop(name, grid)) for name in ("price", "on", "start", "stop")), ints(more.pop("commit", line))
    )
    return Nodes(
        count=ints(count),
        on_demand=np.array(more.pop("on_demand", [True] * kinds), bool),
        costs=costs,
        supply_node=ints([kind for kind, _, _ in supply]),
        supply_row=ints([row for _, row, _ in supply]),
        supply_size=ints([size for _, _, size in supply]),
        **{name: ints(more.pop(name, line)) for name in ("reserved", "commit_max", "boot", "minimum", "before")},
        **more,
    )
