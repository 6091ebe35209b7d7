"""Two versions of leptonopt on the same instances, run in pairs at the same time, so that both meet the same load.

    python benchmarks/paired.py OLD_PYTHON NEW_PYTHON FILE [FILE ...] [-t 30] [--threads 1] [-o lines.jsonl]

Each PYTHON is an interpreter that has its version installed. The table gives cost, bound, wall-clock and CPU seconds of
both, and how many instances ended cheaper, equal or dearer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any


@dataclass
class Run:
    """One version on one instance; costs are exact, as in the answer, or None."""

    file: str
    version: str
    status: str = "none"
    cost: str | None = None
    bound: str | None = None
    seconds: float = 0.0
    cpu: float = 0.0
    code: int | None = None
    said: str = ""


def run(python: str, file: Path, options: list[str], into: Run) -> None:
    """Fill in what one version answers, with the CPU time of all its processes."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryDirectory() as folder:
        call = [python, "-m", "leptonopt", "solve", str(file.resolve()), "--json", "-q", *options]
        process = subprocess.Popen(call, stdout=out, stderr=err, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        into.code = process.returncode = os.waitstatus_to_exitcode(status)
        into.seconds, into.cpu = time.perf_counter() - begun, used.ru_utime + used.ru_stime
        out.seek(0), err.seek(0)
        into.said = err.read().decode(errors="replace")[-500:]
        read_answer(out.read(), into)


def read_answer(text: bytes, into: Run) -> None:
    """Take status, cost and bound from what `solve --json` prints."""
    if not text.strip():
        return
    answer: dict[str, Any] = json.loads(text)
    into.status = str(answer.get("status"))
    into.cost, into.bound = (None if answer.get(key) is None else str(answer[key]) for key in ("cost", "bound"))


def pair(pythons: dict[str, str], file: Path, options: list[str]) -> list[Run]:
    """Run both versions side by side."""
    runs = [Run(file.name, version) for version in pythons]
    threads = [
        threading.Thread(target=run, args=(python, file, options, into))
        for python, into in zip(pythons.values(), runs, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return runs


def line(old: Run, new: Run) -> str:
    """Return a row of the table."""
    cells = [
        f"{each.cost or 'none'} | {each.bound or '-'} | {each.seconds:.1f} ({each.cpu:.1f})" for each in (old, new)
    ]
    return f"| `{old.file}` | {' | '.join(cells)} |"


def verdict(old: Run, new: Run) -> str:
    """Tell how the new version's cost compares."""
    if old.cost is None or new.cost is None:
        return "equal" if old.cost == new.cost else "cheaper" if old.cost is None else "dearer"
    before, after = Fraction(old.cost), Fraction(new.cost)
    return "equal" if before == after else "cheaper" if after < before else "dearer"


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", help="interpreter with the old version")
    parser.add_argument("new", help="interpreter with the new version")
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--time-limit", "-t", default="30")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--output", "-o", type=Path, help="append a line of JSON for each run")
    given = parser.parse_args()
    options = ["-t", given.time_limit, "--threads", given.threads]
    counts: dict[str, int] = {}
    print("| instance | old cost | bound | s (CPU) | new cost | bound | s (CPU) |\n|---|---:|---:|---:|---:|---:|---:|")
    for file in given.files:
        old, new = pair({"old": given.old, "new": given.new}, file, options)
        print(line(old, new), flush=True)
        counts[verdict(old, new)] = counts.get(verdict(old, new), 0) + 1
        if given.output:
            with given.output.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps(asdict(each)) + "\n" for each in (old, new))
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
