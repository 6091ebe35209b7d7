"""Run a campaign: `python -m tests.second_reading COUNT [FIRST_SEED] [--draw mixed] [--keep FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from .comparing import KINDS, Outcome, compare
from .generators import GENERATORS
from .random_documents import text


def main() -> int:
    """Compare so many seeds of each generator, say every disagreement, and count."""
    args = _arguments()
    wrong = 0
    for draw, outcomes in _compared(args):
        found = Counter[str]()
        for outcome in outcomes:
            found[outcome.kind] += 1
            if outcome.kind in ("disagreement", "open"):
                _say(outcome, draw, args.keep)
        wrong += found["disagreement"]
        counts = ", ".join(f"{found[kind]} {kind}" for kind in KINDS)
        _write(f"{draw}: {sum(found.values())} instances from seed {args.first} on: {counts}")
    return int(bool(wrong))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.second_reading", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--draw", choices=GENERATORS, nargs="+", default=["anything"], help="what is drawn")
    parser.add_argument("--processes", type=int, default=2, help="1: all in this process")
    parser.add_argument("--limit", type=float, default=20, metavar="SECONDS", help="of each solve")
    parser.add_argument("--keep", type=Path, help="folder for the instances of disagreements")
    return parser.parse_args()


def _compared(args: argparse.Namespace) -> Iterator[tuple[str, Iterator[Outcome]]]:
    """Yield what is drawn with the outcomes of its seeds."""
    seeds = range(args.first, args.first + args.count)
    calls = {draw: partial(compare, time_limit=args.limit, draw=GENERATORS[draw]) for draw in args.draw}
    if args.processes == 1:
        yield from ((draw, map(call, seeds)) for draw, call in calls.items())
        return
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn")) as executor:
        yield from ((draw, executor.map(call, seeds, chunksize=4)) for draw, call in calls.items())


def _say(outcome: Outcome, draw: str, keep: Path | None) -> None:
    _write(f"{outcome.kind} {draw} seed {outcome.seed} {outcome.method}: {outcome.text}")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{draw}-{outcome.seed}.json").write_text(text(GENERATORS[draw](outcome.seed)), encoding="utf-8")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
