"""Attribute a plan's bill to teams: the cost of their tasks, and what they are charged for nodes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from leptonopt.plan.costing import Bill
from leptonopt.plan.price_table import NOTHING


@dataclass
class TeamBill:
    """The bill of a team, or of what has none; `own` is the cost of tasks and services [money]."""

    team: str | None
    tasks: int = 0
    own: Fraction = NOTHING
    charged: Fraction = NOTHING

    @property
    def total(self) -> Fraction:
        """Return what the team pays [money]."""
        return self.own + self.charged


def team_bills(bill: Bill) -> list[TeamBill]:
    """Return the bills of teams by name, tasks without a team last."""
    tasks = bill.instance.tasks
    found: dict[str | None, TeamBill] = {}
    for run, cost in zip(bill.runs, bill.costs, strict=True):
        bill.look()
        team = tasks[run.task].team
        line = found.setdefault(team, TeamBill(team))
        line.tasks += run.copies * run.first
        line.own += run.copies * cost.total
        line.charged += run.copies * cost.charged
    for service in bill.served.services:
        team = service.numbers.stated.team
        line = found.setdefault(team, TeamBill(team))
        line.own += service.cost
        line.charged += sum((way.charged for way in service.ways), NOTHING)
    return sorted(found.values(), key=lambda line: (line.team is None, line.team or ""))


def uncharged(bill: Bill) -> Fraction:
    """Return what nodes cost beyond what tasks are charged [money]; below 0 where they are charged more."""
    return bill.sum("nodes") - sum((line.charged for line in team_bills(bill)), NOTHING)
