"""A small cluster on its second day: two jobs run, one waits for one of them, six copies wait."""

from __future__ import annotations

import copy
from typing import Any

from leptonopt.instance import Instance, validate

NIGHT = "2026-11-30T00:00Z"
FOUR = "2026-11-30T04:00:00Z"
DOCUMENT: dict[str, Any] = {
    "name": "day two",
    "time": {"start": NIGHT, "slot": "1h", "horizon": "2d"},
    "pools": [
        {"id": "own", "capacity": {"gpu": 8}},
        {"id": "cloud", "capacity": {"gpu": "unlimited"}, "price": {"gpu": 2}},
    ],
    "tasks": [
        {"id": name, "options": [
            {"pool": "own", "uses": {"gpu": 4}, "duration": "8h"},
            {"pool": "cloud", "uses": {"gpu": 4}, "duration": "6h", "cost": 1},
        ]}
        for name in "ab"
    ] + [
        {"id": "c", "after": ["a"], "deadline": "2026-11-30T18:00Z", "options": [
            {"pool": "own", "uses": {"gpu": 8}, "duration": "4h"},
            {"pool": "cloud", "uses": {"gpu": 8}, "duration": "3h"},
        ]},
        {"id": "sweep", "copies": 3, "options": [{"pool": "own", "uses": {"gpu": 2}, "duration": "3h"}]},
    ],
}  # fmt: skip


def line(task: str, pool: str, start: int, hours: int, **more: Any) -> dict[str, Any]:
    """Return an entry of a plan, with its start in hours."""
    times = [
        f"2026-11-30T{at % 24:02}:00:00Z" if at < 24 else f"2026-12-01T{at % 24:02}:00:00Z"
        for at in (start, start + hours)
    ]
    return {"id": task, "option": pool, "pool": pool, "start": times[0], "end": times[1], "uses": {}, **more}


PLAN: dict[str, Any] = {
    "leptonopt_plan": 1,
    "tasks": [
        line("a", "own", 0, 8), line("b", "own", 0, 8), line("c", "own", 8, 4),
        line("sweep", "own", 12, 3, copy=1, copies=2), line("sweep", "own", 15, 3, copy=3),
    ],
}  # fmt: skip
RUNNING = [{"task": name, "started": NIGHT} for name in "ab"]


def world(**more: Any) -> Instance:
    """Return the instance, with other parts."""
    return validate({**copy.deepcopy(DOCUMENT), **more})
