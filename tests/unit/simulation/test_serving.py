"""Services on a trace of requests: what policies pay and miss."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import validate
from leptonopt.simulation.serving import (
    Scaler,
    ServingSetting,
    Trace,
    check_setting,
    scaled,
    scaled_above,
    serving_summaries,
    simulate_services,
)
from tests.unit.simulation.test_fleet import fleet

HOURS = {"2026-11-23T00:00Z": 2, "2026-11-23T01:00Z": 4}


def instance(**more: Any) -> Any:
    """Return two hours of a service whose replicas serve two requests per second."""
    way = {"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 2}}
    return validate(
        {
            "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "2h"},
            "pools": [{"id": "p", "capacity": {"gpu": 9}, "price": {"gpu": 1}}],
            "services": [{"id": "s", "demand": {"a": {"steps": HOURS}}, "replicas": [way], **more}],
        }
    )


def trace(*rates: float, begin: int = 0) -> Trace:
    """Return requests by half an hour."""
    return Trace(begin, 1800, {"s": {"a": np.array(rates)}})


def figures(policies: list[str], requests: Trace, headroom: str = "0", **more: Any) -> list[tuple[float, float]]:
    """Return the cost and requests missed of policies."""
    setting = ServingSetting(policies, [Decimal(headroom)], [1800], calm=0, **more)
    return [(round(each.cost, 9), round(each.missed, 6)) for each in simulate_services(instance(), requests, setting)]


def test_policies_on_more_requests_than_planned() -> None:
    """The plan has one and two replicas; the scaler sees the second half hour in the third, and is ready in the fourth."""
    found = figures(["plan", "scaler", "both", "slot-by-slot"], trace(2, 4, 4, 6))
    assert found == [(3, 2 * 1800 + 2 * 1800), (3, 2 * 1800 + 2 * 1800 + 2 * 1800), (3.5, 4 * 1800), (3, 4 * 1800)]


def test_headroom_is_planned() -> None:
    assert figures(["plan"], trace(2, 4, 4, 6), "0.5") == [(6, 0)]


def test_a_part_of_the_horizon() -> None:
    assert figures(["plan"], trace(5, begin=5400)) == [(1, 1800)]
    for begin in (-1800, 5400):
        with pytest.raises(InputError, match="horizon"):
            figures(["plan"], trace(1, 1, begin=begin))


def test_worlds_are_the_same_for_all_policies() -> None:
    """Requests of a world differ from those of the trace, and not between policies."""
    setting = ServingSetting(["plan", "scaler"], [Decimal(0)], [0], seeds=range(3), sigma=0.5)
    found = simulate_services(instance(), trace(2, 2, 4, 4), setting)
    plans, scalers = found[::2], found[1::2]
    assert [each.requests for each in plans] == [each.requests for each in scalers]
    assert len({each.requests for each in plans}) == 3
    assert [(line.policy, line.worlds) for line in serving_summaries(found)] == [("plan", 3), ("scaler", 3)]


def test_wrong_names_are_refused() -> None:
    setting = ServingSetting(["scaler"], [Decimal(0)], [0])
    for asked, said in (({"t": {}}, "'t', which is no service"), ({"s": {"b": np.ones(1)}}, "no class 'b'; it has a")):
        with pytest.raises(InputError, match=said):
            simulate_services(instance(), Trace(0, 1800, asked), setting)
    for wrong in (ServingSetting(["once"], [], []), ServingSetting([], [Decimal(1)], [])):
        with pytest.raises(UsageError):
            check_setting(wrong)


LOAD = np.array([1.0, 3.0, 3.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("lag", "calm", "on", "usable"),
    [
        (0, 0, [1, 1, 3, 3, 1, 1], [1, 1, 3, 3, 1, 1]),
        (1, 0, [1, 1, 3, 3, 1, 1], [1, 1, 1, 3, 1, 1]),
        (0, 1, [1, 1, 3, 3, 3, 1], [1, 1, 3, 3, 3, 1]),
        (2, 2, [1, 1, 3, 3, 3, 3], [1, 1, 1, 1, 3, 3]),
    ],
)
def test_lag_and_calm(lag: int, calm: int, on: list[int], usable: list[int]) -> None:
    found = Scaler(0.0, lag, calm).replicas(LOAD)
    assert [each.tolist() for each in found] == [on, usable]


def test_headroom_asks_for_more() -> None:
    assert Scaler(0.5, 0, 0).replicas(np.array([1.0, 1.0]))[0].tolist() == [2, 2]
    assert Scaler(0.1, 0, 0).replicas(np.array([0.9, 0.9]))[0].tolist() == [1, 1]  # no more for a rounding error


def test_scaled_above_a_plan_adds_what_it_misses() -> None:
    asked, planned = np.array([[2.0, 6.0, 6.0], [0.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    on, usable = scaled_above(fleet(), asked, Scaler(0.0, 0, 0), planned, planned)
    assert on.tolist() == usable.tolist() == [[1, 1, 3], [0, 0, 0]]
    assert planned.tolist()[0] == [1, 1, 1]
    alone, _ = scaled(fleet(), asked, Scaler(0.0, 0, 0))
    assert alone.tolist() == [[1, 1, 3], [0, 0, 0]]
