"""Days of servers around a planted plan: every task has a place, whatever the seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem

RESOURCES = ("cpu", "mem")


def document(seed: int, servers: int = 3, tasks: int = 30, slots: int = 48, slack: int = 12) -> dict[str, Any]:
    """Return a day on servers with idle power, start and stop costs; tasks are cut from their free room."""
    random = np.random.default_rng(seed)
    size = random.integers(60, 100, (servers, 2))
    free = np.repeat(size[:, :, None], slots, axis=2)
    made: list[dict[str, Any]] = []
    while len(made) < tasks:
        server, length = int(random.integers(servers)), int(random.integers(1, 16))
        needs, start = random.integers(3, 50, 2), int(random.integers(0, slots - length + 1))
        if (free[server, :, start : start + length] < needs[:, None]).any():
            continue
        free[server, :, start : start + length] -= needs[:, None]
        early, late = (int(each) for each in random.integers(0, slack + 1, 2))
        uses = {**dict(zip(RESOURCES, needs.tolist(), strict=True)), "power": int(random.integers(1, 9))}
        fitting = [f"s{at}" for at in range(servers) if (size[at] >= needs).all()]
        option = {"pools": fitting, "uses": uses, "duration": f"{length}h"}
        made.append(
            {
                "id": f"t{len(made)}",
                "release": _at(max(0, start - early)),
                "deadline": _at(min(slots, start + length + late)),
                "options": [option],
            }
        )
    steps = {_at(slot): int(random.integers(1, 9)) for slot in range(slots)}
    pools = [_server(at, size[at].tolist(), steps) for at in range(servers)]
    time = {"start": _at(0), "slot": "1h", "horizon": f"{slots}h"}
    return {"leptonopt": 1, "time": time, "pools": pools, "tasks": made}


def problem(seed: int, **sizes: int) -> Problem:
    """Return the compiled day."""
    return compile_instance(validate(document(seed, **sizes))).problem


def _server(at: int, size: list[int], steps: dict[str, int]) -> dict[str, Any]:
    node = {"count": 1, "size": dict(zip(RESOURCES, size, strict=True)), "price": 0, "startup": 2, "shutdown": 1}
    return {"id": f"s{at}", "nodes": {**node, "power": 4}, "price": {"power": {"steps": steps}}}


def _at(slot: int) -> str:
    return f"2026-01-{5 + slot // 24:02}T{slot % 24:02}:00Z"
