"""Tests of what is asked of services in each slot, and of the unit of their numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.service_demand import MAX_UNITS, ServiceNumbers, service_numbers
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from tests.helpers.tiny_instances import TIME, service_document


def numbers(
    batches: list[dict[str, Any]] | None = None, time: dict[str, Any] | None = None, **more: Any
) -> ServiceNumbers:
    """Return the numbers of a service."""
    stated = service_document(**more) | {"batches": batches or [], "time": TIME | (time or {})}
    made = validate(stated)
    return service_numbers(0, made.services[0], made.batches, made.time)


def test_the_greatest_value_within_a_slot_is_served() -> None:
    demand = {"short": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T00:30Z": 5, "2026-01-05T01:15Z": 2}}, "long": 1}
    assert numbers(demand=demand).demand["short"] == [5, 5, 2, 2]


def test_daily_demand_follows_the_wall_clock() -> None:
    """Berlin goes to summer time at 01:00Z: 03:00 there is 01:00Z, and not 02:00Z as on the day before."""
    demand = {"short": {"daily": {"00:00": 1, "03:00": 7}}, "long": 0}
    time = {"start": "2026-03-29T00:00Z", "zone": "Europe/Berlin"}
    assert numbers(demand=demand, time=time).demand["short"] == [1, 7, 7, 7]


def test_rate_and_mix_may_both_change_within_a_slot() -> None:
    """The greatest product counts, not the product of the greatest."""
    half = "2026-01-05T00:30Z"
    demand = {
        "rate": {"steps": {"2026-01-05T00:00Z": 10, half: 20}},
        "mix": {
            "short": {"steps": {"2026-01-05T00:00Z": 0.9, half: 0.5}},
            "long": {"steps": {"2026-01-05T00:00Z": 0.1, half: 0.5}},
        },
    }
    found = numbers(demand=demand).demand
    assert (found["short"][0], found["long"][0]) == (10, 10)


@pytest.mark.parametrize(("quantile", "expected"), [(1, 9), (0.75, 6), (0.5, 5), (0.51, 6), (0.2, 1), (0.01, 1)])
def test_quantile_of_samples(quantile: float, expected: int) -> None:
    """The least value that so large a share of the samples does not exceed; an absent class is 0."""
    samples = [{"short": 6}, {"short": 1}, {"short": 9, "long": 2}, {"rate": 10, "mix": {"short": 0.5, "long": 0.5}}]
    found = numbers(demand={"quantile": quantile, "samples": samples}).demand
    assert found["short"] == [expected] * 4
    assert found["long"] == [{1: 5, 0.75: 2, 0.51: 2}.get(quantile, 0)] * 4


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    later = {"steps": {"2026-01-05T00:00Z": 0.5, "2026-01-05T02:00Z": 0.4}}
    with pytest.raises(InstanceError) as caught:
        numbers(demand={"rate": 1, "mix": {"short": later, "long": 0.5}})
    said = "services[0].demand.mix: the shares sum to 0.9 at 2026-01-05T02:00:00Z; they sum to 1 at every instant"
    assert [str(finding) for finding in caught.value.findings] == [said]


def test_headroom_is_of_planned_rates_and_of_batches_that_may_not_fill_it() -> None:
    way = {"pool": "a", "uses": {"gpu": 1}, "rate": {"short": 2, "long": 1}, "offline_rate": {"long": 3}}
    found = numbers(replicas=[way, way | {"headroom": 0.5}], headroom=0.1)
    assert (found.full[0]["short"], found.planned[0]["short"], found.planned[1]["short"]) == (2, Fraction(9, 5), 1)
    assert found.offline[1] == {"long": 3}
    assert numbers(replicas=[way], headroom=0.1, fill=False).offline[0] == {"long": Fraction(27, 10)}


def test_all_numbers_are_whole_in_one_unit() -> None:
    batch = {"id": "n", "service": "chat", "amount": {"short": 10}}
    found = numbers([batch], demand={"short": 0.5, "long": 1}, headroom=0.1)
    assert found.amounts == {"n": {"short": Fraction(1, 360)}}
    assert (found.scale, found.units(Fraction(1, 2))) == (360, 180)


def test_classes_of_batches_come_after_those_of_the_demand() -> None:
    batch = {"id": "n", "service": "chat", "amount": {"long": 10, "short": 0}}
    found = numbers([batch], demand={"short": 1})
    assert found.classes == ("short", "long")
    assert not any(found.demand["long"])


def test_numbers_that_are_too_fine_against_each_other_are_refused() -> None:
    with pytest.raises(
        InstanceError, match=r"services\[0\]: requests per second of up to .*, in steps of 1e-09; at most 2"
    ):
        numbers(demand={"short": 10**6, "long": 1e-9})
    assert MAX_UNITS * 10**-9 > 10**4


def test_replicas_of_use_serve_each_class_alone() -> None:
    """6 requests in twos and 2 in ones; and the least number of replicas beside."""
    assert numbers().useful(0) == 5
    assert numbers(minimum=2).useful(0) == 7
