"""Rules around the planted plan of `platform`: windows, due dates, order, quotas and the budget."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from leptonopt.experiments.generators import fleet
from leptonopt.experiments.generators.parameters import GeneratorParameters
from leptonopt.experiments.generators.platform_plan import NODE, SLOT_S, Planted, Site
from leptonopt.experiments.generators.rng import MILLI, Bools, Ints, RandomStream
from leptonopt.experiments.generators.table import instant

TEAMS = ("vision", "nlp", "rec", "speech", "search", "ads", "robotics", "audio", "maps", "fraud")
LATE_COSTS = (5, 10, 25, 60)  # USD per hour
LATE = 250  # of the jobs with a due date, those that are late in the planted plan [0.001]
LEAST_BUDGET = 5  # hours of all owned nodes at the price of rented ones: what a budget allows at least, in hundredths
GPU_CENTS = 269  # USD cents of an hour of an owned GPU for values: an eighth of half the price of a rented node


@dataclass(frozen=True)
class PlatformRules:
    """Columns by job, int64: slots, USD per hour, positions; -1 for no due date, no value, no order."""

    parameters: GeneratorParameters
    release: Ints
    deadline: Ints
    due: Ints
    late_cost: Ints
    lateness: Ints
    team: Ints
    after: Ints
    spot: Bools
    value: Ints

    @classmethod
    def around(cls, draws: RandomStream, parameters: GeneratorParameters, plan: Planted, site: Site) -> PlatformRules:
        """The rules around a planted plan."""
        count, length, slots = len(plan.start), plan.end - plan.start, site.slots
        window = np.minimum(fleet.windows(draws, length, parameters.slack), slots)
        before = draws.below("before", count, window - length + 1)
        release = np.clip(plan.start - before, 0, slots - window)
        close = release + window
        dated = draws.share("due", count, parameters.extra["due"])
        late = draws.chosen("late", dated, (int(dated.sum()) * LATE + MILLI // 2) // MILLI)
        early = np.maximum(release + 1, plan.end - 1 - draws.below("early", count, length))
        due = np.where(dated, np.where(late, np.minimum(early, plan.end), close), -1)
        held = length * plan.jobs.gpus
        worth = np.maximum(held * GPU_CENTS * (8 + draws.below("value", count, 57)) // 32, 1)
        return cls(
            parameters=parameters,
            release=release,
            deadline=np.where(dated, slots, close),
            due=due,
            late_cost=np.array(LATE_COSTS)[draws.below("late cost", count, len(LATE_COSTS))],
            lateness=np.where(dated, np.maximum(0, plan.end - due), 0),
            team=draws.below("team", count, max(1, parameters.extra["teams"])),
            after=_after(draws, parameters, plan),
            spot=draws.chosen("spot", ~plan.jobs.gang, (count * parameters.preemptible + MILLI // 2) // MILLI),
            value=np.where(draws.share("optional", count, parameters.optional), worth, -1),
        )

    def stated(self, at: int) -> dict[str, Any]:
        """Return the keys of a job's team and due date."""
        said: dict[str, Any] = {"team": team_name(int(self.team[at]))} if self.parameters.extra["teams"] else {}
        if self.due[at] >= 0:
            said |= {"due": instant(int(self.due[at]) * SLOT_S), "late_cost": int(self.late_cost[at])}
        return said

    def late_money(self) -> Decimal:
        """Return the cost of lateness in the planted plan [USD]."""
        return Decimal(int((self.lateness * self.late_cost).sum()))

    def quotas(self, plan: Planted, price: Decimal) -> list[dict[str, Any]]:
        """A quota of GPUs at a time for each team, and a budget, with room beyond the planted plan."""
        more = MILLI + self.parameters.extra["room"]
        found: list[dict[str, Any]] = []
        for team in range(self.parameters.extra["teams"]):
            mine = self.team == team
            widest = int(plan.jobs.gpus[mine].max(initial=1))
            limit = max(widest, -(-plan.peak(mine) * more // MILLI))
            name = team_name(team)
            found.append({"id": f"{name}-gpus", "of": "gpu", "per": "moment", "limit": limit, "teams": [name]})
        least = price * int(plan.site.sizes.sum()) // NODE * LEAST_BUDGET * plan.site.slots // (100 * 24)
        budget = max(int(plan.money(price)) * more // MILLI + 1, int(least))
        return [*found, {"id": "budget", "of": "money", "limit": budget}]


def team_name(team: int) -> str:
    """The name of a team."""
    return TEAMS[team] if team < len(TEAMS) else f"team-{team}"


def _after(draws: RandomStream, parameters: GeneratorParameters, plan: Planted) -> Ints:
    """Per job the one it follows, one of those that have ended in the planted plan; -1 for none."""
    count = len(plan.start)
    possible = plan.start >= plan.end.min()
    follows = draws.chosen("follows", possible, (count * parameters.precedence + MILLI // 2) // MILLI)
    pick = draws.below("after", count, 1 << 24)
    order = np.argsort(plan.end, kind="stable")
    ended = np.searchsorted(plan.end[order], plan.start, side="right")
    return np.where(follows, order[np.maximum(0, (pick * ended >> 24))], -1)
