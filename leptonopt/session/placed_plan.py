"""Plans with nodes told apart where their tasks need them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from leptonopt.compile.decode import decode, encode
from leptonopt.compile.node_form import NodeForm
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.session.node_assignment import AssignedRuns
from leptonopt.session.source import TreeSource


@dataclass(frozen=True)
class PlacedPlan:
    """A schedule with nodes told apart where it needs them, and its exact cost in money."""

    source: TreeSource
    schedule: Schedule
    cost: Fraction


def placed_plan(source: TreeSource, assigned: AssignedRuns) -> PlacedPlan | None:
    """Return the plan of assigned runs; None where runs have no node or the cost of nodes breaks a quota."""
    if assigned.failed:
        return None
    placed = source.in_form(NodeForm(placements=assigned.placements(source.compiled)))
    schedule = encode(placed.compiled, assigned.runs)
    if violated_rules(placed.problem, schedule):
        return None
    return PlacedPlan(placed, schedule, objective(placed.problem, schedule) * placed.unit)


def transferred(plan: PlacedPlan, source: TreeSource) -> Schedule:
    """Return the schedule of a plan in another form of its instance."""
    runs, _ = decode(plan.source.compiled, plan.schedule)
    return encode(source.compiled, [(run.task, run.way.id, run.way.on_nodes, run.start, run.copies) for run in runs])
