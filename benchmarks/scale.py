"""The table of scale: from the command to a checked plan, by size, against monoliths and random partitioning.

    python benchmarks/scale.py 1000 10000 100000 1000000 --seeds 3 -o benchmarks/results/scale/runs.jsonl
    python benchmarks/scale.py 1000000 --family small
    python benchmarks/scale.py 200 --family groups --seeds 3
    python benchmarks/scale.py 1000 --others cpsat highs cbc --pop 4 16 64

Protocol: each run in a process of its own, one after another; all wall time of the command counts, reading and checking
too. CPU seconds stand beside it, for the machine may be shared. The gap is (cost - bound) / cost, medians over seeds;
`auto` certifies its own bound, and the others are measured against the better of that and their own. `plain`, `small`
and `groups` are of `benchmarks/plain.py`, the rest `leptonopt generate`. Random partitioning as POP does (Narayanan et
al., 2021, doi:10.1145/3477132.3483588): k parts of tasks at random with a k-th of every pool each, in whole devices,
each solved by `large-scale` in a k-th of the time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import plain

LIMITS = {200: 10, 1_000: 60, 10_000: 60, 100_000: 120, 1_000_000: 300}
SMALL_LIMIT = 900  # a million tasks on small pools
FIGURES = ("gap %", "worst %", "first plan s", "wall s", "CPU s", "MB", "bytes a task")
STAGES = ("read", "compile", "first", "prices", "stages", "annealing", "ejection", "solve")
GRACE = 3.0  # times its limit, after which a run is killed


@dataclass(frozen=True)
class Run:
    """What one process did; `summary` is empty where there is no plan. `log` is what its methods wrote."""

    wall: float
    cpu: float
    megabytes: float
    summary: dict[str, Any]
    log: str = ""


def run(file: Path, method: str, seconds: float, threads: int | None = None) -> Run:
    """One solve in a process of its own; with as many threads as there are cores, if nothing else is said."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.npz"
        log = Path(folder) / "log"
        asked = ["solve", str(file), "-o", str(plan), "-m", method, "-t", str(seconds), "-q", "--log-file", str(log)]
        asked += [] if threads is None else ["--threads", str(threads)]
        begun = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "leptonopt", *asked], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
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
        return Run(
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            summary,
            log.read_text() if log.exists() else "",
        )


