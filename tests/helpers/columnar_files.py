"""Small instances in columns, as arrays and as files."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def tiny(seed: int, tasks: int = 4, slots: int = 8, must: bool = False) -> Arrays:
    """Return a few tasks on two pools with one or two resources, some optional, some late, some pools with maintenance."""
    rng = random.Random(seed)
    names = ["gpu", "cpu"][: rng.randint(1, 2)]
    steps = {f"2026-01-05T{at:02}:00Z": rng.randint(1, 9) / 4 for at in range(slots)}
    pools: list[dict[str, Any]] = [
        {
            "id": f"pool-{at}",
            "capacity": {name: rng.randint(2, 4) for name in names},
            "price": {"gpu": rng.choice([{"steps": steps}, rng.randint(1, 8) / 8])},
        }
        for at in range(2)
    ]
    if rng.random() < 0.4:
        window = {"from": "2026-01-05T02:00Z", "to": "2026-01-05T04:00Z", "capacity": {"gpu": 1}}
        pools[0]["maintenance"] = [window]
    if rng.random() < 0.3:
        pools[1]["capacity"]["gpu"] = "unlimited"
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{slots}h"}
    head = {"columns": 1, "leptonopt": 1, "time": time, "resources": names, "pools": pools}
    release = [rng.randint(0, slots // 2) for _ in range(tasks)]
    counts = [rng.randint(1, 3) for _ in range(tasks)]
    options = sum(counts)
    arrays = {
        "task_release": release,
        "task_deadline": [rng.randint(first + 3, slots) for first in release],
        "task_copies": [rng.choice([1, 1, 2]) for _ in range(tasks)],
        "task_value": [-1 if must else rng.choice([rng.randint(50, 900), 900]) for _ in range(tasks)],
        "task_due": [rng.choice([-1, rng.randint(1, slots)]) for _ in range(tasks)],
        "task_late_cost": [rng.randint(0, 90) for _ in range(tasks)],
        "option_ptr": np.concatenate([[0], np.cumsum(counts)]),
        "option_pool": [rng.randint(0, 1) for _ in range(options)],
        "option_slots": [rng.randint(1, 3) for _ in range(options)],
        "option_cost": [rng.choice([0, 25]) for _ in range(options)],
        "option_uses": [[rng.randint(1, 2), *(rng.randint(0, 2) for _ in names[1:])] for _ in range(options)],
    }
    dice = random.Random(f"milestones {seed}")
    if dice.random() < 0.2:
        arrays["option_slots"] = [dice.choice([0, slots]) for slots in arrays["option_slots"]]
    return {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)} | {
        name: np.array(values, np.int32) for name, values in arrays.items()
    }


def gaps(seed: int) -> Arrays:
    """Return tiny columns: some tasks have no option, the second pool may lack a resource that is not used there."""
    arrays = tiny(seed)
    counts = np.diff(arrays["option_ptr"])
    for task in {0: (0,), 1: (3,), 2: (1, 2), 3: ()}[seed % 4]:
        rows = np.arange(arrays["option_ptr"][task], arrays["option_ptr"][task + 1])
        counts[task] = 0
        for name in ("option_pool", "option_slots", "option_cost", "option_uses"):
            arrays[name] = np.delete(arrays[name], rows, axis=0)
        arrays["option_ptr"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        arrays["task_value"][task] = 700 if seed % 3 else 0
    head = json.loads(arrays["head"].tobytes())
    if len(head["resources"]) > 1 and seed % 2:
        del head["pools"][1]["capacity"]["cpu"]
        arrays["option_uses"][arrays["option_pool"] == 1, 1] = 0
    return arrays | {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)}


def saved(folder: Path, arrays: Mapping[str, Any], name: str = "jobs.npz") -> Path:
    """Write arrays as a file of columns and return its path."""
    np.savez(folder / name, **arrays)
    return folder / name


def as_csv(folder: Path, arrays: Arrays) -> Path:
    """Write columns as a folder of tables and return its path."""
    where = folder / "jobs"
    where.mkdir()
    head = json.loads(arrays["head"].tobytes())
    (where / "head.json").write_text(json.dumps(head))
    task = {name[5:]: column for name, column in arrays.items() if name.startswith("task_")}
    owner = np.repeat(np.arange(len(task["release"])), np.diff(arrays["option_ptr"]))
    option = {"task": owner, "pool": arrays["option_pool"], "slots": arrays["option_slots"]}
    option |= {"cost": arrays["option_cost"]} if "option_cost" in arrays else {}
    option |= {name: arrays["option_uses"][:, at] for at, name in enumerate(head["resources"])}
    for name, columns in (("tasks", task), ("options", option)):
        lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        (where / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return where
