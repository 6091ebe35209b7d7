"""Lower bounds by seconds of one core: multipliers that begin at zero, or with linear relaxations.

    python benchmarks/families.py -o generated --families elasticflow gaia gavel lumpy regions --tasks 100 400 1000
    python benchmarks/literature.py --data DIR -o lists
    python benchmarks/bounds.py generated/list.csv lists/gap.csv [--each 5] [--seconds 10] [-o bounds.csv]

For each instance of the lists, both starts have the same seconds of processor time (`time.process_time`), also those in
which SciPy is loaded. `zero` is the ascent alone, from the cost of nodes or from zero; `relaxation` is the method
`lagrangian`. The table has the bounds in money after 1 s, 3 s, and at the end, and the seconds until the end; `ratio`
is the last bound of the relaxations over that of zero. The last line has the worst ratio by name.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, uncapacitated_bound
from leptonopt.algorithms.single_nodes.aggregate import aggregate_nodes
from leptonopt.compile.compiler import compile_instance
from leptonopt.io.load import load
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.solvers.lagrangian import SETTINGS, solve

MOMENTS = (1.0, 3.0)  # seconds of processor time
HEAD = ("name", "family", "start", *(f"after {moment:g} s" for moment in MOMENTS), "end", "seconds", "ratio")


@dataclass
class Record:
    """A monitor that keeps bounds and the seconds of processor time at which they came."""

    seconds: float
    begun: float = field(default_factory=time.process_time)
    bounds: list[tuple[float, float]] = field(default_factory=list)

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """No plan is looked for."""

    def bound(self, value: float) -> None:
        """Keep a bound."""
        self.bounds.append((self.spent, value))

    def best(self) -> Schedule | None:
        """Nobody else is searching."""
        return None

    @property
    def spent(self) -> float:
        """Seconds of processor time since the beginning."""
        return time.process_time() - self.begun

    def should_stop(self) -> bool:
        """Whether the seconds are spent."""
        return self.spent > self.seconds

    def after(self, seconds: float) -> float:
        """The best bound that there was after so many seconds; minus infinity before the first."""
        return max((value for moment, value in self.bounds if moment <= seconds), default=float("-inf"))


def from_zero(problem: Problem, record: Record) -> None:
    """The ascent alone, until its gains are small."""
    problem = aggregate_nodes(problem) or problem
    pricer = BlockPricer(problem)
    least = uncapacitated_bound(problem, pricer.least)
    if least is None:
        return
    record.bound(least)
    ascent = DualAscent(problem, pricer)
    for turn in range(1, SETTINGS.rounds + 1):
        ascent.step()
        if turn % SETTINGS.report == 0:
            record.bound(max(least, ascent.exact() or least))
            if ascent.slope(SETTINGS.patience) < SETTINGS.slope:
                return
        if record.should_stop():
            return


def from_relaxations(problem: Problem, record: Record) -> None:
    """The method `lagrangian`."""
    solve(problem, None, Limits(time_limit=60 * record.seconds), record)


STARTS: dict[str, Callable[[Problem, Record], None]] = {"zero": from_zero, "relaxation": from_relaxations}


def cases(lists: list[Path], each: int) -> Iterator[tuple[str, str, Problem, float]]:
    """Name, family, problem and money of a unit; of every family each so many-th instance."""
    seen: Counter[str] = Counter()
    for path in lists:
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                family = row.get("family") or path.stem
                seen[family] += 1
                if (seen[family] - 1) % each == 0:
                    params = dict(pair.split("=", 1) for pair in (row.get("params") or "").split())
                    instance = load(path.parent / row["file"], row.get("format") or None, params)
                    compiled = compile_instance(instance)
                    yield row["name"], family, compiled.problem, float(compiled.unit)


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lists", nargs="+", type=Path)
    parser.add_argument("--each", type=int, default=1, help="of every family each so many-th instance")
    parser.add_argument("--seconds", type=float, default=10.0, help="processor time of a start")
    parser.add_argument("--output", "-o", type=Path)
    asked = parser.parse_args()
    table, worst = [HEAD], (float("inf"), "")
    print(*HEAD, sep="\t")
    for name, family, problem, unit in cases(asked.lists, asked.each):
        last = 0.0
        for start, run in STARTS.items():
            record = Record(asked.seconds)
            run(problem, record)
            bounds = [record.after(moment) * unit for moment in (*MOMENTS, float("inf"))]
            ratio = bounds[-1] / last if start != "zero" and last > 0 else 1.0
            last = bounds[-1]
            table.append(
                (name, family, start, *(f"{bound:.7g}" for bound in bounds), f"{record.spent:.1f}", f"{ratio:.5f}")
            )
            print(*table[-1], sep="\t", flush=True)
            worst = min(worst, (ratio, name))
    print(f"worst ratio {worst[0]:.5f}, of {worst[1]}")
    if asked.output:
        with asked.output.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerows(table)


if __name__ == "__main__":
    main()
