"""Time of small solves: a contended instance of three tasks in a warm process, as a command, and a thousand of 2 to 5.

    python benchmarks/small.py [--solves N]

Prints wall-clock and CPU time of each; on a loaded machine the CPU time is what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import leptonopt

TASKS = 3


def contended(seed: int, tasks: int = TASKS) -> dict[str, Any]:
    """Return tasks that are due early and do not all fit on the cheaper pool."""
    draw = random.Random(seed)
    return {
        "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "1d"},
        "pools": [
            {"id": "a", "capacity": {"gpu": 4}, "price": {"gpu": {"daily": {"00:00": 1, "06:00": 2, "18:00": 0.9}}}},
            {"id": "b", "capacity": {"gpu": 3}, "price": {"gpu": {"daily": {"00:00": 0.7, "08:00": 1.3}}}},
        ],
        "tasks": [
            {
                "id": f"t{at}",
                "due": "2026-11-23T06:00Z",
                "late_cost": 1,
                "options": [
                    {"pool": pool, "uses": {"gpu": draw.randint(2, 3)}, "duration": f"{draw.randint(2, 6)}h"}
                    for pool in ("a", "b")
                ],
            }
            for at in range(tasks)
        ],
    }


def measured(call: Callable[[], Any]) -> tuple[float, float]:
    """Return wall-clock and CPU seconds of a call, children included."""
    before, begun = os.times(), time.perf_counter()
    call()
    after = os.times()
    return time.perf_counter() - begun, sum(after[:4]) - sum(before[:4])


def warm() -> None:
    """Solve once."""
    result = leptonopt.solve(contended(0), time_limit=10)
    assert result.status == "optimal"


def command() -> None:
    """Solve once with the command line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "i.json")
        file.write_text(json.dumps(contended(0)), encoding="utf-8")
        call = [sys.executable, "-m", "leptonopt", "solve", str(file), "-q"]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)


def on_nodes(seed: int) -> dict[str, Any]:
    """Return 2 to 5 tasks with hard deadlines that collide, on nodes that are rented: an engine has to prove it."""
    draw = random.Random(seed)
    made = contended(seed, draw.randint(2, 5))
    made["pools"].append({"id": "n", "nodes": {"size": {"gpu": 4}, "price": draw.choice([2, 3]), "count": 2}})
    for task in made["tasks"]:
        task["deadline"] = f"2026-11-23T{draw.randint(8, 14):02}:00Z"
        task["options"].append({"pool": "n", "uses": {"gpu": draw.randint(1, 3)}, "duration": f"{draw.randint(1, 4)}h"})
    return made


def many(made: Callable[[int], dict[str, Any]], count: int) -> None:
    """Solve so many instances with engines kept loaded."""
    for result in leptonopt.solve_many(map(made, range(count)), time_limit=10):
        assert result.status in ("optimal", "infeasible")


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--solves", type=int, default=1000)
    count = parser.parse_args().solves
    warm()
    rows = [("warm process, median of 20", sorted(measured(warm) for _ in range(20))[10])]
    rows.append(("command, median of 5", sorted(measured(command) for _ in range(5))[2]))
    rows.append((f"{count} of 3 tasks", measured(lambda: many(contended, count))))
    rows.append((f"{count} of 2 to 5 tasks on nodes", measured(lambda: many(on_nodes, count))))
    print(f"{'a contended instance of 3 tasks':<32} {'wall s':>8} {'CPU s':>8}   load {os.getloadavg()[0]:.1f}")
    for name, (wall, cpu) in rows:
        print(f"{name:<32} {wall:>8.3f} {cpu:>8.3f}")


if __name__ == "__main__":
    main()
