"""Published instances against their best-known values, one line each, and a mean per class.

    python benchmarks/literature.py --data DIR [--set gap] [--method auto] [--time-limit 60] [--only TEXT]

DIR holds `jain_grossmann/` and `gap/` with their best_known.csv (see README for where they come from).
Every line is a fresh solve; the gap to the best known may be negative where a value is beaten.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from statistics import mean

import leptonopt


def jain_grossmann(data: Path) -> Iterator[tuple[str, str, Path, int]]:
    """(class, name, path, best known value) of each instance."""
    for row in csv.DictReader((data / "jain_grossmann" / "best_known.csv").open()):
        yield (
            "jain",
            row["instance"],
            data / "jain_grossmann" / "instances" / row["instance"],
            int(row["optimum_proved_here_cpsat"]),
        )


def gap(data: Path) -> Iterator[tuple[str, str, Path, int]]:
    """(class, name, path, best known value) of each instance that is there."""
    for row in csv.DictReader((data / "gap" / "best_known.csv").open()):
        path = data / "gap" / row["Path"]
        if path.exists():
            kind = path.name[0] if path.parent.name != "cattrysse1994" else "cattrysse"
            yield kind, path.name, path, int(row["Best value to use"])


SETS = {"jain-grossmann": jain_grossmann, "gap": gap}


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("LEPTONOPT_DATA"), help="folder with the sets in it"
    )
    parser.add_argument("--set", choices=SETS, action="append")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--only", default="", help="names that contain this")
    given = parser.parse_args()
    if given.data is None:
        parser.error("say --data DIR, or set LEPTONOPT_DATA")
    gaps = defaultdict(list)
    print(f"{'instance':<22} {'status':<9} {'cost':>9} {'bound':>9} {'best':>7} {'to best':>8} {'seconds':>8}")
    for name in given.set or SETS:
        for kind, instance, path, best in SETS[name](Path(given.data)):
            if given.only not in instance:
                continue
            result = leptonopt.solve(path, format=name, method=given.method, time_limit=given.time_limit)
            off = None if result.cost is None else float((result.cost - best) / Fraction(best))
            gaps[kind].append((off, result.status == "optimal"))
            seconds = result.document["made"]["seconds"]["total"]
            cost, bound = (None if value is None else float(value) for value in (result.cost, result.bound))
            shown = "-" if off is None else f"{off:.3%}"
            print(
                f"{instance:<22} {result.status:<9} {cost!s:>9} {bound!s:>9} {best:>7} {shown:>8} {seconds:>8.1f}",
                flush=True,
            )
    for kind, found in gaps.items():
        offs = [off for off, _ in found if off is not None]
        proven = f"{sum(optimal for _, optimal in found)} of {len(found)} proven"
        print(f"class {kind}: {proven}, mean to best {mean(offs):.3%}, worst {max(offs):.3%}")


if __name__ == "__main__":
    main()
