"""Sum simulations up: one line for each policy, and quantiles of start and end for each task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.simulation.outcome import Key, Outcome

QUANTILES = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10))


@dataclass(frozen=True)
class PolicySummary:
    """Means over the seeds of a policy.

    Attributes
    ----------
    undone : seeds in which a mandatory task was left undone; they have no cost.
    cost, regret_low, regret_high : means over all others [money]; None without any, or where a bound is missing.
    hits : the share of deadlines that were met; None without deadlines.
    changes : copies that were moved or shifted, per day of the horizon.
    """

    policy: str
    seeds: int
    undone: int
    cost: Fraction | None
    regret_low: Fraction | None
    regret_high: Fraction | None
    hits: Fraction | None
    changes: Fraction


def summaries(outcomes: Sequence[Outcome], horizon: int) -> list[PolicySummary]:
    """Return the summary of each policy, in order; `horizon` is in seconds."""
    by_policy: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_policy[outcome.policy].append(outcome)
    return [_summary(policy, found, horizon) for policy, found in by_policy.items()]


def _summary(policy: str, found: Sequence[Outcome], horizon: int) -> PolicySummary:
    regrets = [outcome.regret for outcome in found if outcome.regret is not None]
    highs = [high for _, high in regrets if high is not None]
    deadlines = sum(outcome.deadlines for outcome in found)
    return PolicySummary(
        policy, len(found), sum(outcome.cost is None for outcome in found),
        cost=_mean([outcome.cost for outcome in found if outcome.cost is not None]),
        regret_low=_mean([low for low, _ in regrets]),
        regret_high=_mean(highs) if len(highs) == len(regrets) else None,
        hits=Fraction(sum(outcome.hits for outcome in found), deadlines) if deadlines else None,
        changes=Fraction(sum(outcome.changes for outcome in found), len(found)) / Fraction(horizon, 86400),
    )  # fmt: skip


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


@dataclass(frozen=True)
class Arrival:
    """Start and end of a copy at each of `QUANTILES` of the seeds in which it ran, `ran` of them."""

    key: Key
    ran: int
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]


def arrivals(outcomes: Sequence[Outcome]) -> list[Arrival]:
    """Return when copies start and end, by median start."""
    times: dict[Key, list[tuple[datetime, datetime]]] = defaultdict(list)
    for outcome in outcomes:
        for key, both in outcome.times.items():
            times[key].append(both)
    found = [
        Arrival(key, len(both), *(_quantiles(each) for each in zip(*both, strict=True))) for key, both in times.items()
    ]
    return sorted(found, key=lambda arrival: (arrival.starts[1], arrival.key))


def _quantiles(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return the least values that at least these shares of all do not exceed."""
    ordered = sorted(values)
    return tuple(ordered[max(0, ceil(share * len(ordered)) - 1)] for share in QUANTILES)
