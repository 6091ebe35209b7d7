"""The warm start of a solve: what fits of an earlier schedule, and the way back to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leptonopt.algorithms.heuristics.completion import complete
from leptonopt.algorithms.heuristics.warm_start import kept_copies, kept_part, restored
from leptonopt.algorithms.large_scale.fitting_part import fitting_part
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor
from leptonopt.problem.restrict import restrict
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.session.portfolio import large
from leptonopt.session.solve_state import SolveState


def take_warm_start(
    state: SolveState, wanted: Schedule, copies: int, limits: Limits, should_stop: Callable[[], bool]
) -> None:
    """Give a state the schedule of an earlier plan; where it breaks rules, what fits of it, completed.

    `copies` is the number of runs of that plan, also of those that the instance does not know.
    """
    problem, state.phase = state.problem, "warm start"
    if not violated_rules(problem, wanted):
        state.incumbent(wanted, objective(problem, wanted))
        return
    repair = _repaired if large(problem) else _completed
    found = repair(problem, wanted, limits, NullMonitor(should_stop))
    if found is None:
        state.notes.append("no plan is found around what the warm start keeps; it is not used")
        return
    state.incumbent(found, None)
    copies = max(copies, int(wanted.count.sum()))
    state.notes.append(f"{kept_copies(found, wanted)} of {copies} runs of the warm start kept")


def _completed(problem: Problem, wanted: Schedule, limits: Limits, monitor: Monitor) -> Schedule | None:
    """Return what fits of a schedule, completed; None where no schedule is found."""
    return complete(problem, kept_part(problem, wanted), limits, monitor)


def _repaired(problem: Problem, wanted: Schedule, limits: Limits, monitor: Monitor) -> Schedule | None:
    """Return what fits of a schedule of a large problem, and what is missing where there is room."""
    kept, free = fitting_part(problem, wanted)
    missing = problem.copies - np.bincount(problem.group[kept.option], kept.count, problem.groups).astype(np.int64)
    rest, option = restrict(problem, missing > 0, free, missing)
    if not rest.groups:
        return kept
    more = complete(rest, Schedule.of([], []), limits, monitor)
    if more is None:
        return None
    moved = option[more.option]
    columns = ((kept.option, moved), (kept.start, more.start), (kept.count, more.count))
    chosen, start, count = (np.concatenate(pair) for pair in columns)
    return Schedule.of(chosen, start, count)


def restore_warm_start(state: SolveState, wanted: Schedule, should_stop: Callable[[], bool]) -> None:
    """Go back to the warm start wherever that costs nothing, so that plans of equal cost change least."""
    if state.schedule is not None and not should_stop():
        found = restored(state.problem, state.schedule, wanted, should_stop)
        if kept_copies(found, wanted) > kept_copies(state.schedule, wanted):
            state.exchange(found)
