"""PyJobShop and leptonopt on the same question: can this project end within K time units?

    python peers/pyjobshop_modes.py --data DIR [--set MMLIB50] [--every 4] [--time-limit 20] [-o rows.jsonl]

Multi-mode projects of MMLIB with the published makespan: K equal to it must be feasible, one less is infeasible
where it is proven. PyJobShop gets its own reader, a latest end of K for every task and nothing to minimise, which
is what leptonopt is asked. It runs in the interpreter of peers/.venv (`peers/setup.sh`): this file calls itself
there with --peer. Its seconds are those of reading, building and solving, without imports.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from common import THREADS, Row, Table, arguments, our_row, ours

INTERPRETER = Path(__file__).with_name(".venv") / "bin" / "python"
CANNOT = "money: prices, tariffs, nodes, quotas"


def peer(path: Path, deadline: int, seconds: float) -> None:
    """Answer as PyJobShop, in its own interpreter: one JSON object on standard output."""
    from dataclasses import replace

    from pyjobshop import Objective, read, solve  # type: ignore[import-not-found]

    begun = time.monotonic()
    data = read(path, instance_format="psplib")
    tasks = [replace(task, latest_end=deadline) for task in data.tasks]
    result = solve(
        data.replace(tasks=tasks, objective=Objective()), time_limit=seconds, num_workers=THREADS, display=False
    )
    makespan = max((task.end for task in result.best.tasks), default=None)
    answer = {"status": result.status.value, "seconds": time.monotonic() - begun, "makespan": makespan}
    sys.stdout.write(json.dumps(answer) + "\n")


def theirs(name: str, path: Path, deadline: int, seconds: float) -> Row:
    """The row of PyJobShop."""
    command = [str(INTERPRETER), __file__, "--peer", str(path), str(deadline), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3 * seconds + 120)
    if done.returncode:
        return Row(name, "pyjobshop", "failed", None, 0.0, CANNOT, (done.stderr.strip() or "?").splitlines()[-1])
    answer = json.loads(done.stdout.splitlines()[-1])
    words = {"Optimal": "feasible", "Feasible": "feasible", "Infeasible": "infeasible"}
    status = words.get(answer["status"], "unknown")
    if status == "feasible" and answer["makespan"] > deadline:
        raise AssertionError(f"{name}: PyJobShop's plan ends at {answer['makespan']}")
    return Row(name, "pyjobshop", status, None, answer["seconds"], CANNOT)


def cases(data: Path, kind: str, every: int) -> Iterator[tuple[Path, int, str]]:
    """Files of a set, deadlines, and what is published about them."""
    with (data / "mmrcpsp" / "best_known.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["set"] == kind]
    for row in rows[::every]:
        path, best = data / "mmrcpsp" / kind / f"{row['instance']}.mm", int(row["best_known"])
        if path.is_file():
            yield path, best, "feasible"
            if row["optimal_proved"] == "1":
                yield path, best - 1, "infeasible"


def main() -> None:
    """Compare and print."""
    if sys.argv[1:2] == ["--peer"]:
        peer(Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
        return
    parser = arguments(__doc__, 20.0)
    parser.add_argument("--set", choices=("MMLIB50", "MMLIB100"), action="append")
    parser.add_argument("--every", type=int, default=4, help="every Nth instance of a set")
    given = parser.parse_args()
    if not INTERPRETER.is_file():
        parser.error("PyJobShop is not installed: run peers/setup.sh first")
    table, seen, seconds, wrong = Table(given.output), Counter[tuple[str, str]](), defaultdict[str, float](float), []
    for kind in given.set or ("MMLIB50", "MMLIB100"):
        for path, deadline, published in cases(given.data, kind, given.every):
            name = f"{path.stem} K={deadline}"
            result, took = ours(path, given.time_limit, format="psplib-mm", params={"deadline": str(deadline)})
            row = our_row(name, result, took)
            if row.status == "optimal":  # nothing costs anything: a plan is what was asked for
                row = Row(name, row.system, "feasible", None, took)
            for each in (row, theirs(name, path, deadline, given.time_limit)):
                table.add(each)
                seen[each.system, f"{kind} {each.status}"] += 1
                seconds[each.system] += each.seconds
                if each.status in ("feasible", "infeasible") and each.status != published:
                    wrong.append(f"{name}: {each.system} says {each.status}, published is {published}")
    for (system, answer), count in sorted(seen.items()):
        sys.stdout.write(f"{system}: {answer} {count}\n")
    for system, total in seconds.items():
        sys.stdout.write(f"{system}: {total:.1f} seconds in all\n")
    sys.stdout.write("".join(f"{line}\n" for line in wrong) or "no answer contradicts what is published\n")


if __name__ == "__main__":
    main()
