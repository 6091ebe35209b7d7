"""What the comparisons share: a row of a table and of a file, leptonopt on a document, CBC on a PuLP model.

Nothing is imported at the top but the standard library, because a peer's own interpreter reads this as well.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

THREADS = 2


@dataclass(frozen=True)
class Row:
    """What a system made of an instance. `cannot` is what it cannot express of the question; empty when nothing."""

    instance: str
    system: str
    status: str
    cost: float | None
    seconds: float
    cannot: str = ""
    note: str = ""
    bound: float | None = None


class Table:
    """Rows, printed as they come and written to a file, one JSON object a line."""

    def __init__(self, path: Path | None) -> None:
        self._file = None if path is None else path.open("w")
        self._print("instance", "system", "status", "cost", "seconds", "what it cannot express", "note")

    def add(self, row: Row) -> None:
        """Print a row and write it down."""
        cost = "-" if row.cost is None else f"{row.cost:.2f}"
        self._print(row.instance, row.system, row.status, cost, f"{row.seconds:.2f}", row.cannot or "-", row.note)
        if self._file is not None:
            self._file.write(json.dumps(asdict(row)) + "\n")
            self._file.flush()

    @staticmethod
    def _print(instance: str, system: str, status: str, cost: str, seconds: str, cannot: str, note: str) -> None:
        text = f"{instance:<24} {system:<22} {status:<11} {cost:>9} {seconds:>8}  {cannot:<36} {note}"
        sys.stdout.write(text.rstrip() + "\n")
        sys.stdout.flush()


def arguments(about: str | None, seconds: float) -> argparse.ArgumentParser:
    """The options that all comparisons take."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("LEPTONOPT_DATA")
    parser.add_argument("--data", type=Path, default=data, required=data is None, help="folder with the data sets")
    parser.add_argument("--time-limit", type=float, default=seconds, help="seconds, for each system on each instance")
    parser.add_argument("-o", "--output", type=Path, help="file for the rows, one JSON object a line")
    return parser


def ours(instance: Mapping[str, Any] | Path, seconds: float, **more: Any) -> tuple[Any, float]:
    """leptonopt's result, and the seconds of the call: reading, starting engines, solving, checking the plan."""
    import leptonopt

    begun = time.monotonic()
    result = leptonopt.solve(instance, time_limit=seconds, threads=THREADS, **more)
    return result, time.monotonic() - begun


def our_row(name: str, result: Any, seconds: float, cannot: str = "", note: str = "", system: str = "leptonopt") -> Row:
    """The row of a result of leptonopt."""
    cost, bound = (None if value is None else float(value) for value in (result.cost, result.bound))
    why = [f"stopped: {result.stop}"] if result.plan is None and str(result.status) == "unknown" else []
    return Row(name, system, str(result.status), cost, seconds, cannot, note or "; ".join([*why, *result.notes]), bound)


def cbc(problem: Any, seconds: float) -> tuple[str, float | None, float]:
    """Solve a PuLP model with CBC: the status in leptonopt's words, the objective, the seconds."""
    import pulp

    begun = time.monotonic()
    problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds, threads=THREADS))
    words = {pulp.LpSolutionOptimal: "optimal", pulp.LpSolutionIntegerFeasible: "feasible"}
    words[pulp.LpSolutionInfeasible] = "infeasible"
    status = words.get(problem.sol_status, "unknown")
    found = status in ("optimal", "feasible")
    return status, pulp.value(problem.objective) if found else None, time.monotonic() - begun
