"""Published instances against their best-known values, one line each, and a summary per class.

    python benchmarks/literature.py --data DIR [--set gap] [--method auto] [--time-limit 60] [--only TEXT]

DIR holds the sets, each with its best_known.csv (see README for where they come from). Every line is a fresh
solve. The gap to the best known is negative where a value is beaten; `-` where none is published.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import mean

import leptonopt


@dataclass(frozen=True)
class Case:
    """An instance: its class, name and file, what to read it with, and the best value that was published."""

    kind: str
    name: str
    path: Path
    best: Decimal | None = None
    params: dict[str, str] = field(default_factory=dict)
    infeasible: bool = False


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as lines:
        yield from csv.DictReader(lines)


def jain_grossmann(data: Path) -> Iterator[Case]:
    """Unrelated machines, all proven."""
    folder = data / "jain_grossmann"
    for row in _rows(folder / "best_known.csv"):
        best = Decimal(row["optimum_proved_here_cpsat"])
        yield Case("jain", row["instance"], folder / "instances" / row["instance"], best)


def gap(data: Path) -> Iterator[Case]:
    """Generalised assignment."""
    for row in _rows(data / "gap" / "best_known.csv"):
        path = data / "gap" / row["Path"]
        kind = path.name[0] if path.parent.name != "cattrysse1994" else "cattrysse"
        yield Case(kind, path.name, path, Decimal(row["Best value to use"]))


def sscflp(data: Path) -> Iterator[Case]:
    """Facilities that are opened, all proven."""
    for row in _rows(data / "sscflp" / "best_known.csv"):
        folder = data / "sscflp" / row["set"]
        for path in (folder / row["instance"], *folder.glob(f"{row['instance']}.*")):
            yield Case(row["set"], f"{row['set']}/{row['instance']}", path, Decimal(row["optimal_value"]))


def green_tou(data: Path) -> Iterator[Case]:
    """Time-of-use prices under a common deadline: every fourth point of a front."""
    folder, seen = data / "green_tou", defaultdict(int)
    for row in _rows(folder / "best_known_fronts.csv"):
        number = int(row["instance"])
        seen[number] += 1
        if seen[number] % 4 == 1:
            kind = "small, exact" if row["on_cplex_front"] == "1" else "small" if number <= 30 else "medium or large"
            deadline = row["deadline_Cmax"]
            path = folder / "instances" / f"Data_p{number}.txt"
            yield Case(kind, f"p{number} K={deadline}", path, Decimal(row["best_TEC"]), {"deadline": deadline})


def icon(data: Path) -> Iterator[Case]:
    """Data centres with nodes on and off; nothing is published."""
    for path in sorted((data / "icon_ecas").glob("*/*/instance.txt")):
        yield Case("icon", path.parent.name, path)


def racp(data: Path) -> Iterator[Case]:
    """Capacity bought under a deadline."""
    for row in _rows(data / "minizinc" / "best_known.csv"):
        if row["problem"] == "racp" and not (row["instance"].startswith("j30_26") and row["year"] == "2018"):
            path = data / "minizinc" / "racp" / f"{row['instance']}.dzn"
            yield Case("racp", row["instance"], path, Decimal(row["best_objective"]))


def rip(data: Path) -> Iterator[Case]:
    """Resource investment."""
    folder = data / "rip_xcsp23"
    best = {row["instance"]: Decimal(row["best_value"]) for row in _rows(folder / "best_known.csv")}
    for path in sorted(folder.glob("*.json")):
        yield Case("rip", path.stem, path, best.get(path.name))


def mmkp(data: Path) -> Iterator[Case]:
    """Knapsacks of several dimensions; a cost is minus a value."""
    for row in _rows(data / "mmkp" / "best_known.csv"):
        proven = row["is_proved_optimum(1)_or_LP_upper_bound(0)"] == "1"
        best = -Decimal(row["value_in_mmkp.opt(max)"]) if proven else None
        yield Case("proven" if proven else "open", row["instance"], data / "mmkp" / "khan" / row["instance"], best)


def psplib_mm(data: Path) -> Iterator[Case]:
    """Projects with modes: the best makespan as a deadline is met, one less is not where it is proven."""
    for row in _rows(data / "mmrcpsp" / "best_known.csv"):
        folder = data / "mmrcpsp" / row["set"]
        path = folder / f"{row['instance']}.mm"
        if row["set"].startswith("j") or "MMLIB50" in row["set"]:
            best = int(row["best_known"])
            yield Case(row["set"], f"{row['instance']} K={best}", path, None, {"deadline": str(best)})
            if row["optimal_proved"] == "1":
                params = {"deadline": str(best - 1)}
                yield Case(row["set"], f"{row['instance']} K={best - 1}", path, None, params, infeasible=True)


SETS = {
    "jain-grossmann": jain_grossmann,
    "gap": gap,
    "sscflp": sscflp,
    "green-tou": green_tou,
    "icon": icon,
    "racp": racp,
    "rip": rip,
    "mmkp": mmkp,
    "psplib-mm": psplib_mm,
}


def line(format: str, case: Case, method: str, seconds: float) -> tuple[str, float | None, bool, bool]:
    """A solve: the line to print, the gap to the best known, whether it is proven, whether it is as published."""
    result = leptonopt.solve(case.path, format=format, params=case.params, method=method, time_limit=seconds)
    cost, bound = (None if value is None else float(value) for value in (result.cost, result.bound))
    off = None
    if case.best is not None and result.cost is not None:
        off = float((result.cost - Fraction(case.best)) / abs(Fraction(case.best)))
    proven = result.status in ("optimal", "infeasible")
    right = result.status == "infeasible" if case.infeasible else off is None or off < 1e-7

    def shown(value: float | None, how: str) -> str:
        return "-" if value is None else f"{value:{how}}"

    text = (
        f"{case.name:<26} {result.status:<10} {shown(cost, '.10g'):>12} {shown(bound, '.10g'):>12} "
        f"{case.best or '-':>10} {shown(result.document['gap'], '.2%'):>8} {shown(off, '.3%'):>8} "
        f"{result.document['made']['seconds']['total']:>8.1f}"
    )
    return text, off, proven, right and (case.infeasible or result.cost is not None)


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
    head = f"{'instance':<26} {'status':<10} {'cost':>12} {'bound':>12} {'best':>10} {'gap':>8} {'to best':>8}"
    print(f"{head} {'seconds':>8}")
    for format in given.set or SETS:
        found = defaultdict(list)
        for case in SETS[format](Path(given.data)):
            if given.only in case.name and case.path.is_file():
                text, *rest = line(format, case, given.method, given.time_limit)
                found[case.kind].append(rest)
                print(text, flush=True)
        for kind, lines in found.items():
            offs = [off for off, _, _ in lines if off is not None]
            proven, right = (sum(each[at] for each in lines) for at in (1, 2))
            away = f", mean to best {mean(offs):.3%}, worst {max(offs):.3%}" if offs else ""
            print(f"{format}, {kind}: {len(lines)} solved, {proven} proven, {right} as published or better{away}")


if __name__ == "__main__":
    main()
