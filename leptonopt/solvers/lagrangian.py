"""Method `lagrangian`: multipliers that give a proven lower bound, and no schedule.

Multipliers on capacity come first (`lagrangian.capacity_dual`). Where few tasks fit a node at a time, multipliers on
tasks follow (`lagrangian.pattern_dual`).
"""

from __future__ import annotations

import time

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent, estimate_rounds
from leptonopt.algorithms.lagrangian.pattern_dual import PatternDual, has_small_bins
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, infeasible_solution, uncapacitated_bound
from leptonopt.algorithms.single_nodes.aggregate import aggregate_nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule

REPORT = 20  # rounds between exact bounds
SLOPE = 1e-5  # relative gain over PATIENCE rounds at which the ascent has come to its end
PATIENCE = 60
ROUNDS = 2000


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a bound only; stop when the bound gains little, not after a count of rounds."""
    engine = f"numpy {np.__version__}"
    problem = aggregate_nodes(problem) or problem
    blocks = BlockPricer(problem)
    until, rounds = time.monotonic() + limits.time_limit, ROUNDS
    if limits.deterministic:
        until, rounds = float("inf"), min(ROUNDS, estimate_rounds(problem, blocks.columns, limits.effort))
    bound = uncapacitated_bound(problem, blocks.least)
    if bound is None:
        return infeasible_solution(engine)
    monitor.bound(bound)
    ascent = DualAscent(problem, blocks)
    bound, stop = _climbed(ascent, bound, monitor, rounds, until)
    note = f"{len(ascent.values)} rounds"
    if stop is Stop.DONE and has_small_bins(problem) and (packing := PatternDual(problem, ascent)).useful:
        bound, stop = _climbed(packing, bound, monitor, rounds, until)
        note += f", {len(packing.values)} with prices on tasks"
    return Solution(Status.UNKNOWN, stop, bound=bound, engine=engine, note=note)


def _climbed(
    ascent: DualAscent | PatternDual, bound: int, monitor: Monitor, rounds: int, until: float
) -> tuple[int, Stop]:
    """Ascend for a number of rounds, until gains are small or the time is up; return the best bound."""
    stop = Stop.DONE
    for turn in range(1, rounds + 1):
        ascent.step()
        if monitor.should_stop() or time.monotonic() > until:
            stop = Stop.LIMIT
            break
        if turn % REPORT == 0:
            bound = _better(ascent, bound, monitor)
            if ascent.slope(PATIENCE) < SLOPE:
                break
    return _better(ascent, bound, monitor), stop


def _better(ascent: DualAscent | PatternDual, bound: int, monitor: Monitor) -> int:
    if ascent.best > bound and (exact := ascent.exact()) is not None and exact > bound:
        monitor.bound(exact)
        return exact
    return bound
