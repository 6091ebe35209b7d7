"""Lists of published instances with their best-known values, for `leptonopt compare`.

    python benchmarks/literature.py --data DIR [--set gap] [--only TEXT] [-o lists]
    leptonopt compare lists/gap.csv -m auto -t 60 --threads 2 -o results
    leptonopt results table results --by family

DIR holds the sets, each with its best_known.csv (see README for where they come from). Values below zero are those
of problems that maximise; `infeasible` stands where it is proven that no plan exists.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


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
    """Time-of-use prices under a common deadline: of small instances the first, the middle and the last point of the
    exact front; of every fourth of the others the middle point of the published front."""
    folder, fronts = data / "green_tou", defaultdict(list)
    for row in _rows(folder / "best_known_fronts.csv"):
        if int(row["instance"]) > 30 or row["on_cplex_front"] == "1":
            fronts[int(row["instance"])].append(row)
    for number, front in sorted(fronts.items()):
        middle = len(front) // 2
        if number > 30 and number % 4 != 1:
            continue
        for at in sorted({0, middle, len(front) - 1} if number <= 30 else {middle}):
            deadline = front[at]["deadline_Cmax"]
            path = folder / "instances" / f"Data_p{number}.txt"
            kind = "small, exact" if number <= 30 else "medium or large"
            yield Case(kind, f"p{number} K={deadline}", path, Decimal(front[at]["best_TEC"]), {"deadline": deadline})


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


def cloudbalancing(data: Path) -> Iterator[Case]:
    """Computers that are paid when used; values proven with CP-SAT, and one that was found in a minute."""
    best = {"2computers-6processes": 5460, "3computers-9processes": 5460, "100computers-300processes": 113420}
    for name, cost in best.items():
        yield Case("large" if cost > 10**5 else "small", name, data / "cloudbalancing" / f"{name}.json", Decimal(cost))


def melange(data: Path) -> Iterator[Case]:
    """GPU types for a rate of requests: the answer that its README gives."""
    yield Case("example", "example", data / "melange_example" / "example.json", Decimal("6.70"))


def ctu_energy(data: Path) -> Iterator[Case]:
    """One machine with off and standby states, all proven."""
    folder = data / "ctu_energy_states"
    for row in _rows(folder / "best_known.csv"):
        kind = row["dataset"].removeprefix("benedikt2020a_")
        path = folder / row["dataset"] / row["instance"]
        yield Case(kind, f"{kind}/{path.stem}", path, Decimal(row["best_objective"]))


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
    "cloudbalancing": cloudbalancing,
    "melange": melange,
    "ctu-energy": ctu_energy,
}


def main() -> None:
    """Writes the lists."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("LEPTONOPT_DATA"), help="folder with the sets in it"
    )
    parser.add_argument("--set", choices=SETS, action="append")
    parser.add_argument("--output", "-o", type=Path, default=Path("lists"), help="folder to write to")
    parser.add_argument("--only", default="", help="names that contain this")
    given = parser.parse_args()
    if given.data is None:
        parser.error("say --data DIR, or set LEPTONOPT_DATA")
    given.output.mkdir(parents=True, exist_ok=True)
    for format in given.set or SETS:
        rows = [
            (
                os.path.relpath(case.path, given.output),
                case.name,
                f"{format} {case.kind}",
                format,
                " ".join(f"{key}={value}" for key, value in case.params.items()),
                "infeasible" if case.infeasible else "" if case.best is None else case.best,
            )
            for case in SETS[format](Path(given.data))
            if given.only in case.name and case.path.is_file()
        ]
        with (given.output / f"{format}.csv").open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerows(
                [("file", "name", "family", "format", "params", "best"), *rows]
            )
        print(f"{given.output / f'{format}.csv'}: {len(rows)} instances")


if __name__ == "__main__":
    main()
