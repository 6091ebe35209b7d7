"""Generated instances for the comparison of `auto` with the baselines, as a list for `leptonopt compare`.

    python benchmarks/families.py -o generated [--families elasticflow gavel lumpy platform] [--tasks 100 200 500 1000]
    leptonopt compare generated/list.csv -t 15 -o results \\
        -m auto,greedy,least-loaded,earliest-deadline,cheapest-option,random-key,cpsat-intervals,cpsat,highs

All parameters but size and seed are the defaults of `leptonopt generate`; the same call writes the same bytes.
Instances of `platform` take turns with load, sizes of jobs and of nodes, and length, see `PLATFORM`.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

from leptonopt.experiments.generators import table, written
from leptonopt.io import files

PLATFORM: tuple[dict[str, Any], ...] = (
    {"load": 0.9},
    {"load": 1.0, "params": {"odd": 1}},
    {"load": 1.1, "params": {"mixed": 1}},
    {"load": 0.95, "days": 14},
    {"load": 1.2, "params": {"gangs": 0.2}},
    {"load": 0.7, "params": {"room": 0.05}},
    {"load": 1.0, "days": 28},
    {"load": 0.55, "slack": 1.2},
    {"load": 1.0, "precedence": 0.2},
    {"load": 1.1, "params": {"odd": 1, "one-node": 0.9, "gangs": 0}},
)  # what is asked of the instances of `platform`, in turn by seed


def main() -> None:
    """Writes instances and list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", "-o", type=Path, default=Path("generated"))
    parser.add_argument("--families", nargs="+", default=["elasticflow", "gavel", "lumpy", "platform"])
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 200, 500, 1000])
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for family in asked.families:
        for tasks in asked.tasks:
            for seed in range(asked.seeds):
                name = f"{family}-{tasks}-{seed}"
                more = PLATFORM[seed % len(PLATFORM)] if family == "platform" else {}
                made = table(family, tasks=tasks, seed=seed, **more)
                files.write_atomic(asked.output / f"{name}.json", written(made, "json"))
                rows.append((f"{name}.json", name, f"{family} {tasks}"))
    with (asked.output / "list.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([("file", "name", "family"), *rows])
    print(f"{asked.output / 'list.csv'}: {len(rows)} instances")


if __name__ == "__main__":
    main()
