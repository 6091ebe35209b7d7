"""The table of scale: from the command to a checked plan, by size, against monoliths and random partitioning.

    python benchmarks/scale.py 1000 10000 100000 1000000
    python benchmarks/scale.py 1000 --others cpsat highs cbc --pop 4 16 64
    python benchmarks/scale.py 10000 --family gavel

Protocol: one run each, in a process of its own; all wall time of the command counts, reading and checking too. CPU
seconds stand beside it, for the machine may be shared. The gap is (cost - bound) / cost; `scale` certifies its own
bound, the others are measured against that one. `plain` is `benchmarks/plain.py`, the rest `leptonopt generate`.
Random partitioning as POP does (Narayanan et al., 2021, doi:10.1145/3477132.3483588): k parts of tasks at random with
a k-th of every pool each, every part solved by `scale` in a k-th of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import plain

LIMITS = {1_000: 60, 10_000: 60, 100_000: 120, 1_000_000: 300}
GRACE = 3.0  # times its limit, after which a run is killed
HEAD = ("method", "tasks", "options", "wall s", "CPU s", "MB", "cost", "bound", "gap %", "stages")


@dataclass(frozen=True)
class Run:
    """What one process did; `summary` is empty where there is no plan."""

    wall: float
    cpu: float
    megabytes: float
    summary: dict[str, Any]


def run(file: Path, method: str, seconds: float) -> Run:
    """One solve in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.npz"
        words = [
            sys.executable,
            "-m",
            "leptonopt",
            "solve",
            str(file),
            "-o",
            str(plan),
            "-m",
            method,
            "-t",
            str(seconds),
            "-q",
        ]
        begun = time.monotonic()
        child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        usage = None
        while usage is None:
            pid, _, found = os.wait4(child.pid, os.WNOHANG)
            if pid:
                usage = found
            elif time.monotonic() - begun > GRACE * seconds:
                child.kill()
                usage = os.wait4(child.pid, 0)[2]
            else:
                time.sleep(0.05)
        wall = time.monotonic() - begun
        summary = {}
        if plan.exists():
            with np.load(plan) as arrays:
                summary = json.loads(arrays["summary"].tobytes())
        return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, summary)


def partitioned(file: Path, parts: int, seconds: float) -> tuple[float, float, float]:
    """Cost, wall and CPU seconds of random partitioning."""
    from leptonopt.columnar.compiling import build
    from leptonopt.columnar.reading import load
    from leptonopt.methods import scale
    from leptonopt.problem import UNLIMITED, Limits, objective

    built = build(load(file))
    problem = built.problem
    part = np.random.default_rng(0).integers(0, parts, problem.groups)
    wall, cpu, total = time.monotonic(), time.process_time(), 0.0
    capacity = np.where(problem.capacity < UNLIMITED, problem.capacity // parts, UNLIMITED)
    for each in range(parts):
        mine = replace(problem, capacity=capacity, copies=np.where(part == each, problem.copies, 0))
        found = scale.solve(mine, None, Limits(time_limit=seconds / parts), _Ear())
        if found.schedule is None:
            return float("nan"), time.monotonic() - wall, time.process_time() - cpu
        total += float(objective(mine, found.schedule) * built.unit)
    return total, time.monotonic() - wall, time.process_time() - cpu


class _Ear:
    def incumbent(self, schedule: object, cost: int) -> None: ...

    def bound(self, value: int) -> None: ...

    def best(self) -> None:
        return None

    def should_stop(self) -> bool:
        return False


def made(folder: Path, family: str, tasks: int, seed: int) -> Path:
    """The instance's file."""
    file = folder / f"{family}-{tasks}-{seed}.npz"
    if family in ("plain", "small", "groups"):
        size = {"small": plain.SMALL, "groups": plain.GROUPS}.get(family) or plain.SIZES.get(tasks)
        size = size or (max(5, tasks // 100), 168, 14.0)
        copies = 10 if family == "groups" else 1
        np.savez(file, **plain.columns(tasks, *size, seed=seed, copies=copies))  # type: ignore[arg-type]
    else:
        from leptonopt.families import table, written

        file.write_bytes(written(table(family, tasks=tasks, seed=seed), "npz"))
    return file


def show(*cells: Any) -> None:
    """A line of the table."""
    print(
        "| " + " | ".join(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True
    )


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="+", type=int)
    parser.add_argument("--family", default="plain")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, help="instead of the limit of the size")
    parser.add_argument("--others", nargs="*", default=[], help="methods to compare with: cpsat highs cbc")
    parser.add_argument("--pop", nargs="*", type=int, default=[], help="numbers of parts")
    asked = parser.parse_args()
    show(*HEAD)
    show(*["---"] * len(HEAD))
    with tempfile.TemporaryDirectory() as folder:
        for tasks in asked.tasks:
            seconds = asked.seconds or LIMITS.get(tasks, 60)
            file, bound = made(Path(folder), asked.family, tasks, asked.seed), None
            for method in ("scale", *asked.others):
                found = run(file, method, seconds)
                said, cost = found.summary, None
                if said:
                    cost = said["cost"]
                    bound = said["bound"] if bound is None else bound
                gap = 100 * (cost - bound) / cost if cost is not None and bound is not None else None
                stages = "" if not said else ", ".join(f"{k} {v:.1f}" for k, v in said["made"]["seconds"].items())
                show(
                    method,
                    tasks,
                    said.get("options", ""),
                    found.wall,
                    found.cpu,
                    found.megabytes,
                    cost,
                    bound,
                    gap,
                    stages,
                )
            for parts in asked.pop:
                cost, wall, cpu = partitioned(file, parts, seconds)
                gap = 100 * (cost - bound) / cost if bound is not None else None
                show(f"POP {parts}", tasks, "", wall, cpu, "", cost, bound, gap, "")


if __name__ == "__main__":
    main()
