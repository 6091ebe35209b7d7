"""Solves in the background: progress with the plan, cancelling that keeps the plan, async, and many at once."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InstanceError, UsageError
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import written
from leptonopt.verify import verify


def small(price: int = 1) -> dict[str, Any]:
    """Return an instance of two tasks that cost two each at price 1."""
    option = {"pool": "a", "uses": {"gpu": 2}, "duration": "1h"}
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [{"id": "a", "capacity": {"gpu": 2}, "price": {"gpu": price}}],
        "tasks": [{"id": name, "options": [option]} for name in "xy"],
    }


@pytest.fixture(scope="module")
def large() -> Any:
    """Return an instance that takes long."""
    import json

    return json.loads(written(table("regions", tasks=400, seed=3), "json"))


def test_result() -> None:
    """The result is that of `solve`, and the best plan is then its plan."""
    handle = leptonopt.start(small(), time_limit=10, threads=1)
    assert handle.result(30).cost == 4
    assert handle.done
    assert handle.best is not None
    assert handle.best.cost == 4
    assert repr(handle) == "<Handle optimal, cost 4>"


def test_cancel_keeps_the_plan(large: Any) -> None:
    """Long before the limit there is a checked plan with a bound; meanwhile the best plan can be had."""
    seen: list[leptonopt.Progress] = []
    handle = leptonopt.start(large, time_limit=120, threads=1, on_progress=seen.append)
    until = time.monotonic() + 60
    while (handle.progress is None or handle.progress.cost is None) and time.monotonic() < until:
        time.sleep(0.05)
    best = handle.best
    assert best is not None
    assert verify(large, best.document).ok
    begun = time.monotonic()
    handle.cancel()
    result = handle.result(30)
    assert time.monotonic() - begun < 20
    assert result.plan is not None
    assert (result.stop, result.signal) == ("interrupt", None)
    assert result.cost is not None
    assert result.cost <= best.cost
    assert seen


def test_await() -> None:
    """A handle is awaited like any other; others go on meanwhile."""

    async def both() -> list[Fraction | None]:
        handles = [leptonopt.start(small(price), time_limit=10, threads=1) for price in (1, 3)]
        return [(await handle).cost for handle in handles]

    assert asyncio.run(both()) == [4, 12]


def test_errors_come_with_the_result() -> None:
    """What is wrong with the instance is raised by the result; what is wrong with the call at once."""
    with pytest.raises(InstanceError):
        leptonopt.start({"time": {}}).result(30)
    with pytest.raises(UsageError, match="'time_limt' is no option of solve"):
        leptonopt.start(small(), time_limt=5)
    with pytest.raises(UsageError, match="ends it"):
        leptonopt.start(small(), handle_signals=True)


def test_many() -> None:
    """Results come in order; a bad instance raises at its place."""
    costs = [result.cost for result in leptonopt.solve_many((small(price) for price in range(1, 8)), time_limit=10)]
    assert costs == [4 * price for price in range(1, 8)]
    found = leptonopt.solve_many([small(), {"time": {}}, small()], time_limit=10, workers=1)
    assert next(found).cost == 4
    with pytest.raises(InstanceError):
        next(found)
