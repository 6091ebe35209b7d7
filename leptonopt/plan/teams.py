"""Attribute a plan's bill to teams: cost of tasks, charges for nodes, shares of meters and savings."""

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
    metered: Fraction = NOTHING

    @property
    def total(self) -> Fraction:
        """Return what the team pays [money]."""
        return self.own + self.charged + self.metered


def team_bills(bill: Bill) -> list[TeamBill]:
    """Return the bills of teams by name, tasks without a team last."""
    tasks = bill.instance.tasks
    found: dict[str | None, TeamBill] = {}
    for run, cost, metered in zip(bill.runs, bill.costs, bill.metered, strict=True):
        bill.look()
        team = tasks[run.task].team
        line = found.setdefault(team, TeamBill(team))
        line.tasks += run.copies * run.first
        line.own += run.copies * cost.total
        line.charged += run.copies * cost.charged
        line.metered += metered
    metered_ways = iter(bill.metered_ways)
    for service in bill.served.services:
        team = service.numbers.stated.team
        line = found.setdefault(team, TeamBill(team))
        line.own += service.cost
        for way in service.ways:
            line.charged += way.charged
            line.metered += next(metered_ways)
    return sorted(found.values(), key=lambda line: (line.team is None, line.team or ""))


def uncharged(bill: Bill) -> Fraction:
    """Return what nodes, meters and savings cost beyond what tasks pay [money]; below 0 for less."""
    paid = sum((line.charged + line.metered for line in team_bills(bill)), NOTHING)
    return bill.sum("nodes") + bill.metered_cost - paid
