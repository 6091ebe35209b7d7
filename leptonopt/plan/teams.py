"""Attribute a plan's bill to teams: the cost of their tasks, and what they are charged for nodes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from leptonopt.plan.costing import NOTHING, Bill


@dataclass
class TeamBill:
    """The bill of a team, or of tasks without one; `own` is the cost of its tasks themselves [money]."""

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
    return sorted(found.values(), key=lambda line: (line.team is None, line.team or ""))


def uncharged(bill: Bill) -> Fraction:
    """Return what nodes cost beyond what tasks are charged [money]; below 0 where they are charged more."""
    charged = sum((run.copies * cost.charged for run, cost in zip(bill.runs, bill.costs, strict=True)), NOTHING)
    return bill.sum("nodes") - charged
