"""Services as the checker reads them: names of ways, demand of a slot, zones and times."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.stated_services import StatedService, stated_batches, stated_services
from tests.helpers.stated_services import at, instance


def read(**more: Any) -> StatedService:
    """Return the one service."""
    return stated_services(StatedInstance(instance(**more)))["s"]


def ways(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ways on pool p."""
    return [{"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 2, "b": 1}, **each} for each in more]


def test_names_of_ways() -> None:
    """By id, else by pool, told apart by numbers."""
    assert list(read(replicas=ways({}, {"id": "x"}, {}, {"id": "p#2"}, {})).ways) == ["p", "x", "p#3", "p#2", "p#4"]


def test_demand_of_a_slot_is_its_greatest() -> None:
    """Of a class, and of rate times share at each instant, not of the greatest of both."""
    steps = {at(0): 1, "2026-01-05T00:10:00Z": 5, "2026-01-05T00:20:00Z": 2, at(3): 4}
    assert read(demand={"a": {"steps": steps}, "b": 0}).demand["a"] == [5, 2, 2, 4]
    mix = {"a": {"steps": {at(0): 1, "2026-01-05T00:15:00Z": 0.25}}, "b": 0.5}
    assert read(demand={"rate": {"steps": steps}, "mix": mix}).demand["a"][0] == Fraction(5)
    steps = {at(0): 1, "2026-01-05T00:15:00Z": 3}
    mix = {"a": {"steps": {at(0): 0.5, "2026-01-05T00:15:00Z": 0.25}}, "b": 0.5}
    assert read(demand={"rate": {"steps": steps}, "mix": mix}).demand["a"][0] == Fraction(3, 4)


def test_quantile_of_samples() -> None:
    """Slot by slot, of the samples' greatest values; an absent class is 0."""
    samples = [{"a": {"steps": {at(0): 1, at(2): 7}}}, {"a": 4}, {"rate": 6, "mix": {"a": 0.5, "b": 0.5}}]
    found = read(demand={"quantile": 0.6, "samples": samples}).demand
    assert found["a"] == [3, 3, 4, 4]
    assert found["b"] == [0, 0, 0, 0]
    assert read(demand={"quantile": 1, "samples": samples}).demand["b"] == [3, 3, 3, 3]


def test_keys_of_a_way_come_first() -> None:
    """Headroom, start and stay of a way stand for those of the service, each as a whole."""
    more = {"headroom": 0.5, "stay": "3h", "start": {"takes": "90m", "cost": 2}}
    first, second = read(replicas=ways({}, {"headroom": 0, "stay": "0s", "start": {"cost": 1}}), **more).ways.values()
    assert (first.planned, first.stay, first.boot, first.option.cost) == (Fraction(1, 2), 3, 2, 2)
    assert (second.planned, second.stay, second.boot, second.option.cost) == (1, 0, 0, 1)


def test_zones_that_may_be_gone() -> None:
    """Every set of so many zones, with the ways of the others; also of zones that no allowed way is in."""
    left = read(spread={"label": "zone:"}).left
    assert left == {frozenset({"zone:p"}): ["q"], frozenset({"zone:q"}): ["p"]}
    left = read(spread={"label": "zone:"}, needs={"without": ["zone:p"]}).left
    assert left == {frozenset({"zone:p"}): ["q"], frozenset({"zone:q"}): ["p"]}
    assert read(needs={"without": ["zone:p"]}).ways["p"].limit == [0, 0, 0, 0]


def test_windows_of_batches() -> None:
    """Slots that begin not before the release and end not after the deadline."""
    more = {"id": "n", "service": "s", "amount": {"a": 1, "b": 0}}
    document = instance(
        batches=[more, more | {"id": "m", "release": "2026-01-05T00:30Z", "deadline": "2026-01-05T02:59Z"}]
    )
    whole, part = stated_batches(StatedInstance(document)).values()
    assert (whole.first, whole.end, whole.amount) == (0, 4, {"a": 1})
    assert (part.first, part.end) == (1, 2)
