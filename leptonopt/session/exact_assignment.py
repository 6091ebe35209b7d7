"""Assign nodes exactly: CP-SAT at the starts of a schedule, at the least cost of nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.node_form import NodeForm
from leptonopt.problem.fixed_starts import FixedRun, fix_starts
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.size import problem_size
from leptonopt.session.node_assignment import AssignedRun, AssignedRuns, NodeAssigner, node_choices
from leptonopt.session.placed_plan import PlacedPlan, checked_plan
from leptonopt.session.session import SolveSession
from leptonopt.session.side_search import best_schedule
from leptonopt.session.source import TreeSource
from leptonopt.session.times import TIMES


@dataclass(frozen=True)
class ExactSettings:
    """Limits of the exact assignment.

    Attributes
    ----------
    max_columns : runs times choices of nodes
    max_nonzeros : entries of the model
    max_failed : runs for which best fit found no node. With five of 56 (a week with nodes of 8 GPUs and tasks of 1, 3,
        5 and 6) CP-SAT found nothing within its time either
    share, longest : share of the time limit, and seconds
    """

    max_columns: int = 20_000
    max_nonzeros: int = 2_000_000
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
    units = None if target is None else (floor(target / least) + 1) * placed.ties - 1
    seconds = min(SETTINGS.longest, max(TIMES.start, SETTINGS.share * session.limits.time_limit))
    if (found := best_schedule(session, "cpsat", problem, None, seconds, units)) is None:
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
            found[key] = node_choices(assigned.offered[way.pool], way.whole)
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
