"""Instances for the table of scale: tasks of 1 to 8 devices on many small pools, at prices by the hour.

What decides the gap is granularity, the size of pools over that of tasks, so it is a parameter. Every task may be left
out at three times what its options cost on average, so that a plan always exists. Synthetic: it comes from no trace.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = {  # tasks: (pools, slots, devices per pool on average)
    1_000: (20, 168, 9.7),
    10_000: (50, 168, 14.0),
    100_000: (100, 336, 32.0),
    1_000_000: (100, 336, 321.0),
}
SMALL = (500, 720, 33.0)  # a million tasks on pools that hold few of them at a time
GROUPS = (4, 48, 40.0)  # 200 tasks, of which ten each are alike


def columns(
    tasks: int,
    pools: int,
    slots: int,
    devices: float,
    seed: int = 0,
    load: float = 0.95,
    choices: int = 5,
    copies: int = 1,
) -> dict[str, NDArray[Any]]:
    """The arrays of docs/reference/columns.md; so many `copies` of each task are alike, and count as tasks."""
    random, choices, tasks = np.random.default_rng(seed), min(choices, pools), tasks // copies
    capacity = np.maximum(8, np.rint(devices * random.uniform(0.6, 1.4, pools))).astype(np.int64)
    speed = random.uniform(0.75, 1.35, pools)
    hours = np.arange(slots)
    shape = 1 + 0.35 * np.sin(2 * np.pi * (hours[None] - random.uniform(0, 24, pools)[:, None]) / 24)
    price = speed[:, None] ** 1.3 * random.uniform(0.8, 1.2, pools)[:, None] * shape
    cents = np.maximum(1, np.rint(100 * price + random.normal(0, 4, price.shape))).astype(np.int64)
    mean = load * capacity.sum() * slots / (tasks * copies)  # device-slots of a task
    work = mean * np.minimum(random.lognormal(-0.5, 1.0, tasks), 10.0)
    widest = 2 ** random.integers(0, 4, tasks)
    where = np.argsort(random.random((tasks, pools)), axis=1)[:, :choices] if pools * tasks < 5e7 else None
    if where is None:
        where = (random.integers(0, pools, (tasks, 1)) + np.arange(choices) * (1 + pools // (choices + 1))) % pools
    counts = np.stack([widest, np.maximum(1, widest // 2)], axis=1)
    pool = np.repeat(where, 2, axis=1)
    use = np.tile(counts, (1, choices))
    length = np.ceil(work[:, None] / (use**0.92 * speed[pool])).astype(np.int64)
    length = np.clip(length, 1, slots // 3)
    shortest = length.min(axis=1)
    width = np.minimum(
        slots, np.ceil(shortest * (1.3 + random.exponential(1.6, tasks)) + random.integers(0, 12, tasks))
    )
    release = np.floor(random.random(tasks) * (slots - width + 1)).astype(np.int64)
    keep = np.ones(pool.shape, bool)
    keep[:, 1::2] = widest[:, None] > 1  # one device has no half
    keep &= length <= width[:, None]
    rough = (use * length * cents.mean(axis=1)[pool]).astype(float)
    value = np.rint(3 * (rough * keep).sum(axis=1) / keep.sum(axis=1)).astype(np.int64)
    head = {
        "columns": 1, "leptonopt": 1, "name": f"plain {tasks} seed {seed}", "currency": "USD",
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{slots}h"},
        "resources": ["gpu"],
        "pools": [
            {"id": f"pool-{at}", "capacity": {"gpu": int(capacity[at])}, "price": {"gpu": {"steps": _steps(cents[at])}}}
            for at in range(pools)
        ],
    }  # fmt: skip
    return {
        "head": np.frombuffer(json.dumps(head).encode(), np.uint8),
        "task_release": release.astype(np.int32),
        "task_deadline": (release + width).astype(np.int32),
        "task_value": value,
        "task_copies": np.full(tasks, copies, np.int32),
        "option_ptr": np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int64),
        "option_pool": pool[keep].astype(np.int16),
        "option_uses": use[keep][:, None].astype(np.int8),
        "option_slots": length[keep].astype(np.int16),
    }


def _steps(cents: NDArray[np.int64]) -> dict[str, float]:
    start = np.datetime64("2026-01-05T00:00")
    return {f"{start + np.timedelta64(at, 'h')}Z": value / 100 for at, value in enumerate(cents.tolist())}
