"""Plans with nodes told apart where their tasks need them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from leptonopt.compile.decode import decode, encode
from leptonopt.compile.node_form import NodeForm
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import Schedule, column_costs, objective
from leptonopt.session.node_assignment import AssignedRun, AssignedRuns
from leptonopt.session.source import InstanceSource, TreeSource


@dataclass(frozen=True)
class PlacedPlan:
    """A schedule with nodes told apart where it needs them.

    Attributes
    ----------
    cost : its exact cost, in money
    ties : what it is worth by secondary goals, in units of the problem with counted nodes
    """

    source: TreeSource
    schedule: Schedule
    cost: Fraction
    ties: int = 0

    @property
    def value(self) -> tuple[Fraction, int]:
        """Return what is made least, in order."""
        return self.cost, self.ties


def placed_plan(source: TreeSource, assigned: AssignedRuns) -> PlacedPlan | None:
    """Return the plan of assigned runs; None where runs have no node or the cost of nodes breaks a quota."""
    if assigned.failed:
        return None
    compiled = source.compiled
    offered = None if compiled.cut else {(compiled.instance.tasks[at].id, option) for at, option, *_ in assigned.runs}
    placed = source.in_form(NodeForm(placements=assigned.placements(compiled), offered=offered))
    schedule = encode(placed.compiled, assigned.runs)
    return checked_plan(source, placed, schedule)


def checked_plan(source: TreeSource, placed: TreeSource, schedule: Schedule) -> PlacedPlan | None:
    """Return the plan of a schedule of a placed form of an instance; None where it breaks a rule.

    The factor of secondary goals depends on the options that a form offers, so they are valued by `source` alone.
    """
    if violated_rules(placed.problem, schedule):
        return None
    cost = money_of(placed, objective(placed.problem, schedule))
    return PlacedPlan(placed, schedule, cost, ties_of(source, encode(source.compiled, runs_of(placed, schedule))))


def money_of(source: InstanceSource, units: int) -> Fraction:
    """Return units of a problem in money, without secondary goals."""
    return units // source.ties * (source.unit * source.ties)


def units_of(source: InstanceSource, money: Fraction) -> int:
    """Return the units of a problem that each plan of at least so much money reaches.

    Where money is coarse, the units of a plan fall short of its money by up to the loss of the source.
    """
    least = source.unit * source.ties  # the least difference of money
    return ceil((money - source.loss) / least) * source.ties


def ties_of(source: TreeSource, schedule: Schedule) -> int:
    """Return what a schedule is worth by secondary goals, in units."""
    return int(column_costs(source.problem, schedule.option, schedule.start) @ schedule.count) % source.ties


def runs_of(source: TreeSource, schedule: Schedule) -> list[AssignedRun]:
    """Return the runs of a schedule with their nodes."""
    runs, _ = decode(source.compiled, schedule)
    return [(run.task, run.way.id, run.way.on_nodes, run.start, run.copies) for run in runs]


def transferred(plan: PlacedPlan, source: TreeSource) -> Schedule:
    """Return the schedule of a plan in another form of its instance."""
    return encode(source.compiled, runs_of(plan.source, plan.schedule))
