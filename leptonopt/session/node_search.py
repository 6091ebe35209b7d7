"""Search with nodes told apart, those of a plan and a few more.

It serves where all nodes are too many. Its optimum says nothing of all nodes, so schedules alone are taken over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leptonopt.compile.node_form import NodeForm
from leptonopt.problem.schedule import Schedule
from leptonopt.session.forms import carried_multipliers
from leptonopt.session.node_assignment import AssignedRun, AssignedRuns, NodeAssigner, node_choices
from leptonopt.session.placed_plan import PlacedPlan, checked_plan, runs_of, transferred
from leptonopt.session.portfolio import ANNEALING, is_annealed
from leptonopt.session.session import SolveSession
from leptonopt.session.side_search import best_schedule
from leptonopt.session.source import TreeSource


@dataclass(frozen=True)
class NodeSearchSettings:
    """Limits of the search.

    Attributes
    ----------
    spare : nodes of a kind offered beside those in use
    max_options : options of the problem
    """

    spare: int = 1
    max_options: int = 40_000


SETTINGS = NodeSearchSettings()

Choices = dict[tuple[str, str], list[tuple[str, ...]]]  # nodes by task and option id, as `NodeForm` takes them


def narrowed_choices(assigner: NodeAssigner, assigned: AssignedRuns, plan: PlacedPlan | None) -> Choices | None:
    """Return the choices among the nodes in use and a few more; None if these are too many.

    In use are those of the plan, or without one of the assigned runs.
    """
    runs = assigned.runs if plan is None else runs_of(plan.source, plan.schedule)
    compiled, offered, found = assigner.compiled, _offered(assigned.offered, runs), Choices()
    for task, kept in enumerate(compiled.kept):
        for way in kept:
            if assigner.needs_node(way):
                choices = node_choices(offered[way.pool], way.whole)
                found[compiled.instance.tasks[task].id, way.id] = choices
    return found if sum(map(len, found.values())) <= SETTINGS.max_options else None


def search_narrowed(
    session: SolveSession, source: TreeSource, choices: Choices, plan: PlacedPlan | None
) -> PlacedPlan | None:
    """Return the best plan that annealing finds on these nodes in the time left; None without one.

    It begins with `plan`, or from nothing.
    """
    placed = source.in_form(NodeForm(placements=choices))
    if not is_annealed(placed.problem, session.limits.deterministic):
        return None
    start: Schedule | None = None if plan is None else transferred(plan, placed)
    known = session.state.known_multipliers()
    carried = None if known is None else carried_multipliers(known, source, placed)
    found = best_schedule(session, ANNEALING.method, placed.problem, start, session.left(), multipliers=carried)
    return None if found is None else checked_plan(source, placed, found)


def _offered(offered: Mapping[str, Sequence[str]], runs: Sequence[AssignedRun]) -> dict[str, list[str]]:
    """Return the nodes of each pool that are in use, and the first others of each kind."""
    used, found = {node for run in runs for node in run[2]}, dict[str, list[str]]()
    for pool, labels in offered.items():
        spare, found[pool] = Counter[str](), []
        for label in labels:
            kind = label.rpartition("/")[0]
            spare[kind] += label not in used
            if label in used or spare[kind] <= SETTINGS.spare:
                found[pool].append(label)
    return found
