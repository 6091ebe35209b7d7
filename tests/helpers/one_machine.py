"""Jobs with due dates on one machine, compiled."""

from __future__ import annotations

import numpy as np

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import Instance
from leptonopt.problem.problem import Problem

THREE = [
    {"length": 4, "due": 10, "cost": 1},
    {"length": 2, "due": 12, "cost": 4},
    {"length": 6, "due": 6, "cost": 3},
]


def hours(number: float) -> str:
    """Return the moment so many hours after the start."""
    day, hour = divmod(int(number), 24)
    return f"2026-01-{5 + day:02d}T{hour:02d}:00Z"


def one_machine(jobs: list[dict], horizon: int = 48, capacity: int = 1) -> Problem:
    """Return jobs (length, due, cost) on one machine in slots of an hour."""
    tasks = []
    for at, job in enumerate(jobs):
        option = {"pool": "m", "uses": {"m": 1}, "duration": f"{job['length']}h"}
        task = {"id": f"j{at}", "options": [option]}
        if "due" in job:
            task |= {"due": hours(job["due"]), "late_cost": job.get("cost", 1)}
        if "release" in job:
            task["release"] = hours(job["release"])
        tasks.append(task)
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{horizon}h"}
    pools = [{"id": "m", "capacity": {"m": capacity}}]
    return compile_instance(
        Instance.model_validate({"leptonopt": 1, "name": "jobs", "time": time, "pools": pools, "tasks": tasks})
    ).problem


def weighted_tardiness(seed: int, jobs: int, factor: float = 0.6, spread: float = 0.6) -> list[dict]:
    """Return jobs as in OR-Library's lists: lengths, weights, and due dates by tardiness factor and range."""
    random = np.random.default_rng(seed)
    length = random.integers(1, 20, jobs)
    total = int(length.sum())
    low, high = total * (1 - factor - spread / 2), total * (1 - factor + spread / 2)
    due = np.maximum(0, random.uniform(low, high, jobs)).astype(int)
    cost = random.integers(1, 11, jobs)
    return [{"length": int(p), "due": int(d), "cost": int(w)} for p, d, w in zip(length, due, cost, strict=True)]
