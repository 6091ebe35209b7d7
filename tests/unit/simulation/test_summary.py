"""Means over worlds, and quantiles of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from leptonopt.simulation.outcome import Outcome
from leptonopt.simulation.summary import arrivals, summaries

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def outcome(seed: int, cost: int | None, **more: Any) -> Outcome:
    """Return an outcome of `p`, whose only task starts so many hours after noon as the seed says."""
    times = {("t", 1): (NOON + timedelta(hours=seed), NOON + timedelta(hours=seed + 1))}
    regret = None if cost is None else (Fraction(cost - 5), Fraction(cost - 4))
    return Outcome("p", seed, None if cost is None else Fraction(cost), 1, 2, 3, times, **{"regret": regret, **more})


def test_means() -> None:
    """Worlds without a cost are counted apart; changes are per day."""
    (found,) = summaries([outcome(0, 6), outcome(1, 10), outcome(2, None)], 2 * 86400)
    assert (found.seeds, found.undone, found.cost, found.hits, found.changes) == (
        3,
        1,
        8,
        Fraction(1, 2),
        Fraction(3, 2),
    )
    assert (found.regret_low, found.regret_high) == (3, 4)
    (open_,) = summaries([outcome(0, 6), outcome(1, 6, regret=(Fraction(1), None))], 86400)
    assert (open_.regret_low, open_.regret_high) == (1, None)


def test_quantiles() -> None:
    """Of twenty worlds: the second, tenth and eighteenth start."""
    (found,) = arrivals([outcome(seed, 1) for seed in range(20)])
    assert found.ran == 20
    assert [(at - NOON) / timedelta(hours=1) for at in found.starts] == [1, 9, 17]
    assert [(at - NOON) / timedelta(hours=1) for at in found.ends] == [2, 10, 18]