def partitioned(file: Path, parts: int, seconds: float) -> dict[str, Any]:
    """Random partitioning in a process of its own: what `line` says of others, without bound and gap."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_partitioned, file, parts, seconds).result()


def _partitioned(file: Path, parts: int, seconds: float) -> dict[str, Any]:
    from leptonopt.compile.columnar import compile_columnar
    from leptonopt.io.columnar import load
    from leptonopt.problem.problem import UNLIMITED
    from leptonopt.problem.protocol import Limits
    from leptonopt.problem.restrict import restrict
    from leptonopt.problem.schedule import objective
    from leptonopt.solvers import large_scale as scale

    begun = time.monotonic()
    instance = load(file)
    spent = {"read": time.monotonic() - begun}
    built = compile_columnar(instance)
    spent["compile"] = time.monotonic() - begun - spent["read"]
    problem, total, spent["solve"] = built.problem, 0, 0.0
    part = np.random.default_rng(0).integers(0, parts, problem.groups)
    row = np.arange(len(problem.capacity))[:, None]
    of_stages: Counter[str] = Counter()
    solved = True
    for each in range(parts):  # what cannot be parted evenly goes to some of them, of each pool to others
        share = (problem.capacity + (each + row) % parts) // parts
        capacity = np.where(problem.capacity < UNLIMITED, share, UNLIMITED)
        mine, _ = restrict(problem, part == each, capacity, np.where(part == each, problem.copies, 0))
        now = time.monotonic()
        found = scale.solve(mine, None, Limits(time_limit=seconds / parts, threads=os.cpu_count() or 1), _Ear())
        spent["solve"] += time.monotonic() - now
        of_stages.update(stages(found.note))
        if found.schedule is None:
            solved = False
            break
        total += objective(mine, found.schedule)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "method": f"POP {parts}", "wall": round(time.monotonic() - begun, 2),
        "cpu": round(usage.ru_utime + usage.ru_stime, 2), "megabytes": round(usage.ru_maxrss / 1024),
        "options": problem.options, "cost": float(total * built.unit) if solved else None,
        "seconds": spent, "stages": {name: round(value, 1) for name, value in of_stages.items()},
    }  # fmt: skip


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
        from leptonopt.experiments.generators import table, written

        file.write_bytes(written(table(family, tasks=tasks, seed=seed), "npz"))
    return file


def line(found: Run, method: str, bound: float | None, **about: Any) -> dict[str, Any]:
    """A run as it is kept; its gap is to its own bound, or to the one given where it has a worse one."""
    said = found.summary
    cost, own = said.get("cost"), said.get("bound")
    bounds = [each for each in (own, bound) if each is not None]
    best = max(bounds, default=None)
    return about | {
        "method": method, "status": said.get("status", "unknown"), "wall": round(found.wall, 2),
        "cpu": round(found.cpu, 2), "megabytes": round(found.megabytes), "options": said.get("options"), "cost": cost,
        "bound": best, "gap": None if cost is None or best is None else (cost - best) / abs(cost),
        "seconds": said.get("made", {}).get("seconds", {}) | first_plan(said), "stages": stages(found.log),
    }  # fmt: skip


def first_plan(summary: dict[str, Any]) -> dict[str, float]:
    """When there was a plan for the first time."""
    found = [step["seconds"] for step in summary.get("trace", ()) if step["cost"] is not None]
    return {"first plan": found[0]} if found else {}


def stages(log: str) -> dict[str, float]:
    """Seconds of each stage, as `large-scale` logs them."""
    said = next((line for line in log.splitlines() if line.startswith("first ")), "")
    found = re.findall(r"([a-z]+) ([0-9.]+) s(?=[,;])", said)
    return {name: float(seconds) for name, seconds in found}


def lines(asked: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """All runs that are asked for, one after another."""
    for tasks in asked.tasks:
        usual = SMALL_LIMIT if asked.family == "small" else LIMITS.get(tasks, 60)
        seconds = asked.seconds or usual
        for seed in range(asked.first, asked.first + asked.seeds):
            file, bound = made(folder, asked.family, tasks, seed), None
            about = {"family": asked.family, "tasks": tasks, "seed": seed, "limit": seconds, "machine": machine()}
            for method in ("auto", *asked.others):
                of = method if asked.threads is None else f"{method}, threads: {asked.threads}"
                found = line(run(file, method, seconds, asked.threads), of, bound, **about)
                bound = found["bound"] if bound is None else bound
                yield found
            for parts in asked.pop:
                found = partitioned(file, parts, seconds)
                gap = None if found["cost"] is None or bound is None else (found["cost"] - bound) / found["cost"]
                yield about | found | {"bound": bound, "gap": gap}
            file.unlink()


def machine() -> dict[str, Any]:
    """Hardware and versions."""
    from leptonopt.experiments.run import machine, versions

    return machine() | {"versions": versions()}


def table(found: list[dict[str, Any]]) -> str:
    """The lines as a table in Markdown: medians over seeds."""
    head = ("family", "tasks", "method", "runs", "proven", *FIGURES)
    out = ["| " + " | ".join(head) + " |", "|" + " --- |" * 3 + " ---: |" * (len(head) - 3)]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for each in found:
        groups.setdefault((each["family"], each["tasks"], each["method"]), []).append(each)
    for (family, tasks, method), runs in groups.items():
        gaps = [100 * each["gap"] for each in runs if each["gap"] is not None]
        full = len(gaps) == len(runs)
        memory = _median([each.get("megabytes") for each in runs])
        cells = [
            family, f"{tasks:,}", method, len(runs), sum(each.get("status") == "optimal" for each in runs),
            _shown(_median(gaps) if full else None, 3), _shown(max(gaps) if full else None, 3),
            _shown(_median([each.get("seconds", {}).get("first plan") for each in runs]), 1),
            _shown(_median([each["wall"] for each in runs]), 1), _shown(_median([each["cpu"] for each in runs]), 1),
            _shown(memory, 0), _shown(None if memory is None or tasks < 10_000 else memory * 2**20 / tasks, 0),
        ]  # fmt: skip
        out.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(out) + "\n"


def by_run(found: list[dict[str, Any]]) -> str:
    """What each run with a plan of its own came to, and where its seconds went."""
    head = ("family", "tasks", "seed", "method", "options", "cost", "bound", *STAGES, "write, check")
    out = ["| " + " | ".join(head) + " |", "| --- | ---: | ---: | --- |" + " ---: |" * (len(head) - 4)]
    for each in found:
        if each.get("cost") is None or "seconds" not in each:
            continue
        spent = each["seconds"] | each.get("stages", {})
        cells = [
            each["family"], f"{each['tasks']:,}", each["seed"], each["method"], _shown(each["options"], 0),
            _shown(each["cost"], 2), _shown(each["bound"], 2), *(_shown(spent.get(name), 1) for name in STAGES),
            _shown(_rest(each), 1),
        ]  # fmt: skip
        out.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(out) + "\n"


def growth(found: list[dict[str, Any]]) -> str:
    """What a task costs by the number of tasks: microseconds of what takes no longer than it must, and bytes."""
    head = ("family", "tasks", "read", "compile", "to the first plan", "write, check", "bytes")
    out = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for each in found:
        if each["method"] == "auto" and each.get("seconds"):
            groups.setdefault((each["family"], each["tasks"]), []).append(each)
    for (family, tasks), runs in groups.items():
        spent = [[each["seconds"].get(name) for each in runs] for name in ("read", "compile", "first plan")]
        spent.append([_rest(each) for each in runs])
        medians = [_median(seconds) for seconds in spent]
        micro = [None if value is None else 1e6 * value / tasks for value in medians]
        memory = _median([each.get("megabytes") for each in runs])
        cells = [*(_shown(value, 1) for value in micro), _shown(None if memory is None else memory * 2**20 / tasks, 0)]
        out.append(f"| {family} | {tasks:,} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def _rest(found: dict[str, Any]) -> float:
    """Seconds of a run before and after reading, compiling and solving: its start, writing, checking."""
    return float(found["wall"] - sum(found["seconds"].get(name, 0.0) for name in ("read", "compile", "solve")))


def _median(values: list[Any]) -> float | None:
    some = [value for value in values if value is not None]
    return median(some) if len(some) == len(values) and some else None


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def main() -> None:
    """Parse, run, keep each line as soon as it is there, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="+", type=int)
    parser.add_argument("--family", default="plain", help="plain, small, groups, or a family of leptonopt generate")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seconds", type=float, help="instead of the limit of the size")
    parser.add_argument("--threads", type=int, help="instead of the machine's cores")
    parser.add_argument("--others", nargs="*", default=[], help="methods to compare with: cpsat highs cbc")
    parser.add_argument("--pop", nargs="*", type=int, default=[], help="numbers of parts")
    parser.add_argument("-o", "--output", type=Path, help="a file that lines are added to")
    asked = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for each in lines(asked, Path(folder)):
            found.append(each)
            if asked.output:
                with asked.output.open("a") as file:
                    file.write(json.dumps(each) + "\n")
    print(table(found), by_run(found), growth(found), sep="\n", end="")


if __name__ == "__main__":
    main()
