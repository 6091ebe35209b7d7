"""Run a campaign: `python -m tests.second_reading COUNT [FIRST_SEED] [--processes 2] [--keep FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from .comparing import KINDS, Outcome, compare
from .random_documents import document, text


def main() -> int:
    """Compare so many seeds, say every disagreement, and count."""
    parser = argparse.ArgumentParser(prog="python -m tests.second_reading", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the instances of disagreements")
    args = parser.parse_args()
    seeds, found = range(args.first, args.first + args.count), Counter[str]()
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn")) as executor:
        for outcome in executor.map(compare, seeds, chunksize=4):
            found[outcome.kind] += 1
            if outcome.kind in ("disagreement", "open"):
                _say(outcome, args.keep)
            if sum(found.values()) % 1000 == 0:
                _write(", ".join(f"{found[kind]} {kind}" for kind in KINDS))
    _write(f"{sum(found.values())} instances from seed {args.first} on: " + ", ".join(f"{found[k]} {k}" for k in KINDS))
    return int(bool(found["disagreement"]))


def _say(outcome: Outcome, keep: Path | None) -> None:
    _write(f"{outcome.kind} seed {outcome.seed} {outcome.method}: {outcome.text}")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{outcome.seed}.json").write_text(text(document(outcome.seed)), encoding="utf-8")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
