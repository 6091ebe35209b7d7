"""Time promised: the first plan, the end of the limit, the answer to Ctrl-C. Re-run with

    python benchmarks/promises.py first|limit|interrupt [--tasks 1000] [--seed 0]

Protocol: one generated instance of each family (`leptonopt generate`), solved one after another on a machine that
does nothing else. `first`: seconds from the call, with reading and building, to the first plan that keeps every
rule; whether plans and bounds only got better; the cost at the end against that of `greedy` alone. `limit`: seconds
of the whole command beyond `--time-limit`, by method. `interrupt`: seconds from Ctrl-C, sent after so many seconds,
to the end of the command, by method, and how many of them had a plan.
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
from itertools import pairwise
from pathlib import Path

import leptonopt
from leptonopt.errors import NoPlan
from leptonopt.families import FAMILIES
from leptonopt.methods import TABLE

LIMIT, SHORT = 5.0, (1.0, 4.0)
MOMENTS = (1.0, 2.5)
METHODS = ["auto", *(name for name, entry in TABLE.items() if not name.startswith("scale-"))]


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
        try:
            found = leptonopt.solve(file, time_limit=LIMIT)
            greedy = leptonopt.solve(file, method="greedy", time_limit=LIMIT)
        except NoPlan as error:
            print(f"{family}: {error}", flush=True)
            continue
        at = next((seconds for seconds, cost, _ in found.trace if cost is not None), float("nan"))
        costs = [cost for _, cost, _ in found.trace if cost is not None]
        bounds = [bound for _, _, bound in found.trace if bound is not None]
        better = all(a >= b for a, b in pairwise(costs)) and all(a <= b for a, b in pairwise(bounds))
        read = found.document["made"]["seconds"]
        share = f"{float(found.cost / greedy.cost):.4f}" if greedy.cost and found.cost is not None else "none"
        before = f"read {read['read']:.2f}, built {read['compile']:.2f}"
        print(f"{family}: first plan {at:.2f} s ({before}); {len(found.trace)} reports, only better: {better}; "
              f"at the end {share} of greedy's cost", flush=True)  # fmt: skip


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
