"""Lagrangian: prices on capacity that give a proven lower bound, and no schedule (see `leptonopt.dual`)."""

from __future__ import annotations

import time

import numpy as np

from leptonopt.dual import Ascent
from leptonopt.pricing import Blocks, free_bound
from leptonopt.problem import Limits, Monitor, Problem, Schedule, Solution, Status, Stop

REPORT = 20  # rounds between exact bounds
SLOPE = 1e-5  # relative gain over PATIENCE rounds at which the ascent has come to its end
PATIENCE = 60
ROUNDS = 2000


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """A bound only; it stops when the bound's slope flattens, not after a count of rounds."""
    engine = f"numpy {np.__version__}"
    until = time.monotonic() + limits.time_limit
    blocks = Blocks(problem)
    bound = free_bound(problem, blocks.least)
    if bound is None:
        note = "a task that must run has no start at which it fits the capacity alone"
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, note=note)
    monitor.bound(bound)
    ascent, stop = Ascent(problem, blocks), Stop.DONE
    for turn in range(1, ROUNDS + 1):
        ascent.step()
        if monitor.should_stop() or time.monotonic() > until:
            stop = Stop.LIMIT
            break
        if turn % REPORT == 0:
            bound = _better(ascent, bound, monitor)
            if ascent.slope(PATIENCE) < SLOPE:
                break
    bound = _better(ascent, bound, monitor)
    return Solution(Status.UNKNOWN, stop, bound=bound, engine=engine, note=f"{len(ascent.values)} rounds")


def _better(ascent: Ascent, bound: int, monitor: Monitor) -> int:
    if ascent.best > bound and (exact := ascent.exact()) is not None and exact > bound:
        monitor.bound(exact)
        return exact
    return bound
