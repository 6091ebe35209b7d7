"""Assign nodes exactly: CP-SAT at the starts of a schedule, at the least cost of nodes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, islice
from math import floor

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.node_form import NodeForm
from leptonopt.problem.fixed_starts import FixedRun, fix_starts
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import SHORTEST_CALL, NullMonitor
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.size import problem_size
from leptonopt.runtime.clock import run_in_thread
from leptonopt.session.node_assignment import AssignedRun, AssignedRuns, NodeAssigner
from leptonopt.session.placed_plan import PlacedPlan, checked_plan
from leptonopt.session.session import SolveSession
from leptonopt.session.source import TreeSource
from leptonopt.session.times import TIMES
from leptonopt.session.worker_pool import WorkerPool
from leptonopt.solvers.registry import load_method


@dataclass(frozen=True)
class ExactSettings:
    """Limits of the exact assignment.

    Attributes
    ----------
    max_columns : runs times choices of nodes
    max_nonzeros : entries of the model
    max_gangs : choices of several nodes for a run of whole nodes
    max_failed : runs for which best fit found no node. With five of 56 (a week with nodes of 8 GPUs and tasks of 1, 3,
        5 and 6) CP-SAT found nothing within its time either
    share, longest : share of the time limit, and seconds
    """

    max_columns: int = 20_000
    max_nonzeros: int = 2_000_000
    max_gangs: int = 64
    max_failed: int = 3
    share: float = 0.05
    longest: float = 10.0


SETTINGS = ExactSettings()


def exact_assignment(
    session: SolveSession, source: TreeSource, assigner: NodeAssigner, assigned: AssignedRuns, target: Fraction | None
) -> PlacedPlan | None:
    """Return the plan of the same runs with the best nodes that CP-SAT finds; None where it finds none.

    It ends once the cost is at most `target`, in money.
    """
    if len(assigned.failed) > SETTINGS.max_failed:
        return None
    runs = (*assigned.runs, *assigned.failed)
    choices = _choices(assigner, assigned, runs)
    placed = source.in_form(NodeForm(placements=choices))
    fixed = _fixed_runs(placed.compiled, runs)
    if fixed is None:
        return None
    problem, option = fix_starts(placed.problem, fixed)
    size = problem_size(problem)
    if size.columns > SETTINGS.max_columns or size.nonzeros > SETTINGS.max_nonzeros:
        return None
    least = placed.unit * placed.ties  # the least difference of money
    found = _searched(session, problem, None if target is None else (floor(target / least) + 1) * placed.ties - 1)
    if found is None:
        return None
    schedule = Schedule.of(option[found.option], found.start, found.count)
    return checked_plan(source, placed, schedule)


def _choices(
    assigner: NodeAssigner, assigned: AssignedRuns, runs: Iterable[AssignedRun]
) -> dict[tuple[str, str], list[tuple[str, ...]]]:
    """Return the choices of nodes for each task and option: all that the assignment offers."""
    found: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for task, option, _, _, _ in runs:
        way = assigned.ways[task, option]
        key = assigner.compiled.instance.tasks[task].id, option
        if not assigner.needs_node(way):
            found[key] = [()]
        elif key not in found:
            chosen = combinations(assigned.offered[way.pool], max(1, way.whole))
            found[key] = list(islice(chosen, SETTINGS.max_gangs if way.whole > 1 else None))
    return found


def _fixed_runs(compiled: CompiledInstance, runs: Iterable[AssignedRun]) -> list[FixedRun] | None:
    """Return the options that each run may take in the compiled problem; None where one has none."""
    problem = compiled.problem
    offered = defaultdict[tuple[int, str], list[int]](list)
    for group, members in enumerate(compiled.members):
        for task, _, _ in members:
            for at, way in enumerate(compiled.kept[task]):
                offered[task, way.id].append(int(problem.option_ptr[group]) + at)
    found: list[FixedRun] = []
    for task, option, _, start, copies in runs:
        mine = [o for o in offered[task, option] if problem.first[o] <= start <= problem.last[o]]
        if not mine:
            return None
        found.append((mine, start, copies))
    return found


class _Best(NullMonitor):
    """Monitor that keeps the best schedule, and stops at a target or with the session."""

    def __init__(self, target: int | None, ended: Callable[[], bool]) -> None:
        super().__init__(lambda: ended() or (target is not None and self.cost is not None and self.cost <= target))
        self.found: Schedule | None = None
        self.cost: int | None = None

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Keep a better schedule."""
        if self.cost is None or cost < self.cost:
            self.found, self.cost = schedule, cost

    def best(self) -> Schedule | None:
        """Return the best schedule."""
        return self.found


def _searched(session: SolveSession, problem: Problem, target: int | None) -> Schedule | None:
    """Return the best schedule of CP-SAT within its time."""
    seconds = min(SETTINGS.longest, max(TIMES.start, SETTINGS.share * session.limits.time_limit))
    limits = session.limits_for(max(SHORTEST_CALL, session.left()))
    limits = replace(limits, work=seconds) if session.limits.deterministic else session.limits_for(seconds)
    monitor = _Best(target, session.ended)
    if not session.isolate:
        return run_in_thread(load_method("cpsat"))(problem, None, limits, monitor).schedule or monitor.best()
    pool = WorkerPool(problem, None, session.state.notes)
    worker = pool.start("cpsat", None, limits)
    try:
        deadline = limits.start().plus(session.grace)
        while worker is not None and not monitor.should_stop() and not deadline.expired():
            while worker.messages.qsize():
                match worker.messages.get():
                    case ("incumbent", schedule, cost):
                        monitor.incumbent(schedule, cost)
                    case ("done", solution):
                        last: Schedule | None = solution.schedule
                        return last or monitor.best()
                    case ("unfit", _):
                        return None
            time.sleep(TIMES.tick)
        return monitor.best()
    finally:
        pool.kill()
        session.signals.on_second = session.workers.slay
