"""`auto` against the best of its own methods and baselines, each given the same time: a ratio per instance.

    python benchmarks/portfolio.py -o results                          generated families and instances/
    python benchmarks/portfolio.py -o results FOLDER week.yaml list.csv   files, folders of files, lists of `compare`
    python benchmarks/literature.py --data DIR --set gap -o lists         makes such lists

A ratio is the cost of `auto` over the least cost of any other method. Both are shifted by the best bound where that is
below zero. A ratio of 1 is as good, below is better, and infinite means that `auto` alone had no plan. Runs that the
folder already holds are not repeated. The report names the worst instances and gives the median of each family.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import leptonopt
from leptonopt.experiments.results import RunRecord, lines_of
from leptonopt.instance import Instance

METHODS = (
    "auto",
    "greedy",
    "least-loaded",
    "earliest-deadline",
    "cheapest-option",
    "random-key",
    "lns",
    "large-scale",
    "penalty-search",
    "order-descent",
    "cpsat-intervals",
    "sos-branching",
    "cpsat",
    "highs",
    "cbc",
    "assignment",
)
ENDINGS = (".yaml", ".yml", ".json", ".toml", ".csv", ".npz")
FAMILIES = ("elasticflow", "gaia", "gavel", "lumpy", "regions")


def main() -> None:
    """Run what is missing, and print the report."""
    asked = arguments()
    methods = ["auto", *(name for name in asked.methods if name != "auto")]
    leptonopt.compare(
        [*files(asked.instances), *generated(asked)],
        methods,
        output=asked.output,
        time_limit=asked.time_limit,
        threads=asked.threads,
        seeds=asked.seeds,
        jobs=asked.jobs,
        on_step=lambda step: print(step, flush=True) if asked.verbose else None,
    )
    print(report([RunRecord(line) for line in lines_of(asked.output)], asked.tolerance))


def arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instances", nargs="*", type=Path, help="files, folders, lists; default: instances/")
    parser.add_argument("--output", "-o", type=Path, required=True)
    parser.add_argument("--families", nargs="*", default=None, help=f"default without files: {' '.join(FAMILIES)}")
    parser.add_argument("--tasks", nargs="+", type=int, default=[40, 100, 400])
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--time-limit", "-t", type=float, default=20.0, help="seconds of each run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--tolerance", type=float, default=0.005, help="share that counts as equal")
    parser.add_argument("--verbose", "-v", action="store_true")
    asked = parser.parse_args()
    if asked.families is None:
        asked.families = () if asked.instances else FAMILIES
    if not asked.instances and asked.families == FAMILIES:
        asked.instances = [Path(__file__).resolve().parents[1] / "instances"]
    return asked


def files(paths: Iterable[Path]) -> list[Path]:
    """Return the files and lists that paths name; of a folder, all instance files in it."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.iterdir() if one.suffix in ENDINGS) if path.is_dir() else [path]
        found += inside
    return found


def generated(asked: argparse.Namespace) -> list[Instance]:
    """Return the generated instances asked for."""
    return [
        leptonopt.generate(family, tasks=tasks, seed=seed)
        for family in asked.families
        for tasks in asked.tasks
        for seed in range(asked.seeds)
    ]


def ratios(runs: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """Return a row per instance and seed with a run of `auto`: costs, the best other method, and the ratio."""
    together: dict[tuple[str, int], list[RunRecord]] = defaultdict(list)
    for run in runs:
        together[run.content, run.seed].append(run)
    rows = []
    for group in together.values():
        own = next((run for run in group if run.method == "auto"), None)
        others = [run for run in group if run.method != "auto" and run.cost is not None]
        if own is None:
            continue
        best = min(others, key=lambda run: run.cost or Fraction(0), default=None)
        bounds = [run.bound for run in group if run.bound is not None]
        row = {"instance": own.instance, "family": own.family, "auto": own.cost, "gap": own.gap}
        row |= {"method": best.method if best else "", "best": best.cost if best else None}
        row["ratio"] = ratio(own.cost, row["best"], max(bounds, default=Fraction(0)))
        rows.append(row)
    return sorted(rows, key=lambda row: -row["ratio"])


def ratio(own: Fraction | None, best: Fraction | None, bound: Fraction) -> float:
    """Return the ratio of two costs; see the top of this file."""
    if best is None:
        return 1.0
    if own is None:
        return math.inf
    shift = -min(Fraction(0), bound, own, best)
    if own + shift == best + shift:
        return 1.0
    return float((own + shift) / (best + shift)) if best + shift > 0 else math.inf


def report(runs: Iterable[RunRecord], tolerance: float) -> str:
    """Return the report as Markdown: instances from the worst on, medians by family, the count of worse ones."""
    rows = ratios(runs)
    lines = ["| instance | auto | gap % | best other | its method | ratio |", "|---|---:|---:|---:|---|---:|"]
    for row in rows:
        gap = "-" if row["gap"] is None else f"{100 * float(row['gap']):.2f}"
        costs = ["-" if row[key] is None else f"{float(row[key]):,.2f}" for key in ("auto", "best")]
        lines.append(f"| {row['instance']} | {costs[0]} | {gap} | {costs[1]} | {row['method']} | {row['ratio']:.4f} |")
    by_family: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_family[row["family"]].append(row)
    lines += ["", "| family | instances | median ratio | worst ratio | median gap % |", "|---|---:|---:|---:|---:|"]
    for family, own in sorted(by_family.items()):
        gaps = [100 * float(row["gap"]) for row in own if row["gap"] is not None]
        worst = max(row["ratio"] for row in own)
        middle = f"{median(gaps):.2f}" if gaps else "-"
        lines.append(f"| {family} | {len(own)} | {median(row['ratio'] for row in own):.4f} | {worst:.4f} | {middle} |")
    worse = sum(row["ratio"] > 1 + tolerance for row in rows)
    lines += ["", f"{worse} of {len(rows)} instances are worse than the best other method by more than {tolerance:.1%}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
