"""Time promised: the first plan, the end of the limit, the answer to Ctrl-C. Re-run with

    python benchmarks/promises.py first|limit|interrupt [--tasks 1000] [--seed 0]

Protocol: one generated instance of each family (`leptonopt generate`), solved one after another on a machine that
does nothing else. `first`: seconds from the start of the process, with the start of Python, reading and building, to
the first plan that keeps every rule, and its CPU seconds till then, from JSON, YAML and columns; whether plans and
bounds only got better; the cost at the end against that of `greedy` alone. `limit`: seconds of the whole command
beyond `--time-limit`, by method. `interrupt`: seconds from Ctrl-C, sent after so many seconds, to the end of the
command, by method, and how many of them had a plan.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leptonopt.experiments.generators import FAMILIES
from leptonopt.solvers.registry import TABLE

LIMIT, SHORT = 5.0, (1.0, 4.0)
MOMENTS = (1.0, 2.5)
METHODS = ["auto", *(name for name, entry in TABLE.items() if not name.startswith("large-scale-"))]


def command(*words: object) -> list[str]:
    """A call of the command line."""
    return [sys.executable, "-m", "leptonopt", *map(str, words)]


def made(folder: Path, tasks: int, seed: int) -> Iterator[tuple[str, Path]]:
    """An instance of each family."""
    for family in FAMILIES:
        file = folder / f"{family}.json"
        subprocess.run(command("generate", family, "-o", file, "--tasks", tasks, "--seed", seed), check=True)
        yield family, file


def first(folder: Path, tasks: int, seed: int) -> None:
    """The first plan, the course of plans and bounds, and the last against greedy."""
    for family, file in made(folder, tasks, seed):
        found, greedy = (watched(file, method, LIMIT) for method in ("auto", "greedy"))
        share = found["cost"] / greedy["cost"] if found["cost"] and greedy["cost"] else float("nan")
        others = "; ".join(
            f"{other.suffix[1:]} {seen['wall']:.2f} s, {seen['cpu']:.2f} CPU"
            for other in others_of(folder, family, tasks, seed)
            for seen in [watched(other, "greedy" if other.suffix == ".yaml" else "auto", LIMIT)]
        )
        print(f"{family}: first plan after {found['wall']:.2f} s, {found['cpu']:.2f} CPU s; {others}; "
              f"{found['reports']} reports, only better: {found['better']}; "
              f"at the end {share:.4f} of greedy's cost", flush=True)  # fmt: skip


WATCHING = """
import json, sys, time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from leptonopt import clock
from leptonopt.errors import NoPlan

begun, file, method, limit = clock.started(), Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
seen = []

def watch(said):
    seen.append((time.monotonic() - begun, time.process_time(), said.cost, said.bound))

try:
    from leptonopt.session.solve import solve
    found = solve(file, method=method, time_limit=limit, on_progress=watch, begun=begun)
    cost = found.cost
except NoPlan:
    cost = None
costs, bounds = ([each[at] for each in seen if each[at] is not None] for at in (2, 3))
first = next((each for each in seen if each[2] is not None), (float("nan"), float("nan")))
better = all(a >= b for a, b in pairwise(costs)) and all(a <= b for a, b in pairwise(bounds))
print(json.dumps({"wall": first[0], "cpu": first[1], "reports": len(seen), "better": better,
                  "cost": None if cost is None else float(cost)}))
"""


def watched(file: Path, method: str, limit: float) -> dict[str, Any]:
    """What a process of its own says: seconds from its start to the first plan, its CPU seconds, how it went on."""
    words = [sys.executable, "-c", WATCHING, str(file), method, str(limit)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def others_of(folder: Path, family: str, tasks: int, seed: int) -> Iterator[Path]:
    """The same instance as YAML and as columns."""
    for ending in (".yaml", ".npz"):
        file = folder / f"{family}{ending}"
        words = command("generate", family, "-o", file, "--tasks", tasks, "--seed", seed)
        if subprocess.run(words, capture_output=True).returncode == 0:
            yield file


def limit(folder: Path, tasks: int, seed: int) -> None:
    """Seconds beyond the limit, the start of the interpreter with them."""
    family, file = next(made(folder, tasks, seed))
    for method in METHODS:
        over = []
        for seconds in SHORT:
            begun = time.monotonic()
            subprocess.run(command("solve", file, "-m", method, "-t", seconds, "-q"), capture_output=True)
            over.append(time.monotonic() - begun - seconds)
        print(f"{family} {method}: " + ", ".join(f"{s:+.2f} s" for s in over), flush=True)


def interrupt(folder: Path, tasks: int, seed: int) -> None:
    """Seconds from Ctrl-C to the end of the command."""
    family, file = next(made(folder, tasks, seed))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background would hand on that it is ignored
    for method in METHODS:
        took, planned = [], 0
        for moment in MOMENTS:
            plan = folder / "plan.json"
            plan.unlink(missing_ok=True)
            with subprocess.Popen(
                command("solve", file, "-m", method, "-t", 60, "-q", "-o", plan), stdout=-3, stderr=-3
            ) as child:
                time.sleep(moment)
                child.send_signal(signal.SIGINT)
                sent = time.monotonic()
                child.wait()
                took.append(time.monotonic() - sent)
            planned += plan.exists() and json.loads(plan.read_text())["cost"] is not None
        print(f"{family} {method}: " + ", ".join(f"{s:.2f} s" for s in took) + f"; {planned} plans", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("first", "limit", "interrupt"))
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        {"first": first, "limit": limit, "interrupt": interrupt}[asked.what](Path(folder), asked.tasks, asked.seed)


if __name__ == "__main__":
    main()
