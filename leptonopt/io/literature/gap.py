"""Read generalised assignment (OR-Library): m n; m rows of n costs; m rows of n needs; m capacities.

All tasks share one slot: a job is a task, an agent a pool, its need the demand, its cost a fixed cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.number_stream import Numbers


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of a GAP file; raises `InstanceError` where it is not one."""
    numbers = Numbers(text, path)
    agents, jobs = numbers.whole("the number of agents", 1, 10_000), numbers.whole("the number of jobs", 1, 1_000_000)
    numbers.options(agents * jobs)
    cost = [numbers.wholes(jobs, "a cost") for _ in range(agents)]
    need = [numbers.wholes(jobs, "a need") for _ in range(agents)]
    capacity = numbers.wholes(agents, "a capacity")
    numbers.end()
    pools = [{"id": f"agent-{i}", "capacity": {"units": capacity[i]}} for i in range(agents)]
    tasks = [
        {
            "id": f"job-{j}",
            "options": [
                {"pool": f"agent-{i}", "uses": {"units": need[i][j]}, "duration": "1h", "cost": cost[i][j]}
                for i in range(agents)
            ],
        }
        for j in range(jobs)
    ]
    return hourly_document(path.stem or "gap", 1, pools, tasks)
